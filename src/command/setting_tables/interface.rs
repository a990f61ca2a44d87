//! What rdbg itself does: settings of its prompt, its output, its logs.

use SettingKind::{Bool, Enum, File, Limit, Text, Uint, ZeroLimit};

use super::row::{refuse, row};
use crate::base::Result;
use crate::command::cx::{Cx, Setting};
use crate::command::describe::SettingKind;
use crate::command::history::history_file;
use crate::command::log::Log;
use crate::engine::Settings;

/// The table.
pub const SETTINGS: &[Setting] = &[
    row(
        "confirm",
        Bool(|s| &mut s.confirm),
        "Whether to confirm potentially dangerous operations is {}.",
        "Set whether to confirm potentially dangerous operations.",
    )
    .help("Scripts and pipes are never asked."),
    row(
        "height",
        Limit(|s| &mut s.height),
        "Number of lines rdbg thinks are in a page is {}.",
        "Set number of lines in a page for rdbg output pagination.",
    )
    .help("At a prompt on a terminal it is the terminal's height to begin with; elsewhere nothing is paged. 0 or unlimited: no pages."),
    row(
        "width",
        Limit(|s| &mut s.width),
        "Number of characters rdbg thinks are in a line is {}.",
        "Set number of characters where rdbg should wrap lines of its output.",
    ),
    row("pagination", Bool(|s| &mut s.pagination), "State of pagination is {}.", "Set state of rdbg output pagination."),
    row("prompt", Text(|s| &mut s.prompt), "Rdbg's prompt is \"{}\".", "Set rdbg's prompt."),
    row("style enabled", Bool(|s| &mut s.style_enabled), "CLI output styling is {}.", "Set whether CLI styling is enabled.")
        .by(|s| format!("CLI output styling is {}.", enabled(s.style_enabled))),
    row(
        "style sources",
        Bool(|s| &mut s.style_sources),
        "Source code styling is enabled.",
        "Set whether source code styling is enabled.",
    )
    .by(|s| format!("Source code styling is {}.", enabled(s.style_sources))),
    row("verbose", Bool(|s| &mut s.verbose), "", "Set verbosity.").by(|s| {
        let on = "Verbose printing of informational messages is on.";
        if s.verbose { on } else { "Verbosity is off." }.to_owned()
    }),
    row("endian", Enum(|s| &mut s.endian, &["auto", "big", "little"]), "", "Set endianness of target.")
        .help("The processors that rdbg knows are little-endian.")
        .by(|s| match s.endian {
            "auto" => "The target endianness is set automatically (currently little endian).".to_owned(),
            chosen => format!("The target is set to {chosen} endian."),
        })
        .after(|cx| {
            refuse(cx.session.settings.endian == "big", "x86-64 is little-endian.")?;
            let chosen = if cx.session.settings.endian == "auto" { "set automatically (currently little endian)" } else { "set to little endian" };
            cx.say_directly(format!("The target {} {chosen}.\n", if cx.session.settings.endian == "auto" { "endianness is" } else { "is" }));
            Ok(())
        }),
    row(
        "trace-commands",
        Bool(|s| &mut s.trace_commands),
        "State of rdbg CLI command tracing is {}.",
        "Set tracing of rdbg CLI commands.",
    ),
    row(
        "max-completions",
        ZeroLimit(|s| &mut s.max_completions),
        "Maximum number of completion candidates is {}.",
        "Set maximum number of completion candidates.",
    ),
    row(
        "max-user-call-depth",
        ZeroLimit(|s| &mut s.max_user_call_depth),
        "The max call depth for user-defined commands is {}.",
        "Set the max call depth for non-python/scheme user-defined commands.",
    ),
    row(
        "editing",
        Bool(|s| &mut s.editing),
        "Editing of command lines as they are typed is {}.",
        "Set editing of command lines as they are typed.",
    ),
    row(
        "error strict",
        Bool(|s| &mut s.error_strict),
        "Whether any error makes rdbg end with status 1 is {}.",
        "Set whether any error makes rdbg end with status 1.",
    )
    .own(),
    row(
        "stable-addresses",
        Bool(|s| &mut s.stable_addresses),
        "Writing of addresses as MODULE+OFFSET is {}.",
        "Set whether addresses are written as MODULE+OFFSET, so that output can be compared.",
    )
    .own()
    .after(|cx| {
        cx.session.refresh_address_names();
        Ok(())
    }),
    row(
        "history save",
        Bool(|s| &mut s.history_save),
        "Saving of the history record on exit is {}.",
        "Set saving of the history record on exit.",
    ),
    row(
        "history size",
        ZeroLimit(|s| &mut s.history_size),
        "The size of the command history is {}.",
        "Set the size of the command history.",
    )
    .help("\"unlimited\" or -1 keeps every line."),
    row(
        "history filename",
        File(|s| &mut s.history_filename),
        "The filename in which to record the command history is \"{}\".",
        "Set the filename in which to record the command history.",
    )
    .by(|s| format!("The filename in which to record the command history is \"{}\".", history_file(s).display()))
    .after(|cx| {
        let name = &mut cx.session.settings.history_filename;
        if !name.is_empty() && let Ok(path) = std::path::absolute(&*name) {
            // The file is where it was meant, wherever `cd` goes.
            *name = path.to_string_lossy().into_owned();
        }
        Ok(())
    }),
    row(
        "history expansion",
        Bool(|s| &mut s.history_expansion),
        "History expansion on command input is {}.",
        "Set history expansion on command input.",
    )
    .after(|cx| refuse(cx.session.settings.history_expansion, "rdbg does no history expansion.")),
    row(
        "history remove-duplicates",
        ZeroLimit(|s| &mut s.history_remove_duplicates),
        "The number of history entries to look back at for duplicates is {}.",
        "Set how far back in history to look for and remove duplicate entries.",
    ),
    row("logging enabled", Bool(|s| &mut s.logging_enabled), "{}: Logging is disabled.", "Enable logging.")
        .by(|s| if s.logging_enabled { "on: Logging is enabled." } else { "off: Logging is disabled." }.to_owned())
        .after(log_switched),
    row("logging file", File(|s| &mut s.logging_file), "The current logfile is \"{}\".", "Set the current logfile."),
    row(
        "logging overwrite",
        Bool(|s| &mut s.logging_overwrite),
        "{}: Logging appends to the log file.",
        "Set whether logging overwrites or appends to the log file.",
    )
    .by(|s| {
        if s.logging_overwrite { "on: Logging overwrites the log file." } else { "off: Logging appends to the log file." }
            .to_owned()
    }),
    row(
        "logging redirect",
        Bool(|s| &mut s.logging_redirect),
        "{}: Output will go to both the screen and the log file.",
        "Set the logging output mode.",
    )
    .by(|s| redirected(s.logging_redirect, "Output")),
    row(
        "logging debugredirect",
        Bool(|s| &mut s.logging_debugredirect),
        "{}: Debug output will go to both the screen and the log file.",
        "Set the logging debug output mode.",
    )
    .by(|s| redirected(s.logging_debugredirect, "Debug output")),
    row(
        "write",
        Bool(|s| &mut s.write),
        "Writing into executable and core files is {}.",
        "Set writing into executable and core files.",
    )
    .after(|cx| refuse(cx.session.settings.write, "rdbg writes into processes, never into programs' files.")),
    row(
        "complaints",
        Uint(|s| &mut s.complaints),
        "Max number of complaints about incorrect symbols is {}.",
        "Set max number of complaints about incorrect symbols.",
    )
    .help("For gdb's scripts: what rdbg has to say about damaged debug information it says where it matters."),
    row("check type", Bool(|s| &mut s.check_type), "Strict type checking is {}.", "Set strict type checking.")
        .help("Off, an argument that is not of its parameter's type is taken as it is."),
    row(
        "check range",
        Enum(|s| &mut s.check_range, &["on", "off", "warn", "auto"]),
        "",
        "Set range checking.",
    )
    .help("For languages whose values have ranges; C, C++ and Rust have none, and nothing is checked.")
    .by(|s| match s.check_range {
        "auto" => "Range checking is \"auto; currently off\".".to_owned(),
        chosen => format!("Range checking is \"{chosen}\".{}", range_warning(s)),
    })
    .after(|cx| {
        let warning = range_warning(&cx.session.settings);
        cx.say(warning.trim_start_matches('\n'));
        if !warning.is_empty() {
            cx.say("\n");
        }
        Ok(())
    }),
];

/// After `set logging enabled`: opens or closes the file, and says so as gdb does.
fn log_switched(cx: &mut Cx<'_>) -> Result<()> {
    let wanted = cx.session.settings.logging_enabled;
    match (wanted, cx.interpreter.log.take()) {
        (true, None) => {
            let name = cx.session.settings.logging_file.clone();
            let log = Log::open(&name, cx.session.settings.logging_overwrite)
                .inspect_err(|_| cx.session.settings.logging_enabled = false)?;
            let how = |redirected| if redirected { "Redirecting" } else { "Copying" };
            let output = how(cx.session.settings.logging_redirect);
            let debug = how(cx.session.settings.logging_debugredirect);
            cx.say(format!("{output} output to {name}.\n{debug} debug output to {name}.\n"));
            cx.interpreter.log = Some(log);
        }
        (true, Some(log)) => {
            cx.say(format!("Already logging to {}.\n", log.name));
            cx.interpreter.log = Some(log);
        }
        (false, Some(log)) => cx.say(format!("Done logging to {}.\n", log.name)),
        (false, None) => {}
    }
    Ok(())
}

fn enabled(on: bool) -> &'static str {
    if on { "enabled" } else { "disabled" }
}

fn redirected(on: bool, what: &str) -> String {
    match on {
        true => format!("on: {what} will go only to the log file."),
        false => format!("off: {what} will go to both the screen and the log file."),
    }
}

fn range_warning(s: &Settings) -> &'static str {
    match s.check_range {
        "on" | "warn" => "\nwarning: the current range check setting does not match the language.",
        _ => "",
    }
}
