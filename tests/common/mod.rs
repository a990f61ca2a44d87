//! What the integration tests share: programs built on demand, rdbg driven by scripts, output made comparable, other tools run.
// Each test binary includes this module and uses a part of it.
#![allow(dead_code, unused_imports)]

pub mod build;
pub mod load;
pub mod markup;
pub mod normalise;
pub mod oracles;
pub mod process;
pub mod raw;
pub mod rdbg;
pub mod terminal;
pub mod tools;

use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The directory of test programs' sources.
pub fn programs() -> PathBuf {
    root().join("test-programs")
}
