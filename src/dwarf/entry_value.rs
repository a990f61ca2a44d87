//! What had which value when a function was entered (DWARF5 §2.5.1.7).

use gimli::{Operation, UnitOffset};

use super::reader::R;
use super::unit::DieRef;

/// What had which value when the function was entered (DWARF5 §2.5.1.7 DW_OP_entry_value).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EntryOf {
    /// A register, by its DWARF number.
    Register(u16),
    /// The memory that a register pointed to, plus an offset in bytes.
    Deref {
        /// The register, by its DWARF number.
        register: u16,
        /// Bytes added to it.
        offset: i64,
    },
    /// The memory this many bytes above the frame's CFA, where arguments are passed that have no register.
    Stack(i64),
    /// A parameter, by its DIE (DW_OP_GNU_parameter_ref).
    Parameter(DieRef),
}

/// What the expression inside a DW_OP_entry_value asks for: a register, or memory that it points to.
pub(super) fn entry_of(mut inner: R<'_>, encoding: gimli::Encoding) -> Option<EntryOf> {
    let first = Operation::parse(&mut inner, encoding).ok()?;
    let second = if inner.is_empty() { None } else { Some(Operation::parse(&mut inner, encoding).ok()?) };
    match (first, second) {
        (Operation::Register { register }, None) => Some(EntryOf::Register(register.0)),
        (Operation::RegisterOffset { register, base_type: UnitOffset(0), offset }, Some(Operation::Deref { .. })) => {
            Some(EntryOf::Deref { register: register.0, offset })
        }
        // DW_OP_regval_type, and clang's DW_OP_breg with an offset of 0.
        (Operation::RegisterOffset { register, offset: 0, .. }, None) => Some(EntryOf::Register(register.0)),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use gimli::{EndianSlice, LittleEndian};

    use super::*;

    #[test]
    fn what_an_entry_value_asks_for() {
        let encoding = gimli::Encoding { address_size: 8, format: gimli::Format::Dwarf32, version: 5 };
        let of = |bytes: &[u8]| entry_of(EndianSlice::new(bytes, LittleEndian), encoding);
        assert_eq!(of(&[0x55]), Some(EntryOf::Register(5)));
        assert_eq!(of(&[0x75, 8, 0x06]), Some(EntryOf::Deref { register: 5, offset: 8 }));
        assert_eq!(of(&[0x75, 8]), None);
        assert_eq!(of(&[]), None);
    }
}
