//! The margin of `ptype /o`: offsets, sizes, holes.

use super::types::Field;
use std::fmt::Write;

/// What stands in the margin where there is nothing to say.
pub(super) const MARGIN: &str = "                           ";

/// Where the members of the structure at hand end.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Holes {
    /// Offsets in hexadecimal.
    hex: bool,
    /// Bits from the start of the outermost structure to the start of this one.
    start: u64,
    /// Bits from the start of this structure to the end of the last member.
    end: u64,
}

impl Holes {
    /// Before the first member of the outermost structure.
    pub fn of(hex: bool) -> Holes {
        Holes { hex, ..Holes::default() }
    }

    /// The margin of a member, and the hole before it.
    pub fn member(&mut self, field: &Field, in_union: bool, text: &mut String) {
        if field.is_static() {
            text.push_str(MARGIN);
            return;
        }
        let size = field.ty.stripped().size;
        if in_union {
            _ = match self.hex {
                true => write!(text, "/* {:>21} */", format!("0x{size:04x}")),
                false => write!(text, "/* {size:>21} */"),
            };
            // What a union ends with is its longest member.
            self.end = self.end.max(field.bits.map_or(size * 8, |b| b.len.into()));
            return;
        }
        let at = field.offset.saturating_mul(8).saturating_add(field.bits.map_or(0, |b| b.start.into()));
        self.hole(at, "hole", text);
        let from_outside = self.start.saturating_add(at);
        let (byte, size_text) = match self.hex {
            true => (format!("0x{:04x}", from_outside / 8), format!("0x{size:04x}")),
            false => ((from_outside / 8).to_string(), size.to_string()),
        };
        match field.bits {
            Some(bits) => {
                _ = write!(text, "/* {byte:>6}:{:>2}   |  {size_text:>6} */", from_outside % 8);
                self.end = at + u64::from(bits.len);
            }
            None => {
                _ = write!(text, "/* {byte:>6}      |  {size_text:>6} */");
                self.end = at.saturating_add(size.saturating_mul(8));
            }
        }
    }

    /// The next member may lie where the last one does.
    pub fn restart(&mut self) {
        self.end = 0;
    }

    /// Goes into the structure that a member is; what is given back is for [`Holes::leave`].
    pub fn nested(&mut self, field: &Field, in_union: bool) -> Holes {
        let outer = *self;
        let at = if in_union { 0 } else { field.offset.saturating_mul(8) };
        *self = Holes { hex: self.hex, start: self.start.saturating_add(at), end: 0 };
        outer
    }

    /// Comes back out of it.
    pub fn leave(&mut self, outer: Holes) {
        *self = outer;
    }

    /// What lies between the last member and `at`.
    fn hole(&mut self, at: u64, what: &str, text: &mut String) {
        // Nothing is said of what precedes the first member: bases, or the pointer to the vtable.
        if self.end == 0 || self.end >= at {
            return;
        }
        let hole = at - self.end;
        let (bytes, bits) = (hole / 8, hole % 8);
        if bits > 0 {
            _ = writeln!(text, "/* XXX {bits:>2}-bit {what:<7}    */");
        }
        if bytes > 0 {
            _ = writeln!(text, "/* XXX {bytes:>2}-byte {what:<7}   */");
        }
    }

    /// The padding at the end of a structure, and its size.
    pub fn finish(&mut self, size: u64, indent: usize, text: &mut String) {
        self.hole(size.saturating_mul(8), "padding", text);
        let size = if self.hex { format!("0x{size:04x}") } else { size.to_string() };
        _ = writeln!(text, "\n{MARGIN}{:indent$}    /* total size (bytes): {size:>4} */", "");
    }
}
