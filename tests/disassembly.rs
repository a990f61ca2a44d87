//! Disassembly held against objdump's, which is gdb's.

use std::process::Command;

use rdbg::arch::disasm::{Flavor, Formatter};

struct Line {
    addr: u64,
    bytes: Vec<u8>,
    text: String,
}

/// What objdump prints for a file: a run of lines for each stretch of code without gaps.
fn objdump(file: &str, flavor: Flavor, extra: &[&str]) -> Option<Vec<Vec<Line>>> {
    let mut command = Command::new("objdump");
    command.args(["-d", "-w"]).args(extra);
    if flavor == Flavor::Intel {
        command.args(["-M", "intel"]);
    }
    let out = command.arg(file).output().ok().filter(|o| o.status.success())?;
    let mut runs: Vec<Vec<Line>> = vec![Vec::new()];
    let mut next = 0;
    for line in String::from_utf8_lossy(&out.stdout).lines() {
        let mut parts = line.splitn(3, '\t');
        let (Some(addr), Some(bytes), text) = (parts.next(), parts.next(), parts.next().unwrap_or("")) else { continue };
        let Ok(addr) = u64::from_str_radix(addr.trim().trim_end_matches(':'), 16) else { continue };
        let bytes: Vec<u8> = bytes.split_whitespace().map_while(|b| u8::from_str_radix(b, 16).ok()).collect();
        if addr != next {
            runs.push(Vec::new());
        }
        next = addr + bytes.len() as u64;
        runs.last_mut()?.push(Line { addr, bytes, text: as_gdb(text) });
    }
    Some(runs)
}

/// objdump's notation of addresses made gdb's: `1030 <puts@plt>` is `0x1030` (names are not compared).
fn as_gdb(text: &str) -> String {
    let text = text.trim_end();
    let Some(open) = text.find(" <") else { return text.to_owned() };
    let before = &text[..open];
    let at = before.rfind(' ').map_or(0, |i| i + 1);
    format!("{}0x{}", &before[..at], &before[at..])
}

/// The lines that differ: address, objdump's, ours.
fn differences(runs: &[Vec<Line>], flavor: Flavor, seen: &mut usize) -> Vec<(u64, String, String)> {
    let mut formatter = Formatter::new(flavor);
    let mut out = Vec::new();
    for run in runs {
        let code: Vec<u8> = run.iter().flat_map(|l| l.bytes.iter().copied()).collect();
        let Some(start) = run.first().map(|l| l.addr) else { continue };
        for line in run {
            let mut ours = String::new();
            let at = (line.addr - start) as usize;
            let len = formatter.format(&code[at..], line.addr, &mut |_| None, &mut ours);
            *seen += 1;
            if ours != line.text || len != line.bytes.len() {
                let hex: String = line.bytes.iter().map(|b| format!("{b:02x}")).collect();
                out.push((line.addr, format!("{} [{hex}]", line.text), ours));
            }
        }
    }
    out
}

#[test]
#[ignore]
fn compare() {
    let files = std::env::var("RDBG_DISASM_FILES").unwrap_or("/bin/ls".into());
    for flavor in [Flavor::Att, Flavor::Intel] {
        if std::env::var("ATT").is_ok() && flavor == Flavor::Intel {
            continue;
        }
        for file in files.split(' ') {
            let Some(runs) = objdump(file, flavor, &[]) else {
                eprintln!("objdump is missing");
                return;
            };
            let mut seen = 0;
            let diffs = differences(&runs, flavor, &mut seen);
            for (addr, theirs, ours) in diffs.iter() {
                println!("{addr:x}\n  -{theirs}\n  +{ours}");
            }
            println!("{file} {flavor:?}: {} of {seen} lines differ", diffs.len());
        }
    }
}
