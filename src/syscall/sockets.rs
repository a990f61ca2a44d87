//! Sockets: addresses, messages, options.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::ctx::Ctx;
use super::files::iovec;
use super::names::sockets::*;
use super::text::{address, buffer, quote};

const AF_UNIX: u16 = 1;
const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;
const AF_NETLINK: u16 = 16;

/// The type of a socket with its flags.
pub fn kind(_: &Ctx<'_>, kind: u64) -> Option<String> {
    let kind = kind & 0xffff_ffff;
    let base = SOCK_TYPES.one(kind & 0xf);
    let rest = kind & !0xf;
    Some(if rest == 0 { base } else { format!("{base}|{}", SOCK_FLAGS.all(rest)) })
}

/// The protocol of socket(2), by its domain.
pub fn protocol(ctx: &Ctx<'_>, protocol: u64) -> Option<String> {
    let protocol = protocol & 0xffff_ffff;
    Some(match ctx.arg(0) as u16 {
        AF_INET | AF_INET6 => INET_PROTOCOLS.one(protocol),
        AF_NETLINK => NETLINK_PROTOCOLS.one(protocol),
        _ => protocol.to_string(),
    })
}

/// `struct sockaddr` of `len` bytes.
fn sockaddr(ctx: &Ctx<'_>, at: u64, len: usize) -> String {
    if at == 0 {
        return "NULL".to_owned();
    }
    let Some(bytes) = ctx.some_bytes(at, len.min(128)).filter(|b| b.len() == len.min(128) && len >= 2) else {
        return address(at);
    };
    let family = bytes.first_chunk().map_or(0, |b| u16::from_le_bytes(*b));
    let head = format!("{{sa_family={}", DOMAINS.one(family.into()));
    let rest = bytes.get(2..).unwrap_or_default();
    let port = |b: &[u8]| b.first_chunk().map_or(0, |p| u16::from_be_bytes(*p));
    let word = |at: usize| rest.get(at..).and_then(|b| b.first_chunk()).map_or(0, |w| u32::from_le_bytes(*w));
    let body = match family {
        AF_UNIX if rest.is_empty() => String::new(),
        AF_UNIX => format!(", sun_path={}", unix_path(rest)),
        AF_INET if rest.len() >= 14 => {
            let ip = rest.get(2..6).and_then(|b| b.first_chunk::<4>()).map_or(Ipv4Addr::UNSPECIFIED, |b| Ipv4Addr::from(*b));
            format!(", sin_port=htons({}), sin_addr=inet_addr(\"{ip}\")", port(rest))
        }
        AF_INET6 if rest.len() >= 22 => {
            let ip = rest.get(6..22).and_then(|b| b.first_chunk::<16>()).map_or(Ipv6Addr::UNSPECIFIED, |b| Ipv6Addr::from(*b));
            let scope = if rest.len() >= 26 { format!(", sin6_scope_id={}", word(22)) } else { String::new() };
            format!(
                ", sin6_port=htons({}), sin6_flowinfo=htonl({}), inet_pton(AF_INET6, \"{ip}\", &sin6_addr){scope}",
                port(rest),
                u32::from_be(word(2))
            )
        }
        AF_NETLINK if rest.len() >= 10 => format!(", nl_pid={}, nl_groups={:08x}", word(2) as i32, word(6)),
        _ => format!(", sa_data={}", quote(rest)),
    };
    format!("{head}{body}}}")
}

/// unix(7): a path, or an abstract name after a NUL.
fn unix_path(bytes: &[u8]) -> String {
    match bytes.split_first() {
        Some((0, name)) => format!("@{}", quote(name)),
        _ => {
            let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
            quote(bytes.get(..end).unwrap_or_default())
        }
    }
}

/// An address that a call was given, with its length in the next argument.
pub fn address_in<const LEN: usize>(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    Some(sockaddr(ctx, at, usize::try_from(ctx.arg(LEN) & 0xffff_ffff).unwrap_or(0)))
}

/// An address that a call has written, with its length behind the pointer in the next argument.
pub fn address_out<const LEN: usize>(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    if ctx.failed() || at == 0 {
        return Some(address(at));
    }
    let len = ctx.halves::<1>(ctx.arg(LEN)).map_or(0, |[n]| n as usize);
    Some(sockaddr(ctx, at, len))
}

/// A length by address, before the call.
pub fn length(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    Some(ctx.halves::<1>(at).filter(|_| at != 0).map_or_else(|| address(at), |[n]| format!("[{}]", n as i32)))
}

/// What the kernel has made of the length: `[128 => 16]`.
pub fn length_changed(ctx: &Ctx<'_>, at: u64, before: &str) -> Option<String> {
    let now = length(ctx, at)?;
    if ctx.failed() || now == before || at == 0 {
        return Some(before.to_owned());
    }
    Some(format!("[{} => {}]", before.trim_matches(['[', ']']), now.trim_matches(['[', ']'])))
}

/// msg(2) flags.
pub fn flags(_: &Ctx<'_>, flags: u64) -> Option<String> {
    Some(MSG_FLAGS.all(flags & 0xffff_ffff))
}

/// `struct msghdr` that is sent.
pub fn message_in(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    Some(message(ctx, at, usize::MAX))
}

/// `struct msghdr` that was received.
pub fn message_out(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    if ctx.failed() { Some(address(at)) } else { Some(message(ctx, at, ctx.returned())) }
}

fn message(ctx: &Ctx<'_>, at: u64, bytes: usize) -> String {
    let Some([name, name_len, iov, iov_len, control, control_len, flags]) = ctx.words::<7>(at).filter(|_| at != 0) else {
        return address(at);
    };
    let name_len = name_len & 0xffff_ffff;
    let control_text =
        if control_len != 0 { format!(", msg_control={}", controls(ctx, control, control_len)) } else { String::new() };
    format!(
        "{{msg_name={}, msg_namelen={name_len}, msg_iov={}, msg_iovlen={iov_len}{control_text}, msg_controllen={control_len}, msg_flags={}}}",
        sockaddr(ctx, name, name_len as usize),
        iovec(ctx, iov, iov_len, bytes),
        MSG_FLAGS.all(flags & 0xffff_ffff)
    )
}

/// `struct cmsghdr`s (cmsg(3)): descriptors and credentials, and others by their length.
fn controls(ctx: &Ctx<'_>, at: u64, len: u64) -> String {
    let mut texts = Vec::new();
    let mut offset = 0;
    while offset + 16 <= len && texts.len() < super::ctx::MOST {
        let here = at.wrapping_add(offset);
        let Some([size, level_type]) = ctx.words::<2>(here) else { return address(at) };
        let (level, kind) = (level_type & 0xffff_ffff, level_type >> 32);
        if size < 16 || size > len - offset {
            break;
        }
        let data = match (level, kind) {
            (1, 1) => {
                let fds = (0..(size - 16) / 4).filter_map(|n| ctx.halves::<1>(here.wrapping_add(16 + 4 * n)));
                let fds: Vec<String> = fds.take(super::ctx::MOST).map(|[fd]| (fd as i32).to_string()).collect();
                format!("cmsg_type=SCM_RIGHTS, cmsg_data=[{}]", fds.join(", "))
            }
            (1, 2) => {
                let [pid, uid, gid] = ctx.halves::<3>(here.wrapping_add(16)).unwrap_or_default();
                format!("cmsg_type=SCM_CREDENTIALS, cmsg_data={{pid={pid}, uid={uid}, gid={gid}}}")
            }
            _ => format!("cmsg_type={kind:#x}"),
        };
        texts.push(format!("{{cmsg_len={size}, cmsg_level={}, {data}}}", SOCKET_LEVELS.one(level)));
        offset += size.next_multiple_of(8);
    }
    format!("[{}]", texts.join(", "))
}

/// The name of an option, by its level in argument 1.
pub fn option(ctx: &Ctx<'_>, option: u64) -> Option<String> {
    let option = option & 0xffff_ffff;
    Some(match ctx.arg(1) as u32 {
        1 => SO_OPTIONS.one(option),
        6 => TCP_OPTIONS.one(option),
        _ => super::text::hex(option),
    })
}

/// An option's value that is set, of the length in argument 4.
pub fn option_in(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    Some(option_value(ctx, at, ctx.arg(4) & 0xffff_ffff))
}

/// An option's value that was got, of the length behind argument 4.
pub fn option_out(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    let len = ctx.halves::<1>(ctx.arg(4)).map_or(0, |[n]| n.into());
    Some(option_value(ctx, at, len))
}

fn option_value(ctx: &Ctx<'_>, at: u64, len: u64) -> String {
    const SO_LINGER: u64 = 13;
    const SO_PEERCRED: u64 = 17;
    const TIMES: [u64; 2] = [20, 21];
    match (ctx.arg(1), ctx.arg(2)) {
        (1, SO_LINGER) if len == 8 => {
            ctx.halves::<2>(at).map_or_else(|| address(at), |[on, s]| format!("{{l_onoff={}, l_linger={}}}", on as i32, s as i32))
        }
        (1, SO_PEERCRED) if len == 12 => {
            ctx.halves::<3>(at).map_or_else(|| address(at), |[p, u, g]| format!("{{pid={p}, uid={u}, gid={g}}}"))
        }
        (1, option) if TIMES.contains(&option) && len == 16 => super::times::timeval(ctx, at).unwrap_or_default(),
        _ if len == 4 => super::processes::int_at(ctx, at).unwrap_or_default(),
        _ => buffer(ctx, at, len as usize),
    }
}
