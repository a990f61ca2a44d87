//! Attaching to a program of 500 threads and letting it go: how long it stands still, by its own clock, and how long the command
//! takes; beside gdb and the bare system calls.

#[path = "measure/mod.rs"]
mod measure;
#[path = "../tests/common/mod.rs"]
mod programs;

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use measure::{Peer, Row, executable, head, raw, row, scratch, spawn};

const THREADS: &str = "500";

/// The program, which keeps time of itself in a file.
struct Crowd {
    child: Child,
    told: File,
}

impl Crowd {
    fn start(program: &Path) -> Option<Crowd> {
        let path = scratch().join("crowd");
        let _ = std::fs::remove_file(&path);
        let child = Command::new(program).arg(THREADS).arg(&path).stdout(Stdio::null()).spawn().ok()?;
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
            if let Ok(told) = File::options().read(true).write(true).open(&path)
                && word(&told, 1) == Some(1)
            {
                // Until it has come to rest.
                std::thread::sleep(Duration::from_millis(100));
                told.write_all_at(&[0; 8], 0).ok()?;
                std::thread::sleep(Duration::from_millis(20));
                return Some(Crowd { child, told });
            }
        }
        None
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn word(file: &File, n: u64) -> Option<u64> {
    let mut bytes = [0; 8];
    file.read_exact_at(&mut bytes, 8 * n).ok()?;
    Some(u64::from_ne_bytes(bytes))
}

/// Attaches and lets go: the seconds that the program stood still, and those that the command took.
fn attach(program: &Path, how: impl FnOnce(u32) -> Option<f64>) -> Option<(f64, f64)> {
    let crowd = Crowd::start(program)?;
    let seconds = how(crowd.child.id())?;
    std::thread::sleep(Duration::from_millis(50));
    Some((word(&crowd.told, 0)? as f64 / 1e9, seconds))
}

fn main() {
    let program = match programs::build::build("c/crowd.c", "plain") {
        Ok(program) => program.path,
        Err(e) => return println!("! {e}"),
    };
    head();
    let by_peer = |peer: Peer| {
        let executable = executable(peer)?;
        attach(&program, |pid| {
            let mut command = Command::new(executable);
            command.args(["-q", "-nx", "-batch", "-p", &pid.to_string(), "-ex", "detach"]);
            let sample = spawn(&mut command);
            sample.text.contains("detached]").then_some(sample.seconds)
        })
    };
    let bare = || attach(&program, |pid| raw::attach(pid as i32));
    let still = Row { what: "500 threads, attach and detach: still", unit: "ms", more_is_better: false, goal: 10.0 };
    row(&still, || bare().map(|(gap, _)| gap * 1000.0), |peer| by_peer(peer).map(|(gap, _)| gap * 1000.0));
    let whole = Row { what: "the whole command", unit: "ms", more_is_better: false, goal: 2.0 };
    row(&whole, || bare().map(|(_, s)| s * 1000.0), |peer| by_peer(peer).map(|(_, s)| s * 1000.0));
}
