//! ioctl(2): requests by name and, for those of terminals, what they carry.

use super::ctx::Ctx;
use super::text::{address, hex};

/// Requests without a structure of their own, or whose argument is shown as an address (asm-generic/ioctls.h, linux/fs.h, ...).
#[rustfmt::skip]
static REQUESTS: &[(u32, &str)] = &[
    (0x5401, "TCGETS"), (0x5402, "TCSETS"), (0x5403, "TCSETSW"), (0x5404, "TCSETSF"), (0x5405, "TCGETA"), (0x5406, "TCSETA"),
    (0x5407, "TCSETAW"), (0x5408, "TCSETAF"), (0x5409, "TCSBRK"), (0x540a, "TCXONC"), (0x540b, "TCFLSH"), (0x540c, "TIOCEXCL"),
    (0x540d, "TIOCNXCL"), (0x540e, "TIOCSCTTY"), (0x540f, "TIOCGPGRP"), (0x5410, "TIOCSPGRP"), (0x5411, "TIOCOUTQ"),
    (0x5412, "TIOCSTI"), (0x5413, "TIOCGWINSZ"), (0x5414, "TIOCSWINSZ"), (0x5415, "TIOCMGET"), (0x5416, "TIOCMBIS"),
    (0x5417, "TIOCMBIC"), (0x5418, "TIOCMSET"), (0x5419, "TIOCGSOFTCAR"), (0x541a, "TIOCSSOFTCAR"), (0x541b, "FIONREAD"),
    (0x541c, "TIOCLINUX"), (0x541d, "TIOCCONS"), (0x541e, "TIOCGSERIAL"), (0x541f, "TIOCSSERIAL"), (0x5420, "TIOCPKT"),
    (0x5421, "FIONBIO"), (0x5422, "TIOCNOTTY"), (0x5423, "TIOCSETD"), (0x5424, "TIOCGETD"), (0x5425, "TCSBRKP"),
    (0x5427, "TIOCSBRK"), (0x5428, "TIOCCBRK"), (0x5429, "TIOCGSID"), (0x5450, "FIONCLEX"), (0x5451, "FIOCLEX"),
    (0x5452, "FIOASYNC"), (0x5460, "FIOQSIZE"), (0x80045430, "TIOCGPTN"), (0x40045431, "TIOCSPTLCK"), (0x80045438, "TIOCGPKT"),
    (0x80045439, "TIOCGPTLCK"), (0x5441, "TIOCGPTPEER"), (0x40049409, "BTRFS_IOC_CLONE or FICLONE"),
    (0x4020940d, "BTRFS_IOC_CLONE_RANGE or FICLONERANGE"), (0xc020660b, "FS_IOC_FIEMAP"), (0x80086601, "FS_IOC_GETFLAGS"),
    (0x40086602, "FS_IOC_SETFLAGS"), (0x1, "FIBMAP"), (0x2, "FIGETBSZ"), (0xc0045877, "FIFREEZE"), (0xc0045878, "FITHAW"),
    (0xc0185879, "FITRIM"), (0x125d, "BLKROSET"), (0x125e, "BLKROGET"), (0x1260, "BLKGETSIZE"), (0x80081272, "BLKGETSIZE64"),
    (0x1268, "BLKSSZGET"), (0x127b, "BLKPBSZGET"), (0x8910, "SIOCGIFNAME"), (0x8912, "SIOCGIFCONF"), (0x8913, "SIOCGIFFLAGS"),
    (0x8914, "SIOCSIFFLAGS"), (0x8915, "SIOCGIFADDR"), (0x8921, "SIOCGIFMTU"), (0x8927, "SIOCGIFHWADDR"),
    (0x8933, "SIOCGIFINDEX"), (0x8946, "SIOCETHTOOL"), (0x8901, "FIOSETOWN"), (0x8903, "FIOGETOWN"), (0x8905, "SIOCATMARK"),
    (0x2400, "PERF_EVENT_IOC_ENABLE"), (0x2401, "PERF_EVENT_IOC_DISABLE"), (0x2402, "PERF_EVENT_IOC_REFRESH"),
    (0x2403, "PERF_EVENT_IOC_RESET"), (0xb701, "NS_GET_USERNS"), (0xb702, "NS_GET_PARENT"), (0xb703, "NS_GET_NSTYPE"),
    (0xae00, "KVM_GET_API_VERSION"), (0xae01, "KVM_CREATE_VM"), (0xc018aa3f, "UFFDIO_API"), (0xc020aa00, "UFFDIO_REGISTER"),
];

/// A request: its name, or what its number is made of (asm-generic/ioctl.h).
pub fn request(_: &Ctx<'_>, request: u64) -> Option<String> {
    let request = request as u32;
    if let Some((_, name)) = REQUESTS.iter().find(|r| r.0 == request) {
        return Some((*name).to_owned());
    }
    let direction = match request >> 30 {
        0 => "_IOC_NONE",
        1 => "_IOC_WRITE",
        2 => "_IOC_READ",
        _ => "_IOC_READ|_IOC_WRITE",
    };
    let part = |n: u32| hex(n.into());
    Some(format!("_IOC({direction}, {}, {}, {})", part(request >> 8 & 0xff), part(request & 0xff), part(request >> 16 & 0x3fff)))
}

/// What a request carries.
pub fn argument(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    let read = !ctx.failed() && ctx.ret.is_some();
    Some(match ctx.arg(1) as u32 {
        0x5401 if read => termios(ctx, at),
        0x5402..=0x5404 => termios(ctx, at),
        0x5413 if read => winsize(ctx, at),
        0x5414 => winsize(ctx, at),
        0x540f | 0x5411 | 0x5415 | 0x541b | 0x5424 | 0x5429 | 0x80045430 | 0x8905 if read => super::processes::int_at(ctx, at)?,
        0x5410 | 0x5421 | 0x5423 | 0x5452 | 0x40045431 => super::processes::int_at(ctx, at)?,
        0x80086601 | 0x80081272 if read => super::processes::word_at(ctx, at)?,
        0x540c | 0x540d | 0x5422 | 0x5427 | 0x5428 | 0x5450 | 0x5451 | 0xb701..=0xb703 | 0x2400 | 0x2401 | 0x2403 => return None,
        0x5409 | 0x540e | 0x5425 | 0xae00 | 0xae01 | 0x2402 => (at as i32).to_string(),
        0x40049409 => (at as i32).to_string(),
        0x540b => match at {
            0 => "TCIFLUSH".to_owned(),
            1 => "TCOFLUSH".to_owned(),
            2 => "TCIOFLUSH".to_owned(),
            _ => format!("{at:#x} /* TC?FLUSH */"),
        },
        0x540a => match at {
            0 => "TCOOFF".to_owned(),
            1 => "TCOON".to_owned(),
            2 => "TCIOFF".to_owned(),
            3 => "TCION".to_owned(),
            _ => format!("{at:#x} /* TC??? */"),
        },
        _ if REQUESTS.iter().any(|r| r.0 == ctx.arg(1) as u32) => address(at),
        _ => hex(at),
    })
}

/// The speeds of termios(3), by the bits of CBAUD (asm-generic/termbits.h).
fn speed(cflag: u32) -> String {
    #[rustfmt::skip]
    let low = [
        "B0", "B50", "B75", "B110", "B134", "B150", "B200", "B300", "B600", "B1200", "B1800", "B2400", "B4800", "B9600", "B19200",
        "B38400",
    ];
    #[rustfmt::skip]
    let high = [
        "BOTHER", "B57600", "B115200", "B230400", "B460800", "B500000", "B576000", "B921600", "B1000000", "B1152000", "B1500000",
        "B2000000", "B2500000", "B3000000", "B3500000", "B4000000",
    ];
    let table = if cflag & 0o10000 != 0 { high } else { low };
    table.get((cflag & 0xf) as usize).copied().unwrap_or("B0").to_owned()
}

/// The kernel's `struct termios`, in short.
fn termios(ctx: &Ctx<'_>, at: u64) -> String {
    let Some([_, oflag, cflag, lflag]) = ctx.halves::<4>(at).filter(|_| at != 0) else { return address(at) };
    let sign = |on: bool| if on { "" } else { "-" };
    format!(
        "{{{} {}opost {}isig {}icanon {}echo ...}}",
        speed(cflag),
        sign(oflag & 1 != 0),
        sign(lflag & 1 != 0),
        sign(lflag & 2 != 0),
        sign(lflag & 8 != 0)
    )
}

/// `struct winsize`.
fn winsize(ctx: &Ctx<'_>, at: u64) -> String {
    let Some([a, b]) = ctx.halves::<2>(at).filter(|_| at != 0) else { return address(at) };
    let (row, col, x, y) = (a & 0xffff, a >> 16, b & 0xffff, b >> 16);
    format!("{{ws_row={row}, ws_col={col}, ws_xpixel={x}, ws_ypixel={y}}}")
}
