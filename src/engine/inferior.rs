//! The inferior: a program, the modules in its address space, the process that runs it, and how it is started.

use std::ffi::OsString;

use crate::base::Tid;
use crate::symbols::Modules;

use super::checkpoint_list::Checkpoints;
use super::journal::Journal;
use super::process::Process;
use super::program::Program;

/// The thread and the frame that commands look at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Selection {
    /// The thread; `None` while there is no process.
    pub tid: Option<Tid>,
    /// The frame: 0 is the innermost.
    pub level: usize,
}

/// How an inferior is started.
#[derive(Clone, Debug, Default)]
pub(super) struct Setup {
    pub(super) args: String,
    pub(super) cwd: String,
    pub(super) environment: Vec<(OsString, OsString)>,
    pub(super) inferior_tty: String,
}

impl Setup {
    /// No arguments, and rdbg's own environment.
    pub(super) fn fresh() -> Setup {
        Setup { environment: std::env::vars_os().collect(), ..Setup::default() }
    }
}

/// What a vfork has to do with an inferior, as long as parent and child run in the same memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Vfork {
    /// It waits for the child of this number.
    ParentOf(u32),
    /// Its parent has this number.
    ChildOf(u32),
}

/// A program and its process, if it runs.
#[derive(Debug)]
pub struct Inferior {
    /// Its number.
    pub number: u32,
    /// The executable.
    pub program: Option<Program>,
    /// What is loaded; before the first run the program alone, at its link-time addresses.
    pub modules: Modules,
    /// The process.
    pub process: Option<Process>,
    /// What the user has changed in the process.
    pub journal: Journal,
    /// Copies of the process that stand still, to be gone back to.
    pub(super) checkpoints: Checkpoints,
    /// A vfork that is under way.
    pub vfork: Option<Vfork>,
    /// It is let go of when that vfork is over.
    pub(super) parts_after_vfork: bool,
    /// Its breakpoints went on with the child that was followed in its stead; until it is started again.
    pub(super) is_left: bool,
    /// It came by itself, with a fork: it goes by itself when it has ended and is not looked at.
    pub(super) goes_by_itself: bool,
    /// A child that is followed for the record alone: nobody sees it.
    pub(super) recorded: bool,
    /// How it is started, while another one has the seat.
    pub(super) setup: Setup,
    /// Its setup is that of the settings.
    pub(super) is_seated: bool,
    /// What is looked at in it, while another one is the current one.
    pub(super) selection: Selection,
}

impl Default for Inferior {
    /// The first one.
    fn default() -> Inferior {
        Inferior {
            number: 1,
            program: None,
            modules: Modules::default(),
            process: None,
            journal: Journal::default(),
            checkpoints: Checkpoints::default(),
            vfork: None,
            parts_after_vfork: false,
            is_left: false,
            goes_by_itself: false,
            recorded: false,
            setup: Setup::default(),
            is_seated: true,
            selection: Selection::default(),
        }
    }
}

impl Inferior {
    /// Whether its process runs while the user has the word.
    pub(super) fn is_away(&self) -> bool {
        !self.recorded && self.process.as_ref().is_some_and(|p| p.away.is_some())
    }
}
