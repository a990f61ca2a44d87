//! Rows as JSON, one object a line: what `-json` asks for.

use super::output::{Output, Role, Row};

/// Passes rows on as JSON lines and drops the text around them; errors and warnings stay.
pub struct JsonOutput<'a> {
    below: &'a mut dyn Output,
}

impl<'a> JsonOutput<'a> {
    /// JSON lines, written to `below`.
    pub fn new(below: &'a mut dyn Output) -> JsonOutput<'a> {
        JsonOutput { below }
    }
}

impl Output for JsonOutput<'_> {
    fn text(&mut self, role: Role, text: &str) {
        if matches!(role, Role::Error | Role::Warning) {
            self.below.text(role, text);
        }
    }

    fn row(&mut self, row: &Row) {
        self.below.text(Role::Plain, &format!("{}\n", row.json()));
    }

    fn flush(&mut self) {
        self.below.flush();
    }

    fn is_unwanted(&self) -> bool {
        self.below.is_unwanted()
    }
}
