//! Values of which a part is not there.

use std::fmt::Write;

use super::{Letter, Part, Printer, TypeKind};
use crate::base::Result;
use crate::value::place::{Absence, Value};

impl Printer<'_> {
    /// A value that is there in parts: `{x = 1, y = <optimized out>}`.
    pub(super) fn incomplete(&self, value: &Value, letter: Option<Letter>) -> Result<String> {
        let mut out = String::new();
        self.parts_of(value, letter, 0, &mut out)?;
        Ok(out)
    }

    fn parts_of(&self, value: &Value, letter: Option<Letter>, depth: u32, out: &mut String) -> Result<()> {
        let ty = value.ty.stripped();
        // A structure with nothing left is one word; what is left of a scalar is nothing.
        let why = match value.missing() {
            None => {
                let bytes = value.whole_bytes(self.memory, self.options.max_value_size)?;
                return self.part(&Part { ty: &value.ty, bytes: &bytes, addr: value.address(), depth }, letter, out);
            }
            Some((Absence::Synthetic, true)) if value.pointee().is_none() => Absence::OptimizedOut,
            Some((why, _)) => why,
        };
        match &ty.kind {
            TypeKind::Struct { .. } | TypeKind::Array { .. } if self.too_deep(depth) => out.push_str("{...}"),
            TypeKind::Struct { fields, .. } => {
                let fields = fields.get()?;
                let members = fields.iter().map(|f| (f.name.to_string(), value.member(f)));
                self.braced(members, self.options.pretty, letter, depth, out)?;
            }
            TypeKind::Array { count: Some(count), lower, .. } => {
                let shown = (*count).min(self.options.elements.map_or(u64::MAX, u64::from));
                let name = |i: i64| if self.options.array_indexes { format!("[{i}]") } else { String::new() };
                let elements =
                    (0..shown).map_while(|i| Some((name(lower + i as i64), value.element(lower.checked_add_unsigned(i)?)?)));
                self.braced(elements, self.options.array, letter, depth, out)?;
                if shown < *count {
                    out.truncate(out.len() - 1);
                    out.push_str("...}");
                }
            }
            _ => _ = write!(out, "{why}"),
        }
        Ok(())
    }

    fn braced(
        &self,
        parts: impl Iterator<Item = (String, Value)>,
        lines: bool,
        letter: Option<Letter>,
        depth: u32,
        out: &mut String,
    ) -> Result<()> {
        let indent = 2 * depth as usize;
        out.push('{');
        for (i, (name, part)) in parts.enumerate() {
            if i > 0 {
                out.push_str(if lines { "," } else { ", " });
            }
            if lines {
                _ = write!(out, "\n{:1$}", "", indent + 2);
            }
            if !name.is_empty() {
                _ = write!(out, "{name} = ");
            }
            self.parts_of(&part, letter, depth + 1, out)?;
        }
        if lines {
            _ = write!(out, "\n{:1$}", "", indent);
        }
        out.push('}');
        Ok(())
    }
}
