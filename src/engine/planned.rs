//! What ld.so will load, found from the files as it finds it.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::{Files, Tid};
use crate::elf::{AuxEntry, Image};
use crate::loader::{Place, Requester, Search, Tried, hwcaps_levels};
use crate::os::files::ProcessFiles;
use crate::os::procfs;
use crate::symbols::{Module, ModuleRole, Modules, NewModule};

use super::session::Session;

/// More libraries than this are a forged chain of DT_NEEDED.
const MAX_PLANNED: usize = 4096;
const AT_SECURE: u64 = 23;

/// What a search for libraries depends on besides who asks.
pub struct SearchSettings {
    /// The disk as the process sees it, or will see it.
    pub files: ProcessFiles,
    /// LD_LIBRARY_PATH.
    pub library_path: Option<String>,
    /// LD_PRELOAD's and /etc/ld.so.preload's names, in order.
    pub preload: Vec<String>,
    /// The working directory.
    pub cwd: PathBuf,
    /// The dynamic linker.
    pub interpreter: Option<Arc<Image>>,
    /// What the processor has, best first.
    pub levels: Vec<&'static str>,
    /// The kernel says that the environment is not to be trusted (AT_SECURE).
    pub secure: bool,
}

impl SearchSettings {
    /// The places for a name, asked for by the first of `chain`.
    pub fn places(&self, chain: &[Requester], name: &str) -> Vec<Place> {
        let search = Search {
            files: &self.files,
            chain,
            library_path: self.library_path.as_deref(),
            cwd: &self.cwd,
            interpreter: self.interpreter.as_deref(),
            levels: &self.levels,
        };
        search.places(name)
    }
}

impl Session {
    /// The search settings of the process, or of the one that `run` would start.
    pub fn search_settings(&self) -> SearchSettings {
        let pid = self.process().ok().map(|p| p.target.pid()).filter(|p| procfs::state(*p).is_some());
        let variable = |name: &str| match pid {
            Some(pid) => environment_of(pid, name),
            None => self.settings.environment_variable(name).map(|v| v.to_string_lossy().into_owned()),
        };
        let files = ProcessFiles { pid };
        let entries = self.process().ok().and_then(|p| p.target.auxv().ok()).map(|b| AuxEntry::parse(&b)).unwrap_or_default();
        let secure = AuxEntry::find(&entries, AT_SECURE).is_some_and(|v| v != 0);
        let cwd = pid.and_then(|p| procfs::cwd(p).ok()).or_else(|| std::env::current_dir().ok()).unwrap_or_else(|| "/".into());
        let interpreter = self.inferior.modules.interpreter().map(|m| m.image().clone());
        let interpreter = interpreter.or_else(|| {
            let path = self.inferior.modules.main()?.image().interp()?.to_owned();
            Image::open(&files.found_at(Path::new(&path))).ok()
        });
        let from_file = files.head(Path::new("/etc/ld.so.preload"), 1 << 16).unwrap_or_default();
        let from_file = String::from_utf8_lossy(&from_file).into_owned();
        let listed = variable("LD_PRELOAD").filter(|_| !secure).unwrap_or_default();
        let divides = |c: char| c == ':' || c.is_whitespace();
        let preload = listed.split(divides).chain(from_file.split(divides)).filter(|n| !n.is_empty()).map(String::from).collect();
        let library_path = variable("LD_LIBRARY_PATH").filter(|_| !secure);
        SearchSettings { files, library_path, preload, cwd, interpreter, levels: processor_levels(&files), secure }
    }

    /// Who asks for a library on behalf of a module: the module, who had it loaded, and so on up to the program.
    pub fn requesters(&self, module: &Arc<Module>, among: &[Arc<Module>]) -> Vec<Requester> {
        let mut chain: Vec<Requester> = Vec::new();
        let mut next = Some(module.clone());
        while let Some(module) = next.take().filter(|_| chain.len() < 64) {
            let requester = requester(&module);
            if chain.iter().any(|r| r.path == requester.path) {
                break;
            }
            chain.push(requester);
            // The first that needs it: ld.so searches breadth first.
            next = among.iter().find(|m| m.id != module.id && m.image().needed().any(|n| module.is_called(n))).cloned();
        }
        if let Some(main) = among.first().filter(|m| chain.iter().all(|r| r.path != m.path)) {
            chain.push(requester(main));
        }
        chain
    }

    /// The modules that a start would load, in the order in which symbols are looked up: the program, what is preloaded, then
    /// DT_NEEDED breadth first. At their link-time addresses.
    pub(super) fn planned_modules(&self) -> Vec<Arc<Module>> {
        let settings = self.search_settings();
        let Some(main) = self.inferior.modules.main() else { return Vec::new() };
        // Numbers of their own: they are not in the session's list.
        let mut planned = Modules::default();
        planned.add(NewModule { image: main.image().clone(), path: main.path.clone(), role: ModuleRole::Main, bias: main.bias });
        let mut queue: VecDeque<(String, usize)> = settings.preload.iter().map(|n| (n.clone(), 0)).collect();
        queue.extend(main.image().needed().map(|n| (n.to_owned(), 0)));
        while let Some((name, by)) = queue.pop_front().filter(|_| planned.len() < MAX_PLANNED) {
            let all: Vec<Arc<Module>> = planned.iter().cloned().collect();
            if all.iter().any(|m| m.is_called(&name)) {
                continue;
            }
            let Some(requester) = all.get(by) else { continue };
            let interpreter = settings.interpreter.as_ref().filter(|i| i.soname() == Some(name.as_str()));
            let found = match interpreter {
                Some(image) => Some((image.path().to_owned(), image.clone(), ModuleRole::Interpreter)),
                None => {
                    let places = settings.places(&self.requesters(requester, &all), &name);
                    let hit = places.into_iter().find(|p| p.tried == Tried::Hit);
                    hit.and_then(|p| {
                        Some((p.path.clone(), Image::open(&settings.files.found_at(&p.path)).ok()?, ModuleRole::Library))
                    })
                }
            };
            let Some((path, image, role)) = found else { continue };
            let index = planned.len();
            queue.extend(image.needed().map(|n| (n.to_owned(), index)));
            planned.add(NewModule { image, path, role, bias: Default::default() });
        }
        planned.iter().cloned().collect()
    }
}

fn requester(module: &Module) -> Requester {
    // $ORIGIN is where the library was found; the program's is what the kernel says, without links.
    let real = (module.role == ModuleRole::Main).then(|| std::fs::canonicalize(&module.path).ok()).flatten();
    let path = real.unwrap_or_else(|| module.path.clone());
    Requester::of(&module.name, &path, module.image())
}

fn environment_of(pid: Tid, name: &str) -> Option<String> {
    let all = procfs::environ(pid).ok()?;
    all.iter().find_map(|v| String::from_utf8_lossy(v).strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
}

fn processor_levels(files: &ProcessFiles) -> Vec<&'static str> {
    let text = files.head(Path::new("/proc/cpuinfo"), 1 << 14).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let flags = text.lines().find_map(|l| l.strip_prefix("flags")).unwrap_or_default();
    hwcaps_levels(&flags.split_whitespace().collect::<Vec<_>>())
}
