//! Walking from a frame to its caller.

use super::code_map::{CodeMap, CodeRow};
use super::frame::{Frame, FrameHow, FramePc, SavedAt};
use super::guess::{Guess, guess, is_sigreturn};
use super::rule_cache::RuleCache;
use crate::arch::regs::{Gpr, Registers};
use crate::base::{Error, LoadBias, Memory, Result, VirtAddr, read_u64};
use crate::dwarf::{CfaRule, ExpressionHost, RegRule, evaluate};

/// Why a walk ended.
#[derive(Clone, Debug)]
pub enum StackEnd {
    /// There is no caller: `_start`, a thread's first function, a return address of 0, nothing that looks like a caller.
    Outermost,
    /// The next frame is not further out than this one.
    NotGrowing,
    /// The next frame is this one again.
    Repeats,
    /// Reading failed, or the tables are damaged.
    Failed(Error),
}

impl StackEnd {
    /// gdb's sentence after a backtrace that ended too early.
    pub fn sentence(&self) -> Option<String> {
        match self {
            StackEnd::Outermost => None,
            StackEnd::NotGrowing => Some("Backtrace stopped: previous frame inner to this frame (corrupt stack?)".to_owned()),
            StackEnd::Repeats => Some("Backtrace stopped: previous frame identical to this frame (corrupt stack?)".to_owned()),
            StackEnd::Failed(e) => Some(format!("Backtrace stopped: {e}")),
        }
    }
}

/// Walks one thread's stack at one stop.
pub struct Unwinder<'a> {
    memory: &'a dyn Memory,
    code: &'a dyn CodeMap,
    rules: &'a RuleCache,
}

/// A walk from the innermost frame outwards.
pub struct Walk<'u, 'a> {
    unwinder: &'u Unwinder<'a>,
    next: Option<Frame>,
    limit: usize,
    /// How many frames have been walked.
    pub count: usize,
    /// Why it has ended (`None`: the limit).
    pub end: Option<StackEnd>,
}

impl Iterator for Walk<'_, '_> {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        let frame = self.next.take()?;
        self.count += 1;
        if self.count < self.limit {
            match self.unwinder.caller(&frame) {
                Ok(caller) => self.next = Some(caller),
                Err(end) => self.end = Some(end),
            }
        }
        Some(frame)
    }
}

/// How to get from a frame to its caller.
enum Way {
    /// By the tables.
    Row(CodeRow),
    /// By the `ucontext_t` at rsp.
    Context,
    Guess(Guess),
}

/// The general registers of `ucontext_t` in memory's order, from `uc_mcontext.gregs[REG_R8]` on (sys/ucontext.h).
const CONTEXT: [Gpr; 18] = [
    Gpr::R8,
    Gpr::R9,
    Gpr::R10,
    Gpr::R11,
    Gpr::R12,
    Gpr::R13,
    Gpr::R14,
    Gpr::R15,
    Gpr::Rdi,
    Gpr::Rsi,
    Gpr::Rbp,
    Gpr::Rbx,
    Gpr::Rdx,
    Gpr::Rax,
    Gpr::Rcx,
    Gpr::Rsp,
    Gpr::Rip,
    Gpr::Eflags,
];
/// Offset of `uc_mcontext.gregs` in `ucontext_t`.
const CONTEXT_AT: u64 = 40;

impl<'a> Unwinder<'a> {
    /// An unwinder. `memory` is best a [`crate::base::PageCache`].
    pub fn new(memory: &'a dyn Memory, code: &'a dyn CodeMap, rules: &'a RuleCache) -> Unwinder<'a> {
        Unwinder { memory, code, rules }
    }

    /// The innermost frame of a thread with these registers.
    pub fn innermost(&self, registers: &Registers) -> Frame {
        let mut registers = *registers;
        let pc = self.code.original_pc(VirtAddr(registers.pc()));
        registers.set(Gpr::Rip, pc.0);
        self.frame(0, FramePc::Pc(pc), registers, SavedAt::default(), FrameHow::Innermost)
    }

    /// The caller's frame, or why there is none.
    pub fn caller(&self, frame: &Frame) -> Result<Frame, StackEnd> {
        let way = self.way(frame.pc, &frame.registers).ok_or(StackEnd::Outermost)?;
        let (how, interrupted) = match &way {
            Way::Row(row) if row.row.signal_frame => (FrameHow::Signal, true),
            Way::Row(_) => (FrameHow::Cfi, false),
            Way::Context => (FrameHow::Signal, true),
            Way::Guess(guess) => (guess.how, false),
        };
        let found = match &way {
            Way::Row(row) => self.by_row(frame, row),
            Way::Context => self.by_context(frame),
            Way::Guess(guess) => self.by_guess(frame, guess),
        };
        let (registers, saved) = found.map_err(StackEnd::Failed)?.ok_or(StackEnd::Outermost)?;
        // A signal may have interrupted a call of a null pointer; nothing else comes back to 0.
        let pc = VirtAddr(registers.get(Gpr::Rip).filter(|pc| *pc != 0 || interrupted).ok_or(StackEnd::Outermost)?);
        let pc = if interrupted { FramePc::Pc(self.code.original_pc(pc)) } else { FramePc::Return(pc) };
        let caller = self.frame(frame.level + 1, pc, registers, saved, how);
        check_order(frame, &caller, interrupted)?;
        Ok(caller)
    }

    /// The frames from the innermost outwards, at most `limit`, and why they ended (`None`: the limit).
    pub fn walk(&self, registers: &Registers, limit: usize) -> (Vec<Frame>, Option<StackEnd>) {
        let mut walk = self.frames(registers, limit);
        let frames = walk.by_ref().collect();
        (frames, walk.end)
    }

    /// The same one by one.
    pub fn frames(&self, registers: &Registers, limit: usize) -> Walk<'_, 'a> {
        Walk { unwinder: self, next: Some(self.innermost(registers)), limit: limit.max(1), count: 0, end: None }
    }

    fn frame(&self, level: usize, pc: FramePc, registers: Registers, saved: SavedAt, how: FrameHow) -> Frame {
        let way = self.way(pc, &registers);
        let is_signal_trampoline = match &way {
            Some(Way::Row(row)) => row.row.signal_frame,
            Some(Way::Context) => true,
            _ => false,
        };
        let cfa = match &way {
            // In `_start` rbp is 0 by the psABI and the rest undefined: its CFA means nothing (gdb shows 0).
            Some(Way::Row(row)) if row.row.is_outermost() => None,
            Some(Way::Row(row)) => self.cfa(row, &registers).ok(),
            Some(Way::Context) => self.context_word(&registers, Gpr::Rsp).ok().map(VirtAddr),
            Some(Way::Guess(guess)) => Some(guess.cfa),
            None => None,
        };
        Frame { level, pc, cfa, registers, saved, how, is_signal_trampoline, code: None }
    }

    fn way(&self, pc: FramePc, registers: &Registers) -> Option<Way> {
        let row = self.rules.row(self.code, pc.lookup());
        // The trampoline is a function of its own: in the midst of another, nothing needs to be read.
        let is_other = |r: &CodeRow| !r.row.signal_frame && pc.addr() < r.bias.to_virt(r.row.function_end);
        if !row.as_ref().is_some_and(is_other) && is_sigreturn(self.memory, pc.addr()) {
            return Some(Way::Context);
        }
        row.map(Way::Row).or_else(|| guess(self.memory, self.code, pc, registers).map(Way::Guess))
    }

    fn cfa(&self, row: &CodeRow, registers: &Registers) -> Result<VirtAddr> {
        match &row.row.cfa {
            CfaRule::Register { register, offset } => {
                let base = registers.get(*register).ok_or_else(|| Error::user("the frame's base register is not known"))?;
                Ok(VirtAddr(base.wrapping_add_signed(*offset)))
            }
            CfaRule::Expression(expression) => {
                let host = Host { registers, memory: self.memory, bias: row.bias };
                evaluate(expression, None, &host).map(VirtAddr)
            }
        }
    }

    fn by_row(&self, frame: &Frame, code_row: &CodeRow) -> Result<Option<Restored>> {
        let row = &*code_row.row;
        if row.is_outermost() {
            return Ok(None);
        }
        let cfa = self.cfa(code_row, &frame.registers)?;
        let host = Host { registers: &frame.registers, memory: self.memory, bias: code_row.bias };
        let (mut registers, mut saved) = unchanged(frame);
        for (number, rule) in (0u16..).zip(&row.rules) {
            let Some(register) = Gpr::from_dwarf(number) else { continue };
            let (value, at) = match rule {
                RegRule::Unspecified if register == Gpr::Rsp => (Some(cfa.0), None),
                RegRule::Unspecified if !is_preserved(register) => (None, None),
                RegRule::Unspecified | RegRule::SameValue => continue_with(frame, register),
                RegRule::Undefined => (None, None),
                RegRule::Offset(n) => self.saved_word(cfa.0.wrapping_add_signed(*n))?,
                RegRule::ValOffset(n) => (Some(cfa.0.wrapping_add_signed(*n)), None),
                RegRule::Register(other) => continue_with(frame, *other),
                RegRule::Expression(e) => self.saved_word(evaluate(e, Some(cfa.0), &host)?)?,
                RegRule::ValExpression(e) => (Some(evaluate(e, Some(cfa.0), &host)?), None),
                RegRule::Constant(n) => (Some(*n), None),
            };
            set(&mut registers, register, value);
            saved.set(register, at);
        }
        if let Some(other) = Gpr::from_dwarf(row.return_address).filter(|r| *r != Gpr::Rip) {
            let value = registers.get(other);
            set(&mut registers, Gpr::Rip, value);
        }
        Ok(Some((registers, saved)))
    }

    fn by_context(&self, frame: &Frame) -> Result<Option<Restored>> {
        let (mut registers, mut saved) = unchanged(frame);
        for register in CONTEXT {
            registers.set(register, self.context_word(&frame.registers, register)?);
            saved.set(register, context_address(&frame.registers, register));
        }
        Ok(Some((registers, saved)))
    }

    fn context_word(&self, registers: &Registers, register: Gpr) -> Result<u64> {
        let at = context_address(registers, register).ok_or_else(|| Error::user("the stack pointer is not known"))?;
        read_u64(self.memory, at)
    }

    fn by_guess(&self, frame: &Frame, guess: &Guess) -> Result<Option<Restored>> {
        let (mut registers, mut saved) = unchanged(frame);
        let mut save = |register: Gpr, (value, at): (Option<u64>, Option<VirtAddr>)| {
            set(&mut registers, register, value);
            saved.set(register, at);
        };
        save(Gpr::Rip, self.saved_word(guess.cfa.0.wrapping_sub(8))?);
        save(Gpr::Rsp, (Some(guess.cfa.0), None));
        if let Some(at) = guess.saved_rbp {
            save(Gpr::Rbp, self.saved_word(at.0)?);
        }
        // The function may have saved and changed them: nobody knows.
        for register in [Gpr::Rbx, Gpr::R12, Gpr::R13, Gpr::R14, Gpr::R15] {
            save(register, (None, None));
        }
        Ok(Some((registers, saved)))
    }

    fn saved_word(&self, at: u64) -> Result<(Option<u64>, Option<VirtAddr>)> {
        read_u64(self.memory, VirtAddr(at)).map(|value| (Some(value), Some(VirtAddr(at))))
    }
}

/// A caller's registers and where they are saved.
type Restored = (Registers, SavedAt);

/// What the caller has for sure: the segments. The rest is filled in.
fn unchanged(frame: &Frame) -> Restored {
    let mut registers = frame.registers;
    for register in CONTEXT {
        if !is_preserved(register) {
            registers.forget(register);
        }
    }
    registers.forget(Gpr::OrigRax);
    let mut saved = SavedAt::default();
    for register in PRESERVED {
        saved.set(register, frame.saved.get(register));
    }
    (registers, saved)
}

/// What functions leave as it was (psABI §3.2.1).
const PRESERVED: [Gpr; 6] = [Gpr::Rbx, Gpr::Rbp, Gpr::R12, Gpr::R13, Gpr::R14, Gpr::R15];

/// Whether a function leaves the register as it was (psABI §3.2.1).
fn is_preserved(register: Gpr) -> bool {
    PRESERVED.contains(&register)
}

fn continue_with(frame: &Frame, register: Gpr) -> (Option<u64>, Option<VirtAddr>) {
    (frame.registers.get(register), frame.saved_at(register))
}

fn set(registers: &mut Registers, register: Gpr, value: Option<u64>) {
    match value {
        Some(value) => registers.set(register, value),
        None => registers.forget(register),
    }
}

fn context_address(registers: &Registers, register: Gpr) -> Option<VirtAddr> {
    let index = CONTEXT.iter().position(|r| *r == register)? as u64;
    Some(VirtAddr(registers.get(Gpr::Rsp)?) + CONTEXT_AT + 8 * index)
}

/// A caller's frame lies further out; only a signal may have switched stacks.
fn check_order(frame: &Frame, caller: &Frame, interrupted: bool) -> Result<(), StackEnd> {
    let same_place = frame.registers.get(Gpr::Rsp) == caller.registers.get(Gpr::Rsp);
    if same_place && frame.pc.addr() == caller.pc.addr() {
        return Err(StackEnd::Repeats);
    }
    match (frame.cfa, caller.cfa) {
        (Some(inner), Some(outer)) if outer == inner && frame.pc.addr() == caller.pc.addr() => Err(StackEnd::Repeats),
        (Some(inner), Some(outer)) if outer < inner && !interrupted => Err(StackEnd::NotGrowing),
        _ => Ok(()),
    }
}

struct Host<'a> {
    registers: &'a Registers,
    memory: &'a dyn Memory,
    bias: LoadBias,
}

impl ExpressionHost for Host<'_> {
    fn register(&self, dwarf: u16) -> Option<u64> {
        self.registers.get(Gpr::from_dwarf(dwarf)?)
    }
    fn memory(&self) -> &dyn Memory {
        self.memory
    }
    fn load_bias(&self) -> LoadBias {
        self.bias
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::{FileAddr, SliceMemory};
    use crate::dwarf::UnwindRow;
    use std::cell::Cell;

    const CODE: u64 = 0x40_0000;
    const STACK: u64 = 0x7000_0000;

    /// Every function keeps rbp as -O0 does; its row says so, except from `bare` on.
    struct Code {
        looked_up: Cell<usize>,
        outermost: u64,
        bare: u64,
    }

    impl CodeMap for Code {
        fn unwind_row(&self, at: VirtAddr) -> Result<Option<CodeRow>> {
            self.looked_up.set(self.looked_up.get() + 1);
            if at.0 >= self.bare {
                return Ok(None);
            }
            let mut rules: [RegRule; 17] = Default::default();
            rules[6] = RegRule::Offset(-16);
            rules[16] = if at.0 >= self.outermost { RegRule::Undefined } else { RegRule::Offset(-8) };
            let row = UnwindRow {
                start: FileAddr(0),
                end: FileAddr(u64::MAX),
                function: FileAddr(0),
                function_end: FileAddr(u64::MAX),
                cfa: CfaRule::Register { register: Gpr::Rbp, offset: 16 },
                rules,
                return_address: 16,
                signal_frame: false,
                args_size: 0,
            };
            Ok(Some(CodeRow { row: Arc::new(row), bias: LoadBias(0) }))
        }
        fn function_start(&self, _: VirtAddr) -> Option<VirtAddr> {
            None
        }
        fn is_code(&self, at: VirtAddr) -> bool {
            (CODE..CODE + 0x10_0000).contains(&at.0)
        }
        fn generation(&self) -> u64 {
            1
        }
    }

    fn code(outermost: u64) -> Code {
        Code { looked_up: Cell::new(0), outermost, bare: u64::MAX }
    }

    /// A chain of frames of 32 bytes, each with its caller's rbp and return address on top.
    fn chain(frames: u64, last_rbp: u64) -> (SliceMemory, Registers) {
        let mut bytes = Vec::new();
        for i in 0..frames {
            let rbp = if i + 1 == frames { last_rbp } else { STACK + 32 * (i + 1) };
            let pc = if i + 1 == frames { CODE + 0x5000 } else { CODE + 0x100 };
            bytes.extend([rbp, pc, 0, 0].into_iter().flat_map(u64::to_le_bytes));
        }
        let mut registers = Registers::from_user([7; crate::arch::regs::GPR_COUNT]);
        registers.set(Gpr::Rip, CODE);
        registers.set(Gpr::Rbp, STACK);
        registers.set(Gpr::Rsp, STACK);
        (SliceMemory { start: VirtAddr(STACK), bytes }, registers)
    }

    #[test]
    fn a_deep_stack_looks_each_pc_up_once() {
        let (memory, registers) = chain(10_000, 0);
        let (code, rules) = (code(CODE + 0x4000), RuleCache::default());
        let (frames, end) = Unwinder::new(&memory, &code, &rules).walk(&registers, usize::MAX);
        assert_eq!(frames.len(), 10_001);
        assert!(matches!(end, Some(StackEnd::Outermost)), "{end:?}");
        assert_eq!(code.looked_up.get(), 3);
        assert_eq!(frames[5].cfa, Some(VirtAddr(STACK + 32 * 5 + 16)));
        assert_eq!(frames[5].saved_at(Gpr::Rbp), Some(VirtAddr(STACK + 32 * 4)));
        assert_eq!(frames[5].pc, FramePc::Return(VirtAddr(CODE + 0x100)));
        assert_eq!(Unwinder::new(&memory, &code, &rules).walk(&registers, 20).0.len(), 20);
    }

    #[test]
    fn only_what_the_abi_preserves_is_known_further_out() {
        let (memory, registers) = chain(3, 0);
        let (code, rules) = (code(CODE + 0x4000), RuleCache::default());
        let (frames, _) = Unwinder::new(&memory, &code, &rules).walk(&registers, 10);
        assert_eq!(frames[0].registers.get(Gpr::Rax), Some(7));
        assert_eq!(frames[1].registers.get(Gpr::Rax), None);
        assert_eq!(frames[1].registers.get(Gpr::Eflags), None);
        assert_eq!(frames[1].registers.get(Gpr::Rbx), Some(7));
        assert_eq!(frames[1].registers.get(Gpr::FsBase), Some(7));
        assert_eq!(frames[1].registers.get(Gpr::Rsp), Some(STACK + 16));
    }

    #[test]
    fn a_stack_that_turns_back_ends() {
        let (memory, registers) = chain(3, STACK);
        let (mut memory, code, rules) = (memory, code(u64::MAX), RuleCache::default());
        let (frames, end) = Unwinder::new(&memory, &code, &rules).walk(&registers, 100);
        assert_eq!(frames.len(), 3);
        assert!(matches!(end, Some(StackEnd::NotGrowing)), "{end:?}");
        memory.bytes.truncate(40);
        let (frames, end) = Unwinder::new(&memory, &code, &rules).walk(&registers, 100);
        assert_eq!(frames.len(), 2);
        let sentence = end.and_then(|e| e.sentence()).unwrap();
        assert_eq!(sentence, "Backtrace stopped: Cannot access memory at address 0x70000028");
    }

    #[test]
    fn a_return_address_of_zero_is_the_end() {
        let (mut memory, registers) = chain(2, 0);
        memory.bytes[40..48].fill(0);
        let (code, rules) = (code(u64::MAX), RuleCache::default());
        let (frames, end) = Unwinder::new(&memory, &code, &rules).walk(&registers, 100);
        assert_eq!(frames.len(), 2);
        assert!(matches!(end, Some(StackEnd::Outermost)), "{end:?}");
    }
}
