//! GOT, PLT and `main` of programs of every kind, against readelf, objdump and nm.

use crate::base::{FileAddr, LoadBias};
use crate::elf::built::{self, HELLO};
use crate::elf::{Image, r_x86_64};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;

/// Name, compiler, flags.
const KINDS: &[(&str, &str, &[&str])] = &[
    ("pie-lazy", "cc", &["-Wl,-z,lazy"]),
    ("pie-now", "cc", &["-Wl,-z,now"]),
    ("nopie-lazy", "cc", &["-no-pie", "-Wl,-z,lazy"]),
    ("nopie-now", "cc", &["-no-pie", "-Wl,-z,now"]),
    ("ibt-lazy", "cc", &["-fcf-protection", "-Wl,-z,ibtplt", "-Wl,-z,lazy"]),
    ("ibt-now", "cc", &["-fcf-protection", "-Wl,-z,ibtplt", "-Wl,-z,now"]),
    ("noplt", "cc", &["-fno-plt"]),
    ("static", "cc", &["-static"]),
    ("static-pie", "cc", &["-static-pie"]),
    ("lld-lazy", "clang", &["-fuse-ld=lld", "-Wl,-z,lazy"]),
    ("lld-now", "clang", &["-fuse-ld=lld", "-Wl,-z,now"]),
    ("lld-ibt", "clang", &["-fuse-ld=lld", "-fcf-protection", "-Wl,-z,force-ibt", "-Wl,-z,lazy"]),
    ("musl", "musl-gcc", &[]),
    ("musl-static", "musl-gcc", &["-static"]),
];

fn program(name: &str) -> Option<PathBuf> {
    let (name, compiler, flags) = KINDS.iter().find(|k| k.0 == name)?;
    built::build(&format!("hello-{name}"), compiler, &[&["-O1", "-fno-builtin"], *flags].concat(), HELLO)
}

fn programs() -> impl Iterator<Item = (&'static str, PathBuf)> {
    KINDS.iter().filter_map(|k| Some((k.0, program(k.0)?)))
}

fn tables(path: &Path) -> (Arc<Image>, Got, Plt) {
    let image = Image::open(path).unwrap();
    let got = Got::of(&image).unwrap();
    let plt = Plt::of(&image, &got);
    (image, got, plt)
}

#[test]
fn every_slot_relocation_of_readelf_has_its_slot() {
    let real = built::real_files().into_iter().map(|p| ("real", p));
    for (name, path) in programs().chain(real) {
        let (_, got, plt) = tables(&path);
        let Some(text) = built::output("readelf", &["-r", "-W", path.to_str().unwrap()]) else { return };
        for line in text.lines().filter(|l| l.contains("_JUMP_SLO") || l.contains("_GLOB_DAT")) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let addr = FileAddr(u64::from_str_radix(fields[0], 16).unwrap());
            let slot = got.slot_at(addr).unwrap_or_else(|| panic!("{name}: {line}"));
            assert_eq!(slot.versioned_name().unwrap(), fields[4].replace("@@", "@"), "{name}");
            assert_eq!(slot.index, (addr.0 as i64 - got.base.0 as i64) / 8);
            assert_eq!(got.slot(slot.index).unwrap().addr, addr);
            assert_eq!(slot.is_jump_slot(), line.contains("JUMP"), "{name}");
            assert!(!slot.is_jump_slot() || plt.stub_for(addr).is_some_and(|s| s.slot_index == slot.index), "{name} {line}");
        }
    }
}

#[test]
fn every_stub_of_objdump_is_found() {
    for (name, path) in programs().filter(|p| !p.0.contains("static")) {
        let (_, _, plt) = tables(&path);
        let Some(text) = built::output("objdump", &["-d", path.to_str().unwrap()]) else { return };
        let label = |l: &str| {
            let (addr, name) = l.strip_suffix("@plt>:")?.split_once(" <")?;
            Some((u64::from_str_radix(addr, 16).unwrap(), name.to_owned()))
        };
        let theirs: Vec<(u64, String)> = text.lines().filter_map(label).collect();
        let ours: Vec<(u64, String)> = plt.stubs.iter().map(|s| (s.addr.0, s.name.clone())).collect();
        // objdump knows neither LLD's IBT stubs nor the ones of musl's crt in all versions: ours may be more, never other.
        assert!(theirs.iter().all(|t| ours.contains(t)), "{name}: {theirs:x?} {ours:x?}");
        assert!(name == "noplt" || ours.iter().any(|o| o.1 == "puts"), "{name}");
    }
}

#[test]
fn the_base_is_dt_pltgot_and_the_first_slot_is_three_words_on() {
    for name in ["pie-lazy", "pie-now", "nopie-lazy", "nopie-now", "ibt-lazy", "lld-lazy", "lld-now"] {
        let Some(path) = program(name) else { continue };
        let (image, got, _) = tables(&path);
        assert_eq!(Some(got.base), image.dynamic().addr_of(crate::elf::dt::DT_PLTGOT), "{name}");
        let words: Vec<_> = (0..3).map(|i| got.slot(i).unwrap().reserved.unwrap()).collect();
        assert_eq!(words, [ReservedWord::Dynamic, ReservedWord::LinkMap, ReservedWord::Resolver], "{name}");
        assert!(got.slot(3).unwrap().is_jump_slot(), "{name}");
        assert_eq!(got.is_lazy, name.ends_with("lazy"), "{name}");
        assert_eq!(got.relro, if got.is_lazy { Relro::Partial } else { Relro::Full }, "{name}");
        let error = got.slot(1 << 40).unwrap_err().to_string();
        assert!(error.starts_with("There is no GOT[1099511627776]; the words are GOT["), "{error}");
    }
}

#[test]
fn lazy_programs_have_negative_slots_below_the_base() {
    let Some(path) = program("pie-lazy") else { return };
    let (_, got, _) = tables(&path);
    let slot = got.slot_named("__libc_start_main").unwrap();
    assert!(slot.index < 0 && slot.section == ".got", "{slot:?}");
    assert_eq!(slot.label().unwrap(), "__libc_start_main@got");
    assert_eq!(got.slot_named("puts@got.plt").unwrap().label().unwrap(), "puts@got.plt");
    assert_eq!(got.slot_named("puts@GLIBC_2.2.5"), got.slot_named("puts"));
    assert_eq!(got.slot_named("nosuch"), None);
}

#[test]
fn a_lazy_slot_leads_to_plt0_by_its_stub() {
    for name in ["pie-lazy", "nopie-lazy", "ibt-lazy", "lld-lazy", "lld-ibt", "nopie-now"] {
        let Some(path) = program(name) else { continue };
        let (image, got, plt) = tables(&path);
        // PLT0 is where .plt starts (psABI figure 5.2).
        assert_eq!(plt.header, image.section(".plt").map(|s| s.addr), "{name}");
        assert_eq!(plt.entry(0), plt.header);
        let slot = got.slot_named("puts").unwrap();
        let stub = plt.stub_for(slot.addr).unwrap();
        assert_eq!(plt.stub_named("puts@plt"), Some(stub));
        assert_eq!(plt.entry(stub.index), Some(stub.addr));
        if !name.contains("ibt") {
            assert_eq!(slot.initial, stub.addr.0 + 6, "{name}");
        }
    }
}

#[test]
fn what_a_slots_value_means() {
    let Some(path) = program("pie-lazy") else { return };
    let (_, got, _) = tables(&path);
    let slot = got.slot_named("puts").unwrap();
    let bias = LoadBias(0x5555_5555_4000);
    let to = bias.to_virt(FileAddr(slot.initial));
    assert_eq!(slot.state(slot.initial, bias), SlotState::Unrelocated);
    assert_eq!(slot.state(to.0, bias), SlotState::Unresolved(to));
    assert_eq!(slot.state(0x7fff_f000_1234, bias), SlotState::Bound(crate::base::VirtAddr(0x7fff_f000_1234)));
    assert_eq!(got.slot_named("__gmon_start__").unwrap().state(0, bias), SlotState::Empty);
    assert_eq!(got.slot(1).unwrap().state(0, bias), SlotState::Empty);
    assert_eq!(got.slot(1).unwrap().state(0x7fff_f7ff_e2e0, bias), SlotState::Reserved(ReservedWord::LinkMap));
}

#[test]
fn static_programs_have_ifunc_slots_and_no_lazy_ones() {
    for name in ["static", "static-pie"] {
        let Some(path) = program(name) else { continue };
        let (_, got, plt) = tables(&path);
        assert!(!got.is_lazy && !got.slots.iter().any(Slot::is_jump_slot));
        let ifunc = |s: &&Slot| s.relocation.is_some_and(|r| r.kind == r_x86_64::IRELATIVE);
        let ifuncs: Vec<&Slot> = got.slots.iter().filter(ifunc).collect();
        assert!(ifuncs.len() > 5, "{name}");
        let names: Vec<&str> = ifuncs.iter().filter_map(|s| s.name.as_deref()).collect();
        assert!(names.contains(&"strlen") && names.len() == ifuncs.len(), "{name}: {names:?}");
        assert!(ifuncs.iter().all(|s| plt.stub_for(s.addr).is_some()), "{name}");
        assert_eq!(plt.header, None);
    }
}

/// What nm says about `main`.
fn main_by_nm(path: &Path) -> Option<FileAddr> {
    let text = built::output("nm", &[path.to_str()?])?;
    let line = text.lines().find(|l| l.ends_with(" T main"))?;
    Some(FileAddr(u64::from_str_radix(line.split(' ').next()?, 16).ok()?))
}

#[test]
fn main_is_found_in_stripped_programs() {
    for (name, path) in programs() {
        let Some(expected) = main_by_nm(&path) else { return };
        for bare in [false, true] {
            let Some(stripped) = built::stripped(&path, bare) else { return };
            assert_eq!(find_main(&Image::open(&stripped).unwrap()), Some(expected), "{name}");
            std::fs::remove_file(stripped).unwrap();
        }
    }
    for path in built::real_files().iter().filter(|p| p.ends_with("ls") || p.ends_with("bash")) {
        assert!(find_main(&Image::open(path).unwrap()).is_some(), "{}", path.display());
    }
}

#[test]
fn without_section_headers_jump_slots_and_stubs_are_the_same() {
    for (name, path) in programs().filter(|p| !p.0.contains("static")) {
        let Some(bare) = built::stripped(&path, true) else { return };
        let ((_, got, plt), (_, bare_got, bare_plt)) = (tables(&path), tables(&bare));
        std::fs::remove_file(bare).unwrap();
        let slots = |g: &Got| {
            let with_name = g.slots.iter().filter(|s| s.is_address());
            with_name.map(|s| (s.addr, s.versioned_name())).collect::<Vec<_>>()
        };
        assert_eq!(slots(&got), slots(&bare_got), "{name}");
        let stubs = |p: &Plt| p.stubs.iter().map(|s| (s.addr, s.name.clone())).collect::<Vec<_>>();
        assert_eq!(stubs(&plt), stubs(&bare_plt), "{name}");
        assert_eq!(plt.header, bare_plt.header, "{name}");
    }
}

#[test]
fn damaged_files_have_some_got_or_none() {
    let ask = |image: &Arc<Image>| {
        let _ = find_main(image);
        let Some(got) = Got::of(image) else { return };
        let plt = Plt::of(image, &got);
        let _ = (got.slot(3).is_ok(), got.slot(i64::MIN).is_ok(), plt.stub_named("puts"), plt.entry(usize::MAX));
    };
    crate::elf::damage::each_truncated(ask);
    crate::elf::damage::each_flipped(ask);
}

/// Every `call` or `jmp` that objdump shows with a stub's name is a call site, and no other.
#[test]
fn call_sites_are_objdumps() {
    for (name, path) in programs() {
        let (image, got, plt) = tables(&path);
        let Some(text) = built::output("objdump", &["-d", "--no-show-raw-insn", path.to_str().unwrap()]) else { return };
        let mut expected = std::collections::BTreeSet::new();
        let mut in_plt = false;
        for line in text.lines() {
            if let Some(section) = line.strip_prefix("Disassembly of section ") {
                in_plt = section.starts_with(".plt");
            }
            let Some((addr, insn)) = line.split_once(":\t").filter(|_| !in_plt) else { continue };
            let mut words = insn.split_whitespace().skip_while(|w| matches!(*w, "bnd" | "notrack"));
            let branch = words.next().is_some_and(|m| m.starts_with("call") || m.starts_with('j'));
            let target = words.next().and_then(|t| u64::from_str_radix(t, 16).ok()).map(FileAddr);
            let stub = target.filter(|t| branch && plt.stubs.iter().any(|s| s.addr == *t));
            if let Some(stub) = stub {
                expected.insert((stub, FileAddr(u64::from_str_radix(addr.trim(), 16).unwrap())));
            }
        }
        let sites = CallSites::of(&image, Some(&got), &plt);
        let found = plt.stubs.iter().flat_map(|s| sites.of_target(s.addr).map(|site| (s.addr, site))).collect();
        assert_eq!(expected, found, "{name}");
    }
}
