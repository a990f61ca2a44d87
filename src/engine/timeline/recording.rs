//! A recording: what is wanted of it, what goes on, and what is still to be done when the program has ended.

use std::time::{Duration, Instant};

use crate::base::{Error, Result, Tid, VirtAddr};
use crate::engine::stop::StopReason;
use crate::os::perf::FaultWatch;
use crate::os::spawn::{Launch, RedirectTo, Redirection};

use super::recorder::Recorder;
use super::spool::Spool;
use super::steps::Walk;

/// What a recording is to have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Wanted {
    /// The page faults of a second run; of a process that lives already, those from now on.
    pub faults: bool,
    /// A sentence for each system call.
    pub explains: bool,
    /// The instructions of one more run.
    pub steps: bool,
}

/// What is recorded, or is to be, and what was recorded last.
#[derive(Debug, Default)]
pub struct Timeline {
    /// The next process that is started is recorded.
    pub(super) armed: bool,
    pub(super) wanted: Wanted,
    pub(super) progress: Progress,
    /// The page faults of a process that lives already.
    pub(super) fault_watch: Option<FaultWatch>,
    /// How the recorded program was started.
    pub(super) launch: Option<Launch>,
    pub(super) recorder: Option<Recorder>,
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

    /// The recording that goes on.
    pub(in crate::engine) fn recorder_mut(&mut self) -> Option<&mut Recorder> {
        self.recorder.as_mut()
    }

    /// Whether the page faults of a second run are wanted.
    pub(in crate::engine) fn wants_faults(&self) -> bool {
        self.wanted.faults && self.launch.is_some() && self.recorder.is_some()
    }

    /// Whether the instructions of one more run are wanted.
    pub(in crate::engine) fn wants_steps(&self) -> bool {
        self.wanted.steps && self.recorder.is_some()
    }

    /// How many events have been recorded; `None` where nothing is.
    pub(in crate::engine) fn recorded(&self) -> Option<u64> {
        self.recorder.as_ref().map(|r| r.events.about())
    }

    /// How the program is started once more, for what a run that is watched cannot tell.
    pub(in crate::engine) fn launch_quietly(&self) -> Result<Launch> {
        // The program may have executed another since.
        let mut what = self.launch.clone().ok_or(Error::Gone)?;
        what.own_group = false;
        what.foreground = false;
        // Without a tracer a filter would answer in the kernel's place.
        what.traced_calls.clear();
        // What it writes was written before, and what it reads is gone.
        let null = c"/dev/null".to_owned();
        let nowhere = [0, 1, 2].map(|fd| Redirection {
            fd,
            to: if fd == 0 { RedirectTo::Read(null.clone()) } else { RedirectTo::Write(null.clone()) },
        });
        what.redirections.splice(0..0, nowhere);
        Ok(what)
    }

    /// Ends the recording, if there is one; what it has got stays, as long as no other begins.
    pub fn finish(&mut self) {
        self.fault_watch = None;
        if let Some(recorder) = self.recorder.take() {
            self.last = Some(recorder.events);
        }
    }

    /// Where the record of a process wants to know that a thread comes.
    pub(in crate::engine) fn places(&self, pid: Tid) -> impl Iterator<Item = VirtAddr> {
        let recorded = self.recorder.as_ref().and_then(|r| r.processes.get(&pid));
        recorded.into_iter().flat_map(|p| p.places.keys().copied())
    }

    /// The events of the recording that goes on, or of the last one.
    pub fn events(&self) -> Result<&Spool> {
        let spool = self.recorder.as_ref().map(|r| &r.events).or(self.last.as_ref());
        spool.ok_or_else(|| Error::user("Nothing was recorded: \"timeline start\", then \"run\"."))
    }
}

/// The end of the program, which is told when all is done.
#[derive(Debug)]
pub struct Ending {
    pub(super) tid: Tid,
    pub(super) reason: StopReason,
    pub(super) stage: Stage,
}

#[derive(Debug)]
pub(super) enum Stage {
    Children,
    Faults,
    Steps(Option<Box<Walk>>),
    Done,
}

/// How often somebody is told how far a long recording is.
const EVERY: Duration = Duration::from_secs(1);

/// When somebody was told last.
#[derive(Debug)]
pub struct Progress {
    begun: Instant,
    told: Instant,
}

impl Default for Progress {
    fn default() -> Progress {
        let now = Instant::now();
        Progress { begun: now, told: now }
    }
}

impl Progress {
    /// For how many seconds it has been going on, if it is time to say something.
    pub(super) fn due(&mut self) -> Option<u64> {
        let now = Instant::now();
        let is_due = now - self.told >= EVERY;
        if is_due {
            self.told = now;
        }
        is_due.then(|| (now - self.begun).as_secs())
    }
}
