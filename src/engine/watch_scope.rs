//! Watched local variables: where they are looked at, and where they end.

use crate::base::{Result, Tid, VirtAddr};
use crate::expr::Expr;
use crate::stack::FramePc;

use super::breakpoints::Kind;
use super::scope::WatchScope;
use super::session::Session;
use super::stop::StopReason;

impl Session {
    /// The selected frame as the scope of an expression that names variables of it; `None` where its meaning never ends.
    pub fn watch_scope(&self, expr: &Expr) -> Option<WatchScope> {
        let frame = self.selected_frame().ok()?;
        let (_, debug) = self.frame_module(&frame)?;
        let scopes = frame.code.as_ref()?.scopes();
        let function = frame.code.as_ref()?.name();
        let is_local = |name: &str| {
            // `FUNCTION::VARIABLE` of the selected frame's own function.
            let own = name.strip_prefix(function).and_then(|n| n.strip_prefix("::"));
            let name = own.unwrap_or(name);
            let variable = scopes.iter().find_map(|b| b.variables.iter().rev().find(|v| v.name == name));
            variable.map_or_else(|| self.is_member_of_this(&frame, name), |v| debug.is_of_frame(v.die))
        };
        if !expr.names().iter().any(|(name, module)| module.is_none() && is_local(name)) {
            return None;
        }
        let end = self.physical_caller(&frame).filter(|c| matches!(c.pc, FramePc::Return(_)));
        let end = end.and_then(|caller| Some((caller.pc.addr(), frame.cfa?)));
        Some(WatchScope { tid: self.selected_thread().ok()?, frame: self.identity(&frame), pc: frame.pc.lookup(), end })
    }

    /// The level of a scope's frame in its thread; `None` once the function has returned.
    pub(super) fn level_of(&self, scope: &WatchScope) -> Option<usize> {
        let frames = self.all_frames(scope.tid).ok()?;
        frames.iter().find(|f| self.identity(f) == scope.frame).map(|f| f.level)
    }

    /// A thread is where callers of watched functions go on: the watchpoint whose function has returned to there is deleted.
    pub(super) fn watch_scope_reached(&mut self, tid: Tid, at: VirtAddr) -> Result<Option<StopReason>> {
        let sp = VirtAddr(self.process()?.target.registers(tid)?.sp());
        let has_ended = |k: &Kind| match k {
            Kind::Watch(w) => {
                w.scope.as_ref().is_some_and(|s| s.tid == tid && s.end.is_some_and(|(end, cfa)| end == at && sp >= cfa))
            }
            _ => false,
        };
        let ids: Vec<u32> = self.breakpoints.iter().filter(|b| has_ended(&b.kind)).map(|b| b.id).collect();
        if ids.is_empty() { Ok(None) } else { self.end_watches(ids).map(Some) }
    }

    /// Deletes watchpoints whose expressions have no meaning any more.
    pub(super) fn end_watches(&mut self, ids: Vec<u32>) -> Result<StopReason> {
        for id in &ids {
            self.breakpoints.remove(*id)?;
        }
        Ok(StopReason::WatchEnded { ids })
    }
}
