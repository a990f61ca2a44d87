//! The one table of registers: every name that gdb knows for x86-64, and where its bytes are.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::values::{Gpr, Registers, XState};
use super::xsave::{self, RegBytes, XsaveField};

/// A register by its place in [`registers`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RegId(u16);

/// gdb's register groups (`info registers GROUP`), as far as x86-64 has them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RegGroup {
    /// What `info registers` shows.
    General,
    /// x87: st0 to st7 and their control words.
    Float,
    /// SSE, AVX, AVX-512 and mxcsr.
    Vector,
    /// What gdb 13 leaves out of both listings: fs_base, gs_base, orig_rax, pkru.
    System,
}

/// The type that gdb gives a register's value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RegType {
    /// A signed integer of so many bytes: `int8_t` to `int64_t`.
    Int(u8),
    /// `long`: the segment bases and orig_rax.
    Long,
    /// `int`: the x87 control words.
    ControlWord,
    /// `uint64_t`: the opmask registers.
    Mask,
    /// `void *`
    DataPointer,
    /// `void (*)()`
    CodePointer,
    /// `i386_eflags`
    Eflags,
    /// `i386_mxcsr`
    Mxcsr,
    /// The 80-bit `long double` of an x87 register.
    Extended,
    /// The unions `vec128`, `builtin_type_vec256i` and `builtin_type_vec512i`: so many bytes, seen as lanes of every width.
    Vector(u8),
}

/// Where a register's bytes are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum RegPlace {
    /// `len` bytes from byte `at` of a general register's eight.
    User { reg: Gpr, at: u8, len: u8 },
    /// A field of the XSAVE area.
    Xsave(XsaveField),
}

/// A register: what it is called, and where it lives.
#[derive(Debug)]
pub struct Register {
    /// gdb's name, without `$`.
    pub name: String,
    /// Its number in DWARF (psABI fig. 3.36); sub-registers have none.
    pub dwarf: Option<u16>,
    /// gdb's group.
    pub group: RegGroup,
    /// gdb's type.
    pub ty: RegType,
    /// Whether it is a part or another view of another register (al, eax, xmm0 where there is ymm0, ...).
    pub is_part: bool,
    place: RegPlace,
}

impl Register {
    /// Its size in bytes.
    pub fn len(&self) -> usize {
        match self.place {
            RegPlace::User { len, .. } => len.into(),
            RegPlace::Xsave(field) => match field {
                XsaveField::St(_) => 10,
                XsaveField::Control { .. } | XsaveField::Tag | XsaveField::Mxcsr | XsaveField::Pkru => 4,
                XsaveField::Vector { len, .. } => len.into(),
                XsaveField::Mask(_) => 8,
            },
        }
    }

    /// Never: every register has bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether its bytes are in the extended state rather than among the general registers.
    pub fn is_extended(&self) -> bool {
        matches!(self.place, RegPlace::Xsave(_))
    }

    /// The general register that it is the whole of.
    pub fn gpr(&self) -> Option<Gpr> {
        match self.place {
            RegPlace::User { reg, .. } if !self.is_part => Some(reg),
            _ => None,
        }
    }
}

struct Table {
    registers: Vec<Register>,
    by_name: HashMap<String, RegId>,
}

static TABLE: LazyLock<Table> = LazyLock::new(build);

/// The sixteen integer registers in gdb's order, with DWARF numbers and the names of their parts.
const INTEGER: [(Gpr, u16, &str, [&str; 4]); 16] = [
    (Gpr::Rax, 0, "rax", ["eax", "ax", "al", "ah"]),
    (Gpr::Rbx, 3, "rbx", ["ebx", "bx", "bl", "bh"]),
    (Gpr::Rcx, 2, "rcx", ["ecx", "cx", "cl", "ch"]),
    (Gpr::Rdx, 1, "rdx", ["edx", "dx", "dl", "dh"]),
    (Gpr::Rsi, 4, "rsi", ["esi", "si", "sil", ""]),
    (Gpr::Rdi, 5, "rdi", ["edi", "di", "dil", ""]),
    (Gpr::Rbp, 6, "rbp", ["ebp", "bp", "bpl", ""]),
    (Gpr::Rsp, 7, "rsp", ["esp", "", "spl", ""]),
    (Gpr::R8, 8, "r8", ["r8d", "r8w", "r8l", ""]),
    (Gpr::R9, 9, "r9", ["r9d", "r9w", "r9l", ""]),
    (Gpr::R10, 10, "r10", ["r10d", "r10w", "r10l", ""]),
    (Gpr::R11, 11, "r11", ["r11d", "r11w", "r11l", ""]),
    (Gpr::R12, 12, "r12", ["r12d", "r12w", "r12l", ""]),
    (Gpr::R13, 13, "r13", ["r13d", "r13w", "r13l", ""]),
    (Gpr::R14, 14, "r14", ["r14d", "r14w", "r14l", ""]),
    (Gpr::R15, 15, "r15", ["r15d", "r15w", "r15l", ""]),
];

/// The x87 control words in gdb's order: name, offset and length in the legacy region; 0 long: the tag word.
const CONTROL: [(&str, u8, u8); 8] = [
    ("fctrl", 0, 2),
    ("fstat", 2, 2),
    ("ftag", 4, 0),
    ("fiseg", 12, 2),
    ("fioff", 8, 4),
    ("foseg", 20, 2),
    ("fooff", 16, 4),
    ("fop", 6, 2),
];

/// Names that stand for another register: gdb's standard ones.
const ALIASES: [(&str, &str); 4] = [("pc", "rip"), ("sp", "rsp"), ("fp", "rbp"), ("ps", "eflags")];

fn build() -> Table {
    let mut registers = Vec::new();
    general(&mut registers);
    float(&mut registers);
    vector(&mut registers);
    parts(&mut registers);
    let mut by_name: HashMap<String, RegId> =
        registers.iter().enumerate().map(|(i, r): (usize, &Register)| (r.name.clone(), RegId(i as u16))).collect();
    for (alias, of) in ALIASES {
        if let Some(&id) = by_name.get(of) {
            by_name.insert(alias.to_owned(), id);
        }
    }
    Table { registers, by_name }
}

fn user(name: &str, reg: Gpr, dwarf: Option<u16>, group: RegGroup, ty: RegType, len: u8) -> Register {
    Register { name: name.to_owned(), dwarf, group, ty, is_part: false, place: RegPlace::User { reg, at: 0, len } }
}

fn general(out: &mut Vec<Register>) {
    use RegGroup::{General, System};
    for (reg, dwarf, name, _) in INTEGER {
        let ty = if matches!(reg, Gpr::Rbp | Gpr::Rsp) { RegType::DataPointer } else { RegType::Int(8) };
        out.push(user(name, reg, Some(dwarf), General, ty, 8));
    }
    out.push(user("rip", Gpr::Rip, Some(16), General, RegType::CodePointer, 8));
    out.push(user("eflags", Gpr::Eflags, Some(49), General, RegType::Eflags, 4));
    let segments = [("cs", Gpr::Cs, 51), ("ss", Gpr::Ss, 52), ("ds", Gpr::Ds, 53), ("es", Gpr::Es, 50), ("fs", Gpr::Fs, 54)];
    for (name, reg, dwarf) in segments.into_iter().chain([("gs", Gpr::Gs, 55)]) {
        out.push(user(name, reg, Some(dwarf), General, RegType::Int(4), 4));
    }
    out.push(user("fs_base", Gpr::FsBase, Some(58), System, RegType::Long, 8));
    out.push(user("gs_base", Gpr::GsBase, Some(59), System, RegType::Long, 8));
    for n in 0..8 {
        let place = RegPlace::Xsave(XsaveField::Mask(n));
        let dwarf = Some(118 + u16::from(n));
        out.push(Register { name: format!("k{n}"), dwarf, group: General, ty: RegType::Mask, is_part: false, place });
    }
    out.push(user("orig_rax", Gpr::OrigRax, None, System, RegType::Long, 8));
}

fn float(out: &mut Vec<Register>) {
    let group = RegGroup::Float;
    for n in 0..8 {
        let place = RegPlace::Xsave(XsaveField::St(n));
        let dwarf = Some(33 + u16::from(n));
        out.push(Register { name: format!("st{n}"), dwarf, group, ty: RegType::Extended, is_part: false, place });
    }
    for (name, at, len) in CONTROL {
        let field = if len == 0 { XsaveField::Tag } else { XsaveField::Control { at, len } };
        let dwarf = match name {
            "fctrl" => Some(65),
            "fstat" => Some(66),
            _ => None,
        };
        let (ty, place) = (RegType::ControlWord, RegPlace::Xsave(field));
        out.push(Register { name: name.to_owned(), dwarf, group, ty, is_part: false, place });
    }
}

fn vector(out: &mut Vec<Register>) {
    let group = RegGroup::Vector;
    for (prefix, len) in [("xmm", 16), ("ymm", 32), ("zmm", 64)] {
        for n in 0..32 {
            let dwarf = (len == 16).then_some(if n < 16 { 17 + u16::from(n) } else { 67 + u16::from(n) - 16 });
            let place = RegPlace::Xsave(XsaveField::Vector { n, len });
            out.push(Register {
                name: format!("{prefix}{n}"),
                dwarf,
                group,
                ty: RegType::Vector(len),
                is_part: len != 64,
                place,
            });
        }
    }
    let place = RegPlace::Xsave(XsaveField::Mxcsr);
    out.push(Register { name: "mxcsr".to_owned(), dwarf: Some(64), group, ty: RegType::Mxcsr, is_part: false, place });
    let place = RegPlace::Xsave(XsaveField::Pkru);
    out.push(Register {
        name: "pkru".to_owned(),
        dwarf: None,
        group: RegGroup::System,
        ty: RegType::Mask,
        is_part: false,
        place,
    });
}

fn parts(out: &mut Vec<Register>) {
    for (reg, _, _, names) in INTEGER {
        for (name, (at, len)) in names.into_iter().zip([(0, 4), (0, 2), (0, 1), (1, 1)]) {
            if !name.is_empty() {
                let place = RegPlace::User { reg, at, len };
                let ty = RegType::Int(len);
                out.push(Register { name: name.to_owned(), dwarf: None, group: RegGroup::General, ty, is_part: true, place });
            }
        }
    }
}

/// Every register, whole ones in gdb's order: general, x87, vector, then the parts (eax, ah, ...).
pub fn registers() -> impl Iterator<Item = (RegId, &'static Register)> {
    TABLE.registers.iter().enumerate().map(|(i, r)| (RegId(i as u16), r))
}

/// The register of a name without `$`, or of gdb's `pc`, `sp`, `fp`, `ps`.
pub fn find(name: &str) -> Option<RegId> {
    TABLE.by_name.get(name).copied()
}

/// The whole register with this number in DWARF (psABI fig. 3.36).
pub fn by_dwarf(number: u16) -> Option<RegId> {
    TABLE.registers.iter().position(|r| r.dwarf == Some(number)).map(|i| RegId(i as u16))
}

impl RegId {
    /// What the table says about it.
    pub fn info(self) -> &'static Register {
        &TABLE.registers[usize::from(self.0)]
    }

    /// Its bytes; `None` where they are not known (an outer frame) or the processor has no such register.
    pub fn read(self, registers: &Registers, xstate: Option<&XState>) -> Option<RegBytes> {
        match self.info().place {
            RegPlace::User { reg, at, len } => {
                let (at, len) = (usize::from(at), usize::from(len));
                registers.get(reg).map(|v| RegBytes::new(&v.to_le_bytes()[at..at + len]))
            }
            RegPlace::Xsave(field) => xsave::read(field, &xstate?.0),
        }
    }

    /// Writes its bytes; missing high bytes are zero, surplus ones are cut. As in gdb a write to a part leaves the rest of the
    /// register as it is (eax does not clear the upper half). `false` where the processor has no such register.
    pub fn write(self, bytes: &[u8], registers: &mut Registers, xstate: Option<&mut XState>) -> bool {
        let value = RegBytes::new(bytes);
        match self.info().place {
            RegPlace::User { reg, at, len } => {
                let mut word = registers.get(reg).unwrap_or(0).to_le_bytes();
                let (at, len) = (usize::from(at), usize::from(len));
                word[at..at + len].copy_from_slice(&value.bytes[..len]);
                registers.set(reg, u64::from_le_bytes(word));
                true
            }
            RegPlace::Xsave(field) => xstate.is_some_and(|x| xsave::write(field, &value.bytes, &mut x.0)),
        }
    }
}

/// The registers that gdb's `info registers` shows on this processor, in its order.
pub fn general_registers(xstate: Option<&XState>) -> Vec<RegId> {
    shown(xstate, |r| r.group == RegGroup::General)
}

/// The registers that gdb's `info all-registers` shows on this processor, in its order: of the vector registers only the widest.
pub fn all_registers(xstate: Option<&XState>) -> Vec<RegId> {
    let widest = xstate.map_or(16, |x| xsave::widest_vector(&x.0));
    let mut rows = shown(xstate, |r| r.ty != RegType::Mask);
    rows.extend(shown(xstate, |r| r.group == RegGroup::General && r.ty == RegType::Mask));
    let vectors = registers().filter(|(_, r)| r.ty == RegType::Vector(widest));
    let empty = Registers::unknown();
    rows.extend(vectors.map(|(id, _)| id).filter(|id| id.read(&empty, xstate).is_some()));
    rows
}

fn shown(xstate: Option<&XState>, wanted: impl Fn(&Register) -> bool) -> Vec<RegId> {
    let present = |r: &Register| match r.place {
        RegPlace::User { .. } => r.group != RegGroup::System,
        RegPlace::Xsave(field) => r.group != RegGroup::System && xstate.is_some_and(|x| xsave::read(field, &x.0).is_some()),
    };
    let whole = |r: &Register| !r.is_part && !matches!(r.ty, RegType::Vector(_));
    registers().filter(|(_, r)| whole(r) && wanted(r) && present(r)).map(|(id, _)| id).collect()
}

/// The names of the set bits of eflags, as gdb shows them: `[ PF ZF IF ]`.
pub fn eflags_text(value: u64) -> String {
    const NAMES: [(u8, &str); 16] = [
        (0, "CF"),
        (2, "PF"),
        (4, "AF"),
        (6, "ZF"),
        (7, "SF"),
        (8, "TF"),
        (9, "IF"),
        (10, "DF"),
        (11, "OF"),
        (14, "NT"),
        (16, "RF"),
        (17, "VM"),
        (18, "AC"),
        (19, "VIF"),
        (20, "VIP"),
        (21, "ID"),
    ];
    flags_text(value, &NAMES)
}

/// The names of the set bits of mxcsr, as gdb shows them: `[ IM DM ZM OM UM PM ]`.
pub fn mxcsr_text(value: u64) -> String {
    const NAMES: [(u8, &str); 14] = [
        (0, "IE"),
        (1, "DE"),
        (2, "ZE"),
        (3, "OE"),
        (4, "UE"),
        (5, "PE"),
        (6, "DAZ"),
        (7, "IM"),
        (8, "DM"),
        (9, "ZM"),
        (10, "OM"),
        (11, "UM"),
        (12, "PM"),
        (15, "FZ"),
    ];
    flags_text(value, &NAMES)
}

fn flags_text(value: u64, names: &[(u8, &str)]) -> String {
    let mut text = String::from("[");
    for (_, name) in names.iter().filter(|(bit, _)| value >> bit & 1 != 0) {
        text.push(' ');
        text.push_str(name);
    }
    text.push_str(" ]");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> RegId {
        find(name).unwrap()
    }

    #[test]
    fn dwarf_numbers_are_the_psabis() {
        let numbers = [("rax", 0), ("rdx", 1), ("rcx", 2), ("rbx", 3), ("rsi", 4), ("rdi", 5), ("rbp", 6), ("rsp", 7), ("r8", 8)];
        let more =
            [("r15", 15), ("rip", 16), ("xmm0", 17), ("xmm15", 32), ("st0", 33), ("eflags", 49), ("xmm16", 67), ("k0", 118)];
        for (name, number) in numbers.into_iter().chain(more) {
            assert_eq!(by_dwarf(number), Some(id(name)), "{name}");
        }
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<&str> = registers().map(|(_, r)| r.name.as_str()).collect();
        names.sort_unstable();
        let before = names.len();
        names.dedup();
        assert_eq!(names.len(), before);
    }

    #[test]
    fn parts_are_bytes_of_the_whole() {
        let mut regs = Registers::unknown();
        assert_eq!(id("ah").read(&regs, None), None);
        regs.set(Gpr::Rax, 0x1122_3344_5566_7788);
        assert_eq!(id("ah").read(&regs, None).unwrap().as_u64(), 0x77);
        assert_eq!(id("eax").read(&regs, None).unwrap().as_u64(), 0x5566_7788);
        assert!(id("ax").write(&[0xaa, 0xbb], &mut regs, None));
        assert_eq!(regs.get(Gpr::Rax), Some(0x1122_3344_5566_bbaa));
        assert_eq!(find("pc"), find("rip"));
    }

    #[test]
    fn flags_read_as_in_gdb() {
        assert_eq!(eflags_text(0x246), "[ PF ZF IF ]");
        assert_eq!(eflags_text(0), "[ ]");
        assert_eq!(mxcsr_text(0x1f80), "[ IM DM ZM OM UM PM ]");
    }

    #[test]
    fn info_registers_has_gdbs_order() {
        let names: Vec<&str> = general_registers(None).into_iter().map(|id| id.info().name.as_str()).collect();
        assert_eq!(names.join(" "), "rax rbx rcx rdx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip eflags cs ss ds es fs gs");
    }
}
