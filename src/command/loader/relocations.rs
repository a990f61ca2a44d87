//! Dynamic relocations and what has become of them.

use std::sync::Arc;

use super::scope;
use crate::base::{Memory, PageCache, Result, VirtAddr, read_u64};
use crate::command::{ArgKind, ArgSpec, Args, Command, Cx, Example, Flow, Group};
use crate::elf::{Image, RelocTable, Relocation, r_x86_64};
use crate::engine::{RelocationState, Relocations, Session};
use crate::expr::Host;
use crate::symbols::Module;
use crate::ui::{Role, Row};

/// `info relocations`
pub const RELOCATIONS: Command = Command {
    name: "info relocations",
    aliases: &[],
    group: Group::Loading,
    args: &[ArgSpec::MODULE, ArgSpec::ALL, ArgSpec::JSON, ArgSpec::may("REGEX", ArgKind::Regex)],
    summary: "Show the dynamic relocations: address, type, symbol and addend, value in the file, value now, verdict.",
    help: "They are those of DT_RELA, DT_RELR and DT_JMPREL, at run-time addresses. The verdict is `applied', `not yet',\n\
           `lazy' (only moved; its first call binds it) or `altered': neither the file's value nor what ld.so would write, by\n\
           its own lookup replayed. What stands there instead, what should, and who wrote it if rdbg did, follow. `changed' is\n\
           a variable in writable data, to which the program has assigned.\n\
           Without -m it is the program; -all shows every module. REGEX selects by symbol, type or verdict.",
    examples: &[
        Example { line: "info relocations", what: "the program's relocations" },
        Example { line: "info relocations JUMP_SLOT", what: "those of the PLT" },
    ],
    own: true,
    run: relocations,
    ..Command::BASE
};

fn relocations(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let regex = scope::regex(args)?;
    let modules = scope::modules(cx.session, args)?;
    let mut shown = Vec::new();
    let session = &*cx.session;
    let judge = Relocations::new(session);
    for module in modules {
        let image = module.image();
        let all: Vec<Relocation> = image.relocations().collect();
        if all.is_empty() {
            if !args.has("-all") {
                shown.push((format!("{} has no dynamic relocations.\n", module.name), Vec::new()));
            }
            continue;
        }
        let cache = PageCache::new(session.memory());
        // A file's segments do not begin at pages.
        let memory: &dyn Memory = if session.inferior.process.is_some() { &cache } else { session.memory() };
        let states = judge.states(&module, memory, &all);
        let line = |(r, state): (&Relocation, RelocationState)| Line::of(session, &module, memory, r, state);
        let lines: Vec<Line> = all.iter().zip(states).map(line).collect();
        let kinds = lines.iter().map(|l| l.kind.len()).max().unwrap_or(0);
        let symbols = lines.iter().map(|l| l.symbol.chars().count()).max().unwrap_or(0).min(60);
        let fits = |l: &&Line| regex.as_ref().is_none_or(|r| [&l.symbol, &l.kind, l.verdict].iter().any(|t| r.is_match(t)));
        let rows: Vec<Row> = lines.iter().filter(fits).map(|l| l.row(&module, kinds, symbols)).collect();
        if rows.is_empty() && args.has("-all") {
            continue;
        }
        shown.push((format!("Relocations of {}: {}\n", module.name, all.len()), rows));
    }
    for (head, rows) in shown {
        let nothing = rows.is_empty() && head.starts_with("Relocations");
        cx.out.text(Role::Title, &head);
        rows.iter().for_each(|row| cx.row(row));
        if nothing {
            cx.say("No relocation matches.\n");
        }
    }
    Ok(Flow::Go)
}

struct Line {
    at: VirtAddr,
    kind: String,
    /// `puts@GLIBC_2.2.5 + 0x8`, or the addend alone.
    symbol: String,
    file: u64,
    now: Option<u64>,
    verdict: &'static str,
    /// What stands there, where that is not what should.
    remark: String,
}

impl Line {
    fn of(session: &Session, module: &Arc<Module>, memory: &dyn Memory, r: &Relocation, state: RelocationState) -> Line {
        let image = module.image();
        let at = module.virt(r.offset);
        let file = image.word_at(r.offset).unwrap_or(0);
        let now = read_u64(memory, at).ok();
        let kind = if r.kind == r_x86_64::ABS64 { "R_X86_64_64".to_owned() } else { r.kind_name().into_owned() };
        let (verdict, remark) = (state.word(), remark(session, module, r, now, &state));
        Line { at, kind, symbol: symbol(image, r, file), file, now, verdict, remark }
    }

    fn row(&self, module: &Module, kinds: usize, symbols: usize) -> Row {
        let now = self.now.map(|n| format!("{n:#018x}"));
        let row = Row::new()
            .hidden("module", module.name.as_str())
            .cell("address", Role::Address, self.at.to_string())
            .cell("type", Role::Plain, self.kind.as_str())
            .width(kinds)
            .cell("symbol", Role::Symbol, self.symbol.as_str())
            .width(symbols)
            .cell("file", Role::Plain, format!("{:#018x}", self.file))
            .both("now", Role::Address, now.clone().unwrap_or_else(|| "??".into()), now)
            .cell("verdict", if self.verdict == "altered" { Role::Changed } else { Role::Plain }, self.verdict);
        let text = if self.remark.is_empty() { String::new() } else { format!("({})", self.remark) };
        row.both("remark", Role::Changed, text, self.remark.as_str())
    }
}

/// `libhook.so!hooked, should be libc.so.6!puts; written by "redirect puts hooked"`
fn remark(session: &Session, module: &Arc<Module>, r: &Relocation, now: Option<u64>, state: &RelocationState) -> String {
    let RelocationState::Altered { expected } = state else {
        return match state {
            RelocationState::Changed => "a variable: the program has assigned to it".into(),
            _ => String::new(),
        };
    };
    let name = |v: u64| session.full_name(VirtAddr(v), None).unwrap_or_else(|| format!("{v:#x}"));
    let mut text = now.map_or_else(|| "unreadable".into(), name);
    if let Some(expected) = expected {
        text.push_str(&format!(", should be {}", name(*expected)));
    }
    let at = module.virt(r.offset);
    if let Some(command) = session.writer_of(at) {
        text.push_str(&format!("; written by \"{command}\""));
    }
    text
}

fn symbol(image: &Image, r: &Relocation, file: u64) -> String {
    let addend = if r.table == RelocTable::Relr { file as i64 } else { r.addend };
    let hex = |n: i64| if n < 0 { format!("-{:#x}", n.unsigned_abs()) } else { format!("{n:#x}") };
    match image.relocation_symbol(r) {
        Some(s) if addend == 0 => s.versioned_name(),
        Some(s) if addend < 0 => format!("{} - {:#x}", s.versioned_name(), addend.unsigned_abs()),
        Some(s) => format!("{} + {addend:#x}", s.versioned_name()),
        None => hex(addend),
    }
}
