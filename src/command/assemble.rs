//! Instructions as text to bytes, by the system's assembler and linker.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::base::{Error, Result, VirtAddr};
use crate::engine::Session;
use crate::expr::Host;
use crate::symbols::Module;

/// How far a direct jump or call reaches (Intel SDM, `rel32`).
const REACH: u64 = 1 << 31;

/// The bytes of `source` (AT&T syntax, instructions separated by `;`) as they must be at `at`. Names of the program's symbols
/// mean their run-time addresses, `NAME@plt` a PLT stub, `NAME@got` (`@got.plt`, `@GOTPCREL`) a GOT slot.
pub fn assemble(session: &Session, at: VirtAddr, source: &str) -> Result<Vec<u8>> {
    let work = Scratch::new()?;
    let (source, mut symbols) = tables(session, at, source)?;
    symbols.extend(named(session, at, &source));
    let object = work.file("o");
    let mut text = format!(".text\n{source}\n");
    for symbol in &symbols {
        text.push_str(&format!(".set {}, {}\n", symbol.label, symbol.addr));
    }
    run("as", Process::new("as").arg("--64").arg("-o").arg(&object).arg("-"), &text)?;
    let linked = work.file("bin");
    let place = format!("-Ttext={at}");
    let link = run("ld", Process::new("ld").args(["--oformat=binary", "-e0", "-N", &place, "-o"]).arg(&linked).arg(&object), "");
    link.map_err(|e| explained(session, at, &symbols, e))?;
    std::fs::read(&linked).map_err(|e| Error::io(linked.display().to_string(), &e))
}

/// A name of the source that means an address of the process.
struct Known {
    /// What the assembler is to call it.
    label: String,
    /// What the user calls it.
    name: String,
    addr: VirtAddr,
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The module of an address first, then all others.
fn nearest_first(session: &Session, at: VirtAddr) -> impl Iterator<Item = &Arc<Module>> {
    let modules = &session.inferior.modules;
    modules.at(at).into_iter().chain(modules.iter())
}

/// The source with labels of its own for the stubs and slots that it names: to the assembler `puts@plt` is an order to the
/// linker to make a stub, of which nothing is left when the symbol has an address.
fn tables(session: &Session, at: VirtAddr, source: &str) -> Result<(String, Vec<Known>)> {
    let (mut out, mut known) = (String::new(), Vec::<Known>::new());
    let mut rest = source;
    while let Some(sign) = rest.find('@') {
        let (before, after) = (rest.get(..sign).unwrap_or_default(), rest.get(sign + 1..).unwrap_or_default());
        let symbol = before.rsplit(|c: char| !is_word(c) && c != '.').next().unwrap_or_default();
        let suffix = after.find(|c: char| !is_word(c) && c != '.').map_or(after, |end| after.get(..end).unwrap_or_default());
        let is_stub = suffix.eq_ignore_ascii_case("plt");
        let is_slot = ["got", "got.plt", "gotpcrel"].iter().any(|s| suffix.eq_ignore_ascii_case(s));
        rest = after.get(suffix.len()..).unwrap_or_default();
        if symbol.is_empty() || !(is_stub || is_slot) {
            out.push_str(before);
            out.push('@');
            out.push_str(suffix);
            continue;
        }
        let addr = nearest_first(session, at).find_map(|m| {
            let stub = || m.plt().stub_named(symbol).map(|s| s.addr);
            let slot = || m.got()?.slot_named(symbol).map(|s| s.addr);
            (if is_stub { stub() } else { slot() }).map(|a| m.virt(a))
        });
        let what = if is_stub { "PLT stub" } else { "GOT slot" };
        let addr = addr.ok_or_else(|| Error::user(format!("No module has a {what} for \"{symbol}\".")))?;
        let label = format!(".Lrdbg{}", known.len());
        out.push_str(before.get(..before.len() - symbol.len()).unwrap_or_default());
        out.push_str(&label);
        known.push(Known { label, name: format!("{symbol}@{suffix}"), addr });
    }
    out.push_str(rest);
    Ok((out, known))
}

/// The words of the source that name functions or variables of the process.
fn named(session: &Session, at: VirtAddr, source: &str) -> Vec<Known> {
    let mut found: Vec<Known> = Vec::new();
    let mut before = ' ';
    for word in source.split_inclusive(|c: char| !is_word(c)) {
        let name = word.trim_end_matches(|c: char| !is_word(c));
        let label = word.len() > name.len() && word.ends_with(':');
        let is_name =
            !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && !matches!(before, '%' | '.') && !label;
        if is_name && !found.iter().any(|f| f.name == name) {
            let addr = nearest_first(session, at).find_map(|m| m.address_of(name));
            found.extend(addr.map(|addr| Known { label: name.to_owned(), name: name.to_owned(), addr }));
        }
        before = word.chars().last().filter(|c| !is_word(*c)).unwrap_or(' ');
    }
    // A mnemonic that is also the name of a function (`call`, `in`) must stay a mnemonic: `.set` does not hide it.
    found
}

/// The linker's complaint in the user's terms.
fn explained(session: &Session, at: VirtAddr, symbols: &[Known], error: Error) -> Error {
    let said = error.to_string();
    if let Some((_, name)) = said.split_once("undefined reference to `") {
        return session.no_symbol(name.trim_end_matches('\''));
    }
    if !said.contains("relocation truncated") {
        return error;
    }
    let far = symbols.iter().find(|s| s.addr.0.abs_diff(at.0) >= REACH);
    let (name, hint) = match far {
        Some(s) => {
            let stub = nearest_first(session, at).any(|m| {
                let addr = m.plt().stub_named(&s.name).map(|stub| m.virt(stub.addr));
                addr.is_some_and(|a| a.0.abs_diff(at.0) < REACH)
            });
            let near = if stub { format!("{}@plt is near enough", s.name) } else { "load its address first".to_owned() };
            (format!("{} ({})", s.name, s.addr), near)
        }
        None => ("The operand".to_owned(), "load the address first".to_owned()),
    };
    let example = far.map_or("ADDRESS", |s| s.name.as_str());
    Error::user(format!(
        "{name} is out of reach from {at}: 32 bits of distance are what an instruction has.\n\
         ({hint}; or: movabs ${example},%rax; call *%rax)"
    ))
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
