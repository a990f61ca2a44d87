//! A recorded load beside `strace -f -o /dev/null` of the same load in the same repetition, and what a long record keeps in memory.
//!
//! Rows: the load alone, under strace, recorded, recorded and saved as JSON lines, recorded with the second run for its page faults.

#[path = "measure/mod.rs"]
mod measure;
#[path = "../tests/common/mod.rs"]
mod programs;

use std::path::{Path, PathBuf};
use std::process::Command;

use measure::{Peer, executable, median, repetitions, scratch, spawn};
use programs::tools;

/// A recorded load may take so many times as long as strace.
const GOAL: f64 = 2.0;

fn main() {
    let Some(strace) = tools::find("strace") else { return println!("! no strace on PATH") };
    let Some(rdbg) = executable(Peer::Rdbg) else { return println!("! no rdbg") };
    println!(
        "# medians of milliseconds; in brackets times strace, medians of the ratios within a repetition; the goal is {GOAL}"
    );
    println!("{:24}{:>9}{:>9}{:>18}{:>18}{:>18}", "", "alone", "strace", "recorded", "and saved", "and faults");
    let text = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    let loads = [
        ("ls /", tools::find("ls"), text(&["/"])),
        ("git --version", tools::find("git"), text(&["--version"])),
        ("python3 -c import _ssl", python(), text(&["-S", "-c", "import _ssl"])),
        ("bash -c ls|cat", tools::find("bash"), text(&["-c", "ls|cat"])),
    ];
    for (what, program, args) in loads {
        match program {
            Some(program) => row(what, &strace, &rdbg, &program, &args),
            None => println!("! {what}: not on this machine"),
        }
    }
    match programs::build::build("c/asks.c", "lazy") {
        Ok(program) => {
            to_a_file(&strace, &rdbg, &program.path);
            memory(&rdbg, &program.path);
        }
        Err(e) => println!("! {e}"),
    }
}

/// An interpreter of Python itself, not a shell script that looks for one.
fn python() -> Option<PathBuf> {
    let out = Command::new(tools::find("python3")?).args(["-c", "import sys; print(sys.executable)"]).output().ok()?;
    Some(String::from_utf8_lossy(&out.stdout).trim().into())
}

fn recorded(rdbg: &Path, program: &Path, args: &[String], commands: &[&str]) -> f64 {
    let mut command = Command::new(rdbg);
    command.args(["-q", "-nx", "-batch"]);
    for line in commands {
        command.args(["-ex", line]);
    }
    let sample = spawn(command.arg("--args").arg(program).args(args).env("NO_COLOR", "1"));
    if !sample.text.contains("Inferior 1") {
        println!("! {}", sample.text);
    }
    sample.seconds
}

fn row(what: &str, strace: &Path, rdbg: &Path, program: &Path, args: &[String]) {
    let save = format!("timeline save {}", scratch().join("load.jsonl").display());
    let scripts = [
        vec!["timeline start -nofaults", "run"],
        vec!["timeline start -nofaults", "run", &save],
        vec!["timeline start", "run", &save],
    ];
    let (mut alone, mut theirs, mut ours) = (Vec::new(), Vec::new(), vec![(Vec::new(), Vec::new()); scripts.len()]);
    for _ in 0..repetitions() {
        alone.push(spawn(Command::new(program).args(args)).seconds);
        let traced = spawn(Command::new(strace).args(["-f", "-o", "/dev/null"]).arg(program).args(args)).seconds;
        theirs.push(traced);
        for (script, (seconds, ratios)) in scripts.iter().zip(&mut ours) {
            let took = recorded(rdbg, program, args, script);
            seconds.push(took);
            ratios.push(took / traced);
        }
    }
    let shown = |seconds: Vec<f64>| format!("{:.1}", median(seconds).unwrap_or_default() * 1e3);
    let with_ratio = |(seconds, ratios)| format!("{} ({:.2})", shown(seconds), median(ratios).unwrap_or_default());
    let ours: Vec<String> = ours.into_iter().map(with_ratio).collect();
    println!("{what:24}{:>9}{:>9}{:>18}{:>18}{:>18}", shown(alone), shown(theirs), ours[0], ours[1], ours[2]);
}

/// A program that does nothing but calls, all of them decoded into a file, beside `strace -o` of as many; no slower is the goal.
fn to_a_file(strace: &Path, rdbg: &Path, program: &Path) {
    const CALLS: &str = "100000";
    let (log, load) = (scratch().join("load.strace"), scratch().join("load.jsonl"));
    let script = ["timeline start -nofaults".to_owned(), "run".to_owned(), format!("timeline save {}", load.display())];
    let script: Vec<&str> = script.iter().map(String::as_str).collect();
    let (mut theirs, mut ours, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..repetitions() {
        let traced = spawn(Command::new(strace).arg("-o").arg(&log).arg(program).arg(CALLS)).seconds;
        let took = recorded(rdbg, program, &[CALLS.to_owned()], &script);
        theirs.push(traced);
        ours.push(took);
        ratios.push(took / traced);
    }
    let [theirs, ours] = [theirs, ours].map(|seconds| median(seconds).unwrap_or_default() * 1e3);
    let ratio = median(ratios).unwrap_or_default();
    println!(
        "{:24}strace -o {theirs:.0} ms, recorded and saved {ours:.0} ms ({ratio:.2}; the goal is 1)",
        "100000 calls to a file"
    );
}

/// The largest resident set of rdbg with a short record and with a long one.
fn memory(rdbg: &Path, program: &Path) {
    for count in [1_000, 1_000_000] {
        // The shell's parent is rdbg; wait4 would count the program too.
        let look = "shell grep VmHWM /proc/$PPID/status";
        let mut command = Command::new(rdbg);
        command.args([
            "-q",
            "-nx",
            "-batch",
            "-ex",
            "timeline start -nofaults",
            "-ex",
            "run",
            "-ex",
            "timeline summary",
            "-ex",
            look,
        ]);
        let sample = spawn(command.arg("--args").arg(program).arg(count.to_string()));
        let peak = sample.text.lines().find(|l| l.starts_with("VmHWM")).unwrap_or("! not known").to_owned();
        println!(
            "{:24}{:>9.1} s, largest resident set {}",
            format!("{count} system calls"),
            sample.seconds,
            peak.trim_start_matches("VmHWM:").trim()
        );
    }
}
