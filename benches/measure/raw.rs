//! The floor: what the bare system calls cost, without a debugger around them.

use std::ffi::c_void;
use std::fs::File;
use std::io::Write;
use std::mem::offset_of;
use std::os::unix::fs::FileExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::ptrace;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

/// Keeps this process and all that it starts on one core.
pub fn pin(core: usize) {
    let mut set = CpuSet::new();
    if set.set(core).and_then(|()| sched_setaffinity(Pid::from_raw(0), &set)).is_err() {
        println!("! cannot stay on core {core}");
    }
}

/// A traced program, stopped at its first instruction; dies with its owner.
pub struct Tracee(Pid);

impl Drop for Tracee {
    fn drop(&mut self) {
        let _ = kill(self.0, Signal::SIGKILL);
        let _ = waitpid(self.0, None);
    }
}

impl Tracee {
    /// Starts a program, traced; its output goes nowhere.
    pub fn start(program: &Path, args: &[String]) -> Option<Tracee> {
        let mut command = Command::new(program);
        command.args(args).stdout(std::process::Stdio::null());
        // SAFETY: PTRACE_TRACEME and personality are async-signal-safe system calls.
        unsafe {
            command.pre_exec(|| {
                libc::personality(libc::ADDR_NO_RANDOMIZE as libc::c_ulong);
                ptrace::traceme().map_err(std::io::Error::from)
            });
        }
        let pid = Pid::from_raw(command.spawn().ok()?.id() as i32);
        let tracee = Tracee(pid);
        matches!(waitpid(pid, None), Ok(WaitStatus::Stopped(_, Signal::SIGTRAP))).then_some(tracee)
    }

    fn poke(&self, at: u64, word: u64) -> Option<()> {
        ptrace::write(self.0, at as *mut c_void, word as i64).ok()
    }

    fn peek(&self, at: u64) -> Option<u64> {
        ptrace::read(self.0, at as *mut c_void).ok().map(|word| word as u64)
    }

    fn plant(&self, at: u64) -> Option<u64> {
        let word = self.peek(at)?;
        self.poke(at, word & !0xff | 0xcc)?;
        Some(word)
    }

    /// Continues to the next stop; false when it has ended.
    fn go(&self) -> bool {
        ptrace::cont(self.0, None).is_ok() && matches!(waitpid(self.0, None), Ok(WaitStatus::Stopped(..)))
    }

    /// Goes to an address once and takes the breakpoint out again.
    pub fn run_to(&self, at: u64) -> Option<()> {
        let word = self.plant(at)?;
        self.go().then_some(())?;
        self.poke(at, word)?;
        self.set_rip(at)
    }

    fn set_rip(&self, rip: u64) -> Option<()> {
        ptrace::write_user(self.0, offset_of!(libc::user, regs.rip) as *mut c_void, rip as i64).ok()
    }

    /// The tracer's own core becomes the one on which the program last ran: neither sleeps across cores then.
    fn follow(&self) {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0)).unwrap_or_default();
        let core = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(36)).and_then(|field| field.parse().ok());
        if let Some(core) = core {
            pin(core);
        }
    }

    /// Reads a range of the program's memory, a block at a time.
    pub fn read_all(&self, start: u64, size: u64, mut each: impl FnMut(&[u8])) -> Option<()> {
        let memory = File::open(format!("/proc/{}/mem", self.0)).ok()?;
        let mut block = vec![0; 1 << 20];
        for at in (start..start + size).step_by(block.len()) {
            memory.read_exact_at(&mut block, at).ok()?;
            each(&block);
        }
        Some(())
    }
}

/// Runs `work` and puts the affinity of before back.
fn with_affinity_kept<T>(work: impl FnOnce() -> T) -> T {
    let before = sched_getaffinity(Pid::from_raw(0));
    let result = work();
    if let Ok(before) = before {
        let _ = sched_setaffinity(Pid::from_raw(0), &before);
    }
    result
}

/// An address that the file's symbol table gives to a name, and the end of its executable segment.
pub fn symbol_and_text_end(program: &Path, name: &str) -> Option<(u64, u64)> {
    let bytes = std::fs::read(program).ok()?;
    let elf = goblin::elf::Elf::parse(&bytes).ok()?;
    let symbol = elf.syms.iter().find(|s| elf.strtab.get_at(s.st_name) == Some(name))?;
    let text = elf.program_headers.iter().find(|p| p.p_type == goblin::elf::program_header::PT_LOAD && p.is_executable())?;
    Some((symbol.st_value, text.p_vaddr + text.p_memsz))
}

/// Seconds from fork to a stop at `main` and the kill.
pub fn launch(program: &Path) -> Option<f64> {
    let start = Instant::now();
    let (main, _) = symbol_and_text_end(program, "main")?;
    let tracee = Tracee::start(program, &[])?;
    tracee.run_to(main)?;
    drop(tracee);
    Some(start.elapsed().as_secs_f64())
}

/// Hits a second of a breakpoint at `step`, whose first instruction (`push %rbp`) runs from a slot behind the text: a hit costs
/// a wait, a read of a register, a write of rip, and a continue.
pub fn hits(program: &Path, count: usize) -> Option<f64> {
    let (step, end) = symbol_and_text_end(program, "step")?;
    let slot = end.next_multiple_of(8);
    let tracee = Tracee::start(program, &[count.to_string()])?;
    let first = tracee.plant(step)?;
    assert_eq!(first & 0xff, 0x55, "step begins with push %rbp in this build");
    let back = (step + 1).wrapping_sub(slot + 6) as u32;
    tracee.poke(slot, 0x55 | 0xe9 << 8 | u64::from(back) << 16)?;
    with_affinity_kept(|| {
        let start = Instant::now();
        let mut hits = 0usize;
        while tracee.go() {
            if hits.is_multiple_of(1024) {
                tracee.follow();
            }
            ptrace::read_user(tracee.0, offset_of!(libc::user, regs.rdi) as *mut c_void).ok()?;
            tracee.set_rip(slot)?;
            hits += 1;
        }
        (hits == count).then(|| hits as f64 / start.elapsed().as_secs_f64())
    })
}

/// Single steps a second.
pub fn steps(program: &Path, count: usize) -> Option<f64> {
    let (main, _) = symbol_and_text_end(program, "main")?;
    let tracee = Tracee::start(program, &["100000000".to_owned()])?;
    tracee.run_to(main)?;
    with_affinity_kept(|| {
        tracee.follow();
        let start = Instant::now();
        for _ in 0..count {
            ptrace::step(tracee.0, None).ok()?;
            waitpid(tracee.0, None).ok()?;
        }
        Some(count as f64 / start.elapsed().as_secs_f64())
    })
}

/// Seconds to seize every thread of a process, stop them, read their registers and let them go.
pub fn attach(pid: i32) -> Option<f64> {
    let start = Instant::now();
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten();
    let tids: Vec<Pid> = tasks.filter_map(|t| t.file_name().to_str()?.parse().ok().map(Pid::from_raw)).collect();
    tids.iter().try_for_each(|tid| ptrace::seize(*tid, ptrace::Options::empty())).ok()?;
    tids.iter().try_for_each(|tid| ptrace::interrupt(*tid)).ok()?;
    for tid in &tids {
        waitpid(*tid, Some(nix::sys::wait::WaitPidFlag::__WALL)).ok()?;
        ptrace::getregs(*tid).ok()?;
    }
    tids.iter().try_for_each(|tid| ptrace::detach(*tid, None)).ok()?;
    Some(start.elapsed().as_secs_f64())
}

/// MiB a second of memory copied to a file.
pub fn dump(tracee: &Tracee, start: u64, mib: usize, to: &Path) -> Option<f64> {
    let mut file = File::create(to).ok()?;
    let from = Instant::now();
    let mut written = true;
    tracee.read_all(start, (mib as u64) << 20, |block| written &= file.write_all(block).is_ok())?;
    written.then(|| mib as f64 / from.elapsed().as_secs_f64())
}

/// MiB a second of memory searched for eight bytes.
pub fn find(tracee: &Tracee, start: u64, mib: usize, needle: &[u8]) -> Option<f64> {
    let from = Instant::now();
    let mut found = 0;
    tracee.read_all(start, (mib as u64) << 20, |block| found += memchr::memmem::find_iter(block, needle).count())?;
    (found == 1).then(|| mib as f64 / from.elapsed().as_secs_f64())
}
