//! Wait statuses, each by its name.

use std::cell::Cell;
use std::time::{Duration, Instant};

use nix::sys::wait::{Id, WaitPidFlag, waitid};

use crate::base::{Error, Result, Signal, Tid};

/// What waitpid(2) says of a tracee.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// It exited with this status (0 to 255).
    Exited(i32),
    /// A signal killed it.
    Killed(Signal),
    /// A signal is about to be delivered.
    Signal(Signal),
    /// It entered or left a system call (PTRACE_SYSCALL).
    Syscall,
    /// A PTRACE_EVENT_CLONE stop.
    Clone,
    /// A PTRACE_EVENT_FORK stop.
    Fork,
    /// A PTRACE_EVENT_VFORK stop.
    Vfork,
    /// A PTRACE_EVENT_VFORK_DONE stop.
    VforkDone,
    /// A PTRACE_EVENT_EXEC stop.
    Exec,
    /// A PTRACE_EVENT_EXIT stop.
    ExitStop,
    /// A PTRACE_EVENT_SECCOMP stop.
    Seccomp,
    /// PTRACE_EVENT_STOP with SIGTRAP: PTRACE_INTERRUPT, or a new thread's first stop.
    Interrupted,
    /// PTRACE_EVENT_STOP with a stopping signal: a group stop (job control).
    GroupStop(Signal),
    /// Job control let it go on.
    Continued,
}

/// Waits for any tracee of this thread, blocking or not (then `None` when there is nothing). [`Error::Cancelled`] when a
/// signal to rdbg came first, [`Error::Gone`] when there is nothing to wait for.
///
/// `__WNOTHREAD`: only tracees of the calling thread, so that sessions in other threads (tests) lose nothing.
pub fn wait_any(block: bool) -> Result<Option<(Tid, Status)>> {
    wait_for(Tid(-1), block)
}

/// Waits until there is something for [`wait_any`] in any thread of rdbg, and takes nothing; returns at once where nothing can come.
pub fn await_any() {
    let what = WaitPidFlag::WEXITED | WaitPidFlag::WSTOPPED | WaitPidFlag::WNOWAIT | WaitPidFlag::__WALL;
    // Statuses that nix has no name for are an error here, and something has happened all the same.
    let _ = waitid(Id::All, what);
}

/// How often [`wait_eagerly`] looks before it sleeps: some 100 microseconds.
const LOOKS: u32 = 200;

/// [`wait_any`], but looks a while before it sleeps.
///
/// *Folklore*: when the tracee runs on another core, a stop that finds the tracer asleep costs an inter-processor interrupt and
/// a wake-up from idle, three times the stop itself in a virtual machine. Where the two share a core, yielding hands it over at
/// once, and costs nothing. On a busy machine, though, somebody else gets the core too, for milliseconds: who sleeps is woken
/// up sooner then.
pub fn wait_eagerly() -> Result<Option<(Tid, Status)>> {
    let sleeps = SLEEPS.get();
    if sleeps > 0 {
        SLEEPS.set(sleeps - 1);
        return wait_any(true);
    }
    for _ in 0..LOOKS {
        let before = Instant::now();
        let _ = nix::sched::sched_yield();
        let is_crowded = before.elapsed() > CROWDED;
        if let Some(found) = wait_any(false)? {
            if is_crowded {
                SLEEPS.set(MOST_SLEEPS);
            }
            return Ok(Some(found));
        }
    }
    wait_any(true)
}

/// A yield that takes longer than this has let others run than the tracee.
const CROWDED: Duration = Duration::from_micros(700);
/// So many waits go to sleep at once then.
const MOST_SLEEPS: u32 = 200;

thread_local! {
    static SLEEPS: Cell<u32> = const { Cell::new(0) };
}

/// [`wait_any`] for one tracee.
pub fn wait_for(tid: Tid, block: bool) -> Result<Option<(Tid, Status)>> {
    let flags = libc::__WALL | libc::__WNOTHREAD | if block { 0 } else { libc::WNOHANG };
    let (tid, status) = super::signals::waitpid(tid.0, flags)?;
    if tid == 0 {
        return Ok(None);
    }
    let status = decode(status)?;
    tracing::trace!(target: "os", tid, ?status, "wait");
    Ok(Some((Tid(tid), status)))
}

fn decode(status: i32) -> Result<Status> {
    if libc::WIFEXITED(status) {
        return Ok(Status::Exited(libc::WEXITSTATUS(status)));
    }
    if libc::WIFSIGNALED(status) {
        return Ok(Status::Killed(Signal(libc::WTERMSIG(status))));
    }
    if libc::WIFCONTINUED(status) {
        return Ok(Status::Continued);
    }
    if !libc::WIFSTOPPED(status) {
        return Err(Error::user(format!("waitpid gave the status {status:#x}, which has no meaning.")));
    }
    // PTRACE_O_TRACESYSGOOD sets bit 7 of the signal of system-call stops.
    let signal = libc::WSTOPSIG(status);
    Ok(match status >> 16 {
        0 if signal == libc::SIGTRAP | 0x80 => Status::Syscall,
        0 => Status::Signal(Signal(signal)),
        libc::PTRACE_EVENT_CLONE => Status::Clone,
        libc::PTRACE_EVENT_FORK => Status::Fork,
        libc::PTRACE_EVENT_VFORK => Status::Vfork,
        libc::PTRACE_EVENT_VFORK_DONE => Status::VforkDone,
        libc::PTRACE_EVENT_EXEC => Status::Exec,
        libc::PTRACE_EVENT_EXIT => Status::ExitStop,
        libc::PTRACE_EVENT_SECCOMP => Status::Seccomp,
        libc::PTRACE_EVENT_STOP if signal == libc::SIGTRAP => Status::Interrupted,
        libc::PTRACE_EVENT_STOP => Status::GroupStop(Signal(signal)),
        event => return Err(Error::user(format!("ptrace reported the event {event}, which rdbg does not know."))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_have_names() {
        assert_eq!(decode(0x0100).unwrap(), Status::Exited(1));
        assert_eq!(decode(0x0009).unwrap(), Status::Killed(Signal::KILL));
        assert_eq!(decode(0x0b7f).unwrap(), Status::Signal(Signal::SEGV));
        assert_eq!(decode(0x857f).unwrap(), Status::Syscall);
        assert_eq!(decode(libc::PTRACE_EVENT_EXEC << 16 | 0x057f).unwrap(), Status::Exec);
        assert_eq!(decode(libc::PTRACE_EVENT_STOP << 16 | 0x057f).unwrap(), Status::Interrupted);
        assert_eq!(decode(libc::PTRACE_EVENT_STOP << 16 | 0x137f).unwrap(), Status::GroupStop(Signal::STOP));
        assert!(decode(77 << 16 | 0x057f).is_err());
    }
}
