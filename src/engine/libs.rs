//! Following what is loaded: the program, the dynamic linker, the vdso, and every library by r_debug.

use std::sync::Arc;

use crate::arch::regs::Gpr;
use crate::base::{AddrRange, Error, FileAddr, LoadBias, PageCache, Result, VirtAddr, page_down, read_vec};
use crate::elf::{AuxEntry, Image, aux};
use crate::loader::{MapState, Rendezvous, Stub, event_address, find_rendezvous};
use crate::symbols::{ModuleRole, NewModule, is_named};

use super::address_names::AddressNames;
use super::breakpoints::{Breakpoint, Catch, Kind};
use super::session::Session;
use super::stop::{Hit, Notice, StopReason};

impl Session {
    /// Brings the names of addresses up to date: modules have come or gone, the program was started, or the setting was changed.
    pub fn refresh_address_names(&mut self) {
        if self.inferior.is_seated {
            let wanted = self.settings.stable_addresses;
            let names = if wanted { AddressNames::of(&self.inferior) } else { AddressNames::default() };
            self.address_names.replace(names);
        }
    }

    /// What the kernel has mapped for a process: the program, its dynamic linker, the vdso. And, in one that has run already,
    /// what its dynamic linker has loaded.
    pub(super) fn find_modules(&mut self) -> Result<()> {
        let process = self.process()?;
        let entries = AuxEntry::parse(&process.target.auxv()?);
        let value = |key| AuxEntry::find(&entries, key).filter(|v| *v != 0);
        let vdso = value(aux::AT_SYSINFO_EHDR).and_then(|addr| self.vdso_image(VirtAddr(addr)));
        let maps = self.process()?.target.maps()?;
        let modules = &mut self.inferior.modules;
        // A core file's may be gone.
        let program = self.inferior.program.as_ref();
        modules.clear();
        if let Some(program) = program {
            // The kernel says where the entry point is: right for a PIE, and for a program that was loaded by hand.
            let bias = match (value(aux::AT_ENTRY), program.image.entry()) {
                (Some(entry), Some(linked)) => LoadBias(entry.wrapping_sub(linked.0)),
                _ => LoadBias(0),
            };
            modules.add(NewModule { image: program.image.clone(), path: program.path.clone(), role: ModuleRole::Main, bias });
        }
        let process = self.inferior.process.as_ref().ok_or(Error::Gone)?;
        let modules = &mut self.inferior.modules;
        if let Some(base) = value(aux::AT_BASE)
            && let Some(mapping) = maps.at(VirtAddr(base)).filter(|m| m.name.starts_with('/'))
            && let Ok(image) = process.target.open_image(mapping.name.as_ref())
        {
            let (first, _) = image.span();
            // AT_BASE is where the first byte of the file is mapped; its p_vaddr is 0 but in odd linkers.
            let bias = LoadBias(base.wrapping_sub(page_down(first.0)));
            // By the name that the program asks for, as ld.so itself calls it.
            let path = program.and_then(|p| p.image.interp()).map_or_else(|| mapping.name.clone().into(), Into::into);
            modules.add(NewModule { image, path, role: ModuleRole::Interpreter, bias });
        }
        if let (Some(image), Some(addr)) = (vdso, value(aux::AT_SYSINFO_EHDR)) {
            let (first, _) = image.span();
            let bias = LoadBias(addr.wrapping_sub(page_down(first.0)));
            modules.add(NewModule { image, path: "[vdso]".into(), role: ModuleRole::Vdso, bias });
        }
        let brk = modules.interpreter().and_then(|m| Some(m.virt(event_address(m.image())?)));
        self.process_mut()?.libraries.brk = brk;
        self.read_link_maps().map(drop)
    }

    /// Finds what a process has loaded since its modules were found, and the modules themselves where they have not been.
    pub(super) fn find_modules_again(&mut self) -> Result<()> {
        // Those of another program than the process's lie elsewhere.
        let has_found = self.inferior.modules.interpreter().is_some();
        if has_found { self.read_link_maps().map(drop) } else { self.find_modules() }
    }

    /// The vdso's image, read from memory: it is in no file.
    fn vdso_image(&self, addr: VirtAddr) -> Option<Arc<Image>> {
        let target = &self.process().ok()?.target;
        let range = target.maps().ok()?.at(addr)?.range;
        let bytes = read_vec(&**target, addr, AddrRange::new(addr, range.end).len().min(1 << 20) as usize).ok()?;
        Image::from_bytes("[vdso]", bytes).ok()
    }

    /// Reads ld.so's list, if it is there and whole. The names of what has come and gone.
    fn read_link_maps(&mut self) -> Result<(Vec<String>, Vec<String>)> {
        let nothing = (Vec::new(), Vec::new());
        let process = self.inferior.process.as_mut().ok_or(Error::Gone)?;
        let modules = &mut self.inferior.modules;
        let main = modules.main().map(|m| (&**m.image(), m.bias));
        let interpreter = modules.interpreter().map(|m| (&**m.image(), m.bias));
        let addr = process.libraries.rendezvous;
        let addr = addr.or_else(|| find_rendezvous(&*process.target, main, interpreter));
        let Some(rendezvous) = addr.and_then(|a| Rendezvous::read(&*process.target, a).ok()) else { return Ok(nothing) };
        if rendezvous.state != MapState::Consistent || rendezvous.map.0 == 0 {
            return Ok(nothing);
        }
        process.libraries.rendezvous = Some(rendezvous.addr);
        if rendezvous.brk.0 != 0 {
            process.libraries.brk = Some(rendezvous.brk);
        }
        // The list's entries lie close to each other.
        let Ok(objects) = rendezvous.objects(&PageCache::new(&*process.target)) else { return Ok(nothing) };
        let update = modules.update(&objects, |path| process.target.open_image(path));
        let loaded: Vec<String> =
            update.loaded.iter().filter_map(|id| Some(modules.get(*id)?.path.display().to_string())).collect();
        let unloaded: Vec<String> = update.unloaded.iter().map(|m| m.path.display().to_string()).collect();
        if !loaded.is_empty() || !unloaded.is_empty() {
            for range in update.unloaded.iter().flat_map(|m| m.ranges()) {
                process.sites.unmapped(range);
                process.control()?.forget_hidden(range);
            }
            process.sites.modules_changed();
            self.refresh_address_names();
            self.resolve_breakpoints();
        }
        Ok((loaded, unloaded))
    }

    /// ld.so says that its list has changed.
    pub(super) fn library_event(&mut self) -> Result<Option<StopReason>> {
        let (loaded, unloaded) = self.read_link_maps()?;
        self.record_modules()?;
        if loaded.is_empty() && unloaded.is_empty() {
            return Ok(None);
        }
        self.sync_sites()?;
        let names = |regex: &Option<regex::Regex>, names: &[String]| match regex {
            Some(r) => names.iter().any(|n| r.is_match(n)),
            None => !names.is_empty(),
        };
        let is_caught = |b: &&Breakpoint| match &b.kind {
            Kind::Catch(Catch::Load(regex)) => names(regex, &loaded),
            Kind::Catch(Catch::Unload(regex)) => names(regex, &unloaded),
            _ => false,
        };
        let caught: Vec<u32> = self.breakpoints.iter().filter(|b| b.enabled).filter(is_caught).map(|b| b.id).collect();
        let tid = self.process()?.target.pid();
        let mut hit = None;
        for id in caught {
            let one = self.count_hit(tid, id)?;
            hit = hit.or(one);
        }
        let setting = self.settings.stop_on_solib_events != 0;
        Ok((hit.is_some() || setting).then_some(StopReason::Libraries { hit, loaded, unloaded }))
    }

    /// The process executes another program: what was known of the old one is gone. The new one's path.
    pub(super) fn after_exec(&mut self) -> Result<String> {
        let pid = self.process()?.target.pid();
        // Of a program that may not be read, the name is not to be known either.
        let path = crate::os::procfs::exe(pid).unwrap_or_else(|_| format!("/proc/{pid}/exe").into());
        // What was deleted meanwhile is still there for who has it open.
        let image = self.process()?.target.open_image(&path).or_else(|e| {
            let open = Image::open(std::path::Path::new(&format!("/proc/{pid}/exe")));
            open.map_err(|_| e)
        });
        let before = self.inferior.number;
        if self.settings.follow_exec_mode == "new" && !self.inferior.recorded {
            self.move_to_new_inferior();
        }
        let process = self.process_mut()?;
        process.sites = Default::default();
        process.hardware.clear();
        process.plan = None;
        process.reported.clear();
        process.deliver.clear();
        process.displaced.clear();
        process.calls.clear();
        process.returned.clear();
        process.deferred.clear();
        process.printing.clear();
        process.entered.clear();
        process.plan_frame = None;
        process.libraries = Default::default();
        self.inferior.journal.clear();
        let shown = path.display().to_string();
        let mut told = vec![Notice::Exec(pid, shown.clone())];
        if self.inferior.number != before {
            told.push(Notice::NewInferior { number: self.inferior.number, pid: None });
        }
        self.selection.tid = Some(pid);
        match image {
            Ok(image) => {
                self.inferior.program = Some(super::program::Program { path, image, of_core: false });
                self.find_modules()?;
            }
            Err(e) => {
                let why = "It goes on without symbols, and breakpoints wait for another program.";
                told.push(Notice::Warning(format!("warning: The new program cannot be read: {e}\n{why}")));
                self.inferior.program = None;
                self.inferior.modules.clear();
            }
        }
        if !self.inferior.recorded {
            self.notices.extend(told);
        }
        self.drop_frames();
        self.refresh_address_names();
        self.resolve_breakpoints();
        self.refresh_watches();
        self.sync_sites()?;
        Ok(shown)
    }

    /// The lazy slot that a call through the PLT is about to bind, at PLT0: the stub has pushed the slot's index in .rela.plt
    /// ([rsp]) on top of the return address ([rsp+8]) (psABI §5.2).
    pub(super) fn bind_reached(&mut self, tid: crate::base::Tid, at: VirtAddr) -> Result<Option<StopReason>> {
        let Some(bind) = self.bind_at(tid, at) else { return Ok(None) };
        let module = self.inferior.modules.at(at);
        let wanted: Vec<u32> = self
            .breakpoints
            .iter()
            .filter(|b| b.enabled)
            .filter_map(|b| {
                let Kind::Catch(Catch::Bind { symbol, module: of }) = &b.kind else { return None };
                let fits = symbol.as_ref().is_none_or(|s| is_named(&bind.symbol, s))
                    && of.as_ref().is_none_or(|o| module.is_some_and(|m| m.is_called(o)));
                fits.then_some(b.id)
            })
            .collect();
        for id in wanted {
            if let Some(hit) = self.count_hit(tid, id)? {
                return Ok(Some(StopReason::Bind { hit, bind }));
            }
        }
        Ok(None)
    }

    pub(super) fn bind_at(&self, tid: crate::base::Tid, at: VirtAddr) -> Option<super::stop::Bind> {
        let target = &self.process().ok()?.target;
        let module = self.inferior.modules.at(at)?;
        let sp = VirtAddr(target.registers(tid).ok()?.get(Gpr::Rsp)?);
        let word = |addr| crate::base::read_u64(&**target, addr).ok();
        let mut words = [0; 16];
        target.read(sp, &mut words).ok()?;
        let [index, returns_to] =
            [0, 8].map(|at| words.get(at..).and_then(|w| w.first_chunk()).map_or(0, |w| u64::from_le_bytes(*w)));
        let (index, returns_to) = (usize::try_from(index).ok()?, VirtAddr(returns_to));
        let is_it = |s: &&Stub| s.relocation_index == Some(index);
        // As a rule the stubs are in the order of the relocations.
        let stub = module.plt().stubs.get(index).filter(is_it).or_else(|| module.plt().stubs.iter().find(is_it))?;
        let slot = module.virt(stub.slot);
        let called = self.is_call_to(returns_to, module.virt(stub.addr));
        Some(super::stop::Bind {
            module: super::host::module_ref(module.id),
            symbol: stub.name.clone(),
            index: stub.slot_index,
            slot,
            value: word(slot)?,
            returns_to,
            called,
        })
    }

    /// Whether the instruction before `back` is a call to `stub`. After a tail jump to the stub it is a call to something else.
    fn is_call_to(&self, back: VirtAddr, stub: VirtAddr) -> bool {
        use crate::arch::insn::{Flow, Insn, Target};
        let Ok(process) = self.process() else { return false };
        let mut code = [0; 5];
        if process.target.read_partial(back - 5, &mut code).ok() != Some(5) {
            return false;
        }
        let call = Insn::decode(&code, back.0 - 5).filter(|i| i.len() == 5);
        matches!(call.map(|i| i.flow()), Some(Flow::Call(Target::Direct(to))) if to == stub.0)
    }

    /// The hit of a catchpoint, if its condition and ignore count let it stop.
    pub(super) fn count_hit(&mut self, tid: crate::base::Tid, id: u32) -> Result<Option<Hit>> {
        Ok(if self.passes(tid, id)? { Some(self.take_hit(tid, id)?) } else { None })
    }

    /// A run-time address of a link-time one of the program, as it is before the program runs.
    pub fn main_address(&self, addr: FileAddr) -> Option<VirtAddr> {
        Some(self.inferior.modules.main()?.virt(addr))
    }
}
