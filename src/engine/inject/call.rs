//! Calling functions of the program.
//!
//! The selected thread is made to look as if it had called the function from the program's entry point (AT_ENTRY), where nobody
//! returns to otherwise and an int3 waits; then everything is put back. What the thread does meanwhile is ordinary running:
//! other threads run too, and breakpoints, signals and exits are seen. When one of them stops the function, the call is
//! abandoned, and its record stays until the function returns after all.

use crate::arch::abi::{ArgumentPlace, Arguments, Layout, Piece, RegisterPiece, ResultPlace, place_arguments, place_result};
use crate::arch::regs::{Gpr, RegBytes, RegId, Registers, XState, find};
use crate::base::{Error, Need, Result, VirtAddr};
use crate::elf::{AuxEntry, SymbolKind, aux};
use crate::engine::Session;
use crate::expr::Host;
use crate::symbols::{LocationKind, is_rust};
use crate::value::{FunctionType, Type, TypeKind, Value};

use super::arguments::Argument;
use super::layout::{Convention, layout_in};
use super::pending::Call;

/// The bytes below the stack pointer that belong to the running function (psABI §3.2.2).
const RED_ZONE: u64 = 128;
/// Direction and trap flags: the former is clear when a function begins (psABI §3.2.1), the latter is nobody's here.
const CLEARED_FLAGS: u64 = 1 << 10 | 1 << 8;
/// A result must have a place on the stack.
const MAX_RESULT: u64 = 1 << 20;

/// A function that can be called.
struct Callee {
    addr: VirtAddr,
    ty: FunctionType,
    name: String,
}

impl Session {
    /// Calls a function: a value of a function's type, or a pointer to one. Of a method the first argument is `this`. The
    /// result's bytes are read.
    pub(in crate::engine) fn call_function(&mut self, function: &Value, arguments: &[Value]) -> Result<Value> {
        if !self.settings.may_call_functions {
            return Err(Error::user("Cannot call functions in the program: may-call-functions is off."));
        }
        if self.inferior.process.is_none() {
            return Err(Error::user("You can't do that without a process to debug."));
        }
        self.process_mut()?.control()?;
        self.require(Need::Stack)?;
        let callee = self.callee(function)?;
        self.invoke(&callee, arguments)
    }

    fn invoke(&mut self, callee: &Callee, arguments: &[Value]) -> Result<Value> {
        let convention = self.convention(callee.addr);
        let result = layout_in(convention, &callee.ty.result)?;
        if result.size > MAX_RESULT {
            return Err(Error::user(format!("value requires {} bytes, which is more than max-value-size", result.size)));
        }
        // First the arguments: to have memory for them is a call of its own.
        let arguments = self.prepared(&callee.ty, arguments, convention)?;
        let place = place_result(&result);
        let named = if callee.ty.variadic { callee.ty.params.len() } else { usize::MAX };
        let tid = self.selected_thread()?;
        let process = self.process()?;
        let (registers, xstate) = (process.target.registers(tid)?, process.target.xstate(tid)?);
        let mut entry = Entry { registers, xstate: xstate.clone(), sp: registers.sp().wrapping_sub(RED_ZONE) };
        let hidden = (place == ResultPlace::Memory).then(|| entry.reserve(result.size, result.align));
        if let Some(at) = hidden {
            entry.registers.set(Gpr::Rdi, at.0);
        }
        let layouts: Vec<Layout> = arguments.iter().map(|a| a.layout.clone()).collect();
        let placed = place_arguments(&layouts, named, hidden.is_some());
        let return_to = self.entry_point()?;
        self.write_arguments(&mut entry, arguments, &placed, return_to)?;
        entry.enter(callee.addr, placed.vectors);
        let call = Call::new(tid, return_to, entry.sp.wrapping_add(8), &callee.name, (registers, xstate));
        let (registers, xstate) = self.run_call(call, &entry.registers, &entry.xstate)?;
        if callee.ty.result.is_void() {
            return Ok(Value::void());
        }
        let bytes = match (place, hidden) {
            (ResultPlace::Registers(pieces), _) => gather(&pieces, result.size, &registers, &xstate)?,
            (ResultPlace::Memory, at) => {
                let mut bytes = vec![0; result.size as usize];
                self.memory().read(at.unwrap_or(VirtAddr(0)), &mut bytes)?;
                bytes
            }
        };
        Ok(Value::computed(&callee.ty.result, bytes))
    }

    /// The convention by which a function is called: Rust's own where the symbol is mangled as Rust's.
    pub(in crate::engine) fn convention(&self, function: VirtAddr) -> Convention {
        let symbol = self.inferior.modules.locate(function).filter(|l| l.offset == 0);
        if symbol.is_some_and(|l| is_rust(&l.raw_name)) { Convention::Rust } else { Convention::C }
    }

    /// The function that a value means.
    fn callee(&mut self, function: &Value) -> Result<Callee> {
        let not_typed =
            |name: &str| Error::user(format!("'{name}' has unknown return type; cast the call to its declared return type"));
        let ty = function.ty.stripped();
        let is_pointer = ty.is_pointer();
        let target = ty.target().filter(|_| is_pointer).unwrap_or(ty).stripped().clone();
        let addr = match &ty.kind {
            _ if target.is_function() && !is_pointer => function.address().ok_or_else(not_in_memory)?,
            TypeKind::Pointer(_) => VirtAddr(function.to_int(self.memory())? as u64),
            _ if ty.is_integral() && ty.size == 1 => function.address().ok_or_else(not_in_memory)?,
            _ if ty.is_integral() => VirtAddr(function.to_int(self.memory())? as u64),
            _ => return Err(Error::user("Invalid data type for function to be called.")),
        };
        match &target.kind {
            TypeKind::Function(f) => {
                let addr = self.resolved(addr)?;
                Ok(Callee { addr, ty: f.clone(), name: self.function_name(addr) })
            }
            _ => Err(not_typed(&self.function_name(addr))),
        }
    }

    /// How gdb names a function in its sentences, `0x0x` included.
    fn function_name(&self, addr: VirtAddr) -> String {
        self.location(addr).map_or_else(|| format!("at 0x{addr:#x}"), |l| l.name().into_owned())
    }

    /// Where a call of the function at `addr` leads: of an indirect function (STT_GNU_IFUNC) to what its resolver chooses. It
    /// gets AT_HWCAP, as ld.so gives it (glibc sysdeps/x86/dl-irel.h).
    pub(in crate::engine) fn resolved(&mut self, addr: VirtAddr) -> Result<VirtAddr> {
        let is_ifunc = |session: &Session| {
            let location = session.inferior.modules.locate(addr);
            location.is_some_and(|l| l.offset == 0 && l.kind == LocationKind::Symbol(SymbolKind::Ifunc))
        };
        if !is_ifunc(self) {
            return Ok(addr);
        }
        let ty = FunctionType { result: Type::ulong(), params: [Type::ulong()].into(), variadic: false, prototyped: true };
        let hwcap = Value::int(&Type::ulong(), self.auxiliary(aux::AT_HWCAP)?.unwrap_or(0).into());
        let resolver = Callee { addr, ty, name: self.function_name(addr) };
        let target = self.invoke(&resolver, &[hwcap])?.to_int(self.memory())?;
        Ok(VirtAddr(target as u64))
    }

    /// Where called functions return to.
    fn entry_point(&self) -> Result<VirtAddr> {
        let entry = self.auxiliary(aux::AT_ENTRY)?;
        entry.map(VirtAddr).ok_or_else(|| Error::user("The program has no entry point for a called function to return to."))
    }

    fn auxiliary(&self, key: u64) -> Result<Option<u64>> {
        Ok(AuxEntry::find(&AuxEntry::parse(&self.process()?.target.auxv()?), key))
    }

    /// Puts the arguments into registers and onto the stack, the return address under them.
    fn write_arguments(
        &mut self,
        entry: &mut Entry,
        mut arguments: Vec<Argument>,
        placed: &Arguments,
        return_to: VirtAddr,
    ) -> Result<()> {
        for argument in &mut arguments {
            if let Some(pointee) = argument.pointee.take() {
                let at = entry.reserve(pointee.len() as u64, 16);
                self.write_unlogged(at, &pointee)?;
                argument.bytes = at.0.to_le_bytes().to_vec();
            }
        }
        let mut stack = vec![0; 8 + placed.stack as usize];
        put(&mut stack, 0, &return_to.0.to_le_bytes());
        for (argument, place) in arguments.iter().zip(&placed.places) {
            match place {
                ArgumentPlace::Registers(pieces) => {
                    scatter(pieces, &argument.bytes, &mut entry.registers, &mut entry.xstate);
                }
                ArgumentPlace::Stack(at) => put(&mut stack, 8 + at, &argument.bytes),
                ArgumentPlace::Address(place) => {
                    let at = entry.reserve(argument.layout.size, argument.layout.align);
                    self.write_unlogged(at, &argument.bytes)?;
                    match place {
                        Ok(register) => entry.registers.set(*register, at.0),
                        Err(offset) => put(&mut stack, 8 + offset, &at.0.to_le_bytes()),
                    }
                }
            }
        }
        let at = entry.reserve(placed.stack, placed.align) - 8;
        entry.sp = at.0;
        self.write_unlogged(at, &stack)
    }
}

fn not_in_memory() -> Error {
    Error::user("Attempt to take address of value not located in memory.")
}

/// Copies bytes to an offset of the stack's image; its size counts all of them.
fn put(stack: &mut [u8], at: u64, bytes: &[u8]) {
    if let Some(place) = usize::try_from(at).ok().and_then(|at| stack.get_mut(at..at + bytes.len())) {
        place.copy_from_slice(bytes);
    }
}

/// The thread as it enters the function.
struct Entry {
    registers: Registers,
    xstate: XState,
    sp: u64,
}

impl Entry {
    /// A place on the stack.
    fn reserve(&mut self, size: u64, align: u64) -> VirtAddr {
        self.sp = self.sp.wrapping_sub(size) & !(align.max(16) - 1);
        VirtAddr(self.sp)
    }

    fn enter(&mut self, function: VirtAddr, vectors: u8) {
        let flags = self.registers.get(Gpr::Eflags).unwrap_or(0) & !CLEARED_FLAGS;
        let registers = &mut self.registers;
        registers.set(Gpr::Rip, function.0);
        registers.set(Gpr::Rsp, self.sp);
        registers.set(Gpr::Rax, vectors.into());
        registers.set(Gpr::Eflags, flags);
        // *Folklore*: in a system call that rdbg or a signal has interrupted the kernel would set the pc back by two bytes to
        // restart it. -1 says that there is none. When everything is put back, orig_rax is too, and the kernel restarts the call
        // then: it looks whenever a stopped thread goes on.
        registers.set(Gpr::OrigRax, u64::MAX);
        // A function finds the x87's stack empty (psABI §3.2.1): the interrupted code may have been using it, or MMX.
        if let Some(tag) = find("ftag")
            && tag.read(registers, Some(&self.xstate)).is_some_and(|t| t.as_u64() != EMPTY_TAGS)
        {
            tag.write(&EMPTY_TAGS.to_le_bytes(), registers, Some(&mut self.xstate));
        }
    }
}

/// The x87's tag word with all registers empty (Intel SDM vol. 1, 8.1.7).
const EMPTY_TAGS: u64 = 0xffff;

/// The name under which a piece's register is in the table: a vector register as wide as the piece.
fn register_of(piece: &Piece) -> Option<RegId> {
    let name = match (piece.register, piece.len) {
        (RegisterPiece::General(_), _) => return None,
        (RegisterPiece::X87(n), _) => format!("st{n}"),
        (RegisterPiece::Vector(n), 0..=16) => format!("xmm{n}"),
        (RegisterPiece::Vector(n), 17..=32) => format!("ymm{n}"),
        (RegisterPiece::Vector(n), _) => format!("zmm{n}"),
    };
    find(&name)
}

/// Puts a value's bytes into registers.
pub(in crate::engine) fn scatter(pieces: &[Piece], bytes: &[u8], registers: &mut Registers, xstate: &mut XState) {
    for piece in pieces {
        let start = piece.offset as usize;
        let part = bytes.get(start..start + piece.len as usize).unwrap_or_default();
        match piece.register {
            RegisterPiece::General(register) => registers.set(register, RegBytes::new(part).as_u64()),
            RegisterPiece::Vector(_) | RegisterPiece::X87(_) => {
                if let Some(id) = register_of(piece) {
                    id.write(part, registers, Some(xstate));
                }
            }
        }
    }
}

/// The bytes of a value that lies in registers.
pub(in crate::engine) fn gather(pieces: &[Piece], size: u64, registers: &Registers, xstate: &XState) -> Result<Vec<u8>> {
    let mut bytes = vec![0; size as usize];
    for piece in pieces {
        let held = match piece.register {
            RegisterPiece::General(register) => registers.get(register).map(|word| RegBytes::new(&word.to_le_bytes())),
            _ => register_of(piece).and_then(|id| id.read(registers, Some(xstate))),
        };
        let held = held.ok_or_else(|| Error::user("This processor has no registers for a value of this type."))?;
        let part = held.get(..piece.len as usize).unwrap_or(&held);
        put(&mut bytes, piece.offset, part);
    }
    Ok(bytes)
}
