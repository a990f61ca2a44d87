//! What units say of their sources and of who compiled them, without their line rows.

use std::collections::HashSet;

use rayon::prelude::*;

use super::index::threads;
use super::info::DebugInfo;
use super::lines::{LineFile, files};
use super::reader::R;
use super::unit::{LoadedUnit, UnitId};

impl DebugInfo {
    /// The units whose line tables name a file whose last component is that of `file`: by the headers of their line programs alone.
    pub fn units_with_file(&self, file: &str) -> Vec<UnitId> {
        let base = file.rsplit('/').next().unwrap_or(file).as_bytes();
        let names_it = |unit: &LoadedUnit<'_>| {
            let Some(program) = &unit.unit.line_program else { return false };
            let is_it = |name: R<'_>| name.slice().rsplit(|b| *b == b'/').next() == Some(base);
            program.header().file_names().iter().any(|f| unit.text(f.path_name()).is_some_and(is_it))
        };
        self.with(|units| {
            let all: Vec<UnitId> = units.ids().filter(|id| units.is_compilation(*id)).collect();
            let names_it = |id: &UnitId| units.look_into(*id, names_it).unwrap_or(false);
            match threads() {
                Ok(pool) if all.len() > 16 => pool.install(|| all.into_par_iter().filter(names_it).collect()),
                _ => all.into_iter().filter(names_it).collect(),
            }
        })
    }

    /// The source files of all units, each once, in the order of the units: by the headers of their line programs alone.
    pub fn source_files(&self) -> Vec<LineFile> {
        let of_unit =
            |unit: &LoadedUnit<'_>| unit.unit.line_program.as_ref().map(|p| files(unit, p.header()).0).unwrap_or_default();
        let mut seen = HashSet::new();
        self.of_compilations(of_unit).into_iter().flatten().filter(|f| seen.insert(f.path.clone())).collect()
    }

    /// The last components of all files' names that begin so, each once.
    pub fn files_beginning(&self, start: &str) -> Vec<String> {
        let of_unit = |unit: &LoadedUnit<'_>| -> Vec<String> {
            let Some(program) = &unit.unit.line_program else { return Vec::new() };
            let names = program.header().file_names().iter().filter_map(|f| unit.text(f.path_name()));
            let bases = names.filter_map(|name| name.slice().rsplit(|b| *b == b'/').next());
            bases.filter(|base| base.starts_with(start.as_bytes())).map(|b| String::from_utf8_lossy(b).into_owned()).collect()
        };
        let mut names = self.of_compilations(of_unit).concat();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// What `look` finds in each unit that holds code, in the order of the units.
    fn of_compilations<T: Send + Default>(&self, look: impl Fn(&LoadedUnit<'_>) -> T + Sync) -> Vec<T> {
        self.with(|units| {
            let ids: Vec<UnitId> = units.ids().filter(|id| units.is_compilation(*id)).collect();
            let look = |id: &UnitId| units.look_into(*id, &look).unwrap_or_default();
            match threads() {
                Ok(pool) if ids.len() > 16 => pool.install(|| ids.par_iter().map(look).collect()),
                _ => ids.iter().map(look).collect(),
            }
        })
    }

    /// Whether gcc has described its variables at every instruction of this unit, with location lists, so that a breakpoint needs
    /// no prologue to have run (gcc 4.5 and later).
    pub fn has_exact_locations(&self, unit: UnitId) -> bool {
        self.with(|units| {
            let Ok(unit) = units.unit(unit) else { return false };
            unit.is_made_by("GNU ") && unit.has_location_lists()
        })
    }

    /// Whether the compiler is built on LLVM, which marks where prologues end.
    pub fn is_made_by_llvm(&self, unit: UnitId) -> bool {
        self.with(|units| units.unit(unit).is_ok_and(|u| u.is_made_by("clang") || u.is_made_by("rustc") || u.is_made_by("LLVM")))
    }

    /// Whether GCC has compiled a unit. *Folklore*: its location lists end a register's range one byte before the address behind
    /// a call that clobbers the register, so that what they say of a caller's frame can be trusted; clang's and rustc's do not.
    pub fn ends_lists_before_calls(&self, unit: UnitId) -> bool {
        self.with(|units| units.unit(unit).is_ok_and(|u| u.producer.is_some_and(|p| p.slice().starts_with(b"GNU "))))
    }
}
