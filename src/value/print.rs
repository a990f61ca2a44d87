//! Values as `print` shows them.

use std::fmt::Write;
use std::sync::Arc;

use super::c_string::quoted_string;
use super::number::{extract_bits, int_from_bytes, int_to_bytes};
use super::options::{PrintOptions, Symbols};
use super::place::{Place, Value};
use super::scalar::{Letter, char_prefix, scalar_text};
use super::types::{ArrayKind, Enumerator, Flag, Type, TypeKind};
use crate::base::{Error, Memory, Result, VirtAddr};

/// Deeper than this nothing is shown, whatever `set print max-depth` says.
const MAX_DEPTH: u32 = 200;

/// The longest string that is read where `set print elements` sets no limit.
const MAX_STRING: usize = 1 << 26;

/// Shows values: with the memory that pointers lead to, names of addresses, and options.
#[derive(Clone, Copy)]
pub struct Printer<'a> {
    /// Where strings behind pointers are read.
    pub memory: &'a dyn Memory,
    /// Names of addresses.
    pub symbols: &'a dyn Symbols,
    /// `set print ...`
    pub options: &'a PrintOptions,
}

/// A part of a value: its type, its bytes, where it lives, and how deep it lies.
struct Part<'a> {
    ty: &'a Arc<Type>,
    bytes: &'a [u8],
    addr: Option<VirtAddr>,
    depth: u32,
}

impl Printer<'_> {
    /// The value as `print` shows it after `$1 = `. It is read as a whole first: what cannot be read is an error.
    pub fn text(&self, value: &Value, letter: Option<Letter>) -> Result<String> {
        self.top(value, letter, true)
    }

    /// The value as `info locals` shows it: as [`Printer::text`], but no type stands before a pointer.
    pub fn plain(&self, value: &Value) -> Result<String> {
        self.top(value, None, false)
    }

    fn top(&self, value: &Value, letter: Option<Letter>, prefix: bool) -> Result<String> {
        let ty = value.ty.stripped();
        match value.missing() {
            Some((why, true)) => return Ok(why.to_string()),
            Some(_) => return self.incomplete(value, letter),
            None => {}
        }
        if ty.is_void() {
            return Ok("void".to_owned());
        }
        let mut out = String::new();
        if ty.is_function() {
            self.function(value, letter, &mut out)?;
            return Ok(out);
        }
        if let TypeKind::NoDebug(_) = ty.kind {
            return Ok(ty.name.to_string());
        }
        let bytes = value.whole_bytes(self.memory, self.options.max_value_size)?;
        if prefix && matches!(letter, None | Some(Letter::Str)) {
            self.type_prefix(&value.ty, &mut out);
        }
        self.part(&Part { ty: &value.ty, bytes: &bytes, addr: value.address(), depth: 0 }, letter, &mut out)?;
        Ok(out)
    }

    /// `(int *) `: what stands before a pointer that is not inside something, unless it is a `char *` by that name.
    fn type_prefix(&self, ty: &Arc<Type>, out: &mut String) {
        let Some(target) = ty.target() else { return };
        let mut bare = target;
        while let TypeKind::Qualified { target, .. } = &bare.kind {
            bare = target;
        }
        if !(ty.name.is_empty() && &*bare.name == "char") {
            _ = write!(out, "({ty}) ");
        }
    }

    fn function(&self, value: &Value, letter: Option<Letter>, out: &mut String) -> Result<()> {
        let Place::Memory(addr) = value.place else { return Err(Error::user("Value can't be converted to integer.")) };
        // gdb says so where there is no code at all.
        self.memory.read(addr, &mut [0])?;
        match letter {
            None | Some(Letter::Str) => {
                _ = write!(out, "{{{}}} ", value.ty);
                self.address(addr, out);
            }
            Some(Letter::Address | Letter::Char) => return Err(Error::user("Value can't be converted to integer.")),
            // gdb takes a function for the one byte that it is long.
            Some(letter) => {
                let mut byte = [0];
                self.memory.read(addr, &mut byte)?;
                out.push_str(&scalar_text(&byte, &Type::uint8(), Some(letter), false, self.options, self.symbols));
            }
        }
        Ok(())
    }

    /// `0x401106 <main+4>`, as much of it as the options ask for.
    fn address(&self, addr: VirtAddr, out: &mut String) {
        if self.options.address {
            _ = write!(out, "{addr}");
        }
        if let Some(symbol) = self.symbols.value_symbol(addr) {
            let gap = if self.options.address { " " } else { "" };
            _ = write!(out, "{gap}<{symbol}>");
        }
    }

    fn part(&self, part: &Part<'_>, letter: Option<Letter>, out: &mut String) -> Result<()> {
        let ty = part.ty.stripped();
        match &ty.kind {
            TypeKind::Struct { .. } => self.structure(part, letter, out),
            TypeKind::Array { .. } => self.array(part, letter, out),
            TypeKind::Pointer(target) if matches!(letter, None | Some(Letter::Str)) => {
                self.pointer(VirtAddr(int_from_bytes(part.bytes, false) as u64), target, out);
                Ok(())
            }
            TypeKind::Enum { enumerators, signed, .. } if matches!(letter, None | Some(Letter::Str)) => {
                out.push_str(&enumeration(int_from_bytes(part.bytes, *signed), enumerators));
                Ok(())
            }
            TypeKind::Flags(flags) if matches!(letter, None | Some(Letter::Str)) => {
                out.push_str(&flags_text(int_from_bytes(part.bytes, false), flags));
                Ok(())
            }
            TypeKind::Void => {
                out.push_str("void");
                Ok(())
            }
            TypeKind::Function(_) => {
                _ = write!(out, "{{{ty}}} ");
                self.address(part.addr.unwrap_or_default(), out);
                Ok(())
            }
            TypeKind::NoDebug(_) => {
                out.push_str(&ty.name);
                Ok(())
            }
            _ => {
                out.push_str(&scalar_text(part.bytes, part.ty, letter, false, self.options, self.symbols));
                Ok(())
            }
        }
    }

    fn pointer(&self, addr: VirtAddr, target: &Arc<Type>, out: &mut String) {
        let bare = target.stripped();
        if bare.is_function() {
            // gdb names functions whatever `set print symbol` says.
            return self.address(addr, out);
        }
        let before = out.len();
        if self.options.symbol {
            self.address(addr, out);
        } else if self.options.address {
            _ = write!(out, "{addr}");
        }
        if bare.is_char() && addr.0 != 0 {
            if out.len() > before {
                out.push(' ');
            }
            out.push_str(&self.string_at(addr, bare));
        }
    }

    /// The string at an address with its quotes, cut as the options say; where memory ends, the error in its place. `ty` is
    /// the type of a character.
    pub fn string_at(&self, addr: VirtAddr, ty: &Arc<Type>) -> String {
        let width = match ty.size {
            2 => 2,
            4 => 4,
            _ => 1,
        };
        let limit = self.options.elements.map_or(MAX_STRING, |n| n as usize).min(MAX_STRING);
        let (bytes, end) = read_string(self.memory, addr, width, limit);
        let text = |more| quoted_string(&bytes, width, char_prefix(ty), self.options, more);
        match end {
            StringEnd::Nul => text(false),
            StringEnd::Limit => text(true),
            StringEnd::Fault(at) => {
                let error = format!("<error: {}>", Error::Fault { addr: at });
                if bytes.is_empty() { error } else { text(false) + &error }
            }
        }
    }

    fn too_deep(&self, depth: u32) -> bool {
        depth >= self.options.max_depth.unwrap_or(MAX_DEPTH).min(MAX_DEPTH)
    }

    fn structure(&self, part: &Part<'_>, letter: Option<Letter>, out: &mut String) -> Result<()> {
        let TypeKind::Struct { union, fields, .. } = &part.ty.stripped().kind else { return Ok(()) };
        if self.too_deep(part.depth) || (*union && part.depth > 0 && !self.options.union) {
            out.push_str("{...}");
            return Ok(());
        }
        let fields = fields.get()?;
        if fields.is_empty() {
            out.push_str("{<No data fields>}");
            return Ok(());
        }
        let indent = 2 * part.depth as usize;
        out.push('{');
        for (i, field) in fields.iter().enumerate() {
            match (i, self.options.pretty) {
                (0, false) => {}
                (_, false) => out.push_str(", "),
                (0, true) => _ = write!(out, "\n{:1$}", "", indent + 2),
                (_, true) => _ = write!(out, ",\n{:1$}", "", indent + 2),
            }
            if !field.name.is_empty() {
                _ = write!(out, "{} = ", field.name);
            }
            let start = usize::try_from(field.offset).unwrap_or(usize::MAX).min(part.bytes.len());
            let rest = &part.bytes[start..];
            let widened;
            let bytes = match field.bits {
                Some(bits) => {
                    widened = int_to_bytes(extract_bits(rest, bits, field.ty.is_signed()), field.ty.size);
                    &widened[..]
                }
                None => rest.get(..field.ty.size as usize).unwrap_or(rest),
            };
            let addr = part.addr.map(|a| a + field.offset);
            self.part(&Part { ty: &field.ty, bytes, addr, depth: part.depth + 1 }, letter, out)?;
        }
        if self.options.pretty {
            _ = write!(out, "\n{:1$}", "", indent);
        }
        out.push('}');
        Ok(())
    }

    fn array(&self, part: &Part<'_>, letter: Option<Letter>, out: &mut String) -> Result<()> {
        let TypeKind::Array { element, count, lower, kind, .. } = &part.ty.stripped().kind else { return Ok(()) };
        let bare = element.stripped();
        let text = match letter {
            None => bare.is_char() && *kind == ArrayKind::Plain,
            Some(Letter::Str) => bare.is_char() || (bare.is_integral() && bare.size == 1),
            Some(_) => false,
        };
        if text && matches!(bare.size, 1 | 2 | 4) {
            out.push_str(&self.string_in(part.bytes, element));
            return Ok(());
        }
        if let (ArrayKind::Stub, None, Some(addr)) = (kind, letter, part.addr) {
            out.push_str(&self.named_address(addr));
            return Ok(());
        }
        let Some(count) = count else {
            // Of an array without a length gdb knows the address only.
            self.address(part.addr.unwrap_or_default(), out);
            return Ok(());
        };
        if self.too_deep(part.depth) {
            out.push_str("{...}");
            return Ok(());
        }
        if let (ArrayKind::Plt(_), Some(addr)) = (kind, part.addr) {
            self.stubs(addr, element.size, *count, out);
            return Ok(());
        }
        let indent = 2 * part.depth as usize;
        let size = usize::try_from(element.size).unwrap_or(usize::MAX).max(1);
        let at = |i: u64| {
            let start = (i as usize).saturating_mul(size).min(part.bytes.len());
            part.bytes.get(start..start.saturating_add(size)).unwrap_or_default()
        };
        let limit = self.options.elements.map_or(u64::MAX, u64::from);
        let (mut i, mut shown) = (0, 0);
        out.push('{');
        while i < *count && shown < limit {
            match (i, self.options.array) {
                (0, false) => {}
                (_, false) => out.push_str(", "),
                (0, true) => _ = write!(out, "\n{:1$}", "", indent + 2),
                (_, true) => _ = write!(out, ",\n{:1$}", "", indent + 2),
            }
            if self.options.array_indexes {
                _ = write!(out, "[{}] = ", lower.saturating_add_unsigned(i));
            }
            let bytes = at(i);
            let addr = part.addr.map(|a| a + i.wrapping_mul(element.size));
            self.part(&Part { ty: element, bytes, addr, depth: part.depth + 1 }, letter, out)?;
            let run = 1 + (i + 1..*count).take_while(|j| at(*j) == bytes).count() as u64;
            match self.options.repeats {
                Some(threshold) if run > u64::from(threshold) => {
                    _ = write!(out, " <repeats {run} times>");
                    i += run;
                    shown += u64::from(threshold.max(1));
                }
                _ => {
                    i += 1;
                    shown += 1;
                }
            }
        }
        if i < *count {
            out.push_str("...");
        }
        if self.options.array {
            _ = write!(out, "\n{:1$}", "", indent);
        }
        out.push('}');
        Ok(())
    }

    /// A PLT is shown as where its stubs are: `{0x401020, 0x401030 <puts@plt>}`.
    fn stubs(&self, first: VirtAddr, stride: u64, count: u64, out: &mut String) {
        let shown = count.min(self.options.elements.map_or(u64::MAX, u64::from));
        for i in 0..shown {
            let addr = first + i.wrapping_mul(stride);
            _ = write!(out, "{}{}", if i == 0 { "{" } else { ", " }, self.named_address(addr));
        }
        out.push_str(if shown < count { "...}" } else { "}" });
    }

    fn named_address(&self, addr: VirtAddr) -> String {
        self.symbols.symbol(addr).map_or_else(|| addr.to_string(), |s| format!("{addr} <{s}>"))
    }

    /// The characters of an array as a string: without the NUL at its very end, or up to the first one.
    fn string_in(&self, bytes: &[u8], element: &Arc<Type>) -> String {
        let width = element.stripped().size as usize;
        let is_nul = |c: &[u8]| c.iter().all(|b| *b == 0);
        let count = bytes.len() / width;
        let mut end = count;
        if self.options.null_stop {
            end = bytes.chunks_exact(width).position(is_nul).unwrap_or(count);
        } else if bytes.chunks_exact(width).next_back().is_some_and(is_nul) {
            end -= 1;
        }
        quoted_string(&bytes[..end * width], width, char_prefix(element), self.options, false)
    }
}

/// How a string ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StringEnd {
    /// With its NUL.
    Nul,
    /// It goes on beyond the limit.
    Limit,
    /// Memory ended, at this address.
    Fault(VirtAddr),
}

/// Reads a string of characters of `width` 1, 2 or 4 bytes, at most `limit` of them, without its NUL. One that ends right
/// at the limit has ended.
pub fn read_string(memory: &dyn Memory, addr: VirtAddr, width: usize, limit: usize) -> (Vec<u8>, StringEnd) {
    let mut bytes = Vec::new();
    // One more than the limit, to see whether the string goes on there.
    let most = limit.saturating_add(1).saturating_mul(width);
    let mut checked = 0;
    loop {
        let from = addr + bytes.len() as u64;
        // Never across a page: the next one may not be mapped.
        let want = ((4096 - (from.0 & 4095)) as usize).min(most - bytes.len()).min(512);
        let mut chunk = [0; 512];
        let got = memory.read_partial(from, &mut chunk[..want]).unwrap_or(0);
        bytes.extend_from_slice(&chunk[..got]);
        while checked + width <= bytes.len() {
            if bytes[checked..checked + width].iter().all(|b| *b == 0) {
                bytes.truncate(checked);
                return (bytes, StringEnd::Nul);
            }
            checked += width;
        }
        if bytes.len() >= most {
            bytes.truncate(limit * width);
            return (bytes, StringEnd::Limit);
        }
        if got < want {
            bytes.truncate(checked.min(limit * width));
            // Whether it goes on behind the last character that is shown nobody knows: gdb says that it does not.
            let end = if checked == limit * width { StringEnd::Limit } else { StringEnd::Fault(addr + checked as u64) };
            return (bytes, end);
        }
    }
}

/// The name of an enumerator, names of bits joined by `|`, or the number.
fn enumeration(n: i128, enumerators: &[Enumerator]) -> String {
    if let Some(e) = enumerators.iter().find(|e| e.value == n) {
        return e.name.to_string();
    }
    // gdb takes an enumeration for flags where each value is one run of bits and none shares a bit with another.
    let is_run = |v: i128| {
        v >= 0 && {
            let v = v as u128;
            v == 0 || (v >> v.trailing_zeros()).wrapping_add(1).is_power_of_two()
        }
    };
    let mut seen = 0;
    let disjoint = enumerators.iter().all(|e| {
        let new = seen & e.value == 0;
        seen |= e.value;
        new && is_run(e.value)
    });
    if !disjoint || enumerators.is_empty() || n < 0 {
        return n.to_string();
    }
    let mut rest = n;
    let mut names = Vec::new();
    for e in enumerators.iter().filter(|e| e.value != 0) {
        if rest & e.value != 0 {
            names.push(e.name.to_string());
            rest &= !e.value;
        }
    }
    if rest != 0 {
        names.push(format!("unknown: {rest:#x}"));
    }
    if names.is_empty() { "0".to_owned() } else { format!("({})", names.join(" | ")) }
}

/// `[ ZF PF ]`
fn flags_text(n: i128, flags: &[Flag]) -> String {
    let mut out = "[".to_owned();
    for flag in flags.iter().filter(|f| !f.name.is_empty()) {
        let value = (n >> flag.bits.start.min(127)) & ((1i128 << flag.bits.len.min(126)) - 1);
        match flag.bits.len {
            1 if value != 0 => _ = write!(out, " {}", flag.name),
            1 => {}
            _ => _ = write!(out, " {}={value}", flag.name),
        }
    }
    out + " ]"
}

mod incomplete;

#[cfg(test)]
mod tests;
