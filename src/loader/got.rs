//! The global offset table as an array: `GOT[n]` is the word at its base + 8n (psABI §5.2 "Global Offset Table").

use crate::base::{Error, FileAddr, LoadBias, Result, VirtAddr};
use crate::elf::{Image, Relocation, Symbol, SymbolKind, dt, pt, r_x86_64};

/// What the words before the first slot are for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReservedWord {
    /// `GOT[0]`: the address of the dynamic section.
    Dynamic,
    /// `GOT[1]`: ld.so's link map of the module.
    LinkMap,
    /// `GOT[2]`: the lazy resolver.
    Resolver,
}

/// How much of the GOT is read-only after relocation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Relro {
    /// No PT_GNU_RELRO.
    None,
    /// PT_GNU_RELRO, but lazy slots stay writable.
    Partial,
    /// All of it.
    Full,
}

/// A word of the GOT.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Slot {
    /// n of `GOT[n]`; negative below the base.
    pub index: i64,
    /// Its link-time address.
    pub addr: FileAddr,
    /// `.got` or `.got.plt`; empty without section headers.
    pub section: String,
    /// The relocation that fills it.
    pub relocation: Option<Relocation>,
    /// Its symbol's name; for IRELATIVE the resolver's, where it has one.
    pub name: Option<String>,
    /// Its symbol's version, as `GLIBC_2.2.5`.
    pub version: Option<String>,
    /// Its value in the file; of a lazy slot the link-time address of the code that resolves it.
    pub initial: u64,
    /// What it is for, if it is one of the first three.
    pub reserved: Option<ReservedWord>,
}

impl Slot {
    fn relocated_by(&self, kind: u32) -> bool {
        self.relocation.is_some_and(|r| r.kind == kind)
    }

    /// Whether it is one that the PLT jumps through (JUMP_SLOT).
    pub fn is_jump_slot(&self) -> bool {
        self.relocated_by(r_x86_64::JUMP_SLOT)
    }

    /// Whether it holds the address of a symbol: JUMP_SLOT, GLOB_DAT or IRELATIVE.
    pub fn is_address(&self) -> bool {
        self.is_jump_slot() || self.relocated_by(r_x86_64::GLOB_DAT) || self.relocated_by(r_x86_64::IRELATIVE)
    }

    /// `puts@got.plt` as gdb names jump slots, `stdout@got` for the others; `None` if it has no symbol.
    pub fn label(&self) -> Option<String> {
        let suffix = if self.is_jump_slot() || self.relocated_by(r_x86_64::IRELATIVE) { "got.plt" } else { "got" };
        Some(format!("{}@{suffix}", self.name.as_ref()?))
    }

    /// `puts@GLIBC_2.2.5`; `None` if it has no symbol.
    pub fn versioned_name(&self) -> Option<String> {
        let name = self.name.as_ref()?;
        Some(self.version.as_ref().map_or_else(|| name.clone(), |v| format!("{name}@{v}")))
    }

    /// What a value that was read from the slot means, in a module loaded at `bias`.
    pub fn state(&self, value: u64, bias: LoadBias) -> SlotState {
        if let Some(word) = self.reserved {
            return if value == self.initial && word != ReservedWord::Dynamic {
                SlotState::Empty
            } else {
                SlotState::Reserved(word)
            };
        }
        let Some(relocation) = &self.relocation else { return SlotState::Constant };
        let resolves_later = self.initial != 0 && (self.is_jump_slot() || relocation.kind == r_x86_64::IRELATIVE);
        match relocation.kind {
            _ if resolves_later && value == bias.to_virt(FileAddr(self.initial)).0 => SlotState::Unresolved(VirtAddr(value)),
            _ if resolves_later && value == self.initial => SlotState::Unrelocated,
            r_x86_64::TPOFF64 | r_x86_64::DTPOFF64 | r_x86_64::DTPMOD64 | r_x86_64::TLSDESC => SlotState::Tls(value as i64),
            _ if value == 0 => SlotState::Empty,
            r_x86_64::IRELATIVE => SlotState::Ifunc(VirtAddr(value)),
            r_x86_64::RELATIVE => SlotState::Relative(VirtAddr(value)),
            _ => SlotState::Bound(VirtAddr(value)),
        }
    }
}

/// What the value of a slot means now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SlotState {
    /// One of the first three words, filled in.
    Reserved(ReservedWord),
    /// ld.so has not yet added the load bias: the value is the file's.
    Unrelocated,
    /// Leads to this code, which calls the lazy resolver.
    Unresolved(VirtAddr),
    /// Holds the address of a function or an object.
    Bound(VirtAddr),
    /// Holds the function that an IFUNC resolver chose.
    Ifunc(VirtAddr),
    /// Holds an address in its own module.
    Relative(VirtAddr),
    /// Zero: not yet filled in, or an undefined weak symbol.
    Empty,
    /// An offset, a module number or a descriptor of thread-local storage.
    Tls(i64),
    /// No relocation: the linker's value stays.
    Constant,
}

/// A run of words without gaps.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GotWords {
    /// The section; empty without section headers.
    pub section: String,
    /// The first word's index.
    pub first: i64,
    /// The first word's link-time address.
    pub start: FileAddr,
    /// The number of words.
    pub count: u64,
}

impl GotWords {
    /// The link-time address behind the last word.
    pub fn end(&self) -> FileAddr {
        self.start + 8 * self.count
    }
}

/// The GOT of a module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Got {
    /// The link-time address of `GOT[0]`.
    pub base: FileAddr,
    /// Whether jump slots are bound at their first call.
    pub is_lazy: bool,
    /// What is read-only after relocation.
    pub relro: Relro,
    /// The words that exist, in order of addresses.
    pub words: Vec<GotWords>,
    /// One for each of these words, in order of addresses.
    pub slots: Vec<Slot>,
}

/// The largest GOT that is read, in words: twenty times that of the largest browsers.
const MAX_WORDS: u64 = 1 << 20;

/// Which relocations make a word a GOT's even where no section says so.
fn makes_slot(kind: u32) -> bool {
    use r_x86_64::*;
    matches!(kind, JUMP_SLOT | GLOB_DAT | IRELATIVE | TPOFF64 | DTPMOD64 | TLSDESC)
}

impl Got {
    /// The GOT of an image; `None` if it has none.
    pub fn of(image: &Image) -> Option<Got> {
        let by_tag = image.dynamic().addr_of(dt::DT_PLTGOT);
        let mut words = words_by_section(image);
        if words.is_empty() {
            words = words_by_relocation(image, by_tag);
        }
        let named = |name| words.iter().find(|w| w.section == name).map(|w| w.start);
        let (got_plt, got) = (named(".got.plt"), named(".got"));
        let base = by_tag.or(got_plt).or(got).or_else(|| words.first().map(|w| w.start))?;
        for run in &mut words {
            run.first = (run.start - base) as i64 / 8;
        }
        let mut slots = empty_slots(image, &words);
        fill(image, &mut slots);
        let has_header = by_tag.is_some() || got_plt.is_some();
        mark_reserved(&mut slots, has_header);
        let has_jump_slots = slots.iter().any(Slot::is_jump_slot);
        let is_lazy = has_jump_slots && !image.dynamic().binds_now();
        let relro = match image.segment(pt::PT_GNU_RELRO) {
            None => Relro::None,
            Some(_) if image.dynamic().binds_now() => Relro::Full,
            Some(_) => Relro::Partial,
        };
        Some(Got { base, is_lazy, relro, words, slots })
    }

    /// `GOT[index]`; the error says which words exist.
    pub fn slot(&self, index: i64) -> Result<&Slot> {
        let slot = self.slots.binary_search_by_key(&index, |s| s.index).ok().and_then(|i| self.slots.get(i));
        slot.ok_or_else(|| {
            let run = |w: &GotWords| {
                let name = if w.section.is_empty() { String::new() } else { format!(" ({})", w.section) };
                format!("GOT[{}] to GOT[{}]{name}", w.first, w.first + w.count as i64 - 1)
            };
            let runs: Vec<String> = self.words.iter().map(run).collect();
            Error::user(format!("There is no GOT[{index}]; the words are {}.", runs.join(" and ")))
        })
    }

    /// The word at this link-time address, or the one that contains it.
    pub fn slot_at(&self, addr: FileAddr) -> Option<&Slot> {
        let after = self.slots.partition_point(|s| s.addr <= addr);
        self.slots.get(after.checked_sub(1)?).filter(|s| addr - s.addr < 8)
    }

    /// The slot of a symbol: `puts`, `puts@GLIBC_2.2.5`, `puts@got.plt` or `puts@got`; a jump slot rather than another one.
    pub fn slot_named(&self, name: &str) -> Option<&Slot> {
        let bare = name.strip_suffix("@got.plt").or_else(|| name.strip_suffix("@got")).unwrap_or(name);
        let (bare, version) = bare.split_once('@').map_or((bare, None), |(n, v)| (n, Some(v.trim_start_matches('@'))));
        let mut matching = self.slots.iter().filter(|s| {
            s.is_address() && s.name.as_deref() == Some(bare) && version.is_none_or(|v| s.version.as_deref() == Some(v))
        });
        let first = matching.next()?;
        Some(if first.is_jump_slot() { first } else { matching.find(|s| s.is_jump_slot()).unwrap_or(first) })
    }
}

fn words_by_section(image: &Image) -> Vec<GotWords> {
    let is_got = |name: &str| name == ".got" || name == ".got.plt";
    let sections = image.sections().iter().filter(|s| is_got(&s.name) && s.is_loaded() && s.size >= 8);
    let run = |s: &crate::elf::Section| GotWords { section: s.name.clone(), first: 0, start: s.addr, count: s.size / 8 };
    let mut words: Vec<GotWords> = sections.map(run).filter(|w| w.count <= MAX_WORDS).collect();
    words.sort_by_key(|w| w.start);
    words.dedup_by_key(|w| w.start);
    words
}

/// Without section headers: the three words at DT_PLTGOT and every word that a GOT-like relocation fills, in runs.
fn words_by_relocation(image: &Image, base: Option<FileAddr>) -> Vec<GotWords> {
    let slots = image.relocations().filter(|r| makes_slot(r.kind)).map(|r| r.offset);
    // A TLS descriptor or a general-dynamic pair takes two words; the second one has no relocation where it is local.
    let second = image.relocations().filter(|r| matches!(r.kind, r_x86_64::TLSDESC | r_x86_64::DTPMOD64)).map(|r| r.offset + 8);
    let header = base.into_iter().flat_map(|b| (0..3u64).map(move |i| b + 8 * i));
    let mut addrs: Vec<FileAddr> = slots.chain(second).chain(header).take(MAX_WORDS as usize).collect();
    addrs.sort_unstable();
    addrs.dedup();
    let mut words: Vec<GotWords> = Vec::new();
    for addr in addrs.into_iter().filter(|a| a.0.is_multiple_of(8)) {
        match words.last_mut() {
            Some(w) if w.start + 8 * w.count == addr => w.count += 1,
            _ => words.push(GotWords { section: String::new(), first: 0, start: addr, count: 1 }),
        }
    }
    words
}

fn empty_slots(image: &Image, words: &[GotWords]) -> Vec<Slot> {
    let mut slots: Vec<Slot> = Vec::new();
    for run in words {
        for n in 0..run.count {
            let addr = run.start + 8 * n;
            if slots.last().is_some_and(|s| s.addr >= addr) {
                continue; // forged sections that overlap
            }
            slots.push(Slot {
                index: run.first.saturating_add(n as i64),
                addr,
                section: run.section.clone(),
                relocation: None,
                name: None,
                version: None,
                initial: image.word_at(addr).unwrap_or(0),
                reserved: None,
            });
        }
    }
    slots
}

fn fill(image: &Image, slots: &mut [Slot]) {
    let (Some(first), Some(last)) = (slots.first().map(|s| s.addr), slots.last().map(|s| s.addr)) else { return };
    // Nearly all relocations of a large program are of its data.
    for relocation in image.relocations().filter(|r| r.offset >= first && r.offset <= last) {
        let Ok(i) = slots.binary_search_by_key(&relocation.offset, |s| s.addr) else { continue };
        let Some(slot) = slots.get_mut(i) else { continue };
        if let Some(symbol) = image.relocation_symbol(&relocation) {
            slot.name = Some(symbol.name.to_owned()).filter(|n| !n.is_empty());
            slot.version = symbol.version.map(|v| v.name.to_owned());
        } else if relocation.kind == r_x86_64::IRELATIVE {
            let resolver = FileAddr(relocation.addend as u64);
            // The resolver has a name of its own too (`strlen_ifunc`); the IFUNC's is what callers know.
            let named = |only_ifunc: bool| {
                let fits = |s: &Symbol<'_>| if only_ifunc { s.kind == SymbolKind::Ifunc } else { s.kind.is_code() };
                image.symbols().covering(resolver, fits).filter(|s| s.addr == resolver)
            };
            let symbol = named(true).or_else(|| named(false));
            slot.name = symbol.map(|s| s.name.to_owned());
        }
        slot.relocation = Some(relocation);
    }
}

/// The three words at the base, unless relocations say that they are slots (no DT_PLTGOT, or no PLT at all).
fn mark_reserved(slots: &mut [Slot], has_header: bool) {
    let is_free = |s: &&mut Slot| s.relocation.is_none() && has_header;
    for slot in slots.iter_mut().filter(is_free) {
        slot.reserved = match slot.index {
            0 => Some(ReservedWord::Dynamic),
            1 => Some(ReservedWord::LinkMap),
            2 => Some(ReservedWord::Resolver),
            _ => None,
        };
    }
}
