//! Memory that holds still while one command looks at much of it.

use std::cell::RefCell;

use crate::base::{Memory, Pages, Result, VirtAddr};

use super::inferior::Process;
use super::session::Session;

/// Pages that were read at a stop, while a command has asked for them to be kept.
#[derive(Debug, Default)]
pub(super) struct Still(RefCell<Option<(u64, Pages)>>);

impl Memory for Process {
    fn read_partial(&self, at: VirtAddr, buf: &mut [u8]) -> Result<usize> {
        let mut still = self.still.0.borrow_mut();
        match &mut *still {
            None => self.target.read_partial(at, buf),
            Some((generation, pages)) => {
                // Something has run or was written: what was read is stale.
                if std::mem::replace(generation, self.generation) != self.generation {
                    *pages = Pages::default();
                }
                pages.read_partial(&*self.target, at, buf)
            }
        }
    }
}

impl Session {
    /// Reads each page of the process's memory only once until `false` is said: for a command that shows a lot at one stop.
    pub fn keep_pages(&self, keep: bool) {
        if let Some(process) = &self.inferior.process {
            process.still.0.replace(keep.then(|| (process.generation, Pages::default())));
        }
    }
}
