//! A few commands and a way to run lines, for tests of the command language.

use std::cell::RefCell;
use std::rc::Rc;

use crate::base::Result;
use crate::engine::Session;
use crate::ui::{Captured, Role};

use super::args::Args;
use super::cx::Command;
use super::describe::{ArgKind, ArgSpec, Repeat};
use super::{Cx, Flow, Interpreter, LineReader, Registry, SETTINGS, TEST_SETTINGS};
use super::{complete, define, environment, help, history, script, setting_groups, shell};

const SAY: Command = Command {
    name: "say",
    args: &[ArgSpec::may("TEXT", ArgKind::Rest)],
    run: |cx, args| {
        cx.say(format!("{}\n", args.raw));
        Ok(Flow::Go)
    },
    ..Command::BASE
};

const COUNT: Command = Command {
    name: "count",
    args: &[ArgSpec::FORMAT, ArgSpec::may("EXPR", ArgKind::Expr)],
    repeat: Repeat::AgainWithoutArgs,
    run: |cx, args| {
        cx.say(format!("{:?} {:?} {}\n", args.format, args.text, args.repeated));
        Ok(Flow::Go)
    },
    ..Command::BASE
};

const LIST_SLOTS: Command = Command {
    name: "info slots",
    aliases: &["slots"],
    args: &[ArgSpec::JSON, ArgSpec::MODULE, ArgSpec::ALL, ArgSpec::may("REGEX", ArgKind::Regex)],
    own: true,
    run: |cx, args: &Args| {
        cx.say("head\n");
        let row = crate::ui::Row::new().cell("name", Role::Symbol, args.get("REGEX").unwrap_or("-"));
        cx.row(&row.both("module", Role::File, args.get("-m").unwrap_or("none"), args.has("-all")));
        Ok(Flow::Go)
    },
    ..Command::BASE
};

const STEPI: Command = Command { name: "stepi", aliases: &["si"], args: &[ArgSpec::may("N", ArgKind::Expr)], ..Command::BASE };
const STEP: Command = Command { name: "step", aliases: &["s"], ..Command::BASE };
const INFO_SYMBOL: Command = Command { name: "info symbol", ..Command::BASE };
const INFO_SHARED: Command = Command { name: "info sharedlibrary", ..Command::BASE };

const EXTRA: &[Command] = &[SAY, COUNT, LIST_SLOTS, STEP, STEPI, INFO_SYMBOL, INFO_SHARED];

struct Lines(std::vec::IntoIter<String>, Rc<RefCell<String>>);

impl LineReader for Lines {
    fn read(&mut self, prompt: &str) -> Result<Option<String>> {
        self.1.borrow_mut().push_str(prompt);
        Ok(self.0.next())
    }

    fn is_terminal(&self) -> bool {
        false
    }
}

/// A session of the command language.
pub(super) struct Bench {
    pub session: Session,
    pub interpreter: Interpreter,
    /// The prompts that blocks have shown.
    pub prompts: Rc<RefCell<String>>,
}

impl Bench {
    pub fn new() -> Bench {
        let families = [
            help::COMMANDS,
            script::COMMANDS,
            define::COMMANDS,
            shell::COMMANDS,
            environment::COMMANDS,
            setting_groups::COMMANDS,
            complete::COMMANDS,
            crate::command::index_cache::COMMANDS,
            history::COMMANDS,
            EXTRA,
        ];
        let interpreter = Interpreter::new(Registry::new(&families, SETTINGS, TEST_SETTINGS));
        Bench { session: Session::default(), interpreter, prompts: Rc::default() }
    }

    /// Runs lines as if piped in: everything that was written, errors included.
    pub fn run(&mut self, text: &str) -> String {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let reader = Rc::new(RefCell::new(Lines(lines.into_iter(), self.prompts.clone())));
        self.interpreter.reader = reader.clone();
        let mut out = Captured::default();
        loop {
            let line = reader.borrow_mut().0.next();
            let Some(line) = line else { break };
            let mut cx = Cx { session: &mut self.session, out: &mut out, interpreter: &mut self.interpreter };
            if let Flow::Quit(status) = cx.run_typed(&line).flow {
                cx.out.text(Role::Plain, &format!("quit {status}\n"));
                break;
            }
        }
        out.text
    }
}

/// What lines write in a fresh session.
pub(super) fn run(text: &str) -> String {
    Bench::new().run(text)
}
