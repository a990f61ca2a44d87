//! Starting a program under ptrace, stopped at the first instruction that the kernel runs.
#![allow(unsafe_code)]

use std::ffi::{CString, c_char};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr;

use nix::fcntl::OFlag;
use nix::unistd::pipe2;

use super::seccomp::trace_filter;
use super::wait::{Status, wait_for};
use super::{ptrace, signals};
use crate::base::{Error, Result, Signal, Tid};

/// A file that takes the place of one of the program's descriptors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirection {
    /// The descriptor: 0, 1 or 2.
    pub fd: i32,
    /// What to open.
    pub to: RedirectTo,
}

/// Where a descriptor leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedirectTo {
    /// `< FILE`
    Read(CString),
    /// `> FILE`
    Write(CString),
    /// `>> FILE`
    Append(CString),
    /// `2>&1`: a copy of that descriptor.
    Copy(i32),
    /// A terminal, for reading and writing.
    Terminal(CString),
}

/// What to start, and how.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The file to execute.
    pub program: CString,
    /// argv, argv\[0\] included.
    pub arguments: Vec<CString>,
    /// The environment, `NAME=VALUE` each.
    pub environment: Vec<CString>,
    /// The working directory, where it is not rdbg's.
    pub directory: Option<CString>,
    /// In order.
    pub redirections: Vec<Redirection>,
    /// Whether to switch off address space randomization.
    pub no_randomization: bool,
    /// Whether it gets a process group of its own.
    pub own_group: bool,
    /// System calls that a seccomp filter of the program's is to stop at; none: it gets no filter.
    pub traced_calls: Vec<u64>,
    /// Whether that group becomes the terminal's foreground one.
    pub foreground: bool,
    /// Whether it gets a session of its own instead: the first terminal that it opens is then its controlling one.
    pub own_session: bool,
}

/// A program stopped before its first instruction.
#[derive(Debug)]
pub struct Launched {
    /// Its process id.
    pub pid: Tid,
    /// personality(2) was refused (as in some containers): addresses are random.
    pub randomized: bool,
    /// What it gave to execve: the addresses of path, arguments and environment, in a memory that is gone.
    pub exec: [u64; 3],
}

/// The step of the child that failed, as one byte before the error number on the pipe.
const STEPS: [&str; 5] = ["personality", "chdir", "exec", "seccomp", "open"];
const STEP_PERSONALITY: u8 = 0;
const STEP_CHDIR: u8 = 1;
const STEP_EXEC: u8 = 2;
const STEP_FILTER: u8 = 3;
/// Of the first redirection; the others count on from there.
const STEP_OPEN: u8 = 4;

/// Starts a program and seizes it; it dies with rdbg (PTRACE_O_EXITKILL).
///
/// The child waits on a pipe until it is seized, so that it is traced by SEIZE from its first instruction on, without the
/// SIGSTOP and the half-way state of PTRACE_TRACEME.
pub fn launch(launch: &Launch) -> Result<Launched> {
    let arguments = pointers(&launch.arguments);
    let environment = pointers(&launch.environment);
    let Paused { pid, go: go_write, fail: fail_read } = pause(launch, &arguments, &environment)?;
    let seized = ptrace::seize(pid, true, !launch.traced_calls.is_empty());
    if let Err(error) = seized {
        abandon(pid);
        // *Folklore*: a child that has ended already, as it does when a file of a redirection cannot be opened, is refused with EPERM.
        let mut report = Vec::new();
        let _ = File::from(fail_read).read_to_end(&mut report);
        return Err(failure(launch, &report).unwrap_or(error));
    }
    // A child that died meanwhile shows in the wait below.
    let _ = File::from(go_write).write_all(&[1]);
    let stopped = wait_for_exec(pid).and_then(|()| leave_exec(pid));
    let mut report = Vec::new();
    if stopped.is_ok() {
        // The exec has closed the child's end; what is there was written before.
        let _ = File::from(fail_read).read_to_end(&mut report);
        let exec = [launch.program.as_ptr() as u64, arguments.as_ptr() as u64, environment.as_ptr() as u64];
        return Ok(Launched { pid, randomized: !report.is_empty(), exec });
    }
    abandon(pid);
    let _ = File::from(fail_read).read_to_end(&mut report);
    Err(failure(launch, &report).unwrap_or(Error::user("During startup program terminated before its first instruction.")))
}

/// Kills a program that was started and is wanted no more, and waits for its end.
pub(super) fn abandon(pid: Tid) {
    // One whose end somebody has waited for is no process any more, or another one.
    if let Err(Error::Gone) | Ok(Some((_, Status::Exited(_) | Status::Killed(_)))) = wait_for(pid, false) {
        return;
    }
    let _ = signals::kill(pid, Signal::KILL);
    loop {
        match wait_for(pid, true) {
            Ok(Some((_, Status::Exited(_) | Status::Killed(_)))) => return,
            // A stop on the way to its end.
            Ok(_) => drop(ptrace::cont(pid, None)),
            Err(Error::Cancelled) => {}
            Err(_) => return,
        }
    }
}

/// A program that is about to be executed, and waits for a byte.
#[derive(Debug)]
pub struct Paused {
    /// Its process.
    pub pid: Tid,
    /// Where the byte goes.
    pub go: OwnedFd,
    /// Where it says what fails.
    pub fail: OwnedFd,
}

/// Begins to start a program, and holds it before its exec. It must be let go, or killed, and waited for.
pub fn start_paused(launch: &Launch) -> Result<Paused> {
    let arguments = pointers(&launch.arguments);
    let environment = pointers(&launch.environment);
    pause(launch, &arguments, &environment)
}

fn pause(launch: &Launch, arguments: &[*const c_char], environment: &[*const c_char]) -> Result<Paused> {
    let pipe = || pipe2(OFlag::O_CLOEXEC).map_err(|e| Error::Os { call: "pipe2".into(), errno: e as i32 });
    let (go_read, go_write) = pipe()?;
    let (fail_read, fail_write) = pipe()?;
    let filter = if launch.traced_calls.is_empty() { Vec::new() } else { trace_filter(&launch.traced_calls) };
    let given = Given { arguments, environment, filter: &filter };
    // SAFETY: the child calls only async-signal-safe functions (`in_child`) and never returns; everything that it needs
    // was allocated before.
    let pid = match unsafe { libc::fork() } {
        -1 => return Err(Error::last_os("fork")),
        0 => unsafe { in_child(launch, &given, go_read.as_raw_fd(), fail_write.as_raw_fd()) },
        pid => Tid(pid),
    };
    drop((go_read, fail_write));
    Ok(Paused { pid, go: go_write, fail: fail_read })
}

fn pointers(strings: &[CString]) -> Vec<*const c_char> {
    strings.iter().map(|s| s.as_ptr()).chain([ptr::null()]).collect()
}

/// What the last report of the child says.
fn failure(launch: &Launch, report: &[u8]) -> Option<Error> {
    let (step, errno) = report.chunks_exact(5).next_back()?.split_first()?;
    let errno = i32::from_le_bytes(errno.try_into().ok()?);
    let what = match *step {
        STEP_EXEC => launch.program.to_string_lossy().into_owned(),
        STEP_CHDIR => launch.directory.as_ref()?.to_string_lossy().into_owned(),
        step @ STEP_OPEN.. => match launch.redirections.get(usize::from(step - STEP_OPEN)).map(|r| &r.to) {
            Some(RedirectTo::Read(path) | RedirectTo::Write(path) | RedirectTo::Append(path) | RedirectTo::Terminal(path)) => {
                path.to_string_lossy().into_owned()
            }
            Some(RedirectTo::Copy(from)) => from.to_string(),
            None => "open".to_owned(),
        },
        step => STEPS.get(step as usize).unwrap_or(&"the child").to_string(),
    };
    Some(Error::Os { call: what, errno })
}

/// Waits until a child that was let go has executed its program.
pub(super) fn wait_for_exec(pid: Tid) -> Result<()> {
    loop {
        match wait_for(pid, true) {
            Ok(Some((_, Status::Exec))) => return Ok(()),
            Ok(Some((_, Status::Exited(_) | Status::Killed(_)))) => return Err(Error::Gone),
            // A signal for the child before its exec: it may have it.
            Ok(Some((_, Status::Signal(s)))) => ptrace::cont(pid, Some(s))?,
            Ok(Some((_, Status::GroupStop(_)))) => ptrace::listen(pid)?,
            Ok(Some(_)) => ptrace::cont(pid, None)?,
            Ok(None) => {}
            // A Ctrl-C while it starts is seen at the next wait.
            Err(Error::Cancelled) => {}
            Err(e) => return Err(e),
        }
    }
}

/// Lets a program that has told of its exec leave that system call.
///
/// *Folklore*: at PTRACE_EVENT_EXEC the thread is still within execve: rax is -ENOSYS (-38), what is written to it is lost, and
/// a single step ends where it began. At the system call's exit the registers are those of the first instruction.
fn leave_exec(pid: Tid) -> Result<()> {
    ptrace::to_system_call(pid, None)?;
    loop {
        match wait_for(pid, true) {
            Ok(Some((_, Status::Syscall))) => return Ok(()),
            Ok(Some((_, Status::Exited(_) | Status::Killed(_)))) => return Err(Error::Gone),
            Ok(Some(_)) => ptrace::to_system_call(pid, None)?,
            Ok(None) | Err(Error::Cancelled) => {}
            Err(e) => return Err(e),
        }
    }
}

/// What the child gives to the kernel, made before the fork.
struct Given<'a> {
    arguments: &'a [*const c_char],
    environment: &'a [*const c_char],
    filter: &'a [libc::sock_filter],
}

/// Installs a seccomp filter, for this process and whatever comes of it. Without privileges that takes PR_SET_NO_NEW_PRIVS.
///
/// SAFETY: as [`in_child`].
unsafe fn install(filter: &[libc::sock_filter]) -> bool {
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_ptr().cast_mut() };
    // SAFETY: the kernel reads the program and copies it.
    unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
            && libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, ptr::from_ref(&program)) == 0
    }
}

/// The child's side of the fork.
///
/// SAFETY: to be called only in the child of a fork: it makes async-signal-safe calls only, and allocates nothing.
unsafe fn in_child(launch: &Launch, given: &Given<'_>, go: i32, fail: i32) -> ! {
    // SAFETY: all pointers are to NUL-terminated strings and NULL-terminated arrays that live until exec or _exit.
    unsafe {
        if launch.own_session {
            libc::setsid();
        } else if launch.own_group {
            libc::setpgid(0, 0);
            if launch.foreground {
                // Before the exec, so that the program never reads in the background. SIGTTOU is still ignored here.
                libc::tcsetpgrp(0, libc::getpgrp());
            }
        }
        if launch.no_randomization {
            let current = libc::personality(0xffff_ffff);
            if current == -1 || libc::personality((current | libc::ADDR_NO_RANDOMIZE) as libc::c_ulong) == -1 {
                // Not fatal: rdbg warns, and addresses are random.
                report(fail, STEP_PERSONALITY);
            }
        }
        if let Some(directory) = &launch.directory
            && libc::chdir(directory.as_ptr()) == -1
        {
            die(fail, STEP_CHDIR);
        }
        for (i, redirection) in launch.redirections.iter().enumerate() {
            if !redirect(redirection) {
                die(fail, STEP_OPEN.saturating_add(i.min(u8::MAX as usize) as u8));
            }
        }
        // What rdbg (or Rust's runtime: SIGPIPE) ignores must not be ignored by the program, but for what its shell ignores.
        for signal in [libc::SIGPIPE, libc::SIGTTOU, libc::SIGINT] {
            libc::signal(signal, if signals::was_ignored(signal) { libc::SIG_IGN } else { libc::SIG_DFL });
        }
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &none, ptr::null_mut());
        let mut byte = 0u8;
        loop {
            match libc::read(go, ptr::from_mut(&mut byte).cast(), 1) {
                1 => break,
                -1 if *libc::__errno_location() == libc::EINTR => {}
                // rdbg has gone.
                _ => libc::_exit(127),
            }
        }
        if !given.filter.is_empty() && !install(given.filter) {
            die(fail, STEP_FILTER);
        }
        libc::execve(launch.program.as_ptr(), given.arguments.as_ptr(), given.environment.as_ptr());
        die(fail, STEP_EXEC)
    }
}

/// SAFETY: as [`in_child`].
unsafe fn redirect(redirection: &Redirection) -> bool {
    let (path, flags) = match &redirection.to {
        RedirectTo::Read(path) => (path, libc::O_RDONLY),
        RedirectTo::Write(path) => (path, libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC),
        RedirectTo::Append(path) => (path, libc::O_WRONLY | libc::O_CREAT | libc::O_APPEND),
        RedirectTo::Terminal(path) => (path, libc::O_RDWR),
        // SAFETY: plain numbers.
        RedirectTo::Copy(from) => return unsafe { libc::dup2(*from, redirection.fd) } != -1,
    };
    // SAFETY: a NUL-terminated path; the descriptors are the child's own.
    unsafe {
        let fd = libc::open(path.as_ptr(), flags, 0o666);
        if fd == -1 {
            return false;
        }
        if fd != redirection.fd {
            if libc::dup2(fd, redirection.fd) == -1 {
                return false;
            }
            libc::close(fd);
        }
    }
    true
}

/// SAFETY: as [`in_child`].
unsafe fn report(fail: i32, step: u8) {
    // SAFETY: errno is this process's own; the buffer lives through the call.
    unsafe {
        let errno = (*libc::__errno_location()).to_le_bytes();
        let message = [step, errno[0], errno[1], errno[2], errno[3]];
        libc::write(fail, message.as_ptr().cast(), message.len());
    }
}

/// SAFETY: as [`in_child`].
unsafe fn die(fail: i32, step: u8) -> ! {
    // SAFETY: as above.
    unsafe {
        report(fail, step);
        libc::_exit(127)
    }
}
