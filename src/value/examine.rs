//! The data half of `x/NFU ADDRESS`, and `hexdump`.

use std::sync::Arc;

use super::base_types::base_type;
use super::c_string::quoted_string;
use super::print::{StringEnd, read_string};
use super::printer::Printer;
use super::scalar::{Letter, scalar_text, symbol_suffix};
use super::types::Type;
use crate::base::{Error, Memory, Result, VirtAddr};

/// What stands behind the `/` of `print/FMT` and `x/NFU`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FormatSpec {
    /// How many; negative counts go backwards.
    pub count: Option<i64>,
    /// The format letter, known or not.
    pub letter: Option<char>,
    /// The size letter: `b`, `h`, `w` or `g`.
    pub size: Option<char>,
    /// `/r`: without pretty printers.
    pub raw: bool,
}

impl FormatSpec {
    /// Reads the letters behind a `/` up to a blank or the end; the rest of the text. Of several letters the last counts.
    pub fn parse(text: &str) -> (FormatSpec, &str) {
        let mut spec = FormatSpec::default();
        let digits = text.strip_prefix('-').unwrap_or(text);
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let (number, mut rest) = digits.split_at(end);
        let minus = text.len() != digits.len();
        if !number.is_empty() {
            let n = number.parse().unwrap_or(i64::MAX);
            spec.count = Some(if minus { -n } else { n });
        } else if minus {
            spec.count = Some(-1);
        }
        while let Some(c) = rest.chars().next().filter(char::is_ascii_lowercase) {
            match c {
                'b' | 'h' | 'w' | 'g' => spec.size = Some(c),
                'r' => spec.raw = true,
                _ => spec.letter = Some(c),
            }
            rest = &rest[1..];
        }
        (spec, rest)
    }

    /// The format for a command that shows one value, such as `print`; what means nothing there is an error.
    pub fn for_value(&self, command: &str) -> Result<Option<Letter>> {
        let meaningless =
            |what: &str, verb: &str| Err(Error::user(format!("{what} {verb} meaningless in \"{command}\" command.")));
        if self.size.is_some() {
            return meaningless("Size letters", "are");
        }
        if self.count.is_some_and(|n| n != 1) {
            return meaningless("Item count other than 1", "is");
        }
        match self.letter {
            None => Ok(None),
            Some('i') => meaningless("Format letter \"i\"", "is"),
            Some(letter) => letter_or_error(letter).map(Some),
        }
    }
}

fn letter_or_error(letter: char) -> Result<Letter> {
    Letter::parse(letter).ok_or_else(|| Error::user(format!("Undefined output format \"{letter}\".")))
}

/// What `x` remembers from one time to the next. `print` sets the letter too.
#[derive(Clone, Debug)]
pub struct ExamineState {
    /// The last format letter; `None` at first, which counts as `x`.
    pub letter: Option<char>,
    /// The last size letter.
    pub size: char,
    /// Where the next `x` without an address goes on; `None` before the first one.
    pub next: Option<VirtAddr>,
    /// The last count, for an `x` without anything.
    pub count: i64,
    /// The last item shown: its type and its address, for `$_` and `$__`.
    pub last: Option<(Arc<Type>, VirtAddr)>,
}

impl Default for ExamineState {
    fn default() -> ExamineState {
        ExamineState { letter: None, size: 'w', next: None, count: 1, last: None }
    }
}

/// Shows one instruction: the row from `=>` or its blanks on, without the end of line, and the length in bytes.
pub type ShowInstruction<'a> = dyn FnMut(VirtAddr) -> Result<(String, u64)> + 'a;

/// What an `x` works on.
pub struct Examine<'a> {
    /// Reads and names.
    pub printer: Printer<'a>,
    /// Shows an instruction for `x/i`.
    pub instruction: &'a mut ShowInstruction<'a>,
    /// What stands before the address of an instruction: `=> `, or blanks.
    pub marker: &'a dyn Fn(VirtAddr) -> &'static str,
    /// The address that lies `n` instructions before another, for `x/-Ni`.
    pub back: &'a dyn Fn(VirtAddr, u64) -> Result<VirtAddr>,
    /// Takes the text, piece by piece.
    pub out: &'a mut dyn FnMut(&str),
}

/// Fills in what a request leaves out: from what was used last, and by what suits the letter.
fn completed(spec: &FormatSpec, state: &ExamineState) -> (char, char) {
    let last = state.letter.unwrap_or('x');
    match (spec.letter, spec.size) {
        (None, None) => (last, state.size),
        (None, Some(size)) => (if last == 'i' { 'x' } else { last }, size),
        (Some(letter), Some(size)) => (letter, size),
        (Some('a'), None) => ('a', 'g'),
        (Some('f'), None) => ('f', if matches!(state.size, 'w' | 'g') { state.size } else { 'g' }),
        (Some('c'), None) => ('c', 'b'),
        (Some('s'), None) => ('s', 'b'),
        (Some(letter), None) => (letter, state.size),
    }
}

fn size_in_bytes(size: char) -> u64 {
    match size {
        'b' => 1,
        'h' => 2,
        'g' => 8,
        _ => 4,
    }
}

/// The type of an item: gdb's `int8_t` to `int64_t`, or a floating-point type for `/f`.
fn item_type(letter: Letter, bytes: u64) -> Arc<Type> {
    match (letter, bytes) {
        (Letter::Float, 4) => Type::float32(),
        (Letter::Float, 8) => Type::double(),
        (_, n) => base_type(&format!("int{}_t", n * 8)).unwrap_or_else(Type::int),
    }
}

impl Examine<'_> {
    /// Shows memory from `start` on (or from where the last `x` ended). What can be read is shown; the error for the first
    /// byte that cannot be read is returned and belongs right behind the text, on the same line.
    pub fn run(&mut self, spec: &FormatSpec, start: Option<VirtAddr>, state: &mut ExamineState) -> Result<()> {
        let (letter, size) = completed(spec, state);
        let none = || Error::user("Argument required (starting display address).");
        let mut at = start.or(state.next).ok_or_else(none)?;
        let count = spec.count.unwrap_or(1);
        state.next = Some(at);
        let result = match letter {
            'i' => self.instructions(&mut at, count, state),
            's' => self.strings(&mut at, count, size, state),
            _ => match letter_or_error(letter) {
                Ok(letter) => self.items(&mut at, count, letter, size_in_bytes(size), state),
                Err(e) => {
                    self.label(at);
                    Err(e)
                }
            },
        };
        if result.is_ok() {
            state.letter = Some(letter);
            // gdb's choices: strings leave bytes behind, instructions leave the size alone.
            state.size = if letter == 's' { 'b' } else { size };
        }
        result
    }

    fn label(&mut self, at: VirtAddr) {
        let text = format!("{at}{}:\t", symbol_suffix(at, self.printer.symbols));
        (self.out)(&text);
    }

    fn items(&mut self, at: &mut VirtAddr, count: i64, letter: Letter, size: u64, state: &mut ExamineState) -> Result<()> {
        let ty = item_type(letter, size);
        if count < 0 {
            *at = *at - count.unsigned_abs().wrapping_mul(size);
            state.next = Some(*at);
        }
        let per_row = match size {
            1 | 2 => 8,
            4 => 4,
            _ => 2,
        };
        let mut left = count.unsigned_abs();
        let mut row = vec![0; (per_row * size) as usize];
        while left > 0 {
            let items = left.min(per_row);
            let buf = &mut row[..(items * size) as usize];
            let got = self.printer.memory.read_partial(*at, buf)?;
            let whole = got as u64 / size;
            self.label(*at);
            let mut text = String::new();
            for (i, item) in buf[..(whole * size) as usize].chunks_exact(size as usize).enumerate() {
                if i > 0 {
                    text.push('\t');
                }
                text.push_str(&scalar_text(item, &ty, Some(letter), true, self.printer.options, self.printer.symbols));
            }
            let end = if whole == items {
                "\n"
            } else if whole > 0 {
                "\t"
            } else {
                ""
            };
            text.push_str(end);
            (self.out)(&text);
            if whole > 0 {
                state.last = Some((ty.clone(), *at + (whole - 1) * size));
            }
            if whole < items {
                return Err(Error::Fault { addr: *at + got as u64 });
            }
            *at = *at + items * size;
            left -= items;
            if count > 0 {
                state.next = Some(*at);
            }
        }
        Ok(())
    }

    fn strings(&mut self, at: &mut VirtAddr, count: i64, size: char, state: &mut ExamineState) -> Result<()> {
        let (width, prefix) = match size {
            'h' => (2, "u"),
            'w' => (4, "U"),
            'g' => {
                (self.out)("warning: Unable to display strings with size 'g', using 'b' instead.\n");
                (1, "")
            }
            _ => (1, ""),
        };
        let limit = self.printer.options.elements.map_or(1 << 26, |n| n as usize);
        if count < 0 {
            *at = string_backward(self.printer.memory, *at, count.unsigned_abs(), width, limit);
            state.next = Some(*at);
        }
        for _ in 0..count.unsigned_abs() {
            let (bytes, end) = read_string(self.printer.memory, *at, width as usize, limit);
            self.label(*at);
            let more = end == StringEnd::Limit;
            let mut text = quoted_string(&bytes, width as usize, prefix, self.printer.options, more);
            if let StringEnd::Fault(addr) = end {
                text = format!("{}<error: {}>", if bytes.is_empty() { "" } else { &text }, Error::Fault { addr });
            }
            (self.out)(&text);
            (self.out)("\n");
            state.last = Some((item_type(Letter::Str, width), *at));
            *at = *at + bytes.len() as u64 + if end == StringEnd::Nul { width } else { 0 };
            if count > 0 {
                state.next = Some(*at);
            }
            if let StringEnd::Fault(addr) = end {
                // gdb goes on to say the same of every further one.
                *at = addr;
                break;
            }
        }
        Ok(())
    }

    fn instructions(&mut self, at: &mut VirtAddr, count: i64, state: &mut ExamineState) -> Result<()> {
        if count < 0 {
            *at = (self.back)(*at, count.unsigned_abs())?;
            state.next = Some(*at);
        }
        for _ in 0..count.unsigned_abs() {
            match (self.instruction)(*at) {
                Ok((text, len)) => {
                    (self.out)(&text);
                    (self.out)("\n");
                    state.last = Some((Type::int8(), *at));
                    *at = *at + len.max(1);
                    if count > 0 {
                        state.next = Some(*at);
                    }
                }
                Err(e) => {
                    (self.out)((self.marker)(*at));
                    self.label(*at);
                    return Err(e);
                }
            }
        }
        Ok(())
    }
}

/// Where `count` strings back from `at` begins, as gdb counts: the NUL right before `at` ends the first of them.
fn string_backward(memory: &dyn Memory, at: VirtAddr, count: u64, width: u64, limit: usize) -> VirtAddr {
    let (mut start, mut left, mut seen) = (at, count, 0);
    let mut addr = at;
    let mut unit = vec![0; width as usize];
    while left > 0 {
        let Some(before) = addr.0.checked_sub(width) else { break };
        if memory.read(VirtAddr(before), &mut unit).is_err() {
            break;
        }
        if unit.iter().all(|b| *b == 0) || seen == limit {
            left -= 1;
            start = addr;
            seen = 0;
        } else {
            seen += 1;
        }
        addr = VirtAddr(before);
    }
    start
}

/// Rows of sixteen bytes as `hexdump -C` shows them, with symbols: `0x404020  68 65 ...  |hello...........|  <name>`. What
/// can be read is shown; the first byte that cannot be read is the error.
pub fn hexdump(printer: &Printer<'_>, start: VirtAddr, len: u64, out: &mut dyn FnMut(&str)) -> Result<()> {
    let mut done = 0;
    while done < len {
        let at = start + done;
        let mut row = [0; 16];
        let want = (len - done).min(16) as usize;
        let got = printer.memory.read_partial(at, &mut row[..want])?;
        if got > 0 {
            let mut text = format!("{at} ");
            for i in 0..16 {
                text.push_str(if i == 8 { "  " } else { " " });
                match row[..got].get(i) {
                    Some(byte) => text.push_str(&format!("{byte:02x}")),
                    None => text.push_str("  "),
                }
            }
            text.push_str("  |");
            text.extend(row[..got].iter().map(|b| if (0x20..0x7f).contains(b) { *b as char } else { '.' }));
            text.push('|');
            if let Some(symbol) = printer.symbols.symbol(at) {
                text.push_str(&format!("  <{symbol}>"));
            }
            text.push('\n');
            out(&text);
        }
        if got < want {
            return Err(Error::Fault { addr: at + got as u64 });
        }
        done += want as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
