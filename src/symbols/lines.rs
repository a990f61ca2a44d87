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

    /// Moves a place that lies in its function's prologue behind it. Where gcc says where variables are at each instruction
    /// there is no need to.
    fn move_past_prologue(&self, function: &Function, start: &mut LineStart) {
        if self.debug().is_none_or(|d| d.has_exact_locations(function.die.unit)) {
            return;
        }
        let body = self.virt(self.past_prologue(function.entry));
        if start.addr > body || start.addr < self.virt(function.entry) {
            return;
        }
        start.addr = body;
        if let Some(found) = self.source_line(body) {
            (start.file, start.line) = (found.file, found.line);
        }
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

    /// The source files that a name means, each once.
    pub fn source_files(&self, file: &str) -> Vec<LineFile> {
        let mut found: Vec<LineFile> = Vec::new();
        for (table, index) in self.iter().filter_map(|m| m.debug()).flat_map(|d| tables_of(d, file)) {
            let more = table.file(index).filter(|f| !found.iter().any(|known| known.path == f.path)).cloned();
            found.extend(more);
        }
        found
    }

    /// The first piece of a line's code, of each unit that has the file. Where no unit has code of the line, the empty ranges at
    /// which the next line with code starts; none where the file has no line as high as this one.
    pub fn line_ranges(&self, file: &LineFile, line: u32) -> Vec<AddrRange> {
        let name = file.path.to_string_lossy();
        let mut found: Vec<(u32, AddrRange)> = Vec::new();
        for module in self.iter() {
            let Some(debug) = module.debug() else { continue };
            for (table, index) in tables_of(debug, &name) {
                let (best, rows) = table.line_starts(index, line);
                let Some(span) = rows.first().and_then(|row| table.at(row.addr)) else { continue };
                let has_code = best == line && span.line == line && span.file == index;
                let end = if has_code { span.end } else { span.start };
                found.push((best, AddrRange::new(module.virt(span.start), module.virt(end))));
            }
        }
        let best = found.iter().map(|f| f.0).min().unwrap_or(0);
        let mut ranges: Vec<AddrRange> = found.into_iter().filter(|f| f.0 == best).map(|f| f.1).collect();
        ranges.dedup();
        ranges
    }

    /// The places where a breakpoint on `FILE:LINE` goes, by address: of the line's pieces the first in each block, moved behind
    /// the prologue if it lies in one; of a line without code those of the next line that has some. Each place keeps the number
    /// of the line that was found, unless it was moved, as gdb shows it.
    pub fn line_places(&self, file: &str, line: u32) -> Vec<LineStart> {
        let mut found: Vec<LineStart> = self.iter().flat_map(|m| m.line_starts(file, line)).collect();
        let Some(best) = found.iter().map(|s| s.line).min().filter(|_| line > 0) else { return Vec::new() };
        found.retain(|s| s.line == best);
        found.sort_by_key(|s| s.addr);
        let mut kept: Vec<LineStart> = Vec::new();
        let mut blocks: Vec<(ModuleId, FileAddr, usize)> = Vec::new();
        for mut start in found {
            let Some(module) = self.get(start.module) else { continue };
            if let Some((function, body, around)) = module.function_body(start.addr) {
                // gdb knows no blocks that declare nothing.
                let counts = |b: &usize| body.blocks.get(*b).is_some_and(|b| b.is_inlined() || !b.variables.is_empty());
                let block = (start.module, function.entry, around.iter().copied().find(counts).unwrap_or(0));
                if blocks.contains(&block) {
                    continue;
                }
                blocks.push(block);
                module.move_past_prologue(&function, &mut start);
            }
            if !kept.iter().any(|k| k.addr == start.addr) {
                kept.push(start);
            }
        }
        kept
    }
}
