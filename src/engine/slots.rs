//! What the GOT slots of a process hold now, by name.

use std::borrow::Cow;
use std::sync::Arc;

use crate::base::{AddrRange, FileAddr, VirtAddr, page_down};
use crate::elf::{Binding, Image, Symbol, SymbolKind, pt};
use crate::expr::Host;
use crate::loader::{GotWords, ReservedWord, Slot, SlotState};
use crate::symbols::{Module, ModuleRole, RESOLVER, demangle};

use super::journal::Change;
use super::session::Session;

/// What a slot's value means in its process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SlotMeaning {
    /// One of the first three words, filled in.
    Reserved(ReservedWord),
    /// One of the first three words that nobody has filled in (yet).
    Unused(ReservedWord),
    /// The relocation that fills it has not been applied.
    NotYet,
    /// Leads to this code, which calls the lazy resolver.
    Unresolved(VirtAddr),
    /// Holds the address of its symbol.
    Bound(VirtAddr),
    /// Holds the function that an IFUNC resolver chose.
    Ifunc(VirtAddr),
    /// Leads to something that is not its symbol: rdbg or the program has written it.
    Redirected(VirtAddr),
    /// Holds an address in its own module.
    Relative(VirtAddr),
    /// Zero, and stays so: an undefined weak symbol.
    Undefined,
    /// An offset, a module number or a descriptor of thread-local storage.
    Tls(i64),
    /// No relocation: the linker's value stays.
    Constant,
    /// Its memory cannot be read.
    Unreadable,
}

impl SlotMeaning {
    /// The state as one word or two, as `unresolved`.
    pub fn state(self) -> &'static str {
        match self {
            SlotMeaning::Reserved(_) | SlotMeaning::Unused(_) => "reserved",
            SlotMeaning::NotYet => "not yet relocated",
            SlotMeaning::Unresolved(_) => "unresolved",
            SlotMeaning::Bound(_) => "bound",
            SlotMeaning::Ifunc(_) => "ifunc",
            SlotMeaning::Redirected(_) => "redirected",
            SlotMeaning::Relative(_) => "relative",
            SlotMeaning::Undefined => "undefined",
            SlotMeaning::Tls(_) => "tls",
            SlotMeaning::Constant => "constant",
            SlotMeaning::Unreadable => "unreadable",
        }
    }

    /// Where it leads, if it leads anywhere.
    pub fn target(self) -> Option<VirtAddr> {
        match self {
            SlotMeaning::Unresolved(a)
            | SlotMeaning::Bound(a)
            | SlotMeaning::Ifunc(a)
            | SlotMeaning::Redirected(a)
            | SlotMeaning::Relative(a) => Some(a),
            _ => None,
        }
    }
}

/// The part of an image that is made read-only after relocation, as ld.so does it: whole pages only (glibc's
/// `_dl_protect_relro` rounds both ends down). Run-time addresses; empty without PT_GNU_RELRO.
pub fn relro_range(module: &Module) -> AddrRange {
    let down = |a: VirtAddr| VirtAddr(page_down(a.0));
    match module.image().segment(pt::PT_GNU_RELRO) {
        Some(s) => AddrRange::new(down(module.virt(s.addr)), down(module.virt(s.addr) + s.mem_size)),
        None => AddrRange::default(),
    }
}

/// Whether a program is linked statically: nobody binds anything in it.
pub fn is_static(image: &Image) -> bool {
    image.interp().is_none() && image.needed().next().is_none()
}

/// Words of a GOT within so many bytes are read at once.
const NEAR: u64 = 64 << 10;

impl Session {
    /// The values of a module's GOT words in the order of [`crate::loader::Got::slots`]; `None` where memory cannot be read.
    pub fn slot_values(&self, module: &Module) -> Vec<Option<u64>> {
        let Some(got) = module.got() else { return Vec::new() };
        let mut values = Vec::with_capacity(got.slots.len());
        // Pieces that lie near each other are read at once: this happens at every stop.
        let mut rest = got.words.as_slice();
        while let Some(first) = rest.first() {
            let near = |run: &&GotWords| run.end() - first.start <= NEAR;
            let (run, behind) = rest.split_at(rest.iter().take_while(near).count().max(1));
            rest = behind;
            let end = run.last().map_or(first.start, GotWords::end);
            let read = |from: FileAddr, len: u64| {
                let mut bytes = vec![0; len as usize];
                let n = self.memory().read_partial(module.virt(from), &mut bytes).unwrap_or(0);
                bytes.truncate(n);
                bytes
            };
            let bytes = read(first.start, end - first.start);
            for words in run {
                // Between two segments of a file there may be nothing to be read.
                let skip = (words.start - first.start) as usize;
                let there = bytes.get(skip..).filter(|b| b.len() as u64 >= 8 * words.count);
                let own = if there.is_some() { Vec::new() } else { read(words.start, 8 * words.count) };
                let bytes = there.unwrap_or(&own);
                let word = |i: usize| bytes.get(8 * i..8 * i + 8)?.try_into().ok().map(u64::from_le_bytes);
                values.extend((0..words.count as usize).map(word));
            }
        }
        values
    }

    /// What the value of a slot means.
    pub fn slot_meaning(&self, module: &Arc<Module>, slot: &Slot, value: Option<u64>) -> SlotMeaning {
        let Some(value) = value else { return SlotMeaning::Unreadable };
        match slot.state(value, module.bias) {
            SlotState::Reserved(word) if value == 0 => SlotMeaning::Unused(word),
            SlotState::Reserved(word) => SlotMeaning::Reserved(word),
            SlotState::Unrelocated => SlotMeaning::NotYet,
            // IFUNCs are never resolved lazily, and other slots only where the file lets them.
            SlotState::Unresolved(at)
                if slot.is_jump_slot() && module.got().is_some_and(|g| g.is_lazy) && !self.binds_eagerly() =>
            {
                SlotMeaning::Unresolved(at)
            }
            SlotState::Unresolved(_) => SlotMeaning::NotYet,
            SlotState::Bound(at) => self.bound_to(module, slot, at),
            SlotState::Ifunc(at) if self.was_written(module.virt(slot.addr), value) => SlotMeaning::Redirected(at),
            SlotState::Ifunc(at) => SlotMeaning::Ifunc(at),
            SlotState::Relative(at) if value == slot.initial && module.bias.0 != 0 => SlotMeaning::Constant.or_not_yet(at),
            SlotState::Relative(at) => SlotMeaning::Relative(at),
            SlotState::Empty => match slot.reserved {
                Some(word) => SlotMeaning::Unused(word),
                None if self.is_relocated(module) && self.is_weak(module, slot) => SlotMeaning::Undefined,
                None => SlotMeaning::NotYet,
            },
            SlotState::Tls(_) if !self.is_relocated(module) => SlotMeaning::NotYet,
            SlotState::Tls(n) => SlotMeaning::Tls(n),
            SlotState::Constant => SlotMeaning::Constant,
        }
    }

    /// Whether the address is the slot's symbol, what its IFUNC chose, or something else.
    fn bound_to(&self, module: &Arc<Module>, slot: &Slot, at: VirtAddr) -> SlotMeaning {
        let Some(name) = &slot.name else { return SlotMeaning::Bound(at) };
        let modules = &self.inferior.modules;
        let Some(owner) = modules.at(at) else {
            return if self.was_written(module.virt(slot.addr), at.0) {
                SlotMeaning::Redirected(at)
            } else {
                SlotMeaning::Bound(at)
            };
        };
        if defines(owner, name, at) {
            return SlotMeaning::Bound(at);
        }
        if self.was_written(module.virt(slot.addr), at.0) {
            return SlotMeaning::Redirected(at);
        }
        let is_ifunc = |m: &Arc<Module>| m.image().dynsym().named(name).iter().any(|s| s.kind == SymbolKind::Ifunc);
        if modules.iter().any(is_ifunc) {
            return SlotMeaning::Ifunc(at);
        }
        // A function whose address a program without PIC takes is its own stub for everybody (psABI §5.2).
        let is_stub = owner.plt().stub_at(owner.to_file(at)).is_some_and(|s| s.name == *name);
        if is_stub { SlotMeaning::Bound(at) } else { SlotMeaning::Redirected(at) }
    }

    fn is_weak(&self, module: &Module, slot: &Slot) -> bool {
        let symbol = slot.relocation.and_then(|r| module.image().relocation_symbol(&r));
        symbol.is_some_and(|s| s.binding == Binding::Weak)
    }

    /// Whether ld.so has relocated a module: it is in its list, and `GOT[1]` or some pointer of its is filled in. Before there is
    /// a process nothing is.
    pub fn is_relocated(&self, module: &Arc<Module>) -> bool {
        if self.inferior.process.is_none() {
            return false;
        }
        let filled = |r: &crate::elf::Relocation| {
            let now = crate::base::read_u64(self.memory(), module.virt(r.offset)).ok();
            now.is_some_and(|n| n != module.image().word_at(r.offset).unwrap_or(0))
        };
        module.image().relocations().filter(|r| r.kind != crate::elf::r_x86_64::COPY).take(64).any(|r| filled(&r))
    }

    /// Whether rdbg's own journal says that this value was written there, other than by `bind`, which writes what ld.so would.
    pub fn was_written(&self, at: VirtAddr, value: u64) -> bool {
        let wrote = |c: &Change| matches!(c, Change::Memory { at: a, new, .. } if *a == at && *new == value.to_le_bytes());
        let redirecting = self.inferior.journal.entries().iter().filter(|e| !e.what.starts_with("bind "));
        redirecting.flat_map(|e| &e.changes).any(wrote)
    }

    /// A name of a file as it is shown in tables and sentences: demangled, unless `set print demangle off`.
    pub fn shown_symbol<'n>(&self, raw: &'n str) -> Cow<'n, str> {
        if self.settings.print_demangle { demangle(raw) } else { Cow::Borrowed(raw) }
    }

    /// `libc.so.6!puts`: an address by module and name, without a name by module and link-time address. Of several names the
    /// `preferred` one, if it is one of them.
    pub fn full_name(&self, at: VirtAddr, preferred: Option<&str>) -> Option<String> {
        let module = self.inferior.modules.at(at)?;
        if let Some(name) = preferred.filter(|n| defines(module, n, at)) {
            return Some(format!("{}!{}", module.name, self.shown_symbol(name)));
        }
        Some(match module.locate(at) {
            Some(location) => format!("{}!{}", module.name, self.shown_name(&location)),
            None => format!("{}+{:#x}", module.name, module.to_file(at).0),
        })
    }

    /// What a slot with this meaning says of itself: `unresolved -> puts@plt+6`, `bound -> libc.so.6!puts`.
    pub fn slot_text(&self, module: &Arc<Module>, slot: &Slot, value: u64, meaning: SlotMeaning) -> String {
        let whole = |at: VirtAddr| self.full_name(at, slot.name.as_deref()).unwrap_or_else(|| at.to_string());
        let resolver = |at: VirtAddr| match self.is_found_resolver(at) {
            true => format!("{} (found)", whole(at)),
            false => whole(at),
        };
        match meaning {
            SlotMeaning::Reserved(ReservedWord::Dynamic) => "_DYNAMIC".into(),
            SlotMeaning::Reserved(ReservedWord::LinkMap) => {
                let map = VirtAddr(value);
                let owner = self.inferior.modules.iter().find(|m| m.link_map == Some(map));
                format!("link_map of {}", owner.unwrap_or(module).name)
            }
            SlotMeaning::Reserved(ReservedWord::Resolver) => resolver(VirtAddr(value)),
            SlotMeaning::Unused(ReservedWord::Dynamic) => "reserved for _DYNAMIC".into(),
            SlotMeaning::Unused(ReservedWord::LinkMap) => "reserved for the link_map".into(),
            SlotMeaning::Unused(ReservedWord::Resolver) => "reserved for the resolver".into(),
            SlotMeaning::Unresolved(at) => format!("unresolved -> {}", self.own_name(module, at)),
            SlotMeaning::Relative(at) => whole(at),
            SlotMeaning::Undefined => "undefined weak symbol".into(),
            SlotMeaning::Tls(n) => format!("tls {n}"),
            SlotMeaning::Constant if value < 0x1000 => "constant".into(),
            SlotMeaning::Constant => self.full_name(VirtAddr(value), None).unwrap_or_else(|| "constant".into()),
            other => match other.target() {
                Some(at) => format!("{} -> {}", other.state(), whole(at)),
                None => other.state().into(),
            },
        }
    }

    /// Whether this is the lazy resolver, which has no symbol (see `find_resolver`).
    pub fn is_found_resolver(&self, at: VirtAddr) -> bool {
        let ld = self.inferior.modules.interpreter();
        ld.is_some_and(|ld| ld.found(RESOLVER).is_some_and(|f| ld.virt(f.addr) == at))
    }

    /// Finds the lazy resolver, once `GOT[2]` of some module leads to it. From then on it has a name.
    pub(super) fn find_resolver(&self) {
        let Some(ld) = self.inferior.modules.interpreter().filter(|ld| !ld.knows_resolver()) else { return };
        let leads = |m: &Arc<Module>| {
            let slot = m.got()?.slot(2).ok().filter(|s| s.reserved == Some(ReservedWord::Resolver))?;
            let value = crate::base::read_u64(self.memory(), m.virt(slot.addr)).ok()?;
            ld.ranges().iter().any(|r| r.contains(VirtAddr(value))).then_some(VirtAddr(value))
        };
        if let Some(at) = self.inferior.modules.iter().find_map(leads) {
            ld.set_resolver(at);
        }
    }

    /// What an address is to its own module: `puts@plt+6`, or `.plt+0x20` where no symbol stands before it.
    pub fn place_name(&self, at: VirtAddr) -> String {
        match (self.location(at), self.inferior.modules.at(at)) {
            (Some(location), _) => self.shown_name(&location),
            (None, Some(module)) => self.own_name(module, at),
            (None, None) => at.to_string(),
        }
    }

    /// An address in the module that talks about itself: its symbol without the module, else section and offset.
    fn own_name(&self, module: &Arc<Module>, at: VirtAddr) -> String {
        let file = module.to_file(at);
        match module.image().section_at(file).filter(|_| module.plt().stub_at(file).is_none()) {
            Some(section) => format!("{}+{:#x}", section.name, file - section.addr),
            None => module.locate(at).map_or_else(|| at.to_string(), |l| self.shown_name(&l)),
        }
    }

    /// Whether the process's C library binds everything at load, whatever the file asks for: musl.
    pub fn binds_eagerly(&self) -> bool {
        let interpreter = self.inferior.modules.main().and_then(|m| m.image().interp().map(str::to_owned));
        interpreter.is_some_and(|i| i.contains("ld-musl"))
    }
}

impl SlotMeaning {
    fn or_not_yet(self, at: VirtAddr) -> SlotMeaning {
        if at.0 == 0 { self } else { SlotMeaning::NotYet }
    }
}

/// Whether a module defines `name` at this run-time address.
pub(super) fn defines(module: &Module, name: &str, at: VirtAddr) -> bool {
    let file = module.to_file(at);
    let here = |s: &Symbol<'_>| s.has_place() && s.addr == file && s.kind != SymbolKind::Ifunc;
    module.image().dynsym().named(name).iter().any(here)
        || module.role == ModuleRole::Main && module.image().symtab().named(name).iter().any(here)
}
