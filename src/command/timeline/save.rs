//! `timeline save`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::base::{Error, Result, counted};
use crate::command::args::Args;
use crate::command::cx::{Command, Cx};
use crate::command::describe::{ArgKind, ArgSpec, Example, Flow, Group, Repeat};
use crate::command::paths::expand_home;
use crate::engine::Spool;

/// `timeline save`
pub const SAVE: Command = Command {
    name: "timeline save",
    group: Group::Loading,
    args: &[ArgSpec::must("FILE", ArgKind::File)],
    summary: "Write the recording to FILE.",
    help: "FILE.jsonl gets one JSON object a line, an event each, in order; FILE.json the trace events of Chrome, which Perfetto\n\
           (ui.perfetto.dev) and chrome://tracing open; FILE.html one page to be read like a story: the address space as it\n\
           fills up, slots as they are bound, faults, and what happened in chapters. It asks nothing of the network.",
    examples: &[
        Example { line: "timeline save load.jsonl", what: "one event a line" },
        Example { line: "timeline save load.json", what: "for Perfetto" },
        Example { line: "timeline save load.html", what: "a page for a browser" },
    ],
    own: true,
    repeat: Repeat::No,
    run: save,
    ..Command::BASE
};

fn save(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let path = expand_home(args.get("FILE").unwrap_or_default());
    let events = cx.session.timeline.events()?;
    let count = match path.extension().and_then(|e| e.to_str()) {
        Some("jsonl") => write(&path, |out| lines(events, out))?,
        Some("json") => write(&path, |out| super::trace::write(events, out))?,
        Some("html") => write(&path, |out| super::page::write(events, out))?,
        _ => return Err(Error::user("The file's name must end in .jsonl, .json or .html.")),
    };
    cx.say(format!("Saved {} to {}.\n", counted(count, "event"), path.display()));
    Ok(Flow::Go)
}

/// Makes a file by what `fill` writes.
fn write(path: &Path, fill: impl FnOnce(&mut dyn Write) -> std::io::Result<Result<u64>>) -> Result<u64> {
    let failed = |e: std::io::Error| Error::io(path.display().to_string(), &e);
    let mut out = BufWriter::with_capacity(1 << 18, File::create(path).map_err(failed)?);
    let count = fill(&mut out).map_err(failed)??;
    out.flush().map_err(failed)?;
    Ok(count)
}

fn lines(events: &Spool, out: &mut dyn Write) -> std::io::Result<Result<u64>> {
    let mut failure = None;
    let read = events.read(|line| {
        failure = writeln!(out, "{line}").err();
        Ok(failure.is_none())
    });
    match failure {
        Some(e) => Err(e),
        None => Ok(read.map(|()| events.len())),
    }
}
