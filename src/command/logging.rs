//! `set logging`: what is written goes to a file as well.

use std::cell::RefCell;
use std::fs::File;
use std::io::Write;
use std::rc::Rc;

use crate::base::Result;
use crate::ui::{Output, Role, Row};

use super::cx::Cx;
use super::paths::{expand_home, file_error};

/// An open log.
pub(super) struct Log {
    file: Rc<RefCell<File>>,
    name: String,
}

impl Log {
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

/// After `set logging enabled`: opens or closes the file, and says so as gdb does.
pub(super) fn switched(cx: &mut Cx<'_>) -> Result<()> {
    let wanted = cx.session.settings.logging_enabled;
    match (wanted, cx.interpreter.log.take()) {
        (true, None) => {
            let name = cx.session.settings.logging_file.clone();
            let overwrite = cx.session.settings.logging_overwrite;
            let mut options = File::options();
            options.create(true).write(true).append(!overwrite).truncate(overwrite);
            let file = options.open(expand_home(&name)).map_err(|e| {
                cx.session.settings.logging_enabled = false;
                file_error(&name, &e)
            })?;
            let how = |redirected| if redirected { "Redirecting" } else { "Copying" };
            let output = how(cx.session.settings.logging_redirect);
            let debug = how(cx.session.settings.logging_debugredirect);
            cx.say(format!("{output} output to {name}.\n{debug} debug output to {name}.\n"));
            cx.interpreter.log = Some(Log { file: Rc::new(RefCell::new(file)), name });
        }
        (true, Some(log)) => {
            cx.say(format!("Already logging to {}.\n", log.name));
            cx.interpreter.log = Some(log);
        }
        (false, Some(log)) => cx.say(format!("Done logging to {}.\n", log.name)),
        (false, None) => {}
    }
    Ok(())
}
