//! Signals that rdbg gives to threads.

use super::gone::{alive, known};
use super::live::Live;
use super::traits::ResumeAction;
use crate::base::{Result, Signal, Tid};
use crate::os::{ptrace, signals};

/// `si_code` of tgkill(2).
const SI_TKILL: i32 = -6;

impl Live {
    /// How a thread goes on that is to have a signal.
    ///
    /// *Folklore*: a signal that goes with PTRACE_CONT reaches the program only from a stop by a signal; in a stop that rdbg has
    /// asked for, or that tells of an event, the kernel forgets it (ptrace(2)). There it is sent, and let through when it comes.
    pub(super) fn inject(&mut self, tid: Tid, action: ResumeAction) -> Result<ResumeAction> {
        let (ResumeAction::Continue(Some(signal)) | ResumeAction::Step(Some(signal))) = action else { return Ok(action) };
        let pid = self.pid;
        let thread = self.thread_mut(tid)?;
        if thread.takes_signal {
            return Ok(action);
        }
        thread.injected = Some(signal);
        alive(signals::kill_thread(pid, tid, signal))?;
        Ok(match action {
            ResumeAction::Continue(_) => ResumeAction::Continue(None),
            ResumeAction::Step(_) => ResumeAction::Step(None),
        })
    }

    /// Whether a signal is one that rdbg has sent: then the thread goes on with it.
    pub(super) fn was_injected(&mut self, tid: Tid, signal: Signal) -> Result<bool> {
        let Some(thread) = self.threads.get(&tid).filter(|t| t.injected == Some(signal)) else { return Ok(false) };
        let stepping = thread.stepping;
        // Somebody else may have sent the same. A process in a namespace of its own is told of no sender.
        let own = std::process::id() as i32;
        if known(ptrace::signal_info(tid))?.is_none_or(|i| i.code != SI_TKILL || i.sender != own && i.sender != 0) {
            return Ok(false);
        }
        if let Some(thread) = self.threads.get_mut(&tid) {
            thread.injected = None;
        }
        let signal = Some(signal);
        self.let_go(tid, if stepping { ResumeAction::Step(signal) } else { ResumeAction::Continue(signal) })?;
        Ok(true)
    }
}
