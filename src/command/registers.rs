//! Registers.

use crate::arch::regs::{RegGroup, RegId, RegType, all_registers, find, general_registers};
use crate::base::{Error, Need, Result};
use crate::engine::Session;
use crate::expr::Host;
use crate::value::{Letter, Value};

use super::args::Args;
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group};
use super::expression::value_text;

const INFO_REGISTERS: Command = Command {
    name: "info registers",
    aliases: &["info r"],
    group: Group::Status,
    args: &[ArgSpec::may("REGISTER...", ArgKind::Reg)],
    summary: "List of integer registers and their contents, for selected stack frame.",
    help: "REGISTER is a name or a group: general, float, vector, system, mmx, all, save, restore.",
    examples: &[Example { line: "info registers rip eflags", what: "two of them" }],
    needs: Some(Need::Registers),
    run: |cx, args| info(cx, args, false),
    ..Command::BASE
};

const INFO_ALL_REGISTERS: Command = Command {
    name: "info all-registers",
    group: Group::Status,
    args: &[ArgSpec::may("REGISTER...", ArgKind::Reg)],
    summary: "List of all registers and their contents, for selected stack frame.",
    needs: Some(Need::Registers),
    run: |cx, args| info(cx, args, true),
    ..Command::BASE
};

/// Registers.
pub const COMMANDS: &[Command] = &[INFO_REGISTERS, INFO_ALL_REGISTERS];

fn info(cx: &mut Cx<'_>, args: &Args, all: bool) -> Result<Flow> {
    let state = cx.session.selected_xstate().ok();
    let state = state.as_ref();
    let mut chosen = Vec::new();
    if args.text.is_empty() {
        chosen = own_names(if all { all_registers(state) } else { general_registers(state) });
    }
    for word in args.text.split_whitespace() {
        let name = word.strip_prefix('$').unwrap_or(word);
        let of = |group| own_names(all_registers(state).into_iter().filter(|id| id.info().group == group));
        match (find(name), name) {
            (Some(id), name) => chosen.push((id, name)),
            (None, "general") => chosen.extend(own_names(general_registers(state))),
            (None, "float") => chosen.extend(of(RegGroup::Float)),
            (None, "vector") => chosen.extend(of(RegGroup::Vector)),
            (None, "system") => chosen.extend(own_names(["fs_base", "gs_base", "orig_rax"].into_iter().filter_map(find))),
            (None, "all" | "save" | "restore") => chosen.extend(own_names(all_registers(state))),
            (None, "mmx") => {}
            (None, _) => return Err(Error::user(format!("Invalid register `{name}'"))),
        }
    }
    for (id, name) in chosen {
        let row = row(cx.session, id, name);
        cx.say(row);
    }
    Ok(Flow::Go)
}

/// Registers with the names that the table has for them; `pc` and `sp` are shown as they were typed.
fn own_names(ids: impl IntoIterator<Item = RegId>) -> Vec<(RegId, &'static str)> {
    ids.into_iter().map(|id| (id, id.info().name.as_str())).collect()
}

/// gdb's row: the name, the value in hexadecimal, and in its own way.
fn row(session: &Session, id: RegId, name: &str) -> String {
    let info = id.info();
    let options = session.options();
    let shown = |value: &Value, letter| value_text(session, value, letter, &options).unwrap_or_else(|e| format!("<error: {e}>"));
    let name = format!("{name:<14} ");
    let value = match session.register(&info.name) {
        Ok(Some(value)) => value,
        Ok(None) => return format!("{name}<unavailable>\n"),
        Err(e) => return format!("{name}<error: {e}>\n"),
    };
    if matches!(value.place, crate::value::Place::Absent(_)) {
        return format!("{name}{}\n", shown(&value, None));
    }
    match info.ty {
        RegType::Extended => {
            let bytes = value.bytes(session.memory(), None).unwrap_or_default();
            let raw: String = bytes.iter().take(10).rev().map(|b| format!("{b:02x}")).collect();
            format!("{name}{}(raw 0x{raw})\n", column(shown(&value, None)))
        }
        RegType::Vector(_) => format!("{name}{}\n", shown(&value, Some(Letter::Hex))),
        _ => {
            let natural = shown(&value, None);
            let natural = natural.strip_prefix(&format!("({}) ", value.ty)).unwrap_or(&natural).to_owned();
            format!("{name}{}{natural}\n", column(shown(&value, Some(Letter::Hex))))
        }
    }
}

/// gdb's middle column: twenty wide, and one blank at least.
fn column(text: String) -> String {
    format!("{text:<19} ")
}
