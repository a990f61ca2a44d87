//! `info files`: where the sections of all modules are.

use crate::base::Result;
use crate::command::{ArgSpec, Args, Command, Cx, Example, Flow, Group};
use crate::elf::{Segment, shf};
use crate::symbols::{Module, ModuleRole};
use crate::ui::{Role, Row};

/// `info files`
pub const FILES: Command = Command {
    name: "info files",
    aliases: &["info target"],
    group: Group::Status,
    args: &[ArgSpec::JSON],
    summary: "Names of targets and files being debugged.",
    help: "The program's entry point, and the run-time addresses of the sections of all modules.",
    examples: &[Example { line: "info files", what: "every section and where it is" }],
    run: files,
    ..Command::BASE
};

fn files(cx: &mut Cx<'_>, _: &Args) -> Result<Flow> {
    let Some(main) = cx.session.inferior.modules.main().cloned() else { return Ok(Flow::Go) };
    let path = main.path.display().to_string();
    cx.say(format!("Symbols from \"{path}\".\n"));
    if let Some(core) = cx.session.process().ok().and_then(|p| p.target.core_file()) {
        let head = format!("Local core dump file:\n\t`{}', file type elf64-x86-64.\n", core.path().display());
        let row = |(n, s): (usize, &Segment)| {
            format!("\t{:#018x} - {:#018x} is load{n}\n", s.addr.0, s.addr.0.saturating_add(s.mem_size))
        };
        let rows: String = (1..).zip(core.segments().filter(|s| s.mem_size > 0)).map(row).collect();
        cx.say(head + &rows);
    } else if let Ok(process) = cx.session.process() {
        let how = if process.launched { "child" } else { "attached" };
        let pid = process.target.pid();
        cx.say(format!("Native process:\n\tUsing the running image of {how} process {pid}.\n\tWhile running this, rdbg does not access memory from...\n"));
    }
    cx.say(format!("Local exec file:\n\t`{path}', file type elf64-x86-64.\n"));
    if let Some(entry) = main.image().entry() {
        cx.say(format!("\tEntry point: {}\n", main.virt(entry)));
    }
    let modules: Vec<_> = cx.session.inferior.modules.iter().cloned().collect();
    for module in &modules {
        for row in rows(module) {
            cx.row(&row);
        }
    }
    Ok(Flow::Go)
}

fn rows(module: &Module) -> Vec<Row> {
    let owner = match module.role {
        ModuleRole::Main => String::new(),
        _ => format!(" in {}", shown_name(module)),
    };
    let row = |start: u64, end: u64, name: &str| {
        Row::new()
            .note(Role::Plain, format!("\t{start:#018x} - {end:#018x} is {name}{owner}"))
            .hidden("start", format!("{start:#x}"))
            .hidden("end", format!("{end:#x}"))
            .hidden("section", name)
            .hidden("module", module.path.display().to_string())
    };
    let image = module.image();
    if image.sections().is_empty() {
        let segment = |(i, s): (usize, &crate::elf::Segment)| {
            let start = module.virt(s.addr).0;
            row(start, start.saturating_add(s.mem_size), &format!("load{}", i + 1))
        };
        return image.loads().enumerate().map(segment).collect();
    }
    let loaded = image.sections().iter().filter(|s| s.flags & shf::SHF_ALLOC != 0);
    loaded.map(|s| row(module.virt(s.addr).0, module.virt(s.end()).0, &s.name)).collect()
}

/// A module's name as gdb writes it after `in` and `of`.
pub(super) fn shown_name(module: &Module) -> String {
    match module.role {
        ModuleRole::Vdso => format!("system-supplied DSO at {}", module.virt(module.image().span().0)),
        _ => module.path.display().to_string(),
    }
}
