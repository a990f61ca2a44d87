//! Other tools that rdbg is compared with, and the one way to say that one is missing.

use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

/// The tool's path, as the shell would find it.
pub fn find(tool: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(tool)).find(|p| p.is_file())
}

/// Says aloud that a comparison cannot be made on this machine.
pub fn skip(test: &str, why: impl std::fmt::Display) {
    eprintln!("SKIPPED {test}: {why}");
}

/// What a command printed on standard output and standard error; it must have been found and have ended by itself.
pub fn output(command: &mut Command) -> (String, String) {
    let done = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    (String::from_utf8_lossy(&done.stdout).into_owned(), String::from_utf8_lossy(&done.stderr).into_owned())
}

/// The gdb to compare with, `$RDBG_TEST_GDB` or the one on PATH, and whether it can write vector registers.
pub struct Gdb {
    /// Its path.
    pub path: PathBuf,
    /// False where gdb writes NT_X86_XSTATE with too short a buffer (13.1 on processors with AMX, EFAULT): its inferior
    /// calls and register writes cannot be a reference there.
    pub writes_vectors: bool,
}

/// The gdb of this machine, tried out once a process.
pub fn gdb() -> Option<&'static Gdb> {
    static GDB: LazyLock<Option<Gdb>> = LazyLock::new(|| {
        let path = std::env::var_os("RDBG_TEST_GDB").map(PathBuf::from).or_else(|| find("gdb"))?;
        let script = ["starti", "set $xmm0.v2_int64[0] = 77", "p $xmm0.v2_int64[0]", "kill"];
        let mut command = Command::new(&path);
        command.args(["-nx", "-q", "-batch", "-ex", "set confirm off"]);
        script.iter().for_each(|line| {
            command.args(["-ex", line]);
        });
        let writes_vectors = output(command.arg("/bin/true")).0.contains("= 77");
        Some(Gdb { path, writes_vectors })
    });
    GDB.as_ref()
}
