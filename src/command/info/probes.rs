//! `info probes`: the places that a program's authors have marked for tracers (sys/sdt.h).

use std::fmt::Write;

use crate::base::Result;
use crate::command::{ArgKind, ArgSpec, Args, Command, Cx, Example, Flow, Group, Repeat, compile_regex, split_words};

/// `info probes`
pub const PROBES: Command = Command {
    name: "info probes",
    group: Group::Status,
    summary: "Show available static probes.",
    help: "\"info probes stap [PROVIDER [NAME [OBJECT]]]\" takes regular expressions.",
    examples: &[Example { line: "info probes", what: "all of them" }],
    repeat: Repeat::No,
    run: |cx, _| show(cx, &[]),
    ..Command::BASE
};

/// `info probes all`
pub const ALL: Command =
    Command { name: "info probes all", summary: "Show information about all type of probes.", examples: &[], ..FILTERED };

/// `info probes stap`
pub const STAP: Command =
    Command { name: "info probes stap", summary: "Show information about SystemTap static probes.", ..FILTERED };

/// `info probes dtrace`
pub const DTRACE: Command = Command {
    name: "info probes dtrace",
    summary: "Show information about DTrace static probes.  rdbg finds those of SystemTap's kind.",
    run: |cx, _| {
        cx.say("No probes matched.\n");
        Ok(Flow::Go)
    },
    ..FILTERED
};

const FILTERED: Command = Command {
    args: &[ArgSpec::may("PROVIDER NAME OBJECT", ArgKind::Rest)],
    help: "PROVIDER, NAME and OBJECT are regular expressions.",
    examples: &[],
    run: |cx, args: &Args| show(cx, &split_words(&args.text)),
    ..PROBES
};

const HEADS: [&str; 6] = ["Type", "Provider", "Name", "Where", "Semaphore", "Object"];

/// The probes whose provider, name and object match these, as gdb's table.
fn show(cx: &mut Cx<'_>, wanted: &[String]) -> Result<Flow> {
    let wanted: Vec<_> = wanted.iter().map(|w| compile_regex(w)).collect::<Result<_>>()?;
    let mut rows: Vec<[String; 6]> = Vec::new();
    for module in cx.session.inferior.modules.iter() {
        let object = module.path.display().to_string();
        for probe in module.image().probes() {
            let told = [probe.provider, probe.name, object.as_str()];
            if told.iter().zip(&wanted).all(|(text, regex)| regex.is_match(text)) {
                let at = format!("{:#018x}", module.virt(probe.addr).0);
                let semaphore = probe.semaphore.map_or_else(String::new, |s| format!("{:#018x}", module.virt(s).0));
                rows.push(["stap".to_owned(), probe.provider.to_owned(), probe.name.to_owned(), at, semaphore, object.clone()]);
            }
        }
    }
    if rows.is_empty() {
        cx.say("No probes matched.\n");
        return Ok(Flow::Go);
    }
    rows.sort_by(|a, b| a[1..=3].cmp(&b[1..=3]));
    let width = |column: usize| rows.iter().map(|r| r[column].len()).fold(HEADS[column].len(), usize::max);
    let widths: [usize; 6] = std::array::from_fn(width);
    let mut text = String::new();
    let mut line = |cells: [&str; 6]| {
        for (cell, width) in cells.iter().zip(widths) {
            let _ = write!(text, "{cell:<width$} ");
        }
        text.push('\n');
    };
    line(HEADS);
    rows.iter().for_each(|row| line(std::array::from_fn(|i| row[i].as_str())));
    cx.say(text);
    Ok(Flow::Go)
}
