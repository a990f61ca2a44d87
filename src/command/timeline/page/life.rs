//! One program in one process, from its exec (or its fork) to its end.

use std::collections::BTreeMap;

use serde_json::Value;

use super::bars::{Bar, Bars, Shade};
use super::chapter::{Chapter, Step};
use super::content::Content;
use super::libraries::Search;
use super::slots::AllSlots;
use crate::command::timeline::words::{address, text};

/// A page fault of the second run.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Where.
    pub address: u64,
    /// The instruction itself was missing.
    pub is_fetch: bool,
    /// It came from the disk.
    pub is_major: bool,
    /// It is not a fault that was counted, but pages that were seen to have come.
    pub is_of_pagemap: bool,
}

/// How it ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// Not seen.
    Unknown,
    /// It exited with a code.
    Code(i64),
    /// A signal killed it.
    Signal(String),
    /// It executed another program.
    Exec(String),
}

/// One program in one process.
#[derive(Clone, Debug)]
pub struct Life {
    /// The process.
    pub pid: i64,
    /// What runs; empty for a process that was joined while it ran.
    pub path: String,
    /// The execve, as strace writes it.
    pub call: String,
    /// It began as a copy of this process.
    pub parent: Option<i64>,
    /// What happened.
    pub chapters: BTreeMap<Chapter, Content>,
    /// Its address space.
    pub bars: Bars,
    /// Its GOTs.
    pub slots: AllSlots,
    /// Its faults, the first ones.
    pub faults: Vec<Fault>,
    /// The objects that were loaded: base and path.
    pub objects: BTreeMap<u64, String>,
    /// The dynamic linker's path.
    pub interpreter: String,
    /// How it ended.
    pub end: End,
    /// The dynamic linker's search.
    pub search: Search,
    stage: Chapter,
    mains: u32,
}

/// More faults than this are counted, not kept.
const MOST_FAULTS: usize = 20_000;

impl Life {
    /// A life that begins.
    pub fn new(pid: i64) -> Life {
        Life {
            pid,
            path: String::new(),
            call: String::new(),
            parent: None,
            chapters: BTreeMap::new(),
            bars: Bars::default(),
            slots: AllSlots::default(),
            faults: Vec::new(),
            objects: BTreeMap::new(),
            interpreter: String::new(),
            end: End::Unknown,
            search: Search::default(),
            stage: Chapter::Loader,
            mains: 0,
        }
    }

    /// A child that begins as a copy.
    pub fn forked(&self, pid: i64) -> Life {
        let begun = Step { chapter: Chapter::Main, at: 0 };
        let mut child = Life::new(pid);
        child.path.clone_from(&self.path);
        child.parent = Some(self.pid);
        child.bars = self.bars.inherited(begun);
        child.objects.clone_from(&self.objects);
        child.interpreter.clone_from(&self.interpreter);
        child
    }

    /// How many events of a kind there are.
    pub fn count(&self, kind: &str) -> u64 {
        self.chapters.values().map(|c| c.count(kind)).sum()
    }

    /// How many events there are in all.
    pub fn events(&self) -> u64 {
        self.chapters.values().flat_map(|c| c.counts.values()).sum()
    }

    /// Takes an event of this life.
    pub fn take(&mut self, event: &Value) {
        let chapter = self.chapter_of(event);
        let content = self.chapters.entry(chapter).or_default();
        let step = Step { chapter, at: content.take(event) };
        match text(event, "kind") {
            "exec" => self.path = text(event, "path").to_owned(),
            "syscall" => {
                if text(event, "name") == "execve" && self.call.is_empty() {
                    self.call = text(event, "text").to_owned();
                }
                if text(event, "object") == self.interpreter {
                    self.search.call(event);
                }
            }
            "map" => self.mapped(event, step),
            "unmap" => self.bars.unmap(address(event, "start"), address(event, "end"), step),
            "protect" => self.bars.protect(address(event, "start"), address(event, "end"), text(event, "perms"), step),
            "object" => self.object(event),
            "reloc" => self.slots.relocated(event, step),
            "bind" => self.slots.bound(event, step),
            "fault" if self.faults.len() < MOST_FAULTS => self.faults.push(Fault {
                address: address(event, "address"),
                is_fetch: text(event, "address") == text(event, "pc"),
                is_major: event.get("major") == Some(&Value::Bool(true)),
                is_of_pagemap: event.get("count").is_some(),
            }),
            "exit" => {
                self.end = match event.get("code").and_then(Value::as_i64) {
                    Some(code) => End::Code(code),
                    None => End::Signal(text(event, "signal").to_owned()),
                }
            }
            _ => {}
        }
    }

    fn mapped(&mut self, event: &Value, step: Step) {
        let (perms, file) = (text(event, "perms"), text(event, "file"));
        let start = address(event, "start");
        let owner = event.get("segment").is_some_and(Value::is_u64).then(|| match file {
            "" => self.bars.owner_before(start),
            file => Some(file.into()),
        });
        self.bars.map(Bar {
            start,
            end: address(event, "end"),
            shade: Shade::of(perms),
            perms: perms.into(),
            file: file.into(),
            owner: owner.flatten(),
            segment: event.get("segment").and_then(Value::as_u64),
            since: step,
            until: None,
        });
        let by_loader = text(event, "by") == "ld.so";
        if by_loader
            && event.get("segment").is_some_and(Value::is_u64)
            && let Some(content) = self.chapters.get_mut(&step.chapter)
        {
            self.search.mapped(step.chapter, &mut content.libraries, event);
        }
    }

    fn object(&mut self, event: &Value) {
        let base = address(event, "base");
        if text(event, "action") == "unload" {
            return;
        }
        let name = text(event, "name").to_owned();
        // The kernel loads three: the program, its interpreter, the vdso.
        if self.objects.len() == 1 && !name.starts_with('[') && self.interpreter.is_empty() {
            self.interpreter.clone_from(&name);
        }
        let by = text(event, "needed_by");
        let libraries = self.chapters.values_mut().flat_map(|c| c.libraries.iter_mut().rev());
        if let Some(library) = libraries.into_iter().find(|l| l.span().0 == base && l.needed_by.is_none()) {
            library.needed_by = Some(by.to_owned());
        }
        self.objects.insert(base, name);
    }

    /// The chapter to which an event belongs.
    fn chapter_of(&mut self, event: &Value) -> Chapter {
        let kind = text(event, "kind");
        match (kind, text(event, "phase")) {
            ("fault", _) => Chapter::Faults,
            (_, "exec") => Chapter::Exec,
            (_, "main") => Chapter::Main,
            (_, "exit") => Chapter::Exit,
            ("reloc" | "ifunc", _) => Chapter::Relocations,
            (_, "start") => Chapter::Start,
            _ => self.stage_of(event),
        }
    }

    /// The dynamic linker's work by its steps, which come in this order.
    fn stage_of(&mut self, event: &Value) -> Chapter {
        let name = text(event, "name");
        let stage = match text(event, "kind") {
            "init" | "bind" => Chapter::Constructors,
            "protect" => Chapter::Relro,
            // Told late, at the first stop after all were mapped.
            "object" if self.mains < 3 => {
                self.mains += 1;
                return Chapter::Loader;
            }
            "object" => return Chapter::Libraries,
            "syscall" if self.stage < Chapter::Libraries && matches!(name, "access" | "open" | "openat") => Chapter::Libraries,
            "syscall" if matches!(name, "arch_prctl" | "set_tid_address" | "rseq") => Chapter::Thread,
            "syscall" if name == "mprotect" && self.stage >= Chapter::Libraries => self.read_only(event),
            _ => self.stage,
        };
        self.stage = self.stage.max(stage);
        self.stage
    }

    /// Whether an mprotect makes something read-only for good: the RELRO parts, once the libraries are there.
    fn read_only(&self, event: &Value) -> Chapter {
        let prot = event.get("args").and_then(|a| a.get(2)).and_then(Value::as_i64);
        if prot == Some(1) { Chapter::Relro } else { self.stage }
    }
}
