//! Where a variable is, in words: what `info scope` and `info address` say, in gdb's form.

use std::fmt::Write;

use gimli::{AttributeValue, DwOp, Operation, constants as dw};

use super::info::DebugInfo;
use super::location_lists::ListEntries;
use super::places::Trouble;
use super::reader::R;
use super::unit::{DieRef, LoadedUnit, Units};
use crate::arch::regs::by_dwarf;
use crate::base::{FileAddr, LoadBias, Result};

/// Most operations and ranges that are shown.
const MAX_SHOWN: usize = 10_000;

/// Where a variable is, whatever the frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Whereabouts {
    /// At a link-time address.
    Static(FileAddr),
    /// At this offset of the module's thread-local storage.
    ThreadLocal(u64),
    /// It is this number.
    Constant(i128),
    /// Nowhere.
    OptimizedOut,
    /// In words, perhaps over several lines.
    Computed(String),
}

impl DebugInfo {
    /// Where a variable of a function (or of none) is. Addresses in the text are those of a module with this bias.
    pub fn whereabouts(&self, die: DieRef, function: Option<DieRef>, bias: LoadBias) -> Result<Whereabouts> {
        self.with(|units| whereabouts(units, die, function, bias)).map_err(|e| self.at_die(die, e))
    }
}

fn whereabouts(units: &Units<'_>, die: DieRef, function: Option<DieRef>, bias: LoadBias) -> Result<Whereabouts, Trouble> {
    let Some((unit, value)) = units.inherited(die, dw::DW_AT_location) else {
        return Ok(match units.inherited(die, dw::DW_AT_const_value) {
            Some((_, AttributeValue::Sdata(n))) => Whereabouts::Constant(n.into()),
            Some((_, other)) => other.udata_value().map_or(Whereabouts::OptimizedOut, |n| Whereabouts::Constant(n.into())),
            None => Whereabouts::OptimizedOut,
        });
    };
    let unit = units.unit(unit)?;
    let describing = Describing { units, unit, function, bias };
    let expression = match value {
        AttributeValue::Exprloc(e) => e.0,
        AttributeValue::Block(e) => e,
        list => return Ok(Whereabouts::Computed(describing.list(list)?)),
    };
    let mut rest = expression;
    let first = if rest.is_empty() { None } else { Some(Operation::parse(&mut rest, unit.unit.encoding())?) };
    let address = match first {
        None => return Ok(Whereabouts::OptimizedOut),
        Some(Operation::Address { address }) => Some(address),
        Some(Operation::AddressIndex { index }) => Some(unit.dwarf.address(&unit.unit, index)?),
        Some(Operation::UnsignedConstant { value }) if is_thread_local(rest, unit) => return Ok(Whereabouts::ThreadLocal(value)),
        _ => None,
    };
    match address {
        Some(address) if rest.is_empty() => Ok(Whereabouts::Static(FileAddr(address))),
        Some(address) if is_thread_local(rest, unit) => Ok(Whereabouts::ThreadLocal(address)),
        _ => Ok(Whereabouts::Computed(describing.expression(expression)?)),
    }
}

fn is_thread_local(mut rest: R<'_>, unit: &LoadedUnit<'_>) -> bool {
    matches!(Operation::parse(&mut rest, unit.unit.encoding()), Ok(Operation::TLS)) && rest.is_empty()
}

struct Describing<'d, 'a> {
    units: &'d Units<'a>,
    unit: &'d LoadedUnit<'a>,
    function: Option<DieRef>,
    bias: LoadBias,
}

impl<'a> Describing<'_, 'a> {
    fn list(&self, value: AttributeValue<R<'a>>) -> gimli::Result<String> {
        let mut out = "multi-location:\n".to_owned();
        let Some(mut entries) = ListEntries::of(self.unit, value)? else { return Ok(out) };
        for _ in 0..MAX_SHOWN {
            let Some(entry) = entries.next()? else { break };
            if let Some(base) = entry.base {
                _ = write!(out, "  Base address {base:#x}");
            }
            let virt = |at| self.bias.to_virt(at);
            _ = write!(out, "  Range {}-{}: ", virt(entry.range.start), virt(entry.range.end));
            out += &self.expression(entry.data)?;
            out.push('\n');
        }
        Ok(out)
    }

    fn expression(&self, expression: R<'a>) -> gimli::Result<String> {
        let mut rest = expression;
        if rest.is_empty() {
            return Ok("optimized out".to_owned());
        }
        let encoding = self.unit.unit.encoding();
        let first = Operation::parse(&mut rest, encoding)?;
        let literal = expression.slice().first().filter(|c| (dw::DW_OP_lit0.0..=dw::DW_OP_lit31.0).contains(*c));
        if let (Some(code), [last]) = (literal, rest.slice())
            && *last == dw::DW_OP_stack_value.0
        {
            return Ok(format!("the constant {}", code - dw::DW_OP_lit0.0));
        }
        if let Some(text) = pieces(expression, encoding)? {
            return Ok(text);
        }
        let simple = match first {
            _ if !rest.is_empty() => None,
            Operation::Register { register } => Some(format!("a variable in ${}", name(register.0))),
            Operation::FrameOffset { offset } => self
                .frame_base()
                .map(|(register, base)| format!("a variable at frame base reg ${} offset {base}+{offset}", name(register))),
            _ => None,
        };
        match simple {
            Some(text) => Ok(text),
            None => Ok(format!("a complex DWARF expression:\n{}", self.operations(expression, 0, 0)?)),
        }
    }

    /// The register that the function's frame base is counted from, and the distance.
    fn frame_base(&self) -> Option<(u16, i64)> {
        let (unit, value) = self.units.inherited(self.function?, dw::DW_AT_frame_base)?;
        let unit = self.units.unit(unit).ok()?;
        let mut bytes = match value {
            AttributeValue::Exprloc(e) => e.0,
            AttributeValue::Block(e) => e,
            _ => return None,
        };
        match Operation::parse(&mut bytes, unit.unit.encoding()).ok()? {
            Operation::Register { register } => Some((register.0, 0)),
            Operation::RegisterOffset { register, offset, .. } => Some((register.0, offset)),
            _ => None,
        }
    }

    /// The operations, a line each.
    fn operations(&self, expression: R<'_>, start: usize, indent: usize) -> gimli::Result<String> {
        let mut out = String::new();
        let mut rest = expression;
        for _ in 0..MAX_SHOWN {
            let Some(code) = rest.slice().first() else { break };
            let at = start + expression.len() - rest.len();
            let opcode = DwOp(*code).static_string().map_or_else(|| format!("DW_OP_{code:#x}"), str::to_owned);
            let operation = Operation::parse(&mut rest, self.unit.unit.encoding())?;
            let end = start + expression.len() - rest.len();
            _ = write!(out, "  {at:0$}: {opcode}", indent + 4);
            self.operands(&operation, *code, end, indent, &mut out)?;
            out.push('\n');
        }
        Ok(out)
    }

    fn operands(&self, op: &Operation<R<'_>>, code: u8, end: usize, indent: usize, out: &mut String) -> gimli::Result<()> {
        let is_literal = (dw::DW_OP_lit0.0..=dw::DW_OP_lit31.0).contains(&code);
        _ = match op {
            Operation::Address { address } => write!(out, " {address:#x}"),
            Operation::AddressIndex { index } => write!(out, " {:#x}", self.unit.dwarf.address(&self.unit.unit, *index)?),
            Operation::ConstantIndex { index } => write!(out, " {}", self.unit.dwarf.address(&self.unit.unit, *index)?),
            Operation::UnsignedConstant { value } if !is_literal => write!(out, " {value}"),
            Operation::SignedConstant { value } => write!(out, " {value}"),
            Operation::Register { register } => write!(out, " [${}]", name(register.0)),
            Operation::RegisterOffset { register, offset, base_type } if base_type.0 == 0 => {
                write!(out, " {offset} [${}]", name(register.0))
            }
            Operation::RegisterOffset { register, .. } => write!(out, " [${}]", name(register.0)),
            Operation::FrameOffset { offset } => write!(out, " {offset}"),
            Operation::PlusConstant { value } => write!(out, " {value}"),
            Operation::Pick { index } if code == dw::DW_OP_pick.0 => write!(out, " {index}"),
            Operation::Deref { size, .. } if code == dw::DW_OP_deref_size.0 => write!(out, " {size}"),
            Operation::Skip { target } | Operation::Bra { target } => {
                write!(out, " to {}", (end as i64).wrapping_add(i64::from(*target)))
            }
            Operation::Piece { size_in_bits, bit_offset: None } => write!(out, " {} (bytes)", size_in_bits / 8),
            Operation::Piece { size_in_bits, bit_offset: Some(at) } => write!(out, " size {size_in_bits} offset {at} (bits)"),
            Operation::ImplicitPointer { value, byte_offset } => {
                write!(out, " DIE {:#x} offset {byte_offset}", value.0)
            }
            Operation::EntryValue { expression } => {
                out.push('\n');
                let inner = self.operations(*expression, end - expression.len(), indent + 2)?;
                write!(out, "{}", inner.trim_end_matches('\n'))
            }
            Operation::ImplicitValue { data } => write!(out, " {}", data.len()),
            Operation::Convert { base_type } | Operation::Reinterpret { base_type } => write!(out, "<{:#x}>", base_type.0),
            _ => Ok(()),
        };
        Ok(())
    }
}

/// `a variable in $rcx [4-byte piece], and an empty 28-byte piece`, if it is nothing but registers and empty pieces.
fn pieces(mut rest: R<'_>, encoding: gimli::Encoding) -> gimli::Result<Option<String>> {
    let mut found = Vec::new();
    while !rest.is_empty() {
        let piece = match Operation::parse(&mut rest, encoding)? {
            Operation::Piece { size_in_bits, bit_offset: None } => format!("an empty {}-byte piece", size_in_bits / 8),
            Operation::Register { register } if !rest.is_empty() => match Operation::parse(&mut rest, encoding)? {
                Operation::Piece { size_in_bits, bit_offset: None } => {
                    format!("a variable in ${} [{}-byte piece]", name(register.0), size_in_bits / 8)
                }
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        found.push(piece);
    }
    Ok(Some(found.join(", and ")))
}

/// A register's name by its DWARF number.
fn name(register: u16) -> String {
    by_dwarf(register).map_or_else(|| format!("r{register}"), |id| id.info().name.clone())
}
