//! The line rows of a unit (DWARF5 §6.2): which source line an address belongs to, and where a line's code starts.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use gimli::{ColumnType, FileEntry, LineProgramHeader};

use super::reader::R;
use super::unit::{LoadedUnit, UnitId, Units};
use crate::base::FileAddr;

/// A source file of a unit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineFile {
    /// The name as the compiler was given it, which is how gdb shows it: `src/main.c`.
    pub name: Arc<str>,
    /// The absolute path, as far as the debug information tells it, without `.` and `..`.
    pub path: Arc<Path>,
}

/// A row of a line table: the first address of a piece of a line's code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LineRow {
    /// The address.
    pub addr: FileAddr,
    /// Index into [`LineTable::files`].
    pub file: u32,
    /// The line, from 1; 0 in a row that only ends a sequence.
    pub line: u32,
    /// The column, from 1; 0 if it is not known.
    pub column: u32,
    /// A good place for a breakpoint (DWARF5 §6.2.2 `is_stmt`).
    pub is_stmt: bool,
    /// Where a breakpoint on the function goes, says the compiler.
    pub prologue_end: bool,
    /// One past the last address of a sequence: no line starts here.
    pub end: bool,
}

/// A piece of a line's code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LineSpan {
    /// First address.
    pub start: FileAddr,
    /// One past the last.
    pub end: FileAddr,
    /// Index into [`LineTable::files`].
    pub file: u32,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1; 0 if it is not known.
    pub column: u32,
    /// Whether it starts with a statement.
    pub is_stmt: bool,
}

/// The line rows of a unit, sorted by address; rows of one address stay in the compiler's order.
#[derive(Debug, Default)]
pub struct LineTable {
    files: Vec<LineFile>,
    rows: Vec<LineRow>,
    main: Option<u32>,
}

impl LineTable {
    /// Runs a unit's line program. Sequences of code that the linker threw away (`is_code` says no) are left out, and so are rows
    /// that tell nothing new, as gdb has it.
    pub(super) fn of(
        units: &Units<'_>,
        unit: UnitId,
        is_code: &dyn Fn(FileAddr) -> bool,
    ) -> gimli::Result<(LineTable, gimli::Result<()>)> {
        let unit = units.unit(unit)?;
        if let Some((_, e)) = unit.no_lines {
            return Err(e);
        }
        let Some(program) = unit.unit.line_program.clone() else { return Ok((LineTable::default(), Ok(()))) };
        let (files, main) = files(unit, program.header());
        let first = if program.header().version() >= 5 { 0 } else { 1 };
        let mut sequences: Vec<Vec<LineRow>> = Vec::new();
        let mut sequence: Vec<LineRow> = Vec::new();
        let mut discriminated = None;
        let mut rows = program.rows();
        // A program that breaks off leaves what came before it.
        let run = loop {
            let row = match rows.next_row() {
                Ok(Some((_, row))) => row,
                Ok(None) => break Ok(()),
                Err(e) => break Err(e),
            };
            let file = u32::try_from(row.file_index().saturating_sub(first)).unwrap_or(u32::MAX);
            let line = row.line().map_or(0, |l| u32::try_from(l.get()).unwrap_or(u32::MAX));
            let column = if let ColumnType::Column(c) = row.column() { u32::try_from(c.get()).unwrap_or(0) } else { 0 };
            let row = (
                row.discriminator() != 0,
                LineRow {
                    addr: FileAddr(row.address()),
                    file,
                    line: if row.end_sequence() { 0 } else { line },
                    column,
                    is_stmt: row.is_stmt(),
                    prologue_end: row.prologue_end(),
                    end: row.end_sequence(),
                },
            );
            let (has_discriminator, row) = row;
            // Of several rows at one address gdb forgets those of a file that another file, or the sequence's end, follows there:
            // they are empty.
            let last = sequence.last().copied();
            if let Some(last) = last.filter(|last| row.end || last.file != row.file && row.line != 0) {
                let has_statement = sequence.iter().rev().take_while(|r| r.addr == row.addr).any(|r| r.is_stmt);
                if !row.end && !row.is_stmt && has_statement {
                    continue;
                }
                let others = sequence.iter().rev().take_while(|r| r.addr == row.addr).count();
                let from = sequence.len() - others;
                let mut index = 0;
                sequence.retain(|r| {
                    index += 1;
                    index <= from || r.file != last.file
                });
            }
            if row.end {
                sequence.push(row);
                let whole = std::mem::take(&mut sequence);
                if whole.first().is_some_and(|r| is_code(r.addr) && r.addr < row.addr) {
                    sequences.push(whole);
                }
                discriminated = None;
                continue;
            }
            // Line 0 is code that belongs to no line: it counts to the one before.
            if row.line == 0 {
                continue;
            }
            let is_same_line = sequence.last().is_some_and(|last| last.file == row.file && last.line == row.line);
            if has_discriminator {
                discriminated = Some((row.file, row.line));
            }
            // The parts of a line that only discriminators tell apart (a loop's head and step) are one.
            if is_same_line && discriminated == Some((row.file, row.line)) && !row.prologue_end {
                continue;
            }
            sequence.push(row);
        };
        sequences.sort_by_key(|s| s.first().map(|r| r.addr));
        Ok((LineTable { files, rows: sequences.concat(), main }, run))
    }

    /// The unit's files.
    pub fn files(&self) -> &[LineFile] {
        &self.files
    }

    /// A file by its index.
    pub fn file(&self, index: u32) -> Option<&LineFile> {
        self.files.get(index as usize)
    }

    /// The index of the file that was compiled.
    pub fn main_file(&self) -> Option<u32> {
        self.main
    }

    /// The rows, sorted by address.
    pub fn rows(&self) -> &[LineRow] {
        &self.rows
    }

    /// The line of an address, and the piece of its code that the address lies in. Of several rows at one address the last one
    /// counts, but one that starts a statement before one that does not.
    pub fn at(&self, addr: FileAddr) -> Option<LineSpan> {
        let after = self.rows.partition_point(|r| r.addr <= addr);
        let before = self.rows.get(..after)?;
        let last = before.last()?;
        if last.end {
            return None;
        }
        let same = before.iter().rev().take_while(|r| r.addr == last.addr && !r.end);
        let row = if last.is_stmt { last } else { same.clone().find(|r| r.is_stmt).unwrap_or(last) };
        let end = self.rows.get(after..)?.first()?.addr;
        Some(LineSpan { start: row.addr, end, file: row.file, line: row.line, column: row.column, is_stmt: row.is_stmt })
    }

    /// The addresses in a half-open range at which a new piece of a line starts.
    pub fn starts_in(&self, start: FileAddr, end: FileAddr) -> &[LineRow] {
        let from = self.rows.partition_point(|r| r.addr < start);
        let to = self.rows.partition_point(|r| r.addr < end);
        self.rows.get(from..to).unwrap_or_default()
    }

    /// The rows at which a statement of this line of the file starts, by address; and of no such line the next higher line that
    /// has one.
    pub fn line_starts(&self, file: u32, line: u32) -> (u32, Vec<LineRow>) {
        let rows = || self.rows.iter().filter(move |r| r.file == file && r.is_stmt && !r.end);
        let best = rows().filter(|r| r.line >= line).map(|r| r.line).min().unwrap_or(0);
        (best, if best == 0 { Vec::new() } else { rows().filter(|r| r.line == best).copied().collect() })
    }
}

/// The files of a line program's header, and which one the unit was compiled from.
pub(super) fn files<'a>(unit: &LoadedUnit<'a>, header: &LineProgramHeader<R<'a>>) -> (Vec<LineFile>, Option<u32>) {
    let text = |r: R<'a>| r.to_string_lossy().into_owned();
    let comp_dir = unit.unit.comp_dir.map(text).unwrap_or_default();
    let unit_name = unit.unit.name.map(text).unwrap_or_default();
    let unit_path = absolute(&comp_dir, &unit_name);
    let file = |entry: &FileEntry<R<'a>>| {
        let name = unit.text(entry.path_name()).map(text).unwrap_or_default();
        let dir = entry.directory(header).and_then(|d| unit.text(d)).map(text).unwrap_or_default();
        // Directory 0 is the compilation's own (DWARF5 §6.2.4), which version 4 leaves unsaid and with it gdb.
        let is_unsaid = dir.is_empty() || entry.directory_index() == 0 && header.version() < 5;
        let relative = if is_unsaid || name.starts_with('/') { name } else { format!("{dir}/{name}") };
        let path = absolute(&comp_dir, &relative);
        let name = if path == unit_path { unit_name.clone() } else { relative };
        LineFile { name: name.into(), path: path.into() }
    };
    let files: Vec<LineFile> = header.file_names().iter().map(file).collect();
    let main = files.iter().position(|f| *f.path == *unit_path).and_then(|i| u32::try_from(i).ok());
    (files, main)
}

/// `name` below `dir`, `.` and `..` taken away by their letters.
fn absolute(dir: &str, name: &str) -> PathBuf {
    let mut path = PathBuf::new();
    for component in Path::new(dir).join(name).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if path.parent().is_some() => {
                path.pop();
            }
            other => path.push(other),
        }
    }
    path
}
