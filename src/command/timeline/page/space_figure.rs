//! The drawing of the address space as it fills up.

use std::collections::BTreeSet;

use super::bars::Bar;
use super::chapter::Chapter;
use super::life::Life;
use super::markup::Markup;
use super::prose::{anchor, title, word};
use super::scale::{Across, Down, Mark, Owner, bytes};
use crate::command::timeline::words::base_name;

/// Where memory begins, below the chapters' numbers.
const TOP: f64 = 46.0;

/// Behind it no process has an address, but for the kernel's [vsyscall].
const USER_END: u64 = 1 << 47;

/// Draws a life's address space; `number` is the life's.
pub fn draw(m: &mut Markup, life: &Life, across: &Across, number: usize) {
    let down = Down::of(&life.bars, TOP);
    let height = format!("{:.0}", down.height + 8.0);
    let label = format!("The address space of {} as it fills up, from left to right", base_name(&life.path));
    let figure = [("class", "space"), ("width", "100%"), ("height", &height), ("role", "img"), ("aria-label", &label)];
    m.element("svg", &figure, |m| {
        columns(m, across, &down, number);
        for bar in life.bars.all() {
            rectangle(m, bar, across, &down);
        }
        for (y, mark) in &down.marks {
            draw_mark(m, *y, mark);
        }
        labels(m, life, across, &down);
        binds(m, life, across, &down);
        faults(m, life, across, &down);
    });
}

fn percent(x: f64) -> String {
    format!("{x:.2}%")
}

fn pixels(y: f64) -> String {
    format!("{y:.1}")
}

fn columns(m: &mut Markup, across: &Across, down: &Down, number: usize) {
    for column in across.columns() {
        let odd = if column.number % 2 == 1 { "column odd" } else { "column" };
        let class = format!("{odd} to-{}", anchor(number, column.chapter));
        let (x, width) = (percent(column.from), percent(column.to - column.from));
        m.element(
            "rect",
            &[("class", &class), ("x", &x), ("y", "0"), ("width", &width), ("height", &pixels(down.height + 8.0))],
            |_| {},
        );
        let link = format!("#{}", anchor(number, column.chapter));
        let middle = percent((column.from + column.to) / 2.0);
        m.element("a", &[("href", &link)], |m| {
            m.leaf("title", &[], title(column.chapter));
            m.element("circle", &[("class", "chip"), ("cx", &middle), ("cy", "13"), ("r", "9.5")], |_| {});
            m.leaf("text", &[("class", "chip"), ("x", &middle), ("y", "17")], &column.number.to_string());
            // Two lines, so that neighbours do not touch.
            let y = if column.number % 2 == 1 { "33" } else { "43" };
            m.leaf("text", &[("class", "word"), ("x", &middle), ("y", y)], word(column.chapter));
        });
    }
}

fn rectangle(m: &mut Markup, bar: &Bar, across: &Across, down: &Down) {
    let (from, to) = (across.at(bar.since), bar.until.map_or(across.end(), |u| across.at(u)));
    let (top, bottom) = (down.top(bar.end), down.bottom(bar.start));
    let class = format!("bar {}", bar.shade.class());
    let (x, width) = (percent(from), percent((to - from).max(0.15)));
    let (y, height) = (pixels(top), pixels((bottom - top).max(0.8)));
    m.element("rect", &[("class", &class), ("x", &x), ("y", &y), ("width", &width), ("height", &height)], |m| {
        let name = match (&bar.owner, &*bar.file) {
            (Some(owner), "") => format!("{} (zeroed)", base_name(owner)),
            (_, "") => "anonymous".to_owned(),
            (_, file) => base_name(file).to_owned(),
        };
        let segment = bar.segment.map_or(String::new(), |n| format!(", PT_LOAD {n}"));
        let size = bytes(bar.end - bar.start);
        m.leaf("title", &[], &format!("{name}{segment}\n{:#x}-{:#x} {}\n{size}", bar.start, bar.end, bar.perms));
    });
}

fn draw_mark(m: &mut Markup, y: f64, mark: &Mark) {
    match mark {
        Mark::Head(path, start, end) => {
            let baseline = pixels(y + 13.0);
            let name = shortened(base_name(path), 46);
            m.element("text", &[("class", "head"), ("x", "0"), ("dx", "3"), ("y", &baseline)], |m| {
                m.leaf("title", &[], path);
                m.text(&name);
            });
            let at = format!("{start:#x} · {}", bytes(end - start));
            // On a narrow screen there is no room for both.
            let class = if name.chars().count() > 18 { "address long" } else { "address" };
            m.leaf("text", &[("class", class), ("x", "100%"), ("dx", "-3"), ("y", &baseline)], &at);
        }
        Mark::Gap(start, end) => {
            let (line, baseline) = (pixels(y + 13.0), pixels(y + 17.0));
            m.element("line", &[("class", "gap"), ("x1", "0"), ("x2", "100%"), ("y1", &line), ("y2", &line)], |_| {});
            let size = bytes(end - start);
            let words = if *end > USER_END { format!("{size}, nobody's and the kernel's") } else { format!("{size} of nothing") };
            m.leaf("text", &[("class", "gap"), ("x", "50%"), ("y", &baseline)], &words);
        }
    }
}

/// Where a mapping begins and ends, in per cent.
fn span(bar: &Bar, across: &Across) -> (f64, f64) {
    (across.at(bar.since), bar.until.map_or(across.end(), |u| across.at(u)))
}

/// The lowest piece that takes a line of text.
const LINE: f64 = 11.0;

/// Writes into each unit what lies there, and into large mappings what lay there before.
fn labels(m: &mut Markup, life: &Life, across: &Across, down: &Down) {
    let longest =
        |bars: Vec<&'_ Bar>| bars.into_iter().map(|b| span(b, across)).max_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0)));
    for unit in down.units.iter().filter(|u| u.height >= LINE) {
        let own = life.bars.all().filter(|b| b.start < unit.end && b.end > unit.start && Owner::of(b) == unit.owner);
        if let Some(span) = longest(own.collect()) {
            label(m, &words(&unit.owner, unit.end - unit.start), span, unit.y + unit.height / 2.0);
        }
    }
    for bar in life.bars.all().filter(|b| b.owner.is_none() && !b.file.is_empty()) {
        let ((from, to), owner) = (span(bar, across), Owner::of(bar));
        let (top, bottom) = (down.top(bar.end), down.bottom(bar.start));
        let is_labelled =
            down.units.iter().any(|u| u.owner == owner && u.height >= LINE && u.start < bar.end && u.end > bar.start);
        if !is_labelled && to - from > 14.0 && bottom - top > LINE {
            label(m, &words(&owner, bar.end - bar.start), (from, to), (top + bottom) / 2.0);
        }
    }
}

fn words(owner: &Owner, size: u64) -> String {
    let what = match owner {
        Owner::Object(_, part) => part.words(),
        Owner::Named(name) => name,
        Owner::File(path) => base_name(path),
        Owner::Anonymous => "anonymous",
    };
    format!("{} · {}", shortened(what, 30), bytes(size))
}

fn shortened(name: &str, most: usize) -> String {
    match name.char_indices().nth(most) {
        Some((cut, _)) => format!("{}…", name.get(..cut).unwrap_or_default()),
        None => name.to_owned(),
    }
}

/// How much of a narrow screen a letter takes, in per cent.
const LETTER: f64 = 1.4;

fn label(m: &mut Markup, words: &str, (from, to): (f64, f64), middle: f64) {
    let needed = words.chars().count() as f64 * LETTER;
    // What comes too late to hold its label is labelled before it comes.
    let (class, dx) = if to - from < needed && from > needed { ("label before", "-5") } else { ("label", "5") };
    m.leaf("text", &[("class", class), ("x", &percent(from)), ("dx", dx), ("y", &pixels(middle + 3.5))], words);
}

fn binds(m: &mut Markup, life: &Life, across: &Across, down: &Down) {
    let mut drawn = BTreeSet::new();
    for (_, slots) in &life.slots.modules {
        for slot in &slots.lazy {
            let (Some(bound), Some(y)) = (&slot.bound, down.at(slot.address)) else { continue };
            let x = across.at(bound.at);
            if drawn.insert(((x * 5.0) as i64, y as i64)) {
                m.element("circle", &[("class", "bind"), ("cx", &percent(x)), ("cy", &pixels(y)), ("r", "2.2")], |m| {
                    m.leaf("title", &[], &format!("{} is bound, called from {}", slot.symbol, bound.caller));
                });
            }
        }
    }
}

fn faults(m: &mut Markup, life: &Life, across: &Across, down: &Down) {
    let Some(column) = across.columns().iter().find(|c| c.chapter == Chapter::Faults) else { return };
    let (mut drawn, count) = (BTreeSet::new(), life.faults.len().max(1) as f64);
    for unit in &down.units {
        let (x, width) = (percent(column.from), percent(column.to - column.from));
        let (y, height) = (pixels(unit.y), pixels(unit.height));
        m.element("rect", &[("class", "ever"), ("x", &x), ("y", &y), ("width", &width), ("height", &height)], |_| {});
    }
    for (place, fault) in life.faults.iter().enumerate() {
        let Some(y) = down.at(fault.address) else { continue };
        let x = column.from + (column.to - column.from) * (place as f64 + 0.5) / count;
        if drawn.insert(((x * 8.0) as i64, (y * 1.5) as i64)) {
            let class = match (fault.is_major, fault.is_fetch) {
                (true, _) => "fault major",
                (false, true) => "fault fetch",
                (false, false) => "fault",
            };
            m.element("circle", &[("class", class), ("cx", &percent(x)), ("cy", &pixels(y)), ("r", "1.7")], |_| {});
        }
    }
}
