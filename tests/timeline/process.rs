//! Records of processes: what they do while they are watched, counted or left alone.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use regex::Regex;
use serde_json::Value;

use super::common::load::{self, Load};
use super::common::{raw, rdbg, tools};
use super::{built, hex_field, installed, text};

/// A child of the recorded program goes on, and into the record, while the program stands at a catchpoint and rdbg at its prompt.
#[test]
fn children_go_on_while_the_program_stands() {
    let Some(bash) = installed("bash", &[]) else { return };
    let (done, record) = (load::scratch("done"), load::scratch("jsonl"));
    let script = format!("(/bin/true; echo one >{}) & wait", done.display());
    let load = Load::of(&bash.program, &["-c", &script]);
    let mut command = rdbg::Session::rdbg().program(&load.program, &load.args).command();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut rdbg = command.spawn().unwrap();
    let mut input = rdbg.stdin.take().unwrap();
    writeln!(input, "timeline start -nofaults\ncatch syscall wait4\nrun").unwrap();
    let begun = Instant::now();
    let is_written = || std::fs::read(&done).is_ok_and(|text| text == b"one\n");
    while !is_written() && begun.elapsed() < rdbg::PATIENCE {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(is_written(), "the child has not gone on");
    // Until its end has come into the record, and that of the subshell.
    let read = || std::fs::read_to_string(&record).unwrap_or_default();
    while read().matches("\"kind\":\"exit\"").count() < 2 && begun.elapsed() < rdbg::PATIENCE {
        writeln!(input, "timeline save {}", record.display()).unwrap();
        std::thread::sleep(Duration::from_millis(100));
    }
    writeln!(input, "info program\ntimeline save {}\nkill\nquit", record.display()).unwrap();
    drop(input);
    let out = rdbg.wait_with_output().unwrap();
    let out = String::from_utf8_lossy(&out.stdout);
    assert!(out.contains("Catchpoint 1") && out.contains("wait4"), "{out}");
    let text = std::fs::read_to_string(&record).unwrap_or_else(|e| panic!("{e}: {out}"));
    let events: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let leader = &events[0]["pid"];
    let of_child = |kind: &str| events.iter().filter(|e| e["pid"] != *leader && e["kind"] == kind).count();
    assert!(of_child("syscall") > 10 && of_child("exec") == 1 && of_child("exit") == 2, "{out}");
    for file in [done, record] {
        let _ = std::fs::remove_file(file);
    }
}

/// The instructions from the first one to `main` are as many as a plain loop of single steps counts.
#[test]
fn instructions_are_as_many_as_single_steps() {
    for name in ["lazy", "static"] {
        let Some(hello) = built("c/hello.c", name) else { continue };
        let load = Load::of(&hello, &[]);
        let file = load::scratch("jsonl");
        let save = format!("timeline save {}", file.display());
        let done = load.recorded(&[], &["timeline start -nofaults -steps"], &[&save]);
        let text_of = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{e}: {}", done.text));
        let _ = std::fs::remove_file(&file);
        let events: Vec<Value> = text_of.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        let of = |parts: &[&str]| -> u64 {
            let wanted = |e: &&Value| e["kind"] == "steps" && parts.contains(&text(e, "of"));
            events.iter().filter(wanted).map(|e| e["count"].as_u64().unwrap()).sum()
        };
        let hex = |e: &Value, key: &str| u64::from_str_radix(text(e, key).trim_start_matches("0x"), 16).unwrap();
        let main = hex(events.iter().find(|e| e["kind"] == "main").unwrap(), "pc");
        let theirs = raw::steps_to(&load.under(Path::new("env"), &[]), &hello, main);
        assert_eq!(of(&["load", "start"]), theirs, "{name}: rdbg is left, single steps are right");
        // Each lazy bind from main on, once; ld.so's resolver is in each.
        let binds: BTreeSet<String> = events
            .iter()
            .filter(|e| e["kind"] == "bind" && e["phase"] == "main")
            .map(|e| format!("bind of {}", text(e, "symbol")))
            .collect();
        let stepped: BTreeSet<String> =
            events.iter().filter(|e| e["kind"] == "steps" && e["phase"] == "main").map(|e| text(e, "of").to_owned()).collect();
        assert_eq!(stepped, binds, "{name}");
        assert_eq!(binds.is_empty(), name != "lazy");
        // Without its symbols ld.so's functions have no names.
        let is_loader = |e: &&Value| e["kind"] == "steps" && e["phase"] == "main" && text(e, "object").contains("/ld-linux");
        let by_loader: u64 = events.iter().filter(is_loader).map(|e| e["count"].as_u64().unwrap()).sum();
        assert!(by_loader >= 100 * binds.len() as u64, "{name}: {by_loader}");
    }
}

/// Each sentence of -explain holds of the call that it stands beside, by what the kernel and the file say.
#[test]
fn explanations_are_true() {
    let Some(hello) = built("c/hello.c", "lazy") else { return };
    let load = Load::of(&hello, &[]);
    let file = load::scratch("jsonl");
    let save = format!("timeline save {}", file.display());
    load.recorded(&[], &["timeline start -nofaults -explain"], &[&save]);
    let text_of = std::fs::read_to_string(&file).unwrap();
    let _ = std::fs::remove_file(&file);
    let events: Vec<Value> = text_of.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let said = |e: &Value| text(e, "explain").to_owned();
    for pair in events.windows(2).filter(|w| w[0]["kind"] == "syscall") {
        let (call, next) = (&pair[0], &pair[1]);
        let words = text(call, "text");
        if let Some(n) = said(call).split_once("PT_LOAD ").and_then(|(_, rest)| rest.chars().next()) {
            assert_eq!((&next["kind"], next["segment"].to_string()), (&Value::from("map"), n.to_string()), "{words}");
        }
        let relro = words.starts_with("mprotect(") && words.contains(", PROT_READ)");
        assert_eq!(said(call).starts_with("RELRO"), relro, "{words}: {}", said(call));
        assert_eq!(said(call) == "Asks where the heap ends, and moves nothing.", words.starts_with("brk(NULL)"), "{words}");
        assert_eq!(said(call).contains("ELF header,"), words.contains("\\177ELF"), "{words}");
    }
    let count = |sentence: &str| events.iter().filter(|e| said(e) == sentence).count();
    assert_eq!(count("Opens ldconfig's index, which says where in the default directories a library is."), 1);
    assert_eq!(count("ldconfig's index is needed no more."), 1);
    assert_eq!(count("Sets the thread pointer: thread-local storage is found by %fs from now on."), 1);
    assert!(
        events.iter().filter(|e| e["kind"] == "syscall").all(|e| e["explain"].is_string()),
        "every call of this load is known"
    );
}

/// The faults of a process that was alive when the recording began: each page that it writes to, by the instruction that does, marked
/// as disturbed.
#[test]
fn faults_of_a_living_process_are_marked() {
    let Some(touches) = built("c/touches.c", "lazy") else { return };
    let file = load::scratch("jsonl");
    let save = format!("timeline save {}", file.display());
    let commands = ["break touch", "run", "timeline start", "continue", &save];
    let done = rdbg::Session::rdbg().program(&touches, [""; 0]).batch(&commands);
    let expect = Regex::new(r"EXPECT region=0x([0-9a-f]+) touch=0x([0-9a-f]+)").unwrap();
    let found = expect.captures(&done.text).unwrap_or_else(|| panic!("{}", done.text));
    let (region, touch) = (u64::from_str_radix(&found[1], 16).unwrap(), u64::from_str_radix(&found[2], 16).unwrap());
    let Ok(text_of) = std::fs::read_to_string(&file) else { panic!("{}", done.text) };
    let _ = std::fs::remove_file(&file);
    if done.text.contains("Page faults were not recorded") {
        return tools::skip("faults_of_a_living_process_are_marked", done.text);
    }
    let events: Vec<Value> = text_of.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let faults: Vec<&Value> = events.iter().filter(|e| e["kind"] == "fault").collect();
    for page in (0..64).map(|n| region + n * 4096) {
        let of = faults.iter().filter(|e| hex_field(e, "address") & !0xfff == page).collect::<Vec<_>>();
        assert!(of.len() == 1 && (touch..touch + 0x60).contains(&hex_field(of[0], "pc")), "{page:#x}: {of:?}");
    }
    assert!(faults.iter().all(|e| e["disturbed"] == true && e.get("run").is_none()));
    let times: Vec<f64> = events.iter().map(|e| e["t"].as_f64().unwrap()).collect();
    let first = events.iter().position(|e| e["kind"] == "fault").unwrap();
    let last = events.iter().rposition(|e| e["kind"] == "fault").unwrap();
    assert!(times[first..=last].is_sorted(), "in the order of time");
}

/// A record that is a hundred times as long keeps no more in memory: it goes to disk.
#[test]
fn a_long_record_does_not_fill_memory() {
    let Some(asks) = built("c/asks.c", "lazy") else { return };
    let peak = |count: u64| {
        let load = Load::of(&asks, &[&count.to_string()]);
        // The shell's parent is rdbg.
        let after = ["timeline summary -json", "shell grep VmHWM /proc/$PPID/status"];
        let done = load.recorded(&[], &["timeline start -nofaults"], &after);
        let kib = Regex::new(r"VmHWM:\s+(\d+) kB").unwrap().captures(&done.text).unwrap_or_else(|| panic!("{}", done.text))[1]
            .parse::<u64>();
        let calls: u64 = done
            .text
            .lines()
            .filter_map(|l| serde_json::from_str::<Value>(l).ok())
            .map(|row| row["syscalls"].as_u64().unwrap())
            .sum();
        assert!(calls >= count, "{}", done.text);
        kib.unwrap()
    };
    let (short, long) = (peak(500), peak(50_000));
    // As lines they are 10 MiB.
    assert!(long < short + 7 * 1024, "{short} KiB, {long} KiB");
}
