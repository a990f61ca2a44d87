//! The auxiliary vector: what the kernel tells a new program (getauxval(3), Linux include/uapi/linux/auxvec.h).

/// Keys of the auxiliary vector that rdbg itself reads.
pub mod aux {
    /// The last entry.
    pub const AT_NULL: u64 = 0;
    /// The program headers' run-time address.
    pub const AT_PHDR: u64 = 3;
    /// The number of program headers.
    pub const AT_PHNUM: u64 = 5;
    /// The interpreter's load bias; 0 if there is none.
    pub const AT_BASE: u64 = 7;
    /// The program's entry point.
    pub const AT_ENTRY: u64 = 9;
    /// What the processor can do; indirect functions' resolvers get it.
    pub const AT_HWCAP: u64 = 16;
    /// The path that was given to execve(2), as an address.
    pub const AT_EXECFN: u64 = 31;
    /// The vdso's ELF header.
    pub const AT_SYSINFO_EHDR: u64 = 33;
}

/// How gdb's `info auxv` shows a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AuxFormat {
    /// In decimal.
    Decimal,
    /// In hexadecimal.
    Hex,
    /// An address in hexadecimal, then the string there.
    String,
}

/// A pair of the auxiliary vector.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AuxEntry {
    /// `a_type`, see [`aux`].
    pub key: u64,
    /// `a_val`.
    pub value: u64,
}

use AuxFormat::{Decimal as D, Hex as X, String as S};

/// Key, name, gdb's description and format.
const KEYS: &[(u64, &str, &str, AuxFormat)] = &[
    (0, "AT_NULL", "End of vector", X),
    (1, "AT_IGNORE", "Entry should be ignored", X),
    (2, "AT_EXECFD", "File descriptor of program", D),
    (3, "AT_PHDR", "Program headers for program", X),
    (4, "AT_PHENT", "Size of program header entry", D),
    (5, "AT_PHNUM", "Number of program headers", D),
    (6, "AT_PAGESZ", "System page size", D),
    (7, "AT_BASE", "Base address of interpreter", X),
    (8, "AT_FLAGS", "Flags", X),
    (9, "AT_ENTRY", "Entry point of program", X),
    (10, "AT_NOTELF", "Program is not ELF", D),
    (11, "AT_UID", "Real user ID", D),
    (12, "AT_EUID", "Effective user ID", D),
    (13, "AT_GID", "Real group ID", D),
    (14, "AT_EGID", "Effective group ID", D),
    (15, "AT_PLATFORM", "String identifying platform", S),
    (16, "AT_HWCAP", "Machine-dependent CPU capability hints", X),
    (17, "AT_CLKTCK", "Frequency of times()", D),
    (18, "AT_FPUCW", "Used FPU control word", X),
    (19, "AT_DCACHEBSIZE", "Data cache block size", D),
    (20, "AT_ICACHEBSIZE", "Instruction cache block size", D),
    (21, "AT_UCACHEBSIZE", "Unified cache block size", D),
    (22, "AT_IGNOREPPC", "Entry should be ignored", D),
    (23, "AT_SECURE", "Boolean, was exec setuid-like?", D),
    (24, "AT_BASE_PLATFORM", "String identifying base platform", S),
    (25, "AT_RANDOM", "Address of 16 random bytes", X),
    (26, "AT_HWCAP2", "Extension of AT_HWCAP", X),
    // gdb 13 does not know these two and prints ???; their names are the kernel's (Linux 6.3).
    (27, "AT_RSEQ_FEATURE_SIZE", "rseq supported feature size", D),
    (28, "AT_RSEQ_ALIGN", "rseq allocation alignment", D),
    (31, "AT_EXECFN", "File name of executable", S),
    (32, "AT_SYSINFO", "Special system info/entry points", X),
    (33, "AT_SYSINFO_EHDR", "System-supplied DSO's ELF header", X),
    (34, "AT_L1I_CACHESHAPE", "L1 Instruction cache information", X),
    (35, "AT_L1D_CACHESHAPE", "L1 Data cache information", X),
    (36, "AT_L2_CACHESHAPE", "L2 cache information", X),
    (37, "AT_L3_CACHESHAPE", "L3 cache information", X),
    (51, "AT_MINSIGSTKSZ", "Minimum stack size for signal delivery", X),
];

impl AuxEntry {
    /// The pairs of an auxiliary vector, AT_NULL included; what follows it is left out.
    pub fn parse(bytes: &[u8]) -> Vec<AuxEntry> {
        let word = |b: &[u8]| b.first_chunk().map_or(0, |b| u64::from_le_bytes(*b));
        let mut out = Vec::new();
        for pair in bytes.chunks_exact(16) {
            let (key, value) = pair.split_at(8);
            let entry = AuxEntry { key: word(key), value: word(value) };
            out.push(entry);
            if entry.key == aux::AT_NULL {
                break;
            }
        }
        out
    }

    /// The value of a key in an auxiliary vector.
    pub fn find(entries: &[AuxEntry], key: u64) -> Option<u64> {
        entries.iter().find(|e| e.key == key).map(|e| e.value)
    }

    /// `AT_PHDR`; `???` if unknown, as gdb writes it.
    pub fn name(&self) -> &'static str {
        self.row().map_or("???", |r| r.1)
    }

    /// gdb's description; empty if unknown.
    pub fn description(&self) -> &'static str {
        self.row().map_or("", |r| r.2)
    }

    /// How the value is shown.
    pub fn format(&self) -> AuxFormat {
        self.row().map_or(X, |r| r.3)
    }

    fn row(&self) -> Option<&'static (u64, &'static str, &'static str, AuxFormat)> {
        KEYS.iter().find(|r| r.0 == self.key)
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn the_vector_ends_at_its_null() {
        let words: Vec<u8> = [3u64, 0x400040, 9, 0x401000, 0, 0, 6, 4096].iter().flat_map(|w| w.to_le_bytes()).collect();
        let entries = AuxEntry::parse(&words);
        assert_eq!(entries.len(), 3);
        assert_eq!(AuxEntry::find(&entries, aux::AT_ENTRY), Some(0x401000));
        assert_eq!(AuxEntry::find(&entries, 6), None);
        // gdb: 3    AT_PHDR              Program headers for program    0x555555554040
        assert_eq!((entries[0].name(), entries[0].description()), ("AT_PHDR", "Program headers for program"));
        assert_eq!(AuxEntry { key: 999, value: 0 }.name(), "???");
    }
}
