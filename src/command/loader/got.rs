//! The global offset table.

use std::sync::Arc;

use regex::Regex;

use super::scope;
use crate::base::{AddrRange, Result, counted};
use crate::command::{ArgKind, ArgSpec, Args, Command, Cx, Example, Flow, Group};
use crate::elf::RelocTable;
use crate::engine::{Session, SlotMeaning, is_static, relro_range};
use crate::loader::{Got, GotWords, Relro, Slot};
use crate::symbols::Module;
use crate::ui::{Role, Row};

/// `info got`
pub const GOT: Command = Command {
    name: "info got",
    aliases: &["got"],
    group: Group::Loading,
    args: &[
        ArgSpec::MODULE,
        ArgSpec::ALL,
        ArgSpec::may("-r", ArgKind::Switch),
        ArgSpec::may("-history", ArgKind::Switch),
        ArgSpec::JSON,
        ArgSpec::may("REGEX", ArgKind::Regex),
    ],
    summary: "Show the global offset table: each word, what fills it, and where it leads now.",
    help: "Without -m it is the program's; -all shows every module's. With REGEX, the slots whose symbol or state matches it.\n\
           -r adds the relocation that fills each slot: its table, its index there, its addend.\n\
           -history: the writes that were seen, by whom, in order. The program's slots are looked at whenever it stops; another\n\
           module's from the first time that their history is asked for.\n\
           The words are GOT[n] in expressions; GOT[0] is where DT_PLTGOT points. Words of .got that lie apart follow\n\
           under a line of their own, those below GOT[0] with negative numbers.\n\
           Before the program runs, the values are the file's.",
    examples: &[
        Example { line: "got", what: "the program's GOT" },
        Example { line: "info got -all puts", what: "every module's slots of puts" },
        Example { line: "got -r -json", what: "one JSON object a word" },
    ],
    own: true,
    run: got,
    ..Command::BASE
};

fn got(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let regex = scope::regex(args)?;
    if args.has("-history") {
        return super::history::show(cx, &scope::modules(cx.session, args)?, regex.as_ref());
    }
    for module in scope::modules(cx.session, args)? {
        let Some(table) = module.got() else {
            if !args.has("-all") {
                cx.say(format!("{} has no global offset table.\n", module.name));
            }
            continue;
        };
        show_table(cx, &module, table, regex.as_ref(), args.has("-r"), args.has("-all"));
    }
    Ok(Flow::Go)
}

/// A word with all that is shown of it.
struct Line<'a> {
    slot: &'a Slot,
    symbol: String,
    value: Option<u64>,
    meaning: SlotMeaning,
    text: String,
    protected: bool,
}

fn show_table(cx: &mut Cx<'_>, module: &Arc<Module>, got: &Got, regex: Option<&Regex>, relocations: bool, quiet: bool) {
    let lines = lines(cx.session, module, got);
    let fits = |l: &Line<'_>| {
        regex.is_none_or(|r| {
            [Some(&l.symbol), l.slot.versioned_name().as_ref(), Some(&l.text)].into_iter().flatten().any(|t| r.is_match(t))
        })
    };
    let shown: Vec<&Line<'_>> = lines.iter().filter(|l| fits(l)).collect();
    if shown.is_empty() && (quiet || regex.is_none()) && !got.slots.is_empty() {
        return;
    }
    cx.out.text(Role::Title, &head(cx.session, module, got));
    if cx.session.inferior.process.is_none() && (module.link_map.is_some() || module.bias.0 != 0) {
        cx.say("The program is not running any more: the addresses are the last run's, the values the file's.\n");
    }
    let widths = Widths::of(&shown);
    // The words around GOT[0] first, whatever lies below or above it.
    let holds_base = |w: &GotWords| w.first <= 0 && w.first + w.count as i64 > 0;
    let (base, apart): (Vec<&GotWords>, Vec<&GotWords>) = got.words.iter().partition(|w| holds_base(w));
    for run in base.iter().chain(&apart) {
        let rows: Vec<&&Line<'_>> =
            shown.iter().filter(|l| l.slot.addr >= run.start && l.slot.addr - run.start < 8 * run.count).collect();
        if rows.is_empty() {
            continue;
        }
        if !holds_base(run) {
            cx.out.text(Role::Title, &apart_head(module, got, run));
        }
        for line in rows {
            let row = row(module, line, &widths, relocations);
            cx.row(&row);
        }
    }
    if shown.is_empty() {
        cx.say("No slot matches.\n");
    }
    if is_static(module.image()) && module.role == crate::symbols::ModuleRole::Main {
        cx.say(format!(
            "{} is statically linked: it has no lazy slots, its start-up code fills in what IFUNC resolvers choose.\n",
            module.name
        ));
    }
}

fn lines<'a>(session: &Session, module: &Arc<Module>, got: &'a Got) -> Vec<Line<'a>> {
    let relro = relro_range(module);
    let values = session.slot_values(module);
    let line = |(slot, value): (&'a Slot, Option<u64>)| {
        let meaning = session.slot_meaning(module, slot, value);
        let text = session.slot_text(module, slot, value.unwrap_or(0), meaning);
        let at = module.virt(slot.addr);
        let symbol = slot.versioned_name().map_or_else(|| "-".to_owned(), |n| session.shown_symbol(&n).into_owned());
        Line { slot, symbol, value, meaning, text, protected: relro.overlaps(&AddrRange::with_len(at, 8)) }
    };
    got.slots.iter().zip(values).map(line).collect()
}

/// `GOT of a.out at 0x403fe8: 5 words, 2 slots, lazy binding, partial RELRO (.got.plt)`
fn head(session: &Session, module: &Module, got: &Got) -> String {
    let base = module.virt(got.base);
    let run = got.words.iter().find(|w| w.first <= 0 && w.first + w.count as i64 > 0);
    let binding = match got.slots.iter().any(Slot::is_jump_slot) {
        false => "no lazy binding",
        true if !got.is_lazy => "bound at load",
        true if session.binds_eagerly() => "bound at load by musl",
        true => "lazy binding",
    };
    let relro = match got.relro {
        Relro::None => "no RELRO",
        Relro::Partial => "partial RELRO",
        Relro::Full => "full RELRO",
    };
    let (words, section) = run.map_or((0, ""), |r| (r.count, r.section.as_str()));
    let slots = run.map_or(0, |r| count_slots(got, r));
    let section = if section.is_empty() { String::new() } else { format!(" ({section})") };
    format!(
        "GOT of {} at {base}: {}, {}, {binding}, {relro}{section}\n",
        module.name,
        counted(words, "word"),
        counted(slots, "slot")
    )
}

fn apart_head(module: &Module, got: &Got, run: &GotWords) -> String {
    let name = if run.section.is_empty() { "Slots" } else { &run.section };
    let words = counted(run.count, "word");
    format!("{name} of {} at {}: {words}, {}\n", module.name, module.virt(run.start), counted(count_slots(got, run), "slot"))
}

fn count_slots(got: &Got, run: &GotWords) -> u64 {
    let within = |s: &&Slot| s.addr >= run.start && s.addr - run.start < 8 * run.count;
    got.slots.iter().filter(within).filter(|s| s.relocation.is_some() && s.reserved.is_none()).count() as u64
}

/// The longest symbol that its column makes room for: C++ names go on for hundreds of characters.
const MAX_ALIGNED: usize = 64;

/// The columns' widths; reserved words, whose rows end early, widen none.
#[derive(Default)]
struct Widths {
    index: usize,
    addr: usize,
    symbol: usize,
    kind: usize,
    relocation: usize,
}

impl Widths {
    fn of(lines: &[&Line<'_>]) -> Widths {
        let mut w = Widths::default();
        for l in lines {
            w.index = w.index.max(l.slot.index.to_string().len() + 2);
            if l.slot.reserved.is_none() {
                w.symbol = w.symbol.max(l.symbol.chars().count().min(MAX_ALIGNED));
                w.kind = w.kind.max(kind(l.slot).len());
                w.relocation = w.relocation.max(relocation(l.slot).len());
            }
        }
        w.addr = 8;
        w
    }
}

fn kind(slot: &Slot) -> String {
    slot.relocation.map_or_else(|| "-".into(), |r| r.kind_name().into_owned())
}

/// `.rela.plt[3]`, with the addend where there is one.
fn relocation(slot: &Slot) -> String {
    let Some(r) = slot.relocation else { return "-".into() };
    let table = match r.table {
        RelocTable::Dyn => ".rela.dyn",
        RelocTable::Plt => ".rela.plt",
        RelocTable::Relr => ".relr.dyn",
    };
    let addend = if r.addend == 0 { String::new() } else { format!("+{:#x}", r.addend) };
    format!("{table}[{}]{addend}", r.index)
}

fn row(module: &Module, line: &Line<'_>, widths: &Widths, relocations: bool) -> Row {
    let slot = line.slot;
    let at = module.virt(slot.addr);
    let value = line.value.map_or_else(|| "??".to_owned(), |v| format!("{v:#018x}"));
    let row = Row::new()
        .hidden("module", module.name.as_str())
        .both("index", Role::Plain, format!("[{}]", slot.index), slot.index)
        .width(widths.index)
        .cell("address", Role::Address, at.to_string())
        .width(widths.addr)
        .cell("value", Role::Address, value)
        .hidden("section", slot.section.as_str());
    let target = line.text.split_once(" -> ").map(|(_, t)| t.to_owned());
    let state = line.meaning.state();
    if slot.reserved.is_some() {
        return row.hidden("state", state).both("target", Role::Symbol, line.text.clone(), line.text.clone());
    }
    let text = if line.protected { format!("{}, read-only after relocation", line.text) } else { line.text.clone() };
    let role = if matches!(line.meaning, SlotMeaning::Redirected(_)) { Role::Changed } else { Role::Plain };
    let mut row = row
        .both("symbol", Role::Symbol, line.symbol.clone(), slot.versioned_name())
        .width(widths.symbol)
        .both("type", Role::Plain, kind(slot), slot.relocation.map(|r| r.kind_name()))
        .width(widths.kind);
    if relocations {
        row = row.cell("relocation", Role::Dim, relocation(slot)).width(widths.relocation);
    }
    row.hidden("demangled", slot.name.as_ref().map(|_| line.symbol.clone()))
        .both("state", role, text, state)
        .hidden("target", target)
        .hidden("read_only_after_relocation", line.protected)
}
