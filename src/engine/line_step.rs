//! Stepping by source lines: `step`, `next`, `until`.
//!
//! No instruction of a line is stepped that can be run: breakpoints stand at the ways out of the line's code, and a step looks
//! again only when one of them is reached. Which line, frame and call a way out leads to decides whether the step has ended.

use std::path::Path;

use crate::arch::insn::{Flow, Insn, MAX_LEN, Target};
use crate::base::{AddrRange, Error, Result, Tid, VirtAddr};
use crate::os::procfs;
use crate::stack::{Frame, FramePc, Frames};
use crate::symbols::SourceLine;

use super::frame_identity::FrameIdentity;
use super::frames::Entered;
use super::line_plan::merge;
use super::session::Session;
use super::step::{LineStep, LineStepBegun, LineStepKind, Plan, Return};

/// What to do at a place that was reached.
enum Move {
    /// The step has ended.
    Stop,
    /// The place means nothing to this frame.
    Pass,
    /// It goes on.
    Go(Plan),
}

impl Session {
    /// Begins a step by lines of a thread.
    pub fn begin_line_step(&mut self, tid: Tid, kind: LineStepKind, count: u64) -> Result<LineStepBegun> {
        self.line_step = None;
        let frames = self.walk_from(tid, 2)?;
        let frame = frames.first().ok_or_else(|| Error::user("No stack."))?;
        // To step at the call of an inlined function goes into it, and nothing runs.
        if kind == LineStepKind::Into && self.frames.not_entered.get() > 0 {
            self.frames.not_entered.set(self.frames.not_entered.get() - 1);
            self.drop_frames();
            if count <= 1 {
                return Ok(LineStepBegun::Done);
            }
            return self.begin_line_step(tid, kind, count - 1);
        }
        let Some(source) = self.frame_source(frame) else { return Ok(LineStepBegun::NoLine) };
        let frame = frame.clone();
        let identity = self.identity(&frame);
        let mut step = LineStep {
            tid,
            kind,
            left: count,
            function: identity.function,
            frame: identity,
            file: source.file.path.clone(),
            line: source.line,
            ranges: Vec::new(),
            enters: false,
            handles: self.delivers_to_handler(tid),
            landed: false,
        };
        self.find_ranges(&mut step, &frame);
        let plan = match step.handles {
            true => Plan::Instructions { tid, left: 1, over_calls: false, until: None },
            false => self.plan_out_of(&step, &frames)?,
        };
        self.plan_frame = Some(step.frame.clone());
        self.line_step = Some(step);
        Ok(LineStepBegun::Plan(plan))
    }

    /// The plan that leaves an inlined call: as `next` does from a line of its caller.
    pub(super) fn begin_step_out(&mut self, tid: Tid, frame: &Frame, caller: &Frame) -> Result<Plan> {
        let mut step = LineStep {
            tid,
            kind: LineStepKind::Over,
            left: 1,
            function: None,
            frame: self.identity(caller),
            file: Path::new("").into(),
            line: 0,
            ranges: Vec::new(),
            enters: false,
            handles: false,
            landed: false,
        };
        let at = frame.pc.lookup();
        if let (Some(block), Some(module)) = (frame.code.as_ref().and_then(|c| c.own_block()), self.inferior.modules.at(at)) {
            step.ranges = block.ranges.iter().map(|r| AddrRange::new(module.virt(r.start), module.virt(r.end))).collect();
        }
        let plan = match frame.pc {
            FramePc::Pc(_) => self.plan_out_of(&step, &self.walk_from(tid, 2)?)?,
            // In the midst of something that it has called.
            FramePc::Return(back) => Plan::Reach { tid, places: vec![Return::back(back, frame.registers.sp())] },
        };
        self.ends_with(Some(caller));
        self.line_step = Some(step);
        Ok(plan)
    }

    /// A place of the step was reached, or its instruction has run: the plan by which it goes on; `None` when it has ended.
    pub(super) fn line_step_arrived(&mut self, tid: Tid) -> Result<Option<Plan>> {
        let Some(mut step) = self.line_step.take().filter(|s| s.tid == tid) else { return Ok(None) };
        self.process_mut()?.generation += 1;
        let pc = self.process()?.target.pc(tid)?;
        let pc = self.process()?.sites.original_pc(pc).unwrap_or(pc);
        self.stand_before_inlined(pc, Entered::None);
        let moved = if step.landed { self.judge_landing(&mut step, pc)? } else { self.judge_step(&mut step, pc)? };
        let next = match moved {
            Move::Go(plan) => plan,
            Move::Pass => return self.pass(step),
            Move::Stop if step.left <= 1 => {
                self.frames.stepped_to.set(Some(pc));
                return Ok(None);
            }
            Move::Stop => {
                // As if each step were a command of its own: the last one's frame decides what is shown.
                let here = self.walk_from(tid, 1)?.first().map(|f| self.identity(f));
                self.step_began_in = here;
                return Ok(match self.begin_line_step(tid, step.kind, step.left - 1)? {
                    LineStepBegun::Plan(plan) => Some(plan),
                    LineStepBegun::Done | LineStepBegun::NoLine => {
                        self.frames.stepped_to.set(Some(pc));
                        None
                    }
                });
            }
        };
        self.line_step = Some(step);
        Ok(Some(next))
    }

    /// Goes on by the plan there is.
    fn pass(&mut self, step: LineStep) -> Result<Option<Plan>> {
        let plan = self.process()?.plan.clone();
        self.line_step = Some(step);
        Ok(plan)
    }

    /// Whether the thread gets a signal when it goes on, and the program handles it.
    fn delivers_to_handler(&self, tid: Tid) -> bool {
        let signal = self.inferior.process.as_ref().and_then(|p| p.deliver.get(&tid));
        signal.is_some_and(|s| procfs::signal_set(tid, "SigCgt").unwrap_or(0) >> (s.0 - 1) & 1 != 0)
    }

    fn walk_from(&self, tid: Tid, physical: usize) -> Result<Frames> {
        self.innermost_frames(tid, physical)
    }

    /// Where a jump out of frames has landed; from code without lines it goes on to the caller.
    fn judge_landing(&mut self, step: &mut LineStep, pc: VirtAddr) -> Result<Move> {
        step.landed = false;
        let frames = self.walk_from(step.tid, 2)?;
        let Some(frame) = frames.first().filter(|_| self.inferior.modules.source_line(pc).is_none()) else {
            return Ok(Move::Stop);
        };
        step.frame = self.identity(frame);
        step.ranges.clear();
        self.back_to(frames.iter().find(|f| f.cfa != frame.cfa))
    }

    fn judge_step(&mut self, step: &mut LineStep, pc: VirtAddr) -> Result<Move> {
        let frames = self.walk_from(step.tid, 2)?;
        let Some(frame) = frames.first().cloned() else { return Ok(Move::Stop) };
        if std::mem::take(&mut step.enters) {
            return Ok(Move::Stop);
        }
        if std::mem::take(&mut step.handles) {
            let is_handler = frames.iter().find(|f| f.cfa != frame.cfa).is_some_and(|f| f.is_signal_trampoline);
            if is_handler && !self.identity(&frame).is_same_call(&step.frame) {
                return Ok(Move::Stop);
            }
            let is_inside = step.ranges.iter().any(|r| r.contains(pc));
            if is_inside && self.identity(&frame).is_same_call(&step.frame) {
                return Ok(Move::Go(self.plan_out_of(step, &frames)?));
            }
        }
        if frame.is_signal_trampoline {
            // On the way into a handler, or back from it.
            return Ok(Move::Go(Plan::Instructions { tid: step.tid, left: 1, over_calls: false, until: None }));
        }
        let here = self.identity(&frame);
        let is_inside = step.ranges.iter().any(|r| r.contains(pc));
        if here.is_same_call(&step.frame) {
            if is_inside {
                return self.inside(step, &frames, pc);
            }
        } else if is_deeper(&here, &step.frame) {
            let caller = frames.iter().find(|f| f.cfa != frame.cfa);
            let called_from_here = caller.is_some_and(|c| self.identity(c).is_same_call(&step.frame));
            if !called_from_here || step.kind != LineStepKind::Into {
                // Another activation of the function, or of what it calls.
                return Ok(if is_inside || self.is_place(pc) { Move::Pass } else { self.back_to(caller)? });
            }
            return self.entered(step, pc, caller);
        }
        self.at_line(step, &frames, pc)
    }

    /// Whether the plan waits for this address in the step's own frame; not the one to which a deeper frame was to come back.
    fn is_place(&self, pc: VirtAddr) -> bool {
        let is_it = |r: &Return| r.addr == pc && r.min_sp == 0;
        self.process().is_ok_and(|p| p.plan.as_ref().is_some_and(|plan| plan.places().any(is_it)))
    }

    /// Runs to where a frame goes on.
    fn back_to(&self, caller: Option<&Frame>) -> Result<Move> {
        let Some(caller) = caller else { return Ok(Move::Stop) };
        let tid = self.process()?.plan.as_ref().map(Plan::tid);
        let Some(tid) = tid else { return Ok(Move::Stop) };
        let place = Return::back(caller.pc.addr(), caller.registers.sp());
        Ok(Move::Go(Plan::Reach { tid, places: vec![place] }))
    }

    /// At an instruction of the line that is to be looked at: a call, an indirect jump.
    fn inside(&mut self, step: &LineStep, frames: &[Frame], pc: VirtAddr) -> Result<Move> {
        let one = |over_calls| Plan::Instructions { tid: step.tid, left: 1, over_calls, until: None };
        Ok(match self.instruction_at(pc).map(|i| i.flow()) {
            Some(Flow::Call(target)) if step.kind == LineStepKind::Into => {
                let enters = match target {
                    Target::Direct(to) => self.has_lines_behind(VirtAddr(to)),
                    _ => true,
                };
                Move::Go(one(!enters))
            }
            Some(Flow::Jump(Target::Direct(_))) => Move::Go(self.plan_out_of(step, frames)?),
            Some(Flow::Jump(_)) => Move::Go(one(false)),
            _ => Move::Go(self.plan_out_of(step, frames)?),
        })
    }

    /// At the start of a function that the line has called: into it if it has lines, over it if not.
    fn entered(&mut self, step: &mut LineStep, pc: VirtAddr, caller: Option<&Frame>) -> Result<Move> {
        let Some(entry) = self.behind_stubs(pc) else { return self.back_to(caller) };
        let Some(target) = self.lines_behind(entry) else {
            return if self.settings.step_mode { Ok(Move::Stop) } else { self.back_to(caller) };
        };
        if target == pc {
            return Ok(Move::Stop);
        }
        step.enters = true;
        let place = Return::anywhere(target);
        Ok(Move::Go(Plan::Reach { tid: step.tid, places: vec![place] }))
    }

    /// Somewhere else in the frame, in an inlined call, or back in the caller: is it the start of another line?
    fn at_line(&mut self, step: &mut LineStep, frames: &[Frame], pc: VirtAddr) -> Result<Move> {
        let Some(frame) = frames.first() else { return Ok(Move::Stop) };
        let here = self.identity(frame);
        let is_own_line = |s: &super::frames::FrameSource| s.line == step.line && s.file.path == step.file;
        let same_call = here.is_same_call(&step.frame);
        let same_frame = here == step.frame;
        if same_frame && self.frames.not_entered.get() > 0 {
            let same_line = self.frame_source(frame).is_some_and(|s| is_own_line(&s));
            if step.kind == LineStepKind::Into && !self.skips_inlined(pc) {
                if same_line {
                    self.frames.not_entered.set(self.frames.not_entered.get() - 1);
                    self.drop_frames();
                }
                return Ok(Move::Stop);
            }
            if !same_line {
                return Ok(Move::Stop);
            }
            return self.through(step, frames);
        }
        if same_call && !same_frame && self.is_within(frame, &step.frame) {
            if step.kind == LineStepKind::Into {
                return Ok(Move::Stop);
            }
            return self.through(step, frames);
        }
        if self.is_stub(pc) {
            // A tail call through the PLT: as if it had been called from here.
            let caller = frames.iter().find(|f| f.cfa != frame.cfa);
            return if step.kind == LineStepKind::Into { self.entered(step, pc, caller) } else { self.back_to(caller) };
        }
        let Some(line) = self.inferior.modules.source_line(pc) else {
            // Back in code of which nothing is known, not even a name: `step` goes on to where something is.
            let is_named = self.inferior.modules.symbolize(pc).is_some_and(|l| l.is_code);
            let caller = frames.iter().find(|f| f.cfa != frame.cfa);
            if step.kind != LineStepKind::Into || is_named || self.settings.step_mode || caller.is_none() {
                return Ok(Move::Stop);
            }
            step.frame = here;
            step.ranges.clear();
            return self.back_to(caller);
        };
        let is_other = line.line != step.line || line.file.path != step.file;
        if line.range.start == pc && is_other {
            if line.is_stmt {
                return Ok(Move::Stop);
            }
            // No statement starts here: the step is not where it could end, be it in its own frame or back in the caller's.
            step.ranges = vec![line.range];
            step.frame = here;
            return Ok(Move::Go(self.plan_out_of(step, frames)?));
        }
        self.refresh(step, frame, &here, &line);
        Ok(Move::Go(self.plan_out_of(step, frames)?))
    }

    /// In the middle of a line: the step goes on to its end.
    fn refresh(&mut self, step: &mut LineStep, frame: &Frame, here: &FrameIdentity, line: &SourceLine) {
        step.frame = here.clone();
        step.file = line.file.path.clone();
        step.line = line.line;
        // `until` has left the piece of the line that it began in: from here on it is `next`.
        if step.kind == LineStepKind::Until {
            step.kind = LineStepKind::Over;
        }
        self.find_ranges(step, frame);
        if here.function == step.function {
            self.step_began_in = Some(here.clone());
        }
    }

    /// Runs through the code of an inlined call.
    fn through(&mut self, step: &mut LineStep, frames: &[Frame]) -> Result<Move> {
        let pc = frames.first().map(|f| f.pc.addr()).unwrap_or_default();
        let own = step.frame.block;
        if let Some(module) = self.inferior.modules.at(pc).cloned()
            && let Some((_, body, around)) = module.function_body(pc)
        {
            // The outermost inlined call that is not the frame's own.
            let inner = around.iter().take_while(|b| **b != own).filter(|b| body.blocks.get(**b).is_some_and(|b| b.is_inlined()));
            if let Some(block) = inner.last().and_then(|b| body.blocks.get(*b)) {
                step.ranges.extend(block.ranges.iter().map(|r| AddrRange::new(module.virt(r.start), module.virt(r.end))));
                merge(&mut step.ranges);
            }
        }
        if !step.ranges.iter().any(|r| r.contains(pc)) {
            return Ok(Move::Go(Plan::Instructions { tid: step.tid, left: 1, over_calls: true, until: None }));
        }
        Ok(Move::Go(self.plan_out_of(step, frames)?))
    }

    /// Whether a frame is an inlined call inside of another frame of the same activation.
    fn is_within(&self, frame: &Frame, outer: &FrameIdentity) -> bool {
        let Some(code) = &frame.code else { return false };
        let mut at = code.own_block().and_then(|b| b.parent);
        while let Some(index) = at {
            if index == outer.block {
                return true;
            }
            at = code.body.blocks.get(index).and_then(|b| b.parent);
        }
        false
    }

    fn instruction_at(&self, pc: VirtAddr) -> Option<Insn> {
        let mut code = [0; MAX_LEN];
        let n = self.process().ok()?.target.read_partial(pc, &mut code).ok()?;
        Insn::decode(code.get(..n)?, pc.0)
    }
}

/// Whether one frame lies further in on the stack than another.
fn is_deeper(inner: &FrameIdentity, outer: &FrameIdentity) -> bool {
    matches!((inner.cfa, outer.cfa), (Some(i), Some(o)) if i < o)
}
