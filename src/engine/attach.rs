//! Attaching to a process that runs, and letting go of it.

use std::path::PathBuf;

use crate::base::{Error, Result, Signal, Tid};
use crate::os::procfs;
use crate::target::{Control, Live, Observed, Target};

use super::process::Process;
use super::program::Program;
use super::session::Session;
use super::signal_table::Disposition;

impl Session {
    /// Looks at a process that is about to be attached to, while it runs on: its modules are read now, and whatever is shown of it
    /// until [`attach`](Session::attach) is found again then. What may not be looked at is not: that `attach` tells.
    ///
    /// It is not traced yet: signals and new threads would stop it, and nobody would let them go on. With `keeps_program`, the
    /// session's program stays, also where it is not that of the process.
    pub fn observe(&mut self, pid: Tid, keeps_program: bool) {
        let Ok(observed) = Observed::open(pid) else { return };
        if keeps_program || self.take_program_of(&observed).is_ok() {
            self.count_anew();
            self.inferior.process = Some(Process::new(Box::new(observed), false, &self.thread_count));
            // Its list of modules may change as it is read: once it is stopped, it is read again.
            let _ = self.begun(pid);
        }
    }

    /// The path of a process's program, if the session's is another, as their build-ids say.
    pub fn mismatch(&self, pid: Tid) -> Option<PathBuf> {
        let own = &self.inferior.program.as_ref()?.image;
        let path = procfs::exe(pid).ok()?;
        let other = Observed::open(pid).and_then(|o| o.open_image(&path)).ok()?;
        own.build_id().zip(other.build_id()).is_some_and(|(own, other)| own != other).then_some(path)
    }

    /// Attaches to a running process and stops it; its program becomes the session's.
    pub fn attach(&mut self, pid: Tid) -> Result<()> {
        self.attach_as(pid, false)
    }

    /// The same; with `keeps_program`, the session's program stays.
    pub fn attach_as(&mut self, pid: Tid, keeps_program: bool) -> Result<()> {
        if pid.0 == std::process::id() as i32 {
            return Err(Error::user("I refuse to debug myself!"));
        }
        let live = Live::attach(pid);
        let observed = self.inferior.process.take().filter(|p| p.target.pid() == pid);
        let attached = live.map_err(|e| explain_refusal(pid, e)).and_then(|live| {
            if !keeps_program {
                self.take_program_of(&live)?;
            }
            Ok(live)
        });
        let live = match attached {
            Ok(live) => live,
            Err(e) => {
                self.forget_process();
                return Err(e);
            }
        };
        self.count_anew();
        let mut process = Process::new(Box::new(live), false, &self.thread_count);
        match observed {
            Some(observed) => {
                process.libraries = observed.libraries;
                self.inferior.process = Some(process);
                self.stands(pid)?;
            }
            None => {
                self.inferior.process = Some(process);
                self.begun(pid)?;
            }
        }
        Ok(())
    }

    /// The program of a process becomes the session's, unless it is.
    fn take_program_of(&mut self, target: &dyn Target) -> Result<()> {
        let path = procfs::exe(target.pid())?;
        let image = target.open_image(&path)?;
        if self.inferior.program.as_ref().is_none_or(|p| p.image.identity() != image.identity()) {
            self.set_program(Some(Program { path, image, of_core: false }));
        }
        Ok(())
    }

    /// Whether the process can go on without rdbg.
    pub fn require_detachable(&self) -> Result<()> {
        if self.process()?.filter.is_empty() {
            return Ok(());
        }
        let why = "would get ENOSYS for the system calls that its filter names";
        Err(Error::user(format!("Started with \"set seccomp-catch on\", the program {why}: it cannot be detached.")))
    }

    /// Lets go of the process, which goes on as if nothing had been.
    pub fn detach(&mut self) -> Result<()> {
        self.require_detachable()?;
        self.hold_this()?;
        self.unwind_calls()?;
        let process = self.process_mut()?;
        let signals = std::mem::take(&mut process.deliver);
        for mut born in std::mem::take(&mut process.unfollowed) {
            born.target.control().map_or(Ok(()), Control::part)?;
        }
        process.control()?.detach(&signals)?;
        if !self.go_back_to_checkpoint()? {
            self.forget_process();
        }
        Ok(())
    }

    /// Decides what is to be done with a signal; where the program is not to have it, no thread gets the one that it has stopped by.
    pub fn handle_signal(&mut self, signal: Signal, disposition: Disposition) {
        self.signals.set(signal, disposition);
        if let Some(process) = self.inferior.process.as_mut().filter(|_| !disposition.pass) {
            process.deliver.retain(|_, pending| *pending != signal);
        }
    }

    /// The signals that other threads than `tid` get when all go on.
    pub fn other_signals(&self, tid: Tid) -> Vec<(Tid, Signal)> {
        let is_locked = self.settings.scheduler_locking == "on";
        let Some(process) = self.inferior.process.as_ref().filter(|_| !is_locked) else { return Vec::new() };
        process.deliver.iter().filter(|(t, _)| **t != tid).map(|(t, s)| (*t, *s)).collect()
    }

    /// Decides which signal a thread gets when it goes on.
    pub fn set_pending_signal(&mut self, tid: Tid, signal: Option<Signal>) -> Result<()> {
        let process = self.process_mut()?;
        process.deliver.remove(&tid);
        process.deliver.extend(signal.map(|s| (tid, s)));
        Ok(())
    }
}

/// Why a process may not be traced.
fn explain_refusal(pid: Tid, error: Error) -> Error {
    match error {
        Error::Gone => Error::user("ptrace: No such process."),
        // EPERM
        Error::Os { errno: 1, .. } => {
            let denied = "ptrace: Operation not permitted.";
            let warned = state_that_refuses(pid).map(|state| format!("warning: process {pid} {state}\n{denied}"));
            Error::user(warned.unwrap_or_else(|| format!("{denied}\n{}", refusal(pid))))
        }
        other => other,
    }
}

/// What a process is that nobody at all may attach to, in gdb's words.
fn state_that_refuses(pid: Tid) -> Option<String> {
    if let Some(tracer) = procfs::status_number(pid, "TracerPid").filter(|t| *t != 0) {
        let name = procfs::thread_name(Tid(tracer as i32)).unwrap_or_default();
        return Some(format!("is already traced by process {tracer} ({name})"));
    }
    let is_zombie = procfs::state(pid) == Some('Z');
    is_zombie.then(|| "is a zombie - the process has already terminated".to_owned())
}

fn refusal(pid: Tid) -> String {
    // PF_KTHREAD among the flags, the ninth field of /proc/PID/stat (linux/sched.h).
    if procfs::stat_numbers(pid).and_then(|n| n.get(5).copied()).is_some_and(|flags| flags & 0x20_0000 != 0) {
        return format!("{pid} is a thread of the kernel's: it has no program.");
    }
    if let Some(leader) = procfs::status_number(pid, "Tgid").filter(|t| *t != i64::from(pid.0)) {
        return format!("{pid} is a thread of process {leader}: attach to that.");
    }
    let own = procfs::own_uid();
    if let Some(uid) = procfs::status_number(pid, "Uid").filter(|u| *u != i64::from(own)) {
        return format!("Process {pid} belongs to user {uid}, and you are user {own}.");
    }
    match procfs::yama_scope() {
        Some(1) => "Yama allows tracing of one's own children only: /proc/sys/kernel/yama/ptrace_scope is 1.".to_owned(),
        Some(scope @ 2..) => format!("Yama forbids it: /proc/sys/kernel/yama/ptrace_scope is {scope}."),
        _ => format!("Process {pid} is not dumpable (setuid, or prctl(PR_SET_DUMPABLE)), or a security module forbids it."),
    }
}
