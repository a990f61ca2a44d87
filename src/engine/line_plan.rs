//! Stepping by source lines without stepping: the thread runs, and int3s stand where it can leave the line.

use std::fmt;
use std::rc::Rc;

use crate::base::{AddrRange, Error, Result, Tid, VirtAddr, read_u64};

use super::control::Arrival;
use super::exits::{Exits, exits};
use super::session::Session;
use super::step::{Plan, Return};
use super::stop::StopReason;

/// What a plan asks of the line tables.
pub trait LineOracle {
    /// All ranges of the line at `pc` in its function; `None` where there is no line.
    fn line_ranges(&self, pc: VirtAddr) -> Option<Vec<AddrRange>>;
    /// Whether code has line information.
    fn has_line(&self, pc: VirtAddr) -> bool;
    /// Whether a statement begins exactly here (DWARF5 §6.2.2, `is_stmt`).
    fn is_statement(&self, pc: VirtAddr) -> bool;
    /// Where the body of the function that begins here begins; `function` itself where that is not known.
    fn after_prologue(&self, function: VirtAddr) -> VirtAddr;
    /// The function that a PLT stub leads to; `None` for what is no stub.
    fn through_stub(&self, _stub: VirtAddr) -> Option<VirtAddr> {
        None
    }
}

/// A shared [`LineOracle`].
#[derive(Clone)]
pub struct Lines(pub Rc<dyn LineOracle>);

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lines")
    }
}

/// A plan to run to the beginning of another line.
#[derive(Clone, Debug)]
pub struct LinePlan {
    pub(super) tid: Tid,
    /// How many lines are left, at least 1.
    left: u64,
    /// Calls of functions with lines are followed (`step`); otherwise they run through (`next`).
    into_calls: bool,
    lines: Lines,
    ranges: Vec<AddrRange>,
    /// The frame that is stepped.
    cfa: Option<VirtAddr>,
    /// Its stack pointer at the start.
    sp: u64,
    exits: Exits,
    /// One more place: behind the prologue of a function that was entered, or its return address. It may return without having
    /// been there: then the exits count again.
    bound: Option<Return>,
    pub(super) stepping: bool,
}

impl LinePlan {
    /// The places at which it wants to know.
    pub(super) fn places(&self) -> impl Iterator<Item = Return> {
        let exits = self.exits.outside.iter().chain(&self.exits.undecided);
        exits.map(|addr| Return::at(*addr)).chain(self.bound)
    }

    fn find_exits(&mut self, session: &Session) -> Result<()> {
        let lines = &self.lines.0;
        let is_worth_it = |to: VirtAddr| lines.has_line(lines.through_stub(to).unwrap_or(to));
        let follows = |to: Option<VirtAddr>| self.into_calls && to.is_none_or(is_worth_it);
        self.exits = exits(&*session.process()?.target, &self.ranges, &follows);
        Ok(())
    }
}

/// An activation, as seen from the one that is stepped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Activation {
    Deeper,
    Same,
    Outer,
}

impl Session {
    /// A plan for `step` and `next`: the thread runs to the beginning of another statement, `count` times. [`Error::User`] where
    /// it stands in no line.
    pub fn line_plan(&mut self, tid: Tid, count: u64, into_calls: bool, lines: Lines) -> Result<Plan> {
        let pc = self.process()?.target.pc(tid)?;
        let ranges = lines.0.line_ranges(pc).ok_or_else(|| Error::user("There is no line here."))?;
        let (exits, bound) = (Exits::default(), None);
        let plan =
            LinePlan { tid, left: count.max(1), into_calls, lines, ranges, cfa: None, sp: 0, exits, bound, stepping: false };
        self.begin_line(plan, pc).map(Plan::Lines)
    }

    /// The same plan, at the start of its line.
    fn begin_line(&mut self, mut plan: LinePlan, pc: VirtAddr) -> Result<LinePlan> {
        plan.cfa = self.cfa_of(plan.tid);
        plan.sp = self.process()?.target.registers(plan.tid)?.sp();
        plan.bound = None;
        plan.find_exits(self)?;
        plan.stepping = plan.exits.undecided.contains(&pc);
        Ok(plan)
    }

    fn cfa_of(&mut self, tid: Tid) -> Option<VirtAddr> {
        self.in_thread(tid, |session| session.frame(0)).ok()?.cfa
    }

    /// Which activation a thread is in. The frame is unwound only where the stack pointer alone does not tell.
    fn activation(&mut self, plan: &LinePlan) -> Result<Activation> {
        let sp = self.process()?.target.registers(plan.tid)?.sp();
        Ok(match plan.cfa {
            Some(cfa) if sp >= cfa.0 => Activation::Outer,
            _ if sp >= plan.sp => Activation::Same,
            Some(cfa) if self.cfa_of(plan.tid) == Some(cfa) => Activation::Same,
            _ => Activation::Deeper,
        })
    }

    fn lines_in_force(&self) -> Result<Option<LinePlan>> {
        Ok(match &self.process()?.plan {
            Some(Plan::Lines(plan)) => Some(plan.clone()),
            _ => None,
        })
    }

    /// One of the plan's places was reached. `None`: the thread goes on.
    pub(super) fn line_place_reached(&mut self, at: VirtAddr) -> Result<Option<Arrival>> {
        let Some(plan) = self.lines_in_force()? else { return Ok(None) };
        if plan.bound.is_some_and(|b| b.addr == at) {
            let stops = self.line_done(plan, at)?.is_some();
            let steps = self.process()?.plan.as_ref().is_some_and(Plan::is_stepping);
            return Ok(if stops { Some(Arrival::Stop) } else { steps.then_some(Arrival::Step) });
        }
        if self.activation(&plan)? == Activation::Deeper {
            return Ok(None);
        }
        if plan.exits.undecided.contains(&at) {
            self.follow(LinePlan { stepping: true, bound: None, ..plan })?;
            return Ok(Some(Arrival::Step));
        }
        if self.line_moved(plan.tid)?.is_some() {
            return Ok(Some(Arrival::Stop));
        }
        let steps = self.process()?.plan.as_ref().is_some_and(Plan::is_stepping);
        Ok(steps.then_some(Arrival::Step))
    }

    /// The thread has run an undecided instruction, or has left the line: whether that stops it.
    pub(super) fn line_moved(&mut self, tid: Tid) -> Result<Option<StopReason>> {
        let Some(mut plan) = self.lines_in_force()?.filter(|p| p.tid == tid) else { return Ok(None) };
        let pc = self.process()?.target.pc(tid)?;
        let lines = plan.lines.clone();
        plan.stepping = false;
        plan.bound = None;
        match self.activation(&plan)? {
            // Back in the midst of the statement that called: to its end, as gdb does.
            Activation::Outer => match lines.0.line_ranges(pc).filter(|_| !lines.0.is_statement(pc)) {
                Some(ranges) => {
                    plan.ranges = vec![rest_of(&ranges, pc)];
                    plan = self.begin_line(plan, pc)?;
                }
                None => return self.line_done(plan, pc),
            },
            Activation::Same if plan.ranges.iter().any(|r| r.contains(pc)) => {
                plan.stepping = plan.exits.undecided.contains(&pc);
            }
            Activation::Same if lines.0.is_statement(pc) => return self.line_done(plan, pc),
            Activation::Same => match lines.0.line_ranges(pc) {
                // In the midst of another statement, as after optimisation: on to where one begins, as gdb does. That may be
                // this line's own beginning, elsewhere.
                Some(more) => {
                    plan.ranges.push(rest_of(&more, pc));
                    plan.find_exits(self)?;
                    plan.stepping = plan.exits.undecided.contains(&pc);
                }
                // A tail call of code without lines: on to where that returns to.
                None => {
                    let target = &self.process()?.target;
                    let sp = target.registers(tid)?.sp();
                    let back = read_u64(&**target, VirtAddr(sp)).ok().map(VirtAddr);
                    plan.bound = back.map(|addr| Return { min_sp: sp.wrapping_add(8), ..Return::at(addr) });
                }
            },
            Activation::Deeper => {
                let entered = lines.0.through_stub(pc).unwrap_or(pc);
                if plan.into_calls && lines.0.has_line(entered) {
                    let body = lines.0.after_prologue(entered);
                    if body == pc {
                        return self.line_done(plan, pc);
                    }
                    plan.bound = Some(Return::at(body));
                }
            }
        }
        self.follow(plan)?;
        Ok(None)
    }

    /// One line is done: the plan stops, or begins with the next one.
    fn line_done(&mut self, mut plan: LinePlan, pc: VirtAddr) -> Result<Option<StopReason>> {
        plan.left -= 1;
        let ranges = plan.lines.0.line_ranges(pc).filter(|_| plan.left > 0);
        let Some(ranges) = ranges else { return Ok(Some(StopReason::Arrived)) };
        plan.ranges = ranges;
        let plan = self.begin_line(plan, pc)?;
        self.follow(plan)?;
        Ok(None)
    }

    fn follow(&mut self, plan: LinePlan) -> Result<()> {
        self.process_mut()?.plan = Some(Plan::Lines(plan));
        self.sync_sites()
    }
}

/// What follows `pc` in the range that it is in.
fn rest_of(ranges: &[AddrRange], pc: VirtAddr) -> AddrRange {
    AddrRange::new(pc, ranges.iter().find(|r| r.contains(pc)).map_or(pc + 1, |r| r.end))
}
