//! A small process of rdbg's in the program's process group, to hear the Ctrl-C that the program does not.
#![allow(unsafe_code)]

use std::ptr;

use super::signals;
use crate::base::Tid;

/// How long the program has to get its own SIGINT before rdbg is told, in nanoseconds.
const PATIENCE: libc::c_long = 50_000_000;
/// By this rdbg says that it has: the two come in either order.
const HEARD: libc::c_int = libc::SIGUSR1;

/// A running sentinel; dropping it ends it.
///
/// *Folklore*: the terminal sends SIGINT to its foreground process group, which is the program's. A program that blocks SIGINT, and
/// takes it by sigwait(3) or not at all, never has a signal-delivery stop for it, and a tracer outside of the group hears nothing.
#[derive(Debug)]
pub struct Sentinel {
    pid: i32,
}

impl Sentinel {
    /// Starts one in a process group; `None` where that fails, which costs only what it is for.
    pub fn start(group: Tid) -> Option<Sentinel> {
        // SAFETY: getpid has no preconditions.
        let rdbg = unsafe { libc::getpid() };
        // SAFETY: the child calls only async-signal-safe functions and never returns.
        match unsafe { libc::fork() } {
            -1 => None,
            0 => unsafe { watch(group.0, rdbg) },
            pid => Some(Sentinel { pid }),
        }
    }

    /// The program has got a SIGINT: nobody else needs to be told.
    pub fn heard(&self) {
        // SAFETY: plain numbers; the child is ours and has not been waited for.
        unsafe { libc::kill(self.pid, HEARD) };
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        // SAFETY: plain numbers; the child is ours and not waited for elsewhere (a tracee's waiter may take its status: then
        // waitpid fails, which is as good).
        unsafe {
            libc::kill(self.pid, libc::SIGKILL);
            libc::waitpid(self.pid, ptr::null_mut(), 0);
        }
    }
}

/// The sentinel's life.
///
/// SAFETY: to be called only in the child of a fork: async-signal-safe calls only.
unsafe fn watch(group: i32, rdbg: i32) -> ! {
    // SAFETY: plain numbers and local structures throughout.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        signals::block_all();
        // rdbg may have died before it could be asked for its death.
        if libc::setpgid(0, group) == -1 || libc::getppid() != rdbg {
            libc::_exit(0);
        }
        // Nothing is held open but the terminal, which is asked below: pipes of rdbg's must be able to end.
        libc::syscall(libc::SYS_close_range, 1, libc::c_uint::MAX, 0);
        let (either, other) =
            (signals::set_of(&[libc::SIGINT, HEARD]), [signals::set_of(&[HEARD]), signals::set_of(&[libc::SIGINT])]);
        let patience = libc::timespec { tv_sec: 0, tv_nsec: PATIENCE };
        loop {
            let mut first = 0;
            if libc::sigwait(&either, &mut first) != 0 {
                continue;
            }
            let pair = libc::sigtimedwait(&other[usize::from(first == HEARD)], ptr::null_mut(), &patience);
            // The program still has the terminal: it runs, and has not got the signal.
            if first == libc::SIGINT && pair == -1 && libc::tcgetpgrp(0) == group {
                libc::kill(rdbg, libc::SIGINT);
            }
        }
    }
}
