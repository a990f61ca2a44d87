//! Dynamic relocations and what has become of them.

use std::sync::Arc;

use super::scope;
use crate::base::{FileAddr, Memory, PageCache, Result, VirtAddr};
use crate::command::{ArgKind, ArgSpec, Args, Command, Cx, Example, Flow, Group};
use crate::elf::{Image, Relocation, SymbolKind, r_x86_64};
use crate::engine::Session;
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
           `lazy' (only moved; its first call binds it) or `altered' (neither the file's value nor what ld.so writes).\n\
           Without -m it is the program; -all shows every module. REGEX selects by symbol, type or verdict.",
    examples: &[
        Example { line: "info relocations", what: "the program's relocations" },
        Example { line: "info relocations JUMP_SLOT", what: "those of the PLT" },
    ],
    own: true,
    run: relocations,
    ..Command::BASE
};

/// How many zeroed or copied bytes of a COPY relocation are compared.
const MAX_COPY: u64 = 1 << 16;

fn relocations(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let regex = scope::regex(args)?;
    for module in scope::modules(cx.session, args)? {
        let image = module.image();
        let all: Vec<Relocation> = image.relocations().collect();
        if all.is_empty() {
            if !args.has("-all") {
                cx.say(format!("{} has no dynamic relocations.\n", module.name));
            }
            continue;
        }
        let cache = PageCache::new(cx.session.memory());
        // A file's segments do not begin at pages.
        let memory: &dyn Memory = if cx.session.inferior.process.is_some() { &cache } else { cx.session.memory() };
        let relocated = cx.session.is_relocated(&module);
        let lines: Vec<Line> = all.iter().map(|r| Line::of(cx.session, &module, memory, r, relocated)).collect();
        let kinds = lines.iter().map(|l| l.kind.len()).max().unwrap_or(0);
        let symbols = lines.iter().map(|l| l.symbol.chars().count()).max().unwrap_or(0).min(60);
        let fits = |l: &&Line| regex.as_ref().is_none_or(|r| [&l.symbol, &l.kind, l.verdict].iter().any(|t| r.is_match(t)));
        let rows: Vec<Row> = lines.iter().filter(fits).map(|l| l.row(&module, kinds, symbols)).collect();
        if rows.is_empty() && args.has("-all") {
            continue;
        }
        cx.out.text(Role::Title, &format!("Relocations of {}: {}\n", module.name, all.len()));
        for row in &rows {
            cx.row(row);
        }
        if rows.is_empty() {
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
}

impl Line {
    fn of(session: &Session, module: &Arc<Module>, memory: &dyn Memory, r: &Relocation, relocated: bool) -> Line {
        let image = module.image();
        let at = module.virt(r.offset);
        let file = image.word_at(r.offset).unwrap_or(0);
        let mut word = [0; 8];
        let now = memory.read(at, &mut word).ok().map(|()| u64::from_le_bytes(word));
        let kind = if r.kind == r_x86_64::ABS64 { "R_X86_64_64".to_owned() } else { r.kind_name() };
        let verdict =
            if session.inferior.process.is_none() { "not yet" } else { verdict(session, module, r, file, now, relocated) };
        Line { at, kind, symbol: symbol(image, r, file), file, now, verdict }
    }

    fn row(&self, module: &Module, kinds: usize, symbols: usize) -> Row {
        let now = self.now.map(|n| format!("{n:#018x}"));
        Row::new()
            .hidden("module", module.name.as_str())
            .cell("address", Role::Address, self.at.to_string())
            .cell("type", Role::Plain, self.kind.as_str())
            .width(kinds)
            .cell("symbol", Role::Symbol, self.symbol.as_str())
            .width(symbols)
            .cell("file", Role::Plain, format!("{:#018x}", self.file))
            .both("now", Role::Address, now.clone().unwrap_or_else(|| "??".into()), now)
            .cell("verdict", if self.verdict == "altered" { Role::Changed } else { Role::Plain }, self.verdict)
    }
}

fn symbol(image: &Image, r: &Relocation, file: u64) -> String {
    let relr_addend = r.table == crate::elf::RelocTable::Relr;
    let addend = if relr_addend { file as i64 } else { r.addend };
    let hex = |n: i64| if n < 0 { format!("-{:#x}", n.unsigned_abs()) } else { format!("{n:#x}") };
    match image.relocation_symbol(r) {
        Some(s) if addend == 0 => s.versioned_name(),
        Some(s) if addend < 0 => format!("{} - {:#x}", s.versioned_name(), addend.unsigned_abs()),
        Some(s) => format!("{} + {addend:#x}", s.versioned_name()),
        None => hex(addend),
    }
}

/// What has become of a relocation in a process.
fn verdict(
    session: &Session,
    module: &Arc<Module>,
    r: &Relocation,
    file: u64,
    now: Option<u64>,
    relocated: bool,
) -> &'static str {
    use r_x86_64::{ABS64, COPY, DTPMOD64, DTPOFF64, GLOB_DAT, IRELATIVE, JUMP_SLOT, RELATIVE, TLSDESC, TPOFF64};
    let Some(now) = now else { return "unreadable" };
    let moved = module.virt(FileAddr(file)).0;
    let judged = |good: bool| match good {
        true => "applied",
        false if now == file && !relocated => "not yet",
        false => "altered",
    };
    match r.kind {
        RELATIVE => {
            let addend = if r.table == crate::elf::RelocTable::Relr { file } else { r.addend as u64 };
            judged(now == module.virt(FileAddr(addend)).0)
        }
        JUMP_SLOT if file != 0 && now == moved && (relocated || module.bias.0 != 0) => "lazy",
        JUMP_SLOT | GLOB_DAT | ABS64 => judged(is_symbol(session, module, r, now)),
        // *Folklore*: glibc has IFUNCs that choose nothing and are there for what their resolvers do (`__x86_cpu_features`).
        IRELATIVE => judged(relocated && now == 0 || now != file && now != moved && session.is_code(VirtAddr(now))),
        COPY => copied(session, module, r),
        TPOFF64 | DTPOFF64 | DTPMOD64 | TLSDESC => judged(relocated),
        _ if now == file => "not yet",
        _ => "applied",
    }
}

/// Whether the value is the relocation's symbol, as any module defines it, plus its addend.
fn is_symbol(session: &Session, module: &Arc<Module>, r: &Relocation, now: u64) -> bool {
    let Some(symbol) = module.image().relocation_symbol(r) else { return now == r.addend as u64 };
    let value = VirtAddr(now.wrapping_sub(r.addend as u64));
    if value.0 == 0 {
        return symbol.binding == crate::elf::Binding::Weak || symbol.is_undefined() && session.is_relocated(module);
    }
    let Some(owner) = session.inferior.modules.at(value) else { return false };
    let there = owner.image().dynsym().named(symbol.name);
    let at = owner.to_file(value);
    if there.iter().any(|s| s.addr == at && s.addr.0 != 0) {
        return true; // also the canonical stub of an undefined function
    }
    let is_ifunc = |m: &Arc<Module>| m.image().dynsym().named(symbol.name).iter().any(|s| s.kind == SymbolKind::Ifunc);
    session.is_code(value) && session.inferior.modules.iter().any(is_ifunc) && !session.was_written(module.virt(r.offset), now)
}

/// Whether the copy is still what it was copied from. A program's variables change.
fn copied(session: &Session, module: &Arc<Module>, r: &Relocation) -> &'static str {
    let Some(symbol) = module.image().relocation_symbol(r) else { return "altered" };
    let size = symbol.size.min(MAX_COPY) as usize;
    let read = |at: VirtAddr| crate::base::read_vec(session.memory(), at, size).ok();
    let source = session.inferior.modules.iter().filter(|m| m.id != module.id).find_map(|m| {
        let found = m.image().dynsym().named(symbol.name).into_iter().find(|s| s.has_place())?;
        Some(m.virt(found.addr))
    });
    let here = read(module.virt(r.offset));
    match (&here, source.and_then(read)) {
        (Some(a), Some(b)) if *a == b => "applied",
        (Some(a), _) if a.iter().all(|b| *b == 0) => "not yet",
        _ => "altered",
    }
}
