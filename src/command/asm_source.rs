//! Instructions among the source lines that they come from: `disassemble /s` and `/m`.

use crate::base::{AddrRange, FileAddr, Result, VirtAddr};
use crate::dwarf::{LineFile, LineRow, LineTable};
use crate::engine::Session;
use crate::ui::render::source_lines;

/// What is shown, in order.
pub(super) enum Part {
    /// Source lines, with newlines.
    Text(String),
    /// The instructions in these addresses.
    Code(AddrRange),
}

/// How source and instructions are mixed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Order {
    /// `/s`: by address, lines where they begin.
    Code,
    /// `/m`: by line, the instructions of each together.
    Source,
}

/// The parts of a range; `None` where no line is known at its beginning.
pub(super) fn parts(session: &mut Session, range: AddrRange, order: Order) -> Result<Option<Vec<Part>>> {
    let Some(module) = session.inferior.modules.at(range.start).cloned() else { return Ok(None) };
    let (Some(first), Some(table)) = (module.source_line(range.start), module.line_table(range.start)) else { return Ok(None) };
    let (low, high) = (module.to_file(range.start), module.to_file(range.end));
    let entries: Vec<Entry> = entries_of(&table, &first.file, low, high);
    match order {
        Order::Source => {
            let virt = |e: &Entry| Entry { start: module.virt(FileAddr(e.start)).0, end: module.virt(FileAddr(e.end)).0, ..*e };
            by_source(session, &first.file, entries.iter().map(virt).collect()).map(Some)
        }
        Order::Code => by_code(session, range, entries.first().map(|e| e.line)).map(Some),
    }
}

/// A line and its addresses, which may be none.
#[derive(Clone, Copy)]
struct Entry {
    line: u32,
    start: u64,
    end: u64,
}

/// The rows of one file in a range, each up to the next row of that file or to where another file's code begins.
fn entries_of(table: &LineTable, file: &LineFile, low: FileAddr, high: FileAddr) -> Vec<Entry> {
    let is_it = |row: &LineRow| !row.end && table.file(row.file).is_some_and(|f| f.path == file.path);
    let rows = table.rows();
    let mut found: Vec<Entry> = Vec::new();
    for (at, row) in rows.iter().enumerate().filter(|(_, r)| is_it(r) && r.addr >= low && r.addr < high) {
        let Some(next) = rows.get(at + 1) else { continue };
        // The same line at the same address tells nothing.
        if is_it(next) && next.line == row.line && next.addr == row.addr {
            continue;
        }
        found.push(Entry { line: row.line, start: row.addr.0, end: next.addr.0 });
    }
    found
}

fn text_of(session: &mut Session, file: &LineFile, line: u32) -> Result<Part> {
    let pieces = source_lines(session, file, line, line.saturating_add(1))?;
    Ok(Part::Text(pieces.into_iter().map(|p| p.1).collect()))
}

fn by_source(session: &mut Session, file: &LineFile, mut entries: Vec<Entry>) -> Result<Vec<Part>> {
    entries.sort_by_key(|e| (e.line, e.start));
    let mut parts = Vec::new();
    let mut next = None;
    for (at, entry) in entries.iter().enumerate() {
        if next.is_none_or(|next| entry.line >= next) {
            for line in next.unwrap_or(entry.line)..=entry.line {
                parts.push(text_of(session, file, line)?);
            }
            next = Some(entry.line.saturating_add(1));
        }
        parts.push(Part::Code(AddrRange::new(VirtAddr(entry.start), VirtAddr(entry.end))));
        if entries.get(at + 1).is_none_or(|following| following.line > entry.line) {
            parts.push(Part::Text("\n".to_owned()));
        }
    }
    Ok(parts)
}

/// A piece of code, and the line that it belongs to.
struct Span {
    source: Option<(LineFile, u32)>,
    range: AddrRange,
}

fn spans_of(session: &Session, range: AddrRange) -> Vec<Span> {
    let modules = &session.inferior.modules;
    let mut spans: Vec<Span> = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let (source, end) = match modules.source_line(at) {
            Some(found) if found.range.end > at => (Some((found.file, found.line)), found.range.end.min(range.end)),
            _ => (None, at + 1),
        };
        match spans.last_mut().filter(|s| s.source.is_none() && source.is_none()) {
            Some(last) => last.range = AddrRange::new(last.range.start, end),
            None => spans.push(Span { source, range: AddrRange::new(at, end) }),
        }
        at = end;
    }
    spans
}

/// `opening`: the line of the function's first row, which may have no code.
fn by_code(session: &mut Session, range: AddrRange, opening: Option<u32>) -> Result<Vec<Part>> {
    let spans = spans_of(session, range);
    let has_code = |file: &LineFile, line: u32| {
        spans.iter().any(|s| s.source.as_ref().is_some_and(|(f, l)| *l == line && f.path == file.path))
    };
    let mut parts = Vec::new();
    let mut last: Option<&Span> = None;
    for span in &spans {
        let before = last.and_then(|s| s.source.as_ref());
        let same_file = match (&span.source, before) {
            (Some((file, _)), Some((old, _))) => file.path == old.path,
            (None, None) => last.is_some(),
            _ => false,
        };
        let same_line = same_file && span.source.as_ref().map(|s| s.1) == before.map(|s| s.1);
        if !same_line {
            let mut text = if last.is_some() { "\n".to_owned() } else { String::new() };
            match &span.source {
                Some((file, _)) if !same_file => text.push_str(&format!("{}:\n", session.file_name(file))),
                None => text.push_str("unknown:\n--- no source info for this pc ---\n"),
                _ => {}
            }
            parts.push(Part::Text(text));
            if let Some((file, line)) = &span.source {
                let first = match before {
                    // Lines in between that have no code of their own.
                    Some((_, old)) if same_file && *line > old + 1 => {
                        (old + 1..*line).rev().take_while(|l| !has_code(file, *l)).last().unwrap_or(*line)
                    }
                    None if last.is_none() => opening.filter(|o| o < line).unwrap_or(*line),
                    _ => *line,
                };
                for line in first..=*line {
                    parts.push(text_of(session, file, line)?);
                }
            }
        }
        parts.push(Part::Code(span.range));
        last = Some(span);
    }
    Ok(parts)
}
