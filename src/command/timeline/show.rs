//! `timeline show`.

use serde_json::Value;

use super::words::{base_name, describe, text};
use crate::base::{Error, Result};
use crate::command::args::Args;
use crate::command::cx::Cx;
use crate::command::describe::{ArgKind, ArgSpec, Command, Example, Flow, Group};
use crate::ui::{Role, Row};

/// `timeline show`
pub const SHOW: Command = Command {
    name: "timeline show",
    group: Group::Loading,
    args: &[ArgSpec::JSON, ArgSpec::may("KIND... MODULE", ArgKind::Rest)],
    summary: "Show what was recorded.",
    help: "KINDs are syscall, map, unmap, protect, object, reloc, ifunc, bind, init, fini, entry, main, fault, exec, fork, clone,\n\
           signal and exit; without, all are shown. MODULE shows what is about one module.",
    examples: &[
        Example { line: "timeline show syscall exit", what: "the system calls and the end" },
        Example { line: "timeline show map libc.so.6", what: "where libc was mapped" },
    ],
    own: true,
    run: show,
    ..Command::BASE
};

/// The kinds of events.
pub const KINDS: [&str; 18] = [
    "syscall", "map", "unmap", "protect", "object", "reloc", "ifunc", "bind", "init", "fini", "entry", "main", "fault", "exec",
    "fork", "clone", "signal", "exit",
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
    let mut several = false;
    let mut first = None;
    events.read(|line| {
        let event: Value = serde_json::from_str(line).unwrap_or_default();
        several |= *first.get_or_insert(event.get("tid").cloned()) != event.get("tid").cloned();
        Ok(!several)
    })?;
    let out = &mut *cx.out;
    events.read(|line| {
        let event: Value = serde_json::from_str(line).unwrap_or_default();
        if filter.wants(&event) {
            out.row(&row(&event, several));
        }
        Ok(!out.is_unwanted())
    })?;
    Ok(Flow::Go)
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
const FIELDS: [&str; 48] = [
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
