//! From an address to the symbol that gdb would name it by.

use super::symbols::{Symbol, SymbolKind, Symbols};
use crate::base::FileAddr;

impl<'a> Symbols<'a> {
    /// Address and index of all symbols that have a place, sorted by address, then name, then index.
    fn by_addr(self) -> &'a [(u64, u32)] {
        self.table.by_addr.get_or_init(|| {
            let mut placed: Vec<(u64, &str, u32)> =
                self.iter().filter(|s| s.has_place() && !is_label(s)).map(|s| (s.addr.0, s.name, s.index)).collect();
            placed.sort_unstable();
            placed.into_iter().map(|(addr, _, index)| (addr, index)).collect()
        })
    }

    /// All symbols that have a place, sorted by address.
    pub fn by_address(self) -> impl DoubleEndedIterator<Item = Symbol<'a>> {
        self.by_addr().iter().filter_map(move |(_, i)| self.get(*i))
    }

    /// The first address behind `addr` at which a symbol starts.
    pub fn next_start(self, addr: FileAddr) -> Option<FileAddr> {
        let sorted = self.by_addr();
        let after = sorted.partition_point(|(a, _)| *a <= addr.0);
        sorted.get(after).map(|(a, _)| FileAddr(*a))
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
            let Some(symbol) = self.get(*index) else { continue };
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
