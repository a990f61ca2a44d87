//! A log: what is written goes to a file as well.

use std::cell::RefCell;
use std::fs::File;
use std::io::Write;
use std::rc::Rc;

use crate::base::Result;
use crate::ui::{Output, Role, Row};

use super::paths::{expand_home, file_error};

/// An open log.
pub(super) struct Log {
    file: Rc<RefCell<File>>,
    /// What the user calls it.
    pub name: String,
}

impl Log {
    /// Opens the file of this name: anew, or to go on at its end.
    pub fn open(name: &str, anew: bool) -> Result<Log> {
        let mut options = File::options();
        options.create(true).write(true).append(!anew).truncate(anew);
        let file = options.open(expand_home(name)).map_err(|e| file_error(name, &e))?;
        Ok(Log { file: Rc::new(RefCell::new(file)), name: name.to_owned() })
    }

    /// An output that writes into it.
    pub fn output(&self) -> LogOutput {
        LogOutput(self.file.clone())
    }
}

/// Text, appended to a file. A full disk loses the log, not the session.
pub(super) struct LogOutput(Rc<RefCell<File>>);

impl Output for LogOutput {
    fn text(&mut self, _role: Role, text: &str) {
        let _ = self.0.borrow_mut().write_all(text.as_bytes());
    }

    fn row(&mut self, row: &Row) {
        let mut line: String = row.pieces().into_iter().map(|p| p.1).collect();
        line.push('\n');
        self.text(Role::Plain, &line);
    }

    fn flush(&mut self) {}
}
