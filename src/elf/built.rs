//! Programs that tests build with the machine's compilers, and the tools that they are compared with.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A program with a public and a hidden function, one that prints and initialised and zeroed data.
pub const HELLO: &str = r#"
#include <stdio.h>
int counter = 5; int zero; static int hidden = 3;
__attribute__((noinline)) int my_puts(const char *s) { return printf("%s!\n", s); }
int main(int argc, char **argv) { puts("x"); printf("%d\n", argc + counter + zero + hidden); return my_puts("y"); }
"#;

/// Builds a source text; `None`, said aloud, where the compiler or one of its parts is missing. Built anew only when source or
/// flags change.
pub fn build(name: &str, compiler: &str, flags: &[&str], source: &str) -> Option<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-programs/unit");
    std::fs::create_dir_all(&directory).unwrap();
    let (program, recipe) = (directory.join(name), directory.join(format!("{name}.recipe")));
    let wanted = format!("{compiler} {flags:?}\n{source}");
    if program.exists() && std::fs::read_to_string(&recipe).is_ok_and(|r| r == wanted) {
        return Some(program);
    }
    let extension = if compiler.contains("++") { "cpp" } else { "c" };
    // Tests run in parallel, in one process and in several: build beside, then move into place.
    let unique = format!("{name}.{}.{:?}", std::process::id(), std::thread::current().id());
    let (input, output) = (directory.join(format!("{unique}.{extension}")), directory.join(&unique));
    std::fs::write(&input, source).unwrap();
    let run = Command::new(compiler).args(flags).arg("-o").arg(&output).arg(&input).output();
    let _ = std::fs::remove_file(&input);
    match run {
        Ok(o) if o.status.success() => {
            std::fs::rename(&output, &program).unwrap();
            std::fs::write(&recipe, wanted).unwrap();
            Some(program)
        }
        Ok(o) => missing(&format!("{compiler} {flags:?}: {}", String::from_utf8_lossy(&o.stderr))),
        Err(e) => missing(&format!("{compiler}: {e}")),
    }
}

/// A copy of a program without symbols and, if asked, without section headers.
pub fn stripped(program: &Path, without_sections: bool) -> Option<PathBuf> {
    let suffix = if without_sections { "bare" } else { "stripped" };
    let to = PathBuf::from(format!("{}.{suffix}.{}.{:?}", program.display(), std::process::id(), std::thread::current().id()));
    output("strip", &["-o", to.to_str()?, program.to_str()?])?;
    if without_sections {
        let mut bytes = std::fs::read(&to).unwrap();
        bytes[0x28..0x30].fill(0); // e_shoff
        bytes[0x3c..0x40].fill(0); // e_shnum, e_shstrndx
        std::fs::write(&to, bytes).unwrap();
    }
    Some(to)
}

/// What a tool prints; `None`, said aloud, where it is missing or fails.
pub fn output(tool: &str, args: &[&str]) -> Option<String> {
    match Command::new(tool).args(args).env("LC_ALL", "C").env("DEBUGINFOD_URLS", "").output() {
        Ok(o) if o.status.success() => Some(String::from_utf8_lossy(&o.stdout).into_owned()),
        Ok(o) => missing(&format!("{tool} {args:?}: {}", String::from_utf8_lossy(&o.stderr))),
        Err(e) => missing(&format!("{tool}: {e}")),
    }
}

/// What gdb prints for these commands on a file (from `$RDBG_TEST_GDB`, else from PATH), without
/// separate debug files.
pub fn gdb(program: &Path, commands: &[String]) -> Option<String> {
    let gdb = std::env::var("RDBG_TEST_GDB").unwrap_or_else(|_| "gdb".into());
    let mut args: Vec<&str> = vec!["-nx", "-q", "-iex", "set debug-file-directory /nonexistent", "-batch"];
    args.extend(commands.iter().flat_map(|c| ["-ex", c.as_str()]));
    args.push(program.to_str()?);
    output(&gdb, &args)
}

fn missing<T>(what: &str) -> Option<T> {
    eprintln!("SKIPPED, because this does not work here: {what}");
    None
}

/// Real files of this machine, those that exist.
pub fn real_files() -> Vec<PathBuf> {
    let all = [
        "/bin/ls",
        "/usr/bin/git",
        "/usr/bin/python3",
        "/bin/bash",
        "/lib/x86_64-linux-gnu/libc.so.6",
        "/lib64/ld-linux-x86-64.so.2",
        "/usr/lib/x86_64-linux-gnu/libstdc++.so.6",
    ];
    all.iter().map(PathBuf::from).filter(|p| p.exists() || missing::<()>(&p.display().to_string()).is_some()).collect()
}
