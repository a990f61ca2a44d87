//! Threads that die while something is asked of them.

use crate::base::{Error, Result};

/// A thread may die at any moment, killed by another's exit_group or from outside; ptrace then says ESRCH, and the truth
/// comes with its wait status. `None` for a thread that has gone.
pub(super) fn known<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::Gone) => Ok(None),
        Err(e) => Err(e),
    }
}

/// [`known`], where there is nothing to know.
pub(super) fn alive(result: Result<()>) -> Result<()> {
    known(result).map(drop)
}
