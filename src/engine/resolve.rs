//! Where breakpoints are: names become addresses, anew whenever modules come and go.

use crate::base::{Error, Result, VirtAddr, read_u64};
use crate::dwarf::LineFile;
use crate::elf::r_x86_64;
use crate::expr;
use crate::symbols::{Linespec, Place, PlaceKind};

use super::breakpoints::{Breakpoint, Kind, Location};
use super::session::Session;

/// `12`, or `+N` and `-N` from a line.
fn relative_line(text: &str, from: u32) -> Result<String> {
    let number =
        |t: &str| if t.is_empty() { Ok(0) } else { t.parse::<u32>().map_err(|_| Error::user(format!("No line {text}."))) };
    Ok(match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(n), _) => from.saturating_add(number(n)?).to_string(),
        (_, Some(n)) => from.saturating_sub(number(n)?).max(1).to_string(),
        _ => text.to_owned(),
    })
}

impl Session {
    /// The addresses of a location, in their order: `*EXPR`, `FUNCTION`, `MODULE!FUNCTION`, `FUNCTION@plt`. Without one: the selected frame's pc.
    pub fn locate(&mut self, spec: &str) -> Result<Vec<VirtAddr>> {
        let spec = spec.trim();
        if spec.is_empty() {
            return Ok(vec![self.selected_frame()?.pc.addr()]);
        }
        if let Some(text) = spec.strip_prefix('*') {
            let expr = expr::parse(text, self)?;
            return Ok(vec![expr::eval_address(&expr, self)?]);
        }
        let mut linespec = Linespec::parse(spec, &self.inferior.modules)?;
        if let Linespec::Function { module: None, name, .. } = &linespec
            && name.starts_with('$')
            && let Some(line) = self.line_in_variable(name)?
        {
            linespec = Linespec::Line { file: None, line };
        }
        if let Linespec::Label { function: function @ None, .. } = &mut linespec {
            *function = self.selected_function();
        }
        let without_file = matches!(linespec, Linespec::Line { file: None, .. });
        if let Linespec::Line { file: file @ None, line } = &mut linespec {
            let (current, at) =
                self.current_source().ok_or_else(|| Error::user("No symbol table is loaded.  Use the \"file\" command."))?;
            *line = relative_line(line, at)?;
            *file = Some(current.path.display().to_string());
        }
        let places = linespec.resolve(&self.inferior.modules)?;
        if places.is_empty() {
            linespec = match linespec {
                Linespec::Line { line, .. } if without_file => Linespec::Line { file: None, line },
                other => other,
            };
            // A name alone may be a label's of the function that is selected.
            if let Linespec::Function { module: None, name, .. } = &linespec
                && let Some(function) = self.selected_function()
            {
                let label = Linespec::Label { file: None, function: Some(function), label: name.clone() };
                let found = label.resolve(&self.inferior.modules)?;
                if !found.is_empty() {
                    return Ok(found.iter().map(|p| p.addr).collect());
                }
            }
            return Err(linespec.not_found(&self.inferior.modules));
        }
        let mut addresses: Vec<VirtAddr> = places.iter().map(|p| self.address_of(p)).collect();
        addresses.sort_unstable();
        addresses.dedup();
        Ok(addresses)
    }

    /// The line that a location `$variable` means; `None` if there is no such variable.
    fn line_in_variable(&mut self, name: &str) -> Result<Option<String>> {
        let expr = expr::parse(name, self)?;
        let value = expr::eval(&expr, self)?;
        if value.ty.size == 0 {
            return Ok(None);
        }
        if !value.ty.is_integral() {
            return Err(Error::user("Convenience variables used in line specs must have integer values."));
        }
        Ok(Some(value.to_int(expr::Host::memory(self))?.to_string()))
    }

    /// The name of the selected frame's function.
    fn selected_function(&self) -> Option<String> {
        let frame = self.selected_frame().ok()?;
        Some(self.location(frame.pc.lookup())?.name().into_owned())
    }

    /// The source file and line that lines without a file are meant in: those of the selected frame, or of what was shown last, or
    /// those around `main`.
    pub fn current_source(&self) -> Option<(LineFile, u32)> {
        if let Some(shown) = &self.shown_source {
            return Some(shown.clone());
        }
        let of_frame = || self.selected_frame().ok().and_then(|f| self.frame_source(&f)).map(|s| (s.file, s.line));
        let of_main = || {
            let main = self.inferior.modules.main()?;
            let entry = main.address_of("main")?;
            let at = main.virt(main.past_prologue(main.to_file(entry)));
            main.source_line(at).map(|l| (l.file, l.line))
        };
        of_frame().or_else(of_main)
    }

    /// Where a breakpoint on a place goes. The function behind an IFUNC is what its callers' slots hold, once one of them does.
    fn address_of(&self, place: &Place) -> VirtAddr {
        if place.kind != PlaceKind::Ifunc {
            return place.addr;
        }
        let Ok(process) = self.process() else { return place.addr };
        let name = place.name.split('@').next().unwrap_or_default();
        for module in self.inferior.modules.iter() {
            let Some(slot) = module.got().and_then(|g| g.slot_named(name)) else { continue };
            let Ok(value) = read_u64(&*process.target, module.virt(slot.addr)) else { continue };
            let value = VirtAddr(value);
            let resolved = slot.relocation.is_some_and(|r| r.kind != r_x86_64::IRELATIVE)
                && value != place.start
                && self.inferior.modules.at(value).is_some_and(|m| m.id == place.module);
            if resolved {
                return value;
            }
        }
        place.addr
    }

    /// Finds the places of all breakpoints anew. A place that is still there stays as enabled as it was; a breakpoint whose
    /// function is not there (yet, or any more) becomes pending.
    pub(super) fn resolve_breakpoints(&mut self) {
        let specs: Vec<(u32, String)> =
            self.breakpoints.iter().filter(|b| matches!(b.kind, Kind::Code { .. })).map(|b| (b.id, b.spec.clone())).collect();
        for (id, spec) in specs {
            if spec.is_empty() {
                continue;
            }
            let found = self.locate(&spec);
            if spec.starts_with('*') && self.inferior.process.is_some() {
                self.place_anew(id, found.ok());
                continue;
            }
            let Ok(breakpoint) = self.breakpoints.get_mut(id) else { continue };
            match found {
                Ok(addresses) => breakpoint.move_to(&addresses),
                // An expression that cannot be evaluated at this moment keeps what it was.
                Err(_) if spec.starts_with('*') => {}
                Err(_) => breakpoint.locations.clear(),
            }
        }
    }

    /// A breakpoint at `*EXPR` in a process that has begun or loaded something: it goes where the expression leads now. Where
    /// that is nowhere (`*GOT[2]` before ld.so has filled it in) it stays, as long as addresses are the same in each run; where
    /// nothing is mapped it waits, and does not keep the program from starting.
    fn place_anew(&mut self, id: u32, found: Option<Vec<VirtAddr>>) {
        let maps = self.process().and_then(|p| p.target.maps()).unwrap_or_default();
        let is_mapped = |at: &VirtAddr| maps.at(*at).is_some();
        let fixed = self.settings.disable_randomization;
        let Ok(breakpoint) = self.breakpoints.get_mut(id) else { return };
        let was: Vec<VirtAddr> = breakpoint.locations.iter().map(|l| l.addr).collect();
        match found {
            Some(new) if new.iter().all(is_mapped) || !fixed || was.is_empty() => breakpoint.move_to(&new),
            _ => {}
        }
        for location in &mut breakpoint.locations {
            location.absent = !is_mapped(&location.addr);
        }
    }

    /// Finds the addresses of watched expressions anew: the program has been started, and may lie elsewhere.
    pub(super) fn refresh_watches(&mut self) {
        // Those of local variables have ended with the frames of the last run.
        let has_scope = |k: &Kind| matches!(k, Kind::Watch(w) if w.scope.is_some());
        let over: Vec<u32> = self.breakpoints.iter().filter(|b| has_scope(&b.kind)).map(|b| b.id).collect();
        over.into_iter().for_each(|id| drop(self.breakpoints.remove(id)));
        let watched: Vec<_> = self
            .breakpoints
            .iter()
            .filter_map(|b| if let Kind::Watch(w) = &b.kind { Some((b.id, w.expr.clone())) } else { None })
            .collect();
        for (id, expr) in watched {
            let value = expr::eval(&expr, self);
            let place = value.as_ref().map_err(Error::clone).and_then(|v| {
                let addr = v.address().ok_or_else(|| Error::user("Cannot watch constant value."))?;
                Session::watch_pieces(addr, v.ty.size)
            });
            let old = value.ok().and_then(|v| v.fetched(expr::Host::memory(self), None).ok());
            if let Ok(b) = self.breakpoints.get_mut(id)
                && let Kind::Watch(watch) = &mut b.kind
            {
                watch.pieces = place.unwrap_or_default();
                watch.old = old;
            }
        }
    }
}

impl Breakpoint {
    /// Gives it these places; those that it has stay as enabled as they are.
    fn move_to(&mut self, addresses: &[VirtAddr]) {
        let was = std::mem::take(&mut self.locations);
        let enabled = |addr| was.iter().find(|l| l.addr == addr).is_none_or(|l| l.enabled);
        let place = |addr: &VirtAddr| Location { addr: *addr, enabled: enabled(*addr), absent: false };
        self.locations = addresses.iter().map(place).collect();
    }
}
