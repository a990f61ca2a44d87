//! The file of a module: its image, its separate debug file and the symbols of both.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use crate::base::{Error, FileAddr, Result};
use crate::dwarf::{CfiIndex, CfiSections, DebugInfo};
use crate::elf::{Image, Symbol, Symbols};
use crate::loader::{self, CallSites, Got, Plt};

use super::escapes::{Escape, escapes_in};
use super::finder::{DebugFiles, supplementary};
use super::raises::{RaisePlace, raises_in};
use super::separate::Separate;

/// An image with what is derived from it alone: shared between processes and restarts.
#[derive(Debug)]
pub struct ModuleFile {
    image: Arc<Image>,
    pub(super) got: OnceLock<Option<Got>>,
    pub(super) plt: OnceLock<Plt>,
    pub(super) call_sites: OnceLock<CallSites>,
    escapes: OnceLock<Vec<Escape>>,
    raises: OnceLock<Vec<RaisePlace>>,
    pub(super) found: OnceLock<Vec<FoundFunction>>,
    debug_files: Arc<DebugFiles>,
    separate: OnceLock<Option<Separate>>,
    /// Its debug file was not looked for but given.
    is_given: bool,
    pub(super) cfi: CfiIndex,
    debug: OnceLock<Result<Option<Arc<DebugInfo>>>>,
    has_complained: AtomicBool,
}

/// A function that has no symbol and is known all the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FoundFunction {
    /// `_start`, `main` or [`RESOLVER`].
    pub name: &'static str,
    /// Its link-time address.
    pub addr: FileAddr,
    /// Its size in bytes, by its unwind information; else a guess that is rather too small.
    pub size: u64,
}

/// The name under which ld.so's lazy resolver goes where no symbol names it. Which of its variants (xsavec, xsave, fxsave) it is
/// nobody says.
pub const RESOLVER: &str = "_dl_runtime_resolve";

/// What a function without unwind information is taken to be at least, in bytes.
pub(super) const GUESSED_SIZE: u64 = 64;

impl ModuleFile {
    /// Wraps an image; nothing is read yet. `debug_files`: where its debug file may be.
    pub fn new(image: Arc<Image>, debug_files: Arc<DebugFiles>) -> ModuleFile {
        ModuleFile {
            image,
            got: OnceLock::new(),
            plt: OnceLock::new(),
            call_sites: OnceLock::new(),
            escapes: OnceLock::new(),
            raises: OnceLock::new(),
            found: OnceLock::new(),
            debug_files,
            separate: OnceLock::new(),
            is_given: false,
            cfi: CfiIndex::default(),
            debug: OnceLock::new(),
            has_complained: AtomicBool::new(false),
        }
    }

    /// The same, described by a debug file that the user gave.
    pub fn with_debug_file(image: Arc<Image>, debug: Arc<Image>, debug_files: Arc<DebugFiles>) -> ModuleFile {
        let separate = Separate::given(&image, debug);
        ModuleFile { separate: OnceLock::from(Some(separate)), is_given: true, ..ModuleFile::new(image, debug_files) }
    }

    /// The debug file that the user gave.
    pub fn given(&self) -> Option<&Arc<Image>> {
        self.is_given.then(|| self.separate()).flatten().map(Separate::image)
    }

    /// What was found damaged of its debug information since this was last asked.
    pub fn take_complaints(&self) -> Vec<Error> {
        match self.debug.get() {
            Some(Ok(Some(debug))) => debug.take_complaints(),
            Some(Err(e)) if !self.has_complained.swap(true, Ordering::Relaxed) => vec![e.clone()],
            _ => Vec::new(),
        }
    }

    /// Its debug information; `None` if there is none. Opened when it is first asked for.
    pub fn debug_info(&self) -> Result<Option<&Arc<DebugInfo>>> {
        let opened = self.debug.get_or_init(|| {
            let own = self.image.section(".debug_info").map(|_| &self.image);
            let Some(file) = own.or_else(|| self.separate().filter(|s| !s.is_mini()).map(Separate::image)) else {
                return Ok(None);
            };
            Ok(DebugInfo::open(file, supplementary(file, &self.debug_files))?.map(Arc::new))
        });
        opened.as_ref().map(Option::as_ref).map_err(Error::clone)
    }

    /// The image.
    pub fn image(&self) -> &Arc<Image> {
        &self.image
    }

    /// Its separate debug file; `None` if there is none where it is looked for.
    pub fn separate(&self) -> Option<&Separate> {
        self.separate.get_or_init(|| Separate::of(&self.image, &self.debug_files)).as_ref()
    }

    /// Whether there is debug information: in the file, or in its debug file.
    pub fn has_debug_information(&self) -> bool {
        let has = |image: &Image| image.section(".debug_info").is_some();
        has(self.image()) || self.separate().is_some_and(|s| has(s.image()))
    }

    /// The places in it at which a thread tells that it is about to leave frames; found once.
    pub fn escapes(&self) -> &[Escape] {
        let named = |name: &str| self.symbols_named(name).into_iter().find(|s| s.has_place()).map(|s| s.addr);
        self.escapes.get_or_init(|| escapes_in(&self.image, named))
    }

    /// The places in it at which exceptions are thrown and caught, and panics begin; found once.
    pub fn raises(&self) -> &[RaisePlace] {
        let named = |name: &str| self.symbols_named(name).into_iter().find(|s| s.has_place()).map(|s| s.addr);
        let containing = |part: &str| {
            let symbols = self.symbols_containing(part).into_iter().filter(|s| s.has_place());
            symbols.map(|s| (s.name.to_string(), s.addr)).collect()
        };
        self.raises.get_or_init(|| raises_in(&self.image, named, containing))
    }

    /// `_start`, which the ELF header names, and `main`, found by what the start-up code does; those without a symbol.
    pub(super) fn find_functions(&self) -> Vec<FoundFunction> {
        let has_symbol = |name: &str| self.symbols_named(name).iter().any(|s| s.has_place());
        let sections = CfiSections::of(&self.image);
        let size = |addr: FileAddr| {
            let row = self.cfi.row(&sections, addr).ok().flatten().filter(|r| r.function == addr);
            row.map_or(GUESSED_SIZE, |r| r.function_end - addr)
        };
        let candidates = [("_start", self.image.entry()), ("main", loader::find_main(&self.image))];
        let missing = candidates.into_iter().filter(|(name, _)| !has_symbol(name));
        missing.filter_map(|(name, addr)| addr.map(|addr| FoundFunction { name, addr, size: size(addr) })).collect()
    }
}

/// gdb looks into the tables one after the other, the file's own first.
impl ModuleFile {
    fn separate_symtab(&self) -> Option<(&Separate, Symbols<'_>)> {
        self.separate().map(|s| (s, s.image().symtab()))
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
