//! Numbers that have names: enumerations and flags.

use std::fmt::Write;

use crate::value::types::{Enumerator, Flag};

/// The name of an enumerator, names of bits joined by `|`, or the number.
pub(super) fn enumeration(n: i128, enumerators: &[Enumerator]) -> String {
    if let Some(e) = enumerators.iter().find(|e| e.value == n) {
        return e.name.to_string();
    }
    // gdb takes an enumeration for flags where each value is one run of bits and none shares a bit with another.
    let is_run = |v: i128| {
        v >= 0 && {
            let v = v as u128;
            v == 0 || (v >> v.trailing_zeros()).wrapping_add(1).is_power_of_two()
        }
    };
    let mut seen = 0;
    let disjoint = enumerators.iter().all(|e| {
        let new = seen & e.value == 0;
        seen |= e.value;
        new && is_run(e.value)
    });
    if !disjoint || enumerators.is_empty() || n < 0 {
        return n.to_string();
    }
    let mut rest = n;
    let mut names = Vec::new();
    for e in enumerators.iter().filter(|e| e.value != 0) {
        if rest & e.value != 0 {
            names.push(e.name.to_string());
            rest &= !e.value;
        }
    }
    if rest != 0 {
        names.push(format!("unknown: {rest:#x}"));
    }
    if names.is_empty() { "0".to_owned() } else { format!("({})", names.join(" | ")) }
}

/// `[ ZF PF ]`
pub(super) fn flags_text(n: i128, flags: &[Flag]) -> String {
    let mut out = "[".to_owned();
    for flag in flags.iter().filter(|f| !f.name.is_empty()) {
        let value = (n >> flag.bits.start.min(127)) & ((1i128 << flag.bits.len.min(126)) - 1);
        match flag.bits.len {
            1 if value != 0 => _ = write!(out, " {}", flag.name),
            1 => {}
            _ => _ = write!(out, " {}={value}", flag.name),
        }
    }
    out + " ]"
}
