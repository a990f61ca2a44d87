//! Where steps and addresses come to lie in the drawing: chapters side by side, each as wide as the logarithm of its steps; memory
//! from the highest address down, large pieces folded by their logarithm and gaps to a mark.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bars::{Bar, Bars, Shade};
use super::chapter::{CHAPTERS, Chapter, Step};
use super::content::Content;
use crate::base::PAGE;

/// Steps across.
#[derive(Clone, Debug)]
pub struct Across {
    columns: Vec<Column>,
}

/// A chapter in the drawing.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The chapter.
    pub chapter: Chapter,
    /// Its number in this story, from 1.
    pub number: usize,
    /// Where it begins, in per cent.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    steps: u32,
}

impl Across {
    /// The chapters of a life.
    pub fn of(chapters: &BTreeMap<Chapter, Content>) -> Across {
        let present = CHAPTERS.iter().filter_map(|c| Some((*c, chapters.get(c)?.steps.max(1))));
        let weighed: Vec<(Chapter, u32, f64)> = present.map(|(c, n)| (c, n, 2.2 + f64::from(n + 1).log2())).collect();
        let whole: f64 = weighed.iter().map(|w| w.2).sum();
        let (mut columns, mut at) = (Vec::new(), 0.0);
        for (place, (chapter, steps, weight)) in weighed.into_iter().enumerate() {
            let to = at + weight / whole * 100.0;
            columns.push(Column { chapter, number: place + 1, from: at, to, steps });
            at = to;
        }
        Across { columns }
    }

    /// The chapters in the drawing.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Where a step lies, in per cent.
    pub fn at(&self, step: Step) -> f64 {
        let Some(column) = self.columns.iter().find(|c| c.chapter == step.chapter) else { return 0.0 };
        column.from + (column.to - column.from) * f64::from(step.at) / f64::from(column.steps)
    }

    /// The part from a step's chapter on, drawn as wide as all of it.
    pub fn since(&self, first: Step) -> Across {
        let begin = self.columns.iter().find(|c| c.chapter == first.chapter).map_or(0.0, |c| c.from);
        let scaled = |x: f64| (x - begin) / (self.end() - begin).max(1.0) * 100.0;
        let told = self.columns.iter().filter(|c| c.from >= begin && c.chapter != Chapter::Faults);
        Across { columns: told.map(|c| Column { from: scaled(c.from), to: scaled(c.to), ..*c }).collect() }
    }

    /// Where the story ends, before the faults of the other run.
    pub fn end(&self) -> f64 {
        self.columns.iter().rfind(|c| c.chapter != Chapter::Faults).map_or(100.0, |c| c.to)
    }
}

/// A part of an ELF file in memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    /// The PT_LOAD.
    segment: Option<u64>,
    /// It is of no file, and began as zeros.
    is_zeroed: bool,
    shade: Shade,
}

impl Part {
    /// What such a part is for.
    pub fn words(self) -> &'static str {
        match self.shade {
            Shade::Run => "code",
            Shade::Write if self.is_zeroed => "zeroed data",
            Shade::Write => "data",
            Shade::Relro => "read-only again",
            Shade::Read => "constants",
            Shade::Nothing => "reserved",
        }
    }
}

/// Whose a piece of the address space is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Owner {
    /// An ELF file's, by its path and what the piece is of it.
    Object(Arc<str>, Part),
    /// The kernel has a name for it: `[stack]`.
    Named(Arc<str>),
    /// A file that is just read.
    File(Arc<str>),
    /// Nobody's.
    Anonymous,
}

impl Owner {
    /// Whose a mapping is.
    pub fn of(bar: &Bar) -> Owner {
        match (&bar.owner, &bar.file) {
            (Some(path), file) => {
                Owner::Object(path.clone(), Part { segment: bar.segment, is_zeroed: file.is_empty(), shade: bar.shade })
            }
            (None, file) if file.starts_with('[') => Owner::Named(file.clone()),
            (None, file) if file.is_empty() => Owner::Anonymous,
            (None, file) => Owner::File(file.clone()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Owner::Object(..) => 3,
            Owner::Named(_) => 2,
            Owner::File(_) => 1,
            Owner::Anonymous => 0,
        }
    }

    /// The ELF file.
    pub fn object(&self) -> Option<&Arc<str>> {
        match self {
            Owner::Object(path, _) => Some(path),
            _ => None,
        }
    }

    fn height(&self, bytes: u64, is_dense: bool) -> f64 {
        // As high as a line of text, where there is room.
        let pages = ((bytes / PAGE).max(1) as f64).log2();
        match (self, is_dense) {
            (Owner::Object(..), false) => 13.0 + 1.7 * pages,
            (Owner::Object(..), true) => 4.0 + 1.1 * pages,
            (Owner::Named(_), _) => 14.0 + 0.8 * pages,
            (Owner::File(_), _) => 13.0 + 0.8 * pages,
            (Owner::Anonymous, false) => (13.0 + 1.2 * pages).min(34.0),
            (Owner::Anonymous, true) => (5.0 + 1.3 * pages).min(30.0),
        }
    }
}

/// A piece of the address space that is drawn in proportion.
#[derive(Clone, Debug)]
pub struct Unit {
    /// The first address.
    pub start: u64,
    /// The first address behind it.
    pub end: u64,
    /// Whose it is; where it was several's, that of the last and most telling.
    pub owner: Owner,
    /// Its upper edge, where its highest address is.
    pub y: f64,
    /// Its height.
    pub height: f64,
}

/// A line of text between units.
#[derive(Clone, Debug)]
pub enum Mark {
    /// An ELF file begins below: path, first address, first behind it.
    Head(Arc<str>, u64, u64),
    /// Nothing is mapped here: the first address, the first behind it.
    Gap(u64, u64),
}

/// Addresses down.
#[derive(Clone, Debug, Default)]
pub struct Down {
    /// From the highest address down.
    pub units: Vec<Unit>,
    /// Marks with their upper edges.
    pub marks: Vec<(f64, Mark)>,
    /// How high all of it is.
    pub height: f64,
}

/// More ELF files than this are drawn flat.
const MANY_OBJECTS: usize = 14;
/// Fewer pieces than this are drawn higher.
const SPACIOUS: f64 = 32.0;
/// More pieces than this are drawn without words, within so many pixels.
const CROWDED: usize = 600;
const HIGHEST: f64 = 4000.0;
/// A gap of so many bytes is marked.
const GAP: u64 = 1 << 20;

impl Down {
    /// All that a life ever mapped, from `top` down.
    pub fn of(bars: &Bars, top: f64) -> Down {
        let owned = units(bars);
        let mut objects: Vec<&Arc<str>> = owned.iter().filter_map(|(_, _, o)| o.object()).collect();
        objects.sort();
        objects.dedup();
        let is_dense = objects.len() > MANY_OBJECTS;
        // A small load may take more room, and one that maps without end must not take more than can be looked at.
        let is_crowded = owned.len() > CROWDED;
        let natural: f64 = owned.iter().map(|(start, end, owner)| owner.height(end - start, is_dense)).sum();
        let stretch = match is_crowded {
            true => HIGHEST / natural.max(HIGHEST),
            false => (SPACIOUS / owned.len().max(1) as f64).clamp(1.0, 1.5),
        };
        let (mut down, mut y) = (Down::default(), top);
        let mut above: Option<(u64, Owner)> = None;
        for (place, (start, end, owner)) in owned.iter().enumerate().rev() {
            let gap = above.as_ref().map_or(0, |(low, _)| low - end);
            if gap >= GAP && !is_crowded {
                down.marks.push((y, Mark::Gap(*end, end + gap)));
                y += 26.0;
            } else if gap > 0 {
                y += if is_crowded { 0.1 } else { 4.0 };
            }
            let continues = above.as_ref().is_some_and(|(_, o)| o.object() == owner.object());
            if is_crowded {
                // No room for words.
            } else if let (Some(path), false) = (owner.object(), continues) {
                let same = owned.iter().take(place + 1).rev().take_while(|u| u.2.object() == Some(path));
                let low = same.last().map_or(*start, |u| u.0);
                y += 5.0;
                down.marks.push((y, Mark::Head(path.clone(), low, *end)));
                y += 17.0;
            } else if !continues {
                y += 3.0;
            }
            let height = owner.height(end - start, is_dense) * stretch;
            down.units.push(Unit { start: *start, end: *end, owner: owner.clone(), y, height });
            y += height;
            above = Some((*start, owner.clone()));
        }
        down.height = y;
        down
    }

    /// The upper edge of a range that ends before `end`.
    pub fn top(&self, end: u64) -> f64 {
        self.within(|u| u.start < end && end <= u.end, end)
    }

    /// The lower edge of a range that starts at `start`.
    pub fn bottom(&self, start: u64) -> f64 {
        self.within(|u| u.start <= start && start < u.end, start)
    }

    /// The piece that holds an address.
    pub fn unit_at(&self, address: u64) -> Option<&Unit> {
        let near = self.units.get(self.units.partition_point(|u| u.start > address))?;
        Some(near).filter(|u| (u.start..u.end).contains(&address))
    }

    /// Where an address lies, if it was ever mapped.
    pub fn at(&self, address: u64) -> Option<f64> {
        self.unit_at(address).map(|_| self.bottom(address))
    }

    fn within(&self, is_it: impl Fn(&Unit) -> bool, address: u64) -> f64 {
        // The highest come first.
        let near = self.units.partition_point(|u| u.start > address);
        let unit = self.units.iter().skip(near).take(2).find(|u| is_it(u));
        let Some(unit) = unit else { return 0.0 };
        unit.y + unit.height * (unit.end - address) as f64 / (unit.end - unit.start) as f64
    }
}

/// Ranges with their owners, from the lowest up; neighbours of one owner are one.
fn units(bars: &Bars) -> Vec<(u64, u64, Owner)> {
    let mut all: Vec<&Bar> = bars.all().collect();
    all.sort_by_key(|b| b.start);
    let mut cuts: Vec<u64> = all.iter().flat_map(|b| [b.start, b.end]).collect();
    cuts.sort_unstable();
    cuts.dedup();
    let mut found: Vec<(u64, u64, Owner)> = Vec::new();
    let (mut next, mut active): (usize, Vec<&Bar>) = (0, Vec::new());
    for (start, end) in cuts.iter().zip(cuts.iter().skip(1)) {
        active.retain(|b| b.end > *start);
        while let Some(bar) = all.get(next).filter(|b| b.start <= *start) {
            active.push(bar);
            next += 1;
        }
        let best = active.iter().map(|b| (Owner::of(b), b.since)).max_by_key(|(o, since)| (o.rank(), *since));
        let Some((owner, _)) = best else { continue };
        match found.last_mut().filter(|u| u.1 == *start && u.2 == owner) {
            Some(last) => last.1 = *end,
            None => found.push((*start, *end, owner)),
        }
    }
    found
}

/// `1.9 MiB`
pub fn bytes(n: u64) -> String {
    const NAMES: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let (mut size, mut name) = (n as f64 / 1024.0, 0);
    while size >= 1023.95 && name + 1 < NAMES.len() {
        size /= 1024.0;
        name += 1;
    }
    let name = NAMES.get(name).copied().unwrap_or_default();
    if (size - size.round()).abs() < 0.05 || size >= 100.0 { format!("{size:.0} {name}") } else { format!("{size:.1} {name}") }
}

/// `38,766`
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(start: u64, end: u64, owner: Option<&str>, segment: Option<u64>) -> Bar {
        let since = Step { chapter: Chapter::Exec, at: 0 };
        let (shade, owner) = (Shade::of("r--p"), owner.map(Arc::from));
        Bar { start, end, shade, perms: "r--p".into(), file: "".into(), owner, segment, since, until: None }
    }

    #[test]
    fn higher_addresses_lie_higher_and_gaps_are_folded() {
        let mut bars = Bars::default();
        bars.map(bar(0x1000, 0x3000, Some("/a"), Some(0)));
        bars.map(bar(0x3000, 0x4000, Some("/a"), Some(1)));
        bars.map(bar(0x7fff_0000_0000, 0x7fff_0010_0000, None, None));
        let down = Down::of(&bars, 0.0);
        assert_eq!(down.units.len(), 3);
        let ys: Vec<f64> = [0x7fff_0000_0000u64, 0x3800, 0x3000, 0x2000, 0x1000].iter().filter_map(|a| down.at(*a)).collect();
        assert!(ys.len() == 5 && ys.is_sorted() && down.height < 150.0, "{ys:?}");
        assert!((down.top(0x3000) - down.bottom(0x3000)).abs() < 1e-9);
        assert!(matches!(&down.marks[..], [(_, Mark::Gap(..)), (_, Mark::Head(path, 0x1000, 0x4000))] if &**path == "/a"));
        assert_eq!((bytes(4096).as_str(), bytes(0x1e2000).as_str(), bytes(1 << 47).as_str()), ("4 KiB", "1.9 MiB", "128 TiB"));
    }
}
