//! What was mapped from which step to which.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::chapter::Step;

/// What may be done with a piece of memory, as far as colours go.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Shade {
    /// Nothing: a reserve.
    Nothing,
    /// Read.
    Read,
    /// Run.
    Run,
    /// Written.
    Write,
    /// Was written, and is read-only now.
    Relro,
}

impl Shade {
    /// As the class of an element.
    pub fn class(self) -> &'static str {
        match self {
            Shade::Nothing => "none",
            Shade::Read => "r",
            Shade::Run => "x",
            Shade::Write => "w",
            Shade::Relro => "relro",
        }
    }

    /// The colour of a fresh mapping.
    pub fn of(perms: &str) -> Shade {
        let has = |c: char| perms.contains(c);
        match (has('x'), has('w'), has('r')) {
            (true, ..) => Shade::Run,
            (_, true, _) => Shade::Write,
            (.., true) => Shade::Read,
            _ => Shade::Nothing,
        }
    }
}

/// A rectangle of the drawing: a range of addresses that was the same from one step to another.
#[derive(Clone, Debug)]
pub struct Bar {
    /// The first address.
    pub start: u64,
    /// The first address behind it.
    pub end: u64,
    /// Its colour.
    pub shade: Shade,
    /// `r-xp`.
    pub perms: Arc<str>,
    /// The file, `[heap]` and its like, or empty.
    pub file: Arc<str>,
    /// The ELF file to which it belongs, if it does to one: also that of a zeroed tail.
    pub owner: Option<Arc<str>>,
    /// The PT_LOAD that it is of.
    pub segment: Option<u64>,
    /// Since when.
    pub since: Step,
    /// Until when; `None` at the end of the story.
    pub until: Option<Step>,
}

/// More rectangles than this are counted, not kept.
const MOST: usize = 4000;

/// All rectangles of a process.
#[derive(Clone, Debug, Default)]
pub struct Bars {
    open: BTreeMap<u64, Bar>,
    closed: Vec<Bar>,
    /// How many were not kept.
    pub dropped: u64,
}

impl Bars {
    /// A range is mapped.
    pub fn map(&mut self, bar: Bar) {
        if bar.start < bar.end {
            self.cut(bar.start, bar.end, bar.since);
            self.open.insert(bar.start, bar);
        }
    }

    /// A range is mapped no more.
    pub fn unmap(&mut self, start: u64, end: u64, at: Step) {
        self.cut(start, end, at);
    }

    /// What may be done with a range has changed.
    pub fn protect(&mut self, start: u64, end: u64, perms: &str, at: Step) {
        for part in self.cut(start, end, at) {
            let shade = match Shade::of(perms) {
                Shade::Read if matches!(part.shade, Shade::Write | Shade::Relro) => Shade::Relro,
                shade => shade,
            };
            self.open.insert(part.start, Bar { shade, perms: perms.into(), since: at, ..part });
        }
    }

    /// Takes a range out at a step; the parts that were there.
    fn cut(&mut self, start: u64, end: u64, at: Step) -> Vec<Bar> {
        let first = self.open.range(..=start).next_back().map_or(start, |(s, _)| *s);
        let touched: Vec<u64> =
            self.open.range(first..end.max(first)).filter(|(_, b)| b.end > start && b.start < end).map(|(s, _)| *s).collect();
        let mut parts = Vec::new();
        for key in touched {
            let Some(whole) = self.open.remove(&key) else { continue };
            for (from, to) in [(whole.start, start), (end, whole.end)] {
                if from < to {
                    self.open.insert(from.max(whole.start), Bar { start: from.max(whole.start), end: to, ..whole.clone() });
                }
            }
            let part = Bar { start: whole.start.max(start), end: whole.end.min(end), ..whole };
            self.close(Bar { until: Some(at), ..part.clone() });
            parts.push(part);
        }
        parts
    }

    fn close(&mut self, bar: Bar) {
        match self.closed.len() < MOST {
            true => self.closed.push(bar),
            false => self.dropped += 1,
        }
    }

    /// The ELF file whose mapping ends at an address.
    pub fn owner_before(&self, start: u64) -> Option<Arc<str>> {
        let (_, before) = self.open.range(..start).next_back()?;
        before.owner.clone().filter(|_| before.end == start)
    }

    /// All that were kept, and those that last.
    pub fn all(&self) -> impl Iterator<Item = &Bar> {
        self.closed.iter().chain(self.open.values().take(MOST))
    }

    /// Whether nothing was ever mapped.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty() && self.closed.is_empty()
    }

    /// What a child has of its parent, from its first step on.
    pub fn inherited(&self, at: Step) -> Bars {
        let open = self.open.iter().map(|(s, b)| (*s, Bar { since: at, ..b.clone() })).collect();
        Bars { open, ..Bars::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::timeline::page::chapter::Chapter;

    fn at(n: u32) -> Step {
        Step { chapter: Chapter::Libraries, at: n }
    }

    fn bar(start: u64, end: u64, perms: &str, since: u32) -> Bar {
        let shade = Shade::of(perms);
        Bar {
            start,
            end,
            shade,
            perms: perms.into(),
            file: "/f".into(),
            owner: None,
            segment: None,
            since: at(since),
            until: None,
        }
    }

    #[test]
    fn what_is_mapped_over_ends_and_its_rest_stays() {
        let mut bars = Bars::default();
        bars.map(bar(0x1000, 0x9000, "r--p", 0));
        bars.map(bar(0x3000, 0x5000, "rw-p", 1));
        bars.protect(0x3000, 0x4000, "r--p", at(2));
        bars.unmap(0x8000, 0x9000, at(3));
        let mut all: Vec<_> = bars.all().map(|b| (b.start, b.end, b.shade, b.since.at, b.until.map(|u| u.at))).collect();
        all.sort();
        assert_eq!(
            all,
            [
                (0x1000, 0x3000, Shade::Read, 0, None),
                (0x3000, 0x4000, Shade::Write, 1, Some(2)),
                (0x3000, 0x4000, Shade::Relro, 2, None),
                (0x3000, 0x5000, Shade::Read, 0, Some(1)),
                (0x4000, 0x5000, Shade::Write, 1, None),
                (0x5000, 0x8000, Shade::Read, 0, None),
                (0x8000, 0x9000, Shade::Read, 0, Some(3)),
            ]
        );
    }
}
