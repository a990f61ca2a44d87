//! Which type a vtable of Rust is for.

use std::collections::HashMap;
use std::sync::Arc;

use super::debug_types::{Made, type_of};
use super::types::Type;
use crate::base::{FileAddr, LoadBias, Memory, SliceMemory};
use crate::dwarf::{DebugInfo, DieRef, ExpressionHost, Kind, Location, Site};

/// A program that does not run: what has an address at link time is found all the same.
struct AtRest(SliceMemory);

impl ExpressionHost for AtRest {
    fn register(&self, _: u16) -> Option<u64> {
        None
    }

    fn memory(&self) -> &dyn Memory {
        &self.0
    }

    fn load_bias(&self) -> LoadBias {
        LoadBias::default()
    }
}

/// The name of the vtable at a link-time address, `<m::Circle as m::Shape>::{vtable}`, and the type that it is for.
///
/// rustc describes each vtable as a variable whose type, a structure of its own, has that type for its DW_AT_containing_type. All
/// of them are found when one is first asked for.
pub fn vtable_at(info: &Arc<DebugInfo>, at: FileAddr) -> Option<(String, Arc<Type>)> {
    let made: &Made = info.attached()?;
    let die = *made.vtables.get_or_init(|| vtables(info)).get(&at)?;
    let concrete = info.members(info.type_of_die(die)?).ok()?.vptr_base?;
    Some((info.name(die)?, type_of(info, concrete).ok()?))
}

fn vtables(info: &DebugInfo) -> HashMap<FileAddr, DieRef> {
    let hits = info.names_where(&|kind| kind == Kind::Variable, &|name| name.ends_with("{vtable}")).unwrap_or_default();
    let host = AtRest(SliceMemory::default());
    let address = |die: DieRef| match info.location(die, Site::default(), &host) {
        Ok(Location::Memory(at)) => Some((FileAddr(at.0), die)),
        _ => None,
    };
    hits.iter().filter_map(|hit| address(hit.entry.die)).collect()
}
