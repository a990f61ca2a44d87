//! What happens becomes events.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use crate::arch::syscalls::syscall_name;
use crate::base::{Result, Signal, Tid};
use crate::os::ptrace::{SystemCallAt, SystemCallStop};
use crate::symbols::Module;
use crate::syscall::{Call, Entered};

use super::explain::{Facts, by_name, explain};
use super::line::Line;
use super::process::{Change, Pending, Phase, Recorded, View};
use super::space::Area;
use super::spool::Spool;
use super::steps::Landmarks;

/// A recording that goes on.
#[derive(Debug)]
pub struct Recorder {
    begun: Instant,
    /// The same in nanoseconds of CLOCK_MONOTONIC.
    pub(super) begun_at: u64,
    pub(super) events: Spool,
    pub(super) processes: BTreeMap<Tid, Recorded>,
    /// What the first process has ever mapped, and its program: what addresses of a second run mean.
    pub(super) seen: Vec<Area>,
    pub(super) program: Option<Arc<str>>,
    pub(super) first: Option<Tid>,
    /// All modules that the first process has ever had, and places in them: what addresses of another run mean.
    pub(super) modules: Vec<Arc<Module>>,
    pub(super) marks: Landmarks,
    /// Each system call gets a sentence of what it is for.
    explains: bool,
}

/// More mappings than this are not kept for the second run.
const MOST_SEEN: usize = 1 << 16;

/// Who has mapped something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum By {
    Kernel,
    Loader,
    Program,
}

impl By {
    fn name(self) -> &'static str {
        match self {
            By::Kernel => "kernel",
            By::Loader => "ld.so",
            By::Program => "program",
        }
    }
}

impl Recorder {
    /// A recording that begins now.
    pub fn new(explains: bool) -> Recorder {
        Recorder {
            begun: Instant::now(),
            begun_at: crate::os::perf::now(),
            events: Spool::default(),
            processes: BTreeMap::new(),
            seen: Vec::new(),
            program: None,
            first: None,
            modules: Vec::new(),
            marks: Landmarks::default(),
            explains,
        }
    }

    pub(super) fn now(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }

    pub(super) fn phase(&self, pid: Tid) -> Phase {
        self.processes.get(&pid).map_or(Phase::Main, |p| p.phase)
    }

    /// The beginning of an event that happens now.
    pub(super) fn line(&self, pid: Tid, tid: Tid, kind: &str) -> Line {
        Line::new(self.now(), pid, tid, kind, self.phase(pid).name())
    }

    pub(super) fn push(&mut self, line: Line) -> Result<()> {
        self.events.push(&line.end())
    }

    /// The process has just begun to execute a program: the kernel has mapped it, and nothing has run. `call` is the execve that
    /// did it, decoded, with its argument words.
    pub fn executed(&mut self, view: View<'_>, path: &str, call: Option<(&str, [u64; 3])>) -> Result<()> {
        let pid = view.pid;
        self.processes.insert(pid, Recorded::new(view, Phase::Exec));
        if let Some((text, words)) = call {
            let line = self.line(pid, pid, "syscall").text("name", "execve");
            let line = line.integers("args", words.iter().map(|w| *w as i64)).integer("ret", 0).text("text", text);
            let line = line.maybe("pc", None).maybe("object", None);
            self.push(if self.explains { line.maybe("explain", by_name("execve")) } else { line })?;
        }
        if *self.first.get_or_insert(pid) == pid {
            let entry = view.modules.main().and_then(|m| Some(m.virt(m.image().entry()?)));
            let recorded = self.processes.get(&pid);
            self.program = entry.zip(recorded).and_then(|(at, r)| r.space.file_at(at).cloned());
            self.seen.clear();
            self.modules.clear();
            self.marks = Landmarks { first: view.target.pc(pid).ok(), ..Landmarks::default() };
        }
        let line = self.line(pid, pid, "exec").text("path", path);
        self.push(line)?;
        let areas: Vec<Area> = self.processes.get(&pid).map(|p| p.space.areas().cloned().collect()).unwrap_or_default();
        for area in areas {
            self.mapping(view, pid, "map", &area, By::Kernel)?;
        }
        let is_static = view.modules.interpreter().is_none();
        if let Some(recorded) = self.processes.get_mut(&pid) {
            recorded.phase = if is_static { Phase::Start } else { Phase::Loader };
        }
        self.modules_changed(view)
    }

    /// A thread of the process has executed another program: its call, and what the kernel has mapped.
    pub fn executed_again(&mut self, view: View<'_>, tid: Tid, path: &str) -> Result<()> {
        let pending = self.processes.get_mut(&view.pid).and_then(|p| p.pending.remove(&tid));
        if let Some(pending) = pending {
            // What it was given is gone with the old memory, and was read at its entry.
            let text = pending.entered.finish(0, view.target);
            let why = if self.explains { by_name("execve") } else { None };
            self.finished((view.pid, view.pid), &pending, Some(0), &text, why)?;
        }
        self.executed(view, path, None)?;
        if let Some(recorded) = self.processes.get_mut(&view.pid) {
            recorded.leaves_exec = true;
        }
        Ok(())
    }

    /// The process was running already.
    pub fn joined(&mut self, view: View<'_>) -> Result<()> {
        self.processes.insert(view.pid, Recorded::new(view, Phase::Main));
        self.modules_changed(view)
    }

    fn mapping(&mut self, view: View<'_>, tid: Tid, kind: &str, area: &Area, by: By) -> Result<()> {
        if kind == "map" && self.first == Some(view.pid) && self.seen.len() < MOST_SEEN {
            self.seen.push(area.clone());
        }
        let Some(recorded) = self.processes.get(&view.pid) else { return Ok(()) };
        let segment = recorded.space.segment(area).map(|n| n as i64);
        let line = self.line(view.pid, tid, kind).address("start", area.start).address("end", area.end);
        let line = line.text("perms", &area.perms.to_string()).maybe("file", area.file.as_deref());
        self.push(line.integer("offset", area.offset as i64).text("by", by.name()).maybe_integer("segment", segment))
    }

    /// A thread stops at a system call.
    pub fn system_call(&mut self, view: View<'_>, tid: Tid, stop: SystemCallStop) -> Result<()> {
        let now = self.now();
        let Some(recorded) = self.processes.get_mut(&view.pid) else { return Ok(()) };
        match stop.at {
            SystemCallAt::Entry { number, args } => {
                // rt_sigreturn(2) takes no argument: what it restores lies at the stack pointer.
                let args = if syscall_name(number) == Some("rt_sigreturn") { [stop.sp, 0, 0, 0, 0, 0] } else { args };
                let entered = Call { number, args }.enter(view.target);
                let object = recorded.object_at(view, stop.pc);
                if matches!(syscall_name(number), Some("exit_group")) {
                    recorded.phase = Phase::Exit;
                }
                recorded.pending.insert(tid, Pending { entered, since: now, pc: stop.pc, object });
                Ok(())
            }
            // Told already.
            SystemCallAt::Exit { .. } if std::mem::take(&mut recorded.leaves_exec) => Ok(()),
            SystemCallAt::Exit { ret } => {
                // Its entry came before the recording, or in the parent.
                let Some(pending) = recorded.pending.remove(&tid) else { return Ok(()) };
                let text = pending.entered.finish(ret, view.target);
                let by_loader = recorded.is_loader(view, pending.pc);
                let call = pending.entered.call;
                let name = syscall_name(call.number).unwrap_or_default();
                let changes = recorded.changes(view, name, call.args, ret, by_loader);
                let facts = Facts { name, args: call.args, ret, text: &text, by_loader, changes: &changes };
                let why = if self.explains { explain(recorded, &facts) } else { None };
                self.finished((view.pid, tid), &pending, Some(ret), &text, why.as_deref())?;
                self.changed(view, tid, changes, if by_loader { By::Loader } else { By::Program })
            }
            SystemCallAt::Unknown => Ok(()),
        }
    }

    fn finished(
        &mut self,
        (pid, tid): (Tid, Tid),
        pending: &Pending,
        ret: Option<i64>,
        text: &str,
        why: Option<&str>,
    ) -> Result<()> {
        let Pending { entered: Entered { call, .. }, since, pc, object } = pending;
        let arity = call.arity();
        let args = call.args.iter().take(arity).map(|w| *w as i64);
        let line = self.line(pid, tid, "syscall").text("name", &call.name()).integers("args", args);
        let line = line.maybe_integer("ret", ret).text("text", text).address("pc", *pc).maybe("object", object.as_deref());
        let line = line.seconds("took", self.now() - since);
        self.push(if why.is_some() { line.maybe("explain", why) } else { line })
    }

    /// What a call that has returned did to the address space.
    fn changed(&mut self, view: View<'_>, tid: Tid, changes: Vec<Change>, by: By) -> Result<()> {
        for change in changes {
            match change {
                Change::Map(area) => self.mapping(view, tid, "map", &area, by)?,
                Change::Unmap(area) => self.mapping(view, tid, "unmap", &area, by)?,
                Change::Protect(area) => self.mapping(view, tid, "protect", &area, by)?,
            }
        }
        Ok(())
    }

    /// A signal is about to be delivered.
    pub fn signal(&mut self, pid: Tid, tid: Tid, signal: Signal, text: Option<&str>, pc: u64) -> Result<()> {
        let line = self.line(pid, tid, "signal").text("name", &signal.name()).address("pc", pc);
        self.push(line.maybe("text", text))
    }

    /// The memory in which the places were is gone.
    pub fn forget_places(&mut self, pid: Tid) {
        if let Some(recorded) = self.processes.get_mut(&pid) {
            recorded.places.clear();
        }
    }

    /// A child begins as its parent is.
    pub fn copied(&mut self, parent: Tid, child: Tid) {
        if let Some(recorded) = self.processes.get(&parent) {
            let mut recorded = recorded.clone();
            recorded.pid = child;
            recorded.pending.clear();
            recorded.binds.clear();
            self.processes.insert(child, recorded);
        }
    }

    /// A process or a thread was born.
    pub fn born(&mut self, pid: Tid, tid: Tid, kind: &str, child: Tid) -> Result<()> {
        let line = self.line(pid, tid, kind).integer("child", child.0.into());
        self.push(line)
    }

    /// A thread has gone: the call in which it was never returned.
    pub fn thread_gone(&mut self, pid: Tid, tid: Tid) -> Result<()> {
        let Some(pending) = self.processes.get_mut(&pid).and_then(|p| p.pending.remove(&tid)) else { return Ok(()) };
        let text = pending.entered.unfinished();
        let name = syscall_name(pending.entered.call.number).filter(|n| self.explains && n.starts_with("exit"));
        self.finished((pid, tid), &pending, None, &text, name.and_then(by_name))
    }

    /// A process has gone.
    pub fn exited(&mut self, pid: Tid, how: Result<i32, Signal>) -> Result<()> {
        let mut left: Vec<Tid> = self.processes.get(&pid).map(|p| p.pending.keys().copied().collect()).unwrap_or_default();
        left.sort();
        for tid in left {
            self.thread_gone(pid, tid)?;
        }
        let line = self.line(pid, pid, "exit");
        self.push(match how {
            Ok(code) => line.integer("code", code.into()),
            Err(signal) => line.text("signal", &signal.name()),
        })?;
        self.processes.remove(&pid);
        Ok(())
    }
}
