//! The threads that read debug information in parallel.

use std::sync::OnceLock;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::base::{Error, Result};
use crate::os::{affinity, signals};

/// The pool, started when it is first needed: a thread a core. A thread made by the tracer would inherit the one core that
/// the tracer sits on.
pub(in crate::dwarf) fn threads() -> Result<&'static ThreadPool> {
    static POOL: OnceLock<Result<ThreadPool>> = OnceLock::new();
    let pool = POOL.get_or_init(|| {
        let builder = ThreadPoolBuilder::new().num_threads(affinity::usable_cores()).thread_name(|i| format!("rdbg-index-{i}"));
        let builder = builder.start_handler(|_| {
            affinity::unpin_thread();
            signals::hear_stops(false);
        });
        let pool = builder.build();
        pool.map_err(|e| Error::user(format!("Cannot start threads to read debug information: {e}.")))
    });
    pool.as_ref().map_err(Error::clone)
}
