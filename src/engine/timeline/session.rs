//! The session's side of a recording.

use std::ffi::CStr;

use crate::base::{Error, Result, Tid};
use crate::os::ptrace::signal_bytes;
use crate::os::spawn::{Launch, Launched};
use crate::syscall::{execve_text, signal_text};
use crate::target::{Event, RawStop};

use super::process::View;
use super::recorder::Recorder;
use super::spool::Spool;
use crate::engine::session::Session;

/// What is recorded, or is to be, and what was recorded last.
#[derive(Debug, Default)]
pub struct Timeline {
    /// The next process that is started is recorded.
    armed: bool,
    recorder: Option<Recorder>,
    last: Option<Spool>,
}

impl Timeline {
    /// Whether something is being recorded.
    pub fn is_recording(&self) -> bool {
        self.recorder.is_some()
    }

    /// Whether the next start will be recorded.
    pub fn is_armed(&self) -> bool {
        self.armed
    }

    /// Ends the recording, if there is one; what it has got stays, as long as no other begins.
    pub fn finish(&mut self) {
        if let Some(recorder) = self.recorder.take() {
            self.last = Some(recorder.events);
        }
    }

    /// The events of the recording that goes on, or of the last one.
    pub fn events(&self) -> Result<&Spool> {
        let spool = self.recorder.as_ref().map(|r| &r.events).or(self.last.as_ref());
        spool.ok_or_else(|| Error::user("Nothing was recorded: \"timeline start\", then \"run\"."))
    }
}

impl Session {
    /// Records from now, or, where nothing runs, from the next start.
    pub fn start_timeline(&mut self) -> Result<()> {
        self.timeline.finish();
        match &self.inferior.process {
            None => self.timeline.armed = true,
            Some(process) => {
                let mut recorder = Recorder::new();
                recorder.joined(View { pid: process.target.pid(), target: &*process.target, modules: &self.inferior.modules });
                self.timeline.recorder = Some(recorder);
            }
        }
        Ok(())
    }

    /// Ends the recording; false where there was none.
    pub fn stop_timeline(&mut self) -> bool {
        let was = self.timeline.recorder.is_some() || self.timeline.armed;
        self.timeline.armed = false;
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
        let mut recorder = Recorder::new();
        recorder.executed(view, &what.program.to_string_lossy(), Some((&text, launched.exec)))?;
        self.timeline.recorder = Some(recorder);
        Ok(())
    }

    /// A thread has executed another program; `former` is its id before.
    pub(in crate::engine) fn record_exec(&mut self, former: Tid, path: &str) -> Result<()> {
        let Some(recorder) = &mut self.timeline.recorder else { return Ok(()) };
        let Some(process) = &self.inferior.process else { return Ok(()) };
        let view = View { pid: process.target.pid(), target: &*process.target, modules: &self.inferior.modules };
        recorder.executed_again(view, former, path)
    }

    /// Something has happened: into the record with it.
    pub(in crate::engine) fn record(&mut self, event: &Event) -> Result<()> {
        let Some(recorder) = &mut self.timeline.recorder else { return Ok(()) };
        let Some(process) = &self.inferior.process else { return Ok(()) };
        let view = View { pid: process.target.pid(), target: &*process.target, modules: &self.inferior.modules };
        let (pid, tid) = (view.pid, event.tid);
        match event.what {
            RawStop::Syscall { number, stop } => recorder.system_call(view, tid, number, stop),
            RawStop::Signal(signal) => {
                let text = signal_bytes(tid).ok().map(|info| signal_text(&info));
                let pc = process.target.pc(tid).map_or(0, |pc| pc.0);
                recorder.signal(pid, tid, signal, text.as_deref(), pc)
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
