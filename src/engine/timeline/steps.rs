//! The instructions that a load runs: counted in one more run of it, one step at a time from the first instruction to `main`, and
//! through each lazy bind after that.

use std::collections::HashMap;

use crate::base::{Error, Memory, Result, Tid, VirtAddr, read_u64};
use crate::os::spawn::Launch;
use crate::target::{Control, Event, Live, RawStop, ResumeAction, SystemCalls, Target, Trap, TrapKind};

/// Places that the first run has found: without randomisation they are where they were.
#[derive(Clone, Debug, Default)]
pub struct Landmarks {
    /// Where the first instruction was.
    pub first: Option<VirtAddr>,
    /// The program's entry point.
    pub entry: Option<VirtAddr>,
    /// `main`.
    pub main: Option<VirtAddr>,
    /// PLT0 of every module that binds lazily.
    pub heads: Vec<VirtAddr>,
    /// Where ld.so tells that it has loaded something.
    pub brk: Option<VirtAddr>,
}

/// What instructions belong to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// From the first instruction to the program's entry point.
    Load,
    /// From there to `main`.
    Start,
    /// A lazy bind: the PLT0 that it passes, and the index of the slot's relocation.
    Bind(VirtAddr, u64),
}

/// How often each instruction of a part has run, by address.
#[derive(Clone, Debug)]
pub struct Counted {
    /// The part.
    pub part: Part,
    /// The counts.
    pub counts: HashMap<u64, u64>,
}

/// A run that is being counted.
#[derive(Debug)]
pub struct Walk {
    live: Live,
    pid: Tid,
    marks: Landmarks,
    now: Counted,
    /// What is complete.
    pub parts: Vec<Counted>,
    /// Instructions so far.
    pub total: u64,
    /// Whether each instruction is stopped after.
    steps: bool,
    /// In a bind: the stack pointer with which the function is entered.
    leaves_with: Option<u64>,
    is_planted: bool,
}

/// So many instructions are run before somebody may look how far they are.
const AT_ONCE: usize = 20_000;

impl Walk {
    /// Starts the program once more.
    pub fn begin(what: &Launch, marks: Landmarks) -> Result<Walk> {
        let (mut live, _) = Live::launch(what)?;
        let pid = live.pid();
        if marks.first.is_none_or(|first| live.pc(pid).ok() != Some(first)) {
            live.kill()?;
            return Err(Error::user("the program lies elsewhere in each run: its addresses are random"));
        }
        live.set_modes(SystemCalls::None, true);
        let part = if marks.first == marks.entry { Part::Start } else { Part::Load };
        let now = Counted { part, counts: HashMap::new() };
        Ok(Walk { live, pid, marks, now, parts: Vec::new(), total: 0, steps: true, leaves_with: None, is_planted: false })
    }

    /// The process.
    pub fn pid(&self) -> Tid {
        self.pid
    }

    /// Goes on for a while; true at the end of the program.
    pub fn go_on(&mut self) -> Result<bool> {
        for _ in 0..AT_ONCE {
            let is_over = if self.steps { self.step()? } else { self.event(None)? };
            if is_over {
                self.next_part(Part::Load);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What was counted is complete, and something else begins.
    fn next_part(&mut self, part: Part) {
        let done = std::mem::replace(&mut self.now, Counted { part, counts: HashMap::new() });
        if !done.counts.is_empty() {
            self.parts.push(done);
        }
    }

    /// Runs one instruction; true at the end of the program.
    fn step(&mut self) -> Result<bool> {
        let pc = self.live.pc(self.pid)?;
        if self.now.part == Part::Load && Some(pc) == self.marks.entry {
            self.next_part(Part::Start);
        }
        if Some(pc) == self.marks.main && self.now.part == Part::Start {
            return self.run_freely();
        }
        let sp = self.live.registers(self.pid)?.sp();
        // The resolver has put the stack back: what it runs now is its jump to the function.
        let is_last = self.leaves_with == Some(sp);
        self.total += 1;
        *self.now.counts.entry(pc.0).or_default() += 1;
        let is_over = self.step_past(pc)?;
        if is_last && !is_over {
            return self.run_freely();
        }
        Ok(is_over)
    }

    /// Runs the instruction at `pc`.
    ///
    /// *Folklore*: a string instruction with a `rep` prefix stops after each of its turns; it is one instruction all the same.
    fn step_past(&mut self, pc: VirtAddr) -> Result<bool> {
        loop {
            self.live.resume(self.pid, ResumeAction::Step(None))?;
            if self.event(Some(self.pid))? {
                return Ok(true);
            }
            if !self.steps || self.live.pc(self.pid)? != pc || !self.repeats(pc) {
                return Ok(false);
            }
        }
    }

    fn repeats(&self, pc: VirtAddr) -> bool {
        let mut code = [0; 4];
        self.live.read(pc, &mut code).is_ok() && matches!(code[0], 0xf2 | 0xf3) && {
            let opcode = if code[1] & 0xf0 == 0x40 { code[2] } else { code[1] };
            matches!(opcode, 0xa4..=0xa7 | 0xaa..=0xaf | 0x6c..=0x6f)
        }
    }

    /// From here on only binds are counted.
    fn run_freely(&mut self) -> Result<bool> {
        self.next_part(Part::Start);
        (self.steps, self.leaves_with) = (false, None);
        self.plant(true);
        self.live.resume(self.pid, ResumeAction::Continue(None))?;
        Ok(false)
    }

    /// Plants int3s at what is mapped of the places, or takes them out.
    fn plant(&mut self, plants: bool) {
        self.is_planted = plants;
        for addr in self.marks.heads.iter().chain(&self.marks.brk).copied() {
            let trap = Trap { addr, kind: TrapKind::Int3 };
            // What is not mapped yet is tried again when ld.so has loaded more.
            let _ = if plants { self.live.insert(trap) } else { self.live.remove(trap) };
        }
    }

    /// Waits for the next event, or for the end of the step of a thread; true at the end of the program.
    fn event(&mut self, stepped: Option<Tid>) -> Result<bool> {
        loop {
            let Event { tid, what } = self.live.wait()?;
            let goes_on = |signal| match stepped {
                Some(of) if of == tid => ResumeAction::Step(signal),
                _ => ResumeAction::Continue(signal),
            };
            match what {
                RawStop::Stepped if stepped == Some(tid) => return Ok(false),
                RawStop::Exited(_) | RawStop::Killed(_) => return Ok(true),
                // The rest is another program's.
                RawStop::Exec(_) => {
                    self.live.detach(&Default::default())?;
                    return Ok(true);
                }
                RawStop::Int3(at) => {
                    if self.reached(tid, at)? {
                        return Ok(false);
                    }
                }
                RawStop::Signal(signal) => self.go(tid, goes_on(Some(signal)))?,
                RawStop::Clone(child) => {
                    self.go(child, ResumeAction::Continue(None))?;
                    self.go(tid, goes_on(None))?;
                }
                RawStop::GroupStop(_) => self.live.stay_in_group_stop(tid)?,
                RawStop::ThreadExited => {}
                _ => self.go(tid, goes_on(None))?,
            }
        }
    }

    fn go(&mut self, tid: Tid, action: ResumeAction) -> Result<()> {
        match self.live.resume(tid, action) {
            Err(Error::Gone) => Ok(()),
            other => other,
        }
    }

    /// A thread has come to an int3; true where a bind begins by it.
    fn reached(&mut self, tid: Tid, at: VirtAddr) -> Result<bool> {
        if tid == self.pid && self.marks.heads.contains(&at) {
            let sp = self.live.registers(tid)?.sp();
            let index = read_u64(&self.live, VirtAddr(sp)).unwrap_or_default();
            self.next_part(Part::Bind(at, index));
            // The index goes, the return address stays (psABI 5.2).
            (self.steps, self.leaves_with) = (true, Some(sp.wrapping_add(8)));
            self.plant(false);
            return Ok(true);
        }
        let trap = Trap { addr: at, kind: TrapKind::Int3 };
        self.live.remove(trap)?;
        self.live.resume(tid, ResumeAction::Step(None))?;
        let mut left = Vec::new();
        let stepped = loop {
            match self.live.wait()? {
                Event { tid: of, what: RawStop::Stepped } if of == tid => break true,
                event if event.tid == tid || matches!(event.what, RawStop::Exited(_) | RawStop::Killed(_)) => {
                    left.push(event);
                    break false;
                }
                event => left.push(event),
            }
        };
        left.into_iter().for_each(|e| self.live.postpone(e));
        if self.is_planted {
            self.plant(true);
        }
        if stepped {
            self.go(tid, ResumeAction::Continue(None))?;
        }
        Ok(false)
    }

    /// Ends the run, wherever it is.
    pub fn kill(&mut self) {
        // It may have ended.
        let _ = self.live.kill();
    }
}
