//! `rbreak`.

use std::sync::Arc;

use crate::base::Result;
use crate::command::args::Args;
use crate::command::compile_regex;
use crate::command::cx::{Command, Cx};
use crate::command::describe::{ArgKind, ArgSpec, Example, Flow, Group, Repeat};
use crate::command::info::functions_matching;
use crate::symbols::Module;

/// Breakpoints at many functions.
pub const COMMANDS: &[Command] = &[RBREAK];

const RBREAK: Command = Command {
    name: "rbreak",
    group: Group::Breakpoints,
    args: &[ArgSpec::may("[FILE:]REGEX", ArgKind::Rest)],
    summary: "Set a breakpoint for all functions matching REGEXP.",
    help: "Each is shown with its declaration. With FILE, only those that are defined there.",
    examples: &[Example { line: "rbreak ^my_", what: "stops wherever a function of my_ is entered" }],
    repeat: Repeat::No,
    run: rbreak,
    ..Command::BASE
};

fn rbreak(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let text = args.text.trim();
    // `a::b` is no file.
    let is_file = |file: &str, rest: &str| !file.is_empty() && !rest.starts_with(':') && !file.ends_with(':');
    let (file, pattern) = match text.split_once(':') {
        Some((file, rest)) if is_file(file, rest) => (Some(file.trim()), rest.trim()),
        _ => (None, text),
    };
    let regex = compile_regex(pattern)?;
    let modules: Vec<Arc<Module>> = cx.session.inferior.modules.iter().cloned().collect();
    let of_file = |name: &str| file.is_none_or(|f| name == f || name.ends_with(&format!("/{f}")));
    for (source, name, text) in functions_matching(&modules, &regex, file.is_none())? {
        match source.filter(|s| of_file(s)) {
            Some(source) => cx.run_line(&format!("break {source}:'{name}'"))?,
            None if file.is_none() => cx.run_line(&format!("break '{name}'"))?,
            None => continue,
        };
        cx.say(format!("{text}\n"));
    }
    Ok(Flow::Go)
}
