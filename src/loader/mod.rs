//! What ld.so does, as pure reads of memory and images.
#![deny(clippy::unwrap_used, clippy::indexing_slicing)]

mod call_sites;
mod entry;
mod got;
mod initializers;
mod ld_cache;
mod lookup;
mod plt;
mod rendezvous;
mod residency;
mod scope;
mod search;
mod startup;
mod xrefs;

pub use call_sites::CallSites;
pub use entry::find_main;
pub use got::{Got, GotWords, Relro, ReservedWord, Slot, SlotState};
pub use initializers::{Initializer, finalizers, initializers};
pub use lookup::{Answer, HashStep, LookupFor, Rejection, Wanted, ask, gnu_hash};
pub use plt::{Plt, Stub};
pub use rendezvous::{LinkMap, MapState, Rendezvous, event_address, find_rendezvous};
pub use residency::{Residency, page_letter, page_map, short_letters, short_page_map};
pub use scope::{ScopeLayout, ScopeList};
pub use search::{Place, Requester, Search, Tried, Why, default_directories, hwcaps_levels};
pub use startup::{InitialStack, Pointer, find_initial_stack};
pub use xrefs::{Reference, Xref, xrefs};

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod on_programs;
