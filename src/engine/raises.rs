//! Exceptions as they are thrown, caught and rethrown, and panics.

use crate::arch::regs::Registers;
use crate::base::{Error, Memory, Result, Tid, VirtAddr, read_u64};
use crate::symbols::{Operand, Raise, RaisePlace, demangle};
use crate::value::{Type, Value, base_type};

use super::session::Session;
use super::stop::{Caught, StopReason};

/// Where a `std::type_info` has the pointer to its name (Itanium C++ ABI §2.9.5), and how much of one is read.
const NAME: u64 = 8;
const MAX_NAME: usize = 4096;

impl Session {
    /// Where all modules tell of these.
    pub(super) fn raise_places(&self, of: &[Raise]) -> Vec<VirtAddr> {
        let mut places = Vec::new();
        for module in self.inferior.modules.iter().filter(|_| !of.is_empty()) {
            places.extend(module.raises().iter().filter(|r| of.contains(&r.what)).map(|r| module.virt(r.addr)));
        }
        places
    }

    /// A thread is at such a place.
    pub(super) fn raise_reached(&mut self, tid: Tid, at: VirtAddr) -> Result<Option<StopReason>> {
        let Some(place) = self.raise_at(at) else { return Ok(None) };
        let type_name = self.exception_of(tid, &place).and_then(|(_, info)| self.type_info_name(info));
        self.caught(tid, Caught::Raise { what: place.what, type_name })
    }

    fn raise_at(&self, at: VirtAddr) -> Option<RaisePlace> {
        let module = self.inferior.modules.at(at)?;
        module.raises().iter().find(|r| module.virt(r.addr) == at).copied()
    }

    /// The addresses of an exception's object and of its type, while the thread is at the place.
    fn exception_of(&self, tid: Tid, place: &RaisePlace) -> Option<(VirtAddr, VirtAddr)> {
        let process = self.process().ok()?;
        let registers = process.target.registers(tid).ok()?;
        let (object, info) = place.exception?;
        Some((pointer(object, &registers, process)?, pointer(info, &registers, process)?))
    }

    /// The type that a `std::type_info` is of, as C++ writes it.
    fn type_info_name(&self, info: VirtAddr) -> Option<String> {
        let process = self.process().ok()?;
        let at = VirtAddr(read_u64(process, info + NAME).ok()?);
        let mut bytes = vec![0; MAX_NAME];
        let n = process.read_partial(at, &mut bytes).ok()?;
        let name = bytes.get(..n)?.split(|b| *b == 0).next()?;
        // `*` marks one that is compared by its address.
        let mangled = std::str::from_utf8(name).ok()?.trim_start_matches('*');
        let whole = demangle(&format!("_ZTS{mangled}")).into_owned();
        whole.strip_prefix("typeinfo name for ").map(str::to_owned)
    }

    /// `$_exception`: the exception that the selected thread is throwing or catching right now.
    pub(super) fn exception_value(&self) -> Result<Value> {
        let none = || Error::user("not stopped at a C++ exception catchpoint");
        let tid = self.selected_thread().map_err(|_| none())?;
        let place = self.raise_at(self.process()?.target.pc(tid)?).ok_or_else(none)?;
        let (object, info) = self.exception_of(tid, &place).ok_or_else(none)?;
        let name = self.type_info_name(info).ok_or_else(|| Error::user("error computing probe argument c++ type"))?;
        let ty = self.type_written(&name)?.ok_or_else(|| {
            Error::user(format!("The exception at {object} is of the type \"{name}\", which no debug information describes."))
        })?;
        Ok(Value::at(&ty, object))
    }

    /// A type as the demangler writes it: a name, `const`, pointers.
    fn type_written(&self, text: &str) -> Result<Option<std::sync::Arc<Type>>> {
        let text = text.trim();
        if let Some(target) = text.strip_suffix('*') {
            return Ok(self.type_written(target)?.map(|t| Type::pointer(&t)));
        }
        if let Some(plain) = text.strip_suffix(" const") {
            return Ok(self.type_written(plain)?.map(|t| Type::qualified(&t, true, false)));
        }
        match self.find_type_named(text)? {
            Some(ty) => Ok(Some(ty)),
            None => Ok(base_type(text)),
        }
    }
}

/// The pointer that an operand stands for.
fn pointer(operand: Operand, registers: &Registers, memory: &dyn Memory) -> Option<VirtAddr> {
    let moved = |register, by| Some(VirtAddr(registers.get(register)?.wrapping_add_signed(by)));
    match operand {
        Operand::Register(register) => moved(register, 0),
        Operand::Beside(register, by) => moved(register, by),
        Operand::Memory(register, by) => read_u64(memory, moved(register, by)?).ok().map(VirtAddr),
    }
}
