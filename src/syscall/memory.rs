//! Calls about the address space.

use super::ctx::Ctx;
use super::names::memory::*;
use super::names::processes::ARCH_PRCTL;
use super::text::{address, hex};
use crate::base::PAGE;

/// mmap(2) flags: the type of the mapping, then the rest.
pub fn mmap_flags(_: &Ctx<'_>, flags: u64) -> Option<String> {
    let flags = flags & 0xffff_ffff;
    let kind = MMAP_TYPE.one(flags & 0xf);
    let rest = flags & !0xf;
    if rest == 0 {
        return Some(kind);
    }
    // The size of huge pages stands in the upper bits (linux/mman.h MAP_HUGE_SHIFT).
    let huge = if flags & 0x40000 != 0 { flags >> 26 & 0x3f } else { 0 };
    let (names, left) = MMAP_FLAGS.some(rest & !(huge << 26));
    let mut parts = vec![kind];
    parts.extend(Some(names).filter(|n| !n.is_empty()));
    parts.extend((huge != 0).then(|| format!("{huge}<<MAP_HUGE_SHIFT")));
    parts.extend((left != 0).then(|| format!("{left:#x}")));
    Some(parts.join("|"))
}

/// The new address of mremap(2), where it is given one.
pub fn mremap_address(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    (ctx.arg(3) & 2 != 0).then(|| address(at))
}

/// What mincore(2) has written.
pub fn residency(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    let pages = usize::try_from(ctx.arg(1).div_ceil(PAGE)).unwrap_or(usize::MAX);
    let bytes = ctx.some_bytes(at, pages.min(super::ctx::MOST));
    let shown = |b: Vec<u8>| b.iter().map(|p| (p & 1).to_string()).collect::<Vec<_>>().join(" ");
    let more = if pages > super::ctx::MOST { " ..." } else { "" };
    Some(bytes.map_or_else(|| address(at), |b| format!("[{}{more}]", shown(b))))
}

/// The command of arch_prctl(2).
pub fn arch_prctl(_: &Ctx<'_>, code: u64) -> Option<String> {
    Some(match ARCH_PRCTL.name(code) {
        Some(name) => name.to_owned(),
        None => format!("{code:#x} /* ARCH_??? */"),
    })
}

/// The argument of arch_prctl(2), by its command.
pub fn arch_prctl_arg(ctx: &Ctx<'_>, arg: u64) -> Option<String> {
    Some(match ctx.arg(0) {
        0x1003 | 0x1004 => match ctx.ret {
            Some(_) if !ctx.failed() => ctx.word(arg).map_or_else(|| address(arg), |w| format!("[{}]", hex(w))),
            _ => address(arg),
        },
        0x1011 => return None,
        0x1012 | 0x1023 | 0x1025 => hex(arg),
        _ => hex(arg),
    })
}

/// A memory policy with its flags.
pub fn policy(_: &Ctx<'_>, mode: u64) -> Option<String> {
    let flags = mode & 0xe000;
    let name = MPOL.one(mode & 0x1fff);
    let names = [(0x8000, "MPOL_F_STATIC_NODES"), (0x4000, "MPOL_F_RELATIVE_NODES"), (0x2000, "MPOL_F_NUMA_BALANCING")];
    let set: Vec<&str> = names.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, name)| *name).collect();
    Some(if set.is_empty() { name } else { format!("{name}|{}", set.join("|")) })
}
