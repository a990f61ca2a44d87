//! Source lines.

use crate::engine::{FrameSource, Session};
use crate::stack::Frame;

use super::super::Role;

/// The source line of a frame as a stop shows it, newline included: `9\t    n = 2;`. Where the file is missing, gdb's sentence.
/// With `with_pc` a pc inside the line stands before it.
pub fn source_line(session: &mut Session, frame: &Frame, source: &FrameSource, with_pc: bool) -> Vec<(Role, String)> {
    let mut out = Vec::new();
    if with_pc && source.shows_pc {
        out.push((Role::Address, format!("{:#018x}", frame.pc.addr().0)));
        out.push((Role::Plain, "\t".to_owned()));
    }
    out.push((Role::Plain, format!("{}\t", source.line)));
    let text = match session.source_text(&source.file) {
        Ok(text) => match text.line(source.line) {
            Some(line) => line.to_owned(),
            None => format!("in {}", source.file.name),
        },
        // The reason once, then only the place.
        Err(e) => match session.missing_sources.insert(source.file.path.to_path_buf()) {
            true => e.to_string(),
            false => format!("in {}", source.file.name),
        },
    };
    out.push((Role::Plain, text));
    out.push((Role::Plain, "\n".to_owned()));
    session.shown_source = Some((source.file.clone(), source.line));
    out
}
