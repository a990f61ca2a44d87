//! What gdb can tell of and a program of C, C++ or Rust on Linux does not have; rdbg's licence.

use std::path::Path;

use crate::base::Result;
use crate::command::{ArgKind, ArgSpec, Args, Command, Cx, Flow, Group, Repeat, list_below};

/// The family.
pub const COMMANDS: &[Command] = &[
    AUTO_LOAD,
    AUTO_LOAD_SCRIPTS,
    AUTO_LOAD_THREADS,
    AUTO_LOAD_LOCAL,
    AUTO_LOAD_PYTHON,
    COPYING,
    WARRANTY,
    SHOW_COPYING,
    SHOW_WARRANTY,
    EXCEPTIONS,
    EXTENSIONS,
    MODULES,
    MODULE,
    MODULE_FUNCTIONS,
    MODULE_VARIABLES,
    TERMINAL,
    TYPE_PRINTERS,
];

const BASE: Command = Command { group: Group::Status, repeat: Repeat::No, ..Command::BASE };

const NO_SCRIPTS: &str = "No auto-load scripts.\n";
const NO_THREADS: &str = "No auto-loaded libthread-db.\n";

const AUTO_LOAD: Command = Command {
    name: "info auto-load",
    summary: "Print current status of auto-loaded files.",
    help: "rdbg loads nothing but .rdbginit by itself.",
    run: |cx, _| {
        let local = local_init();
        cx.say(format!(
            "gdb-scripts:  {NO_SCRIPTS}libthread-db:  {NO_THREADS}local-rdbginit:  {local}python-scripts:  {NO_SCRIPTS}"
        ));
        Ok(Flow::Go)
    },
    ..BASE
};

const AUTO_LOAD_SCRIPTS: Command = Command {
    name: "info auto-load gdb-scripts",
    args: &[ArgSpec::may("REGEX", ArgKind::Regex)],
    summary: "Print the list of automatically loaded sequences.",
    run: |cx, _| say(cx, NO_SCRIPTS),
    ..BASE
};

const AUTO_LOAD_THREADS: Command = Command {
    name: "info auto-load libthread-db",
    summary: "Print the list of loaded inferior specific libthread_db.",
    run: |cx, _| say(cx, NO_THREADS),
    ..BASE
};

const AUTO_LOAD_LOCAL: Command = Command {
    name: "info auto-load local-rdbginit",
    aliases: &["info auto-load local-gdbinit"],
    summary: "Print whether current directory .rdbginit file has been loaded.",
    run: |cx, _| {
        let text = local_init();
        say(cx, &text)
    },
    ..BASE
};

const AUTO_LOAD_PYTHON: Command = Command {
    name: "info auto-load python-scripts",
    args: &[ArgSpec::may("REGEX", ArgKind::Regex)],
    summary: "Print the list of automatically loaded Python scripts.",
    run: |cx, _| say(cx, NO_SCRIPTS),
    ..BASE
};

fn say(cx: &mut Cx<'_>, text: &str) -> Result<Flow> {
    cx.say(text);
    Ok(Flow::Go)
}

/// Whether there is one; when rdbg started it has said so if it was not allowed to load it.
fn local_init() -> String {
    match Path::new(".rdbginit").is_file() {
        true => "Local .rdbginit file is there: \"show auto-load safe-path\" tells whether it may be loaded.\n".to_owned(),
        false => "Local .rdbginit file was not found.\n".to_owned(),
    }
}

const COPYING: Command = Command {
    name: "info copying",
    summary: "Conditions for redistributing copies of rdbg.",
    run: |cx, _| {
        cx.say("rdbg may be copied under the MIT License, which follows, or the Apache License, Version 2.0.\n\n");
        say(cx, include_str!("../../../LICENSE-MIT"))
    },
    ..BASE
};

const WARRANTY: Command = Command {
    name: "info warranty",
    summary: "Various kinds of warranty you do not have.",
    run: |cx, _| {
        let license = include_str!("../../../LICENSE-MIT");
        say(cx, license.find("THE SOFTWARE IS PROVIDED").and_then(|at| license.get(at..)).unwrap_or(license))
    },
    ..BASE
};

const SHOW_COPYING: Command = Command { name: "show copying", ..COPYING };
const SHOW_WARRANTY: Command = Command { name: "show warranty", ..WARRANTY };

const EXCEPTIONS: Command = Command {
    name: "info exceptions",
    args: &[ArgSpec::may("REGEX", ArgKind::Regex)],
    summary: "List all Ada exception names.",
    help: "rdbg knows no Ada: \"catch throw\" and \"catch panic\" stop at what C++ and Rust raise.",
    run: |cx, args| match args.text.as_str() {
        "" => say(cx, "All defined Ada exceptions:\n"),
        regex => say(cx, &format!("All Ada exceptions matching regular expression \"{regex}\":\n")),
    },
    ..BASE
};

const EXTENSIONS: Command = Command {
    name: "info extensions",
    summary: "All filename extensions associated with a source language.",
    help: "Those of the languages that rdbg knows, as gdb takes them. rdbg asks the debug information, which is never wrong.",
    run: extensions,
    ..BASE
};

fn extensions(cx: &mut Cx<'_>, _: &Args) -> Result<Flow> {
    let known = [("c", "c"), ("C cc cp cpp cxx c++", "c++"), ("s sx S", "asm"), ("rs", "rust")];
    let mut text = "Filename extensions and the languages they represent:\n\n".to_owned();
    for (extensions, language) in known {
        extensions.split(' ').for_each(|e| text.push_str(&format!("\t.{e}\t- {language}\n")));
    }
    say(cx, &text)
}

const MODULES: Command = Command {
    name: "info modules",
    args: &[ArgSpec::may("REGEX", ArgKind::Regex)],
    summary: "All module names, or those matching REGEXPs.",
    help: "Those of Fortran: rdbg reads none. \"info sharedlibrary\" and \"info link-map\" list what is loaded.",
    run: |cx, args| match args.text.as_str() {
        "" => say(cx, "All defined modules:\n"),
        regex => say(cx, &format!("All modules matching regular expression \"{regex}\":\n")),
    },
    ..BASE
};

const MODULE: Command = Command {
    name: "info module",
    summary: "Print information about modules.",
    help: "Those of Fortran: rdbg reads none.",
    run: |cx, _| list_below(cx, "info module"),
    ..BASE
};

const MODULE_FUNCTIONS: Command = Command {
    name: "info module functions",
    args: &[ArgSpec::may("REGEX", ArgKind::Regex)],
    summary: "Display functions arranged by modules.",
    run: |cx, _| say(cx, "All functions in all modules:\n"),
    ..BASE
};

const MODULE_VARIABLES: Command = Command {
    name: "info module variables",
    args: &[ArgSpec::may("REGEX", ArgKind::Regex)],
    summary: "Display variables arranged by modules.",
    run: |cx, _| say(cx, "All variables in all modules:\n"),
    ..BASE
};

const TERMINAL: Command = Command {
    name: "info terminal",
    summary: "Print inferior's saved terminal status.",
    help: "rdbg puts a program's modes of the terminal back whenever it goes on; \"shell stty -a\" tells rdbg's own.",
    run: |cx, _| match cx.session.inferior.process.is_some() && !cx.session.is_core() {
        true if cx.out.is_terminal() => say(cx, "The program has the terminal while it runs, with the modes that it set.\n"),
        true => say(cx, "This rdbg does not control a terminal.\n"),
        false => say(cx, "No saved terminal information.\n"),
    },
    ..BASE
};

const TYPE_PRINTERS: Command = Command {
    name: "info type-printers",
    summary: "List all registered user-defined type-printers.",
    help: "They would be written in Python, which rdbg does not run.",
    ..BASE
};
