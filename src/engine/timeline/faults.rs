//! Page faults: of a second run of the same load, which nobody disturbs. Planting breakpoints and reading memory change which pages
//! fault.

use std::collections::HashMap;

use crate::base::{Result, Tid};
use crate::engine::session::Session;
use crate::engine::stop::{Notice, StopReason};
use crate::os::perf::{Faults, page_faults};

use super::line::Line;
use super::recorder::Recorder;
use super::space::Area;

impl Session {
    /// Runs the program that has just ended once more, and records its page faults; says in one line where that does not work.
    pub(in crate::engine) fn record_faults(&mut self, reason: &StopReason) {
        if !matches!(reason, StopReason::Exited(_)) || !self.timeline.wants_faults() {
            return;
        }
        let found = self.faults_of_second_run();
        let told = match (found, self.timeline.recorder_mut()) {
            (Ok(faults), Some(recorder)) => recorder.faults(&faults),
            (Err(e), _) => Err(e),
            (Ok(_), None) => Ok(()),
        };
        if let Err(e) = told {
            let paranoid = std::fs::read_to_string("/proc/sys/kernel/perf_event_paranoid").unwrap_or_default();
            let why = match paranoid.trim() {
                "" => String::new(),
                level => format!(" (perf_event_paranoid is {level})"),
            };
            self.notices.push_back(Notice::Warning(format!("Page faults were not recorded: {e}{why}.")));
        }
    }

    fn faults_of_second_run(&self) -> Result<Faults> {
        let what = self.timeline.launch_quietly()?;
        page_faults(&what)
    }
}

impl Recorder {
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
