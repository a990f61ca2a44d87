//! The relocations of a module, read where ld.so has applied them.

use std::sync::Arc;

use crate::base::{Memory, PAGE, Result, Tid, VirtAddr, page_down, read_u64};
use crate::engine::linkage::Scopes;
use crate::engine::session::Session;
use crate::expr::Host;
use crate::symbols::{Module, Modules};

use super::packed::Batch;
use super::recorder::Recorder;

/// Words that lie close to each other, as the slots of a module do: read a page at a time.
struct Slots<'m> {
    memory: &'m dyn Memory,
    start: u64,
    page: Vec<u8>,
}

impl Slots<'_> {
    fn word(&mut self, at: VirtAddr) -> Option<u64> {
        if at.0.wrapping_sub(self.start) >= PAGE || self.page.is_empty() {
            self.start = page_down(at.0);
            self.page.resize(PAGE as usize, 0);
            let count = self.memory.read_partial(VirtAddr(self.start), &mut self.page).unwrap_or(0);
            self.page.truncate(count);
        }
        let word = self.page.get((at.0 - self.start) as usize..).and_then(|b| b.first_chunk());
        // One that lies across two pages is read by itself.
        word.map_or_else(|| read_u64(self.memory, at).ok(), |w| Some(u64::from_le_bytes(*w)))
    }
}

/// Reads the slots of modules.
pub struct Reader<'s> {
    session: &'s Session,
    scopes: Scopes<'s>,
    around: Arc<Modules>,
}

impl<'s> Reader<'s> {
    /// A reader of the process that the session looks at, at this stop.
    pub fn new(session: &'s Session) -> Reader<'s> {
        Reader { session, scopes: session.scopes(), around: Arc::new(session.inferior.modules.clone()) }
    }

    /// Keeps what is in the slots of a module.
    pub fn tell(&mut self, recorder: &mut Recorder, pid: Tid, tid: Tid, module: &Arc<Module>) -> Result<()> {
        let mut slots = Slots { memory: self.session.memory(), start: 0, page: Vec::new() };
        let (mut words, mut missing) = (Vec::new(), Vec::new());
        for (n, r) in module.image().relocations().enumerate() {
            match slots.word(module.virt(r.offset)) {
                Some(word) => words.push(word),
                None => missing.push(n),
            }
        }
        if words.is_empty() {
            return Ok(());
        }
        let (t, phase) = (recorder.now(), recorder.phase(pid).name());
        let (scope, around) = (self.scopes.of(module), self.around.clone());
        recorder.events.push_batch(Batch { t, pid, tid, phase, module: module.clone(), around, scope, missing }, &words)
    }
}
