//! `maintenance set|show|with test-settings`: a setting of each kind that means nothing, to try how values are read, shown and put
//! back, as gdb has it.

use crate::base::{Error, Result};
use crate::engine::Settings;

use super::args::Args;
use super::cx::{Command, Cx, Setting};
use super::describe::{ArgKind, ArgSpec, Flow, Group, SettingKind};
use super::help::list_below;
use super::setting_tables::row::row;
use super::shell::with_setting;

/// A row with the value alone for a sentence.
const fn plain(name: &'static str, kind: SettingKind) -> Setting {
    row(name, kind, "{}", "Set a setting that means nothing.")
}

/// The settings below `maintenance set`.
pub const TEST_SETTINGS: &[Setting] = &[
    plain("test-settings auto-boolean", SettingKind::Auto(|s: &mut Settings| &mut s.test.auto_boolean)),
    plain("test-settings boolean", SettingKind::Bool(|s| &mut s.test.boolean)),
    plain("test-settings enum", SettingKind::Enum(|s| &mut s.test.choice, &["xxx", "yyy", "zzz"])),
    plain("test-settings filename", SettingKind::NeededFile(|s| &mut s.test.filename)),
    plain("test-settings integer", SettingKind::AnyLimit(|s| &mut s.test.integer)),
    plain("test-settings optional-filename", SettingKind::File(|s| &mut s.test.optional_filename)),
    plain("test-settings string", SettingKind::Text(|s| &mut s.test.string)),
    plain("test-settings string-noescape", SettingKind::Text(|s| &mut s.test.string_noescape)),
    plain("test-settings uinteger", SettingKind::Limit(|s| &mut s.test.uinteger)),
    plain("test-settings zinteger", SettingKind::Signed(|s| &mut s.test.zinteger)),
    plain("test-settings zuinteger", SettingKind::Uint(|s| &mut s.test.zuinteger)),
    plain("test-settings zuinteger-unlimited", SettingKind::ZeroLimit(|s| &mut s.test.zuinteger_unlimited)),
];

/// The commands around them.
pub const COMMANDS: &[Command] = &[MAINTENANCE, SET, SET_TEST, SHOW, SHOW_TEST, WITH];

const SET: Command = Command {
    name: "maintenance set",
    group: Group::Internals,
    summary: "Set what only those need who work on rdbg.",
    run: |cx, _| list_below(cx, "maintenance set"),
    ..Command::BASE
};

const SET_TEST: Command = Command {
    name: "maintenance set test-settings",
    summary: "Set settings that mean nothing: one of each kind.",
    run: |cx, _| list_below(cx, "maintenance set test-settings"),
    ..SET
};

const SHOW: Command = Command {
    name: "maintenance show",
    summary: "Show what only those need who work on rdbg.",
    run: |cx, _| list_below(cx, "maintenance show"),
    ..SET
};

const SHOW_TEST: Command = Command {
    name: "maintenance show test-settings",
    summary: "Show the settings that mean nothing.",
    run: |cx, _| {
        for setting in TEST_SETTINGS {
            let value = setting.value(&cx.session.settings);
            cx.say(format!("{}:  {value}\n", setting.name));
        }
        Ok(Flow::Go)
    },
    ..SET
};

const MAINTENANCE: Command = Command {
    name: "maintenance",
    aliases: &["mt"],
    group: Group::Internals,
    summary: "Commands for those who work on rdbg.",
    run: |cx, _| list_below(cx, "maintenance"),
    ..Command::BASE
};

const WITH: Command = Command {
    name: "maintenance with",
    group: Group::Internals,
    args: &[ArgSpec::may("SETTING [VALUE] [-- COMMAND]", ArgKind::Setting)],
    summary: "Like \"with\", but works with \"maintenance set\" variables.",
    run: with,
    ..Command::BASE
};

fn with(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    if args.text.is_empty() {
        return Err(Error::user("Missing arguments."));
    }
    with_setting(cx, "maintenance set", &args.text)
}
