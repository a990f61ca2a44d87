//! The modules of a process and the names in them.

mod demangle;
mod described;
mod escapes;
mod file_memory;
mod finder;
mod lines;
mod linespec;
mod linespec_text;
mod module;
mod module_file;
mod modules;
mod name_tokens;
mod names;
mod place;
mod prologue;
mod raises;
mod rust_main;
mod separate;
mod source;
mod symbolizer;
mod user_names;
mod written;

pub use demangle::{demangle, demangle_bare, demangle_function, is_named, is_rust};
pub use escapes::{Escape, Tells};
pub use finder::{DebugFiles, separate_debug};
pub use lines::{LineStart, SourceLine, is_file};
pub use linespec::Linespec;
pub use module::{Module, ModuleId, ModuleRole};
pub use module_file::{FoundFunction, ModuleFile, RESOLVER};
pub use modules::{Modules, NewModule, Update};
pub use names::Named;
pub use place::{Place, PlaceKind};
pub use prologue::skip_prologue;
pub use raises::{Operand, Raise, RaisePlace};
pub use separate::Separate;
pub use source::{SourceCache, SourcePaths, SourceText};
pub use symbolizer::{Location, LocationKind};
pub use user_names::is_written;
pub use written::qualified_names;

#[cfg(test)]
mod against_gdb;
#[cfg(test)]
mod on_itself;
