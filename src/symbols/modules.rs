//! The modules of one process.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::base::{Error, LoadBias, Result, VirtAddr};
use crate::elf::{Identity, Image, Section};
use crate::loader::LinkMap;

use super::finder::DebugFiles;
use super::module::{Module, ModuleId, ModuleRole};
use super::module_file::ModuleFile;

/// What is known about a module that is to be added.
#[derive(Clone, Debug)]
pub struct NewModule {
    /// Its image.
    pub image: Arc<Image>,
    /// Its path as the process sees it.
    pub path: PathBuf,
    /// What it is.
    pub role: ModuleRole,
    /// Where it was loaded.
    pub bias: LoadBias,
}

/// What an update from ld.so's list changed.
#[derive(Debug, Default)]
pub struct Update {
    /// What is new, in ld.so's order.
    pub loaded: Vec<ModuleId>,
    /// What is no longer there.
    pub unloaded: Vec<Arc<Module>>,
    /// Objects whose file could not be opened, by name.
    pub failed: Vec<(String, Error)>,
}

static GENERATIONS: AtomicU64 = AtomicU64::new(0);

/// The modules of a process: the program first, then in the order of loading.
#[derive(Clone, Debug, Default)]
pub struct Modules {
    /// Those that were loaded; behind them what the user added and no loaded one has taken up.
    list: Vec<Arc<Module>>,
    /// What the user added.
    added: Vec<Arc<Module>>,
    /// Page ranges of what was loaded, sorted, with indices into `list`.
    ranges: Vec<(VirtAddr, VirtAddr, usize)>,
    generation: u64,
    next_id: u32,
    /// Files that were opened once, so that a restart parses nothing again.
    files: HashMap<Identity, Arc<ModuleFile>>,
    debug_files: Arc<DebugFiles>,
    /// Objects that could not be opened: tried once.
    failed: Vec<(VirtAddr, String)>,
}

impl Modules {
    /// A number that changes whenever the modules do: what is derived from them is good as long as it stays.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The modules: the program first.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Module>> {
        self.list.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The module of this number.
    pub fn get(&self, id: ModuleId) -> Option<&Arc<Module>> {
        self.list.iter().find(|m| m.id == id)
    }

    fn with_role(&self, role: ModuleRole) -> Option<&Arc<Module>> {
        self.list.iter().find(|m| m.role == role)
    }

    /// The program.
    pub fn main(&self) -> Option<&Arc<Module>> {
        self.with_role(ModuleRole::Main)
    }

    /// The dynamic linker.
    pub fn interpreter(&self) -> Option<&Arc<Module>> {
        self.with_role(ModuleRole::Interpreter)
    }

    /// The vdso.
    pub fn vdso(&self) -> Option<&Arc<Module>> {
        self.with_role(ModuleRole::Vdso)
    }

    /// The module in one of whose segments `addr` lies; what the user said lies there before what was found.
    pub fn at(&self, addr: VirtAddr) -> Option<&Arc<Module>> {
        if !self.added.is_empty()
            && let Some(added) = self.list.iter().rev().take_while(|m| m.role == ModuleRole::Added).find(|m| m.holds(addr))
        {
            return Some(added);
        }
        let after = self.ranges.partition_point(|r| r.0 <= addr);
        let (_, _, index) = self.ranges.get(after.checked_sub(1)?).filter(|r| addr < r.1)?;
        self.list.get(*index)
    }

    /// The modules that `text` names (see [`Module::is_called`]), those whose base name it is before others.
    pub fn named(&self, text: &str) -> Vec<&Arc<Module>> {
        let mut found: Vec<&Arc<Module>> = self.list.iter().filter(|m| m.is_called(text)).collect();
        found.sort_by_key(|m| m.name != text);
        found
    }

    /// The ends of the text segments at run time: behind each lies what is left of its last page.
    pub fn text_ends(&self) -> Vec<VirtAddr> {
        let ends =
            |m: &Arc<Module>| m.image().loads().filter(|s| s.is_code()).map(|s| m.virt(s.addr) + s.mem_size).collect::<Vec<_>>();
        self.list.iter().filter(|m| m.role != ModuleRole::Vdso).flat_map(ends).collect()
    }

    /// PLT0 of every module that has one: what each lazy bind passes.
    pub fn plt_heads(&self) -> Vec<VirtAddr> {
        self.list.iter().filter_map(|m| m.plt().header_at(m.bias)).collect()
    }

    /// Splits `libc.so.6!puts` into module and rest: the longest name of a module that stands before a `!` at the start of the
    /// text.
    pub fn split_prefix<'t>(&self, text: &'t str) -> Option<(&Arc<Module>, &'t str)> {
        // `a != 3` compares, also in a program named a.
        let split = |name: &str| text.strip_prefix(name)?.strip_prefix('!').filter(|r| !name.is_empty() && !r.starts_with('='));
        let candidates = self.list.iter().flat_map(|m| m.aliases().map(move |a| (m, a)));
        let fitting = candidates.filter_map(|(m, a)| split(&a).map(|rest| (m, rest)));
        // The longest name leaves the shortest rest; the first module wins among equals.
        fitting.min_by_key(|(_, rest)| rest.len())
    }

    /// The file of an image, shared with earlier modules of the same identity.
    fn file(&mut self, image: Arc<Image>) -> Arc<ModuleFile> {
        let identity = image.identity();
        let new = || Arc::new(ModuleFile::new(image, self.debug_files.clone()));
        match identity {
            Some(identity) => self.files.entry(identity).or_insert_with(new).clone(),
            None => new(),
        }
    }

    /// Sets where separate debug files are looked for. What is known of the files there are is found out anew.
    pub fn set_debug_files(&mut self, debug_files: DebugFiles) {
        if *self.debug_files == debug_files {
            return;
        }
        self.debug_files = Arc::new(debug_files);
        self.files.clear();
        let modules = self.list.iter().map(|m| (**m).clone()).collect::<Vec<_>>();
        self.list = modules.into_iter().map(|m| Arc::new(Module { file: self.file(m.image().clone()), ..m })).collect();
        self.changed();
    }

    /// Adds a module; the program goes to the front.
    pub fn add(&mut self, new: NewModule) -> ModuleId {
        let id = self.push(new, None, 0);
        self.changed();
        id
    }

    fn push(&mut self, new: NewModule, link_map: Option<VirtAddr>, namespace: u32) -> ModuleId {
        let id = ModuleId(self.next_id);
        self.next_id += 1;
        let name = base_name(&new.path);
        let file = self.file(new.image);
        let module = Module {
            id,
            name,
            path: new.path,
            role: new.role,
            bias: new.bias,
            link_map,
            namespace,
            file,
            resolver: Default::default(),
        };
        let at = if new.role == ModuleRole::Main { 0 } else { self.list.len() };
        self.list.insert(at, Arc::new(module));
        id
    }

    /// Takes what the user says lies at `bias`, under a path. It stays until it is removed, whatever is loaded and unloaded.
    /// Symbols and debug information without code (as `objcopy --only-keep-debug` leaves) are those of the module that lies there.
    pub fn add_symbols(&mut self, image: Arc<Image>, path: PathBuf, bias: LoadBias) -> ModuleId {
        let id = self.push(NewModule { image, path, role: ModuleRole::Added, bias }, None, 0);
        self.added.extend(self.list.pop());
        self.changed();
        id
    }

    /// What the user added.
    pub fn added(&self) -> &[Arc<Module>] {
        &self.added
    }

    /// Forgets something that the user added.
    pub fn remove_symbols(&mut self, id: ModuleId) {
        self.added.retain(|m| m.id != id);
        self.changed();
    }

    /// Sees to it that what the user added stands behind what was loaded, or is part of it.
    fn place_added(&mut self) {
        self.list.retain(|m| m.role != ModuleRole::Added);
        for i in 0..self.list.len() {
            let Some(module) = self.list.get(i) else { break };
            let described_by = self.added.iter().find(|a| a.bias == module.bias && is_debug_file_of(a.image(), module.image()));
            let described_by = described_by.map(|a| a.image().clone());
            if module.file.given().map(Arc::as_ptr) != described_by.as_ref().map(Arc::as_ptr) {
                let image = module.image().clone();
                let file = match described_by {
                    Some(debug) => Arc::new(ModuleFile::with_debug_file(image, debug, self.debug_files.clone())),
                    None => self.file(image),
                };
                if let Some(module) = self.list.get_mut(i) {
                    Arc::make_mut(module).file = file;
                }
            }
        }
        let is_part = |a: &&Arc<Module>| self.list.iter().any(|m| m.file.given().is_some_and(|g| Arc::ptr_eq(g, a.image())));
        let alone: Vec<Arc<Module>> = self.added.iter().filter(|a| !is_part(a)).cloned().collect();
        self.list.extend(alone);
    }

    /// Removes a module.
    pub fn remove(&mut self, id: ModuleId) -> Option<Arc<Module>> {
        let at = self.list.iter().position(|m| m.id == id)?;
        let module = self.list.remove(at);
        self.changed();
        Some(module)
    }

    /// Moves a module, as the program when it has been started or has ended.
    pub fn set_bias(&mut self, id: ModuleId, bias: LoadBias) {
        if let Some(module) = self.list.iter_mut().find(|m| m.id == id && m.bias != bias) {
            Arc::make_mut(module).bias = bias;
            self.changed();
        }
    }

    /// Removes all modules but those that the user added; opened files are kept for a restart.
    pub fn clear(&mut self) {
        self.list.clear();
        self.failed.clear();
        self.changed();
    }

    /// Removes all modules, those that the user added too.
    pub fn clear_all(&mut self) {
        self.added.clear();
        self.clear();
    }

    /// Follows ld.so's list (of all namespaces). Modules that stay keep their numbers; the program, the dynamic linker and the
    /// vdso stay even when the list does not (yet) name them. `open` opens the file of a name in the list.
    pub fn update(&mut self, objects: &[LinkMap], mut open: impl FnMut(&Path) -> Result<Arc<Image>>) -> Update {
        let mut update = Update::default();
        let mut kept: Vec<ModuleId> = Vec::new();
        let mut is_first = true;
        for object in objects {
            let is_program = std::mem::take(&mut is_first);
            if let Some(i) = self.list.iter().position(|m| is_object(m, object, is_program)) {
                if let Some(module) = self.list.get_mut(i) {
                    kept.push(module.id);
                    if module.link_map.is_none() {
                        let module = Arc::make_mut(module);
                        module.link_map = Some(object.addr);
                        module.namespace = object.namespace;
                    }
                }
                continue;
            }
            let key = (object.addr, object.name.clone());
            if object.name.is_empty() || self.failed.contains(&key) {
                continue;
            }
            let path = PathBuf::from(&object.name);
            match open(&path) {
                Ok(image) => {
                    let new = NewModule { image, path, role: ModuleRole::Library, bias: object.bias };
                    let id = self.push(new, Some(object.addr), object.namespace);
                    kept.push(id);
                    update.loaded.push(id);
                }
                Err(e) => {
                    self.failed.push(key);
                    update.failed.push((object.name.clone(), e));
                }
            }
        }
        self.failed.retain(|(addr, name)| objects.iter().any(|o| o.addr == *addr && o.name == *name));
        let stays = |m: &Arc<Module>| m.role != ModuleRole::Library || kept.contains(&m.id);
        let (list, unloaded) = std::mem::take(&mut self.list).into_iter().partition(stays);
        (self.list, update.unloaded) = (list, unloaded);
        if !update.loaded.is_empty() || !update.unloaded.is_empty() {
            self.changed();
        }
        update
    }

    fn changed(&mut self) {
        // One sequence for all processes: what is derived from one's modules is never taken for another's.
        self.generation = GENERATIONS.fetch_add(1, Ordering::Relaxed) + 1;
        self.place_added();
        let loaded = self.list.iter().enumerate().filter(|(_, m)| m.role != ModuleRole::Added);
        let ranges = loaded.flat_map(|(i, m)| m.ranges().into_iter().map(move |r| (r.start, r.end, i)));
        self.ranges = ranges.collect();
        self.ranges.sort_unstable();
    }
}

/// Whether `debug` has the symbols of `image` and no code of its own: its sections of instructions are the same, without bytes.
fn is_debug_file_of(debug: &Image, image: &Image) -> bool {
    let mut code = debug.sections().iter().filter(|s| s.is_code()).peekable();
    let is_same = |s: &Section| image.sections().iter().any(|own| (own.addr, own.size, &own.name) == (s.addr, s.size, &s.name));
    code.peek().is_some() && code.all(|s| s.is_nobits() && is_same(s))
}

/// Whether a module is this object of ld.so's list. ld.so itself stands in every namespace's list, at the same bias.
fn is_object(module: &Module, object: &LinkMap, is_program: bool) -> bool {
    match module.role {
        ModuleRole::Main => is_program,
        ModuleRole::Interpreter | ModuleRole::Vdso => !is_program && module.bias == object.bias,
        ModuleRole::Added => false,
        ModuleRole::Library => module.bias == object.bias && module.path.as_os_str() == object.name.as_str(),
    }
}

fn base_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned())
}
