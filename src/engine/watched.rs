//! Looking at watched values: whether they have changed, and what they depend on by now.
//!
//! Up to four pieces of memory the processor watches at full speed. What does not fit, or is not in memory, is looked at after
//! each instruction, of every thread: that is what gdb calls a software watchpoint.

use crate::base::{Error, Result, Tid, VirtAddr};
use crate::expr::{self, Expr};
use crate::value::Value;

use super::breakpoints::Kind;
use super::scope::WatchScope;
use super::session::Session;
use super::stop::{StopReason, WatchHit};
use super::watchpoint::{Looked, Watch, WatchKind, WatchedParts};

/// What a look at a watchpoint has shown.
enum Fired {
    Hit(WatchHit),
    Nothing,
    /// Its expression has no meaning any more.
    Ended,
}

impl Session {
    /// Whether something is to be looked at after each instruction.
    pub(super) fn looks_at_each_step(&self) -> bool {
        let number = self.breakpoints_of();
        let looks = |k: &Kind| matches!(k, Kind::Watch(w) if w.software.is_some() && w.inferior == number);
        !self.inferior.recorded && self.breakpoints.iter().any(|b| b.enabled && looks(&b.kind))
    }

    /// A thread has run an instruction: whether a software watchpoint saw its value change.
    pub(super) fn software_watch_fired(&mut self, tid: Tid) -> Result<Option<StopReason>> {
        let ids = self.software_watches_changed();
        self.watches_fired(tid, &ids)
    }

    /// The software watchpoints whose values may have changed since the last look.
    pub(super) fn software_watches_changed(&mut self) -> Vec<u32> {
        let number = self.breakpoints_of();
        let Session { breakpoints, inferior, .. } = self;
        let mut ids = Vec::new();
        let Some(process) = &inferior.process else { return ids };
        for b in breakpoints.iter_mut().filter(|b| b.enabled) {
            if let Kind::Watch(watch) = &mut b.kind
                && watch.inferior == number
                && let Some(looked) = &mut watch.software
                && looked.again(&*process.target)
            {
                ids.push(b.id);
            }
        }
        ids
    }

    /// Whether values that the processor watches are compared when system calls return: what the kernel writes raises no trap.
    pub(super) fn compares_at_calls(&self) -> bool {
        let number = self.breakpoints_of();
        let is_it = |k: &Kind| matches!(k, Kind::Watch(w) if w.is_compared() && w.inferior == number);
        self.settings.watch_system_calls && self.breakpoints.iter().any(|b| b.enabled && is_it(&b.kind))
    }

    /// A system call begins or has returned: whether the kernel has changed a watched value.
    pub(super) fn written_by_kernel(&mut self, tid: Tid, entry: bool) -> Result<Option<StopReason>> {
        if entry || !self.compares_at_calls() {
            return Ok(None);
        }
        let number = self.breakpoints_of();
        let memory = expr::Host::memory(self);
        let has_changed = |watch: &Watch| {
            let Some((old, at)) = watch.old.as_ref().and_then(|old| Some((old, old.address()?))) else { return false };
            let Ok(before) = old.bytes(memory, None) else { return false };
            let mut now = vec![0; before.len()];
            memory.read(at, &mut now).is_ok() && *now != *before
        };
        let is_it = |k: &Kind| matches!(k, Kind::Watch(w) if w.is_compared() && w.inferior == number && has_changed(w));
        let ids: Vec<u32> = self.breakpoints.iter().filter(|b| b.enabled && is_it(&b.kind)).map(|b| b.id).collect();
        self.watches_fired(tid, &ids)
    }

    /// What these watchpoints watch was touched, or may have been: whether that stops the program.
    pub(super) fn watches_fired(&mut self, tid: Tid, ids: &[u32]) -> Result<Option<StopReason>> {
        let running = self.stop_for_scopes(ids)?;
        let reason = self.judge_watches(tid, ids)?;
        if reason.is_none() {
            let control = self.process_mut()?.control()?;
            running.into_iter().try_for_each(|other| control.go_on(other))?;
        }
        Ok(reason)
    }

    /// Stops all threads where one of them runs in whose frame an expression has its meaning (gdb 13 does not hear of it when
    /// another thread changes the value); those that are to go on again.
    fn stop_for_scopes(&mut self, ids: &[u32]) -> Result<Vec<Tid>> {
        let Session { breakpoints, inferior, .. } = self;
        let control = inferior.process.as_mut().ok_or(Error::Gone)?.control()?;
        let running = control.running();
        let of = |id: &u32| match &breakpoints.get(*id).ok()?.kind {
            Kind::Watch(watch) => watch.scope.as_ref().map(|s| s.tid),
            _ => None,
        };
        if !ids.iter().filter_map(of).any(|t| running.contains(&t)) {
            return Ok(Vec::new());
        }
        control.stop_all()?;
        Ok(running)
    }

    fn judge_watches(&mut self, tid: Tid, ids: &[u32]) -> Result<Option<StopReason>> {
        let (mut hits, mut ended) = (Vec::new(), Vec::new());
        for id in ids {
            match self.watch_fired(tid, *id)? {
                Fired::Hit(hit) => hits.push(hit),
                Fired::Nothing => {}
                Fired::Ended => ended.push(*id),
            }
        }
        match hits.is_empty() {
            false => Ok(Some(StopReason::Watch(hits))),
            true if ended.is_empty() => Ok(None),
            true => self.end_watches(ended).map(Some),
        }
    }

    fn watch_fired(&mut self, tid: Tid, id: u32) -> Result<Fired> {
        let Kind::Watch(watch) = &self.breakpoints.get(id)?.kind else { return Ok(Fired::Nothing) };
        let (expr, kind, text, scope) = (watch.expr.clone(), watch.kind, watch.text.clone(), watch.scope.clone());
        if watch.mask.is_some() {
            if !self.passes(tid, id)? {
                return Ok(Fired::Nothing);
            }
            self.take_hit(tid, id)?;
            let hit = WatchHit { id, kind, software: false, text, masked: true, changed: false, old: None, new: None };
            return Ok(Fired::Hit(hit));
        }
        let (set_at, software) = (watch.set_at, watch.software.is_some());
        let Some((new, parts)) = self.seen_now(tid, &expr, scope.as_ref(), set_at)? else { return Ok(Fired::Ended) };
        let old = self.remember(id, new.clone(), parts)?;
        let bytes =
            |session: &Session, v: &Option<Value>| v.as_ref().and_then(|v| v.bytes(expr::Host::memory(session), None).ok());
        let changed = bytes(self, &old) != bytes(self, &new);
        // The processor has no trap for reads alone: a write that changes the value is none of a read watchpoint's business.
        let concerns = match kind {
            WatchKind::Write => changed,
            WatchKind::Read => !changed,
            WatchKind::Access => true,
        };
        if !concerns || !self.passes(tid, id)? {
            return Ok(Fired::Nothing);
        }
        self.take_hit(tid, id)?;
        Ok(Fired::Hit(WatchHit { id, kind, software, text, masked: false, changed, old, new }))
    }

    /// What a watched expression is now, and what it depends on, as far as that can be told, where it has its meaning; `None` once it
    /// has none any more.
    fn seen_now(
        &mut self,
        tid: Tid,
        expr: &Expr,
        scope: Option<&WatchScope>,
        set_at: Option<VirtAddr>,
    ) -> Result<Option<(Option<Value>, Option<WatchedParts>)>> {
        let entry = || self.inferior.modules.main().and_then(|m| Some(m.virt(m.image().entry()?)));
        let set_at = set_at.or_else(entry);
        let look = |session: &mut Session| (session.watched_value(expr).ok(), session.watched_parts(expr).ok());
        self.in_thread(tid, |session| {
            if let Some(scope) = scope {
                session.selection.tid = Some(scope.tid);
                session.drop_frames();
                let Some(level) = session.level_of(scope) else { return Ok(None) };
                session.selection.level = level;
                return Ok(Some(session.bound_at(scope.pc, look)));
            }
            Ok(Some(match set_at {
                Some(at) => session.bound_at(at, look),
                None => look(session),
            }))
        })
    }

    /// Keeps what a watchpoint has seen, for the next look; the value that it had before.
    fn remember(&mut self, id: u32, new: Option<Value>, parts: Option<WatchedParts>) -> Result<Option<Value>> {
        let Kind::Watch(watch) = &mut self.breakpoints.get_mut(id)?.kind else { return Ok(None) };
        let old = std::mem::replace(&mut watch.old, new);
        // A pointer in it may lead elsewhere now.
        let pieces = parts.as_ref().and_then(WatchedParts::pieces).filter(|p| *p != watch.pieces);
        match (&mut watch.software, parts, pieces) {
            (Some(looked), Some(parts), _) if parts != looked.parts => {
                if let Some(process) = &self.inferior.process {
                    *looked = Looked::new(parts, &*process.target);
                }
            }
            (None, _, Some(pieces)) => {
                watch.pieces = pieces;
                self.sync_sites()?;
            }
            _ => {}
        }
        Ok(old)
    }

    /// Finds the addresses of watched expressions anew: the program has been started, and may lie elsewhere.
    pub(super) fn refresh_watches(&mut self) {
        // Those of local variables have ended with the frames of the last run.
        let number = self.inferior.number;
        let has_scope = |k: &Kind| matches!(k, Kind::Watch(w) if w.scope.is_some() && w.inferior == number);
        let over: Vec<u32> = self.breakpoints.iter().filter(|b| has_scope(&b.kind)).map(|b| b.id).collect();
        over.into_iter().for_each(|id| drop(self.breakpoints.remove(id)));
        let watched: Vec<_> = self
            .breakpoints
            .iter()
            .filter_map(|b| match &b.kind {
                Kind::Watch(w) if w.inferior == number => Some((b.id, w.expr.clone())),
                _ => None,
            })
            .collect();
        for (id, expr) in watched {
            let value = expr::eval(&expr, self);
            let parts = self.watched_parts(&expr).unwrap_or_default();
            let old = value.ok().and_then(|v| v.fetched(expr::Host::memory(self), None).ok());
            let Session { breakpoints, inferior, .. } = self;
            if let (Ok(b), Some(process)) = (breakpoints.get_mut(id), &inferior.process)
                && let Kind::Watch(watch) = &mut b.kind
            {
                watch.old = old;
                match &mut watch.software {
                    Some(looked) => *looked = Looked::new(parts, &*process.target),
                    None => {
                        let parts = watch.mask.map_or(Some(parts.clone()), |mask| parts.masked(mask));
                        watch.pieces = parts.and_then(|p| p.pieces()).unwrap_or_default();
                    }
                }
            }
        }
    }

    /// Looks at watched values anew, in another process than before: theirs are what was seen last. The frames of a thread are
    /// another's.
    pub(super) fn look_again(&mut self, from: Tid, to: Tid) -> Result<()> {
        let number = self.inferior.number;
        let mut watched = Vec::new();
        for b in self.breakpoints.iter_mut() {
            if let Kind::Watch(watch) = &mut b.kind
                && watch.inferior == number
            {
                if let Some(scope) = watch.scope.as_mut().filter(|s| s.tid == from) {
                    scope.tid = to;
                }
                watched.push((b.id, watch.expr.clone(), watch.scope.clone(), watch.set_at));
            }
        }
        for (id, expr, scope, set_at) in watched {
            if let Some((seen, parts)) = self.seen_now(to, &expr, scope.as_ref(), set_at)? {
                self.remember(id, seen, parts)?;
            }
        }
        Ok(())
    }

    /// The value of a watched expression, with its bytes.
    pub fn watched_value(&mut self, expr: &expr::Expr) -> Result<Value> {
        let value = expr::eval(expr, self)?;
        value.fetched(expr::Host::memory(self), None)
    }

    /// What an expression's value depends on. Arrays and structures count only where they are the whole of it.
    pub fn watched_parts(&mut self, expr: &Expr) -> Result<WatchedParts> {
        let mut parts = WatchedParts { elsewhere: expr.uses_dollar(), ..WatchedParts::default() };
        // A pointer on the way may lead nowhere yet.
        match expr::eval(expr, self) {
            Ok(whole) => parts.add(&whole),
            Err(Error::Fault { .. }) => {}
            Err(e) => return Err(e),
        }
        for place in expr.places() {
            if let Ok(value) = expr::eval(place, self)
                && !value.ty.is_aggregate()
            {
                parts.add(&value);
            }
        }
        parts.ranges.sort_unstable_by_key(|r| (r.start, r.end));
        parts.ranges.dedup();
        Ok(parts)
    }
}
