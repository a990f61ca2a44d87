//! Files: what they are opened with, what they are, what is in them.

use super::ctx::{Ctx, MOST};
use super::names::files::*;
use super::text::{address, buffer, field, hex, list, octal, quote};

/// A directory's descriptor: AT_FDCWD or a number.
pub fn dirfd(_: &Ctx<'_>, fd: u64) -> Option<String> {
    Some(if fd as i32 == -100 { "AT_FDCWD".to_owned() } else { (fd as i32).to_string() })
}

/// open(2) flags.
pub fn open_flags(_: &Ctx<'_>, flags: u64) -> Option<String> {
    Some(open_flag_names(flags & 0xffff_ffff))
}

/// The access mode, then the flags.
pub fn open_flag_names(flags: u64) -> String {
    let access = OPEN_ACCESS.one(flags & 3);
    let (names, rest) = OPEN_FLAGS.some(flags & !3);
    let mut parts = vec![access];
    parts.extend(Some(names).filter(|n| !n.is_empty()));
    parts.extend((rest != 0).then(|| format!("{rest:#x}")));
    parts.join("|")
}

const O_CREAT: u64 = 0o100;
const O_TMPFILE: u64 = 0o20000000;

/// The mode of open(2), where its flags say that there is one.
pub fn mode_of_open(ctx: &Ctx<'_>, mode: u64) -> Option<String> {
    makes_file(ctx.arg(1)).then(|| octal(mode & 0xffff_ffff))
}

/// The mode of openat(2).
pub fn mode_of_openat(ctx: &Ctx<'_>, mode: u64) -> Option<String> {
    makes_file(ctx.arg(2)).then(|| octal(mode & 0xffff_ffff))
}

fn makes_file(flags: u64) -> bool {
    flags & (O_CREAT | O_TMPFILE) != 0
}

/// `struct open_how`.
pub fn open_how(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    let Some([flags, mode, resolve]) = ctx.words::<3>(at) else { return Some(address(at)) };
    let mut text = format!("{{flags={}", open_flag_names(flags));
    if makes_file(flags) {
        text.push_str(&format!(", mode={}", octal(mode)));
    }
    Some(format!("{text}, resolve={}}}", RESOLVE.all(resolve)))
}

/// A file's type and permissions: `S_IFREG|0644`.
pub fn file_mode(mode: u64) -> String {
    let bits = octal(mode & 0o777);
    let mut parts = Vec::new();
    match FILE_TYPES.name(mode & 0o170000) {
        Some(name) => parts.push(name.to_owned()),
        None if mode & 0o170000 != 0 => parts.push(octal(mode & 0o170000)),
        None => {}
    }
    for (bit, name) in [(0o4000, "S_ISUID"), (0o2000, "S_ISGID"), (0o1000, "S_ISVTX")] {
        parts.extend((mode & bit != 0).then(|| name.to_owned()));
    }
    parts.push(bits);
    parts.join("|")
}

/// The mode of mknod(2), with the file's type.
pub fn node_mode(_: &Ctx<'_>, mode: u64) -> Option<String> {
    Some(file_mode(mode & 0xffff))
}

/// A device number, as dev_t has it (linux/kdev_t.h new_encode_dev).
pub fn device(dev: u64) -> String {
    let major = dev >> 8 & 0xfff | dev >> 32 & 0xffff_f000;
    let minor = dev & 0xff | dev >> 12 & 0xffff_ff00;
    format!("makedev({}, {})", makedev_part(major), makedev_part(minor))
}

fn makedev_part(n: u64) -> String {
    hex(n)
}

/// The device of mknod(2), where there is one.
pub fn node_device(ctx: &Ctx<'_>, dev: u64) -> Option<String> {
    device_of_mode(ctx.arg(1), dev)
}

/// The device of mknodat(2).
pub fn node_device_at(ctx: &Ctx<'_>, dev: u64) -> Option<String> {
    device_of_mode(ctx.arg(2), dev)
}

fn device_of_mode(mode: u64, dev: u64) -> Option<String> {
    matches!(mode & 0o170000, 0o020000 | 0o060000).then(|| device(dev))
}

/// `struct stat` (asm/stat.h), in short.
pub fn stat(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    let Some(words) = ctx.words::<8>(at) else { return Some(address(at)) };
    let [_, _, _, mode_uid, _, rdev, size, _] = words;
    let mode = mode_uid & 0xffff_ffff;
    let what = match mode & 0o170000 {
        0o020000 | 0o060000 => format!("st_rdev={}", device(rdev)),
        _ => format!("st_size={}", size as i64),
    };
    Some(format!("{{st_mode={}, {what}, ...}}", file_mode(mode)))
}

/// `struct statx` (linux/stat.h), in short.
pub fn statx(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    let Some(words) = ctx.words::<6>(at) else { return Some(address(at)) };
    let [mask_blksize, attributes, _, uid_mode, _, size] = words;
    let mode = ctx.halves::<8>(at).map_or(0, |h| u64::from(h[7] & 0xffff));
    let _ = uid_mode;
    let mask = STATX_MASK.all(mask_blksize & 0xffff_ffff);
    Some(format!(
        "{{stx_mask={mask}, stx_attributes={}, stx_mode={}, stx_size={size}, ...}}",
        STATX_ATTR.all(attributes),
        file_mode(mode)
    ))
}

/// The flags of statx(2): how to synchronise, then the others.
pub fn statx_flags(_: &Ctx<'_>, flags: u64) -> Option<String> {
    let sync = STATX_SYNC.one(flags & 0x6000);
    let rest = flags & 0xffff_ffff & !0x6000;
    Some(if rest == 0 { sync } else { format!("{sync}|{}", AT_FLAGS.all(rest)) })
}

/// `struct statfs`.
pub fn statfs(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    let Some(w) = ctx.words::<11>(at) else { return Some(address(at)) };
    let [kind, bsize, blocks, bfree, bavail, files, ffree, fsid, namelen, frsize, flags] = w;
    Some(format!(
        "{{f_type={}, f_bsize={bsize}, f_blocks={blocks}, f_bfree={bfree}, f_bavail={bavail}, f_files={files}, f_ffree={ffree}, \
f_fsid={{val=[{}, {}]}}, f_namelen={namelen}, f_frsize={frsize}, f_flags={}}}",
        FSTYPES.name(kind).map_or_else(|| format!("{kind:#x}"), str::to_owned),
        hex(fsid & 0xffff_ffff),
        hex(fsid >> 32),
        ST_FLAGS.all(flags)
    ))
}

/// access(2) modes.
pub fn access(_: &Ctx<'_>, mode: u64) -> Option<String> {
    Some(ACCESS.all(mode & 0xffff_ffff))
}

/// Bytes that a call was given, of the length in argument 2.
pub fn bytes_in(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    Some(buffer(ctx, at, usize::try_from(ctx.arg(2)).unwrap_or(usize::MAX)))
}

/// Bytes that a call has written, as many as it returned.
pub fn bytes_out(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    Some(buffer(ctx, at, ctx.returned()))
}

/// What getcwd(2) has written, with its NUL.
pub fn cwd(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    let bytes = ctx.some_bytes(at, ctx.returned().min(super::ctx::PATH_MAX));
    Some(bytes.map_or_else(|| address(at), |b| field(&b)))
}

/// Random bytes that a call has written.
pub fn random_out(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    Some(super::text::hex_buffer(ctx, at, ctx.returned()))
}

/// The buffer of getdents64(2): how many entries it holds (linux/dirent.h: `d_reclen` at 16).
pub fn entries(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    let bytes = ctx.some_bytes(at, ctx.returned().min(1 << 20)).unwrap_or_default();
    let (mut offset, mut count) = (0usize, 0u64);
    while let Some(length) = bytes.get(offset + 16..offset + 18).and_then(|b| b.first_chunk()) {
        let length = usize::from(u16::from_le_bytes(*length));
        if length == 0 {
            break;
        }
        count += 1;
        offset += length;
    }
    let word = if count == 1 { "entry" } else { "entries" };
    let word = if count == 1 { "entries" } else { word };
    Some(format!("{} /* {count} {word} */", address(at)))
}

/// `struct iovec[]` of the length in argument 2, with what the call was given.
pub fn iovec_in(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    Some(iovec(ctx, at, ctx.arg(2), usize::MAX))
}

/// The same with what the call has written.
pub fn iovec_out(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    Some(iovec(ctx, at, ctx.arg(2), ctx.returned()))
}

/// `struct iovec[]`, of whose buffers `bytes` in all hold something.
pub fn iovec(ctx: &Ctx<'_>, at: u64, count: u64, bytes: usize) -> String {
    if at == 0 {
        return "NULL".to_owned();
    }
    let mut left = bytes;
    let element = |n: u64| {
        let [base, len] = ctx.words::<2>(at.wrapping_add(16 * n))?;
        let shown = usize::try_from(len).unwrap_or(usize::MAX).min(left);
        left -= shown;
        Some(format!("{{iov_base={}, iov_len={len}}}", buffer(ctx, base, shown)))
    };
    list(count, element).unwrap_or_else(|| address(at))
}

/// Two descriptors that a call has written: `[3, 4]`.
pub fn pair(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    Some(ctx.halves::<2>(at).map_or_else(|| address(at), |[a, b]| format!("[{}, {}]", a as i32, b as i32)))
}

/// An offset that is passed by address, or NULL.
pub fn offset_at(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    Some(ctx.word(at).filter(|_| at != 0).map_or_else(|| address(at), |w| format!("[{}]", w as i64)))
}

/// The third argument of fcntl(2), by its command.
pub fn fcntl_arg(ctx: &Ctx<'_>, arg: u64) -> Option<String> {
    Some(match ctx.arg(1) as u32 {
        1 | 3 | 9 | 11 | 1025 | 1032 | 1034 => return None,
        2 => FD_FLAGS.all(arg & 0xffff_ffff),
        4 => open_flag_names(arg & 0xffff_ffff),
        0 | 1030 | 8 | 1031 => (arg as i32).to_string(),
        10 => super::signals::signal(ctx, arg)?,
        5..=7 | 36..=38 => flock(ctx, arg),
        1024 => LOCK_TYPES.one(arg & 0xffff_ffff),
        1033 => SEALS.all(arg & 0xffff_ffff),
        _ => hex(arg),
    })
}

/// `struct flock`.
fn flock(ctx: &Ctx<'_>, at: u64) -> String {
    let Some([kinds, start, len, pid]) = ctx.words::<4>(at) else { return address(at) };
    let kind = LOCK_TYPES.one(kinds & 0xffff);
    let whence = WHENCE.one(kinds >> 16 & 0xffff);
    let pid = if ctx.ret.is_some() && ctx.arg(1) == 5 { format!(", l_pid={}", pid as i32) } else { String::new() };
    format!("{{l_type={kind}, l_whence={whence}, l_start={}, l_len={}{pid}}}", start as i64, len as i64)
}

/// What fcntl(2) returned, by its command.
pub fn fcntl_ret(ctx: &Ctx<'_>, ret: i64) -> Option<String> {
    let ret = ret as u64;
    Some(match ctx.arg(1) as u32 {
        1 if ret == 0 => "0".to_owned(),
        1 => format!("{ret:#x} (flags {})", FD_FLAGS.all(ret)),
        3 => format!("{ret:#x} (flags {})", open_flag_names(ret)),
        1025 => format!("{ret:#x} ({})", LOCK_TYPES.one(ret)),
        1034 if ret != 0 => format!("{ret:#x} (seals {})", SEALS.all(ret)),
        _ => return None,
    })
}

/// What an attribute call has written: text, as many bytes as it returned.
pub fn xattr_out(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    if ctx.arg(3) == 0 {
        return Some(address(at));
    }
    bytes_out(ctx, at)
}

/// A list of names that listxattr(2) has written.
pub fn xattr_list(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    if ctx.arg(2) == 0 {
        return Some(address(at));
    }
    let bytes = ctx.some_bytes(at, ctx.returned().min(MOST));
    Some(bytes.map_or_else(|| address(at), |b| format!("{}{}", quote(&b), if ctx.returned() > MOST { "..." } else { "" })))
}

/// An attribute's value of the length in argument 3.
pub fn xattr_in(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    Some(buffer(ctx, at, usize::try_from(ctx.arg(3)).unwrap_or(usize::MAX)))
}

/// flock(2) operations.
pub fn flock_op(_: &Ctx<'_>, op: u64) -> Option<String> {
    Some(FLOCK.all(op & 0xffff_ffff))
}

/// The buffer of getdents(2): `d_reclen` at 16 too.
pub fn old_entries(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    entries(ctx, at)
}

/// A name of the length in argument 1, of sethostname(2).
pub fn name_in(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    Some(buffer(ctx, at, usize::try_from(ctx.arg(1)).unwrap_or(usize::MAX)))
}

/// The name of memfd_create(2), of which the kernel takes 249 bytes.
pub fn memfd_name(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    Some(ctx.c_string(at, 250).filter(|_| at != 0).map_or_else(|| address(at), |b| quote(&b)))
}
