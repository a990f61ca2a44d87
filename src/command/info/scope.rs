//! Where variables are: `info scope`, `info address`.

use std::sync::Arc;

use crate::base::{Error, Result, VirtAddr};
use crate::command::{ArgKind, ArgSpec, Args, Command, Cx, Example, Flow, Group};
use crate::dwarf::{DieRef, Whereabouts};
use crate::engine::Session;
use crate::symbols::Module;
use crate::value::type_of_variable;

/// `info scope`
pub const SCOPE: Command = Command {
    name: "info scope",
    group: Group::Status,
    args: &[ArgSpec::may("LOCATION", ArgKind::Linespec)],
    summary: "The variables that a place in the program sees.",
    help: "Those of the blocks around it, the innermost first, with the places where they are.",
    examples: &[Example { line: "info scope main", what: "the variables of main" }],
    run: info_scope,
    ..Command::BASE
};

fn info_scope(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    if args.text.is_empty() {
        return Err(Error::user("requires an argument (function, line or *addr) to define a scope"));
    }
    let places = cx.session.locate(&args.text)?;
    // One scope, as in gdb; of several functions the one that has exactly this name, before the methods of classes.
    let modules = &cx.session.inferior.modules;
    let is_named = |at: &&VirtAddr| modules.at(**at).and_then(|m| m.function(**at)).is_some_and(|f| *f.name == *args.text);
    let Some(at) = places.iter().find(is_named).or(places.first()) else { return Ok(Flow::Go) };
    let found = variables_at(cx.session, *at)?;
    if found.is_empty() {
        cx.say(format!("Scope for {} contains no locals or arguments.\n", args.text));
    } else {
        cx.say(format!("Scope for {}:\n", args.text));
    }
    for (name, text) in found {
        cx.say(format!("Symbol {name} is {text}.\n"));
    }
    Ok(Flow::Go)
}

/// The variables of the blocks around an address, each with its place in words.
fn variables_at(session: &Session, at: VirtAddr) -> Result<Vec<(String, String)>> {
    let Some(module) = session.inferior.modules.at(at) else { return Ok(Vec::new()) };
    let Some((function, body, around)) = module.function_body(at) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for block in around.into_iter().filter_map(|b| body.blocks.get(b)) {
        for variable in &block.variables {
            let text = match whereabouts(module, variable.die, Some(function.die))? {
                // gdb says nothing of the length then.
                Whereabouts::OptimizedOut => "optimized out".to_owned(),
                place => format!("{}, length {}", in_scope(module, &place), length(module, variable.die)),
            };
            found.push((variable.name.clone(), text));
        }
        if block.is_inlined() {
            break;
        }
    }
    Ok(found)
}

fn whereabouts(module: &Module, die: DieRef, function: Option<DieRef>) -> Result<Whereabouts> {
    match module.debug() {
        Some(debug) => debug.whereabouts(die, function, module.bias),
        None => Ok(Whereabouts::OptimizedOut),
    }
}

fn length(module: &Module, die: DieRef) -> u64 {
    module.debug().and_then(|debug| type_of_variable(debug, die).ok()).map_or(0, |ty| ty.size)
}

fn in_scope(module: &Module, place: &Whereabouts) -> String {
    match place {
        Whereabouts::Static(at) => format!("in static storage at address {}", module.virt(*at)),
        Whereabouts::Constant(n) => format!("a constant with value {n} ({n:#x})"),
        other => in_words(module, other),
    }
}

fn in_words(module: &Module, place: &Whereabouts) -> String {
    match place {
        Whereabouts::Static(at) => format!("static storage at address {}", module.virt(*at)),
        Whereabouts::ThreadLocal(offset) => format!(
            "a thread-local variable at offset {offset:#x} in the thread-local storage for `{}'",
            std::path::absolute(module.image().path()).unwrap_or_default().display()
        ),
        Whereabouts::Constant(_) => "constant".to_owned(),
        Whereabouts::OptimizedOut => "optimized out".to_owned(),
        Whereabouts::Computed(text) => text.clone(),
    }
}

/// What `info address` says of a name that debug information knows: a variable that the selected frame sees, a global one, or a
/// function.
pub(super) fn address_text(session: &Session, name: &str) -> Result<Option<String>> {
    if let Some((module, die, function)) = session.variable_named(name)? {
        let place = whereabouts(&module, die, function)?;
        return Ok(Some(in_words(&module, &place)));
    }
    let function = session.inferior.modules.find(name, None).filter(|n| n.is_code);
    let has_code = |module: &Arc<Module>, at| module.function(at).is_some_and(|f| module.virt(f.entry) == at);
    Ok(function.filter(|f| has_code(&f.module, f.addr)).map(|f| format!("a function at address {}", f.addr)))
}
