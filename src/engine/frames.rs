//! The frames of the selected thread, walked as far as somebody asks and kept for one stop.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::arch::regs::Gpr;
use crate::base::{AddrRange, Error, MemoryMap, Need, PageCache, Result, Tid, VirtAddr};
use crate::dwarf::{BlockKind, DieRef, LineFile};
use crate::stack::{Frame, FrameCode, FrameHow, FramePc, Frames, ProcessCode, StackEnd, Unwinder};

use super::frame_cache::Walked;
use super::frame_identity::FrameIdentity;
use super::session::Session;

/// How many frames are walked beyond the one that was asked for: the reading is cheap, the beginning is not.
const AHEAD: usize = 16;

/// Which of the inlined calls that begin at a thread's pc it has entered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Entered {
    /// None.
    None,
    /// All.
    All,
    /// The copy of this function, and what that is in.
    CopyOf(DieRef),
}

/// The source line that belongs to a frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FrameSource {
    /// The file.
    pub file: LineFile,
    /// The line, from 1.
    pub line: u32,
    /// The pc lies inside the line's code, or behind a call in it: its address is worth showing.
    pub shows_pc: bool,
}

impl Session {
    /// Forgets the frames: something has run, or a register was written.
    pub fn drop_frames(&mut self) {
        self.frames.walked.replace(None);
    }

    /// The frames of a thread, at most `limit`, and why they ended (`None`: the limit). They end at `main`, unless `set backtrace
    /// past-main` says otherwise.
    pub fn backtrace(&self, tid: Tid, limit: usize) -> Result<(Frames, Option<StackEnd>)> {
        let limit = limit.min(self.settings.backtrace_limit.map_or(usize::MAX, |n| n as usize));
        self.walked(tid, limit, |w| match w.main {
            Some(at) if at < limit => (Frames::first(&w.frames, at + 1), Some(StackEnd::Outermost)),
            _ => (Frames::first(&w.frames, limit), w.end.clone().filter(|_| w.frames.len() <= limit)),
        })
    }

    /// All frames of a thread, however few of them the user wants to see.
    pub(super) fn all_frames(&self, tid: Tid) -> Result<Frames> {
        self.walked(tid, usize::MAX, |w| Frames::first(&w.frames, usize::MAX))
    }

    /// Whether a frame is that of `main`'s, and a backtrace is to end there.
    pub(super) fn ends_backtrace(&self, frame: &Frame) -> bool {
        !self.settings.backtrace_past_main && self.main_range().is_some_and(|main| is_of(frame, main))
    }

    /// Where the program's `main` lies.
    fn main_range(&self) -> Option<AddrRange> {
        let modules = &self.inferior.modules;
        if let Some((generation, main)) = self.frames.main.get()
            && generation == modules.generation()
        {
            return main;
        }
        let find = || {
            let start = modules.main()?.address_of("main")?;
            Some(AddrRange::with_len(start, modules.locate(start)?.size.max(1)))
        };
        let main = find();
        self.frames.main.set(Some((modules.generation(), main)));
        main
    }

    /// The caller of a frame of the selected thread, also of `main`.
    pub fn frame_beyond(&self, frame: &Frame) -> Option<Frame> {
        let tid = self.selected_thread().ok()?;
        let wanted = frame.level + 1;
        let generation = self.process().ok()?.generation;
        {
            // Whoever asks for one asks for all of them in turn.
            let walked = self.frames.walked.borrow();
            if let Some(known) = walked.as_ref().filter(|w| w.is_of(tid, generation, self.settings.backtrace_past_main))
                && (known.end.is_some() || known.frames.len() > wanted)
            {
                return known.frames.get(wanted).cloned();
            }
        }
        self.walked(tid, (wanted + AHEAD).next_power_of_two(), |w| w.frames.get(wanted).cloned()).ok()?
    }

    /// At most so many frames, also beyond `main`.
    pub(super) fn walk(&self, tid: Tid, limit: usize) -> Result<Frames> {
        self.walked(tid, limit, |w| Frames::first(&w.frames, limit))
    }

    /// At least this many frames, not counting inlined calls, which stand between them.
    pub(super) fn innermost_frames(&self, tid: Tid, physical: usize) -> Result<Frames> {
        self.walked(tid, physical, |w| Frames::first(&w.frames, usize::MAX))
    }

    /// Looks at the frames once so many are known, not counting inlined calls.
    fn walked<T>(&self, tid: Tid, limit: usize, look: impl FnOnce(&Walked) -> T) -> Result<T> {
        self.require(Need::Stack)?;
        let process = self.process()?;
        let past_main = self.settings.backtrace_past_main;
        let mut walked = self.frames.walked.borrow_mut();
        let own = walked.take().filter(|w| w.is_of(tid, process.generation, past_main));
        let known = match own {
            Some(known) if known.end.is_some() || known.physical >= limit => known,
            // Who has come back for more will come again.
            known => self.walk_anew(tid, if known.is_some() { limit.saturating_mul(4).max(AHEAD) } else { limit })?,
        };
        Ok(look(walked.insert(known)))
    }

    fn walk_anew(&self, tid: Tid, limit: usize) -> Result<Walked> {
        let process = self.process()?;
        let registers = process.target.registers(tid)?;
        let maps = OnceCell::new();
        // Read only where code belongs to no module.
        let is_mapped_code = |at: VirtAddr| {
            let maps: &MemoryMap = maps.get_or_init(|| process.target.maps().unwrap_or_default());
            maps.at(at).is_some_and(|m| m.perms.exec)
        };
        let original_pc = |pc: VirtAddr| process.sites.original_pc(pc).unwrap_or(pc);
        let code = ProcessCode { modules: &self.inferior.modules, is_mapped_code: &is_mapped_code, original_pc: &original_pc };
        let memory = PageCache::new(&*process.target);
        let unwinder = Unwinder::new(&memory, &code, &self.frames.rules);
        let walked = |(frames, main): (Vec<Frame>, Option<usize>), physical, end| {
            let past_main = self.settings.backtrace_past_main;
            Walked { tid, generation: process.generation, frames: Rc::new(frames), main, past_main, physical, end }
        };
        if process.calls.is_empty() {
            let mut walk = unwinder.frames(&registers, limit);
            let frames = self.with_inlined(&mut walk);
            return Ok(walked(frames, walk.count, walk.end));
        }
        let (mut frames, mut end) = unwinder.walk(&registers, limit);
        let mut level = 0;
        // What a call has interrupted begins anew, with the registers of that time.
        while let Some(registers) = self.split_at_call(tid, level, &mut frames, end.is_some()) {
            level = frames.len();
            end = None;
            if level >= limit {
                break;
            }
            let (outer, outer_end) = unwinder.walk(&registers, limit - level);
            frames.extend(outer.into_iter().map(|f| Frame { level: f.level + level, ..f }));
            end = outer_end;
        }
        let physical = frames.len();
        Ok(walked(self.with_inlined(frames.into_iter()), physical, end))
    }

    /// Whose code is at a pc, the innermost inlined call first; empty without debug information.
    fn code_at(&self, pc: FramePc) -> Arc<[FrameCode]> {
        let modules = &self.inferior.modules;
        let mut known = self.frames.code.borrow_mut();
        if known.0 != modules.generation() {
            *known = (modules.generation(), HashMap::new());
        }
        let at = pc.lookup();
        known
            .1
            .entry(at)
            .or_insert_with(|| {
                let Some((function, body, around)) = modules.at(at).and_then(|m| m.function_body(at)) else {
                    return Arc::new([]);
                };
                let innermost = around.first().copied().unwrap_or(0);
                let mut callee = None;
                let own = |b: &usize| *b == 0 || body.blocks.get(*b).is_some_and(|b| b.is_inlined());
                let mut codes: Vec<FrameCode> = Vec::new();
                for block in around.into_iter().filter(own) {
                    let (function, body) = (function.clone(), body.clone());
                    codes.push(FrameCode { function, body, block, innermost, callee });
                    callee = Some(block);
                }
                codes.into()
            })
            .clone()
    }

    /// The frames with those of inlined calls between them, and those of functions that have left by tail calls; and which of
    /// them is `main`'s, if backtraces are to end there: what called it is not looked up in the C library's debug information.
    fn with_inlined(&self, frames: impl Iterator<Item = Frame>) -> (Vec<Frame>, Option<usize>) {
        let mut all: Vec<Frame> = Vec::new();
        let mut main = None;
        let mut frames = frames.peekable();
        while let Some(frame) = frames.next() {
            if main.is_some() {
                all.push(Frame { level: all.len(), ..frame });
                continue;
            }
            let codes = self.code_at(frame.pc);
            let skipped = if frame.level == 0 { self.frames.not_entered.get().min(codes.len().saturating_sub(1)) } else { 0 };
            let is_last = self.ends_backtrace(&frame);
            let caller = frames.peek().filter(|_| !is_last);
            let gone = caller.map(|caller| self.left_by_tail_calls(&frame, caller)).unwrap_or_default();
            push_codes(&mut all, frame, codes.get(skipped..).unwrap_or_default());
            main = is_last.then(|| all.len() - 1);
            for gone in gone {
                let codes = self.code_at(gone.pc);
                push_codes(&mut all, gone, &codes);
            }
        }
        (all, main)
    }

    /// The frames that are gone between a frame and the one that its function returns to, the innermost first.
    fn left_by_tail_calls(&self, frame: &Frame, caller: &Frame) -> Vec<Frame> {
        let (FramePc::Return(returns_to), FrameHow::Cfi, Some(cfa)) = (caller.pc, caller.how, frame.cfa) else {
            return Vec::new();
        };
        let pcs = self.frames.tail_calls.left(&self.inferior.modules, returns_to, frame.pc.lookup());
        let gone = pcs.iter().map(|pc| {
            // The jump was made with the return address on top.
            let mut registers = caller.registers;
            registers.set(Gpr::Rip, pc.0);
            registers.set(Gpr::Rsp, (cfa - 8).0);
            Frame { pc: FramePc::Return(*pc), cfa: frame.cfa, registers, how: FrameHow::TailCall, ..caller.clone() }
        });
        gone.collect()
    }

    /// After a stop: a thread at the first instruction of inlined calls has not entered them yet, unless a breakpoint on one of
    /// them stopped it: then those in that one.
    pub(super) fn stand_before_inlined(&mut self, pc: VirtAddr, entered: Entered) {
        let codes = self.code_at(FramePc::Pc(pc));
        let at = self.inferior.modules.at(pc).map(|m| m.to_file(pc));
        let begins = |c: &&FrameCode| c.is_inlined() && c.own_block().zip(at).is_some_and(|(b, at)| b.begins_at(at));
        let is_entered = |c: &&FrameCode| match (entered, c.own_block().map(|b| &b.kind)) {
            (Entered::All, _) => true,
            (Entered::CopyOf(function), Some(BlockKind::Inlined { origin, .. })) => *origin == function,
            _ => false,
        };
        let count = codes.iter().take_while(begins).take_while(|c| !is_entered(c)).count();
        self.frames.not_entered.set(count);
        self.drop_frames();
    }

    /// What tells this frame's activation from others.
    pub fn identity(&self, frame: &Frame) -> FrameIdentity {
        let at = frame.pc.lookup();
        let symbol = || self.inferior.modules.symbolize(at).filter(|l| l.is_code).map(|l| l.start);
        let by_debug = frame.code.as_ref().zip(self.inferior.modules.at(at)).map(|(c, m)| m.virt(c.function.entry));
        FrameIdentity { cfa: frame.cfa, function: by_debug.or_else(symbol), block: frame.code.as_ref().map_or(0, |c| c.block) }
    }

    /// The source line of a frame: that of its pc, or of the inlined call that it is in the middle of.
    pub fn frame_source(&self, frame: &Frame) -> Option<FrameSource> {
        let module = self.inferior.modules.at(frame.pc.lookup())?;
        if let Some(code) = frame.code.as_ref().filter(|c| c.callee.is_some()) {
            let (file, line) = module.declared_at(code.call_line()?)?;
            return Some(FrameSource { file, line, shows_pc: false });
        }
        let found = module.source_line(frame.pc.lookup())?;
        Some(FrameSource { file: found.file, line: found.line, shows_pc: found.range.start != frame.pc.addr() || !found.is_stmt })
    }

    /// A frame of the selected thread.
    pub fn frame(&self, level: usize) -> Result<Frame> {
        let tid = self.selected_thread().map_err(|_| Error::Needs(Need::Stack))?;
        self.require(Need::Stack)?;
        {
            let generation = self.process()?.generation;
            let walked = self.frames.walked.borrow();
            let known = walked.as_ref().filter(|w| w.is_of(tid, generation, self.settings.backtrace_past_main));
            if let Some(frame) = known.filter(|w| w.main.is_none_or(|main| level <= main)).and_then(|w| w.frames.get(level)) {
                return Ok(frame.clone());
            }
        }
        // The innermost frame needs no walk at all; others come in strides.
        let limit = if level == 0 { 1 } else { (level + AHEAD).next_power_of_two() };
        let (frames, _) = self.backtrace(tid, limit)?;
        frames.get(level).cloned().ok_or_else(|| Error::user(format!("No frame at level {level}.")))
    }

    /// The address by which the selected frame's code is looked up. Of the innermost frame nothing is unwound for it: conditions
    /// ask for it at each hit.
    pub(super) fn selected_pc(&self) -> Option<VirtAddr> {
        if self.selection.level > 0 {
            return self.selected_frame().ok().map(|f| f.pc.lookup());
        }
        let process = self.inferior.process.as_ref()?;
        let pc = process.target.pc(self.selection.tid?).ok()?;
        Some(process.sites.original_pc(pc).unwrap_or(pc))
    }

    /// The selected frame.
    pub fn selected_frame(&self) -> Result<Frame> {
        self.frame(self.selection.level)
    }
}

/// Whether a frame is that of the function whose code this is, and of no inlined call in it.
fn is_of(frame: &Frame, function: AddrRange) -> bool {
    function.contains(frame.pc.lookup()) && frame.code.as_ref().is_none_or(|c| !c.is_inlined())
}

/// A frame as often as there are inlined calls around its pc, and once more for its function.
fn push_codes(all: &mut Vec<Frame>, frame: Frame, codes: &[FrameCode]) {
    let (last, inlined) = codes.split_last().map_or((None, codes), |(last, inlined)| (Some(last), inlined));
    for code in inlined {
        all.push(Frame { level: all.len(), code: Some(code.clone()), ..frame.clone() });
    }
    all.push(Frame { level: all.len(), code: last.cloned(), ..frame });
}
