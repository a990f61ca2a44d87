//! Runs each `tests/sessions/<area>/<name>.rdbg` on each of its builds and compares what a user would have read with `.out`.
//!
//! A script begins with header lines:
//! ```text
//! # program: c/name.c          below test-programs/; without this line rdbg starts without a program
//! # builds: lazy now pie       `// build:` lines of the program; one test each
//! # args: samir                the program's arguments
//! # stdin: some text           what the program reads; the script then comes by -x, which stops at an error
//! # env: NAME=VALUE            a variable, one a line
//! # status: 1                  rdbg's exit status, 0 without this line
//! ```
//! `<name>.<build>.out` goes before `<name>.out`, which all other builds share: a difference between two builds is a failure
//! until somebody decides that it is right. `BLESS=1` writes what differs and still fails that test: read the difference, then
//! run again. There is no way to pass without having compared.

mod common;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use common::build::{self, NoProgram};
use common::normalise::{ECHO, normalise, self_tests};
use common::rdbg::{self, Session};
use libtest_mimic::{Arguments, Failed, Trial};

/// A script and what its header says.
#[derive(Clone, Default)]
struct Script {
    path: PathBuf,
    name: String,
    program: Option<String>,
    builds: Vec<String>,
    args: Vec<String>,
    stdin: Option<String>,
    env: Vec<(String, String)>,
    status: i32,
    body: Vec<String>,
}

impl Script {
    fn read(path: &Path, name: String) -> Result<Script, String> {
        let text = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
        let mut script = Script { path: path.to_owned(), name, ..Script::default() };
        let words = |value: &str| value.split_whitespace().map(String::from).collect::<Vec<_>>();
        for line in text.lines() {
            let header = line.strip_prefix("# ").filter(|_| script.body.is_empty()).and_then(|rest| rest.split_once(':'));
            match header {
                Some(("program", value)) => script.program = Some(value.trim().to_owned()),
                Some(("builds", value)) => script.builds = words(value),
                Some(("args", value)) => script.args = words(value),
                Some(("stdin", value)) => script.stdin = Some(format!("{}\n", value.trim())),
                Some(("env", value)) => {
                    let (name, value) = value.trim().split_once('=').ok_or("`# env:` wants NAME=VALUE")?;
                    script.env.push((name.to_owned(), value.to_owned()));
                }
                Some(("status", value)) => script.status = value.trim().parse().map_err(|_| "`# status:` wants a number")?,
                _ if line.starts_with('#') || line.trim().is_empty() => {}
                _ => script.body.push(line.to_owned()),
            }
        }
        match (&script.program, script.builds.is_empty(), script.body.is_empty()) {
            (_, _, true) => Err("no commands".to_owned()),
            (Some(_), true, _) => Err("a program, but no `# builds:`".to_owned()),
            (None, false, _) => Err("builds of no program".to_owned()),
            _ => Ok(script),
        }
    }

    /// The commands, each preceded by an echo of itself: standard input shows no echo. Lines inside a block belong to its head;
    /// `expect` and `assert` look at the output before them, which an echo would replace.
    fn commands(&self) -> String {
        let (mut out, mut depth) = (String::new(), 0usize);
        for line in &self.body {
            let word = line.split_whitespace().next().unwrap_or_default();
            let silent = matches!(word, "expect" | "assert" | "end" | "else");
            if depth == 0 && !silent {
                let _ = writeln!(out, "echo {ECHO}{}\\n", escaped(line));
            }
            match word {
                "define" | "document" | "commands" | "while" | "if" => depth += 1,
                "end" => depth = depth.saturating_sub(1),
                _ => {}
            }
            let _ = writeln!(out, "{line}");
        }
        out
    }

    /// The file to compare with, and whether this build may write it.
    fn golden(&self, build: Option<&str>) -> (PathBuf, bool) {
        let own = build.map(|build| self.path.with_extension(format!("{build}.out"))).filter(|path| path.exists());
        let first = build.is_none() || self.builds.first().map(String::as_str) == build;
        match own {
            Some(own) => (own, true),
            None => (self.path.with_extension("out"), first),
        }
    }

    fn run(&self, build: Option<&str>) -> Result<(), Failed> {
        let mut session = Session::rdbg();
        let mut bin = PathBuf::from("/nonexistent");
        if let (Some(source), Some(build)) = (&self.program, build) {
            let program = build::build(source, build).map_err(|e| e.to_string())?;
            session = session.program(&program.path, &self.args).cwd(&program.dir);
            bin = program.dir;
        }
        for (name, value) in &self.env {
            session = session.env(name, value);
        }
        let run = match &self.stdin {
            None => session.feed(&self.commands()),
            Some(input) => {
                let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!(
                    "{}-{}.rdbg",
                    self.name.replace('/', "-"),
                    build.unwrap_or("none")
                ));
                std::fs::write(&file, self.commands())?;
                let command = session.option("-batch").option("-x").option(&file).command();
                rdbg::run(command, input.clone().into_bytes(), rdbg::PATIENCE)
            }
        };
        let shown = normalise(&run.text, &bin);
        self.compare(&shown, build)?;
        match run.status.map(|status| status.code()) {
            Some(Some(code)) if code == self.status => Ok(()),
            Some(code) => Err(format!("exit status {code:?}, not {}", self.status).into()),
            None => Err("killed: it did not end by itself".into()),
        }
    }

    fn compare(&self, shown: &str, build: Option<&str>) -> Result<(), Failed> {
        let (file, writes) = self.golden(build);
        let expected = std::fs::read_to_string(&file).ok();
        if expected.as_deref() == Some(shown) {
            return Ok(());
        }
        let name = file.display();
        let difference = similar::TextDiff::from_lines(expected.as_deref().unwrap_or_default(), shown)
            .unified_diff()
            .context_radius(3)
            .header(&name.to_string(), "what rdbg wrote")
            .to_string();
        let blessing = std::env::var_os("BLESS").is_some_and(|value| value != "0");
        if blessing && writes {
            std::fs::write(&file, shown)?;
            return Err(format!("rewritten: read the difference, then run again\n{difference}").into());
        }
        let advice = match (expected.is_some(), blessing) {
            (false, false) => "no such file; BLESS=1 writes it\n",
            (true, true) => {
                "this build differs from the first one; if that is right, create the file for it (empty) and bless again\n"
            }
            _ => "",
        };
        Err(format!("{name}: {advice}{difference}").into())
    }
}

/// Backslashes and outer blanks as gdb's `echo` wants them.
fn escaped(line: &str) -> String {
    line.replace('\\', "\\\\")
}

fn scripts(dir: &Path, root: &Path, found: &mut Vec<(PathBuf, String)>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for path in entries.flatten().map(|e| e.path()) {
        if path.is_dir() {
            scripts(&path, root, found);
        } else if path.extension().is_some_and(|e| e == "rdbg") {
            let name = path.strip_prefix(root).unwrap_or(&path).with_extension("").to_string_lossy().into_owned();
            found.push((path, name));
        }
    }
}

/// A trial a build; one that fails if the script cannot be read; an ignored one where this machine lacks a tool.
fn trials(path: &Path, name: &str) -> Vec<Trial> {
    let script = match Script::read(path, name.to_owned()) {
        Ok(script) => script,
        Err(e) => return vec![Trial::test(name.to_owned(), move || Err(e.into()))],
    };
    let Some(source) = script.program.clone() else {
        return vec![Trial::test(name.to_owned(), move || script.run(None))];
    };
    let trial = |build: &String| {
        let (title, script, build) = (format!("{name}::{build}"), script.clone(), build.clone());
        match build::missing_for(&source, &build) {
            Ok(None) => Trial::test(title, move || script.run(Some(&build))),
            Ok(Some(tool)) => {
                common::tools::skip(&title, NoProgram::Missing(tool.clone()));
                Trial::test(title, move || Err(NoProgram::Missing(tool).to_string().into())).with_ignored_flag(true)
            }
            Err(e) => Trial::test(title, move || Err(e.to_string().into())),
        }
    };
    script.builds.iter().map(trial).collect()
}

/// The runner kills what hangs, and says so.
fn a_hang_is_killed_and_said() {
    let mut command = std::process::Command::new("sleep");
    command.arg("100");
    let run = rdbg::run(command, Vec::new(), Duration::from_millis(200));
    assert!(run.status.is_none() && run.text.contains("killed after"), "{run:?}");
}

/// Every build of every program compiles, so that no script is the first to find out.
fn program_trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for area in ["c", "cpp", "rust", "asm"] {
        let Ok(entries) = std::fs::read_dir(common::programs().join(area)) else { continue };
        for entry in entries.flatten() {
            let source = format!("{area}/{}", entry.file_name().to_string_lossy());
            let recipes = match build::recipes(&source) {
                Ok(recipes) => recipes,
                Err(e) => {
                    trials.push(Trial::test(format!("builds::{source}"), move || Err(e.to_string().into())));
                    continue;
                }
            };
            for recipe in recipes {
                let (title, source, name) = (format!("builds::{source}::{}", recipe.name), source.clone(), recipe.name);
                let missing = build::missing_for(&source, &name).ok().flatten();
                if let Some(tool) = &missing {
                    common::tools::skip(&title, NoProgram::Missing(tool.clone()));
                }
                let trial =
                    Trial::test(title, move || build::build(&source, &name).map(|_| ()).map_err(|e| e.to_string().into()));
                trials.push(trial.with_ignored_flag(missing.is_some()));
            }
        }
    }
    trials
}

fn main() {
    let mut arguments = Arguments::from_args();
    if std::env::var_os("BLESS").is_some_and(|value| value != "0") {
        arguments.test_threads = Some(1); // the first build writes what the others are compared with
    }
    let root = common::root().join("tests/sessions");
    let mut found = Vec::new();
    scripts(&root, &root, &mut found);
    found.sort();
    let mut all = program_trials();
    all.extend(found.iter().flat_map(|(path, name)| trials(path, name)));
    all.extend(self_tests().into_iter().map(|(name, test)| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    }));
    all.push(Trial::test("runner::a_hang_is_killed_and_said", || {
        a_hang_is_killed_and_said();
        Ok(())
    }));
    libtest_mimic::run(&arguments, all).exit();
}
