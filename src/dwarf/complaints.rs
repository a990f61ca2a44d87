//! What is damaged of a module's debug information: told to the user once, while rdbg goes on with the rest.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crate::base::Error;

/// So many are told of one module: who has read these needs no more of them.
const MOST: usize = 20;

/// What was found damaged, and what of it the user has not been told.
#[derive(Debug, Default)]
pub(super) struct Complaints(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    known: HashSet<(&'static str, u64)>,
    untold: Vec<Error>,
}

impl Complaints {
    /// Takes note of a damage, unless one at its place is known; returns it.
    pub fn add(&self, error: Error) -> Error {
        if let Error::BadDwarf { section, offset, .. } = &error {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if state.known.len() < MOST && state.known.insert((section, *offset)) {
                state.untold.push(error.clone());
            }
        }
        error
    }

    /// What was added since this was last asked.
    pub fn take(&self) -> Vec<Error> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).untold)
    }
}
