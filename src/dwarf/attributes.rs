//! What a DIE says of itself, or what it completes says of it.

use gimli::{AttributeValue, constants as dw};

use super::entries::Declared;
use super::info::DebugInfo;
use super::members::Constant;
use super::unit::DieRef;

impl DebugInfo {
    /// DW_AT_name of a DIE, or of what it completes.
    pub fn name(&self, die: DieRef) -> Option<String> {
        self.with(|units| units.inherited_string(die, dw::DW_AT_name))
    }

    /// Whether a variable is only declared where its DIE is: another unit, or another place of this one, has it.
    pub fn is_declaration(&self, die: DieRef) -> bool {
        self.with(|units| units.inherited(die, dw::DW_AT_declaration).is_some() && !units.has_place(die))
    }

    /// The symbol's name that a DIE, or what it completes, has.
    pub fn linkage_name(&self, die: DieRef) -> Option<String> {
        self.with(|units| units.linkage_name(die))
    }

    /// Whether other units see a function or variable (DW_AT_external), by its DIE or what that completes.
    pub fn is_external(&self, die: DieRef) -> bool {
        self.with(|units| matches!(units.inherited(die, dw::DW_AT_external), Some((_, AttributeValue::Flag(true)))))
    }

    /// Where a DIE, or what it completes, is declared. The index of the file is that of the DIE's own unit.
    pub fn declared_in(&self, die: DieRef) -> Option<Declared> {
        self.with(|units| units.declared(die))
    }

    /// The enumeration that an enumerator's DIE belongs to, and its number.
    pub fn enumerator(&self, die: DieRef) -> Option<(DieRef, i128)> {
        let Some(Constant::Int(value)) = self.constant(die) else { return None };
        let enumeration = self.with(|units| {
            let unit = units.unit(die.unit).ok()?;
            let mut cursor = unit.unit.entries();
            let mut last = None;
            while cursor.next_entry().ok()? && cursor.offset().0 < die.offset as usize {
                if let Some(entry) = cursor.current().filter(|e| e.tag() == dw::DW_TAG_enumeration_type) {
                    last = Some(unit.die_ref(entry.offset()));
                }
            }
            last
        });
        Some((enumeration?, value))
    }
}
