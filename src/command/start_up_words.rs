//! What gdb's start-up files say besides `set`: directories that are safe, old names of settings, the windows of gdb's that rdbg does
//! not have.

use crate::base::{Error, Result};

use super::args::Args;
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Flow, Group, Repeat};
use super::help::list_below;
use super::other_scripts::refused;

/// The family.
pub const COMMANDS: &[Command] = &[
    ADD_SAFE_PATH,
    ADD_SCRIPTS_DIRECTORY,
    INDEX_CACHE_ON,
    INDEX_CACHE_OFF,
    TUI,
    TUI_ENABLE,
    TUI_DISABLE,
    TUI_REG,
    LAYOUT,
    FOCUS,
    REFRESH,
    WINHEIGHT,
];

const BASE: Command = Command { repeat: Repeat::No, ..Command::BASE };

const ADD_SAFE_PATH: Command = Command {
    name: "add-auto-load-safe-path",
    args: &[ArgSpec::may("DIRECTORY", ArgKind::Rest)],
    summary: "Add entries to the list of directories from which it is safe to auto-load files.",
    help: "\"set auto-load safe-path\" sets the whole list.",
    run: add_safe_path,
    ..BASE
};

fn add_safe_path(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    if args.text.is_empty() {
        let sentence =
            "Directory argument required.\nUse 'set auto-load safe-path /' for disabling the auto-load safe-path security.";
        return Err(Error::user(sentence));
    }
    let path = &mut cx.session.settings.auto_load_safe_path;
    path.push(':');
    path.push_str(&args.text);
    Ok(Flow::Go)
}

const ADD_SCRIPTS_DIRECTORY: Command = Command {
    name: "add-auto-load-scripts-directory",
    args: &[ArgSpec::may("DIRECTORY", ArgKind::Rest)],
    summary: "Add entries to the list of directories from which to load auto-loaded scripts.",
    help: "rdbg loads no such scripts.",
    run: |cx, args| {
        if args.text.is_empty() {
            return Err(Error::user("Directory argument required."));
        }
        let taken = &mut cx.session.settings.taken;
        let path = taken.entry("auto-load scripts-directory").or_insert_with(|| "$debugdir:$datadir/auto-load".to_owned());
        path.push(':');
        path.push_str(&args.text);
        Ok(Flow::Go)
    },
    ..BASE
};

const INDEX_CACHE_ON: Command = Command {
    name: "set index-cache on",
    summary: "Enable the index cache.",
    help: "\"set index-cache enabled on\" in the words of older gdbs.",
    run: |cx, _| cx.run_line("set index-cache enabled on"),
    ..BASE
};

const INDEX_CACHE_OFF: Command = Command {
    name: "set index-cache off",
    summary: "Disable the index cache.",
    help: "\"set index-cache enabled off\" in the words of older gdbs.",
    run: |cx, _| cx.run_line("set index-cache enabled off"),
    ..BASE
};

const TUI: Command = Command {
    name: "tui",
    summary: "Text User Interface commands.  rdbg has no windows.",
    run: |cx, _| list_below(cx, "tui"),
    ..BASE
};

const TUI_ENABLE: Command = window("tui enable", "Enable TUI display mode.  rdbg has none.");
const TUI_REG: Command = window("tui reg", "TUI command to control the register window.  rdbg has none.");
const LAYOUT: Command = window("layout", "Change the layout of windows.  rdbg has none.");
const FOCUS: Command = window("focus", "Set focus to named window or next/prev window.  rdbg has none.");
const WINHEIGHT: Command = window("winheight", "Set or modify the height of a specified window.  rdbg has none.");

const TUI_DISABLE: Command =
    Command { name: "tui disable", summary: "Disable TUI display mode.  rdbg has none.", group: Group::Support, ..BASE };
const REFRESH: Command = Command {
    name: "refresh",
    summary: "Refresh the terminal display.  rdbg writes each line once.",
    group: Group::Support,
    ..BASE
};

const REST: &[ArgSpec] = &[ArgSpec::may("ARGS", ArgKind::Rest)];

const fn window(name: &'static str, summary: &'static str) -> Command {
    Command {
        name,
        args: REST,
        summary,
        help: "\"set disassemble-next-line on\", \"display\" and \"list\" show beside each stop what the windows would.",
        run: |cx, _| {
            refused(
                cx,
                "rdbg has no windows: \"list\", \"info registers\" and \"set disassemble-next-line on\" show what is in them.",
            )
        },
        ..BASE
    }
}
