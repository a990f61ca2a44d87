//! Signals: their names, sets, actions, and what they carry.

use super::ctx::Ctx;
use super::names::processes::*;
use super::text::{address, hex};
use crate::base::Signal;

/// `SIGCHLD`, `SIGRT_1`; a number where there is no such signal.
pub fn signal_name(number: u64) -> String {
    match number as i32 {
        n @ 1..=31 => Signal(n).name(),
        32 => "SIGRTMIN".to_owned(),
        n @ 33..=64 => format!("SIGRT_{}", n - 32),
        n => n.to_string(),
    }
}

/// A signal.
pub fn signal(_: &Ctx<'_>, number: u64) -> Option<String> {
    Some(signal_name(number))
}

/// A set of signals in eight bytes: `[INT CHLD]`, or what is missing of nearly all: `~[KILL]`.
pub fn set(mask: u64) -> String {
    let (mask, sign) = if mask.count_ones() >= 64 * 2 / 3 { (!mask, "~") } else { (mask, "") };
    let names: Vec<String> =
        (1..=64u64).filter(|n| mask >> (n - 1) & 1 != 0).map(|n| signal_name(n).replacen("SIG", "", 1)).collect();
    format!("{sign}[{}]", names.join(" "))
}

/// A set of signals by address.
pub fn set_at(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    Some(ctx.word(at).filter(|_| at != 0).map_or_else(|| address(at), set))
}

/// `struct sigaction` as the kernel takes it (asm/signal.h).
pub fn action(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    const SA_RESTORER: u64 = 0x400_0000;
    let Some([handler, flags, restorer, mask]) = ctx.words::<4>(at).filter(|_| at != 0) else { return Some(address(at)) };
    let handler = match handler {
        0 => "SIG_DFL".to_owned(),
        1 => "SIG_IGN".to_owned(),
        u64::MAX => "SIG_ERR".to_owned(),
        h => format!("{h:#x}"),
    };
    let restorer = if flags & SA_RESTORER != 0 { format!(", sa_restorer={}", address(restorer)) } else { String::new() };
    Some(format!("{{sa_handler={handler}, sa_mask={}, sa_flags={}{restorer}}}", set(mask), SA_FLAGS.all(flags & 0xffff_ffff)))
}

/// `stack_t`.
pub fn stack(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    let Some([sp, flags, size]) = ctx.words::<3>(at).filter(|_| at != 0) else { return Some(address(at)) };
    Some(format!("{{ss_sp={}, ss_flags={}, ss_size={size}}}", address(sp), SS_FLAGS.all(flags & 0xffff_ffff)))
}

/// What rt_sigreturn(2) restores: the mask of the frame on the stack, whose address stands in place of argument 0 (the kernel
/// takes no argument; asm/ucontext.h: `uc_sigmask` at 296).
pub fn frame_mask(ctx: &Ctx<'_>, sp: u64) -> Option<String> {
    ctx.word(sp.wrapping_add(296)).map(|mask| format!("{{mask={}}}", set(mask)))
}

/// What rt_sigtimedwait(2) returned: a signal.
pub fn waited(_: &Ctx<'_>, ret: i64) -> Option<String> {
    Some(format!("{ret} ({})", signal_name(ret as u64)))
}

/// What waitid(2) has written; empty where nobody has changed.
pub fn waitid_info(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    if ctx.failed() || at == 0 {
        return Some(address(at));
    }
    let Some(info) = ctx.bytes::<128>(at) else { return Some(address(at)) };
    Some(if half(&info, 0) == 0 { "{}".to_owned() } else { describe(&info) })
}

/// `siginfo_t` by address.
pub fn siginfo(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    Some(ctx.bytes::<128>(at).filter(|_| at != 0).map_or_else(|| address(at), |b| describe(&b)))
}

/// What a signal carries: `SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, ...}`, as strace announces it.
pub fn signal_text(info: &[u8; 128]) -> String {
    let number = u64::from(half(info, 0));
    format!("{} {}", signal_name(number), describe(info))
}

fn half(info: &[u8; 128], at: usize) -> u32 {
    info.get(at..).and_then(|b| b.first_chunk()).map_or(0, |b| u32::from_le_bytes(*b))
}

fn word(info: &[u8; 128], at: usize) -> u64 {
    info.get(at..).and_then(|b| b.first_chunk()).map_or(0, |b| u64::from_le_bytes(*b))
}

fn code_name(number: u32, code: i32) -> String {
    let special: &[&str] = match number {
        4 => &["ILL_ILLOPC", "ILL_ILLOPN", "ILL_ILLADR", "ILL_ILLTRP", "ILL_PRVOPC", "ILL_PRVREG", "ILL_COPROC", "ILL_BADSTK"],
        5 => &["TRAP_BRKPT", "TRAP_TRACE", "TRAP_BRANCH", "TRAP_HWBKPT"],
        7 => &["BUS_ADRALN", "BUS_ADRERR", "BUS_OBJERR"],
        8 => &["FPE_INTDIV", "FPE_INTOVF", "FPE_FLTDIV", "FPE_FLTOVF", "FPE_FLTUND", "FPE_FLTRES", "FPE_FLTINV", "FPE_FLTSUB"],
        11 => &["SEGV_MAPERR", "SEGV_ACCERR", "SEGV_BNDERR", "SEGV_PKUERR"],
        17 => &["CLD_EXITED", "CLD_KILLED", "CLD_DUMPED", "CLD_TRAPPED", "CLD_STOPPED", "CLD_CONTINUED"],
        29 => &["POLL_IN", "POLL_OUT", "POLL_MSG", "POLL_ERR", "POLL_PRI", "POLL_HUP"],
        31 => &["SYS_SECCOMP", "SYS_USER_DISPATCH"],
        _ => &[],
    };
    let by_kernel = usize::try_from(code - 1).ok().and_then(|n| special.get(n));
    let name = match code {
        0 => "SI_USER",
        0x80 => "SI_KERNEL",
        -1 => "SI_QUEUE",
        -2 => "SI_TIMER",
        -3 => "SI_MESGQ",
        -4 => "SI_ASYNCIO",
        -5 => "SI_SIGIO",
        -6 => "SI_TKILL",
        -60 => "SI_ASYNCNL",
        _ => match by_kernel {
            Some(name) => name,
            None => return format!("{:#x}", code as u32),
        },
    };
    name.to_owned()
}

/// The fields of a siginfo_t that its code says are there (sigaction(2)).
fn describe(info: &[u8; 128]) -> String {
    let (number, errno, code) = (half(info, 0), half(info, 4), half(info, 8) as i32);
    let mut text = format!("{{si_signo={}, si_code={}", signal_name(number.into()), code_name(number, code));
    if errno != 0 {
        text.push_str(&format!(", si_errno={errno}"));
    }
    let (first, second) = (half(info, 16), half(info, 20));
    match (number, code) {
        (17, 1..) => {
            let status = half(info, 24);
            let status = if code == 1 { (status as i32).to_string() } else { signal_name(status.into()) };
            text.push_str(&format!(
                ", si_pid={}, si_uid={second}, si_status={status}, si_utime={}, si_stime={}",
                first as i32,
                word(info, 32),
                word(info, 40)
            ));
        }
        (_, -2) => {
            text.push_str(&format!(", si_timerid={}, si_overrun={}, ", hex(first.into()), second as i32));
            text.push_str(&value(word(info, 24)));
        }
        (_, -1 | -3 | -4) => {
            text.push_str(&format!(", si_pid={}, si_uid={second}, {}", first as i32, value(word(info, 24))));
        }
        (4 | 7 | 8 | 11, 1..=9) | (5, 1..=9) => text.push_str(&format!(", si_addr={}", address(word(info, 16)))),
        (31, 1..) => {
            let number = u64::from(half(info, 24));
            let name = crate::arch::syscalls::syscall_name(number).map_or_else(|| number.to_string(), |n| format!("__NR_{n}"));
            text.push_str(&format!(", si_call_addr={}, si_syscall={name}, si_arch=AUDIT_ARCH_X86_64", address(word(info, 16))));
        }
        (11, 0x80) => text.push_str(&format!(", si_addr={}", address(word(info, 16)))),
        (_, 0x80) => {}
        (_, ..=0) => text.push_str(&format!(", si_pid={}, si_uid={second}", first as i32)),
        _ => {}
    }
    text.push('}');
    text
}

fn value(word: u64) -> String {
    format!("si_value={{sival_int={}, sival_ptr={}}}", word as i32, address(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_written_by_what_is_in_them_or_what_is_missing() {
        assert_eq!(set(0), "[]");
        assert_eq!(set(1 << 16 | 1 << 1), "[INT CHLD]");
        assert_eq!(set(!0), "~[]");
        assert_eq!(set(!(1 << 31 | 1 << 32)), "~[RTMIN RT_1]");
    }
}
