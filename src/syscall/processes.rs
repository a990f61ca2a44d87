//! Processes and threads: clone, wait, futex, limits, names.

use super::ctx::Ctx;
use super::names::processes::*;
use super::signals::signal_name;
use super::text::{address, field, hex};

/// clone(2) flags and, in their low byte, the signal at the child's end.
pub fn clone_flags(_: &Ctx<'_>, flags: u64) -> Option<String> {
    let signal = flags & 0xff;
    let (names, rest) = CLONE_FLAGS.some(flags & !0xff);
    let mut parts: Vec<String> = Some(names).filter(|n| !n.is_empty()).into_iter().collect();
    parts.extend((rest != 0).then(|| format!("{rest:#x}")));
    parts.extend((signal != 0).then(|| signal_name(signal)));
    Some(if parts.is_empty() { "0".to_owned() } else { parts.join("|") })
}

const CLONE_PIDFD: u64 = 0x1000;
const CLONE_SETTLS: u64 = 0x8_0000;
const CLONE_PARENT_SETTID: u64 = 0x10_0000;
const CLONE_CHILD_CLEARTID: u64 = 0x20_0000;
const CLONE_CHILD_SETTID: u64 = 0x100_0000;

/// The `parent_tid` of clone(2), where it is used: the number that the kernel has written there.
pub fn clone_parent_tid(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    let name = if ctx.arg(0) & CLONE_PIDFD != 0 { "pidfd" } else { "parent_tid" };
    if ctx.arg(0) & (CLONE_PARENT_SETTID | CLONE_PIDFD) == 0 {
        return None;
    }
    let number = ctx.halves::<1>(at).filter(|_| ctx.ret.is_some() && !ctx.failed());
    Some(number.map_or_else(|| format!("{name}={}", address(at)), |[n]| format!("{name}=[{}]", n as i32)))
}

/// The `tls` of clone(2), where it is used.
pub fn clone_tls(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    (ctx.arg(0) & CLONE_SETTLS != 0).then(|| format!("tls={}", address(at)))
}

/// The `child_tidptr` of clone(2), where it is used.
pub fn clone_child_tid(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    (ctx.arg(0) & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID) != 0).then(|| format!("child_tidptr={}", address(at)))
}

/// `struct clone_args` (linux/sched.h).
pub fn clone_args(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    let Some(words) = ctx.words::<8>(at) else { return Some(address(at)) };
    let [flags, pidfd, child, parent, signal, stack, size, tls] = words;
    let mut text = format!("{{flags={}", CLONE_FLAGS.all(flags));
    if flags & CLONE_PIDFD != 0 {
        text.push_str(&format!(", pidfd={}", address(pidfd)));
    }
    if flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID) != 0 {
        text.push_str(&format!(", child_tid={}", address(child)));
    }
    if flags & CLONE_PARENT_SETTID != 0 {
        text.push_str(&format!(", parent_tid={}", address(parent)));
    }
    let signal = if signal == 0 { "0".to_owned() } else { signal_name(signal) };
    text.push_str(&format!(", exit_signal={signal}, stack={}, stack_size={}", address(stack), hex(size)));
    if flags & CLONE_SETTLS != 0 {
        text.push_str(&format!(", tls={}", address(tls)));
    }
    text.push('}');
    Some(text)
}

/// `struct clone_args` with what the kernel has written by it: ` => {parent_tid=[77]}`.
pub fn clone_args_after(ctx: &Ctx<'_>, at: u64, before: &str) -> Option<String> {
    let Some([flags, pidfd, _, parent]) = ctx.words::<4>(at).filter(|_| !ctx.failed()) else { return Some(before.to_owned()) };
    let mut written = Vec::new();
    let number = |at| ctx.halves::<1>(at).map_or_else(|| address(at), |[n]| format!("[{}]", n as i32));
    if flags & CLONE_PIDFD != 0 {
        written.push(format!("pidfd={}", number(pidfd)));
    }
    if flags & CLONE_PARENT_SETTID != 0 {
        written.push(format!("parent_tid={}", number(parent)));
    }
    Some(if written.is_empty() { before.to_owned() } else { format!("{before} => {{{}}}", written.join(", ")) })
}

/// The status that wait4(2) has written; the address where nobody has changed.
pub fn wait_status(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    if ctx.ret.is_none_or(|r| r <= 0) {
        return Some(address(at));
    }
    Some(ctx.halves::<1>(at).map_or_else(|| address(at), |[status]| format!("[{{{}}}]", status_text(status))))
}

fn status_text(status: u32) -> String {
    let (signal, code) = (status & 0x7f, status >> 8 & 0xff);
    match (status, signal) {
        (0xffff, _) => "WIFCONTINUED(s)".to_owned(),
        (_, 0) => format!("WIFEXITED(s) && WEXITSTATUS(s) == {code}"),
        (_, 0x7f) => format!("WIFSTOPPED(s) && WSTOPSIG(s) == {}", signal_name(u64::from(code))),
        _ => {
            let core = if status & 0x80 != 0 { " && WCOREDUMP(s)" } else { "" };
            format!("WIFSIGNALED(s) && WTERMSIG(s) == {}{core}", signal_name(signal.into()))
        }
    }
}

/// The usage that wait4(2) has written.
pub fn wait_usage(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    if ctx.ret.is_none_or(|r| r <= 0) { Some(address(at)) } else { super::times::rusage(ctx, at) }
}

/// The operation of futex(2).
pub fn futex_op(_: &Ctx<'_>, op: u64) -> Option<String> {
    let op = op & 0xffff_ffff;
    let Some(name) = FUTEX_OPS.name(op & 0x7f) else { return Some(format!("{op:#x} /* FUTEX_??? */")) };
    let private = if op & 0x80 != 0 { "_PRIVATE" } else { "" };
    let clock = if op & 0x100 != 0 { "|FUTEX_CLOCK_REALTIME" } else { "" };
    let rest = op & !0x1ff;
    let rest = if rest != 0 { format!("|{rest:#x}") } else { String::new() };
    Some(format!("{name}{private}{clock}{rest}"))
}

const WAIT: u64 = 0;
const WAKE: u64 = 1;
const FD: u64 = 2;
const REQUEUE: u64 = 3;
const CMP_REQUEUE: u64 = 4;
const WAKE_OP: u64 = 5;
const LOCK_PI: u64 = 6;
const UNLOCK_PI: u64 = 7;
const TRYLOCK_PI: u64 = 8;
const WAIT_BITSET: u64 = 9;
const WAKE_BITSET: u64 = 10;
const WAIT_REQUEUE_PI: u64 = 11;
const CMP_REQUEUE_PI: u64 = 12;
const LOCK_PI2: u64 = 13;

fn futex_command(ctx: &Ctx<'_>) -> u64 {
    ctx.arg(1) & 0x7f
}

/// `val` of futex(2).
pub fn futex_val(ctx: &Ctx<'_>, val: u64) -> Option<String> {
    Some(match futex_command(ctx) {
        LOCK_PI | UNLOCK_PI | TRYLOCK_PI | LOCK_PI2 => return None,
        FD => signal_name(val),
        _ => (val as u32).to_string(),
    })
}

/// The fourth argument of futex(2): a time, or a second count.
pub fn futex_fourth(ctx: &Ctx<'_>, arg: u64) -> Option<String> {
    match futex_command(ctx) {
        WAIT | WAIT_BITSET | LOCK_PI | WAIT_REQUEUE_PI | LOCK_PI2 => super::times::timespec(ctx, arg),
        REQUEUE | CMP_REQUEUE | WAKE_OP | CMP_REQUEUE_PI => Some((arg as u32).to_string()),
        WAKE | FD | UNLOCK_PI | TRYLOCK_PI | WAKE_BITSET => None,
        _ => Some(hex(arg)),
    }
}

/// `uaddr2` of futex(2).
pub fn futex_fifth(ctx: &Ctx<'_>, arg: u64) -> Option<String> {
    match futex_command(ctx) {
        REQUEUE | CMP_REQUEUE | WAKE_OP | CMP_REQUEUE_PI | WAIT_REQUEUE_PI => Some(address(arg)),
        0..=13 => None,
        _ => Some(address(arg)),
    }
}

/// `val3` of futex(2).
pub fn futex_sixth(ctx: &Ctx<'_>, arg: u64) -> Option<String> {
    let arg = arg & 0xffff_ffff;
    match futex_command(ctx) {
        CMP_REQUEUE | CMP_REQUEUE_PI => Some((arg as u32).to_string()),
        WAIT_BITSET | WAKE_BITSET => {
            Some(if arg == 0xffff_ffff { "FUTEX_BITSET_MATCH_ANY".to_owned() } else { format!("{arg:#x}") })
        }
        WAKE_OP => Some(wake_op(arg)),
        0..=13 => None,
        _ => Some(hex(arg)),
    }
}

/// linux/futex.h FUTEX_OP: operation, argument, comparison, argument.
fn wake_op(word: u64) -> String {
    let ops = ["FUTEX_OP_SET", "FUTEX_OP_ADD", "FUTEX_OP_OR", "FUTEX_OP_ANDN", "FUTEX_OP_XOR"];
    let comparisons =
        ["FUTEX_OP_CMP_EQ", "FUTEX_OP_CMP_NE", "FUTEX_OP_CMP_LT", "FUTEX_OP_CMP_LE", "FUTEX_OP_CMP_GT", "FUTEX_OP_CMP_GE"];
    let name = |names: &[&'static str], n: u64, unknown: &str| {
        names.get(n as usize).map_or_else(|| format!("{n:#x} /* {unknown} */"), |n| (*n).to_owned())
    };
    let shift = if word >> 31 & 1 != 0 { "FUTEX_OP_OPARG_SHIFT<<28|" } else { "" };
    format!(
        "{shift}{}<<28|{}<<12|{}<<24|{}",
        name(&ops, word >> 28 & 7, "FUTEX_OP_???"),
        hex(word >> 12 & 0xfff),
        name(&comparisons, word >> 24 & 15, "FUTEX_OP_CMP_???"),
        hex(word & 0xfff)
    )
}

/// `struct utsname`, in short.
pub fn uname(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    let Some(bytes) = ctx.bytes::<130>(at) else { return Some(address(at)) };
    let (system, node) = bytes.split_at(65);
    Some(format!("{{sysname={}, nodename={}, ...}}", field(system), field(node)))
}

/// `struct sysinfo`.
pub fn sysinfo(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    let Some(w) = ctx.words::<14>(at) else { return Some(address(at)) };
    let [uptime, l1, l2, l3, total, free, shared, buffers, swap, free_swap, procs, high, free_high, unit] = w;
    Some(format!(
        "{{uptime={}, loads=[{l1}, {l2}, {l3}], totalram={total}, freeram={free}, sharedram={shared}, bufferram={buffers}, \
totalswap={swap}, freeswap={free_swap}, procs={}, totalhigh={high}, freehigh={free_high}, mem_unit={}}}",
        uptime as i64,
        procs & 0xffff,
        unit & 0xffff_ffff
    ))
}

/// A set of processors: `[0 1]`.
fn cpus(ctx: &Ctx<'_>, at: u64, len: u64) -> String {
    let Some(bytes) = ctx.some_bytes(at, len.min(1 << 12) as usize).filter(|_| at != 0) else { return address(at) };
    let bit = |n: &usize| bytes.get(n / 8).is_some_and(|b| b >> (n % 8) & 1 != 0);
    let names: Vec<String> = (0..bytes.len() * 8).filter(bit).map(|n| n.to_string()).collect();
    format!("[{}]", names.join(" "))
}

/// The processors given to sched_setaffinity(2).
pub fn cpus_in(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    Some(cpus(ctx, at, ctx.arg(1)))
}

/// The processors that sched_getaffinity(2) has written.
pub fn cpus_out(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    Some(cpus(ctx, at, ctx.returned() as u64))
}

/// An int by address: `[5]`.
pub fn int_at(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    Some(ctx.halves::<1>(at).filter(|_| at != 0).map_or_else(|| address(at), |[n]| format!("[{}]", n as i32)))
}

/// An unsigned int by address.
pub fn uint_at(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    Some(ctx.halves::<1>(at).filter(|_| at != 0).map_or_else(|| address(at), |[n]| format!("[{n}]")))
}

/// A size by address, of get_robust_list(2).
pub fn word_at(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    Some(ctx.word(at).filter(|_| at != 0).map_or_else(|| address(at), |w| format!("[{w}]")))
}

/// A pointer by address.
pub fn address_at(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    Some(ctx.word(at).filter(|_| at != 0).map_or_else(|| address(at), |w| format!("[{}]", address(w))))
}

/// The groups of getgroups(2) and setgroups(2), as many as argument 0 says.
pub fn groups_in(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    groups(ctx, at, ctx.arg(0))
}

/// The groups that getgroups(2) has written.
pub fn groups_out(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    if ctx.arg(0) == 0 { Some(address(at)) } else { groups(ctx, at, ctx.returned() as u64) }
}

fn groups(ctx: &Ctx<'_>, at: u64, count: u64) -> Option<String> {
    let one = |n| ctx.halves::<1>(at.wrapping_add(4 * n)).map(|[g]| g.to_string());
    Some(super::text::list(count, one).unwrap_or_else(|| address(at)))
}

/// `struct sched_param`.
pub fn sched_param(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    Some(ctx.halves::<1>(at).filter(|_| at != 0).map_or_else(|| address(at), |[p]| format!("[{}]", p as i32)))
}

/// The name that prctl(2) sets or gets, where its operation is one of these.
pub fn prctl_second(ctx: &Ctx<'_>, arg: u64) -> Option<String> {
    Some(match ctx.arg(0) {
        15 => {
            let bytes = ctx.c_string(arg, 16);
            let cut = |b: Vec<u8>| match b.len() {
                16 => format!("{}...", super::text::quote(b.get(..15).unwrap_or_default())),
                _ => super::text::quote(&b),
            };
            bytes.map_or_else(|| address(arg), cut)
        }
        16 if ctx.ret.is_some() && !ctx.failed() => {
            ctx.c_string(arg, 16).map_or_else(|| address(arg), |b| super::text::quote(&b))
        }
        2 | 37 | 40 if ctx.ret.is_some() && !ctx.failed() => match ctx.arg(0) {
            2 => ctx
                .halves::<1>(arg)
                .map_or_else(|| address(arg), |[s]| format!("[{}]", if s == 0 { "0".into() } else { signal_name(s.into()) })),
            40 => address_at(ctx, arg)?,
            _ => int_at(ctx, arg)?,
        },
        1 => {
            if arg == 0 {
                "0".to_owned()
            } else {
                signal_name(arg)
            }
        }
        4 => match arg {
            0 => "SUID_DUMP_DISABLE".to_owned(),
            1 => "SUID_DUMP_USER".to_owned(),
            2 => "SUID_DUMP_ROOT".to_owned(),
            _ => format!("{arg:#x} /* SUID_DUMP_??? */"),
        },
        8 | 29 | 36 | 38 | 41 => arg.to_string(),
        22 => match arg {
            1 => "SECCOMP_MODE_STRICT".to_owned(),
            2 => "SECCOMP_MODE_FILTER".to_owned(),
            _ => format!("{arg:#x} /* SECCOMP_MODE_??? */"),
        },
        0x5356_4d41 if arg == 0 => "PR_SET_VMA_ANON_NAME".to_owned(),
        0x5961_6d61 if arg == u64::MAX => "PR_SET_PTRACER_ANY".to_owned(),
        3 | 7 | 21 | 27 | 30 | 31 | 32 | 34 | 39 | 42 => return None,
        _ => hex(arg),
    })
}

/// The third to fifth arguments of prctl(2), where its operation takes them.
pub fn prctl_rest(ctx: &Ctx<'_>, arg: u64) -> Option<String> {
    match ctx.arg(0) {
        // PR_SET_SECCOMP's filter, PR_SET_MM, PR_CAP_AMBIENT, PR_SET_VMA, and the operations that want zeroes.
        22 | 35 | 47 | 38 | 39 | 41 | 52 | 53 | 0x5356_4d41 => Some(hex(arg)),
        _ => None,
    }
}

/// The name of PR_SET_VMA_ANON_NAME, else as [`prctl_rest`].
pub fn prctl_fifth(ctx: &Ctx<'_>, arg: u64) -> Option<String> {
    if ctx.arg(0) == 0x5356_4d41 { super::text::c_string(ctx, arg) } else { prctl_rest(ctx, arg) }
}

/// What prctl(2) returned: flags of what it was asked for.
pub fn prctl_ret(ctx: &Ctx<'_>, ret: i64) -> Option<String> {
    let name = match (ctx.arg(0), ret) {
        (3, 0) => "SUID_DUMP_DISABLE",
        (3, 1) => "SUID_DUMP_USER",
        (3, 2) => "SUID_DUMP_ROOT",
        (21, 0) => "SECCOMP_MODE_DISABLED",
        (21, 2) => "SECCOMP_MODE_FILTER",
        (23, 0 | 1) => return Some(ret.to_string()),
        _ => return None,
    };
    Some(format!("{ret:#x} ({name})"))
}

/// personality(2).
pub fn personality(_: &Ctx<'_>, persona: u64) -> Option<String> {
    let persona = persona & 0xffff_ffff;
    if persona == 0xffff_ffff {
        return Some("0xffffffff".to_owned());
    }
    Some(personality_text(persona))
}

fn personality_text(persona: u64) -> String {
    let base = PERSONALITIES.one(persona & 0xff);
    let flags = persona & !0xff;
    if flags == 0 { base } else { format!("{base}|{}", PERSONALITY_FLAGS.all(flags)) }
}

/// What personality(2) returned.
pub fn personality_ret(_: &Ctx<'_>, ret: i64) -> Option<String> {
    Some(format!("{} ({})", hex(ret as u64), personality_text(ret as u64)))
}

/// A uid or gid: -1 or unsigned.
pub fn id(_: &Ctx<'_>, id: u64) -> Option<String> {
    Some(if id as i32 == -1 { "-1".to_owned() } else { (id as u32).to_string() })
}

/// rseq(2) flags.
pub fn rseq_flags(_: &Ctx<'_>, flags: u64) -> Option<String> {
    Some(RSEQ_FLAGS.all(flags & 0xffff_ffff))
}

/// A ptrace(2) request.
pub fn ptrace_request(_: &Ctx<'_>, request: u64) -> Option<String> {
    Some(PTRACE.one(request))
}

/// A key of System V's IPC.
pub fn ipc_key(_: &Ctx<'_>, key: u64) -> Option<String> {
    let key = key & 0xffff_ffff;
    Some(if key == 0 { "IPC_PRIVATE".to_owned() } else { format!("{key:#x}") })
}

/// The flags of shmget(2) and its kin, with a mode.
pub fn ipc_flags(_: &Ctx<'_>, flags: u64) -> Option<String> {
    let (names, rest) = IPC_FLAGS.some(flags & 0xffff_fe00);
    let mut parts: Vec<String> = Some(names).filter(|n| !n.is_empty()).into_iter().collect();
    parts.extend((rest != 0).then(|| format!("{rest:#x}")));
    parts.push(super::text::octal(flags & 0o777));
    Some(parts.join("|"))
}

/// A scheduling policy.
pub fn policy(_: &Ctx<'_>, policy: u64) -> Option<String> {
    const SCHED_RESET_ON_FORK: u64 = 0x4000_0000;
    let policy = policy & 0xffff_ffff;
    let name = SCHED_POLICIES.one(policy & !SCHED_RESET_ON_FORK);
    Some(if policy & SCHED_RESET_ON_FORK != 0 { format!("{name}|SCHED_RESET_ON_FORK") } else { name })
}

/// What sched_getscheduler(2) returned.
pub fn policy_ret(ctx: &Ctx<'_>, ret: i64) -> Option<String> {
    Some(format!("{ret} ({})", policy(ctx, ret as u64)?))
}

/// A timer's number.
pub fn timer_id(_: &Ctx<'_>, id: u64) -> Option<String> {
    Some((id as i32).to_string())
}

/// The usage that waitid(2) has written.
pub fn waitid_usage(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    if ctx.failed() || at == 0 { Some(address(at)) } else { super::times::rusage(ctx, at) }
}

/// What restart_syscall(2), which takes nothing, goes on with.
pub fn resuming(_: &Ctx<'_>, _: u64) -> Option<String> {
    Some("<... resuming interrupted system call ...>".to_owned())
}
