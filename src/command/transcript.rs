//! What was written lately, kept so that `expect` can look at it.

use std::cell::RefCell;
use std::rc::Rc;

use crate::ui::{Output, Role, Row};

/// What was written lately, so that `expect` can look at it. Bounded: the oldest half goes first.
#[derive(Default)]
pub(super) struct Transcript {
    text: String,
    /// How many bytes were dropped before `text`.
    dropped: usize,
}

/// Bytes that a [`Transcript`] keeps at most.
const TRANSCRIPT_LIMIT: usize = 8 << 20;

impl Transcript {
    /// The position after the last byte.
    pub fn end(&self) -> usize {
        self.dropped + self.text.len()
    }

    /// What was written in this half-open range of positions, as far as it is still kept.
    pub fn between(&self, start: usize, end: usize) -> &str {
        let at = |position: usize| boundary(&self.text, position.saturating_sub(self.dropped));
        self.text.get(at(start)..at(end)).unwrap_or_default()
    }
}

/// The first boundary of characters from `at` on.
fn boundary(text: &str, at: usize) -> usize {
    (at..text.len()).find(|i| text.is_char_boundary(*i)).unwrap_or(text.len())
}

/// An output that writes into a shared transcript.
pub(super) struct Recorder(pub Rc<RefCell<Transcript>>);

impl Output for Recorder {
    fn text(&mut self, _role: Role, text: &str) {
        let mut t = self.0.borrow_mut();
        t.text.push_str(text);
        if t.text.len() > TRANSCRIPT_LIMIT {
            let cut = boundary(&t.text, t.text.len() / 2);
            t.text.drain(..cut);
            t.dropped += cut;
        }
    }

    fn row(&mut self, row: &Row) {
        for (role, text) in row.pieces() {
            self.text(role, &text);
        }
        self.text(Role::Plain, "\n");
    }

    fn flush(&mut self) {}
}
