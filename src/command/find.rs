//! `find`: a pattern in memory.

use crate::base::{Error, Memory, Result, VirtAddr};
use crate::expr::{self, Host};
use crate::os::signals::take_interrupt;
use crate::value::{Symbols, Type, Value, int_to_bytes};

use super::args::Args;
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group};
use super::expression::show_warnings;

/// How much is searched at a time, in bytes: what memory the command takes.
const CHUNK: usize = 1 << 16;

/// gdb's own piece, which shows in its warning of what it could not read.
const GDB_CHUNK: u64 = 16000;

/// The longest pattern.
const MAX_PATTERN: usize = 1 << 16;

const FIND: Command = Command {
    name: "find",
    group: Group::Data,
    args: &[ArgSpec::may("/SIZE-CHAR/MAX-COUNT", ArgKind::Format), ArgSpec::may("START, +LENGTH|END, EXPR, ...", ArgKind::Rest)],
    summary: "Search memory for a sequence of bytes.",
    help: "SIZE-CHAR is b, h, w or g (1, 2, 4, 8 bytes) for the numbers that follow; without it each has the size of its type.\n\
A string's NUL belongs to it. END is the last address that is searched.\n\
$_ is the last address found, and $numfound how many there were.",
    examples: &[Example { line: "find /b &GOT[0], +40, 0x10", what: "bytes in the GOT" }],
    run: find,
    ..Command::BASE
};

/// The family.
pub const COMMANDS: &[Command] = &[FIND];

/// What is searched for, and where.
struct Search {
    start: VirtAddr,
    len: u64,
    pattern: Vec<u8>,
    most: u64,
}

fn find(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let (size, most) = letters(args.format.as_deref().unwrap_or_default())?;
    let search = match request(cx, &args.text, size, most)? {
        Some(search) => search,
        None => {
            cx.session.variables.set("numfound", Value::int(&Type::int(), 0));
            cx.say("Empty search range.\nPattern not found.\n");
            return Ok(Flow::Go);
        }
    };
    let mut found = Vec::new();
    let session = &*cx.session;
    let out = &mut *cx.out;
    let outcome = search_memory(session.memory(), &search, &mut |at| {
        let name = session.symbol(at).map_or(String::new(), |s| format!(" <{s}>"));
        out.text(crate::ui::Role::Plain, &format!("{at}{name}\n"));
        // Only the last one is needed, and how many there were.
        found = vec![(at, found.first().map_or(1, |f: &(VirtAddr, u64)| f.1 + 1))];
    });
    let (last, count) = found.first().map_or((None, 0), |f| (Some(f.0), f.1));
    if let Some(hole) = outcome? {
        let left = search.len - (hole - search.start);
        // As gdb says it where nothing at all can be read.
        let n = if hole == search.start { left.min(GDB_CHUNK + search.pattern.len() as u64 - 1) } else { left };
        cx.warn(format!("Unable to access {n} bytes of target memory at {hole}, halting search."));
    }
    cx.session.variables.set("numfound", Value::int(&Type::int(), count.into()));
    if let Some(last) = last {
        cx.session.variables.set("_", Value::pointer(&Type::void(), last));
    }
    match count {
        0 => cx.say("Pattern not found.\n"),
        1 => cx.say("1 pattern found.\n"),
        n => cx.say(format!("{n} patterns found.\n")),
    }
    Ok(Flow::Go)
}

/// `1b`, `b1`, `w`: the size in bytes and the most that are to be found.
fn letters(text: &str) -> Result<(Option<u64>, u64)> {
    let (mut size, mut most) = (None, u64::MAX);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            most = rest.get(..digits).and_then(|d| d.parse().ok()).unwrap_or(u64::MAX);
            rest = rest.get(digits..).unwrap_or_default();
            continue;
        }
        size = Some(match c {
            'b' => 1,
            'h' => 2,
            'w' => 4,
            'g' => 8,
            '/' => {
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            _ => return Err(Error::user("Invalid size granularity.")),
        });
        rest = rest.get(1..).unwrap_or_default();
    }
    Ok((size, most))
}

/// Reads `START, +LENGTH|END, EXPR, ...`; `None` for a length of 0.
fn request(cx: &mut Cx<'_>, text: &str, size: Option<u64>, most: u64) -> Result<Option<Search>> {
    if text.is_empty() {
        return Err(Error::user("Missing search parameters."));
    }
    let (start, rest) = next(cx, text)?;
    let start = expr::address_of_value(&start, cx.session)?;
    let rest = rest.ok_or_else(|| Error::user("Argument required (expression to compute)."))?;
    let (len, rest) = match rest.strip_prefix('+') {
        Some(rest) => {
            let (len, rest) = next(cx, rest)?;
            let len = len.to_int(cx.session.memory())? as u64;
            if len == 0 {
                return Ok(None);
            }
            if start.0.checked_add(len - 1).is_none() {
                return Err(Error::user("Search space too large."));
            }
            (len, rest)
        }
        None => {
            let (end, rest) = next(cx, rest)?;
            let end = expr::address_of_value(&end, cx.session)?;
            let len = end.0.checked_sub(start.0).ok_or_else(|| Error::user("Invalid search space, end precedes start."))?;
            (len.saturating_add(1), rest)
        }
    };
    let mut rest = rest.unwrap_or_default();
    if rest.is_empty() {
        return Err(Error::user("Missing search pattern."));
    }
    let mut pattern = Vec::new();
    while !rest.is_empty() {
        let (value, after) = next(cx, rest)?;
        match size {
            Some(size) if !value.ty.is_aggregate() => {
                pattern.extend(int_to_bytes(value.to_int(cx.session.memory())?, size));
            }
            _ => pattern.extend_from_slice(&value.whole_bytes(cx.session.memory(), cx.session.options().max_value_size)?),
        }
        if pattern.len() > MAX_PATTERN {
            return Err(Error::user(format!("The pattern is too long: {MAX_PATTERN} bytes at most.")));
        }
        rest = after.unwrap_or_default();
    }
    if pattern.len() as u64 > len {
        return Err(Error::user("Search space too small to contain pattern."));
    }
    if pattern.is_empty() {
        return Err(Error::user("Missing search pattern."));
    }
    Ok(Some(Search { start, len, pattern, most }))
}

/// The value of the expression up to a comma, and what stands behind the comma.
fn next<'t>(cx: &mut Cx<'_>, text: &'t str) -> Result<(Value, Option<&'t str>)> {
    let (expr, end) = expr::parse_prefix(text, cx.session, true)?;
    let value = expr::eval(&expr, cx.session);
    show_warnings(cx);
    let rest = text.get(end..).unwrap_or_default().trim_start();
    match rest.strip_prefix(',') {
        Some(after) => Ok((value?, Some(after.trim_start()))),
        None if rest.is_empty() => Ok((value?, None)),
        None => Err(Error::user("Junk after end of expression.")),
    }
}

/// Searches in pieces that overlap by the pattern; the first address that could not be read, if there was one.
fn search_memory(memory: &dyn Memory, search: &Search, found: &mut dyn FnMut(VirtAddr)) -> Result<Option<VirtAddr>> {
    let Search { start, len, pattern, most } = search;
    let finder = memchr::memmem::Finder::new(pattern);
    let mut buffer = vec![0; (CHUNK + pattern.len() - 1).min(usize::try_from(*len).unwrap_or(usize::MAX))];
    // `kept` bytes at the front of the buffer are those that the last piece ended in, at `done` bytes behind the start.
    let (mut done, mut kept, mut count) = (0u64, 0usize, 0u64);
    while count < *most && len - done >= pattern.len() as u64 {
        if take_interrupt() {
            return Err(Error::Cancelled);
        }
        let want = buffer.len().min(usize::try_from(len - done).unwrap_or(usize::MAX));
        let Some(space) = buffer.get_mut(kept..want) else { break };
        let asked = space.len();
        let got = memory.read_partial(*start + done + kept as u64, space)?;
        let there = buffer.get(..kept + got).unwrap_or_default();
        let mut from = 0;
        while count < *most
            && let Some(at) = there.get(from..).and_then(|rest| finder.find(rest))
        {
            found(*start + done + (from + at) as u64);
            count += 1;
            from += at + 1;
        }
        if got < asked && count < *most {
            return Ok(Some(*start + done + (kept + got) as u64));
        }
        let next = there.len() - (pattern.len() - 1);
        kept = pattern.len() - 1;
        done += next as u64;
        buffer.copy_within(next..next + kept, 0);
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SliceMemory;

    fn run(bytes: Vec<u8>, len: u64, pattern: &[u8], most: u64) -> (Vec<u64>, Option<u64>) {
        let memory = SliceMemory { start: VirtAddr(0x1000), bytes };
        let search = Search { start: VirtAddr(0x1000), len, pattern: pattern.to_vec(), most };
        let mut found = Vec::new();
        let hole = search_memory(&memory, &search, &mut |at| found.push(at.0 - 0x1000)).unwrap();
        (found, hole.map(|h| h.0 - 0x1000))
    }

    #[test]
    fn patterns_across_pieces_are_found_once() {
        let mut bytes = vec![0; 3 * CHUNK];
        for at in [0, CHUNK - 1, CHUNK, CHUNK + 2, 2 * CHUNK - 3, 3 * CHUNK - 3] {
            bytes[at] = b'a';
            bytes[at + 1..at + 3].copy_from_slice(b"bc");
        }
        let naive: Vec<u64> = (0..bytes.len() - 2).filter(|i| &bytes[*i..*i + 3] == b"abc").map(|i| i as u64).collect();
        let len = bytes.len() as u64;
        assert!(naive.len() >= 4);
        assert_eq!(run(bytes.clone(), len, b"abc", u64::MAX), (naive.clone(), None));
        assert_eq!(run(bytes, len, b"abc", 2), (naive[..2].to_vec(), None));
    }

    #[test]
    fn overlapping_ones_count_and_a_hole_ends_it() {
        assert_eq!(run(b"aaaa".to_vec(), 4, b"aa", u64::MAX), (vec![0, 1, 2], None));
        assert_eq!(run(b"aaaa".to_vec(), 100, b"aa", u64::MAX), (vec![0, 1, 2], Some(4)));
        assert_eq!(run(b"aaaa".to_vec(), 100, b"aa", 1), (vec![0], None));
        assert_eq!(run(Vec::new(), 100, b"aa", 1), (vec![], Some(0)));
        // The end of the range is respected although memory goes on.
        assert_eq!(run(b"aaaaab".to_vec(), 5, b"ab", u64::MAX), (vec![], None));
    }

    #[test]
    fn letters_may_stand_in_any_order() {
        assert_eq!(letters("2b").unwrap(), (Some(1), 2));
        assert_eq!(letters("w10").unwrap(), (Some(4), 10));
        assert_eq!(letters("g/3").unwrap(), (Some(8), 3));
        assert_eq!(letters("").unwrap(), (None, u64::MAX));
        assert_eq!(letters("3z").unwrap_err().to_string(), "Invalid size granularity.");
    }
}
