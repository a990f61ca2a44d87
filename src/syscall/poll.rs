//! Waiting for descriptors: poll, select, epoll.

use super::ctx::{Ctx, MOST};
use super::names::files::*;
use super::text::{address, list};
use super::times;

fn pollfd(ctx: &Ctx<'_>, at: u64) -> Option<(i32, u64, u64)> {
    let [fd, events] = ctx.halves::<2>(at)?;
    Some((fd as i32, u64::from(events & 0xffff), u64::from(events >> 16)))
}

/// `struct pollfd[]` with what is waited for.
pub fn pollfds(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    let one = |n: u64| {
        let (fd, events, _) = pollfd(ctx, at.wrapping_add(8 * n))?;
        Some(if fd < 0 { format!("{{fd={fd}}}") } else { format!("{{fd={fd}, events={}}}", POLL_EVENTS.all(events)) })
    };
    if at == 0 {
        return Some("NULL".to_owned());
    }
    Some(list(ctx.arg(1) & 0xffff_ffff, one).unwrap_or_else(|| address(at)))
}

fn ready(ctx: &Ctx<'_>) -> String {
    let at = ctx.arg(0);
    let found = (0..(ctx.arg(1) & 0xffff_ffff).min(1 << 16)).filter_map(|n| pollfd(ctx, at.wrapping_add(8 * n)));
    let texts = found.filter(|(_, _, revents)| *revents != 0);
    let mut shown: Vec<String> =
        texts.map(|(fd, _, revents)| format!("{{fd={fd}, revents={}}}", POLL_EVENTS.all(revents))).take(MOST + 1).collect();
    if shown.len() > MOST {
        shown.truncate(MOST);
        shown.push("...".to_owned());
    }
    format!("[{}]", shown.join(", "))
}

/// What poll(2) returned.
pub fn poll_ret(ctx: &Ctx<'_>, ret: i64) -> Option<String> {
    Some(if ret == 0 { "0 (Timeout)".to_owned() } else { format!("{ret} ({})", ready(ctx)) })
}

/// What ppoll(2) returned, and how much of its time is left.
pub fn ppoll_ret(ctx: &Ctx<'_>, ret: i64) -> Option<String> {
    if ret == 0 {
        return Some("0 (Timeout)".to_owned());
    }
    let left = if ctx.arg(2) != 0 { format!(", left {}", times::timespec(ctx, ctx.arg(2))?) } else { String::new() };
    Some(format!("{ret} ({}{left})", ready(ctx)))
}

/// `fd_set` of as many descriptors as argument 0 says.
fn fd_set(ctx: &Ctx<'_>, at: u64) -> Option<Vec<u64>> {
    let count = ctx.arg(0) as i32;
    let count = u64::try_from(count).unwrap_or(0).min(1 << 16);
    let bytes = ctx.some_bytes(at, count.div_ceil(64) as usize * 8)?;
    Some((0..count).filter(|n| bytes.get((n / 8) as usize).is_some_and(|b| b >> (n % 8) & 1 != 0)).collect())
}

fn numbers(fds: &[u64]) -> String {
    format!("[{}]", fds.iter().map(u64::to_string).collect::<Vec<_>>().join(" "))
}

/// The descriptors of select(2) that are waited for.
pub fn fds(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    if at == 0 {
        return Some("NULL".to_owned());
    }
    Some(fd_set(ctx, at).map_or_else(|| address(at), |f| numbers(&f)))
}

fn select_result(ctx: &Ctx<'_>, ret: i64, left: String) -> String {
    let mut parts = Vec::new();
    for (n, name) in [(1, "in"), (2, "out"), (3, "except")] {
        let found = fd_set(ctx, ctx.arg(n)).filter(|_| ctx.arg(n) != 0).unwrap_or_default();
        if !found.is_empty() {
            parts.push(format!("{name} {}", numbers(&found)));
        }
    }
    parts.extend(Some(left).filter(|l| !l.is_empty()));
    if parts.is_empty() { ret.to_string() } else { format!("{ret} ({})", parts.join(", ")) }
}

/// What select(2) returned.
pub fn select_ret(ctx: &Ctx<'_>, ret: i64) -> Option<String> {
    if ret == 0 {
        return Some("0 (Timeout)".to_owned());
    }
    let at = ctx.arg(4);
    let left = if at != 0 { format!("left {}", times::timeval(ctx, at)?) } else { String::new() };
    Some(select_result(ctx, ret, left))
}

/// What pselect6(2) returned.
pub fn pselect_ret(ctx: &Ctx<'_>, ret: i64) -> Option<String> {
    if ret == 0 {
        return Some("0 (Timeout)".to_owned());
    }
    let at = ctx.arg(4);
    let left = if at != 0 { format!("left {}", times::timespec(ctx, at)?) } else { String::new() };
    Some(select_result(ctx, ret, left))
}

/// The mask of pselect6(2) and its size, by address.
pub fn pselect_mask(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    let Some([mask, size]) = ctx.words::<2>(at).filter(|_| at != 0) else { return Some(address(at)) };
    Some(format!("{{sigmask={}, sigsetsize={size}}}", super::signals::set_at(ctx, mask)?))
}

fn epoll_event_text(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    // Packed on x86-64: four bytes of events, eight of data.
    let [events, low, high] = ctx.halves::<3>(at)?;
    let data = u64::from(low) | u64::from(high) << 32;
    Some(format!("{{events={}, data={{u32={low}, u64={data}}}}}", EPOLL_EVENTS.all(events.into())))
}

/// `struct epoll_event`, of epoll_ctl(2).
pub fn epoll_event(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    const EPOLL_CTL_DEL: u64 = 2;
    if at == 0 || ctx.arg(1) == EPOLL_CTL_DEL {
        return Some(address(at));
    }
    Some(epoll_event_text(ctx, at).unwrap_or_else(|| address(at)))
}

/// The events that epoll_wait(2) has written.
pub fn epoll_events(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    list(ctx.returned() as u64, |n| epoll_event_text(ctx, at.wrapping_add(12 * n))).or_else(|| Some(address(at)))
}
