//! Making GOT slots lead somewhere else.

use crate::base::{Error, Need, Result, VirtAddr, counted};
use crate::engine::{SlotMeaning, SlotWrite};
use crate::ui::{Role, Row, Table};

use super::args::Args;
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group, Repeat};
use super::loader::{address, addressed};

/// The family.
pub const COMMANDS: &[Command] = &[REDIRECT, UNBIND, BIND];

/// `redirect`
pub const REDIRECT: Command = Command {
    name: "redirect",
    group: Group::Patching,
    args: &[ArgSpec::must("FUNCTION", ArgKind::Word), ArgSpec::must("TARGET", ArgKind::Expr), ArgSpec::MODULE],
    summary: "Make every GOT slot that leads to FUNCTION lead to TARGET.",
    help: "All modules' slots are rewritten, JUMP_SLOT and GLOB_DAT, bound or not; with -m only that module's. It is one entry\n\
           for undo. FUNCTION may be MODULE!FUNCTION, and TARGET any expression.\n\
           Calls that do not go through a slot, and pointers that were copied before, keep leading to FUNCTION.",
    examples: &[
        Example { line: "redirect puts my_puts", what: "calls of puts come to my_puts" },
        Example { line: "redirect puts my_puts -m hello", what: "only those of one module" },
    ],
    needs: Some(Need::Stopped),
    own: true,
    repeat: Repeat::No,
    run: redirect,
    ..Command::BASE
};

fn redirect(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let function = args.get("FUNCTION").unwrap_or_default().to_owned();
    let mut target = args.get("TARGET").unwrap_or_default().to_owned();
    let mut module = args.get("-m").map(str::to_owned);
    // -m may follow the expression too.
    if let Some((before, name)) = target.clone().rsplit_once(" -m ") {
        (target, module) = (before.trim().to_owned(), Some(name.trim().to_owned()));
    }
    let at = code_address(cx, &target)?;
    let done = cx.session.redirect(&format!("redirect {function} {target}"), &function, at, module.as_deref())?;
    let name = cx.session.full_name(at, None).unwrap_or_else(|| at.to_string());
    cx.say(format!("Redirect {}: {} of {function} -> {name}\n", done.number, counted(done.slots.len() as u64, "slot")));
    let mut table = Table::new();
    for w in &done.slots {
        let old = cx.session.slot_meaning(&w.module, &w.slot, Some(w.old));
        let old_text = match old {
            SlotMeaning::Redirected(at) | SlotMeaning::Bound(at) | SlotMeaning::Ifunc(at) => {
                cx.session.full_name(at, w.slot.name.as_deref()).unwrap_or_else(|| at.to_string())
            }
            _ => cx.session.slot_text(&w.module, &w.slot, w.old, old),
        };
        table.push(
            Row::new()
                .cell("module", Role::File, w.module.name.as_str())
                .both("index", Role::Plain, format!("GOT[{}]", w.slot.index), w.slot.index)
                .cell("address", Role::Address, w.module.virt(w.slot.addr).to_string())
                .both("symbol", Role::Symbol, slot_symbol(cx, w), w.slot.versioned_name())
                .cell("type", Role::Plain, w.slot.relocation.map(|r| r.kind_name()).unwrap_or_default())
                .cell("old", Role::Plain, format!("{:#018x}", w.old))
                .note(Role::Plain, "->")
                .cell("new", Role::Address, format!("{:#018x}", w.new))
                .cell("was", Role::Dim, format!("was {old_text}")),
        );
    }
    table.show(cx.out);
    for note in &done.notes {
        cx.out.text(Role::Dim, &format!("{note}\n"));
    }
    warn(cx, &function, &done);
    Ok(Flow::Go)
}

/// The slot's symbol as it is shown.
fn slot_symbol(cx: &Cx<'_>, write: &SlotWrite) -> String {
    write.slot.versioned_name().map_or_else(String::new, |n| cx.session.shown_symbol(&n).into_owned())
}

/// The address that a call is to lead to. Data that has no type here is refused as data, not for the lack of its type.
fn code_address(cx: &mut Cx<'_>, target: &str) -> Result<VirtAddr> {
    if target.starts_with('"') {
        return Err(Error::user(format!("{target} is a string, not a function: write the function's name without quotes.")));
    }
    let error = match address(cx, target) {
        Ok(at) => return Ok(at),
        Err(e) => e,
    };
    if let Ok(at) = address(cx, &format!("&({target})")) {
        cx.session.require_code(at)?;
    }
    Err(error)
}

/// How many copied pointers are named.
const NAMED_COPIES: usize = 8;

fn warn(cx: &mut Cx<'_>, function: &str, done: &crate::engine::Redirected) {
    if let Some(slot) = &done.recursive {
        cx.warn(format!("the target calls {function} through {slot} itself: it will call itself without end."));
    }
    if done.slots.iter().any(|w| !w.slot.is_jump_slot()) {
        cx.warn(format!(
            "the program may have copied {function}'s address out of a GLOB_DAT slot before; such copies are not redirected."
        ));
    }
    if !done.copies.is_empty() {
        let named: Vec<String> = done.copies.iter().take(NAMED_COPIES).map(|a| addressed(cx.session, *a)).collect();
        let more = if done.copies.len() > NAMED_COPIES { ", ..." } else { "" };
        let n = counted(done.copies.len() as u64, "writable word");
        cx.warn(format!(
            "{n} outside of these slots hold{} {function}'s address: {}{more}",
            if done.copies.len() == 1 { "s" } else { "" },
            named.join(", ")
        ));
    }
}

/// `unbind`
pub const UNBIND: Command = Command {
    name: "unbind",
    group: Group::Patching,
    args: &[ArgSpec::JSON, ArgSpec::ALL, ArgSpec::MODULE, ArgSpec::may("SYMBOL", ArgKind::Symbol)],
    summary: "Write the lazy code's address back into a slot, so that the next call binds it again.",
    help: "With -all, into every bound slot of the program and its libraries that was linked for lazy binding; -m selects a\n\
           module. One entry for undo.",
    examples: &[Example { line: "unbind puts", what: "the next call of puts is resolved again" }],
    needs: Some(Need::Stopped),
    own: true,
    repeat: Repeat::No,
    run: unbind,
    ..Command::BASE
};

fn unbind(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let symbol = args.get("SYMBOL");
    if symbol.is_none() && !args.has("-all") {
        return Err(Error::user("Argument required (SYMBOL or -all).  Try \"help unbind\"."));
    }
    let what = format!("unbind {}", symbol.unwrap_or("-all"));
    let done = cx.session.unbind(&what, symbol, args.get("-m"))?;
    show_writes(cx, &done);
    Ok(Flow::Go)
}

/// `bind`
pub const BIND: Command = Command {
    name: "bind",
    args: &[ArgSpec::JSON, ArgSpec::ALL, ArgSpec::MODULE, ArgSpec::may("SYMBOL", ArgKind::Symbol)],
    summary: "Bind a lazy slot now, without a call.",
    help: "The lookup is replayed as ld.so would do it at the first call (see `why'); of an IFUNC the resolver is called in the\n\
           process. With -all, every unresolved slot of the program and its libraries; -m selects a module. One entry for undo.",
    examples: &[Example { line: "bind puts", what: "the next call of puts needs no resolver" }],
    run: bind,
    ..UNBIND
};

fn bind(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let symbol = args.get("SYMBOL");
    if symbol.is_none() && !args.has("-all") {
        return Err(Error::user("Argument required (SYMBOL or -all).  Try \"help bind\"."));
    }
    let what = format!("bind {}", symbol.unwrap_or("-all"));
    let done = cx.session.bind(&what, symbol, args.get("-m"))?;
    show_writes(cx, &done);
    Ok(Flow::Go)
}

/// A row a slot: old and new value, and what it means now.
fn show_writes(cx: &mut Cx<'_>, done: &[SlotWrite]) {
    let mut table = Table::new();
    for w in done {
        let meaning = cx.session.slot_meaning(&w.module, &w.slot, Some(w.new));
        table.push(
            Row::new()
                .cell("module", Role::File, w.module.name.as_str())
                .both("index", Role::Plain, format!("GOT[{}]", w.slot.index), w.slot.index)
                .cell("address", Role::Address, w.module.virt(w.slot.addr).to_string())
                .both("symbol", Role::Symbol, slot_symbol(cx, w), w.slot.versioned_name())
                .cell("old", Role::Plain, format!("{:#018x}", w.old))
                .note(Role::Plain, "->")
                .cell("new", Role::Address, format!("{:#018x}", w.new))
                .cell("state", Role::Plain, cx.session.slot_text(&w.module, &w.slot, w.new, meaning)),
        );
    }
    table.show(cx.out);
}
