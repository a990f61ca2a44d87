//! The frames of the selected thread, walked as far as somebody asks and kept for one stop.

use std::cell::{Cell, RefCell};

use crate::base::{AddrRange, Error, MemoryMap, Need, PageCache, Result, Tid, VirtAddr};
use crate::stack::{Frame, ProcessCode, RuleCache, StackEnd, Unwinder};

use super::session::Session;

/// The frames that were walked so far, and the unwind rules that were used.
#[derive(Debug, Default)]
pub(super) struct FrameCache {
    walked: RefCell<Option<Walked>>,
    rules: RuleCache,
    /// Where `main` lies, for one generation of the modules.
    main: Cell<Option<(u64, Option<AddrRange>)>>,
}

#[derive(Debug)]
struct Walked {
    tid: Tid,
    generation: u64,
    frames: Vec<Frame>,
    end: Option<StackEnd>,
}

/// How many frames are walked beyond the one that was asked for: the reading is cheap, the beginning is not.
const AHEAD: usize = 16;

impl Session {
    /// Forgets the frames: something has run, or a register was written.
    pub(super) fn drop_frames(&mut self) {
        self.frames.walked.replace(None);
    }

    /// The frames of a thread, at most `limit`, and why they ended (`None`: the limit). They end at `main`, unless `set backtrace
    /// past-main` says otherwise.
    pub fn backtrace(&self, tid: Tid, limit: usize) -> Result<(Vec<Frame>, Option<StackEnd>)> {
        let limit = limit.min(self.settings.backtrace_limit.map_or(usize::MAX, |n| n as usize));
        let (mut frames, mut end) = self.walk(tid, limit)?;
        if let Some(at) = self.main_among(&frames) {
            frames.truncate(at + 1);
            end = Some(StackEnd::Outermost);
        }
        Ok((frames, end))
    }

    /// The first of these frames that is `main`'s, where a backtrace is to end there.
    fn main_among(&self, frames: &[Frame]) -> Option<usize> {
        if self.settings.backtrace_past_main || frames.is_empty() {
            return None;
        }
        let main = self.main_range()?;
        frames.iter().position(|f| main.contains(f.pc.lookup()))
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
        let (frames, _) = self.walk(tid, frame.level + 2).ok()?;
        frames.into_iter().nth(frame.level + 1)
    }

    fn walk(&self, tid: Tid, limit: usize) -> Result<(Vec<Frame>, Option<StackEnd>)> {
        self.require(Need::Stack)?;
        let process = self.process()?;
        let mut walked = self.frames.walked.borrow_mut();
        let fresh =
            |w: &Walked| w.tid == tid && w.generation == process.generation && (w.end.is_some() || w.frames.len() >= limit);
        if !walked.as_ref().is_some_and(fresh) {
            let registers = process.target.registers(tid)?;
            let maps = process.target.maps().unwrap_or_else(|_| MemoryMap::default());
            let original_pc = |pc: VirtAddr| process.sites.original_pc(pc).unwrap_or(pc);
            let code = ProcessCode { modules: &self.inferior.modules, maps: &maps, original_pc: &original_pc };
            let memory = PageCache::new(&*process.target);
            let unwinder = Unwinder::new(&memory, &code, &self.frames.rules);
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
            *walked = Some(Walked { tid, generation: process.generation, frames, end });
        }
        let Some(w) = walked.as_ref() else { return Err(Error::Needs(Need::Stack)) };
        let cut = w.frames.len() > limit;
        Ok((w.frames.iter().take(limit).cloned().collect(), w.end.clone().filter(|_| !cut)))
    }

    /// A frame of the selected thread.
    pub fn frame(&self, level: usize) -> Result<Frame> {
        let tid = self.selected_thread().map_err(|_| Error::Needs(Need::Stack))?;
        {
            let generation = self.process()?.generation;
            let walked = self.frames.walked.borrow();
            let known = walked.as_ref().filter(|w| w.tid == tid && w.generation == generation);
            if let Some(frame) = known.and_then(|w| w.frames.get(level))
                && known.is_some_and(|w| self.main_among(w.frames.get(..level).unwrap_or_default()).is_none())
            {
                return Ok(frame.clone());
            }
        }
        // The innermost frame needs no walk at all; others come in strides.
        let limit = if level == 0 { 1 } else { (level + AHEAD).next_power_of_two() };
        let (frames, _) = self.backtrace(tid, limit)?;
        frames.into_iter().nth(level).ok_or_else(|| Error::user(format!("No frame at level {level}.")))
    }

    /// The selected frame.
    pub fn selected_frame(&self) -> Result<Frame> {
        self.frame(self.selection.level)
    }
}
