//! Help cannot lie: each example line of each command is run, in a session of its own, on a program that stands at puts.

mod common;

use std::path::Path;

use common::build::{self, Program};
use common::rdbg::Session;
use common::tools;
use rdbg::command::FAMILIES;

/// What an example takes for granted.
fn before(command: &str, line: &str) -> &'static [&'static str] {
    match command {
        "patch" if line.contains("-save") => &["patch main = 90 90"],
        "bind" => &["unbind puts"],
        "diff" => &["snapshot"],
        "remove-symbol-file" => &["add-symbol-file plugin.so 0x7ffff7c01040"],
        "undo" => &["patch main = 90 90", "patch main+4 = 90"],
        "timeline show" | "timeline summary" | "timeline save" => &["timeline start", "finish"],
        "timeline start" if line.contains("-steps") => &["kill"],
        "timeline diff" => &["timeline start", "finish", "timeline save lazy.jsonl", "timeline save now.jsonl"],
        "redo" => &["patch main = 90 90", "undo"],
        "restart" | "delete checkpoint" => &["checkpoint"],
        _ => &[],
    }
}

/// The programs: one of C for all examples but those of C++.
struct Programs {
    c: Program,
    cpp: Option<Program>,
}

/// What the line wrote, or why it is no good example.
fn tried(programs: &Programs, dir: &Path, command: &str, line: &str) -> Result<String, String> {
    let (program, start) = match (command, &programs.cpp) {
        ("info vtbl", Some(cpp)) => (cpp, "break main"),
        _ => (&programs.c, "break puts"),
    };
    let start = format!("{start}\nrun > /dev/null\nset error strict on\n");
    let before: String = before(command, line).iter().map(|l| format!("{l}\n")).collect();
    let session = Session::rdbg().program(&program.path, ["samir"]).cwd(dir);
    let run = session.feed(&format!("{start}{before}echo BEGIN\\n\n{line}\necho END\\n\n"));
    let (_, text) = run.text.split_once("BEGIN\n").ok_or_else(|| format!("it did not come so far:\n{}", run.text))?;
    match (run.status.and_then(|s| s.code()), text.rsplit_once("END\n")) {
        (Some(0), Some((text, _))) => Ok(text.to_owned()),
        (status, _) => Err(format!("status {status:?}\n{text}")),
    }
}

#[test]
fn examples_do_what_they_say() {
    let c = match build::build("c/hello.c", "debug") {
        Ok(program) => program,
        Err(why) => return tools::skip("examples_do_what_they_say", why),
    };
    let programs = Programs { c, cpp: build::build("cpp/types.cpp", "d5").ok() };
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples");
    std::fs::create_dir_all(&dir).expect("a directory");
    std::fs::copy(&programs.c.path, dir.join("plugin.so")).expect("a file with symbols");
    // The runner sees an error where there is one.
    let error = tried(&programs, &dir, "print", "print nosuch");
    assert!(error.is_err_and(|e| e.contains("No symbol \"nosuch\"")), "errors go unseen");

    let examples: Vec<(&str, &str)> =
        FAMILIES.iter().flat_map(|f| f.iter()).flat_map(|c| c.examples.iter().map(|e| (c.name, e.line))).collect();
    assert!(examples.len() > 80, "the table has lost its examples");
    let has_assembler = tools::find("as").is_some();
    let half = examples.len() / 2;
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let part = |part: &'static str, examples: &[(&str, &str)]| {
            let mut wrong = Vec::new();
            for (command, line) in examples {
                if *command == "info vtbl" && programs.cpp.is_none() {
                    tools::skip(part, format!("`{line}`: this machine has no C++ compiler"));
                    continue;
                }
                if line.contains("-asm") && !has_assembler {
                    tools::skip(part, format!("`{line}`: this machine has no as"));
                    continue;
                }
                if let Err(why) = tried(&programs, &dir, command, line) {
                    wrong.push(format!("{command}: {line}: {why}"));
                }
            }
            wrong
        };
        let (first, second) = examples.split_at(half);
        let other = scope.spawn(move || part("examples_do_what_they_say", second));
        let mut wrong = part("examples_do_what_they_say", first);
        wrong.extend(other.join().expect("a thread that ends"));
        wrong
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
