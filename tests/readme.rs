//! The README's tour is what rdbg says today. `BLESS=1 cargo test --test readme` writes it anew.

mod common;

use std::fs;
use std::sync::Mutex;

use common::build;
use common::normalise::normalise;
use common::rdbg::Session;

/// Both tests rewrite the same file.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The tour's blocks of one kind: their places in the text, and their commands.
fn blocks(text: &str, fence: &str) -> Vec<(std::ops::Range<usize>, Vec<String>)> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(fence).map(|i| at + i + fence.len()) {
        let end = start + text[start..].find("```").expect("a block ends");
        let commands = text[start..end].lines().filter_map(|l| l.strip_prefix("(rdbg) ")).map(str::to_owned).collect();
        out.push((start..end, commands));
        at = end + 3;
    }
    out
}

/// What each command of a session wrote, by the prompts between them.
fn answers(output: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut text = output;
    while let Some(i) = text.find("(rdbg) ") {
        out.push(text[..i].to_owned());
        text = &text[i + "(rdbg) ".len()..];
    }
    out.push(text.to_owned());
    out
}

/// The road from `_start` to a redirected `puts`.
#[test]
fn the_tour_is_what_rdbg_says() {
    compare("the_tour_is_what_rdbg_says", "```rdbg\n", "c/hello.c", "lazy");
}

/// A program with debug information.
#[test]
fn the_tour_of_sources_is_what_rdbg_says() {
    compare("the_tour_of_sources_is_what_rdbg_says", "```source\n", "c/vars.c", "plain");
}

fn compare(test: &str, fence: &str, source: &str, recipe: &str) {
    let _alone = ONE_AT_A_TIME.lock();
    let path = common::root().join("README.md");
    let text = fs::read_to_string(&path).unwrap();
    let blocks = blocks(&text, fence);
    let commands: Vec<&String> = blocks.iter().flat_map(|b| &b.1).collect();
    assert!(commands.len() > 5, "the README has lost its tour");
    let program = match build::build(source, recipe) {
        Ok(program) => program,
        Err(why) => return common::tools::skip(test, why),
    };
    let input: String = commands.iter().map(|c| format!("{c}\n")).collect();
    let run = Session::rdbg().program::<&str>(&program.path, []).feed(&input);
    let answers = answers(&run.text);
    assert_eq!(answers.len(), commands.len() + 2, "{}", run.text);
    let directory = program.path.parent().unwrap();
    let mut fresh = text.clone();
    let mut left = answers.into_iter().skip(1);
    let written: Vec<String> = blocks
        .iter()
        .map(|(_, commands)| commands.iter().map(|c| format!("(rdbg) {c}\n{}", left.next().unwrap())).collect())
        .collect();
    for ((range, _), new) in blocks.iter().zip(&written).rev() {
        fresh.replace_range(range.clone(), &new.replace(&*directory.to_string_lossy(), "/tmp"));
    }
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, fresh).unwrap();
        return;
    }
    // What another compiler or libc would change: addresses, offsets, versions of symbols.
    let blur = |text: &str| {
        let number = regex::Regex::new(r"0x[0-9a-f]+|\+\d+|GLIBC_[\d.]+|\bprocess (\d+|<pid>)").unwrap();
        let slots = regex::Regex::new(r"(?m)^\[ ?-?\d+\].*(_ITM|__gmon|__cxa|__libc_start).*\n|.*\d words, \d slots\n").unwrap();
        let text = normalise(text, "/tmp".as_ref());
        slots.replace_all(&number.replace_all(&text, "#"), "").into_owned()
    };
    assert_eq!(blur(&fresh), blur(&text), "the README's tour is stale: BLESS=1 cargo test --test readme");
}
