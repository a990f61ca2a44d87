//! Where the arguments of a call lie when the function begins, and its result when it returns (psABI §3.2.3, "Passing" and
//! "Returning of Values").

use super::classes::{Class, Layout, Scalar, ScalarKind, classify};
use crate::arch::regs::Gpr;

/// The registers of integer arguments, in their order.
const ARGUMENTS: [Gpr; 6] = [Gpr::Rdi, Gpr::Rsi, Gpr::Rdx, Gpr::Rcx, Gpr::R8, Gpr::R9];
/// Those of integer results.
const RESULTS: [Gpr; 2] = [Gpr::Rax, Gpr::Rdx];
/// xmm0 to xmm7 take arguments.
const VECTORS: u8 = 8;

/// A register, or the part of it that a value needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RegisterPiece {
    /// A general register.
    General(Gpr),
    /// The low bytes of vector register n.
    Vector(u8),
    /// st(n).
    X87(u8),
}

/// So many bytes of a value, and the register that holds them in its low bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Piece {
    /// The register.
    pub register: RegisterPiece,
    /// Bytes from the value's beginning.
    pub offset: u64,
    /// How many bytes; 10 of a `long double`.
    pub len: u64,
}

/// Where an argument lies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ArgumentPlace {
    /// In registers; in none of them, if it is empty.
    Registers(Vec<Piece>),
    /// On the stack, so many bytes above the return address's end (rsp + 8 when the function begins).
    Stack(u64),
    /// On the stack in the caller's frame, its address passed as the argument: in a register, or at that offset on the stack.
    Address(Result<Gpr, u64>),
}

/// The places of all arguments of a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arguments {
    /// One for each argument, in their order.
    pub places: Vec<ArgumentPlace>,
    /// How much of the stack they take, in bytes.
    pub stack: u64,
    /// The alignment that the stack must have behind them, below the return address: 16, or more for wide vectors.
    pub align: u64,
    /// How many vector registers are used: what al says to a variadic function.
    pub vectors: u8,
}

struct Free {
    general: usize,
    vector: u8,
    stack: u64,
    align: u64,
}

impl Free {
    fn take_general(&mut self) -> Option<Gpr> {
        let register = ARGUMENTS.get(self.general).copied()?;
        self.general += 1;
        Some(register)
    }

    fn take_stack(&mut self, size: u64, align: u64) -> u64 {
        let align = align.clamp(8, 64);
        let at = self.stack.next_multiple_of(align);
        self.stack = at.saturating_add(size.next_multiple_of(8));
        self.align = self.align.max(align);
        at
    }
}

/// Places the arguments of a call. `named`: so many of them are declared, the others stand for `...` (all are, without a
/// prototype). `hidden`: rdi holds the address of the result.
pub fn place_arguments(arguments: &[Layout], named: usize, hidden: bool) -> Arguments {
    let mut free = Free { general: usize::from(hidden), vector: 0, stack: 0, align: 16 };
    let places = arguments.iter().enumerate().map(|(i, layout)| place(layout, i < named, &mut free)).collect();
    Arguments { places, stack: free.stack, align: free.align, vectors: free.vector }
}

fn place(layout: &Layout, named: bool, free: &mut Free) -> ArgumentPlace {
    if layout.by_address {
        return ArgumentPlace::Address(match free.take_general() {
            Some(register) => Ok(register),
            None => Err(free.take_stack(8, 8)),
        });
    }
    if let Some(parts) = &layout.parts {
        return match place_parts(parts, ARGUMENTS.get(free.general..).unwrap_or_default(), free.vector..VECTORS) {
            Some((pieces, general, vector)) => {
                free.general += general;
                free.vector += vector;
                ArgumentPlace::Registers(pieces)
            }
            None => ArgumentPlace::Stack(free.take_stack(layout.size, layout.align)),
        };
    }
    let classes = classify(layout);
    let count = |class| classes.iter().filter(|c| **c == class).count();
    let (general, vector) = (count(Class::Integer), count(Class::Sse));
    let only_on_stack = |c: &Class| matches!(c, Class::Memory | Class::X87 | Class::X87Up | Class::ComplexX87);
    // What is wider than 16 bytes and not declared goes by the stack.
    let unnamed_wide = !named && classes.len() > 2;
    let fits = free.general + general <= ARGUMENTS.len() && usize::from(free.vector) + vector <= usize::from(VECTORS);
    if classes.iter().any(only_on_stack) || unnamed_wide || !fits {
        return ArgumentPlace::Stack(free.take_stack(layout.size, layout.align));
    }
    let mut pieces: Vec<Piece> = Vec::new();
    for (offset, class) in (0u64..).step_by(8).zip(&classes) {
        let len = (layout.size - offset).min(8);
        let register = match class {
            Class::Integer => free.take_general().map(RegisterPiece::General),
            Class::Sse => {
                free.vector += 1;
                Some(RegisterPiece::Vector(free.vector - 1))
            }
            Class::SseUp => {
                lengthen(&mut pieces, len);
                None
            }
            _ => None,
        };
        pieces.extend(register.map(|register| Piece { register, offset, len }));
    }
    ArgumentPlace::Registers(pieces)
}

/// Scalars in registers of their own, out of these; how many of each sort they take. `None` if there are not enough.
fn place_parts(parts: &[Scalar], general: &[Gpr], vector: std::ops::Range<u8>) -> Option<(Vec<Piece>, usize, u8)> {
    let (mut pieces, mut generals, mut vectors) = (Vec::new(), general.iter(), vector);
    let (mut used, mut wide) = (0, 0);
    for part in parts {
        if part.kind != ScalarKind::Integer {
            let register = RegisterPiece::Vector(vectors.next()?);
            wide += 1;
            pieces.push(Piece { register, offset: part.offset, len: part.size });
            continue;
        }
        for at in (0..part.size).step_by(8) {
            let register = RegisterPiece::General(*generals.next()?);
            used += 1;
            pieces.push(Piece { register, offset: part.offset + at, len: (part.size - at).min(8) });
        }
    }
    Some((pieces, used, wide))
}

fn lengthen(pieces: &mut [Piece], len: u64) {
    if let Some(last) = pieces.last_mut() {
        last.len += len;
    }
}

/// Where a result lies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ResultPlace {
    /// In registers; in none of them for `void` and what is empty.
    Registers(Vec<Piece>),
    /// Where the caller wanted it; its address is in rax.
    Memory,
}

/// The place of a result of this layout.
pub fn place_result(layout: &Layout) -> ResultPlace {
    if let Some(parts) = &layout.parts {
        let found = if layout.size > 16 { None } else { place_parts(parts, &RESULTS, 0..2) };
        return found.map_or(ResultPlace::Memory, |(pieces, ..)| ResultPlace::Registers(pieces));
    }
    let classes = classify(layout);
    let mut pieces: Vec<Piece> = Vec::new();
    let (mut general, mut vector) = (RESULTS.into_iter(), 0u8);
    for (offset, class) in (0u64..).step_by(8).zip(&classes) {
        let len = (layout.size - offset).min(8);
        let register = match class {
            Class::Memory => return ResultPlace::Memory,
            Class::Integer => general.next().map(RegisterPiece::General),
            Class::Sse => {
                vector += 1;
                Some(RegisterPiece::Vector(vector - 1))
            }
            Class::SseUp => {
                lengthen(&mut pieces, len);
                None
            }
            Class::X87 => {
                pieces.push(Piece { register: RegisterPiece::X87(0), offset, len: 10 });
                None
            }
            Class::ComplexX87 => {
                pieces.extend([0, 1].map(|n| Piece { register: RegisterPiece::X87(n), offset: 16 * u64::from(n), len: 10 }));
                None
            }
            Class::X87Up | Class::None => None,
        };
        pieces.extend(register.map(|register| Piece { register, offset, len }));
    }
    ResultPlace::Registers(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::abi::{Scalar, ScalarKind};

    fn general(register: Gpr, offset: u64, len: u64) -> Piece {
        Piece { register: RegisterPiece::General(register), offset, len }
    }

    fn vector(n: u8, offset: u64, len: u64) -> Piece {
        Piece { register: RegisterPiece::Vector(n), offset, len }
    }

    fn x87(n: u8, offset: u64) -> Piece {
        Piece { register: RegisterPiece::X87(n), offset, len: 10 }
    }

    fn words(kinds: &[ScalarKind]) -> Layout {
        let scalars = (0u64..).step_by(8).zip(kinds);
        let scalars: Vec<Scalar> =
            scalars.map(|(offset, kind)| Scalar { offset, size: 8, kind: *kind, unaligned: false }).collect();
        Layout { size: 8 * scalars.len() as u64, align: 8, scalars, ..Layout::default() }
    }

    #[test]
    fn the_psabis_own_example_is_placed_as_it_says() {
        // psABI fig. 3.5 and 3.6: func(int e, int f, structparm s, int g, int h, long double ld, double m, __m256 y, double n,
        // int i, int j, int k) with structparm { int a, b; double d; }.
        use ScalarKind::{Integer as I, Sse as S};
        let s = words(&[I, S]);
        let (int, double) = (Layout::integer(4), Layout::sse(8));
        let arguments = [
            int.clone(),
            int.clone(),
            s,
            int.clone(),
            int.clone(),
            Layout::x87(),
            double.clone(),
            Layout::sse(32),
            double,
            int.clone(),
            int.clone(),
            int,
        ];
        let placed = place_arguments(&arguments, arguments.len(), false);
        use ArgumentPlace::{Registers, Stack};
        let expected = [
            Registers(vec![general(Gpr::Rdi, 0, 4)]),
            Registers(vec![general(Gpr::Rsi, 0, 4)]),
            Registers(vec![general(Gpr::Rdx, 0, 8), vector(0, 8, 8)]),
            Registers(vec![general(Gpr::Rcx, 0, 4)]),
            Registers(vec![general(Gpr::R8, 0, 4)]),
            Stack(0),
            Registers(vec![vector(1, 0, 8)]),
            Registers(vec![vector(2, 0, 32)]),
            Registers(vec![vector(3, 0, 8)]),
            Registers(vec![general(Gpr::R9, 0, 4)]),
            Stack(16),
            Stack(24),
        ];
        assert_eq!(placed.places, expected);
        assert_eq!((placed.stack, placed.vectors, placed.align), (32, 4, 16));
    }

    #[test]
    fn what_does_not_fit_whole_goes_by_the_stack_and_later_ones_still_fit() {
        let pair = words(&[ScalarKind::Integer; 2]);
        let int = Layout::integer(8);
        let mut arguments = vec![int.clone(); 5];
        arguments.extend([pair.clone(), int, Layout::integer(16)]);
        let placed = place_arguments(&arguments, 8, false);
        assert_eq!(placed.places[5], ArgumentPlace::Stack(0));
        assert_eq!(placed.places[6], ArgumentPlace::Registers(vec![general(Gpr::R9, 0, 8)]));
        assert_eq!(placed.places[7], ArgumentPlace::Stack(16));
        // The hidden pointer takes the first register.
        let placed = place_arguments(&[pair], 1, true);
        assert_eq!(placed.places[0], ArgumentPlace::Registers(vec![general(Gpr::Rsi, 0, 8), general(Gpr::Rdx, 8, 8)]));
    }

    #[test]
    fn wide_vectors_behind_the_dots_go_by_the_stack() {
        let wide = [Layout::sse(8), Layout::sse(32)];
        let placed = place_arguments(&wide, 1, false);
        assert_eq!(placed.places[1], ArgumentPlace::Stack(0));
        assert_eq!((placed.align, placed.vectors), (32, 1));
    }

    #[test]
    fn objects_by_address_take_one_register() {
        let object = Layout { by_address: true, ..words(&[ScalarKind::Integer; 3]) };
        assert_eq!(place_arguments(std::slice::from_ref(&object), 1, false).places, [ArgumentPlace::Address(Ok(Gpr::Rdi))]);
        let mut many = vec![Layout::integer(4); 6];
        many.push(object);
        assert_eq!(place_arguments(&many, 7, false).places[6], ArgumentPlace::Address(Err(0)));
    }

    #[test]
    fn results_lie_where_the_abi_says() {
        use ResultPlace::Registers;
        use ScalarKind::{Integer as I, Sse as S};
        assert_eq!(place_result(&Layout::default()), Registers(vec![]));
        assert_eq!(place_result(&Layout::integer(4)), Registers(vec![general(Gpr::Rax, 0, 4)]));
        assert_eq!(place_result(&Layout::integer(16)), Registers(vec![general(Gpr::Rax, 0, 8), general(Gpr::Rdx, 8, 8)]));
        assert_eq!(place_result(&words(&[S, I])), Registers(vec![vector(0, 0, 8), general(Gpr::Rax, 8, 8)]));
        assert_eq!(place_result(&words(&[S, S])), Registers(vec![vector(0, 0, 8), vector(1, 8, 8)]));
        assert_eq!(place_result(&Layout::sse(16)), Registers(vec![vector(0, 0, 16)]));
        assert_eq!(place_result(&Layout::x87()), Registers(vec![x87(0, 0)]));
        let complex = Layout { size: 32, align: 16, complex_x87: true, ..Layout::default() };
        assert_eq!(place_result(&complex), Registers(vec![x87(0, 0), x87(1, 16)]));
        assert_eq!(place_arguments(&[complex], 1, false).places, [ArgumentPlace::Stack(0)]);
        assert_eq!(place_result(&words(&[I, I, I])), ResultPlace::Memory);
    }
}
