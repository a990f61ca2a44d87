//! What has changed: since the process went on last, or since a snapshot.

use std::collections::{BTreeMap, BTreeSet};

use super::scope::{address, addressed};
use crate::arch::regs::registers;
use crate::base::{AddrRange, Error, Need, PAGE, Result, VirtAddr, counted};
use crate::command::{ArgKind, ArgSpec, Args, Command, Cx, Example, Flow, Group, Repeat};
use crate::engine::{Picture, Session, Snapshot};
use crate::loader::page_letter;
use crate::ui::{Role, Row, Table};

/// `info changes`
pub const CHANGES: Command = Command {
    name: "info changes",
    group: Group::Data,
    args: &[ArgSpec::JSON],
    summary: "Show what the last step or run has changed: registers, memory, pages, mappings, file descriptors.",
    help: "The first use begins to remember: from then on the process is pictured whenever it goes on (up to 32 MiB of writable\n\
           memory). Changed words are named by the variables of the selected frame, and by symbols.",
    examples: &[Example { line: "info changes", what: "what the last step did" }],
    needs: Some(Need::Live),
    own: true,
    run: changes,
    ..Command::BASE
};

/// `snapshot`
pub const SNAPSHOT: Command = Command {
    name: "snapshot",
    group: Group::Data,
    args: &[ArgSpec::may("NAME got|pages|maps|registers|START,END", ArgKind::Rest)],
    summary: "Remember what the process is like now, to be compared by `diff'.",
    help: "Without a name it is the snapshot \"last\". Without a part, all parts: GOT slots, pages, mappings, registers, open files and\n\
           writable memory. START,END is a range of memory.",
    examples: &[Example { line: "snapshot before got", what: "the GOT slots, under a name" }],
    needs: Some(Need::Live),
    own: true,
    repeat: Repeat::No,
    run: snapshot,
    ..Command::BASE
};

/// `diff`
pub const DIFF: Command = Command {
    name: "diff",
    group: Group::Data,
    args: &[ArgSpec::JSON, ArgSpec::may("NAME", ArgKind::Word)],
    summary: "Show what has changed since a snapshot: slots, mappings, registers, memory.",
    help: "Without a name, since the snapshot that was made last.",
    examples: &[Example { line: "diff", what: "what is different since `snapshot'" }],
    needs: Some(Need::Live),
    own: true,
    run: diff,
    ..Command::BASE
};

const PARTS: [&str; 4] = ["got", "pages", "maps", "registers"];
/// How many changed words are listed; the others are counted.
const MAX_WORDS: usize = 48;

fn changes(cx: &mut Cx<'_>, _: &Args) -> Result<Flow> {
    let remembered = cx.session.look_back();
    let before = cx.session.moment().whole.clone();
    let Some(before) = before.filter(|_| remembered) else {
        cx.say("The process is remembered from now on, whenever it goes on: ask again after the next stop.\n");
        return Ok(Flow::Go);
    };
    let now = cx.session.picture().ok_or(Error::Needs(Need::Live))?;
    show(cx, "Nothing has changed.\n", |s, t| compare(s, &before, &now, None, t));
    Ok(Flow::Go)
}

fn show(cx: &mut Cx<'_>, nothing: &str, fill: impl FnOnce(&Session, &mut Table)) {
    let mut table = Table::new();
    fill(cx.session, &mut table);
    if table.is_empty() {
        cx.say(nothing);
    }
    table.show(cx.out);
}

fn snapshot(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let (mut name, mut parts, mut range) = (None, BTreeSet::new(), None);
    for word in args.text.split_whitespace() {
        if let Some(part) = PARTS.iter().find(|p| **p == word) {
            parts.insert((*part).to_owned());
        } else if let Some((start, end)) = word.split_once(',') {
            range = Some(AddrRange::new(address(cx, start)?, address(cx, end)?));
        } else if name.replace(word.to_owned()).is_some() {
            return Err(Error::user("One name, please: \"snapshot NAME [got] [pages] [maps] [registers] [START,END]\"."));
        }
    }
    let name = name.unwrap_or_else(|| "last".into());
    let snapshot = cx.session.snapshot(parts, range)?;
    cx.say(format!(
        "Snapshot \"{name}\": {}, {}, {} of memory.\n",
        counted(snapshot.slots.len() as u64, "slot"),
        counted(snapshot.picture.maps.mappings.len() as u64, "mapping"),
        counted(snapshot.picture.bytes.len() as u64, "page")
    ));
    cx.session.keep_snapshot(name, snapshot);
    Ok(Flow::Go)
}

fn diff(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let snapshot = cx.session.kept_snapshot(args.get("NAME"))?;
    let now = cx.session.snapshot(snapshot.parts.clone(), snapshot.range)?;
    show(cx, "Nothing has changed since.\n", |session, table| {
        slots(session, &snapshot, &now, table);
        compare(session, &snapshot.picture, &now.picture, Some(&snapshot), table);
    });
    Ok(Flow::Go)
}

fn row(what: &'static str, place: impl Into<String>, before: impl Into<String>, now: impl Into<String>) -> Row {
    Row::new()
        .cell("what", Role::Title, what)
        .cell("place", Role::Address, place)
        .cell("before", Role::Plain, before)
        .note(Role::Plain, "->")
        .cell("now", Role::Changed, now)
}

fn slots(session: &Session, before: &Snapshot, now: &Snapshot, table: &mut Table) {
    let named =
        |value: u64| session.full_name(VirtAddr(value), None).map_or(format!("{value:#x}"), |n| format!("{value:#x} <{n}>"));
    for (at, (label, new)) in &now.slots {
        match before.slots.get(at) {
            Some((_, old)) if old != new => table.push(row("slot", format!("{at} {label}"), named(*old), named(*new))),
            Some(_) => {}
            None => table.push(row("slot", format!("{at} {label}"), "not there", named(*new))),
        }
    }
}

/// Every difference between two pictures, of the parts that a snapshot has.
fn compare(session: &Session, before: &Picture, now: &Picture, of: Option<&Snapshot>, table: &mut Table) {
    let wants = |part: &str| of.is_none_or(|s| s.wants(part));
    if wants("registers") && before.tid == now.tid {
        for (id, info) in registers().filter(|(_, i)| i.gpr().is_some()) {
            let value = |p: &Picture| id.read(&p.registers, None).map(|b| b.as_u64());
            let (old, new) = (value(before), value(now));
            if let (Some(old), Some(new)) = (old, new)
                && old != new
            {
                let shown = |v: u64| addressed(session, VirtAddr(v));
                table.push(row("register", info.name.as_str(), shown(old), shown(new)));
            }
        }
    }
    if wants("maps") {
        mappings(before, now, table);
        descriptors(before, now, table);
    }
    if of.is_none_or(|s| s.parts.is_empty() || s.range.is_some()) {
        memory(session, before, now, of.and_then(|s| s.range), table);
    }
    if wants("pages") {
        pages(before, now, table);
    }
}

fn mappings(before: &Picture, now: &Picture, table: &mut Table) {
    let text = |m: &crate::base::Mapping| format!("{}-{} {} {}", m.range.start, m.range.end, m.perms, m.name);
    let of = |p: &Picture| p.maps.mappings.iter().map(|m| (m.range.start, text(m))).collect::<BTreeMap<_, _>>();
    let (old, new) = (of(before), of(now));
    for at in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        if old.get(at) != new.get(at) {
            let shown = |t: Option<&String>| t.map_or_else(|| "nothing".to_owned(), |t| t.trim_end().to_owned());
            table.push(row("mapping", at.to_string(), shown(old.get(at)), shown(new.get(at))));
        }
    }
}

fn descriptors(before: &Picture, now: &Picture, table: &mut Table) {
    let (old, new) = (&before.descriptors, &now.descriptors);
    for fd in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        if old.get(fd) != new.get(fd) {
            let shown = |t: Option<&String>| t.map_or_else(|| "closed".to_owned(), Clone::clone);
            table.push(row("descriptor", fd.to_string(), shown(old.get(fd)), shown(new.get(fd))));
        }
    }
}

/// Changed words, by the page; a page that was not there before counts as zeros.
fn memory(session: &Session, before: &Picture, now: &Picture, range: Option<AddrRange>, table: &mut Table) {
    let variables = session.local_places();
    let (mut listed, mut more) = (0, 0);
    let zeros = vec![0u8; PAGE as usize];
    for (page, new) in &now.bytes {
        let old = before.bytes.get(page).map_or(&zeros[..], |b| b);
        if old == &new[..] {
            continue;
        }
        let words = old.chunks_exact(8).zip(new.chunks_exact(8)).zip((0u64..).map(|i| *page + 8 * i));
        for ((a, b), at) in words.filter(|((a, b), at)| a != b && range.is_none_or(|r| r.contains(*at))) {
            listed += 1;
            if listed > MAX_WORDS {
                more += 1;
                continue;
            }
            let word = |w: &[u8]| w.first_chunk().map_or(0, |w| u64::from_le_bytes(*w));
            let shown =
                |v: u64| session.full_name(VirtAddr(v), None).map_or(format!("{v:#018x}"), |n| format!("{v:#018x} <{n}>"));
            let variable =
                variables.iter().find(|(_, r)| r.overlaps(&AddrRange::with_len(at, 8))).map(|(n, _)| format!(" ({n})"));
            let place = format!("{}{}", addressed(session, at), variable.unwrap_or_default());
            table.push(row("memory", place, shown(word(a)), shown(word(b))));
        }
    }
    if more > 0 {
        table.push(Row::new().cell("what", Role::Title, "memory").both(
            "more",
            Role::Plain,
            format!("and {}", counted(more, "more word")),
            more,
        ));
    }
    if before.cut || now.cut {
        table.push(Row::new().cell("what", Role::Title, "memory").cell("cut", Role::Plain, "only 32 MiB of it was compared"));
    }
}

fn pages(before: &Picture, now: &Picture, table: &mut Table) {
    let letter = |p: &Picture, at: &VirtAddr| page_letter(p.pages.get(at).copied().unwrap_or_default());
    // Runs of pages that have changed alike make one row.
    let mut runs: Vec<(VirtAddr, u64, char, char, String)> = Vec::new();
    for at in before.pages.keys().chain(now.pages.keys()).collect::<BTreeSet<_>>() {
        let (old, new) = (letter(before, at), letter(now, at));
        if old == new {
            continue;
        }
        let name = now.maps.at(*at).or(before.maps.at(*at)).map_or(String::new(), |m| m.name.clone());
        match runs.last_mut().filter(|r| r.0 + r.1 * PAGE == *at && (r.2, r.3) == (old, new) && r.4 == name) {
            Some(run) => run.1 += 1,
            None => runs.push((*at, 1, old, new, name)),
        }
    }
    for (at, n, old, new, name) in runs {
        let place = format!("{at} {} {name}", counted(n, "page"));
        table.push(row("pages", place.trim_end(), old.to_string(), new.to_string()));
    }
}
