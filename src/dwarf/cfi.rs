//! Unwind rows: what .eh_frame and .debug_frame say about the frame at a pc (DWARF5 §6.4, LSB Core ch. 10.6).

use std::path::Path;
use std::sync::{Arc, OnceLock};

use gimli::{
    BaseAddresses, CieOrFde, DebugFrame, EhFrame, EhFrameHdr, EndianSlice, LittleEndian, Pointer, UnwindContext, UnwindSection,
};

use crate::arch::regs::Gpr;
use crate::base::{Error, FileAddr, Result};
use crate::elf::{Image, pt};

type Reader<'a> = EndianSlice<'a, LittleEndian>;

/// A section's uncompressed bytes and the link-time address of the first one.
#[derive(Clone, Copy, Debug)]
pub struct Section<'a> {
    /// The bytes; they may run on beyond the section's end where that is not known.
    pub bytes: &'a [u8],
    /// Where they are linked to.
    pub addr: FileAddr,
}

/// What one module has of unwind information.
#[derive(Clone, Copy, Debug, Default)]
pub struct CfiSections<'a> {
    /// The module's path, for errors.
    pub module: Option<&'a Path>,
    /// .eh_frame.
    pub eh_frame: Option<Section<'a>>,
    /// .eh_frame_hdr: the binary search table (PT_GNU_EH_FRAME).
    pub eh_frame_hdr: Option<Section<'a>>,
    /// .debug_frame, uncompressed.
    pub debug_frame: Option<&'a [u8]>,
    /// The address of .text, for pointers relative to it.
    pub text: FileAddr,
    /// The address of .got, for pointers relative to it.
    pub got: FileAddr,
}

impl<'a> CfiSections<'a> {
    /// What an image has; found by its segments where there are no section headers.
    pub fn of(image: &'a Image) -> CfiSections<'a> {
        let named = |name: &str| {
            let section = image.section(name)?;
            let bytes = image.section_data(section).ok().filter(|b| !b.is_empty())?;
            Some(Section { bytes, addr: section.addr })
        };
        let by_segment = || {
            let segment = image.segment(pt::PT_GNU_EH_FRAME)?;
            let bytes = image.read_at(segment.addr, usize::try_from(segment.file_size).ok()?)?;
            Some(Section { bytes, addr: segment.addr })
        };
        let eh_frame_hdr = named(".eh_frame_hdr").or_else(by_segment);
        let by_header = || {
            let addr = eh_frame_address(eh_frame_hdr?)?;
            Some(Section { bytes: image.read_from(addr)?, addr })
        };
        let address = |name: &str| image.section(name).map(|s| s.addr).unwrap_or_default();
        CfiSections {
            module: Some(image.path()),
            eh_frame: named(".eh_frame").or_else(by_header),
            eh_frame_hdr,
            debug_frame: named(".debug_frame").map(|s| s.bytes),
            text: address(".text"),
            got: address(".got"),
        }
    }
}

/// How the canonical frame address is found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CfaRule {
    /// A register plus an offset.
    Register {
        /// The register.
        register: Gpr,
        /// Bytes added.
        offset: i64,
    },
    /// A DWARF expression.
    Expression(Arc<[u8]>),
}

/// How the caller's value of a register is found (DWARF5 §6.4.1).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum RegRule {
    /// Nothing is said: the ABI decides.
    #[default]
    Unspecified,
    /// It cannot be recovered; for the return address: the stack ends here.
    Undefined,
    /// It is unchanged.
    SameValue,
    /// It is in memory at CFA + n.
    Offset(i64),
    /// It is CFA + n.
    ValOffset(i64),
    /// It is in another register.
    Register(Gpr),
    /// It is in memory at the address that the expression gives; the CFA is pushed first.
    Expression(Arc<[u8]>),
    /// It is what the expression gives; the CFA is pushed first.
    ValExpression(Arc<[u8]>),
    /// It is this number.
    Constant(u64),
}

/// How many registers a row has rules for: DWARF's 0 to 16, rax to the return address.
pub const RULES: usize = 17;

/// The unwind information that holds in a range of addresses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnwindRow {
    /// First link-time address that it holds for.
    pub start: FileAddr,
    /// One past the last.
    pub end: FileAddr,
    /// The FDE's first address: usually the function's.
    pub function: FileAddr,
    /// One past the FDE's last.
    pub function_end: FileAddr,
    /// The CFA.
    pub cfa: CfaRule,
    /// The rules by DWARF number.
    pub rules: [RegRule; RULES],
    /// Which of them is the return address's: 16 in all that compilers write.
    pub return_address: u16,
    /// Whether this is a signal frame (augmentation `S`): its pc was interrupted, not called from.
    pub signal_frame: bool,
    /// DW_CFA_GNU_args_size.
    pub args_size: u64,
}

impl UnwindRow {
    /// The rule of a DWARF register number; unspecified beyond 16.
    pub fn rule(&self, dwarf: u16) -> &RegRule {
        self.rules.get(usize::from(dwarf)).unwrap_or(&RegRule::Unspecified)
    }

    /// Whether there is no caller (the return address is undefined, as in `_start`).
    pub fn is_outermost(&self) -> bool {
        *self.rule(self.return_address) == RegRule::Undefined
    }
}

/// An FDE that a scan has found.
#[derive(Clone, Copy, Debug)]
struct Fde {
    start: u64,
    end: u64,
    offset: usize,
}

/// What has been found out about one module's unwind information. The scans run only where there is no search table.
#[derive(Debug, Default)]
pub struct CfiIndex {
    eh_frame: OnceLock<Box<[Fde]>>,
    debug_frame: OnceLock<Box<[Fde]>>,
}

/// Where .eh_frame begins, from the header that PT_GNU_EH_FRAME names: all that files without section headers have.
pub fn eh_frame_address(hdr: Section<'_>) -> Option<FileAddr> {
    let bases = BaseAddresses::default().set_eh_frame_hdr(hdr.addr.0);
    let parsed = EhFrameHdr::new(hdr.bytes, LittleEndian).parse(&bases, 8).ok()?;
    match parsed.eh_frame_ptr() {
        Pointer::Direct(at) => Some(FileAddr(at)),
        Pointer::Indirect(_) => None,
    }
}

impl CfiIndex {
    /// The row that holds at `pc`; `None` where the module says nothing about it. The sections must be the same at each call.
    pub fn row(&self, sections: &CfiSections<'_>, pc: FileAddr) -> Result<Option<UnwindRow>> {
        if let Some(section) = sections.eh_frame {
            let found = self.in_eh_frame(sections, section, pc.0);
            if let Some(row) = found.map_err(|(offset, e)| damaged(sections, ".eh_frame", offset, e))? {
                return Ok(Some(row));
            }
        }
        let Some(bytes) = sections.debug_frame else { return Ok(None) };
        let mut frame = DebugFrame::new(bytes, LittleEndian);
        frame.set_address_size(8);
        let list = self.debug_frame.get_or_init(|| scan(&frame, &BaseAddresses::default()));
        let found = row_from_list(&frame, &BaseAddresses::default(), list, pc.0);
        found.map_err(|(offset, e)| damaged(sections, ".debug_frame", offset, e))
    }

    fn in_eh_frame(&self, sections: &CfiSections<'_>, section: Section<'_>, pc: u64) -> Found {
        let bases = bases(sections, section);
        let mut frame = EhFrame::new(section.bytes, LittleEndian);
        frame.set_address_size(8);
        if let Some(hdr) = sections.eh_frame_hdr
            && let Ok(hdr) = EhFrameHdr::new(hdr.bytes, LittleEndian).parse(&bases, 8)
            && let Some(table) = hdr.table()
            && let Ok(pointer) = table.lookup(pc, &bases)
            && let Ok(at) = pointer.direct()
            // Not gimli's pointer_to_offset: it panics on an FDE before the section (overflow checks on).
            && let Some(offset) = at.checked_sub(section.addr.0).and_then(|n| usize::try_from(n).ok())
        {
            return row_at(&frame, &bases, offset, pc);
        }
        let list = self.eh_frame.get_or_init(|| scan(&frame, &bases));
        row_from_list(&frame, &bases, list, pc)
    }
}

/// A row, or where in the section what is wrong.
type Found = Result<Option<UnwindRow>, (usize, gimli::Error)>;

fn damaged(sections: &CfiSections<'_>, section: &'static str, offset: usize, e: gimli::Error) -> Error {
    let module = sections.module.map(|m| m.display().to_string()).unwrap_or_default();
    Error::BadDwarf { module, section, offset: offset as u64, what: e.to_string() }
}

fn bases(sections: &CfiSections<'_>, eh_frame: Section<'_>) -> BaseAddresses {
    let bases = BaseAddresses::default().set_eh_frame(eh_frame.addr.0).set_text(sections.text.0).set_got(sections.got.0);
    match sections.eh_frame_hdr {
        Some(hdr) => bases.set_eh_frame_hdr(hdr.addr.0),
        None => bases,
    }
}

/// Every FDE of the section, by address; up to the first damaged entry.
fn scan<'a, S: UnwindSection<Reader<'a>>>(section: &S, bases: &BaseAddresses) -> Box<[Fde]> {
    let mut list = Vec::new();
    let mut entries = section.entries(bases);
    while let Ok(Some(entry)) = entries.next() {
        let CieOrFde::Fde(partial) = entry else { continue };
        let Ok(fde) = partial.parse(S::cie_from_offset) else { continue };
        if fde.len() != 0 {
            list.push(Fde { start: fde.initial_address(), end: fde.end_address(), offset: fde.offset() });
        }
    }
    list.sort_by_key(|f| (f.start, f.offset));
    list.into_boxed_slice()
}

fn row_from_list<'a, S: UnwindSection<Reader<'a>>>(section: &S, bases: &BaseAddresses, list: &[Fde], pc: u64) -> Found {
    let after = list.partition_point(|f| f.start <= pc);
    match after.checked_sub(1).and_then(|i| list.get(i)) {
        Some(fde) if pc < fde.end => row_at(section, bases, fde.offset, pc),
        _ => Ok(None),
    }
}

fn row_at<'a, S: UnwindSection<Reader<'a>>>(section: &S, bases: &BaseAddresses, offset: usize, pc: u64) -> Found {
    let at = |e| (offset, e);
    let fde = section.fde_from_offset(bases, S::Offset::from(offset), S::cie_from_offset).map_err(at)?;
    if !fde.contains(pc) {
        return Ok(None);
    }
    let mut context = UnwindContext::new();
    let row = fde.unwind_info_for_address(section, bases, &mut context, pc).map_err(at)?;
    let expression = |e: &gimli::UnwindExpression<usize>| e.get(section).map(|e| Arc::from(e.0.slice()));
    let cfa = match row.cfa() {
        gimli::CfaRule::RegisterAndOffset { register, offset } => {
            let register = Gpr::from_dwarf(register.0).ok_or(gimli::Error::UnsupportedRegister(register.0.into())).map_err(at)?;
            CfaRule::Register { register, offset: *offset }
        }
        gimli::CfaRule::Expression(e) => CfaRule::Expression(expression(e).map_err(at)?),
    };
    let mut rules: [RegRule; RULES] = Default::default();
    for (register, rule) in row.registers() {
        // Vector registers: no compiler saves them in the SysV ABI.
        let Some(slot) = rules.get_mut(usize::from(register.0)) else { continue };
        *slot = match rule {
            gimli::RegisterRule::Undefined => RegRule::Undefined,
            gimli::RegisterRule::SameValue => RegRule::SameValue,
            gimli::RegisterRule::Offset(n) => RegRule::Offset(*n),
            gimli::RegisterRule::ValOffset(n) => RegRule::ValOffset(*n),
            gimli::RegisterRule::Register(r) => Gpr::from_dwarf(r.0).map_or(RegRule::Undefined, RegRule::Register),
            gimli::RegisterRule::Expression(e) => RegRule::Expression(expression(e).map_err(at)?),
            gimli::RegisterRule::ValExpression(e) => RegRule::ValExpression(expression(e).map_err(at)?),
            gimli::RegisterRule::Constant(n) => RegRule::Constant(*n),
            _ => RegRule::Unspecified,
        };
    }
    Ok(Some(UnwindRow {
        start: FileAddr(row.start_address()),
        end: FileAddr(row.end_address()),
        function: FileAddr(fde.initial_address()),
        function_end: FileAddr(fde.end_address()),
        cfa,
        rules,
        return_address: fde.cie().return_address_register().0,
        signal_frame: fde.is_signal_trampoline(),
        args_size: row.saved_args_size(),
    }))
}
