//! The stack: backtraces, and which frame other commands look at.

use crate::base::{Error, Need, Result, VirtAddr};
use crate::engine::Session;
use crate::stack::Frame;
use crate::ui::Role;
use crate::ui::render::{FrameInfo, frame_line, next_line, source_line};

use super::args::{Args, choice, first_word};
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group};

/// The stack.
pub const COMMANDS: &[Command] =
    &[BACKTRACE, FRAME, FRAME_LEVEL, FRAME_FUNCTION, FRAME_ADDRESS, SELECT_FRAME, UP, DOWN, UP_SILENTLY, DOWN_SILENTLY];

const BACKTRACE: Command = Command {
    name: "backtrace",
    aliases: &["bt", "where", "info stack", "info s"],
    group: Group::Stack,
    args: &[
        ArgSpec::may("-full", ArgKind::Switch),
        ArgSpec::may("-past-main", ArgKind::Switch),
        ArgSpec::may("-past-entry", ArgKind::Switch),
        ArgSpec::may("-frame-arguments", ArgKind::Word),
        ArgSpec::may("-entry-values", ArgKind::Word),
        ArgSpec::may("-frame-info", ArgKind::Word),
        ArgSpec::may("COUNT", ArgKind::Rest),
    ],
    summary: "Show the frames of the selected thread's stack.",
    help: "COUNT shows that many of the innermost frames, -COUNT of the outermost ones.\n\
Frames are found by unwind tables; where there are none, by what the instructions do, which is said in the frame's line.\n\
It ends at main unless \"set backtrace past-main on\" is set.",
    examples: &[
        Example { line: "backtrace", what: "shows all frames" },
        Example { line: "bt 3", what: "shows the three innermost" },
    ],
    needs: Some(Need::Stack),
    run: backtrace,
    ..Command::BASE
};

fn backtrace(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let mut full = args.has("-full");
    let mut count = args.get("COUNT").unwrap_or_default().trim();
    while let Some((word, rest)) = first_word(count) {
        match word {
            "full" => full = true,
            "no-filters" | "hide" => {}
            // The value of -past-main.
            "on" if args.has("-past-main") || args.has("-past-entry") => {}
            _ => break,
        }
        count = rest;
    }
    let count = if count.is_empty() { None } else { Some(super::expression::integer(cx, count)?) };
    let settings = &cx.session.settings;
    let past_main = settings.backtrace_past_main;
    let before = (settings.print_frame_arguments, settings.print_entry_values, settings.print_frame_info);
    cx.session.settings.backtrace_past_main |= args.has("-past-main");
    let done = print_options(cx, args).and_then(|()| show_frames(cx, count, full));
    let settings = &mut cx.session.settings;
    settings.backtrace_past_main = past_main;
    (settings.print_frame_arguments, settings.print_entry_values, settings.print_frame_info) = before;
    done.map(|()| Flow::Go)
}

/// Shows `count` of the innermost frames, or so many of the outermost ones if it is negative, or all.
fn show_frames(cx: &mut Cx<'_>, count: Option<i128>, full: bool) -> Result<()> {
    let tid = cx.session.selected_thread().map_err(|_| Error::Needs(Need::Stack))?;
    let magnitude = |n: i128| usize::try_from(n.unsigned_abs()).unwrap_or(usize::MAX);
    let limit = count.filter(|n| *n >= 0).map_or(usize::MAX, |n| magnitude(n).saturating_add(1));
    let (frames, end) = cx.session.backtrace(tid, limit)?;
    let asked = match count {
        Some(n) if n < 0 => frames.get(frames.len().saturating_sub(magnitude(n))..),
        Some(n) => frames.get(..magnitude(n)),
        None => None,
    };
    let shown = asked.unwrap_or(&frames);
    cx.session.keep_pages(true);
    let done = show_all(cx, shown, full);
    cx.session.keep_pages(false);
    if !done? {
        return Ok(());
    }
    if count.is_some_and(|n| n >= 0) && shown.len() < frames.len() {
        cx.say_directly("(More stack frames follow...)\n");
    } else if let Some(sentence) = end.and_then(|e| e.sentence()) {
        cx.say(format!("{sentence}\n"));
    }
    Ok(())
}

/// The options that stand for settings.
fn print_options(cx: &mut Cx<'_>, args: &Args) -> Result<()> {
    let settings = &mut cx.session.settings;
    if let Some(mode) = args.get("-frame-arguments") {
        settings.print_frame_arguments = choice(mode, &["all", "scalars", "none", "presence"])?;
    }
    if let Some(mode) = args.get("-entry-values") {
        let modes = &["no", "only", "preferred", "if-needed", "both", "compact", "default"];
        settings.print_entry_values = choice(mode, modes)?;
    }
    if let Some(mode) = args.get("-frame-info") {
        let modes = &["auto", "source-line", "location", "source-and-location", "location-and-address", "short-location"];
        settings.print_frame_info = choice(mode, modes)?;
    }
    Ok(())
}

/// Shows frames, `full` with their variables; whether anybody wants to see the rest.
fn show_all(cx: &mut Cx<'_>, frames: &[Frame], full: bool) -> Result<bool> {
    for frame in frames {
        if crate::os::signals::take_interrupt() {
            return Err(Error::Cancelled);
        }
        if cx.out.is_unwanted() {
            return Ok(false);
        }
        show(cx, frame);
        if full {
            super::locals::full(cx, frame)?;
        }
    }
    Ok(true)
}

/// Writes `#1  0x... in main ()` and a newline, or what `set print frame-info` wants to see instead.
pub(super) fn show(cx: &mut Cx<'_>, frame: &Frame) {
    show_as(cx, frame, FrameInfo { location: true, source: false });
}

fn show_as(cx: &mut Cx<'_>, frame: &Frame, info: FrameInfo) {
    let source = cx.session.frame_source(frame);
    let info = info.or(cx.session, source.is_some());
    if info.location {
        let line = frame_line(cx.session, frame);
        cx.out.text(Role::Plain, &format!("#{:<2} ", frame.level));
        for (role, text) in line.pieces() {
            cx.out.text(role, &text);
        }
        cx.say("\n");
    }
    if let Some(source) = source.filter(|_| info.source) {
        for (role, text) in source_line(cx.session, frame, &source, !info.location) {
            cx.out.text(role, &text);
        }
    }
}

/// Writes the selected frame and its source line.
pub(super) fn show_selected(cx: &mut Cx<'_>) -> Result<()> {
    let frame = cx.session.selected_frame()?;
    show_as(cx, &frame, FrameInfo { location: true, source: true });
    let text = next_line(cx.session, &frame).unwrap_or_default();
    cx.say(text);
    Ok(())
}

const LEVEL: &[ArgSpec] = &[ArgSpec::may("LEVEL", ArgKind::FrameNo)];

const FRAME: Command = Command {
    name: "frame",
    aliases: &["f"],
    group: Group::Stack,
    args: LEVEL,
    summary: "Select a frame, and show it.",
    help: "Without LEVEL, the selected frame is shown. 0 is the innermost.",
    examples: &[Example { line: "frame 1", what: "looks at the caller" }],
    needs: Some(Need::Stack),
    run: |cx, args| select_and_show(cx, args, by_level, true),
    ..Command::BASE
};

const FRAME_LEVEL: Command = Command {
    name: "frame level",
    aliases: &["f level"],
    group: Group::Stack,
    args: &[ArgSpec::must("LEVEL", ArgKind::FrameNo)],
    summary: "Select a frame by its number, and show it.",
    needs: Some(Need::Stack),
    run: |cx, args| select_and_show(cx, args, by_level, true),
    ..Command::BASE
};

const FRAME_FUNCTION: Command = Command {
    name: "frame function",
    aliases: &["f function"],
    group: Group::Stack,
    args: &[ArgSpec::must("FUNCTION", ArgKind::Linespec)],
    summary: "Select the innermost frame of a function, and show it.",
    needs: Some(Need::Stack),
    run: |cx, args| select_and_show(cx, args, by_function, true),
    ..Command::BASE
};

const FRAME_ADDRESS: Command = Command {
    name: "frame address",
    aliases: &["f address"],
    group: Group::Stack,
    args: &[ArgSpec::must("ADDRESS", ArgKind::Expr)],
    summary: "Select the frame at a stack address (\"info frame\" tells it), and show it.",
    needs: Some(Need::Stack),
    run: |cx, args| select_and_show(cx, args, by_address, true),
    ..Command::BASE
};

const SELECT_FRAME: Command = Command {
    name: "select-frame",
    group: Group::Stack,
    args: LEVEL,
    summary: "Select a frame without showing it.",
    needs: Some(Need::Stack),
    run: |cx, args| select_and_show(cx, args, by_level, false),
    ..Command::BASE
};

/// How a frame is named.
pub(super) type Finder = fn(&mut Cx<'_>, &str) -> Result<usize>;

fn select_and_show(cx: &mut Cx<'_>, args: &Args, find: Finder, shown: bool) -> Result<Flow> {
    cx.session.selected_thread().map_err(|_| Error::Needs(Need::Stack))?;
    if !args.text.is_empty() {
        cx.session.selection.level = find(cx, &args.text)?;
    }
    if shown {
        show_selected(cx)?;
    }
    Ok(Flow::Go)
}

pub(super) fn by_level(cx: &mut Cx<'_>, text: &str) -> Result<usize> {
    let n = super::expression::integer(cx, text)?;
    let level = usize::try_from(n).map_err(|_| Error::user(format!("No frame at level {text}.")))?;
    Ok(cx.session.frame(level)?.level)
}

pub(super) fn by_function(cx: &mut Cx<'_>, text: &str) -> Result<usize> {
    let wanted: Vec<VirtAddr> =
        cx.session.locate(text)?.into_iter().filter_map(|a| Some(cx.session.location(a)?.start)).collect();
    let start = |frame: &Frame| cx.session.location(frame.pc.lookup()).filter(|l| l.is_code).map(|l| l.start);
    let tid = cx.session.selected_thread()?;
    let (frames, _) = cx.session.backtrace(tid, usize::MAX)?;
    let found = frames.iter().find(|f| start(f).is_some_and(|s| wanted.contains(&s)));
    found.map(|f| f.level).ok_or_else(|| Error::user(format!("No frame for function \"{text}\".")))
}

pub(super) fn by_address(cx: &mut Cx<'_>, text: &str) -> Result<usize> {
    let address = super::expression::address(cx, text)?;
    let tid = cx.session.selected_thread()?;
    let (frames, _) = cx.session.backtrace(tid, usize::MAX)?;
    let found = frames.iter().find(|f| f.cfa == Some(address));
    found.map(|f| f.level).ok_or_else(|| Error::user(format!("No frame at address {text}.")))
}

const COUNT: &[ArgSpec] = &[ArgSpec::may("N", ArgKind::Int)];

const UP: Command = Command {
    name: "up",
    group: Group::Stack,
    args: COUNT,
    summary: "Select the frame that called this one, or the Nth further out, and show it.",
    examples: &[Example { line: "up", what: "looks at the caller" }],
    needs: Some(Need::Stack),
    run: |cx, args| travel(cx, args, 1, true),
    ..Command::BASE
};

const DOWN: Command = Command {
    name: "down",
    aliases: &["dow"],
    group: Group::Stack,
    args: COUNT,
    summary: "Select the frame that this one called, or the Nth further in, and show it.",
    needs: Some(Need::Stack),
    run: |cx, args| travel(cx, args, -1, true),
    ..Command::BASE
};

const UP_SILENTLY: Command = Command {
    name: "up-silently",
    group: Group::Stack,
    args: COUNT,
    summary: "Same as \"up\", without showing the frame.",
    needs: Some(Need::Stack),
    run: |cx, args| travel(cx, args, 1, false),
    ..Command::BASE
};

const DOWN_SILENTLY: Command = Command {
    name: "down-silently",
    group: Group::Stack,
    args: COUNT,
    summary: "Same as \"down\", without showing the frame.",
    needs: Some(Need::Stack),
    run: |cx, args| travel(cx, args, -1, false),
    ..Command::BASE
};

/// Goes `direction` (1 outwards, -1 inwards) so many frames. Further than the last one is an error only without a count, as
/// in gdb.
fn travel(cx: &mut Cx<'_>, args: &Args, direction: i128, shown: bool) -> Result<Flow> {
    let counted = !args.text.is_empty();
    let steps = direction * if counted { super::expression::integer(cx, &args.text)? } else { 1 };
    let from = cx.session.selection.level;
    // A thread without a stack is none.
    cx.session.frame(from)?;
    let wanted = (from as i128).saturating_add(steps);
    let level = if wanted < 0 {
        if !counted {
            return Err(Error::user("Bottom (innermost) frame selected; you cannot go down."));
        }
        0
    } else {
        outermost_up_to(cx.session, usize::try_from(wanted).unwrap_or(usize::MAX))?
    };
    if level == from && steps > 0 && !counted {
        return Err(Error::user("Initial frame selected; you cannot go up."));
    }
    cx.session.selection.level = level;
    if shown {
        show_selected(cx)?;
    }
    Ok(Flow::Go)
}

/// This level, or that of the outermost frame if there are fewer.
fn outermost_up_to(session: &Session, level: usize) -> Result<usize> {
    if session.frame(level).is_ok() {
        return Ok(level);
    }
    let (frames, _) = session.backtrace(session.selected_thread()?, level.saturating_add(1))?;
    Ok(frames.len().saturating_sub(1))
}
