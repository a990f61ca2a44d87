//! `info sources`

use crate::base::Result;
use crate::command::{ArgKind, ArgSpec, Args, Command, Cx, Example, Flow, Group, compile_regex};
use crate::dwarf::LineFile;

/// `info sources`
pub const SOURCES: Command = Command {
    name: "info sources",
    group: Group::Status,
    args: &[
        ArgSpec::may("-dirname", ArgKind::Switch),
        ArgSpec::may("-basename", ArgKind::Switch),
        ArgSpec::MODULE,
        ArgSpec::may("REGEX", ArgKind::Regex),
    ],
    summary: "All source files in the program or those matching REGEXP.",
    help: "By the debug information of all modules, or of -m MODULE's. -dirname: only their directories must match, -basename: only\n\
           the last parts of their names.",
    examples: &[Example { line: "info sources -basename ^main", what: "files whose names begin with main" }],
    run: sources,
    ..Command::BASE
};

fn sources(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let regex = args.get("REGEX").map(compile_regex).transpose()?;
    let (directory, base) = (args.has("-dirname"), args.has("-basename"));
    let is_wanted = |file: &LineFile| {
        let part = match (directory, base) {
            (true, _) => file.path.parent().unwrap_or(&file.path).to_string_lossy(),
            (_, true) => file.path.file_name().unwrap_or_default().to_string_lossy(),
            _ => file.path.to_string_lossy(),
        };
        regex.as_ref().is_none_or(|r| r.is_match(&part))
    };
    let modules = match args.get("-m") {
        Some(name) => vec![cx.session.module_named(name)?.clone()],
        None => cx.session.inferior.modules.iter().cloned().collect(),
    };
    for module in modules {
        let mut text = format!("{}:\n", module.path.display());
        match module.debug() {
            Some(debug) => {
                let files: Vec<String> =
                    debug.source_files().iter().filter(|f| is_wanted(f)).map(|f| f.path.display().to_string()).collect();
                text.push_str(&format!(
                    "(Full debug information has not yet been read for this file.)\n\n{}\n\n",
                    files.join(", ")
                ));
            }
            None => text.push_str("(Objfile has no debug information.)\n\n\n\n"),
        }
        cx.say(text);
    }
    Ok(Flow::Go)
}
