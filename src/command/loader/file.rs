//! The file itself, as readelf shows it, with run-time addresses once there are any.

use std::sync::Arc;

use super::scope;
use crate::base::{Result, VirtAddr, read_u64};
use crate::command::{ArgKind, ArgSpec, Args, Command, Cx, Example, Flow, Group};
use crate::elf::{Binding, FileKind, Image, Note, Section, SymbolKind, dt, pf, shf};
use crate::engine::{Session, is_static};
use crate::expr::Host;
use crate::symbols::Module;
use crate::ui::{Role, Row, Table};

/// What the commands of this file have in common.
const FILE: Command = Command {
    group: Group::Loading,
    args: &[ArgSpec::MODULE, ArgSpec::JSON],
    help: "Without -m it is the program. Addresses are run-time ones as soon as the program runs.",
    own: true,
    ..Command::BASE
};

/// `info elf`
pub const ELF: Command = Command {
    name: "info elf",
    summary: "Show the ELF header: kind, entry point, interpreter, build-id, how many segments, sections and symbols.",
    examples: &[Example { line: "info elf", what: "the program's file" }],
    run: elf,
    ..FILE
};

fn elf(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let module = scope::module(cx.session, args)?;
    let image = module.image();
    let kind = match (image.kind(), image.interp().is_some(), image.dynamic().get(dt::DT_FLAGS_1).unwrap_or(0) & dt::DF_1_PIE) {
        (FileKind::Exec, ..) => "EXEC (at fixed addresses)",
        (FileKind::Dyn, true, _) | (FileKind::Dyn, _, dt::DF_1_PIE) => "DYN (position-independent program)",
        (FileKind::Dyn, ..) => "DYN (shared object)",
    };
    let linked = if is_static(image) { "statically" } else { "dynamically" };
    let entry = image.entry().map_or_else(|| "none".to_owned(), |e| module.virt(e).to_string());
    let id: String = image.build_id().unwrap_or_default().iter().map(|b| format!("{b:02x}")).collect();
    let separate = match module.file.separate() {
        Some(s) if s.is_mini() => format!("{} symbols in .gnu_debugdata", s.image().symtab().len()),
        Some(s) => format!("{}, {} symbols", s.image().path().display(), s.image().symtab().len()),
        None => "none".into(),
    };
    let facts: [(&str, String); 13] = [
        ("file", module.path.display().to_string()),
        ("class", "ELF64, little-endian, x86-64".into()),
        ("type", kind.into()),
        ("linked", linked.into()),
        ("entry", entry),
        ("bias", format!("{:#x}", module.bias.0)),
        ("interpreter", image.interp().unwrap_or("none").into()),
        ("soname", image.soname().unwrap_or("none").into()),
        ("build-id", if id.is_empty() { "none".into() } else { id }),
        ("size", format!("{} bytes", image.bytes().len())),
        ("headers", format!("{} program headers, {} section headers", image.segments().len(), image.sections().len())),
        ("symbols", format!("{} in .symtab, {} in .dynsym", image.symtab().len(), image.dynsym().len())),
        ("debug file", separate),
    ];
    for (what, text) in facts {
        cx.row(&Row::new().cell("what", Role::Title, what).width(11).cell("value", Role::Plain, text));
    }
    Ok(Flow::Go)
}

/// `info sections`
pub const SECTIONS: Command = Command {
    name: "info sections",
    summary: "Show the section headers: index, name, type, address, offset in the file, size, flags.",
    examples: &[Example { line: "info sections -m libc.so.6", what: "libc's" }],
    run: sections,
    ..FILE
};

fn sections(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let module = scope::module(cx.session, args)?;
    let mut table = Table::new();
    for s in module.image().sections() {
        let address = if s.flags & shf::SHF_ALLOC == 0 { VirtAddr(0) } else { module.virt(s.addr) };
        table.push(
            Row::new()
                .both("index", Role::Plain, format!("[{}]", s.index), s.index)
                .cell("name", Role::Symbol, s.name.as_str())
                .cell("type", Role::Plain, s.kind_name())
                .cell("address", Role::Address, format!("{:#018x}", address.0))
                .cell("offset", Role::Plain, format!("{:#08x}", s.offset))
                .cell("size", Role::Plain, format!("{:#08x}", s.size))
                .cell("flags", Role::Plain, flags(s)),
        );
    }
    if table.is_empty() {
        cx.say(format!("{} has no section headers.\n", module.name));
    }
    table.show(cx.out);
    Ok(Flow::Go)
}

/// readelf's letters, those that matter at run time.
fn flags(section: &Section) -> String {
    let letters = [
        (shf::SHF_WRITE, 'W'),
        (shf::SHF_ALLOC, 'A'),
        (shf::SHF_EXECINSTR, 'X'),
        (shf::SHF_TLS, 'T'),
        (shf::SHF_COMPRESSED, 'C'),
    ];
    letters.iter().filter(|l| section.flags & l.0 != 0).map(|l| l.1).collect()
}

/// `info segments`
pub const SEGMENTS: Command = Command {
    name: "info segments",
    summary: "Show the program headers: type, permissions, addresses, offset and size in the file, the sections in each.",
    examples: &[Example { line: "info segments", what: "what the kernel and ld.so map" }],
    run: segments,
    ..FILE
};

fn segments(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let module = scope::module(cx.session, args)?;
    let mut table = Table::new();
    for (index, s) in module.image().segments().iter().enumerate() {
        let letter = |bit, c| if s.flags & bit != 0 { c } else { '-' };
        let perms: String = [letter(pf::PF_R, 'r'), letter(pf::PF_W, 'w'), letter(pf::PF_X, 'x')].iter().collect();
        let within = |x: &&Section| {
            x.flags & shf::SHF_ALLOC != 0 && s.contains(x.addr) && x.end().0 <= s.addr.0.saturating_add(s.mem_size)
        };
        let names: Vec<String> = module.image().sections().iter().filter(within).map(|x| x.name.clone()).collect();
        let start = module.virt(s.addr);
        table.push(
            Row::new()
                .both("index", Role::Plain, format!("[{index}]"), index)
                .cell("type", Role::Plain, s.kind_name())
                .cell("perms", Role::Plain, perms)
                .cell("start", Role::Address, start.to_string())
                .cell("end", Role::Address, (start + s.mem_size).to_string())
                .cell("offset", Role::Plain, format!("{:#x}", s.offset))
                .cell("file_size", Role::Plain, format!("{:#x}", s.file_size))
                .cell("align", Role::Plain, format!("{:#x}", s.align))
                .both("sections", Role::Dim, names.join(" "), names),
        );
    }
    table.show(cx.out);
    Ok(Flow::Go)
}

/// `info dynamic`
pub const DYNAMIC: Command = Command {
    name: "info dynamic",
    summary: "Show the dynamic section: what ld.so reads first.",
    help: "Each value is the one in memory now, with the file's where ld.so has written another: it puts its r_debug into DEBUG and\n\
           adds the load address to most addresses (but not to INIT and its kin, beside which their run-time address stands).\n\
           Before there is a process, the values are the file's.",
    examples: &[Example { line: "info dynamic", what: "DT_NEEDED, DT_PLTGOT and the others" }],
    run: dynamic,
    ..FILE
};

fn dynamic(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let module = scope::module(cx.session, args)?;
    let image = module.image();
    if image.dynamic().is_empty() {
        cx.say(format!("{} has no dynamic section: it is statically linked.\n", module.name));
        return Ok(Flow::Go);
    }
    let live = cx.session.inferior.process.is_some();
    let mut table = Table::new();
    for (i, entry) in (0u64..).zip(&image.dynamic().entries) {
        let at = module.virt(image.dynamic().addr + 16 * i);
        let now = live.then(|| read_u64(cx.session.memory(), at + 8).ok()).flatten();
        let altered = now.filter(|n| *n != entry.value);
        let meaning = match (entry.tag, altered) {
            (_, Some(now)) => leads_to(cx.session, &module, now, entry.value),
            (dt::DT_NEEDED | dt::DT_SONAME | dt::DT_RPATH | dt::DT_RUNPATH, _) => {
                format!("[{}]", image.dynamic_string(entry.value))
            }
            _ => points_into(&module, entry.name().as_str(), entry.value),
        };
        table.push(
            Row::new()
                .cell("address", Role::Address, at.to_string())
                .cell("tag", Role::Plain, entry.name())
                .cell("value", Role::Plain, format!("{:#x}", now.unwrap_or(entry.value)))
                .hidden("file", format!("{:#x}", entry.value))
                .cell("meaning", Role::Dim, meaning),
        );
    }
    table.show(cx.out);
    Ok(Flow::Go)
}

/// What a value is that ld.so has written over the file's.
fn leads_to(session: &Session, module: &Arc<Module>, now: u64, filed: u64) -> String {
    let at = VirtAddr(now);
    let own = module.image().section_at(module.to_file(at)).filter(|_| now.wrapping_sub(module.bias.0) == filed);
    let name = own.map(|s| format!("{}+{:#x}", s.name, module.to_file(at) - s.addr)).or_else(|| session.full_name(at, None));
    format!("{}{filed:#x} in the file", name.map_or(String::new(), |n| format!("{n}, ")))
}

/// Where a value that is a link-time address leads at run time; nothing for sizes and counts.
fn points_into(module: &Module, name: &str, value: u64) -> String {
    let is_number =
        ["SZ", "ENT", "NUM", "COUNT", "FLAGS", "FLAGS_1", "PLTREL", "BIND_NOW", "DEBUG"].iter().any(|n| name.ends_with(n));
    let addr = crate::base::FileAddr(value);
    match module.image().section_at(addr).filter(|_| !is_number) {
        Some(section) => format!("{} {}+{:#x}", module.virt(addr), section.name, addr - section.addr),
        None => String::new(),
    }
}

/// `info dynsym`
pub const DYNSYM: Command = Command {
    name: "info dynsym",
    args: &[ArgSpec::MODULE, ArgSpec::JSON, ArgSpec::may("REGEX", ArgKind::Regex)],
    summary: "Show the dynamic symbol table: index, address, size, type, binding, section, name with version.",
    examples: &[Example { line: "info dynsym ^puts", what: "those that begin with puts" }],
    run: dynsym,
    ..FILE
};

fn dynsym(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let module = scope::module(cx.session, args)?;
    let regex = scope::regex(args)?;
    let mut table = Table::new();
    for s in module.image().dynsym().iter().skip(1) {
        let name = match &s.version {
            Some(v) if v.is_default => format!("{}@@{}", s.name, v.name),
            _ => s.versioned_name(),
        };
        if regex.as_ref().is_some_and(|r| !r.is_match(&name)) {
            continue;
        }
        let address = if s.has_place() { module.virt(s.addr).0 } else { s.addr.0 };
        let section = match s.section {
            0 => "UND".to_owned(),
            0xfff1 => "ABS".to_owned(),
            n => module.image().sections().get(usize::from(n)).map_or_else(|| n.to_string(), |x| x.name.clone()),
        };
        table.push(
            Row::new()
                .both("index", Role::Plain, s.index.to_string(), s.index)
                .cell("address", Role::Address, format!("{address:#018x}"))
                .both("size", Role::Plain, s.size.to_string(), s.size)
                .cell("type", Role::Plain, kind(s.kind))
                .cell("binding", Role::Plain, binding(s.binding))
                .cell("section", Role::Plain, section)
                .cell("name", Role::Symbol, name),
        );
    }
    if table.is_empty() {
        cx.say("No dynamic symbols.\n");
    }
    table.show(cx.out);
    Ok(Flow::Go)
}

pub(super) fn kind(kind: SymbolKind) -> String {
    match kind {
        SymbolKind::NoType => "NOTYPE".into(),
        SymbolKind::Object => "OBJECT".into(),
        SymbolKind::Function => "FUNC".into(),
        SymbolKind::Section => "SECTION".into(),
        SymbolKind::File => "FILE".into(),
        SymbolKind::Tls => "TLS".into(),
        SymbolKind::Ifunc => "IFUNC".into(),
        SymbolKind::Other(n) => n.to_string(),
    }
}

pub(super) fn binding(binding: Binding) -> String {
    match binding {
        Binding::Local => "LOCAL".into(),
        Binding::Global => "GLOBAL".into(),
        Binding::Weak => "WEAK".into(),
        Binding::Unique => "UNIQUE".into(),
        Binding::Other(n) => n.to_string(),
    }
}

/// `info versions`
pub const VERSIONS: Command = Command {
    name: "info versions",
    summary: "Show the symbol versions that the file needs of others and those that it defines.",
    examples: &[Example { line: "info versions", what: "as GLIBC_2.34 of libc.so.6" }],
    run: versions,
    ..FILE
};

fn versions(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let module = scope::module(cx.session, args)?;
    let versions = module.image().versions();
    let mut table = Table::new();
    let row = |what: &'static str, index: u16, name: &str, rest: String| {
        Row::new()
            .cell("what", Role::Plain, what)
            .both("index", Role::Plain, index.to_string(), index)
            .cell("version", Role::Symbol, name)
            .cell("of", Role::File, rest)
    };
    for v in &versions.needed {
        let weak = if v.flags & 2 != 0 { " (weak)" } else { "" };
        table.push(row("needs", v.index, &v.name, format!("{}{weak}", v.file)));
    }
    for v in &versions.defined {
        let base = if v.flags & 1 != 0 { "(base)".to_owned() } else { v.parents.join(" ") };
        table.push(row("defines", v.index, &v.name, base));
    }
    if table.is_empty() {
        cx.say(format!("{} has no symbol versions.\n", module.name));
    }
    table.show(cx.out);
    Ok(Flow::Go)
}

/// `info notes`
pub const NOTES: Command = Command {
    name: "info notes",
    summary: "Show the notes: build-id, ABI tag, properties.",
    examples: &[Example { line: "info notes", what: "the program's" }],
    run: notes,
    ..FILE
};

fn notes(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let module = scope::module(cx.session, args)?;
    let image: &Arc<Image> = module.image();
    let mut table = Table::new();
    for note in image.notes() {
        let hex: String = note.data.iter().take(64).map(|b| format!("{b:02x}")).collect();
        table.push(
            Row::new()
                .cell("owner", Role::Symbol, note.owner)
                .cell("type", Role::Plain, note_name(&note))
                .both("size", Role::Plain, format!("{} bytes", note.data.len()), note.data.len())
                .cell("data", Role::Plain, hex),
        );
    }
    if table.is_empty() {
        cx.say(format!("{} has no notes.\n", module.name));
    }
    table.show(cx.out);
    Ok(Flow::Go)
}

/// The types of GNU notes (glibc elf/elf.h NT_GNU_*).
fn note_name(note: &Note<'_>) -> String {
    match (note.owner, note.kind) {
        ("GNU", 1) => "ABI_TAG".into(),
        ("GNU", 3) => "BUILD_ID".into(),
        ("GNU", 5) => "PROPERTY_TYPE_0".into(),
        ("stapsdt", 3) => "STAPSDT".into(),
        (_, n) => format!("{n:#x}"),
    }
}

/// `info interp`
pub const INTERP: Command = Command {
    name: "info interp",
    summary: "Show the interpreter that the file asks for: the dynamic linker that the kernel loads with it.",
    examples: &[Example { line: "info interp", what: "as /lib64/ld-linux-x86-64.so.2" }],
    run: interp,
    ..FILE
};

fn interp(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let module = scope::module(cx.session, args)?;
    match module.image().interp() {
        Some(path) => cx.row(&Row::new().cell("interpreter", Role::File, path)),
        None => cx.say(format!("{} asks for no interpreter.\n", module.name)),
    }
    Ok(Flow::Go)
}
