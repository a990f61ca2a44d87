//! What ld.so calls when it has relocated an object: its constructors (gABI ch. 5 "Initialization and Termination Functions").

use crate::base::FileAddr;
use crate::elf::{Image, dt, r_x86_64};

/// A constructor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Constructor {
    /// The function's link-time address.
    pub function: FileAddr,
    /// Where its address stands, as `DT_INIT`, `DT_INIT_ARRAY[0]`.
    pub entry: String,
}

const DT_PREINIT_ARRAY: u64 = 32;
const DT_PREINIT_ARRAYSZ: u64 = 33;
/// Real arrays have some hundred entries at most.
const MAX_ENTRIES: u64 = 1 << 16;

/// The constructors of an image, in the order in which they run.
pub fn constructors(image: &Image) -> Vec<Constructor> {
    let mut out = array(image, "DT_PREINIT_ARRAY", DT_PREINIT_ARRAY, DT_PREINIT_ARRAYSZ);
    if let Some(function) = image.dynamic().addr_of(dt::DT_INIT).filter(|a| a.0 != 0) {
        out.push(Constructor { function, entry: "DT_INIT".into() });
    }
    out.extend(array(image, "DT_INIT_ARRAY", dt::DT_INIT_ARRAY, dt::DT_INIT_ARRAYSZ));
    out
}

/// The functions of an array: what its relocations will put there, else what the file has there.
fn array(image: &Image, name: &str, at: u64, size: u64) -> Vec<Constructor> {
    let (Some(start), Some(size)) = (image.dynamic().addr_of(at), image.dynamic().get(size)) else { return Vec::new() };
    let count = (size / 8).min(MAX_ENTRIES);
    let within = |r: &crate::elf::Relocation| r.offset >= start && r.offset < start + 8 * count;
    let relocations: Vec<_> = image.dyn_relocations().filter(within).collect();
    let entry = |n: u64| {
        let place = start + 8 * n;
        let relocation = relocations.iter().find(|r| r.offset == place);
        let by_symbol = relocation.and_then(|r| image.relocation_symbol(r)).map(|s| s.addr);
        let relative = relocation.filter(|r| r.kind == r_x86_64::RELATIVE && r.addend != 0);
        let function = by_symbol.or(relative.map(|r| FileAddr(r.addend as u64))).or(image.word_at(place).map(FileAddr))?;
        // 0 and -1 are no functions.
        let is_function = function.0 != 0 && function.0 != u64::MAX;
        is_function.then(|| Constructor { function, entry: format!("{name}[{n}]") })
    };
    (0..count).filter_map(entry).collect()
}
