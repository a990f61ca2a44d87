//! The names of a unit.

use gimli::constants as dw;

use super::entry::{Entry, Kind};
use crate::dwarf::info::DebugInfo;
use crate::dwarf::unit::UnitId;

/// Calls `each` with every name of a unit, with what encloses it. Damage ends the unit.
pub(super) fn each_name(info: &DebugInfo, id: UnitId, each: &mut dyn FnMut(&str, Entry)) {
    info.with(|units| {
        let Ok(unit) = units.unit(id) else { return };
        let mut open: Vec<(isize, Option<String>)> = Vec::new();
        let mut cursor = unit.unit.entries();
        while let Ok(true) = cursor.next_entry() {
            let depth = cursor.depth();
            let Some(die) = cursor.current() else { continue };
            while open.last().is_some_and(|(d, _)| *d >= depth) {
                open.pop();
            }
            let Some(kind) = Kind::of(die.tag()) else {
                if depth > 0 {
                    open.push((depth, None));
                }
                continue;
            };
            let inside = open.iter().any(|(_, n)| n.is_none());
            let reference = unit.die_ref(die.offset());
            let own = unit.string(die, dw::DW_AT_name);
            let full = match &own {
                Some(name) => open.last().and_then(|(_, n)| n.clone()).map_or(name.clone(), |outer| format!("{outer}::{name}")),
                None => units.qualified_name(reference).unwrap_or_default(),
            };
            let scope = match kind {
                Kind::Namespace | Kind::Structure | Kind::Class | Kind::Union => Some(full.clone()),
                Kind::Enumeration if die.has_attr(dw::DW_AT_enum_class) => Some(full.clone()),
                Kind::Enumeration => open.last().and_then(|(_, n)| n.clone()).or(Some(String::new())),
                _ => None,
            };
            open.push((depth, scope));
            if inside || full.is_empty() {
                continue;
            }
            let has_code = die.has_attr(dw::DW_AT_low_pc) || die.has_attr(dw::DW_AT_ranges);
            each(
                full.trim_start_matches("::"),
                Entry {
                    die: reference,
                    kind,
                    is_declaration: die.has_attr(dw::DW_AT_declaration),
                    is_external: die.has_attr(dw::DW_AT_external),
                    is_inlined: kind == Kind::Function && !has_code && die.has_attr(dw::DW_AT_inline),
                    language: unit.language,
                },
            );
        }
    });
}
