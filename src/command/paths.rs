//! Paths as the user types them, and what is said of those that cannot be opened.

use std::path::{Path, PathBuf};

use crate::base::Error;

/// `~` and `~/…` as the home directory.
pub fn expand_home(path: &str) -> PathBuf {
    match (path.strip_prefix('~'), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
            Path::new(&home).join(rest.trim_start_matches('/'))
        }
        _ => PathBuf::from(path),
    }
}

/// gdb's `NAME: No such file or directory.`
pub fn file_error(name: &str, e: &std::io::Error) -> Error {
    let text = e.to_string();
    Error::user(format!("{name}: {}.", text.split(" (os error").next().unwrap_or_default()))
}
