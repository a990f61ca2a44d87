//! What protects a module, what it costs, what its IFUNCs chose.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::scope;
use crate::base::{PAGE, Result, VirtAddr, counted};
use crate::command::{ArgSpec, Args, Command, Cx, Example, Flow, Group};
use crate::elf::{FileKind, Image, SymbolKind, dt, pf, pt, r_x86_64};
use crate::engine::{Session, SlotMeaning, is_static};
use crate::loader::Relro;
use crate::symbols::{Module, ModuleRole};
use crate::ui::{Role, Row, Table};

/// `checksec`
pub const CHECKSEC: Command = Command {
    name: "checksec",
    group: Group::Loading,
    args: &[ArgSpec::MODULE, ArgSpec::ALL, ArgSpec::JSON],
    summary: "Show what protects a module: RELRO, BIND_NOW, NX, PIE, stack canaries, fortified functions, CET, RPATH.",
    help: "All of it is read from the file. -all: a row a module.",
    examples: &[Example { line: "checksec", what: "the program's" }],
    own: true,
    run: checksec,
    ..Command::BASE
};

fn checksec(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let mut table = Table::with_head(&["module", "RELRO", "binding", "stack", "PIE", "canary", "fortify", "CET", "RPATH"]);
    for module in scope::modules(cx.session, args)?.iter().filter(|m| m.role != ModuleRole::Vdso || !args.has("-all")) {
        table.push(protection(module));
    }
    table.show(cx.out);
    Ok(Flow::Go)
}

fn protection(module: &Arc<Module>) -> Row {
    let image = module.image();
    let is_static = module.role == ModuleRole::Main && is_static(image);
    let relro = match (image.segment(pt::PT_GNU_RELRO), image.dynamic().binds_now()) {
        (None, _) => Relro::None,
        (Some(_), true) => Relro::Full,
        (Some(_), false) if is_static => module.got().map_or(Relro::Full, |g| g.relro),
        (Some(_), false) => Relro::Partial,
    };
    let relro = match relro {
        Relro::None => "none",
        Relro::Partial => "partial",
        Relro::Full => "full",
    };
    let binding = match (is_static, image.dynamic().binds_now()) {
        (true, _) => "static",
        (false, true) => "now",
        (false, false) => "lazy",
    };
    let stack = match image.segment(pt::PT_GNU_STACK) {
        Some(s) if s.flags & pf::PF_X == 0 => "NX",
        Some(_) => "executable",
        None => "executable (no PT_GNU_STACK)",
    };
    let pie = match (image.kind(), module.role) {
        (FileKind::Exec, _) => "no",
        (FileKind::Dyn, ModuleRole::Main) => "yes",
        (FileKind::Dyn, _) => "library",
    };
    let has = |names: &[&str]| {
        let any = |n: &str| !image.dynsym().named(n).is_empty() || !image.symtab().named(n).is_empty();
        names.iter().any(|n| any(n))
    };
    let canary = if has(&["__stack_chk_fail", "__stack_chk_guard", "__intel_security_cookie"]) { "yes" } else { "none found" };
    let fortified = image.dynsym().iter().filter(|s| s.is_undefined() && s.name.starts_with("__") && s.name.ends_with("_chk"));
    let fortified: Vec<String> = fortified.map(|s| s.name.to_owned()).collect();
    let list = |tag: u64| image.dynamic().get(tag).map(|o| image.dynamic_string(o).to_owned());
    let path = match (list(dt::DT_RPATH), list(dt::DT_RUNPATH)) {
        (_, Some(path)) => format!("RUNPATH {path}"),
        (Some(path), None) => format!("RPATH {path}"),
        (None, None) => "none".to_owned(),
    };
    Row::new()
        .cell("module", Role::File, module.name.as_str())
        .cell("relro", Role::Plain, relro)
        .cell("binding", Role::Plain, binding)
        .cell("stack", if stack == "NX" { Role::Plain } else { Role::Changed }, stack)
        .cell("pie", Role::Plain, pie)
        .cell("canary", Role::Plain, canary)
        .both("fortify", Role::Plain, counted(fortified.len() as u64, "function"), fortified)
        .cell("cet", Role::Plain, cet(image))
        .cell("rpath", Role::Plain, path)
}

/// GNU_PROPERTY_X86_FEATURE_1_AND (x86-64 psABI §5.1): bit 0 IBT, bit 1 SHSTK.
fn cet(image: &Image) -> String {
    const NT_GNU_PROPERTY_TYPE_0: u32 = 5;
    const FEATURE_1_AND: u32 = 0xc000_0002;
    let word = |b: &[u8], at: usize| Some(u32::from_le_bytes(*b.get(at..)?.first_chunk()?));
    let mut features = 0;
    for note in image.notes().filter(|n| n.owner == "GNU" && n.kind == NT_GNU_PROPERTY_TYPE_0) {
        let mut rest = note.data;
        while let (Some(kind), Some(size)) = (word(rest, 0), word(rest, 4)) {
            features |= if kind == FEATURE_1_AND { word(rest, 8).unwrap_or(0) } else { 0 };
            rest = rest.get(8 + (size as usize).next_multiple_of(8)..).unwrap_or_default();
        }
    }
    let names: Vec<&str> = [(1, "IBT"), (2, "SHSTK")].iter().filter(|(b, _)| features & b != 0).map(|(_, n)| *n).collect();
    if names.is_empty() { "none".into() } else { names.join(" ") }
}

/// `info size`
pub const SIZE: Command = Command {
    name: "info size",
    group: Group::Loading,
    args: &[ArgSpec::JSON],
    summary: "Show what each module costs: bytes of its file, mapped and private bytes, relocations by type.",
    help: "Private bytes are those pages of its mappings that are this process's own (see `pages').",
    examples: &[Example { line: "info size", what: "a row a module" }],
    own: true,
    run: size,
    ..Command::BASE
};

fn size(cx: &mut Cx<'_>, _: &Args) -> Result<Flow> {
    let session = &*cx.session;
    let mut table = Table::with_head(&["module", "file", "mapped", "private", "relocations"]);
    for module in session.inferior.modules.iter() {
        let mapped: u64 = module.ranges().iter().map(|r| r.len()).sum();
        let private = private_bytes(session, module);
        let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
        for r in module.image().relocations() {
            let kind = if r.kind == r_x86_64::ABS64 { "64".to_owned() } else { r.kind_name().into_owned() };
            *kinds.entry(kind).or_default() += 1;
        }
        let total: u64 = kinds.values().sum();
        let mut ranked: Vec<(&String, &u64)> = kinds.iter().collect();
        ranked.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
        let shown: Vec<String> = ranked.iter().map(|(k, n)| format!("{n} {k}")).collect();
        let text = if shown.is_empty() { "0".to_owned() } else { format!("{total}: {}", shown.join(", ")) };
        let bytes = module.image().bytes().len();
        table.push(
            Row::new()
                .cell("module", Role::File, module.name.as_str())
                .both("file", Role::Plain, bytes.to_string(), bytes)
                .right()
                .both("mapped", Role::Plain, mapped.to_string(), mapped)
                .right()
                .both("private", Role::Plain, private.map_or_else(|| "-".into(), |n| n.to_string()), private)
                .right()
                .both("relocations", Role::Plain, text, total)
                .hidden("kinds", serde_json::to_value(&kinds).unwrap_or_default()),
        );
    }
    table.show(cx.out);
    Ok(Flow::Go)
}

/// The bytes of a module's pages that are the process's own; `None` where nobody says.
fn private_bytes(session: &Session, module: &Module) -> Option<u64> {
    let target = &session.process().ok()?.target;
    let mut pages = 0;
    for range in module.ranges() {
        pages += target.pages(range).ok()?.iter().filter(|s| s.is_private()).count() as u64;
    }
    Some(pages * PAGE)
}

/// `info ifunc`
pub const IFUNC: Command = Command {
    name: "info ifunc",
    group: Group::Loading,
    args: &[ArgSpec::MODULE, ArgSpec::ALL, ArgSpec::JSON, ArgSpec::may("REGEX", crate::command::ArgKind::Regex)],
    summary: "Show the IFUNCs of a module: each with its resolver and the variant that it chose.",
    help: "The choice is read from a slot, of any module, that was bound to it; where none is, nobody has asked yet. Without -m it is\n\
           every module that has some. REGEX selects by name.",
    examples: &[Example { line: "info ifunc ^mem", what: "those of libc that begin with mem" }],
    own: true,
    run: ifunc,
    ..Command::BASE
};

/// What a slot shows of an IFUNC's choice.
struct Chosen {
    /// The slot: `libc.so.6 GOT[3]`.
    place: String,
    /// The variant.
    to: VirtAddr,
}

fn ifunc(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let regex = scope::regex(args)?;
    let session = &*cx.session;
    let modules: Vec<Arc<Module>> = match args.get("-m") {
        Some(_) => scope::modules(session, args)?,
        None => session.inferior.modules.iter().cloned().collect(),
    };
    let chosen = choices(session);
    let mut table = Table::new();
    for module in &modules {
        let mut seen = BTreeSet::new();
        let tables = [module.image().dynsym(), module.image().symtab()];
        for symbol in tables.into_iter().flat_map(|t| t.iter()).filter(|s| s.kind == SymbolKind::Ifunc && s.has_place()) {
            let fits = regex.as_ref().is_none_or(|r| r.is_match(symbol.name));
            if !fits || !seen.insert((symbol.name, symbol.addr)) {
                continue;
            }
            let resolver = module.virt(symbol.addr);
            let found = chosen.get(symbol.name).or_else(|| chosen.get(&format!("*{:#x}", resolver.0)));
            let name = found.map(|c| session.full_name(c.to, None).unwrap_or_else(|| c.to.to_string()));
            table.push(
                Row::new()
                    .cell("module", Role::File, module.name.as_str())
                    .cell("symbol", Role::Symbol, symbol.versioned_name())
                    .cell("resolver", Role::Address, resolver.to_string())
                    .note(Role::Plain, "->")
                    .both(
                        "address",
                        Role::Address,
                        found.map_or_else(|| "-".into(), |c| c.to.to_string()),
                        found.map(|c| c.to.to_string()),
                    )
                    .both("variant", Role::Symbol, name.clone().unwrap_or_else(|| "nobody has asked yet".into()), name)
                    .both("slot", Role::Dim, found.map_or(String::new(), |c| c.place.clone()), found.map(|c| c.place.clone())),
            );
        }
    }
    if table.is_empty() {
        cx.say("No IFUNCs.\n");
    }
    table.show(cx.out);
    Ok(Flow::Go)
}

/// What slots hold that were filled by an IFUNC's choice: by the symbol's name, or by the resolver's address for IRELATIVE.
fn choices(session: &Session) -> BTreeMap<String, Chosen> {
    let mut out = BTreeMap::new();
    for module in session.inferior.modules.iter() {
        let values = session.slot_values(module);
        for (slot, value) in module.got().into_iter().flat_map(|g| &g.slots).zip(values) {
            let SlotMeaning::Ifunc(to) = session.slot_meaning(module, slot, value) else { continue };
            let place = format!("{} GOT[{}]", module.name, slot.index);
            let irelative = slot.relocation.filter(|r| r.kind == r_x86_64::IRELATIVE);
            let resolver = irelative.map(|r| format!("*{:#x}", module.bias.0.wrapping_add(r.addend as u64)));
            for key in resolver.into_iter().chain(slot.name.clone()) {
                out.entry(key).or_insert_with(|| Chosen { place: place.clone(), to });
            }
        }
    }
    out
}
