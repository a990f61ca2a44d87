//! Settings of gdb's of which rdbg knows a few values: the others are refused, rather than taken for nothing. And those that gdb
//! checks further than by their kind.

use SettingKind::{Auto, Bool, Enum, Signed, Taken};

use crate::base::{Error, Result};
use crate::command::cx::{Cx, Setting};
use crate::command::describe::{Form, SettingKind};
use crate::command::paths::file_error;
use crate::command::target_name::not_with_this_target;
use crate::engine::Settings;

use super::row::{refuse, row};

/// Target character sets that rdbg can read; `auto` is UTF-8.
const CHARSETS: &[&str] = &["auto", "ANSI_X3.4-1968", "ASCII", "ISO-8859-1", "ISO_8859-1", "LATIN1", "US-ASCII", "UTF-8", "UTF8"];

/// The settings.
pub const SETTINGS: &[Setting] = &[
    row("annotate", Signed(|s| &mut s.annotate), "Annotation_level is {}.", "Set annotation_level.")
        .help("0: normal; 1: for Emacs, which starts rdbg with -fullname: where a source line would stand, its place does.")
        .after(|cx| refuse(cx.session.settings.annotate > 1, "rdbg annotates source lines (1) and nothing else.")),
    row("host-charset", Enum(|s| &mut s.host_charset, CHARSETS), "", "Set the host character set.")
        .by(|s| charset_sentence("host", s.host_charset, "UTF-8")),
    row("target-charset", Enum(|s| &mut s.target_charset, CHARSETS), "", "Set the target character set.")
        .help("It says what the bytes of the program's strings mean.")
        .by(|s| charset_sentence("target", s.target_charset, "UTF-8")),
    row(
        "target-wide-charset",
        Taken(Form::Enum(&["auto", "UTF-32", "UTF-32LE", "UCS-4LE"]), "auto"),
        "",
        "Set the target wide character set.",
    )
    .help("wchar_t has four bytes here.")
    .by(|s| charset_sentence("target wide", word(s, "target-wide-charset", "auto"), "UTF-32")),
    row("charset", Enum(|s| &mut s.target_charset, CHARSETS), "", "Set the host and target character sets.")
        .by(|s| {
            let target = charset_sentence("target", s.target_charset, "UTF-8");
            let wide = charset_sentence("target wide", word(s, "target-wide-charset", "auto"), "UTF-32");
            format!("{}\n{target}\n{wide}", charset_sentence("host", s.host_charset, "UTF-8"))
        })
        .after(|cx| {
            cx.session.settings.host_charset = cx.session.settings.target_charset;
            Ok(())
        }),
    row("architecture", Taken(Form::Enum(&["i386:x86-64", "auto"]), "auto"), "", "Set architecture of target.")
        .alias(&["processor"])
        .help("rdbg knows programs of x86-64.")
        .by(architecture_sentence)
        .after(|cx| {
            let sentence = architecture_sentence(&cx.session.settings);
            cx.say(format!("{sentence}\n"));
            Ok(())
        }),
    row("osabi", Taken(Form::Enum(&["auto", "default", "GNU/Linux"]), "auto"), "", "Set OS ABI of target.").by(|s| {
        let now = match word(s, "osabi", "auto") {
            "auto" => "\"auto\" (currently \"GNU/Linux\")",
            _ => "\"GNU/Linux\"",
        };
        format!("The current OS ABI is {now}.\nThe default OS ABI is \"GNU/Linux\".")
    }),
    row("cp-abi", Taken(Form::Text, "auto"), "", "Set the ABI used for inspecting C++ objects.")
        .help("Without an argument: lists those that there are.")
        .by(|s| match word(s, "cp-abi", "auto").trim() {
            "auto" => "The currently selected C++ ABI is \"auto\" (currently \"gnu-v3\").".to_owned(),
            _ => "The currently selected C++ ABI is \"gnu-v3\" (GNU G++ Version 3 ABI).".to_owned(),
        })
        .after(cp_abi),
    row(
        "demangle-style",
        Taken(Form::Enum(&["none", "auto", "gnu-v3", "java", "gnat", "dlang", "rust"]), "auto"),
        "The current C++ demangling style is \"{}\".",
        "Set the current C++ demangling style.",
    )
    .help("rdbg knows how C++ and Rust write their names, whatever is chosen.")
    .after(|cx| {
        let unknown = matches!(word(&cx.session.settings, "demangle-style", "auto"), "none" | "java" | "gnat" | "dlang");
        refuse(unknown, "rdbg demangles names of C++ and Rust; \"set print demangle off\" shows them as they are.")
    }),
    row("disassembler-options", Taken(Form::Text, ""), "", "Set the disassembler options.")
        .by(|_| {
            "The current disassembler options are ''\n\nThere are no disassembler options available for this architecture."
                .to_owned()
        })
        .after(|_| Err(Error::user("'set disassembler-options ...' is not supported on this architecture."))),
    row("exec-direction", Taken(Form::Enum(&["forward", "reverse"]), "forward"), "Forward.", "Set direction of execution.")
        .after(|_| Err(Error::user("Target does not support this operation."))),
    row("data-directory", Taken(Form::NeededFile, ""), "Rdbg's data directory is \"{}\".", "Set rdbg's data directory.")
        .help("rdbg has no data files: nothing is read from there.")
        .after(data_directory),
    row("dcache line-size", Taken(Form::Uint, "64"), "Dcache line size is {}.", "Set dcache line size in bytes (must be power of 2).")
        .help("rdbg reads memory by pages and keeps them for one stop.")
        .after(|cx| {
            let n: u32 = word(&cx.session.settings, "dcache line-size", "64").parse().unwrap_or(0);
            let wrong = || Error::user(format!("Invalid dcache line size: {n} (must be power of 2)."));
            if n.is_power_of_two() && n > 1 { Ok(()) } else { Err(wrong()) }
        }),
    row("dcache size", Taken(Form::Uint, "4096"), "Number of dcache lines is {}.", "Set number of dcache lines.")
        .help("rdbg reads memory by pages and keeps them for one stop.")
        .after(|cx| not_zero(cx, "dcache size", "Dcache size must be greater than 0.")),
    row("tui tab-width", Taken(Form::Uint, "8"), "TUI tab width is {} spaces.", "Set the tab width, in characters, for the TUI.")
        .help("rdbg has no such windows.")
        .after(|cx| not_zero(cx, "tui tab-width", "Tab width must not be 0")),
    row(
        "extension-language",
        Taken(Form::Text, ""),
        "Mapping between filename extension and source language is \"{}\".",
        "Set mapping between filename extension and source language.",
    )
    .help("rdbg takes the language of a file from its debug information.")
    .after(extension_language),
    row(
        "breakpoint condition-evaluation",
        Taken(Form::Enum(&["auto", "host", "target"]), "auto"),
        "",
        "Set mode of breakpoint condition evaluation.",
    )
    .by(|s| match word(s, "breakpoint condition-evaluation", "auto") {
        "host" => "Breakpoint condition evaluation mode is host.".to_owned(),
        _ => "Breakpoint condition evaluation mode is auto (currently host).".to_owned(),
    })
    .after(|cx| {
        if word(&cx.session.settings, "breakpoint condition-evaluation", "auto") == "target" {
            cx.warn("Target does not support breakpoint condition evaluation.\nUsing host evaluation mode instead.");
            cx.session.settings.taken.remove("breakpoint condition-evaluation");
        }
        Ok(())
    }),
    row(
        "target-file-system-kind",
        Taken(Form::Enum(&["auto", "unix", "dos-based"]), "auto"),
        "",
        "Set assumed file system kind for target reported file names.",
    )
    .by(|s| match word(s, "target-file-system-kind", "auto") {
        "auto" => "The assumed file system kind for target reported file names is \"auto\" (currently \"unix\").".to_owned(),
        kind => format!("The assumed file system kind for target reported file names is \"{kind}\"."),
    })
    .after(|cx| {
        let foreign = word(&cx.session.settings, "target-file-system-kind", "auto") == "dos-based";
        refuse(foreign, "The programs that rdbg debugs run on Linux.")
    }),
    row("mem inaccessible-by-default", Taken(Form::Bool, "on"), "", "Set handling of unknown memory regions.")
        .help("The kernel says what is mapped: no region is unknown.")
        .by(|s| {
            let how = if is_on(s, "mem inaccessible-by-default", true) { "inaccessible" } else { "RAM" };
            format!("Unknown memory addresses will be treated as {how}.")
        }),
    row(
        "ravenscar task-switching",
        Taken(Form::Bool, "on"),
        "",
        "Enable or disable support for GNAT Ravenscar tasks.",
    )
    .by(|s| {
        let on = is_on(s, "ravenscar task-switching", true);
        format!("Support for Ravenscar task/thread switching is {}", if on { "enabled" } else { "disabled" })
    }),
    row("debuginfod urls", Taken(Form::Text, ""), "", "Set the list of debuginfod server URLs.")
        .help("rdbg asks no debuginfod server.")
        .by(|s| match word(s, "debuginfod urls", "").trim() {
            "" => "Debuginfod URLs have not been set.".to_owned(),
            urls => format!("Debuginfod URLs are currently set to:\n{urls}"),
        }),
    row("extended-prompt", Taken(Form::Text, ""), "", "Set the extended prompt.")
        .by(|_| "The extended prompt is not set.".to_owned())
        .after(|cx| {
            let wanted = !word(&cx.session.settings, "extended-prompt", "").trim().is_empty();
            refuse(wanted, "rdbg knows no extended prompt: \"set prompt\" takes one without escapes.")
        }),
    row(
        "interactive-mode",
        Auto(|s| &mut s.interactive_mode),
        "",
        "Set whether rdbg's standard input is a terminal.",
    )
    .help("On, questions are asked wherever the lines come from; off, each is answered by its default; auto: as standard input is one.")
    .by(|s| match s.interactive_mode {
        Some(on) => format!("Debugger's interactive mode is {}.", if on { "on" } else { "off" }),
        None => {
            use std::io::IsTerminal;
            let now = if std::io::stdin().is_terminal() { "on" } else { "off" };
            format!("Debugger's interactive mode is auto (currently {now}).")
        }
    }),
    allowed("auto-connect-native-target", "Whether rdbg may automatically connect to the native target is {}.", "Set whether rdbg may automatically connect to the native target.")
        .after(|cx| refuse_off(cx, "auto-connect-native-target", "rdbg debugs the programs of this machine, and needs no other target for it.")),
    allowed("may-insert-breakpoints", "Permission to insert breakpoints in the target is {}.", "Set permission to insert breakpoints in the target.")
        .after(|cx| refuse_off(cx, "may-insert-breakpoints", "rdbg follows a program by breakpoints of its own: they cannot be forbidden.")),
    allowed("may-interrupt", "Permission to interrupt or signal the target is {}.", "Set permission to interrupt or signal the target.")
        .after(|cx| refuse_off(cx, "may-interrupt", "rdbg stops all threads of a program together, which takes signals.")),
    allowed("overload-resolution", "Overload resolution in evaluating C++ functions is {}.", "Set overload resolution in evaluating C++ functions.")
        .after(|cx| refuse_off(cx, "overload-resolution", "rdbg always chooses among overloaded functions by their arguments.")),
    allowed(
        "opaque-type-resolution",
        "Resolution of opaque struct/class/union types (if set before loading symbols) is {}.",
        "Set resolution of opaque struct/class/union types (if set before loading symbols).",
    )
    .after(|cx| refuse_off(cx, "opaque-type-resolution", "rdbg always looks for what an opaque type is elsewhere.")),
    row("observer", Taken(Form::Bool, "off"), "Observer mode is {}.", "Set whether rdbg controls the inferior in observer mode.")
        .after(|cx| {
            let on = is_on(&cx.session.settings, "observer", false);
            refuse(on, "rdbg has no observer mode: \"set may-write-memory off\" and its kin forbid writing.")
        }),
    row(
        "suppress-cli-notifications",
        Taken(Form::Bool, "off"),
        "Suppression of printing CLI notifications is {}.",
        "Set whether printing notifications on CLI is suppressed.",
    )
    .after(|cx| {
        let on = is_on(&cx.session.settings, "suppress-cli-notifications", false);
        refuse(on, "rdbg always tells where the program stops: \"silent\" in a breakpoint's commands keeps one quiet.")
    }),
    row(
        "script-extension",
        Taken(Form::Enum(&["off", "soft", "strict"]), "soft"),
        "Script filename extension recognition is \"{}\".",
        "Set mode for script filename extension recognition.",
    )
    .help("rdbg runs files of its own commands alone; off, one whose name ends in .py is taken for one too."),
    row("source open", Bool(|s| &mut s.source_open), "Source opening is \"{}\".", "Set whether rdbg should open source files.")
        .help("Off, a line is told by its number and the file's name."),
    row(
        "agent",
        Taken(Form::Enum(&["on", "off"]), "off"),
        "Debugger's willingness to use agent in inferior as a helper is {}.",
        "Set debugger's willingness to use agent as a helper.",
    )
    .after(|cx| Err(not_with_this_target(cx.session))),
    row("style disassembler enabled", Taken(Form::Bool, "on"), "", "Set whether disassembler output styling is enabled.")
        .by(|s| {
            let on = is_on(s, "style disassembler enabled", true);
            format!("Disassembler output styling is {}.", if on { "enabled" } else { "disabled" })
        })
        .after(|cx| refuse_off(cx, "style disassembler enabled", "rdbg shows mnemonics as \"set style disassembler mnemonic\" says.")),
    row(
        "mi-async",
        Taken(Form::Bool, "off"),
        "Whether MI is in asynchronous mode is {}.",
        "Set whether MI asynchronous mode is enabled.",
    )
    .alias(&["target-async"]),
    row("watchdog", Taken(Form::Uint, "0"), "Watchdog timer is {}.", "Set watchdog timer.").after(|cx| {
        let wanted = word(&cx.session.settings, "watchdog", "0") != "0";
        refuse(wanted, "rdbg waits for the program as long as it runs: Ctrl-C stops it.")
    }),
    row(
        "tdesc filename",
        Taken(Form::NeededFile, ""),
        "The target description will be read from the target.",
        "Set the file to read for an XML target description.",
    )
    .after(|_| refuse(true, "rdbg asks the processor which registers there are, and reads no description of them.")),
    row("print type nested-type-limit", Taken(Form::ZeroLimit, "0"), "", "Set the number of recursive nested type definitions to print (\"unlimited\" or -1 to show all).")
        .by(|_| "Will not print nested types defined in a class".to_owned())
        .after(|cx| {
            let wanted = word(&cx.session.settings, "print type nested-type-limit", "0") != "0";
            refuse(wanted, "rdbg prints no types that are defined in a class: \"info types\" lists them.")
        }),
    row(
        "ada print-signatures",
        Taken(Form::Bool, "on"),
        "Whether the output of formal and return types for functions in the overloads selection menu is activated is {}.",
        "Enable or disable the output of formal and return types for functions in the overloads selection menu.",
    ),
];

/// A setting that is on.
const fn allowed(name: &'static str, sentence: &'static str, summary: &'static str) -> Setting {
    row(name, Taken(Form::Bool, "on"), sentence, summary)
}

fn word<'s>(settings: &'s Settings, name: &str, default: &'s str) -> &'s str {
    settings.taken_text(name).unwrap_or(default)
}

fn is_on(settings: &Settings, name: &str, default: bool) -> bool {
    settings.taken_text(name).map_or(default, |text| text == "on")
}

fn refuse_off(cx: &Cx<'_>, name: &str, sentence: &'static str) -> Result<()> {
    refuse(!is_on(&cx.session.settings, name, true), sentence)
}

fn not_zero(cx: &Cx<'_>, name: &str, sentence: &str) -> Result<()> {
    if word(&cx.session.settings, name, "") == "0" { Err(Error::user(sentence)) } else { Ok(()) }
}

fn charset_sentence(whose: &str, chosen: &str, auto: &str) -> String {
    match chosen {
        "auto" => format!("The {whose} character set is \"auto; currently {auto}\"."),
        chosen => format!("The {whose} character set is \"{chosen}\"."),
    }
}

fn architecture_sentence(settings: &Settings) -> String {
    match word(settings, "architecture", "auto") {
        "auto" => "The target architecture is set to \"auto\" (currently \"i386:x86-64\").".to_owned(),
        chosen => format!("The target architecture is set to \"{chosen}\"."),
    }
}

fn cp_abi(cx: &mut Cx<'_>) -> Result<()> {
    let name = word(&cx.session.settings, "cp-abi", "auto").trim().to_owned();
    match name.as_str() {
        "auto" | "gnu-v3" => Ok(()),
        "" => {
            cx.say(
                "The available C++ ABIs are:\n  auto          Automatically selected; currently \"gnu-v3\"\n  gnu-v3        G++ Version 3 ABI\n",
            );
            cx.session.settings.taken.remove("cp-abi");
            Ok(())
        }
        "gnu-v2" => refuse(true, "rdbg knows the C++ ABI that compilers have had since 2001."),
        _ => Err(Error::user(format!("Could not find \"{name}\" in ABI list"))),
    }
}

fn data_directory(cx: &mut Cx<'_>) -> Result<()> {
    let name = word(&cx.session.settings, "data-directory", "").to_owned();
    match std::fs::metadata(&name) {
        Err(e) => cx.say(format!("Warning: {}\n", file_error(&name, &e))),
        Ok(m) if !m.is_dir() => cx.say(format!("{name} is not a directory.\n")),
        Ok(_) => {}
    }
    if let Ok(path) = std::path::absolute(&name) {
        cx.session.settings.taken.insert("data-directory", path.to_string_lossy().into_owned());
    }
    Ok(())
}

fn extension_language(cx: &mut Cx<'_>) -> Result<()> {
    let text = word(&cx.session.settings, "extension-language", "");
    match text.split_whitespace().collect::<Vec<_>>().as_slice() {
        [one, ..] if !one.starts_with('.') => Err(Error::user(format!("'{text}': Filename extension must begin with '.'"))),
        [_, _, ..] => Ok(()),
        _ => Err(Error::user(format!("'{text}': two arguments required -- filename extension and language"))),
    }
}
