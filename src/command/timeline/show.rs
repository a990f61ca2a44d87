//! `timeline show`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::story::{Step, Teller};
use super::words::{base_name, describe, text};
use crate::base::{Error, Result};
use crate::command::args::Args;
use crate::command::cx::{Command, Cx};
use crate::command::describe::{ArgKind, ArgSpec, Example, Flow, Group};
use crate::engine::Spool;
use crate::ui::{Role, Row};

/// `timeline show`
pub const SHOW: Command = Command {
    name: "timeline show",
    group: Group::Loading,
    args: &[ArgSpec::JSON, ArgSpec::may("-all", ArgKind::Switch), ArgSpec::may("KIND... MODULE", ArgKind::Rest)],
    summary: "Show what was recorded.",
    help: "Events that belong together are one row: failed tries of the dynamic linker, a system call and the mappings that it has\n\
           changed, with their PT_LOAD and the sections in it, the relocations of a module. With -all or with KINDs each event is a\n\
           row. KINDs are syscall, map, unmap, protect, object, reloc, ifunc, bind, init, fini, entry, main, fault, exec, fork, clone,\n\
           signal, steps and exit. MODULE shows what is about one module.",
    examples: &[
        Example { line: "timeline show", what: "the steps of the load" },
        Example { line: "timeline show syscall exit", what: "the system calls and the end" },
        Example { line: "timeline show map libc.so.6", what: "where libc was mapped" },
    ],
    own: true,
    run: show,
    ..Command::BASE
};

/// The kinds of events.
pub const KINDS: [&str; 19] = [
    "syscall", "map", "unmap", "protect", "object", "reloc", "ifunc", "bind", "init", "fini", "entry", "main", "fault", "exec",
    "fork", "clone", "signal", "steps", "exit",
];

/// Which events are wanted.
struct Filter<'t> {
    kinds: Vec<&'t str>,
    module: Option<&'t str>,
}

impl<'t> Filter<'t> {
    fn parse(words: &'t str) -> Result<Filter<'t>> {
        let mut filter = Filter { kinds: Vec::new(), module: None };
        for word in words.split_whitespace() {
            match KINDS.contains(&word) {
                true => filter.kinds.push(word),
                false if filter.module.is_some() => {
                    return Err(Error::user(format!("\"{word}\" is no kind of event, and a module was named before.")));
                }
                false => filter.module = Some(word),
            }
        }
        Ok(filter)
    }

    fn wants(&self, event: &Value) -> bool {
        let is_kind = self.kinds.is_empty() || self.kinds.contains(&text(event, "kind"));
        is_kind && self.module.is_none_or(|m| is_about(event, m))
    }
}

/// Whether an event is about a module: by one of the fields that name files, or by the text of its system call.
fn is_about(event: &Value, module: &str) -> bool {
    let called = |path: &str| path == module || base_name(path) == module || base_name(path).split(".so").next() == Some(module);
    ["object", "file", "name", "path", "target"].iter().any(|key| {
        let value = text(event, key);
        !value.is_empty() && called(value)
    }) || (text(event, "kind") == "syscall" && text(event, "text").contains(&format!("/{module}\"")))
}

fn show(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let filter = Filter::parse(args.get("KIND... MODULE").unwrap_or_default())?;
    let events = cx.session.timeline.events()?;
    let looked = look_ahead(events)?;
    let out = &mut *cx.out;
    if args.has("-all") || !filter.kinds.is_empty() {
        return events
            .read(|line| {
                let event: Value = serde_json::from_str(line).unwrap_or_default();
                if filter.wants(&event) {
                    out.row(&row(&event, looked.several));
                }
                Ok(!out.is_unwanted())
            })
            .map(|()| Flow::Go);
    }
    let mut teller = Teller::new(if filter.module.is_none() { looked.faults } else { BTreeMap::new() });
    let mut last = Value::Null;
    events.read(|line| {
        let event: Value = serde_json::from_str(line).unwrap_or_default();
        if filter.wants(&event) {
            teller.event(&event).iter().for_each(|step| out.row(&step_row(step, looked.several)));
            last = event;
        } else {
            teller.learn(&event);
        }
        Ok(!out.is_unwanted())
    })?;
    teller.end(&last).iter().for_each(|step| out.row(&step_row(step, looked.several)));
    Ok(Flow::Go)
}

/// What is to be known before the first row.
struct Ahead {
    /// Whether there is more than one thread.
    several: bool,
    /// The page faults of the second run, by phase and file.
    faults: BTreeMap<String, BTreeMap<String, usize>>,
}

fn look_ahead(events: &Spool) -> Result<Ahead> {
    let mut ahead = Ahead { several: false, faults: BTreeMap::new() };
    let mut first = None;
    events.read(|line| {
        // Relocations are many, and say nothing of either.
        if line.contains("\"kind\":\"reloc\"") {
            return Ok(true);
        }
        let event: Value = serde_json::from_str(line).unwrap_or_default();
        match text(&event, "kind") {
            // They are of other runs, with other numbers.
            "steps" => {}
            "fault" if event.get("run").is_some() => {
                let of_phase = ahead.faults.entry(text(&event, "phase").to_owned()).or_default();
                let count = event.get("count").and_then(Value::as_u64).unwrap_or(1);
                *of_phase.entry(text(&event, "file").to_owned()).or_default() += count as usize;
            }
            _ => ahead.several |= *first.get_or_insert(event.get("tid").cloned()) != event.get("tid").cloned(),
        }
        Ok(true)
    })?;
    Ok(ahead)
}

fn step_row(step: &Step, several: bool) -> Row {
    let mut row = Row::new().both("t", Role::Dim, format!("{:.6}", step.t), step.t).width(9).right().hidden("pid", step.pid);
    row = match several {
        true => row.both("tid", Role::Plain, step.tid.to_string(), step.tid).width(6),
        false => row.hidden("tid", step.tid),
    };
    row = row.cell("phase", Role::Plain, step.phase.as_str()).width(5);
    row = row.cell("step", Role::Title, step.what).width(8);
    row.cell("text", Role::Plain, step.text.as_str()).hidden("count", step.count)
}

fn row(event: &Value, several: bool) -> Row {
    let seconds = event.get("t").and_then(Value::as_f64).unwrap_or_default();
    let mut row = Row::new().note(Role::Dim, format!("{seconds:.6}")).width(9).right();
    if several {
        row = row.note(Role::Plain, event.get("tid").map(Value::to_string).unwrap_or_default()).width(6);
    }
    row = row.note(Role::Plain, text(event, "phase")).width(5);
    row = row.note(Role::Title, text(event, "kind")).width(7);
    row = row.note(Role::Plain, describe(event));
    for (key, value) in event.as_object().into_iter().flatten() {
        if let Some(key) = FIELDS.iter().find(|f| *f == key) {
            row = row.hidden(key, value.clone());
        }
    }
    row
}

/// Every field that an event may have.
const FIELDS: [&str; 49] = [
    "of",
    "t",
    "pid",
    "tid",
    "kind",
    "phase",
    "run",
    "name",
    "args",
    "ret",
    "text",
    "pc",
    "object",
    "took",
    "explain",
    "start",
    "end",
    "perms",
    "file",
    "offset",
    "by",
    "segment",
    "action",
    "base",
    "needed_by",
    "slot",
    "type",
    "symbol",
    "version",
    "value",
    "target",
    "resolver",
    "index",
    "before",
    "caller",
    "function",
    "address",
    "major",
    "access",
    "path",
    "child",
    "code",
    "signal",
    "disturbed",
    "sections",
    "count",
    "lost",
    "note",
    "addend",
];
