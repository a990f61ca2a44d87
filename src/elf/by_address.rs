//! From an address to the symbol that gdb would name it by.

use goblin::elf::sym;

use super::symbols::{Symbol, SymbolKind, Symbols};
use crate::base::FileAddr;

impl<'a> Symbols<'a> {
    /// Address and index of all symbols that have a place, sorted by address, then name, then index; labels too. Names are read only
    /// where several symbols share an address: a large program's would be half of what it takes to know where it stands.
    fn by_addr(self) -> &'a [(u64, u32)] {
        self.table.by_addr.get_or_init(|| {
            let mut placed: Vec<(u64, u32)> = Vec::new();
            self.each_raw(|index, raw| {
                let placeless = matches!(raw.st_type(), sym::STT_SECTION | sym::STT_FILE | sym::STT_TLS);
                if !placeless && raw.st_name != 0 && (1..0xff00).contains(&raw.st_shndx) {
                    placed.push((raw.st_value, index));
                }
            });
            placed.sort_unstable();
            for same in placed.chunk_by_mut(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
                same.sort_by_key(|(_, index)| self.name_of(*index));
            }
            placed
        })
    }

    /// The symbol of an index of `by_addr`; not of a label.
    fn placed(self, index: u32) -> Option<Symbol<'a>> {
        self.get(index).filter(|s| s.has_place() && !is_label(s))
    }

    /// All symbols that have a place, sorted by address.
    pub fn by_address(self) -> impl DoubleEndedIterator<Item = Symbol<'a>> {
        self.by_addr().iter().filter_map(move |(_, i)| self.placed(*i))
    }

    /// The first address behind `addr` at which a symbol starts.
    pub fn next_start(self, addr: FileAddr) -> Option<FileAddr> {
        let sorted = self.by_addr();
        let after = sorted.partition_point(|(a, _)| *a <= addr.0);
        sorted.get(after..)?.iter().find_map(|(_, i)| self.placed(*i)).map(|s| s.addr)
    }

    /// The symbols that have a place and whose names as in the file match, sorted by address.
    pub fn matching(self, pattern: &regex::Regex) -> impl Iterator<Item = Symbol<'a>> {
        self.by_address().filter(move |s| pattern.is_match(s.name))
    }

    /// The symbol by which gdb names an address: the last one at or before it that lies in the same section.
    ///
    /// Of several at one address the greatest name wins; one without a size only if no sized one before it contains the
    /// address. An address behind the end of the nearest sized symbol has no name, unless an unsized one lies between.
    /// (What gdb 13's `info symbol` and `x/i` do, tried on the 530 groups of aliases in libc.)
    pub fn covering(self, addr: FileAddr, same_section: impl Fn(&Symbol<'a>) -> bool) -> Option<Symbol<'a>> {
        let sorted = self.by_addr();
        let end = sorted.partition_point(|(a, _)| *a <= addr.0);
        let before = sorted.get(..end).unwrap_or_default();
        let mut unsized_one = None;
        // A run of unsized labels is short; a file made of nothing else must not make each look-up linear.
        for (_, index) in before.iter().rev().take(10_000) {
            let Some(symbol) = self.placed(*index) else { continue };
            if !same_section(&symbol) {
                continue;
            }
            if symbol.size == 0 {
                unsized_one = unsized_one.or(Some(symbol));
                continue;
            }
            return if addr - symbol.addr < symbol.size { Some(symbol) } else { unsized_one };
        }
        unsized_one
    }
}

/// Compilers' and assemblers' own labels, which gdb drops too.
fn is_label(symbol: &Symbol<'_>) -> bool {
    let local = symbol.binding == super::symbols::Binding::Local;
    symbol.name.starts_with(".L") || local && symbol.name.starts_with("$L") || matches!(symbol.kind, SymbolKind::Other(_))
}
