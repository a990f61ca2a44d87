//! The variables of a unit that live outside of functions, and the names of its enumerations.

use std::collections::HashMap;
use std::sync::Arc;

use gimli::{AttributeValue, constants as dw};

use super::entries::{Declared, Enclosing, opens_scope, past, qualified, unnamed};
use super::imports::Import;
use super::type_names::ANONYMOUS;
use super::unit::{Die, DieRef, LoadedUnit, UnitId, Units};

/// A variable outside of functions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Global {
    /// Its name with namespaces and classes.
    pub name: Arc<str>,
    /// Its DIE: the definition.
    pub die: DieRef,
    /// Whether other units see it.
    pub is_external: bool,
    /// Where it is declared.
    pub declared: Option<Declared>,
}

/// A name of an enumeration, as it is written in a program: with its scope, for `enum class` also with the type's name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Enumerated {
    /// The enumeration's DIE.
    pub ty: DieRef,
    /// The number.
    pub value: i128,
}

/// Imports in one unit, at most: a bound for damaged information.
const MAX_IMPORTS: usize = 100_000;

/// The global and static variables of a unit, and its enumerators.
#[derive(Debug, Default)]
pub struct Globals {
    variables: Vec<Global>,
    by_name: HashMap<Arc<str>, u32>,
    enumerators: HashMap<Arc<str>, Enumerated>,
    declarations: HashMap<Arc<str>, DieRef>,
    imports: Arc<[Import]>,
}

impl Globals {
    /// Walks the entries of a unit that lie outside of functions; what comes before damage stays, and the damage is told too.
    pub(super) fn of(units: &Units<'_>, id: UnitId) -> gimli::Result<(Globals, gimli::Result<()>)> {
        let mut found = Globals::default();
        let mut imports = Vec::new();
        let walked = found.walk(units, units.unit(id)?, &mut imports);
        found.imports = imports.into();
        Ok((found, walked))
    }

    fn walk<'a>(&mut self, units: &Units<'a>, unit: &LoadedUnit<'a>, imports: &mut Vec<Import>) -> gimli::Result<()> {
        let mut enclosing: Vec<Enclosing> = Vec::new();
        // The enumeration that the cursor is in: its depth, its DIE, what its names stand behind.
        let mut enumeration: Option<(isize, DieRef, Vec<Enclosing>)> = None;
        let mut cursor = unit.unit.entries();
        let mut more = cursor.next_entry()?;
        while more {
            let depth = cursor.depth();
            let Some(die) = cursor.current() else {
                more = cursor.next_entry()?;
                continue;
            };
            while enclosing.last().is_some_and(|e| e.depth >= depth) {
                enclosing.pop();
            }
            let mut skip = false;
            match die.tag() {
                dw::DW_TAG_compile_unit | dw::DW_TAG_partial_unit | dw::DW_TAG_type_unit | dw::DW_TAG_skeleton_unit => {}
                tag if opens_scope(tag) => {
                    let name = unit.string(die, dw::DW_AT_name).unwrap_or_else(|| unnamed(tag).to_owned());
                    let name = qualified(&enclosing, &name);
                    enclosing.push(Enclosing { depth, name });
                }
                dw::DW_TAG_enumeration_type => {
                    let mut scope: Vec<Enclosing> =
                        enclosing.iter().map(|e| Enclosing { depth: e.depth, name: e.name.clone() }).collect();
                    if matches!(die.attr_value(dw::DW_AT_enum_class), Some(AttributeValue::Flag(true)))
                        && let Some(name) = unit.string(die, dw::DW_AT_name)
                    {
                        let name = qualified(&scope, &name);
                        scope.push(Enclosing { depth, name });
                    }
                    enumeration = Some((depth, unit.die_ref(die.offset()), scope));
                }
                dw::DW_TAG_enumerator => self.add_enumerator(unit, die, depth, enumeration.as_ref()),
                dw::DW_TAG_variable | dw::DW_TAG_member => self.add_variable(units, unit, die, &enclosing),
                dw::DW_TAG_imported_module | dw::DW_TAG_imported_declaration if imports.len() < MAX_IMPORTS => {
                    let scope = enclosing.last().map_or("", |e| &*e.name);
                    imports.extend(Import::read(units, unit, die, scope));
                }
                _ => skip = die.has_children(),
            }
            more = if skip { past(&mut cursor, depth)? } else { cursor.next_entry()? };
        }
        Ok(())
    }

    fn add_enumerator<'a>(
        &mut self,
        unit: &LoadedUnit<'a>,
        die: &Die<'a>,
        depth: isize,
        enumeration: Option<&(isize, DieRef, Vec<Enclosing>)>,
    ) {
        let Some((at, ty, scope)) = enumeration.filter(|e| e.0 + 1 == depth) else { return };
        debug_assert!(*at < depth);
        let (Some(name), Some(value)) = (unit.string(die, dw::DW_AT_name), die.attr_value(dw::DW_AT_const_value)) else { return };
        let value = match value {
            AttributeValue::Sdata(n) => n.into(),
            other => match other.udata_value() {
                Some(n) => n.into(),
                None => return,
            },
        };
        self.enumerators.entry(qualified(scope, &name)).or_insert(Enumerated { ty: *ty, value });
    }

    fn add_variable<'a>(&mut self, units: &Units<'a>, unit: &LoadedUnit<'a>, die: &Die<'a>, enclosing: &[Enclosing]) {
        let is_defined = die.has_attr(dw::DW_AT_location) || die.has_attr(dw::DW_AT_const_value);
        let is_declaration = die.has_attr(dw::DW_AT_declaration) || die.tag() == dw::DW_TAG_member;
        let reference = unit.die_ref(die.offset());
        if !is_defined && is_declaration {
            // `extern int x;`, but no member of a class.
            if die.tag() == dw::DW_TAG_variable
                && let Some(name) = unit.string(die, dw::DW_AT_name)
            {
                self.declarations.entry(qualified(enclosing, &name)).or_insert(reference);
            }
            return;
        }
        let name = match unit.string(die, dw::DW_AT_name) {
            Some(name) => qualified(enclosing, &name),
            // A definition of what was declared in a class or a namespace.
            None => match units.qualified_name(reference) {
                Some(name) => name.into(),
                None => return,
            },
        };
        let is_external = matches!(units.inherited(reference, dw::DW_AT_external), Some((_, AttributeValue::Flag(true))));
        let index = self.variables.len() as u32;
        let global = Global { name: name.clone(), die: reference, is_external, declared: units.declared(reference) };
        self.variables.push(global);
        // What is in an anonymous namespace is known without its name too.
        if name.contains(ANONYMOUS) {
            self.by_name.entry(name.replace(ANONYMOUS, "").into()).or_insert(index);
        }
        // Of a declaration and its definition the one with a place counts.
        match self.by_name.get(&name) {
            Some(known) if !is_defined || self.variables.get(*known as usize).is_some_and(|v| units.has_place(v.die)) => {}
            _ => _ = self.by_name.insert(name, index),
        }
    }

    /// All variables, in the order of the debug information.
    pub fn variables(&self) -> &[Global] {
        &self.variables
    }

    /// The variable of this name.
    pub fn variable(&self, name: &str) -> Option<&Global> {
        self.variables.get(*self.by_name.get(name)? as usize)
    }

    /// A declaration of a variable that the unit does not define.
    pub fn declaration(&self, name: &str) -> Option<DieRef> {
        self.declarations.get(name).copied()
    }

    /// What is imported outside of functions.
    pub(super) fn imports(&self) -> Arc<[Import]> {
        self.imports.clone()
    }

    /// The enumerator of this name.
    pub fn enumerator(&self, name: &str) -> Option<Enumerated> {
        self.enumerators.get(name).copied()
    }
}
