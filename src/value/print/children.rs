//! What pretty printers make of values.

use std::fmt::Write;

use super::{Depth, Printer, Walk};
use crate::value::place::Value;
use crate::value::pretty::{self, Pretty, Scene, Style};

impl Printer<'_> {
    /// Shows a value by a pretty printer; `false` if none knows it.
    pub(super) fn prettily(&self, value: &Value, depth: Depth, walk: &mut Walk) -> bool {
        if self.options.raw || value.missing().is_some() {
            return false;
        }
        let Some(pretty) = pretty::recognise(&Scene { printer: self }, value) else { return false };
        self.pretty(&pretty, depth, walk);
        true
    }

    fn pretty(&self, pretty: &Pretty, depth: Depth, walk: &mut Walk) {
        if pretty.style == Style::Alone {
            if let Some((_, value)) = pretty.children.first() {
                self.show_inside(value, depth, walk);
            }
            return;
        }
        if let Some(head) = &pretty.head {
            walk.out.push_str(head);
        }
        if pretty.children.is_empty() {
            return;
        }
        if pretty.head.is_some() {
            walk.out.push_str(" = ");
        }
        if self.too_deep(depth) {
            walk.out.push_str("{...}");
            return;
        }
        if pretty.style == Style::Spaced {
            walk.out.push_str("{ ");
            if let Some((_, value)) = pretty.children.first() {
                self.show_inside(value, depth.inside(), walk);
            }
            walk.out.push_str(" }");
            return;
        }
        self.children(pretty, depth, walk);
    }

    fn children(&self, pretty: &Pretty, depth: Depth, walk: &mut Walk) {
        let lines = match pretty.style {
            Style::Array => self.options.array,
            _ => self.options.pretty,
        };
        // gdb counts keys and values alike.
        let limit = self.options.elements.map_or(usize::MAX, |n| n as usize);
        walk.out.push('{');
        let mut shown = 0;
        for (i, (name, value)) in pretty.children.iter().enumerate() {
            if i >= limit {
                break;
            }
            shown += 1;
            if pretty.style == Style::Map && i % 2 == 1 {
                walk.out.push_str("] = ");
                self.show_inside(value, depth.inside(), walk);
                continue;
            }
            if i > 0 {
                walk.out.push_str(if lines { "," } else { ", " });
            }
            if lines {
                walk.line(depth.inside());
            }
            match pretty.style {
                Style::Map => walk.out.push('['),
                Style::Array if self.options.array_indexes => _ = write!(walk.out, "[{i}] = "),
                Style::Array => {}
                _ => _ = write!(walk.out, "{name} = "),
            }
            self.show_inside(value, depth.inside(), walk);
        }
        if pretty.style == Style::Map && shown % 2 == 1 {
            walk.out.push(']');
        }
        // It is not looked whether more would come.
        if shown >= limit {
            if lines {
                walk.line(depth.inside());
            }
            walk.out.push_str("...");
        }
        if lines {
            walk.line(depth);
        }
        walk.out.push('}');
    }
}
