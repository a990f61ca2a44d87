//! How random addresses are, and which frames of memory are shared.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{AddrRange, Error, Mapping, Need, PAGE, PageState, Result, Tid, VirtAddr, counted};
use crate::command::{ArgKind, ArgSpec, Args, Command, Cx, Flow, Group};
use crate::os::{pagemap, procfs};
use crate::ui::{Role, Row, Table};

/// `aslr`
pub const ASLR: Command = Command {
    name: "aslr",
    group: Group::Loading,
    args: &[ArgSpec::JSON, ArgSpec::must("N", ArgKind::Int)],
    summary: "Start the program N times with random addresses: where each region began, and how many bits vary.",
    help: "Each start runs to the program's entry point, when everything it needs is loaded, and is killed there. The bits are those\n\
           that were seen to differ: a lower bound that N starts reach (N starts tell at most log2 N bits of values apart).",
    examples: &[],
    needs: Some(Need::Executable),
    own: true,
    run: aslr,
    ..Command::BASE
};

const MAX_STARTS: i64 = 100_000;

fn aslr(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let n = crate::command::expression::integer_i64(cx, args.get("N").unwrap_or_default())?;
    if !(1..=MAX_STARTS).contains(&n) {
        return Err(Error::user(format!("From 1 to {MAX_STARTS} starts.")));
    }
    let mut order: Vec<String> = Vec::new();
    let mut seen: BTreeMap<String, Vec<VirtAddr>> = BTreeMap::new();
    for _ in 0..n {
        for (name, at) in cx.session.random_start()? {
            if !seen.contains_key(&name) {
                order.push(name.clone());
            }
            seen.entry(name).or_default().push(at);
        }
    }
    let mut table = Table::with_head(&["region", "lowest", "highest", "different", "bits", "which"]);
    for name in order {
        let Some(places) = seen.get(&name) else { continue };
        let first = places.first().copied().unwrap_or_default();
        let varying = places.iter().fold(0u64, |bits, at| bits | (at.0 ^ first.0));
        let distinct: BTreeSet<&VirtAddr> = places.iter().collect();
        let bits = varying.count_ones();
        let which = match varying {
            0 => "fixed".to_owned(),
            v => format!("{} to {}", v.trailing_zeros(), 63 - v.leading_zeros()),
        };
        let (low, high) = (places.iter().min().copied().unwrap_or_default(), places.iter().max().copied().unwrap_or_default());
        table.push(
            Row::new()
                .cell("region", Role::File, name)
                .cell("lowest", Role::Address, low.to_string())
                .cell("highest", Role::Address, high.to_string())
                .both("different", Role::Plain, distinct.len().to_string(), distinct.len())
                .right()
                .both("bits", Role::Plain, bits.to_string(), bits)
                .right()
                .cell("which", Role::Dim, which),
        );
    }
    table.show(cx.out);
    Ok(Flow::Go)
}

/// `info physical`
pub const PHYSICAL: Command = Command {
    name: "info physical",
    group: Group::Loading,
    args: &[ArgSpec::JSON, ArgSpec::may("MODULE", ArgKind::Word)],
    summary: "Show the frames of memory in which a library lies, and the processes that have the same ones (as root).",
    help: "Without MODULE it is the C library. A row a mapping: its resident pages, how many page tables map their frames, and how\n\
           many frames other processes have at the same place of the same file; then a row a process that shares frames.\n\
           The kernel tells frame numbers to root alone (CAP_SYS_ADMIN, /proc/kpagecount); without it `pages' tells what it can.",
    examples: &[],
    needs: Some(Need::Live),
    own: true,
    run: physical,
    ..Command::BASE
};

/// `1 other process maps`, `2 other processes map`
fn who_maps(count: u64) -> String {
    format!("{} {}", counted(count, "other process"), if count == 1 { "maps" } else { "map" })
}

/// So many processes are looked at.
const MAX_OTHERS: usize = 256;
/// So many are named.
const NAMED: usize = 8;

fn physical(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let session = &*cx.session;
    let module = match args.get("MODULE") {
        Some(name) => session.module_named(name)?.clone(),
        None => {
            let libc = ["libc.so.6", "libc", "ld.so"].iter().find_map(|n| session.inferior.modules.named(n).first().copied());
            libc.or(session.inferior.modules.main()).ok_or(Error::Needs(Need::Executable))?.clone()
        }
    };
    let process = session.process()?;
    let pid = process.target.pid();
    let ranges = module.ranges();
    let maps = process.target.maps()?;
    let mappings: Vec<Mapping> =
        maps.mappings.into_iter().filter(|m| m.inode != 0 && ranges.iter().any(|r| r.overlaps(&m.range))).collect();
    let files: BTreeSet<_> = mappings.iter().map(|m| (m.device, m.inode)).collect();
    let sharers = pagemap::sharers(pid, &files);
    let mut others: Vec<Tid> = sharers.by_file.into_values().flatten().collect();
    others.sort_unstable();
    others.dedup();
    let count = others.len() as u64;
    others.truncate(MAX_OTHERS);
    let (mut table, mut by_process, mut any_frame) = (Table::new(), BTreeMap::new(), false);
    for mapping in &mappings {
        let states = session.page_states(mapping)?;
        any_frame |= states.iter().any(|s| s.frame.is_some());
        table.push(mapping_row(mapping, &states, &others, &mut by_process));
    }
    let unasked = match sharers.unasked {
        0 => String::new(),
        n => format!(", and {} of other users may not be asked", counted(n as u64, "process")),
    };
    cx.out.text(Role::Title, &format!("{} ({}): {} it too{unasked}\n", module.name, module.path.display(), who_maps(count)));
    table.show(cx.out);
    if !any_frame {
        cx.say("The kernel shows frame numbers to root only (CAP_SYS_ADMIN): `pages' tells shared from private without them.\n");
    }
    show_sharers(cx, args, by_process);
    Ok(Flow::Go)
}

/// A row a process that has frames of the same, those with the most first.
fn show_sharers(cx: &mut Cx<'_>, args: &Args, by_process: BTreeMap<Tid, u64>) {
    let mut table = Table::new();
    let mut ranked: Vec<(Tid, u64)> = by_process.into_iter().collect();
    ranked.sort_by_key(|(pid, n)| (std::cmp::Reverse(*n), *pid));
    ranked.retain(|(_, n)| *n > 0);
    let left_out = if args.has("-json") { 0 } else { ranked.len().saturating_sub(NAMED) };
    ranked.truncate(ranked.len() - left_out);
    for (other, n) in ranked {
        table.push(
            Row::new()
                .both("pid", Role::Plain, format!("process {other}"), other.0)
                .cell("name", Role::File, procfs::thread_name(other).unwrap_or_default())
                .both("frames", Role::Plain, format!("has {} of the same", counted(n, "frame")), n),
        );
    }
    table.show(cx.out);
    if left_out > 0 {
        cx.say(format!("and {left_out} more (all with -json).\n"));
    }
}

fn mapping_row(mapping: &Mapping, states: &[PageState], others: &[Tid], by_process: &mut BTreeMap<Tid, u64>) -> Row {
    let frames: Vec<u64> = states.iter().filter_map(|s| s.frame).collect();
    let resident = states.iter().filter(|s| s.present).count();
    let mappers = pagemap::mappers(&frames).unwrap_or_default();
    let (least, most) = (mappers.iter().min().copied(), mappers.iter().max().copied());
    let mut common: BTreeSet<u64> = BTreeSet::new();
    for other in others {
        let theirs = frames_of(*other, mapping, states.len());
        let same = states.iter().zip(&theirs).filter(|(a, b)| a.frame.is_some() && a.frame == **b);
        let same: Vec<u64> = same.filter_map(|(a, _)| a.frame).collect();
        *by_process.entry(*other).or_default() += same.len() as u64;
        common.extend(same);
    }
    let shown = match (least, most) {
        (Some(a), Some(b)) if a == b => format!("each in {}", counted(a, "page table")),
        (Some(a), Some(b)) => format!("each in {a} to {b} page tables"),
        _ => "-".to_owned(),
    };
    let first = frames.first().copied();
    // Without frames nobody can say which are the same.
    let shared = first.map_or_else(|| "-".to_owned(), |_| format!("{} shared now", counted(common.len() as u64, "frame")));
    Row::new()
        .cell("start", Role::Address, mapping.range.start.to_string())
        .cell("perms", Role::Plain, mapping.perms.to_string())
        .both("resident", Role::Plain, format!("{resident} of {} pages resident", mapping.range.len() / PAGE), resident)
        .both("first_frame", Role::Address, first.map_or_else(|| "-".into(), |f| format!("frame {f:#x}..")), first)
        .both("page_tables", Role::Plain, shown, mappers)
        .both("shared", Role::Changed, shared, first.map(|_| common.len()))
}

/// The frames that another process has for the same pages of the same file.
fn frames_of(pid: Tid, mapping: &Mapping, pages: usize) -> Vec<Option<u64>> {
    let mut out = vec![None; pages];
    for theirs in procfs::maps(pid).unwrap_or_default().mappings {
        if (theirs.device, theirs.inode) != (mapping.device, mapping.inode) {
            continue;
        }
        let end = theirs.offset + theirs.range.len();
        let (from, to) = (theirs.offset.max(mapping.offset), end.min(mapping.offset + pages as u64 * PAGE));
        if from >= to {
            continue;
        }
        let start = theirs.range.start + (from - theirs.offset);
        let states = pagemap::pages(pid, AddrRange::with_len(start, to - from)).unwrap_or_default();
        let at = ((from - mapping.offset) / PAGE) as usize;
        for (place, state) in out.iter_mut().skip(at).zip(states) {
            *place = state.frame.or(*place);
        }
    }
    out
}
