//! What others say about the same file or process: readelf, objdump, ld.so's LD_DEBUG, gdb, strace.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use regex::Regex;

use super::build::Program;
use super::rdbg::{Run, Session};
use super::tools::{Gdb, output};

/// A row of `readelf -r`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Relocation {
    /// The place, as the file has it.
    pub offset: u64,
    /// `JUMP_SLOT`, without `R_X86_64_`.
    pub kind: String,
    /// `puts@GLIBC_2.2.5`; empty for one without a symbol.
    pub symbol: String,
}

/// The relocations that readelf shows; through the dynamic section where there are no section headers.
pub fn relocations(file: &Path, no_sections: bool) -> Vec<Relocation> {
    static ROW: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)^([0-9a-f]{12,16})  [0-9a-f]{12,16} R_X86_64_(\w+)(?: +[0-9a-f]{16} (\S+) \+ [0-9a-f]+)?").unwrap()
    });
    let mut command = Command::new("readelf");
    command.arg("-rW").args(no_sections.then_some("-D")).arg(file);
    let (text, _) = output(&mut command);
    let rows: Vec<Relocation> = ROW
        .captures_iter(&text)
        .map(|row| Relocation {
            offset: u64::from_str_radix(&row[1], 16).unwrap(),
            kind: row[2].to_owned(),
            symbol: row.get(3).map(|s| s.as_str().replace("@@", "@")).unwrap_or_default(),
        })
        .collect();
    assert!(
        !rows.is_empty() || text.contains("'.relr.dyn'") || text.contains("no relocations"),
        "readelf shows no relocations of {}:\n{text}",
        file.display()
    );
    rows
}

/// The addresses of DT_RELR's relocations, which readelf shows one a line.
pub fn relr(file: &Path) -> Vec<u64> {
    let (text, _) = output(Command::new("readelf").arg("-rW").arg(file));
    let rows = text.split("'.relr.dyn'").nth(1).unwrap_or_default();
    rows.lines().filter(|l| l.len() == 16).filter_map(|l| u64::from_str_radix(l, 16).ok()).collect()
}

/// The names of the sections in each PT_LOAD, by readelf's "Section to Segment mapping".
pub fn sections_of_loads(file: &Path) -> Vec<Vec<String>> {
    let (text, _) = output(Command::new("readelf").arg("-lW").arg(file));
    let kinds = text.lines().skip_while(|l| !l.contains("Program Headers:")).skip(2).take_while(|l| !l.is_empty());
    let kinds: Vec<&str> = kinds.filter(|l| !l.contains("Requesting")).filter_map(|l| l.split_whitespace().next()).collect();
    let rows = text.lines().skip_while(|l| !l.contains("Segment Sections...")).skip(1);
    let of = rows.map(|l| l.split_whitespace().skip(1).map(str::to_owned).collect::<Vec<_>>());
    kinds.into_iter().zip(of).filter(|(kind, _)| *kind == "LOAD").map(|(_, sections)| sections).collect()
}

/// The stubs that objdump names in the PLT sections: address and symbol.
pub fn stubs(file: &Path) -> BTreeSet<(u64, String)> {
    static LABEL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?m)^([0-9a-f]{16}) <([\w.]+)@plt>:$").unwrap());
    let (text, _) = output(Command::new("objdump").args(["-d", "-j", ".plt", "-j", ".plt.sec", "-j", ".plt.got"]).arg(file));
    LABEL.captures_iter(&text).map(|row| (u64::from_str_radix(&row[1], 16).unwrap(), row[2].to_owned())).collect()
}

/// A lazy bind that ld.so reported: the module whose slot it was, by its file name, and the symbol.
pub type Bind = (String, String);

/// The lazy binds of a run, in order, as LD_DEBUG names them. Bindings made while a module is relocated are not lazy; a
/// look-up of dlsym or of the vdso is none of a slot: the module has no JUMP_SLOT of that name, or had it bound before.
pub fn lazy_binds(program: &Program, args: &[&str]) -> Vec<Bind> {
    static BINDING: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"binding file (\S+) \[0\] to \S+ \[0\]: normal symbol `([^']+)'").unwrap());
    let mut command = Command::new(&program.path);
    command.args(args).env("LD_DEBUG", "bindings,reloc,files").env_remove("LD_BIND_NOW").current_dir(&program.dir);
    let (_, log) = output(&mut command);
    assert!(log.contains("binding file"), "LD_DEBUG says nothing for {}", program.path.display());
    let mut slots: HashMap<PathBuf, HashSet<String>> = HashMap::new();
    let (mut relocating, mut binds) = (true, Vec::new());
    for line in log.lines() {
        if line.contains("relocation processing:") {
            relocating = true;
        } else if ["calling init:", "initialize program:", "transferring control:"].iter().any(|mark| line.contains(mark)) {
            relocating = false;
        }
        // Threads that bind at once write into each other's lines, but each message in one piece.
        for found in BINDING.captures_iter(line).filter(|_| !relocating) {
            let file = if found[1].starts_with('/') { Path::new(&found[1]).to_owned() } else { program.dir.join(&found[1]) };
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let bind = (name, found[2].to_owned());
            if slots.entry(file).or_insert_with_key(|file| lazy_slots(file)).contains(&bind.1) {
                binds.push(bind);
            }
        }
    }
    binds
}

/// The names of the JUMP_SLOT relocations that readelf finds through a file's dynamic section; none where all are bound at load.
fn lazy_slots(file: &Path) -> HashSet<String> {
    let (tags, _) = output(Command::new("readelf").args(["-dW"]).arg(file));
    if tags.lines().any(|tag| tag.contains("BIND_NOW") || tag.contains("(FLAGS_1)") && tag.contains("NOW")) {
        return HashSet::new();
    }
    let (text, _) = output(Command::new("readelf").args(["-rWD"]).arg(file));
    let symbol = |line: &str| line.split_whitespace().nth(4).map(|name| name.split('@').next().unwrap_or_default().to_owned());
    text.lines().filter(|line| line.contains("JUMP_SLO")).filter_map(symbol).collect()
}

/// Feeds gdb the same commands, in the same environment, with nothing of its own in the program's: no LINES, no shell.
pub fn gdb(gdb: &Gdb, program: &Program, args: &[&str], commands: &str) -> Run {
    let quiet = "set confirm off\nset pagination off\nset width 0\nset startup-with-shell off\nset debuginfod enabled off\n";
    // LINES and COLUMNS are gdb's own; the others come from the shell, where "gdb" is a script around it.
    let added = ["LINES", "COLUMNS", "LD_PRELOAD", "PWD", "OLDPWD", "SHLVL", "_"];
    let bare: String = added.iter().map(|name| format!("unset environment {name}\n")).collect();
    // libc's debug files, where they are installed, give gdb names that rdbg is not asked for.
    let session = Session::of(&gdb.path).option("-iex").option("set debug-file-directory /nonexistent");
    let session = session.program(&program.path, args).cwd(&program.dir);
    session.feed(&format!("{quiet}{bare}{commands}\n"))
}

/// Feeds rdbg the commands.
pub fn rdbg(program: &Program, args: &[&str], commands: &str) -> Run {
    let quiet = "set confirm off\nset pagination off\nset width 0\n";
    Session::rdbg().program(&program.path, args).cwd(&program.dir).feed(&format!("{quiet}{commands}\n"))
}

/// The number of system calls that rdbg's first thread makes, counted by strace, but for those that wait: how often it looks
/// for a stop depends on how fast the program runs.
pub fn system_calls(program: &Program, args: &[&str], commands: &[&str]) -> u64 {
    let counts = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("strace-{}-{}", std::process::id(), args.join("-")));
    let session =
        commands.iter().fold(Session::rdbg().program(&program.path, args).cwd(&program.dir).option("-batch"), |s, line| {
            s.option("-ex").option(*line)
        });
    let inner = session.command();
    let mut command = Command::new("strace");
    command.args(["-c", "-U", "calls,name", "-o"]).arg(&counts).arg(inner.get_program()).args(inner.get_args());
    let (text, errors) = output(&mut command);
    let table = std::fs::read_to_string(&counts).unwrap_or_else(|e| panic!("strace wrote no table: {e}\n{text}{errors}"));
    let _ = std::fs::remove_file(&counts);
    let row = |line: &str| line.split_once(|c: char| !c.is_ascii_digit()).and_then(|(n, _)| n.parse::<u64>().ok());
    let count = |name: &str| table.lines().map(str::trim).find(|line| line.ends_with(name)).map(row);
    let total = count("total").flatten().unwrap_or_else(|| panic!("no total in strace's table:\n{table}"));
    total - ["wait4", "sched_yield"].into_iter().filter_map(|name| count(name).flatten()).sum::<u64>()
}

/// The first hexadecimal number of a row.
pub fn first_address(row: &str) -> Option<u64> {
    static HEX: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b0x([0-9a-f]+)\b").unwrap());
    HEX.captures(row).and_then(|found| u64::from_str_radix(&found[1], 16).ok())
}

/// The lines that a debugger printed between two `echo` marks, prompts removed.
pub fn between<'a>(text: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    let bare = |line: &'a str| {
        let mut line = line;
        while let Some(rest) = line.strip_prefix("(rdbg) ").or_else(|| line.strip_prefix("(gdb) ")) {
            line = rest;
        }
        line
    };
    let lines = text.lines().map(bare).skip_while(|line| *line != start).skip(1);
    lines.take_while(|line| *line != end).collect()
}

/// Runs the same commands in both, and compares what stands between marks line by line after `keep`.
pub fn same_as_gdb(test: &str, program: &Program, args: &[&str], setup: &str, commands: &[&str], keep: impl Fn(&str) -> String) {
    let Some(gdb) = super::tools::gdb() else { return super::tools::skip(test, "this machine has no gdb") };
    let marked: String = commands.iter().enumerate().map(|(i, c)| format!("echo S{i}\\n\n{c}\necho E{i}\\n\n")).collect();
    let script = format!("{setup}\n{marked}kill\n");
    let ours = rdbg(program, args, &script);
    let theirs = self::gdb(gdb, program, args, &script);
    let mut wrong = String::new();
    for (i, command) in commands.iter().enumerate() {
        let pick =
            |text: &str| between(text, &format!("S{i}"), &format!("E{i}")).iter().map(|l| keep(l) + "\n").collect::<String>();
        let (ours, theirs) = (pick(&ours.text), pick(&theirs.text));
        assert!(!theirs.is_empty(), "gdb says nothing to {command}: the test compares nothing");
        if ours != theirs {
            let difference = similar::TextDiff::from_lines(&theirs, &ours);
            wrong.push_str(&format!("{command}\n{}", difference.unified_diff().context_radius(1).header("gdb", "rdbg")));
        }
    }
    assert!(wrong.is_empty(), "{}: {wrong}\nrdbg's whole output:\n{}", program.path.display(), ours.text);
}

/// A line as it is, but for GOT slots, which gdb has no name for.
pub fn whole(line: &str) -> String {
    static SLOT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r" <\w+@got>$").unwrap());
    let line = line.trim_end();
    // The prompt stands behind an output without a newline.
    let line = line.strip_suffix("(gdb)").or(line.strip_suffix("(rdbg)")).unwrap_or(line);
    SLOT.replace(line, "").into_owned()
}
