//! Builds test programs on demand.
//!
//! A source says in header lines how it is built:
//! ```text
//! // build: NAME = COMPILER FLAGS... [| STEP ...]     one line a build; {dir} is the directory of the result
//! // library: FILE = SOURCE COMPILER FLAGS...          a shared library put beside every build of this program
//! ```
//! A compiler is `cc`, `c++`, `clang`, `clang++`, `rustc` or `musl-gcc`. A step after `|` is `strip`, `no-section-headers`,
//! `debug-link` (strips it; the debug file is beside it, in `.debug`), `debug-id` (the same, found by its build-id below `root`) or
//! `mini-debug` (strips it; the symbols are in .gnu_debugdata). The program's file is named as its source without the suffix, in every build. Results lie in
//! `target/test-programs/<program>-<build>-<hash>/`; the hash covers the sources, the lines, and the compilers' versions,
//! and a directory appears there complete or not at all, so that test processes may build side by side.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex};

use super::tools;

/// Raised when the meaning of a header line changes.
const FORMAT: u32 = 1;

/// A program that was built.
#[derive(Clone, Debug)]
pub struct Program {
    /// The executable.
    pub path: PathBuf,
    /// The directory that holds it and its libraries.
    pub dir: PathBuf,
    /// Its source file.
    pub source: PathBuf,
}

/// Why there is no program.
#[derive(Clone, Debug)]
pub enum NoProgram {
    /// This machine lacks a tool: a reason to skip aloud.
    Missing(String),
    /// The header or the source is wrong: a reason to fail.
    Broken(String),
}

impl std::fmt::Display for NoProgram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NoProgram::Missing(what) => write!(f, "this machine has no {what}"),
            NoProgram::Broken(what) => f.write_str(what),
        }
    }
}

/// A `// build:` line.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// The build's name.
    pub name: String,
    compiler: String,
    flags: Vec<String>,
    steps: Vec<String>,
}

/// A `// library:` line.
#[derive(Clone, Debug)]
struct Library {
    file: String,
    source: String,
    compiler: String,
    flags: Vec<String>,
}

/// The recipes of a source, in its own order, none for a library's; `source` is relative to `test-programs/`.
pub fn recipes(source: &str) -> Result<Vec<Recipe>, NoProgram> {
    Ok(header(source)?.0)
}

fn header(source: &str) -> Result<(Vec<Recipe>, Vec<Library>), NoProgram> {
    let path = super::programs().join(source);
    let text = std::fs::read_to_string(&path).map_err(|e| NoProgram::Broken(format!("{}: {e}", path.display())))?;
    let (mut recipes, mut libraries) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let broken = || NoProgram::Broken(format!("{source}: not a header line: {line}"));
        if let Some(rest) = line.strip_prefix("// build:") {
            let (name, how) = rest.split_once('=').ok_or_else(broken)?;
            let mut parts = how.split('|').map(str::trim);
            let mut words = parts.next().unwrap_or_default().split_whitespace().map(String::from);
            let compiler = words.next().ok_or_else(broken)?;
            let steps = parts.map(String::from).collect();
            recipes.push(Recipe { name: name.trim().to_owned(), compiler, flags: words.collect(), steps });
        } else if let Some(rest) = line.strip_prefix("// library:") {
            let (file, how) = rest.split_once('=').ok_or_else(broken)?;
            let mut words = how.split_whitespace().map(String::from);
            let source = words.next().ok_or_else(broken)?;
            let compiler = words.next().ok_or_else(broken)?;
            libraries.push(Library { file: file.trim().to_owned(), source, compiler, flags: words.collect() });
        }
    }
    Ok((recipes, libraries))
}

/// Says which tool a build needs that this machine lacks, without building anything.
pub fn missing_for(source: &str, build: &str) -> Result<Option<String>, NoProgram> {
    let (recipes, libraries) = header(source)?;
    let recipe = find(&recipes, source, build)?;
    let mut needs: Vec<String> = libraries.iter().map(|l| l.compiler.clone()).collect();
    needs.push(recipe.compiler.clone());
    if recipe.flags.iter().any(|f| f.contains("fuse-ld=lld")) {
        needs.push("ld.lld".to_owned());
    }
    needs.extend(recipe.steps.iter().filter(|s| *s == "strip").cloned());
    needs.extend(recipe.steps.iter().filter(|s| s.contains("debug")).map(|_| "objcopy".to_owned()));
    needs.extend(recipe.steps.iter().filter(|s| *s == "mini-debug").map(|_| "xz".to_owned()));
    let absent = needs.into_iter().find(|tool| tools::find(tool).is_none());
    let wants_static = recipe.flags.iter().any(|f| f == "-static" || f == "-static-pie");
    if absent.is_none()
        && wants_static
        && recipe.compiler == "cc"
        && !recipe.flags.iter().any(|f| f == "-nostdlib")
        && !has_static_libc()
    {
        return Ok(Some("static libc (libc.a)".to_owned()));
    }
    if absent.is_none() && recipe.flags.iter().any(|f| f == "-stdlib=libc++") && !has_libcxx(&recipe.compiler) {
        return Ok(Some("libc++".to_owned()));
    }
    Ok(absent)
}

fn has_libcxx(compiler: &str) -> bool {
    let asked = Command::new(compiler).args(["-stdlib=libc++", "-print-file-name=libc++.so"]).output();
    asked.is_ok_and(|o| Path::new(String::from_utf8_lossy(&o.stdout).trim()).is_absolute())
}

fn has_static_libc() -> bool {
    let asked = Command::new("cc").arg("-print-file-name=libc.a").output();
    asked.is_ok_and(|o| Path::new(String::from_utf8_lossy(&o.stdout).trim()).is_absolute())
}

fn find(recipes: &[Recipe], source: &str, build: &str) -> Result<Recipe, NoProgram> {
    recipes.iter().find(|r| r.name == build).cloned().ok_or_else(|| {
        let names: Vec<_> = recipes.iter().map(|r| r.name.as_str()).collect();
        NoProgram::Broken(format!("{source} has no build {build:?}, only {}", names.join(", ")))
    })
}

/// Builds `source` (relative to `test-programs/`) as its line `build` says, or finds it built.
pub fn build(source: &str, build: &str) -> Result<Program, NoProgram> {
    // One builder at a time in this process; the rename below decides between processes.
    type Outcomes = HashMap<(String, String), Result<Program, NoProgram>>;
    static BUILT: LazyLock<Mutex<Outcomes>> = LazyLock::new(Mutex::default);
    let mut built = BUILT.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    built.entry((source.to_owned(), build.to_owned())).or_insert_with(|| build_once(source, build)).clone()
}

/// The same, or `None` after having said aloud what this machine lacks for it. Fails where the program itself is wrong.
pub fn or_skip(test: &str, source: &str, name: &str) -> Option<Program> {
    match build(source, name) {
        Ok(program) => Some(program),
        Err(why @ NoProgram::Missing(_)) => {
            tools::skip(&format!("{test} ({source} {name})"), why);
            None
        }
        Err(why) => panic!("{why}"),
    }
}

fn build_once(source: &str, build: &str) -> Result<Program, NoProgram> {
    if let Some(tool) = missing_for(source, build)? {
        return Err(NoProgram::Missing(tool));
    }
    let (recipes, libraries) = header(source)?;
    let recipe = find(&recipes, source, build)?;
    let source_path = super::programs().join(source);
    let stem = source_path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let store = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap_or(Path::new("target")).join("test-programs");
    let dir = store.join(format!("{stem}-{build}-{:016x}", fingerprint(&source_path, &recipe, &libraries)));
    let program = Program { path: dir.join(&stem), dir: dir.clone(), source: source_path.clone() };
    if program.path.exists() {
        return Ok(program);
    }
    static SERIAL: AtomicU32 = AtomicU32::new(0);
    let temporary = store.join(format!(".{stem}-{build}-{}-{}", std::process::id(), SERIAL.fetch_add(1, Ordering::Relaxed)));
    std::fs::create_dir_all(&temporary).map_err(|e| NoProgram::Broken(format!("{}: {e}", temporary.display())))?;
    let outcome = make(&source_path, &stem, &recipe, &libraries, &temporary);
    if outcome.is_ok() && std::fs::rename(&temporary, &dir).is_ok() {
        return Ok(program);
    }
    let _ = std::fs::remove_dir_all(&temporary);
    outcome?;
    if program.path.exists() {
        Ok(program)
    } else {
        Err(NoProgram::Broken(format!("cannot move the build to {}", dir.display())))
    }
}

fn make(source: &Path, stem: &str, recipe: &Recipe, libraries: &[Library], dir: &Path) -> Result<(), NoProgram> {
    let sources = source.parent().unwrap_or(Path::new("."));
    for library in libraries {
        compile(&library.compiler, &library.flags, sources, &library.source, &dir.join(&library.file), dir)?;
    }
    let name = source.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let result = dir.join(stem);
    compile(&recipe.compiler, &recipe.flags, sources, &name, &result, dir)?;
    for step in &recipe.steps {
        match step.as_str() {
            "strip" => run(Command::new("strip").arg(&result))?,
            "debug-link" | "debug-id" | "mini-debug" => split_debug(&result, step)?,
            "no-section-headers" => {
                let bytes = std::fs::read(&result).map_err(|e| NoProgram::Broken(e.to_string()))?;
                std::fs::write(&result, without_section_headers(bytes)).map_err(|e| NoProgram::Broken(e.to_string()))?;
            }
            other => return Err(NoProgram::Broken(format!("unknown step {other:?}"))),
        }
    }
    Ok(())
}

/// Moves a program's symbols into a debug file, as distributions do.
fn split_debug(program: &Path, how: &str) -> Result<(), NoProgram> {
    let dir = program.parent().unwrap_or(Path::new("."));
    let failed = |e: std::io::Error| NoProgram::Broken(format!("{how}: {e}"));
    let name = format!("{}.debug", program.file_name().unwrap_or_default().to_string_lossy());
    let place = match how {
        "debug-link" => dir.join(".debug").join(name),
        // -Wl,--build-id=0xabcdef
        "debug-id" => dir.join("root/.build-id/ab/cdef.debug"),
        _ => dir.join(name),
    };
    std::fs::create_dir_all(place.parent().unwrap_or(dir)).map_err(failed)?;
    run(Command::new("objcopy").arg("--only-keep-debug").arg(program).arg(&place))?;
    let option = match how {
        "debug-link" => format!("--add-gnu-debuglink={}", place.display()),
        "debug-id" => String::from("--strip-all"),
        _ => {
            run(Command::new("xz").arg(&place))?;
            format!("--add-section=.gnu_debugdata={}.xz", place.display())
        }
    };
    run(Command::new("objcopy").arg("--strip-all").arg(option).arg(program))
}

/// Compiles in the directory of the source, naming the source by its file name: that is what debug information records.
fn compile(compiler: &str, flags: &[String], cwd: &Path, source: &str, to: &Path, dir: &Path) -> Result<(), NoProgram> {
    let dir = dir.to_string_lossy();
    let (before, after): (Vec<String>, Vec<String>) =
        flags.iter().map(|f| f.replace("{dir}", &dir)).partition(|f| !f.starts_with("-l"));
    // Libraries come after the source that needs them, or a linker that reads once from left to right drops them.
    run(Command::new(compiler).current_dir(cwd).args(before).arg("-o").arg(to).arg(source).args(after))
}

fn run(command: &mut Command) -> Result<(), NoProgram> {
    let done = command.output().map_err(|e| NoProgram::Broken(format!("{command:?}: {e}")))?;
    if done.status.success() {
        return Ok(());
    }
    Err(NoProgram::Broken(format!("{command:?}: {}\n{}", done.status, String::from_utf8_lossy(&done.stderr))))
}

fn fingerprint(source: &Path, recipe: &Recipe, libraries: &[Library]) -> u64 {
    let mut hash = DefaultHasher::new();
    FORMAT.hash(&mut hash);
    source.hash(&mut hash);
    std::fs::read(source).unwrap_or_default().hash(&mut hash);
    format!("{recipe:?}").hash(&mut hash);
    version(&recipe.compiler).hash(&mut hash);
    for library in libraries {
        format!("{library:?}").hash(&mut hash);
        version(&library.compiler).hash(&mut hash);
        std::fs::read(source.with_file_name(&library.source)).unwrap_or_default().hash(&mut hash);
    }
    hash.finish()
}

/// What `COMPILER --version` prints, asked once a process.
fn version(compiler: &str) -> String {
    static VERSIONS: LazyLock<Mutex<HashMap<String, String>>> = LazyLock::new(Mutex::default);
    let mut versions = VERSIONS.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let ask = || {
        Command::new(compiler)
            .arg("--version")
            .output()
            .map(|o| String::from_utf8_lossy(&o.stdout).into_owned())
            .unwrap_or_default()
    };
    versions.entry(compiler.to_owned()).or_insert_with(ask).clone()
}

/// The ELF64 file without its section header table: e_shoff, e_shnum and e_shstrndx zero (gABI ch. 4), the table cut off
/// where it ends the file.
pub fn without_section_headers(mut file: Vec<u8>) -> Vec<u8> {
    let offset = u64::from_le_bytes(file[0x28..0x30].try_into().unwrap()) as usize;
    let (size, count) = (u16::from_le_bytes([file[0x3a], file[0x3b]]), u16::from_le_bytes([file[0x3c], file[0x3d]]));
    file[0x28..0x30].fill(0);
    file[0x3c..0x40].fill(0);
    if offset + usize::from(size) * usize::from(count) == file.len() {
        file.truncate(offset);
    }
    file
}
