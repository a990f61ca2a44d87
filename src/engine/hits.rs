//! Whether what was reached really stops the program: conditions, ignore counts, watched values.

use crate::base::{Error, Result, Tid, VirtAddr};
use crate::expr;
use crate::value::{Type, Value};

use super::breakpoints::{Disposition, Kind, WatchKind};
use super::control::Verdict;
use super::session::{Selection, Session};
use super::stop::{Hit, Notice, StopReason};

impl Session {
    /// The user's breakpoints at `at`, reached by a thread: those that stop it.
    pub(super) fn breakpoints_hit(&mut self, tid: Tid, at: VirtAddr) -> Result<Option<StopReason>> {
        let is_here = |l: &super::breakpoints::Location| l.addr == at && l.enabled;
        let code = self.breakpoints.iter().filter(|b| b.enabled && matches!(b.kind, Kind::Code { .. }));
        let ids: Vec<u32> = code.filter(|b| b.locations.iter().any(is_here)).map(|b| b.id).collect();
        let mut hits = Vec::new();
        for id in ids {
            if let Some(hit) = self.count_hit(tid, id)? {
                hits.push(hit);
            }
        }
        Ok((!hits.is_empty()).then_some(StopReason::Breakpoints(hits)))
    }

    /// Whether a breakpoint that was reached stops: its thread, its condition, its ignore count, in gdb's order. A condition
    /// that cannot be evaluated stops.
    pub(super) fn passes(&mut self, tid: Tid, id: u32) -> Result<bool> {
        let breakpoint = self.breakpoints.get(id)?;
        let number = breakpoint.thread;
        if number.is_some() && number != self.process()?.number_of(tid) {
            return Ok(false);
        }
        let is_watch = matches!(breakpoint.kind, Kind::Watch(_));
        if let Some(condition) = breakpoint.condition.clone() {
            // A function that the condition calls comes here too: asking again would never end (gdb 13 dies of it).
            if self.conditions_running.contains(&(id, tid)) {
                return Ok(false);
            }
            self.conditions_running.push((id, tid));
            let holds = self.in_thread(tid, |session| match condition.scope.filter(|_| is_watch) {
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
    fn in_thread<T>(&mut self, tid: Tid, act: impl FnOnce(&mut Session) -> Result<T>) -> Result<T> {
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
        let breakpoint = self.breakpoints.get_mut(id)?;
        let several = breakpoint.locations.len() > 1;
        let location = breakpoint.locations.iter().position(|l| several && l.addr == pc).map(|i| i + 1);
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
        let ids: Vec<u32> = self.breakpoints.iter().filter(|b| b.enabled && touches(&b.kind)).map(|b| b.id).collect();
        for id in ids {
            if let Some(reason) = self.watch_fired(tid, id)? {
                return Ok(Verdict::Stop(reason));
            }
        }
        // The debug exception stands for the step's as well, where both are due.
        self.stepped(tid)
    }

    fn watch_fired(&mut self, tid: Tid, id: u32) -> Result<Option<StopReason>> {
        let Kind::Watch(watch) = &self.breakpoints.get(id)?.kind else { return Ok(None) };
        let (expr, kind, text, scope) = (watch.expr.clone(), watch.kind, watch.text.clone(), watch.scope.clone());
        let look = |session: &mut Session| (session.watched_value(&expr).ok(), session.watched_pieces(&expr).ok().flatten());
        let in_scope = |session: &mut Session| {
            if let Some(scope) = &scope {
                session.selection.tid = Some(scope.tid);
                session.drop_frames();
                let Some(level) = session.level_of(scope) else { return Ok(None) };
                session.selection.level = level;
                let pc = scope.pc;
                return Ok(Some(session.bound_at(pc, look)));
            }
            Ok(Some(look(session)))
        };
        let Some((new, pieces)) = self.in_thread(tid, in_scope)? else { return self.end_watches(vec![id]).map(Some) };
        let bytes =
            |session: &Session, v: &Option<Value>| v.as_ref().and_then(|v| v.bytes(expr::Host::memory(session), None).ok());
        let Kind::Watch(watch) = &self.breakpoints.get(id)?.kind else { return Ok(None) };
        let changed = bytes(self, &watch.old) != bytes(self, &new);
        let old = watch.old.clone();
        if let Kind::Watch(watch) = &mut self.breakpoints.get_mut(id)?.kind {
            watch.old = new.clone();
            // A pointer in it may lead elsewhere now.
            if let Some(pieces) = pieces.filter(|p| *p != watch.pieces) {
                watch.pieces = pieces;
                self.sync_sites()?;
            }
        }
        // The processor has no trap for reads alone: a write that changes the value is none of a read watchpoint's business.
        let concerns = match kind {
            WatchKind::Write => changed,
            WatchKind::Read => !changed,
            WatchKind::Access => true,
        };
        if !concerns || !self.passes(tid, id)? {
            return Ok(None);
        }
        self.take_hit(tid, id)?;
        Ok(Some(StopReason::Watch { id, kind, text, changed, old, new }))
    }

    /// The value of a watched expression, with its bytes.
    pub fn watched_value(&mut self, expr: &expr::Expr) -> Result<Value> {
        let value = expr::eval(expr, self)?;
        value.fetched(expr::Host::memory(self), None)
    }

    /// The pieces of memory that an expression's value depends on. Arrays and structures count only where they are the whole of it;
    /// `None` if nothing of it is in memory.
    pub fn watched_pieces(&mut self, expr: &expr::Expr) -> Result<Option<Vec<(VirtAddr, u8)>>> {
        // A pointer on the way may lead nowhere yet.
        let mut pieces = match expr::eval(expr, self) {
            Ok(whole) if whole.ty.is_function() => Vec::new(),
            Ok(whole) => whole.address().map_or_else(|| Ok(Vec::new()), |at| Session::watch_pieces(at, whole.ty.size))?,
            Err(Error::Fault { .. }) => Vec::new(),
            Err(e) => return Err(e),
        };
        for place in expr.places() {
            let Ok(value) = expr::eval(place, self) else { continue };
            if let Some(at) = value.address().filter(|_| !value.ty.is_aggregate() && !value.ty.is_function()) {
                pieces.extend(Session::watch_pieces(at, value.ty.size)?);
            }
        }
        pieces.sort_unstable();
        pieces.dedup();
        if pieces.len() > 4 {
            return Err(Error::user(
                "Could not insert hardware watchpoint: the expression needs more than four debug registers.",
            ));
        }
        Ok((!pieces.is_empty()).then_some(pieces))
    }

    /// The aligned pieces of 1, 2, 4 or 8 bytes that cover a range: what debug registers can watch.
    pub fn watch_pieces(start: VirtAddr, len: u64) -> Result<Vec<(VirtAddr, u8)>> {
        let mut pieces = Vec::new();
        let mut at = start;
        let end = start + len;
        while at < end {
            let size =
                [8u8, 4, 2, 1].into_iter().find(|s| at.0.is_multiple_of((*s).into()) && end - at >= u64::from(*s)).unwrap_or(1);
            pieces.push((at, size));
            at = at + size.into();
            if pieces.len() > 4 {
                return Err(Error::user(format!(
                    "{len} bytes do not fit into the processor's four debug registers of 8 bytes; rdbg watches by hardware only."
                )));
            }
        }
        Ok(pieces)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unaligned_values_are_split() {
        let pieces = |start, len| Session::watch_pieces(VirtAddr(start), len).unwrap();
        assert_eq!(pieces(0x1000, 8), [(VirtAddr(0x1000), 8)]);
        assert_eq!(pieces(0x1002, 8), [(VirtAddr(0x1002), 2), (VirtAddr(0x1004), 4), (VirtAddr(0x1008), 2)]);
        assert_eq!(pieces(0x1000, 16).len(), 2);
        assert!(Session::watch_pieces(VirtAddr(0x1000), 64).is_err());
    }
}
