//! Lazy binds: seen when they begin, told once the slot has its new value.

use std::sync::Arc;

use crate::base::{Result, Tid, VirtAddr, read_u64};
use crate::symbols::{Module, ModuleRole};

use super::line::Line;
use super::packed::names;
use super::process::{OpenBind, View};
use super::recorder::Recorder;
use super::spool::Naming;

impl Recorder {
    /// A thread is about to bind a slot.
    pub fn bind_begins(&mut self, pid: Tid, bind: OpenBind) {
        if let Some(recorded) = self.processes.get_mut(&pid) {
            recorded.binds.push(bind);
        }
    }

    /// Tells of the binds whose slots have got their values; all of them where nothing more can come.
    pub fn binds_done(&mut self, view: View<'_>, is_end: bool) -> Result<()> {
        let Some(recorded) = self.processes.get_mut(&view.pid).filter(|p| !p.binds.is_empty()) else { return Ok(()) };
        let mut done = Vec::new();
        recorded.binds.retain(|bind| {
            let value = read_u64(view.target, bind.slot).ok().filter(|v| *v != bind.before);
            let goes = value.is_some() || is_end;
            if goes {
                done.push((bind.clone(), value));
            }
            !goes
        });
        for (bind, value) in done {
            let phase = self.phase(view.pid).name();
            let line = Line::new(bind.since, view.pid, bind.tid, "bind", phase);
            let line = told(view, line, &bind, value);
            match &bind.caller {
                (Some(module), at) => self.events.push_named(line, Naming::Caller, module, *at)?,
                (None, _) => self.push(line.maybe("caller", None))?,
            }
        }
        Ok(())
    }
}

fn told(view: View<'_>, line: Line, bind: &OpenBind, value: Option<u64>) -> Line {
    let module = &bind.module;
    let slot = module.got().and_then(|got| got.slot_at(module.to_file(bind.slot)));
    let path = |m: &Arc<Module>| m.path.to_string_lossy().into_owned();
    let index = slot.map(|s| format!("GOT[{}]", s.index));
    let name = slot.and_then(|s| s.name.as_deref()).unwrap_or_default();
    // An IFUNC may choose a function of another module: libc's gettimeofday is the vdso's.
    let provider = value.and_then(|v| view.modules.at(VirtAddr(v)));
    let in_order = || view.modules.iter().find(|m| m.role != ModuleRole::Vdso && defines(m, name));
    let target = provider.filter(|m| names(m, name)).or_else(in_order).filter(|_| value.is_some()).map(path);
    let line = line.text("object", &path(module)).address("slot", bind.slot.0).maybe("index", index.as_deref());
    let line = line.maybe("symbol", slot.and_then(|s| s.name.as_deref()));
    let line = line.maybe("version", slot.and_then(|s| s.version.as_deref())).address("before", bind.before);
    let line = line.maybe("value", value.map(|v| format!("{v:#x}")).as_deref());
    line.maybe("target", target.as_deref())
}

fn defines(module: &Module, name: &str) -> bool {
    module.image().dynsym().named(name).iter().any(|s| s.has_place())
}
