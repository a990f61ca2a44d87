//! The blocks in which names are looked up: those around the selected frame's pc, or those that names are bound to.

use crate::base::VirtAddr;
use crate::dwarf::Block;
use crate::expr::Expr;
use crate::stack::{Frame, FrameCode};

use super::scope::BlockScope;
use super::session::Session;

impl Session {
    /// The blocks whose variables a frame sees, from the inside: where it is, or where names are bound to.
    pub(super) fn scopes_of<'f>(&self, frame: &'f Frame) -> Vec<&'f Block> {
        let Some(code) = &frame.code else { return Vec::new() };
        if self.bound_outside_of(frame).is_some() {
            return Vec::new();
        }
        let bound = self.bound_at.get().and_then(|at| {
            let around = code.body.around(self.inferior.modules.at(at)?.to_file(at));
            let own = around.iter().position(|b| *b == code.block)?;
            Some(around.get(..=own)?.iter().filter_map(|b| code.body.blocks.get(*b)).collect())
        });
        bound.unwrap_or_else(|| code.scopes())
    }

    /// The address that names are bound to, if it is in none of the blocks of the frame's function.
    pub(super) fn bound_outside_of(&self, frame: &Frame) -> Option<VirtAddr> {
        let at = self.bound_at.get()?;
        let inside = |code: &FrameCode| Some(!code.body.around(self.inferior.modules.at(at)?.to_file(at)).is_empty());
        (!frame.code.as_ref().and_then(inside).unwrap_or(false)).then_some(at)
    }

    /// Does something with names bound to the blocks at an address.
    pub fn bound_at<T>(&mut self, at: VirtAddr, act: impl FnOnce(&mut Session) -> T) -> T {
        let before = self.bound_at.replace(Some(at));
        let result = act(self);
        self.bound_at.set(before);
        result
    }

    /// The innermost block of the selected frame whose variables an expression names.
    pub fn block_scope(&self, expr: &Expr) -> Option<BlockScope> {
        let frame = self.selected_frame().ok()?;
        let names = expr.names();
        let is_named = |b: &&Block| names.iter().any(|(n, m)| m.is_none() && b.variables.iter().any(|v| *v.name == **n));
        let block = self.scopes_of(&frame).into_iter().find(is_named)?.die;
        Some(BlockScope { block, pc: frame.pc.lookup() })
    }

    /// Whether the selected frame is inside of a block, where its names mean something.
    pub fn is_in_block(&self, scope: &BlockScope) -> bool {
        let Ok(frame) = self.selected_frame() else { return false };
        let same_module = || {
            let modules = &self.inferior.modules;
            Some(modules.at(frame.pc.lookup())?.id == modules.at(scope.pc)?.id)
        };
        frame.code.as_ref().is_some_and(|c| c.scopes().iter().any(|b| b.die == scope.block)) && same_module() == Some(true)
    }

    /// Selects the innermost frame that is inside of a block; whether there is one.
    pub(super) fn select_block(&mut self, scope: &BlockScope) -> bool {
        let Ok(frames) = self.selected_thread().and_then(|tid| self.all_frames(tid)) else { return false };
        for frame in frames.iter() {
            self.selection.level = frame.level;
            if self.is_in_block(scope) {
                return true;
            }
        }
        false
    }
}
