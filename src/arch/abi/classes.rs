//! Classification of arguments and results (psABI §3.2.3, "Classification").

/// What a scalar is made of, as far as calls care.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ScalarKind {
    /// Integers, truth values, characters, enumerations, pointers, references.
    Integer,
    /// `_Float16`, `float`, `double`, and vectors of 8 to 64 bytes; `__float128` and decimal numbers too.
    Sse,
    /// `long double`.
    X87,
}

/// A scalar in a type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scalar {
    /// Bytes from the beginning.
    pub offset: u64,
    /// Size in bytes: 16 for `long double` and `__int128`.
    pub size: u64,
    /// What it is.
    pub kind: ScalarKind,
    /// It lies where its own type would not be aligned, in a packed structure. Bit-fields never do.
    pub unaligned: bool,
}

/// What calls need to know of a type: its scalars, arrays and structures flattened.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Layout {
    /// Size in bytes; 0 for `void`.
    pub size: u64,
    /// Alignment in bytes, a power of two.
    pub align: u64,
    /// The scalars in any order; those of a union overlap. Above 64 bytes nobody asks for them.
    pub scalars: Vec<Scalar>,
    /// It is `_Complex long double`, whose two halves are returned on the x87's stack.
    pub complex_x87: bool,
    /// It is passed and returned by address whatever it holds: C++ objects with a destructor or copy constructor of their
    /// own (Itanium C++ ABI §3.1.2.3).
    pub by_address: bool,
    /// By Rust's convention: what goes in a register of its own each (an integer of 16 bytes in two).
    pub parts: Option<Vec<Scalar>>,
}

impl Layout {
    /// A type that is one scalar.
    pub fn scalar(kind: ScalarKind, size: u64) -> Layout {
        let scalars = vec![Scalar { offset: 0, size, kind, unaligned: false }];
        Layout { size, align: size.next_power_of_two(), scalars, ..Layout::default() }
    }

    /// An integer or a pointer.
    pub fn integer(size: u64) -> Layout {
        Layout::scalar(ScalarKind::Integer, size)
    }

    /// A floating-point number or a vector that lives in vector registers.
    pub fn sse(size: u64) -> Layout {
        Layout::scalar(ScalarKind::Sse, size)
    }

    /// `long double`.
    pub fn x87() -> Layout {
        Layout::scalar(ScalarKind::X87, 16)
    }
}

/// The class of an eightbyte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// Padding, empty structures.
    None,
    /// A general register.
    Integer,
    /// The low half of a vector register.
    Sse,
    /// The next higher half of the same vector register.
    SseUp,
    /// The 64-bit significand of an x87 register.
    X87,
    /// The exponent that belongs to it.
    X87Up,
    /// `_Complex long double`.
    ComplexX87,
    /// The stack.
    Memory,
}

/// Above this size everything is in memory: a 512-bit vector is the largest that is not.
const MAX_SIZE: u64 = 64;

/// The classes of the eightbytes, low addresses first; a single [`Class::Memory`] for what is passed in memory; none for what
/// has no size.
pub fn classify(layout: &Layout) -> Vec<Class> {
    let in_memory = vec![Class::Memory];
    if layout.by_address || layout.size > MAX_SIZE || layout.scalars.iter().any(|s| s.unaligned) {
        return in_memory;
    }
    if layout.complex_x87 {
        return vec![Class::ComplexX87];
    }
    let mut classes = vec![Class::None; layout.size.div_ceil(8) as usize];
    for scalar in &layout.scalars {
        let first = (scalar.offset / 8) as usize;
        let end = scalar.offset.saturating_add(scalar.size).div_ceil(8);
        for (i, slot) in classes.iter_mut().enumerate().take(end as usize).skip(first) {
            *slot = merge(*slot, class_of(scalar.kind, i - first));
        }
    }
    clean_up(classes).unwrap_or(in_memory)
}

/// The class of the nth eightbyte of a scalar.
fn class_of(kind: ScalarKind, n: usize) -> Class {
    match (kind, n) {
        (ScalarKind::Integer, _) => Class::Integer,
        (ScalarKind::Sse, 0) => Class::Sse,
        (ScalarKind::Sse, _) => Class::SseUp,
        (ScalarKind::X87, 0) => Class::X87,
        (ScalarKind::X87, _) => Class::X87Up,
    }
}

/// The class of an eightbyte that two members share.
fn merge(a: Class, b: Class) -> Class {
    use Class::*;
    match (a, b) {
        (a, b) if a == b => a,
        (None, other) | (other, None) => other,
        (Memory, _) | (_, Memory) => Memory,
        (Integer, _) | (_, Integer) => Integer,
        (X87 | X87Up | ComplexX87, _) | (_, X87 | X87Up | ComplexX87) => Memory,
        _ => Sse,
    }
}

/// The "post merger cleanup"; `None` for memory.
fn clean_up(mut classes: Vec<Class>) -> Option<Vec<Class>> {
    if classes.contains(&Class::Memory) {
        return None;
    }
    let mut before = Class::None;
    for class in &mut classes {
        match class {
            Class::X87Up if before != Class::X87 => return None,
            Class::SseUp if !matches!(before, Class::Sse | Class::SseUp) => *class = Class::Sse,
            _ => {}
        }
        before = *class;
    }
    let (first, rest) = classes.split_first().map_or((Class::None, [].as_slice()), |(f, r)| (*f, r));
    let one_vector = first == Class::Sse && rest.iter().all(|c| *c == Class::SseUp);
    if classes.len() > 2 && !one_vector { None } else { Some(classes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(size: u64, align: u64, scalars: &[(u64, u64, ScalarKind)]) -> Layout {
        let scalars = scalars.iter().map(|&(offset, size, kind)| Scalar { offset, size, kind, unaligned: false }).collect();
        Layout { size, align, scalars, ..Layout::default() }
    }

    use ScalarKind::{Integer as I, Sse as S, X87 as X};

    #[test]
    fn scalars_have_their_class() {
        assert_eq!(classify(&Layout::default()), []);
        assert_eq!(classify(&Layout::integer(1)), [Class::Integer]);
        assert_eq!(classify(&Layout::integer(16)), [Class::Integer, Class::Integer]);
        assert_eq!(classify(&Layout::sse(4)), [Class::Sse]);
        assert_eq!(classify(&Layout::sse(16)), [Class::Sse, Class::SseUp]);
        assert_eq!(classify(&Layout::sse(32)), [Class::Sse, Class::SseUp, Class::SseUp, Class::SseUp]);
        assert_eq!(classify(&Layout::x87()), [Class::X87, Class::X87Up]);
        assert_eq!(classify(&Layout { size: 32, align: 16, complex_x87: true, ..Layout::default() }), [Class::ComplexX87]);
    }

    #[test]
    fn structures_are_classified_by_eightbytes() {
        // What `gcc -S` of test-programs/c/calls.c puts into which register tells the same.
        assert_eq!(classify(&of(16, 8, &[(0, 8, S), (8, 4, I)])), [Class::Sse, Class::Integer]);
        assert_eq!(classify(&of(12, 4, &[(0, 4, S), (4, 4, S), (8, 4, S)])), [Class::Sse, Class::Sse]);
        // struct { float f; int i; }: one eightbyte, and an integer spoils it.
        assert_eq!(classify(&of(8, 4, &[(0, 4, S), (4, 4, I)])), [Class::Integer]);
        assert_eq!(classify(&of(24, 8, &[(0, 8, I), (8, 8, I), (16, 8, I)])), [Class::Memory]);
        assert_eq!(classify(&of(24, 8, &[(0, 8, S), (8, 8, S), (16, 8, S)])), [Class::Memory]);
        // struct { long double d; }, and in a union with a long (X87 meets INTEGER: integer, then X87UP alone).
        assert_eq!(classify(&of(16, 16, &[(0, 16, X)])), [Class::X87, Class::X87Up]);
        assert_eq!(classify(&of(16, 16, &[(0, 16, X), (0, 8, I)])), [Class::Memory]);
        // union { __m128 v; int i; }: SSEUP loses its SSE.
        assert_eq!(classify(&of(16, 16, &[(0, 16, S), (0, 4, I)])), [Class::Integer, Class::Sse]);
        // A packed structure, an object with a destructor, one without members.
        let mut packed = of(9, 1, &[(0, 1, I), (1, 8, I)]);
        packed.scalars[1].unaligned = true;
        assert_eq!(classify(&packed), [Class::Memory]);
        assert_eq!(classify(&Layout { by_address: true, ..Layout::integer(4) }), [Class::Memory]);
        assert_eq!(classify(&of(1, 1, &[])), [Class::None]);
    }
}
