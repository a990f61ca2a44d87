//! The commands: one description each, and what follows from it (parsing, abbreviations, help, completion, the reference).

mod args;
mod asm;
mod asm_source;
mod assemble;
mod attach;
mod background;
mod breaks;
mod candidate;
mod checked_settings;
mod complete;
mod core;
mod cx;
mod data;
mod define;
mod describe;
mod dispatch;
mod display;
mod docs;
mod dump;
mod environment;
mod find;
mod finish;
#[cfg(test)]
mod fixture;
mod give_up;
mod help;
mod hex_files;
mod history;
mod index_cache;
mod inferiors;
mod info;
mod info_frame;
mod info_line;
mod interpreter;
mod loader;
mod locals;
mod logging;
mod memory;
mod names;
mod patch;
mod print_options;
mod read_setting;
mod redirect;
mod registers;
mod registry;
mod run;
mod script;
mod settings;
mod settings_table;
mod shell;
mod skip;
mod source;
mod source_paths;
mod stack;
mod step;
mod taken_settings;
mod test_settings;
mod thread_ids;
mod threads;
mod timeline;
mod tour;
mod type_of;

pub use args::{Args, choice, split_words, word_end};
pub use complete::{Completion, complete, hint};
pub use cx::{Block, Cx};
pub use define::UserCommand;
pub use describe::{ArgKind, ArgSpec, Command, Example, Flow, Group, Repeat};
pub use dispatch::{MAX_LINE, Outcome};
pub use docs::reference;
pub use help::{list_below, usage};
pub use history::history_file;
pub use interpreter::{Interpreter, Language, LineReader, NoLines};
pub use read_setting::read_setting;
pub use registry::{Entry, Registry, Resolved};
pub use run::{load, run_to_stop};
pub use script::{decode_line, expand_home};
pub use settings::{Sentence, Setting, SettingKind, file_error, integer};
pub use settings_table::SETTINGS;
pub use shell::compile_regex;
pub use tour::{Place as TourPlace, Unit as TourUnit, units as tour_units};

/// Every family of commands. A family's file ends in the list of its commands.
pub const FAMILIES: &[&[Command]] = &[
    help::COMMANDS,
    script::COMMANDS,
    define::COMMANDS,
    shell::COMMANDS,
    taken_settings::COMMANDS,
    test_settings::COMMANDS,
    environment::COMMANDS,
    complete::COMMANDS,
    index_cache::COMMANDS,
    history::COMMANDS,
    run::COMMANDS,
    attach::COMMANDS,
    background::COMMANDS,
    core::COMMANDS,
    step::COMMANDS,
    finish::COMMANDS,
    skip::COMMANDS,
    give_up::COMMANDS,
    breaks::place::COMMANDS,
    breaks::watch::COMMANDS,
    breaks::catch::COMMANDS,
    breaks::catch_event::COMMANDS,
    breaks::edit::COMMANDS,
    breaks::rbreak::COMMANDS,
    breaks::save::COMMANDS,
    breaks::table::COMMANDS,
    data::COMMANDS,
    type_of::COMMANDS,
    display::COMMANDS,
    memory::COMMANDS,
    find::COMMANDS,
    dump::COMMANDS,
    registers::COMMANDS,
    loader::COMMANDS,
    source::COMMANDS,
    source_paths::COMMANDS,
    info_line::COMMANDS,
    stack::COMMANDS,
    info_frame::COMMANDS,
    locals::COMMANDS,
    threads::COMMANDS,
    inferiors::COMMANDS,
    asm::COMMANDS,
    info::COMMANDS,
    patch::COMMANDS,
    redirect::COMMANDS,
    tour::COMMANDS,
    timeline::COMMANDS,
];

/// The expression language of the commands.
pub const LANGUAGE: Language = data::LANGUAGE;
