//! Disassembly held against objdump's, which is gdb's.

mod common;

use std::process::Command;

use common::tools;
use rdbg::arch::disasm::{Flavor, Formatter};

struct Line {
    addr: u64,
    bytes: Vec<u8>,
    text: String,
}

/// What objdump prints for a file: a run of lines for each stretch of code without gaps.
fn objdump(file: &str, flavor: Flavor) -> Option<Vec<Vec<Line>>> {
    let mut command = Command::new("objdump");
    command.args(["-d", "-w"]);
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

/// Compares a file in both flavors; the number of lines and those that differ.
fn compare(file: &str) -> Option<(usize, Vec<String>)> {
    let (mut seen, mut wrong) = (0, Vec::new());
    for flavor in [Flavor::Att, Flavor::Intel] {
        let runs = objdump(file, flavor)?;
        let rows = differences(&runs, flavor, &mut seen);
        wrong.extend(
            rows.into_iter().map(|(addr, theirs, ours)| format!("{file} {addr:#x}\n  objdump {theirs}\n  rdbg    {ours}")),
        );
    }
    Some((seen, wrong))
}

fn assert_equal(file: &str) {
    let Some((seen, wrong)) = compare(file) else {
        return tools::skip(&format!("disassembly of {file}"), "no objdump or no file");
    };
    assert!(wrong.is_empty(), "{} of {seen} lines differ:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
}

#[test]
fn odd_instructions_are_objdumps() {
    match common::build::build("asm/instructions.S", "object") {
        Ok(program) => assert_equal(&program.path.to_string_lossy()),
        Err(e) => tools::skip("odd_instructions_are_objdumps", e),
    }
}

#[test]
fn programs_are_objdumps() {
    ["/bin/ls", "/lib64/ld-linux-x86-64.so.2"].into_iter().for_each(assert_equal);
}

#[test]
#[ignore = "three million lines"]
fn libraries_are_objdumps() {
    let libraries = "/lib/x86_64-linux-gnu";
    for file in ["libc.so.6", "libm.so.6", "libstdc++.so.6"] {
        assert_equal(&format!("{libraries}/{file}"));
    }
    ["/usr/bin/python3", "/usr/bin/git"].into_iter().for_each(assert_equal);
    // libcrypto has tables among its code. What differs are bytes that are no instruction: where a `(bad)` ends, segment
    // registers 6 and 7, x87's undocumented doubles, prefixes that the opcode ignores.
    let Some((seen, wrong)) = compare(&format!("{libraries}/libcrypto.so.3")) else { return };
    println!("libcrypto: {} of {seen} lines differ", wrong.len());
    wrong.iter().for_each(|w| println!("{w}"));
    assert!(wrong.len() * 500 < seen, "{}", wrong[..20].join("\n"));
}

/// Instructions a second, the symbol's name included: `cargo test --release --test disassembly -- --ignored --nocapture rate`.
#[test]
#[ignore = "a measurement"]
fn rate() {
    let Some(runs) = objdump("/lib/x86_64-linux-gnu/libc.so.6", Flavor::Att) else { return };
    let start = std::time::Instant::now();
    let (mut count, mut text, mut names) = (0u64, String::new(), 0u64);
    let mut formatter = Formatter::new(Flavor::Att);
    let codes: Vec<(u64, Vec<u8>)> = runs
        .iter()
        .filter_map(|run| Some((run.first()?.addr, run.iter().flat_map(|l| l.bytes.iter().copied()).collect())))
        .collect();
    let prepared = start.elapsed();
    for (addr, code) in &codes {
        let mut at = 0;
        while at < code.len() {
            text.clear();
            at += formatter.format(
                &code[at..],
                addr + at as u64,
                &mut |_| {
                    names += 1;
                    Some("main+4".to_owned())
                },
                &mut text,
            );
            count += 1;
        }
    }
    let seconds = (start.elapsed() - prepared).as_secs_f64();
    println!("{count} instructions, {names} names: {:.2} million a second", count as f64 / seconds / 1e6);
}
