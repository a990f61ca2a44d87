//! `add-symbol-file` and `remove-symbol-file`: symbols of what the program's own loader has put somewhere.

use std::path::Path;
use std::sync::Arc;

use crate::base::{Error, Result};
use crate::engine::Placement;
use crate::symbols::Module;

use super::args::{Args, split_words};
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group, Repeat};
use super::expression::address;
use super::paths::expand_home;

/// Files of symbols that the user adds.
pub const COMMANDS: &[Command] = &[ADD, REMOVE];

const ADD: Command = Command {
    name: "add-symbol-file",
    group: Group::Files,
    args: &[ArgSpec::may("FILE [-o OFFSET] [TEXT-ADDRESS] [-s SECTION ADDRESS] ...", ArgKind::File)],
    summary: "Load symbols from FILE, assuming FILE has been dynamically loaded.",
    help: "For what the dynamic linker does not know: a plug-in that the program has loaded by itself, code of a JIT compiler, a debug \
file that is not found. TEXT-ADDRESS is where its .text lies, -s where another section does; in a linked file the sections keep \
their distances, a relocatable one (.o) may have each of them anywhere, and those that are not named lie behind the others. -o is \
added to the file's own addresses. A file of symbols without code tells more of the module that lies there.\nThe addresses are \
expressions. The file stays until \"remove-symbol-file\" or \"file\".",
    examples: &[Example {
        line: "add-symbol-file plugin.so 0x7ffff7c01040",
        what: "names what a loader of its own has put there",
    }],
    repeat: Repeat::No,
    run: add,
    ..Command::BASE
};

const REMOVE: Command = Command {
    name: "remove-symbol-file",
    group: Group::Files,
    args: &[ArgSpec::may("FILE | -a ADDRESS", ArgKind::File)],
    summary: "Remove a symbol file added via the add-symbol-file command.",
    help: "By its name, or by an address that lies in it.",
    examples: &[Example { line: "remove-symbol-file plugin.so", what: "forgets what was added under this name" }],
    repeat: Repeat::No,
    run: remove,
    ..Command::BASE
};

/// What the words of `add-symbol-file` say; the addresses are expressions still.
#[derive(Default)]
struct Request {
    file: Option<String>,
    offset: Option<String>,
    sections: Vec<(String, String)>,
}

impl Request {
    fn parse(text: &str) -> Result<Request> {
        let mut request = Request::default();
        let mut has_text = false;
        let mut words = split_words(text).into_iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                // When symbols are read is not for the user to say: when they are asked for.
                "-readnow" | "-readnever" => {}
                "-s" => {
                    let missing = |what: &str| Error::user(format!("Missing section {what} after \"-s\""));
                    let name = words.next().ok_or_else(|| missing("name"))?;
                    request.sections.push((name, words.next().ok_or_else(|| missing("address"))?));
                }
                "-o" => {
                    request.offset = Some(words.next().ok_or_else(|| Error::user("Missing offset after \"-o\""))?);
                }
                _ if request.file.is_none() && !word.starts_with('-') => request.file = Some(word),
                _ if request.file.is_some() && !has_text && !word.starts_with('-') => {
                    has_text = true;
                    request.sections.insert(0, (".text".to_owned(), word));
                }
                _ => return Err(Error::user(format!("Unrecognized argument \"{word}\""))),
            }
        }
        Ok(request)
    }
}

fn add(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let request = Request::parse(&args.text)?;
    let file = request.file.ok_or_else(|| Error::user("add-symbol-file takes a file name and an address"))?;
    let path = expand_home(&file);
    let mut place = Placement::default();
    for (name, text) in request.sections {
        let at = address(cx, &text)?.0;
        place.sections.push((name, at));
    }
    if let Some(text) = &request.offset {
        place.offset = address(cx, text)?.0;
    }
    let mut told = format!("add symbol table from file \"{file}\"");
    if !place.sections.is_empty() {
        told += " at\n";
    }
    for (name, at) in &place.sections {
        told += &format!("\t{name}_addr = {at:#x}\n");
    }
    match (&request.offset, place.sections.is_empty()) {
        (Some(_), true) => told += &format!(" with all sections offset by {:#x}\n", place.offset),
        (Some(_), false) => told += &format!("with other sections offset by {:#x}\n", place.offset),
        (None, true) => told.push('\n'),
        (None, false) => {}
    }
    cx.say(told);
    if !cx.query("")? {
        return Err(Error::user("Not confirmed."));
    }
    let warnings = cx.session.add_symbol_file(&path, &place)?;
    let added = cx.session.inferior.modules.added().last().cloned();
    cx.say(format!("Reading symbols from {file}...\n"));
    for warning in warnings {
        cx.warn(format!("warning: {warning}"));
    }
    if added.is_some_and(|m| !m.file.has_debug_information()) {
        cx.say(format!("(No debugging symbols found in {file})\n"));
    }
    Ok(Flow::Go)
}

fn remove(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let words = split_words(&args.text);
    let junk = |word: &String| Err(Error::user(format!("Junk after {word}")));
    let found: Option<Arc<Module>> = match words.as_slice() {
        [] => return Err(Error::user("remove-symbol-file: no symbol file provided")),
        [option] if option == "-a" => return Err(Error::user("Missing address argument")),
        [option, text] if option == "-a" => {
            let at = address(cx, text)?;
            cx.session.added_at(at)
        }
        [option, _, last, ..] if option == "-a" => return junk(last),
        [option, ..] if option.starts_with('-') => return Err(Error::user(format!("Unknown option {option}"))),
        [file] => cx.session.added_as(Path::new(&expand_home(file))),
        [file, ..] => return junk(file),
    };
    let module = found.ok_or_else(|| Error::user("No symbol file found"))?;
    if !cx.query(&format!("Remove symbol table from file \"{}\"? ", module.path.display()))? {
        return Err(Error::user("Not confirmed."));
    }
    cx.session.remove_symbol_file(&module)?;
    Ok(Flow::Go)
}
