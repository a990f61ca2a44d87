//! Source lines.

use crate::base::{Error, Result, VirtAddr};
use crate::dwarf::LineFile;
use crate::engine::{FrameSource, Session};
use crate::stack::Frame;

use super::super::Role;

type Pieces = Vec<(Role, String)>;

/// Source lines from `first` on, up to `stop` or the file's end, each with its number: `9\t    n = 2;` and a newline. The next `list`
/// goes on behind them. Where the file is missing, gdb's sentence once, then only the place.
pub fn source_lines(session: &mut Session, file: &LineFile, first: u32, stop: u32) -> Result<Pieces> {
    session.listing.listed(file, first, first);
    let name = session.file_name(file);
    let text = match session.source_text_once(file) {
        Some(Ok(text)) => text,
        Some(Err(e)) => return Ok(vec![(Role::Plain, format!("{first}\t{e}\n"))]),
        None => return Ok(vec![(Role::Plain, format!("{first}\tin {name}\n"))]),
    };
    if stop <= first {
        return Ok(Vec::new());
    }
    let count = text.line_count();
    if first == 0 || first > count {
        return Err(Error::user(format!("Line number {first} out of range; {name} has {count} lines.")));
    }
    let end = stop.min(count.saturating_add(1));
    let line = |n: u32| (Role::Plain, format!("{n}\t{}\n", visible(text.line(n).unwrap_or_default())));
    let out = (first..end).map(line).collect();
    session.listing.listed(file, first, end);
    Ok(out)
}

/// A line with its control characters made visible, but for tabs and the escapes of terminals: `^L`.
fn visible(line: &str) -> std::borrow::Cow<'_, str> {
    let is_hidden = |c: char| (c < ' ' && c != '\t' && c != '\x1b') || c == '\x7f';
    if !line.contains(is_hidden) {
        return line.into();
    }
    let mut out = String::with_capacity(line.len() + 8);
    for c in line.chars() {
        if is_hidden(c) {
            out.push('^');
            out.push(char::from(c as u8 ^ 0x40));
        } else {
            out.push(c);
        }
    }
    out.into()
}

/// The source line of a frame as a stop shows it. With `with_pc` a pc inside the line stands before it. The next `list` shows what
/// is around it.
pub fn source_line(session: &mut Session, frame: &Frame, source: &FrameSource, with_pc: bool) -> Pieces {
    let inside = with_pc && source.shows_pc;
    if let Some(annotated) = annotated_line(session, &source.file, source.line, inside, frame.pc.addr()) {
        session.listing.center(&source.file, source.line);
        session.shown_source = Some((source.file.clone(), source.line));
        return vec![(Role::Plain, annotated)];
    }
    let mut out = Vec::new();
    if inside {
        out.push((Role::Address, format!("{:#018x}", frame.pc.addr().0)));
        out.push((Role::Plain, "\t".to_owned()));
    }
    match source_lines(session, &source.file, source.line, source.line.saturating_add(1)) {
        Ok(lines) => out.extend(lines),
        Err(e) => out.push((Role::Plain, format!("{e}\n"))),
    }
    session.listing.center(&source.file, source.line);
    session.shown_source = Some((source.file.clone(), source.line));
    out
}

/// With `set annotate 1`, what stands for a source line: two Control-Z, the file, the line, the offset of the line in the file in
/// bytes, whether the address is where the line begins, and the address (GDB manual, "Annotations", "Displaying Source"). `None`
/// where the file cannot be read, too: then the line is told as ever.
pub fn annotated_line(session: &Session, file: &LineFile, line: u32, inside: bool, at: VirtAddr) -> Option<String> {
    if session.settings.annotate <= 0 {
        return None;
    }
    let text = session.source_text(file).ok()?;
    let offset = text.offset(line)?;
    let path = text.path.canonicalize().unwrap_or_else(|_| text.path.clone());
    let place = if inside { "middle" } else { "beg" };
    Some(format!("\x1a\x1a{}:{line}:{offset}:{place}:{at}\n", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_seen() {
        assert_eq!(visible("a\tb"), "a\tb");
        assert_eq!(visible("a\x0c\x7f\x01"), "a^L^?^A");
    }
}
