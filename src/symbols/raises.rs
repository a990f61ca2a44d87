//! Places at which a program tells that it throws, catches or rethrows a C++ exception, or that Rust code panics.

use crate::arch::regs::{Gpr, find};
use crate::base::FileAddr;
use crate::elf::{Image, Probe};

/// What happens to an exception.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Raise {
    /// It is thrown (`__cxa_throw`).
    Throw,
    /// A handler takes it (`__cxa_begin_catch`).
    Catch,
    /// A handler throws it on (`__cxa_rethrow`).
    Rethrow,
    /// It is a Rust panic, about to unwind or to abort (`rust_panic`).
    Panic,
}

impl Raise {
    /// The word that stands behind `catch` for it.
    pub fn word(self) -> &'static str {
        match self {
            Raise::Throw => "throw",
            Raise::Catch => "catch",
            Raise::Rethrow => "rethrow",
            Raise::Panic => "panic",
        }
    }
}

/// Where a pointer is, when a thread is at a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operand {
    /// In this register.
    Register(Gpr),
    /// In memory, so many bytes from where the register points to.
    Memory(Gpr, i64),
    /// It is so many bytes from where the register points to.
    Beside(Gpr, i64),
}

/// A place that tells of one of these.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RaisePlace {
    /// Its link-time address.
    pub addr: FileAddr,
    /// What happens there.
    pub what: Raise,
    /// The exception's object, and its `std::type_info` (Itanium C++ ABI, "Exception Handling" §2.4); `None` where nothing tells.
    pub exception: Option<(Operand, Operand)>,
}

/// The size of `_Unwind_Exception`, behind which the object lies, and how far before it `exceptionType` is: in libstdc++
/// (unwind-cxx.h `__cxa_exception`) and in libc++abi (cxa_exception.h) alike.
const HEADER: i64 = 32;
const TYPE_BEFORE: i64 = -80;

/// The places in a file; `named` finds its symbols, `containing` those whose raw names hold a word.
pub(super) fn raises_in(
    image: &Image,
    named: impl Fn(&str) -> Option<FileAddr>,
    containing: impl Fn(&str) -> Vec<(String, FileAddr)>,
) -> Vec<RaisePlace> {
    let mut found: Vec<RaisePlace> = image.probes().filter_map(|p| raise_of(&p)).collect();
    if found.is_empty() {
        // Built without systemtap's header, as libc++abi is: the functions themselves.
        let thrown = (Operand::Register(Gpr::Rdi), Operand::Register(Gpr::Rsi));
        let caught = (Operand::Beside(Gpr::Rdi, HEADER), Operand::Memory(Gpr::Rdi, TYPE_BEFORE));
        let functions = [
            ("__cxa_throw", Raise::Throw, Some(thrown)),
            ("__cxa_begin_catch", Raise::Catch, Some(caught)),
            ("__cxa_rethrow", Raise::Rethrow, None),
        ];
        let place = |(name, what, exception)| named(name).map(|addr| RaisePlace { addr, what, exception });
        found.extend(functions.into_iter().filter_map(place));
    }
    let is_panic = |name: &str| name == "rust_panic" || name.starts_with("_R") && name.ends_with("7___rustc10rust_panic");
    let panics = containing("rust_panic").into_iter().filter(|(name, _)| is_panic(name));
    found.extend(panics.map(|(_, addr)| RaisePlace { addr, what: Raise::Panic, exception: None }));
    found
}

/// A place among the probes of systemtap: libstdc++'s three give the object and its type.
fn raise_of(probe: &Probe<'_>) -> Option<RaisePlace> {
    let what = match (probe.provider, probe.name) {
        ("libstdcxx", "throw") => Raise::Throw,
        ("libstdcxx", "catch") => Raise::Catch,
        ("libstdcxx", "rethrow") => Raise::Rethrow,
        _ => return None,
    };
    let mut operands = probe.arguments.split_whitespace().map(operand);
    let exception = operands.next().flatten().zip(operands.next().flatten());
    Some(RaisePlace { addr: probe.addr, what, exception })
}

/// An operand of a probe, in the assembler's form behind its size: `8@%rdx`, `8@-80(%rbx)`.
fn operand(text: &str) -> Option<Operand> {
    let (_, place) = text.split_once('@')?;
    let register = |name: &str| find(name)?.info().gpr();
    match place.split_once("(%") {
        None => Some(Operand::Register(register(place.strip_prefix('%')?)?)),
        Some((displacement, rest)) => {
            let displacement = if displacement.is_empty() { 0 } else { displacement.parse().ok()? };
            Some(Operand::Memory(register(rest.strip_suffix(')')?)?, displacement))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_of_probes() {
        assert_eq!(operand("8@%rdx"), Some(Operand::Register(Gpr::Rdx)));
        assert_eq!(operand("8@-80(%rbx)"), Some(Operand::Memory(Gpr::Rbx, -80)));
        assert_eq!(operand("8@(%rax)"), Some(Operand::Memory(Gpr::Rax, 0)));
        for damaged in ["", "8", "8@", "8@%", "8@%nosuch", "8@x(%rbx)", "8@4(%rbx", "-4@$7"] {
            assert_eq!(operand(damaged), None, "{damaged}");
        }
    }
}
