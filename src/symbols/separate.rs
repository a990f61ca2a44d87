//! The symbol tables of a module: its file's own, and that of its separate debug file.

use std::sync::Arc;

use crate::base::FileAddr;
use crate::elf::{Image, Symbol, Symbols};

use super::finder::{DebugFiles, separate_debug};
use super::module::ModuleFile;

/// A separate debug file, or the MiniDebugInfo in the file itself.
#[derive(Debug)]
pub struct Separate {
    image: Arc<Image>,
    /// By index of one of its sections, the index of the same section in the file that it describes; 0 if that has none.
    sections: Vec<u16>,
    is_mini: bool,
}

impl Separate {
    /// That of an image: the debug file, else .gnu_debugdata; none, as for gdb, if the image has its own .debug_info. A damaged
    /// one counts as none, and is logged.
    pub fn of(image: &Image, debug_files: &DebugFiles) -> Option<Separate> {
        if image.section(".debug_info").is_some() {
            return None;
        }
        let (found, is_mini) = match separate_debug(image, debug_files) {
            Some(file) => (file, false),
            None => (image.mini_debug_info().unwrap_or_else(|e| log(&e)).filter(|_| !has_symtab(image))?, true),
        };
        let own = |name: &str, addr| image.sections().iter().find(|s| s.name == name && s.addr == addr);
        let sections = match image.sections() {
            // Without section headers an address is in its segment, whatever the number of its section.
            [] => (0..found.sections().len()).map(|i| u16::try_from(i).unwrap_or(0)).collect(),
            _ => found.sections().iter().map(|s| own(&s.name, s.addr).map_or(0, |s| s.index as u16)).collect(),
        };
        Some(Separate { image: found, sections, is_mini })
    }

    /// The debug file.
    pub fn image(&self) -> &Arc<Image> {
        &self.image
    }

    /// Whether it is only the .gnu_debugdata of the file itself: some symbols and nothing else.
    pub fn is_mini(&self) -> bool {
        self.is_mini
    }

    /// A symbol of it as if it were one of the file that it describes: with the number that its section has there.
    fn place<'a>(&self, symbol: Symbol<'a>) -> Symbol<'a> {
        // SHN_ABS and its like are nobody's index.
        let section =
            if symbol.section >= 0xff00 { Some(&symbol.section) } else { self.sections.get(usize::from(symbol.section)) };
        Symbol { section: section.copied().unwrap_or(0), ..symbol }
    }
}

fn has_symtab(image: &Image) -> bool {
    !image.symtab().is_empty()
}

fn log<T>(e: &crate::base::Error) -> Option<T> {
    tracing::warn!(target: "symbols", "{e}");
    None
}

impl ModuleFile {
    /// Whether there is debug information: in the file, or in its debug file.
    pub fn has_debug_information(&self) -> bool {
        let has = |image: &Image| image.section(".debug_info").is_some();
        has(self.image()) || self.separate().is_some_and(|s| has(&s.image))
    }
}

/// gdb looks into the tables one after the other, the file's own first.
impl ModuleFile {
    fn separate_symtab(&self) -> Option<(&Separate, Symbols<'_>)> {
        self.separate().map(|s| (s, s.image.symtab()))
    }

    /// All symbols: .symtab, or .dynsym if that is empty; then the debug file's, which repeat many of them.
    pub fn symbols(&self) -> impl Iterator<Item = Symbol<'_>> {
        let more = self.separate_symtab().into_iter().flat_map(|(file, table)| table.iter().map(|s| file.place(s)));
        self.image().symbols().iter().chain(more)
    }

    /// The symbols of exactly this name, undefined ones too.
    pub fn symbols_named(&self, name: &str) -> Vec<Symbol<'_>> {
        let mut found = self.image().symbols().named(name);
        if let Some((file, table)) = self.separate_symtab() {
            for symbol in table.named(name).into_iter().map(|s| file.place(s)) {
                if !found.iter().any(|s| s.addr == symbol.addr && s.is_undefined() == symbol.is_undefined()) {
                    found.push(symbol);
                }
            }
        }
        found
    }

    /// The symbols whose names hold `part`; all if it is empty.
    pub fn symbols_containing(&self, part: &str) -> Vec<Symbol<'_>> {
        if part.is_empty() {
            return self.symbols().collect();
        }
        let mut found = self.image().symbols().containing(part);
        if let Some((file, table)) = self.separate_symtab() {
            found.extend(table.containing(part).into_iter().map(|s| file.place(s)));
        }
        found
    }

    /// The symbols whose names start with `prefix`; those of each table sorted by name.
    pub fn symbols_with_prefix(&self, prefix: &str) -> impl Iterator<Item = Symbol<'_>> {
        let more = self.separate_symtab().into_iter();
        let more = more.flat_map(|(file, table)| table.with_prefix(prefix).into_iter().map(|s| file.place(s)));
        self.image().symbols().with_prefix(prefix).into_iter().chain(more)
    }

    /// The first address behind `addr` at which a symbol starts.
    pub fn next_symbol(&self, addr: FileAddr) -> Option<FileAddr> {
        let more = self.separate_symtab().and_then(|(_, table)| table.next_start(addr));
        [self.image().symbols().next_start(addr), more].into_iter().flatten().min()
    }

    /// The symbol by which gdb names an address ([`Symbols::covering`]): the nearer one of the two tables', the file's own if
    /// they are equally near.
    pub fn symbol_covering(&self, addr: FileAddr, same_section: impl Fn(&Symbol<'_>) -> bool) -> Option<Symbol<'_>> {
        let own = self.image().symbols().covering(addr, &same_section);
        let more = self.separate_symtab().and_then(|(file, table)| {
            let symbol = table.covering(addr, |s| same_section(&file.place(*s)))?;
            Some(file.place(symbol))
        });
        match (own, more) {
            (Some(own), Some(more)) => Some(if more.addr > own.addr { more } else { own }),
            (own, more) => own.or(more),
        }
    }
}
