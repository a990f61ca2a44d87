//! The journal: every write that the user makes to a process, so that it can be undone.

use crate::base::{Error, Result, Tid, VirtAddr};

/// One change of memory or of a register.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// Bytes of memory.
    Memory {
        /// The first byte.
        at: VirtAddr,
        /// What was there.
        old: Vec<u8>,
        /// What was written; as long as `old`.
        new: Vec<u8>,
    },
    /// A register of a thread.
    Register {
        /// The thread.
        tid: Tid,
        /// The register's name, without `$`.
        name: String,
        /// Its bytes before.
        old: Vec<u8>,
        /// Its bytes since.
        new: Vec<u8>,
    },
}

/// What one command changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The command, as `redirect puts my_puts` or `patch`.
    pub what: String,
    /// The changes, in the order in which they were made.
    pub changes: Vec<Change>,
    /// What there is to know about them, as `page is RELRO and now private`.
    pub notes: Vec<String>,
}

/// The entries of one process. Those behind `done` were undone and can be done again.
#[derive(Clone, Default, Debug)]
pub struct Journal {
    entries: Vec<Entry>,
    done: usize,
    /// An entry that is being written: changes go there.
    open: Option<Entry>,
    /// The command line that is being run: what a change of its is called.
    command: String,
}

/// The longest command that an entry is called by, in bytes.
const MAX_COMMAND: usize = 200;

impl Journal {
    /// Says which command line is run from now on; the one before is returned, to be put back afterwards.
    pub fn set_command(&mut self, line: &str) -> String {
        let end = line.char_indices().nth(MAX_COMMAND).map_or(line.len(), |(i, _)| i);
        std::mem::replace(&mut self.command, line.get(..end).unwrap_or_default().trim().to_owned())
    }

    /// The same of a copy of the process, whose thread has another number.
    pub(super) fn of_copy(&self, copy: Tid) -> Journal {
        let mut journal = self.clone();
        for change in journal.entries.iter_mut().flat_map(|e| &mut e.changes) {
            if let Change::Register { tid, .. } = change {
                *tid = copy;
            }
        }
        journal
    }

    /// Begins an entry: all changes until [`close`](Journal::close) belong to it.
    pub fn open(&mut self, what: impl Into<String>) {
        self.open = Some(Entry { what: what.into(), changes: Vec::new(), notes: Vec::new() });
    }

    /// Ends the entry; one without changes is forgotten. Its number, from 1.
    pub fn close(&mut self) -> Option<usize> {
        let entry = self.open.take()?;
        (!entry.changes.is_empty()).then(|| self.push(entry))
    }

    /// Records a change: in the open entry, or as one of its own.
    pub fn record(&mut self, change: Change) {
        match &mut self.open {
            Some(entry) => entry.changes.push(change),
            None => {
                let what = match &change {
                    _ if !self.command.is_empty() => self.command.clone(),
                    Change::Memory { .. } => "set".to_owned(),
                    Change::Register { name, .. } => format!("set ${name}"),
                };
                self.push(Entry { what, changes: vec![change], notes: Vec::new() });
            }
        }
    }

    /// Adds a note to the open entry, or to the newest.
    pub fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        let newest = self.done.checked_sub(1).and_then(|i| self.entries.get_mut(i));
        if let Some(entry) = self.open.as_mut().or(newest).filter(|e| !e.notes.contains(&note)) {
            entry.notes.push(note);
        }
    }

    fn push(&mut self, entry: Entry) -> usize {
        // What was undone before cannot be done again on top of something else.
        self.entries.truncate(self.done);
        self.entries.push(entry);
        self.done = self.entries.len();
        self.done
    }

    /// The entries that hold, oldest first; their numbers count from 1.
    pub fn entries(&self) -> &[Entry] {
        self.entries.get(..self.done).unwrap_or_default()
    }

    /// The entries that were undone and can be done again, the one that was undone last first.
    pub fn undone(&self) -> &[Entry] {
        self.entries.get(self.done..).unwrap_or_default()
    }

    /// The newest entry that holds: what `undo` would reverse.
    pub fn last(&self) -> Result<&Entry> {
        self.entries().last().ok_or_else(|| Error::user("Nothing to undo."))
    }

    /// The entry that was undone last: what `redo` would do again.
    pub fn next(&self) -> Result<&Entry> {
        self.entries.get(self.done).ok_or_else(|| Error::user("Nothing to redo."))
    }

    /// Says that [`last`](Journal::last) was undone.
    pub fn step_back(&mut self) {
        self.done = self.done.saturating_sub(1);
    }

    /// Says that [`next`](Journal::next) was done again.
    pub fn step_forward(&mut self) {
        self.done = (self.done + 1).min(self.entries.len());
    }

    /// Forgets everything: an entry belongs to one process.
    pub fn clear(&mut self) {
        *self = Journal { command: std::mem::take(&mut self.command), ..Journal::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(n: u8) -> Change {
        Change::Memory { at: VirtAddr(0x1000), old: vec![0], new: vec![n] }
    }

    #[test]
    fn an_entry_holds_all_changes_of_a_command() {
        let mut journal = Journal::default();
        journal.open("redirect puts my_puts");
        journal.record(change(1));
        journal.record(change(2));
        assert_eq!(journal.close(), Some(1));
        journal.record(change(3));
        journal.note("of a change on its own");
        assert_eq!(journal.entries()[1].notes, ["of a change on its own"]);
        assert!(journal.entries()[0].notes.is_empty());
        assert_eq!(journal.entries().len(), 2);
        assert_eq!(journal.entries()[0].changes.len(), 2);
        journal.open("nothing");
        assert_eq!(journal.close(), None);
    }

    #[test]
    fn a_change_on_its_own_is_called_by_its_command() {
        let mut journal = Journal::default();
        assert_eq!(journal.set_command("set GOT[3] = my_puts "), "");
        journal.record(change(1));
        let before = journal.set_command("other");
        journal.clear();
        journal.record(change(2));
        assert_eq!((before.as_str(), journal.entries()[0].what.as_str()), ("set GOT[3] = my_puts", "other"));
    }

    #[test]
    fn what_is_undone_can_be_done_again_until_something_else_is_done() {
        let mut journal = Journal::default();
        journal.record(change(1));
        journal.record(change(2));
        journal.step_back();
        assert_eq!(journal.last().unwrap().changes, [change(1)]);
        assert_eq!(journal.next().unwrap().changes, [change(2)]);
        journal.step_forward();
        assert!(journal.next().is_err());
        journal.step_back();
        journal.record(change(3));
        assert!(journal.next().is_err());
        assert_eq!(journal.entries().len(), 2);
    }
}
