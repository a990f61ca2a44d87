//! A module: an image at its place in a process.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use crate::base::{AddrRange, FileAddr, LoadBias, PAGE, Result, VirtAddr, page_down};
use crate::dwarf::{CfiSections, DebugInfo, UnwindRow};
use crate::elf::{Image, Symbol};
use crate::loader::{CallSites, Got, Plt};

use super::escapes::Escape;
use super::module_file::{FoundFunction, GUESSED_SIZE, ModuleFile, RESOLVER};
use super::raises::RaisePlace;

/// A module's number, which stays its own as long as it is loaded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ModuleId(pub u32);

/// What a module is in its process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ModuleRole {
    /// The program.
    Main,
    /// The dynamic linker that the kernel loaded with it.
    Interpreter,
    /// The kernel's own library.
    Vdso,
    /// What the dynamic linker loaded.
    Library,
    /// What the user says lies there: the process's own loader put it there, or a debug file tells more of it.
    Added,
}

/// A module of a process, or of a program that has not been started (with a load bias of 0).
#[derive(Clone, Debug)]
pub struct Module {
    /// Its number.
    pub id: ModuleId,
    /// The base name by which it is written before a `!`, as `libc.so.6`.
    pub name: String,
    /// Its path as the process sees it; `[vdso]`'s name for the vdso.
    pub path: PathBuf,
    /// What it is.
    pub role: ModuleRole,
    /// Where it was loaded.
    pub bias: LoadBias,
    /// ld.so's link map of it, once there is one.
    pub link_map: Option<VirtAddr>,
    /// The namespace that dlmopen(3) loaded it into; 0 is the program's.
    pub namespace: u32,
    /// Its file.
    pub file: Arc<ModuleFile>,
    /// The lazy resolver, once a process has shown where it is; `None` in it where a symbol names that.
    pub(super) resolver: OnceLock<Option<FoundFunction>>,
}

impl Module {
    /// Its image.
    pub fn image(&self) -> &Arc<Image> {
        self.file.image()
    }

    /// The run-time address of one of its link-time addresses.
    pub fn virt(&self, addr: FileAddr) -> VirtAddr {
        self.bias.to_virt(addr)
    }

    /// The link-time address of a run-time one.
    pub fn to_file(&self, addr: VirtAddr) -> FileAddr {
        self.bias.to_file(addr)
    }

    /// Whether one of its PT_LOAD segments holds this address.
    pub fn holds(&self, addr: VirtAddr) -> bool {
        self.image().load_at(self.to_file(addr)).is_some()
    }

    /// The whole pages that its PT_LOAD segments take up, in order.
    pub fn ranges(&self) -> Vec<AddrRange> {
        let range = |s: &crate::elf::Segment| {
            let start = self.virt(s.addr).0;
            let end = start.saturating_add(s.mem_size).checked_next_multiple_of(PAGE).unwrap_or(u64::MAX);
            AddrRange::new(VirtAddr(page_down(start)), VirtAddr(end))
        };
        let mut ranges: Vec<AddrRange> = self.image().loads().map(range).collect();
        ranges.sort_by_key(|r| r.start);
        ranges
    }

    /// Its debug information, if it has some that can be read.
    pub fn debug(&self) -> Option<&Arc<DebugInfo>> {
        self.file.debug_info().ok().flatten()
    }

    /// Its GOT; `None` if it has none.
    pub fn got(&self) -> Option<&Got> {
        self.file.got.get_or_init(|| Got::of(self.image())).as_ref()
    }

    /// Its PLT; empty if it has none.
    pub fn plt(&self) -> &Plt {
        self.file.plt.get_or_init(|| self.got().map(|got| Plt::of(self.image(), got)).unwrap_or_default())
    }

    /// Who calls through its PLT and GOT; found once, by disassembling it.
    pub fn call_sites(&self) -> &CallSites {
        self.file.call_sites.get_or_init(|| CallSites::of(self.image(), self.got(), self.plt()))
    }

    /// The places in it at which a thread tells that it is about to leave frames; found once.
    pub fn escapes(&self) -> &[Escape] {
        self.file.escapes()
    }

    /// The places in it at which exceptions are thrown and caught, and panics begin; found once.
    pub fn raises(&self) -> &[RaisePlace] {
        self.file.raises()
    }

    /// The unwind row at one of its run-time addresses; `None` where its tables say nothing about it.
    pub fn unwind_row(&self, at: VirtAddr) -> Result<Option<UnwindRow>> {
        self.file.cfi.row(&CfiSections::of(self.image()), self.to_file(at))
    }

    /// Takes a run-time address for that of the lazy resolver, if no symbol names it: Debian strips ld.so of everything but its
    /// exports.
    pub fn set_resolver(self: &Arc<Module>, at: VirtAddr) {
        let found = || {
            self.locate(at).is_none_or(|l| l.size != 0 && l.offset >= l.size).then(|| {
                let row = self.unwind_row(at).ok().flatten();
                let end = row.map_or(at + GUESSED_SIZE, |r| self.virt(r.function_end));
                FoundFunction { name: RESOLVER, addr: self.to_file(at), size: end - at }
            })
        };
        self.resolver.get_or_init(found);
    }

    /// Whether it was given the address of its lazy resolver.
    pub fn knows_resolver(&self) -> bool {
        self.resolver.get().is_some()
    }

    /// `_start` and `main` of a program whose symbol tables lack them; the lazy resolver of a dynamic linker likewise.
    pub fn found_functions(&self) -> &[FoundFunction] {
        if self.role == ModuleRole::Interpreter {
            return self.resolver.get().map_or(&[], Option::as_slice);
        }
        if self.role != ModuleRole::Main {
            return &[];
        }
        self.file.found.get_or_init(|| self.file.find_functions())
    }

    /// The one of these functions that has this name.
    pub fn found(&self, name: &str) -> Option<FoundFunction> {
        // Most names are none of theirs: nothing is searched for those.
        if !matches!(name, "_start" | "main" | RESOLVER) {
            return None;
        }
        self.found_functions().iter().find(|f| f.name == name).copied()
    }

    /// The link-time address of `main`, found by what the start-up code does, in a program whose symbol table lacks it.
    pub fn found_main(&self) -> Option<FileAddr> {
        self.found("main").map(|f| f.addr)
    }

    /// The defined symbols of exactly this name (mangled), from .symtab, else from .dynsym, and from the debug file. `NAME@VERSION` selects a version.
    pub fn symbols_named(&self, name: &str) -> Vec<Symbol<'_>> {
        let mut found: Vec<Symbol<'_>> = self.file.symbols_named(name).into_iter().filter(|s| s.has_place()).collect();
        if let Some((bare, version)) = name.split_once('@').filter(|_| found.is_empty()) {
            let version = version.trim_start_matches('@');
            let has_version = |s: &Symbol<'_>| s.version.is_some_and(|v| v.name == version);
            found = self.image().dynsym().named(bare).into_iter().filter(|s| s.has_place() && has_version(s)).collect();
        }
        found
    }

    /// The run-time address of a symbol of this name: the default version before others, a global one before a local one.
    pub fn address_of(&self, name: &str) -> Option<VirtAddr> {
        let rank = |s: &Symbol<'_>| {
            let is_hidden = s.version.is_some_and(|v| !v.is_default);
            (is_hidden, s.binding == crate::elf::Binding::Local)
        };
        let found = self.symbols_named(name).into_iter().min_by_key(rank).map(|s| s.addr);
        found.or_else(|| self.found(name).map(|f| f.addr)).map(|a| self.virt(a))
    }

    /// Whether `text` names this module: its base name, path or soname, the base name up to `.so` (`libc`), `ld.so` for the
    /// dynamic linker, `vdso` for the vdso.
    pub fn is_called(&self, text: &str) -> bool {
        self.aliases().any(|a| a == text)
    }

    /// Every name by which [`Module::is_called`] knows it.
    pub fn aliases(&self) -> impl Iterator<Item = String> {
        let stem = self.name.split_once(".so").map(|(stem, _)| stem.to_owned());
        let role = match self.role {
            ModuleRole::Interpreter => Some("ld.so"),
            ModuleRole::Vdso => Some("vdso"),
            _ => None,
        };
        let soname = self.image().soname().map(str::to_owned);
        let path = self.path.to_string_lossy().into_owned();
        [Some(self.name.clone()), Some(path), soname, stem, role.map(str::to_owned)].into_iter().flatten()
    }
}
