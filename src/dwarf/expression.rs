//! DWARF expressions (DWARF5 §2.5, §2.6): one evaluator for unwind tables, locations of variables, and bounds of types.

use gimli::{
    AttributeValue, DieReference, EndianSlice, Evaluation, EvaluationResult, Expression, LittleEndian, Operation, UnitOffset,
    Value, ValueType, constants as dw,
};

use super::entry_value::{EntryOf, entry_of};
use super::location::{Gone, Location, Piece};
use super::location_lists::{ListEntries, MAX_ENTRIES};
use super::reader::R;
use super::unit::{DieRef, LoadedUnit, Units};
use crate::base::{Error, FileAddr, LoadBias, Memory, Result, VirtAddr};

/// More operations than any real expression runs; a loop ends here.
const MAX_STEPS: u32 = 10_000;
/// How deep expressions may lead to others: frame bases, entry values.
const MAX_DEPTH: u32 = 8;
/// More pieces than any real location has.
const MAX_PIECES: usize = 1 << 16;
/// Most ranges of a location list that are kept to be shown.
const MAX_RANGES: usize = 64;

/// What an expression may ask for: the frame that it is evaluated in.
pub trait ExpressionHost {
    /// The value of a register by its DWARF number; `None` if it is not known.
    fn register(&self, dwarf: u16) -> Option<u64>;
    /// The memory.
    fn memory(&self) -> &dyn Memory;
    /// What is added to addresses in the expression.
    fn load_bias(&self) -> LoadBias;
    /// All bytes of a register, which of a vector register are more than eight.
    fn register_bytes(&self, dwarf: u16) -> Option<Vec<u8>> {
        self.register(dwarf).map(|value| value.to_le_bytes().to_vec())
    }
    /// The canonical frame address.
    fn cfa(&self) -> Option<VirtAddr> {
        None
    }
    /// Where the current thread has what lies at this offset of the module's thread-local storage.
    fn thread_local(&self, _offset: u64) -> Result<VirtAddr> {
        Err(Error::user("Cannot find thread-local variables on this target"))
    }
    /// What the caller says that something was when the frame's function was entered; `None` where it says nothing.
    fn entry_value(&self, _of: EntryOf) -> Result<Option<u64>> {
        Ok(None)
    }
    /// The object whose type is looked at (DW_OP_push_object_address).
    fn object_address(&self) -> Option<VirtAddr> {
        None
    }
}

/// Runs an expression with `initial` on its stack (the CFA, for the rules of registers); what is on top at its end: an address
/// or a value, as the rule has it.
pub fn evaluate(expression: &[u8], initial: Option<u64>, host: &dyn ExpressionHost) -> Result<u64> {
    let run = Run { scope: None, function: None, pc: None, host, depth: 0 };
    match run.location(EndianSlice::new(expression, LittleEndian), initial)? {
        Location::Memory(at) => Ok(at.0),
        Location::Value(bytes) => Ok(word(&bytes)),
        Location::OptimizedOut(why) => Err(Error::User(format!("DWARF expression: {why}."))),
        _ => Err(unsupported("a result that is one address or value")),
    }
}

/// The expression without a DW_OP_GNU_uninit (0xf0) at its end.
///
/// *Folklore*: gcc ends the location of a variable that may not have a value yet with it (glibc's `sigqueue`); no operation may
/// stand behind a register's name but a piece, and gimli knows none of this number.
fn without_uninit(expression: R<'_>, encoding: gimli::Encoding) -> R<'_> {
    const GNU_UNINIT: u8 = 0xf0;
    let mut rest = expression;
    while expression.slice().last() == Some(&GNU_UNINIT) && !rest.is_empty() {
        if rest.slice() == [GNU_UNINIT] {
            let length = expression.slice().len() - 1;
            return EndianSlice::new(expression.slice().get(..length).unwrap_or_default(), LittleEndian);
        }
        if Operation::parse(&mut rest, encoding).is_err() {
            break;
        }
    }
    expression
}

/// The first eight bytes of a value as a number.
pub(super) fn word(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).rev().fold(0, |n, b| n << 8 | u64::from(*b))
}

/// Where an expression is evaluated.
#[derive(Clone, Copy)]
pub(super) struct Run<'r, 'a> {
    /// The unit that it is from; an unwind table's has none.
    pub scope: Option<(&'r Units<'a>, &'r LoadedUnit<'a>)>,
    /// The function whose frame base is meant.
    pub function: Option<DieRef>,
    /// Where the frame is, for the frame base's location list.
    pub pc: Option<FileAddr>,
    /// The frame.
    pub host: &'r dyn ExpressionHost,
    /// How many expressions are being evaluated around it.
    pub depth: u32,
}

/// Why an evaluation ended without a result.
enum Stuck {
    /// The value is not there any more.
    Gone(Gone),
    /// It cannot be evaluated.
    Failed(Error),
}

impl From<Error> for Stuck {
    fn from(error: Error) -> Stuck {
        Stuck::Failed(error)
    }
}

impl From<gimli::Error> for Stuck {
    fn from(error: gimli::Error) -> Stuck {
        Stuck::Failed(bad(error))
    }
}

impl<'a> Run<'_, 'a> {
    /// Where the expression says that something is. An empty one says that it is nowhere.
    pub fn location<'b>(&self, expression: R<'b>, initial: Option<u64>) -> Result<Location>
    where
        'a: 'b,
    {
        if expression.is_empty() && initial.is_none() {
            return Ok(Location::OptimizedOut(Gone::Empty));
        }
        match self.run(expression, initial) {
            Ok(location) => Ok(location),
            Err(Stuck::Gone(why)) => Ok(Location::OptimizedOut(why)),
            Err(Stuck::Failed(error)) => Err(error),
        }
    }

    fn run<'b>(&self, expression: R<'b>, initial: Option<u64>) -> Result<Location, Stuck>
    where
        'a: 'b,
    {
        if self.depth >= MAX_DEPTH {
            return Err(unsupported("too many expressions within one another").into());
        }
        let encoding = match self.scope {
            Some((_, unit)) => unit.unit.encoding(),
            None => gimli::Encoding { address_size: 8, format: gimli::Format::Dwarf32, version: 5 },
        };
        let mut run = Evaluation::new(without_uninit(expression, encoding), encoding);
        run.set_max_iterations(MAX_STEPS);
        if let Some(value) = initial {
            run.set_initial_value(value);
        }
        if let Some(object) = self.host.object_address() {
            run.set_object_address(object.0);
        }
        let mut state = run.evaluate()?;
        loop {
            state = match state {
                EvaluationResult::Complete => break,
                EvaluationResult::RequiresMemory { address, size, base_type, .. } => {
                    let mut bytes = [0; 8];
                    let wanted = bytes.get_mut(..size.into()).ok_or_else(|| unsupported("a read of more than eight bytes"))?;
                    self.host.memory().read(VirtAddr(address), wanted)?;
                    run.resume_with_memory(self.typed(base_type, &bytes)?)
                }
                EvaluationResult::RequiresRegister { register, base_type } => {
                    let bytes = self.host.register_bytes(register.0).ok_or(Stuck::Gone(Gone::Register(register.0)))?;
                    run.resume_with_register(self.typed(base_type, &bytes)?)
                }
                EvaluationResult::RequiresFrameBase => run.resume_with_frame_base(self.frame_base()?),
                EvaluationResult::RequiresCallFrameCfa => {
                    let cfa = self.host.cfa().ok_or_else(|| unsupported("the frame's address, which is not known"))?;
                    run.resume_with_call_frame_cfa(cfa.0)
                }
                EvaluationResult::RequiresTls(offset) => run.resume_with_tls(self.host.thread_local(offset)?.0),
                EvaluationResult::RequiresRelocatedAddress(at) => {
                    run.resume_with_relocated_address(at.wrapping_add(self.host.load_bias().0))
                }
                EvaluationResult::RequiresIndexedAddress { index, relocate } => {
                    let (_, unit) = self.scope()?;
                    let at = unit.dwarf.address(&unit.unit, index)?;
                    run.resume_with_indexed_address(if relocate { at.wrapping_add(self.host.load_bias().0) } else { at })
                }
                EvaluationResult::RequiresAtLocation(reference) => run.resume_with_at_location(self.called(reference)?),
                EvaluationResult::RequiresEntryValue(inner) => run.resume_with_entry_value(self.entry_value(inner)?),
                EvaluationResult::RequiresParameterRef(offset) => {
                    let (_, unit) = self.scope()?;
                    let found = self.host.entry_value(EntryOf::Parameter(unit.die_ref(offset)))?;
                    run.resume_with_parameter_ref(found.ok_or(Stuck::Gone(Gone::Entry))?)
                }
                EvaluationResult::RequiresBaseType(offset) => run.resume_with_base_type(self.base_type(offset)?),
                EvaluationResult::RequiresWasmLocal { .. }
                | EvaluationResult::RequiresWasmGlobal { .. }
                | EvaluationResult::RequiresWasmStack { .. } => return Err(unsupported("WebAssembly's machine").into()),
            }?;
        }
        self.result(run.as_result())
    }

    fn scope(&self) -> Result<(&Units<'a>, &LoadedUnit<'a>), Stuck> {
        self.scope.ok_or_else(|| unsupported("an operation that unwinding has no answer to").into())
    }

    /// Bytes as a value of a base type of the unit; offset 0 is the generic type.
    fn typed(&self, base_type: UnitOffset, bytes: &[u8]) -> Result<Value, Stuck> {
        let ty = if base_type.0 == 0 { ValueType::Generic } else { self.base_type(base_type)? };
        if ty == ValueType::Generic {
            return Ok(Value::Generic(word(bytes)));
        }
        let mut whole = bytes.to_vec();
        whole.resize(bytes.len().max(8), 0);
        Ok(Value::parse(ty, EndianSlice::new(&whole, LittleEndian))?)
    }

    fn base_type(&self, offset: UnitOffset) -> Result<ValueType, Stuck> {
        if offset.0 == 0 {
            return Ok(ValueType::Generic);
        }
        let (_, unit) = self.scope()?;
        let entry = unit.unit.entry(offset)?;
        ValueType::from_entry(&entry)?.ok_or_else(|| unsupported("a base type of more than eight bytes").into())
    }

    /// The address that DW_OP_fbreg counts from (DWARF5 §3.3.5 DW_AT_frame_base).
    fn frame_base(&self) -> Result<u64, Stuck> {
        let (units, _) = self.scope()?;
        let function = self.function.ok_or_else(|| unsupported("a frame base, outside of a function"))?;
        let (unit, value) =
            units.inherited(function, dw::DW_AT_frame_base).ok_or_else(|| unsupported("a frame base, which is missing"))?;
        let unit = units.unit(unit)?;
        let inner = Run { scope: Some((units, unit)), function: None, depth: self.depth + 1, ..*self };
        let found = match value {
            AttributeValue::Exprloc(e) => Some(e.0),
            AttributeValue::Block(e) => Some(e),
            list => inner.in_list(list)?.ok(),
        };
        match inner.run(found.ok_or(Stuck::Gone(Gone::Empty))?, None)? {
            Location::Memory(at) => Ok(at.0),
            // A register that holds the address.
            Location::Register(n) => self.host.register(n).ok_or(Stuck::Gone(Gone::Register(n))),
            Location::Value(bytes) => Ok(word(&bytes)),
            _ => Err(unsupported("a frame base that is one address").into()),
        }
    }

    /// The expression that DW_OP_call2, DW_OP_call4 or DW_OP_call_ref runs.
    fn called(&self, reference: DieReference) -> Result<R<'a>, Stuck> {
        let (units, unit) = self.scope()?;
        let value = match reference {
            DieReference::UnitRef(offset) => AttributeValue::UnitRef(offset),
            DieReference::DebugInfoRef(offset) => AttributeValue::DebugInfoRef(offset),
        };
        let die = units.reference(unit.id, value).ok_or_else(|| unsupported("an entry that does not exist"))?;
        let (_, entry) = units.entry(die)?;
        Ok(match entry.attr_value(dw::DW_AT_location) {
            Some(AttributeValue::Exprloc(e)) => e.0,
            Some(AttributeValue::Block(e)) => e,
            // DWARF5 §2.5.1.5: nothing is done then.
            _ => EndianSlice::new(&[], LittleEndian),
        })
    }

    fn entry_value(&self, inner: Expression<R<'_>>) -> Result<Value, Stuck> {
        let (_, unit) = self.scope()?;
        let of = entry_of(inner.0, unit.unit.encoding()).ok_or_else(|| unsupported("the entry value of an expression"))?;
        let found = self.host.entry_value(of)?.ok_or(Stuck::Gone(Gone::Entry))?;
        // DW_OP_regval_type: what was passed is of that type.
        let mut bytes = inner.0;
        let ty = match Operation::parse(&mut bytes, unit.unit.encoding())? {
            Operation::RegisterOffset { base_type, .. } => base_type,
            _ => UnitOffset(0),
        };
        self.typed(ty, &found.to_le_bytes())
    }

    fn result(&self, pieces: &[gimli::Piece<R<'_>>]) -> Result<Location, Stuck> {
        if let [only] = pieces
            && only.size_in_bits.is_none()
        {
            return self.place(&only.location);
        }
        if pieces.len() > MAX_PIECES {
            return Err(unsupported("so many pieces").into());
        }
        let pieces = pieces.iter().map(|piece| {
            Ok(Piece {
                bits: piece.size_in_bits.unwrap_or(0),
                skip: piece.bit_offset.unwrap_or(0),
                location: self.place(&piece.location)?,
            })
        });
        Ok(Location::Pieces(pieces.collect::<Result<_, Stuck>>()?))
    }

    fn place(&self, location: &gimli::Location<R<'_>>) -> Result<Location, Stuck> {
        Ok(match location {
            gimli::Location::Empty => Location::OptimizedOut(Gone::Empty),
            gimli::Location::Register { register } => Location::Register(register.0),
            gimli::Location::Address { address } => Location::Memory(VirtAddr(*address)),
            gimli::Location::Value { value } => Location::Value(bytes_of(*value)),
            gimli::Location::Bytes { value } => Location::Value(value.slice().into()),
            gimli::Location::ImplicitPointer { value, byte_offset } => {
                let (units, unit) = self.scope()?;
                let target = units.reference(unit.id, AttributeValue::DebugInfoRef(*value));
                Location::ImplicitPointer { target, offset: *byte_offset }
            }
        })
    }
}

impl<'a> Run<'_, 'a> {
    /// The expression of a location list that holds at the pc (DWARF5 §2.6.2), or why there is none.
    pub(super) fn in_list(&self, value: AttributeValue<R<'a>>) -> gimli::Result<Result<R<'a>, Gone>> {
        let Some((_, unit)) = self.scope else { return Ok(Err(Gone::NoLocation)) };
        let Some(mut entries) = ListEntries::of(unit, value)? else { return Ok(Err(Gone::NoLocation)) };
        let mut default = None;
        let mut live = Vec::new();
        for _ in 0..MAX_ENTRIES {
            let Some(entry) = entries.next()? else { break };
            if entry.is_default {
                default = Some(entry.data);
                continue;
            }
            if self.pc.is_some_and(|pc| entry.range.contains(pc) || (entry.is_at(pc) && self.is_entry(pc))) {
                return Ok(Ok(entry.data));
            }
            if live.len() < MAX_RANGES && !entry.data.is_empty() && entry.range.start < entry.range.end {
                live.push(entry.range);
            }
        }
        Ok(default.ok_or(Gone::NotHere(live)))
    }

    /// Whether the function is entered at an address.
    fn is_entry(&self, pc: FileAddr) -> bool {
        let entry = || {
            let (units, _) = self.scope?;
            let (unit, die) = units.entry(self.function?).ok()?;
            unit.dwarf.attr_address(&unit.unit, die.attr_value(dw::DW_AT_low_pc)?).ok()?
        };
        entry() == Some(pc.0)
    }
}

fn bytes_of(value: Value) -> Box<[u8]> {
    match value {
        Value::Generic(n) => n.to_le_bytes().into(),
        Value::I8(n) => n.to_le_bytes().into(),
        Value::U8(n) => n.to_le_bytes().into(),
        Value::I16(n) => n.to_le_bytes().into(),
        Value::U16(n) => n.to_le_bytes().into(),
        Value::I32(n) => n.to_le_bytes().into(),
        Value::U32(n) => n.to_le_bytes().into(),
        Value::I64(n) => n.to_le_bytes().into(),
        Value::U64(n) => n.to_le_bytes().into(),
        Value::F32(n) => n.to_le_bytes().into(),
        Value::F64(n) => n.to_le_bytes().into(),
    }
}

fn bad(e: gimli::Error) -> Error {
    Error::User(format!("DWARF expression: {e}."))
}

fn unsupported(what: &str) -> Error {
    Error::User(format!("DWARF expression needs {what}."))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::base::SliceMemory;

    struct Host(SliceMemory);

    impl ExpressionHost for Host {
        fn register(&self, dwarf: u16) -> Option<u64> {
            [None, None, None, None, None, None, None, Some(0x1000)]
                .get(usize::from(dwarf))
                .copied()
                .flatten()
                .or((dwarf == 16).then_some(0x401036))
        }
        fn memory(&self) -> &dyn Memory {
            &self.0
        }
        fn load_bias(&self) -> LoadBias {
            LoadBias(0x10_0000)
        }
    }

    fn run(expression: &[u8], initial: Option<u64>) -> Result<u64> {
        let bytes = (0..64).collect();
        evaluate(expression, initial, &Host(SliceMemory { start: VirtAddr(0x1000), bytes }))
    }

    #[test]
    fn a_plt_stubs_cfa_depends_on_the_pc() {
        // binutils' .eh_frame for .plt: rsp + 8, and 8 more once the index was pushed: (rip & 15 >= 11) << 3.
        let expression = [0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22];
        assert_eq!(run(&expression, None).unwrap(), 0x1008);
        let pushed = [0x77, 8, 0x80, 5, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22];
        assert_eq!(run(&pushed, None).unwrap(), 0x1010);
    }

    #[test]
    fn memory_and_addresses_come_from_the_host() {
        assert_eq!(run(&[0x77, 8, 0x06], None).unwrap(), 0x0f0e_0d0c_0b0a_0908);
        assert_eq!(run(&[0x03, 0x10, 0, 0, 0, 0, 0, 0, 0], None).unwrap(), 0x10_0010);
        assert_eq!(run(&[0x23, 0x10], Some(0x20)).unwrap(), 0x30);
    }

    #[test]
    fn places_of_all_sorts() {
        let host = Host(SliceMemory { start: VirtAddr(0x1000), bytes: vec![0; 16] });
        let run = Run { scope: None, function: None, pc: None, host: &host, depth: 0 };
        let place = |bytes: &[u8]| run.location(EndianSlice::new(bytes, LittleEndian), None);
        let gone = |why| Location::OptimizedOut(why);
        assert_eq!(place(&[]).unwrap(), gone(Gone::Empty));
        assert_eq!(place(&[0x55]).unwrap(), Location::Register(5));
        // DW_OP_GNU_uninit, and one that is an operand.
        assert_eq!(place(&[0x55, 0xf0]).unwrap(), Location::Register(5));
        assert_eq!(place(&[0x08, 0xf0, 0x9f]).unwrap(), Location::Value(0xf0u64.to_le_bytes().into()));
        assert_eq!(place(&[0x08, 0xf0]).unwrap(), Location::Memory(VirtAddr(0xf0)));
        assert_eq!(place(&[0x31, 0x9f]).unwrap(), Location::Value(1u64.to_le_bytes().into()));
        assert_eq!(place(&[0x9e, 2, 0xaa, 0xbb]).unwrap(), Location::Value([0xaa, 0xbb].into()));
        // DW_OP_reg5, DW_OP_piece 4, an empty piece of 4; DW_OP_reg0, DW_OP_bit_piece 5 bits from bit 3.
        let piece = |bits, skip, location| Piece { bits, skip, location };
        assert_eq!(
            place(&[0x55, 0x93, 4, 0x93, 4]).unwrap(),
            Location::Pieces(vec![piece(32, 0, Location::Register(5)), piece(32, 0, gone(Gone::Empty))])
        );
        assert_eq!(place(&[0x50, 0x9d, 5, 3]).unwrap(), Location::Pieces(vec![piece(5, 3, Location::Register(0))]));
        // DW_OP_breg0: a register that nobody has saved.
        assert_eq!(place(&[0x70, 0]).unwrap(), gone(Gone::Register(0)));
        // DW_OP_fbreg, DW_OP_call_frame_cfa and DW_OP_form_tls_address where there is no frame and no thread.
        assert!(place(&[0x91, 0]).is_err() && place(&[0x9c]).is_err() && place(&[0x30, 0x9b]).is_err());
    }

    #[test]
    fn damage_is_an_error_and_a_loop_ends() {
        assert!(run(&[], None).is_err());
        assert!(run(&[0x22], None).is_err());
        assert!(run(&[0x70, 0], None).is_err(), "a register that is not known");
        assert!(run(&[0x30, 0x06], None).is_err(), "an unmapped address");
        assert!(run(&[0x2f, 0xfd, 0xff], None).is_err(), "DW_OP_skip to itself");
    }
}
