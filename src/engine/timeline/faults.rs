//! Page faults: of a second run of the same load, which nobody disturbs. Planting breakpoints and reading memory change which pages
//! fault.

use std::collections::HashMap;

use crate::base::{Error, Result, Tid};
use crate::engine::session::Session;
use crate::engine::stop::{Notice, StopReason};
use crate::os::arrivals::{Arrivals, page_arrivals};
use crate::os::perf::{Faults, page_faults};
use crate::os::spawn::{Launch, RedirectTo, Redirection};

use super::line::Line;
use super::recorder::Recorder;
use super::space::Area;

impl Session {
    /// Runs the program that has just ended once more, and records its page faults; says in one line where that does not work.
    pub(in crate::engine) fn record_faults(&mut self, reason: &StopReason) {
        if !matches!(reason, StopReason::Exited(_)) || !self.timeline.wants_faults() {
            return;
        }
        let told = match (self.second_run().and_then(|l| page_faults(&l)), self.timeline.recorder_mut()) {
            (Ok(faults), Some(recorder)) => recorder.faults(&faults),
            (Err(e), Some(_)) => self.record_arrivals(&e),
            (_, None) => Ok(()),
        };
        if let Err(e) = told {
            self.notices.push_back(Notice::Warning(format!("Page faults were not recorded: {e}.")));
        }
    }

    /// The kernel does not count faults for us, for this reason: what a second run's page tables show takes their place.
    fn record_arrivals(&mut self, refused: &Error) -> Result<()> {
        let arrivals = page_arrivals(&self.second_run()?)?;
        if let Some(recorder) = self.timeline.recorder_mut() {
            recorder.arrivals(&arrivals)?;
        }
        let paranoid = std::fs::read_to_string("/proc/sys/kernel/perf_event_paranoid").unwrap_or_default();
        let why = match paranoid.trim() {
            "" => String::new(),
            level => format!(" (perf_event_paranoid is {level})"),
        };
        let refused = refused.to_string();
        let refused = refused.trim_end_matches('.');
        self.notices.push_back(Notice::Warning(format!(
            "Page faults cannot be counted here: {refused}{why}. Shown instead are the pages that a second run's page tables got between \
             system calls: those that came along with a fault too, and not which instruction it was."
        )));
        Ok(())
    }

    /// How the program that has just ended is started once more, for its faults alone.
    fn second_run(&self) -> Result<Launch> {
        // The program may have executed another since.
        let mut what = self.timeline.launch().cloned().ok_or(Error::Gone)?;
        what.own_group = false;
        what.foreground = false;
        // What it writes was written before, and what it reads is gone.
        let null = c"/dev/null".to_owned();
        let nowhere = [0, 1, 2].map(|fd| Redirection {
            fd,
            to: if fd == 0 { RedirectTo::Read(null.clone()) } else { RedirectTo::Write(null.clone()) },
        });
        what.redirections.splice(0..0, nowhere);
        Ok(what)
    }
}

impl Recorder {
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
            self.push(line.maybe("file", file.as_deref()).integer("count", (pages.len() / 4096) as i64))?;
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
