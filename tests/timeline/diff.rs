//! `timeline diff` on real loads.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::common::load::Load;
use super::common::{oracles, rdbg};
use super::{built, installed, python, text};

/// What `timeline diff -json` says of two files, which are removed.
fn differences(a: PathBuf, b: PathBuf) -> Vec<Value> {
    let line = format!("timeline diff -json {} {}", a.display(), b.display());
    let done = rdbg::Session::rdbg().batch(&[&line]);
    for file in [a, b] {
        let _ = std::fs::remove_file(file);
    }
    let rows = done.text.lines().filter(|l| !l.is_empty());
    rows.map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}"))).collect()
}

/// The same load twice at random addresses shows no differences.
#[test]
fn the_same_load_has_no_differences() {
    let random = ["set disable-randomization off"];
    let hello = built("c/hello.c", "pie");
    // One that loads an extension module, and orders its tables alike each time.
    let python = python(&["-S", "-c", "import _json"]).map(|l| l.with("PYTHONHASHSEED", "0"));
    let loads = [installed("ls", &["/"]), hello.map(|p| Load::of(p, &[])), python];
    for load in loads.into_iter().flatten() {
        let (a, b) = (load.saved(&random), load.saved(&random));
        let base = |file: &Path| {
            let text = std::fs::read_to_string(file).unwrap();
            text.lines().find(|l| l.contains("libc.so.6") && l.contains("\"kind\":\"object\"")).unwrap().to_owned()
        };
        let field = |line: &str| serde_json::from_str::<Value>(line).unwrap()["base"].clone();
        assert_ne!(field(&base(&a)), field(&base(&b)), "{load:?}: libc must lie elsewhere each time");
        let mut found = differences(a, b);
        if load.program.ends_with("python3") {
            // How many arenas its own allocator takes and gives back depends on the addresses that it gets.
            let is_load = |d: &Value| matches!(text(d, "kind"), "object" | "ifunc" | "init" | "fini");
            found.retain(|d| is_load(d) || text(d, "kind") != "slots" && d["phase"] != "main");
        }
        assert!(found.is_empty(), "{load:?}: {found:#?}");
    }
}

/// LD_BIND_NOW moves binds into the load: what is bound lazily without is what is bound at the start with it, by the two records.
#[test]
fn binding_now_differs_in_the_slots_and_binds() {
    let Some(hello) = built("c/hello.c", "lazy") else { return };
    let lazy = Load::of(&hello, &[]);
    let now = lazy.clone().with("LD_BIND_NOW", "1");
    let found = differences(lazy.saved(&[]), now.saved(&[]));
    // By ld.so's own words.
    let binds = lazy.record().iter().filter(|e| e["kind"] == "bind").count();
    let gone: Vec<_> = found.iter().filter(|d| d["kind"] == "bind").collect();
    assert!(binds > 1 && gone.len() == binds && gone.iter().all(|d| d["side"] == "-"), "{binds}: {gone:#?}");
    let slots: BTreeMap<String, u64> =
        found.iter().filter(|d| d["kind"] == "slots" && d["a"] == "unresolved").fold(BTreeMap::new(), |mut all, d| {
            *all.entry(text(d, "object").to_owned()).or_default() += d["count"].as_u64().unwrap();
            all
        });
    let of_hello = oracles::relocations(&hello, false).iter().filter(|r| r.kind == "JUMP_SLOT").count() as u64;
    assert_eq!(slots.get("hello"), Some(&of_hello), "{found:#?}");
    // Apart from that only the execve, with one more variable, and the memory that holds it.
    let calls: Vec<_> = found.iter().filter(|d| d["kind"] == "syscall").collect();
    assert_eq!(calls.len(), 2, "{calls:#?}");
}

/// A preloaded library is all there is in the second record alone.
#[test]
fn preloading_differs_by_the_library() {
    let (Some(hello), Some(ctor)) = (built("c/hello.c", "lazy"), built("c/ctor.c", "lazy")) else { return };
    let plain = Load::of(&hello, &[]);
    let preloaded = plain.clone().with("LD_PRELOAD", &ctor.with_file_name("libctor.so").display().to_string());
    let found = differences(plain.saved(&[]), preloaded.saved(&[]));
    let new: Vec<_> = found.iter().filter(|d| d["kind"] == "object").map(|d| (text(d, "side"), text(d, "text"))).collect();
    assert_eq!(new, [("+", "load libctor.so")]);
    let opened =
        |d: &&Value| d["side"] == "+" && text(d, "text").starts_with("openat(") && text(d, "text").contains("/libctor.so\"");
    assert_eq!(found.iter().filter(opened).count(), 1);
    assert!(found.iter().any(|d| d["kind"] == "init" && text(d, "text").starts_with("libctor.so!start ")));
}
