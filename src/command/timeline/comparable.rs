//! A saved record without what differs between two runs of the same load: addresses, numbers of tasks, times, random bytes.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value;

use super::relative::Layout;
use super::words::{base_name, signed, text, versioned};
use crate::base::{Error, Result};

/// Something that one task did.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Told {
    /// The phase of its process.
    pub phase: String,
    /// The kind of event.
    pub kind: String,
    /// What happened.
    pub text: String,
}

/// What is settled about a slot, or about an IFUNC: it does not matter when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settled {
    /// `JUMP_SLOT`, or `IFUNC`.
    pub kind: String,
    /// The symbol with its version.
    pub symbol: String,
    /// The module of the definition; empty where there is none.
    pub target: String,
    /// What is in the slot.
    pub value: String,
}

/// Of which process (by its birth), in which module, and where there.
pub type Slot = (usize, String, String);

/// A record to be compared.
#[derive(Default)]
pub struct Comparable {
    /// What each task did, in order; the tasks in the order of their birth.
    pub tasks: Vec<Vec<Told>>,
    /// Slots and IFUNCs.
    pub settled: BTreeMap<Slot, Settled>,
}

/// What the system says against reading a file.
fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::io(path.display().to_string(), error)
}

impl Comparable {
    /// Reads a file that `timeline save` has written.
    pub fn read(path: &Path) -> Result<Comparable> {
        let file = File::open(path).map_err(|e| failed(path, &e))?;
        let mut reader = Reader::default();
        for (number, line) in BufReader::new(file).lines().enumerate() {
            let line = line.map_err(|e| failed(path, &e))?;
            let event: Option<Value> = serde_json::from_str(&line).ok().filter(|e: &Value| e.get("kind").is_some());
            let Some(event) = event else {
                return Err(Error::user(format!("{}:{}: no event of a timeline.", path.display(), number + 1)));
            };
            reader.event(event);
        }
        reader.release();
        Ok(reader.out)
    }
}

/// System calls whose numbers may be those of tasks.
const OF_TASKS: [&str; 19] = [
    "clone",
    "clone3",
    "fork",
    "vfork",
    "wait4",
    "waitid",
    "kill",
    "tkill",
    "tgkill",
    "getpid",
    "gettid",
    "set_tid_address",
    "setpgid",
    "getpgid",
    "getsid",
    "ioctl",
    "prlimit64",
    "sched_getaffinity",
    "sched_setaffinity",
];
/// What these say differs from run to run.
const VOLATILE: [&str; 12] = [
    "getppid",
    "getpgrp",
    "getsid",
    "getpgid",
    "getrandom",
    "sysinfo",
    "times",
    "time",
    "clock_gettime",
    "gettimeofday",
    "getrusage",
    "statfs",
];

#[derive(Default)]
struct Reader {
    out: Comparable,
    layouts: HashMap<i64, Layout>,
    /// Processes and tasks by the order of their birth.
    processes: Vec<i64>,
    tasks: Vec<i64>,
    /// A call whose mappings come next: its result is one of them.
    held: Option<Value>,
    /// What the kernel has mapped for an exec, which lies in a random order.
    mapped: Vec<(i64, Told)>,
}

fn place_of(all: &mut Vec<i64>, id: i64) -> usize {
    all.iter().position(|t| *t == id).unwrap_or_else(|| {
        all.push(id);
        all.len() - 1
    })
}

impl Reader {
    fn event(&mut self, event: Value) {
        let (pid, tid) = (signed(&event, "pid").unwrap_or_default(), signed(&event, "tid").unwrap_or_default());
        let kind = text(&event, "kind");
        let by_kernel = kind == "map" && text(&event, "by") == "kernel";
        if !by_kernel {
            self.tell_mapped();
        }
        if kind == "map" {
            self.layouts.entry(pid).or_default().map(&event);
        }
        self.release();
        match kind {
            // They are of another run.
            "fault" => {}
            "syscall" => {
                self.layouts.entry(pid).or_default().learn_heap(&event);
                self.held = Some(event);
            }
            "reloc" | "ifunc" => self.settle(&event, pid),
            "fork" | "clone" => {
                let child = signed(&event, "child").unwrap_or_default();
                if kind == "fork" {
                    let copy = self.layouts.get(&pid).cloned().unwrap_or_default();
                    self.layouts.insert(child, copy);
                    place_of(&mut self.processes, child);
                }
                let task = place_of(&mut self.tasks, child);
                self.tell(tid, &event, format!("task {task}"));
            }
            _ => {
                if kind == "exec" {
                    self.layouts.insert(pid, Layout::default());
                }
                let words = self.words(&event, pid);
                match by_kernel {
                    true => self.mapped.push((tid, told(&event, words))),
                    false => self.tell(tid, &event, words),
                }
                if kind == "unmap" {
                    self.layouts.entry(pid).or_default().unmap(&event);
                }
            }
        }
    }

    fn tell(&mut self, tid: i64, event: &Value, words: String) {
        self.tell_it(tid, told(event, words));
    }

    fn tell_it(&mut self, tid: i64, told: Told) {
        let task = place_of(&mut self.tasks, tid);
        if self.out.tasks.len() <= task {
            self.out.tasks.resize(task + 1, Vec::new());
        }
        self.out.tasks.get_mut(task).into_iter().for_each(|t| t.push(told.clone()));
    }

    fn tell_mapped(&mut self) {
        let mut all = std::mem::take(&mut self.mapped);
        all.sort_by(|a, b| a.1.text.cmp(&b.1.text));
        all.into_iter().for_each(|(tid, told)| self.tell_it(tid, told));
    }

    /// Tells of the call that was held back.
    fn release(&mut self) {
        let Some(event) = self.held.take() else { return };
        let (pid, tid) = (signed(&event, "pid").unwrap_or_default(), signed(&event, "tid").unwrap_or_default());
        let words = self.call(&event, pid);
        self.tell(tid, &event, words);
    }

    fn call(&self, event: &Value, pid: i64) -> String {
        let name = text(event, "name");
        if VOLATILE.contains(&name) {
            return format!("{name}(...) {}", if signed(event, "ret").is_some_and(|r| r < 0) { "fails" } else { "" })
                .trim()
                .to_owned();
        }
        let layout = self.layouts.get(&pid);
        let words = layout.map_or_else(|| text(event, "text").to_owned(), |l| l.call(name, text(event, "text")));
        if OF_TASKS.contains(&name) { self.with_tasks(&words) } else { words }
    }

    fn with_tasks(&self, words: &str) -> String {
        static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b\d+\b|si_[us]time=\d+").ok());
        let named = |found: &Captures<'_>| match found[0].parse::<i64>() {
            Ok(number) => match self.tasks.iter().position(|t| *t == number) {
                Some(task) => format!("task{task}"),
                None => number.to_string(),
            },
            Err(_) => String::new(),
        };
        NUMBER.as_ref().map_or_else(|| words.to_owned(), |n| n.replace_all(words, named).into_owned())
    }

    /// What an event that is no call says.
    fn words(&self, event: &Value, pid: i64) -> String {
        let none = Layout::default();
        let layout = self.layouts.get(&pid).unwrap_or(&none);
        let object = base_name(text(event, "object"));
        match text(event, "kind") {
            "map" | "unmap" | "protect" => layout.area(event),
            "object" => {
                let head = format!("{} {}", text(event, "action"), base_name(text(event, "name")));
                match base_name(text(event, "needed_by")) {
                    "" => head,
                    by => format!("{head}, needed by {by}"),
                }
            }
            "bind" => {
                let (index, to) = (text(event, "index"), layout.field(event, "value"));
                format!("{} of {object}, {index} -> {to}, called from {}", versioned(event), text(event, "caller"))
            }
            "init" | "fini" => format!("{object}!{} {}", text(event, "name"), layout.field(event, "function")),
            "entry" | "main" => layout.field(event, "pc"),
            "signal" => self.with_tasks(&layout.text(if text(event, "text").is_empty() {
                text(event, "name")
            } else {
                text(event, "text")
            })),
            "exec" => base_name(text(event, "path")).to_owned(),
            _ => super::words::describe(event),
        }
    }

    fn settle(&mut self, event: &Value, pid: i64) {
        let none = Layout::default();
        let layout = self.layouts.get(&pid).unwrap_or(&none);
        let object = base_name(text(event, "object")).to_owned();
        let is_ifunc = text(event, "kind") == "ifunc";
        let place = layout.field(event, if is_ifunc { "resolver" } else { "slot" });
        let kind = if is_ifunc { "IFUNC" } else { text(event, "type").trim_start_matches("R_X86_64_") };
        let target = base_name(text(event, "target")).to_owned();
        let value = layout.field(event, "value");
        let settled = Settled { kind: kind.to_owned(), symbol: versioned(event), target, value };
        let key = (place_of(&mut self.processes, pid), object, if is_ifunc { format!("IFUNC {place}") } else { place });
        self.out.settled.insert(key, settled);
    }
}

fn told(event: &Value, text_of_it: String) -> Told {
    Told { phase: text(event, "phase").to_owned(), kind: text(event, "kind").to_owned(), text: text_of_it }
}
