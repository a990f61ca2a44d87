//! A recorded load, and the same load under other tools.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use regex::Regex;
use serde_json::Value;

use super::rdbg::{PATIENCE, Run, Session, run};
use super::{root, tools};

/// What is started, and how.
#[derive(Clone, Debug)]
pub struct Load {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Variables of its environment, beside those that all tests have.
    pub environment: Vec<(String, String)>,
}

impl Load {
    /// A program with arguments.
    pub fn of(program: impl Into<PathBuf>, args: &[&str]) -> Load {
        Load { program: program.into(), args: args.iter().map(|a| (*a).to_owned()).collect(), environment: Vec::new() }
    }

    /// With a variable.
    pub fn with(mut self, name: &str, value: &str) -> Load {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// rdbg's record of it.
    pub fn record(&self) -> Vec<Value> {
        let file = self.saved(&[]);
        let text = std::fs::read_to_string(&file).unwrap();
        let _ = std::fs::remove_file(&file);
        text.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}"))).collect()
    }

    /// rdbg's record of it in a file, made after these commands.
    pub fn saved(&self, before: &[&str]) -> PathBuf {
        let file = scratch("jsonl");
        let done = self.recorded(before, &["timeline start"], &[&format!("timeline save {}", file.display())]);
        assert!(file.exists(), "{}", done.text);
        file
    }

    /// A session that records it: what comes before, how the record is started, and what comes after the run.
    pub fn recorded(&self, before: &[&str], start: &[&str], after: &[&str]) -> Run {
        let environment: Vec<String> = self.environment.iter().map(|(k, v)| format!("set environment {k} {v}")).collect();
        let mut commands: Vec<&str> = environment.iter().map(String::as_str).collect();
        commands.extend(before.iter().chain(start).chain(&["run"]).chain(after));
        Session::rdbg().program(&self.program, &self.args).batch(&commands)
    }

    /// It as a command of another tool, in the environment that rdbg's program has.
    pub fn under(&self, tool: &Path, options: &[&str]) -> Command {
        // rdbg's own command line gives the environment.
        let like = Session::rdbg().command();
        let mut command = Command::new("setarch");
        command.env_clear();
        command.envs(like.get_envs().filter_map(|(k, v)| Some((k, v?))));
        command.arg("-R").arg(tool).args(options).arg(&self.program).args(&self.args);
        command
    }

    /// What strace says of it: the calls of each task, in order, each in one line; the tasks in the order of their birth.
    pub fn strace(&self) -> Option<Vec<(String, Vec<String>)>> {
        let strace = tools::find("strace").or_else(|| {
            tools::skip("the comparison with strace", "no strace on PATH");
            None
        })?;
        let file = scratch("strace");
        let path = file.display().to_string();
        let set: Vec<String> = self.environment.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let mut options = vec!["-f", "-o", &path];
        set.iter().for_each(|s| options.extend(["-E", s]));
        let done = run(self.under(&strace, &options), Vec::new(), PATIENCE);
        let text = std::fs::read(&file).unwrap_or_else(|e| panic!("{e}: {}", done.text));
        let _ = std::fs::remove_file(&file);
        Some(by_task(&String::from_utf8_lossy(&text)))
    }

    /// What ld.so says of it with LD_DEBUG=`what`, in a file: programs close their standard error before their destructors run.
    pub fn ld_debug(&self, what: &str) -> String {
        let file = scratch("ld-debug");
        let mut options: Vec<String> = self.environment.iter().map(|(k, v)| format!("{k}={v}")).collect();
        options.extend([format!("LD_DEBUG={what}"), format!("LD_DEBUG_OUTPUT={}", file.display())]);
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        run(self.under(Path::new("env"), &options), Vec::new(), PATIENCE);
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut logs: Vec<PathBuf> = std::fs::read_dir(file.parent().unwrap())
            .unwrap()
            .flatten()
            .filter(|e| e.file_name().to_string_lossy().starts_with(&name))
            .map(|e| e.path())
            .collect();
        logs.sort();
        let read = |log: &PathBuf| {
            let text = std::fs::read(log).unwrap_or_default();
            let _ = std::fs::remove_file(log);
            String::from_utf8_lossy(&text).into_owned()
        };
        logs.iter().map(read).collect()
    }
}

/// A path for a file of this test alone.
pub fn scratch(extension: &str) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let dir = root().join("target/test-scratch");
    std::fs::create_dir_all(&dir).unwrap();
    dir.join(format!("load-{}-{}.{extension}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)))
}

/// strace's lines by task, with calls that others interrupted put together again.
fn by_task(text: &str) -> Vec<(String, Vec<String>)> {
    let resumed = Regex::new(r"^<\.\.\. \w+ resumed>(.*)$").unwrap();
    let mut order: Vec<String> = Vec::new();
    let mut calls: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in text.lines() {
        let Some((task, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        if !calls.contains_key(task) {
            order.push(task.to_owned());
        }
        let own = calls.entry(task.to_owned()).or_default();
        if rest.starts_with("---") || rest.starts_with("+++") {
            continue;
        }
        if let Some(begun) = rest.strip_suffix("<unfinished ...>") {
            own.push(begun.to_owned());
        } else if let (Some(found), Some(last)) = (resumed.captures(rest), own.last_mut()) {
            let begun = last.trim_end();
            *last = format!("{begun}{}{}", if begun.ends_with(',') { " " } else { "" }, &found[1]);
        } else {
            own.push(rest.to_owned());
        }
    }
    in_order_of_birth(order.into_iter().map(|task| (task.clone(), calls.remove(&task).unwrap_or_default())).collect())
}

/// Tasks by their numbers, which the kernel gives out in order.
fn in_order_of_birth(mut tasks: Vec<(String, Vec<String>)>) -> Vec<(String, Vec<String>)> {
    tasks.sort_by_key(|t| t.0.parse::<u64>().unwrap_or(0));
    tasks
}

/// The system calls of a record by task.
pub fn calls(record: &[Value]) -> Vec<(String, Vec<String>)> {
    let mut tasks: Vec<(String, Vec<String>)> = Vec::new();
    for event in record.iter().filter(|e| e["kind"] == "syscall") {
        let task = event["tid"].to_string();
        let text = event["text"].as_str().unwrap_or_default().to_owned();
        match tasks.iter_mut().find(|t| t.0 == task) {
            Some((_, texts)) => texts.push(text),
            None => tasks.push((task, vec![text])),
        }
    }
    in_order_of_birth(tasks)
}

/// Calls without what differs between two runs of the same load: task numbers, random bytes, the state of the machine.
pub fn comparable(tasks: &[(String, Vec<String>)]) -> Vec<Vec<String>> {
    let before_result = Regex::new(r"\) += ").unwrap();
    let number = Regex::new(r"\b\d+\b").unwrap();
    // Elsewhere a number that happens to be a task's is none.
    let of_tasks =
        Regex::new(r"^(?:v?fork|clone3?|wait4|waitid|t?g?kill|get[pt]id|set_tid_address|[gs]etpgid|getsid|ioctl|futex)\(")
            .unwrap();
    let volatile = Regex::new(concat!(
        r#"getrandom\("[^"]*"|0x[0-9a-f]+ /\* \d+ vars|sysinfo\(\{[^}]*\}|si_[us]time=\d+|tv_u?n?sec=\d+|"#,
        r"get(?:ppid|pgrp)\(\) = \d+|f_(?:bfree|bavail|ffree)=\d+|(?:left|load\S*|rseq_cs)=\S+"
    ))
    .unwrap();
    let of = |text: &String| {
        let text = before_result.replace(text, ") = ");
        let text = volatile.replace_all(&text, "VOLATILE");
        if !of_tasks.is_match(&text) {
            return text.into_owned();
        }
        let named = |n: &regex::Captures| match tasks.iter().position(|t| t.0 == n[0]) {
            Some(task) => format!("TASK{task}"),
            None => n[0].to_owned(),
        };
        number.replace_all(&text, named).into_owned()
    };
    tasks.iter().map(|(_, texts)| texts.iter().map(of).collect()).collect()
}
