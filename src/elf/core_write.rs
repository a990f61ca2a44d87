//! Writing core files: headers and notes as the kernel lays them out (core(5), Linux fs/binfmt_elf.c `elf_core_dump`).

use super::core_file::{
    CoreMapping, CoreThread, NT_AUXV, NT_FILE, NT_FPREGSET, NT_PRPSINFO, NT_PRSTATUS, NT_SIGINFO, NT_X86_XSTATE, PR_CURSIG,
    PR_PID, PR_REG, PS_ARGS, PS_FNAME, PS_PID,
};
use crate::base::{AddrRange, PAGE};

/// Who a process or a thread is, in the words of proc(5) `stat`.
#[derive(Clone, Debug, Default)]
pub struct CoreIdentity {
    /// Parent, process group, session.
    pub family: [i32; 3],
    /// The state's letter.
    pub state: char,
    /// The nice value.
    pub nice: i8,
    /// The kernel's flags of the task.
    pub flags: u64,
    /// User and group.
    pub owner: [u32; 2],
    /// User, system, children's user and children's system time in microseconds.
    pub times: [u64; 4],
    /// Signals that wait, as bits.
    pub pending: u64,
    /// Signals that are blocked, as bits.
    pub blocked: u64,
}

/// A mapping as it will stand in the core file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CoreSegment {
    /// Where it is.
    pub range: AddrRange,
    /// `PF_R` and its like.
    pub flags: u32,
    /// How many of its bytes, from its start, are in the file.
    pub file_size: u64,
}

/// What a core file is made of, but for the memory itself.
#[derive(Clone, Debug, Default)]
pub struct CoreContents {
    /// The process's id.
    pub pid: i32,
    /// The process.
    pub process: CoreIdentity,
    /// The program's name.
    pub name: String,
    /// The command line.
    pub arguments: Vec<u8>,
    /// The threads; the first is the one that stopped the process.
    pub threads: Vec<(CoreThread, CoreIdentity)>,
    /// The auxiliary vector.
    pub auxv: Vec<u8>,
    /// The mapped files.
    pub files: Vec<CoreMapping>,
    /// The mappings.
    pub segments: Vec<CoreSegment>,
}

/// Offsets in `struct elf_prstatus` beyond those that are read: pr_sigpend, pr_sighold, pr_ppid, pr_utime, pr_fpvalid.
const PR_SIGPEND: usize = 16;
const PR_SIGHOLD: usize = 24;
const PR_PPID: usize = 36;
const PR_UTIME: usize = 48;
const PR_FPVALID: usize = 328;
const PRSTATUS_SIZE: usize = 336;
/// In `struct elf_prpsinfo`: pr_flag, pr_uid, pr_ppid.
const PS_FLAG: usize = 8;
const PS_UID: usize = 16;
const PS_PPID: usize = 28;
const PRPSINFO_SIZE: usize = 136;

const HEADER_SIZE: u64 = 64;
const SEGMENT_SIZE: u64 = 56;
const SECTION_SIZE: u64 = 64;
/// More program headers than this are counted in a section header (gABI ch. 4 `PN_XNUM`).
const PN_XNUM: u64 = 0xffff;
const ET_CORE: u16 = 4;
const EM_X86_64: u16 = 62;

impl CoreContents {
    /// The file's beginning, up to the first byte of memory; where in the file each segment's bytes belong, at multiples of a page;
    /// and the file's length.
    pub fn head(&self) -> (Vec<u8>, Vec<u64>, u64) {
        let notes = self.notes();
        let count = self.segments.len() as u64 + 1;
        let is_extended = count >= PN_XNUM;
        let notes_at = HEADER_SIZE + count * SEGMENT_SIZE;
        let sections_at = (notes_at + notes.len() as u64).next_multiple_of(8);
        let head_end = if is_extended { sections_at + SECTION_SIZE } else { sections_at };
        let mut next = head_end.next_multiple_of(PAGE);
        let mut places = Vec::with_capacity(self.segments.len());
        for segment in &self.segments {
            places.push(next);
            next += segment.file_size.next_multiple_of(PAGE);
        }
        let mut out = Vec::with_capacity(head_end as usize);
        // ELFCLASS64, ELFDATA2LSB, EV_CURRENT, ELFOSABI_NONE
        out.extend(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
        halves(&mut out, &[ET_CORE, EM_X86_64]);
        out.extend(1u32.to_le_bytes());
        words(&mut out, &[0, HEADER_SIZE, if is_extended { sections_at } else { 0 }]);
        out.extend(0u32.to_le_bytes());
        let sections = u16::from(is_extended);
        halves(&mut out, &[64, 56, count.min(PN_XNUM) as u16, 64 * sections, sections, 0]);
        // PT_NOTE
        out.extend([4u32, 0].into_iter().flat_map(u32::to_le_bytes));
        words(&mut out, &[notes_at, 0, 0, notes.len() as u64, 0, 4]);
        for (segment, at) in self.segments.iter().zip(&places) {
            // PT_LOAD
            out.extend([1, segment.flags].into_iter().flat_map(u32::to_le_bytes));
            words(&mut out, &[*at, segment.range.start.0, 0, segment.file_size, segment.range.len(), PAGE]);
        }
        out.extend(&notes);
        out.resize(sections_at as usize, 0);
        if is_extended {
            // Section 0: sh_info is the number of program headers, sh_size and sh_link that of sections and of their names.
            words(&mut out, &[0, 0, 0, 0, 1]);
            out.extend([0, count as u32].into_iter().flat_map(u32::to_le_bytes));
            words(&mut out, &[0, 0]);
        }
        (out, places, next)
    }

    fn notes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (i, (thread, identity)) in self.threads.iter().enumerate() {
            note(&mut out, "CORE", NT_PRSTATUS, &status(thread, identity));
            if i == 0 {
                note(&mut out, "CORE", NT_PRPSINFO, &self.process_note());
            }
            if let Some(info) = &thread.siginfo {
                note(&mut out, "CORE", NT_SIGINFO, info);
            }
            if i == 0 {
                note(&mut out, "CORE", NT_AUXV, &self.auxv);
                note(&mut out, "CORE", NT_FILE, &self.file_note());
            }
            // The XSAVE area begins with what FXSAVE writes.
            if let Some(legacy) = thread.xstate.get(..512) {
                note(&mut out, "CORE", NT_FPREGSET, legacy);
                note(&mut out, "LINUX", NT_X86_XSTATE, &thread.xstate);
            }
        }
        out
    }

    fn process_note(&self) -> Vec<u8> {
        let mut out = vec![0; PRPSINFO_SIZE];
        let who = &self.process;
        let number = "RSDTZW".find(who.state).unwrap_or(6) as u8;
        put(&mut out, 0, &[number, who.state as u8, u8::from(who.state == 'Z'), who.nice as u8]);
        put(&mut out, PS_FLAG, &who.flags.to_le_bytes());
        put(&mut out, PS_UID, &who.owner.map(u32::to_le_bytes).concat());
        put(&mut out, PS_PID, &self.pid.to_le_bytes());
        put(&mut out, PS_PPID, &who.family.map(i32::to_le_bytes).concat());
        put(&mut out, PS_FNAME, self.name.as_bytes().get(..15).unwrap_or(self.name.as_bytes()));
        put(&mut out, PS_ARGS, self.arguments.get(..79).unwrap_or(&self.arguments));
        out
    }

    fn file_note(&self) -> Vec<u8> {
        let mut out = Vec::new();
        words(&mut out, &[self.files.len() as u64, PAGE]);
        for file in &self.files {
            words(&mut out, &[file.start.0, file.end.0, file.offset / PAGE]);
        }
        for file in &self.files {
            out.extend(file.path.as_bytes());
            out.push(0);
        }
        out
    }
}

fn status(thread: &CoreThread, who: &CoreIdentity) -> Vec<u8> {
    let mut out = vec![0; PRSTATUS_SIZE];
    put(&mut out, 0, &thread.signal.to_le_bytes());
    put(&mut out, PR_CURSIG, &(thread.signal as u16).to_le_bytes());
    put(&mut out, PR_SIGPEND, &who.pending.to_le_bytes());
    put(&mut out, PR_SIGHOLD, &who.blocked.to_le_bytes());
    put(&mut out, PR_PID, &thread.tid.to_le_bytes());
    put(&mut out, PR_PPID, &who.family.map(i32::to_le_bytes).concat());
    let times: Vec<u8> = who.times.iter().flat_map(|t| [t / 1_000_000, t % 1_000_000]).flat_map(u64::to_le_bytes).collect();
    put(&mut out, PR_UTIME, &times);
    let registers: Vec<u8> = thread.registers.iter().flat_map(|r| r.to_le_bytes()).collect();
    put(&mut out, PR_REG, &registers);
    put(&mut out, PR_FPVALID, &u32::from(!thread.xstate.is_empty()).to_le_bytes());
    out
}

fn note(out: &mut Vec<u8>, owner: &str, kind: u32, data: &[u8]) {
    // The owner's length counts its NUL; each part ends at a multiple of four.
    out.extend([owner.len() as u32 + 1, data.len() as u32, kind].into_iter().flat_map(u32::to_le_bytes));
    out.extend(owner.as_bytes());
    out.push(0);
    out.resize(out.len().next_multiple_of(4), 0);
    out.extend(data);
    out.resize(out.len().next_multiple_of(4), 0);
}

fn put(out: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(to) = out.get_mut(at..at + bytes.len()) {
        to.copy_from_slice(bytes);
    }
}

fn words(out: &mut Vec<u8>, words: &[u64]) {
    out.extend(words.iter().flat_map(|w| w.to_le_bytes()));
}

fn halves(out: &mut Vec<u8>, halves: &[u16]) {
    out.extend(halves.iter().flat_map(|h| h.to_le_bytes()));
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::base::VirtAddr;
    use crate::elf::CoreFile;

    fn contents(segments: u64) -> CoreContents {
        let thread = |tid: i32, signal| {
            let registers = std::array::from_fn(|i| i as u64 * 3 + tid as u64);
            let xstate = vec![tid as u8; 832];
            (CoreThread { tid, signal, registers, xstate, siginfo: Some([signal as u8; 128]) }, CoreIdentity::default())
        };
        let at = |n: u64| VirtAddr(0x10000 + n * 0x2000);
        CoreContents {
            pid: 7,
            name: "a name of many letters".into(),
            arguments: b"./a b".to_vec(),
            threads: vec![thread(8, 11), thread(7, 0)],
            auxv: vec![9; 32],
            files: vec![CoreMapping { start: at(0), end: at(1), offset: 0x3000, path: "/a/b c".into() }],
            segments: (0..segments)
                .map(|n| CoreSegment { range: AddrRange::with_len(at(n), 0x2000), flags: 6, file_size: n % 2 * 0x2000 })
                .collect(),
            ..CoreContents::default()
        }
    }

    /// What is written is read back, also where there are more segments than the ELF header can count.
    #[test]
    fn what_is_written_is_read() {
        for segments in [3, 70_000] {
            let written = contents(segments);
            let (mut bytes, places, end) = written.head();
            assert!(places[0] >= bytes.len() as u64 && end - places[0] == segments / 2 * 0x2000);
            // The rest is a hole, but for one word of the second segment.
            bytes.resize(end.min(places[1] + 0x2000) as usize, 0);
            bytes[places[1] as usize] = 77;
            let path = std::env::temp_dir().join(format!("rdbg-core-{}-{segments}", std::process::id()));
            std::fs::write(&path, &bytes).unwrap();
            let core = CoreFile::open(&path).unwrap();
            std::fs::remove_file(&path).unwrap();
            assert_eq!(core.threads, written.threads.iter().map(|(t, _)| t.clone()).collect::<Vec<_>>());
            assert_eq!((core.pid, core.name.as_str(), core.arguments.as_str()), (7, "a name of many", "./a b"));
            assert_eq!((core.auxv.clone(), core.files.clone()), (written.auxv, written.files));
            assert_eq!(core.segments().count() as u64, segments);
            assert_eq!(core.bytes_from(VirtAddr(0x12000)).unwrap()[0], 77);
            assert!(core.bytes_from(VirtAddr(0x10000)).is_none(), "nothing of it is in the file");
            assert!(core.damage.is_empty(), "{:?}", core.damage);
        }
    }
}
