//! Which code a line has, and which line an address.

use crate::base::{AddrRange, Result, VirtAddr};
use crate::engine::{Listed, Session};
use crate::ui::render::annotated_line;
use crate::value::{Type, Value};

use super::args::Args;
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group};

/// Lines and addresses.
pub const COMMANDS: &[Command] = &[INFO_LINE];

const INFO_LINE: Command = Command {
    name: "info line",
    group: Group::Status,
    args: &[ArgSpec::may("LOCATION", ArgKind::Linespec)],
    summary: "The addresses of a source line, or the line of an address.",
    help: "LOCATION is LINE, FILE:LINE, FUNCTION or *ADDRESS. Without it, the line behind the one that was told or listed last.\n\
\"x/i\" shows the line's instructions then. Without line information, the address and its name are told.",
    examples: &[Example { line: "info line main", what: "tells where main is" }],
    run: info_line,
    ..Command::BASE
};

fn info_line(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let places = match args.text.as_str() {
        "" => match cx.session.current_source() {
            Some((file, line)) => {
                let line = Some(cx.session.listing.last()).filter(|l| *l != 0).unwrap_or(line);
                vec![Listed { source: Some((file, line)), addr: None, symbol: None }]
            }
            None => vec![Listed { source: None, addr: None, symbol: None }],
        },
        spec => cx.session.listed(spec, None)?,
    };
    let only = places.len() == 1;
    for place in places {
        let text = describe(cx, &place);
        cx.say(text);
        if only && let (Some((file, line)), Some(at)) = (&place.source, place.addr.or(cx.interpreter.examine.next)) {
            let annotated = annotated_line(cx.session, file, *line, false, at);
            cx.say(annotated.unwrap_or_default());
        }
    }
    Ok(Flow::Go)
}

fn describe(cx: &mut Cx<'_>, place: &Listed) -> String {
    let named = |session: &Session, at: VirtAddr| {
        format!("{at}{}", session.location(at).map_or(String::new(), |l| format!(" <{}>", session.code_name(&l))))
    };
    let Some((file, line)) = &place.source else {
        return match place.addr {
            Some(addr) if addr.0 != 0 => {
                format!("No line number information available for address {}\n", named(cx.session, addr))
            }
            _ => "No line number information available.\n".to_owned(),
        };
    };
    let name = cx.session.file_name(file);
    let ranges = match place.addr {
        Some(addr) => vec![around(cx.session, addr, *line)],
        None => cx.session.inferior.modules.line_ranges(file, *line),
    };
    if *line == 0 || ranges.is_empty() {
        return format!("Line number {line} is out of range for \"{name}\".\n");
    }
    let mut text = String::new();
    for range in &ranges {
        let start = named(cx.session, range.start);
        text.push_str(&match range.is_empty() {
            true => format!("Line {line} of \"{name}\" is at address {start} but contains no code.\n"),
            false => {
                let end = named(cx.session, range.end);
                format!("Line {line} of \"{name}\" starts at address {start} and ends at {end}.\n")
            }
        });
    }
    cx.session.listing.told(line.saturating_add(1));
    if let Some(range) = ranges.last() {
        cx.interpreter.examine.next = Some(range.start);
        cx.session.variables.set("_", Value::pointer(&Type::void(), range.start));
    }
    text
}

/// The piece of the line's code that an address lies in; empty if it is another line's.
fn around(session: &Session, addr: VirtAddr, line: u32) -> AddrRange {
    match session.inferior.modules.source_line(addr) {
        Some(found) if found.line == line => found.range,
        Some(found) => AddrRange::new(found.range.start, found.range.start),
        None => AddrRange::new(addr, addr),
    }
}
