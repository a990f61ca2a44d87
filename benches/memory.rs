//! Memory and code in bulk: `dump` and `find` over 1 GiB (`$MIB` for another size), `disassemble` of libc's whole text.

#[path = "measure/mod.rs"]
mod measure;
#[path = "../tests/common/mod.rs"]
mod programs;

use std::path::{Path, PathBuf};
use std::time::Instant;

use iced_x86::{Decoder, DecoderOptions, Formatter, GasFormatter, Instruction};
use measure::{Peer, Row, debug, head, rate, raw, row, scratch};

/// Where c/memory.c puts its bytes.
const BASE: u64 = 0x1000_0000_0000;

fn main() {
    let program = match programs::build::build("c/memory.c", "lazy") {
        Ok(program) => program.path,
        Err(e) => return println!("! {e}"),
    };
    let mib = std::env::var("MIB").ok().and_then(|v| v.parse().ok()).unwrap_or(1024);
    head();
    bulk(&program, mib);
    match libc() {
        Some((path, offset, start, size)) => disassemble(&path, offset, start, size),
        None => println!("! no libc.so.6 found: disassembly not measured"),
    }
}

fn bulk(program: &Path, mib: usize) {
    let file = scratch().join("dump.bin");
    let ready = || {
        let (ready, _) = raw::symbol_and_text_end(program, "ready")?;
        let tracee = raw::Tracee::start(program, &[mib.to_string()])?;
        tracee.run_to(ready).map(|()| tracee)
    };
    let measured = |command: &dyn Fn(usize) -> String, expected: &str, peer: Peer| {
        let script = |n: usize| format!("break ready\nrun\n{}\necho done\\n\nkill\n", command(n));
        rate(peer, mib, 1, |peer, n| debug(peer, &[program.into(), mib.to_string().into()], &script(n), expected))
    };
    let dump = |n: usize| format!("dump binary memory {} {BASE:#x} {BASE:#x}+{}", file.display(), n << 20);
    let what = Row { what: "dump binary memory", unit: "MiB/s", more_is_better: true, goal: 5.0 };
    row(&what, || raw::dump(&ready()?, BASE, mib, &file), |peer| measured(&dump, "done", peer));
    let peak = Row { what: "the debugger's largest resident set then", unit: "MiB", more_is_better: false, goal: 1.0 };
    row(
        &peak,
        || None,
        |peer| {
            // wait4 would count the program's own memory: the debugger reaps it. The shell's parent is the debugger.
            let script = format!("break ready\nrun\n{}\nshell grep VmHWM /proc/$PPID/status\nkill\n", dump(mib));
            let text = debug(peer, &[program.into(), mib.to_string().into()], &script, "VmHWM:")?.text;
            let kib = text.split("VmHWM:").nth(1)?.split_whitespace().next()?.parse::<f64>().ok()?;
            Some(kib / 1024.0)
        },
    );
    let _ = std::fs::remove_file(&file);
    let find = |n: usize| format!("find /g {BASE:#x}+{}, +{}, 0xf2454c4445454ef1", (mib - n) << 20, (n << 20) - 1);
    let what = Row { what: "find /g, one needle at the end", unit: "MiB/s", more_is_better: true, goal: 1.0 };
    let needle = 0xf245_4c44_4545_4ef1_u64.to_le_bytes();
    row(&what, || raw::find(&ready()?, BASE, mib, &needle), |peer| measured(&find, "1 pattern found", peer));
}

/// The path of libc.so.6 and its .text: offset in the file, address, size.
fn libc() -> Option<(PathBuf, usize, u64, usize)> {
    let places = ["/lib/x86_64-linux-gnu/libc.so.6", "/lib64/libc.so.6", "/usr/lib/libc.so.6"];
    let path = places.iter().map(PathBuf::from).find(|path| path.exists())?;
    let bytes = std::fs::read(&path).ok()?;
    let elf = goblin::elf::Elf::parse(&bytes).ok()?;
    let text = elf.section_headers.iter().find(|s| elf.shdr_strtab.get_at(s.sh_name) == Some(".text"))?;
    Some((path, text.sh_offset as usize, text.sh_addr, text.sh_size as usize))
}

fn disassemble(path: &Path, offset: usize, start: u64, size: usize) {
    let bytes = std::fs::read(path).unwrap_or_default();
    let Some(code) = bytes.get(offset..offset + size) else { return };
    let count = Decoder::with_ip(64, code, start, DecoderOptions::NONE).into_iter().count();
    let formatted = || {
        let from = Instant::now();
        let (mut formatter, mut instruction, mut text) = (GasFormatter::new(), Instruction::default(), String::new());
        let mut decoder = Decoder::with_ip(64, code, start, DecoderOptions::NONE);
        while decoder.can_decode() {
            decoder.decode_out(&mut instruction);
            formatter.format(&instruction, &mut text);
            text.push('\n');
        }
        std::hint::black_box(text);
        Some(count as f64 / from.elapsed().as_secs_f64())
    };
    let what = Row { what: "disassemble libc's .text, instructions", unit: "/s", more_is_better: true, goal: 20.0 };
    row(&what, formatted, |peer| {
        let script = |bytes: usize| format!("disassemble {start:#x},{:#x}\n", start + bytes as u64);
        let all = debug(peer, &[path.into()], &script(size), "End of assembler dump.")?.seconds;
        let few = debug(peer, &[path.into()], &script(16), "End of assembler dump.")?.seconds;
        (all > few).then(|| count as f64 / (all - few))
    });
}
