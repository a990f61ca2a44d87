//! What the room reads, held against what readelf and addr2line say.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;
use crate::base::FileAddr;
use crate::elf::Image;

const SOURCE: &str = r#"
#include <stdio.h>
static inline __attribute__((always_inline)) int twice(int n)
{
    int doubled = n * 2;
    return doubled;
}
int fact(int n)
{
    if (n < 2)
        return 1;
    { int inner = n - 1; n *= fact(inner); }
    return n;
}
int main(int argc, char **argv)
{
    int sum = twice(argc);
    printf("%d %s\n", fact(sum), argv[0]);
    return 0;
}
"#;

/// Compiles the program; `None`, and aloud, where there is no compiler.
fn build(name: &str, flags: &[&str]) -> Option<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/dwarf-tests").join(name);
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("p.c"), SOURCE).unwrap();
    let status = Command::new("cc").current_dir(&dir).args(flags).args(["-o", "p", "p.c"]).status();
    match status {
        Ok(s) if s.success() => Some(dir.join("p")),
        other => {
            eprintln!("not tested: cc {flags:?}: {other:?}");
            None
        }
    }
}

/// `FUNCTION FILE:LINE` of each address by addr2line; `None`, and aloud, where it is missing.
fn addr2line(program: &Path, addresses: &[FileAddr]) -> Option<Vec<(String, String)>> {
    let mut command = Command::new("addr2line");
    command.arg("-f").arg("-e").arg(program).args(addresses.iter().map(|a| format!("{:#x}", a.0)));
    let Ok(out) = command.output() else {
        eprintln!("not tested: addr2line is missing");
        return None;
    };
    let text = String::from_utf8(out.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    Some(lines.chunks(2).map(|c| (c[0].to_owned(), c[1].split(" (").next().unwrap().to_owned())).collect())
}

#[test]
fn functions_and_lines_are_addr2lines() {
    for flags in
        [&["-g", "-O0"][..], &["-g", "-O2"], &["-g", "-gdwarf-4"], &["-gdwarf-2"], &["-g", "-gz"], &["-g", "-O1", "-no-pie"]]
    {
        let Some(program) = build(&flags.concat(), flags) else { return };
        let image = Image::open(&program).unwrap();
        let info = DebugInfo::open(&image, None).unwrap().expect("it was compiled with -g");
        let unit = info.units().next().unwrap();
        let table = info.lines(unit).unwrap();
        let addresses: Vec<FileAddr> = table.rows().iter().filter(|r| !r.end).map(|r| r.addr).collect();
        assert!(addresses.len() > 8, "{flags:?}: {table:?}");
        let Some(answers) = addr2line(&program, &addresses) else { return };
        for (addr, (function, place)) in addresses.iter().zip(answers) {
            let span = table.at(*addr).unwrap();
            let file = table.file(span.file).unwrap();
            let own = format!("{}:{}", file.path.display(), span.line);
            let named = info.function_at(*addr).unwrap();
            // Where several rows share an address, gdb and addr2line may choose different ones.
            let rows = table.rows().iter().filter(|r| r.addr == *addr).count();
            assert!(own == place || rows > 1, "{flags:?} {addr:?}: {own} against {place}");
            // addr2line names the innermost inlined function.
            let body = info.body(&named).unwrap();
            let inlined = body.around(*addr).iter().find_map(|b| match &body.blocks[*b].kind {
                BlockKind::Inlined { name, .. } => Some(name.clone()),
                _ => None,
            });
            assert_eq!(inlined.as_deref().unwrap_or(&named.name), function, "{flags:?} {addr:?}");
        }
    }
}

#[test]
fn a_functions_blocks_hold_its_variables() {
    let Some(program) = build("blocks", &["-g", "-O0"]) else { return };
    let image = Image::open(&program).unwrap();
    let info = DebugInfo::open(&image, None).unwrap().unwrap();
    let functions = info.functions(info.units().next().unwrap()).unwrap();
    let body = |name: &str| info.body(functions.iter().find(|f| &*f.name == name).unwrap()).unwrap();
    let names = |b: &Block| b.variables.iter().map(|v| (v.name.clone(), v.is_parameter)).collect::<Vec<_>>();
    let fact = body("fact");
    assert_eq!(names(&fact.blocks[0]), [("n".to_owned(), true)]);
    assert_eq!(names(&fact.blocks[1]), [("inner".to_owned(), false)]);
    let main = body("main");
    assert_eq!(names(&main.blocks[0]).len(), 3);
    let BlockKind::Inlined { name, call, .. } = &main.blocks[1].kind else { panic!("{main:?}") };
    assert_eq!((name.as_str(), call.unwrap().line), ("twice", 17));
}
