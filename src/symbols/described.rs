//! Places of functions that only debug information knows: copies that were inlined, functions without a symbol.

use std::sync::Arc;

use crate::base::FileAddr;
use crate::dwarf::{DebugInfo, DieRef, Hit};
use crate::elf::Binding;

use super::demangle::is_named;
use super::module::Module;
use super::place::{Place, PlaceKind};

/// Whether a symbol of this name says all that there is to say: a global symbol of exactly this name, which other units know, of
/// a function that was not inlined in its own unit. Then the names of the debug information need not be looked through, which
/// keeps `break main` fast in large programs.
pub(super) fn is_settled(module: &Module, name: &str) -> bool {
    module.symbols_named(name).iter().filter(|s| s.binding == Binding::Global).any(|symbol| {
        let Some(debug) = module.debug() else { return true };
        let function = debug.function_at(symbol.addr).filter(|f| f.entry == symbol.addr);
        function.is_none_or(|f| !debug.may_be_inlined(f.die))
    })
}

/// The places in a module of the functions that a name means by debug information. What cannot be read is left out.
pub(super) fn described(module: &Arc<Module>, name: &str, qualified: bool) -> Vec<Place> {
    let Some(debug) = module.debug() else { return Vec::new() };
    let mut hits = debug.functions_matching(name, qualified).unwrap_or_default();
    if name.contains('(') {
        // The parameters are in the symbol's name only.
        hits.retain(|h| debug.linkage_name(h.entry.die).is_none_or(|raw| is_named(&raw, name)));
    }
    let place = |name: &str, addr: FileAddr, kind, origin| Place {
        module: module.id,
        name: name.to_owned(),
        start: module.virt(addr),
        addr: module.virt(if kind == PlaceKind::Function { module.past_prologue(addr) } else { addr }),
        kind,
        origin,
        line: None,
    };
    let mut places = Vec::new();
    for hit in hits.iter().filter(|h| !h.entry.is_inlined && !h.entry.is_declaration) {
        let unit = debug.functions(hit.entry.die.unit).ok();
        let function = unit.and_then(|functions| functions.of_die(hit.entry.die).cloned());
        places.extend(function.map(|f| place(&hit.name, f.entry, PlaceKind::Function, None)));
    }
    let named = |die: DieRef| hits.iter().find(|h| h.entry.die == die).map_or(name, |h| h.name.as_str());
    let copies = debug.inlined_copies(&instances(debug, &hits)).unwrap_or_default();
    for copy in copies {
        let Some(range) = copy.ranges.first() else { continue };
        places.push(place(named(copy.origin), range.start, PlaceKind::Inlined, Some(copy.origin)));
    }
    places
}

/// What inlined copies of the functions refer to.
fn instances(debug: &DebugInfo, hits: &[Hit]) -> Vec<DieRef> {
    let mut all: Vec<DieRef> = Vec::new();
    for hit in hits {
        all.push(hit.entry.die);
        if !hit.entry.is_inlined {
            all.push(debug.abstract_instance(hit.entry.die));
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}
