//! Names and places as gdb gives them, before a program runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::{LoadBias, VirtAddr};
use crate::elf::Image;
use crate::elf::built::{self, HELLO};
use crate::loader::LinkMap;

use super::*;

fn program(name: &str, compiler: &str, flags: &[&str]) -> Option<PathBuf> {
    built::build(&format!("hello-{name}"), compiler, flags, HELLO)
}

fn load(paths: &[&Path]) -> Modules {
    let mut modules = Modules::default();
    modules.set_debug_files(DebugFiles::from_text("/nonexistent")); // as `built::gdb`
    for (i, path) in paths.iter().enumerate() {
        let role = if i == 0 { ModuleRole::Main } else { ModuleRole::Library };
        let bias = LoadBias(0x10_0000_0000 * i as u64);
        modules.add(NewModule { image: Image::open(path).unwrap(), path: path.to_path_buf(), role, bias });
    }
    modules
}

/// Addresses throughout the sections that can have names.
fn sample_addresses(image: &Image) -> Vec<u64> {
    let mut all = Vec::new();
    for section in image.sections().iter().filter(|s| s.is_loaded() && s.size > 0) {
        let step = (section.size / 25).max(1);
        all.extend((0..section.size).step_by(step as usize).map(|n| section.addr.0 + n));
        all.extend((0..section.size.min(160)).step_by(8).map(|n| section.addr.0 + n));
    }
    all
}

/// gdb's `info symbol`, without the words around the name: `main + 4 in section .text` -> (`main + 4`, `.text`).
fn parse_info_symbol(line: &str) -> Option<(String, String)> {
    let (name, section) = line.split_once(" in section ")?;
    Some((name.to_owned(), section.split(' ').next()?.to_owned()))
}

#[test]
fn names_of_addresses() {
    let ours =
        [program("pie-lazy", "cc", &["-O1", "-fno-builtin", "-Wl,-z,lazy"]), program("g-static", "cc", &["-O1", "-static"])];
    let mut files: Vec<PathBuf> = ours.into_iter().flatten().collect();
    files.extend(built::real_files().into_iter().filter(|p| !p.ends_with("git") && !p.ends_with("python3")));
    for path in files {
        compare_names(&path, &load(&[&path]), &[]);
    }
    // The same by the debug file of a distribution, if it is there.
    let libc = Path::new("/lib/x86_64-linux-gnu/libc.so.6");
    let mut modules = if libc.exists() { load(&[libc]) } else { return };
    modules.set_debug_files(DebugFiles::default());
    if modules.main().unwrap().file.separate().is_none() {
        return eprintln!("SKIPPED: no debug file of {} here (libc6-dbg)", libc.display());
    }
    compare_names(libc, &modules, &["set debug-file-directory /usr/lib/debug", "file /lib/x86_64-linux-gnu/libc.so.6"]);
}

/// Compares the names of addresses all over a file with gdb's, after it has been given some commands.
fn compare_names(path: &Path, modules: &Modules, first: &[&str]) {
    let image = modules.main().unwrap().image().clone();
    let addresses = sample_addresses(&image);
    let commands: Vec<String> = addresses.iter().map(|a| format!("echo #\\n\ninfo symbol {a:#x}")).collect();
    let mut script = path.file_name().unwrap().to_os_string();
    script.push(format!(".{}.gdb", std::process::id()));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-programs/unit").join(script);
    std::fs::write(&script, commands.join("\n")).unwrap();
    let mut all: Vec<String> = first.iter().map(|c| c.to_string()).collect();
    all.push(format!("source {}", script.display()));
    let Some(text) = built::gdb(path, &all) else { return };
    let _ = std::fs::remove_file(&script);
    // For gdb .tbss has addresses that other sections have too: then it prints two lines.
    let theirs: Vec<&str> = text.split("#\n").skip(1).map(|t| t.lines().find(|l| !l.contains(" .tbss")).unwrap_or(t)).collect();
    assert_eq!(theirs.len(), addresses.len(), "{}", path.display());
    let mut wrong = Vec::new();
    for (addr, line) in addresses.iter().zip(theirs) {
        let located = modules.locate(VirtAddr(*addr));
        let ours = located.as_ref().map(|l| {
            let offset = if l.offset == 0 { String::new() } else { format!(" + {}", l.offset) };
            (format!("{}{offset}", l.name()), l.section.clone().unwrap())
        });
        // What gdb has no name for, or only a number (`*ABS*+0x9f1c0@plt`): GLOB_DAT slots, stubs of IFUNCs, a found main.
        let is_ours = located.as_ref().is_some_and(|l| match l.kind {
            LocationKind::GotSlot | LocationKind::Found => true,
            LocationKind::PltStub => line.starts_with("*ABS*+") || line.starts_with("No symbol"),
            LocationKind::Symbol(_) => false,
        });
        // gdb takes C's `completed.0` for an Ada name and shows `completed`; in `x` and disassembly it shows what the file has.
        let is_ada = located.as_ref().is_some_and(|l| {
            let stem = l.raw_name.rsplit_once('.').filter(|(_, n)| n.bytes().all(|b| b.is_ascii_digit()));
            stem.is_some_and(|(stem, _)| line.starts_with(stem))
        });
        if ours != parse_info_symbol(line) && !is_ours && !is_ada {
            wrong.push(format!("{addr:#x}: gdb {line:?}, rdbg {ours:?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{}: {} of {}:\n{}",
        path.display(),
        wrong.len(),
        addresses.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
}

/// Where gdb's `break` puts breakpoints: their addresses before the program runs.
fn gdb_places(path: &Path, location: &str) -> Option<Vec<u64>> {
    let text = built::gdb(path, &["set breakpoint pending off".into(), format!("break {location}"), "info breakpoints".into()])?;
    let mut all: Vec<u64> = Vec::new();
    for line in text.lines().filter(|l| l.starts_with(|c: char| c.is_ascii_digit()) && !l.contains("MULTIPLE")) {
        let addr = line.split_whitespace().find_map(|f| f.strip_prefix("0x"));
        all.extend(addr.and_then(|a| u64::from_str_radix(a, 16).ok()));
    }
    all.sort_unstable();
    Some(all)
}

const CPP: &str = r#"
#include <cstdio>
#include <string>
namespace ns {
struct Foo {
    __attribute__((noinline)) void bar(int x) { printf("%d\n", x); }
    __attribute__((noinline)) void bar(std::string s) { puts(s.c_str()); }
    Foo();
};
Foo::Foo() { puts("c"); }
}
template <class T> __attribute__((noinline)) T twice(T x) { printf("twice\n"); return x + x; }
int bar() { return 3; }
int main() { ns::Foo f; f.bar(1); f.bar("a"); return bar() + twice(1) + (int)twice(2.0); }
"#;

#[test]
fn places_of_functions() {
    let c = ["main", "my_puts", "puts", "printf", "_start", "nosuch", "counter", "_init", "deregister_tm_clones"];
    let kinds = [
        program("O0", "cc", &["-O0", "-fno-builtin"]),
        program("pie-lazy", "cc", &["-O1", "-fno-builtin", "-Wl,-z,lazy"]),
        program("cet", "cc", &["-O0", "-fno-builtin", "-fcf-protection"]),
        program("g-static", "cc", &["-O1", "-static"]),
    ];
    let cpp = built::build("places-cpp", "c++", &["-O0"], CPP);
    let cpp_names = [
        "bar",
        "Foo::bar",
        "ns::Foo::bar(int)",
        "Foo::Foo",
        "-qualified Foo::bar",
        "twice",
        "twice<int>",
        "main",
        "ns::Foo::bar",
    ];
    let all = kinds.into_iter().flatten().map(|p| (p, &c[..])).chain(cpp.map(|p| (p, &cpp_names[..])));
    for (path, names) in all {
        let modules = load(&[&path]);
        for name in names {
            let Some(theirs) = gdb_places(&path, name) else { return };
            let places = Linespec::parse(name, &modules).unwrap().resolve(&modules).unwrap();
            let mut ours: Vec<u64> = places.iter().map(|p| p.addr.0).collect();
            ours.sort_unstable();
            assert_eq!(ours, theirs, "{} {name}: {places:?}", path.display());
        }
    }
}

const RUST: &str = "#[inline(never)] pub fn f(x: usize) -> usize { println!(\"f{x}\"); x + 1 }
    mod m { #[inline(never)] pub fn f(x: usize) -> usize { println!(\"mf{x}\"); x + 2 } }
    fn main() { println!(\"{}\", f(std::env::args().count()) + m::f(3)); }";

#[test]
fn rust_paths() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-programs/unit");
    std::fs::create_dir_all(&directory).unwrap();
    let (source, path) = (directory.join("paths.rs"), directory.join("paths-rust"));
    if !path.exists() {
        std::fs::write(&source, RUST).unwrap();
        let (out, source) = (path.to_str().unwrap(), source.to_str().unwrap());
        let Some(_) = built::output("rustc", &["--crate-name", "paths", "-o", out, source]) else { return };
    }
    let modules = load(&[&path]);
    let names = |text: &str| {
        let places = Linespec::parse(text, &modules).unwrap().resolve(&modules).unwrap();
        places
            .iter()
            .map(|p| demangle(&p.name).into_owned())
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
    };
    assert_eq!(names("paths::f"), ["paths::f"]);
    assert_eq!(names("paths::m::f"), ["paths::m::f"]);
    assert_eq!(names("m::f"), ["paths::m::f"]);
    assert_eq!(names("main"), ["main", "paths::main"]);
}

#[test]
fn a_library_that_has_the_function_takes_the_place_of_the_stub() {
    let Some(path) = program("pie-lazy", "cc", &["-O1", "-fno-builtin", "-Wl,-z,lazy"]) else { return };
    let libc = Path::new("/lib/x86_64-linux-gnu/libc.so.6");
    let ld = Path::new("/lib64/ld-linux-x86-64.so.2");
    if !libc.exists() || !ld.exists() {
        return eprintln!("SKIPPED: no {} or {} here", libc.display(), ld.display());
    }
    let modules = load(&[&path, libc, ld]);
    let resolve = |text: &str| Linespec::parse(text, &modules).unwrap().resolve(&modules).unwrap();
    let of = |places: &[Place]| places.iter().map(|p| modules.get(p.module).unwrap().name.clone()).collect::<Vec<_>>();
    assert_eq!(of(&resolve("puts")), ["libc.so.6"]);
    assert_eq!(of(&resolve("libc!puts")), ["libc.so.6"]);
    assert_eq!(of(&resolve("'libc.so.6'::puts")), ["libc.so.6"]);
    assert_eq!(of(&resolve("libc.so.6!puts")), ["libc.so.6"]);
    assert!(resolve("ld-linux-x86-64.so.2!puts").is_empty());
    assert_eq!(modules.split_prefix("libc.so.6!puts+1").map(|(m, rest)| (m.name.as_str(), rest)), Some(("libc.so.6", "puts+1")));
    assert!(modules.split_prefix("libc!=3").is_none() && modules.split_prefix("!puts").is_none());
    assert_eq!(of(&resolve("_start")), ["hello-pie-lazy"]);
    assert_eq!(of(&resolve("ld-linux-x86-64.so.2!_start")).len(), Image::open(ld).unwrap().symbols().named("_start").len());
    assert_eq!(resolve("puts@plt")[0].kind, PlaceKind::PltStub);
    assert!(resolve("strlen").iter().all(|p| p.kind == PlaceKind::Ifunc || of(std::slice::from_ref(p)) != ["libc.so.6"]));
    let line = Linespec::parse("hello.c:3", &modules).unwrap();
    assert_eq!(line, Linespec::Line { file: Some("hello.c".into()), line: "3".into() });
    assert!(line.resolve(&modules).unwrap().is_empty());
    assert_eq!(line.not_found(&modules).to_string(), "No symbol table is loaded.  Use the \"file\" command.");
    assert_eq!(Linespec::parse("nosuch", &modules).unwrap().not_found(&modules).to_string(), "Function \"nosuch\" not defined.");
    let pending = Linespec::parse("libfoo.so!bar", &modules).unwrap();
    assert_eq!(pending, Linespec::Function { module: Some("libfoo.so".into()), name: "bar".into(), qualified: false });
}

#[test]
fn a_stripped_program_has_its_main() {
    let Some(path) = program("O0", "cc", &["-O0", "-fno-builtin"]) else { return };
    let Some(expected) = gdb_places(&path, "main") else { return };
    let Some(stripped) = built::stripped(&path, false) else { return };
    let modules = load(&[&stripped]);
    let places = Linespec::parse("main", &modules).unwrap().resolve(&modules).unwrap();
    assert_eq!(places.iter().map(|p| p.addr.0).collect::<Vec<_>>(), expected);
    let location = modules.symbolize(places[0].addr).unwrap();
    assert_eq!((location.kind, location.with_offset().as_str()), (LocationKind::Found, "main+4"));
    let main = modules.main().unwrap();
    assert_eq!(main.address_of("main"), Some(places[0].start));
    // What lies behind it is not called main.
    assert!(modules.symbolize(places[0].start + location.size).is_none_or(|l| l.raw_name != "main"));
    let starts = Linespec::parse("_start", &modules).unwrap().resolve(&modules).unwrap();
    assert_eq!(starts.iter().map(|p| p.addr).collect::<Vec<_>>(), [main.virt(main.image().entry().unwrap())]);
    assert_eq!(modules.symbolize(starts[0].addr).unwrap().with_offset(), "_start");
    let whole = load(&[&path]);
    let size = whole.find("main", None).unwrap().size;
    assert_eq!(size, location.size, "the unwind information's size is the symbol's");
    std::fs::remove_file(stripped).unwrap();
}

#[test]
fn modules_follow_the_list_and_keep_their_numbers() {
    let Some(path) = program("O0", "cc", &["-O0", "-fno-builtin"]) else { return };
    let mut modules = load(&[&path]);
    let main = modules.main().unwrap().id;
    let object = |n: u64, name: &str| LinkMap {
        addr: VirtAddr(0x100 * n),
        bias: LoadBias(0x7000_0000_0000 + (n << 32)),
        name: name.into(),
        dynamic: VirtAddr(0),
        namespace: 0,
    };
    let program_map = LinkMap { bias: LoadBias(0), ..object(1, "") };
    let lib = path.to_string_lossy().into_owned();
    let open = |p: &Path| Image::open(p);
    let generation = modules.generation();
    let update = modules.update(&[program_map.clone(), object(2, &lib), object(3, "/nonexistent.so")], open);
    assert_eq!((update.loaded.len(), update.unloaded.len(), update.failed.len()), (1, 0, 1));
    assert!(modules.generation() > generation);
    assert_eq!(modules.main().map(|m| (m.id, m.link_map)), Some((main, Some(VirtAddr(0x100)))));
    let loaded = modules.get(update.loaded[0]).unwrap().clone();
    assert!(Arc::ptr_eq(&loaded.file, &modules.main().unwrap().file), "one file, read once");
    assert_eq!(modules.at(loaded.ranges()[0].start).map(|m| m.id), Some(loaded.id));
    let generation = modules.generation();
    let update = modules.update(&[program_map.clone(), object(2, &lib), object(3, "/nonexistent.so")], open);
    assert_eq!((update.loaded.len(), update.failed.len(), modules.generation()), (0, 0, generation), "nothing is tried twice");
    let update = modules.update(&[program_map], open);
    assert_eq!(update.unloaded.iter().map(|m| m.id).collect::<Vec<_>>(), [loaded.id]);
    assert_eq!(modules.main().map(|m| m.id), Some(main));
}

const INLINES: &str = r#"
#include <cstdio>
inline int twice(int x) { return x + x; }
static inline int square(int x) { return x * x + 1; }
static int total;
namespace ns {
int helper(int x) { return twice(x) + square(x) + total; }
struct Point { int x, y; Point(int a, int b) : x(a), y(b) { total++; } int norm() const { return x * x + y * y; } };
}
namespace { int hidden(int v) { printf("%d\n", v); return v; } }
int over(int a) { printf("i\n"); return a; }
int over(double a) { printf("d\n"); return (int)a; }
template <class T> __attribute__((noinline)) T kept(T t) { printf("t\n"); return t; }
int main(int argc, char **argv) {
    ns::Point p(argc, 2);
    return ns::helper(argc) + p.norm() + hidden(argc) + over(1) + over(2.5) + kept(3) + (int)kept(2.0) + square(argc);
}
"#;

#[test]
fn places_of_inlined_functions() {
    let names = [
        "twice",
        "square",
        "helper",
        "ns::helper",
        "-qualified helper",
        "norm",
        "Point::norm",
        "ns::Point::Point",
        "Point",
        "hidden",
        "(anonymous namespace)::hidden",
        "over",
        "over(int)",
        "over(double)",
        "kept",
        "kept<int>",
        "main",
        "-function twice",
        "nosuch",
    ];
    for (name, compiler, flags) in [
        ("O2", "c++", ["-O2", "-g"]),
        ("O0", "c++", ["-O0", "-g"]),
        ("v4", "c++", ["-O2", "-gdwarf-4"]),
        ("clang", "clang++", ["-O2", "-g"]),
    ] {
        let Some(path) = built::build(&format!("inlines-{name}"), compiler, &flags, INLINES) else { continue };
        let modules = load(&[&path]);
        for name in names {
            let Some(theirs) = gdb_places(&path, name) else { return };
            let places = Linespec::parse(name, &modules).unwrap().resolve(&modules).unwrap();
            let mut ours: Vec<u64> = places.iter().map(|p| p.addr.0).collect();
            ours.sort_unstable();
            assert_eq!(ours, theirs, "{} {name}: {places:?}", path.display());
        }
    }
}
