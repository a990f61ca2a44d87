//! `demangle`.

use crate::base::{Error, Result};
use crate::symbols::{demangle as demangled, is_rust};

use super::args::Args;
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group};

/// The family.
pub const COMMANDS: &[Command] = &[DEMANGLE];

const DEMANGLE: Command = Command {
    name: "demangle",
    group: Group::Support,
    args: &[ArgSpec::may("[-l LANGUAGE] [--] NAME", ArgKind::Rest)],
    summary: "Demangle a mangled name.",
    help: "\"-l LANGUAGE\" takes it for a name of that language: c++ or rust; else it may be either's. \"--\" ends the options.",
    examples: &[Example { line: "demangle _ZN3foo3barEi", what: "foo::bar(int)" }],
    run: demangle,
    ..Command::BASE
};

/// gdb's names of languages.
const LANGUAGES: &[&str] = &[
    "ada",
    "asm",
    "auto",
    "c",
    "c++",
    "d",
    "fortran",
    "go",
    "local",
    "minimal",
    "modula-2",
    "objective-c",
    "opencl",
    "pascal",
    "rust",
    "unknown",
];

fn demangle(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let usage = || Error::user("Usage: demangle [-l LANGUAGE] [--] NAME");
    let (mut language, mut name) = (None, args.text.as_str());
    while let Some((option, rest)) = name.split_once(char::is_whitespace).filter(|(word, _)| word.starts_with('-')) {
        name = rest.trim_start();
        match option {
            "--" => break,
            "-l" => {
                let (word, rest) = name.split_once(char::is_whitespace).ok_or_else(usage)?;
                (language, name) = (Some(word), rest.trim_start());
            }
            _ => return Err(Error::user(format!("Unrecognized option '{option}' to demangle command.  Try \"help demangle\"."))),
        }
    }
    if matches!(name, "" | "-l" | "--") {
        return Err(usage());
    }
    if let Some(language) = language
        && !LANGUAGES.contains(&language)
    {
        return Err(Error::user(format!("Unknown language \"{language}\"")));
    }
    let fits = match language {
        Some("c++") => !is_rust(name),
        Some("rust") => is_rust(name),
        None | Some("auto" | "local") => true,
        Some(_) => false,
    };
    let text = demangled(name);
    if !fits || text == name {
        return Err(Error::user(format!("Can't demangle \"{name}\"")));
    }
    cx.say(format!("{text}\n"));
    Ok(Flow::Go)
}
