//! Everything about one address.

use std::sync::Arc;

use crate::base::{Result, VirtAddr};
use crate::command::loader::{address, addressed, page_words};
use crate::command::{ArgKind, ArgSpec, Args, Command, Cx, Example, Flow, Group};
use crate::elf::pf;
use crate::engine::{Session, relro_range};
use crate::expr::Host;
use crate::symbols::Module;
use crate::ui::{Role, Row};

/// `xinfo`
pub const XINFO: Command = Command {
    name: "xinfo",
    group: Group::Loading,
    args: &[ArgSpec::JSON, ArgSpec::must("ADDRESS", ArgKind::Expr)],
    summary: "Tell everything about one address: module, section, symbol, source line, mapping, page, place in the file.",
    help: "ADDRESS is an expression.",
    examples: &[Example { line: "xinfo $pc", what: "where the program stands" }],
    own: true,
    run: xinfo,
    ..Command::BASE
};

fn xinfo(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let at = address(cx, args.get("ADDRESS").unwrap_or_default())?;
    let session = &*cx.session;
    let mut facts: Vec<(&str, String)> = vec![("address", addressed(session, at))];
    match session.inferior.modules.at(at).cloned() {
        Some(module) => in_module(session, &module, at, &mut facts),
        None => facts.push(("module", "none".into())),
    }
    if let Ok(process) = session.process() {
        match process.target.maps()?.at(at) {
            Some(m) => {
                let name = if m.name.is_empty() { "[anonymous]" } else { &m.name };
                let offset = m.offset_at(at);
                facts.push(("mapping", format!("{}-{} {} {name}", m.range.start, m.range.end, m.perms)));
                facts.extend(page_words(session, m, at).map(|words| ("page", words)));
                if m.inode != 0 {
                    facts.push(("file", format!("offset {offset:#x} of {name}")));
                }
                if m.name == "[stack]" {
                    let sp = session.selected_thread().and_then(|t| process.target.registers(t)).ok().map(|r| r.sp());
                    let from_sp = sp.map(|sp| at.0.wrapping_sub(sp) as i64);
                    facts.extend(
                        from_sp.map(|n| ("stack", format!("$sp{}{:#x}", if n < 0 { "-" } else { "+" }, n.unsigned_abs()))),
                    );
                }
            }
            None => facts.push(("mapping", "not mapped".into())),
        }
    }
    for (key, text) in facts {
        cx.row(&Row::new().cell("what", Role::Title, key).width(8).cell("value", Role::Plain, text));
    }
    Ok(Flow::Go)
}

fn in_module(session: &Session, module: &Arc<Module>, at: VirtAddr, facts: &mut Vec<(&'static str, String)>) {
    let file = module.to_file(at);
    let image = module.image();
    let bias = module.bias.0;
    facts.push(("module", format!("{}, load bias {bias:#x}, link-time address {file}", module.path.display())));
    if let Some(section) = image.section_at(file) {
        facts.push(("section", format!("{} + {:#x}", section.name, file - section.addr)));
    }
    if let Some(location) = module.locate(at) {
        let size = if location.size == 0 { String::new() } else { format!(", {} bytes from {}", location.size, location.start) };
        facts.push(("symbol", format!("{}{size}", session.shown_name(&location))));
    }
    if let Some(line) = module.source_line(at) {
        let within = at - line.range.start;
        let place = if within == 0 { String::new() } else { format!(" + {within:#x}") };
        facts.push(("source", format!("{}:{}{place}", session.file_name(&line.file), line.line)));
    }
    if let Some((index, s)) =
        image.segments().iter().enumerate().find(|(_, s)| s.kind == crate::elf::pt::PT_LOAD && s.contains(file))
    {
        let flag = |bit, c| if s.flags & bit != 0 { c } else { '-' };
        let flags: String = [flag(pf::PF_R, 'r'), flag(pf::PF_W, 'w'), flag(pf::PF_X, 'x')].iter().collect();
        let relro = if relro_range(module).contains(at) { ", RELRO" } else { "" };
        facts.push(("segment", format!("{index} LOAD {flags} + {:#x}{relro}", file - s.addr)));
        if session.inferior.process.is_none() && file - s.addr < s.file_size {
            facts.push(("file", format!("offset {:#x} of {}", s.offset.saturating_add(file - s.addr), image.path().display())));
        }
    }
    if let Some(slot) = module.got().and_then(|g| g.slot_at(file)) {
        let value = crate::base::read_u64(session.memory(), module.virt(slot.addr)).ok();
        let meaning = session.slot_meaning(module, slot, value);
        facts.push(("slot", format!("GOT[{}] {}", slot.index, session.slot_text(module, slot, value.unwrap_or(0), meaning))));
    }
    if let Some(stub) = module.plt().stub_at(file) {
        facts.push(("stub", format!("PLT[{}] {} through GOT[{}]", stub.index, stub.label(), stub.slot_index)));
    }
}
