//! The record as a story: events that belong together become one step each.

use std::collections::BTreeMap;

use serde_json::Value;

use super::files::Files;
use super::words::{base_name, describe, hex, signed, text};

/// One row of the story.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    /// When it began, in seconds since the exec.
    pub t: f64,
    /// The process.
    pub pid: i64,
    /// The thread.
    pub tid: i64,
    /// The phase of its process.
    pub phase: String,
    /// What kind of step it is: `search`, `read`, `map`, `relocate`, ...
    pub what: &'static str,
    /// In words.
    pub text: String,
    /// How many events it is made of.
    pub count: usize,
}

/// What is being put together.
enum Open {
    Nothing,
    /// A system call that may change the address space, and what it has changed so far.
    Call {
        step: Step,
        name: String,
        mapped: Vec<String>,
    },
    /// Tries of the dynamic linker that have failed.
    Search {
        step: Step,
        names: Vec<String>,
        places: Vec<String>,
    },
    /// Relocations of one module, and the IFUNCs that they have met.
    Relocations {
        step: Step,
        object: String,
        types: BTreeMap<String, usize>,
        targets: BTreeMap<String, usize>,
        ifuncs: Vec<String>,
    },
    /// Instructions of a load, or of a bind, by function.
    Steps {
        step: Step,
        of: String,
        functions: Vec<(u64, String)>,
    },
    /// Faults of a process that was recorded while it lived.
    Faults {
        step: Step,
        files: BTreeMap<String, usize>,
    },
}

/// Tells a story, event by event.
pub struct Teller {
    open: Open,
    files: Files,
    /// Faults of the second run by phase and file, to be told at the end of the phase.
    faults: BTreeMap<String, BTreeMap<String, usize>>,
    first: Option<i64>,
    phase: String,
}

/// System calls that change the address space, and are told by what they have changed.
const CHANGING: [&str; 6] = ["mmap", "munmap", "mprotect", "pkey_mprotect", "mremap", "brk"];
/// What prepares the thread and its local storage.
const THREAD: [&str; 4] = ["arch_prctl", "set_tid_address", "set_robust_list", "rseq"];

impl Teller {
    /// A teller. `faults`: how many page faults the second run had, by phase and file.
    pub fn new(faults: BTreeMap<String, BTreeMap<String, usize>>) -> Teller {
        Teller { open: Open::Nothing, files: Files::default(), faults, first: None, phase: String::new() }
    }

    /// The next event; the steps that are complete by it.
    pub fn event(&mut self, event: &Value) -> Vec<Step> {
        if text(event, "kind") == "fault" && event.get("run").is_some() {
            return Vec::new();
        }
        let mut out = Vec::new();
        let pid = event.get("pid").and_then(Value::as_i64).unwrap_or_default();
        if *self.first.get_or_insert(pid) == pid && self.phase != text(event, "phase") {
            let before = std::mem::replace(&mut self.phase, text(event, "phase").to_owned());
            out.extend(self.close());
            out.extend(self.faults_of(&before, event));
        }
        if !self.goes_on(event) {
            out.extend(self.close());
            out.extend(self.begin(event));
        }
        self.files.learn(event);
        out
    }

    /// An event that is not to be told, from which later ones get their meaning.
    pub fn learn(&mut self, event: &Value) {
        self.files.learn(event);
    }

    /// The end of the record.
    pub fn end(&mut self, last: &Value) -> Vec<Step> {
        let mut out = self.close();
        let left: Vec<String> = self.faults.keys().cloned().collect();
        out.extend(left.iter().filter_map(|phase| self.faults_of(phase, last)));
        out
    }

    fn faults_of(&mut self, phase: &str, event: &Value) -> Option<Step> {
        // The second run knows no other phases.
        let all = self.faults.remove(phase)?;
        let count = all.values().sum();
        let text = format!("{count} in a second, untouched run: {}", counted(&all, base_name));
        Some(Step { what: "faults", phase: phase.to_owned(), text, count, ..step(event, "faults") })
    }

    /// Whether an event belongs to what is being put together.
    fn goes_on(&mut self, event: &Value) -> bool {
        let kind = text(event, "kind");
        let same = |step: &Step| Some(step.tid) == event.get("tid").and_then(Value::as_i64);
        match &mut self.open {
            Open::Call { step, mapped, .. } if same(step) && matches!(kind, "map" | "unmap" | "protect") => {
                mapped.push(self.files.area(event));
                step.count += 1;
                true
            }
            Open::Search { step, names, places } if same(step) => match tried(event) {
                Some(path) => {
                    note_try(names, places, path, event);
                    step.count += 1;
                    true
                }
                None => false,
            },
            Open::Relocations { step, object, types, targets, ifuncs } if same(step) => match kind {
                "reloc" if text(event, "object") == object => {
                    count_relocation(event, types, targets);
                    step.count += 1;
                    true
                }
                "ifunc" => {
                    ifuncs.push(ifunc_name(event));
                    step.count += 1;
                    true
                }
                _ => false,
            },
            Open::Steps { step, of, functions } if kind == "steps" && text(event, "of") == of => {
                functions.push(counted_function(event));
                step.count += 1;
                true
            }
            Open::Faults { step, files } if same(step) && kind == "fault" => {
                *files.entry(text(event, "file").to_owned()).or_default() += 1;
                step.count += 1;
                true
            }
            _ => false,
        }
    }

    /// An event that begins something, or is a step by itself.
    fn begin(&mut self, event: &Value) -> Vec<Step> {
        let single = |what: &'static str, text: String| vec![Step { text, ..step(event, what) }];
        match text(event, "kind") {
            "syscall" => {
                let name = text(event, "name");
                if let Some(path) = tried(event) {
                    let (mut names, mut places) = (Vec::new(), Vec::new());
                    note_try(&mut names, &mut places, path, event);
                    self.open = Open::Search { step: step(event, "search"), names, places };
                    return Vec::new();
                }
                if CHANGING.contains(&name) && signed(event, "ret").is_some_and(|r| !(-4095..0).contains(&r)) {
                    self.open = Open::Call { step: step(event, "syscall"), name: name.to_owned(), mapped: Vec::new() };
                    return Vec::new();
                }
                let (what, words) = self.call(event, name);
                single(what, with_explanation(words, event))
            }
            "reloc" => {
                let (mut types, mut targets) = (BTreeMap::new(), BTreeMap::new());
                count_relocation(event, &mut types, &mut targets);
                let object = text(event, "object").to_owned();
                self.open = Open::Relocations { step: step(event, "relocate"), object, types, targets, ifuncs: Vec::new() };
                Vec::new()
            }
            "steps" => {
                let (of, functions) = (text(event, "of").to_owned(), vec![counted_function(event)]);
                self.open = Open::Steps { step: step(event, "steps"), of, functions };
                Vec::new()
            }
            "fault" => {
                let files = BTreeMap::from([(text(event, "file").to_owned(), 1)]);
                self.open = Open::Faults { step: step(event, "faults"), files };
                Vec::new()
            }
            "map" => single(if text(event, "by") == "kernel" { "kernel" } else { "map" }, self.files.area(event)),
            "unmap" => single("unmap", self.files.area(event)),
            "protect" => single("protect", self.files.area(event)),
            "object" if text(event, "action") == "load" => single("link", linked(event)),
            "object" => single("unlink", format!("{} at {}", base_name(text(event, "name")), text(event, "base"))),
            "entry" => single("entry", self.files.entry(event)),
            kind => single(KINDS.iter().find(|k| **k == kind).copied().unwrap_or("event"), describe(event)),
        }
    }

    /// A system call that stands for itself: what kind of step it is, and its words.
    fn call(&mut self, event: &Value, name: &str) -> (&'static str, String) {
        let whole = text(event, "text").to_owned();
        let by_loader = is_loader(text(event, "object"));
        match name {
            "execve" | "execveat" => ("exec", whole),
            "read" | "pread64" => match self.files.part_of_elf(event) {
                Some(part) => ("read", format!("{part}: {whole}")),
                None => ("syscall", whole),
            },
            "open" | "openat" if by_loader => ("open", whole),
            name if THREAD.contains(&name) && by_loader => ("thread", whole),
            _ => ("syscall", whole),
        }
    }

    /// Ends what is being put together.
    fn close(&mut self) -> Vec<Step> {
        match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Nothing => Vec::new(),
            Open::Call { step, mapped, .. } if mapped.is_empty() => vec![step],
            Open::Call { step, name, mapped } => {
                let what = match name.as_str() {
                    "mmap" | "mremap" => "map",
                    "munmap" => "unmap",
                    "brk" => "heap",
                    _ if mapped.iter().any(|m| m.contains("RELRO")) => "relro",
                    _ => "protect",
                };
                let explained = step.text.split_once(EXPLAINS).map(|(_, why)| format!("{EXPLAINS}{why}")).unwrap_or_default();
                vec![Step { what, text: format!("{}{explained}", mapped.join(", ")), ..step }]
            }
            Open::Search { step, names, places } => vec![Step { text: searched(&step, &names, &places), ..step }],
            Open::Relocations { step, object, types, targets, ifuncs } => {
                let total: usize = types.values().sum();
                let mut words =
                    format!("{}: {total}: {}", base_name(&object), counted(&types, |t| t.trim_start_matches("R_X86_64_")));
                if !targets.is_empty() {
                    words.push_str(&format!("; to {}", counted(&targets, base_name)));
                }
                let mut out = vec![Step { text: words, count: total, ..step.clone() }];
                if !ifuncs.is_empty() {
                    let words = format!("{} chosen: {}", ifuncs.len(), ifuncs.join(" "));
                    out.push(Step { what: "ifunc", text: words, count: ifuncs.len(), ..step });
                }
                out
            }
            Open::Steps { step, of, functions } => vec![Step { text: counted_steps(&of, &functions), ..step }],
            Open::Faults { step, files } => {
                vec![Step { text: format!("{}: {}", step.count, counted(&files, base_name)), ..step }]
            }
        }
    }
}

/// Kinds of events that are steps by themselves.
const KINDS: [&str; 9] = ["bind", "init", "fini", "main", "exec", "fork", "clone", "signal", "exit"];

/// What stands between a step and its explanation.
const EXPLAINS: &str = "  -- ";

fn step(event: &Value, what: &'static str) -> Step {
    let number = |key: &str| event.get(key).and_then(Value::as_i64).unwrap_or_default();
    Step {
        t: event.get("t").and_then(Value::as_f64).unwrap_or_default(),
        pid: number("pid"),
        tid: number("tid"),
        phase: text(event, "phase").to_owned(),
        what,
        text: with_explanation(text(event, "text").to_owned(), event),
        count: 1,
    }
}

fn with_explanation(words: String, event: &Value) -> String {
    match text(event, "explain") {
        "" => words,
        why => format!("{words}{EXPLAINS}{why}"),
    }
}

/// Whether a path is that of a dynamic linker.
fn is_loader(path: &str) -> bool {
    base_name(path).starts_with("ld-") || base_name(path).starts_with("ld.so")
}

/// The path of a try of the dynamic linker that has found nothing: of a file that is not there, or of a directory that it looks at
/// before it looks for files in it.
fn tried(event: &Value) -> Option<&str> {
    let is_try = matches!(text(event, "name"), "open" | "openat" | "stat" | "newfstatat");
    if text(event, "kind") != "syscall" || !is_try || !is_loader(text(event, "object")) {
        return None;
    }
    let words = text(event, "text");
    let path = words.split('"').nth(1).filter(|p| !p.is_empty())?;
    let failed = signed(event, "ret").is_some_and(|r| r < 0);
    (failed || words.contains("S_IFDIR")).then_some(path)
}

fn note_try(names: &mut Vec<String>, places: &mut Vec<String>, path: &str, event: &Value) {
    let is_file = text(event, "name").starts_with("open");
    let (place, name) = path.rsplit_once('/').unwrap_or(("", path));
    if is_file && names.iter().all(|n| n != name) {
        names.push(name.to_owned());
    }
    if is_file && places.iter().all(|p| p != place) {
        places.push(place.to_owned());
    }
}

fn searched(step: &Step, names: &[String], places: &[String]) -> String {
    let tries = if step.count == 1 { "1 failed try".to_owned() } else { format!("{} failed tries", step.count) };
    match names {
        [] => step.text.clone(),
        names => format!("{}: {tries} in {}", names.join(", "), places.join(":")),
    }
}

fn count_relocation(event: &Value, types: &mut BTreeMap<String, usize>, targets: &mut BTreeMap<String, usize>) {
    *types.entry(text(event, "type").to_owned()).or_default() += 1;
    if !text(event, "target").is_empty() {
        *targets.entry(text(event, "target").to_owned()).or_default() += 1;
    }
}

fn ifunc_name(event: &Value) -> String {
    match text(event, "symbol") {
        "" => hex(event, "resolver").map_or_else(|| "?".to_owned(), |r| format!("{r:#x}")),
        symbol => symbol.to_owned(),
    }
}

/// `1198 RELATIVE, 62 GLOB_DAT`: the most first.
fn counted(all: &BTreeMap<String, usize>, name: impl Fn(&str) -> &str) -> String {
    let mut all: Vec<(&String, &usize)> = all.iter().collect();
    all.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let named = |key: &str| if key.is_empty() { "anonymous memory".to_owned() } else { name(key).to_owned() };
    all.into_iter().map(|(key, count)| format!("{count} {}", named(key))).collect::<Vec<_>>().join(", ")
}

fn counted_function(event: &Value) -> (u64, String) {
    let name = if text(event, "name").is_empty() { "(no symbol)" } else { text(event, "name") };
    let count = event.get("count").and_then(Value::as_u64).unwrap_or_default();
    (count, format!("{}!{name}", base_name(text(event, "object"))))
}

/// So many functions are named; `timeline show steps` has all.
const NAMED: usize = 6;

fn counted_steps(of: &str, functions: &[(u64, String)]) -> String {
    let total: u64 = functions.iter().map(|f| f.0).sum();
    let named: Vec<String> = functions.iter().take(NAMED).map(|(count, name)| format!("{count} {name}")).collect();
    let more = match functions.len().saturating_sub(NAMED) {
        0 => String::new(),
        n => format!(", and {n} more"),
    };
    format!("{of}: {total} instructions in one more run: {}{more}", named.join(", "))
}

fn linked(event: &Value) -> String {
    let by = match text(event, "needed_by") {
        "" => String::new(),
        by => format!(", needed by {}", base_name(by)),
    };
    format!("{} at {}{by}", text(event, "name"), text(event, "base"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn call(name: &str, text: &str, ret: i64) -> Value {
        json!({"t": 0.5, "pid": 1, "tid": 1, "kind": "syscall", "phase": "ld.so", "name": name, "text": text, "ret": ret,
            "args": [3], "object": "/lib64/ld-linux-x86-64.so.2"})
    }

    fn reloc(kind: &str, target: Option<&str>) -> Value {
        json!({"t": 0.5, "pid": 1, "tid": 1, "kind": "reloc", "phase": "ld.so", "object": "/lib/libx.so", "type": kind, "target": target})
    }

    fn story(events: &[Value]) -> Vec<(&'static str, String, usize)> {
        let mut teller = Teller::new(BTreeMap::new());
        let mut steps: Vec<Step> = events.iter().flat_map(|e| teller.event(e)).collect();
        steps.extend(teller.end(&Value::Null));
        steps.into_iter().map(|s| (s.what, s.text, s.count)).collect()
    }

    #[test]
    fn failed_tries_are_one_step() {
        let told = story(&[
            call("openat", "openat(AT_FDCWD, \"/a/libx.so\", O_RDONLY) = -1 ENOENT (No such file or directory)", -2),
            call("newfstatat", "newfstatat(AT_FDCWD, \"/a\", {st_mode=S_IFDIR|0755, ...}, 0) = 0", 0),
            call("openat", "openat(AT_FDCWD, \"/b/libx.so\", O_RDONLY) = -1 ENOENT (No such file or directory)", -2),
            call("openat", "openat(AT_FDCWD, \"/c/libx.so\", O_RDONLY) = 3", 3),
        ]);
        assert_eq!(told[0], ("search", "libx.so: 3 failed tries in /a:/b".to_owned(), 3));
        assert_eq!((told.len(), told[1].0), (2, "open"));
    }

    #[test]
    fn a_call_and_what_it_has_mapped_are_one_step() {
        let map = json!({"t": 0.6, "pid": 1, "tid": 1, "kind": "map", "phase": "ld.so", "start": "0x1000", "end": "0x3000",
            "perms": "rw-p", "file": null, "offset": 0, "by": "ld.so", "segment": null});
        let told =
            story(&[call("mmap", "mmap(NULL, 8192, ...) = 0x1000", 0x1000), map, call("brk", "brk(NULL) = 0x5000", 0x5000)]);
        assert_eq!(told[0], ("map", "0x1000-0x3000 rw-p anonymous, 8192 bytes".to_owned(), 2));
        assert_eq!(told[1], ("syscall", "brk(NULL) = 0x5000".to_owned(), 1));
    }

    #[test]
    fn relocations_are_counted_by_type_and_target() {
        let told = story(&[
            reloc("R_X86_64_RELATIVE", None),
            reloc("R_X86_64_RELATIVE", None),
            reloc("R_X86_64_GLOB_DAT", Some("/lib/libc.so.6")),
            json!({"t": 0.5, "pid": 1, "tid": 1, "kind": "ifunc", "phase": "ld.so", "symbol": "strlen"}),
            reloc("R_X86_64_GLOB_DAT", Some("/lib/liby.so")),
        ]);
        let words = "libx.so: 4: 2 GLOB_DAT, 2 RELATIVE; to 1 libc.so.6, 1 liby.so";
        assert_eq!(told, [("relocate", words.to_owned(), 4), ("ifunc", "1 chosen: strlen".to_owned(), 1)]);
    }
}
