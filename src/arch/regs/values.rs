//! The registers of a thread.

/// A general register, in the order of the kernel's `struct user_regs_struct` (sys/user.h), so that the discriminant times
/// eight is its offset there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Gpr {
    R15,
    R14,
    R13,
    R12,
    Rbp,
    Rbx,
    R11,
    R10,
    R9,
    R8,
    Rax,
    Rcx,
    Rdx,
    Rsi,
    Rdi,
    OrigRax,
    Rip,
    Cs,
    Eflags,
    Rsp,
    Ss,
    FsBase,
    GsBase,
    Ds,
    Es,
    Fs,
    Gs,
}

impl Gpr {
    /// The register with this number in DWARF (psABI fig. 3.36): 0 to 15, and 16 for the return address.
    pub fn from_dwarf(number: u16) -> Option<Gpr> {
        BY_DWARF.get(usize::from(number)).copied()
    }

    /// Its number in DWARF, for the sixteen integer registers and rip.
    pub fn dwarf(self) -> Option<u16> {
        BY_DWARF.iter().position(|&r| r == self).map(|n| n as u16)
    }
}

const BY_DWARF: [Gpr; 17] = [
    Gpr::Rax,
    Gpr::Rdx,
    Gpr::Rcx,
    Gpr::Rbx,
    Gpr::Rsi,
    Gpr::Rdi,
    Gpr::Rbp,
    Gpr::Rsp,
    Gpr::R8,
    Gpr::R9,
    Gpr::R10,
    Gpr::R11,
    Gpr::R12,
    Gpr::R13,
    Gpr::R14,
    Gpr::R15,
    Gpr::Rip,
];

/// TF in eflags: a trap after each instruction (Intel SDM vol. 1, 3.4.3.3).
pub const TRAP_FLAG: u64 = 1 << 8;
/// RF in eflags: the next instruction is not stopped by a debug register (Intel SDM vol. 3B, 18.3.1.1).
pub const RESUME_FLAG: u64 = 1 << 16;

/// How many [`Gpr`]s there are.
pub const GPR_COUNT: usize = 27;

/// A thread's or a frame's general registers: values, and which of them are known (an unwound frame does not know all).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Registers {
    values: [u64; GPR_COUNT],
    known: u32,
}

impl Registers {
    /// All of them known: what the kernel gives for a live thread.
    pub fn from_user(values: [u64; GPR_COUNT]) -> Registers {
        Registers { values, known: (1 << GPR_COUNT) - 1 }
    }

    /// None of them known.
    pub fn unknown() -> Registers {
        Registers { values: [0; GPR_COUNT], known: 0 }
    }

    /// The words as `struct user_regs_struct` holds them; unknown ones are 0.
    pub fn as_user(&self) -> &[u64; GPR_COUNT] {
        &self.values
    }

    /// The value, if known.
    pub fn get(&self, r: Gpr) -> Option<u64> {
        (self.known >> r as u8 & 1 != 0).then(|| self.values[r as usize])
    }

    /// Sets the value, which makes it known.
    pub fn set(&mut self, r: Gpr, value: u64) {
        self.values[r as usize] = value;
        self.known |= 1 << r as u8;
    }

    /// Makes it unknown.
    pub fn forget(&mut self, r: Gpr) {
        self.values[r as usize] = 0;
        self.known &= !(1 << r as u8);
    }

    /// Whether the kernel will set the pc back by the two bytes of `syscall` and run that again: a signal or a tracer has
    /// interrupted a system call (linux/errno.h, ERESTARTSYS to ERESTART_RESTARTBLOCK).
    pub fn restart_call(&self) -> bool {
        let signed = |r| self.get(r).unwrap_or(0) as i64;
        signed(Gpr::OrigRax) >= 0 && (-516..=-512).contains(&signed(Gpr::Rax))
    }

    /// The instruction pointer; 0 if unknown.
    pub fn pc(&self) -> u64 {
        self.values[Gpr::Rip as usize]
    }

    /// The stack pointer; 0 if unknown.
    pub fn sp(&self) -> u64 {
        self.values[Gpr::Rsp as usize]
    }
}

/// The extended state of a thread (x87, SSE, AVX, ...) exactly as ptrace's NT_X86_XSTATE gave it: XSAVE's standard format
/// (Intel SDM vol. 1, 13.4). Its length differs between processors (11,008 bytes with AMX) and is kept for writing back.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct XState(pub Vec<u8>);
