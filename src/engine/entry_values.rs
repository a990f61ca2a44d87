//! Values at the entry of functions, as their callers tell them: found once for each frame, however often frames further in ask.

use crate::base::Result;
use crate::dwarf::EntryOf;
use crate::stack::FramePc;

use super::frame_host::FrameHost;

/// So many callers are asked within one another; who needs more begins at the outermost of them.
const MAX_NESTED: u32 = 32;
/// How far out what a caller tells may depend on what its callers tell, in such strides.
const MAX_STRIDES: usize = 1 << 10;

impl FrameHost<'_> {
    /// What something was when the frame's function was entered; `None` where its caller does not tell.
    pub(super) fn at_entry(&self, of: EntryOf) -> Result<Option<u64>> {
        let Some(frame) = self.frame.filter(|f| f.cfa.is_some()) else { return Ok(None) };
        let entries = &self.session.frames.entries;
        let question = (self.session.identity(frame), of);
        if self.depth == 0 {
            let session = self.session;
            entries.refresh((session.selected_thread()?, session.process()?.generation), session.resumes);
        }
        if let Some(known) = entries.get(&question) {
            return Ok(known);
        }
        if self.depth >= MAX_NESTED {
            entries.wanted.set(Some((frame.level, of)));
            return Ok(None);
        }
        if self.depth == 0 {
            entries.wanted.set(None);
        }
        let value = self.passed(of)?;
        if entries.wanted.get().is_none() {
            entries.put(question, value);
        } else if self.depth == 0 {
            return self.in_strides((frame.level, of));
        }
        Ok(value)
    }

    /// The same where it depends on many callers: those furthest out are asked first.
    fn in_strides(&self, first: (usize, EntryOf)) -> Result<Option<u64>> {
        let entries = &self.session.frames.entries;
        let mut open = vec![first];
        let mut last = None;
        while let Some((level, of)) = open.pop() {
            entries.wanted.set(None);
            let Ok(frame) = self.session.frame(level) else { continue };
            let value = match self.session.inferior.modules.at(frame.pc.lookup()) {
                Some(module) => FrameHost::new(self.session, module, Some(&frame)).passed(of)?,
                None => None,
            };
            match entries.wanted.take() {
                Some(further) if open.len() < MAX_STRIDES => open.extend([(level, of), further]),
                // Too far: nobody knows, and nobody asks again.
                wanted => {
                    last = value.filter(|_| wanted.is_none());
                    entries.put((self.session.identity(&frame), of), last);
                }
            }
        }
        Ok(last)
    }

    /// What the frame's caller says now.
    fn passed(&self, of: EntryOf) -> Result<Option<u64>> {
        let Some(frame) = self.frame else { return Ok(None) };
        let Some(callee) = frame.code.as_ref().map(|c| &c.function) else { return Ok(None) };
        if self.session.ends_backtrace(frame) {
            return Ok(None);
        }
        let Some(caller) = self.session.calling_frame(frame) else { return Ok(None) };
        let (FramePc::Return(returns_to), Some(code)) = (caller.pc, caller.code.as_ref()) else { return Ok(None) };
        let Some(module) = self.session.inferior.modules.at(caller.pc.lookup()) else { return Ok(None) };
        let Some(debug) = module.debug() else { return Ok(None) };
        let Some(call) = debug.call_site(&code.function, module.to_file(returns_to))? else { return Ok(None) };
        let host = FrameHost { depth: self.depth + 1, ..FrameHost::new(self.session, module, Some(&caller)) };
        // The frame may be that of a function which the callee has jumped to: then nothing is known of its arguments.
        let is_callee = match &call.callee_name {
            Some(name) => {
                let own = callee.linkage_name.as_deref().unwrap_or(&callee.name);
                own == &**name || own.rsplit("::").next() == Some(name)
            }
            None => debug.call_target(&call, host.site(), &host)? == Some(self.module.virt(callee.entry).0),
        };
        let modules = &self.session.inferior.modules;
        if !is_callee || self.session.frames.tail_calls.may_call_itself(modules, self.module.virt(callee.entry)) {
            return Ok(None);
        }
        debug.passed(&call, of, host.site(), &host)
    }
}
