//! The tables of virtual functions of an object (Itanium C++ ABI §2.5).

use std::sync::Arc;

use super::dynamic::base_of;
use super::place::Value;
use super::types::{Type, TypeKind};
use crate::base::{Memory, VirtAddr};

/// How deep bases are followed.
const MAX_DEPTH: u32 = 50;
/// How many functions of one table are read: a bound for damaged information.
const MAX_FUNCTIONS: u64 = 10_000;

/// The table of an object or of a part of it.
#[derive(Clone, Debug)]
pub struct VirtualTable {
    /// The class of that part.
    pub class: Arc<str>,
    /// Where the part lies.
    pub object: VirtAddr,
    /// Where its first function's address lies.
    pub table: VirtAddr,
    /// The functions that the class knows of; `None` for one that cannot be read.
    pub functions: Vec<Option<VirtAddr>>,
}

/// What is known of one part: its class and, where it has any, the highest place of a virtual function.
struct Part {
    at: VirtAddr,
    class: Arc<str>,
    highest: Option<u64>,
}

/// Whether objects of a class have a pointer to a table: it or a base has virtual functions or bases.
pub fn is_dynamic_class(class: &Arc<Type>) -> bool {
    is_dynamic(class, 0)
}

fn is_dynamic(class: &Arc<Type>, depth: u32) -> bool {
    let class = class.completed();
    let TypeKind::Struct { fields, .. } = &class.stripped().kind else { return false };
    let Ok(layout) = fields.layout() else { return false };
    let own = layout.methods.iter().any(|m| m.is_virtual) || layout.fields.iter().any(|f| f.name.starts_with("_vptr"));
    let is_virtual = |f: &super::types::Field| matches!(f.kind, super::types::FieldKind::VirtualBase(_));
    own || layout.fields.iter().any(|f| is_virtual(f) || (f.is_base() && depth < MAX_DEPTH && is_dynamic(&f.ty, depth + 1)))
}

/// The tables of an object in memory, by the addresses of the parts that they belong to.
pub fn virtual_tables(memory: &dyn Memory, object: &Value) -> Vec<VirtualTable> {
    let mut parts = Vec::new();
    collect(memory, object, &mut parts, 0);
    parts.sort_by_key(|p| p.at);
    let word = |at: VirtAddr| {
        let mut word = [0; 8];
        memory.read(at, &mut word).ok().map(|()| VirtAddr(u64::from_le_bytes(word)))
    };
    let tables = parts.into_iter().filter_map(|part| {
        let table = word(part.at)?;
        let count = part.highest?.saturating_add(1).min(MAX_FUNCTIONS);
        let functions = (0..count).map(|i| word(VirtAddr(table.0.wrapping_add(8 * i)))).collect();
        Some(VirtualTable { class: part.class, object: part.at, table, functions })
    });
    tables.collect()
}

/// A part and its bases; those that share an address share a table.
fn collect(memory: &dyn Memory, value: &Value, parts: &mut Vec<Part>, depth: u32) {
    let class = value.ty.completed();
    let (Some(at), true) = (value.address(), is_dynamic_class(&class) && depth < MAX_DEPTH) else { return };
    let TypeKind::Struct { fields, .. } = &class.stripped().kind else { return };
    let Ok(layout) = fields.layout() else { return };
    let highest = layout.methods.iter().filter(|m| m.is_virtual).filter_map(|m| m.vtable_index).max();
    match parts.iter_mut().find(|p| p.at == at) {
        Some(known) => known.highest = known.highest.max(highest),
        None => parts.push(Part { at, class: class.stripped().name.clone(), highest }),
    }
    for base in layout.fields.iter().filter(|f| f.is_base()) {
        if let Ok(part) = base_of(memory, value, base) {
            collect(memory, &part, parts, depth + 1);
        }
    }
}
