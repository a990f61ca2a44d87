//! Catchpoints.

use crate::base::Result;
use crate::engine::{Catch, Disposition, Kind, Session, is_static};
use crate::symbols::{ModuleRole, is_named};

use super::condition::{parse_at_event, split_condition};
use crate::command::args::Args;
use crate::command::cx::{Command, Cx};
use crate::command::describe::{ArgKind, ArgSpec, Example, Flow, Group};
use crate::command::help::list_below;

/// Catchpoints.
pub const COMMANDS: &[Command] = &[CATCH, TCATCH, CATCH_BIND, TCATCH_BIND, CATCH_LOAD, TCATCH_LOAD, CATCH_UNLOAD, TCATCH_UNLOAD];

const CATCH: Command = Command {
    name: "catch",
    group: Group::Breakpoints,
    summary: "Stop at an event: a lazy bind, a library that comes or goes.",
    run: |cx, _| list_below(cx, "catch"),
    ..Command::BASE
};

const TCATCH: Command = Command {
    name: "tcatch",
    group: Group::Breakpoints,
    summary: "Stop at an event once.",
    run: |cx, _| list_below(cx, "tcatch"),
    ..Command::BASE
};

const CATCH_BIND: Command = Command {
    name: "catch bind",
    group: Group::Loading,
    args: &[ArgSpec::MODULE, ArgSpec::may("SYMBOL", ArgKind::Word)],
    summary: "Stop when a lazy slot is about to be bound by its first call.",
    help: "It stops at the head of the module's PLT, before the dynamic linker looks the symbol up, in every module or in one.\n\
No symbols are needed; a C++ or Rust function may be called by its demangled name, in quotes. A conditional (\"if ...\") and \"commands\" work as for breakpoints.",
    examples: &[Example { line: "catch bind puts", what: "stops at the first call of puts through a PLT" }],
    own: true,
    run: |cx, args| catch_bind(cx, args, Disposition::Keep),
    ..Command::BASE
};

const TCATCH_BIND: Command = Command {
    name: "tcatch bind",
    group: Group::Loading,
    args: &[ArgSpec::MODULE, ArgSpec::may("SYMBOL", ArgKind::Word)],
    summary: "Stop once when a lazy slot is about to be bound by its first call.",
    own: true,
    run: |cx, args| catch_bind(cx, args, Disposition::Delete),
    ..Command::BASE
};

fn catch_bind(cx: &mut Cx<'_>, args: &Args, disposition: Disposition) -> Result<Flow> {
    let symbol = args.get("SYMBOL").filter(|s| *s != "if").map(str::to_owned);
    let module = args.get("-m").map(str::to_owned);
    let (_, condition) = split_condition(&args.text);
    let condition = parse_at_event(cx.session, condition)?;
    if let Some(sentence) = never_lazy(cx.session, symbol.as_deref(), module.as_deref()) {
        cx.say(sentence);
    }
    let mut spec = "bind".to_owned();
    if let Some(symbol) = &symbol {
        spec = format!("{spec} {symbol}");
    }
    if let Some(module) = &module {
        spec = format!("{spec} in {module}");
    }
    let id = cx.session.breakpoints.add(Kind::Catch(Catch::Bind { symbol, module }), &spec, disposition);
    let breakpoint = cx.session.breakpoints.get_mut(id)?;
    breakpoint.condition = condition;
    let noun = breakpoint.noun();
    cx.say(format!("{noun} {id} ({spec})\n"));
    Ok(Flow::Go)
}

/// What to say when the program will never bind lazily itself, or nobody has a slot for the symbol.
fn never_lazy(session: &Session, symbol: Option<&str>, module: Option<&str>) -> Option<String> {
    let main = session.inferior.modules.iter().find(|m| m.role == ModuleRole::Main)?;
    if is_static(main.image()) {
        return Some(format!("{} is statically linked: it has no lazy slots, and nothing will be bound.\n", main.name));
    }
    if session.binds_eagerly() {
        return Some("musl binds everything when it loads it: nothing will be bound later.\n".to_owned());
    }
    let got = main.got();
    if got.is_none_or(|g| !g.is_lazy) {
        return Some(format!("{} has no lazy slots (it binds everything at start): only libraries can be caught.\n", main.name));
    }
    let symbol = symbol?;
    let modules: Vec<_> = session.inferior.modules.iter().filter(|m| module.is_none_or(|n| m.is_called(n))).collect();
    let slots = modules.iter().filter_map(|m| m.got()).flat_map(|g| &g.slots).filter(|s| s.is_jump_slot());
    if slots.filter_map(|s| s.name.as_deref()).any(|name| is_named(name, symbol)) {
        return None;
    }
    Some(match (modules.as_slice(), module) {
        ([], Some(module)) => format!("No module \"{module}\" is loaded (yet).\n"),
        ([one], _) if one.role == ModuleRole::Main => {
            format!("{} has no slot for \"{symbol}\": only libraries can be caught.\n", one.name)
        }
        ([one], _) => format!("{} has no lazy slot for \"{symbol}\".\n", one.name),
        _ => format!("No loaded module has a lazy slot for \"{symbol}\": only libraries that come later can be caught.\n"),
    })
}

const CATCH_LOAD: Command = Command {
    name: "catch load",
    group: Group::Breakpoints,
    args: &[ArgSpec::may("REGEX", ArgKind::Regex)],
    summary: "Stop when a library is loaded.",
    examples: &[Example { line: "catch load libm", what: "stops when a library whose name matches is loaded" }],
    run: |cx, args| catch_library(cx, args, "load", Catch::Load, Disposition::Keep),
    ..Command::BASE
};

const TCATCH_LOAD: Command = Command {
    name: "tcatch load",
    summary: "Stop once when a library is loaded.",
    examples: &[],
    run: |cx, args| catch_library(cx, args, "load", Catch::Load, Disposition::Delete),
    ..CATCH_LOAD
};

const CATCH_UNLOAD: Command = Command {
    name: "catch unload",
    group: Group::Breakpoints,
    args: &[ArgSpec::may("REGEX", ArgKind::Regex)],
    summary: "Stop when a library is unloaded.",
    run: |cx, args| catch_library(cx, args, "unload", Catch::Unload, Disposition::Keep),
    ..Command::BASE
};

const TCATCH_UNLOAD: Command = Command {
    name: "tcatch unload",
    summary: "Stop once when a library is unloaded.",
    run: |cx, args| catch_library(cx, args, "unload", Catch::Unload, Disposition::Delete),
    ..CATCH_UNLOAD
};

fn catch_library(
    cx: &mut Cx<'_>,
    args: &Args,
    word: &str,
    make: fn(Option<regex::Regex>) -> Catch,
    disposition: Disposition,
) -> Result<Flow> {
    let regex = match args.text.as_str() {
        "" => None,
        text => Some(crate::command::args::compile_regex(text)?),
    };
    let spec = format!("{word} {}", args.text).trim_end().to_owned();
    let id = cx.session.breakpoints.add(Kind::Catch(make(regex)), &spec, disposition);
    cx.say(format!("Catchpoint {id} ({word})\n"));
    Ok(Flow::Go)
}
