//! Whether what was reached really stops the program: conditions, ignore counts.

use std::sync::Arc;

use crate::base::{Result, Tid, VirtAddr};
use crate::expr::{self, Host};
use crate::value::{Type, Value};

use super::breakpoints::{Condition, Disposition, Kind};
use super::inferior::Selection;
use super::session::Session;
use super::stop::{Hit, Notice, StopReason, Verdict};

impl Condition {
    /// Parses a condition of a breakpoint at these addresses. A name that stands for nothing at any of them is an error, as for
    /// gdb; but for a breakpoint that waits for its place (no address), that shows when the condition is evaluated.
    pub fn parse(text: &str, session: &Session, at: &[VirtAddr]) -> Result<Condition> {
        let expr = session.with_macros_at(at.first().copied(), |session| expr::parse(text, session))?;
        let unknown = |at: &VirtAddr| {
            expr.names().into_iter().find(|(name, module)| match module {
                Some(_) => matches!(session.lookup(name, *module), Ok(None)),
                None => !session.is_known_at(name, *at),
            })
        };
        let missing: Vec<_> = at.iter().map_while(unknown).collect();
        if let Some((name, _)) = missing.first()
            && missing.len() == at.len()
        {
            return Err(session.no_symbol(name));
        }
        let scope = session.block_scope(&expr);
        Ok(Condition { text: text.to_owned(), expr: Arc::new(expr), scope })
    }
}

impl Session {
    /// The user's breakpoints at `at`, reached by a thread: those that stop it.
    pub(super) fn breakpoints_hit(&mut self, tid: Tid, at: VirtAddr) -> Result<Option<StopReason>> {
        let number = self.breakpoints_of();
        let is_here = |l: &super::breakpoints::Location| l.addr == at && l.enabled && l.inferior == number;
        let code = self.breakpoints.iter().filter(|b| b.enabled && matches!(b.kind, Kind::Code { .. }));
        let ids: Vec<u32> = code.filter(|b| b.locations.iter().any(is_here)).map(|b| b.id).collect();
        let mut hits = Vec::new();
        for id in ids {
            if self.breakpoints.get(id).is_ok_and(|b| b.printf.is_some()) {
                if self.passes(tid, id)? {
                    self.print_at(tid, id)?;
                }
            } else if let Some(hit) = self.count_hit(tid, id)? {
                hits.push(hit);
            }
        }
        Ok((!hits.is_empty()).then_some(StopReason::Breakpoints(hits)))
    }

    /// Whether a breakpoint that was reached stops: its thread, its condition, its ignore count, in gdb's order. A condition
    /// that cannot be evaluated stops.
    pub(super) fn passes(&mut self, tid: Tid, id: u32) -> Result<bool> {
        let breakpoint = self.breakpoints.get(id)?;
        let number = breakpoint.thread.map(|t| t.global);
        if number.is_some() && number != self.process()?.global_number_of(tid) {
            return Ok(false);
        }
        let is_watch = matches!(breakpoint.kind, Kind::Watch(_));
        // Its names mean what they meant where it was set, whoever has changed the value.
        let names_locals = breakpoint.condition.as_ref().is_some_and(|c| c.scope.is_some());
        let seat = match &breakpoint.kind {
            Kind::Watch(watch) if names_locals => watch.scope.as_ref().map_or(tid, |s| s.tid),
            _ => tid,
        };
        if let Some(condition) = breakpoint.condition.clone() {
            // A function that the condition calls comes here too: asking again would never end (gdb 13 dies of it).
            if self.conditions_running.contains(&(id, tid)) {
                return Ok(false);
            }
            self.conditions_running.push((id, tid));
            let holds = self.in_thread(seat, |session| match condition.scope.filter(|_| is_watch) {
                Some(scope) if session.select_block(&scope) => {
                    session.bound_at(scope.pc, |session| expr::eval_condition(&condition.expr, session))
                }
                Some(_) => {
                    let text = "warning: Watchpoint condition cannot be tested in the current scope";
                    session.notices.push_back(Notice::Warning(text.to_owned()));
                    Ok(true)
                }
                None => expr::eval_condition(&condition.expr, session),
            });
            self.conditions_running.pop();
            match holds {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(e) => self.notices.push_back(Notice::Warning(format!("Error in testing breakpoint condition:\n{e}"))),
            }
        }
        let breakpoint = self.breakpoints.get_mut(id)?;
        breakpoint.hits += 1;
        if breakpoint.ignore > 0 {
            breakpoint.ignore -= 1;
            return Ok(false);
        }
        Ok(true)
    }

    /// Evaluates something as seen from a thread that has just stopped.
    pub(super) fn in_thread<T>(&mut self, tid: Tid, act: impl FnOnce(&mut Session) -> Result<T>) -> Result<T> {
        let before = std::mem::replace(&mut self.selection, Selection { tid: Some(tid), level: 0 });
        self.drop_frames();
        self.judging += 1;
        let result = act(self);
        self.judging -= 1;
        self.drop_frames();
        self.selection = before;
        result
    }

    /// A breakpoint stops the program: what its disposition says happens, and its commands are to run.
    pub(super) fn take_hit(&mut self, tid: Tid, id: u32) -> Result<Hit> {
        let pc = self.process()?.target.pc(tid)?;
        let number = self.breakpoints_of();
        let breakpoint = self.breakpoints.get_mut(id)?;
        let several = breakpoint.locations.len() > 1;
        let location = breakpoint.locations.iter().position(|l| several && l.addr == pc && l.inferior == number).map(|i| i + 1);
        let temporary = breakpoint.disposition == Disposition::Delete;
        let at_place = breakpoint.is_at_place();
        let copy_of = breakpoint.locations.iter().find(|l| l.addr == pc).and_then(|l| l.copy_of);
        self.stop_commands.push(breakpoint.commands.clone());
        self.variables.set("_hit_bpnum", Value::int(&Type::int(), id.into()));
        let breakpoint = self.breakpoints.get_mut(id)?;
        match &mut breakpoint.disposition {
            Disposition::Keep => {}
            Disposition::Disable | Disposition::DisableAfter(0 | 1) => {
                breakpoint.enabled = false;
                breakpoint.disposition = Disposition::Disable;
            }
            Disposition::DisableAfter(n) => *n -= 1,
            Disposition::Delete => {
                self.breakpoints.remove(id)?;
            }
        }
        Ok(Hit { id, location, temporary, at_place, copy_of })
    }

    /// Debug registers fired: hardware breakpoints at the pc, or watched bytes.
    pub(super) fn debug_registers_fired(&mut self, tid: Tid, bits: u8) -> Result<Verdict> {
        let process = self.process_mut()?;
        let fired = process.control()?.fired(bits);
        let pc = process.target.pc(tid)?;
        let process = self.process_mut()?;
        if fired.contains(&pc) && process.breaks_in_hardware_at(pc) {
            // Where there is an int3 as well, that comes next, and tells of all.
            if process.sites.get(pc).is_none()
                && let Some(reason) = self.breakpoints_hit(tid, pc)?
            {
                return Ok(Verdict::Stop(reason));
            }
            // Nothing has run: a step is still to be made.
            return self.after_interlude(tid);
        }
        let touches = |k: &Kind| matches!(k, Kind::Watch(w) if w.pieces.iter().any(|(a, _)| fired.contains(a)));
        let touched = self.breakpoints.iter().filter(|b| b.enabled && touches(&b.kind)).map(|b| b.id);
        let mut ids: Vec<u32> = touched.collect();
        ids.extend(self.software_watches_changed());
        ids.sort_unstable();
        if let Some(reason) = self.watches_fired(tid, &ids)? {
            return Ok(Verdict::Stop(reason));
        }
        // The debug exception stands for the step's as well, where both are due.
        self.stepped(tid)
    }
}
