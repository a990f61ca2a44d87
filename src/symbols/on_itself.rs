//! The test program looks at itself: a live process with a loader, without ptrace.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::base::{LoadBias, Memory, Result, VirtAddr, read_u64, read_vec};
use crate::elf::{AuxEntry, Image, aux};
use crate::loader::{MapState, Rendezvous, SlotState, event_address, find_rendezvous};

use super::*;

/// This process's memory.
struct OwnMemory(File);

impl Memory for OwnMemory {
    fn read_partial(&self, at: VirtAddr, buf: &mut [u8]) -> Result<usize> {
        Ok(self.0.read_at(buf, at.0).unwrap_or(0))
    }
}

fn own_modules() -> Option<(OwnMemory, Modules, Rendezvous)> {
    let memory = OwnMemory(File::open("/proc/self/mem").unwrap());
    let auxv = AuxEntry::parse(&std::fs::read("/proc/self/auxv").unwrap());
    let value = |key| AuxEntry::find(&auxv, key).unwrap();
    let mut modules = Modules::default();
    let path = std::fs::read_link("/proc/self/exe").unwrap();
    let image = Image::open(&path).unwrap();
    let Some(interp) = image.interp().map(PathBuf::from) else {
        eprintln!("SKIPPED: the tests are linked statically");
        return None;
    };
    let bias = LoadBias(value(aux::AT_ENTRY) - image.entry().unwrap().0);
    modules.add(NewModule { image, path, role: ModuleRole::Main, bias });
    let image = Image::open(&interp).unwrap();
    modules.add(NewModule { image, path: interp, role: ModuleRole::Interpreter, bias: LoadBias(value(aux::AT_BASE)) });
    let vdso_at = VirtAddr(value(aux::AT_SYSINFO_EHDR));
    let image = Image::from_bytes("linux-vdso.so.1", read_vec(&memory, vdso_at, 8192).unwrap()).unwrap();
    let bias = LoadBias(vdso_at.0 - image.span().0.0);
    modules.add(NewModule { image, path: "linux-vdso.so.1".into(), role: ModuleRole::Vdso, bias });
    let (main, ld) = (modules.main().unwrap().clone(), modules.interpreter().unwrap().clone());
    let at = find_rendezvous(&memory, Some((main.image(), main.bias)), Some((ld.image(), ld.bias))).unwrap();
    let rendezvous = Rendezvous::read(&memory, at).unwrap();
    Some((memory, modules, rendezvous))
}

#[test]
fn the_link_maps_are_the_mapped_files() {
    let Some((memory, mut modules, rendezvous)) = own_modules() else { return };
    assert_eq!(rendezvous.state, MapState::Consistent);
    let ld = modules.interpreter().unwrap().clone();
    assert_eq!(ld.virt(event_address(ld.image()).unwrap()), rendezvous.brk);
    let before_ld_so_ran = LoadBias(0x1234);
    let empty = crate::base::SliceMemory::default();
    let by_symbol =
        find_rendezvous(&empty, Some((modules.main().unwrap().image(), before_ld_so_ran)), Some((ld.image(), ld.bias)));
    assert_eq!(by_symbol, Some(rendezvous.addr));
    let update = modules.update(&rendezvous.objects(&memory).unwrap(), Image::open);
    assert!(update.failed.is_empty() && update.unloaded.is_empty(), "{update:?}");
    assert!(modules.iter().all(|m| m.link_map.is_some()), "the vdso and ld.so stand in the list too");
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    for line in maps.lines().filter(|l| l.contains(".so") && l.contains(" r-xp ")) {
        let (start, path) = (line.split('-').next().unwrap(), line.split_whitespace().last().unwrap());
        let module = modules.at(VirtAddr(u64::from_str_radix(start, 16).unwrap())).unwrap_or_else(|| panic!("{line}"));
        assert_eq!(std::fs::canonicalize(&module.path).unwrap(), Path::new(path));
    }
}

#[test]
fn slots_hold_what_the_symbolizer_names() {
    let Some((memory, mut modules, rendezvous)) = own_modules() else { return };
    modules.update(&rendezvous.objects(&memory).unwrap(), Image::open);
    let main = modules.main().unwrap();
    let (mut bound, mut same) = (0, 0);
    for slot in main.got().unwrap().slots.iter().filter(|s| s.is_address()) {
        let value = read_u64(&memory, main.virt(slot.addr)).unwrap();
        let SlotState::Bound(to) = slot.state(value, main.bias) else { continue };
        bound += 1;
        let Some(location) = modules.locate(to) else { continue };
        // An IFUNC's slot holds the variant that was chosen, an alias may have the greater name.
        same += usize::from(Some(&location.raw_name) == slot.name.as_ref() && location.offset == 0);
    }
    assert!(bound > 20 && same * 3 > bound, "{same} of {bound}");
    let getpid = modules.find("getpid", None).unwrap();
    assert!(getpid.module.name.starts_with("libc"), "{getpid:?}");
    assert_eq!(modules.find("libc!getpid", None).unwrap().addr, getpid.addr);
    assert_eq!(modules.find("vdso!__vdso_time", None).unwrap().module.role, ModuleRole::Vdso);
    let table = modules.find("_GLOBAL_OFFSET_TABLE_", None).unwrap();
    assert_eq!((table.module.id, table.addr), (main.id, main.virt(main.got().unwrap().base)));
    assert!(modules.find("nosuch_name", None).is_none());
    assert!(modules.names_with_prefix("pthread_mutex_l", 10).contains(&"pthread_mutex_lock".to_owned()));
}

#[test]
fn damaged_modules_have_some_names_or_none() {
    let ask = |image: &std::sync::Arc<Image>| {
        let mut modules = Modules::default();
        let bias = LoadBias(0x5555_5555_4000);
        modules.add(NewModule { image: image.clone(), path: "damaged".into(), role: ModuleRole::Main, bias });
        let (start, end) = image.span();
        let step = ((end - start) / 16).max(1);
        let _ = (0..16).filter_map(|i| modules.symbolize(bias.to_virt(start + i * step))).count();
        for name in ["main", "puts", "Foo::bar", "puts@plt", "puts@got.plt", "damaged!_start"] {
            let _ = Linespec::parse(name, &modules).and_then(|l| l.resolve(&modules)).map(|p| p.len());
            let _ = modules.find(name, None);
        }
        let _ = modules.names_with_prefix("_", 5);
    };
    crate::elf::damage::each_truncated(ask);
    crate::elf::damage::each_flipped(ask);
}
