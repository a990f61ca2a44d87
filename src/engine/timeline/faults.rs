//! Page faults: of a second run of the same load, which nobody disturbs. Planting breakpoints and reading memory change which pages
//! fault.

use std::collections::HashMap;

use crate::base::{Error, PAGE, Result, Tid, VirtAddr, counted};
use crate::engine::session::Session;
use crate::engine::stop::{Notice, StopReason};
use crate::os::arrivals::{Arrivals, page_arrivals};
use crate::os::perf::{FaultWatch, Faults, page_faults};

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
    format!("{}{why}", error.to_string().trim_end_matches('.'))
}

impl Session {
    /// Runs the program that has just ended once more, and records its page faults; says in one line where that does not work.
    pub(in crate::engine) fn record_faults(&mut self, reason: &StopReason) {
        if !matches!(reason, StopReason::Exited(_)) || !self.timeline.wants_faults() {
            return;
        }
        let told = match (self.timeline.launch_quietly().and_then(|l| page_faults(&l)), self.timeline.recorder_mut()) {
            (Ok(faults), Some(recorder)) => {
                let told = recorder.faults(&faults);
                self.tell_lost(faults.lost);
                told
            }
            (Err(e), Some(_)) => self.record_arrivals(&e),
            (_, None) => Ok(()),
        };
        if let Err(e) = told {
            self.notices.push_back(Notice::Warning(format!("Page faults were not recorded: {e}.")));
        }
    }

    /// The kernel does not count faults for us, for this reason: what a second run's page tables show takes their place.
    fn record_arrivals(&mut self, error: &Error) -> Result<()> {
        let arrivals = page_arrivals(&self.timeline.launch_quietly()?)?;
        if let Some(recorder) = self.timeline.recorder_mut() {
            recorder.arrivals(&arrivals)?;
        }
        let refused = refused(error);
        self.notices.push_back(Notice::Warning(format!(
            "Page faults cannot be counted here: {refused}. Shown instead are the pages that a second run's page tables got between \
             system calls: those that came along with a fault too, and not which instruction it was."
        )));
        Ok(())
    }

    /// Tells of the page faults of a process that was alive when the recording began. Breakpoints that are planted, and memory that is
    /// read, have changed which pages fault.
    pub(super) fn record_live_faults(&mut self) -> Result<()> {
        let Some(watch) = &self.timeline.fault_watch else { return Ok(()) };
        let faults = watch.take();
        let told = match self.timeline.recorder_mut() {
            Some(recorder) if !faults.all.is_empty() => recorder.live_faults(&faults),
            _ => Ok(()),
        };
        self.tell_lost(faults.lost);
        told
    }

    /// Says that there were more faults than the kernel had room to tell of.
    fn tell_lost(&mut self, lost: u64) {
        if lost > 0 {
            let line = format!("{} came too fast to be told one by one.", counted(lost, "more page fault"));
            self.notices.push_back(Notice::Warning(line));
        }
    }

    /// Watches the page faults of the process from now on; says where that is refused.
    pub(super) fn watch_faults(&mut self) {
        let Some(process) = &self.inferior.process else { return };
        match FaultWatch::of(&process.target.threads()) {
            Ok(watch) => self.timeline.fault_watch = Some(watch),
            Err(e) => {
                let line = format!("Page faults cannot be told one by one here: {}; \"info faults\" counts them.", refused(&e));
                self.notices.push_back(Notice::Warning(line));
            }
        }
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

    /// Tells of pages that came between system calls of the second run: an event for those side by side, `count` of them.
    fn arrivals(&mut self, arrivals: &Arrivals) -> Result<()> {
        let mut in_program = false;
        for arrival in &arrivals.all {
            let pages = arrival.pages;
            let area = self.seen.iter().rev().find(|a: &&Area| (a.start..a.end).contains(&pages.start.0));
            let file = area.and_then(|a| a.file.clone());
            // Its code is touched when it is entered, and not before.
            in_program |= area.is_some_and(|a| a.perms.exec) && file.is_some() && file == self.program;
            let phase = if in_program { "main" } else { "ld.so" };
            let line = Line::new(arrival.time as f64 / 1e9, arrivals.pid, arrivals.pid, "fault", phase).integer("run", 2);
            let line = line.address("address", pages.start.0).maybe("pc", None).maybe("major", None);
            self.push(line.maybe("file", file.as_deref()).integer("count", (pages.len() / PAGE) as i64))?;
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
