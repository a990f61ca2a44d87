//! How the program is loaded and linked: GOT, PLT, relocations, link maps, the initial stack, the file itself.

mod aslr;
mod changes;
mod core_pages;
mod family;
mod file;
mod file_layout;
mod got;
mod hardening;
mod history;
mod link_map;
mod page_rows;
mod pages;
mod plt;
mod provides;
mod read_libraries;
mod relocations;
mod scope;
mod search_path;
mod startup;
mod why;
mod xrefs;

pub use family::COMMANDS;
pub(super) use pages::page_words;
pub(super) use scope::{address, addressed, module};
