//! Types and values held against gdb: each list of commands in `tests/types/` is run by both, on every build of a program.
//!
//! Where there is no gdb, or no compiler for a build, the test says so aloud.

mod common;

use common::build;
use common::oracles::{self, between};
use common::tools;

/// Runs the commands in both and compares the answers; history numbers are left out.
fn same_as_gdb(source: &str, builds: &[&str], setup: &str, list: &str, known: &[(&str, &str)]) {
    let test = format!("types of {source}");
    let Some(gdb) = tools::gdb() else { return tools::skip(&test, "this machine has no gdb") };
    let path = common::root().join("tests/types").join(list);
    let commands = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let commands: Vec<&str> = commands.lines().filter(|l| !l.trim().is_empty()).collect();
    let marked: String = commands.iter().enumerate().map(|(i, c)| format!("echo S{i}\\n\n{c}\necho E{i}\\n\n")).collect();
    let script = format!("{setup}\n{marked}kill\n");
    for name in builds {
        let Some(program) = build::or_skip(&test, source, name) else { continue };
        let ours = oracles::rdbg(&program, &[], &script);
        let theirs = oracles::gdb(gdb, &program, &[], &script);
        let mut wrong = String::new();
        let mut count = 0;
        for (i, command) in commands.iter().enumerate() {
            let pick = |text: &str| {
                let lines = between(text, &format!("S{i}"), &format!("E{i}"));
                // gdb wonders aloud about classes without debug information.
                let lines = lines.iter().map(|l| unnumbered(l)).filter(|l| !l.starts_with("warning: RTTI symbol"));
                lines.map(|l| l.to_owned() + "\n").collect::<String>()
            };
            let (ours, theirs) = (pick(&ours.text), pick(&theirs.text));
            if known.contains(&(*name, command)) || theirs.contains("Python Exception") {
                continue;
            }
            count += usize::from(!theirs.is_empty());
            if ours != theirs {
                let difference = similar::TextDiff::from_lines(&theirs, &ours);
                wrong.push_str(&format!("{command}\n{}", difference.unified_diff().context_radius(1).header("gdb", "rdbg")));
            }
        }
        assert!(count > commands.len() / 2, "{name}: gdb says hardly anything");
        assert!(wrong.is_empty(), "{source} {name}:\n{wrong}");
    }
}

/// Without the `$1 = `.
fn unnumbered(line: &str) -> &str {
    match line.strip_prefix('$').and_then(|l| l.split_once(" = ")) {
        Some((n, rest)) if n.bytes().all(|c| c.is_ascii_digit()) => rest,
        _ => line,
    }
}

#[test]
fn types_of_c_are_gdbs() {
    // Of clang's `unsigned __int128` gdb makes an `unsigned int __int128`.
    let known = ["clang", "clang2"].map(|b| ["ptype struct big", "ptype/o struct big"].map(|c| (b, c)));
    same_as_gdb("c/types.c", &["d5", "d4", "clang", "clang2"], "break main\nrun", "c.txt", known.as_flattened());
}

#[test]
fn types_of_cpp_are_gdbs() {
    same_as_gdb("cpp/types.cpp", &["d5", "d4", "clang"], "break main\nrun", "cpp.txt", &[]);
}

#[test]
fn containers_are_gdbs() {
    same_as_gdb("cpp/containers.cpp", &["d5", "d4", "clang"], "break containers.cpp:50\nrun", "containers.txt", &[]);
}

#[test]
fn types_of_rust_are_gdbs() {
    same_as_gdb("rust/types.rs", &["d4", "d5"], "break types.rs:207\nrun", "rust.txt", &[]);
}

/// Overloads, methods, the program's operators. Where gdb calls another function than C++ does (`calls/cpp.rdbg`) is not asked.
#[test]
fn calls_of_cpp_are_gdbs() {
    // Of clang's `long long` gdb takes another overload, by the order of its tables.
    // A constructor that clang emits is called by gdb, as a method like any other.
    let known = [("clang", "p over(ll)"), ("clang", "p base.Base()")];
    same_as_gdb("cpp/calls.cpp", &["d5", "d4", "clang"], "break calls.cpp:168\nrun", "calls.txt", &known);
}

#[test]
fn member_pointers_and_casts_are_gdbs() {
    same_as_gdb("cpp/calls.cpp", &["d5", "d4", "clang"], "break calls.cpp:168\nrun", "member_pointers.txt", &[]);
}

#[test]
fn imported_names_are_gdbs() {
    same_as_gdb("cpp/imports.cpp", &["d5", "d4"], "break imports.cpp:17\nrun", "imports.txt", &[]);
}

#[test]
fn expressions_of_rust_are_gdbs() {
    // In DWARF 5 gdb does not find what the vtable belongs to.
    let known = [("d5", "print *object"), ("d5", "print *boxed")];
    same_as_gdb("rust/expressions.rs", &["d4", "d5", "v0"], "break expressions.rs:141\nrun", "rust_expressions.txt", &known);
}

#[test]
fn garbage_in_rusts_types_is_shown_or_refused() {
    const TYPES: &[&str] = &[
        "alloc::vec::Vec<u32, alloc::alloc::Global>",
        "alloc::string::String",
        "alloc::collections::vec_deque::VecDeque<u8, alloc::alloc::Global>",
        "alloc::collections::linked_list::LinkedList<u8, alloc::alloc::Global>",
        "alloc::collections::binary_heap::BinaryHeap<i32, alloc::alloc::Global>",
        "alloc::collections::btree::map::BTreeMap<i32, &str, alloc::alloc::Global>",
        "std::collections::hash::map::HashMap<alloc::string::String, alloc::vec::Vec<i32, alloc::alloc::Global>, \
         std::hash::random::RandomState, alloc::alloc::Global>",
        "alloc::rc::Rc<dyn values::Shape, alloc::alloc::Global>",
        "alloc::rc::Rc<core::cell::RefCell<i32>, alloc::alloc::Global>",
        "alloc::sync::Arc<str, alloc::alloc::Global>",
        "core::cell::RefCell<alloc::vec::Vec<i32, alloc::alloc::Global>>",
        "std::sync::poison::mutex::Mutex<alloc::vec::Vec<i32, alloc::alloc::Global>>",
        "std::sync::once_lock::OnceLock<alloc::string::String>",
        "alloc::boxed::Box<dyn values::Shape, alloc::alloc::Global>",
        "values::middle::{async_fn_env#0}",
        "values::Tree",
        "[values::Nested; 4]",
        "((i32, char), (&str, (f64, bool)), ())",
        "&[[u8; 2]]",
        "&str",
    ];
    let test = "garbage in Rust's types";
    let Some(program) = build::or_skip(test, "rust/values.rs", "d4") else { return };
    let mut script = "break values.rs:265\nrun\nset print elements unlimited\n".to_owned();
    // Variables of other types, code, and what cannot be read at all.
    let places = ["$sp as u64", "$sp as u64 + 8", "$sp as u64 + 1004", "$pc as u64", "0x10"];
    let all: Vec<_> = TYPES.iter().flat_map(|ty| places.map(|at| (ty, at))).collect();
    for (i, (ty, at)) in all.iter().enumerate() {
        script.push_str(&format!("echo S{i}\\n\nprint *(({at}) as *mut {ty})\necho E{i}\\n\n"));
    }
    let ours = oracles::rdbg(&program, &[], &(script + "kill\n"));
    for (i, (ty, at)) in all.iter().enumerate() {
        let answer = between(&ours.text, &format!("S{i}"), &format!("E{i}")).concat();
        let refusals = ["Cannot access memory", "more than max-value-size"];
        let is_answer = answer.contains(" = ") || refusals.iter().any(|r| answer.contains(r));
        assert!(is_answer && !answer.contains("panicked"), "{ty} at {at}: {answer:?}");
    }
}
