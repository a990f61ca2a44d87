//! Who refers to a function or an address.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::scope::{self, address, addressed};
use crate::arch::disasm::{Flavor, Formatter};
use crate::base::{FileAddr, Result, VirtAddr};
use crate::command::{ArgKind, ArgSpec, Args, Command, Cx, Example, Flow, Group};
use crate::engine::Session;
use crate::loader::{Reference, Xref, xrefs};
use crate::symbols::{Module, is_named};
use crate::ui::{Role, Row, Table};

/// `info xrefs`
pub const XREFS: Command = Command {
    name: "info xrefs",
    group: Group::Loading,
    args: &[ArgSpec::MODULE, ArgSpec::ALL, ArgSpec::JSON, ArgSpec::must("SYMBOL | ADDRESS", ArgKind::Rest)],
    summary: "Find who calls, jumps to or takes the address of a function or a place, through PLT and GOT too.",
    help: "The code of the program and of the module that holds the place is disassembled; -all does it for every module, -m for one.\n\
           A function of another module is reached through its PLT stub and its GOT slot: those sites are found by the name.",
    examples: &[Example { line: "info xrefs puts", what: "who calls puts" }],
    own: true,
    run: find,
    ..Command::BASE
};

/// What leads to the place in one module.
#[derive(Default)]
struct Ways {
    places: BTreeSet<FileAddr>,
    names: BTreeMap<FileAddr, String>,
}

fn find(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let text = args.get("SYMBOL | ADDRESS").unwrap_or_default().to_owned();
    let at = address(cx, &format!("&({text})")).or_else(|_| address(cx, &text));
    let name = text.trim_matches('\'').to_owned();
    let session = &*cx.session;
    let known =
        session.inferior.modules.iter().any(|m| m.got().is_some_and(|g| g.slots.iter().any(|s| named(s.name.as_deref(), &name))));
    let at = match at {
        Ok(at) => Some(at),
        Err(_) if known => None,
        Err(e) => return Err(e),
    };
    let owner = at.and_then(|a| session.inferior.modules.at(a)).cloned();
    let modules: Vec<Arc<Module>> = match (args.get("-m"), args.has("-all")) {
        (Some(_), _) | (_, true) => scope::modules(session, args)?,
        _ => {
            let main = session.inferior.modules.main().cloned();
            let own = owner.clone().filter(|o| main.as_ref().is_none_or(|m| m.id != o.id));
            main.into_iter().chain(own).collect()
        }
    };
    let mut table = Table::new();
    for module in &modules {
        let ways = ways(session, module, at, &name);
        for xref in xrefs(module.image(), &ways.places) {
            // A stub's own jump is the way, not a caller.
            if module.plt().stub_at(xref.at).is_none() {
                table.push(row(session, module, &xref, &ways));
            }
        }
    }
    if table.is_empty() {
        let place = at.map_or(name, |a| addressed(session, a));
        cx.say(format!("Nothing refers to {place} directly.\n"));
    }
    table.show(cx.out);
    Ok(Flow::Go)
}

fn named(symbol: Option<&str>, wanted: &str) -> bool {
    symbol.is_some_and(|s| s == wanted || is_named(s, wanted))
}

/// The place itself, if it is in this module, and the slots and stubs that lead to it by name or by what they hold.
fn ways(session: &Session, module: &Arc<Module>, at: Option<VirtAddr>, name: &str) -> Ways {
    let mut ways = Ways::default();
    let inside = at.filter(|a| session.inferior.modules.at(*a).is_some_and(|m| m.id == module.id));
    if let Some(at) = inside {
        ways.places.insert(module.to_file(at));
        ways.names.insert(module.to_file(at), String::new());
    }
    let values = session.slot_values(module);
    let slots = module.got().into_iter().flat_map(|g| &g.slots).zip(values);
    for (slot, value) in slots.filter(|(s, _)| s.is_address()) {
        if named(slot.name.as_deref(), name) || at.is_some_and(|a| value == Some(a.0)) {
            ways.places.insert(slot.addr);
            ways.names.insert(slot.addr, format!("through GOT[{}]", slot.index));
            for stub in module.plt().stubs.iter().filter(|s| s.slot == slot.addr) {
                ways.places.insert(stub.addr);
                ways.names.insert(stub.addr, format!("through {}", stub.label()));
            }
        }
    }
    ways
}

fn row(session: &Session, module: &Arc<Module>, xref: &Xref, ways: &Ways) -> Row {
    let at = module.virt(xref.at);
    let how = match xref.how {
        Reference::Call => "calls",
        Reference::Jump => "jumps",
        Reference::Through => "calls",
        Reference::Data => "takes",
    };
    let bytes = module.image().read_from(xref.at).unwrap_or_default();
    let mut text = String::new();
    let mut symbol = |a: u64| session.location(VirtAddr(a)).map(|l| l.with_offset());
    Formatter::new(Flavor::default()).format(bytes.get(..16).unwrap_or(bytes), at.0, &mut symbol, &mut text);
    let text: Vec<&str> = text.split_whitespace().collect();
    let way = ways.names.get(&xref.to).cloned().unwrap_or_default();
    let line = session.inferior.modules.source_line(at).map(|l| format!("{}:{}", l.file.name, l.line));
    Row::new()
        .cell("address", Role::Address, at.to_string())
        .cell("place", Role::Symbol, session.full_name(at, None).unwrap_or_default())
        .cell("how", Role::Plain, how)
        .both("through", Role::Plain, if way.is_empty() { "directly".to_owned() } else { way.clone() }, way)
        .cell("instruction", Role::Mnemonic, text.join(" "))
        .both("line", Role::Dim, line.clone().unwrap_or_default(), line)
}
