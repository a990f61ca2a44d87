//! Where breakpoints are: names become addresses, anew whenever modules come and go.

use crate::base::{Error, Result, Span, VirtAddr, read_u64};
use crate::dwarf::LineFile;
use crate::elf::r_x86_64;
use crate::expr;
use crate::symbols::{Linespec, Place, PlaceKind};
use crate::value::TypeKind;

use super::breakpoints::{Breakpoint, Kind, Located, Location};
use super::session::Session;

/// `12`, or `+N` and `-N` from a line; as for gdb, 5 and 15 lines where N is 0 or missing.
pub(super) fn relative_line(text: &str, from: u32) -> Result<u32> {
    let number = |t: &str| match t {
        "" => Ok(0),
        t => t.parse::<u32>().map_err(|_| Error::user(format!("Line number {t} is out of range."))),
    };
    let offset = |t: &str, without| number(t).map(|n| if n == 0 { without } else { n });
    Ok(match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(n), _) => from.saturating_add(offset(n, 5)?),
        (_, Some(n)) => from.saturating_sub(offset(n, 15)?),
        _ => number(text)?,
    })
}

/// Whether a location is a line of the current file: `12`, `+3`, `-`.
pub(super) fn is_bare_line(spec: &str) -> bool {
    let number = spec.strip_prefix(['+', '-']).unwrap_or(spec);
    number.bytes().all(|b| b.is_ascii_digit())
}

impl Session {
    /// The addresses of a location, in their order: `*EXPR`, `FUNCTION`, `MODULE!FUNCTION`, `FUNCTION@plt`, `FILE:LINE`. Without
    /// one: the selected frame's pc.
    pub fn locate(&mut self, spec: &str) -> Result<Vec<VirtAddr>> {
        Ok(self.locate_places(spec)?.into_iter().map(|place| place.addr).collect())
    }

    /// The same, with the lines of those that are lines.
    pub fn locate_places(&mut self, spec: &str) -> Result<Vec<Located>> {
        let spec = spec.trim();
        let inferior = self.breakpoints_of();
        if spec.is_empty() {
            return Ok(vec![Located::at(self.selected_frame()?.pc.addr(), inferior)]);
        }
        if let Some(text) = spec.strip_prefix('*') {
            let expr = expr::parse(text, self)?;
            return Ok(vec![Located::at(expr::eval_address(&expr, self)?, inferior)]);
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
            let (current, number) = self.absolute_line(line)?;
            *line = number.to_string();
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
                    return Ok(found.iter().map(|p| Located::at(p.addr, inferior)).collect());
                }
            }
            return Err(linespec.not_found(&self.inferior.modules));
        }
        let locate = |p: Place| Located { addr: self.address_of(&p), inferior, copy_of: p.origin, line: p.line };
        let mut located: Vec<Located> = places.into_iter().map(locate).collect();
        located.sort_by_key(|p| p.addr);
        located.dedup_by_key(|p| p.addr);
        Ok(located)
    }

    /// The line that a location `$variable` means; `None` if there is no such variable.
    fn line_in_variable(&mut self, name: &str) -> Result<Option<String>> {
        let expr = expr::parse(name, self)?;
        let value = expr::eval(&expr, self)?;
        if matches!(value.ty.kind, TypeKind::Void) {
            return Ok(None);
        }
        if !value.ty.is_integral() {
            let message = "Convenience variables used in line specs must have integer values.".to_owned();
            return Err(Error::Syntax { message, span: Span::default() });
        }
        Ok(Some(value.to_int(expr::Host::memory(self))?.to_string()))
    }

    /// The name of the selected frame's function.
    fn selected_function(&self) -> Option<String> {
        let frame = self.selected_frame().ok()?;
        Some(self.location(frame.pc.lookup())?.name().into_owned())
    }

    /// A location that means the same wherever the user looks: a line gets its file, `+N` its line; others stay as they are.
    pub fn absolute_spec(&self, spec: &str) -> Result<String> {
        if !is_bare_line(spec) {
            return Ok(spec.to_owned());
        }
        let (file, line) = self.absolute_line(spec)?;
        Ok(format!("{}:{line}", file.path.display()))
    }

    /// The file and the number of a line without a file.
    fn absolute_line(&self, line: &str) -> Result<(LineFile, u32)> {
        let none = || Error::user("No symbol table is loaded.  Use the \"file\" command.");
        let (file, mut from) = self.current_source().ok_or_else(none)?;
        if line.starts_with(['+', '-'])
            && let Some((_, line)) = &self.shown_source
        {
            from = *line;
        }
        if let Some(back) = line.strip_prefix('-').and_then(|n| n.parse::<i64>().ok()).filter(|n| *n >= i64::from(from)) {
            return Err(Error::user(format!("No line {} in the current file.", i64::from(from) - back)));
        }
        let line = relative_line(line, from)?;
        Ok((file, line))
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

    /// The same in every inferior.
    pub fn locate_everywhere(&mut self, spec: &str) -> Result<Vec<Located>> {
        let found = self.locate_places(spec);
        let others: Vec<u32> = self.inferiors().iter().map(|i| i.number).filter(|n| *n != self.inferior.number).collect();
        if others.is_empty() || spec.is_empty() || spec.starts_with('*') {
            return found;
        }
        let spec = self.absolute_spec(spec).unwrap_or_else(|_| spec.to_owned());
        let mut all = found.clone().unwrap_or_default();
        for number in others {
            let is_own = |s: &Session| s.breakpoints_of() == number;
            let located = self.in_inferior(number, |s| if is_own(s) { s.locate_places(&spec) } else { Ok(Vec::new()) });
            all.extend(located.unwrap_or_default());
        }
        all.sort_by_key(|l| (l.addr, l.inferior));
        if all.is_empty() { found } else { Ok(all) }
    }

    /// Finds the places of all breakpoints in the current inferior anew. A place that is still there stays as enabled as it was; a
    /// breakpoint whose function is not there (yet, or any more) becomes pending.
    pub(super) fn resolve_breakpoints(&mut self) {
        let number = self.inferior.number;
        if self.inferior.recorded || self.inferior.is_left || self.breakpoints_of() != number {
            return;
        }
        let specs: Vec<(u32, String)> =
            self.breakpoints.iter().filter(|b| matches!(b.kind, Kind::Code { .. })).map(|b| (b.id, b.spec.clone())).collect();
        for (id, spec) in specs {
            if spec.is_empty() {
                continue;
            }
            let found = self.locate_places(&spec);
            if spec.starts_with('*') && self.inferior.process.is_some() {
                self.place_anew(id, found.ok());
                continue;
            }
            let Ok(breakpoint) = self.breakpoints.get_mut(id) else { continue };
            match found {
                Ok(places) => breakpoint.move_to(number, places),
                // An expression that cannot be evaluated at this moment keeps what it was.
                Err(_) if spec.starts_with('*') => {}
                Err(_) => breakpoint.move_to(number, Vec::new()),
            }
        }
    }

    /// A breakpoint at `*EXPR` in a process that has begun or loaded something: it goes where the expression leads now. Where
    /// that is nowhere (`*GOT[2]` before ld.so has filled it in) it stays, as long as addresses are the same in each run; where
    /// nothing is mapped it waits, and does not keep the program from starting.
    fn place_anew(&mut self, id: u32, found: Option<Vec<Located>>) {
        let maps = self.process().and_then(|p| p.target.maps()).unwrap_or_default();
        let is_mapped = |at: &VirtAddr| maps.at(*at).is_some();
        let fixed = self.settings.disable_randomization;
        let Ok(breakpoint) = self.breakpoints.get_mut(id) else { return };
        let number = self.inferior.number;
        let was: Vec<VirtAddr> = breakpoint.locations.iter().filter(|l| l.inferior == number).map(|l| l.addr).collect();
        match found {
            Some(new) if new.iter().all(|l| is_mapped(&l.addr)) || !fixed || was.is_empty() => breakpoint.move_to(number, new),
            _ => {}
        }
        for location in breakpoint.locations.iter_mut().filter(|l| l.inferior == number) {
            location.absent = !is_mapped(&location.addr);
        }
    }
}

impl Breakpoint {
    /// Gives it these places in an inferior; those that it has stay as enabled as they are.
    fn move_to(&mut self, inferior: u32, places: Vec<Located>) {
        let (was, others): (Vec<_>, Vec<_>) = self.locations.drain(..).partition(|l| l.inferior == inferior);
        let enabled = |addr| was.iter().find(|l| l.addr == addr).is_none_or(|l| l.enabled);
        let place = |p: Located| Location { enabled: enabled(p.addr), ..p.into_location() };
        self.locations = places.into_iter().map(place).chain(others).collect();
        self.locations.sort_by_key(|l| (l.addr, l.inferior));
    }
}
