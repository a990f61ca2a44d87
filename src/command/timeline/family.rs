//! `timeline start` and `timeline stop`, and the list of the family's commands.

use crate::base::Result;
use crate::command::args::Args;
use crate::command::cx::{Command, Cx};
use crate::command::describe::{ArgKind, ArgSpec, Example, Flow, Group, Repeat};
use crate::command::help::list_below;
use crate::engine::Wanted;

/// The family.
pub const COMMANDS: &[Command] =
    &[TIMELINE, START, STOP, super::show::SHOW, super::summary::SUMMARY, super::save::SAVE, super::diff::DIFF];

/// `timeline`
pub const TIMELINE: Command = Command {
    name: "timeline",
    group: Group::Loading,
    summary: "Record how a program is loaded, from exec to exit, and show it.",
    own: true,
    run: |cx, _| list_below(cx, "timeline"),
    ..Command::BASE
};

/// `timeline start`
pub const START: Command = Command {
    name: "timeline start",
    group: Group::Loading,
    args: &[
        ArgSpec::may("-nofaults", ArgKind::Switch),
        ArgSpec::may("-explain", ArgKind::Switch),
        ArgSpec::may("-steps", ArgKind::Switch),
    ],
    summary: "Record what happens from exec to exit.",
    help: "The next process that is started is recorded from its exec on, and one that lives from now on: system calls, mappings,\n\
           libraries that come and go, relocations, lazy binds, constructors, signals, the end; and so are its children. What was\n\
           recorded before is forgotten.\n\
           When the program has exited it is run a second time, untouched and with /dev/null as its standard files, for its page\n\
           faults; not with -nofaults. With -explain each system call gets a sentence of what it is for, where that is known for sure.\n\
           With -steps the program is run once more, one instruction at a time up to main and through each lazy bind of its first\n\
           thread: how many each function has run.",
    examples: &[
        Example { line: "timeline start -nofaults", what: "the program runs but once" },
        Example { line: "timeline start", what: "records the next run" },
        Example { line: "timeline start -explain", what: "and says what each system call is for" },
        Example { line: "timeline start -steps", what: "and counts the instructions that run" },
    ],
    own: true,
    repeat: Repeat::No,
    run: start,
    ..Command::BASE
};

/// `timeline stop`
pub const STOP: Command = Command {
    name: "timeline stop",
    group: Group::Loading,
    summary: "End the recording; the program goes on unrecorded.",
    examples: &[Example { line: "timeline stop", what: "ends the recording" }],
    own: true,
    repeat: Repeat::No,
    run: stop,
    ..Command::BASE
};

fn start(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let wanted = Wanted { faults: !args.has("-nofaults"), explains: args.has("-explain"), steps: args.has("-steps") };
    cx.session.start_timeline(wanted)?;
    cx.say(if cx.session.timeline.is_armed() { "Recording from the next run.\n" } else { "Recording from now.\n" });
    Ok(Flow::Go)
}

fn stop(cx: &mut Cx<'_>, _: &Args) -> Result<Flow> {
    if !cx.session.stop_timeline() {
        cx.say("Nothing is being recorded.\n");
    } else if let Ok(events) = cx.session.timeline.events() {
        let count = events.len();
        cx.say(format!("Recorded {count} {}.\n", if count == 1 { "event" } else { "events" }));
    }
    Ok(Flow::Go)
}
