//! The timeline of a load held against strace, ld.so, readelf and perf, on real programs.

mod common;
#[path = "timeline/diff.rs"]
mod diff;
#[path = "timeline/process.rs"]
mod process;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::LazyLock;

use common::build;
use common::load::{self, Load};
use common::oracles;
use common::tools;
use regex::Regex;
use serde_json::Value;

/// A program of the tests' own; `None` after having said aloud what this machine lacks.
fn built(source: &str, name: &str) -> Option<PathBuf> {
    build::or_skip("timeline", source, name).map(|program| program.path)
}

/// A program of the machine's; says aloud where there is none.
fn installed(name: &str, args: &[&str]) -> Option<Load> {
    match tools::find(name) {
        Some(path) => Some(Load::of(path, args)),
        None => {
            tools::skip("the timeline", format!("no {name} on PATH"));
            None
        }
    }
}

/// An interpreter of Python itself, not a shell script that looks for one.
fn python(args: &[&str]) -> Option<Load> {
    let shim = installed("python3", &["-c", "import sys; print(sys.executable)"])?;
    let (out, _) = tools::output(std::process::Command::new(&shim.program).args(&shim.args));
    Some(Load::of(out.trim(), args))
}

/// The programs that the timeline must be right on.
fn loads() -> Vec<Load> {
    let of = |source, name| built(source, name).map(|p| Load::of(p, &[]));
    let mut all = vec![
        installed("ls", &["/"]),
        installed("git", &["--version"]),
        python(&["-S", "-c", "import _ssl, _json"]),
        of("cpp/throws.cpp", "lazy"),
        of("c/dlhost.c", "lazy"),
        of("c/ifunc.c", "lazy"),
        of("c/ctor.c", "lazy"),
    ];
    all.push(installed("bash", &["-c", "/bin/echo one; (exit 3); /bin/true; exec echo three"]));
    if let (Some(ls), Some(preloaded)) = (installed("ls", &["/"]), built("c/ctor.c", "lazy")) {
        all.push(Some(ls.with("LD_PRELOAD", &preloaded.with_file_name("libctor.so").display().to_string())));
    }
    for name in ["lazy", "static", "static-pie", "now", "noplt", "ibt", "stripped", "lld", "musl"] {
        all.push(of("c/hello.c", name));
    }
    all.into_iter().flatten().collect()
}

/// All of them with their records, made once.
fn recorded() -> &'static [(Load, Vec<Value>)] {
    static RECORDED: LazyLock<Vec<(Load, Vec<Value>)>> =
        LazyLock::new(|| loads().into_iter().map(|load| (load.clone(), load.record())).collect());
    &RECORDED
}

/// Every call, in order, with arguments, result and text as `setarch -R strace -f` has it.
#[test]
fn system_calls_are_those_that_strace_sees() {
    for (load, record) in recorded() {
        let Some(theirs) = load.strace() else { return };
        let ours = load::calls(record);
        let (theirs, ours) = (load::comparable(&theirs), load::comparable(&ours));
        assert!(ours.first().is_some_and(|o| o.len() > 3), "{load:?}: {ours:?}");
        for (n, (theirs, ours)) in theirs.iter().zip(&ours).enumerate() {
            for (theirs, ours) in theirs.iter().zip(ours) {
                assert_eq!(theirs, ours, "{load:?}, task {n}: strace is left, rdbg right");
            }
            assert_eq!(theirs.len(), ours.len(), "{load:?}, task {n}");
        }
        assert_eq!(theirs.len(), ours.len(), "{load:?}");
    }
}

fn text<'e>(event: &'e Value, key: &str) -> &'e str {
    event[key].as_str().unwrap_or_default()
}

/// The file itself: `/lib64/ld-linux-x86-64.so.2` is a link.
fn real(path: &str) -> String {
    std::fs::canonicalize(path).map_or_else(|_| path.to_owned(), |p| p.display().to_string())
}

/// What ld.so says that it binds: module, provider, symbol. Not what dlsym and ld.so's own look-ups in the vdso come to: no
/// relocation of the module has such a symbol.
fn bindings_by_ld_so(load: &Load, record: &[Value]) -> BTreeSet<(String, String, String)> {
    let line = Regex::new(r"binding file (\S+) \[\d+\] to (\S+) \[\d+\]: (?:normal|protected) symbol `([^']+)'").unwrap();
    let log = load.ld_debug("bindings");
    let of_file: HashMap<String, BTreeSet<String>> =
        record.iter().filter(|e| e["kind"] == "reloc").fold(HashMap::new(), |mut all, e| {
            all.entry(real(text(e, "object"))).or_default().insert(text(e, "symbol").to_owned());
            all
        });
    // The program is called as it was started.
    let programs: Vec<String> = record.iter().filter(|e| e["kind"] == "exec").map(|e| real(text(e, "path"))).collect();
    let path = |name: &str| match programs.iter().find(|p| !name.contains('/') && p.ends_with(&format!("/{name}"))) {
        Some(program) => program.clone(),
        None => real(name),
    };
    let found = line.captures_iter(&log).map(|f| (path(&f[1]), path(&f[2]), f[3].to_owned()));
    found.filter(|(object, _, symbol)| of_file.get(object).is_some_and(|s| s.contains(symbol))).collect()
}

/// Whether ld.so of glibc binds the program's libraries.
fn is_dynamic(load: &Load) -> bool {
    !["-static", "musl"].iter().any(|s| load.program.to_string_lossy().contains(s))
}

/// Whether it is one process: of several ld.so writes several logs.
fn is_alone(load: &Load) -> bool {
    !load.program.ends_with("bash")
}

/// What is bound at the start and at first calls is what ld.so says: module, provider and symbol.
#[test]
fn bindings_are_those_that_ld_so_names() {
    for (load, record) in recorded().iter().filter(|(l, _)| is_dynamic(l)) {
        let theirs = bindings_by_ld_so(load, record);
        let bound = record
            .iter()
            .filter(|e| ["reloc", "bind"].contains(&text(e, "kind")) && e["target"].is_string() && e["symbol"].is_string());
        let ours: BTreeSet<_> =
            bound.map(|e| (real(text(e, "object")), real(text(e, "target")), text(e, "symbol").to_owned())).collect();
        assert!(theirs.len() > 5, "{load:?}: {theirs:?}");
        // ld.so looks these four up for itself, in the program's name (glibc elf/dl-minimal.c `__rtld_malloc_init_real`).
        let own = |b: &&(String, String, String)| !["calloc", "free", "malloc", "realloc"].contains(&b.2.as_str());
        let missing: Vec<_> = theirs.difference(&ours).filter(own).take(10).collect();
        let invented: Vec<_> = ours.difference(&theirs).take(10).collect();
        assert!(missing.is_empty() && invented.is_empty(), "{load:?}\nmissing {missing:#?}\ninvented {invented:#?}");
    }
}

/// Constructors and destructors come in the order in which ld.so announces them.
#[test]
fn constructors_come_in_the_order_of_ld_so() {
    let line = Regex::new(r"calling (init|fini): (/\S*|)").unwrap();
    for (load, record) in recorded().iter().filter(|(l, _)| is_dynamic(l) && is_alone(l)) {
        let mut ours: Vec<(String, String)> = Vec::new();
        let main = record.iter().find(|e| e["kind"] == "exec").map(|e| real(text(e, "path"))).unwrap();
        for event in record.iter().filter(|e| ["init", "fini"].contains(&text(e, "kind"))) {
            let called = (text(event, "kind").to_owned(), real(text(event, "object")));
            if ours.last() != Some(&called) {
                ours.push(called);
            }
        }
        // libc's start-up code calls the program's own constructors, and says nothing of it.
        ours.retain(|(kind, object)| *kind == "fini" || *object != main);
        let log = load.ld_debug("files");
        let runs = |kind: &str, object: &String| ours.contains(&(kind.to_owned(), object.clone()));
        let named = |f: &regex::Captures| (f[1].to_owned(), if f[2].is_empty() { main.clone() } else { real(&f[2]) });
        // What has no constructor is announced too.
        let theirs: Vec<(String, String)> = line.captures_iter(&log).map(|f| named(&f)).filter(|(k, o)| runs(k, o)).collect();
        assert!(!ours.is_empty(), "{load:?}: {log}");
        assert_eq!(ours, theirs, "{load:?}: rdbg left, ld.so right");
    }
}

/// Every relocation of every file that readelf shows, at its address.
#[test]
fn relocations_are_readelf_s() {
    // One process each: a file lies in one place then.
    for (load, record) in recorded().iter().filter(|(l, _)| is_alone(l)) {
        let mut bases: BTreeMap<String, u64> = BTreeMap::new();
        for event in record.iter().filter(|e| e["kind"] == "object" && e["action"] == "load" && e["name"] != "[vdso]") {
            let base = u64::from_str_radix(text(event, "base").trim_start_matches("0x"), 16).unwrap();
            bases.insert(text(event, "name").to_owned(), base);
        }
        for (file, base) in bases {
            let theirs = oracles::relocations(Path::new(&file), false);
            // A program that is not position-independent lies where its file says.
            let bias = if theirs.iter().all(|r| r.offset >= base) { 0 } else { base };
            let theirs: BTreeSet<(u64, String)> =
                theirs.iter().map(|r| (r.offset + bias, format!("R_X86_64_{}", r.kind))).collect();
            let of = |e: &&Value| e["kind"] == "reloc" && text(e, "object") == file;
            let ours: BTreeSet<(u64, String)> = record
                .iter()
                .filter(of)
                .map(|e| (u64::from_str_radix(text(e, "slot").trim_start_matches("0x"), 16).unwrap(), text(e, "type").to_owned()))
                .collect();
            // DT_RELR's are shown as bare addresses.
            let relr: BTreeSet<(u64, String)> =
                oracles::relr(Path::new(&file)).into_iter().map(|at| (at + bias, "R_X86_64_RELATIVE".to_owned())).collect();
            let theirs: BTreeSet<(u64, String)> = theirs.union(&relr).cloned().collect();
            let differing: Vec<_> = ours.symmetric_difference(&theirs).take(10).collect();
            assert!(differing.is_empty(), "{load:?}: {file}: {differing:x?}");
        }
    }
}

/// The page faults of the second run are as many as perf counts, but for one or two: which pages come along with others is for
/// the page cache to say.
#[test]
fn page_faults_are_as_many_as_perf_counts() {
    let Some(perf) = tools::find("perf") else {
        return tools::skip("page_faults_are_as_many_as_perf_counts", "no perf on PATH");
    };
    let count = Regex::new(r"(?m)^(\d+),,page-faults").unwrap();
    for (load, record) in recorded().iter().filter(|(l, _)| l.environment.is_empty()) {
        let ours = record.iter().filter(|e| e["kind"] == "fault").count();
        let mut command = load.under(&perf, &["stat", "-x,", "-e", "page-faults:u"]);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let (_, log) = tools::output(&mut command);
        let Some(theirs) = count.captures(&log).and_then(|f| f[1].parse::<usize>().ok()) else {
            return tools::skip("page_faults_are_as_many_as_perf_counts", format!("perf counts nothing: {log}"));
        };
        let most = 3 + theirs / 50;
        assert!(ours.abs_diff(theirs) <= most, "{load:?}: rdbg {ours}, perf {theirs}");
        assert!(record.iter().filter(|e| e["kind"] == "fault").all(|e| e["run"] == 2));
    }
}

/// On whichever core the program runs: rdbg may be bound to one that is not the first.
#[test]
fn page_faults_are_counted_on_every_core() {
    let test = "page_faults_are_counted_on_every_core";
    let (Some(taskset), Some(program)) = (tools::find("taskset"), tools::find("true")) else {
        return tools::skip(test, "no taskset or true on PATH");
    };
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let cores = status.lines().find_map(|l| l.strip_prefix("Cpus_allowed_list:")).unwrap().trim();
    let last = cores.rsplit([',', '-']).next().unwrap();
    let mut command = std::process::Command::new(taskset);
    command.args(["-c", last]).arg(common::rdbg::executable()).args(["-nx", "-q", "-batch"]);
    command.args(["-ex", "timeline start", "-ex", "run", "-ex", "timeline show -json fault"]).arg(program);
    let (out, log) = tools::output(&mut command);
    if log.contains("Page faults cannot be counted here") {
        return tools::skip(test, log);
    }
    let faults = out.lines().filter(|l| l.contains("\"kind\":\"fault\"")).count();
    assert!(faults > 20, "on core {last} of {cores}: {faults} faults\n{out}{log}");
}

/// `timeline show`: what readelf says is in each PT_LOAD is what each mapping of a library names; failed tries are one row.
#[test]
fn the_story_ties_mappings_to_segments_and_folds_searches() {
    let Some(hello) = built("c/hello.c", "lazy") else { return };
    let nowhere = "/nowhere/one:/nowhere/two";
    let load = Load::of(&hello, &[]).with("LD_LIBRARY_PATH", nowhere);
    let done = load.recorded(&[], &["timeline start -nofaults"], &["timeline show -json"]);
    let steps: Vec<Value> = done.text.lines().filter_map(|l| serde_json::from_str(l).ok()).collect();
    let of = |what: &str| steps.iter().filter(|s| s["step"] == what).map(|s| text(s, "text").to_owned()).collect::<Vec<_>>();
    let Some(theirs) = load.strace() else { return };
    let failed = |l: &&String| l.contains("/nowhere/") && (l.contains("ENOENT") || l.contains("S_IFDIR"));
    let failed = theirs.iter().flat_map(|t| &t.1).filter(failed).count();
    let searches: Vec<_> = steps.iter().filter(|s| s["step"] == "search").collect();
    assert!(searches.len() == 1 && searches[0]["count"] == failed as u64, "strace has {failed}: {searches:#?}");
    assert!(text(searches[0], "text").starts_with("libc.so.6: ") && text(searches[0], "text").contains("/nowhere/two"));
    // "Section to Segment mapping" counts all segments.
    // Wherever this machine has it.
    let linked = of("link");
    let libc = linked.iter().filter_map(|l| l.split(" at ").next()).find(|p| p.ends_with("/libc.so.6")).unwrap();
    let libc = std::fs::canonicalize(libc).unwrap();
    for (n, sections) in oracles::sections_of_loads(&libc).iter().enumerate() {
        let head = format!("libc.so.6 PT_LOAD {n}");
        let maps = of("map");
        let row = maps.iter().find(|m| m.contains(&head) && !m.contains("zeroes")).unwrap_or_else(|| panic!("{head}: {maps:#?}"));
        let ours: Vec<&str> = row.split_once(": ").map(|r| r.1.split(' ').collect()).unwrap_or_default();
        let missing: Vec<_> = sections.iter().filter(|s| !ours.contains(&s.as_str())).collect();
        // What has no byte in a page of the file, .bss, lies behind it; .tbss nowhere.
        assert!(missing.iter().all(|m| *m == ".bss" || *m == ".tbss"), "{row}: {missing:?}");
        assert!(ours.iter().all(|o| sections.iter().any(|s| s == o)), "{row}: {sections:?}");
    }
    let counts = oracles::relocations(&libc, false).iter().fold(BTreeMap::<String, usize>::new(), |mut all, r| {
        *all.entry(r.kind.clone()).or_default() += 1;
        all
    });
    let row = of("relocate").into_iter().find(|r| r.starts_with("libc.so.6: ")).unwrap();
    for (kind, count) in counts.iter().filter(|(kind, _)| *kind != "RELATIVE") {
        assert!(row.contains(&format!("{count} {kind}")), "{row}: {counts:?}");
    }
}

fn hex_field(event: &Value, key: &str) -> u64 {
    u64::from_str_radix(text(event, key).trim_start_matches("0x"), 16).unwrap_or_else(|_| panic!("{key} of {event}"))
}

/// Pages and instructions of the faults are perf's own, but for a few: what the page cache maps along with a page differs from run to
/// run.
#[test]
fn page_faults_are_where_perf_sees_them() {
    let Some(perf) = tools::find("perf") else {
        return tools::skip("page_faults_are_where_perf_sees_them", "no perf on PATH");
    };
    let row = Regex::new(r"(?m)^\s*([0-9a-f]+)\s+([0-9a-f]+)\s*$").unwrap();
    for (load, record) in recorded().iter().filter(|(l, _)| l.environment.is_empty() && !l.program.ends_with("bash")) {
        let file = load::scratch("perf");
        let options =
            ["record", "-q", "-d", "-c", "1", "-e", "page-faults:u", "-o", &file.display().to_string()].map(str::to_owned);
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let mut command = load.under(&perf, &options);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let (_, log) = tools::output(&mut command);
        let mut script = std::process::Command::new(&perf);
        let (rows, _) = tools::output(script.args(["script", "-F", "ip,addr", "-i"]).arg(&file));
        let _ = std::fs::remove_file(&file);
        let hex = |text: &str| u64::from_str_radix(text, 16).unwrap();
        let theirs: Vec<(u64, u64)> = row.captures_iter(&rows).map(|r| (hex(&r[1]) >> 12, hex(&r[2]))).collect();
        if theirs.is_empty() {
            return tools::skip("page_faults_are_where_perf_sees_them", format!("perf records nothing: {log}{rows}"));
        }
        let faults = record.iter().filter(|e| e["kind"] == "fault");
        let ours: Vec<(u64, u64)> = faults.map(|e| (hex_field(e, "address") >> 12, hex_field(e, "pc"))).collect();
        let common = ours.iter().filter(|f| theirs.contains(f)).count();
        let least = ours.len().min(theirs.len()) - (3 + theirs.len() / 20).min(theirs.len());
        assert!(
            common >= least,
            "{load:?}: {common} of rdbg's {} and perf's {}\n{ours:x?}\n{theirs:x?}",
            ours.len(),
            theirs.len()
        );
    }
}

/// Of several processes too, each with its own log of ld.so.
#[test]
fn constructors_of_children_come_in_the_order_of_ld_so() {
    let Some(bash) = installed("bash", &["-c", "/bin/ls / >/dev/null; /bin/true; exec cat /dev/null"]) else { return };
    let line = Regex::new(r"(?m)^\s*(\d+):\s+calling (init|fini): (/\S*)").unwrap();
    let record = bash.record();
    let log = bash.ld_debug("files");
    // The program's own constructors are called by libc, and the log does not name them.
    let own: BTreeSet<String> = record.iter().filter(|e| e["kind"] == "exec").map(|e| real(text(e, "path"))).collect();
    let mut theirs: BTreeMap<u64, Vec<(String, String)>> = BTreeMap::new();
    for f in line.captures_iter(&log).filter(|f| !own.contains(&real(&f[3]))) {
        theirs.entry(f[1].parse().unwrap()).or_default().push((f[2].to_owned(), real(&f[3])));
    }
    let mut ours: BTreeMap<u64, Vec<(String, String)>> = BTreeMap::new();
    for event in record.iter().filter(|e| ["init", "fini"].contains(&text(e, "kind"))) {
        let called = (text(event, "kind").to_owned(), real(text(event, "object")));
        let all = ours.entry(event["pid"].as_u64().unwrap()).or_default();
        if !own.contains(&called.1) && all.last() != Some(&called) {
            all.push(called);
        }
    }
    assert_eq!((ours.len(), theirs.len()), (3, 3), "{log}");
    for (ours, theirs) in ours.values().zip(theirs.values()) {
        // What has no constructor is announced too.
        let theirs: Vec<_> = theirs.iter().filter(|c| ours.contains(c)).cloned().collect();
        assert!(!ours.is_empty() && !theirs.is_empty());
        assert_eq!(ours, &theirs, "rdbg left, ld.so right");
    }
}
