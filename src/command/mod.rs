//! The commands: one description each, and what follows from it (parsing, abbreviations, help, completion, the reference).
//!
//! The files are listed from the bottom up: what descriptions and lines are made of, a command and what it gets, what many commands
//! ask and tell, what runs lines. Then come the commands; they may use each other, as long as it is in no circle.

// What descriptions, arguments and lines are made of.
mod args;
mod candidate;
mod checkpoints;
mod describe;
mod display_list;
mod log;
mod paths;
mod sources;
mod target_name;
mod tour_place;
mod transcript;
mod user_command;

// A command, the names that lead to it, what it gets.
mod cx;
mod query;
mod registry;

// What many commands ask and tell.
mod exit_status;
mod expression;
mod names;
mod notices;
mod thread_ids;

// Running lines.
mod dispatch;
mod script;
mod settings;

// Commands: the language itself, its help and its settings, what users define.
mod complete;
mod define;
mod docs;
mod environment;
mod help;
mod history;
mod index_cache;
mod other_scripts;
mod read_setting;
mod setting_groups;
mod setting_tables;
mod shell;
mod start_up_words;
mod test_settings;

// Commands: running and stopping.
mod attach;
mod background;
mod breaks;
mod core;
mod finish;
mod give_up;
mod inferiors;
mod run;
mod skip;
mod step;
mod stop;
mod target;
mod threads;

// Commands: frames, values, memory.
mod data;
mod display;
mod dump;
mod find;
mod frame_apply;
mod hex_files;
mod info_frame;
mod locals;
mod macros;
mod memory;
mod print_options;
mod registers;
mod stack;
mod type_of;

// Commands: code, its source and its symbols, the process.
mod added;
mod asm;
mod asm_source;
mod assemble;
mod demangle;
mod edit;
mod info;
mod info_line;
mod source;
mod source_paths;

// Commands: how the program is loaded, and what that can be changed to.
mod loader;
mod patch;
mod redirect;
mod timeline;
mod tour;

#[cfg(test)]
mod fixture;

pub use args::{Args, choice, compile_regex, split_words, word_end};
pub use attach::leave_attached;
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
pub use setting_tables::styles::chosen_styles;
pub use sources::{LineReader, MAX_LINE, NoLines, decode_line};
pub use stop::run_to_stop;
pub use test_settings::TEST_SETTINGS;
pub use tour::{Unit as TourUnit, units as tour_units};
pub use tour_place::TourPlace;
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
    other_scripts::COMMANDS,
    start_up_words::COMMANDS,
    complete::COMMANDS,
    index_cache::COMMANDS,
    history::COMMANDS,
    run::COMMANDS,
    attach::COMMANDS,
    checkpoints::COMMANDS,
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
    macros::COMMANDS,
    memory::COMMANDS,
    find::COMMANDS,
    dump::COMMANDS,
    registers::COMMANDS,
    loader::COMMANDS,
    source::COMMANDS,
    source_paths::COMMANDS,
    info_line::COMMANDS,
    stack::COMMANDS,
    frame_apply::COMMANDS,
    info_frame::COMMANDS,
    locals::COMMANDS,
    threads::COMMANDS,
    inferiors::COMMANDS,
    asm::COMMANDS,
    info::COMMANDS,
    info::ABSENT,
    target::COMMANDS,
    edit::COMMANDS,
    demangle::COMMANDS,
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
    setting_tables::styles::SETTINGS,
    setting_tables::taken::SETTINGS,
];
