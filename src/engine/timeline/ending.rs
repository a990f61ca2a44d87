//! What is still done when a recorded program has ended: its children go on to their ends, and it is run again for what a run that is
//! watched cannot tell.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::{Error, Result, Tid, VirtAddr};
use crate::engine::session::Session;
use crate::engine::stop::{Happening, Notice, Stop, StopReason};
use crate::symbols::Module;

use super::line::Line;
use super::recorder::Recorder;
use super::recording::{Ending, Stage};
use super::steps::{Counted, Part, Walk};

impl Session {
    /// The program has ended: what is left to be done is done by the next calls of [`Session::advance`].
    pub(in crate::engine) fn begin_ending(&mut self, tid: Tid, reason: StopReason) {
        self.ending = Some(Ending { tid, reason, stage: Stage::Children });
    }

    /// How far the recording is, where it takes long.
    pub(in crate::engine) fn progress(&mut self) -> Option<Notice> {
        let stage = self.ending.as_ref().map(|e| &e.stage);
        let counted = match stage {
            Some(Stage::Steps(Some(walk))) => format!("{} instructions counted", walk.total),
            Some(Stage::Done | Stage::Steps(None) | Stage::Faults) => return None,
            _ => format!("{} events recorded", self.timeline.recorded()?),
        };
        let seconds = self.timeline.progress.due()?;
        Some(Notice::Progress(format!("{counted}, {seconds} s")))
    }

    /// Does a piece of what is left; `None` while there is more.
    pub(in crate::engine) fn go_on_ending(&mut self) -> Result<Option<Happening>> {
        let Some(mut ending) = self.ending.take() else { return Ok(None) };
        ending.stage = match ending.stage {
            Stage::Children if self.await_child() => Stage::Children,
            Stage::Children => Stage::Faults,
            Stage::Faults => {
                self.record_faults(&ending.reason);
                Stage::Steps(self.begin_steps(&ending.reason))
            }
            Stage::Steps(None) => Stage::Done,
            Stage::Steps(Some(walk)) => match self.more_steps(walk) {
                None => Stage::Done,
                some => Stage::Steps(some),
            },
            Stage::Done => {
                self.forget_process();
                self.take_seat();
                return Ok(Some(Happening::Stop(Stop { tid: ending.tid, reason: ending.reason })));
            }
        };
        self.ending = Some(ending);
        Ok(None)
    }

    fn begin_steps(&mut self, reason: &StopReason) -> Option<Box<Walk>> {
        if !matches!(reason, StopReason::Exited(_)) || !self.timeline.wants_steps() {
            return None;
        }
        let brk = self.inferior.process.as_ref().and_then(|p| p.libraries.brk);
        let mut marks = self.timeline.recorder_mut()?.marks.clone();
        marks.brk = brk;
        let begun = self.timeline.launch_quietly().and_then(|what| Walk::begin(&what, marks));
        match begun {
            Ok(walk) => Some(Box::new(walk)),
            Err(e) => {
                self.notices.push_back(Notice::Warning(format!("Instructions were not counted: {e}.")));
                None
            }
        }
    }

    fn more_steps(&mut self, mut walk: Box<Walk>) -> Option<Box<Walk>> {
        let done = walk.go_on();
        let why = match done {
            Ok(false) => return Some(walk),
            Ok(true) => None,
            Err(Error::Cancelled) => {
                crate::os::signals::take_interrupt();
                Some("it was interrupted".to_owned())
            }
            Err(e) => Some(e.to_string()),
        };
        walk.kill();
        let told = match why {
            None => self.timeline.recorder_mut().map_or(Ok(()), |r| r.steps(walk.pid(), &walk.parts)),
            Some(why) => Err(Error::user(why)),
        };
        if let Err(e) = told {
            self.notices.push_back(Notice::Warning(format!("Instructions were not counted: {e}.")));
        }
        None
    }
}

/// What is counted together: the function's module, where it begins, its name.
type Function = (Option<usize>, u64, Option<String>);

impl Recorder {
    /// Tells of the instructions of a run, by function, those that ran most first.
    fn steps(&mut self, pid: Tid, parts: &[Counted]) -> Result<()> {
        for counted in parts {
            let (of, phase) = match counted.part {
                Part::Load => ("load".to_owned(), "ld.so"),
                Part::Start => ("start".to_owned(), "start"),
                Part::Bind(head, index) => (self.bound(head, index), "main"),
            };
            let mut functions: BTreeMap<Function, u64> = BTreeMap::new();
            for (at, count) in &counted.counts {
                *functions.entry(self.function(VirtAddr(*at))).or_default() += count;
            }
            let mut functions: Vec<(Function, u64)> = functions.into_iter().collect();
            functions.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            for ((module, start, name), count) in functions {
                let path = module.and_then(|m| self.modules.get(m)).map(|m| m.path.to_string_lossy().into_owned());
                let line = Line::new(0.0, pid, pid, "steps", phase).text("of", &of).maybe("object", path.as_deref());
                let line = line.address("function", start).maybe("name", name.as_deref());
                self.push(line.integer("count", count as i64))?;
            }
        }
        Ok(())
    }

    fn module_at(&self, at: VirtAddr) -> Option<(usize, &Arc<Module>)> {
        self.modules.iter().enumerate().rev().find(|(_, m)| m.ranges().iter().any(|r| r.contains(at)))
    }

    fn function(&self, at: VirtAddr) -> Function {
        let Some((number, module)) = self.module_at(at) else { return (None, 0, None) };
        match module.locate(at) {
            Some(location) => (Some(number), location.start.0, Some(location.raw_name)),
            None => (Some(number), module.ranges().first().map_or(0, |r| r.start.0), None),
        }
    }

    /// The name of the symbol whose slot is bound.
    fn bound(&self, head: VirtAddr, index: u64) -> String {
        let stub = self.module_at(head).and_then(|(_, m)| {
            let stubs = &m.plt().stubs;
            stubs.iter().find(|s| s.relocation_index.is_some_and(|i| i as u64 == index)).map(|s| s.name.clone())
        });
        format!("bind of {}", stub.unwrap_or_else(|| format!("relocation {index}")))
    }
}
