//! Arguments of calls: converted as C and gdb convert them.

use std::sync::Arc;

use crate::arch::abi::Layout;
use crate::base::{Error, Result, VirtAddr};
use crate::engine::Session;
use crate::expr::{Host, cast, decayed};
use crate::value::{FloatFormat, FunctionType, Type, TypeKind, Value, base_type};

use super::layout::{Convention, layout_in};

/// An argument that is ready to be passed.
pub(super) struct Argument {
    pub layout: Layout,
    pub bytes: Vec<u8>,
    /// What the argument points to, where the program has no memory for it: it goes to the stack, and its address becomes the
    /// argument.
    pub pointee: Option<Vec<u8>>,
}

impl Session {
    /// The arguments of a call of a function of this type, each converted to its parameter's type or, where there is none,
    /// promoted.
    pub(super) fn prepared(&mut self, ty: &FunctionType, arguments: &[Value], convention: Convention) -> Result<Vec<Argument>> {
        if arguments.len() < ty.params.len() {
            return Err(Error::user("Too few arguments in function call."));
        }
        let argument = |(i, value): (usize, &Value)| {
            let parameter = ty.params.get(i);
            match (convention, parameter) {
                (Convention::Rust, Some(parameter)) => self.rust_argument(value, parameter),
                _ => self.argument(value, parameter, ty.prototyped),
            }
        };
        arguments.iter().enumerate().map(argument).collect()
    }

    /// One argument. A function in the old style gets what its parameters are promoted to.
    fn argument(&mut self, value: &Value, parameter: Option<&Arc<Type>>, prototyped: bool) -> Result<Argument> {
        if value.ty.is_void() {
            return Err(Error::user("Attempt to take address of value not located in memory."));
        }
        let value = value.fetched(self.memory(), self.options().max_value_size)?;
        let reference = parameter.and_then(|p| match &p.stripped().kind {
            TypeKind::Reference(target, _) => Some(target.clone()),
            _ => None,
        });
        if let (Some(target), Some(parameter)) = (reference, parameter) {
            return self.by_reference(&value, &target, parameter);
        }
        if let (TypeKind::Array { vector: false, .. }, None) = (&value.ty.stripped().kind, value.address()) {
            let bytes = value.bytes(self.memory(), self.options().max_value_size)?;
            return self.pointing_to(&bytes);
        }
        let value = decayed(&value)?;
        let parameter = parameter.filter(|p| !matches!(p.stripped().kind, TypeKind::Array { vector: false, .. }));
        let value = match parameter {
            Some(ty) => cast(ty, &value, self.memory())?,
            None => value,
        };
        let value = match self.promoted(&value.ty, prototyped && parameter.is_some()) {
            Some(ty) => cast(&ty, &value, self.memory())?,
            None => value,
        };
        let bytes = value.whole_bytes(self.memory(), self.options().max_value_size)?.to_vec();
        Ok(Argument { layout: layout_in(Convention::C, &value.ty)?, bytes, pointee: None })
    }

    /// An argument of a function of Rust: nothing is promoted, and arrays are values.
    fn rust_argument(&mut self, value: &Value, parameter: &Arc<Type>) -> Result<Argument> {
        let value = value.fetched(self.memory(), self.options().max_value_size)?;
        let is_same = value.ty.stripped().to_string() == parameter.stripped().to_string();
        let value = if is_same { value } else { cast(parameter, &value, self.memory())? };
        let bytes = value.whole_bytes(self.memory(), self.options().max_value_size)?.to_vec();
        Ok(Argument { layout: layout_in(Convention::Rust, parameter)?, bytes, pointee: None })
    }

    /// What a value is widened to: short integers to `int`, as registers hold them, and `float` to `double` where no
    /// prototype forbids it.
    fn promoted(&self, ty: &Arc<Type>, declared: bool) -> Option<Arc<Type>> {
        match ty.float() {
            Some(FloatFormat::Single) if !declared && self.settings.coerce_float_to_double => base_type("double"),
            None if ty.is_integral() && ty.size < 4 => Some(Type::int()),
            _ => None,
        }
    }

    fn by_reference(&mut self, value: &Value, target: &Arc<Type>, parameter: &Arc<Type>) -> Result<Argument> {
        if let TypeKind::Reference(..) = value.ty.stripped().kind {
            let bytes = value.bytes(self.memory(), None)?.to_vec();
            return Ok(Argument { layout: layout_in(Convention::C, parameter)?, bytes, pointee: None });
        }
        let same = value.ty.stripped().to_string() == target.stripped().to_string();
        if let Some(addr) = value.address().filter(|_| same || value.ty.is_aggregate()) {
            let bytes = addr.0.to_le_bytes().to_vec();
            return Ok(Argument { layout: layout_in(Convention::C, parameter)?, bytes, pointee: None });
        }
        let bytes = cast(target, value, self.memory())?.whole_bytes(self.memory(), self.options().max_value_size)?;
        self.pointing_to(&bytes)
    }

    /// A pointer to these bytes, which are put into memory that the program's `malloc` gives, as gdb does it: the program may
    /// keep the pointer (`putenv`). Where there is no `malloc` (at the first instruction, in static programs that need
    /// none) gdb gives up; here they lie on the stack, and hold until the function returns.
    fn pointing_to(&mut self, bytes: &[u8]) -> Result<Argument> {
        let layout = Layout::integer(8);
        match self.allocator() {
            Some(malloc) => {
                let at = self.allocated_by(malloc, bytes)?;
                Ok(Argument { layout, bytes: at.0.to_le_bytes().to_vec(), pointee: None })
            }
            None => Ok(Argument { layout, bytes: vec![0; 8], pointee: Some(bytes.to_vec()) }),
        }
    }

    fn allocator(&self) -> Option<VirtAddr> {
        self.inferior.modules.find("malloc", None).filter(|m| m.is_code).map(|m| m.addr)
    }

    /// Puts bytes into memory that the program's `malloc` gives.
    pub(in crate::engine) fn allocate_in_program(&mut self, bytes: &[u8]) -> Result<VirtAddr> {
        if self.inferior.process.is_none() {
            return Err(Error::user("evaluation of this expression requires the target program to be active"));
        }
        let malloc = self
            .allocator()
            .ok_or_else(|| Error::user("evaluation of this expression requires the program to have a function \"malloc\"."))?;
        self.allocated_by(malloc, bytes)
    }

    fn allocated_by(&mut self, malloc: VirtAddr, bytes: &[u8]) -> Result<VirtAddr> {
        let ty = Type::function(&Type::ulong(), vec![Type::ulong()], false);
        let size = Value::int(&Type::ulong(), bytes.len().max(1) as i128);
        let at = self.call_function(&Value::at(&ty, malloc), &[size])?.to_int(self.memory())? as u64;
        if at == 0 {
            return Err(Error::user("No memory available to program: call to malloc failed"));
        }
        self.write_unlogged(VirtAddr(at), bytes)?;
        Ok(VirtAddr(at))
    }
}
