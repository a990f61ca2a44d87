//! What rdbg says of the loading of every kind of program, held against readelf, /proc and the program itself: glibc and musl, static and
//! dynamic, lazy and bound at load, stripped, preloaded, with exceptions, IFUNCs and plugins.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use common::build;
use common::load::Load;
use common::oracles;
use common::rdbg::Session;
use common::tools;
use serde_json::Value;

/// Every kind of program.
fn loads() -> Vec<Load> {
    let mut all = Vec::new();
    for (name, args) in [("ls", vec!["/"]), ("git", vec!["--version"]), ("bash", vec!["-c", "exit 3"])] {
        match tools::find(name) {
            Some(path) => all.push(Load::of(path, &args)),
            None => tools::skip("everywhere", format!("no {name} on PATH")),
        }
    }
    // Perhaps a script that looks for an interpreter.
    if let Some(python) = tools::find("python3") {
        let (path, _) = tools::output(std::process::Command::new(python).args(["-c", "import sys; print(sys.executable)"]));
        all.push(Load::of(path.trim(), &["-S", "-c", "import _json"]));
    }
    let of = |source, name| build::or_skip("everywhere", source, name).map(|p| Load::of(p.path, &[]));
    let builds = ["lazy", "static", "static-pie", "now", "noplt", "ibt", "stripped", "musl", "pie"];
    all.extend(builds.iter().filter_map(|name| of("c/hello.c", name)));
    all.extend([of("cpp/throws.cpp", "lazy"), of("c/dlhost.c", "pie"), of("c/ifunc.c", "lazy")].into_iter().flatten());
    if let (Some(ls), Some(preloaded)) = (tools::find("ls"), build::or_skip("everywhere", "c/ctor.c", "lazy")) {
        let library = preloaded.dir.join("libctor.so").display().to_string();
        all.push(Load::of(ls, &["/"]).with("LD_PRELOAD", &library));
    }
    all
}

/// What rdbg answers to a script of commands about it.
fn asked(load: &Load, script: &str) -> String {
    let set: String = load.environment.iter().map(|(k, v)| format!("set environment {k} {v}\n")).collect();
    Session::rdbg().program(&load.program, &load.args).feed(&format!("{set}{script}")).text.replace("(rdbg) ", "")
}

fn objects(text: &str) -> Vec<Value> {
    let json = |l: &str| l.find('{').and_then(|at| serde_json::from_str(&l[at..]).ok());
    text.lines().filter_map(json).collect()
}

/// What each command between two of `echo @@@` has answered.
fn answers(text: &str) -> Vec<&str> {
    text.split("@@@\n").skip(1).collect()
}

fn number(value: &Value) -> u64 {
    u64::from_str_radix(value.as_str().unwrap_or_default().trim_start_matches("0x"), 16).unwrap_or_default()
}

fn is_static(load: &Load) -> bool {
    load.program.to_string_lossy().contains("-static")
}

/// A module of the process: its file, and how far it was moved.
struct Placed {
    name: String,
    file: PathBuf,
    bias: u64,
}

/// The modules, by /proc/PID/maps as rdbg's `info proc mappings` passes it on, and readelf's first segment.
fn modules(mappings: &str) -> Vec<Placed> {
    let mut bases: BTreeMap<PathBuf, u64> = BTreeMap::new();
    for line in mappings.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [start, _, _, "0x0", _, file] = words[..]
            && file.starts_with('/')
        {
            let start = u64::from_str_radix(start.trim_start_matches("0x"), 16).unwrap();
            bases.entry(file.into()).or_insert(start);
        }
    }
    let placed = |(file, start): (PathBuf, u64)| {
        let (text, _) = tools::output(std::process::Command::new("readelf").arg("-lW").arg(&file));
        let first = text.lines().map(str::trim_start).find(|l| l.starts_with("LOAD "))?;
        let address = first.split_whitespace().nth(2)?;
        let linked = u64::from_str_radix(address.trim_start_matches("0x"), 16).ok()?;
        let name = file.file_name()?.to_string_lossy().into_owned();
        Some(Placed { name, file, bias: start - linked })
    };
    bases.into_iter().filter_map(placed).collect()
}

/// The places that the dynamic linker writes when it relocates a file there.
fn relocated(module: &Placed) -> BTreeSet<(u64, String)> {
    let mut all: BTreeSet<(u64, String)> =
        oracles::relocations(&module.file, false).into_iter().map(|r| (r.offset + module.bias, r.kind)).collect();
    all.extend(oracles::relr(&module.file).into_iter().map(|at| (at + module.bias, "RELATIVE".to_owned())));
    all
}

const AT_EXIT: &str = "catch syscall exit_group\nrun\n";

/// Each relocation that readelf shows, of each file that the kernel says is mapped, at its address; and each of them applied.
#[test]
fn relocations_are_readelfs() {
    for load in loads() {
        let text = asked(
            &load,
            &format!("{AT_EXIT}echo @@@\\n\ninfo proc mappings\necho @@@\\n\ninfo relocations -all -json\necho @@@\\n\nkill\n"),
        );
        let answers = answers(&text);
        assert!(answers.len() >= 3, "{load:?}\n{text}");
        let mut ours: BTreeSet<(u64, String)> = BTreeSet::new();
        for row in objects(answers[1]).iter().filter(|r| r["verdict"].is_string()) {
            let kind = row["type"].as_str().unwrap().trim_start_matches("R_X86_64_").to_owned();
            ours.insert((number(&row["address"]), kind));
            let verdict = row["verdict"].as_str().unwrap();
            // Variables change; addresses of functions do not.
            let is_variable = !["JUMP_SLOT", "GLOB_DAT", "IRELATIVE", "TPOFF64"].contains(&row["type"].as_str().unwrap());
            let is_fine = ["applied", "lazy"].contains(&verdict) || verdict == "changed" && is_variable;
            assert!(is_fine, "{load:?}: {row}");
            // Lazy is what leads back into the module's own code.
            if verdict == "lazy" {
                assert!(row["type"] == "JUMP_SLOT" && number(&row["now"]) != 0, "{load:?}: {row}");
            }
        }
        let theirs: BTreeSet<(u64, String)> = modules(answers[0]).iter().flat_map(relocated).collect();
        let differing: Vec<_> = ours.symmetric_difference(&theirs).take(6).collect();
        assert!(differing.is_empty(), "{load:?}: {differing:x?}");
    }
}

/// Where a slot was bound, `why` ends with the address that stands in it.
#[test]
fn why_ends_with_what_stands_in_the_slot() {
    for load in loads() {
        let text = asked(&load, &format!("{AT_EXIT}got -json\nwhy nosuchsymbol\nkill\n"));
        if is_static(&load) {
            assert!(text.contains("is statically linked: nothing is looked up at run time."), "{load:?}\n{text}");
            continue;
        }
        let slots: Vec<(String, u64)> = objects(&text)
            .iter()
            .filter(|r| r["state"] == "bound" && r["symbol"].is_string())
            .map(|r| (r["symbol"].as_str().unwrap().split('@').next().unwrap().to_owned(), number(&r["value"])))
            .collect();
        assert!(!slots.is_empty(), "{load:?}\n{text}");
        let every = slots.len().div_ceil(12);
        let chosen: Vec<&(String, u64)> = slots.iter().step_by(every).collect();
        let ask: String = chosen.iter().map(|(name, _)| format!("echo @@@\\n\nwhy {name} -json\n")).collect();
        let text = asked(&load, &format!("{AT_EXIT}{ask}kill\n"));
        for ((name, value), answer) in chosen.iter().zip(answers(&text)) {
            let rows = objects(answer);
            let end =
                rows.iter().find(|r| r["winner_module"].is_string()).unwrap_or_else(|| panic!("{load:?}: {name}\n{answer}"));
            // An IFUNC's slot holds what its resolver chose.
            let is_it = number(&end["address"]) == *value || end["ifunc"] == true || answer.contains("IFUNC");
            assert!(is_it, "{load:?}: {name} {value:#x}\n{answer}");
        }
    }
}

/// Every private page of a file has a cause that can be proved: so many relocations lie in it as readelf says, or it holds what its
/// cause says that it holds.
#[test]
fn causes_of_private_pages_are_true() {
    for load in loads() {
        let script = format!("{AT_EXIT}echo @@@\\n\ninfo proc mappings\necho @@@\\n\npages -cow -json\necho @@@\\n\nkill\n");
        let text = asked(&load, &script);
        let answers = answers(&text);
        let mut of_page: BTreeMap<u64, u64> = BTreeMap::new();
        for module in modules(answers[0]) {
            let written = relocated(&module).into_iter().filter(|(_, kind)| kind != "JUMP_SLOT" || module.bias != 0);
            written.for_each(|(at, _)| *of_page.entry(at / 4096).or_default() += 1);
        }
        let rows: Vec<Value> = objects(answers[1]).into_iter().filter(|r| r["cause"].is_array()).collect();
        assert!(!rows.is_empty(), "{load:?}\n{text}");
        for row in &rows {
            let page = number(&row["page"]) / 4096;
            let causes: Vec<&str> = row["cause"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            assert!(!causes.is_empty() && !causes.contains(&"unknown"), "{load:?}: {row}");
            let told = causes.iter().find_map(|c| c.strip_suffix(" relocations").or(c.strip_suffix(" relocation")));
            let told = told.map(|n| n.parse::<u64>().unwrap());
            assert_eq!(told, of_page.get(&page).copied(), "{load:?}: {row}");
            // The program writes where it may, or might before RELRO.
            if causes.contains(&"the program") {
                assert!(row["perms"].as_str().unwrap().contains('w') || row["relro"] == true, "{load:?}: {row}");
            }
        }
    }
}

/// Before the dynamic linker has run nothing is relocated, and no page has that for a cause.
#[test]
fn nothing_is_caused_before_it_happened() {
    for load in loads().iter().filter(|l| !is_static(l)) {
        let text = asked(load, "starti\npages -cow -json\ninfo relocations -all -json\nkill\n");
        for row in objects(&text) {
            let causes = row["cause"].as_array().map(|c| c.iter().any(|c| c.as_str().unwrap().contains("relocation")));
            assert_ne!(causes, Some(true), "{load:?}: {row}");
            // A lazy slot of a program at fixed addresses is as it should be from the beginning; nothing is applied, but what is
            // undefined and weak stays 0.
            if row["verdict"] == "applied" {
                assert_eq!(number(&row["now"]), number(&row["file"]), "{load:?}: {row}");
            }
        }
    }
}

/// The name of a function that the program itself imports through a slot.
fn imported(load: &Load) -> Option<String> {
    let rows = oracles::relocations(&load.program, false);
    let names = rows.iter().filter(|r| ["JUMP_SLOT", "GLOB_DAT"].contains(&r.kind.as_str()) && !r.symbol.is_empty());
    let mut names = names.map(|r| r.symbol.split('@').next().unwrap_or_default().to_owned());
    let weak =
        ["__gmon_start__", "__cxa_finalize", "_ITM_deregisterTMCloneTable", "_ITM_registerTMCloneTable", "__libc_start_main"];
    names.find(|n| !weak.contains(&n.as_str()) && !n.starts_with("_ZT") && n != "environ" && n != "stdout" && n != "stderr")
}

/// After `redirect` every slot that readelf finds of that name, of every module, leads to the other function, and after `undo`
/// where it led before; before anything is relocated rdbg refuses.
#[test]
fn redirect_writes_every_slot() {
    for load in loads() {
        if is_static(&load) {
            let text = asked(&load, "break main\nrun\nredirect puts my_puts\nkill\n");
            assert!(text.contains("No slot of any module leads to \"puts\": it is called directly."), "{load:?}\n{text}");
            continue;
        }
        let name = imported(&load).unwrap_or_else(|| panic!("{load:?}"));
        let text = asked(&load, "break *&_start\nrun\necho @@@\\n\ninfo proc mappings\necho @@@\\n\np/x (long)&abort\nkill\n");
        let first = answers(&text);
        let abort = first[1].split("= ").nth(1).and_then(|t| t.split_whitespace().next()).unwrap_or_else(|| panic!("{text}"));
        let places: Vec<u64> = modules(first[0])
            .iter()
            .flat_map(|m| {
                let rows = oracles::relocations(&m.file, false).into_iter();
                let fits = |r: &oracles::Relocation| {
                    ["JUMP_SLOT", "GLOB_DAT"].contains(&r.kind.as_str()) && r.symbol.split('@').next() == Some(&name)
                };
                rows.filter(fits).map(|r| r.offset + m.bias).collect::<Vec<_>>()
            })
            .collect();
        assert!(!places.is_empty(), "{load:?}: {name}");
        let look: String = places.iter().map(|at| format!("output/x *(long*){at:#x}\necho \\n\n")).collect();
        let text = asked(
            &load,
            &format!(
                "break *&_start\nrun\necho @@@\\n\n{look}echo @@@\\n\nredirect {name} abort\necho @@@\\n\n{look}echo @@@\\n\n\
                 undo\necho @@@\\n\n{look}echo @@@\\n\nkill\n"
            ),
        );
        let values = |text: &str| -> Vec<String> {
            let words = text.split_whitespace().filter(|w| w.starts_with("0x"));
            words.map(str::to_owned).collect()
        };
        let told = answers(&text);
        assert_eq!(values(told[2]), vec![abort.to_owned(); places.len()], "{load:?}: {name}\n{text}");
        assert_eq!(values(told[0]), values(told[4]), "{load:?}: {name}\n{text}");
        let named = told[1].lines().filter(|l| l.contains("  ->  ")).count();
        // Slots that an IFUNC's choice was put into lead there too.
        assert!(named >= places.len(), "{load:?}: {name}\n{}", told[1]);
    }
}

/// Where a position-independent program is not relocated yet, ld.so would add its bias to whatever stood in a slot.
#[test]
fn redirect_waits_for_the_relocation() {
    let Some(program) = build::or_skip("everywhere", "c/hello.c", "pie") else { return };
    let text = asked(&Load::of(program.path, &[]), "starti\nredirect puts my_puts\ncontinue\n");
    assert!(text.contains("is not relocated yet") && text.contains("exited normally"), "{text}");
}

/// After `unbind -all` each lazy slot leads back to its stub, as its file has it; the program goes on to the same end.
#[test]
fn unbind_takes_every_bind_back() {
    for load in loads() {
        let ends = |text: &str| {
            text.lines()
                .find(|l| l.contains("[Inferior 1 (process ") && l.contains("exited"))
                .map(|l| l.split_once(") ").map_or(String::new(), |(_, how)| how.to_owned()))
        };
        let before = "break *&_start\nrun\ncatch syscall exit_group\n";
        let script = format!(
            "{before}continue\necho @@@\\n\ninfo proc mappings\necho @@@\\n\nunbind -all\necho @@@\\n\ngot -all -json\necho @@@\\n\ncontinue\ncontinue\n"
        );
        let text = asked(&load, &script);
        let told = answers(&text);
        assert!(told.len() == 4, "{load:?}\n{text}");
        let mut biases: BTreeMap<String, u64> = BTreeMap::new();
        modules(told[0]).into_iter().for_each(|m| {
            biases.insert(m.name, m.bias);
        });
        let mut lazy = 0;
        for row in objects(told[2]).iter().filter(|r| r["type"] == "JUMP_SLOT" && r["state"] == "unresolved") {
            // A slot that waits leads into its own module's code, right behind the jump of its stub.
            lazy += 1;
            let target = row["target"].as_str().unwrap_or_default();
            assert!(target.contains("@plt+") || target.contains(".plt"), "{load:?}: {row}");
        }
        let still: Vec<Value> = objects(told[2])
            .into_iter()
            .filter(|r| {
                r["type"] == "JUMP_SLOT" && r["state"] == "bound" && !load.environment.iter().any(|(k, _)| k == "LD_BIND_NOW")
            })
            .filter(|r| is_lazy_module(&told, r))
            .collect();
        assert!(still.is_empty(), "{load:?}: {:?}", still.first());
        let untouched = asked(&load, "run\n");
        assert_eq!(ends(&text), ends(&untouched), "{load:?}\n{text}");
        if lazy == 0 {
            let refused = ["No module has a jump slot.", "No slot of these can be bound lazily", "Nothing to unbind"];
            assert!(refused.iter().any(|r| told[1].contains(r)), "{load:?}: {}", told[1]);
        }
    }
}

/// Whether the module of a slot has any slot that waits: one that was bound at load has none.
fn is_lazy_module(told: &[&str], row: &Value) -> bool {
    let of = |r: &Value| r["module"] == row["module"] && r["state"] == "unresolved";
    objects(told[2]).iter().any(of)
}

/// The stack at the first instruction: arguments, environment and auxiliary vector are what was given to execve, and what the kernel
/// gives to any process of this machine.
#[test]
fn the_first_stack_is_what_execve_was_given() {
    // The vector of another process: this one's own.
    let own = std::fs::read("/proc/self/auxv").unwrap();
    let words: Vec<u64> = own.chunks_exact(8).map(|w| u64::from_le_bytes(w.try_into().unwrap())).collect();
    let tags: BTreeSet<u64> = words.chunks_exact(2).map(|e| e[0]).collect();
    for load in loads() {
        let text = asked(&load, "starti\necho @@@\\n\ninfo startup -json\necho @@@\\n\ninfo auxv -json\necho @@@\\n\nkill\n");
        let told = answers(&text);
        let rows = objects(told[0]);
        let row = |what: &str| rows.iter().find(|r| r["what"] == what).unwrap_or_else(|| panic!("{load:?}: {what}\n{text}"));
        let mut arguments = vec![load.program.display().to_string()];
        arguments.extend(load.args.iter().cloned());
        assert_eq!(number(&row("argc")["value"]), arguments.len() as u64, "{load:?}");
        for (n, argument) in arguments.iter().enumerate() {
            assert_eq!(row(&format!("argv[{n}]"))["meaning"], format!("\"{argument}\"").as_str(), "{load:?}");
        }
        for (name, value) in &load.environment {
            let wanted = format!("\"{name}={value}\"");
            assert!(rows.iter().any(|r| r["meaning"] == wanted.as_str()), "{load:?}: {wanted}");
        }
        let ours: BTreeSet<u64> = objects(told[1]).iter().filter_map(|r| r["key"].as_u64()).collect();
        assert_eq!(ours, tags, "{load:?}");
        // The entry point is readelf's, moved by as much as the program headers are.
        let (head, _) = tools::output(std::process::Command::new("readelf").args(["-hW"]).arg(&load.program));
        let field = |name: &str| {
            let line = head.lines().find(|l| l.trim_start().starts_with(name)).unwrap_or_default();
            let word = line.split(':').nth(1).unwrap_or_default().split_whitespace().next().unwrap_or_default().to_owned();
            word.strip_prefix("0x").map_or_else(|| word.parse().unwrap_or(0), |h| u64::from_str_radix(h, 16).unwrap_or(0))
        };
        let headers = field("Number of program headers");
        assert_eq!(number(&row("AT_PHNUM")["value"]), headers, "{load:?}");
        assert_eq!(number(&row("AT_ENTRY")["value"]) & 0xfff, field("Entry point address") & 0xfff, "{load:?}");
        // Nothing overlaps, and all is told from argc up to the end.
        let addresses: Vec<u64> = rows.iter().filter(|r| r["address"].is_string()).map(|r| number(&r["address"])).collect();
        assert!(addresses.is_sorted() && addresses.len() > 30, "{load:?}: {addresses:x?}");
        assert!(Path::new(&arguments[0]).exists());
    }
}
