//! A unit whose line program cannot be read: the rest of it, which gimli would throw away with it.

use gimli::{
    AttributeValue, DebugAddrBase, DebugLineOffset, DebugLocListsBase, DebugRngListsBase, DebugStrOffsetsBase, Dwarf, Unit,
    UnitHeader, UnitType, constants as dw,
};

use super::reader::R;

/// Reads a unit as `gimli::Unit::new` does (DWARF5 §3.1.1), but for its line program, whose offset in .debug_line is returned.
pub(super) fn without_lines<'a>(
    dwarf: &Dwarf<R<'a>>,
    header: UnitHeader<R<'a>>,
) -> gimli::Result<(Unit<R<'a>>, DebugLineOffset)> {
    let (encoding, file) = (header.encoding(), dwarf.file_type);
    let mut unit = Unit {
        abbreviations: dwarf.abbreviations(&header)?,
        name: None,
        comp_dir: None,
        low_pc: 0,
        str_offsets_base: DebugStrOffsetsBase::default_for_encoding_and_file(encoding, file),
        addr_base: DebugAddrBase(0),
        loclists_base: DebugLocListsBase::default_for_encoding_and_file(encoding, file),
        rnglists_base: DebugRngListsBase::default_for_encoding_and_file(encoding, file),
        line_program: None,
        dwo_id: match header.type_() {
            UnitType::Skeleton(id) | UnitType::SplitCompilation(id) => Some(id),
            _ => None,
        },
        header,
    };
    let root = unit.entry(unit.header.root_offset())?;
    let (mut name, mut comp_dir, mut low_pc, mut lines) = (None, None, None, None);
    for attribute in root.attrs() {
        match (attribute.name(), attribute.value()) {
            (dw::DW_AT_name, value) => name = Some(value),
            (dw::DW_AT_comp_dir, value) => comp_dir = Some(value),
            (dw::DW_AT_low_pc, value) => low_pc = Some(value),
            (dw::DW_AT_stmt_list, AttributeValue::DebugLineRef(offset)) => lines = Some(offset),
            (_, AttributeValue::DebugStrOffsetsBase(base)) => unit.str_offsets_base = base,
            (_, AttributeValue::DebugAddrBase(base)) => unit.addr_base = base,
            (_, AttributeValue::DebugLocListsBase(base)) => unit.loclists_base = base,
            (_, AttributeValue::DebugRngListsBase(base)) => unit.rnglists_base = base,
            (dw::DW_AT_GNU_dwo_id, AttributeValue::DwoId(id)) => unit.dwo_id = unit.dwo_id.or(Some(id)),
            _ => {}
        }
    }
    let offset = lines.ok_or(gimli::Error::MissingUnitDie)?;
    unit.name = name.and_then(|value| dwarf.attr_string(&unit, value).ok());
    unit.comp_dir = comp_dir.and_then(|value| dwarf.attr_string(&unit, value).ok());
    if let Some(value) = low_pc {
        unit.low_pc = dwarf.attr_address(&unit, value)?.unwrap_or(0);
    }
    Ok((unit, offset))
}
