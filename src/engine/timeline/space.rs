//! The address space of a recorded process, followed by its system calls.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::{LoadBias, MemoryMap, Perms, VirtAddr, page_down, page_up};
use crate::elf::Image;

/// A mapping, or what is left of one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Area {
    /// The first address.
    pub start: u64,
    /// The first address behind it.
    pub end: u64,
    /// What may be done there.
    pub perms: Perms,
    /// The path, or `[heap]` and its like.
    pub file: Option<Arc<str>>,
    /// Where in the file it begins.
    pub offset: u64,
}

impl Area {
    /// The part of it that lies in a range.
    fn part(&self, start: u64, end: u64) -> Area {
        let from = self.start.max(start);
        let offset = if self.offset == 0 && self.file.as_ref().is_none_or(|f| f.starts_with('[')) {
            0
        } else {
            self.offset + (from - self.start)
        };
        Area { start: from, end: self.end.min(end), offset, ..self.clone() }
    }
}

/// An ELF file that lies in the address space, or is about to.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Its path.
    pub path: Arc<str>,
    /// The file.
    pub image: Arc<Image>,
    /// Where it lies.
    pub bias: LoadBias,
    start: u64,
    end: u64,
}

/// All mappings, and the ELF files among them.
#[derive(Clone, Debug, Default)]
pub struct Space {
    areas: BTreeMap<u64, Area>,
    loaded: Vec<Loaded>,
    /// Where the heap ends.
    pub brk: Option<u64>,
}

impl Space {
    /// What the kernel has mapped.
    pub fn of(maps: &MemoryMap) -> Space {
        let mut space = Space::default();
        for m in &maps.mappings {
            let file = Some(m.name.as_str()).filter(|n| !n.is_empty()).map(Arc::from);
            space.insert(Area { start: m.range.start.0, end: m.range.end.0, perms: m.perms, file, offset: m.offset });
        }
        space
    }

    /// The mappings, in order.
    pub fn areas(&self) -> impl Iterator<Item = &Area> {
        self.areas.values()
    }

    /// What lies in a range, cut to it.
    pub fn within(&self, start: u64, end: u64) -> Vec<Area> {
        let first = self.areas.range(..=start).next_back().map_or(start, |(s, _)| *s);
        let touched = self.areas.range(first..end).map(|(_, a)| a).filter(|a| a.end > start && a.start < end);
        touched.map(|a| a.part(start, end)).collect()
    }

    /// Takes a range out; what was there.
    pub fn cut(&mut self, start: u64, end: u64) -> Vec<Area> {
        let removed = self.within(start, end);
        for part in &removed {
            let Some((_, whole)) = self.areas.range(..=part.start).next_back().map(|(s, a)| (*s, a.clone())) else { continue };
            self.areas.remove(&whole.start);
            for left in [whole.part(whole.start, part.start), whole.part(part.end, whole.end)] {
                if left.start < left.end {
                    self.areas.insert(left.start, left);
                }
            }
        }
        removed
    }

    /// Maps a range, over whatever was there.
    pub fn insert(&mut self, area: Area) {
        if area.start < area.end {
            self.cut(area.start, area.end);
            self.areas.insert(area.start, area);
        }
    }

    /// Changes what may be done in a range; the changed parts.
    pub fn protect(&mut self, start: u64, end: u64, perms: Perms) -> Vec<Area> {
        let mut parts = self.cut(start, end);
        for part in &mut parts {
            part.perms = Perms { shared: part.perms.shared, ..perms };
            self.areas.insert(part.start, part.clone());
        }
        parts
    }

    /// Says that an ELF file was mapped with its first segment at `start`.
    pub fn load(&mut self, path: Arc<str>, image: Arc<Image>, start: u64) {
        let (first, last) = image.span();
        let bias = LoadBias(start.wrapping_sub(page_down(first.0)));
        let end = page_up(bias.to_virt(last).0);
        self.loaded.retain(|l| l.end <= start || l.start >= end);
        self.loaded.push(Loaded { path, image, bias, start, end });
    }

    /// The ELF file that takes up an address.
    pub fn object_at(&self, at: u64) -> Option<&Loaded> {
        self.loaded.iter().find(|l| (l.start..l.end).contains(&at))
    }

    /// Which PT_LOAD of the file there an area belongs to, counted from 0. What lies in the gap between two segments belongs to none.
    pub fn segment(&self, area: &Area) -> Option<usize> {
        let object = self.object_at(area.start)?;
        if area.file.as_ref().is_some_and(|f| *f != object.path) {
            return None;
        }
        let covers = |s: &crate::elf::Segment| {
            let start = page_down(object.bias.to_virt(s.addr).0);
            let end = page_up(object.bias.to_virt(s.addr).0.saturating_add(s.mem_size));
            (start..end).contains(&area.start)
        };
        // Where two share a page, the later one was mapped over the earlier.
        object.image.loads().enumerate().filter(|(_, s)| covers(s)).last().map(|(n, _)| n)
    }

    /// The name of what is mapped at an address.
    pub fn file_at(&self, at: VirtAddr) -> Option<&Arc<str>> {
        let (_, area) = self.areas.range(..=at.0).next_back()?;
        area.file.as_ref().filter(|_| at.0 < area.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(start: u64, end: u64, offset: u64) -> Area {
        Area { start, end, perms: Perms { read: true, ..Perms::default() }, file: Some("/f".into()), offset }
    }

    #[test]
    fn a_mapping_over_another_leaves_its_ends() {
        let mut space = Space::default();
        space.insert(area(0x1000, 0x9000, 0));
        space.insert(area(0x3000, 0x5000, 0x10000));
        let all: Vec<_> = space.areas().map(|a| (a.start, a.end, a.offset)).collect();
        assert_eq!(all, [(0x1000, 0x3000, 0), (0x3000, 0x5000, 0x10000), (0x5000, 0x9000, 0x4000)]);
        let removed = space.cut(0x2000, 0x6000);
        assert_eq!(removed.len(), 3);
        assert_eq!(space.areas().map(|a| (a.start, a.end)).collect::<Vec<_>>(), [(0x1000, 0x2000), (0x6000, 0x9000)]);
    }

    #[test]
    fn protection_changes_the_part_that_it_names() {
        let mut space = Space::default();
        space.insert(area(0x1000, 0x9000, 0));
        let changed = space.protect(0x2000, 0x3000, Perms { write: true, ..Perms::default() });
        assert_eq!((changed.len(), changed[0].offset, changed[0].perms.to_string().as_str()), (1, 0x1000, "-w-p"));
        assert_eq!(space.areas().count(), 3);
    }
}
