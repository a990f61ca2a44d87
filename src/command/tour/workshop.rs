//! Where the tour's program is made.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::base::{Error, Result};

/// The program that the tour brings along.
const SOURCE: &str = include_str!("hello.c");
/// The flags that make it the post's: at fixed addresses, bound lazily.
const FLAGS: [&str; 7] =
    ["-g", "-O0", "-no-pie", "-Wl,-z,lazy", "-fcf-protection=none", "-U_FORTIFY_SOURCE", "-fno-stack-protector"];

/// The tour's program, and whether it is its own: without a compiler it is one that every machine has.
pub(super) struct Exhibit {
    pub path: PathBuf,
    pub own: bool,
}

/// Builds the program, with the system's `cc`.
pub(super) fn exhibit() -> Result<Exhibit> {
    let directory = directory()?;
    let (source, program) = (directory.join("hello.c"), directory.join("hello"));
    let failed = |e: std::io::Error| Error::io(source.display().to_string(), &e);
    std::fs::write(&source, SOURCE).map_err(failed)?;
    let built = Command::new("cc").args(FLAGS).current_dir(&directory).args(["-o", "hello", "hello.c"]).output();
    match built {
        Ok(output) if output.status.success() => Ok(Exhibit { path: program, own: true }),
        _ if Path::new("/bin/ls").exists() => Ok(Exhibit { path: "/bin/ls".into(), own: false }),
        Ok(output) => Err(Error::user(format!("cc failed: {}", String::from_utf8_lossy(&output.stderr).trim()))),
        Err(e) => Err(Error::io("cc", &e)),
    }
}

/// A directory of the user's own: below the cache, else one that nobody else could have made.
fn directory() -> Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let cache = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
    if let Some(directory) = cache.map(|c| c.join("rdbg/tour"))
        && std::fs::create_dir_all(&directory).is_ok()
    {
        return Ok(directory);
    }
    let directory = std::env::temp_dir().join(format!("rdbg-tour-{}", std::process::id()));
    std::fs::create_dir(&directory).map_err(|e| Error::io(directory.display().to_string(), &e))?;
    Ok(directory)
}
