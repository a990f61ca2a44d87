//! The timeline of a load held against strace, ld.so, readelf and perf, on real programs.

mod common;

use std::path::PathBuf;

use common::build::{self, NoProgram};
use common::load::{self, Load};
use common::tools;

/// A program of the tests' own; `None` after having said aloud what this machine lacks.
fn built(source: &str, name: &str) -> Option<PathBuf> {
    match build::build(source, name) {
        Ok(program) => Some(program.path),
        Err(e @ NoProgram::Missing(_)) => {
            tools::skip(&format!("{source} {name}"), e);
            None
        }
        Err(e) => panic!("{e}"),
    }
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
    for name in ["lazy", "static", "static-pie", "now", "noplt", "ibt", "stripped", "lld", "musl"] {
        all.push(of("c/hello.c", name));
    }
    all.into_iter().flatten().collect()
}

/// Every call, in order, with arguments, result and text as `setarch -R strace -f` has it.
#[test]
fn system_calls_are_those_that_strace_sees() {
    for load in loads() {
        let Some(theirs) = load.strace() else { return };
        let ours = load::calls(&load.record());
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
