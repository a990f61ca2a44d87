//! From addresses to source lines and back.

use std::path::Path;
use std::sync::Arc;

use crate::base::{AddrRange, FileAddr, VirtAddr};
use crate::dwarf::{Body, DebugInfo, Declared, Function, LineFile, LineRow, LineTable};

use super::module::{Module, ModuleId};
use super::modules::Modules;

/// A line of source, and the piece of its code at an address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceLine {
    /// The file.
    pub file: LineFile,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1; 0 if it is not known.
    pub column: u32,
    /// The addresses around the one that was asked for up to which the line's row holds.
    pub range: AddrRange,
    /// Whether the piece starts with a statement.
    pub is_stmt: bool,
}

/// A place at which a line's code starts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineStart {
    /// The module.
    pub module: ModuleId,
    /// The address.
    pub addr: VirtAddr,
    /// The file.
    pub file: LineFile,
    /// The line, from 1: that which was asked for, or the next one that has code.
    pub line: u32,
}

impl Module {
    /// The line table of the unit at a run-time address.
    pub fn line_table(&self, at: VirtAddr) -> Option<Arc<LineTable>> {
        let debug = self.debug()?;
        debug.lines(debug.unit_at(self.to_file(at))?).ok()
    }

    /// The source line of a run-time address.
    pub fn source_line(&self, at: VirtAddr) -> Option<SourceLine> {
        let table = self.line_table(at)?;
        let span = table.at(self.to_file(at))?;
        Some(SourceLine {
            file: table.file(span.file)?.clone(),
            line: span.line,
            column: span.column,
            range: AddrRange::new(self.virt(span.start), self.virt(span.end)),
            is_stmt: span.is_stmt,
        })
    }

    /// The function with debug information at a run-time address.
    pub fn function(&self, at: VirtAddr) -> Option<Arc<Function>> {
        self.debug()?.function_at(self.to_file(at))
    }

    /// The function with debug information at a run-time address, its blocks, and those of them that lie around the address,
    /// from the inside.
    pub fn function_body(&self, at: VirtAddr) -> Option<(Arc<Function>, Arc<Body>, Vec<usize>)> {
        let function = self.function(at)?;
        let body = self.debug()?.body(&function).ok()?;
        let around = body.around(self.to_file(at));
        Some((function, body, around))
    }

    /// The file and line of a declaration.
    pub fn declared_at(&self, declared: Declared) -> Option<(LineFile, u32)> {
        let table = self.debug()?.lines(declared.unit).ok()?;
        Some((table.file(declared.file)?.clone(), declared.line))
    }

    /// The places at which a line of a file starts, in all units; and of no such line the next higher one that any unit has.
    fn line_starts(&self, file: &str, line: u32) -> Vec<LineStart> {
        let Some(debug) = self.debug() else { return Vec::new() };
        let mut found: Vec<LineStart> = Vec::new();
        for (table, index) in tables_of(debug, file) {
            let (best, rows) = table.line_starts(index, line);
            let Some(file) = table.file(index).filter(|_| best != 0) else { continue };
            let start = |r: &LineRow| LineStart { module: self.id, addr: self.virt(r.addr), file: file.clone(), line: best };
            found.extend(rows.iter().map(start));
        }
        found
    }
}

/// The line tables that have rows for a file, with its index there.
fn tables_of<'d>(debug: &'d DebugInfo, file: &'d str) -> impl Iterator<Item = (Arc<LineTable>, u32)> + 'd {
    let units = debug.units_with_file(file);
    units.into_iter().filter_map(move |unit| debug.lines(unit).ok()).flat_map(move |table| {
        let indices: Vec<u32> = (0..).zip(table.files()).filter(|(_, f)| is_file(f, file)).map(|(index, _)| index).collect();
        indices.into_iter().map(move |index| (table.clone(), index))
    })
}

/// Whether a file's path ends with what the user wrote, directory by directory.
pub fn is_file(file: &LineFile, wanted: &str) -> bool {
    *file.name == *wanted || file.path.ends_with(Path::new(wanted))
}

impl Modules {
    /// The source line of a run-time address.
    pub fn source_line(&self, at: VirtAddr) -> Option<SourceLine> {
        self.at(at)?.source_line(at)
    }

    /// Whether any module has a source file of this name.
    pub fn has_source_file(&self, file: &str) -> bool {
        self.iter().filter_map(|m| m.debug()).any(|d| tables_of(d, file).next().is_some())
    }

    /// The places where a breakpoint on `FILE:LINE` goes: one a block of code, behind the prologue where the line is a function's
    /// first. Where the line has no code, the next one that has, but never in a function that only begins there.
    pub fn line_places(&self, file: &str, line: u32) -> Vec<LineStart> {
        let mut found: Vec<LineStart> = self.iter().flat_map(|m| m.line_starts(file, line)).collect();
        let Some(best) = found.iter().map(|s| s.line).min() else { return found };
        found.retain(|s| s.line == best);
        let mut kept: Vec<LineStart> = Vec::new();
        let mut blocks: Vec<(ModuleId, FileAddr, usize)> = Vec::new();
        found.sort_by_key(|s| s.addr);
        for mut start in found {
            let Some(module) = self.get(start.module) else { continue };
            if let Some((function, _, around)) = module.function_body(start.addr) {
                let block = (start.module, function.entry, around.first().copied().unwrap_or(0));
                if blocks.contains(&block) {
                    continue;
                }
                blocks.push(block);
                if module.virt(function.entry) == start.addr {
                    let begins_later = function.declared.is_some_and(|d| line < d.line);
                    if best != line && begins_later {
                        continue;
                    }
                    start.addr = module.virt(module.past_prologue(function.entry));
                    start.line = module.source_line(start.addr).map_or(start.line, |l| l.line);
                }
            }
            if !kept.iter().any(|k| k.addr == start.addr) {
                kept.push(start);
            }
        }
        kept
    }
}
