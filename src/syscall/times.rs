//! Times, timers and limits.

use super::ctx::Ctx;
use super::names::processes::*;
use super::text::address;

/// `{tv_sec=1, tv_nsec=0}`; the address where it cannot be read.
pub fn timespec(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    Some(ctx.words::<2>(at).filter(|_| at != 0).map_or_else(|| address(at), |[s, n]| spec(s, n)))
}

fn spec(s: u64, n: u64) -> String {
    format!("{{tv_sec={}, tv_nsec={}}}", s as i64, n as i64)
}

/// Two times, of utimensat(2).
pub fn timespecs(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    let one = |s: u64, n: u64| match n {
        0x3fff_ffff => "UTIME_NOW".to_owned(),
        0x3fff_fffe => "UTIME_OMIT".to_owned(),
        _ => spec(s, n),
    };
    let both = ctx.words::<4>(at).filter(|_| at != 0);
    Some(both.map_or_else(|| address(at), |[a, b, c, d]| format!("[{}, {}]", one(a, b), one(c, d))))
}

/// `{tv_sec=1, tv_usec=0}`
pub fn timeval(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    Some(ctx.words::<2>(at).filter(|_| at != 0).map_or_else(|| address(at), |[s, u]| val(s, u)))
}

fn val(s: u64, u: u64) -> String {
    format!("{{tv_sec={}, tv_usec={}}}", s as i64, u as i64)
}

/// Two times, of utimes(2).
pub fn timevals(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    let both = ctx.words::<4>(at).filter(|_| at != 0);
    Some(both.map_or_else(|| address(at), |[a, b, c, d]| format!("[{}, {}]", val(a, b), val(c, d))))
}

/// `struct timezone`.
pub fn timezone(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    let zone = ctx.halves::<2>(at).filter(|_| at != 0);
    let text = |[m, d]: [u32; 2]| format!("{{tz_minuteswest={}, tz_dsttime={}}}", m as i32, d as i32);
    Some(zone.map_or_else(|| address(at), text))
}

/// What nanosleep(2) has left over: written only where a signal came.
pub fn left_over(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    match ctx.ret {
        Some(-4 | -516) => timespec(ctx, at),
        _ => Some(address(at)),
    }
}

/// `struct itimerval`.
pub fn itimerval(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    let four = ctx.words::<4>(at).filter(|_| at != 0);
    let text = |[a, b, c, d]: [u64; 4]| format!("{{it_interval={}, it_value={}}}", val(a, b), val(c, d));
    Some(four.map_or_else(|| address(at), text))
}

/// `struct itimerspec`.
pub fn itimerspec(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    let four = ctx.words::<4>(at).filter(|_| at != 0);
    let text = |[a, b, c, d]: [u64; 4]| format!("{{it_interval={}, it_value={}}}", spec(a, b), spec(c, d));
    Some(four.map_or_else(|| address(at), text))
}

/// A time by address: `[1700000000]`, with the day, as strace has it, left out.
pub fn time(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    Some(ctx.word(at).filter(|_| at != 0).map_or_else(|| address(at), |w| format!("[{w}]")))
}

/// A clock.
pub fn clock(_: &Ctx<'_>, clock: u64) -> Option<String> {
    let id = clock as i32;
    if id >= 0 {
        return Some(CLOCKS.one(clock & 0xffff_ffff));
    }
    // A process's or a descriptor's clock (linux/posix-timers.h).
    let owner = !(id >> 3);
    Some(match id & 7 {
        3 => format!("FD_TO_CLOCKID({owner})"),
        kind => {
            let per = if id & 4 != 0 { "MAKE_THREAD_CPUCLOCK" } else { "MAKE_PROCESS_CPUCLOCK" };
            let which = ["CPUCLOCK_PROF", "CPUCLOCK_VIRT", "CPUCLOCK_SCHED", "0x3"];
            format!("{per}({owner}, {})", which.get((kind & 3) as usize).unwrap_or(&"0x3"))
        }
    })
}

/// `{rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}`, or NULL.
pub fn rlimit64(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    limits(ctx, at, "RLIM64_INFINITY")
}

/// The same of getrlimit(2).
pub fn rlimit(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    limits(ctx, at, "RLIM64_INFINITY")
}

fn limits(ctx: &Ctx<'_>, at: u64, infinity: &str) -> Option<String> {
    let one = |n: u64| match n {
        u64::MAX => infinity.to_owned(),
        _ if n > 1024 && n.is_multiple_of(1024) => format!("{}*1024", n / 1024),
        _ => n.to_string(),
    };
    let both = ctx.words::<2>(at).filter(|_| at != 0);
    Some(both.map_or_else(|| address(at), |[cur, max]| format!("{{rlim_cur={}, rlim_max={}}}", one(cur), one(max))))
}

/// `struct rusage`, in short.
pub fn rusage(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    let four = ctx.words::<4>(at).filter(|_| at != 0);
    let text = |[a, b, c, d]: [u64; 4]| format!("{{ru_utime={}, ru_stime={}, ...}}", val(a, b), val(c, d));
    Some(four.map_or_else(|| address(at), text))
}

/// `struct tms`.
pub fn tms(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    let four = ctx.words::<4>(at).filter(|_| at != 0);
    let text = |[a, b, c, d]: [u64; 4]| {
        format!("{{tms_utime={}, tms_stime={}, tms_cutime={}, tms_cstime={}}}", a as i64, b as i64, c as i64, d as i64)
    };
    Some(four.map_or_else(|| address(at), text))
}

/// What clock_nanosleep(2) has left over, unless its time was absolute.
pub fn clock_left_over(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    if ctx.arg(1) & 1 != 0 { Some(address(at)) } else { left_over(ctx, at) }
}
