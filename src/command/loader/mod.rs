//! How the program is loaded and linked: GOT, PLT, relocations, link maps, the initial stack, the file itself.

mod got;
mod plt;
mod relocations;
mod scope;

pub use got::COMMANDS as GOT;
pub use plt::COMMANDS as PLT;
pub use relocations::COMMANDS as RELOCATIONS;
pub(super) use scope::{address, addressed};
