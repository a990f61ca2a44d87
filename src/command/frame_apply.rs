//! `frame apply`: a command in several frames; and the flags that `thread apply` has too.

use std::ops::RangeInclusive;

use crate::base::{Error, Need, Result};

use super::args::first_word;
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group};
use super::expression::integer;
use super::stack::show;

/// A command in several frames.
pub const COMMANDS: &[Command] = &[FRAME_APPLY, FAAS];

const FRAME_APPLY: Command = Command {
    name: "frame apply",
    aliases: &["f apply"],
    group: Group::Stack,
    args: &[ArgSpec::may("COUNT", ArgKind::Word), ArgSpec::may("COMMAND", ArgKind::Command)],
    summary: "Run a command in several frames.",
    help: "COUNT is a number of frames from the innermost on (negative: from the outermost on), \"all\", or \"level\" and levels \
(3, 1-4).\nFlags before COMMAND: -q does not show the frames, -c goes on after errors and shows them, -s goes on silently.",
    examples: &[Example { line: "frame apply all print $pc", what: "prints each frame's pc" }],
    needs: Some(Need::Stack),
    run: |cx, args| apply(cx, &args.text),
    ..Command::BASE
};

const FAAS: Command = Command {
    name: "faas",
    group: Group::Stack,
    args: &[ArgSpec::may("COMMAND", ArgKind::Command)],
    summary: "Run a command in all frames, ignoring errors and empty output.",
    needs: Some(Need::Stack),
    run: |cx, args| match args.text.as_str() {
        "" => Err(Error::user("Please specify a command to apply on all frames")),
        command => apply(cx, &format!("all -s {command}")),
    },
    ..Command::BASE
};

fn apply(cx: &mut Cx<'_>, text: &str) -> Result<Flow> {
    let (what, rest) = first_word(text).ok_or_else(|| Error::user("Missing COUNT argument."))?;
    let tid = cx.session.selected_thread().map_err(|_| Error::Needs(Need::Stack))?;
    let (all, _) = cx.session.backtrace(tid, usize::MAX)?;
    let mut rest = rest;
    let levels: Vec<usize> = match what {
        "all" => (0..all.len()).collect(),
        "level" => {
            let mut levels = Vec::new();
            while let Some((word, after)) = first_word(rest).filter(|(w, _)| w.starts_with(|c: char| c.is_ascii_digit())) {
                levels.extend(level_range(word).ok_or_else(|| Error::user(format!("Invalid level: {word}.")))?);
                rest = after;
            }
            match levels.iter().find(|l| **l >= all.len()) {
                Some(l) => return Err(Error::user(format!("No frame at level {l}."))),
                None => levels,
            }
        }
        count => {
            let n = integer(cx, count)?;
            let wanted = usize::try_from(n.unsigned_abs()).unwrap_or(usize::MAX).min(all.len());
            if n < 0 { (all.len() - wanted..all.len()).collect() } else { (0..wanted).collect() }
        }
    };
    let of = if matches!(what, "all" | "level") { format!("frame apply {what}") } else { "frame apply".to_owned() };
    let (flags, command) = ApplyFlags::parse(rest, &of)?;
    if command.is_empty() {
        return Err(Error::user("Please specify a command to apply on the selected frames"));
    }
    let before = cx.session.selection;
    let runs = cx.session.stop_count();
    let mut result = Ok(Flow::Go);
    for level in levels {
        cx.session.selection.level = level;
        let shown = |cx: &mut Cx<'_>| match cx.session.selected_frame() {
            Ok(frame) => show(cx, &frame),
            Err(e) => cx.report(&e),
        };
        result = flags.run(cx, command, shown);
        // What let the program go on has changed the stack.
        if result.is_err() || cx.session.stop_count() != runs {
            break;
        }
    }
    if cx.session.stop_count() == runs {
        cx.session.selection = before;
    }
    result
}

/// `3` or `1-4`.
fn level_range(word: &str) -> Option<RangeInclusive<usize>> {
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    let range = first.parse().ok()?..=last.parse().ok()?;
    (*range.end() < 1 << 20).then_some(range)
}

/// The flags of `frame apply` and `thread apply`.
#[derive(Clone, Copy, Default)]
pub(super) struct ApplyFlags {
    quiet: bool,
    go_on: bool,
    silent: bool,
}

impl ApplyFlags {
    /// The flags at the start of `text`, and the command behind them. `what` is the command that they belong to.
    pub(super) fn parse<'t>(text: &'t str, what: &str) -> Result<(ApplyFlags, &'t str)> {
        let mut flags = ApplyFlags::default();
        let mut text = text.trim();
        while let Some((word, rest)) = first_word(text) {
            match word {
                "-q" => flags.quiet = true,
                "-c" => flags.go_on = true,
                "-s" => flags.silent = true,
                "--" => {
                    text = rest;
                    break;
                }
                _ => break,
            }
            text = rest;
        }
        if flags.go_on && flags.silent {
            return Err(Error::user(format!("{what}: -c and -s are mutually exclusive")));
        }
        Ok((flags, text))
    }

    /// Runs a command and shows its output behind what `heading` writes.
    pub(super) fn run(self, cx: &mut Cx<'_>, command: &str, heading: impl FnOnce(&mut Cx<'_>)) -> Result<Flow> {
        if self.silent {
            if let Ok(text) = cx.capture(command)
                && !text.is_empty()
            {
                if !self.quiet {
                    heading(cx);
                }
                cx.say(text);
            }
            return Ok(Flow::Go);
        }
        if !self.quiet {
            heading(cx);
        }
        match cx.run_line(command) {
            Err(e) if self.go_on && !matches!(e, Error::Cancelled) => {
                cx.report(&e);
                Ok(Flow::Go)
            }
            other => other,
        }
    }
}
