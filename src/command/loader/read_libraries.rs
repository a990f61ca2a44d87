//! `sharedlibrary`, `nosharedlibrary`, `section`: gdb's words for when the symbols of libraries are read and where sections lie. rdbg
//! knows both from the process.

use crate::base::{Error, Result};
use crate::command::{ArgKind, ArgSpec, Args, Command, Cx, Flow, Group, Repeat, compile_regex};
use crate::symbols::ModuleRole;

/// `sharedlibrary`
pub const LOAD_SYMBOLS: Command = Command {
    name: "sharedlibrary",
    group: Group::Files,
    args: &[ArgSpec::may("REGEX", ArgKind::Regex)],
    summary: "Load shared object library symbols for files matching REGEXP.",
    help: "rdbg reads the symbols of a library when they are needed: there is nothing to load.",
    repeat: Repeat::No,
    run: load_symbols,
    ..Command::BASE
};

/// `nosharedlibrary`
pub const NO_SYMBOLS: Command = Command {
    name: "nosharedlibrary",
    group: Group::Files,
    summary: "Unload all shared object library symbols.  rdbg keeps them.",
    repeat: Repeat::No,
    run: |cx, _| match libraries(cx).is_empty() {
        true => Ok(Flow::Go),
        false => Err(Error::Refused("rdbg knows the symbols of a library as long as the process has it.")),
    },
    ..Command::BASE
};

/// `section`
pub const SECTION: Command = Command {
    name: "section",
    group: Group::Files,
    args: &[ArgSpec::may("SECTION ADDRESS", ArgKind::Rest)],
    summary: "Change the base address of section SECTION of the exec file to ADDR.  rdbg asks the process.",
    repeat: Repeat::No,
    run: section,
    ..Command::BASE
};

/// The paths of all libraries.
fn libraries(cx: &Cx<'_>) -> Vec<String> {
    let is_library = |role| matches!(role, ModuleRole::Library | ModuleRole::Interpreter);
    let modules = cx.session.inferior.modules.iter().filter(|m| is_library(m.role));
    modules.map(|m| m.path.display().to_string()).collect()
}

fn load_symbols(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    if args.text.is_empty() {
        return Ok(Flow::Go);
    }
    let regex = compile_regex(&args.text)?;
    let all = libraries(cx);
    let mut fitting = all.iter().filter(|path| regex.is_match(path)).peekable();
    if fitting.peek().is_none() {
        cx.say_directly(format!("No loaded shared libraries match the pattern `{}'.\n", args.text));
    }
    for path in fitting {
        cx.say_directly(format!("Symbols already loaded for {path}\n"));
    }
    Ok(Flow::Go)
}

fn section(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let name = args.text.split_whitespace().next();
    let name = name.ok_or_else(|| Error::user("Must specify section name and its virtual address"))?;
    let is_there = cx.session.inferior.modules.main().is_some_and(|m| m.image().section(name).is_some());
    match is_there {
        true => Err(Error::Refused("rdbg finds the sections where the process has them.")),
        false => Err(Error::user(format!("Section {name} not found"))),
    }
}
