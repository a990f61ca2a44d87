//! What the commands of this room take: modules, regular expressions, addresses.

use std::sync::Arc;

use regex::Regex;

use crate::base::{Error, Need, Result, VirtAddr};
use crate::command::{Args, Cx, compile_regex};
use crate::engine::Session;
use crate::expr;
use crate::symbols::Module;

/// The modules that `-m MODULE` or `-all` select; the program without either.
pub(super) fn modules(session: &Session, args: &Args) -> Result<Vec<Arc<Module>>> {
    if args.has("-all") {
        return Ok(session.inferior.modules.iter().cloned().collect());
    }
    Ok(vec![module(session, args)?])
}

/// The module that `-m MODULE` selects; the program without it.
pub(in crate::command) fn module(session: &Session, args: &Args) -> Result<Arc<Module>> {
    match args.get("-m") {
        Some(name) => session.module_named(name).cloned(),
        None => session.inferior.modules.main().cloned().ok_or(Error::Needs(Need::Executable)),
    }
}

/// The regular expression in the argument REGEX.
pub(super) fn regex(args: &Args) -> Result<Option<Regex>> {
    args.get("REGEX").map(compile_regex).transpose()
}

/// The run-time address that an expression comes to: a number, a pointer, or where a function or an array is.
pub(in crate::command) fn address(cx: &mut Cx<'_>, text: &str) -> Result<VirtAddr> {
    let parsed = expr::parse(text, cx.session)?;
    expr::eval_address(&parsed, cx.session)
}

/// `0x401156 <main+4>`, or the bare address where nothing is known of it.
pub(in crate::command) fn addressed(session: &Session, at: VirtAddr) -> String {
    match session.location(at) {
        Some(location) => format!("{at} <{}>", location.with_offset()),
        None => at.to_string(),
    }
}
