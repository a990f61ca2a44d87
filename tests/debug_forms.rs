//! One program in every form of debug information that compilers and tools make: rdbg says the same of all of them.

use std::path::{Path, PathBuf};
use std::process::Command;

const MAIN: &str = r#"#include <cstdio>
#include "pair.h"
struct Node { int v; Node *next; Pair<int> p; };
static Node head = { 7, nullptr, {1, 2} };
int total(Node *n) {
    int s = 0;
    for (; n; n = n->next) s += n->v + n->p.sum();
    return s;
}
int main() { Node n = { 3, &head, {4, 5} }; printf("%d %d\n", total(&n), helper(2)); return 0; }
"#;

const OTHER: &str = r#"#include "pair.h"
static Pair<int> keep = { 10, 20 };
int helper(int x) { return keep.sum() + x; }
"#;

const HEADER: &str = "template <class T> struct Pair { T a, b; T sum() const { return a + b; } };\nint helper(int);\n";

/// Name, compiler and flags, and what is done to the program afterwards (in its directory, `p` is the program).
const FORMS: &[(&str, &str, &[&str], &str)] = &[
    ("dwarf-5", "g++", &["-gdwarf-5"], ""),
    ("dwarf-4", "g++", &["-gdwarf-4"], ""),
    ("dwarf-3", "g++", &["-gdwarf-3"], ""),
    ("dwarf-2", "g++", &["-gdwarf-2"], ""),
    ("64-bit", "g++", &["-g", "-gdwarf64"], ""),
    ("type-units-5", "g++", &["-gdwarf-5", "-fdebug-types-section"], ""),
    ("type-units-4", "g++", &["-gdwarf-4", "-fdebug-types-section"], ""),
    ("zlib", "g++", &["-g", "-gz=zlib"], ""),
    ("zlib-gnu", "g++", &["-g"], "objcopy --compress-debug-sections=zlib-gnu p"),
    ("zstd", "g++", &["-g"], "objcopy --compress-debug-sections=zstd p"),
    ("split-5", "g++", &["-gdwarf-5", "-gsplit-dwarf"], ""),
    ("split-4", "g++", &["-gdwarf-4", "-gsplit-dwarf"], ""),
    ("split-type-units", "g++", &["-g", "-gsplit-dwarf", "-fdebug-types-section"], ""),
    ("package-4", "g++", &["-gdwarf-4", "-gsplit-dwarf"], "dwp -e p -o p.dwp && rm *.dwo"),
    ("package-types", "g++", &["-gdwarf-4", "-gsplit-dwarf", "-fdebug-types-section"], "dwp -e p -o p.dwp && rm *.dwo"),
    ("package-5", "clang++", &["-gdwarf-5", "-gsplit-dwarf"], "timeout 20 llvm-dwp *.dwo -o p.dwp && rm *.dwo"),
    ("clang-5", "clang++", &["-gdwarf-5"], ""),
    ("clang-4", "clang++", &["-gdwarf-4"], ""),
    ("clang-64-bit", "clang++", &["-gdwarf-5", "-gdwarf64"], ""),
    ("clang-names", "clang++", &["-g", "-glldb", "-gpubnames"], ""),
    ("clang-split", "clang++", &["-g", "-gsplit-dwarf"], ""),
    ("clang-type-units", "clang++", &["-g", "-fdebug-types-section"], ""),
    ("dwz", "g++", &["-g"], "dwz p"),
    ("dwz-shared", "g++", &["-g"], "cp p q && dwz -m shared.debug p q"),
    ("debug-link", "g++", &["-g"], "objcopy --only-keep-debug p p.debug && objcopy --strip-all --add-gnu-debuglink=p.debug p"),
    ("link-time", "g++", &["-g", "-flto"], ""),
];

const QUESTIONS: &[&str] = &[
    "info functions -n -q ^(total|Pair.*sum)",
    "info types -q ^(Pair|Node)",
    "info variables -n -q ^(head|keep)$",
    "ptype struct Node",
    "break total",
    "run",
    "backtrace",
    "print *n",
    "print head",
    "print keep",
    "break Pair<int>::sum",
    "continue",
];

fn run(directory: &Path, program: &str, args: &[&str]) -> Option<String> {
    let out = Command::new(program).args(args).current_dir(directory).env("XDG_CACHE_HOME", directory).output().ok()?;
    let text = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    if !out.status.success() {
        eprintln!("{program} {args:?}: {text}");
    }
    out.status.success().then_some(text)
}

/// Builds a form, once; `None`, said aloud, where this machine lacks what it takes.
fn build(name: &str, compiler: &str, flags: &[&str], after: &str) -> Option<PathBuf> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("debug-forms").join(name);
    let stamp = format!("{compiler} {flags:?} {after}\n{MAIN}{OTHER}{HEADER}");
    if std::fs::read_to_string(directory.join("stamp")).is_ok_and(|s| s == stamp) {
        return Some(directory);
    }
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).expect("a directory for the test");
    for (file, text) in [("main.cpp", MAIN), ("other.cpp", OTHER), ("pair.h", HEADER)] {
        std::fs::write(directory.join(file), text).expect("the test's source");
    }
    let args: Vec<&str> = flags.iter().copied().chain(["-O0", "main.cpp", "other.cpp", "-o", "p"]).collect();
    let built = run(&directory, compiler, &args)
        .and_then(|_| if after.is_empty() { Some(String::new()) } else { run(&directory, "sh", &["-c", after]) });
    if built.is_none() {
        eprintln!("SKIPPED: {name}: {compiler} {flags:?}; {after}");
    }
    built.map(|_| {
        let _ = std::fs::write(directory.join("stamp"), stamp);
        directory
    })
}

/// What rdbg says, without addresses and what compilers differ in.
fn ask(directory: &Path) -> Vec<String> {
    let mut args = vec!["-nx", "-q", "-batch"];
    args.extend(QUESTIONS.iter().flat_map(|q| ["-ex", q]));
    args.push("p");
    let text = run(directory, env!("CARGO_BIN_EXE_rdbg"), &args).unwrap_or_default();
    let address = regex::Regex::new("0x[0-9a-f]+( <[^>]*>)?").expect("a regular expression");
    let here = format!("{}/", directory.display());
    let plain = |line: &str| address.replace_all(line, "ADDR").replace("ADDR in ", "").replace(&here, "").replace("./", "");
    let mut lines: Vec<String> = text.lines().map(plain).collect();
    // Compilers differ in whether it is `./pair.h`, which sorts elsewhere.
    lines.sort();
    lines
}

#[test]
fn every_form_says_the_same() {
    let Some(plain) = build("plain", "g++", &["-g"], "") else { return };
    let expected = ask(&plain);
    assert!(expected.iter().any(|l| l.contains("$1 = {v = 3, next = ADDR, p = {a = 4, b = 5}}")), "{expected:#?}");
    assert!(expected.iter().any(|l| l.contains("sum (this=")), "{expected:#?}");
    let mut wrong = Vec::new();
    for (name, compiler, flags, after) in FORMS {
        let Some(directory) = build(name, compiler, flags, after) else { continue };
        let found = ask(&directory);
        if found != expected {
            let differing: Vec<_> =
                found.iter().filter(|l| !expected.contains(l)).chain(expected.iter().filter(|l| !found.contains(l))).collect();
            wrong.push(format!("{name}: {differing:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
