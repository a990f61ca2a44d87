//! Disassembly of functions and ranges.

use crate::arch::disasm::{Flavor, Formatter};
use crate::arch::insn::MAX_LEN;
use crate::base::{AddrRange, Error, Result, VirtAddr};
use crate::engine::Session;
use crate::expr::Host;
use crate::symbols::Location;
use crate::ui::Role;

use super::args::{Args, split_at_comma};
use super::asm_source::{self, Order, Part};
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group, Repeat};

/// Disassembly.
pub const COMMANDS: &[Command] = &[DISASSEMBLE];

const DISASSEMBLE: Command = Command {
    name: "disassemble",
    aliases: &["disas"],
    group: Group::Data,
    args: &[ArgSpec::FORMAT, ArgSpec::may("RANGE", ArgKind::Rest)],
    summary: "Disassemble a function or a range of addresses.",
    help: "RANGE is an address, whose whole function is shown, or START,END or START,+LENGTH. Without RANGE, the function of the \
selected frame is shown. => marks the instruction that the selected frame is at.\n\
/r and /b show the bytes too; /s and /m mix source lines in, where there is line information.",
    examples: &[
        Example { line: "disassemble main", what: "shows main" },
        Example { line: "disassemble /r main,+16", what: "shows its first 16 bytes, and what they are" },
    ],
    repeat: Repeat::No,
    run: disassemble,
    ..Command::BASE
};

fn disassemble(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let (raw, order) = modifiers(args.format.as_deref().unwrap_or_default())?;
    let cut = match split_at_comma(&args.text, false) {
        // Nothing before it is no range: the expression is wrong.
        ("", Some(_)) => (args.text.trim(), None),
        cut => cut,
    };
    let (ranges, function) = match cut {
        (start, Some(end)) if !end.is_empty() => (vec![range(cx, start, end)?], None),
        (start, _) => {
            let at = if start.is_empty() {
                let frame = cx.session.selected_frame().map_err(|_| Error::user("No frame selected."))?;
                frame.pc.lookup()
            } else {
                super::expression::address(cx, start)?
            };
            let location = cx.session.location(at).filter(|l| l.is_code);
            let location = location.ok_or_else(|| Error::user("No function contains specified address."))?;
            let function = whole_function(cx.session, location);
            (function.ranges.clone(), Some(function))
        }
    };
    let heading = match (&function, ranges.as_slice()) {
        (None, [range]) => format!("Dump of assembler code from {} to {}:\n", range.start, range.end),
        (function, _) => {
            let name = function.as_ref().map_or(String::new(), |f| f.name.clone());
            format!("Dump of assembler code for function {name}:\n")
        }
    };
    cx.say(heading);
    for range in &ranges {
        if ranges.len() > 1 {
            cx.say(format!("Address range {} to {}:\n", range.start, range.end));
        }
        let mixed = match order {
            Some(order) => asm_source::parts(cx.session, *range, order)?,
            None => None,
        };
        let mut dump = Dump::new(cx.session, raw, function.as_ref());
        for part in mixed.unwrap_or_else(|| vec![Part::Code(*range)]) {
            match part {
                Part::Text(text) => dump.text.push_str(&text),
                Part::Code(range) => dump.run(range, cx.out)?,
            }
        }
        let rest = dump.text;
        cx.say(rest);
    }
    cx.say("End of assembler dump.\n");
    Ok(Flow::Go)
}

/// A function that is shown whole.
struct Whole {
    name: String,
    /// Where it is entered: its instructions are counted from there.
    entry: VirtAddr,
    /// Where its code is: compilers put what hardly ever runs elsewhere.
    ranges: Vec<AddrRange>,
}

/// The function around a place: all of its parts where it is described, one symbol's code where it is not.
fn whole_function(session: &Session, location: Location) -> Whole {
    let (module, at) = (location.module.clone(), location.start);
    let described = module.function(at).filter(|f| f.ranges.len() > 1);
    let parts = |function: &crate::dwarf::Function| -> Option<Whole> {
        let entry = module.virt(function.entry);
        let name = name_of(session, &session.location(entry)?);
        let ranges = function.ranges.iter().map(|r| AddrRange::new(module.virt(r.start), module.virt(r.end)));
        Some(Whole { name, entry, ranges: ranges.collect() })
    };
    described.and_then(|f| parts(&f)).unwrap_or_else(|| Whole {
        name: name_of(session, &location),
        entry: location.start,
        ranges: vec![extent(&location)],
    })
}

/// Whether the bytes are shown, and how source lines are mixed in.
fn modifiers(letters: &str) -> Result<(bool, Option<Order>)> {
    if let Some(bad) = letters.chars().find(|c| !"rbms".contains(*c)) {
        tracing::debug!(target: "command", %bad, "modifier");
        return Err(Error::user("Invalid disassembly modifier."));
    }
    if letters.contains('m') && letters.contains('s') {
        return Err(Error::user("Cannot specify both /m and /s."));
    }
    let order = letters.contains('s').then_some(Order::Code).or_else(|| letters.contains('m').then_some(Order::Source));
    Ok((letters.contains(['r', 'b']), order))
}

fn range(cx: &mut Cx<'_>, start: &str, end: &str) -> Result<AddrRange> {
    let start = super::expression::address(cx, start)?;
    let end = match end.strip_prefix('+') {
        Some(length) => start + super::expression::integer(cx, length)? as u64,
        None => super::expression::address(cx, end)?,
    };
    Ok(AddrRange::new(start, end))
}

/// A function's addresses: as its symbol says, or up to the next symbol or the end of its section.
fn extent(function: &Location) -> AddrRange {
    if function.size != 0 {
        return AddrRange::with_len(function.start, function.size);
    }
    let module = &function.module;
    let start = module.to_file(function.start);
    let image = module.image();
    let section_end = image.section_at(start).map(|s| s.addr + s.size);
    let segment_end = image.load_at(start).map(|s| s.addr + s.file_size);
    let next = module.file.next_symbol(start);
    let end = [section_end.or(segment_end), next].into_iter().flatten().min().unwrap_or(start + 1);
    AddrRange::new(function.start, module.virt(end))
}

fn name_of(session: &Session, location: &Location) -> String {
    session.code_name(&Location { offset: 0, ..location.clone() })
}

/// How much code is read at once, and how much text is written at once.
const CHUNK: usize = 1 << 16;

/// Writes instructions, as many as it takes: nothing is allocated for one of them but the names of its operands.
struct Dump<'a> {
    session: &'a Session,
    formatter: Formatter,
    names: Names<'a>,
    /// The pc of the selected frame.
    pc: Option<VirtAddr>,
    raw: bool,
    /// The function that is shown; otherwise, and in the padding behind it, each address has a name of its own.
    function: Option<&'a Whole>,
    text: String,
}

impl<'a> Dump<'a> {
    fn new(session: &'a Session, raw: bool, function: Option<&'a Whole>) -> Dump<'a> {
        let flavor = if session.settings.disassembly_flavor == "intel" { Flavor::Intel } else { Flavor::Att };
        Dump {
            session,
            formatter: Formatter::new(flavor),
            names: Names::new(session),
            pc: session.selected_frame().ok().map(|f| f.pc.addr()),
            raw,
            function,
            text: String::with_capacity(CHUNK + 4096),
        }
    }

    fn run(&mut self, range: AddrRange, out: &mut dyn crate::ui::Output) -> Result<()> {
        let result = self.instructions(range, out);
        out.text(Role::Plain, &self.text);
        self.text.clear();
        result
    }

    fn instructions(&mut self, range: AddrRange, out: &mut dyn crate::ui::Output) -> Result<()> {
        let mut code = vec![0; CHUNK + MAX_LEN];
        let mut at = range.start;
        while at < range.end {
            if crate::os::signals::take_interrupt() {
                return Err(Error::Cancelled);
            }
            if out.is_unwanted() {
                return Ok(());
            }
            let want = (range.end - at).min(CHUNK as u64) as usize + MAX_LEN;
            let got = self.session.memory().read_partial(at, code.get_mut(..want).unwrap_or_default())?;
            let start = at;
            // An instruction at the chunk's end is complete: MAX_LEN bytes more were read, where there are any.
            while at < range.end && ((at - start) as usize) < CHUNK {
                let left = code.get((at - start) as usize..got).unwrap_or_default();
                self.heading(at);
                if left.is_empty() {
                    self.text.push('\n');
                    return Err(Error::Fault { addr: at });
                }
                at = at + self.instruction(left, at);
            }
            if self.text.len() >= CHUNK {
                out.text(Role::Plain, &self.text);
                self.text.clear();
            }
        }
        Ok(())
    }

    /// `=> 0x000055555555516d <+4>:` and a tab.
    fn heading(&mut self, at: VirtAddr) {
        self.text.push_str(if self.pc == Some(at) { "=> 0x" } else { "   0x" });
        push_hex16(&mut self.text, at.0);
        match self.function.filter(|f| f.ranges.iter().any(|r| r.contains(at))) {
            Some(function) if at < function.entry => {
                self.text.push_str(" <-");
                push_decimal(&mut self.text, function.entry - at);
                self.text.push('>');
            }
            Some(function) => {
                self.text.push_str(" <+");
                push_decimal(&mut self.text, at - function.entry);
                self.text.push('>');
            }
            None => {
                if let Some((name, offset)) = self.names.line(at) {
                    self.text.push_str(" <");
                    self.text.push_str(name);
                    self.text.push('+');
                    push_decimal(&mut self.text, offset);
                    self.text.push('>');
                }
            }
        }
        self.text.push_str(":\t");
    }

    /// The instruction at the start of `code`, and a newline; its length.
    fn instruction(&mut self, code: &[u8], at: VirtAddr) -> u64 {
        let place = self.text.len();
        let names = &mut self.names;
        let len = self.formatter.format(code, at.0, &mut |a| names.operand(VirtAddr(a)), &mut self.text);
        if self.raw {
            let mut bytes = String::with_capacity(64);
            for byte in code.iter().take(len) {
                push_hex_byte(&mut bytes, *byte);
                bytes.push(' ');
            }
            bytes.pop();
            // What a line of seven bytes takes up, but for the last one.
            while bytes.len() < 19 {
                bytes.push(' ');
            }
            bytes.push('\t');
            self.text.insert_str(place, &bytes);
        }
        self.text.push('\n');
        len.max(1) as u64
    }
}

/// Names of addresses, many of which come more than once.
struct Names<'a> {
    session: &'a Session,
    /// What the last lines lay in.
    run: Option<Run>,
    /// Operands by a hash of their address.
    operands: Vec<Option<(VirtAddr, Option<String>)>>,
}

/// Addresses with the same symbol, or with none.
struct Run {
    range: AddrRange,
    /// Name and start.
    symbol: Option<(String, VirtAddr)>,
}

/// Operands that are remembered: a power of two.
const REMEMBERED: usize = 1 << 14;

impl<'a> Names<'a> {
    fn new(session: &'a Session) -> Names<'a> {
        Names { session, run: None, operands: vec![None; REMEMBERED] }
    }

    /// The symbol in which a line's address lies, and its distance from the symbol's start.
    fn line(&mut self, at: VirtAddr) -> Option<(&str, u64)> {
        if !self.run.as_ref().is_some_and(|r| r.range.contains(at)) {
            self.run = Some(run_from(self.session, at));
        }
        let (name, start) = self.run.as_ref()?.symbol.as_ref()?;
        Some((name.as_str(), at - *start))
    }

    /// What stands between the angle brackets behind an operand.
    fn operand(&mut self, at: VirtAddr) -> Option<String> {
        if let Some(run) = self.run.as_ref().filter(|r| r.range.contains(at)) {
            let (name, start) = run.symbol.as_ref()?;
            let mut text = String::with_capacity(name.len() + 8);
            text.push_str(name);
            if at != *start {
                text.push('+');
                push_decimal(&mut text, at - *start);
            }
            return Some(text);
        }
        let slot = (at.0 ^ at.0 >> 14) as usize & (REMEMBERED - 1);
        match self.operands.get(slot) {
            Some(Some((known, name))) if *known == at => name.clone(),
            _ => {
                let name = self.session.location(at).map(|l| self.session.code_name(&l));
                if let Some(entry) = self.operands.get_mut(slot) {
                    *entry = Some((at, name.clone()));
                }
                name
            }
        }
    }
}

/// The addresses from `at` on that have its symbol, or like it none.
fn run_from(session: &Session, at: VirtAddr) -> Run {
    let one = AddrRange::new(at, at + 1);
    let Some(module) = session.inferior.modules.at(at) else { return Run { range: one, symbol: None } };
    let next = module.file.next_symbol(module.to_file(at)).map_or(VirtAddr(u64::MAX), |a| module.virt(a));
    if let Some(location) = session.location(at) {
        let end = if location.size == 0 { at + 1 } else { next.min(location.start + location.size) };
        let symbol = Some((name_of(session, &location), location.start));
        return Run { range: AddrRange::new(at, end), symbol };
    }
    // Elsewhere stubs and slots have names without symbols.
    let Some(text) = module.image().section_at(module.to_file(at)).filter(|s| s.name == ".text") else {
        return Run { range: one, symbol: None };
    };
    let found = module.found_functions().iter().map(|f| module.virt(f.addr)).filter(|a| *a > at);
    let end = found.fold(next, VirtAddr::min).min(module.virt(text.addr + text.size));
    Run { range: AddrRange::new(at, end), symbol: None }
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

fn push_hex16(out: &mut String, n: u64) {
    for shift in (0..16).rev() {
        out.push(char::from(DIGITS[(n >> (4 * shift) & 15) as usize]));
    }
}

fn push_hex_byte(out: &mut String, byte: u8) {
    out.push(char::from(DIGITS[usize::from(byte >> 4)]));
    out.push(char::from(DIGITS[usize::from(byte & 15)]));
}

fn push_decimal(out: &mut String, n: u64) {
    if n >= 10 {
        push_decimal(out, n / 10);
    }
    out.push(char::from(DIGITS[(n % 10) as usize]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_at_its_comma() {
        assert_eq!(split_at_comma("main,+10", false), ("main", Some("+10")));
        assert_eq!(split_at_comma("f(1,2), 3", false), ("f(1,2)", Some("3")));
        assert_eq!(split_at_comma("'a,b'", false), ("'a,b'", None));
        assert_eq!(split_at_comma("", false), ("", None));
    }

    #[test]
    fn numbers_are_written_as_format_does() {
        let mut text = String::new();
        push_hex16(&mut text, 0x5555_5555_516d);
        push_decimal(&mut text, 0);
        push_decimal(&mut text, u64::MAX);
        push_hex_byte(&mut text, 0x0f);
        assert_eq!(text, format!("{:016x}0{}0f", 0x5555_5555_516du64, u64::MAX));
    }

    #[test]
    fn modifiers_are_gdbs() {
        assert_eq!(modifiers("rs").unwrap(), (true, Some(Order::Code)));
        assert_eq!(modifiers("").unwrap(), (false, None));
        assert_eq!(modifiers("ms").unwrap_err().to_string(), "Cannot specify both /m and /s.");
        assert_eq!(modifiers("x").unwrap_err().to_string(), "Invalid disassembly modifier.");
    }
}
