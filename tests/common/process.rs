//! What the kernel says of a process that rdbg has let go of.

use std::fs;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use rdbg::base::Tid;

/// A line of /proc/PID/status; `None` for a process that has gone.
pub fn status(pid: Tid, key: &str) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    text.lines().find_map(|l| Some(l.strip_prefix(key)?.trim_start_matches([':', '\t']).to_owned()))
}

/// Whether a process is nobody's, goes its way, and has the file's text.
pub fn is_untouched(pid: Tid) {
    let deadline = Instant::now() + Duration::from_secs(10);
    // It may be on its way to where it waits.
    while !status(pid, "State").is_some_and(|s| s.starts_with('S')) {
        assert!(Instant::now() < deadline, "{pid}: {:?}", status(pid, "State"));
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(status(pid, "TracerPid").as_deref(), Some("0"), "{pid}");
    let differences = differences(pid);
    assert!(differences.is_empty(), "{pid}: the text of {differences:?} differs");
}

/// The files whose text is not in a process as it is in them.
pub fn differences(pid: Tid) -> Vec<String> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).expect("maps");
    let memory = fs::File::open(format!("/proc/{pid}/mem")).expect("its memory");
    let (mut seen, mut differing) = (0, Vec::new());
    for line in maps.lines().filter(|l| l.contains(" r-xp ") && l.contains('/')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (start, end) = words[0].split_once('-').expect("a range");
        let hex = |s| u64::from_str_radix(s, 16).expect("hex");
        let (start, end, offset) = (hex(start), hex(end), hex(words[2]));
        let mut there = vec![0; (end - start) as usize];
        memory.read_exact_at(&mut there, start).expect("mapped");
        let mut own = vec![0; there.len()];
        let file = fs::File::open(words[5]).expect("the file");
        let mut n = 0;
        while let Ok(more @ 1..) = file.read_at(&mut own[n..], offset + n as u64) {
            n += more;
        }
        if there[..n] != own[..n] {
            differing.push(words[5].to_owned());
        }
        seen += 1;
    }
    assert!(seen > 1, "{maps}");
    differing
}
