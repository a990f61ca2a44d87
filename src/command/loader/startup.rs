//! The auxiliary vector and the initial stack.

use std::collections::BTreeMap;

use crate::base::{Error, Need, Result, VirtAddr, counted, read_cstr};
use crate::command::{ArgSpec, Args, Command, Cx, Example, Flow, Group};
use crate::elf::{AuxEntry, AuxFormat};
use crate::engine::Session;
use crate::expr::Host;
use crate::loader::{InitialStack, Pointer, find_initial_stack};
use crate::os::procfs;
use crate::ui::{Role, Row, Table};
use crate::value::quoted_string;

/// `info auxv`
pub const AUXV: Command = Command {
    name: "info auxv",
    group: Group::Loading,
    args: &[ArgSpec::JSON],
    summary: "Display the inferior's auxiliary vector.",
    help: "It is what the kernel tells a new program beside its arguments and its environment (getauxval(3)).",
    examples: &[Example { line: "info auxv", what: "every entry with its name and meaning" }],
    run: auxv,
    ..Command::BASE
};

fn auxv(cx: &mut Cx<'_>, _: &Args) -> Result<Flow> {
    let process = cx.session.process().map_err(|_| Error::user("The program has no auxiliary information now."))?;
    for entry in AuxEntry::parse(&process.target.auxv()?) {
        let value = aux_value(cx.session, &entry);
        let row = Row::new()
            .note(Role::Plain, format!("{:<4} {:<20} {:<30} {value}", entry.key, entry.name(), entry.description()))
            .hidden("key", entry.key)
            .hidden("name", entry.name())
            .hidden("description", entry.description())
            .hidden("value", format!("{:#x}", entry.value))
            .hidden("string", aux_string(cx.session, &entry).map(|s| escaped(&s)));
        cx.row(&row);
    }
    Ok(Flow::Go)
}

/// A value as gdb writes it: decimal, hexadecimal, or an address and the string there, shown as any other.
fn aux_value(session: &Session, entry: &AuxEntry) -> String {
    match entry.format() {
        AuxFormat::Decimal => entry.value.to_string(),
        AuxFormat::Hex => format!("{:#x}", entry.value),
        AuxFormat::String => {
            let options = session.settings.print_options();
            let cut = |bytes: &[u8]| options.elements.map_or(bytes.len(), |n| bytes.len().min(n as usize));
            let shown = |b: Vec<u8>| {
                let (kept, rest) = b.split_at(cut(&b));
                quoted_string(kept, 1, "", &options, !rest.is_empty())
            };
            match aux_string(session, entry).map(shown) {
                Some(text) if options.address => format!("{:#x} {text}", entry.value),
                Some(text) => text,
                None => format!("{:#x}", entry.value),
            }
        }
    }
}

/// The bytes of the string that an entry leads to.
fn aux_string(session: &Session, entry: &AuxEntry) -> Option<Vec<u8>> {
    let is_string = entry.format() == AuxFormat::String;
    is_string.then(|| read_cstr(session.memory(), VirtAddr(entry.value), 4096).ok()).flatten()
}

/// `info startup`
pub const STARTUP: Command = Command {
    name: "info startup",
    group: Group::Loading,
    args: &[ArgSpec::JSON],
    summary: "Draw the stack as the kernel left it at the first instruction: argc, argv, envp, auxv, the strings.",
    help: "Each word with its address and what it is; then the strings above them, in order of addresses. It needs no symbols.\n\
           Before the first instruction it is found by rsp, later by what /proc/PID/stat says of the start of the stack; what\n\
           the program has overwritten since is shown as it is now.",
    examples: &[Example { line: "info startup", what: "what the program was started with" }],
    needs: Some(Need::Process),
    own: true,
    run: startup,
    ..Command::BASE
};

fn startup(cx: &mut Cx<'_>, _: &Args) -> Result<Flow> {
    let (at, how) = stack_start(cx.session)?;
    let stack = InitialStack::read(cx.session.memory(), at)?;
    cx.out.text(Role::Title, &format!("The stack as the kernel left it, from {at} ({how})\n"));
    let mut table = Table::new();
    rows(cx.session, &stack).into_iter().for_each(|r| table.push(r));
    table.show(cx.out);
    Ok(Flow::Go)
}

/// Where argc is, and how that is known.
fn stack_start(session: &Session) -> Result<(VirtAddr, &'static str)> {
    let process = session.process()?;
    let registers = process.target.registers(session.selected_thread()?)?;
    let pc = VirtAddr(registers.pc());
    let modules = &session.inferior.modules;
    let first = modules.interpreter().or(modules.main());
    if first.is_some_and(|m| m.image().entry().is_some_and(|e| m.virt(e) == pc)) {
        return Ok((VirtAddr(registers.sp()), "rsp: no instruction has run yet"));
    }
    if process.target.core_file().is_some() {
        let maps = process.target.maps()?;
        let stack = maps.mappings.iter().find(|m| m.name == "[stack]").map(|m| m.range).unwrap_or_default();
        let found = find_initial_stack(session.memory(), stack.start, stack.end, &process.target.auxv()?);
        let missing = || Error::user("The core file does not hold the beginning of the stack.");
        return Ok((found.ok_or_else(missing)?, "found by the auxiliary vector"));
    }
    // proc_pid_stat(5): startstack is field 28; the second field may hold anything, also a parenthesis.
    let stat = procfs::text(process.target.pid(), "stat")?;
    let field = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(28 - 3)?.parse().ok());
    match field.filter(|a| *a != 0) {
        Some(start) => Ok((VirtAddr(start), "startstack in /proc/PID/stat")),
        None => Err(Error::user("The kernel does not tell where the stack began (startstack in /proc/PID/stat is 0).")),
    }
}

/// A row: address, what it is, the word, what it means.
fn row(at: VirtAddr, what: impl Into<String>, value: Option<u64>, meaning: impl Into<String>) -> Row {
    let text = value.map_or_else(String::new, |v| format!("{v:#018x}"));
    Row::new()
        .cell("address", Role::Address, at.to_string())
        .cell("what", Role::Variable, what)
        .both("value", Role::Plain, text.clone(), Some(text).filter(|t| !t.is_empty()))
        .cell("meaning", Role::Plain, meaning)
}

fn rows(session: &Session, stack: &InitialStack) -> Vec<Row> {
    let mut out = vec![row(stack.at, "argc", Some(stack.argc), stack.argc.to_string())];
    let quoted = |p: &Pointer| p.string.as_deref().map_or_else(|| "(unreadable)".into(), |s| format!("\"{}\"", escaped(s)));
    let mut list = |name: &str, pointers: &[Pointer], start: VirtAddr| {
        out.extend(pointers.iter().enumerate().map(|(i, p)| row(p.at, format!("{name}[{i}]"), Some(p.value.0), quoted(p))));
        let end = start + 8 * pointers.len() as u64;
        out.push(row(end, format!("{name}[{}]", pointers.len()), Some(0), format!("end of {name}")));
        end + 8
    };
    let envp = list("argv", &stack.argv, stack.at + 8);
    list("envp", &stack.envp, envp);
    for (at, entry) in &stack.auxv {
        let meaning = match entry.format() {
            AuxFormat::String => aux_string(session, entry).map_or_else(String::new, |s| format!("\"{}\"", escaped(&s))),
            AuxFormat::Decimal => entry.value.to_string(),
            AuxFormat::Hex => session.full_name(VirtAddr(entry.value), None).unwrap_or_default(),
        };
        let meaning =
            if meaning.is_empty() { entry.description().to_owned() } else { format!("{meaning} ({})", entry.description()) };
        out.push(row(*at, entry.name(), Some(entry.value), meaning));
    }
    out.extend(strings(session, stack));
    out
}

/// What lies above the auxiliary vector, in order of addresses.
fn strings(session: &Session, stack: &InitialStack) -> Vec<Row> {
    let mut places: BTreeMap<VirtAddr, (String, String)> = BTreeMap::new();
    let mut end = stack.end;
    for (name, list) in [("argv", &stack.argv), ("envp", &stack.envp)] {
        for (i, p) in list.iter().enumerate() {
            let Some(bytes) = &p.string else { continue };
            places.insert(p.value, (format!("{name}[{i}]'s string"), format!("\"{}\"", escaped(bytes))));
            end = end.max(p.value + bytes.len() as u64 + 1);
        }
    }
    for (_, entry) in &stack.auxv {
        let at = VirtAddr(entry.value);
        if entry.name() == "AT_RANDOM" {
            let bytes = crate::base::read_vec(session.memory(), at, 16).unwrap_or_default();
            let hex: Vec<String> = bytes.iter().map(|b| format!("{b:02x}")).collect();
            places.insert(at, ("AT_RANDOM's bytes".into(), hex.join(" ")));
        } else if let Some(bytes) = aux_string(session, entry) {
            places.entry(at).or_insert((format!("{}'s", entry.name()), format!("\"{}\"", escaped(&bytes))));
            end = end.max(at + bytes.len() as u64 + 1);
        }
    }
    let mut out: Vec<Row> = Vec::new();
    if let Some(first) = places.keys().next().filter(|a| **a > stack.end) {
        let gap = *first - stack.end;
        out.push(row(stack.end, "(alignment)", None, counted(gap, "byte")));
    }
    out.extend(places.into_iter().map(|(at, (what, text))| row(at, what, None, text)));
    out.push(row(end, "(end)", None, "zeros up to the end of the stack"));
    out
}

/// A string with everything that does not print written in octal, cut after 400 characters.
fn escaped(bytes: &[u8]) -> String {
    let mut out = String::new();
    for c in String::from_utf8_lossy(bytes).chars().take(400) {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\{:03o}", c as u32)),
            c => out.push(c),
        }
    }
    if bytes.len() > 400 {
        out.push_str("...");
    }
    out
}
