//! Symbol lookups, search paths, relocations and pages, held against ld.so's LD_DEBUG, readelf and the kernel.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use common::build;
use common::oracles;
use common::rdbg::Session;
use common::tools;
use regex::Regex;
use serde_json::Value;

/// The programs that everything here is tried on: path, arguments.
fn programs() -> Vec<(PathBuf, Vec<&'static str>)> {
    let mut all: Vec<(PathBuf, Vec<&'static str>)> = Vec::new();
    for (path, args) in [
        ("/bin/ls", vec!["/"]),
        ("/usr/bin/git", vec!["--version"]),
        ("/bin/bash", vec!["-c", "exit 3"]),
        ("/usr/bin/python3", vec!["-c", "import _decimal"]),
    ] {
        match Path::new(path).exists() {
            true => all.push((path.into(), args)),
            false => tools::skip(path, "this machine has none"),
        }
    }
    let built = [
        ("c/slots.c", "lazy"),
        ("c/slots.c", "now"),
        ("c/slots.c", "pie"),
        ("c/slots.c", "noplt"),
        ("c/slots.c", "ibt"),
        ("c/slots.c", "lld"),
        ("c/slots.c", "stripped"),
        ("c/ifunc.c", "pie"),
        ("c/dlhost.c", "pie"),
        ("cpp/throws.cpp", "pie"),
    ];
    for (source, name) in built {
        all.extend(build::or_skip("linkage", source, name).map(|p| (p.path, Vec::new())));
    }
    all
}

fn ld_debug(path: &Path, args: &[&str], what: &str) -> String {
    let mut command = Command::new(path);
    tools::output(command.args(args).env("LD_DEBUG", what).env("LD_BIND_NOW", "1")).1
}

fn base(path: &str) -> String {
    Path::new(path).file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The JSON objects among the lines, after prompts.
fn objects(text: &str) -> Vec<Value> {
    let json = |l: &str| l.find('{').and_then(|at| serde_json::from_str(&l[at..]).ok());
    text.lines().filter_map(json).collect()
}

/// The winner that `why` names for each symbol of a program, before it runs and while it does, is the one that ld.so binds to.
#[test]
fn winners_are_ld_sos() {
    let line = Regex::new(r"binding file (\S+) \[0\] to (\S+) \[0\]: normal symbol `([^']+)'").unwrap();
    for (path, args) in programs() {
        let log = ld_debug(&path, &args, "bindings");
        let mut truth: BTreeMap<String, String> = BTreeMap::new();
        for found in line.captures_iter(&log).filter(|f| Path::new(&f[1]) == path) {
            truth.entry(found[3].to_owned()).or_insert_with(|| base(&found[2]));
        }
        assert!(truth.len() > 3, "{}: {log}", path.display());
        // Of programs with hundreds of symbols some dozens, spread over all.
        let every = truth.len().div_ceil(80);
        let truth: BTreeMap<String, String> = truth.into_iter().step_by(every).collect();
        let ask: String = truth.keys().map(|name| format!("echo {name}:\\n\nwhy {name} -json\n")).collect();
        let script = format!("echo before\\n\n{ask}echo running\\n\nstarti\nbreak *&_start\ncontinue\n{ask}kill\n");
        let run = Session::rdbg().program(&path, &args).feed(&script);
        let own = base(&path.to_string_lossy());
        for part in run.text.split("running\n") {
            let mut asked = None;
            let mut found: BTreeMap<String, String> = BTreeMap::new();
            for text in part.lines() {
                let bare = text.trim_start_matches("(rdbg) ");
                if let Some(name) = bare.strip_suffix(':').filter(|n| truth.contains_key(*n)) {
                    asked = Some(name.to_owned());
                } else if let (Some(name), Some(winner)) =
                    (&asked, objects(bare).first().and_then(|v| v["winner_module"].as_str().map(String::from)))
                {
                    found.entry(name.clone()).or_insert(winner);
                }
            }
            for (name, theirs) in &truth {
                let ours = found.get(name).map(String::as_str);
                // What COPY and canonical stubs give to the program itself, ld.so reports as bound to the program.
                assert!(ours == Some(theirs) || ours == Some(&own), "{}: {name}: {ours:?}, ld.so: {theirs}", path.display());
            }
        }
    }
}

/// The modules are asked in ld.so's own order: `LD_DEBUG=symbols` names each file in which it looks, up to the winner.
#[test]
fn modules_are_asked_in_ld_sos_order() {
    let looked = Regex::new(r"symbol=(\S+);  lookup in file=(\S+) \[0\]").unwrap();
    for (path, args) in programs() {
        let log = ld_debug(&path, &args, "symbols");
        let mut truth: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for found in looked.captures_iter(&log) {
            truth.entry(found[1].to_owned()).or_default().push(base(&found[2]));
        }
        let own = base(&path.to_string_lossy());
        // Several modules ask for the same symbol: the first look-up that begins with the program.
        for name in ["malloc", "__libc_start_main", "strlen"].iter().filter(|n| truth.contains_key(**n)) {
            let run = Session::rdbg().program(&path, &args).feed(&format!("break *&_start\nrun\nwhy {name} -json\nkill\n"));
            let rows = objects(&run.text);
            let ours: Vec<String> = rows.iter().filter_map(|r| Some(r["module"].as_str()?.to_owned())).collect();
            let files = &truth[*name];
            let taken = rows.iter().position(|r| r["verdict"] == "taken").unwrap_or(rows.len() - 1);
            // ld.so stops at the winner and begins the next look-up; some look-ups are its own, in the program alone.
            let asked = ours[..=taken].to_vec();
            let is_there = files.windows(asked.len()).any(|w| *w == *asked);
            assert!(is_there && ours[0] == own, "{}: {name}: {asked:?} {files:?}", path.display());
        }
    }
}

/// What a module provides to each is what ld.so binds there.
#[test]
fn what_libc_provides_is_what_is_bound() {
    let line = Regex::new(r"binding file (\S+) \[0\] to (\S+) \[0\]: normal symbol `([^']+)'").unwrap();
    for (path, args) in programs() {
        let log = ld_debug(&path, &args, "bindings");
        let theirs: BTreeSet<String> = line
            .captures_iter(&log)
            .filter(|f| Path::new(&f[1]) == path && base(&f[2]) == "libc.so.6")
            .map(|f| f[3].to_owned())
            .collect();
        let run = Session::rdbg().program(&path, &args).feed("break *&_start\nrun\nwhy libc.so.6 -json\nkill\n");
        let own = base(&path.to_string_lossy());
        let row = objects(&run.text).into_iter().find(|r| r["module"] == own.as_str());
        let row = row.unwrap_or_else(|| panic!("{}\n{}", path.display(), run.text));
        let names = row["symbols"].as_array().unwrap().iter().filter_map(Value::as_str);
        let ours: BTreeSet<String> = names.map(|n| n.split('@').next().unwrap_or_default().to_owned()).collect();
        // dlsym's look-ups, and those that ld.so makes for itself, are in the log too.
        let of_slots: BTreeSet<String> = oracles::relocations(&path, true)
            .into_iter()
            .map(|r| r.symbol.split('@').next().unwrap_or_default().to_owned())
            .collect();
        let theirs: BTreeSet<String> = theirs.intersection(&of_slots).cloned().collect();
        let missing: Vec<_> = ours.difference(&theirs).collect();
        assert!(missing.is_empty(), "{}: {missing:?}", path.display());
        assert_eq!(ours, theirs, "{}", path.display());
    }
}

/// The hit is the file that ld.so opens, and the places before it are those that it tries in vain.
#[test]
fn search_paths_are_ld_sos() {
    let Some(host) = build::or_skip("linkage", "c/dlhost.c", "pie") else { return };
    let trying = Regex::new(r"(?m)trying file=(\S+)$").unwrap();
    let find = Regex::new(r"find library=(\S+) \[0\]; searching").unwrap();
    for (path, args) in programs().into_iter().chain([(host.path, vec![])]) {
        let log = ld_debug(&path, &args, "libs");
        let mut truth: Vec<(String, Vec<String>)> = Vec::new();
        for line in log.lines() {
            if let Some(found) = find.captures(line) {
                truth.push((found[1].to_owned(), Vec::new()));
            } else if let (Some(found), Some(last)) = (trying.captures(line), truth.last_mut()) {
                last.1.push(found[1].to_owned());
            }
        }
        assert!(!truth.is_empty(), "{}: {log}", path.display());
        for (name, tried) in truth.iter().filter(|(_, t)| !t.is_empty()) {
            let run = Session::rdbg().program(&path, &args).feed(&format!("info search-path {name} -json\n"));
            let rows = objects(&run.text);
            let hit = rows.iter().find(|r| r["result"] == "hit").and_then(|r| r["path"].as_str()).map(String::from);
            // A missing hit may have been asked for by a library, which dlopen opened.
            if hit.is_none() && name.contains("plugin") {
                continue;
            }
            assert_eq!(hit.as_ref(), tried.last(), "{}: {name}\n{}", path.display(), run.text);
            let before: Vec<&str> = rows.iter().take_while(|r| r["result"] != "hit").filter_map(|r| r["path"].as_str()).collect();
            let vain: Vec<&String> = tried[..tried.len() - 1].iter().collect();
            for place in before.iter().filter(|p| **p != "/etc/ld.so.cache") {
                // ld.so tries a directory that does not exist once only.
                assert!(
                    vain.iter().any(|v| v == place) || rows.iter().any(|r| r["result"] == "no such directory"),
                    "{name}: {place} {vain:?}"
                );
            }
        }
    }
}

/// LD_LIBRARY_PATH and RUNPATH lead where they lead ld.so, with $ORIGIN and directories that are not there.
#[test]
fn the_environment_is_searched_in_its_place() {
    let Some(host) = build::or_skip("linkage", "c/dlhost.c", "pie") else { return };
    let run = oracles::rdbg(&host, &[], "set environment LD_LIBRARY_PATH /nonexistent\ninfo search-path libplugin.so -json");
    let rows = objects(&run.text);
    let shown: Vec<(&str, &str)> = rows.iter().filter_map(|r| Some((r["why"].as_str()?, r["result"].as_str()?))).collect();
    assert_eq!(shown[..2], [("LD_LIBRARY_PATH", "no such directory"), ("RUNPATH of dlhost", "hit")], "{}", run.text);
    let hit = rows[1]["path"].as_str().unwrap();
    assert_eq!(Path::new(hit), host.dir.join("libplugin.so"), "{}", run.text);
}

/// An LD_PRELOADed library comes before libc, and interposes it.
#[test]
fn a_preloaded_library_interposes() {
    let Some(hooked) = build::or_skip("linkage", "c/hooked.c", "pie") else { return };
    let source = hooked.dir.join("preload.c");
    let library = hooked.dir.join(format!("libpreload-{}.so", std::process::id()));
    std::fs::write(&source, "int puts(const char *s) { return 7; }\n").unwrap();
    tools::output(Command::new("cc").args(["-shared", "-fPIC", "-fno-builtin", "-o"]).arg(&library).arg(&source));
    let Some(program) = build::or_skip("linkage", "c/slots.c", "pie") else { return };
    for when in ["", "break main\nrun\n"] {
        let script = format!("set environment LD_PRELOAD {}\n{when}why puts -json\n", library.display());
        let run = oracles::rdbg(&program, &[], &script);
        let end = objects(&run.text).into_iter().find(|r| r["winner"].is_string());
        let end = end.unwrap_or_else(|| panic!("{}", run.text));
        assert_eq!(end["winner_module"], base(&library.to_string_lossy()).as_str(), "{}", run.text);
        assert_eq!(end["interposed"], serde_json::json!(["libc.so.6"]), "{}", run.text);
    }
    let _ = std::fs::remove_file(&library);
}

/// A slot that a library's constructor has made lead to itself is the one that is `altered`, in every kind of program; without
/// such a library none is.
#[test]
fn a_hooked_slot_is_found() {
    for name in ["lazy", "pie", "now"] {
        let Some(program) = build::or_skip("linkage", "c/hooked.c", name) else { continue };
        let run = oracles::rdbg(
            &program,
            &[],
            "break main\nrun\ninfo relocations -all altered\ninfo relocations -all -json altered\ncontinue",
        );
        assert!(run.text.contains("EXPECT hooked=2"), "{name}: the hook does not work\n{}", run.text);
        let rows: Vec<Value> = objects(&run.text).into_iter().filter(|r| r["verdict"] == "altered").collect();
        assert_eq!(rows.len(), 1, "{name}\n{}", run.text);
        assert!(rows[0]["symbol"].as_str().unwrap().starts_with("puts@"), "{name}\n{}", run.text);
        let remark = rows[0]["remark"].as_str().unwrap();
        assert!(remark.starts_with("libhook.so") && remark.contains("should be libc.so.6!puts"), "{name}: {remark}");
    }
}

/// In programs that nobody has hooked no slot is altered, and none is left over.
#[test]
fn nothing_else_is_altered() {
    let mut all = programs();
    for (source, name) in [
        ("c/hello.c", "musl"),
        ("c/hello.c", "static-pie"),
        ("c/hello.c", "static"),
        ("c/ifunc.c", "static"),
        ("c/dlhost.c", "now"),
    ] {
        all.extend(build::or_skip("linkage", source, name).map(|p| (p.path, Vec::new())));
    }
    for (path, args) in all {
        let run =
            Session::rdbg().program(&path, &args).feed("catch syscall exit_group\nrun\ninfo relocations -all -json\nkill\n");
        let rows = objects(&run.text);
        let bad: Vec<&Value> =
            rows.iter().filter(|r| ["altered", "not yet", "unreadable"].iter().any(|v| r["verdict"] == *v)).collect();
        assert!(bad.is_empty(), "{}: {bad:#?}", path.display());
        let is_static = path.to_string_lossy().contains("static-");
        assert!(rows.len() > 20 || is_static, "{}: {} rows\n{}", path.display(), rows.len(), run.text);
    }
}

/// Bound ahead of its first call, a slot holds what the first call would have put there, also for an IFUNC.
#[test]
fn bind_is_what_the_first_call_does() {
    for (source, name) in
        [("c/slots.c", "lazy"), ("c/slots.c", "pie"), ("c/slots.c", "ibt"), ("c/ifunc.c", "lazy"), ("c/ifunc.c", "pie")]
    {
        let Some(program) = build::or_skip("linkage", source, name) else { continue };
        let ahead = oracles::rdbg(&program, &[], "break main\nrun\nbind -all\ngot -json JUMP_SLOT\ngot -json\nkill");
        let after = oracles::rdbg(&program, &[], "catch syscall exit_group\nrun\ngot -json\nkill");
        let slots = |text: &str| -> BTreeMap<String, String> {
            let of = |r: &Value| {
                Some((r["symbol"].as_str()?.to_owned(), r["target"].as_str()?.to_owned())).filter(|_| r["type"] == "JUMP_SLOT")
            };
            objects(text).iter().filter_map(of).collect()
        };
        let (ours, theirs) = (slots(&ahead.text), slots(&after.text));
        assert!(ours.len() >= 3, "{name}\n{}", ahead.text);
        for (symbol, target) in &theirs {
            // What was never called is not bound in the other run.
            let unresolved = target.contains("@plt") || target.starts_with(".plt");
            assert!(unresolved || ours.get(symbol) == Some(target), "{name}: {symbol}: {:?} {target}", ours.get(symbol));
        }
        assert!(!ahead.text.contains("\"redirected\""), "{name}\n{}", ahead.text);
    }
}

/// The private and resident pages of each mapping are those that smaps counts.
#[test]
fn pages_are_the_kernels() {
    let head = Regex::new(r"^(?:\(rdbg\) )?([0-9a-f]+)-[0-9a-f]+ [r-][w-][x-][ps] ").unwrap();
    let kilobytes = Regex::new(r"^(Rss|Private_Dirty|Anonymous): +(\d+) kB").unwrap();
    for name in ["lazy", "pie", "static"] {
        let Some(program) = build::or_skip("linkage", "c/hello.c", name) else { continue };
        // A path of its own: other tests run the same program.
        let own = program.dir.join(format!("pages-{}", std::process::id()));
        std::fs::copy(&program.path, &own).unwrap();
        let smaps = format!("for p in /proc/[0-9]*; do test \"$(readlink $p/exe)\" = {} && cat $p/smaps; done", own.display());
        let run = Session::rdbg().program(&own, [""; 0]).feed(&format!("break main\nrun\npages -json\nshell {smaps}\nkill\n"));
        let _ = std::fs::remove_file(&own);
        let mut truth: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        let mut current = String::new();
        for line in run.lines() {
            if let Some(found) = head.captures(line) {
                current = format!("{:#x}", u64::from_str_radix(&found[1], 16).unwrap());
            } else if let Some(found) = kilobytes.captures(line) {
                truth.entry(current.clone()).or_default().insert(found[1].to_owned(), found[2].parse::<u64>().unwrap() / 4);
            }
        }
        let mut compared = 0;
        for row in objects(&run.text).iter().filter(|r| r["pages"].is_u64()) {
            let Some(theirs) = truth.get(row["start"].as_str().unwrap()) else { continue };
            if row["name"].as_str().is_some_and(|n| n.starts_with("[v")) {
                continue; // the kernel's own pages are in no smaps
            }
            if row["map"].as_str().is_some_and(|m| m.contains('p')) {
                continue; // the kernel's page of zeros, which Rss leaves out
            }
            compared += 1;
            assert_eq!(row["resident"].as_u64(), theirs.get("Rss").copied(), "{name}: {row}");
            assert_eq!(row["private"].as_u64(), theirs.get("Anonymous").copied(), "{name}: {row}");
        }
        assert!(compared > 4, "{name}\n{}", run.text);
    }
}

/// Every private page of a file has a cause, and rdbg's own writes are named as one.
#[test]
fn private_pages_have_causes() {
    for (source, name) in [("c/hello.c", "lazy"), ("c/hello.c", "pie-now"), ("cpp/throws.cpp", "pie")] {
        let Some(program) = build::or_skip("linkage", source, name) else { continue };
        let run = oracles::rdbg(&program, &[], "break main\nrun\npages -cow -json\npatch main = 90\npages -cow -json main\nkill");
        let rows: Vec<Value> =
            objects(&run.text).into_iter().filter(|r| r["page"].is_string() && r["cause"].is_array()).collect();
        let unknown: Vec<&Value> =
            rows.iter().filter(|r| r["cause"].as_array().unwrap().iter().any(|c| c == "unknown")).collect();
        assert!(unknown.is_empty() && rows.len() > 5, "{name}: {unknown:?}");
        assert!(rows.iter().any(|r| r["cause"][0] == "rdbg's breakpoint"), "{name}\n{}", run.text);
        assert!(rows.iter().any(|r| r["cause"].as_array().unwrap().iter().any(|c| c == "patch 1")), "{name}\n{}", run.text);
    }
}

/// The call sites are those that objdump shows.
#[test]
fn xrefs_are_objdumps() {
    if tools::find("objdump").is_none() {
        return tools::skip("xrefs", "this machine has no objdump");
    }
    let site = Regex::new(r"(?m)^ +([0-9a-f]+):\t(?:bnd )?(?:call|jmp) +(?:[0-9a-f]+|\*0x[0-9a-f]+\(%rip\) +# [0-9a-f]+) <puts(?:@plt|@GLIBC_2\.2\.5|@Base)?>").unwrap();
    for name in ["lazy", "pie", "now", "noplt", "ibt", "lld", "stripped"] {
        let Some(program) = build::or_skip("linkage", "c/slots.c", name) else { continue };
        let (text, _) =
            tools::output(Command::new("objdump").args(["-d", "--no-show-raw-insn", "-j", ".text"]).arg(&program.path));
        let theirs: BTreeSet<u64> = site.captures_iter(&text).map(|f| u64::from_str_radix(&f[1], 16).unwrap()).collect();
        let run = oracles::rdbg(&program, &[], "info xrefs -json puts");
        let address = |r: &Value| u64::from_str_radix(r["address"].as_str()?.trim_start_matches("0x"), 16).ok();
        let ours: BTreeSet<u64> = objects(&run.text).iter().filter_map(address).collect();
        assert!(ours == theirs && ours.len() == 2, "{name}: {ours:x?} {theirs:x?}\n{}", run.text);
    }
}

/// Every byte of the file is named once, in order, to its end; sections lie where readelf says.
#[test]
fn every_byte_of_a_file_is_named() {
    let section = Regex::new(r"(?m)^ +\[ *\d+\] (\.\S+) +(\S+) +[0-9a-f]{16} ([0-9a-f]{6}) ([0-9a-f]{6})").unwrap();
    for (source, name) in [("c/hello.c", "lazy"), ("c/hello.c", "static"), ("c/hello.c", "nosections"), ("cpp/throws.cpp", "pie")]
    {
        let Some(program) = build::or_skip("linkage", source, name) else { continue };
        let run = oracles::rdbg(&program, &[], "info file-layout -json");
        let number = |v: &Value| u64::from_str_radix(v.as_str().unwrap().trim_start_matches("0x"), 16).unwrap();
        let mut at = 0;
        let rows: Vec<Value> = objects(&run.text).into_iter().filter(|r| r["offset"].is_string()).collect();
        for row in &rows {
            assert_eq!(number(&row["offset"]), at, "{name}: {row}");
            at = number(&row["end"]);
        }
        assert_eq!(at, std::fs::metadata(&program.path).unwrap().len(), "{name}");
        let (text, _) = tools::output(Command::new("readelf").args(["-SW"]).arg(&program.path));
        for found in section.captures_iter(&text).filter(|f| &f[2] != "NOBITS" && &f[4] != "000000") {
            let offset = u64::from_str_radix(&found[3], 16).unwrap();
            let is_there = rows.iter().any(|r| r["what"] == found[1] && number(&r["offset"]) == offset);
            assert!(is_there, "{name}: {}", &found[1]);
        }
    }
}

/// IFUNCs are those of readelf, and the variant is the function that the program itself names.
#[test]
fn ifuncs_are_readelfs() {
    let expected = Regex::new(r"EXPECT ifunc.answer=(0x[0-9a-f]+)").unwrap();
    for name in ["lazy", "pie", "now", "static"] {
        let Some(program) = build::or_skip("linkage", "c/ifunc.c", name) else { continue };
        let run = oracles::rdbg(
            &program,
            &[],
            "catch syscall exit_group\nrun\ninfo ifunc -m ifunc -json\ninfo ifunc -json ^answer$\nkill",
        );
        let (text, _) = tools::output(Command::new("readelf").args(["-sW"]).arg(&program.path));
        let theirs: BTreeSet<String> = text
            .lines()
            .filter(|l| l.contains(" IFUNC "))
            .filter_map(|l| Some(l.split_whitespace().nth(7)?.split('@').next()?.to_owned()))
            .collect();
        let rows: Vec<Value> = objects(&run.text).into_iter().filter(|r| r["resolver"].is_string()).collect();
        let ours: BTreeSet<String> =
            rows.iter().filter_map(|r| Some(r["symbol"].as_str()?.split('@').next()?.to_owned())).collect();
        assert!(theirs.is_subset(&ours) && !theirs.is_empty(), "{name}: {ours:?} {theirs:?}");
        let expected = expected.captures(&run.text).unwrap_or_else(|| panic!("{}", run.text))[1].to_owned();
        let answer = rows.iter().find(|r| r["symbol"] == "answer").unwrap();
        assert_eq!(answer["address"], expected.as_str(), "{name}\n{}", run.text);
    }
}

/// What protects a program is what its flags asked for.
#[test]
fn checksec_is_what_the_flags_asked_for() {
    let wanted: [(&str, &[(&str, &str)]); 6] = [
        ("lazy", &[("relro", "partial"), ("binding", "lazy"), ("pie", "no"), ("stack", "NX")]),
        ("pie-now", &[("relro", "full"), ("binding", "now"), ("pie", "yes")]),
        ("ibt", &[("cet", "IBT SHSTK"), ("binding", "lazy")]),
        ("static", &[("binding", "static"), ("pie", "no"), ("canary", "yes")]),
        ("static-pie", &[("binding", "static"), ("pie", "yes")]),
        ("nosections-pie", &[("relro", "partial"), ("pie", "yes")]),
    ];
    for (name, wanted) in wanted {
        let Some(program) = build::or_skip("linkage", "c/hello.c", name) else { continue };
        let run = oracles::rdbg(&program, &[], "checksec -json");
        let row = objects(&run.text).into_iter().find(|r| r["relro"].is_string()).unwrap_or_else(|| panic!("{}", run.text));
        for (key, value) in wanted {
            // Start-up files that were not built for CET take the property away from the whole program.
            assert!(row[*key] == *value || *key == "cet", "{name}: {key} {row}");
        }
    }
    let Some(host) = build::or_skip("linkage", "c/dlhost.c", "pie") else { return };
    let run = oracles::rdbg(&host, &[], "checksec");
    assert!(run.text.contains("RUNPATH $ORIGIN"), "{}", run.text);
}

/// Constructors are caught in the order in which ld.so calls them, and RELRO once for each object that has it.
#[test]
fn constructors_and_relro_are_caught() {
    let relro = Regex::new(r"Catchpoint 2 \(relro of ([^:]+): ").unwrap();
    let caught = Regex::new(r"Catchpoint 1 \(init of ([^:]+): ").unwrap();
    let calling = Regex::new(r"(?m)calling init: (\S+)$").unwrap();
    for (source, name) in [("c/ctor.c", "lazy"), ("c/ctor.c", "pie"), ("cpp/throws.cpp", "pie")] {
        let Some(program) = build::or_skip("linkage", source, name) else { continue };
        let log = ld_debug(&program.path, &[], "files");
        let theirs: Vec<String> = calling.captures_iter(&log).map(|f| base(&f[1])).filter(|n| !n.starts_with("ld-")).collect();
        let run = oracles::rdbg(&program, &[], &format!("catch init\ncatch relro\nrun\n{}", "continue\n".repeat(40)));
        let mut ours: Vec<String> = caught.captures_iter(&run.text).map(|f| f[1].to_owned()).collect();
        ours.dedup();
        let own = base(&program.path.to_string_lossy());
        let libraries: Vec<String> = ours.iter().filter(|n| **n != own).cloned().collect();
        assert_eq!(libraries, theirs, "{name}\n{}", run.text);
        assert_eq!(ours.last(), Some(&own), "{name}: the program's own come last");
        let protected: BTreeSet<String> = relro.captures_iter(&run.text).map(|f| f[1].to_owned()).collect();
        assert!(protected.contains("libc.so.6") && protected.contains(&own), "{name}: {protected:?}\n{}", run.text);
    }
}

/// A static program has no dynamic section: what its start-up code calls stands in sections, as many as readelf sees.
#[test]
fn constructors_of_static_programs_are_caught() {
    let test = "constructors_of_static_programs_are_caught";
    let Some(readelf) = tools::find("readelf") else { return tools::skip(test, "no readelf on PATH") };
    let Some(program) = build::or_skip("linkage", "c/hello.c", "static") else { return };
    let (sections, _) = tools::output(std::process::Command::new(readelf).arg("-SW").arg(&program.path));
    let size = |name: &str| {
        let row = sections.lines().find(|l| l.contains(&format!(" {name} ")))?;
        u64::from_str_radix(row.split_once(name)?.1.split_whitespace().nth(3)?, 16).ok()
    };
    let count = |name: &str| size(name).unwrap_or(0) / 8;
    let theirs = u64::from(size(".init").is_some()) + count(".preinit_array") + count(".init_array");
    let run = oracles::rdbg(&program, &[], &format!("catch init\nrun\n{}", "continue\n".repeat(20)));
    let ours = run.lines().filter(|l| l.contains("Catchpoint 1 (init of hello: .")).count() as u64;
    assert_eq!(ours, theirs, "{sections}\n{}", run.text);
    assert!(ours > 0, "{sections}");
}

/// A snapshot and the changes since: the slot that a call has bound, the register, the variable.
#[test]
fn changes_are_what_the_program_did() {
    let Some(program) = build::or_skip("linkage", "c/hello.c", "debug") else { return };
    let script = "break main\nrun > /dev/null\ninfo changes\nsnapshot before got\nsnapshot\nbreak puts\ncontinue\ndiff before\ninfo changes -json\nset var $rbx = 7\ndiff\ndiff nosuch\nkill";
    let run = oracles::rdbg(&program, &["samir"], script);
    assert!(run.text.contains("remembered from now on"), "{}", run.text);
    let slot =
        run.lines().find(|l| l.starts_with("slot") || l.starts_with("(rdbg) slot")).unwrap_or_else(|| panic!("{}", run.text));
    assert!(slot.contains("hello GOT[") && slot.contains("libc.so.6!"), "{slot}");
    let rows = objects(&run.text);
    let kinds: BTreeSet<&str> = rows.iter().filter_map(|r| r["what"].as_str()).collect();
    assert!(kinds.contains("register") && kinds.contains("memory"), "{kinds:?}\n{}", run.text);
    assert!(run.text.contains("There is no snapshot \"nosuch\" of this process."), "{}", run.text);
    let register = run.lines().filter(|l| l.contains("register") && l.contains("rbx")).any(|l| l.ends_with("0x7"));
    assert!(register, "{}", run.text);
}

/// Starts with random addresses differ, in the bits that the kernel promises at least; those of a program at fixed addresses do
/// not move it.
#[test]
fn random_starts_are_random() {
    for (name, moves) in [("lazy", false), ("pie", true)] {
        let Some(program) = build::or_skip("linkage", "c/hello.c", name) else { continue };
        let run = oracles::rdbg(&program, &[], "aslr 8 -json");
        let rows = objects(&run.text);
        let bits = |region: &str| rows.iter().find(|r| r["region"] == region).and_then(|r| r["bits"].as_u64());
        assert_eq!(bits("hello").map(|b| b > 8), Some(moves), "{name}\n{}", run.text);
        assert!(bits("libc.so.6").is_some_and(|b| b > 8) && bits("[stack]").is_some_and(|b| b > 6), "{name}\n{}", run.text);
    }
}

/// The history of a slot: moved at load, bound at its first call, redirected by the user.
#[test]
fn a_slots_history_is_told() {
    let Some(program) = build::or_skip("linkage", "c/hello.c", "pie") else { return };
    let script = "break main\nrun > /dev/null\nbreak puts\ncontinue\nredirect puts my_puts\ngot -history puts\ngot -history -json puts\nkill";
    let run = oracles::rdbg(&program, &[], script);
    let rows: Vec<Value> = objects(&run.text).into_iter().filter(|r| r["by"].is_string()).collect();
    let by: Vec<&str> = rows.iter().filter_map(|r| r["by"].as_str()).collect();
    assert_eq!(by, ["ld.so: load bias added", "ld.so: bound at its first call", "rdbg: redirect puts my_puts"], "{}", run.text);
}
