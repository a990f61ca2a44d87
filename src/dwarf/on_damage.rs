//! Damaged debug information: whatever the bytes, an answer or an error, never a panic and never a hang.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::*;
use crate::base::{LoadBias, Memory, Result, SliceMemory, VirtAddr};
use crate::elf::Image;

/// A frame in which everything has some value.
struct Frame(SliceMemory);

impl ExpressionHost for Frame {
    fn register(&self, dwarf: u16) -> Option<u64> {
        (dwarf < 17).then_some(0x1000 + u64::from(dwarf))
    }
    fn memory(&self) -> &dyn Memory {
        &self.0
    }
    fn load_bias(&self) -> LoadBias {
        LoadBias(0)
    }
    fn cfa(&self) -> Option<VirtAddr> {
        Some(VirtAddr(0x1100))
    }
    fn entry_value(&self, _: EntryOf) -> Result<Option<u64>> {
        Ok(Some(0x1080))
    }
}

/// A program of this source; `None`, and aloud, where there is no compiler.
fn program(source: &str, name: &str, flags: &[&str]) -> Option<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dir = root.join("target/dwarf-tests").join(name);
    std::fs::create_dir_all(&dir).unwrap();
    let source = root.join("test-programs/c").join(source);
    let done = Command::new("cc").current_dir(&dir).args(flags).args(["-o", "p"]).arg(source).status();
    match done {
        Ok(status) if status.success() => Some(std::fs::read(dir.join("p")).unwrap()),
        other => {
            eprintln!("not tested: cc {flags:?}: {other:?}");
            None
        }
    }
}

/// Asks for everything about variables; how many answers there were.
fn ask_everything(image: &Arc<Image>) -> usize {
    let Ok(Some(debug)) = DebugInfo::open(image, None) else { return 0 };
    let host = Frame(SliceMemory { start: VirtAddr(0x1000), bytes: vec![7; 0x400] });
    let mut answers = 0;
    for unit in debug.units() {
        if let Ok(globals) = debug.globals(unit) {
            for global in globals.variables() {
                answers += usize::from(debug.location(global.die, Site::default(), &host).is_ok());
                let _ =
                    (debug.whereabouts(global.die, None, LoadBias(0)), debug.has_location(global.die), debug.name(global.die));
            }
        }
        let Ok(functions) = debug.functions(unit) else { continue };
        for function in functions.iter() {
            for call in debug.call_sites(function).ok().iter().flat_map(|calls| calls.iter()) {
                let site = Site { pc: Some(call.returns_to), function: Some(function.die) };
                let _ = debug.call_target(call, site, &host);
                answers += usize::from(debug.passed(call, EntryOf::Register(5), site, &host).is_ok());
            }
            let Ok(body) = debug.body(function) else { continue };
            for variable in body.blocks.iter().flat_map(|b| &b.variables).take(200) {
                for step in [0, 1, 5, 20, 60] {
                    let site = Site { pc: Some(function.entry + step), function: Some(function.die) };
                    answers += usize::from(debug.location(variable.die, site, &host).is_ok());
                }
                let _ = debug.whereabouts(variable.die, Some(function.die), LoadBias(0));
            }
        }
    }
    answers
}

#[test]
fn variables_of_damaged_debug_information() {
    for (name, flags) in [("damage-5", ["-g", "-O2"]), ("damage-4", ["-gdwarf-4", "-O2"])] {
        let Some(whole) = program("places.c", name, &flags) else { continue };
        let debug = |s: &&crate::elf::Section| s.name.starts_with(".debug_") && s.name != ".debug_line" && s.size > 0;
        damage(name, whole, debug, ask_everything);
    }
}

#[test]
fn macros_of_damaged_debug_information() {
    let builds = [
        ("macros-5", vec!["-g3"]),
        ("macros-4", vec!["-g3", "-gdwarf-4"]),
        ("macros-2", vec!["-g3", "-gdwarf-2", "-gstrict-dwarf"]),
    ];
    for (name, mut flags) in builds {
        flags.extend(["-DFROM_LINE=1", "-DBARE", "-DADD(a,b)=(a+b)"]);
        let Some(whole) = program("macros.c", name, &flags) else { continue };
        let of_macros = |s: &&crate::elf::Section| {
            [".debug_macro", ".debug_macinfo", ".debug_str", ".debug_line", ".debug_info"].contains(&&*s.name) && s.size > 0
        };
        damage(name, whole, of_macros, ask_for_macros);
    }
}

/// Asks for all macros at some places; how many there were.
fn ask_for_macros(image: &Arc<Image>) -> usize {
    let Ok(Some(debug)) = DebugInfo::open(image, None) else { return 0 };
    let mut answers = 0;
    for table in debug.units().filter_map(|unit| debug.macros(unit)) {
        for (file, line) in [("macros.c", 39), ("macros.h", 2), ("macros_code.h", 3), ("nosuch.c", 1)] {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("test-programs/c");
            let at = table.place(&root.join(file), line);
            for found in table.all_at(at) {
                answers += table.whereabouts(found.place).len();
            }
            answers += usize::from(table.find("MAX", at).is_some()) + table.named("HEIGHT", at).len();
        }
    }
    answers
}

/// Asks a whole program and many damaged copies of it.
fn damage(name: &str, whole: Vec<u8>, debug: impl Fn(&&crate::elf::Section) -> bool, ask: impl Fn(&Arc<Image>) -> usize) {
    let image = Image::from_bytes("whole", whole.clone()).unwrap();
    assert!(ask(&image) > 100, "{name}");
    let ranges: Vec<(usize, usize)> =
        image.sections().iter().filter(|s| debug(s)).map(|s| (s.offset as usize, s.size as usize)).collect();
    let mut seed = 0x2545_f491_4f6c_dd1du64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below.max(1)
    };
    let begun = Instant::now();
    for _ in 0..150 {
        let mut bytes = whole.clone();
        for _ in 0..1 + random(6) {
            let (start, len) = ranges[random(ranges.len())];
            bytes[start + random(len)] = [0, 0xff, 0x80, random(256) as u8][random(4)];
        }
        if let Ok(image) = Image::from_bytes("damaged", bytes) {
            ask(&image);
        }
    }
    assert!(begun.elapsed() < Duration::from_secs(120), "{name}: {:?}", begun.elapsed());
}
