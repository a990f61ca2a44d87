//! Running command lines, typed ones and those of files and users' commands: names, formats, hooks, repetition.

use std::path::Path;

use crate::base::{Error, Need, Result};
use crate::os::signals;
use crate::ui::{Captured, JsonOutput, Role, StableAddresses, Tee};

use super::args::Args;
use super::cx::{Again, Command, Cx, Entry};
use super::describe::{ArgKind, Flow, Repeat};
use super::help::list_below;
use super::notices::show_notices;
use super::registry::word_length;
use super::settings;
use super::sources::{MAX_LINE, Source};
use super::transcript::Recorder;
use super::user_command::{Call, UserCommand, substitute};

/// How many lines may run within each other: each level takes stack.
const MAX_DEPTH: u32 = 400;

/// How a typed line ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// What comes next.
    pub flow: Flow,
    /// Its message has been written.
    pub failed: bool,
}

impl Cx<'_> {
    /// Runs a line that was typed, or given on the command line, and writes its error. An empty one repeats the last one.
    pub fn run_typed(&mut self, line: &str) -> Outcome {
        self.recorded(|cx| if line.trim().is_empty() { cx.run_again() } else { cx.run_and_remember(line) })
    }

    /// Runs a file of commands that the command line named, and writes its error.
    pub fn run_typed_file(&mut self, path: &Path) -> Outcome {
        self.recorded(|cx| cx.run_file(path))
    }

    /// Runs something whose output `expect` and the log see, and writes its error.
    pub(super) fn recorded(&mut self, run: impl FnOnce(&mut Cx<'_>) -> Result<Flow>) -> Outcome {
        let _busy = signals::Busy::begin();
        // A Ctrl-C from before is not meant for this.
        signals::take_interrupt();
        let outcome = self.recorded_to_its_end(run);
        if signals::is_ending() { Outcome { flow: Flow::Quit(1), failed: true } } else { outcome }
    }

    fn recorded_to_its_end(&mut self, run: impl FnOnce(&mut Cx<'_>) -> Result<Flow>) -> Outcome {
        let mut recorder = Recorder(self.interpreter.transcript.clone());
        let mut log = self.interpreter.log.as_ref().map(|l| l.output());
        let names = self.session.address_names.clone();
        let mut out = Tee::new(self.out, &mut recorder, false);
        match &mut log {
            None => {
                let mut out = StableAddresses::new(&mut out, names);
                Cx { session: self.session, out: &mut out, interpreter: self.interpreter }.and_report(run)
            }
            Some(log) => {
                let only = self.session.settings.logging_redirect;
                let mut out = Tee::new(&mut out, log, only);
                let mut out = StableAddresses::new(&mut out, names);
                Cx { session: self.session, out: &mut out, interpreter: self.interpreter }.and_report(run)
            }
        }
    }

    fn and_report(&mut self, run: impl FnOnce(&mut Cx<'_>) -> Result<Flow>) -> Outcome {
        let wishes = self.session.wishes();
        let outcome = match run(self).and_then(|flow| self.session.grant_wishes(&wishes).map(|()| flow)) {
            Ok(flow) => Outcome { flow, failed: false },
            Err(e) => {
                self.report(&e);
                Outcome { flow: Flow::Go, failed: true }
            }
        };
        let complaints: Vec<Error> = self.session.inferior.modules.iter().flat_map(|m| m.file.take_complaints()).collect();
        for damaged in complaints {
            self.warn(damaged.to_string());
        }
        outcome
    }

    /// Writes an error's message and a newline.
    pub fn report(&mut self, error: &Error) {
        show_notices(self);
        self.out.text(Role::Error, &format!("{error}\n"));
    }

    fn run_again(&mut self) -> Result<Flow> {
        match self.interpreter.again.clone() {
            Again::Nothing => Ok(Flow::Go),
            Again::Line(line) => self.run_line(&line),
            Again::Command(command) => self.run_command(command, "", true),
        }
    }

    fn run_and_remember(&mut self, line: &str) -> Result<Flow> {
        if self.interpreter.typed.last().is_none_or(|last| last != line) && line.len() < 4096 {
            self.interpreter.typed.push(line.to_owned());
        }
        if line.trim_start().starts_with('#') {
            return Ok(Flow::Go);
        }
        let again = match self.interpreter.registry.resolve(line).map(|r| r.entry) {
            Ok(Entry::Command(c)) => match c.repeat {
                Repeat::Again => Again::Line(line.to_owned()),
                Repeat::AgainWithoutArgs => Again::Command(c),
                Repeat::No => Again::Nothing,
            },
            Ok(_) => Again::Line(line.to_owned()),
            Err(_) => Again::Nothing,
        };
        self.interpreter.again_before = std::mem::replace(&mut self.interpreter.again, again);
        self.run_line(line)
    }

    /// Runs one command line as if it were typed, without the repetition of empty ones.
    pub fn run_line(&mut self, line: &str) -> Result<Flow> {
        if self.interpreter.depth >= MAX_DEPTH {
            return Err(Error::user("Max user call depth exceeded -- command aborted."));
        }
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            return Ok(Flow::Go);
        }
        if line.len() > MAX_LINE {
            return Err(Error::user(format!("Line is too long: more than {MAX_LINE} bytes.")));
        }
        let line = substitute(line, self.interpreter.calls.last())?;
        if self.session.settings.trace_commands {
            let plus = "+".repeat(self.interpreter.depth as usize + 1);
            self.say(format!("{plus}{}\n", line.trim_end()));
        }
        let start = self.interpreter.transcript.borrow().end();
        self.interpreter.depth += 1;
        let before = self.session.inferior.journal.set_command(&line);
        let result = self.run_resolved(&line);
        self.session.inferior.journal.set_command(&before);
        self.interpreter.depth -= 1;
        let end = self.interpreter.transcript.borrow().end();
        if !last_output_stays(&line) {
            self.interpreter.last_output = (start, end);
        }
        result
    }

    fn run_resolved(&mut self, line: &str) -> Result<Flow> {
        let found = self.interpreter.registry.resolve(line)?;
        let (name, entry, rest) = (found.name, found.entry, found.rest);
        if let Entry::Alias(start) = &entry {
            return self.run_line(&format!("{start} {rest}"));
        }
        if matches!(entry, Entry::Set(_))
            && !rest.is_empty()
            && !line.strip_suffix(rest).unwrap_or(line).ends_with(char::is_whitespace)
        {
            return Err(Error::user("Argument must be preceded by space."));
        }
        self.run_hook("hook-", &name)?;
        let flow = match entry {
            Entry::Command(command) => self.run_command(command, rest, false)?,
            Entry::Set(setting) => settings::set(self, setting, rest).map(|()| Flow::Go)?,
            Entry::Show(setting) => settings::show(self, setting).map(|()| Flow::Go)?,
            Entry::User(command) if command.is_prefix && command.body.is_empty() => self.run_prefix(&command, rest)?,
            Entry::User(command) => self.run_user(&command, rest)?,
            Entry::Alias(_) => Flow::Go,
        };
        self.run_hook("hookpost-", &name)?;
        Ok(flow)
    }

    /// Runs the user's `hook-NAME` or `hookpost-NAME`, if there is one and it does not run already. `stop` is a name too.
    pub fn run_hook(&mut self, kind: &str, name: &str) -> Result<()> {
        if !self.interpreter.has_hooks {
            return Ok(());
        }
        // gdb's place for it: `info hook-got` for `info got`.
        let hook = match name.rsplit_once(' ') {
            Some((prefix, last)) => format!("{prefix} {kind}{last}"),
            None => format!("{kind}{name}"),
        };
        let Some(Entry::User(command)) = self.interpreter.registry.exact(&hook).cloned() else { return Ok(()) };
        if self.interpreter.hooks_running.contains(&hook) {
            return Ok(());
        }
        self.interpreter.hooks_running.push(hook);
        let result = self.run_user(&command, "");
        self.interpreter.hooks_running.pop();
        result.map(|_| ())
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
        if let Some(need) = command.needs {
            let there = self.session.require(need);
            // gdb's own commands say gdb's sentence.
            if there.is_err() && command.own && self.session.is_core() {
                return Err(Error::user(format!("\"{}\" needs a process that lives: this is a core file.", command.name)));
            }
            there?;
        }
        let (rest, in_background) = match rest.trim_end().strip_suffix('&') {
            Some(before) if command.background => (before.trim_end(), true),
            _ => (rest, self.session.in_background),
        };
        let mut args = Args::parse(command.name, command.args, format, rest)?;
        args.repeated = repeated;
        let before = std::mem::replace(&mut self.session.in_background, in_background);
        let result = self.run_parsed(command, &args);
        self.session.in_background = before;
        match result {
            // A thread that runs shows no registers.
            Err(Error::Gone) if self.session.is_away() => self.session.require(Need::Registers).map(|()| Flow::Go),
            result => result,
        }
    }

    fn run_parsed(&mut self, command: &'static Command, args: &Args) -> Result<Flow> {
        if args.has("-json") {
            let mut json = JsonOutput::new(self.out);
            let mut inner = Cx { session: self.session, out: &mut json, interpreter: self.interpreter };
            return (command.run)(&mut inner, args);
        }
        (command.run)(self, args)
    }

    /// Runs a line and gives back what it wrote.
    pub fn capture(&mut self, line: &str) -> Result<String> {
        let mut kept = Captured::default();
        let mut out = Tee::new(self.out, &mut kept, true);
        let result = Cx { session: self.session, out: &mut out, interpreter: self.interpreter }.run_line(line);
        result.map(|_| kept.text)
    }

    /// A user's prefix without lines of its own: lists what stands below it.
    fn run_prefix(&mut self, command: &UserCommand, rest: &str) -> Result<Flow> {
        let name = &command.name;
        if !rest.is_empty() {
            return Err(Error::user(format!("Undefined {name} command: \"{}\".  Try \"help {name}\".", rest.trim_end())));
        }
        self.say(format!("\"{name}\" must be followed by the name of a subcommand.\n"));
        list_below(self, name)
    }

    /// Runs a user's command with the text behind its name.
    fn run_user(&mut self, command: &UserCommand, rest: &str) -> Result<Flow> {
        let depth = self.interpreter.calls.len();
        if self.session.settings.max_user_call_depth.is_some_and(|most| depth >= most as usize) {
            return Err(Error::user("Max user call depth exceeded -- command aborted."));
        }
        self.interpreter.calls.push(Call::new(rest));
        let loops = std::mem::take(&mut self.interpreter.loops);
        let result = self.run_lines(&command.body);
        self.interpreter.loops = loops;
        self.interpreter.calls.truncate(depth);
        match result? {
            Flow::Quit(status) => Ok(Flow::Quit(status)),
            _ => Ok(Flow::Go),
        }
    }

    /// Runs lines one after another; blocks may be among them. Ends at the first error.
    pub fn run_lines(&mut self, lines: &[String]) -> Result<Flow> {
        self.run_source(Source::of_lines(lines))
    }

    fn run_source(&mut self, source: Source) -> Result<Flow> {
        let file = source.file.clone();
        let depth = self.interpreter.sources.len();
        self.interpreter.sources.push(source);
        let mut result = Ok(Flow::Go);
        while matches!(result, Ok(Flow::Go)) {
            if crate::os::signals::take_interrupt() {
                result = Err(Error::Cancelled);
                break;
            }
            let at = self.interpreter.sources.last().map_or(0, |s| s.next + 1);
            let Some(line) = self.interpreter.sources.last_mut().and_then(Source::next_line) else { break };
            result = self.run_line(&line);
            if let (Err(e), Some(file)) = (&result, &file) {
                let text = format!("{}:{at}: Error in sourced command file:\n{e}", file.display());
                result = Err(Error::User(text));
            }
        }
        self.interpreter.sources.truncate(depth);
        result
    }

    /// Runs a file of commands.
    pub fn run_file(&mut self, path: &Path) -> Result<Flow> {
        let source = Source::of_file(path)?;
        let (loops, frames) = (std::mem::take(&mut self.interpreter.loops), std::mem::take(&mut self.interpreter.calls));
        let result = self.run_source(source);
        (self.interpreter.loops, self.interpreter.calls) = (loops, frames);
        result
    }
}

/// Whether a line leaves the last output for those that follow: those that look at it, and notes.
fn last_output_stays(line: &str) -> bool {
    let word = line.get(..word_length(line)).unwrap_or_default();
    matches!(word, "expect" | "assert" | "if" | "end" | "echo")
}

#[cfg(test)]
mod tests {
    use crate::command::fixture::run;

    #[test]
    fn enter_repeats_as_the_command_says() {
        assert_eq!(run("say a"), "a\n");
        assert_eq!(run("say a\n\n"), "a\na\n");
        assert_eq!(run("count/4x 1\n\nquit\n"), "Some(\"4x\") \"1\" false\nNone \"\" true\nquit 0\n");
        assert_eq!(run("# nothing\n\nfrob\n\n"), "Undefined command: \"frob\".  Try \"help\".\n");
    }

    #[test]
    fn options_and_json_come_from_the_table() {
        assert_eq!(run("slots -m libc.so.6 -all put"), "head\nput  libc.so.6\n");
        assert_eq!(run("slots -json put"), "{\"name\":\"put\",\"module\":false}\n");
        assert_eq!(run("slots -m"), "-m requires an argument\n");
    }

    #[test]
    fn traced_commands_have_a_plus() {
        assert_eq!(run("set trace-commands on\nsay hi"), "+say hi\nhi\n");
    }
}
