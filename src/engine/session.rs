//! A session: what `rdbg` holds between two commands.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::base::{Error, Need, Result, Tid};
use crate::dwarf::LineFile;
use crate::expr::{UserMacros, ValueHistory, Variables};
use crate::os::terminal::Terminal;
use crate::symbols::{SourceCache, SourcePaths, SourceText};

use super::address_names::SharedNames;
use super::breakpoints::Breakpoints;
use super::frame_cache::FrameCache;
use super::frame_identity::FrameIdentity;
use super::inferior::{Inferior, Selection};
use super::inject::Active;
use super::listing::Listing;
use super::picture::{Moment, Snapshot};
use super::process::{Process, ThreadCount};
use super::settings::Settings;
use super::signal_table::SignalTable;
use super::skip::Skips;
use super::slot_log::SlotLog;
use super::step::{Finished, LineStep};
use super::stop::{Notice, Stop};
use super::timeline::Timeline;

/// Everything that lives as long as rdbg does: the inferior, breakpoints, settings, history.
#[derive(Debug, Default)]
pub struct Session {
    /// What `set` has set.
    pub settings: Settings,
    /// The program and its process: the current ones.
    pub inferior: Inferior,
    /// What to stop at.
    pub breakpoints: Breakpoints,
    /// What `step` does not enter.
    pub skips: Skips,
    /// What to do with signals.
    pub signals: SignalTable,
    /// What commands look at.
    pub selection: Selection,
    /// `$name`
    pub variables: Variables,
    /// What `macro define` has defined.
    pub user_macros: Arc<UserMacros>,
    /// `$1`, `$2`, ...
    pub history: ValueHistory,
    /// What evaluating expressions had to say besides values, to be shown.
    pub warnings: Vec<String>,
    /// The commands of the breakpoints that made the last stop, to be run.
    pub stop_commands: Vec<Vec<String>>,
    /// Those commands are being run: what they bring about waits for its turn.
    pub in_stop_commands: bool,
    pub(super) resumes: u64,
    /// What is let go on now leaves the terminal and the word to the user (`&`).
    pub in_background: bool,
    /// The last stop, and whether a step was to end there.
    pub last_stop: Option<(Stop, bool)>,
    /// What was let go on last makes a step.
    pub(super) makes_step: bool,
    /// The thread that was selected when the process was let go on.
    pub resumed_from: Option<Tid>,
    /// Calls of the program's functions that are waited for, each made within the one before.
    pub(super) active_calls: Vec<Active>,
    /// Expressions that are evaluated to decide about an event, within each other.
    pub(super) judging: usize,
    /// Breakpoints whose conditions are being evaluated, and the threads that have reached them.
    pub(super) conditions_running: Vec<(u32, Tid)>,
    pub(super) notices: VecDeque<Notice>,
    /// What is told when the program goes on.
    pub(super) told_later: Vec<Notice>,
    /// Names of regions, while addresses are written relative to them.
    pub address_names: SharedNames,
    /// The source files that were read.
    pub sources: SourceCache,
    /// Where `list` stands.
    pub listing: Listing,
    /// The line of the frame that was shown last since the program stopped.
    pub shown_source: Option<(LineFile, u32)>,
    /// The frame with a source line, and the line, that a stop in code without lines has named last.
    pub named_frame: Option<(FrameIdentity, Option<u32>)>,
    /// The function's activation in which the last step began: a step that ends in it shows the line alone.
    pub step_began_in: Option<FrameIdentity>,
    pub(super) line_step: Option<LineStep>,
    /// What the process was like when it went on last.
    pub(super) moment: Moment,
    /// How many page faults there were, asked at each resume.
    pub(super) fault_counter: crate::os::pagemap::FaultCounter,
    pub(super) looks_back: bool,
    pub(super) slot_log: SlotLog,
    pub(super) snapshots: Vec<(String, Snapshot)>,
    pub(super) finished: Option<Finished>,
    /// The inferiors that are not the current one, and the children that are followed for the record.
    pub(super) others: Vec<Inferior>,
    /// Counts the threads of all inferiors.
    pub(super) thread_count: ThreadCount,
    /// How many inferiors there have been besides the first.
    pub(super) inferiors_added: u32,
    /// The program has ended, and something is still done about it.
    pub(super) ending: Option<super::timeline::Ending>,
    /// What is, or was last, recorded.
    pub timeline: Timeline,
    /// The frame with which the next plan ends.
    pub(super) plan_frame: Option<FrameIdentity>,
    /// It is a program's own session, and no test's.
    pub(super) uses_terminal: bool,
    pub(super) terminal: Option<Terminal>,
    pub(super) frames: FrameCache,
    /// Names mean what they mean in the block at this address, rather than where the selected frame is.
    pub(super) bound_at: std::cell::Cell<Option<crate::base::VirtAddr>>,
    /// Of thread-local variables the types are wanted, and no places.
    pub(super) wants_types_only: std::cell::Cell<bool>,
    /// Names that were looked up since this was emptied and that were optimised out, with the reason.
    pub absences: std::cell::RefCell<Vec<(String, crate::dwarf::Gone)>>,
}

impl Session {
    /// A session that owns the terminal on standard input, if there is one, and gets the calling thread's Ctrl-C.
    pub fn new() -> Session {
        crate::os::signals::install();
        Session { uses_terminal: true, terminal: Terminal::open(), ..Session::default() }
    }

    /// Whether the current process runs while the user has the word.
    pub fn is_away(&self) -> bool {
        self.inferior.is_away()
    }

    /// Whether the process is but a core file.
    pub fn is_core(&self) -> bool {
        self.process().is_ok_and(|p| p.target.core_file().is_some())
    }

    /// Checks that what a command needs is there.
    pub fn require(&self, need: Need) -> Result<()> {
        let there = match need {
            Need::Live | Need::Stopped => self.inferior.process.is_some() && !self.is_core(),
            Need::Process | Need::Registers | Need::Stack => self.inferior.process.is_some(),
            Need::Executable => self.inferior.program.is_some(),
        };
        match need {
            _ if !there => Err(Error::Needs(need)),
            Need::Stopped if self.is_away() => {
                Err(Error::user("Cannot execute this command while the selected thread is running."))
            }
            Need::Registers | Need::Stack if self.is_away() => Err(Error::user("Selected thread is running.")),
            _ => Ok(()),
        }
    }

    /// The process.
    pub fn process(&self) -> Result<&Process> {
        self.inferior.process.as_ref().ok_or(Error::Needs(Need::Process))
    }

    /// The process, to be changed.
    pub fn process_mut(&mut self) -> Result<&mut Process> {
        self.inferior.process.as_mut().ok_or(Error::Needs(Need::Process))
    }

    /// Reads each page of the process's memory only once until `false` is said: for a command that shows a lot at one stop.
    pub fn keep_pages(&self, keep: bool) {
        if let Some(process) = &self.inferior.process {
            process.keep_pages(keep);
        }
    }

    /// The text of a source file.
    pub fn source_text(&self, file: &LineFile) -> Result<Arc<SourceText>> {
        match self.settings.source_open {
            true => self.sources.text(file, self.source_paths()),
            false => Err(Error::user(format!("{}: Source opening is off.", file.name))),
        }
    }

    /// Where source files are looked for.
    pub fn source_paths(&self) -> SourcePaths<'_> {
        SourcePaths { substitutions: &self.settings.substitute_path, directories: &self.settings.directories }
    }

    /// Keeps why the program stands still, for who asks later.
    pub fn note_stop(&mut self, stop: &Stop) {
        self.last_stop = Some((stop.clone(), self.makes_step));
    }

    /// Counts the times that a process began to run: whoever waits sees that it did.
    pub fn stop_count(&self) -> u64 {
        self.resumes
    }

    /// Whether a called function was stopped, and nobody was told yet.
    pub fn has_stopped_call(&self) -> bool {
        self.notices.iter().any(|n| matches!(n, Notice::CallStopped { .. }))
    }

    /// What has happened that nobody was told yet.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        self.notices.drain(..).collect()
    }

    /// The selected thread.
    pub fn selected_thread(&self) -> Result<Tid> {
        self.process()?;
        self.selection.tid.ok_or_else(|| Error::user("No thread selected"))
    }
}
