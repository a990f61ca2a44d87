//! Instructions as text to bytes, by the system's assembler and linker.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::base::{Error, Result, VirtAddr};
use crate::engine::Session;

/// The bytes of `source` (AT&T syntax, instructions separated by `;`) as they must be at `at`. Names of the program's symbols
/// mean their run-time addresses.
pub fn assemble(session: &Session, at: VirtAddr, source: &str) -> Result<Vec<u8>> {
    let work = Scratch::new()?;
    let symbols = symbols(session, source);
    let object = work.file("o");
    let mut text = format!(".text\n{source}\n");
    for (name, addr) in &symbols {
        text.push_str(&format!(".set {name}, {addr}\n"));
    }
    run("as", Process::new("as").arg("--64").arg("-o").arg(&object).arg("-"), &text)?;
    let linked = work.file("bin");
    let at = format!("-Ttext={at}");
    run("ld", Process::new("ld").args(["--oformat=binary", "-e0", "-N", &at, "-o"]).arg(&linked).arg(&object), "")?;
    std::fs::read(&linked).map_err(|e| Error::io(linked.display().to_string(), &e))
}

/// The words of the source that name functions or variables of the process.
fn symbols(session: &Session, source: &str) -> Vec<(String, VirtAddr)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut found: Vec<(String, VirtAddr)> = Vec::new();
    let mut before = ' ';
    for word in source.split_inclusive(|c: char| !is_word(c)) {
        let name = word.trim_end_matches(|c: char| !is_word(c));
        let label = word.len() > name.len() && word.ends_with(':');
        let is_name = !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && before != '%' && !label;
        if is_name && !found.iter().any(|f| f.0 == name) {
            let modules = &session.inferior.modules;
            found.extend(modules.iter().find_map(|m| m.address_of(name)).map(|a| (name.to_owned(), a)));
        }
        before = word.chars().last().filter(|c| !is_word(*c)).unwrap_or(' ');
    }
    // A mnemonic that is also the name of a function (`call`, `in`) must stay a mnemonic: `.set` does not hide it.
    found
}

fn run(tool: &str, command: &mut Process, input: &str) -> Result<()> {
    let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).env("LC_ALL", "C").spawn();
    let mut child = child.map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => {
            Error::user(format!("-asm needs the system's assembler, and there is no `{tool}' (binutils) here."))
        }
        _ => Error::io(tool, &e),
    })?;
    if let Some(mut stdin) = child.stdin.take() {
        // It may have ended already with an error of its own, which says more.
        let _ = stdin.write_all(input.as_bytes());
    }
    let done = child.wait_with_output().map_err(|e| Error::io(tool, &e))?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    let line = said.lines().find(|l| l.contains("rror") || l.contains("undefined") || l.contains("truncated"));
    let line = line.or_else(|| said.lines().last()).unwrap_or("failed");
    // `{standard input}:2: Error: no such instruction`, `ld: /tmp/code.o:(.text+0x1): relocation truncated`
    let text = line.rsplit_once("Error: ").or_else(|| line.rsplit_once("): ")).map_or(line, |(_, t)| t);
    Err(Error::user(format!("{tool}: {}", text.trim_start_matches(&format!("{tool}: ")))))
}

/// A directory that goes with the value.
struct Scratch {
    path: PathBuf,
}

impl Scratch {
    fn new() -> Result<Scratch> {
        static SERIAL: AtomicU32 = AtomicU32::new(0);
        let name = format!("rdbg-asm-{}-{}", std::process::id(), SERIAL.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).map_err(|e| Error::io(path.display().to_string(), &e))?;
        Ok(Scratch { path })
    }

    fn file(&self, suffix: &str) -> PathBuf {
        Path::new(&self.path).join(format!("code.{suffix}"))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
