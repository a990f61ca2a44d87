//! The tour's command.

use super::play::tour;
use crate::command::{ArgKind, ArgSpec, Command, Example, Group};

/// The family.
pub const COMMANDS: &[Command] = &[TOUR];

/// `tour`
const TOUR: Command = Command {
    name: "tour",
    group: Group::Loading,
    args: &[ArgSpec::may("list|all|N", ArgKind::Word)],
    summary: "Take the next step of the tour: how a program is loaded, from the file to the last system call.",
    help: "The tour brings a small program along and builds it with the system's cc (without one it is about /bin/ls). Each step\n\
           tells something, types commands and runs them; Enter takes the next one. Type any other command in between, as much as\n\
           you like: `tour' goes on where it was. `tour list' shows the stops, `tour 5' goes to the fifth, `tour all' plays the\n\
           rest without waiting. `rdbg --tour' begins with it.",
    examples: &[Example { line: "tour list", what: "the stops" }],
    own: true,
    run: tour,
    ..Command::BASE
};
