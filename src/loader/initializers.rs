//! The functions of an object that ld.so, or the C library's start-up code, calls at load and at unload (gABI ch. 5
//! "Initialization and Termination Functions").

use std::collections::HashMap;

use crate::base::FileAddr;
use crate::elf::{Image, dt};

/// DT_PREINIT_ARRAY and its size in bytes: only the program has them.
const DT_PREINIT_ARRAY: u64 = 32;
const DT_PREINIT_ARRAYSZ: u64 = 33;

/// More functions than this are a forged size.
const MAX_FUNCTIONS: usize = 1 << 16;

/// A function that runs at load or at unload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Initializer {
    /// Its link-time address.
    pub function: FileAddr,
    /// Where that stands: `DT_INIT`, `DT_INIT_ARRAY[0]`, or in a program without a dynamic section `.init_array[0]`.
    pub entry: String,
}

/// The functions that run at load, in order: the pre-initialisers, DT_INIT, DT_INIT_ARRAY. A program without a dynamic section has
/// them in sections of these names.
pub fn initializers(image: &Image) -> Vec<Initializer> {
    let words = Words::of(image);
    let mut all = words.array(DT_PREINIT_ARRAY, DT_PREINIT_ARRAYSZ, ["DT_PREINIT_ARRAY", ".preinit_array"]);
    all.extend(words.single(dt::DT_INIT, ["DT_INIT", ".init"]));
    all.extend(words.array(dt::DT_INIT_ARRAY, dt::DT_INIT_ARRAYSZ, ["DT_INIT_ARRAY", ".init_array"]));
    all
}

/// The functions that run at unload, in order: DT_FINI_ARRAY from its end, DT_FINI.
pub fn finalizers(image: &Image) -> Vec<Initializer> {
    let words = Words::of(image);
    let mut all = words.array(dt::DT_FINI_ARRAY, dt::DT_FINI_ARRAYSZ, ["DT_FINI_ARRAY", ".fini_array"]);
    all.reverse();
    all.extend(words.single(dt::DT_FINI, ["DT_FINI", ".fini"]));
    all
}

/// The link-time values of words that relocations fill.
struct Words<'i> {
    image: &'i Image,
    relocated: HashMap<FileAddr, FileAddr>,
}

impl<'i> Words<'i> {
    fn of(image: &'i Image) -> Words<'i> {
        let arrays = [(dt::DT_INIT_ARRAY, dt::DT_INIT_ARRAYSZ), (dt::DT_FINI_ARRAY, dt::DT_FINI_ARRAYSZ)];
        let tags = arrays.into_iter().chain([(DT_PREINIT_ARRAY, DT_PREINIT_ARRAYSZ)]);
        let range = |(at, size)| Some((image.dynamic().addr_of(at)?, image.dynamic().get(size)?));
        let ranges: Vec<(FileAddr, u64)> = tags.filter_map(range).collect();
        let is_wanted = |at: FileAddr| ranges.iter().any(|(start, size)| at >= *start && at - *start < *size);
        let mut relocated = HashMap::new();
        if !ranges.is_empty() {
            for r in image.dyn_relocations().filter(|r| is_wanted(r.offset)) {
                let value = match image.relocation_symbol(&r) {
                    Some(symbol) if symbol.has_place() => symbol.addr.0.wrapping_add(r.addend as u64),
                    Some(_) => continue,
                    None if r.addend != 0 => r.addend as u64,
                    // DT_RELR: the word itself.
                    None => image.word_at(r.offset).unwrap_or(0),
                };
                relocated.insert(r.offset, FileAddr(value));
            }
        }
        Words { image, relocated }
    }

    /// The functions of an array: its tags, and what it is called by those and as a section.
    fn array(&self, at: u64, size: u64, [tag, section]: [&str; 2]) -> Vec<Initializer> {
        let dynamic = self.image.dynamic();
        let by_tags = dynamic.addr_of(at).zip(dynamic.get(size)).map(|place| (place, tag));
        let by_section = || self.image.section(section).filter(|_| dynamic.is_empty()).map(|s| ((s.addr, s.size), section));
        let Some(((start, size), name)) = by_tags.or_else(by_section) else { return Vec::new() };
        let word = |n: usize| {
            let at = start + 8 * n as u64;
            let function = self.relocated.get(&at).copied().or_else(|| self.image.word_at(at).map(FileAddr))?;
            Some(Initializer { function, entry: format!("{name}[{n}]") })
        };
        let functions = (0..(size / 8).min(MAX_FUNCTIONS as u64) as usize).map_while(word);
        // 0 and -1 mark ends in old toolchains.
        functions.filter(|i| self.is_code(i.function)).collect()
    }

    fn single(&self, tag: u64, [name, section]: [&str; 2]) -> Option<Initializer> {
        let dynamic = self.image.dynamic();
        let by_tag = dynamic.addr_of(tag).filter(|a| a.0 != 0).map(|at| (at, name));
        let by_section = || self.image.section(section).filter(|_| dynamic.is_empty()).map(|s| (s.addr, section));
        let (function, name) = by_tag.or_else(by_section).filter(|(at, _)| self.is_code(*at))?;
        Some(Initializer { function, entry: name.to_owned() })
    }

    fn is_code(&self, at: FileAddr) -> bool {
        self.image.load_at(at).is_some_and(|s| s.is_code())
    }
}
