//! The commands: one description each, and what follows from it (parsing, abbreviations, help, completion, the reference).

mod added;
mod args;
mod asm;
mod asm_source;
mod assemble;
mod attach;
mod background;
mod breaks;
mod candidate;
mod complete;
mod core;
mod cx;
mod data;
mod define;
mod describe;
mod dispatch;
mod display;
mod display_list;
mod docs;
mod dump;
mod environment;
mod exit_status;
mod expression;
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
mod loader;
mod locals;
mod log;
mod memory;
mod names;
mod notices;
mod patch;
mod paths;
mod print_options;
mod query;
mod read_setting;
mod redirect;
mod registers;
mod registry;
mod run;
mod script;
mod setting_groups;
mod setting_tables;
mod settings;
mod shell;
mod skip;
mod source;
mod source_paths;
mod sources;
mod stack;
mod step;
mod stop;
mod test_settings;
mod thread_ids;
mod threads;
mod timeline;
mod tour;
mod transcript;
mod type_of;
mod user_command;

pub use args::{Args, choice, compile_regex, split_words, word_end};
pub use complete::{Completion, complete, hint};
pub use cx::{Command, Cx, Entry, Interpreter, Registry, Setting};
pub use describe::{ArgKind, ArgSpec, Example, Flow, Group, Repeat, Sentence, SettingKind};
pub use dispatch::Outcome;
pub use docs::reference;
pub use exit_status::exit_status;
pub use help::{list_below, usage};
pub use history::history_file;
pub use paths::{expand_home, file_error};
pub use read_setting::read_setting;
pub use registry::Resolved;
pub use run::load;
pub use script::Block;
pub use sources::{LineReader, MAX_LINE, NoLines, decode_line};
pub use stop::run_to_stop;
pub use test_settings::TEST_SETTINGS;
pub use tour::{Place as TourPlace, Unit as TourUnit, units as tour_units};
pub use user_command::UserCommand;

/// Every family of commands. A family's file ends in the list of its commands.
pub const FAMILIES: &[&[Command]] = &[
    help::COMMANDS,
    script::COMMANDS,
    define::COMMANDS,
    shell::COMMANDS,
    test_settings::COMMANDS,
    environment::COMMANDS,
    setting_groups::COMMANDS,
    complete::COMMANDS,
    index_cache::COMMANDS,
    history::COMMANDS,
    run::COMMANDS,
    attach::COMMANDS,
    background::COMMANDS,
    core::COMMANDS,
    step::COMMANDS,
    finish::COMMANDS,
    added::COMMANDS,
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

/// Every table of settings.
pub const SETTINGS: &[&[Setting]] = &[
    setting_tables::interface::SETTINGS,
    setting_tables::running::SETTINGS,
    setting_tables::files::SETTINGS,
    setting_tables::values::SETTINGS,
    setting_tables::checked::SETTINGS,
    setting_tables::taken::SETTINGS,
];
