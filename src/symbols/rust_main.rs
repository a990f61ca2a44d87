//! What a program of Rust calls `main`.

use std::sync::Arc;

use super::demangle::demangle;
use super::module::Module;
use crate::arch::insn::Insn;
use crate::base::VirtAddr;

/// How much of the C function is looked at, in bytes: rustc makes it a few instructions long.
const WINDOW: usize = 96;

impl Module {
    /// The run-time address of a Rust program's own `main`, as `krate::main`; `None` for other programs.
    ///
    /// *Folklore*: the symbol `main` of a Rust program is a C function of rustc's, without debug information, that hands the
    /// address of the real one to `std::rt::lang_start`. DW_AT_main_subprogram marks the real one too, but only whoever has read
    /// all units finds it.
    pub fn rust_main(self: &Arc<Module>) -> Option<VirtAddr> {
        let start = self.address_of("main")?;
        let code = self.image().read_from(self.to_file(start))?;
        let code = code.get(..WINDOW).unwrap_or(code);
        let mut at = 0;
        while let Some(insn) = Insn::decode(code.get(at..)?, start.0 + at as u64) {
            at += insn.len();
            if let Some(target) = insn.rip_target().map(VirtAddr).filter(|t| self.is_rust_main(*t)) {
                return Some(target);
            }
            if at >= code.len() {
                break;
            }
        }
        None
    }

    fn is_rust_main(self: &Arc<Module>, at: VirtAddr) -> bool {
        let Some(found) = self.locate(at).filter(|l| l.offset == 0) else { return false };
        let is_mangled = found.raw_name.starts_with("_ZN") || found.raw_name.starts_with("_R");
        is_mangled && demangle(&found.raw_name).rsplit_once("::").is_some_and(|(path, name)| !path.is_empty() && name == "main")
    }
}
