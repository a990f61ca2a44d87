//! set, show, unset and the names under them that are no settings: variables, the environment, radix.

use crate::base::{Error, Result};

use super::args::Args;
use super::cx::{Command, Cx, Entry};
use super::describe::{ArgKind, ArgSpec, Flow, Group, Repeat};
use super::expression::{evaluate, integer_i64};
use super::help::list_below;
use super::paths::expand_home;

/// A prefix command: alone it lists what stands below it.
const fn prefix(name: &'static str, summary: &'static str) -> Command {
    Command { name, summary, group: Group::Data, repeat: Repeat::No, ..Command::BASE }
}

/// `set`
pub const SET: Command = Command {
    name: "set",
    group: Group::Data,
    args: &[ArgSpec::may("VAR = EXPR", ArgKind::Rest)],
    summary: "Evaluate expression EXP and assign result to variable VAR.",
    help: "VAR may be a convenience variable ($x), a register ($rax), a slot (GOT[3]) or a variable of the program.\nUse \"set variable\" for variables with names identical to set subcommands.\n\nWith a subcommand, this command modifies parts of the rdbg environment.\nYou can see these environment settings with the \"show\" command.",
    run: assign,
    ..Command::BASE
};

/// `set variable`
pub const SET_VARIABLE: Command = Command {
    name: "set variable",
    aliases: &["set var"],
    group: Group::Data,
    args: &[ArgSpec::may("VAR = EXPR", ArgKind::Rest)],
    summary: "Evaluate expression EXP and assign result to variable VAR.",
    help: "Like \"set\", but never taken for a setting.",
    run: assign,
    ..Command::BASE
};

fn assign(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let text = args.required("expression to compute")?;
    evaluate(cx, text)?;
    Ok(Flow::Go)
}

/// `show`
pub const SHOW: Command = Command {
    run: |cx, _| show_below(cx, ""),
    group: Group::Status,
    ..prefix("show", "Generic command for showing things about the debugger.")
};

/// `info set`
pub const INFO_SET: Command =
    Command { run: |cx, _| show_below(cx, ""), group: Group::Status, ..prefix("info set", "Show all rdbg settings.") };

/// Shows every setting below `show PREFIX`, each with its name.
pub(super) fn show_below(cx: &mut Cx<'_>, below: &str) -> Result<Flow> {
    let start = if below.is_empty() { "show ".to_owned() } else { format!("show {below} ") };
    let mut text = String::new();
    for (name, entry) in cx.interpreter.registry.iter() {
        let Entry::Show(setting) = entry else { continue };
        if name.starts_with(&start) && name.strip_prefix("show ") == Some(setting.name) {
            text.push_str(&format!("{}:  {}\n", setting.name, setting.sentence(&cx.session.settings)));
        }
    }
    cx.say(text);
    Ok(Flow::Go)
}

/// `set PREFIX` and `show PREFIX` of a group of settings.
macro_rules! setting_group {
    ($set:ident, $show:ident, $name:literal, $set_aliases:expr, $show_aliases:expr, $summary:literal) => {
        const $set: Command = Command {
            aliases: $set_aliases,
            run: |cx, _| list_below(cx, concat!("set ", $name)),
            ..prefix(concat!("set ", $name), $summary)
        };
        const $show: Command = Command {
            aliases: $show_aliases,
            group: Group::Status,
            run: |cx, _| show_below(cx, $name),
            ..prefix(concat!("show ", $name), $summary)
        };
    };
}

setting_group!(
    SET_PRINT,
    SHOW_PRINT,
    "print",
    &["set p", "set pr"],
    &["show p", "show pr"],
    "Generic command for setting how things print."
);
setting_group!(SET_PRINT_TYPE, SHOW_PRINT_TYPE, "print type", &[], &[], "Generic command for setting how types print.");
setting_group!(SET_HISTORY, SHOW_HISTORY, "history", &[], &[], "Generic command for setting command history parameters.");
setting_group!(SET_LOGGING, SHOW_LOGGING, "logging", &[], &[], "Set logging options.");
setting_group!(SET_STYLE, SHOW_STYLE, "style", &[], &[], "Style-specific settings.");
setting_group!(SET_BREAKPOINT, SHOW_BREAKPOINT, "breakpoint", &[], &[], "Breakpoint specific settings.");
setting_group!(SET_BACKTRACE, SHOW_BACKTRACE, "backtrace", &[], &[], "Set backtrace specific variables.");
setting_group!(SET_AUTO_LOAD, SHOW_AUTO_LOAD, "auto-load", &[], &[], "Auto-loading specific settings.");
setting_group!(SET_DEBUGINFOD, SHOW_DEBUGINFOD, "debuginfod", &[], &[], "Settings for debuginfod.");
setting_group!(
    SET_CHECK,
    SHOW_CHECK,
    "check",
    &["set c", "set ch"],
    &["show c", "show ch"],
    "Set the status of the type/range checker."
);
setting_group!(SET_ERROR, SHOW_ERROR, "error", &[], &[], "What errors do to rdbg's exit status.");

/// `set index-cache`; what shows it tells more than the settings.
const SET_INDEX_CACHE: Command =
    Command { run: |cx, _| list_below(cx, "set index-cache"), ..prefix("set index-cache", "Set index-cache options.") };

/// `set logging on`
pub const SET_LOGGING_ON: Command = Command {
    name: "set logging on",
    summary: "Enable logging.",
    repeat: Repeat::No,
    run: |cx, _| cx.run_line("set logging enabled on"),
    ..Command::BASE
};

/// `set logging off`
pub const SET_LOGGING_OFF: Command = Command {
    name: "set logging off",
    summary: "Disable logging.",
    repeat: Repeat::No,
    run: |cx, _| cx.run_line("set logging enabled off"),
    ..Command::BASE
};

/// `set environment`
pub const SET_ENVIRONMENT: Command = Command {
    name: "set environment",
    group: Group::Running,
    args: &[ArgSpec::may("VAR[=VALUE]", ArgKind::Rest)],
    summary: "Set environment variable value to give the program.",
    help: "Arguments are VAR VALUE where VAR is variable name and VALUE is value.\nVALUES of environment variables are uninterpreted strings.\nThis does not affect the program until the next \"run\" command.",
    repeat: Repeat::No,
    run: set_environment,
    ..Command::BASE
};

fn set_environment(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let text = args.required("environment variable and value")?;
    let end = text.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if name.is_empty() {
        return Err(Error::user("Argument required (environment variable to set)."));
    }
    let rest = rest.trim_start();
    let value = rest.strip_prefix('=').unwrap_or(rest).trim_start().to_owned();
    let name = name.to_owned();
    if rest.is_empty() {
        cx.say(format!("Setting environment variable \"{name}\" to null value.\n"));
    }
    cx.session.settings.set_environment_variable(&name, Some(&value));
    Ok(Flow::Go)
}

/// `show environment`
pub const SHOW_ENVIRONMENT: Command = Command {
    name: "show environment",
    group: Group::Running,
    args: &[ArgSpec::may("VAR", ArgKind::Rest)],
    summary: "The environment to give the program, or one variable's value.",
    help: "With no arguments prints the entire environment to be given to the program.",
    run: show_environment,
    ..Command::BASE
};

fn show_environment(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let name = args.text.as_str();
    let text = if name.is_empty() {
        let all = cx.session.settings.environment.iter();
        all.map(|(name, value)| format!("{}={}\n", name.to_string_lossy(), value.to_string_lossy())).collect()
    } else {
        match cx.session.settings.environment_variable(name) {
            Some(value) => format!("{name} = {}\n", value.to_string_lossy()),
            None => format!("Environment variable \"{name}\" not defined.\n"),
        }
    };
    cx.say(text);
    Ok(Flow::Go)
}

/// `unset`
pub const UNSET: Command = Command {
    run: |cx, _| list_below(cx, "unset"),
    group: Group::Support,
    ..prefix("unset", "Complement to certain \"set\" commands.")
};

/// `unset environment`
pub const UNSET_ENVIRONMENT: Command = Command {
    name: "unset environment",
    group: Group::Running,
    args: &[ArgSpec::may("VAR", ArgKind::Rest)],
    summary: "Cancel environment variable VAR for the program.",
    help: "This does not affect the program until the next \"run\" command.  Without VAR: the whole environment.",
    repeat: Repeat::No,
    run: unset_environment,
    ..Command::BASE
};

fn unset_environment(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    if !args.text.is_empty() {
        cx.session.settings.set_environment_variable(&args.text, None);
    } else if cx.query("Delete all environment variables? ")? {
        cx.session.settings.environment.clear();
    }
    Ok(Flow::Go)
}

/// `unset exec-wrapper`
pub const UNSET_EXEC_WRAPPER: Command = Command {
    name: "unset exec-wrapper",
    group: Group::Running,
    summary: "Disable use of an execution wrapper.",
    repeat: Repeat::No,
    run: |cx, _| {
        cx.session.settings.exec_wrapper.clear();
        Ok(Flow::Go)
    },
    ..Command::BASE
};

/// `tty`
pub const TTY: Command = Command {
    name: "tty",
    group: Group::Running,
    args: &[ArgSpec::may("FILE", ArgKind::File)],
    summary: "Set terminal for future runs of program being debugged.",
    repeat: Repeat::No,
    run: |cx, args| {
        let file = args.get("FILE").ok_or_else(|| Error::user("Argument required (filename to set it to.)."))?;
        cx.session.settings.inferior_tty = expand_home(file).to_string_lossy().into_owned();
        Ok(Flow::Go)
    },
    ..Command::BASE
};

/// `set radix`
pub const SET_RADIX: Command = Command {
    name: "set radix",
    args: &[ArgSpec::may("RADIX", ArgKind::Int)],
    summary: "Set default input and output number radices.",
    help: "Use 'set input-radix' or 'set output-radix' to independently set each.\nWithout an argument, sets both radices back to the default value of 10.",
    run: set_radix,
    ..Command::BASE
};

/// `show radix`
pub const SHOW_RADIX: Command = Command {
    name: "show radix",
    summary: "Show the default input and output number radices.",
    run: |cx, _| {
        let (input, output) = (cx.session.settings.input_radix, cx.session.settings.output_radix);
        cx.say(match input == output {
            true => format!("Input and output radices set to decimal {input}, hex {input:x}, octal {input:o}.\n"),
            false => format!(
                "Input radix set to decimal {input}, hex {input:x}, octal {input:o}.\n\
                 Output radix set to decimal {output}, hex {output:x}, octal {output:o}.\n"
            ),
        });
        Ok(Flow::Go)
    },
    ..Command::BASE
};

fn set_radix(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let n = match args.get("RADIX") {
        Some(text) => integer_i64(cx, text)?,
        None => 10,
    };
    let radix = u32::try_from(n).ok().filter(|n| matches!(n, 8 | 10 | 16));
    let radix = radix.ok_or_else(|| Error::user(format!("Unsupported output radix ``decimal {n}''; output radix unchanged.")))?;
    cx.session.settings.input_radix = radix;
    cx.session.settings.output_radix = radix;
    cx.say(format!("Input and output radices now set to decimal {radix}, hex {radix:x}, octal {radix:o}.\n"));
    Ok(Flow::Go)
}

/// The family.
pub const COMMANDS: &[Command] = &[
    SET,
    SET_VARIABLE,
    SHOW,
    INFO_SET,
    SET_PRINT,
    SET_PRINT_TYPE,
    SHOW_PRINT_TYPE,
    SHOW_PRINT,
    SET_HISTORY,
    SHOW_HISTORY,
    SET_LOGGING,
    SHOW_LOGGING,
    SET_LOGGING_ON,
    SET_LOGGING_OFF,
    SET_STYLE,
    SHOW_STYLE,
    SET_BREAKPOINT,
    SHOW_BREAKPOINT,
    SET_BACKTRACE,
    SHOW_BACKTRACE,
    SET_AUTO_LOAD,
    SHOW_AUTO_LOAD,
    SET_INDEX_CACHE,
    SET_DEBUGINFOD,
    SHOW_DEBUGINFOD,
    SET_ERROR,
    SET_CHECK,
    SHOW_CHECK,
    SHOW_ERROR,
    SET_ENVIRONMENT,
    SHOW_ENVIRONMENT,
    UNSET,
    UNSET_ENVIRONMENT,
    UNSET_EXEC_WRAPPER,
    TTY,
    SET_RADIX,
    SHOW_RADIX,
];
