//! What a location means to somebody who wants to read it rather than to stop there: `list`, `info line`, `clear`.

use std::sync::Arc;

use crate::base::{Error, Result, VirtAddr};
use crate::dwarf::{DieRef, LineFile, UnitId};
use crate::expr;
use crate::symbols::{Linespec, Module, Place, PlaceKind, demangle};
use crate::value::function_title;

use super::resolve::{is_bare_line, relative_line};
use super::session::Session;

/// A line that a location names, whether it has code or not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    /// The file and the line; `None` where nothing is known of them.
    pub source: Option<(LineFile, u32)>,
    /// The address, if the location means one: a function's start, a variable, `*EXPR`.
    pub addr: Option<VirtAddr>,
    /// The name of the function, variable or class, if it is one.
    pub symbol: Option<String>,
}

impl Session {
    /// What a location means; numbers without a file are lines of `default`, else of the current file.
    pub fn listed(&mut self, spec: &str, default: Option<&(LineFile, u32)>) -> Result<Vec<Listed>> {
        let spec = spec.trim();
        if let Some(text) = spec.strip_prefix('*') {
            let expr = expr::parse(text, self)?;
            let addr = expr::eval_address(&expr, self)?;
            let source = self.inferior.modules.source_line(addr).map(|l| (l.file, l.line));
            return Ok(vec![Listed { source, addr: Some(addr), symbol: None }]);
        }
        if is_bare_line(spec) {
            let current = default.cloned().or_else(|| self.current_source());
            let (file, from) = current.ok_or_else(|| Error::user("No symbol table is loaded.  Use the \"file\" command."))?;
            let line = relative_line(spec, from)?;
            return Ok(vec![Listed { source: Some((file, line)), addr: None, symbol: None }]);
        }
        let linespec = Linespec::parse(spec, &self.inferior.modules)?;
        if let Linespec::Line { file: Some(file), line } = &linespec
            && let Ok(line) = line.parse::<u32>()
        {
            let files = self.inferior.modules.source_files(file);
            let listed = |file| Listed { source: Some((file, line)), addr: None, symbol: None };
            return match files.is_empty() {
                true => Err(linespec.not_found(&self.inferior.modules)),
                false => Ok(files.into_iter().map(listed).collect()),
            };
        }
        let mut found = self.listed_functions(&linespec)?;
        if let Linespec::Function { name, .. } = &linespec {
            found.extend(self.listed_data(name, found.is_empty()));
        }
        if found.is_empty() { Err(linespec.not_found(&self.inferior.modules)) } else { Ok(found) }
    }

    fn listed_functions(&self, linespec: &Linespec) -> Result<Vec<Listed>> {
        let modules = &self.inferior.modules;
        let listed = |place: Place| {
            let module = modules.get(place.module)?;
            let source = module.source_line(place.start).map(|l| (l.file, l.line)).filter(|_| place.kind != PlaceKind::PltStub);
            Some(Listed { source, addr: Some(place.start), symbol: Some(shown_name(module, &place)) })
        };
        Ok(linespec.resolve(modules)?.into_iter().filter_map(listed).collect())
    }

    /// Variables of this name, and types where the language has them among its names.
    fn listed_data(&self, name: &str, variables: bool) -> Vec<Listed> {
        let mut found = Vec::new();
        for module in self.inferior.modules.iter() {
            let Some(debug) = module.debug() else { continue };
            let is_cpp = |language: u16| matches!(language, 0x04 | 0x1a | 0x21 | 0x2b);
            let types = debug.types_named(name).unwrap_or_default().into_iter().filter(|e| is_cpp(e.language));
            let data = if variables { debug.variables_named(name).unwrap_or_default() } else { Vec::new() };
            for entry in types.chain(data).filter(|e| !e.is_declaration) {
                let addr = module.address_of(name).filter(|_| variables);
                let source = self.declaration(module, entry.die);
                found.extend(source.map(|s| Listed { source: Some(s), addr, symbol: Some(name.to_owned()) }));
            }
        }
        found
    }

    fn declaration(&self, module: &Arc<Module>, die: DieRef) -> Option<(LineFile, u32)> {
        module.declared_at(module.debug()?.declared_in(die)?)
    }

    /// The name of the function that an address lies in, as gdb shows it; inlined calls are not looked at.
    pub fn function_title(&self, addr: VirtAddr) -> Option<String> {
        let module = self.inferior.modules.at(addr)?;
        let function = module.function(addr)?;
        Some(function_title(module.debug()?, function.die, &function.name))
    }

    /// A unit that has code of a file, with its module.
    pub fn unit_of_file(&self, file: &LineFile) -> Option<(Arc<Module>, UnitId)> {
        self.inferior.modules.iter().find_map(|module| {
            let debug = module.debug()?;
            let units = debug.units_with_file(&file.name);
            let has = |unit: &UnitId| debug.lines(*unit).is_ok_and(|t| t.files().iter().any(|f| f.path == file.path));
            // The unit that was compiled from it goes before one that includes it.
            let is_own = |unit: &UnitId| {
                debug.lines(*unit).is_ok_and(|t| t.main_file().and_then(|i| t.file(i)).is_some_and(|f| f.path == file.path))
            };
            let unit = units.iter().copied().find(is_own).or_else(|| units.iter().copied().find(has))?;
            Some((module.clone(), unit))
        })
    }
}

/// A function's name as gdb shows it.
fn shown_name(module: &Module, place: &Place) -> String {
    let function = module.function(place.start).filter(|f| place.origin.is_none() && module.virt(f.entry) == place.start);
    let title = function.zip(module.debug()).map(|(f, debug)| function_title(debug, f.die, &f.name));
    title.unwrap_or_else(|| demangle(&place.name).into_owned())
}
