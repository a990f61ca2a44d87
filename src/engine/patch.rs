//! Changes of a process in the user's name, and their undoing.

use std::collections::BTreeMap;
use std::path::Path;

use crate::arch::regs::find;
use crate::base::{Error, Result, Tid, VirtAddr, read_vec};
use crate::expr::Host;
use crate::symbols::{Module, ModuleRole};

use super::journal::{Change, Entry};
use super::session::Session;
use super::slots::relro_range;

/// What `patch -save` wrote.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Saved {
    /// Changes that lie in the file.
    pub changes: usize,
    /// Bytes of them.
    pub bytes: usize,
    /// Changes of this module's memory that no byte of the file stands for (.bss, or relocated words).
    pub left_out: usize,
}

impl Session {
    /// Writes bytes as one entry of the journal. The entry's number; `None` where memory holds them already.
    pub fn patch(&mut self, what: &str, at: VirtAddr, bytes: &[u8]) -> Result<Option<usize>> {
        let before = self.inferior.journal.entries().len();
        self.journaled(what, |s| s.patch_memory(at, bytes))?;
        let now = self.inferior.journal.entries().len();
        Ok((now > before).then_some(now))
    }

    /// Runs `write` with an entry open. If it fails, what it has already changed is changed back.
    pub(super) fn journaled<T>(&mut self, what: &str, write: impl FnOnce(&mut Session) -> Result<T>) -> Result<T> {
        self.note_slots();
        self.inferior.journal.open(what);
        let result = write(self);
        let closed = self.inferior.journal.close();
        if result.is_err() && closed.is_some() {
            self.undo()?;
        }
        result
    }

    /// Notes what the write that was just recorded does to a page that the program itself may not write.
    pub(super) fn note_page(&mut self, at: VirtAddr) {
        let is_writable = |s: &Session| s.process().ok()?.target.maps().ok()?.at(at).map(|m| m.perms.write);
        if is_writable(self) != Some(false) {
            return;
        }
        let is_relro = self.inferior.modules.at(at).is_some_and(|m| relro_range(m).contains(at));
        let what = if is_relro { "page is RELRO and now private" } else { "page is read-only and now private" };
        self.inferior.journal.note(what);
    }

    /// Reverses the newest entry of the journal and returns it.
    pub fn undo(&mut self) -> Result<Entry> {
        let entry = self.inferior.journal.last()?.clone();
        let steps: Vec<Step<'_>> = entry.changes.iter().rev().map(|c| Step::of(c, true)).collect();
        self.check(&steps, "undo", &entry.what)?;
        for step in &steps {
            self.write_step(step)?;
        }
        self.inferior.journal.step_back();
        Ok(entry)
    }

    /// Does the entry again that was undone last, and returns it.
    pub fn redo(&mut self) -> Result<Entry> {
        let entry = self.inferior.journal.next()?.clone();
        let steps: Vec<Step<'_>> = entry.changes.iter().map(|c| Step::of(c, false)).collect();
        self.check(&steps, "redo", &entry.what)?;
        for step in &steps {
            self.write_step(step)?;
        }
        self.inferior.journal.step_forward();
        Ok(entry)
    }

    /// Bytes of memory or of a register as they are shown: eight bytes of data as a number, others as they stand.
    pub fn shown(&self, at: Option<VirtAddr>, bytes: &[u8]) -> String {
        match bytes.try_into() {
            Ok(word) if !at.is_some_and(|a| self.is_code(a)) => format!("{:#018x}", u64::from_le_bytes(word)),
            _ => bytes.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" "),
        }
    }

    /// Whether an address is one of a module's code.
    pub fn is_code(&self, at: VirtAddr) -> bool {
        let Some(module) = self.inferior.modules.at(at) else { return false };
        let addr = module.to_file(at);
        let by_segment = || module.image().load_at(addr).is_some_and(|s| s.is_code());
        module.image().section_at(addr).map_or_else(by_segment, |s| s.is_code())
    }

    /// Refuses where something no longer holds what it is to hold. An entry may change a byte twice: later steps see what
    /// earlier ones will have written.
    fn check(&self, steps: &[Step<'_>], verb: &str, what: &str) -> Result<()> {
        let mut written: BTreeMap<u64, u8> = BTreeMap::new();
        let mut registers: BTreeMap<(Tid, &str), &[u8]> = BTreeMap::new();
        for step in steps {
            match step.place {
                Place::Memory(at) => {
                    let mut now = read_vec(self.memory(), at, step.before.len())?;
                    for (i, byte) in now.iter_mut().enumerate() {
                        *byte = written.get(&(at.0 + i as u64)).copied().unwrap_or(*byte);
                    }
                    if now != step.before {
                        let name = self.location(at).map(|l| format!(" <{}>", l.with_offset())).unwrap_or_default();
                        let (now, then) = (self.shown(Some(at), &now), self.shown(Some(at), step.before));
                        return Err(refused(verb, what, &format!("{at}{name}"), &now, &then));
                    }
                    written.extend((at.0..).zip(step.after.iter().copied()));
                }
                Place::Register(tid, name) => {
                    let now = self.register_of(tid, name)?;
                    let now = registers.get(&(tid, name)).map_or(now, |b| b.to_vec());
                    if now != step.before {
                        return Err(refused(
                            verb,
                            what,
                            &format!("${name}"),
                            &self.shown(None, &now),
                            &self.shown(None, step.before),
                        ));
                    }
                    registers.insert((tid, name), step.after);
                }
            }
        }
        Ok(())
    }

    fn register_of(&self, tid: Tid, name: &str) -> Result<Vec<u8>> {
        let id = find(name).ok_or_else(|| Error::user(format!("Invalid register `{name}'")))?;
        let target = &self.process()?.target;
        let gone = |_| Error::user(format!("${name} was changed in thread {tid}, which has gone."));
        let registers = target.registers(tid).map_err(gone)?;
        let xstate = if id.info().is_extended() { Some(target.xstate(tid)?) } else { None };
        Ok(id.read(&registers, xstate.as_ref()).map(|b| b.to_vec()).unwrap_or_default())
    }

    fn write_step(&mut self, step: &Step<'_>) -> Result<()> {
        match step.place {
            Place::Memory(at) => self.write_unlogged(at, step.after),
            Place::Register(tid, name) => self.write_register_unlogged(tid, name, step.after),
        }
    }

    /// Writes a copy of a module's file with the journal's changes of its memory in it.
    pub fn save_patched(&self, module: &Module, to: &Path) -> Result<Saved> {
        let image = module.image();
        let mut bytes = image.bytes().to_vec();
        let mut saved = Saved { changes: 0, bytes: 0, left_out: 0 };
        for change in self.inferior.journal.entries().iter().flat_map(|e| &e.changes) {
            let Change::Memory { at, new, .. } = change else { continue };
            if self.inferior.modules.at(*at).is_none_or(|m| m.id != module.id) {
                continue;
            }
            let addr = module.to_file(*at);
            let segment = image.load_at(addr).filter(|s| (addr - s.addr).saturating_add(new.len() as u64) <= s.file_size);
            let offset = segment.and_then(|s| usize::try_from(s.offset.checked_add(addr - s.addr)?).ok());
            let relocated = image.relocations().any(|r| r.offset < addr + new.len() as u64 && addr < r.offset + 8);
            match offset.filter(|_| !relocated).and_then(|o| bytes.get_mut(o..o.checked_add(new.len())?)) {
                Some(place) => {
                    place.copy_from_slice(new);
                    saved.changes += 1;
                    saved.bytes += new.len();
                }
                None => saved.left_out += 1,
            }
        }
        if saved.changes == 0 {
            return Err(Error::user(format!("No patch lies in the file of {}.", module.name)));
        }
        if module.role == ModuleRole::Vdso {
            return Err(Error::user("The vdso has no file."));
        }
        let failed = |e: std::io::Error| Error::io(to.display().to_string(), &e);
        if std::fs::canonicalize(to).is_ok_and(|t| std::fs::canonicalize(image.path()).is_ok_and(|i| i == t)) {
            return Err(Error::user("That is the program itself; save to another file."));
        }
        std::fs::write(to, bytes).map_err(failed)?;
        let permissions = std::fs::metadata(image.path()).map(|m| m.permissions());
        if let Ok(permissions) = permissions {
            std::fs::set_permissions(to, permissions).map_err(failed)?;
        }
        Ok(saved)
    }
}

fn refused(verb: &str, what: &str, place: &str, now: &str, then: &str) -> Error {
    Error::user(format!("Cannot {verb} \"{what}\": {place} holds {now}, not {then} as rdbg left it."))
}

#[derive(Clone, Copy)]
enum Place<'c> {
    Memory(VirtAddr),
    Register(Tid, &'c str),
}

/// One write of an undo or a redo.
struct Step<'c> {
    place: Place<'c>,
    /// What must be there.
    before: &'c [u8],
    /// What is written.
    after: &'c [u8],
}

impl<'c> Step<'c> {
    fn of(change: &'c Change, back: bool) -> Step<'c> {
        let (place, old, new) = match change {
            Change::Memory { at, old, new } => (Place::Memory(*at), old, new),
            Change::Register { tid, name, old, new } => (Place::Register(*tid, name), old, new),
        };
        if back { Step { place, before: new, after: old } } else { Step { place, before: old, after: new } }
    }
}
