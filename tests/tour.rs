//! The tour: it plays to its end, can be left and come back to, and docs/tour.md is what it says today
//! (`BLESS=1 cargo test --test tour` writes that anew).

mod common;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use common::normalise::normalise;
use common::rdbg::Session;
use common::tools;
use regex::Regex;

/// A cache directory of a test's own: the tour builds its program there.
fn cache(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("tour-{name}-{}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    dir
}

fn session(dir: &Path) -> Session {
    Session::rdbg().env("XDG_CACHE_HOME", &dir.to_string_lossy())
}

/// What each command wrote, by the marks between them.
fn answers(text: &str) -> Vec<String> {
    text.split("@@@\n")
        .skip(1)
        .map(|t| t.trim_start_matches("(rdbg) ").replace("\n(rdbg) ", "\n").replace("(rdbg) ", ""))
        .collect()
}

/// The page, from the tour's text and what its commands write.
fn page(dir: &Path) -> String {
    let units = rdbg::command::tour_units(true);
    let commands: Vec<&str> = units.iter().flat_map(|u| u.commands.iter().copied()).collect();
    // One step builds the program and shows the first command, which the page shows by itself.
    let mut script = String::from("tour\n");
    for command in &commands {
        let _ = write!(script, "echo @@@\\n\n{command}\n");
    }
    script.push_str("echo @@@\\n\n");
    let run = session(dir).feed(&script);
    let answers = answers(&run.text);
    assert!(answers.len() > commands.len(), "{}", run.text);
    let mut answers = answers.into_iter();
    let mut page = String::from(
        "# The tour\n\nWhat `rdbg --tour` plays, with its real output on one machine (glibc 2.36, x86-64). Every step there is typed for you;\n\
         leave it at any prompt with commands of your own, and come back with `tour`.\n",
    );
    for unit in &units {
        if let Some(title) = unit.title {
            let _ = write!(page, "\n## {}. {title}\n", unit.stop);
        }
        let _ = write!(page, "\n{}\n", unit.prose);
        if !unit.commands.is_empty() {
            page.push_str("\n```\n");
            for command in &unit.commands {
                let answer = answers.next().unwrap_or_default();
                let answer: String = answer.lines().map(|l| format!("{}\n", l.trim_end())).collect();
                let _ = write!(page, "(rdbg) {command}\n{}", answer.trim_start_matches('\n'));
            }
            page.push_str("```\n");
        }
    }
    page.replace(&*dir.join("rdbg/tour").to_string_lossy(), "/tmp")
}

/// What is the same on every day: counts of pages and processes, frames and times are not.
fn stable(text: &str) -> String {
    let numbers = Regex::new(
        r"^(?:0x[0-9a-f]+ .*(?:frame|resident|[.fopPs]+\d*)|process|\+: |and \d+ more|since|\s*(?:start|page) |.*other process)",
    )
    .unwrap();
    // The debug information holds the path of the directory, of whatever length.
    let of_path = Regex::new(r"in the file only|section headers|^size |^hello +\d+|^build-id|AT_EXECFN").unwrap();
    let id = Regex::new(r"  [0-9a-f]{12}  ").unwrap();
    let lines: Vec<&str> = text.lines().filter(|l| !numbers.is_match(l) && !of_path.is_match(l)).collect();
    // How wide a column of names is depends on the directory, too.
    let gap = Regex::new(r" {2,}").unwrap();
    let text = normalise(&lines.join("\n"), std::path::Path::new("/tmp"));
    id.replace_all(&gap.replace_all(&text, "  "), "  <id>  ").into_owned()
}

#[test]
fn the_page_is_what_the_tour_says() {
    if tools::find("cc").is_none() {
        return tools::skip("the_page_is_what_the_tour_says", "this machine has no cc");
    }
    let dir = cache("page");
    let fresh = page(&dir);
    let _ = fs::remove_dir_all(&dir);
    for wanted in [
        "bound -> libc.so.6!printf",
        "redirected -> hello!my_puts",
        "my_puts: really",
        "ld.so: bound at its first call",
        "exited normally",
    ] {
        assert!(fresh.contains(wanted), "{wanted} is missing:\n{fresh}");
    }
    let path = common::root().join("docs/tour.md");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, fresh).unwrap();
        return;
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let (fresh, kept) = (stable(&fresh), stable(&kept));
    let difference = similar::TextDiff::from_lines(&kept, &fresh);
    assert!(
        fresh == kept,
        "docs/tour.md is stale:\n{}",
        difference.unified_diff().context_radius(1).header("docs/tour.md", "today")
    );
}

/// `rdbg --tour -batch` plays everything, and no command of it fails.
#[test]
fn it_plays_to_its_end() {
    let dir = cache("batch");
    let run = session(&dir).option("--tour").option("-batch").feed("");
    let _ = fs::remove_dir_all(&dir);
    assert!(run.text.contains("The tour has come to its end."), "{}", run.text);
    for wrong in ["No symbol \"", "Undefined", "not being run", "No slot", "There is no stop"] {
        assert!(!run.text.contains(wrong), "{wrong}\n{}", run.text);
    }
}

/// The reader leaves it, looks around, even kills the program, and comes back.
#[test]
fn it_can_be_left_and_come_back_to() {
    let dir = cache("left");
    let script = "tour 8\nkill\nprint 6*7\nbreak my_puts\ntour 8\ntour list\ntour 9\ntour\ntour 99\ntour nosuch\n";
    let run = session(&dir).option("--tour").feed(script);
    let _ = fs::remove_dir_all(&dir);
    assert_eq!(run.text.matches("8. The first call of printf").count(), 2, "{}", run.text);
    assert!(run.text.contains("$1 = 42") && run.text.contains("*  8"), "{}", run.text);
    assert_eq!(run.text.matches("printf@plt called from main+").count(), 2, "{}", run.text);
    assert!(run.text.contains("There is no stop 99.") && run.text.contains("\"tour\", \"tour list\""), "{}", run.text);
}

/// Enter alone takes the next step.
#[test]
fn enter_goes_on() {
    let dir = cache("enter");
    let run = session(&dir).option("--tour").feed("\n\n\n");
    let _ = fs::remove_dir_all(&dir);
    for title in ["1. What happens when I run hello world?", "2. Is it a function call?"] {
        assert!(run.text.contains(title), "{title}\n{}", run.text);
    }
}

/// Where there is no compiler it is about /bin/ls, and says nothing of a program that is not there.
#[test]
fn without_a_compiler_it_is_about_ls() {
    if !Path::new("/bin/ls").exists() {
        return tools::skip("without_a_compiler_it_is_about_ls", "this machine has no /bin/ls");
    }
    let dir = cache("ls");
    let run = session(&dir).env("PATH", "/nonexistent").option("--tour").option("-batch").feed("");
    let _ = fs::remove_dir_all(&dir);
    assert!(run.text.contains("There is no cc here that works: the tour is about /bin/ls."), "{}", run.text);
    assert!(run.text.contains("The tour has come to its end."), "{}", run.text);
    let commands = run.text.split("\n(rdbg) ").skip(1).map(|t| t.split_once('\n').unwrap_or((t, "")));
    let asked: Vec<(&str, &str)> = commands.collect();
    let wanted: usize = rdbg::command::tour_units(false).iter().map(|u| u.commands.len()).sum();
    assert_eq!(asked.len(), wanted, "{}", run.text);
    for (command, answer) in &asked {
        for wrong in
            ["No symbol \"", "Undefined", "not being run", "No slot", "There is no stop", "No GOT", "No PLT", "Nothing to"]
        {
            assert!(!answer.starts_with(wrong), "{command}: {answer}");
        }
    }
    // Of one that is bound at load there is less to see.
    let is_lazy = asked.iter().any(|(c, a)| *c == "got" && a.contains("lazy binding"));
    if is_lazy {
        let answer = |command: &str| asked.iter().filter(|(c, _)| *c == command).map(|(_, a)| *a).collect::<String>();
        assert!(run.text.contains("setlocale@plt called from main+"), "{}", run.text);
        assert!(answer("got ^setlocale|^textdomain").contains("bound -> libc.so.6!setlocale"), "{}", run.text);
        assert!(answer("got ^isatty").contains("redirected -> libc.so.6!sched_yield"), "{}", run.text);
    }
}
