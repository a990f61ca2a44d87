//! The session's side of a recording.

use std::ffi::CStr;

use crate::arch::syscalls::syscall_name;
use crate::base::{Error, Result, Tid, VirtAddr};
use crate::os::ptrace::{SystemCallAt, signal_bytes};
use crate::os::spawn::{Launch, Launched};
use crate::syscall::{execve_text, signal_text};
use crate::target::{Event, RawStop};

use super::process::{Known, OpenBind, Phase, Place, View};
use super::recorder::Recorder;
use super::recording::{Progress, Wanted};
use super::relocations::Reader;
use crate::engine::session::Session;
use crate::engine::slots::relro_range;
use crate::expr::Host;
use crate::loader::{MapState, Rendezvous};
use crate::symbols::ModuleRole;

impl Session {
    /// Records from now, or, where nothing runs, from the next start.
    pub fn start_timeline(&mut self, wanted: Wanted) -> Result<()> {
        if wanted.steps && self.inferior.process.is_some() {
            return Err(Error::user("Instructions are counted in a run of their own: kill the program first, then \"run\"."));
        }
        self.timeline.wanted = wanted;
        self.timeline.launch = None;
        self.leave_recorded();
        self.timeline.finish();
        match &self.inferior.process {
            None => self.timeline.armed = true,
            Some(process) => {
                let mut recorder = Recorder::new(wanted.explains);
                self.timeline.progress = Progress::default();
                recorder.joined(View { pid: process.target.pid(), target: &*process.target, modules: &self.inferior.modules })?;
                self.timeline.recorder = Some(recorder);
                if wanted.faults {
                    self.watch_faults();
                }
            }
        }
        Ok(())
    }

    /// Ends the recording; false where there was none.
    pub fn stop_timeline(&mut self) -> bool {
        let was = self.timeline.recorder.is_some() || self.timeline.armed;
        self.timeline.armed = false;
        // What cannot be kept any more is missed by who looks at it.
        let _ = self.record_live_faults();
        // They go on alone.
        self.leave_recorded();
        self.timeline.finish();
        was
    }

    /// A process was started, and nothing of it has run.
    pub(in crate::engine) fn record_launch(&mut self, what: &Launch, launched: &Launched) -> Result<()> {
        if !std::mem::take(&mut self.timeline.armed) {
            return Ok(());
        }
        let process = self.inferior.process.as_ref().ok_or(Error::Gone)?;
        let arguments: Vec<&[u8]> = what.arguments.iter().map(|a| CStr::to_bytes(a)).collect();
        let [_, _, environment_at] = launched.exec;
        let text = execve_text(what.program.to_bytes(), &arguments, environment_at, what.environment.len());
        let view = View { pid: process.target.pid(), target: &*process.target, modules: &self.inferior.modules };
        let mut recorder = Recorder::new(self.timeline.wanted.explains);
        self.timeline.progress = Progress::default();
        recorder.executed(view, &what.program.to_string_lossy(), Some((&text, launched.exec)))?;
        self.timeline.recorder = Some(recorder);
        self.timeline.launch = Some(what.clone());
        Ok(())
    }

    /// A thread has executed another program; `former` is its id before.
    pub(in crate::engine) fn record_exec(&mut self, former: Tid, path: &str) -> Result<()> {
        let Some(recorder) = &mut self.timeline.recorder else { return Ok(()) };
        let Some(process) = &self.inferior.process else { return Ok(()) };
        let view = View { pid: process.target.pid(), target: &*process.target, modules: &self.inferior.modules };
        recorder.executed_again(view, former, path)
    }

    /// What is loaded may have changed.
    pub(in crate::engine) fn record_modules(&mut self) -> Result<()> {
        let Some(recorder) = &mut self.timeline.recorder else { return Ok(()) };
        let Some(process) = &self.inferior.process else { return Ok(()) };
        let view = View { pid: process.target.pid(), target: &*process.target, modules: &self.inferior.modules };
        recorder.modules_changed(view)?;
        self.record_start_up_relocations()?;
        self.sync_sites()
    }

    /// *Folklore*: at the program's start ld.so says that its list is consistent when all is relocated; at a dlopen (glibc 2.36)
    /// before. What was loaded with the program is read at the first, then, and anything else when it is made read-only or begins to
    /// run.
    fn record_start_up_relocations(&mut self) -> Result<()> {
        let Some(rendezvous) = self.process()?.libraries.rendezvous else { return Ok(()) };
        let tid = self.process()?.target.pid();
        let is_loading = self.timeline.recorder.as_ref().is_some_and(|r| r.phase(tid) == Phase::Loader);
        let state = Rendezvous::read(self.memory(), rendezvous).map(|r| r.state);
        if !is_loading || !matches!(state, Ok(MapState::Consistent)) {
            return Ok(());
        }
        let Some(mut recorder) = self.timeline.recorder.take() else { return Ok(()) };
        let done = self.tell_relocations(&mut recorder, tid, |k| k.module.role != ModuleRole::Vdso);
        self.timeline.recorder = Some(recorder);
        done
    }

    /// A thread has come to a place that the record wants to know of.
    pub(in crate::engine) fn record_place(&mut self, tid: Tid, at: VirtAddr) -> Result<()> {
        let Some(mut recorder) = self.timeline.recorder.take() else { return Ok(()) };
        let done = self.place_recorded(&mut recorder, tid, at);
        self.timeline.recorder = Some(recorder);
        if done? { self.sync_sites() } else { Ok(()) }
    }

    fn place_recorded(&self, recorder: &mut Recorder, tid: Tid, at: VirtAddr) -> Result<bool> {
        let process = self.process()?;
        let view = View { pid: process.target.pid(), target: &*process.target, modules: &self.inferior.modules };
        let all = recorder.processes.get(&view.pid).and_then(|p| p.places.get(&at)).cloned().unwrap_or_default();
        for place in all {
            match place {
                Place::Head(_) => {
                    if let Some(bind) = self.bind_at(tid, at)
                        && let Some(module) = self.inferior.modules.at(at)
                    {
                        let caller = (self.inferior.modules.at(bind.returns_to).cloned(), bind.returns_to);
                        let (slot, before) = (bind.slot, bind.value);
                        let since = recorder.now();
                        let bind = OpenBind { tid, since, module: module.clone(), slot, before, caller };
                        recorder.bind_begins(view.pid, bind);
                    }
                }
                // All that was loaded with the program is relocated before it begins.
                Place::Entry(_) => {
                    let is_static = self.inferior.modules.interpreter().is_none();
                    let of = |k: &Known| !is_static && k.module.role != ModuleRole::Vdso;
                    self.tell_relocations(recorder, tid, of)?;
                }
                // A static program relocates itself.
                Place::Main(_) => self.tell_relocations(recorder, tid, |k| k.module.role != ModuleRole::Vdso)?,
                Place::Init(id) => self.tell_relocations(recorder, tid, |k| k.module.id == id)?,
                Place::Fini(_) => {}
            }
        }
        recorder.place_reached(view, tid, at)
    }

    /// Tells of the relocations of modules whose were not told.
    fn tell_relocations(&self, recorder: &mut Recorder, tid: Tid, of: impl Fn(&Known) -> bool) -> Result<()> {
        let pid = self.process()?.target.pid();
        let Some(recorded) = recorder.processes.get_mut(&pid) else { return Ok(()) };
        let mut modules = Vec::new();
        for known in recorded.known.values_mut().filter(|k| !k.relocated) {
            if of(known) {
                known.relocated = true;
                modules.push(known.module.clone());
            }
        }
        if modules.is_empty() {
            return Ok(());
        }
        let mut reader = Reader::new(self);
        modules.iter().try_for_each(|m| reader.tell(recorder, pid, tid, m))
    }

    /// The relocations of the module whose relocated part is about to become read-only: they were all applied.
    fn record_relro(&mut self, event: &Event) -> Result<()> {
        let RawStop::Syscall { stop, .. } = event.what else { return Ok(()) };
        let SystemCallAt::Entry { number, args: [start, len, ..] } = stop.at else { return Ok(()) };
        let pid = self.process()?.target.pid();
        let is_loading = self.timeline.recorder.as_ref().is_some_and(|r| r.phase(pid) == Phase::Loader);
        if is_loading || syscall_name(number) != Some("mprotect") {
            return Ok(());
        }
        let Some(module) = self.inferior.modules.at(VirtAddr(start)) else { return Ok(()) };
        let range = relro_range(module);
        // ld.so rounds its end down, and its start too.
        if range.start.0 != start || range.is_empty() || len == 0 {
            return Ok(());
        }
        let id = module.id;
        let Some(mut recorder) = self.timeline.recorder.take() else { return Ok(()) };
        let done = self.tell_relocations(&mut recorder, event.tid, |k| k.module.id == id);
        self.timeline.recorder = Some(recorder);
        done
    }

    /// Something has happened: into the record with it.
    pub(in crate::engine) fn record(&mut self, event: &Event) -> Result<()> {
        if self.timeline.recorder.is_none() {
            return Ok(());
        }
        self.record_live_faults()?;
        self.record_relro(event)?;
        let Some(recorder) = &mut self.timeline.recorder else { return Ok(()) };
        let Some(process) = &self.inferior.process else { return Ok(()) };
        let view = View { pid: process.target.pid(), target: &*process.target, modules: &self.inferior.modules };
        let (pid, tid) = (view.pid, event.tid);
        recorder.binds_done(view, matches!(event.what, RawStop::Exited(_) | RawStop::Killed(_) | RawStop::Exec(_)))?;
        match event.what {
            RawStop::Syscall { stop, .. } => recorder.system_call(view, tid, stop),
            RawStop::Signal(signal) => {
                let text = signal_bytes(tid).ok().map(|info| signal_text(&info));
                let pc = process.target.pc(tid).map_or(0, |pc| pc.0);
                recorder.signal(pid, tid, signal, text.as_deref(), pc)
            }
            RawStop::Exec(_) => {
                recorder.forget_places(pid);
                Ok(())
            }
            RawStop::Clone(child) => recorder.born(pid, tid, "clone", child),
            RawStop::Fork(child) | RawStop::Vfork(child) => recorder.born(pid, tid, "fork", child),
            RawStop::ThreadExited => recorder.thread_gone(pid, tid),
            RawStop::Exited(code) => recorder.exited(pid, Ok(code)),
            RawStop::Killed(signal) => recorder.exited(pid, Err(signal)),
            _ => Ok(()),
        }
    }
}
