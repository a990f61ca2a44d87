//! The relocations of a module, read where ld.so has applied them.

use std::sync::Arc;

use crate::base::{PageCache, Result, Tid, read_u64};
use crate::engine::linkage::Scopes;
use crate::engine::session::Session;
use crate::expr::Host;
use crate::symbols::{Module, Modules};

use super::packed::Batch;
use super::recorder::Recorder;

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
        let memory = PageCache::new(self.session.memory());
        let (mut words, mut missing) = (Vec::new(), Vec::new());
        for (n, r) in module.image().relocations().enumerate() {
            match read_u64(&memory, module.virt(r.offset)) {
                Ok(word) => words.push(word),
                Err(_) => missing.push(n),
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
