//! Which macros are in scope where the user looks.

use std::sync::Arc;

use crate::base::{Result, VirtAddr};
use crate::dwarf::{LineFile, MacroPlace, MacroTable};
use crate::expr::MacroScope;

use super::session::Session;

impl Session {
    /// The macros that expressions see: those at the line of the selected frame (or of the address that names are bound to); where
    /// there is none, those at the first line with code of the unit whose source was listed last, as gdb has it. `None` where
    /// there are none at all.
    pub(super) fn expression_macros(&self) -> Option<MacroScope> {
        let at = self.bound_at.get().or_else(|| self.selected_pc()).filter(|at| self.unit_of(*at).is_some());
        let program = match at {
            Some(at) => self.macros_of(at),
            None => self.listing.file().and_then(|file| self.macros_at_start(file)),
        };
        let user = self.user_macros.clone();
        (program.is_some() || !user.is_empty()).then_some(MacroScope { user, program })
    }

    /// Does something with the macros that are in scope at an address: a condition means those of its breakpoint's place.
    pub(super) fn with_macros_at<T>(&self, at: Option<VirtAddr>, act: impl FnOnce(&Session) -> T) -> T {
        let before = self.bound_at.get();
        self.bound_at.set(at.or(before));
        let result = act(self);
        self.bound_at.set(before);
        result
    }

    /// The macros that commands show: those at the line of the selected frame, or of what was listed last.
    pub fn macro_scope(&self) -> MacroScope {
        let of_frame = self.selected_pc().and_then(|at| self.macros_of(at));
        let program = of_frame.or_else(|| {
            let (file, line) = self.listing.current.as_ref()?;
            self.macros_at(file, *line)
        });
        MacroScope { user: self.user_macros.clone(), program }
    }

    /// The macros at a location; of several places at the first one. A line without code counts as the next one that has some.
    pub fn macro_scope_at(&mut self, spec: &str) -> Result<MacroScope> {
        let listed = self.listed(spec, None)?.into_iter().next();
        let program = listed.and_then(|place| match place.addr {
            Some(at) => self.macros_of(at),
            None => {
                let (file, line) = place.source?;
                let places = self.inferior.modules.line_places(&file.path.to_string_lossy(), line);
                self.macros_at(&file, places.first().map_or(line, |p| p.line))
            }
        });
        Ok(MacroScope { user: self.user_macros.clone(), program })
    }

    /// The macros at the line of an address.
    fn macros_of(&self, at: VirtAddr) -> Option<(Arc<MacroTable>, MacroPlace)> {
        let (debug, unit) = self.unit_of(at)?;
        let table = debug.macros(unit)?;
        let line = self.inferior.modules.source_line(at)?;
        let place = table.place(&line.file.path, line.line);
        Some((table, place))
    }

    /// The macros at a line, in a unit that has code of the file.
    fn macros_at(&self, file: &LineFile, line: u32) -> Option<(Arc<MacroTable>, MacroPlace)> {
        let (module, unit) = self.unit_with_macros(file)?;
        let table = module.debug()?.macros(unit)?;
        let place = table.place(&file.path, line);
        Some((table, place))
    }

    /// The macros at the lowest code of a unit that has code of the file.
    fn macros_at_start(&self, file: &LineFile) -> Option<(Arc<MacroTable>, MacroPlace)> {
        let (module, unit) = self.unit_with_macros(file)?;
        let lines = module.debug()?.lines(unit).ok()?;
        self.macros_of(module.virt(lines.rows().first()?.addr))
    }

    /// Looking for the unit goes through all of them: only where some may have macros.
    fn unit_with_macros(&self, file: &LineFile) -> Option<(Arc<crate::symbols::Module>, crate::dwarf::UnitId)> {
        let mut all = self.inferior.modules.iter().filter_map(|m| m.debug());
        if all.any(|debug| debug.may_have_macros()) { self.unit_of_file(file) } else { None }
    }
}
