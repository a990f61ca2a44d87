//! Running a command line.

use crate::base::{Error, Result};
use crate::ui::{Captured, JsonOutput, Tee};

use super::args::Args;
use super::cx::{Block, Cx};
use super::describe::{ArgKind, Command, Flow};
use super::registry::Entry;

/// How many lines may run within each other (gdb's `max-user-call-depth` is 1024; each level here takes stack).
const MAX_DEPTH: u32 = 200;

impl Cx<'_> {
    /// Runs one command line as if it were typed.
    pub fn run_line(&mut self, line: &str) -> Result<Flow> {
        if self.interpreter.depth >= MAX_DEPTH {
            return Err(Error::user("Max user call depth exceeded -- command aborted."));
        }
        self.interpreter.depth += 1;
        let result = self.run_nested(line);
        self.interpreter.depth -= 1;
        result
    }

    fn run_nested(&mut self, line: &str) -> Result<Flow> {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            return Ok(Flow::Go);
        }
        let found = self.interpreter.registry.resolve(line)?;
        match found.entry {
            Entry::Command(command) => self.run_command(command, found.rest, false),
            _ => Err(Error::user("Not yet.")),
        }
    }

    /// Runs a command of the table with the text behind its name.
    pub fn run_command(&mut self, command: &'static Command, rest: &str, repeated: bool) -> Result<Flow> {
        let takes_format = command.args.iter().any(|a| matches!(a.kind, ArgKind::Format));
        let (format, rest) = match rest.strip_prefix('/') {
            Some(after) if takes_format => {
                let (format, rest) = after.split_at(after.find(char::is_whitespace).unwrap_or(after.len()));
                (Some(format), rest)
            }
            _ => (None, rest),
        };
        let mut args = Args::parse(command, format, rest)?;
        args.repeated = repeated;
        if args.has("-json") {
            let mut json = JsonOutput::new(self.out);
            let mut inner = Cx { session: self.session, out: &mut json, interpreter: self.interpreter };
            return (command.run)(&mut inner, &args);
        }
        (command.run)(self, &args)
    }

    /// Runs lines one after another; blocks may be among them. Ends at the first error.
    pub fn run_lines(&mut self, lines: &[String]) -> Result<Flow> {
        for line in lines {
            let flow = self.run_line(line)?;
            if flow != Flow::Go {
                return Ok(flow);
            }
        }
        Ok(Flow::Go)
    }

    /// Runs a line and gives back what it wrote.
    pub fn capture(&mut self, line: &str) -> Result<String> {
        let mut kept = Captured::default();
        let mut out = Tee::new(self.out, &mut kept, true);
        let result = Cx { session: self.session, out: &mut out, interpreter: self.interpreter }.run_line(line);
        result.map(|_| kept.text)
    }

    /// Reads the lines of a block up to its `end`, from where the current command came. `intro` is shown when a person types.
    pub fn read_body(&mut self, _block: Block, _intro: &str) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    /// Asks a yes-or-no question as gdb does; yes without asking where nobody can answer or with `set confirm off`.
    pub fn query(&mut self, _question: &str) -> Result<bool> {
        Ok(true)
    }
}
