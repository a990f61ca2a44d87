//! Breakpoints that print and do not stop.

use crate::base::{Result, Tid};
use crate::expr::{self, Host};
use crate::value::{Printer, format_values, parse_format};

use super::breakpoints::Breakpoint;
use super::session::Session;
use super::settings::Settings;
use super::stop::Notice;

impl Breakpoint {
    /// What a `dprintf` does, as a command: `printf` of rdbg's own, or a call of the program's function.
    pub fn printf_command(&self, settings: &Settings) -> Option<String> {
        let text = self.printf.as_ref()?;
        if settings.dprintf_style != "call" {
            return Some(format!("printf {text}"));
        }
        let (function, channel) = (settings.dprintf_function.trim(), settings.dprintf_channel.trim());
        let channel = if channel.is_empty() { String::new() } else { format!("{channel},") };
        Some(format!("call (void) {function} ({channel}{text})"))
    }
}

impl Session {
    /// What `printf TEXT` writes.
    pub fn formatted(&mut self, text: &str) -> Result<String> {
        let (pieces, arguments) = parse_format(text)?;
        let mut values = Vec::new();
        for argument in expr::parse_list(arguments.unwrap_or_default(), self)? {
            values.push(expr::eval(&argument, self)?);
        }
        let options = self.options();
        format_values(&pieces, &values, &Printer { memory: self.memory(), symbols: self, options: &options })
    }

    /// A thread has come to a `dprintf`: prints.
    pub(super) fn print_at(&mut self, tid: Tid, id: u32) -> Result<()> {
        let Some(command) = self.breakpoints.get(id)?.printf_command(&self.settings) else { return Ok(()) };
        // A function that it calls may come here too.
        if self.conditions_running.contains(&(id, tid)) {
            return Ok(());
        }
        self.conditions_running.push((id, tid));
        let printed = self.in_thread(tid, |session| match command.strip_prefix("call ") {
            Some(call) => {
                let call = expr::parse(call, session)?;
                expr::eval(&call, session).map(|_| String::new())
            }
            None => session.formatted(command.trim_start_matches("printf ")),
        });
        self.conditions_running.pop();
        self.notices.push_back(match printed {
            Ok(text) => Notice::Printed(text),
            Err(e) => Notice::Warning(e.to_string()),
        });
        Ok(())
    }
}
