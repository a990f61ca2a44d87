//! Values as `print` shows them.

use std::fmt::Write;
use std::sync::Arc;

use super::dynamic;
use super::language::Language;
use super::number::{Number, int_from_bytes};
use super::place::{Absence, Place, Value};
use super::printer::Printer;
use super::scalar::{Letter, scalar_text};
use super::types::{Type, TypeKind};
use crate::base::{Error, Result, VirtAddr};

mod array;
mod children;
mod member_pointer;
mod names;
mod rust;
mod strings;
mod structure;

pub use strings::{StringEnd, read_string};

use names::{enumeration, flags_text};

/// Deeper than this nothing is shown, whatever `set print max-depth` says.
const MAX_DEPTH: u32 = 200;

/// What is written, and what one walk through a value remembers.
struct Walk {
    out: String,
    letter: Option<Letter>,
    /// Static members that are structures and were shown already: they may contain themselves.
    statics: Vec<VirtAddr>,
    /// Virtual bases of the object at hand that were shown already.
    virtual_bases: Vec<Arc<str>>,
}

/// How deep a part of a value lies: by its indentation, and as `set print max-depth` counts (members without a name are not).
#[derive(Clone, Copy, Default)]
struct Depth {
    indent: u32,
    level: u32,
}

impl Depth {
    fn inside(self) -> Depth {
        Depth { indent: self.indent + 1, level: self.level + 1 }
    }

    /// In a member without a name.
    fn indented(self) -> Depth {
        Depth { indent: self.indent + 1, ..self }
    }

    /// Blanks before what stands at this depth.
    fn blanks(self) -> usize {
        2 * self.indent as usize
    }
}

impl Walk {
    fn natural(&self) -> bool {
        matches!(self.letter, None | Some(Letter::Str))
    }

    /// A new line at this depth.
    fn line(&mut self, depth: Depth) {
        _ = write!(self.out, "\n{:1$}", "", depth.blanks());
    }
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
        let mut walk = Walk { out: String::new(), letter, statics: Vec::new(), virtual_bases: Vec::new() };
        let ty = value.ty.stripped();
        if let Some((why, true)) = value.missing() {
            // A pointer that does not exist has a type all the same.
            if prefix && why == Absence::Synthetic {
                self.type_prefix(&value.ty, &mut walk.out);
            }
            return Ok(walk.out + &why.to_string());
        }
        if ty.is_void() {
            return Ok(if ty.language == Language::Rust { "()" } else { "void" }.to_owned());
        }
        if ty.is_declaration() {
            return Ok("<incomplete type>".to_owned());
        }
        if ty.is_function() {
            self.function(value, &mut walk)?;
            return Ok(walk.out);
        }
        let mut value = match value.missing() {
            Some(_) => value.clone(),
            None => value.fetched(self.memory, self.options.max_value_size)?,
        };
        if self.options.object
            && let Some((dynamic, is_whole)) = dynamic::seen_as_it_is(self, &value)
        {
            if is_whole {
                _ = write!(walk.out, "({}) ", dynamic.ty);
            }
            value = dynamic.fetched(self.memory, self.options.max_value_size)?;
        }
        if let TypeKind::Reference(target, _) = &ty.kind
            && self.referred(&value, target, Depth::default(), &mut walk)
        {
            return Ok(walk.out);
        }
        if prefix && (walk.natural() || matches!(ty.kind, TypeKind::Reference(..))) {
            self.type_prefix(&value.ty, &mut walk.out);
        }
        self.show(&value, Depth::default(), &mut walk)?;
        Ok(walk.out)
    }

    /// `(int *) `: what stands before a pointer that is not inside something, unless it is a `char *` by that name.
    fn type_prefix(&self, ty: &Arc<Type>, out: &mut String) {
        let Some(target) = ty.target() else { return };
        let mut bare = target;
        while let TypeKind::Qualified { target, .. } = &bare.kind {
            bare = target;
        }
        let is_pointer = ty.is_pointer();
        let wide = matches!(bare.kind, TypeKind::Char { .. }) && bare.language != Language::Rust;
        let is_text = &*bare.name == "char" && wide || matches!(&*bare.name, "wchar_t" | "char16_t" | "char32_t" | "char8_t");
        if !(is_pointer && ty.name.is_empty() && is_text) {
            _ = write!(out, "({ty}) ");
        }
    }

    fn function(&self, value: &Value, walk: &mut Walk) -> Result<()> {
        let Place::Memory(addr) = value.place else { return Err(Error::user("Value can't be converted to integer.")) };
        // gdb says so where there is no code at all.
        self.memory.read(addr, &mut [0])?;
        match walk.letter {
            None | Some(Letter::Str) => {
                _ = write!(walk.out, "{{{}}} ", value.ty);
                self.address(addr, &mut walk.out);
            }
            Some(Letter::Address | Letter::Char) => return Err(Error::user("Value can't be converted to integer.")),
            // gdb takes a function for the one byte that it is long.
            Some(letter) => {
                let mut byte = [0];
                self.memory.read(addr, &mut byte)?;
                walk.out.push_str(&scalar_text(&byte, &Type::uint8(), Some(letter), false, self.options, self.symbols));
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

    /// As `show`, with an error inside of a value in its place.
    fn show_inside(&self, value: &Value, depth: Depth, walk: &mut Walk) {
        if let Err(error) = self.show(value, depth, walk) {
            _ = write!(walk.out, "<error: {error}>");
        }
    }

    /// A value, or a part of one.
    fn show(&self, value: &Value, depth: Depth, walk: &mut Walk) -> Result<()> {
        let ty = value.ty.stripped();
        let aggregate = ty.is_aggregate();
        match value.missing() {
            None => {}
            Some((Absence::Synthetic, true)) if value.pointee().is_none() => {
                _ = write!(walk.out, "{}", Absence::OptimizedOut);
                return Ok(());
            }
            Some(_) if aggregate => {}
            Some((why, _)) => {
                _ = write!(walk.out, "{why}");
                return Ok(());
            }
        }
        match &ty.kind {
            TypeKind::Struct { fields, .. } if fields.is_declaration() => walk.out.push_str("<incomplete type>"),
            TypeKind::Struct { .. } if self.prettily(value, depth, walk) => {}
            TypeKind::Struct { .. } if ty.language == Language::Rust => return self.rust_structure(value, depth, walk),
            TypeKind::Struct { .. } => return self.structure(value, depth, walk),
            TypeKind::Array { .. } => return self.array(value, depth, walk),
            TypeKind::VariableArray { .. } => {
                self.address(value.address().unwrap_or_default(), &mut walk.out);
            }
            TypeKind::MemberPointer { class, target } if walk.natural() => {
                return self.member_pointer(value, class, target, walk);
            }
            TypeKind::Reference(target, _) => return self.reference(value, target, depth, walk),
            TypeKind::Pointer(target) if walk.natural() => {
                let bytes = value.bytes(self.memory, None)?;
                self.pointer(VirtAddr(int_from_bytes(&bytes, false) as u64), target, &mut walk.out);
            }
            TypeKind::Enum { enumerators, signed, .. } if walk.natural() => {
                let bytes = value.whole_bytes(self.memory, None)?;
                walk.out.push_str(&enumeration(int_from_bytes(&bytes, *signed), enumerators));
            }
            TypeKind::Flags(flags) if walk.natural() => {
                let bytes = value.whole_bytes(self.memory, None)?;
                walk.out.push_str(&flags_text(int_from_bytes(&bytes, false), flags));
            }
            TypeKind::Complex(part) => return self.complex(value, part, walk),
            TypeKind::Void => walk.out.push_str(if ty.language == Language::Rust { "()" } else { "void" }),
            TypeKind::Function(_) => {
                _ = write!(walk.out, "{{{ty}}} ");
                self.address(value.address().unwrap_or_default(), &mut walk.out);
            }
            TypeKind::NoDebug(_) => walk.out.push_str(&ty.name),
            _ => {
                let bytes = value.whole_bytes(self.memory, None)?;
                walk.out.push_str(&scalar_text(&bytes, &value.ty, walk.letter, false, self.options, self.symbols));
            }
        }
        Ok(())
    }

    fn complex(&self, value: &Value, part: &Arc<Type>, walk: &mut Walk) -> Result<()> {
        let bytes = value.bytes(self.memory, None)?;
        let half = (part.size as usize).min(bytes.len());
        let (real, imaginary) = bytes.split_at(half);
        let text = |bytes: &[u8]| scalar_text(bytes, part, walk.letter, false, self.options, self.symbols);
        let both = format!("{} + {}i", text(real), text(imaginary));
        walk.out.push_str(&both);
        Ok(())
    }

    /// `@0x7ffe4: 5`; inside of something only the address.
    fn reference(&self, value: &Value, target: &Arc<Type>, depth: Depth, walk: &mut Walk) -> Result<()> {
        let bytes = value.bytes(self.memory, None)?;
        let addr = VirtAddr(int_from_bytes(&bytes, false) as u64);
        if self.referred(value, target, depth, walk) {
            return Ok(());
        }
        if self.options.address {
            _ = write!(walk.out, "@{addr}");
        }
        if depth.indent == 0 || !self.options.address {
            if self.options.address {
                walk.out.push_str(": ");
            }
            let target = value.referent().cloned().unwrap_or_else(|| Value::at(&target.completed(), addr));
            match target.fetched(self.memory, self.options.max_value_size) {
                Ok(target) => self.show(&target, depth, walk)?,
                Err(error) => _ = write!(walk.out, "<error: {error}>"),
            }
        }
        Ok(())
    }

    /// Where a pretty printer knows what a reference refers to, it is shown as that; `false` where none does.
    fn referred(&self, value: &Value, target: &Arc<Type>, depth: Depth, walk: &mut Walk) -> bool {
        let bytes = value.bytes(self.memory, None).unwrap_or_else(|_| Arc::new([]));
        let addr = VirtAddr(int_from_bytes(&bytes, false) as u64);
        let target = value.referent().cloned().unwrap_or_else(|| Value::at(&target.completed(), addr));
        let target = target.fetched(self.memory, self.options.max_value_size);
        target.is_ok_and(|target| self.prettily(&target, depth, walk))
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
        if let TypeKind::Array { element, count: Some(len), .. } = &bare.kind
            && bare.language == Language::Rust
            && &*element.stripped().name == "u8"
            && addr.0 != 0
        {
            // `b"text"` is a reference to an array of bytes.
            let gap = if out.len() > before { " " } else { "" };
            let byte = Type::named_in(Language::Rust, "u8", 1, TypeKind::Char { signed: false });
            _ = write!(out, "{gap}{}", self.text_at(addr, *len, &byte));
        }
        if bare.is_char() && bare.language != Language::Rust && addr.0 != 0 {
            if out.len() > before {
                out.push(' ');
            }
            out.push_str(&self.string_at(addr, target));
        }
    }

    fn too_deep(&self, depth: Depth) -> bool {
        depth.level >= self.options.max_depth.unwrap_or(MAX_DEPTH) || depth.indent >= MAX_DEPTH
    }

    /// The number that a part of a value is.
    fn integer(&self, value: &Value) -> Result<i128> {
        Ok(value.number(self.memory)?.map_or(0, |n: Number| n.to_int()))
    }
}

#[cfg(test)]
mod tests;
