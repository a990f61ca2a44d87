//! Where the program stands in terms of the user's source, when it stands in code that has none.

use crate::engine::Session;
use crate::stack::Frame;

use super::super::Role;
use super::asm::instruction_line;
use super::frame::frame_line;

/// How many frames are looked through for one with a source line.
const FARTHEST: usize = 64;

/// For a person at a terminal, after a stop in code without lines: the next instruction, unless it was shown with the stop, and
/// the innermost frame that has a source line, unless it is the one that was named last. Empty where no frame has one.
pub fn nearest_source(session: &mut Session) -> Option<String> {
    let frame = session.frame(0).ok()?;
    if session.frame_source(&frame).is_some() {
        session.named_frame = None;
        return None;
    }
    let (frames, _) = session.backtrace(session.selected_thread().ok()?, FARTHEST).ok()?;
    let nearest: &Frame = frames.iter().find(|f| session.frame_source(f).is_some())?;
    let mut text = String::new();
    if session.settings.disassemble_next_line == Some(false) {
        text.push_str(&instruction_line(session, &frame));
    }
    let identity = session.identity(nearest);
    let line = session.frame_source(nearest).map(|s| s.line);
    if session.named_frame.as_ref() != Some(&(identity.clone(), line)) {
        let shown: String = frame_line(session, nearest).pieces().into_iter().map(|p: (Role, String)| p.1).collect();
        text.push_str(&format!("#{:<2} {shown}\n", nearest.level));
        session.named_frame = Some((identity, line));
    }
    Some(text)
}
