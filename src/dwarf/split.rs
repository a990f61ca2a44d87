//! Split debug information (DWARF5 §7.3.2, and GNU's for version 4): the program has a skeleton of each unit, the rest is in a .dwo
//! file for each, or in one .dwp file for all.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gimli::{
    AttributeValue, Dwarf, DwarfPackage, DwoId, EndianSlice, LittleEndian, SectionId, Unit, UnitHeader, UnitType, constants as dw,
};

use super::reader::R;
use crate::elf::Image;

/// The files of the split units of a module.
#[derive(Debug, Default)]
pub(super) struct SplitFiles {
    /// PROGRAM.dwp
    package: Option<Arc<Image>>,
    /// By the id that a skeleton and its other part have in common.
    files: HashMap<u64, Arc<Image>>,
    /// The ids of the skeletons, by the offsets of their headers in .debug_info.
    skeletons: HashMap<u64, u64>,
    /// What is not where the skeletons say: gdb's sentences.
    pub missing: Vec<String>,
}

impl SplitFiles {
    /// Opens the files that the skeletons of a file name; none if it has no skeletons.
    pub fn of(image: &Image, dwarf: &Dwarf<R<'_>>) -> SplitFiles {
        let mut found = SplitFiles::default();
        // What is split has its addresses there.
        if image.section(".debug_addr").is_none_or(|s| s.size == 0) {
            return found;
        }
        let mut named = Vec::new();
        let mut units = dwarf.units();
        while let Ok(Some(header)) = units.next() {
            named.extend(skeleton(dwarf, header));
        }
        if named.is_empty() {
            return found;
        }
        found.package = package(image);
        let here = image.path().parent().unwrap_or(Path::new("."));
        for Skeleton { id, name, directory, offset } in named {
            found.skeletons.insert(offset, id);
            let places = [directory.join(&name), here.join(&name), here.join(Path::new(&name).file_name().unwrap_or_default())];
            let opened = places.iter().find_map(|p| Image::open_debug(p).ok());
            match opened {
                Some(file) => _ = found.files.insert(id, file),
                None if found.package.is_some() => {}
                None => found.missing.push(format!(
                    "Could not find DWO CU {}({id:#x}) referenced by CU at offset {offset:#x} [in module {}]",
                    name.display(),
                    image.path().display()
                )),
            }
        }
        found
    }

    /// Whether the file has no skeletons.
    pub fn is_empty(&self) -> bool {
        self.skeletons.is_empty()
    }

    /// The sections of the other part of the skeleton at this offset, and those of type units beside it; none if it is no
    /// skeleton, or if its file is not there.
    pub fn sections<'a>(&'a self, packages: &Packages<'a>, offset: u64, parent: &Dwarf<R<'a>>) -> Vec<Dwarf<R<'a>>> {
        let Some(id) = self.skeletons.get(&offset) else { return Vec::new() };
        if let Some(package) = &packages.0
            && let Ok(Some(mut dwarf)) = package.find_cu(DwoId(*id), parent)
        {
            dwarf.debug_line_str = parent.debug_line_str;
            return vec![dwarf];
        }
        let Some(image) = self.files.get(id) else { return Vec::new() };
        // *folklore*: a .dwo file is an object file in which gcc -fdebug-types-section puts each type unit into a section of its own,
        // all of one name.
        let of_name = |name: &str| image.sections().iter().filter(|s| s.name == name).count();
        let several = of_name(".debug_info.dwo").max(of_name(".debug_types.dwo"));
        let load = |number: usize| {
            let mut dwarf = Dwarf::load(|section: SectionId| -> gimli::Result<R<'a>> {
                let Some(name) = section.dwo_name() else { return Ok(EndianSlice::new(&[], LittleEndian)) };
                let is_numbered = matches!(section, SectionId::DebugInfo | SectionId::DebugTypes);
                Ok(numbered(image, name, if is_numbered { number } else { 0 }))
            })
            .ok()?;
            dwarf.make_dwo(parent);
            dwarf.debug_line_str = parent.debug_line_str;
            Some(dwarf)
        };
        (0..several).filter_map(load).collect()
    }

    /// The package, read.
    pub fn packages<'a>(&'a self) -> Packages<'a> {
        let load = |image: &'a Arc<Image>| {
            let section = |id: SectionId| -> gimli::Result<R<'a>> {
                Ok(id.dwo_name().map_or_else(|| EndianSlice::new(&[], LittleEndian), |name| data(image, name)))
            };
            DwarfPackage::load(section, EndianSlice::new(&[], LittleEndian)).ok()
        };
        Packages(self.package.as_ref().and_then(load))
    }
}

/// The package of a module.
pub(super) struct Packages<'a>(Option<DwarfPackage<R<'a>>>);

impl<'a> Packages<'a> {
    /// The sections of each type unit in it.
    pub fn types(&self, parent: &Dwarf<R<'a>>) -> Vec<Dwarf<R<'a>>> {
        let Some(package) = &self.0 else { return Vec::new() };
        (1..=package.tu_index.unit_count()).filter_map(|row| package.tu_sections(row, parent).ok()).collect()
    }
}

fn data<'a>(image: &'a Image, name: &str) -> R<'a> {
    numbered(image, name, 0)
}

/// The data of the section with this number among those of one name.
fn numbered<'a>(image: &'a Image, name: &str, number: usize) -> R<'a> {
    let section = image.sections().iter().filter(|s| s.name == name).nth(number);
    let bytes = section.and_then(|s| image.section_data(s).ok()).unwrap_or_default();
    EndianSlice::new(bytes, LittleEndian)
}

/// PROGRAM.dwp, beside the program.
fn package(image: &Image) -> Option<Arc<Image>> {
    let mut path = image.path().as_os_str().to_owned();
    path.push(".dwp");
    Image::open_debug(Path::new(&path)).ok()
}

struct Skeleton {
    id: u64,
    name: PathBuf,
    directory: PathBuf,
    offset: u64,
}

/// What a skeleton says of its other part; `None` for a whole unit.
fn skeleton(dwarf: &Dwarf<R<'_>>, header: UnitHeader<R<'_>>) -> Option<Skeleton> {
    let is_one = match header.type_() {
        UnitType::Skeleton(_) => true,
        UnitType::Compilation => header.version() < 5,
        _ => false,
    };
    let offset = header.debug_info_offset()?.0 as u64;
    let unit = is_one.then(|| Unit::new(dwarf, header).ok()).flatten()?;
    let text =
        |value: AttributeValue<R<'_>>| Some(PathBuf::from(dwarf.attr_string(&unit, value).ok()?.to_string_lossy().into_owned()));
    let name = text(unit.dwo_name().ok()??)?;
    let root = unit.entry(unit.header.root_offset()).ok()?;
    let directory = root.attr_value(dw::DW_AT_comp_dir).and_then(text).unwrap_or_default();
    Some(Skeleton { id: unit.dwo_id?.0, name, directory, offset })
}
