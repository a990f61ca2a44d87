//! What is nested in a function: its blocks, the calls that were inlined into it, its variables and parameters.

use std::collections::{HashMap, HashSet};

use gimli::{UnitOffset, constants as dw};

use super::entries::{Declared, FileRange, past};
use super::imports::Import;
use super::unit::{DieRef, Units};
use crate::base::FileAddr;

/// What sort of block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BlockKind {
    /// The function itself.
    Function,
    /// `{ ... }`
    Lexical,
    /// The body of a function that was inlined here.
    Inlined {
        /// The function's abstract instance.
        origin: DieRef,
        /// Its name with namespaces and classes.
        name: String,
        /// The line of the call.
        call: Option<Declared>,
    },
}

/// A block of a function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// Its DIE.
    pub die: DieRef,
    /// Its code; empty for one that the compiler has dissolved.
    pub ranges: Vec<FileRange>,
    /// Where it is entered.
    pub entry: Option<FileAddr>,
    /// The block around it, by its index; `None` for the function.
    pub parent: Option<usize>,
    /// Its parameters and variables, in the order of their declaration.
    pub variables: Vec<Variable>,
    /// The names that it takes from namespaces.
    pub imports: Vec<Import>,
}

impl Block {
    /// Whether an address lies in its code.
    pub fn contains(&self, addr: FileAddr) -> bool {
        self.ranges.iter().any(|r| r.contains(addr))
    }

    /// Whether it is entered at an address, or a piece of it starts there.
    pub fn begins_at(&self, addr: FileAddr) -> bool {
        self.entry == Some(addr) || self.ranges.iter().any(|r| r.start == addr)
    }

    /// Whether it is the body of an inlined function.
    pub fn is_inlined(&self) -> bool {
        matches!(self.kind, BlockKind::Inlined { .. })
    }
}

/// A variable or parameter of a block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its DIE: the concrete one, which has the location.
    pub die: DieRef,
    /// Whether it is a parameter.
    pub is_parameter: bool,
    /// Made by the compiler, as `this`.
    pub is_artificial: bool,
    /// The line of its declaration.
    pub line: u32,
}

/// The blocks of a function: block 0 is the function itself, and each one comes after the one around it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Body {
    /// The blocks.
    pub blocks: Vec<Block>,
    /// Labels that have code, by their names.
    pub labels: Vec<(String, FileAddr)>,
}

/// Blocks in one function, at most: a bound for damaged information.
const MAX_BLOCKS: usize = 200_000;

impl Body {
    /// The body of the function of this DIE, whose code is in these ranges.
    pub(super) fn of(units: &Units<'_>, function: DieRef, ranges: &[FileRange], entry: FileAddr) -> gimli::Result<Body> {
        let unit = units.unit(function.unit)?;
        let start = UnitOffset(function.offset as usize);
        let mut cursor = unit.unit.entries_at_offset(start)?;
        cursor.next_entry()?;
        let base = cursor.depth();
        let mut blocks = vec![Block {
            kind: BlockKind::Function,
            die: function,
            ranges: ranges.to_vec(),
            entry: Some(entry),
            parent: None,
            variables: Vec::new(),
            imports: Vec::new(),
        }];
        // The blocks that are open at each depth.
        let mut open: Vec<(isize, usize)> = vec![(base, 0)];
        let mut completed = HashSet::new();
        let mut labels = Vec::new();
        let mut more = cursor.next_entry()?;
        while more && cursor.depth() > base {
            let depth = cursor.depth();
            let Some(die) = cursor.current() else {
                more = cursor.next_entry()?;
                continue;
            };
            while open.last().is_some_and(|(d, _)| *d >= depth) {
                open.pop();
            }
            let parent = open.last().map_or(0, |(_, block)| *block);
            let reference = unit.die_ref(die.offset());
            let mut skip = false;
            match die.tag() {
                dw::DW_TAG_lexical_block | dw::DW_TAG_inlined_subroutine | dw::DW_TAG_try_block | dw::DW_TAG_catch_block => {
                    let ranges = units.code_ranges(unit, die);
                    if ranges.is_empty() && die.tag() != dw::DW_TAG_inlined_subroutine {
                        // A block that the compiler has dissolved: what was declared in it belongs to the block around it.
                        more = cursor.next_entry()?;
                        continue;
                    }
                    let entry =
                        die.attr_value(dw::DW_AT_entry_pc).and_then(|v| unit.dwarf.attr_address(&unit.unit, v).ok().flatten());
                    let origin = die.attr_value(dw::DW_AT_abstract_origin).and_then(|v| units.reference(unit.id, v));
                    let kind = match (die.tag() == dw::DW_TAG_inlined_subroutine, origin) {
                        (true, Some(origin)) => BlockKind::Inlined {
                            origin,
                            name: (if unit.is_c() { units.linkage_name(origin) } else { None })
                                .or_else(|| units.qualified_name(origin))
                                .unwrap_or_default(),
                            call: die.attr_value(dw::DW_AT_call_line).and_then(|l| l.udata_value()).and_then(|line| {
                                let file = unit.file_index(&die.attr_value(dw::DW_AT_call_file)?)?;
                                Some(Declared { unit: unit.id, file, line: u32::try_from(line).ok()? })
                            }),
                        },
                        _ => BlockKind::Lexical,
                    };
                    let entry = entry.map(FileAddr).or_else(|| ranges.first().map(|r| r.start));
                    let (variables, imports) = (Vec::new(), Vec::new());
                    blocks.push(Block { kind, die: reference, ranges, entry, parent: Some(parent), variables, imports });
                    open.push((depth, blocks.len() - 1));
                    if blocks.len() >= MAX_BLOCKS {
                        break;
                    }
                }
                tag @ (dw::DW_TAG_variable | dw::DW_TAG_formal_parameter) => {
                    let origin = die.attr_value(dw::DW_AT_abstract_origin).and_then(|v| units.reference(unit.id, v));
                    completed.extend(origin.map(|origin| (own_block(&blocks, parent), origin)));
                    if let Some(block) = blocks.get_mut(parent) {
                        block.variables.extend(Variable::read(units, reference, tag == dw::DW_TAG_formal_parameter));
                    }
                }
                dw::DW_TAG_imported_module | dw::DW_TAG_imported_declaration => {
                    if let Some(block) = blocks.get_mut(parent).filter(|b| b.imports.len() < MAX_BLOCKS) {
                        block.imports.extend(Import::read(units, unit, die, ""));
                    }
                }
                dw::DW_TAG_label if labels.len() < MAX_BLOCKS => {
                    let at = die.attr_value(dw::DW_AT_low_pc).and_then(|v| unit.dwarf.attr_address(&unit.unit, v).ok().flatten());
                    labels.extend(units.inherited_string(reference, dw::DW_AT_name).zip(at.map(FileAddr)));
                }
                // A function declared inside, types, call sites: not a part of the blocks.
                _ => skip = die.has_children(),
            }
            more = if skip { past(&mut cursor, depth)? } else { cursor.next_entry()? };
        }
        let abstract_instance = units.abstract_origin(function);
        inherit(units, &mut blocks, abstract_instance, &completed);
        Ok(Body { blocks, labels })
    }

    /// Whether a block lies inside of another one.
    pub fn is_inside(&self, block: &Block, outer: usize) -> bool {
        let mut at = block.parent;
        while let Some(index) = at {
            if index == outer {
                return true;
            }
            at = self.blocks.get(index).and_then(|b| b.parent);
        }
        false
    }

    /// The innermost block at an address and those around it, from the inside; empty if the function has no code there.
    pub fn around(&self, addr: FileAddr) -> Vec<usize> {
        let innermost = self.blocks.iter().enumerate().rev().find(|(_, b)| b.contains(addr));
        let mut found = Vec::new();
        let mut at = innermost.map(|(index, _)| index);
        while let Some(index) = at {
            found.push(index);
            at = self.blocks.get(index).and_then(|b| b.parent);
        }
        found
    }
}

impl Variable {
    fn read(units: &Units<'_>, die: DieRef, is_parameter: bool) -> Option<Variable> {
        Some(Variable {
            name: units.inherited_string(die, dw::DW_AT_name)?,
            die,
            is_parameter,
            is_artificial: units.inherited(die, dw::DW_AT_artificial).is_some(),
            line: units.declared(die).map_or(0, |d| d.line),
        })
    }
}

/// The function, or the inlined call, that a block belongs to.
fn own_block(blocks: &[Block], mut block: usize) -> usize {
    while let Some(inner) = blocks.get(block).filter(|b| !b.is_inlined()) {
        match inner.parent {
            Some(parent) => block = parent,
            None => break,
        }
    }
    block
}

/// Adds to functions and inlined calls the variables that only their abstract instance has: the compiler has left nothing of
/// them here, or they are static.
fn inherit(units: &Units<'_>, blocks: &mut [Block], of_function: Option<DieRef>, completed: &HashSet<(usize, DieRef)>) {
    let mut known: HashMap<DieRef, Vec<Variable>> = HashMap::new();
    for (index, block) in blocks.iter_mut().enumerate() {
        let origin = match &block.kind {
            BlockKind::Inlined { origin, .. } => Some(*origin),
            BlockKind::Function => of_function,
            BlockKind::Lexical => None,
        };
        let Some(origin) = origin else { continue };
        // What cannot be read there is missed here, and all the rest stays.
        let all = known.entry(origin).or_insert_with(|| declared_in(units, origin).unwrap_or_default());
        block.variables.extend(all.iter().filter(|v| !completed.contains(&(index, v.die))).cloned());
    }
}

/// The variables and parameters of an abstract instance, those of its blocks among them.
fn declared_in(units: &Units<'_>, origin: DieRef) -> gimli::Result<Vec<Variable>> {
    let unit = units.unit(origin.unit)?;
    let mut cursor = unit.unit.entries_at_offset(UnitOffset(origin.offset as usize))?;
    cursor.next_entry()?;
    let base = cursor.depth();
    let mut found = Vec::new();
    let mut more = cursor.next_entry()?;
    while more && cursor.depth() > base && found.len() < MAX_BLOCKS {
        let depth = cursor.depth();
        let Some(die) = cursor.current() else {
            more = cursor.next_entry()?;
            continue;
        };
        let mut skip = false;
        match die.tag() {
            tag @ (dw::DW_TAG_variable | dw::DW_TAG_formal_parameter) => {
                found.extend(Variable::read(units, unit.die_ref(die.offset()), tag == dw::DW_TAG_formal_parameter));
            }
            dw::DW_TAG_lexical_block => {}
            _ => skip = die.has_children(),
        }
        more = if skip { past(&mut cursor, depth)? } else { cursor.next_entry()? };
    }
    Ok(found)
}
