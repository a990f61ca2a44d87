//! Variables of the program as values: where the debug information says that they are.

use std::collections::HashMap;
use std::sync::Arc;

use crate::arch::regs::by_dwarf;
use crate::base::{Error, Result, VirtAddr};
use crate::dwarf::{DebugInfo, DieRef, EntryOf, ExpressionHost, Gone, Location, Piece, Variable};
use crate::expr::Host;
use crate::stack::Frame;
use crate::symbols::Module;
use crate::value::{Absence, Extent, Place, Type, TypeKind, Value, resolve_dynamic, type_of_variable};

use super::frame_host::FrameHost;
use super::session::Session;

/// How far pointers that do not exist are followed to what they point to.
const MAX_POINTERS: u32 = 4;
/// Types of variables that are kept.
const MAX_TYPES: usize = 1 << 14;
/// A larger value is never put together of pieces.
const MAX_PIECED: u64 = 1 << 20;

/// A variable's value, and why there is none where it was optimised out.
#[derive(Clone, Debug)]
pub struct VariableValue {
    /// The value.
    pub value: Value,
    /// Why it, or a part of it, is not there.
    pub gone: Option<Gone>,
}

/// A variable of a frame.
#[derive(Clone, Debug)]
pub struct Local {
    /// Its name and DIE.
    pub variable: Variable,
    /// The block that it is declared in: 0 is the innermost.
    pub depth: usize,
    /// A variable of the same name further in hides it.
    pub is_hidden: bool,
}

impl Session {
    /// The variables of a frame, block by block from the inside, parameters left out or nothing else.
    pub fn locals(&self, frame: &Frame, parameters: bool) -> Vec<Local> {
        let Some(code) = &frame.code else { return Vec::new() };
        let mut seen: Vec<&str> = Vec::new();
        let mut found = Vec::new();
        for (depth, block) in code.scopes().into_iter().enumerate() {
            for variable in &block.variables {
                let is_hidden = seen.contains(&variable.name.as_str());
                if variable.is_parameter == parameters {
                    found.push(Local { variable: variable.clone(), depth, is_hidden });
                }
            }
            seen.extend(block.variables.iter().map(|v| v.name.as_str()));
        }
        found
    }

    /// The parameters of a frame's own function, in their order.
    pub fn parameters(&self, frame: &Frame) -> Vec<Variable> {
        let block = frame.code.as_ref().and_then(|c| c.own_block());
        block.map_or_else(Vec::new, |b| b.variables.iter().filter(|v| v.is_parameter).cloned().collect())
    }

    /// The module and debug information of a frame's code.
    pub fn frame_module(&self, frame: &Frame) -> Option<(&Arc<Module>, &Arc<DebugInfo>)> {
        let module = self.inferior.modules.at(frame.pc.lookup())?;
        Some((module, module.debug()?))
    }

    /// The type of a variable of a frame; `void` where nothing tells.
    pub fn type_of_variable_in(&self, frame: &Frame, variable: &Variable) -> Arc<Type> {
        let found = self.frame_module(frame).and_then(|(module, debug)| self.known_type(module, debug, variable.die).ok());
        found.unwrap_or_else(Type::void)
    }

    /// The type of a variable, made once for one generation of the modules.
    fn known_type(&self, module: &Module, debug: &Arc<DebugInfo>, die: DieRef) -> Result<Arc<Type>> {
        let mut known = self.frames.types.borrow_mut();
        let generation = self.inferior.modules.generation();
        if known.0 != generation || known.1.len() >= MAX_TYPES {
            *known = (generation, HashMap::new());
        }
        if let Some(ty) = known.1.get(&(module.id, die)) {
            return Ok(ty.clone());
        }
        let ty = type_of_variable(debug, die)?;
        known.1.insert((module.id, die), ty.clone());
        Ok(ty)
    }

    /// The value of a variable of a module, in a frame or outside of all.
    pub fn variable(&self, module: &Arc<Module>, die: DieRef, frame: Option<&Frame>) -> Result<VariableValue> {
        self.variable_at_depth(module, die, frame, 0)
    }

    /// The value that a parameter had when its function was entered, as the caller tells it: optimised out if it does not.
    pub fn value_at_entry(&self, module: &Arc<Module>, die: DieRef, frame: &Frame) -> Result<Value> {
        let debug = module.debug().ok_or_else(|| Error::user("No symbol table is loaded.  Use the \"file\" command."))?;
        let host = FrameHost::new(self, module, Some(frame));
        let ty = self.known_type(module, debug, die)?;
        let entry = frame.code.as_ref().map(|c| c.function.entry);
        let of = match debug.location(die, crate::dwarf::Site { pc: entry, ..host.site() }, &host)? {
            Location::Register(n) => EntryOf::Register(n),
            Location::Memory(at) if let Some(cfa) = frame.cfa => EntryOf::Stack(at.0.wrapping_sub(cfa.0) as i64),
            _ => EntryOf::Parameter(die),
        };
        let Some(passed) = host.entry_value(of)? else { return Ok(Value::absent(&ty, Absence::OptimizedOut)) };
        let value = Value::int(&ty, passed.into());
        let TypeKind::Reference(target, _) = &ty.stripped().kind else { return Ok(value) };
        // What lies there now is not what lay there then: only the caller can tell (DW_AT_call_data_value).
        let data = match of {
            EntryOf::Register(register) if target.size <= 8 => host.entry_value(EntryOf::Deref { register, offset: 0 })?,
            _ => None,
        };
        let data = data.ok_or_else(|| Error::user("Cannot resolve DW_AT_call_data_value"))?;
        let referent =
            Value::at(target, VirtAddr(passed)).with_bytes(Value::int(target, data.into()).bytes(self.memory(), None)?);
        Ok(value.referring_to(referent))
    }

    fn variable_at_depth(&self, module: &Arc<Module>, die: DieRef, frame: Option<&Frame>, depth: u32) -> Result<VariableValue> {
        let debug = module.debug().ok_or_else(|| Error::user("No symbol table is loaded.  Use the \"file\" command."))?;
        let host = FrameHost::new(self, module, frame);
        let ty = self.known_type(module, debug, die)?;
        let ty = if ty.is_dynamic() {
            match resolve_dynamic(&ty, &mut |what| debug.dynamic(what, host.site(), &host)) {
                Ok(ty) => ty,
                Err(_) => return Ok(VariableValue { value: Value::absent(&ty, Absence::OptimizedOut), gone: None }),
            }
        } else {
            ty
        };
        let location = debug.location(die, host.site(), &host);
        let needs_frame = |l: &Result<Location>| match l {
            Ok(Location::OptimizedOut(why)) => !matches!(why, Gone::NoLocation | Gone::Empty),
            Ok(Location::Register(_) | Location::Pieces(_)) | Err(Error::User(_)) => true,
            _ => false,
        };
        if host.thread_local_asked.get() && self.wants_types_only.get() {
            return Ok(VariableValue { value: Value::at(&ty, VirtAddr(0)), gone: None });
        }
        if host.thread_local_asked.get() && self.inferior.process.is_none() {
            let name = debug.name(die).unwrap_or_default();
            return Err(Error::user(format!("Cannot read `{name}' without registers")));
        }
        if frame.is_none() && needs_frame(&location) && !host.thread_local_asked.get() {
            return Err(Error::user("No frame selected."));
        }
        let location = location?;
        let mut gone = None;
        let placing = Placing { session: self, module, frame, host: &host, depth };
        let value = placing.value(&ty, location, &mut gone)?;
        Ok(VariableValue { value, gone })
    }
}

/// What turns locations into values.
struct Placing<'p> {
    session: &'p Session,
    module: &'p Arc<Module>,
    frame: Option<&'p Frame>,
    host: &'p FrameHost<'p>,
    depth: u32,
}

impl Placing<'_> {
    fn value(&self, ty: &Arc<Type>, location: Location, gone: &mut Option<Gone>) -> Result<Value> {
        let location = match location {
            Location::Pieces(pieces) => return self.pieces(ty, &pieces, gone),
            single => single,
        };
        let (place, bytes) = self.single(location, gone)?;
        Ok(match (place, bytes) {
            (Place::Memory(at), _) => Value::at(ty, at),
            (Place::Absent(why), _) => Value::absent(ty, why),
            (Place::Synthetic(pointee), _) => Value::synthetic(ty, pointee.target.clone(), pointee.offset),
            (place, mut bytes) => {
                // An 80-bit float takes up 16 bytes; constants have as many bytes as the largest integer.
                if bytes.len() < ty.size.min(64) as usize {
                    bytes.resize(ty.size as usize, 0);
                }
                if place == Place::Nowhere {
                    bytes.truncate(ty.size as usize);
                }
                Value::computed(ty, bytes).placed(place)
            }
        })
    }

    /// The place of what is in one place, and its bytes if they are not in memory.
    fn single(&self, location: Location, gone: &mut Option<Gone>) -> Result<(Place, Vec<u8>)> {
        let absent = |why: Gone, gone: &mut Option<Gone>| {
            gone.get_or_insert(why);
            Ok((Place::Absent(Absence::OptimizedOut), Vec::new()))
        };
        match location {
            Location::Memory(at) => Ok((Place::Memory(at), Vec::new())),
            Location::Value(bytes) => Ok((Place::Nowhere, bytes.into_vec())),
            Location::Register(n) => match (by_dwarf(n), self.host.register_bytes(n)) {
                (Some(id), Some(bytes)) => Ok((Place::Register { name: id.info().name.as_str().into(), offset: 0 }, bytes)),
                _ => absent(Gone::Register(n), gone),
            },
            Location::ImplicitPointer { target, offset } => {
                let target = target.filter(|_| self.depth < MAX_POINTERS).and_then(|die| {
                    let found = self.session.variable_at_depth(self.module, die, self.frame, self.depth + 1);
                    found.ok().map(|f| f.value)
                });
                Ok((Place::Synthetic(Arc::new(crate::value::Pointee { target, offset })), Vec::new()))
            }
            Location::OptimizedOut(why) => absent(why, gone),
            Location::Pieces(_) => absent(Gone::Empty, gone),
        }
    }

    fn pieces(&self, ty: &Arc<Type>, pieces: &[Piece], gone: &mut Option<Gone>) -> Result<Value> {
        if ty.size > MAX_PIECED {
            return Err(Error::user(format!("value requires {} bytes, which is more than max-value-size", ty.size)));
        }
        let total = ty.size * 8;
        let mut bytes = vec![0; ty.size as usize];
        let mut extents = Vec::new();
        let mut at = 0u64;
        for piece in pieces {
            let bits = at..at.saturating_add(piece.bits).min(total);
            if bits.is_empty() {
                continue;
            }
            let (place, mut source) = self.single(piece.location.clone(), gone)?;
            if let Place::Memory(start) = place {
                source = vec![0; (piece.skip + piece.bits).div_ceil(8).min(MAX_PIECED) as usize];
                self.session.memory().read(start, &mut source)?;
            }
            copy_bits(&mut bytes, bits.start, &source, piece.skip, bits.end - bits.start);
            at = bits.end;
            extents.push(Extent { bits, place, skip: piece.skip });
        }
        if at < total {
            extents.push(Extent { bits: at..total, place: Place::Absent(Absence::OptimizedOut), skip: 0 });
            gone.get_or_insert(Gone::Empty);
        }
        if extents.iter().all(|e| matches!(e.place, Place::Absent(_))) {
            return Ok(Value::absent(ty, Absence::OptimizedOut));
        }
        Ok(Value::in_pieces(ty, bytes, extents))
    }
}

/// Copies bits, the least significant ones first; what the source does not have stays zero.
fn copy_bits(to: &mut [u8], to_bit: u64, from: &[u8], from_bit: u64, count: u64) {
    if to_bit.is_multiple_of(8) && from_bit.is_multiple_of(8) && count.is_multiple_of(8) {
        let (start, source) = ((to_bit / 8) as usize, from.get((from_bit / 8) as usize..).unwrap_or_default());
        if let Some(target) = to.get_mut(start..start + (count / 8) as usize) {
            let n = target.len().min(source.len());
            target[..n].copy_from_slice(&source[..n]);
        }
        return;
    }
    for i in 0..count {
        let (t, f) = (to_bit + i, from_bit + i);
        let bit = from.get((f / 8) as usize).map_or(0, |b| b >> (f % 8) & 1);
        if let Some(byte) = to.get_mut((t / 8) as usize) {
            *byte |= bit << (t % 8);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::copy_bits;

    #[test]
    fn bits_are_copied_from_anywhere_to_anywhere() {
        let mut to = [0; 4];
        copy_bits(&mut to, 8, &[0xab, 0xcd], 0, 16);
        assert_eq!(to, [0, 0xab, 0xcd, 0]);
        let mut to = [0; 2];
        copy_bits(&mut to, 3, &[0xf0], 4, 4);
        assert_eq!(to, [0x78, 0]);
        let mut to = [0; 2];
        copy_bits(&mut to, 0, &[0xff], 0, 16);
        assert_eq!(to, [0xff, 0]);
    }
}
