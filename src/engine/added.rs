//! Symbols that the user adds: of what the process's own loader has put somewhere, or of what a debug file tells more.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::{Error, LoadBias, Result, VirtAddr};
use crate::elf::Image;
use crate::symbols::Module;

use super::session::Session;

/// Where the sections of an added file lie.
#[derive(Clone, Debug, Default)]
pub struct Placement {
    /// Names of sections and their run-time addresses.
    pub sections: Vec<(String, u64)>,
    /// What is added to the addresses of the other sections.
    pub offset: u64,
}

impl Session {
    /// Takes the symbols and the debug information of a file whose sections lie at `place`. Breakpoints that wait for its names find
    /// them. What is to be told of it comes back: sections that it does not have.
    pub fn add_symbol_file(&mut self, path: &Path, place: &Placement) -> Result<Vec<String>> {
        let image = Image::open_debug(path)?;
        let has = |name: &str| image.section(name).is_some();
        let (known, unknown): (Vec<_>, Vec<_>) = place.sections.iter().cloned().partition(|(name, _)| has(name));
        let shown = path.display();
        let warnings = unknown.iter().map(|(name, _)| format!("section {name} not found in {shown}"));
        let mut warnings: Vec<String> = warnings.collect();
        let (image, bias) = match image.is_relocatable() {
            true => (image.placed(&known, place.offset)?, LoadBias(0)),
            false => {
                let bias = bias_of(&image, &known, place.offset)?;
                (image, bias)
            }
        };
        if image.symbols().is_empty() && image.section(".debug_info").is_none() {
            warnings.push(format!("newly-added symbol file \"{shown}\" does not provide any symbols"));
        }
        self.inferior.modules.add_symbols(image, absolute(path), bias);
        self.symbols_changed()?;
        Ok(warnings)
    }

    /// The file that the user added under this path.
    pub fn added_as(&self, path: &Path) -> Option<Arc<Module>> {
        let path = absolute(path);
        self.inferior.modules.added().iter().rev().find(|m| m.path == path).cloned()
    }

    /// The file that the user added in whose sections this address lies.
    pub fn added_at(&self, addr: VirtAddr) -> Option<Arc<Module>> {
        self.inferior.modules.added().iter().rev().find(|m| m.holds(addr)).cloned()
    }

    /// Forgets a file that the user added. Breakpoints at its names wait for them again.
    pub fn remove_symbol_file(&mut self, module: &Module) -> Result<()> {
        self.inferior.modules.remove_symbols(module.id);
        self.symbols_changed()
    }

    fn symbols_changed(&mut self) -> Result<()> {
        if let Some(process) = &mut self.inferior.process {
            process.sites.modules_changed();
        }
        self.drop_frames();
        self.refresh_address_names();
        self.resolve_breakpoints();
        if self.inferior.process.is_some() { self.sync_sites() } else { Ok(()) }
    }
}

/// The path by which an added file is known, wherever rdbg goes meanwhile.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Where a linked file was loaded: its sections keep their distances.
fn bias_of(image: &Image, sections: &[(String, u64)], offset: u64) -> Result<LoadBias> {
    let bias = |(name, addr): &(String, u64)| image.section(name).map(|s| addr.wrapping_sub(s.addr.0));
    let Some((first, bias_of_first)) = sections.first().and_then(|s| Some((s, bias(s)?))) else { return Ok(LoadBias(offset)) };
    match sections.iter().find(|s| bias(s).is_some_and(|b| b != bias_of_first)) {
        None => Ok(LoadBias(bias_of_first)),
        Some((name, _)) => Err(Error::user(format!(
            "{} is linked: {name} lies where {} puts it, at {:#x}, and cannot be moved by itself.",
            image.path().display(),
            first.0,
            image.section(name).map_or(0, |s| s.addr.0.wrapping_add(bias_of_first)),
        ))),
    }
}
