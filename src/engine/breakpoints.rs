//! What the user asked to stop at: breakpoints, watchpoints, catchpoints.

use std::sync::Arc;

use crate::base::{Error, Result, Signal, VirtAddr};
use crate::dwarf::{DieRef, LineFile};
use crate::expr::Expr;
use crate::symbols::Raise;

use super::scope::BlockScope;
use super::watchpoint::{Watch, WatchKind};

/// What happens to a breakpoint when it is hit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Disposition {
    /// It stays.
    Keep,
    /// It is deleted (`tbreak`).
    Delete,
    /// It is disabled (`enable once`).
    Disable,
    /// It is disabled after this many more hits (`enable count N`).
    DisableAfter(u64),
}

impl Disposition {
    /// `keep`, `del`, `dis`: as `info breakpoints` writes it.
    pub fn word(self) -> &'static str {
        match self {
            Disposition::Keep => "keep",
            Disposition::Delete => "del",
            Disposition::Disable | Disposition::DisableAfter(_) => "dis",
        }
    }
}

/// Which signals `catch signal` catches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SignalChoice {
    /// All but those that debuggers use.
    Standard,
    /// All.
    All,
    /// These.
    These(Vec<Signal>),
}

/// What a catchpoint catches.
#[derive(Clone, Debug)]
pub enum Catch {
    /// A lazy slot being bound at its first call.
    Bind {
        /// Only of this symbol.
        symbol: Option<String>,
        /// Only of this module, as typed.
        module: Option<String>,
    },
    /// A library being loaded, its name matching.
    Load(Option<regex::Regex>),
    /// A library being unloaded, its name matching.
    Unload(Option<regex::Regex>),
    /// A signal that the program is about to get.
    Signals(SignalChoice),
    /// A fork.
    Fork,
    /// A vfork.
    Vfork,
    /// Another program being executed.
    Exec,
    /// ld.so making what it has relocated read-only.
    Relro,
    /// A constructor about to run; only of this module, as typed.
    Init(Option<String>),
    /// An exception being thrown or caught, or a panic; only of types whose names match.
    Raise {
        /// Which.
        what: Raise,
        /// The names.
        of: Option<regex::Regex>,
    },
    /// System calls of these numbers, or all if there are none.
    Syscalls(Vec<u64>),
}

/// What a breakpoint is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A place in the program.
    Code {
        /// By a debug register rather than an int3.
        hardware: bool,
    },
    /// A value that changes or is looked at.
    Watch(Box<Watch>),
    /// An event.
    Catch(Catch),
}

/// A condition: its text, and what it was parsed to, once.
#[derive(Clone, Debug)]
pub struct Condition {
    /// As typed.
    pub text: String,
    /// Parsed.
    pub expr: Arc<Expr>,
    /// The block whose variables it named when it was set: a watchpoint's condition is looked at in the innermost frame there.
    pub scope: Option<BlockScope>,
}

/// One place of a breakpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Location {
    /// Where.
    pub addr: VirtAddr,
    /// In which inferior.
    pub inferior: u32,
    /// `disable 1.2`
    pub enabled: bool,
    /// Nothing is mapped there since the program was started anew: it waits.
    pub absent: bool,
    /// The line that it was set at, if it was set at a line.
    pub line: Option<(LineFile, u32)>,
    /// It is the start of a copy of this inlined function.
    pub copy_of: Option<DieRef>,
}

/// A place that a location leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Located {
    /// Where.
    pub addr: VirtAddr,
    /// In which inferior.
    pub inferior: u32,
    /// The line that was asked for, or the next one that has code; `None` where no line was asked for.
    pub line: Option<(LineFile, u32)>,
    /// It is a copy of this inlined function, by its abstract instance.
    pub copy_of: Option<DieRef>,
}

impl Located {
    /// An address in an inferior.
    pub fn at(addr: VirtAddr, inferior: u32) -> Located {
        Located { addr, inferior, line: None, copy_of: None }
    }

    /// A place of a breakpoint, enabled.
    pub(super) fn into_location(self) -> Location {
        let Located { addr, inferior, line, copy_of } = self;
        Location { addr, inferior, enabled: true, absent: false, line, copy_of }
    }
}

impl From<VirtAddr> for Located {
    /// An address in the first inferior.
    fn from(addr: VirtAddr) -> Located {
        Located::at(addr, 1)
    }
}

/// The one thread that a breakpoint is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OneThread {
    /// Its number among those of all processes: no other thread will ever have it.
    pub global: u32,
    /// Its inferior.
    pub inferior: u32,
    /// Its number in that.
    pub number: u32,
}

/// A breakpoint, watchpoint or catchpoint.
#[derive(Clone, Debug)]
pub struct Breakpoint {
    /// Its number.
    pub id: u32,
    /// What it is.
    pub kind: Kind,
    /// Where, as typed.
    pub spec: String,
    /// What happens to it when it is hit.
    pub disposition: Disposition,
    /// Whether it is enabled.
    pub enabled: bool,
    /// Stops only if this is true.
    pub condition: Option<Condition>,
    /// How many more hits pass without a stop.
    pub ignore: u64,
    /// How often it was hit (its condition being true) since the program started.
    pub hits: u64,
    /// What runs when it stops.
    pub commands: Vec<String>,
    /// Its places in the modules that are loaded.
    pub locations: Vec<Location>,
    /// Only for this thread.
    pub thread: Option<OneThread>,
    /// It prints this, a format in quotes and its arguments, and does not stop (`dprintf`).
    pub printf: Option<String>,
}

impl Location {
    /// Whether something is to be planted there, in this inferior.
    pub fn is_wanted(&self, inferior: u32) -> bool {
        self.inferior == inferior && self.enabled && !self.absent
    }
}

impl Breakpoint {
    /// Whether it waits for a module that has its place.
    pub fn is_pending(&self) -> bool {
        matches!(self.kind, Kind::Code { .. }) && self.locations.is_empty()
    }

    /// Whether it was set at a line or an address rather than at a function: then it means the inlined call that may begin there.
    pub fn is_at_place(&self) -> bool {
        let spec = self.spec.replace("::", "");
        spec.contains([':', '*']) || spec.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'))
    }

    /// The noun for it: `Breakpoint`, `Hardware watchpoint`, ...
    pub fn noun(&self) -> &'static str {
        match &self.kind {
            Kind::Code { .. } if self.printf.is_some() => "Dprintf",
            Kind::Code { hardware: true } => "Hardware assisted breakpoint",
            Kind::Code { .. } if self.disposition == Disposition::Delete => "Temporary breakpoint",
            Kind::Code { .. } => "Breakpoint",
            Kind::Watch(w) if w.mask.is_some() => match w.kind {
                WatchKind::Write => "Masked hardware watchpoint",
                WatchKind::Read => "Masked hardware read watchpoint",
                WatchKind::Access => "Masked hardware access (read/write) watchpoint",
            },
            Kind::Watch(w) => match w.kind {
                WatchKind::Write if w.software.is_some() => "Watchpoint",
                WatchKind::Write => "Hardware watchpoint",
                WatchKind::Read => "Hardware read watchpoint",
                WatchKind::Access => "Hardware access (read/write) watchpoint",
            },
            Kind::Catch(_) if self.disposition == Disposition::Delete => "Temporary catchpoint",
            Kind::Catch(_) => "Catchpoint",
        }
    }

    /// The `Type` column of `info breakpoints`.
    pub fn type_word(&self) -> &'static str {
        match &self.kind {
            Kind::Code { .. } if self.printf.is_some() => "dprintf",
            Kind::Code { hardware: false } => "breakpoint",
            Kind::Code { hardware: true } => "hw breakpoint",
            Kind::Watch(w) => match w.kind {
                WatchKind::Write if w.software.is_some() => "watchpoint",
                WatchKind::Write => "hw watchpoint",
                WatchKind::Read => "read watchpoint",
                WatchKind::Access => "acc watchpoint",
            },
            Kind::Catch(_) => "catchpoint",
        }
    }
}

/// All of them, by number.
#[derive(Clone, Default, Debug)]
pub struct Breakpoints {
    list: Vec<Breakpoint>,
    last_id: u32,
}

impl Breakpoints {
    /// Adds one without a place (yet), enabled, without condition; its number.
    pub fn add(&mut self, kind: Kind, spec: &str, disposition: Disposition) -> u32 {
        self.add_at(kind, spec, disposition, [] as [Located; 0])
    }

    /// Adds one at these places, enabled, without condition; its number.
    pub fn add_at<L: Into<Located>>(
        &mut self,
        kind: Kind,
        spec: &str,
        disposition: Disposition,
        locations: impl IntoIterator<Item = L>,
    ) -> u32 {
        self.last_id += 1;
        self.list.push(Breakpoint {
            id: self.last_id,
            kind,
            spec: spec.to_owned(),
            disposition,
            enabled: true,
            condition: None,
            ignore: 0,
            hits: 0,
            commands: Vec::new(),
            locations: locations.into_iter().map(|l| l.into().into_location()).collect(),
            thread: None,
            printf: None,
        });
        self.last_id
    }

    /// All, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &Breakpoint> {
        self.list.iter()
    }

    /// All, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Breakpoint> {
        self.list.iter_mut()
    }

    /// The one of this number; gdb's sentence otherwise.
    pub fn get(&self, id: u32) -> Result<&Breakpoint> {
        self.list.iter().find(|b| b.id == id).ok_or_else(|| unknown(id))
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, id: u32) -> Result<&mut Breakpoint> {
        self.list.iter_mut().find(|b| b.id == id).ok_or_else(|| unknown(id))
    }

    /// Removes one.
    pub fn remove(&mut self, id: u32) -> Result<Breakpoint> {
        let index = self.list.iter().position(|b| b.id == id).ok_or_else(|| unknown(id))?;
        Ok(self.list.remove(index))
    }

    /// The number of the newest one, 0 before there was any.
    pub fn last_id(&self) -> u32 {
        self.last_id
    }

    /// Forgets hit counts: the program starts anew.
    pub fn forget_hits(&mut self) {
        self.list.iter_mut().for_each(|b| b.hits = 0);
    }
}

fn unknown(id: u32) -> Error {
    Error::user(format!("No breakpoint number {id}."))
}
