//! How output is written: text with roles, rows with named fields, tables, JSON lines.

mod json;
mod output;
pub mod render;
mod stable;
mod style;
mod table;
mod text;

pub use json::JsonOutput;
pub use output::{Cell, Output, Role, Row};
pub use stable::StableAddresses;
pub use style::RoleStyle;
pub use table::Table;
pub use text::{Captured, Tee, TextOutput};
