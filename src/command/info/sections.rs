//! `maintenance info sections`: the sections of the program's file as BFD sees them.

use crate::base::Result;
use crate::command::{ArgKind, ArgSpec, Args, Command, Cx, Flow, Group, Repeat, list_below};
use crate::elf::{Section, shf};

/// `maintenance info`
pub const MAINTENANCE_INFO: Command = Command {
    name: "maintenance info",
    aliases: &["maintenance i"],
    group: Group::Internals,
    summary: "Commands for showing internal info about the program being debugged.",
    repeat: Repeat::No,
    run: |cx, _| list_below(cx, "maintenance info"),
    ..Command::BASE
};

/// `maintenance info sections`
pub const MAINTENANCE_SECTIONS: Command = Command {
    name: "maintenance info sections",
    group: Group::Internals,
    args: &[ArgSpec::may("NAME...", ArgKind::Rest)],
    summary: "List the BFD sections of the exec file.",
    help: "With names of sections, or of what they are (ALLOC LOAD CODE DATA READONLY HAS_CONTENTS), those. \"info sections\" tells more.",
    repeat: Repeat::No,
    run: sections,
    ..Command::BASE
};

/// Types of sections that BFD keeps for itself (gABI ch. 4, "Sections"): SHT_NULL, SHT_SYMTAB, SHT_STRTAB.
fn is_hidden(section: &Section) -> bool {
    matches!(section.kind, 0 | 2) || section.kind == 3 && section.flags & shf::SHF_ALLOC == 0
}

/// SHT_NOBITS.
const NOBITS: u32 = 8;

/// What BFD says of a section.
fn flags(section: &Section) -> Vec<&'static str> {
    let has = |flag: u64| section.flags & flag != 0;
    let has_contents = section.kind != NOBITS;
    let is_loaded = has(shf::SHF_ALLOC) && has_contents;
    [
        ("ALLOC", has(shf::SHF_ALLOC)),
        ("LOAD", is_loaded),
        ("READONLY", !has(shf::SHF_WRITE)),
        ("CODE", has(shf::SHF_EXECINSTR)),
        ("DATA", is_loaded && !has(shf::SHF_EXECINSTR)),
        ("HAS_CONTENTS", has_contents),
    ]
    .into_iter()
    .filter_map(|(name, is)| is.then_some(name))
    .collect()
}

fn sections(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let Some(main) = cx.session.inferior.modules.main().cloned() else { return Ok(Flow::Go) };
    let wanted: Vec<&str> = args.text.split_whitespace().collect();
    let shown: Vec<&Section> = main.image().sections().iter().filter(|s| !is_hidden(s)).collect();
    let digits = shown.len().saturating_sub(1).max(1).to_string().len();
    let mut text = format!("Exec file: `{}', file type elf64-x86-64.\n", main.path.display());
    for (index, section) in shown.into_iter().enumerate() {
        let flags = flags(section);
        if !wanted.is_empty() && !wanted.iter().any(|w| section.name == *w || flags.contains(w)) {
            continue;
        }
        let start = if section.flags & shf::SHF_ALLOC != 0 { main.virt(section.addr).0 } else { section.addr.0 };
        let end = start.saturating_add(section.size);
        let index = format!(" [{index}] ");
        text.push_str(&format!("{index:<width$}", width = digits + 4));
        text.push_str(&format!(
            "    {start:#010x}->{end:#010x} at {:#010x}: {} {}\n",
            section.offset,
            section.name,
            flags.join(" ")
        ));
    }
    cx.say(text);
    Ok(Flow::Go)
}
