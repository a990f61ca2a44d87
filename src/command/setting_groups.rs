//! The prefixes of settings that tune gdb: `set debug`, `show debug`.

use super::cx::Command;
use super::describe::{Group, Repeat};
use super::environment::show_below;
use super::help::list_below;

/// `set PREFIX` and `show PREFIX`, for groups of settings.
macro_rules! groups {
    ($($name:literal, $summary:literal;)*) => {
        &[$(
            Command {
                name: concat!("set ", $name),
                group: Group::Data,
                summary: $summary,
                repeat: Repeat::No,
                run: |cx, _| list_below(cx, concat!("set ", $name)),
                ..Command::BASE
            },
            Command {
                name: concat!("show ", $name),
                group: Group::Status,
                summary: $summary,
                repeat: Repeat::No,
                run: |cx, _| show_below(cx, $name),
                ..Command::BASE
            },
        )*]
    };
}

/// The prefixes of their names.
pub const COMMANDS: &[Command] = groups! {
    "ada", "Prefix command for changing Ada-specific settings.";
    "dcache", "Use this command to set number of lines in dcache and line-size.";
    "debug", "Generic command for setting gdb debugging flags.";
    "fortran", "Prefix command for changing Fortran-specific settings.";
    "guile", "Prefix command for Guile preference settings.";
    "mem", "Memory regions settings.";
    "print raw", "Generic command for setting what things to print in raw mode.";
    "python", "Prefix command for python preference settings.";
    "ravenscar", "Prefix command for changing Ravenscar-specific settings.";
    "record", "Set record options.";
    "record btrace", "Set record btrace options.";
    "record btrace bts", "Set record btrace bts options.";
    "record btrace pt", "Set record btrace pt options.";
    "record full", "Set record options.";
    "serial", "Set default serial/parallel port configuration.";
    "source", "Generic command for setting how sources are handled.";
    "style address", "Address display styling.";
    "style disassembler", "Disassembler styling.";
    "style disassembler comment", "Disassembler comment display styling.";
    "style disassembler immediate", "Disassembler immediate display styling.";
    "style disassembler mnemonic", "Disassembler mnemonic display styling.";
    "style disassembler register", "Disassembler register display styling.";
    "style filename", "Filename-specific display styling.";
    "style function", "Function name-specific display styling.";
    "style highlight", "Highlight-specific display styling.";
    "style metadata", "Metadata-specific display styling.";
    "style title", "Title-specific display styling.";
    "style tui-active-border", "TUI active border display styling.";
    "style tui-border", "TUI border display styling.";
    "style variable", "Variable name-specific display styling.";
    "style version", "Version string display styling.";
    "tcp", "TCP protocol specific variables.";
    "tdesc", "Set target description specific variables.";
    "tui", "TUI configuration variables.";
};
