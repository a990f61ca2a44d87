//! Debug information: units, lines, functions, types, variables, and unwind tables.
#![deny(clippy::unwrap_used, clippy::indexing_slicing)]

mod attributes;
mod body;
mod cache;
mod call_values;
mod calls;
mod cfi;
mod compilations;
mod complaints;
mod cpp_names;
mod describe;
mod description;
mod enclosing;
mod entries;
mod entry_value;
mod expression;
mod functions;
mod globals;
mod imports;
mod index;
mod info;
mod inlined;
mod lines;
mod location;
mod location_lists;
mod macro_table;
mod macros;
mod members;
mod places;
mod ranges;
mod reader;
mod split;
mod type_lookup;
mod type_names;
mod types;
mod unit;
mod without_lines;

pub use body::{Block, BlockKind, Body, Variable};
pub use cache::{CacheSettings, CacheStats, cache_settings, cache_stats, set_cache_settings};
pub use call_values::Callee;
pub use calls::{CallParameter, CallSite};
pub use cfi::{CfaRule, CfiIndex, CfiSections, RULES, RegRule, Section, UnwindRow, eh_frame_address};
pub use cpp_names::template_arguments;
pub use describe::Whereabouts;
pub use description::UnitDescription;
pub use entries::{Declared, FileRange};
pub use entry_value::EntryOf;
pub use expression::{ExpressionHost, evaluate};
pub use functions::{Function, Functions};
pub use globals::{Enumerated, Global, Globals};
pub use imports::Import;
pub use index::{Entry, Hit, Kind, NameIndex};
pub use info::DebugInfo;
pub use inlined::InlinedCopy;
pub use lines::{LineFile, LineRow, LineSpan, LineTable};
pub use location::{Gone, Location, Piece, Site};
pub use macro_table::{FoundMacro, MacroDefinition, MacroPlace, MacroTable};
pub use members::{Access, Constant, Member, MemberKind, Members, Method, Offset, TemplateArg, Variant, VariantPart};
pub use type_names::{NameSpace, NamedType, TypeNames};
pub use types::{Bound, Dimension, Dynamic, Encoding, EnumName, Parameter, StructKind, TypeDie, TypeShape};
pub use unit::{DieRef, UnitId};

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod against_tools;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod on_damage;
