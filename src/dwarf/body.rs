//! What is nested in a function: its blocks, the calls that were inlined into it, its variables and parameters.

use gimli::{UnitOffset, constants as dw};

use super::functions::{Declared, FileRange, Function};
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
}

/// Blocks in one function, at most: a bound for damaged information.
const MAX_BLOCKS: usize = 200_000;

impl Body {
    pub(super) fn of(units: &Units<'_>, function: &Function) -> gimli::Result<Body> {
        let unit = units.unit(function.die.unit)?;
        let start = UnitOffset(function.die.offset as usize);
        let mut cursor = unit.unit.entries_at_offset(start)?;
        cursor.next_entry()?;
        let base = cursor.depth();
        let mut blocks = vec![Block {
            kind: BlockKind::Function,
            die: function.die,
            ranges: function.ranges.clone(),
            entry: Some(function.entry),
            parent: None,
            variables: Vec::new(),
        }];
        // The blocks that are open at each depth.
        let mut open: Vec<(isize, usize)> = vec![(base, 0)];
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
                    let entry =
                        die.attr_value(dw::DW_AT_entry_pc).and_then(|v| unit.dwarf.attr_address(&unit.unit, v).ok().flatten());
                    let origin = die.attr_value(dw::DW_AT_abstract_origin).and_then(|v| units.reference(unit.id, v));
                    let kind = match (die.tag() == dw::DW_TAG_inlined_subroutine, origin) {
                        (true, Some(origin)) => BlockKind::Inlined {
                            origin,
                            name: units.qualified_name(origin).unwrap_or_default(),
                            call: die.attr_value(dw::DW_AT_call_line).and_then(|l| l.udata_value()).and_then(|line| {
                                let file = unit.file_index(&die.attr_value(dw::DW_AT_call_file)?)?;
                                Some(Declared { file, line: u32::try_from(line).ok()? })
                            }),
                        },
                        _ => BlockKind::Lexical,
                    };
                    let entry = entry.map(FileAddr).or_else(|| ranges.first().map(|r| r.start));
                    blocks.push(Block { kind, die: reference, ranges, entry, parent: Some(parent), variables: Vec::new() });
                    open.push((depth, blocks.len() - 1));
                    if blocks.len() >= MAX_BLOCKS {
                        break;
                    }
                }
                tag @ (dw::DW_TAG_variable | dw::DW_TAG_formal_parameter) => {
                    if let Some(name) = units.inherited_string(reference, dw::DW_AT_name)
                        && let Some(block) = blocks.get_mut(parent)
                    {
                        block.variables.push(Variable {
                            name,
                            die: reference,
                            is_parameter: tag == dw::DW_TAG_formal_parameter,
                            is_artificial: units.inherited(reference, dw::DW_AT_artificial).is_some(),
                            line: units.declared(reference).map_or(0, |d| d.line),
                        });
                    }
                }
                // A function declared inside, types, call sites: not a part of the blocks.
                _ => skip = die.has_children(),
            }
            more = if skip { past(&mut cursor, depth)? } else { cursor.next_entry()? };
        }
        Ok(Body { blocks })
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

/// Moves the cursor behind the children of the entry at this depth.
pub(super) fn past(cursor: &mut gimli::EntriesCursor<'_, super::info::R<'_>>, depth: isize) -> gimli::Result<bool> {
    loop {
        if !cursor.next_entry()? {
            return Ok(false);
        }
        if cursor.depth() <= depth && cursor.current().is_some() || cursor.depth() < depth {
            return Ok(true);
        }
    }
}
