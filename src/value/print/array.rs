//! Arrays.

use std::fmt::Write;

use super::{Depth, Printer, Walk};
use crate::base::{Result, VirtAddr};
use crate::value::language::Language;
use crate::value::place::Value;
use crate::value::scalar::Letter;
use crate::value::types::{ArrayKind, TypeKind};

impl Printer<'_> {
    pub(super) fn array(&self, value: &Value, depth: Depth, walk: &mut Walk) -> Result<()> {
        let TypeKind::Array { element, count, lower, kind, .. } = &value.ty.stripped().kind else { return Ok(()) };
        let bare = element.stripped();
        let text = match walk.letter {
            // Rust has no arrays of characters of one byte; literals of strings are some.
            None => bare.is_char() && *kind == ArrayKind::Plain && (bare.language != Language::Rust || bare.size == 1),
            Some(Letter::Str) => bare.is_char() || (bare.is_integral() && bare.size == 1),
            Some(_) => false,
        };
        if text && matches!(bare.size, 1 | 2 | 4) && count.is_some() && value.missing().is_none() {
            let bytes = value.bytes(self.memory, self.options.max_value_size)?;
            walk.out.push_str(&self.string_in(&bytes, element));
            return Ok(());
        }
        if let (ArrayKind::Stub, None, Some(addr)) = (kind, walk.letter, value.address()) {
            walk.out.push_str(&self.named_address(addr));
            return Ok(());
        }
        let Some(count) = *count else {
            // Of an array without a length gdb knows the address only.
            self.address(value.address().unwrap_or_default(), &mut walk.out);
            return Ok(());
        };
        if self.too_deep(depth) {
            walk.out.push_str("{...}");
            return Ok(());
        }
        if let (ArrayKind::Plt(_), Some(addr)) = (kind, value.address()) {
            self.stubs(addr, element.size, count, &mut walk.out);
            return Ok(());
        }
        let bytes = value.bytes_there(self.memory, self.options.max_value_size)?;
        let size = usize::try_from(element.size).unwrap_or(usize::MAX).max(1);
        let at = |i: u64| {
            let start = (i as usize).saturating_mul(size).min(bytes.len());
            bytes.get(start..start.saturating_add(size)).unwrap_or_default()
        };
        let whole = value.clone().with_bytes(bytes.clone());
        let limit = self.options.elements.map_or(u64::MAX, u64::from);
        let (mut i, mut shown) = (0, 0);
        let rust = value.ty.stripped().language == Language::Rust;
        walk.out.push(if rust { '[' } else { '{' });
        while i < count && shown < limit {
            match (i, self.options.array) {
                (0, false) => {}
                (_, false) => walk.out.push_str(", "),
                (0, true) => walk.line(depth.inside()),
                (_, true) => {
                    walk.out.push(',');
                    walk.line(depth.inside());
                }
            }
            let index = lower.saturating_add_unsigned(i);
            if self.options.array_indexes {
                _ = write!(walk.out, "[{index}] = ");
            }
            if let Some(element) = whole.element(index) {
                self.show_inside(&element, depth.inside(), walk);
            }
            let run = 1 + (i + 1..count).take_while(|j| at(*j) == at(i)).count() as u64;
            match self.options.repeats {
                Some(threshold) if run > u64::from(threshold) => {
                    _ = write!(walk.out, " <repeats {run} times>");
                    i += run;
                    shown += u64::from(threshold.max(1));
                }
                _ => {
                    i += 1;
                    shown += 1;
                }
            }
        }
        if i < count {
            walk.out.push_str("...");
        }
        if self.options.array {
            walk.line(depth);
        }
        walk.out.push(if rust { ']' } else { '}' });
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
}
