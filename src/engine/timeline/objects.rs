//! Modules that come and go, and the places in them that a load passes: entry point, `main`, constructors, destructors, PLT heads.

use std::sync::Arc;

use crate::base::{FileAddr, Result, Tid, VirtAddr};
use crate::loader::{finalizers, initializers};
use crate::symbols::{Module, ModuleId, ModuleRole};

use super::line::Line;
use super::process::{Known, Phase, Place, View};
use super::recorder::Recorder;
use super::spool::Naming;

/// Where something of a module begins that is to be told of.
fn places(module: &Arc<Module>, is_lazy: bool) -> Vec<(VirtAddr, Place)> {
    let id = module.id;
    let mut all: Vec<(FileAddr, Place)> = Vec::new();
    if module.role == ModuleRole::Vdso {
        return Vec::new();
    }
    if module.role == ModuleRole::Main {
        all.extend(module.image().entry().map(|at| (at, Place::Entry(id))));
        all.extend(module.address_of("main").map(|at| (module.to_file(at), Place::Main(id))));
    }
    // The dynamic linker's own run before anybody could be told.
    if module.role != ModuleRole::Interpreter {
        all.extend(initializers(module.image()).into_iter().map(|i| (i.function, Place::Init(id))));
    }
    all.extend(finalizers(module.image()).into_iter().map(|i| (i.function, Place::Fini(id))));
    let is_code = |at: FileAddr| module.image().load_at(at).is_some_and(|s| s.is_code());
    all.retain(|(at, _)| is_code(*at));
    let mut all: Vec<(VirtAddr, Place)> = all.into_iter().map(|(at, place)| (module.virt(at), place)).collect();
    if is_lazy {
        all.extend(module.plt().header_at(module.bias).map(|at| (at, Place::Head(id))));
    }
    all
}

impl Recorder {
    /// What is loaded has changed, perhaps: what has come and gone is told.
    pub fn modules_changed(&mut self, view: View<'_>) -> Result<()> {
        let Some(recorded) = self.processes.get_mut(&view.pid) else { return Ok(()) };
        let gone: Vec<ModuleId> = recorded.known.keys().filter(|id| view.modules.get(**id).is_none()).copied().collect();
        let gone: Vec<Known> = gone.into_iter().filter_map(|id| recorded.known.remove(&id)).collect();
        recorded.places.retain(|_, all| {
            all.retain(|p| view.modules.get(p.module()).is_some());
            !all.is_empty()
        });
        // What the user added nobody loads.
        let loaded = view.modules.iter().filter(|m| m.role != ModuleRole::Added);
        let new: Vec<Arc<Module>> = loaded.filter(|m| !recorded.known.contains_key(&m.id)).cloned().collect();
        let is_lazy = !binds_eagerly(view);
        for module in &new {
            if self.first == Some(view.pid) {
                self.modules.push(module.clone());
            }
            recorded.known.insert(module.id, Known { module: module.clone(), relocated: false });
            for (at, place) in places(module, is_lazy) {
                if self.first == Some(view.pid) {
                    match place {
                        Place::Entry(_) => self.marks.entry = Some(at),
                        Place::Main(_) => self.marks.main = Some(at),
                        Place::Head(_) if !self.marks.heads.contains(&at) => self.marks.heads.push(at),
                        _ => {}
                    }
                }
                let all = recorded.places.entry(at).or_default();
                // crti.o's empty _init may be named by DT_INIT and by an array.
                if !all.contains(&place) {
                    all.push(place);
                }
            }
        }
        for known in gone {
            let line = self.line(view.pid, view.pid, "object");
            self.push(object(line, "unload", &known.module, None))?;
        }
        for module in &new {
            let by = needed_by(view, module);
            let line = self.line(view.pid, view.pid, "object");
            self.push(object(line, "load", module, by.as_deref()))?;
        }
        Ok(())
    }

    /// A thread has come to a place; true where the places have changed by it. Binds are told elsewhere.
    pub fn place_reached(&mut self, view: View<'_>, tid: Tid, at: VirtAddr) -> Result<bool> {
        let Some(recorded) = self.processes.get_mut(&view.pid) else { return Ok(false) };
        let Some(all) = recorded.places.get_mut(&at) else { return Ok(false) };
        let reached: Vec<Place> = all.extract_if(.., |p| !matches!(p, Place::Head(_))).collect();
        if all.is_empty() {
            recorded.places.remove(&at);
        }
        for place in &reached {
            self.reached(view, tid, at, *place)?;
        }
        Ok(!reached.is_empty())
    }

    fn reached(&mut self, view: View<'_>, tid: Tid, at: VirtAddr, place: Place) -> Result<()> {
        let Some(module) = view.modules.get(place.module()).cloned() else { return Ok(()) };
        let path = module.path.to_string_lossy().into_owned();
        let Some(recorded) = self.processes.get_mut(&view.pid) else { return Ok(()) };
        let kind = match place {
            Place::Entry(_) => {
                recorded.phase = recorded.phase.max(Phase::Start);
                "entry"
            }
            Place::Main(_) => {
                recorded.phase = recorded.phase.max(Phase::Main);
                "main"
            }
            Place::Fini(_) => {
                // At the program's end its own destructors come first.
                if module.role == ModuleRole::Main {
                    recorded.phase = Phase::Exit;
                }
                "fini"
            }
            Place::Init(_) | Place::Head(_) => "init",
        };
        let line = self.line(view.pid, tid, kind);
        if matches!(place, Place::Entry(_) | Place::Main(_)) {
            return self.push(line.address("pc", at.0).text("object", &path));
        }
        let line = line.text("object", &path).address("function", at.0);
        self.events.push_named(line, Naming::Function, &module, at)
    }
}

fn object(line: Line, action: &str, module: &Module, needed_by: Option<&str>) -> Line {
    let base = module.ranges().first().map_or(module.bias.0, |r| r.start.0);
    let line = line.text("action", action).text("name", &module.path.to_string_lossy()).address("base", base);
    line.maybe("needed_by", needed_by)
}

/// The module by whose DT_NEEDED this one was loaded: the first in ld.so's order that names it.
fn needed_by(view: View<'_>, module: &Module) -> Option<String> {
    if module.role != ModuleRole::Library {
        return None;
    }
    let soname = module.image().soname().unwrap_or(&module.name);
    let mut others = view.modules.iter().filter(|m| m.id != module.id && m.namespace == module.namespace);
    let by = others.find(|m| m.image().needed().any(|n| n == soname || n == module.name || module.path.as_os_str() == n))?;
    Some(by.path.to_string_lossy().into_owned())
}

/// musl binds everything at load.
fn binds_eagerly(view: View<'_>) -> bool {
    view.modules.main().and_then(|m| m.image().interp()).is_some_and(|i| i.contains("ld-musl"))
}
