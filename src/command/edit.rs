//! `edit`: a place in an editor.

use crate::base::{Error, Result};

use super::args::Args;
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Flow, Group, Repeat};
use super::shell::run_shell;

/// The family.
pub const COMMANDS: &[Command] = &[EDIT];

const EDIT: Command = Command {
    name: "edit",
    aliases: &["e"],
    group: Group::Files,
    args: &[ArgSpec::may("LOCATION", ArgKind::Linespec)],
    summary: "Edit specified file or function.",
    help: "With no argument, edits file containing most recent line listed.\n\
           Editing targets can be FILE, FILE:LINE, FUNCTION, FILE:FUNCTION, LINE and *ADDRESS.\n\
           Uses EDITOR environment variable contents as editor (or ex as default).",
    repeat: Repeat::No,
    run: edit,
    ..Command::BASE
};

fn edit(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let (file, line) = match args.text.as_str() {
        "" => {
            let (file, line) = cx
                .session
                .current_source()
                .ok_or_else(|| Error::user("No symbol table is loaded.  Use the \"file\" command."))?;
            (file, line.saturating_add(cx.session.list_size() / 2))
        }
        spec => {
            let places = cx.session.listed(spec, None)?;
            let place = match places.as_slice() {
                [one] => one,
                [] => return Err(Error::user(format!("Function \"{spec}\" not defined."))),
                _ => return Err(Error::user(format!("Specified line is ambiguous: {} places.", places.len()))),
            };
            if spec.starts_with('*')
                && let (Some(at), Some((file, line))) = (place.addr, &place.source)
            {
                let name = cx.session.location(at).map_or_else(String::new, |l| l.name().into_owned());
                let text = format!("{at} is in {name} ({}:{line}).\n", cx.session.file_name(file));
                cx.say(text);
            }
            place.source.clone().ok_or_else(|| Error::user(format!("No line number known for {spec}.")))?
        }
    };
    let path = cx.session.source_text(&file).map_or_else(|_| file.path.to_path_buf(), |text| text.path.clone());
    let path = path.canonicalize().unwrap_or(path);
    let editor = std::env::var("EDITOR").ok().filter(|e| !e.is_empty()).unwrap_or_else(|| "/bin/ex".to_owned());
    run_shell(cx, &format!("{editor} +{line} \"{}\"", path.display()), None)?;
    Ok(Flow::Go)
}
