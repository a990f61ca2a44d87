//! Which pages are in memory, whose they are, and why.

use std::collections::{BTreeMap, BTreeSet};

use super::page_rows::{name, page_row, reason_words, reasons};
use super::scope::{address, addressed};
use crate::base::{AddrRange, Error, Mapping, Need, PAGE, PageState, Result, Tid, VirtAddr, counted, page_down};
use crate::command::{ArgKind, ArgSpec, Args, Command, Cx, Example, Flow, Group};
use crate::engine::{PageCause, PageCauses, Session};
use crate::loader::{Residency, page_letter, page_map, short_page_map};
use crate::os::pagemap::{self, FaultCounter, Sharers};
use crate::ui::{Role, Row, Table};

/// `info pages`
pub const PAGES: Command = Command {
    name: "info pages",
    aliases: &["pages"],
    group: Group::Loading,
    args: &[
        ArgSpec::may("-cow", ArgKind::Switch),
        ArgSpec::may("-diff", ArgKind::Switch),
        ArgSpec::JSON,
        ArgSpec::may("ADDRESS | MODULE | START,END", ArgKind::Rest),
    ],
    summary: "Show which pages of each mapping are in memory, whose they are, and why private ones are.",
    help: "A row a mapping: its pages; resident ones; of those, pages of the file (shared) and copies (private); those that nobody\n\
           else maps (ours); dirty and swapped ones; how many other processes map the file; a map with a letter a page, runs\n\
           counted where it is long; causes of private pages of files. Letters: . not there, f of the file and mapped by others\n\
           too, o of the file and ours alone, P private, p private and shared\n\
           (with a fork, or the kernel's page of zeros), s swapped out.\n\
           Resident is not used: the kernel maps pages around a fault too (fault-around, large folios).\n\
           -cow: a row a private page of a file. -diff: what has changed since the process went on last. With an address also\n\
           that page alone: as root with its frame and how many page tables map it.\n\
           On a core file: . not in it, f in it and as the mapped file has it, P not as the file has it (a copy), ? of a file\n\
           that is gone, a anonymous, z anonymous and zeros.",
    examples: &[
        Example { line: "pages", what: "all mappings" },
        Example { line: "pages libc", what: "those of libc" },
        Example { line: "pages -cow", what: "copied pages and why" },
    ],
    needs: Some(Need::Process),
    own: true,
    run: pages,
    ..Command::BASE
};

/// A map of so many letters is shown whole.
const WHOLE: usize = 64;

/// What is to be shown.
struct Choice {
    mappings: Vec<Mapping>,
    /// The page that an address lies in.
    page: Option<VirtAddr>,
}

fn pages(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let pid = cx.session.process()?.target.pid();
    let choice = choose(cx, args.get("ADDRESS | MODULE | START,END").unwrap_or_default())?;
    if cx.session.is_core() {
        return super::core_pages::show(cx, args, &choice.mappings, choice.page);
    }
    if args.has("-diff") {
        return diff(cx, &choice);
    }
    let session = &*cx.session;
    let causes = session.page_causes();
    let mut table = match args.has("-cow") {
        true => Table::with_head(&["page", "state", "perms", "name", "cause"]),
        false => Table::with_head(&[
            "start", "end", "perms", "pages", "res", "shared", "private", "ours", "dirty", "swap", "others", "name", "map",
        ]),
    };
    let usage = pagemap::usage(pid).unwrap_or_default();
    let sharers = sharers(pid, &choice.mappings);
    for mapping in &choice.mappings {
        let states = session.page_states(mapping)?;
        let private = private_pages(mapping, &states);
        if args.has("-cow") {
            private.iter().for_each(|(at, s)| table.push(page_row(session, &causes, mapping, *at, page_letter(*s))));
            continue;
        }
        let dirty = usage.get(&mapping.range.start).map(|u| u.dirty / PAGE);
        let others = sharers.by_file.get(&(mapping.device, mapping.inode)).map_or(&[][..], Vec::as_slice);
        // Other users' processes may not be asked.
        let is_more = sharers.unasked > 0 && mapping.inode != 0;
        table.push(mapping_row(&causes, mapping, &states, &private, dirty, (others, is_more)));
    }
    let single = choice.page.map(|at| single(session, &causes, &choice.mappings, at)).transpose()?;
    if table.is_empty() {
        cx.say("No private pages of files.\n");
    } else {
        table.show(cx.out);
    }
    single.iter().for_each(|row| cx.row(row));
    if sharers.unasked > 0 && !args.has("-cow") {
        let who = counted(sharers.unasked as u64, "process");
        cx.say(format!("+: {who} of other users may not be asked what they map.\n"));
    }
    Ok(Flow::Go)
}

/// The mappings that the argument selects: all, those of a file, the one of an address, those of a range.
fn choose(cx: &mut Cx<'_>, text: &str) -> Result<Choice> {
    let maps = cx.session.process()?.target.maps()?;
    if text.is_empty() {
        return Ok(Choice { mappings: maps.mappings, page: None });
    }
    // A number is an address, whatever paths it is a part of.
    let is_name = |m: &&Mapping| !text.starts_with(|c: char| c.is_ascii_digit()) && m.name.contains(text);
    let named: Vec<Mapping> = match cx.session.inferior.modules.named(text).first() {
        Some(module) => {
            let ranges = module.ranges();
            let within = |m: &&Mapping| ranges.iter().any(|r| r.overlaps(&m.range));
            maps.mappings.iter().filter(within).cloned().collect()
        }
        None => maps.mappings.iter().filter(is_name).cloned().collect(),
    };
    if !named.is_empty() {
        return Ok(Choice { mappings: named, page: None });
    }
    if let Some((start, end)) = text.split_once(',') {
        let range = AddrRange::new(address(cx, start)?, address(cx, end)?);
        let mappings: Vec<Mapping> = maps.mappings.into_iter().filter(|m| m.range.overlaps(&range)).collect();
        let nothing = || Error::user(format!("Nothing is mapped from {} to {}.", range.start, range.end));
        return if mappings.is_empty() { Err(nothing()) } else { Ok(Choice { mappings, page: None }) };
    }
    let at = address(cx, text)?;
    let found = maps.at(at).cloned().ok_or_else(|| Error::user(format!("No mapping contains {at}.")))?;
    Ok(Choice { mappings: vec![found], page: Some(VirtAddr(page_down(at.0))) })
}

fn sharers(pid: Tid, mappings: &[Mapping]) -> Sharers {
    let files: BTreeSet<_> = mappings.iter().filter(|m| m.inode != 0).map(|m| (m.device, m.inode)).collect();
    pagemap::sharers(pid, &files)
}

fn is_of_file(mapping: &Mapping) -> bool {
    mapping.inode != 0 && !mapping.perms.shared
}

/// The private pages of a mapping of a file.
fn private_pages(mapping: &Mapping, states: &[PageState]) -> Vec<(VirtAddr, PageState)> {
    let at = |i: usize| mapping.range.start + i as u64 * PAGE;
    let all = states.iter().enumerate().filter(|(_, s)| s.is_private() && is_of_file(mapping));
    all.map(|(i, s)| (at(i), *s)).collect()
}

fn mapping_row(
    causes: &PageCauses,
    mapping: &Mapping,
    states: &[PageState],
    private: &[(VirtAddr, PageState)],
    dirty: Option<u64>,
    (others, is_more): (&[Tid], bool),
) -> Row {
    let r = Residency::of(states);
    let mut of: BTreeMap<PageCause, usize> = BTreeMap::new();
    private.iter().for_each(|(at, _)| reasons(&mut of, causes.of(*at, mapping)));
    let shown = reason_words(&of);
    let number = |n: u64| n.to_string();
    let pages = mapping.range.len() / PAGE;
    Row::new()
        .cell("start", Role::Address, format!("{:#x}", mapping.range.start.0))
        .cell("end", Role::Address, format!("{:#x}", mapping.range.end.0))
        .cell("perms", Role::Plain, mapping.perms.to_string())
        .both("pages", Role::Plain, number(pages), pages)
        .both("resident", Role::Plain, number(r.resident), r.resident)
        .both("shared", Role::Plain, number(r.shared), r.shared)
        .both("private", Role::Plain, number(r.private), r.private)
        .both("exclusive", Role::Plain, number(r.exclusive), r.exclusive)
        .both("dirty", Role::Plain, dirty.map_or_else(|| "?".into(), number), dirty)
        .both("swapped", Role::Plain, number(r.swapped), r.swapped)
        .both(
            "others",
            Role::Plain,
            format!("{}{}", others.len(), if is_more { "+" } else { "" }),
            others.iter().map(|t| t.0).collect::<Vec<_>>(),
        )
        .cell("name", Role::File, name(mapping))
        .both("map", Role::Plain, short_page_map(states, WHOLE), page_map(states))
        .both("causes", Role::Changed, shown.join(", "), shown)
}

/// One page, as exactly as it may be known.
fn single(session: &Session, causes: &PageCauses, mappings: &[Mapping], at: VirtAddr) -> Result<Row> {
    let mapping = mappings.first().ok_or(Error::Fault { addr: at })?;
    let state = state_of(session, mapping, at)?;
    let (text, mappers) = told(causes, mapping, at, state);
    Ok(Row::new()
        .cell("page", Role::Address, addressed(session, at))
        .cell("what", Role::Plain, text)
        .hidden("state", page_letter(state).to_string())
        .hidden("frame", state.frame)
        .hidden("page_tables", mappers))
}

fn state_of(session: &Session, mapping: &Mapping, at: VirtAddr) -> Result<PageState> {
    let page = Mapping { range: AddrRange::with_len(VirtAddr(page_down(at.0)), PAGE), ..mapping.clone() };
    Ok(session.page_states(&page)?.first().copied().unwrap_or_default())
}

/// The page of an address in words, of a live process or of a core file; `None` where nobody can say.
pub(in crate::command) fn page_words(session: &Session, mapping: &Mapping, at: VirtAddr) -> Option<String> {
    let at = VirtAddr(page_down(at.0));
    if session.is_core() {
        let first = Mapping { range: AddrRange::with_len(at, PAGE), offset: mapping.offset_at(at), ..mapping.clone() };
        return session.core_pages(&first).ok()?.first().map(|p| super::core_pages::words(*p).to_owned());
    }
    Some(told(&session.page_causes(), mapping, at, state_of(session, mapping, at).ok()?).0)
}

/// A page's state, and how many page tables have its frame where root may ask.
fn told(causes: &PageCauses, mapping: &Mapping, at: VirtAddr, state: PageState) -> (String, Option<u64>) {
    let mut text = match page_letter(state) {
        '.' => "not in memory: the next access faults".to_owned(),
        'f' => "the file's page, mapped by others too".into(),
        'o' => "the file's page, mapped by this process only".into(),
        's' => "swapped out".into(),
        'p' => "private, shared until somebody writes: with a fork, or the kernel's page of zeros".into(),
        _ => "private".into(),
    };
    if state.is_private() && is_of_file(mapping) {
        let of: Vec<String> = causes.of(at, mapping).iter().map(PageCause::to_string).collect();
        text.push_str(&format!(": {}", of.join(", ")));
    }
    let mappers = state.frame.and_then(|f| pagemap::mappers(&[f])?.first().copied());
    match (state.present, state.frame, mappers) {
        (true, Some(frame), Some(n)) => text.push_str(&format!("; frame {frame:#x}, in {}", counted(n, "page table"))),
        (true, Some(frame), None) => text.push_str(&format!("; frame {frame:#x}")),
        (true, None, _) => text.push_str("; its frame is shown to root only"),
        _ => {}
    }
    (text, mappers)
}

/// What has become of pages since the process went on last.
fn diff(cx: &mut Cx<'_>, choice: &Choice) -> Result<Flow> {
    cx.session.look_back();
    let session = &*cx.session;
    let Some(before) = &session.moment().whole else {
        cx.say("Pages are remembered from now on, whenever the process goes on: ask again after the next stop.\n");
        return Ok(Flow::Go);
    };
    let mut table = Table::new();
    let causes = session.page_causes();
    for mapping in &choice.mappings {
        for (i, state) in (0u64..).zip(session.page_states(mapping)?) {
            let at = mapping.range.start + i * PAGE;
            let old = before.pages.get(&at).copied().unwrap_or_default();
            let (from, to) = (page_letter(old), page_letter(state));
            if from == to {
                continue;
            }
            let is_new = state.is_private() && is_of_file(mapping);
            let cause: Vec<String> = causes.of(at, mapping).iter().filter(|_| is_new).map(PageCause::to_string).collect();
            table.push(
                Row::new()
                    .cell("page", Role::Address, at.to_string())
                    .cell("before", Role::Plain, from.to_string())
                    .note(Role::Plain, "->")
                    .cell("now", Role::Changed, to.to_string())
                    .cell("perms", Role::Plain, mapping.perms.to_string())
                    .cell("name", Role::File, name(mapping))
                    .both("cause", Role::Plain, cause.join(", "), cause),
            );
        }
    }
    let gone: Vec<AddrRange> = before.maps.mappings.iter().map(|m| m.range).collect();
    let now = session.process()?.target.maps()?;
    let vanished = gone.iter().filter(|r| now.at(r.start).is_none()).count();
    if table.is_empty() {
        cx.say("No page has changed since the process went on last.\n");
    }
    table.show(cx.out);
    if vanished > 0 {
        cx.say(format!("{} gone since.\n", counted(vanished as u64, "mapping")));
    }
    Ok(Flow::Go)
}

/// `info faults`
pub const FAULTS: Command = Command {
    name: "info faults",
    group: Group::Loading,
    args: &[ArgSpec::JSON],
    summary: "Show minor and major page faults, since the start and since the last stop.",
    help: "A minor fault found its page in memory, for a major one the disk was read (/proc/PID/stat). What rdbg itself does to the\n\
           process (planting breakpoints in pages that were not there yet) is among them.",
    examples: &[Example { line: "info faults", what: "how many there were" }],
    needs: Some(Need::Process),
    own: true,
    run: faults,
    ..Command::BASE
};

fn faults(cx: &mut Cx<'_>, _: &Args) -> Result<Flow> {
    let pid = cx.session.process()?.target.pid();
    if cx.session.is_core() {
        return Err(Error::user("A core file does not count page faults."));
    }
    let (minor, major) = FaultCounter::default().read(pid).ok_or(Error::Needs(Need::Live))?;
    let (old_minor, old_major) = cx.session.moment().faults.unwrap_or((0, 0));
    let row = |since: &'static str, minor: u64, major: u64| {
        Row::new()
            .both("since", Role::Title, format!("since the {since}"), since)
            .width(20)
            .both("minor", Role::Plain, format!("{minor} minor"), minor)
            .width(12)
            .both("major", Role::Plain, format!("{major} major"), major)
    };
    cx.row(&row("start", minor, major));
    cx.row(&row("last stop", minor.saturating_sub(old_minor), major.saturating_sub(old_major)));
    Ok(Flow::Go)
}
