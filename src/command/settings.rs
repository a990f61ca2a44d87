//! set and show: the table of settings.

use crate::engine::Settings;

use super::describe::Command;

/// What a setting holds, and where.
#[derive(Clone, Copy)]
pub enum SettingKind {
    /// on or off.
    Bool(fn(&mut Settings) -> &mut bool),
    /// on, off or auto: `None` is auto.
    Auto(fn(&mut Settings) -> &mut Option<bool>),
    /// A limit: 0 and `unlimited` are `None`.
    Limit(fn(&mut Settings) -> &mut Option<u32>),
    /// A number from 0; -1 and `unlimited` are `None`.
    ZeroLimit(fn(&mut Settings) -> &mut Option<u32>),
    /// A number from 0.
    Uint(fn(&mut Settings) -> &mut u32),
    /// One of these words.
    Enum(fn(&mut Settings) -> &mut &'static str, &'static [&'static str]),
    /// Any text, spaces at the end removed.
    Text(fn(&mut Settings) -> &mut String),
    /// A file's name.
    File(fn(&mut Settings) -> &mut String),
}

/// A setting: a row of the table.
pub struct Setting {
    /// Its name after `set`: `print pretty`.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// What it holds.
    pub kind: SettingKind,
    /// What `show` says: `{}` stands for the value.
    pub show: &'static str,
    /// What it is, a sentence, as gdb's `help set NAME`.
    pub summary: &'static str,
    /// More of it.
    pub help: &'static str,
    /// Whether gdb has no such setting.
    pub own: bool,
}

/// The table.
pub const SETTINGS: &[Setting] = &[];

/// The family.
pub const COMMANDS: &[Command] = &[];
