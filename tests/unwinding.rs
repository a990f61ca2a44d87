//! Whole stacks held against gdb's: every frame's pc, stack pointer and preserved registers.

mod common;

use std::path::Path;
use std::process::Command;

use common::tools;
use rdbg::arch::regs::{Gpr, Registers};
use rdbg::base::{AddrRange, FileAddr, LoadBias, Mapping, Memory, MemoryMap, Perms, Result, VirtAddr};
use rdbg::elf::Image;
use rdbg::stack::{FrameHow, ProcessCode, RuleCache, Unwinder};
use rdbg::symbols::{ModuleRole, Modules, NewModule};

/// The registers that gdb is asked for, in the order of its answer.
const ASKED: [(Gpr, &str); 8] = [
    (Gpr::Rip, "$pc"),
    (Gpr::Rsp, "$sp"),
    (Gpr::Rbp, "$rbp"),
    (Gpr::Rbx, "$rbx"),
    (Gpr::R12, "$r12"),
    (Gpr::R13, "$r13"),
    (Gpr::R14, "$r14"),
    (Gpr::R15, "$r15"),
];

/// What gdb said about a stopped program: a row a frame, the mapped files, and a core file's bytes.
struct Truth {
    frames: Vec<[u64; 8]>,
    maps: Vec<(u64, u64, u64, String)>,
    memory: Dead,
}

/// A dead process: the pages in a core file, else the files' own bytes.
struct Dead {
    core: Vec<u8>,
    modules: Modules,
}

impl Dead {
    fn word(&self, at: usize) -> u64 {
        self.core.get(at..at + 8).map_or(0, |b| u64::from_le_bytes(b.try_into().unwrap()))
    }
}

impl Memory for Dead {
    fn read_partial(&self, at: VirtAddr, buf: &mut [u8]) -> Result<usize> {
        let (table, count) = (self.word(32) as usize, self.word(56) as u16 as usize);
        for header in (0..count).map(|i| table + 56 * i) {
            let (offset, start, size) = (self.word(header + 8), self.word(header + 16), self.word(header + 32));
            if self.word(header) as u32 == 1 && at.0 >= start && at.0 - start < size {
                let from = (offset + at.0 - start) as usize;
                let n = buf.len().min((size - (at.0 - start)) as usize);
                buf[..n].copy_from_slice(&self.core[from..from + n]);
                return Ok(n);
            }
        }
        let bytes = self.modules.at(at).and_then(|m| m.image().read_from(m.to_file(at))).unwrap_or_default();
        let n = bytes.len().min(buf.len());
        buf[..n].copy_from_slice(&bytes[..n]);
        Ok(n)
    }
}

/// Runs the program in gdb up to `function` and takes everything down.
fn ask_gdb(gdb: &Path, program: &Path, function: &str, args: &str) -> Option<Truth> {
    let core = program.with_extension(format!("{}.core", std::process::id()));
    let format = ASKED.map(|_| "%lx").join(" ");
    let names = ASKED.map(|(_, n)| format!("(long){n}")).join(", ");
    let mut commands: Vec<String> = ["set backtrace past-main on", "handle all nostop noprint pass"].map(str::to_owned).to_vec();
    commands.extend([format!("break {function}"), format!("run {args}"), "info proc mappings".to_owned()]);
    commands.push(format!("gcore {}", core.display()));
    for level in 0..150 {
        commands.push(format!("frame {level}"));
        commands.push(format!("printf \"ROW {format}\\n\", {names}"));
    }
    let script = program.with_extension("gdb");
    std::fs::write(&script, commands.join("\n")).unwrap();
    let mut command = Command::new(gdb);
    // A failing `frame N` beyond the last one ends the script: that is the end of the stack.
    // Without the C library's own debug information: no inlined and no tail call frames.
    command
        .args(["-nx", "-q", "-batch", "-ex", "set breakpoint pending on", "-iex", "set debug-file-directory /nowhere", "-x"])
        .arg(&script)
        .arg(program);
    let (out, _) = tools::output(&mut command);
    let hex = |w: &str| u64::from_str_radix(w.trim_start_matches("0x"), 16).ok();
    let rows = out.lines().filter_map(|l| l.strip_prefix("ROW "));
    let frames = rows.filter_map(|l| l.split(' ').filter_map(hex).collect::<Vec<_>>().try_into().ok()).collect();
    let maps: Vec<(u64, u64, u64, String)> = out
        .lines()
        .filter_map(|l| {
            let w: Vec<&str> = l.split_whitespace().collect();
            let file = w.last().filter(|f| f.starts_with('/'))?;
            Some((hex(w.first()?)?, hex(w.get(1)?)?, hex(w.get(3)?)?, (*file).to_owned()))
        })
        .collect();
    let bytes = std::fs::read(&core).ok()?;
    let _ = std::fs::remove_file(&core);
    Some(Truth { frames, memory: Dead { core: bytes, modules: modules(&maps) }, maps })
}

fn modules(maps: &[(u64, u64, u64, String)]) -> Modules {
    let mut modules = Modules::default();
    for (start, _, _, path) in maps.iter().filter(|m| m.2 == 0) {
        // LLD's segments may share the file's first page: the first mapping is the base.
        if modules.iter().any(|m| m.path == Path::new(path)) {
            continue;
        }
        let Ok(image) = Image::open(Path::new(path)) else { continue };
        let first = image.loads().next().map_or(FileAddr(0), |s| s.addr);
        let bias = LoadBias(start.wrapping_sub(first.0));
        modules.add(NewModule { image, path: path.into(), role: ModuleRole::Library, bias });
    }
    modules
}

fn memory_map(maps: &[(u64, u64, u64, String)], modules: &Modules) -> MemoryMap {
    let row = |(start, end, offset, name): &(u64, u64, u64, String)| {
        let at = VirtAddr(*start);
        let exec = modules.at(at).and_then(|m| m.image().load_at(m.to_file(at)).map(|s| s.is_code())).unwrap_or(false);
        let perms = Perms { read: true, write: false, exec, shared: false };
        let range = AddrRange::new(at, VirtAddr(*end));
        Mapping { range, perms, offset: *offset, device: (0, 0), inode: 1, name: name.clone() }
    };
    MemoryMap { mappings: maps.iter().map(row).collect() }
}

/// Compares; registers that we do not know are not compared, except the pc and the stack pointer. How each frame was found.
fn compare(truth: &Truth, what: &str) -> Vec<FrameHow> {
    let mut registers = Registers::unknown();
    let first = truth.frames.first().unwrap_or_else(|| panic!("{what}: gdb showed no frame"));
    for ((register, _), value) in ASKED.iter().zip(first) {
        registers.set(*register, *value);
    }
    let maps = memory_map(&truth.maps, &truth.memory.modules);
    let code = ProcessCode {
        modules: &truth.memory.modules,
        is_mapped_code: &|at| maps.at(at).is_some_and(|m| m.perms.exec),
        original_pc: &|pc| pc,
    };
    let rules = RuleCache::default();
    let (frames, end) = Unwinder::new(&truth.memory, &code, &rules).walk(&registers, 200);
    let shown: Vec<String> = frames.iter().map(|f| format!("{:?} {:?}", f.pc, f.how)).collect();
    if what.starts_with("musl") {
        // gdb gives up at musl's signal trampoline, which has no unwind table; the program knows who called whom.
        let names: Vec<String> =
            frames.iter().filter_map(|f| truth.memory.modules.locate(f.pc.lookup())).map(|l| l.raw_name).collect();
        let wanted = ["here", "on_signal", "deep", "deep", "deep", "deep", "deep", "deep", "compare", "main"];
        let own: Vec<&str> = names.iter().map(String::as_str).filter(|n| wanted.contains(n)).collect();
        assert_eq!(own, wanted, "{what}: {end:?}\n{}", shown.join("\n"));
        return frames.iter().map(|f| f.how).collect();
    }
    assert_eq!(frames.len(), truth.frames.len(), "{what}: {end:?}\n{}\ngdb: {:x?}", shown.join("\n"), truth.frames);
    for (ours, theirs) in frames.iter().zip(&truth.frames) {
        for ((register, name), theirs) in ASKED.iter().zip(theirs) {
            let known = ours.registers.get(*register);
            if known.is_some() || matches!(register, Gpr::Rip | Gpr::Rsp) {
                assert_eq!(known, Some(*theirs), "{what}: frame {} {name}", ours.level);
            }
        }
    }
    frames.iter().map(|f| f.how).collect()
}

#[test]
fn stacks_are_gdbs() {
    let Some(gdb) = tools::gdb() else { return tools::skip("stacks_are_gdbs", "no gdb") };
    for build in ["O0", "O2", "no-plt", "static", "no-tables", "musl", "musl-static", "lld"] {
        let program = match common::build::build("c/stack.c", build) {
            Ok(program) => program,
            Err(e) => {
                tools::skip(&format!("stacks_are_gdbs {build}"), format!("{e}"));
                continue;
            }
        };
        let Some(truth) = ask_gdb(&gdb.path, &program.path, "here", "") else {
            tools::skip(&format!("stacks_are_gdbs {build}"), "gdb wrote no core file");
            continue;
        };
        let how = compare(&truth, build);
        println!("{build}: {how:?}");
    }
}

#[test]
fn plt_stubs_and_the_resolver_have_callers() {
    let Some(gdb) = tools::gdb() else { return tools::skip("plt_stubs_and_the_resolver_have_callers", "no gdb") };
    let Ok(program) = common::build::build("c/hello.c", "lazy") else {
        return tools::skip("plt_stubs_and_the_resolver_have_callers", "no C compiler");
    };
    let image = Image::open(&program.path).unwrap();
    let plt = image.section(".plt").unwrap().addr.0;
    // PLT[0] before and after its push, puts's stub at its start and after its push of the index.
    for at in [plt, plt + 6, plt + 16, plt + 22, plt + 27] {
        let Some(truth) = ask_gdb(&gdb.path, &program.path, &format!("*{at:#x}"), "") else {
            return tools::skip("plt_stubs_and_the_resolver_have_callers", "gdb wrote no core file");
        };
        compare(&truth, &format!("PLT at {at:#x}"));
    }
}

#[test]
fn real_programs_are_gdbs() {
    let Some(gdb) = tools::gdb() else { return tools::skip("real_programs_are_gdbs", "no gdb") };
    for (source, function, args) in [("/bin/ls", "write", "/"), ("/usr/bin/python3", "write", "-c 'print(1)'")] {
        // gdb's files are written beside the program.
        let copy = common::root().join("target/unwinding").join(Path::new(source).file_name().unwrap());
        std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
        if std::fs::copy(source, &copy).is_err() {
            tools::skip("real_programs_are_gdbs", format!("no {source}"));
            continue;
        }
        match ask_gdb(&gdb.path, &copy, function, args) {
            Some(truth) if !truth.frames.is_empty() => println!("{source}: {} frames", compare(&truth, source).len()),
            _ => tools::skip("real_programs_are_gdbs", format!("gdb did not stop {source} in {function}")),
        }
    }
}
