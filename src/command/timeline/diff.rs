//! `timeline diff`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use similar::{Algorithm, DiffTag, capture_diff_slices_deadline};

use super::comparable::{Comparable, Settled, Told};
use crate::base::{Result, counted};
use crate::command::args::Args;
use crate::command::cx::{Command, Cx};
use crate::command::describe::{ArgKind, ArgSpec, Example, Flow, Group, Repeat};
use crate::command::paths::expand_home;
use crate::ui::{Role, Row};

/// `timeline diff`
pub const DIFF: Command = Command {
    name: "timeline diff",
    group: Group::Loading,
    args: &[
        ArgSpec::JSON,
        ArgSpec::may("-slots", ArgKind::Switch),
        ArgSpec::must("A", ArgKind::File),
        ArgSpec::must("B", ArgKind::File),
    ],
    summary: "Compare two loads that were saved as JSON lines.",
    help: "Addresses count from the beginning of their module, tasks by their birth; times, random bytes and page faults are not\n\
           compared: the same load twice shows no differences. A row that begins with \"-\" is of A alone, one with \"+\" of B alone.\n\
           Slots that were filled otherwise are counted by module, type and target; with -slots each has a row.",
    examples: &[Example { line: "timeline diff lazy.jsonl now.jsonl", what: "what LD_BIND_NOW changes" }],
    own: true,
    repeat: Repeat::No,
    run: diff,
    ..Command::BASE
};

/// Longer than this nobody looks for the smallest difference: what is told is right all the same, if longer.
const PATIENCE: Duration = Duration::from_secs(3);

fn diff(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let read = |name: &str| Comparable::read(&expand_home(args.get(name).unwrap_or_default()));
    let (a, b) = (read("A")?, read("B")?);
    let mut count = 0;
    for task in 0..a.tasks.len().max(b.tasks.len()) {
        let of = |all: &Comparable| all.tasks.get(task).cloned().unwrap_or_default();
        for (side, told) in differing(&of(&a), &of(&b)) {
            count += 1;
            cx.row(&told_row(side, task, &told));
        }
    }
    let slots = differing_slots(&a, &b);
    count += slots.len();
    match args.has("-slots") {
        true => slots.iter().for_each(|s| cx.row(&slot_row(s))),
        false => grouped(&slots).iter().for_each(|row| cx.row(row)),
    }
    if !args.has("-json") {
        cx.say(match count {
            0 => "No differences.\n".to_owned(),
            n => format!("{}.\n", counted(n as u64, "difference")),
        });
    }
    Ok(Flow::Go)
}

/// What is in one list alone, in order; `-` of the first, `+` of the second.
fn differing(a: &[Told], b: &[Told]) -> Vec<(&'static str, Told)> {
    let mut numbers: HashMap<&Told, usize> = HashMap::new();
    let (mut left, mut right) = (Vec::with_capacity(a.len()), Vec::with_capacity(b.len()));
    for (all, out) in [(a, &mut left), (b, &mut right)] {
        for told in all {
            let next = numbers.len();
            out.push(*numbers.entry(told).or_insert(next));
        }
    }
    let ops = capture_diff_slices_deadline(Algorithm::Myers, &left, &right, Some(Instant::now() + PATIENCE));
    let mut out = Vec::new();
    for op in ops.iter().filter(|op| op.tag() != DiffTag::Equal) {
        out.extend(a.get(op.old_range()).unwrap_or_default().iter().map(|t| ("-", t.clone())));
        out.extend(b.get(op.new_range()).unwrap_or_default().iter().map(|t| ("+", t.clone())));
    }
    out
}

/// A slot, and how each of the records has it.
struct SlotDifference {
    process: usize,
    object: String,
    place: String,
    a: Option<Settled>,
    b: Option<Settled>,
}

fn differing_slots(a: &Comparable, b: &Comparable) -> Vec<SlotDifference> {
    let keys: BTreeSet<_> = a.settled.keys().chain(b.settled.keys()).collect();
    let differs = |key: &&_| a.settled.get(*key) != b.settled.get(*key);
    let all = keys.into_iter().filter(differs).map(|key| {
        let (process, object, place) = key.clone();
        SlotDifference { process, object, place, a: a.settled.get(key).cloned(), b: b.settled.get(key).cloned() }
    });
    all.collect()
}

/// To what a slot leads, in short.
fn leads(settled: Option<&Settled>) -> String {
    match settled {
        None => "not there".to_owned(),
        Some(s) if s.target.is_empty() && s.kind == "JUMP_SLOT" && s.value != "0x0" => "unresolved".to_owned(),
        Some(s) if s.target.is_empty() => "no definition".to_owned(),
        Some(s) => s.target.clone(),
    }
}

/// A row for slots that differ alike, with their count.
fn grouped(all: &[SlotDifference]) -> Vec<Row> {
    let mut groups: BTreeMap<Alike, usize> = BTreeMap::new();
    for s in all {
        let kind = s.a.as_ref().or(s.b.as_ref()).map(|s| s.kind.clone()).unwrap_or_default();
        let (a, b) = (leads(s.a.as_ref()), leads(s.b.as_ref()));
        *groups.entry(Alike { process: s.process, object: s.object.clone(), kind, a, b }).or_default() += 1;
    }
    groups.into_iter().map(|(group, count)| group.row(count)).collect()
}

/// Slots that differ in the same way.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Alike {
    process: usize,
    object: String,
    kind: String,
    a: String,
    b: String,
}

impl Alike {
    fn row(self, count: usize) -> Row {
        let Alike { process, object, kind, a, b } = self;
        let words = format!("{object}: {count} {kind}, {}", changed(&a, &b));
        let row = Row::new().cell("side", Role::Title, "~").both("process", Role::Plain, process.to_string(), process as u64);
        let row = row.cell("kind", Role::Title, "slots").width(14).cell("text", Role::Plain, words);
        row.hidden("object", object).hidden("type", kind).hidden("a", a).hidden("b", b).hidden("count", count as u64)
    }
}

fn changed(a: &str, b: &str) -> String {
    match (a, b) {
        (_, "not there") => "in A alone".to_owned(),
        ("not there", _) => "in B alone".to_owned(),
        ("no definition", "no definition") => "with another value".to_owned(),
        (a, b) if a == b => format!("another place in {a}"),
        (a, b) => format!("{a} -> {b}"),
    }
}

fn slot_row(s: &SlotDifference) -> Row {
    let of = |settled: &Option<Settled>| match settled {
        None => "not there".to_owned(),
        Some(s) if s.target.is_empty() => s.value.clone(),
        Some(s) => format!("{} in {}", s.value, s.target),
    };
    let settled = s.a.as_ref().or(s.b.as_ref());
    let (kind, symbol) = settled.map(|s| (s.kind.clone(), s.symbol.clone())).unwrap_or_default();
    let (a, b) = (of(&s.a), of(&s.b));
    let words = format!("{} {kind} {symbol}: {a} -> {b}", s.place);
    let row = Row::new().cell("side", Role::Title, "~").both("process", Role::Plain, s.process.to_string(), s.process as u64);
    let row =
        row.cell("kind", Role::Title, "slot").width(14).cell("text", Role::Plain, words).hidden("object", s.object.as_str());
    row.hidden("type", kind).hidden("symbol", symbol).hidden("a", a).hidden("b", b)
}

fn told_row(side: &'static str, task: usize, told: &Told) -> Row {
    let row = Row::new().cell("side", Role::Title, side).both("task", Role::Plain, task.to_string(), task as u64);
    let row = row.cell("phase", Role::Plain, told.phase.as_str()).width(5).cell("kind", Role::Title, told.kind.as_str()).width(7);
    row.cell("text", Role::Plain, told.text.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(words: &str) -> Vec<Told> {
        let one = |w: &str| Told { phase: "main".into(), kind: "syscall".into(), text: w.into() };
        words.split(' ').filter(|w| !w.is_empty()).map(one).collect()
    }

    #[test]
    fn what_is_in_one_alone_is_told_in_order() {
        let found = differing(&told("a b c d"), &told("a c x d"));
        let found: Vec<_> = found.iter().map(|(side, t)| format!("{side}{}", t.text)).collect();
        assert_eq!(found, ["-b", "+x"]);
        assert!(differing(&told("a b"), &told("a b")).is_empty());
        assert_eq!(differing(&told(""), &told("a")).len(), 1);
    }
}
