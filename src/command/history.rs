//! Where the history of typed lines is kept; `show commands`.

use std::path::PathBuf;

use crate::base::Result;
use crate::engine::Settings;

use super::args::Args;
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Flow, Group};
use super::expression::integer_i64;

/// The file of the history: the setting, else `$RDBGHISTFILE`, else `~/.rdbg_history` if it is there, else the user's state
/// directory (XDG Base Directory Specification).
pub fn history_file(settings: &Settings) -> PathBuf {
    if !settings.history_filename.is_empty() {
        return PathBuf::from(&settings.history_filename);
    }
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if let Some(file) = set("RDBGHISTFILE") {
        return file;
    }
    let home = set("HOME").unwrap_or_else(|| PathBuf::from("."));
    let old = home.join(".rdbg_history");
    if old.exists() {
        return old;
    }
    set("XDG_STATE_HOME").unwrap_or_else(|| home.join(".local/state")).join("rdbg/history")
}

/// `show commands`
pub const SHOW_COMMANDS: Command = Command {
    name: "show commands",
    group: Group::Status,
    args: &[ArgSpec::may("N", ArgKind::Expr)],
    summary: "Show the history of commands you typed.",
    help: "The last ten, or ten around number N.",
    run: show_commands,
    ..Command::BASE
};

fn show_commands(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    const SHOWN: usize = 10;
    let lines = &cx.interpreter.typed;
    let total = lines.len();
    let first = match args.get("N") {
        None => total.saturating_sub(SHOWN),
        Some(text) => {
            let n = integer_i64(cx, text)?;
            let first = usize::try_from(n.saturating_sub(SHOWN as i64 / 2 + 1)).unwrap_or(0);
            first.min(total.saturating_sub(SHOWN))
        }
    };
    let lines = cx.interpreter.typed.iter().enumerate().skip(first).take(SHOWN);
    let text: String = lines.map(|(i, line)| format!("{:5}  {line}\n", i + 1)).collect();
    cx.say(text);
    Ok(Flow::Go)
}

/// The family.
pub const COMMANDS: &[Command] = &[SHOW_COMMANDS];
