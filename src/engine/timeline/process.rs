//! One process that is recorded.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::base::{Perms, Tid, VirtAddr, page_up};
use crate::elf::Image;
use crate::symbols::{Module, ModuleId, ModuleRole, Modules};
use crate::syscall::{Entered, is_error};
use crate::target::Target;

use super::space::{Area, Space};

/// How far a process has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Phase {
    /// The kernel maps it.
    Exec,
    /// The dynamic linker loads what it needs.
    Loader,
    /// From the program's entry point to `main`.
    Start,
    /// The program.
    Main,
    /// Destructors, and the last system call.
    Exit,
}

impl Phase {
    /// As the `phase` of an event.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Exec => "exec",
            Phase::Loader => "ld.so",
            Phase::Start => "start",
            Phase::Main => "main",
            Phase::Exit => "exit",
        }
    }
}

/// A process at a stop of one of its threads.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// Its id.
    pub pid: Tid,
    /// Its memory and what else can be read of it.
    pub target: &'a dyn Target,
    /// What is loaded in it.
    pub modules: &'a Modules,
}

/// A system call that has not returned.
#[derive(Clone, Debug)]
pub struct Pending {
    /// What is known of it.
    pub entered: Entered,
    /// When it began.
    pub since: f64,
    /// The address behind the instruction that made it.
    pub pc: u64,
    /// The module of the caller.
    pub object: Option<Arc<str>>,
}

/// What a system call has done to the address space.
pub enum Change {
    /// Something is mapped.
    Map(Area),
    /// Something is mapped no more.
    Unmap(Area),
    /// What may be done there has changed.
    Protect(Area),
}

/// A lazy bind that was begun.
#[derive(Clone, Debug)]
pub struct OpenBind {
    /// The thread that calls.
    pub tid: Tid,
    /// When it came to PLT0.
    pub since: f64,
    /// The module whose slot it is.
    pub module: Arc<Module>,
    /// The slot.
    pub slot: VirtAddr,
    /// What was in it.
    pub before: u64,
    /// Where the call returns to: the module, and the address.
    pub caller: (Option<Arc<Module>>, VirtAddr),
}

/// A module that was told of.
#[derive(Clone, Debug)]
pub struct Known {
    /// The module.
    pub module: Arc<Module>,
    /// Its relocations were told of.
    pub relocated: bool,
}

/// What begins at a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// The program's entry point.
    Entry(ModuleId),
    /// `main`.
    Main(ModuleId),
    /// A constructor.
    Init(ModuleId),
    /// A destructor.
    Fini(ModuleId),
    /// PLT0, which lazy binds pass.
    Head(ModuleId),
}

impl Place {
    /// Whose it is.
    pub fn module(self) -> ModuleId {
        match self {
            Place::Entry(id) | Place::Main(id) | Place::Init(id) | Place::Fini(id) | Place::Head(id) => id,
        }
    }
}

/// A process that is recorded.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its id.
    pub pid: Tid,
    /// How far it has come.
    pub phase: Phase,
    /// Its address space.
    pub space: Space,
    /// What its threads are doing in the kernel.
    pub pending: HashMap<Tid, Pending>,
    /// The modules that were told of, and what is known of each.
    pub known: BTreeMap<ModuleId, Known>,
    /// Where something of them begins that is to be told of.
    pub places: BTreeMap<VirtAddr, Vec<Place>>,
    /// Lazy binds that were begun.
    pub binds: Vec<OpenBind>,
    /// It has executed a program, and is still within that call.
    pub leaves_exec: bool,
    images: HashMap<Arc<str>, Option<Arc<Image>>>,
}

const PROT_READ: u64 = 1;
const PROT_WRITE: u64 = 2;
const PROT_EXEC: u64 = 4;
const MAP_SHARED: u64 = 1;
const MAP_TYPE: u64 = 15;
const MAP_ANONYMOUS: u64 = 0x20;

impl Recorded {
    /// A process as it is mapped now.
    pub fn new(view: View<'_>, phase: Phase) -> Recorded {
        let mut recorded = Recorded {
            pid: view.pid,
            phase,
            space: Space::default(),
            pending: HashMap::new(),
            known: BTreeMap::new(),
            places: BTreeMap::new(),
            binds: Vec::new(),
            leaves_exec: false,
            images: HashMap::new(),
        };
        recorded.look(view);
        recorded
    }

    /// Takes the address space as the kernel tells it.
    pub fn look(&mut self, view: View<'_>) {
        self.space = Space::of(&view.target.maps().unwrap_or_default());
        for module in view.modules.iter().filter(|m| !matches!(m.role, ModuleRole::Vdso | ModuleRole::Added)) {
            let Some(first) = module.ranges().first().map(|r| r.start) else { continue };
            // By the name that the kernel knows it by, as its mappings are.
            let path = self.space.file_at(first).cloned().unwrap_or_else(|| module.path.display().to_string().into());
            self.space.load(path, module.image().clone(), first.0);
        }
    }

    /// The module that an address belongs to: by what is loaded, else by what is mapped there.
    pub fn object_at(&self, view: View<'_>, at: u64) -> Option<Arc<str>> {
        if let Some(module) = view.modules.at(VirtAddr(at)) {
            return Some(module.path.to_string_lossy().into());
        }
        self.space.file_at(VirtAddr(at)).cloned()
    }

    /// Whether an address is code of the dynamic linker.
    pub fn is_loader(&self, view: View<'_>, at: u64) -> bool {
        view.modules.at(VirtAddr(at)).is_some_and(|m| m.role == ModuleRole::Interpreter)
    }

    /// What a system call that has returned has done to the address space.
    pub fn changes(&mut self, view: View<'_>, name: &str, args: [u64; 6], ret: i64, by_loader: bool) -> Vec<Change> {
        if is_error(ret) {
            return Vec::new();
        }
        let [first, second, third, fourth, fifth, sixth] = args;
        let end = |start: u64, len: u64| start.saturating_add(page_up(len));
        match name {
            "mmap" => {
                let file = if fourth & MAP_ANONYMOUS == 0 { self.file_of(view, fifth as i32) } else { None };
                let perms = Perms { shared: matches!(fourth & MAP_TYPE, MAP_SHARED | 3), ..perms(third) };
                let start = ret as u64;
                let area = Area { start, end: end(start, second), perms, offset: if file.is_some() { sixth } else { 0 }, file };
                if by_loader && area.offset == 0 {
                    self.note_image(view, &area);
                }
                self.space.insert(area.clone());
                vec![Change::Map(area)]
            }
            "munmap" => self.space.cut(first, end(first, second)).into_iter().map(Change::Unmap).collect(),
            "mprotect" | "pkey_mprotect" => {
                let parts = self.space.protect(first, end(first, second), perms(third));
                parts.into_iter().map(Change::Protect).collect()
            }
            "mremap" => {
                let before = self.space.cut(first, end(first, second));
                let Some(whole) = before.first().cloned() else { return Vec::new() };
                let start = ret as u64;
                let area = Area { start, end: end(start, third), ..whole };
                self.space.insert(area.clone());
                before.into_iter().map(Change::Unmap).chain([Change::Map(area)]).collect()
            }
            "brk" => self.heap(page_up(ret as u64)),
            _ => Vec::new(),
        }
    }

    /// The heap ends here now.
    fn heap(&mut self, now: u64) -> Vec<Change> {
        let Some(before) = self.space.brk.replace(now) else { return Vec::new() };
        if now > before {
            let perms = Perms { read: true, write: true, ..Perms::default() };
            let area = Area { start: before, end: now, perms, file: Some("[heap]".into()), offset: 0 };
            self.space.insert(area.clone());
            return vec![Change::Map(area)];
        }
        self.space.cut(now, before).into_iter().map(Change::Unmap).collect()
    }

    fn file_of(&self, view: View<'_>, fd: i32) -> Option<Arc<str>> {
        let path = crate::os::procfs::open_file(view.pid, fd)?;
        Some(path.to_string_lossy().into())
    }

    /// The dynamic linker maps the beginning of a file: perhaps it is a library.
    fn note_image(&mut self, view: View<'_>, area: &Area) {
        let Some(path) = area.file.clone() else { return };
        let open = || view.target.open_image(path.as_ref().as_ref()).ok().filter(|i| i.loads().next().is_some());
        let image = self.images.entry(path.clone()).or_insert_with(open).clone();
        if let Some(image) = image {
            self.space.load(path, image, area.start);
        }
    }
}

fn perms(prot: u64) -> Perms {
    Perms { read: prot & PROT_READ != 0, write: prot & PROT_WRITE != 0, exec: prot & PROT_EXEC != 0, shared: false }
}
