//! A value: a type, a place, and the bytes once they were read.

use std::ops::Range;
use std::sync::Arc;

use super::types::{ArrayKind, Bits, Field, Type, TypeKind};
use crate::base::{Error, Memory, Result, VirtAddr};

/// Where a value lives. Only what lives somewhere can be assigned to.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Place {
    /// The process's memory, from this run-time address on.
    Memory(VirtAddr),
    /// A register, from this byte of it on.
    Register {
        /// Its name, without `$`.
        name: Arc<str>,
        /// Bytes from its start.
        offset: u64,
    },
    /// A convenience variable, from this byte of it on.
    Variable {
        /// Its name, without `$`.
        name: Arc<str>,
        /// Bytes from its start.
        offset: u64,
    },
    /// Nowhere: the result of a computation.
    Nowhere,
    /// Several places at once.
    Pieces {
        /// The places of the whole that this is a part of.
        extents: Arc<[Extent]>,
        /// Bytes from that whole's start.
        offset: u64,
    },
    /// A pointer that does not exist in the program, to something that does.
    Synthetic(Arc<Pointee>),
    /// Nowhere, as a reference whose target is to be seen as it was at another time.
    Referring(Arc<Pointee>),
    /// It exists in the source and not in the program now.
    Absent(Absence),
}

/// Why a value is not there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Absence {
    /// `<optimized out>`
    OptimizedOut,
    /// `<not saved>`: a register that a callee has used and whose old value no unwind rule tells.
    NotSaved,
    /// `<unavailable>`: not in the core file.
    Unavailable,
    /// `<synthetic pointer>`: what it points to is known, and itself it is not in the program.
    Synthetic,
}

impl std::fmt::Display for Absence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Absence::OptimizedOut => "<optimized out>",
            Absence::NotSaved => "<not saved>",
            Absence::Unavailable => "<unavailable>",
            Absence::Synthetic => "<synthetic pointer>",
        })
    }
}

/// A stretch of a value that lives in one place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Extent {
    /// Which bits of the whole value, half-open, from its least significant one.
    pub bits: Range<u64>,
    /// Where they are; [`Place::Absent`] if nowhere.
    pub place: Place,
    /// Bits of the place that come before them.
    pub skip: u64,
}

/// What a pointer that does not exist would point to.
#[derive(Clone, Debug)]
pub struct Pointee {
    /// The variable, if it is somewhere itself.
    pub target: Option<Value>,
    /// Bytes from its start.
    pub offset: i64,
}

impl PartialEq for Pointee {
    fn eq(&self, other: &Pointee) -> bool {
        self.offset == other.offset && self.target.as_ref().map(|t| &t.place) == other.target.as_ref().map(|t| &t.place)
    }
}

impl Eq for Pointee {}

/// A value: a type, a place, and the bytes once they were read. Members and elements of it move the place and read nothing.
#[derive(Clone, Debug)]
pub struct Value {
    /// Its type.
    pub ty: Arc<Type>,
    /// Where it lives.
    pub place: Place,
    /// For a bit-field, its bits, counted from the place.
    pub bits: Option<Bits>,
    /// A value of the history, which shows what was and is not assigned to.
    frozen: bool,
    /// The bytes, if they were read (or computed) already, and where in them this value starts.
    held: Option<(Arc<[u8]>, usize)>,
}

impl Value {
    /// A value of the process's memory; nothing is read yet.
    pub fn at(ty: &Arc<Type>, addr: VirtAddr) -> Value {
        Value { ty: ty.clone(), place: Place::Memory(addr), bits: None, frozen: false, held: None }
    }

    /// The whole of a register, with its bytes.
    pub fn register(ty: &Arc<Type>, name: &str, bytes: impl Into<Arc<[u8]>>) -> Value {
        let place = Place::Register { name: name.into(), offset: 0 };
        Value { ty: ty.clone(), place, bits: None, frozen: false, held: Some((bytes.into(), 0)) }
    }

    /// The result of a computation.
    pub fn computed(ty: &Arc<Type>, bytes: impl Into<Arc<[u8]>>) -> Value {
        Value { ty: ty.clone(), place: Place::Nowhere, bits: None, frozen: false, held: Some((bytes.into(), 0)) }
    }

    /// An integer, cut to the size of its type.
    pub fn int(ty: &Arc<Type>, n: i128) -> Value {
        let mut bytes = n.to_le_bytes().to_vec();
        bytes.resize(ty.size.min(1 << 16) as usize, if n < 0 { 0xff } else { 0 });
        Value::computed(ty, bytes)
    }

    /// A pointer to `target` (its type) with this address.
    pub fn pointer(target: &Arc<Type>, addr: VirtAddr) -> Value {
        Value::int(&Type::pointer(target), addr.0.into())
    }

    /// A value that is not there.
    pub fn absent(ty: &Arc<Type>, why: Absence) -> Value {
        Value { ty: ty.clone(), place: Place::Absent(why), bits: None, frozen: false, held: None }
    }

    /// `void`: what an unset convenience variable is.
    pub fn void() -> Value {
        Value::computed(&Type::void(), Vec::new())
    }

    /// The run-time address, if it lives in memory; of a bit-field that of its first byte.
    pub fn address(&self) -> Option<VirtAddr> {
        match self.place {
            Place::Memory(addr) => Some(addr),
            _ => None,
        }
    }

    /// The same value, as a part of the history: it cannot be assigned to.
    pub fn frozen(mut self) -> Value {
        self.frozen = true;
        self
    }

    /// Whether it is part of the history.
    pub fn is_frozen(&self) -> bool {
        self.frozen
    }

    /// The same value with these bytes, living where it lived.
    pub fn with_bytes(mut self, bytes: impl Into<Arc<[u8]>>) -> Value {
        self.held = Some((bytes.into(), 0));
        self
    }

    /// The same reference, to what that was when these were its bytes.
    pub fn referring_to(mut self, referent: Value) -> Value {
        self.place = Place::Referring(Arc::new(Pointee { target: Some(referent), offset: 0 }));
        self
    }

    /// What a reference refers to, if that is to be seen as it was at another time.
    pub fn referent(&self) -> Option<&Value> {
        match &self.place {
            Place::Referring(pointee) => pointee.target.as_ref(),
            _ => None,
        }
    }

    /// The same value, but as one of type `ty`.
    pub fn retyped(mut self, ty: &Arc<Type>) -> Value {
        self.ty = ty.clone();
        self
    }

    /// The same value, living at `place`.
    pub fn placed(mut self, place: Place) -> Value {
        self.place = place;
        self
    }

    /// What starts `offset` bytes into this value. Nothing is read.
    fn moved(&self, ty: &Arc<Type>, offset: u64, bits: Option<Bits>) -> Value {
        let place = match &self.place {
            Place::Memory(addr) => Place::Memory(*addr + offset),
            Place::Register { name, offset: o } => Place::Register { name: name.clone(), offset: o.wrapping_add(offset) },
            Place::Variable { name, offset: o } => Place::Variable { name: name.clone(), offset: o.wrapping_add(offset) },
            Place::Pieces { extents, offset: o } => Place::Pieces { extents: extents.clone(), offset: o.wrapping_add(offset) },
            other => other.clone(),
        };
        // Beyond the bytes that were read (`p $1[7]`), only memory knows more.
        let end = offset.saturating_add(bits.map_or(ty.size, |b| u64::from(b.start + b.len).div_ceil(8)));
        let held = self.held.as_ref().and_then(|(bytes, start)| {
            let inside = (*start as u64).saturating_add(end) <= bytes.len() as u64;
            inside.then(|| (bytes.clone(), start + offset as usize))
        });
        Value { ty: ty.clone(), place, bits, frozen: self.frozen, held }
    }

    /// What starts `offset` bytes into this value, as a value of another type. Nothing is read.
    pub fn part(&self, ty: &Arc<Type>, offset: u64) -> Value {
        self.moved(ty, offset, None)
    }

    /// A member. Nothing is read.
    pub fn member(&self, field: &Field) -> Value {
        self.moved(&field.ty, field.offset, field.bits)
    }

    /// The element of index `i`, which need not lie inside a plain array. Nothing is read. `None` if this is no array.
    pub fn element(&self, i: i64) -> Option<Value> {
        let TypeKind::Array { element, lower, .. } = &self.ty.stripped().kind else { return None };
        let offset = (i.wrapping_sub(*lower) as u64).wrapping_mul(element.size);
        Some(self.moved(element, offset, None))
    }

    /// The words or stubs that a GOT or PLT has, as the first index and one past the last; `None` for anything else.
    pub fn table_bounds(&self) -> Option<(i64, i64)> {
        match &self.ty.stripped().kind {
            TypeKind::Array { kind: ArrayKind::Got(_) | ArrayKind::Plt(_), count, lower, .. } => {
                Some((*lower, lower.saturating_add_unsigned(count.unwrap_or(0))))
            }
            _ => None,
        }
    }

    /// Its bytes, read at most once: of a bit-field those bytes in which its bits lie. More than `limit` bytes are an
    /// error (gdb's `max-value-size`), as is a value that is not there.
    pub fn bytes(&self, memory: &dyn Memory, limit: Option<u64>) -> Result<Arc<[u8]>> {
        match self.missing().map(|m| m.0) {
            Some(Absence::OptimizedOut) => return Err(Error::user("value has been optimized out")),
            Some(Absence::NotSaved) => return Err(Error::user("value is not available: the register was not saved")),
            Some(Absence::Unavailable) => return Err(Error::user("value is not available")),
            Some(Absence::Synthetic) => return Err(Error::user("cannot access the value of a synthetic pointer")),
            None => {}
        }
        self.bytes_there(memory, limit)
    }

    /// As [`Value::bytes`], with zeros where pieces of the value are missing.
    pub(super) fn bytes_there(&self, memory: &dyn Memory, limit: Option<u64>) -> Result<Arc<[u8]>> {
        let size = match self.bits {
            Some(b) => u64::from(b.start + b.len).div_ceil(8),
            None => self.ty.size,
        };
        if let Some((bytes, start)) = &self.held {
            let end = start.saturating_add(usize::try_from(size).unwrap_or(usize::MAX));
            if *start == 0 && end == bytes.len() {
                return Ok(bytes.clone());
            }
            if let Some(part) = bytes.get(*start..end) {
                return Ok(part.into());
            }
        }
        if limit.is_some_and(|limit| size > limit) {
            return Err(Error::user(format!("value requires {size} bytes, which is more than max-value-size")));
        }
        match &self.place {
            Place::Memory(addr) => {
                // No allocation for what cannot be there: a length from the user or from a file is probed first.
                if size > 1 << 20 {
                    memory.read(*addr + (size - 1), &mut [0])?;
                }
                let mut bytes = vec![0; usize::try_from(size).unwrap_or(usize::MAX)];
                memory.read(*addr, &mut bytes)?;
                Ok(bytes.into())
            }
            _ => Err(Error::user("no such vector element")),
        }
    }

    /// The same value with its bytes read, so that later changes of memory do not change it. What is not there stays so.
    pub fn fetched(&self, memory: &dyn Memory, limit: Option<u64>) -> Result<Value> {
        if self.held.is_some() || matches!(self.place, Place::Absent(_) | Place::Synthetic(_)) || self.ty.is_function() {
            return Ok(self.clone());
        }
        let bytes = self.bytes(memory, limit)?;
        Ok(Value { held: Some((bytes, 0)), ..self.clone() })
    }

    /// Forgets bytes that were read, where they can be read again.
    pub fn refreshed(mut self) -> Value {
        if matches!(self.place, Place::Memory(_)) {
            self.held = None;
        }
        self
    }
}
