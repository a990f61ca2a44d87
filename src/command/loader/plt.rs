//! The procedure linkage table.

use std::sync::Arc;

use super::scope;
use crate::base::{Result, counted};
use crate::command::{ArgKind, ArgSpec, Args, Command, Cx, Example, Flow, Group};
use crate::engine::is_static;
use crate::loader::Stub;
use crate::symbols::Module;
use crate::ui::{Role, Row, Table};

/// `info plt`
pub const PLT: Command = Command {
    name: "info plt",
    aliases: &["plt"],
    group: Group::Loading,
    args: &[ArgSpec::MODULE, ArgSpec::ALL, ArgSpec::JSON, ArgSpec::may("REGEX", ArgKind::Regex)],
    summary: "Show the procedure linkage table: each stub, its slot, where it leads now, and how many calls there are to it.",
    help: "Without -m it is the program's; -all shows every module's. With REGEX, the stubs whose symbol matches it.\n\
           Calls are those that disassembling the module's code finds: direct calls and jumps to the stub.",
    examples: &[
        Example { line: "plt", what: "the program's PLT" },
        Example { line: "info plt -all ^puts", what: "every module's stubs of functions that begin with puts" },
    ],
    own: true,
    run: plt,
    ..Command::BASE
};

fn plt(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let regex = scope::regex(args)?;
    let all = args.has("-all");
    for module in scope::modules(cx.session, args)? {
        let plt = module.plt();
        let matches = |s: &&Stub| {
            regex.as_ref().is_none_or(|r| r.is_match(&versioned(s)) || r.is_match(&cx.session.shown_symbol(&versioned(s))))
        };
        let stubs: Vec<&Stub> = plt.stubs.iter().filter(matches).collect();
        if stubs.is_empty() {
            if !all {
                cx.say(nothing(&module, regex.is_some()));
            }
            continue;
        }
        let head = plt.header.map_or_else(String::new, |h| format!(", PLT0 at {}", module.virt(h)));
        cx.out.text(Role::Title, &format!("PLT of {}: {}{head}\n", module.name, counted(plt.stubs.len() as u64, "stub")));
        let mut table = Table::new();
        for stub in stubs {
            table.push(row(cx, &module, stub));
        }
        table.show(cx.out);
        if is_static(module.image()) && module.role == crate::symbols::ModuleRole::Main {
            cx.say(format!(
                "{} is statically linked: nothing is bound lazily; these stubs lead to what IFUNC resolvers chose.\n",
                module.name
            ));
        }
    }
    Ok(Flow::Go)
}

/// Why there is nothing to show.
fn nothing(module: &Module, searched: bool) -> String {
    if searched && !module.plt().stubs.is_empty() {
        return "No stub matches.\n".into();
    }
    let why = if is_static(module.image()) {
        "it is statically linked and has no lazy slots"
    } else {
        "its calls go through the GOT directly, or stay within it"
    };
    format!("{} has no PLT: {why}.\n", module.name)
}

fn versioned(stub: &Stub) -> String {
    stub.version.as_ref().map_or_else(|| stub.name.clone(), |v| format!("{}@{v}", stub.name))
}

fn row(cx: &Cx<'_>, module: &Arc<Module>, stub: &Stub) -> Row {
    let session = &cx.session;
    let slot = module.got().and_then(|g| g.slot_at(stub.slot));
    let (state, target) = match slot {
        Some(slot) => {
            let value = crate::base::read_u64(crate::expr::Host::memory(*session), module.virt(slot.addr)).ok();
            let meaning = session.slot_meaning(module, slot, value);
            (session.slot_text(module, slot, value.unwrap_or(0), meaning), meaning.state())
        }
        None => ("no slot".into(), "none"),
    };
    let leads = state.split_once(" -> ").map(|(_, t)| t.to_owned());
    let calls = module.call_sites().of_target(stub.addr).count() as u64;
    Row::new()
        .hidden("module", module.name.as_str())
        .both("index", Role::Plain, format!("[{}]", stub.index), stub.index)
        .cell("address", Role::Address, module.virt(stub.addr).to_string())
        .both("symbol", Role::Symbol, session.shown_symbol(&versioned(stub)).into_owned(), versioned(stub))
        .hidden("demangled", session.shown_symbol(&versioned(stub)).into_owned())
        .cell("section", Role::Plain, stub.section.as_str())
        .both("slot", Role::Plain, format!("GOT[{}]", stub.slot_index), stub.slot_index)
        .hidden("slot_address", module.virt(stub.slot).to_string())
        .both("calls", Role::Plain, counted(calls, "call"), calls)
        .both("state", Role::Plain, state, target)
        .hidden("target", leads)
}
