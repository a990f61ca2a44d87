//! The slots of the GOTs as they are bound: a line a slot, or a curve a module where they are many.

use std::fmt::Write;

use super::life::Life;
use super::markup::Markup;
use super::scale::{Across, grouped};
use super::slots::{Bound, Slot, Slots};
use crate::base::counted;
use crate::command::timeline::words::base_name;

/// So many slots of a module are drawn line by line.
const MOST_LINES: usize = 12;
/// So many that were never called are named.
const MOST_NAMES: usize = 60;

/// Whether there is anything to be drawn.
pub fn is_worth(life: &Life) -> bool {
    life.slots.modules.iter().any(|(_, s)| !s.lazy.is_empty())
}

/// Draws the slots of a life.
pub fn draw(m: &mut Markup, life: &Life, across: &Across) {
    let Some(first) = life.slots.modules.iter().flat_map(|(_, s)| s.lazy.iter().map(|s| s.since)).min() else { return };
    let across = &across.since(first);
    axis(m, across);
    for (module, slots) in life.slots.modules.iter().filter(|(_, s)| !s.lazy.is_empty()) {
        let bound = slots.bound();
        m.element("section", &[("class", "slots")], |m| {
            m.element("h4", &[], |m| {
                m.leaf("code", &[], base_name(module));
                let of = format!("{} of {} bound at a first call", bound.len(), counted(slots.lazy.len() as u64, "lazy slot"));
                let at_load = match slots.at_load {
                    0 => String::new(),
                    n => format!(", {n} more at load"),
                };
                m.leaf("span", &[("class", "aside")], &format!("{of}{at_load}"));
            });
            if bound.len() > MOST_LINES {
                curve(m, slots, &bound, across);
            }
            m.element("ol", &[("class", "lines")], |m| {
                for (slot, bound) in bound.iter().take(MOST_LINES) {
                    line(m, slot, bound, across);
                }
            });
            if bound.len() > MOST_LINES {
                rest(m, &bound);
            }
            never(m, slots);
            if slots.dropped > 0 {
                m.leaf("p", &[("class", "note")], &format!("{} more are not told.", grouped(slots.dropped)));
            }
        });
    }
}

/// The chapters above the lines.
fn axis(m: &mut Markup, across: &Across) {
    m.element("svg", &[("class", "axis"), ("width", "100%"), ("height", "24"), ("aria-hidden", "true")], |m| {
        for column in across.columns() {
            let (x, width) = (percent(column.from), percent(column.to - column.from));
            let class = if column.number % 2 == 1 { "column odd" } else { "column" };
            m.element("rect", &[("class", class), ("x", &x), ("y", "0"), ("width", &width), ("height", "24")], |_| {});
            let middle = percent((column.from + column.to) / 2.0);
            m.element("circle", &[("class", "chip"), ("cx", &middle), ("cy", "12"), ("r", "9.5")], |_| {});
            m.leaf("text", &[("class", "chip"), ("x", &middle), ("y", "16")], &column.number.to_string());
        }
    });
}

fn percent(x: f64) -> String {
    format!("{x:.2}%")
}

fn line(m: &mut Markup, slot: &Slot, bound: &Bound, across: &Across) {
    m.element("li", &[], |m| {
        m.element("div", &[("class", "said")], |m| {
            m.leaf("code", &[], &slot.symbol);
            m.leaf("span", &[("class", "aside")], &bound.index);
            m.leaf("span", &[("class", "to")], &format!("→ {}", provider(bound)));
            m.leaf("span", &[("class", "aside")], &format!("called from {}", caller(bound)));
        });
        let (since, at, end) = (across.at(slot.since), across.at(bound.at), across.end());
        m.element("svg", &[("class", "line"), ("width", "100%"), ("height", "9"), ("aria-hidden", "true")], |m| {
            let mut stroke = |class: &str, from: f64, to: f64| {
                let (from, to) = (percent(from), percent(to));
                m.element("line", &[("class", class), ("x1", &from), ("x2", &to), ("y1", "4.5"), ("y2", "4.5")], |_| {});
            };
            stroke("waits", since, at);
            stroke("bound", at, end);
            m.element("circle", &[("class", "bind"), ("cx", &percent(at)), ("cy", "4.5"), ("r", "3.6")], |_| {});
        });
    });
}

fn provider(bound: &Bound) -> &str {
    if bound.target.is_empty() { &bound.value } else { base_name(&bound.target) }
}

fn caller(bound: &Bound) -> &str {
    if bound.caller.is_empty() { "an unknown place" } else { &bound.caller }
}

/// How many are bound by when: a curve that climbs.
fn curve(m: &mut Markup, slots: &Slots, bound: &[(&Slot, &Bound)], across: &Across) {
    const HIGH: f64 = 56.0;
    let all = slots.lazy.len().max(1) as f64;
    let since = slots.lazy.iter().map(|s| across.at(s.since)).fold(100.0, f64::min);
    let y = |n: usize| HIGH * (1.0 - n as f64 / all);
    let mut path = format!("M{since:.2},{HIGH:.1}");
    let mut last = f64::MIN;
    for (n, (_, b)) in bound.iter().enumerate() {
        let x = across.at(b.at);
        // Steps that nobody could tell apart are one.
        if x - last > 0.08 || n + 1 == bound.len() {
            let _ = write!(path, "H{x:.2}V{:.1}", y(n + 1));
            last = x;
        }
    }
    let _ = write!(path, "H{:.2}V{HIGH:.1}Z", across.end());
    let label = format!("{} of {} slots are bound in the end", bound.len(), slots.lazy.len());
    m.element("div", &[("class", "curve")], |m| {
        let drawing = [
            ("viewBox", "0 0 100 56"),
            ("preserveAspectRatio", "none"),
            ("width", "100%"),
            ("height", "56"),
            ("role", "img"),
            ("aria-label", label.as_str()),
        ];
        m.element("svg", &drawing, |m| {
            let (from, width) = (format!("{since:.2}"), format!("{:.2}", across.end() - since));
            m.element("rect", &[("class", "unbound"), ("x", &from), ("y", "0"), ("width", &width), ("height", "56")], |_| {});
            m.element("path", &[("class", "filled"), ("d", &path)], |_| {});
        });
        m.leaf("span", &[("class", "most")], &format!("{}", slots.lazy.len()));
    });
}

/// Those that have no line, folded away.
fn rest(m: &mut Markup, bound: &[(&Slot, &Bound)]) {
    const MOST: usize = 400;
    m.element("details", &[], |m| {
        m.leaf("summary", &[], &format!("{} more, in the order of their first calls", bound.len() - MOST_LINES));
        m.element("ol", &[("class", "names")], |m| {
            for (slot, b) in bound.iter().skip(MOST_LINES).take(MOST) {
                m.element("li", &[], |m| {
                    m.leaf("code", &[], &slot.symbol);
                    m.leaf("span", &[("class", "aside")], &format!("→ {}, from {}", provider(b), caller(b)));
                });
            }
        });
        if bound.len() > MOST + MOST_LINES {
            m.leaf("p", &[("class", "aside")], &format!("and {} more", bound.len() - MOST - MOST_LINES));
        }
    });
}

fn never(m: &mut Markup, slots: &Slots) {
    let names: Vec<&str> = slots.lazy.iter().filter(|s| s.bound.is_none()).map(|s| s.symbol.as_str()).collect();
    if names.is_empty() {
        return;
    }
    m.element("details", &[], |m| {
        m.leaf("summary", &[], &format!("{} never called, and still unresolved", names.len()));
        m.element("p", &[("class", "unresolved")], |m| {
            for name in names.iter().take(MOST_NAMES) {
                m.leaf("code", &[], name);
                m.text(" ");
            }
            if names.len() > MOST_NAMES {
                m.text(&format!("and {} more", names.len() - MOST_NAMES));
            }
        });
    });
}
