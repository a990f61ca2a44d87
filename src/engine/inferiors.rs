//! Several programs beside each other. One is the current one and has its place in the session, where everything looks at it; the
//! others wait, and change places with it.

use crate::base::{Error, Result, Tid};
use crate::target::Target;

use super::breakpoints::OneThread;
use super::inferior::{Inferior, Selection, Setup};
use super::process::Process;
use super::session::Session;
use super::sites::Sites;

impl Session {
    /// All of them, by their numbers.
    pub fn inferiors(&self) -> Vec<&Inferior> {
        let mut all: Vec<&Inferior> = std::iter::once(&self.inferior).chain(&self.others).filter(|i| !i.recorded).collect();
        all.sort_by_key(|i| i.number);
        all
    }

    /// The one of this number.
    pub fn inferior_numbered(&self, number: u32) -> Option<&Inferior> {
        std::iter::once(&self.inferior).chain(&self.others).find(|i| i.number == number && !i.recorded)
    }

    pub(super) fn inferior_numbered_mut(&mut self, number: u32) -> Option<&mut Inferior> {
        std::iter::once(&mut self.inferior).chain(&mut self.others).find(|i| i.number == number && !i.recorded)
    }

    /// Whether threads are named with their inferiors' numbers: `1.1`.
    pub fn has_several_inferiors(&self) -> bool {
        self.inferior.number != 1 || self.others.iter().any(|i| !i.recorded)
    }

    /// Whether stops name their threads: there has ever been a second one.
    pub fn names_threads(&self) -> bool {
        self.thread_count.get() > 1
    }

    /// The number of a thread of the current one among those of all.
    pub fn global_number(&self, tid: Tid) -> u32 {
        self.inferior.process.as_ref().and_then(|p| p.global_number_of(tid)).unwrap_or(0)
    }

    /// Forgets how many threads there were, where none is left: the next one is the first again.
    pub(super) fn count_anew(&mut self) {
        if self.inferior.process.is_none() && self.other_processes().is_empty() {
            self.thread_count.set(0);
        }
    }

    /// What the user calls a thread of the current one: `1`, or `2.1` where there are several inferiors.
    pub fn thread_id(&self, thread: u32) -> String {
        match self.has_several_inferiors() {
            true => format!("{}.{thread}", self.inferior.number),
            false => thread.to_string(),
        }
    }

    /// The same for a thread of any inferior.
    pub fn id_of(&self, thread: OneThread) -> String {
        match self.has_several_inferiors() {
            true => format!("{}.{}", thread.inferior, thread.number),
            false => thread.number.to_string(),
        }
    }

    /// A new one, without a program or arguments; its number.
    pub fn add_inferior(&mut self) -> u32 {
        let setup = Setup::fresh();
        // Files that were opened once are shared.
        let mut modules = self.inferior.modules.clone();
        modules.clear_all();
        self.push_inferior(Inferior { setup, modules, is_seated: false, ..Inferior::default() })
    }

    /// Gives an inferior its number and a place among the others.
    pub(super) fn push_inferior(&mut self, inferior: Inferior) -> u32 {
        self.inferiors_added += 1;
        let number = self.inferiors_added + 1;
        self.others.push(Inferior { number, ..inferior });
        number
    }

    /// Removes one that is not the current one and has no process.
    pub fn remove_inferior(&mut self, number: u32) {
        self.others.retain(|i| i.number != number || i.recorded || i.process.is_some());
        for b in self.breakpoints.iter_mut() {
            b.locations.retain(|l| l.inferior != number);
        }
    }

    /// Removes those that forks have brought and that have ended, but for the current one.
    pub fn remove_ended(&mut self) {
        let goes = |i: &Inferior| i.goes_by_itself && i.process.is_none() && !i.recorded;
        let ended: Vec<u32> = self.others.iter().filter(|i| goes(i)).map(|i| i.number).collect();
        ended.into_iter().for_each(|number| self.remove_inferior(number));
    }

    /// How the current one is started.
    fn setup(&self) -> Setup {
        let s = &self.settings;
        Setup {
            args: s.args.clone(),
            cwd: s.cwd.clone(),
            environment: s.environment.clone(),
            inferior_tty: s.inferior_tty.clone(),
        }
    }

    /// The setup of an inferior becomes a copy of another's.
    pub fn copy_setup(&mut self, from: u32, to: u32) {
        let setup = match self.inferior_numbered(from) {
            Some(i) if !i.is_seated => i.setup.clone(),
            _ => self.setup(),
        };
        if let Some(inferior) = self.inferior_numbered_mut(to) {
            inferior.setup = setup;
        }
    }

    /// Makes one the current one.
    pub fn select_inferior(&mut self, number: u32) -> Result<()> {
        if self.inferior_numbered(number).is_none() {
            return Err(Error::user(format!("Inferior ID {number} not known.")));
        }
        self.enter(number);
        self.take_seat();
        if self.inferior.process.is_some() && self.selection.tid.is_none() {
            self.selection.tid = self.process()?.target.threads().first().copied();
        }
        Ok(())
    }

    /// Looks at another inferior for a while.
    pub fn in_inferior<T>(&mut self, number: u32, act: impl FnOnce(&mut Session) -> T) -> T {
        let before = self.inferior.number;
        self.enter(number);
        let result = act(self);
        self.enter(before);
        result
    }

    /// One takes the place of the current one, which is to have it again or will lose its seat.
    pub(super) fn enter(&mut self, number: u32) {
        if let Some(place) = self.others.iter().position(|i| i.number == number && !i.recorded) {
            self.exchange(place);
        }
    }

    /// The current one and another change places.
    pub(super) fn exchange(&mut self, place: usize) {
        let Some(other) = self.others.get_mut(place) else { return };
        self.inferior.selection = std::mem::take(&mut self.selection);
        std::mem::swap(&mut self.inferior, other);
        self.selection = std::mem::take(&mut self.inferior.selection);
        self.drop_frames();
    }

    /// The current one stays it: what the session keeps for one of them is that one's now.
    pub(super) fn take_seat(&mut self) {
        if self.inferior.is_seated || self.inferior.recorded {
            return;
        }
        let setup = std::mem::take(&mut self.inferior.setup);
        let settings = &mut self.settings;
        let old = Setup {
            args: std::mem::replace(&mut settings.args, setup.args),
            cwd: std::mem::replace(&mut settings.cwd, setup.cwd),
            environment: std::mem::replace(&mut settings.environment, setup.environment),
            inferior_tty: std::mem::replace(&mut settings.inferior_tty, setup.inferior_tty),
        };
        if let Some(inferior) = self.others.iter_mut().find(|i| i.is_seated) {
            inferior.is_seated = false;
            inferior.setup = old;
        }
        self.inferior.is_seated = true;
        self.slot_log = Default::default();
        self.snapshots.clear();
        self.moment = Default::default();
        self.shown_source = None;
        self.refresh_address_names();
    }

    /// A child of the current one as an inferior: it has what its parent has.
    pub(super) fn child_of_current(&mut self, target: Box<dyn Target>, sites: Sites) -> Result<Inferior> {
        let parent = self.process()?;
        let mut process = Process::new(target, parent.launched, &self.thread_count);
        process.sites = sites;
        process.libraries = parent.libraries;
        process.filter = parent.filter.clone();
        let child = process.target.pid();
        process.learn_pthread(child);
        Ok(Inferior {
            program: self.inferior.program.clone(),
            modules: self.inferior.modules.clone(),
            process: Some(process),
            setup: if self.inferior.is_seated { self.setup() } else { self.inferior.setup.clone() },
            selection: Selection { tid: Some(child), level: 0 },
            is_seated: false,
            ..Inferior::default()
        })
    }

    /// The process, which executes another program, becomes that of a new inferior, the current one. The old one keeps its program.
    pub(super) fn move_to_new_inferior(&mut self) {
        let Some(mut process) = self.inferior.process.take() else { return };
        let pid = process.target.pid();
        process.number_anew(pid);
        let checkpoints = std::mem::take(&mut self.inferior.checkpoints);
        let number = self.push_inferior(Inferior {
            modules: self.inferior.modules.clone(),
            process: Some(process),
            checkpoints,
            setup: Setup::fresh(),
            selection: Selection { tid: Some(pid), level: 0 },
            is_seated: false,
            ..Inferior::default()
        });
        self.selection = Default::default();
        self.enter(number);
    }

    /// The inferior that has this process, recorded ones included: its place among the others.
    pub(super) fn place_of_process(&self, pid: Tid) -> Option<usize> {
        self.others.iter().position(|i| i.process.as_ref().is_some_and(|p| p.target.pid() == pid))
    }

    /// The numbers of the others that have a process that can run.
    pub(super) fn other_processes(&self) -> Vec<u32> {
        let lives = |i: &&Inferior| !i.recorded && i.process.as_ref().is_some_and(|p| p.target.core_file().is_none());
        self.others.iter().filter(lives).map(|i| i.number).collect()
    }
}
