//! Every ptrace(2) request that rdbg makes. The calling thread must be the one that seized the tracee.
#![allow(unsafe_code)]

use std::mem::offset_of;
use std::ptr;

use libc::{c_long, c_uint, c_void};

use crate::arch::regs::{GPR_COUNT, Gpr, XState};
use crate::base::{Error, Result, Signal, Tid};

/// Options of PTRACE_SEIZE (ptrace(2)): new threads, forks and execs are reported.
const OPTIONS: libc::c_int = libc::PTRACE_O_TRACESYSGOOD
    | libc::PTRACE_O_TRACECLONE
    | libc::PTRACE_O_TRACEFORK
    | libc::PTRACE_O_TRACEVFORK
    | libc::PTRACE_O_TRACEVFORKDONE
    | libc::PTRACE_O_TRACEEXEC;

/// elf.h: the XSAVE area as a register set.
const NT_X86_XSTATE: usize = 0x202;

/// linux/ptrace.h; libc has no names for them.
const PTRACE_GETSIGMASK: c_uint = 0x420a;
const PTRACE_SETSIGMASK: c_uint = 0x420b;

/// Larger than any processor's XSAVE area (11,008 bytes with AMX).
const XSTATE_MAX: usize = 64 * 1024;

fn request(name: &str, request: c_uint, tid: Tid, addr: usize, data: usize) -> Result<c_long> {
    // SAFETY: every caller passes as `data` either a plain number or a pointer to a buffer that outlives the call and is
    // at least as long as the request writes. The kernel checks everything else.
    let result = unsafe { libc::ptrace(request, tid.0, addr as *mut c_void, data as *mut c_void) };
    if result == -1 {
        let error = Error::last_os(format!("ptrace({name}, {tid})"));
        tracing::trace!(target: "os", %tid, name, ?error, "ptrace");
        return Err(if matches!(error, Error::Os { errno: libc::ESRCH, .. }) { Error::Gone } else { error });
    }
    tracing::trace!(target: "os", %tid, name, addr, data, "ptrace");
    Ok(result)
}

/// Begins to trace a thread without stopping it. With `exit_kill`, the kernel kills it when rdbg ends in whatever way. With
/// `filtered`, a seccomp filter of its own says which system calls it stops at.
pub fn seize(tid: Tid, exit_kill: bool, filtered: bool) -> Result<()> {
    let when = |on, option| if on { option } else { 0 };
    let options = OPTIONS | when(exit_kill, libc::PTRACE_O_EXITKILL) | when(filtered, libc::PTRACE_O_TRACESECCOMP);
    request("PTRACE_SEIZE", libc::PTRACE_SEIZE, tid, 0, options as usize).map(drop)
}

/// Begins to trace a process, but none of its children and further threads; it dies with rdbg.
pub fn seize_alone(tid: Tid) -> Result<()> {
    let options = libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_TRACEEXEC | libc::PTRACE_O_TRACEEXIT | libc::PTRACE_O_EXITKILL;
    request("PTRACE_SEIZE", libc::PTRACE_SEIZE, tid, 0, options as usize).map(drop)
}

/// Asks a running tracee to stop.
pub fn interrupt(tid: Tid) -> Result<()> {
    request("PTRACE_INTERRUPT", libc::PTRACE_INTERRUPT, tid, 0, 0).map(drop)
}

/// Lets a stopped tracee run, with a signal.
pub fn cont(tid: Tid, signal: Option<Signal>) -> Result<()> {
    request("PTRACE_CONT", libc::PTRACE_CONT, tid, 0, number(signal)).map(drop)
}

/// Lets a stopped tracee run one instruction, with a signal.
pub fn step(tid: Tid, signal: Option<Signal>) -> Result<()> {
    request("PTRACE_SINGLESTEP", libc::PTRACE_SINGLESTEP, tid, 0, number(signal)).map(drop)
}

/// Lets a stopped tracee run to the next entry into a system call, or exit from one.
pub fn to_system_call(tid: Tid, signal: Option<Signal>) -> Result<()> {
    request("PTRACE_SYSCALL", libc::PTRACE_SYSCALL, tid, 0, number(signal)).map(drop)
}

/// A stop at a system call (ptrace(2) PTRACE_GET_SYSCALL_INFO).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SystemCallStop {
    /// The address behind the instruction that makes the call.
    pub pc: u64,
    /// The stack pointer.
    pub sp: u64,
    /// Which of the two stops it is.
    pub at: SystemCallAt,
}

/// On the way in, or on the way out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SystemCallAt {
    /// The call begins.
    Entry {
        /// Its number.
        number: u64,
        /// Its argument words.
        args: [u64; 6],
    },
    /// The call has ended with this result, an error as its negative number.
    Exit {
        /// The result.
        ret: i64,
    },
    /// Neither: the tracee has gone on meanwhile, or stopped elsewhere.
    Unknown,
}

/// What a tracee that has stopped at a system call is about to do, or has done.
pub fn system_call_stop(tid: Tid) -> Result<SystemCallStop> {
    // The kernel writes as much of `struct ptrace_syscall_info` as fits: the operation in the first byte, the pc at 8, the stack
    // pointer at 16, and from 24 the number and the arguments, or the result.
    let mut info = [0u64; 11];
    let at = ptr::from_mut(&mut info) as usize;
    request("PTRACE_GET_SYSCALL_INFO", libc::PTRACE_GET_SYSCALL_INFO, tid, size_of_val(&info), at)?;
    let [operation, pc, sp, first, args @ ..] = info;
    let at = match operation as u8 {
        // The kernel asks the filter behind the stop at the entry: where nobody wanted that one, this is it.
        libc::PTRACE_SYSCALL_INFO_ENTRY | libc::PTRACE_SYSCALL_INFO_SECCOMP => {
            let [a, b, c, d, e, f, _] = args;
            SystemCallAt::Entry { number: first, args: [a, b, c, d, e, f] }
        }
        libc::PTRACE_SYSCALL_INFO_EXIT => SystemCallAt::Exit { ret: first as i64 },
        _ => SystemCallAt::Unknown,
    };
    Ok(SystemCallStop { pc, sp, at })
}

/// Leaves a tracee in its group stop, to be told of its end.
pub fn listen(tid: Tid) -> Result<()> {
    request("PTRACE_LISTEN", libc::PTRACE_LISTEN, tid, 0, 0).map(drop)
}

/// Lets go of a stopped tracee, with a signal.
pub fn detach(tid: Tid, signal: Option<Signal>) -> Result<()> {
    request("PTRACE_DETACH", libc::PTRACE_DETACH, tid, 0, number(signal)).map(drop)
}

fn number(signal: Option<Signal>) -> usize {
    signal.map_or(0, |s| s.0 as usize)
}

/// The general registers, as `struct user_regs_struct`.
pub fn get_registers(tid: Tid) -> Result<[u64; GPR_COUNT]> {
    let mut words = [0u64; GPR_COUNT];
    request("PTRACE_GETREGS", libc::PTRACE_GETREGS, tid, 0, ptr::from_mut(&mut words) as usize)?;
    Ok(words)
}

/// Sets the general registers.
pub fn set_registers(tid: Tid, words: &[u64; GPR_COUNT]) -> Result<()> {
    request("PTRACE_SETREGS", libc::PTRACE_SETREGS, tid, 0, ptr::from_ref(words) as usize).map(drop)
}

/// One general register.
pub fn peek_register(tid: Tid, register: Gpr) -> Result<u64> {
    peek_user(tid, register as usize * 8)
}

/// Sets one general register.
pub fn poke_register(tid: Tid, register: Gpr, value: u64) -> Result<()> {
    request("PTRACE_POKEUSER", libc::PTRACE_POKEUSER, tid, register as usize * 8, value as usize).map(drop)
}

fn peek_user(tid: Tid, offset: usize) -> Result<u64> {
    // glibc's wrapper returns the word itself, so that -1 may be a value: errno tells.
    // SAFETY: errno is this thread's own.
    unsafe { *libc::__errno_location() = 0 };
    // SAFETY: PEEKUSER writes nothing; glibc supplies the buffer.
    let word = unsafe { libc::ptrace(libc::PTRACE_PEEKUSER, tid.0, offset as *mut c_void, ptr::null_mut::<c_void>()) };
    if word == -1 {
        let error = Error::last_os(format!("ptrace(PTRACE_PEEKUSER, {tid})"));
        match error {
            Error::Os { errno: 0, .. } => {}
            Error::Os { errno: libc::ESRCH, .. } => return Err(Error::Gone),
            _ => return Err(error),
        }
    }
    tracing::trace!(target: "os", %tid, offset, word, "PTRACE_PEEKUSER");
    Ok(word as u64)
}

/// Debug register `n` (0 to 7).
pub fn peek_debug_register(tid: Tid, n: usize) -> Result<u64> {
    peek_user(tid, offset_of!(libc::user, u_debugreg) + n * 8)
}

/// Sets debug register `n` (0 to 7).
pub fn poke_debug_register(tid: Tid, n: usize, value: u64) -> Result<()> {
    let offset = offset_of!(libc::user, u_debugreg) + n * 8;
    request("PTRACE_POKEUSER", libc::PTRACE_POKEUSER, tid, offset, value as usize).map(drop)
}

/// Writes one aligned word of memory: for kernels that forbid writing /proc/PID/mem.
pub fn poke_data(tid: Tid, addr: u64, word: u64) -> Result<()> {
    request("PTRACE_POKEDATA", libc::PTRACE_POKEDATA, tid, addr as usize, word as usize).map(drop)
}

/// The extended registers, in exactly the length that the kernel gives.
///
/// *Folklore*: on processors with AMX this is 11,008 bytes, and PTRACE_SETREGSET with fewer fails with EFAULT; gdb 13.1
/// sends fewer. So: read into a large buffer, write back what came.
pub fn get_xstate(tid: Tid) -> Result<XState> {
    let mut bytes = vec![0u8; XSTATE_MAX];
    let mut iov = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
    request("PTRACE_GETREGSET", libc::PTRACE_GETREGSET, tid, NT_X86_XSTATE, ptr::from_mut(&mut iov) as usize)?;
    bytes.truncate(iov.iov_len);
    Ok(XState(bytes))
}

/// Sets the extended registers.
pub fn set_xstate(tid: Tid, state: &XState) -> Result<()> {
    let mut iov = libc::iovec { iov_base: state.0.as_ptr().cast_mut().cast(), iov_len: state.0.len() };
    request("PTRACE_SETREGSET", libc::PTRACE_SETREGSET, tid, NT_X86_XSTATE, ptr::from_mut(&mut iov) as usize).map(drop)
}

/// The signals that a stopped tracee blocks, as a set: bit 0 is signal 1.
pub fn signal_mask(tid: Tid) -> Result<u64> {
    let mut mask = 0u64;
    let at = ptr::from_mut(&mut mask) as usize;
    request("PTRACE_GETSIGMASK", PTRACE_GETSIGMASK, tid, size_of_val(&mask), at)?;
    Ok(mask)
}

/// Sets what [`signal_mask`] reads.
pub fn set_signal_mask(tid: Tid, mask: u64) -> Result<()> {
    let at = ptr::from_ref(&mask) as usize;
    request("PTRACE_SETSIGMASK", PTRACE_SETSIGMASK, tid, size_of_val(&mask), at).map(drop)
}

/// From now on the kernel kills a stopped tracee when rdbg ends in whatever way.
pub fn die_with_rdbg(tid: Tid, filtered: bool) -> Result<()> {
    let seccomp = if filtered { libc::PTRACE_O_TRACESECCOMP } else { 0 };
    let options = OPTIONS | libc::PTRACE_O_EXITKILL | seccomp;
    request("PTRACE_SETOPTIONS", libc::PTRACE_SETOPTIONS, tid, 0, options as usize).map(drop)
}

/// Whether two processes run in the same memory (kcmp(2), KCMP_VM); no where the kernel does not tell.
pub fn share_memory(a: Tid, b: Tid) -> bool {
    const KCMP_VM: libc::c_int = 1;
    // SAFETY: kcmp takes numbers only.
    unsafe { libc::syscall(libc::SYS_kcmp, a.0, b.0, KCMP_VM, 0, 0) == 0 }
}

/// The number that belongs to a PTRACE_EVENT stop: a new thread's id, say.
pub fn event_message(tid: Tid) -> Result<u64> {
    let mut message: libc::c_ulong = 0;
    request("PTRACE_GETEVENTMSG", libc::PTRACE_GETEVENTMSG, tid, 0, ptr::from_mut(&mut message) as usize)?;
    Ok(message)
}

/// What a signal says about itself (sigaction(2) `siginfo_t`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalInfo {
    /// `si_code`.
    pub code: i32,
    /// `si_addr`: the address of a fault; meaningless for a signal that somebody sent.
    pub addr: u64,
    /// `si_pid`: who has sent it; meaningless for one that the kernel or the processor raises.
    pub sender: i32,
}

/// `si_code` of a completed single step.
pub const TRAP_TRACE: i32 = 2;
/// `si_code` of a debug register.
pub const TRAP_HWBKPT: i32 = 4;
/// `si_code` of an int3.
pub const SI_KERNEL: i32 = 0x80;

/// Whether a SIGTRAP of the processor's waits to be delivered to a stopped tracee.
pub fn has_pending_trap(tid: Tid) -> Result<bool> {
    const MANY: usize = 32;
    let args = libc::ptrace_peeksiginfo_args { off: 0, flags: 0, nr: MANY as i32 };
    // SAFETY: all zeroes is a valid siginfo_t.
    let mut infos: [libc::siginfo_t; MANY] = unsafe { std::mem::zeroed() };
    // The kernel writes at most `nr` of them.
    let (from, to) = (ptr::from_ref(&args) as usize, ptr::from_mut(&mut infos) as usize);
    let count = request("PTRACE_PEEKSIGINFO", libc::PTRACE_PEEKSIGINFO, tid, from, to)?;
    Ok(infos.iter().take(count as usize).any(|i| i.si_signo == libc::SIGTRAP && i.si_code > 0))
}

/// The whole siginfo of the signal that a tracee is stopped with, as the kernel's `siginfo_t` has it.
pub fn signal_bytes(tid: Tid) -> Result<[u8; 128]> {
    let mut info = [0u64; 16];
    request("PTRACE_GETSIGINFO", libc::PTRACE_GETSIGINFO, tid, 0, ptr::from_mut(&mut info) as usize)?;
    let mut bytes = [0; 128];
    for (to, from) in bytes.chunks_exact_mut(8).zip(info) {
        to.copy_from_slice(&from.to_le_bytes());
    }
    Ok(bytes)
}

/// Changes what [`signal_bytes`] reads: what the program is told, if it gets the signal.
pub fn set_signal_bytes(tid: Tid, bytes: &[u8; 128]) -> Result<()> {
    let mut info = [0u64; 16];
    for (to, from) in info.iter_mut().zip(bytes.as_chunks().0) {
        *to = u64::from_le_bytes(*from);
    }
    request("PTRACE_SETSIGINFO", libc::PTRACE_SETSIGINFO, tid, 0, ptr::from_ref(&info) as usize).map(drop)
}

/// The siginfo of the signal that a tracee is stopped with.
pub fn signal_info(tid: Tid) -> Result<SignalInfo> {
    // SAFETY: all zeroes is a valid siginfo_t, and the kernel writes no more than its size.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    request("PTRACE_GETSIGINFO", libc::PTRACE_GETSIGINFO, tid, 0, ptr::from_mut(&mut info) as usize)?;
    // SAFETY: the kernel has filled the whole union, zeroes where the signal has no address.
    let addr = unsafe { info.si_addr() } as u64;
    // SAFETY: as above.
    let sender = unsafe { info.si_pid() };
    Ok(SignalInfo { code: info.si_code, addr, sender })
}
