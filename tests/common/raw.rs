//! What bare ptrace(2) says, without a debugger around it.
#![allow(unsafe_code)]

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::ptrace;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

/// How many instructions a program runs from its first one up to `end`, in the environment of `like` and at addresses that are not
/// random. A string instruction with a prefix stops at each of its turns, and is one.
pub fn steps_to(like: &Command, program: &Path, end: u64) -> u64 {
    let mut command = Command::new(program);
    command.env_clear().envs(like.get_envs().filter_map(|(k, v)| Some((k, v?))));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // SAFETY: both are async-signal-safe system calls.
    unsafe {
        command.pre_exec(|| {
            libc::personality(libc::ADDR_NO_RANDOMIZE as libc::c_ulong);
            ptrace::traceme().map_err(std::io::Error::from)
        });
    }
    // Both on one core: neither waits to be woken up on another.
    let before = sched_getaffinity(Pid::from_raw(0)).unwrap();
    let core = (0..CpuSet::count()).find(|core| before.is_set(*core).unwrap_or(false)).unwrap();
    let mut one = CpuSet::new();
    one.set(core).unwrap();
    sched_setaffinity(Pid::from_raw(0), &one).unwrap();
    #[allow(clippy::zombie_processes)] // waited for below
    let pid = Pid::from_raw(command.spawn().unwrap().id() as i32);
    waitpid(pid, None).unwrap();
    let rip = || ptrace::getregs(pid).unwrap().rip;
    let (mut count, mut at) = (0, rip());
    while at != end {
        ptrace::step(pid, None).unwrap();
        assert!(matches!(waitpid(pid, None), Ok(WaitStatus::Stopped(_, Signal::SIGTRAP))), "after {count} steps at {at:#x}");
        let next = rip();
        count += u64::from(next != at);
        at = next;
    }
    kill(pid, Signal::SIGKILL).unwrap();
    waitpid(pid, None).unwrap();
    sched_setaffinity(Pid::from_raw(0), &before).unwrap();
    count
}
