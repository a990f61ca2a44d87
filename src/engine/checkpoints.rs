//! Checkpoints: the process is copied by a fork, and gone back to.
//!
//! The copy is the kernel's: memory, registers (x87, SSE and AVX ones too), open files, signal handlers and the mask of signals. Not in
//! it are other threads, children, timers, and what the program shares with others: files' contents, shared memory.

use crate::base::{Error, Need, Result, Tid};
use crate::os::procfs;
use crate::os::sentinel::Sentinel;
use crate::target::Target;

use super::checkpoint_list::{Checkpoint, CheckpointRow, file_offsets, put_offsets, waiting_signals};
use super::inferior::Selection;
use super::journal::Journal;
use super::process::Process;
use super::session::Session;

impl Session {
    /// The checkpoints of the current inferior by their numbers, its process among them; none where there is no checkpoint.
    pub fn checkpoints(&self) -> Vec<CheckpointRow> {
        let checkpoints = &self.inferior.checkpoints;
        if checkpoints.is_empty() {
            return Vec::new();
        }
        let row = |number: u32, target: &dyn Target, is_current: bool| {
            let pid = target.pid();
            CheckpointRow { number, pid, pc: target.pc(pid).ok(), is_current }
        };
        let mut rows: Vec<_> = checkpoints.iter().map(|c| row(c.number, &*c.process.target, false)).collect();
        rows.extend(self.inferior.process.iter().map(|p| row(checkpoints.current, &*p.target, true)));
        rows.sort_by_key(|r| r.number);
        rows
    }

    /// Makes a checkpoint of the process as it is; its number, and its process.
    pub fn make_checkpoint(&mut self) -> Result<(u32, Tid)> {
        self.require(Need::Stopped)?;
        self.require_checkpoints()?;
        let process = self.process_mut()?;
        if process.target.threads().len() > 1 {
            return Err(Error::user("checkpoint: can't checkpoint multiple threads."));
        }
        if !process.calls.is_empty() {
            return Err(Error::user("A function that you have called has not returned: no checkpoint can be made within it."));
        }
        let target = process.control()?.duplicate()?;
        process.generation += 1;
        let pid = target.pid();
        let copy = process.copied(target);
        let number = self.inferior.checkpoints.next_number();
        let journal = self.inferior.journal.of_copy(pid);
        self.keep_checkpoint(number, copy, journal);
        self.drop_frames();
        Ok((number, pid))
    }

    /// What stands in the way of checkpoints.
    fn require_checkpoints(&self) -> Result<()> {
        if self.timeline.is_recording() {
            return Err(Error::user("A program whose timeline is recorded cannot go back: no checkpoints."));
        }
        if self.inferior.vfork.is_some() || !self.process()?.unfollowed.is_empty() {
            return Err(Error::user("The program is in the middle of a fork: let it return first (\"finish\")."));
        }
        Ok(())
    }

    /// A process of this inferior, which stands still, is a checkpoint from now on.
    fn keep_checkpoint(&mut self, number: u32, process: Process, journal: Journal) {
        let pid = process.target.pid();
        let inferior = &mut self.inferior;
        inferior.checkpoints.put(Checkpoint {
            number,
            offsets: file_offsets(pid),
            signals: waiting_signals(pid),
            process,
            program: inferior.program.clone(),
            modules: inferior.modules.clone(),
            journal,
        });
    }

    /// Makes a checkpoint the current process; the one before becomes a checkpoint. What the user should know of it.
    pub fn restart_checkpoint(&mut self, number: u32) -> Result<Vec<String>> {
        let not_found = || Error::user(format!("Not found: checkpoint id {number}"));
        if self.inferior.checkpoints.is_empty() || !self.has_checkpoint(number) {
            return Err(not_found());
        }
        self.require(Need::Stopped)?;
        self.require_checkpoints()?;
        if number == self.inferior.checkpoints.current {
            self.selection = Selection { tid: Some(self.process()?.target.pid()), level: 0 };
            return Ok(Vec::new());
        }
        let next = self.inferior.checkpoints.take(number).ok_or_else(not_found)?;
        if procfs::state(next.process.target.pid()).is_none_or(|state| state == 'Z') {
            self.inferior.checkpoints.count_anew();
            return Err(Error::user(format!("Checkpoint {number} has been killed meanwhile.")));
        }
        let Some(mut before) = self.inferior.process.take() else { return Err(not_found()) };
        let left = (before.target.pid(), before.sentinel.take());
        let journal = std::mem::take(&mut self.inferior.journal);
        self.keep_checkpoint(self.inferior.checkpoints.current, before, journal);
        self.become_checkpoint(next, left)
    }

    /// Whether there is one of this number, the current process included.
    fn has_checkpoint(&self, number: u32) -> bool {
        let checkpoints = &self.inferior.checkpoints;
        checkpoints.has(number) || !checkpoints.is_empty() && number == checkpoints.current
    }

    /// Where the process has ended, or was let go of, another checkpoint takes its place; whether there is one.
    pub(super) fn go_back_to_checkpoint(&mut self) -> Result<bool> {
        // A record ends with its process.
        if self.timeline.is_recording() {
            return Ok(false);
        }
        while let Some(number) = self.inferior.checkpoints.successor() {
            let Some(next) = self.inferior.checkpoints.take(number) else { break };
            if procfs::state(next.process.target.pid()).is_none_or(|state| state == 'Z') {
                continue;
            }
            self.end_vfork("exit")?;
            let Some(mut before) = self.inferior.process.take() else { break };
            let left = (before.target.pid(), before.sentinel.take());
            if let Some(terminal) = &mut self.terminal {
                terminal.take();
            }
            let said = self.become_checkpoint(next, left)?;
            self.warnings.extend(said);
            self.inferior.checkpoints.count_anew();
            return Ok(true);
        }
        Ok(false)
    }

    /// A checkpoint is the inferior's process from now on, in place of the one `left`, whose sentinel becomes its. What could not be
    /// put back.
    fn become_checkpoint(&mut self, next: Checkpoint, left: (Tid, Option<Sentinel>)) -> Result<Vec<String>> {
        let pid = next.process.target.pid();
        let has_other_modules = next.modules.generation() != self.inferior.modules.generation();
        self.inferior.checkpoints.current = next.number;
        self.inferior.journal = next.journal;
        self.inferior.program = next.program;
        self.inferior.modules = next.modules;
        let process = self.inferior.process.insert(next.process);
        process.sentinel = left.1;
        self.look_from_here(pid);
        let control = self.process_mut()?.control()?;
        let dropped = control.drop_signals_but(next.signals).err();
        let mut said: Vec<String> =
            dropped.into_iter().map(|e| format!("Signals that came meanwhile are still to come: {e}")).collect();
        said.extend(put_offsets(control, &next.offsets));
        self.process_mut()?.generation += 1;
        self.drop_frames();
        if has_other_modules {
            self.refresh_address_names();
            self.resolve_breakpoints();
        }
        self.look_again(left.0, pid)?;
        Ok(said)
    }

    /// Nothing holds any more that was seen in another process.
    fn look_from_here(&mut self, pid: Tid) {
        self.selection = Selection { tid: Some(pid), level: 0 };
        self.slot_log = Default::default();
        self.snapshots.clear();
        self.moment = Default::default();
        self.shown_source = None;
        self.named_frame = None;
        self.step_began_in = None;
        self.resumed_from = None;
        self.drop_frames();
    }

    /// Kills a checkpoint; its process.
    pub fn delete_checkpoint(&mut self, number: u32) -> Result<Tid> {
        let mut checkpoint = self.take_checkpoint(number, "deleting")?;
        // Somebody else may have killed it meanwhile.
        let _ = checkpoint.process.control()?.kill();
        Ok(checkpoint.process.target.pid())
    }

    /// Lets go of a checkpoint, which goes on as if nothing had been; its process.
    pub fn detach_checkpoint(&mut self, number: u32) -> Result<Tid> {
        self.require_detachable()?;
        let mut checkpoint = self.take_checkpoint(number, "detaching")?;
        let pid = checkpoint.process.target.pid();
        // What was sent to the whole process group meanwhile was not meant for it; its files are shared with the others.
        checkpoint.process.control()?.drop_signals_but(checkpoint.signals)?;
        checkpoint.process.leave()?;
        Ok(pid)
    }

    /// Takes one out that is not the current process.
    fn take_checkpoint(&mut self, number: u32, doing: &str) -> Result<Checkpoint> {
        let checkpoints = &mut self.inferior.checkpoints;
        if !checkpoints.is_empty() && number == checkpoints.current {
            return Err(Error::user(format!("Please switch to another checkpoint before {doing} the current one")));
        }
        let taken = checkpoints.take(number).ok_or_else(|| Error::user(format!("No such checkpoint id, {number}")))?;
        checkpoints.count_anew();
        Ok(taken)
    }
}
