//! Runs rdbg, gdb and a raw loop in turn, again and again, and prints medians and medians of the ratios within a repetition:
//! whatever else the machine does then falls on all of them.
//!
//! `$RDBG` and `$GDB` name other executables, `$REPS` the repetitions (3), `$PIN` a core on which everything runs (none).
// Each bench includes this module and uses a part of it.
#![allow(unsafe_code, dead_code)]

pub mod raw;

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// No run takes longer.
const LIMIT: Duration = Duration::from_secs(60);

/// A debugger to measure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Peer {
    /// The rdbg of this build, or `$RDBG`.
    Rdbg,
    /// `$GDB`, `$RDBG_TEST_GDB`, or the one on PATH.
    Gdb,
}

/// A process run to its end.
pub struct Sample {
    /// Wall time of the whole process.
    pub seconds: f64,
    /// Its largest resident set, in KiB.
    pub rss: f64,
    /// What it printed.
    pub text: String,
}

/// The directory for scripts, outputs and dumps.
pub fn scratch() -> &'static Path {
    static DIR: LazyLock<PathBuf> = LazyLock::new(|| {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench");
        std::fs::create_dir_all(&dir).expect("a directory for scratch files");
        dir
    });
    &DIR
}

fn number(variable: &str) -> Option<usize> {
    std::env::var(variable).ok().and_then(|value| value.parse().ok())
}

/// Runs a command to its end in a process group of its own.
#[allow(clippy::zombie_processes)] // wait4 below waits, and tells the memory too
pub fn spawn(command: &mut Command) -> Sample {
    let printed = scratch().join("printed");
    let out = std::fs::File::create(&printed).expect("a file for what is printed");
    let errors = out.try_clone().expect("another descriptor");
    command.stdin(Stdio::null()).stdout(out).stderr(errors).process_group(0);
    let start = Instant::now();
    let child = command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let pid = child.id() as i32;
    let done = Arc::new(AtomicBool::new(false));
    let watched = done.clone();
    let watchdog = std::thread::spawn(move || {
        std::thread::park_timeout(LIMIT);
        if !watched.load(Ordering::Acquire) {
            // SAFETY: a plain system call; the group is the one made above, whose leader has not been waited for.
            unsafe { libc::kill(-pid, libc::SIGKILL) };
        }
    });
    let mut status = 0;
    // SAFETY: rusage is plain data for which zeroes are valid, and both pointers are to live values.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::wait4(pid, &mut status, 0, &mut usage);
        usage
    };
    let seconds = start.elapsed().as_secs_f64();
    done.store(true, Ordering::Release);
    watchdog.thread().unpark();
    let text = String::from_utf8_lossy(&std::fs::read(&printed).unwrap_or_default()).into_owned();
    Sample { seconds, rss: usage.ru_maxrss as f64, text }
}

/// The peer's executable, if there is one.
pub fn executable(peer: Peer) -> Option<PathBuf> {
    match peer {
        Peer::Rdbg => Some(std::env::var_os("RDBG").map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_rdbg")), PathBuf::from)),
        Peer::Gdb => {
            ["GDB", "RDBG_TEST_GDB"].iter().find_map(std::env::var_os).map(PathBuf::from).or_else(|| {
                std::env::split_paths(&std::env::var_os("PATH")?).map(|dir| dir.join("gdb")).find(|path| path.is_file())
            })
        }
    }
}

/// Runs a script of commands in a peer; `None` where the peer is missing or `expected` is not in what it printed, said aloud.
pub fn debug(peer: Peer, program: &[OsString], script: &str, expected: &str) -> Option<Sample> {
    let file = scratch().join("script");
    let quiet = "set confirm off\nset pagination off\nset width 0\nset height 0\n";
    std::fs::write(&file, format!("{quiet}{script}")).expect("a script");
    let mut command = Command::new(executable(peer)?);
    command.args(["-q", "-nx", "-batch", "-x"]).arg(&file).arg("--args").args(program).env("NO_COLOR", "1");
    let sample = spawn(&mut command);
    if sample.text.contains(expected) {
        return Some(sample);
    }
    let end: String = sample.text.chars().rev().take(300).collect::<Vec<_>>().into_iter().rev().collect();
    println!("! {peer:?}: no {expected:?} after {:.2} s, but ...{end:?}", sample.seconds);
    None
}

/// Events a second: the difference of a long and a short run, so that start-up cancels. Both in the same repetition.
pub fn rate(peer: Peer, long: usize, short: usize, mut run: impl FnMut(Peer, usize) -> Option<Sample>) -> Option<f64> {
    let few = run(peer, short)?.seconds;
    let many = run(peer, long)?.seconds;
    (many > few).then(|| (long - short) as f64 / (many - few))
}

/// How often everything is measured: `$REPS`, or 3.
pub fn repetitions() -> usize {
    number("REPS").unwrap_or(3)
}

/// What a row shows.
pub struct Row {
    /// What is measured.
    pub what: &'static str,
    /// `/s`, `ms`, `MiB`, `MiB/s`.
    pub unit: &'static str,
    /// True for a rate, false for a time or a size.
    pub more_is_better: bool,
    /// How many times better than gdb rdbg means to be.
    pub goal: f64,
}

/// Prints the head of the table.
pub fn head() {
    if let Some(core) = number("PIN") {
        raw::pin(core);
    }
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    println!(
        "# load {load}, {}; medians; ratios within a repetition",
        std::env::var("PIN").map_or("unpinned".into(), |core| format!("core {core}"))
    );
    println!("{:42}{:>16}{:>16}{:>16}{:>13}{:>8}{:>13}", "", "rdbg", "gdb", "raw", "rdbg : gdb", "goal", "raw : rdbg");
}

/// Measures a row: each repetition asks raw, rdbg and gdb in turn.
pub fn row(row: &Row, mut raw: impl FnMut() -> Option<f64>, mut peer: impl FnMut(Peer) -> Option<f64>) {
    let (mut ours, mut theirs, mut floor, mut better, mut above) = (vec![], vec![], vec![], vec![], vec![]);
    let times = |good: f64, bad: f64| if row.more_is_better { good / bad } else { bad / good };
    for _ in 0..repetitions() {
        let (limit, rdbg, gdb) = (raw(), peer(Peer::Rdbg), peer(Peer::Gdb));
        ours.extend(rdbg);
        theirs.extend(gdb);
        floor.extend(limit);
        better.extend(rdbg.zip(gdb).map(|(r, g)| times(r, g)));
        above.extend(limit.zip(rdbg).map(|(l, r)| times(l, r)));
    }
    let show = |values: Vec<f64>| median(values).map_or("-".to_owned(), |v| format!("{} {}", grouped(v), row.unit));
    let ratio = |values: Vec<f64>| median(values).map_or("-".to_owned(), |v| format!("{v:.2}"));
    println!(
        "{:42}{:>16}{:>16}{:>16}{:>13}{:>8}{:>13}",
        row.what,
        show(ours),
        show(theirs),
        show(floor),
        ratio(better),
        format!("{}", row.goal),
        ratio(above)
    );
}

/// The middle of values.
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    match n {
        0 => None,
        _ if n % 2 == 1 => Some(values[n / 2]),
        _ => Some((values[n / 2 - 1] + values[n / 2]) / 2.0),
    }
}

/// `1234567` as `1,234,567`; three digits of what is small.
fn grouped(value: f64) -> String {
    if value < 100.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{value:.0}");
    let groups: Vec<String> =
        digits.as_bytes().rchunks(3).rev().map(|chunk| String::from_utf8_lossy(chunk).into_owned()).collect();
    groups.join(",")
}
