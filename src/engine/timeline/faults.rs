//! Page faults: of a second run of the same load, which nobody disturbs. Planting breakpoints and reading memory change which pages
//! fault.

use std::collections::HashMap;

use crate::base::{Error, Result, Tid, VirtAddr};
use crate::engine::session::Session;
use crate::engine::stop::{Notice, StopReason};
use crate::os::perf::{FaultWatch, Faults, counted_faults, page_faults};

use super::line::Line;
use super::recorder::Recorder;
use super::space::Area;

/// What is refused, and why.
fn refused(error: &Error) -> String {
    let paranoid = std::fs::read_to_string("/proc/sys/kernel/perf_event_paranoid").unwrap_or_default();
    let why = match paranoid.trim() {
        "" => String::new(),
        level => format!(" (perf_event_paranoid is {level})"),
    };
    format!("Page faults were not recorded: {error}{why}")
}

impl Session {
    /// Runs the program that has just ended once more, and records its page faults; says in one line where that does not work.
    pub(in crate::engine) fn record_faults(&mut self, reason: &StopReason) {
        if !matches!(reason, StopReason::Exited(_)) || !self.timeline.wants_faults() {
            return;
        }
        let found = self.faults_of_second_run();
        let told = match (found, self.timeline.recorder_mut()) {
            (Ok(faults), Some(recorder)) => recorder.faults(&faults),
            (Err(e), _) => {
                let line = self.faults_without_perf(&e);
                self.notices.push_back(Notice::Warning(line));
                return;
            }
            (Ok(_), None) => Ok(()),
        };
        if let Err(e) = told {
            self.notices.push_back(Notice::Warning(format!("Page faults were not recorded: {e}.")));
        }
    }

    /// Where the kernel does not tell of each fault it counts them all the same: what is refused, why, and the count.
    fn faults_without_perf(&self, error: &Error) -> String {
        let counted = self.timeline.launch_quietly().and_then(|what| counted_faults(&what));
        let instead = match counted {
            Ok((minor, major)) => format!("a second run had {minor} minor and {major} major ones by getrusage(2)"),
            Err(e) => format!("nor were they counted: {e}"),
        };
        format!("{}; {instead}.", refused(error))
    }

    /// Tells of the page faults of a process that was alive when the recording began. Breakpoints that are planted, and memory that is
    /// read, have changed which pages fault.
    pub(super) fn record_live_faults(&mut self) -> Result<()> {
        let Some(watch) = &self.timeline.fault_watch else { return Ok(()) };
        let faults = watch.take();
        match self.timeline.recorder_mut() {
            Some(recorder) if !faults.all.is_empty() => recorder.live_faults(&faults),
            _ => Ok(()),
        }
    }

    /// Watches the page faults of the process from now on; says where that is refused.
    pub(super) fn watch_faults(&mut self) {
        let Some(process) = &self.inferior.process else { return };
        match FaultWatch::of(&process.target.threads()) {
            Ok(watch) => self.timeline.fault_watch = Some(watch),
            Err(e) => {
                let line = format!("{}; \"info faults\" counts them.", refused(&e));
                self.notices.push_back(Notice::Warning(line));
            }
        }
    }

    fn faults_of_second_run(&self) -> Result<Faults> {
        let what = self.timeline.launch_quietly()?;
        page_faults(&what)
    }
}

impl Recorder {
    fn live_faults(&mut self, faults: &Faults) -> Result<()> {
        for fault in &faults.all {
            let file = self.processes.get(&fault.pid).and_then(|p| p.space.file_at(VirtAddr(fault.address)).cloned());
            let t = fault.time.saturating_sub(self.begun_at) as f64 / 1e9;
            let line = Line::new(t, fault.pid, fault.tid, "fault", self.phase(fault.pid).name()).flag("disturbed", true);
            let line = line.address("address", fault.address).address("pc", fault.pc).flag("major", fault.major);
            self.push(line.maybe("file", file.as_deref()))?;
        }
        Ok(())
    }

    /// Tells of the faults of the second run. Files are those that the first run had at the same addresses, which are the same
    /// without randomisation.
    pub(super) fn faults(&mut self, faults: &Faults) -> Result<()> {
        let Some(first) = faults.all.first() else { return Ok(()) };
        let main = first.pid;
        let begun = first.time;
        let mut entered: HashMap<Tid, bool> = HashMap::new();
        for fault in &faults.all {
            let at = |address: u64| self.seen.iter().rev().find(|a: &&Area| (a.start..a.end).contains(&address));
            let file = at(fault.address).filter(|_| fault.pid == main).and_then(|a| a.file.clone());
            let code = at(fault.pc).and_then(|a| a.file.clone());
            let is_program = code.is_some() && code == self.program;
            let in_program = entered.entry(fault.pid).or_insert(fault.pid != main);
            *in_program |= is_program;
            let phase = if *in_program { "main" } else { "ld.so" };
            let t = fault.time.saturating_sub(begun) as f64 / 1e9;
            let line = Line::new(t, fault.pid, fault.tid, "fault", phase).integer("run", 2);
            let line = line.address("address", fault.address).address("pc", fault.pc).flag("major", fault.major);
            self.push(line.maybe("file", file.as_deref()))?;
        }
        Ok(())
    }
}
