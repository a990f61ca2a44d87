//! The signals that rdbg itself gets: Ctrl-C, and the ends of sessions.
#![allow(unsafe_code)]

use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicI64, AtomicU32, AtomicU64, Ordering};

use crate::base::{Error, Result, Tid};

/// A SIGINT came and nobody has taken it yet.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// The thread that traces, to which a SIGINT that another thread got is passed on.
static TRACER: AtomicI32 = AtomicI32::new(0);
/// A tracee that runs, to be interrupted; 0 when none does.
static RUNNING: AtomicI32 = AtomicI32::new(0);

/// A signal that asks rdbg to end, which has come while a command ran; 0 when none has.
static ENDING: AtomicI32 = AtomicI32::new(0);
/// When it came, in seconds of CLOCK_MONOTONIC.
static ASKED_AT: AtomicI64 = AtomicI64::new(0);
/// Who asks again after so many seconds does not want to wait any longer. Before, it is the same wish: when a terminal goes, the kernel
/// and the shell send SIGHUP each, the kernel twice.
const PATIENCE: i64 = 2;
/// How many reasons there are not to end at once: a command runs, or the program in the background.
static BUSY: AtomicU32 = AtomicU32::new(0);

/// Blocks every signal for the calling thread; async-signal-safe, to be called in the child of a fork.
pub(super) fn block_all() {
    // SAFETY: a zeroed set is a valid one, and is filled at once.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::sigprocmask(libc::SIG_SETMASK, &all, ptr::null_mut());
    }
}

/// A set of signals; async-signal-safe.
pub(super) fn set_of(signals: &[libc::c_int]) -> libc::sigset_t {
    // SAFETY: a zeroed set is a valid one, and is emptied at once.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        for signal in signals {
            libc::sigaddset(&mut set, *signal);
        }
        set
    }
}

/// Dies of a signal, whatever was to be done with it; async-signal-safe.
fn die_of(signal: libc::c_int) {
    // SAFETY: plain numbers.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
    }
}

/// Only async-signal-safe calls: a flag, two system calls.
///
/// A flag alone would be lost between the look at it and waitpid; PTRACE_INTERRUPT to the tracee makes waitpid return
/// whenever it is called. ptrace works only in the tracing thread, so other threads pass the signal on.
extern "C" fn on_interrupt(_: libc::c_int) {
    INTERRUPTED.store(true, Ordering::SeqCst);
    let tracer = TRACER.load(Ordering::SeqCst);
    if tracer == 0 {
        return;
    }
    // SAFETY: gettid, getpid, tgkill and ptrace(PTRACE_INTERRUPT) take and return plain numbers, and are async-signal-safe;
    // errno is saved because the code that was interrupted may be about to read it.
    unsafe {
        let errno = *libc::__errno_location();
        if libc::gettid() == tracer {
            let running = RUNNING.load(Ordering::SeqCst);
            if running != 0 {
                libc::ptrace(libc::PTRACE_INTERRUPT, running, ptr::null_mut::<libc::c_void>(), ptr::null_mut::<libc::c_void>());
            }
        } else {
            libc::syscall(libc::SYS_tgkill, libc::getpid(), tracer, libc::SIGINT);
        }
        *libc::__errno_location() = errno;
    }
}

/// SIGTERM or SIGHUP, by async-signal-safe calls only.
///
/// *Folklore*: a tracer that just dies leaves a thread that it steps with the trap flag, and int3s in memory: `timeout rdbg -p PID`
/// would kill the process by SIGTRAP. So a command that runs ends first, as by Ctrl-C, and rdbg lets go. At the prompt nothing of
/// rdbg's is in the process, and it dies at once; and so it does when it takes too long.
extern "C" fn on_end(signal: libc::c_int) {
    let is_first = ENDING.load(Ordering::SeqCst) == 0;
    // SAFETY: clock_gettime writes to what is local; gettid, getpid and tgkill take and return plain numbers; all are
    // async-signal-safe, and errno is put back.
    unsafe {
        let errno = *libc::__errno_location();
        let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut now);
        // On its way out rdbg is not busy any more, and must not be disturbed.
        let dies = match is_first {
            true => BUSY.load(Ordering::SeqCst) == 0,
            false => now.tv_sec - ASKED_AT.load(Ordering::SeqCst) > PATIENCE,
        };
        if dies {
            die_of(signal);
        } else if is_first && libc::gettid() == TRACER.load(Ordering::SeqCst) {
            ASKED_AT.store(now.tv_sec, Ordering::SeqCst);
            ENDING.store(signal, Ordering::SeqCst);
            on_interrupt(signal);
        } else if is_first {
            libc::syscall(libc::SYS_tgkill, libc::getpid(), TRACER.load(Ordering::SeqCst), signal);
        }
        *libc::__errno_location() = errno;
    }
}

/// A SIGCONT has come and nobody has taken it yet.
static CONTINUED: AtomicBool = AtomicBool::new(false);

/// Whether job control has let rdbg go on since the last call: the terminal's modes are the shell's then.
pub fn take_continued() -> bool {
    CONTINUED.swap(false, Ordering::SeqCst)
}

/// SIGCONT.
extern "C" fn on_continue(_: libc::c_int) {
    CONTINUED.store(true, Ordering::SeqCst);
}

/// Whether the calling thread, and those that it starts from then on, hear SIGTSTP.
///
/// *Folklore*: a thread that sends one to its own process goes on after kill(2) for a while where another thread hears it: the editor would
/// take the terminal back before it is stopped. So nobody else does while a line is typed.
pub fn hear_stops(on: bool) {
    // SAFETY: the set lives throughout the call.
    unsafe {
        let how = if on { libc::SIG_UNBLOCK } else { libc::SIG_BLOCK };
        libc::pthread_sigmask(how, &set_of(&[libc::SIGTSTP]), ptr::null_mut());
    }
}

/// While it lives, rdbg in the background is stopped when it changes the terminal's modes, as any job: a line is typed in the foreground
/// alone. At other times it takes the terminal back from there.
#[derive(Debug)]
#[non_exhaustive]
pub struct Typing;

impl Typing {
    /// It begins.
    pub fn begin() -> Typing {
        // SAFETY: plain numbers.
        unsafe { libc::signal(libc::SIGTTOU, libc::SIG_DFL) };
        Typing
    }

    /// It ends.
    pub fn end() {
        // SAFETY: plain numbers.
        unsafe { libc::signal(libc::SIGTTOU, libc::SIG_IGN) };
    }
}

impl Drop for Typing {
    fn drop(&mut self) {
        Typing::end();
    }
}

/// While it lives a command runs, or the program in the background: what asks rdbg to end waits for that.
#[derive(Debug)]
#[non_exhaustive]
pub struct Busy;

impl Busy {
    /// It begins.
    pub fn begin() -> Busy {
        BUSY.fetch_add(1, Ordering::SeqCst);
        Busy
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        BUSY.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Whether rdbg was asked to end while a command ran.
pub fn is_ending() -> bool {
    ENDING.load(Ordering::SeqCst) != 0
}

/// Ends as rdbg was asked to, if it was.
pub fn end_if_asked() {
    let signal = ENDING.load(Ordering::SeqCst);
    if signal != 0 {
        die_of(signal);
    }
}

/// The signals that were ignored when rdbg was started, of those that it treats otherwise: bit n is signal n.
static IGNORED: AtomicU64 = AtomicU64::new(0);

/// Whether rdbg was started with a signal ignored, as a shell does it with SIGINT for what it starts in the background.
pub(super) fn was_ignored(signal: libc::c_int) -> bool {
    IGNORED.load(Ordering::SeqCst) >> signal & 1 != 0
}

/// Handles SIGINT, SIGTERM and SIGHUP from now on, in the name of the calling thread, and ignores what a background write to the
/// terminal would raise.
pub fn install() {
    // SAFETY: gettid has no preconditions.
    TRACER.store(unsafe { libc::gettid() }, Ordering::SeqCst);
    // SAFETY: the handler is async-signal-safe (above); a zeroed sigaction is a valid one without flags: without
    // SA_RESTART, so that waitpid returns EINTR.
    unsafe {
        for signal in [libc::SIGINT, libc::SIGTTOU, libc::SIGTERM, libc::SIGHUP] {
            let mut before: libc::sigaction = std::mem::zeroed();
            if libc::sigaction(signal, ptr::null(), &mut before) == 0 && before.sa_sigaction == libc::SIG_IGN {
                IGNORED.fetch_or(1 << signal, Ordering::SeqCst);
            }
        }
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_interrupt as extern "C" fn(libc::c_int) as usize;
        libc::sigaction(libc::SIGINT, &action, ptr::null_mut());
        action.sa_sigaction = on_end as extern "C" fn(libc::c_int) as usize;
        // What nohup(1) has set stays.
        for signal in [libc::SIGTERM, libc::SIGHUP].into_iter().filter(|s| !was_ignored(*s)) {
            libc::sigaction(signal, &action, ptr::null_mut());
        }
        action.sa_sigaction = on_continue as extern "C" fn(libc::c_int) as usize;
        action.sa_flags = libc::SA_RESTART;
        libc::sigaction(libc::SIGCONT, &action, ptr::null_mut());
        libc::signal(libc::SIGTTOU, libc::SIG_IGN);
    }
}

/// Says which tracee an interrupt should stop; `None` when none runs.
pub fn set_running(tid: Option<Tid>) {
    RUNNING.store(tid.map_or(0, |t| t.0), Ordering::SeqCst);
}

/// Whether a SIGINT has come since the last call, or rdbg is to end.
pub fn take_interrupt() -> bool {
    INTERRUPTED.swap(false, Ordering::SeqCst) || is_ending()
}

/// Takes a [`take_interrupt`] back: somebody else shall see it.
pub fn raise_interrupt() {
    INTERRUPTED.store(true, Ordering::SeqCst);
}

/// Whether a SIGINT has come that nobody has taken yet.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Sends a signal to a whole process.
pub fn kill(pid: Tid, signal: crate::base::Signal) -> Result<()> {
    // SAFETY: plain numbers.
    match unsafe { libc::kill(pid.0, signal.0) } {
        0 => Ok(()),
        _ => Err(Error::last_os(format!("kill({pid}, {})", signal.name()))),
    }
}

/// Sends a signal to one thread.
pub fn kill_thread(pid: Tid, tid: Tid, signal: crate::base::Signal) -> Result<()> {
    // SAFETY: plain numbers.
    match unsafe { libc::syscall(libc::SYS_tgkill, pid.0, tid.0, signal.0) } {
        0 => Ok(()),
        _ => Err(match Error::last_os(format!("tgkill({pid}, {tid}, {})", signal.name())) {
            Error::Os { errno: libc::ESRCH, .. } => Error::Gone,
            error => error,
        }),
    }
}

/// waitpid(2) with libc's words; see [`super::wait`].
pub(super) fn waitpid(pid: i32, flags: i32) -> Result<(i32, i32)> {
    let mut status = 0;
    // SAFETY: `status` is a valid int.
    match unsafe { libc::waitpid(pid, &mut status, flags) } {
        -1 => {
            let error = Error::last_os("waitpid");
            Err(match error {
                Error::Os { errno: libc::EINTR, .. } => Error::Cancelled,
                Error::Os { errno: libc::ECHILD, .. } => Error::Gone,
                _ => error,
            })
        }
        tid => Ok((tid, status)),
    }
}
