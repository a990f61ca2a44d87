//! Changing the process, and undoing it.

use std::path::Path;

use crate::arch::disasm::{Flavor, Formatter};
use crate::base::{Error, Need, Result, VirtAddr, counted};
use crate::engine::{Change, Entry, Session};
use crate::expr::Host;
use crate::ui::{Role, Row, Table};

use super::args::Args;
use super::assemble::assemble;
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group, Repeat};
use super::loader::{address, addressed, module};
use super::paths::expand_home;

/// The family.
pub const COMMANDS: &[Command] = &[PATCH, PATCHES, UNDO, REDO, REDIRECTS];

/// `patch`
pub const PATCH: Command = Command {
    name: "patch",
    group: Group::Patching,
    args: &[ArgSpec::may("-save", ArgKind::File), ArgSpec::MODULE, ArgSpec::may("ADDRESS = BYTES", ArgKind::Rest)],
    summary: "Write bytes, a string or instructions over the program's memory.",
    help: "patch ADDRESS = 90 90           bytes in hexadecimal\n\
           patch ADDRESS = \"text\"          a string, without a NUL at its end; C's escapes are understood\n\
           patch ADDRESS = -asm \"INSN; INSN\"   instructions, by the system's assembler; the program's symbols are known,\n\
                                           puts@plt is a PLT stub, puts@got.plt a GOT slot\n\
           patch -save FILE [-m MODULE]    writes a copy of the program's (or a library's) file with the patches in it\n\
           ADDRESS is an expression. Code, read-only data and pages that RELRO protects can be written too. `undo' takes a\n\
           patch back, `info patches' lists them.",
    examples: &[
        Example { line: "patch main = 90 90", what: "two bytes of code" },
        Example { line: "patch main+4 = -asm \"xor %eax,%eax; ret\"", what: "instructions" },
        Example { line: "patch -save patched", what: "a patched copy of the program's file" },
    ],
    own: true,
    repeat: Repeat::No,
    run: patch,
    ..Command::BASE
};

fn patch(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    if let Some(file) = args.get("-save") {
        return save(cx, args, file);
    }
    cx.session.require(Need::Live)?;
    let text = args.get("ADDRESS = BYTES").unwrap_or_default();
    let (place, what) = split(text).ok_or_else(|| Error::user("Argument required (ADDRESS = BYTES).  Try \"help patch\"."))?;
    let at = address(cx, place)?;
    let bytes = match what.strip_prefix("-asm") {
        Some(source) => assemble(cx.session, at, &unquoted(source.trim())?)?,
        None if what.starts_with('"') => literal(what)?,
        None => hexadecimal(what)?,
    };
    if bytes.is_empty() {
        return Err(Error::user("Nothing to write."));
    }
    let old = lines(cx.session, at, bytes.len())?;
    let Some(number) = cx.session.patch(&format!("patch {text}"), at, &bytes)? else {
        cx.say(format!("Nothing to write: {} holds these bytes already.\n", addressed(cx.session, at)));
        return Ok(Flow::Go);
    };
    let new = lines(cx.session, at, old.iter().map(|l| l.2).sum::<usize>().max(bytes.len()))?;
    let place = addressed(cx.session, at);
    cx.say(format!("Patch {number}: {} at {place}\n", counted(bytes.len() as u64, "byte")));
    for (sign, role, rows) in [("-", Role::Dim, old), ("+", Role::Changed, new)] {
        for (at, text, _) in rows {
            cx.out.text(role, &format!("{sign} {}:\t{text}\n", addressed(cx.session, at)));
        }
    }
    show_notes(cx);
    Ok(Flow::Go)
}

/// The notes of the newest entry.
fn show_notes(cx: &mut Cx<'_>) {
    let notes = cx.session.inferior.journal.last().map(|e| e.notes.clone()).unwrap_or_default();
    for note in notes {
        cx.out.text(Role::Dim, &format!("{note}\n"));
    }
}

/// `ADDRESS` and what follows the `=`: the first one that is not a part of `==`, `!=`, `<=` or `>=`, outside of quotes and
/// brackets.
fn split(text: &str) -> Option<(&str, &str)> {
    let (mut depth, mut quote) = (0i32, None);
    let bytes = text.as_bytes();
    for (i, b) in bytes.iter().enumerate() {
        match (quote, b) {
            (Some(q), b) if q == *b => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(*b),
            (None, b'(' | b'[' | b'{') => depth += 1,
            (None, b')' | b']' | b'}') => depth -= 1,
            (None, b'=') if depth <= 0 => {
                let before = i.checked_sub(1).and_then(|p| bytes.get(p));
                if before.is_some_and(|c| b"=!<>".contains(c)) || bytes.get(i + 1) == Some(&b'=') {
                    continue;
                }
                let (place, what) = (text.get(..i)?.trim(), text.get(i + 1..)?.trim());
                return (!place.is_empty() && !what.is_empty()).then_some((place, what));
            }
            _ => {}
        }
    }
    None
}

/// `90 90`, `9090`, `0x90 0x90`.
fn hexadecimal(text: &str) -> Result<Vec<u8>> {
    let bad = |word: &str| Error::user(format!("\"{word}\" is not bytes in hexadecimal: two digits each, as in 90 90."));
    let mut bytes = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || c == ',').filter(|w| !w.is_empty()) {
        let digits = word.strip_prefix("0x").unwrap_or(word);
        if digits.is_empty() || digits.len() % 2 != 0 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(bad(word));
        }
        bytes.extend((0..digits.len()).step_by(2).filter_map(|i| u8::from_str_radix(digits.get(i..i + 2)?, 16).ok()));
    }
    Ok(bytes)
}

/// What stands between the quotes, as it is; the whole text without them.
fn unquoted(text: &str) -> Result<String> {
    match text.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"').map(str::to_owned).ok_or_else(|| Error::user("Unterminated string.")),
        None => Ok(text.to_owned()),
    }
}

/// A string literal with C's escapes.
fn literal(text: &str) -> Result<Vec<u8>> {
    let inner = unquoted(text)?;
    let mut bytes = Vec::new();
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            bytes.extend(c.to_string().bytes());
            continue;
        }
        let Some(escape) = chars.next() else { return Err(Error::user("Unterminated string.")) };
        let mut digits = |radix: u32, most: usize, first: Option<char>| {
            let mut value = first.and_then(|f| f.to_digit(radix)).unwrap_or(0);
            let mut n = usize::from(first.is_some());
            while let Some(d) = chars.peek().and_then(|c| c.to_digit(radix)).filter(|_| n < most) {
                value = value * radix + d;
                n += 1;
                chars.next();
            }
            value as u8
        };
        bytes.push(match escape {
            'n' => b'\n',
            't' => b'\t',
            'r' => b'\r',
            'a' => 7,
            'b' => 8,
            'e' => 27,
            'f' => 12,
            'v' => 11,
            'x' => digits(16, 2, None),
            '0'..='7' => digits(8, 3, Some(escape)),
            other => other.to_string().bytes().next().unwrap_or(b'?'),
        });
    }
    Ok(bytes)
}

/// What is at `at`, from there for at least `len` bytes: instructions in code, bytes elsewhere. Address, text, length.
fn lines(session: &Session, at: VirtAddr, len: usize) -> Result<Vec<(VirtAddr, String, usize)>> {
    let memory = session.memory();
    let is_code = session.is_code(at);
    let mut bytes = vec![0; len + if is_code { 16 } else { 0 }];
    let n = memory.read_partial(at, &mut bytes)?;
    if n < len {
        return Err(Error::Fault { addr: at + n as u64 });
    }
    bytes.truncate(n);
    let hex = |b: &[u8]| b.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ");
    let mut out = Vec::new();
    let mut done = 0;
    let mut formatter = Formatter::new(Flavor::default());
    while done < len {
        let rest = bytes.get(done..).unwrap_or_default();
        let pc = at + done as u64;
        if is_code {
            let mut text = String::new();
            let mut symbol = |a: u64| session.location(VirtAddr(a)).map(|l| l.with_offset());
            let size = formatter.format(rest, pc.0, &mut symbol, &mut text).max(1);
            out.push((pc, format!("{}\t{text}", hex(rest.get(..size).unwrap_or(rest))), size));
            done += size;
        } else {
            let row = rest.get(..16.min(len - done)).unwrap_or(rest);
            let text: String = row.iter().map(|b| if b.is_ascii_graphic() || *b == b' ' { *b as char } else { '.' }).collect();
            out.push((pc, format!("{}\t{text}", hex(row)), row.len()));
            done += row.len().max(1);
        }
    }
    Ok(out)
}

fn save(cx: &mut Cx<'_>, args: &Args, file: &str) -> Result<Flow> {
    let module = module(cx.session, args)?;
    let to = expand_home(file);
    let saved = cx.session.save_patched(&module, Path::new(&to))?;
    cx.say(format!(
        "Saved {} with {} bytes of {} in {}.\n",
        module.path.display(),
        saved.bytes,
        counted(saved.changes as u64, "change"),
        Path::new(&to).display()
    ));
    if saved.left_out > 0 {
        cx.warn(format!(
            "{} not saved: what ld.so relocates, and what is not in the file (.bss), is written anew at each start.",
            counted(saved.left_out as u64, "change")
        ));
    }
    Ok(Flow::Go)
}

/// `info patches`
pub const PATCHES: Command = Command {
    name: "info patches",
    group: Group::Patching,
    args: &[ArgSpec::JSON],
    summary: "List what you have changed in the process, as undo would take it back.",
    help: "A row a change: the number of its entry, where, old and new value, the command, notes. An entry may have several.",
    examples: &[Example { line: "info patches", what: "all changes" }],
    own: true,
    run: |cx, _| {
        list(cx, |_| true, "Nothing has been changed.\n");
        Ok(Flow::Go)
    },
    ..Command::BASE
};

/// `info redirects`
pub const REDIRECTS: Command = Command {
    name: "info redirects",
    group: Group::Patching,
    args: &[ArgSpec::JSON],
    summary: "List the redirected slots.",
    help: "Those that `redirect' has written, as `info patches' lists them.",
    examples: &[Example { line: "info redirects", what: "the slots and where they lead" }],
    own: true,
    run: |cx, _| {
        list(cx, |e| e.what.starts_with("redirect "), "Nothing is redirected.\n");
        Ok(Flow::Go)
    },
    ..Command::BASE
};

fn list(cx: &mut Cx<'_>, fits: fn(&Entry) -> bool, nothing: &str) {
    let mut table = Table::new();
    let session = &*cx.session;
    for (number, entry) in (1usize..).zip(session.inferior.journal.entries()).filter(|(_, e)| fits(e)) {
        for change in &entry.changes {
            table.push(change_row(session, number, entry, change));
        }
    }
    if table.is_empty() {
        cx.say(nothing);
    }
    table.show(cx.out);
}

fn change_row(session: &Session, number: usize, entry: &Entry, change: &Change) -> Row {
    let (place, name, old, new) = match change {
        Change::Memory { at, old, new } => {
            let name = session.location(*at).map(|l| format!("<{}>", l.with_offset()));
            (at.to_string(), name.unwrap_or_else(|| "-".into()), old, new)
        }
        Change::Register { tid, name, old, new } => (format!("${name}"), format!("thread {tid}"), old, new),
    };
    let at = if let Change::Memory { at, .. } = change { Some(*at) } else { None };
    let is_data = !at.is_some_and(|a| session.is_code(a));
    let named = |bytes: &[u8]| {
        let word = bytes.try_into().ok().map(u64::from_le_bytes).filter(|_| is_data);
        let name = word.and_then(|w| session.full_name(VirtAddr(w), None));
        let text = shortened(session, at, bytes);
        name.map_or(text.clone(), |n| format!("{text} <{n}>"))
    };
    let notes = if entry.notes.is_empty() { String::new() } else { format!(" ({})", entry.notes.join("; ")) };
    Row::new()
        .both("number", Role::Plain, number.to_string(), number)
        .cell("address", Role::Address, place)
        .cell("name", Role::Symbol, name)
        .both("old", Role::Plain, named(old), session.shown(at, old))
        .note(Role::Plain, "->")
        .both("new", Role::Changed, named(new), session.shown(at, new))
        .both("command", Role::Plain, format!("{}{notes}", entry.what), entry.what.as_str())
        .hidden("notes", entry.notes.clone())
}

/// Long runs of bytes are cut.
fn shortened(session: &Session, at: Option<VirtAddr>, bytes: &[u8]) -> String {
    match bytes.get(..16) {
        Some(head) if bytes.len() > 16 => format!("{} ..({} bytes)", session.shown(at, head), bytes.len()),
        _ => session.shown(at, bytes),
    }
}

/// `undo`
pub const UNDO: Command = Command {
    name: "undo",
    group: Group::Patching,
    args: &[ArgSpec::may("N", ArgKind::Int)],
    summary: "Take back the last change of memory or registers that you made, or the last N.",
    help: "Every patch, `set', redirect and written register is in one list (`info patches'). An entry is taken back whole, or\n\
           not at all if memory no longer holds what rdbg wrote there. What the program itself did meanwhile stays.",
    examples: &[Example { line: "undo", what: "take the last change back" }, Example { line: "undo 2", what: "the last two" }],
    needs: Some(Need::Live),
    own: true,
    run: |cx, args| steps(cx, args, "Undid", Session::undo),
    ..Command::BASE
};

/// `redo`
pub const REDO: Command = Command {
    name: "redo",
    group: Group::Patching,
    args: &[ArgSpec::may("N", ArgKind::Int)],
    summary: "Do again what undo has taken back.",
    help: "With N, the last N.",
    examples: &[Example { line: "redo", what: "do it again" }],
    needs: Some(Need::Live),
    own: true,
    run: |cx, args| steps(cx, args, "Redid", Session::redo),
    ..Command::BASE
};

fn steps(cx: &mut Cx<'_>, args: &Args, verb: &str, step: fn(&mut Session) -> Result<Entry>) -> Result<Flow> {
    let n = match args.get("N") {
        Some(text) => super::expression::integer_i64(cx, text)?,
        None => 1,
    };
    if n < 1 {
        return Err(Error::user("How many? A number from 1."));
    }
    for _ in 0..n {
        let entry = step(cx.session)?;
        cx.say(format!("{verb} \"{}\": {}\n", entry.what, summary(cx.session, &entry, verb == "Undid")));
    }
    Ok(Flow::Go)
}

/// What undoing or redoing an entry changed, in a few words.
fn summary(session: &Session, entry: &Entry, undone: bool) -> String {
    let (place, at, old, new) = match entry.changes.as_slice() {
        [Change::Memory { at, old, new }] => (addressed(session, *at), Some(*at), old, new),
        [Change::Register { name, old, new, .. }] => (format!("${name}"), None, old, new),
        changes => return format!("{} changes", changes.len()),
    };
    let (from, to) = if undone { (new, old) } else { (old, new) };
    format!("{place} {} -> {}", shortened(session, at, from), shortened(session, at, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_plain_equals_sign_divides() {
        assert_eq!(split("main+4 = 90 90"), Some(("main+4", "90 90")));
        assert_eq!(split("(a==b)*8=90"), Some(("(a==b)*8", "90")));
        assert_eq!(split("a == b = 90"), Some(("a == b", "90")));
        assert_eq!(split("GOT[\"a=b\"] = \"x = y\""), Some(("GOT[\"a=b\"]", "\"x = y\"")));
        for nothing in ["", "main", "= 90", "main =", "a == b", "'a = 90"] {
            assert_eq!(split(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn bytes_are_pairs_of_digits() {
        assert_eq!(hexadecimal("90 90").unwrap(), [0x90, 0x90]);
        assert_eq!(hexadecimal("90cc, 0x0f05").unwrap(), [0x90, 0xcc, 0x0f, 0x05]);
        for wrong in ["9", "0x", "zz", "90 9", "9\u{e9}"] {
            assert!(hexadecimal(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn strings_have_cs_escapes() {
        assert_eq!(literal(r#""a\n\t\x41\101\0\\\"""#).unwrap(), b"a\n\tAA\0\\\"");
        assert_eq!(literal("\"\u{e9}\"").unwrap(), "\u{e9}".as_bytes());
        assert!(literal("\"a").is_err());
        assert!(literal("\"a\\").is_err());
    }
}
