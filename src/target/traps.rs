//! One trap: its int3 byte, or its debug register.

use super::traits::{Trap, TrapKind};
use crate::base::{Memory, Result, Tid, VirtAddr};
use crate::os::debugregs::{Condition, Watch};
use crate::os::guardian::Guardian;
use crate::os::mem::ProcessMemory;

/// The instruction of a breakpoint (Intel SDM, "INT n/INTO/INT3/INT1").
pub(super) const INT3: u8 = 0xcc;

/// Puts one int3 into memory; the byte that was there. Whoever looks after it is told before.
pub(super) fn plant_one(memory: &ProcessMemory, tid: Tid, addr: VirtAddr, guardian: Option<&Guardian>) -> Result<u8> {
    let mut byte = [0];
    memory.read(addr, &mut byte)?;
    if let Some(guardian) = guardian {
        guardian.note(addr, u8::from_le_bytes(byte));
    }
    memory.write(tid, addr, &[INT3])?;
    Ok(u8::from_le_bytes(byte))
}

/// Takes one int3 out of memory, if it is still there: the page may be unmapped by now, or hold other code.
pub(super) fn lift_one(memory: &ProcessMemory, tid: Tid, addr: VirtAddr, covered: u8, guardian: Option<&Guardian>) {
    let mut byte = [0];
    if memory.read(addr, &mut byte).is_ok() && byte == [INT3] {
        let _ = memory.write(tid, addr, &[covered]);
    }
    if let Some(guardian) = guardian {
        guardian.forget(addr);
    }
}

/// The debug register's form of a trap; `None` for an int3.
pub(super) fn as_watch(trap: Trap) -> Option<Watch> {
    let (len, condition) = match trap.kind {
        TrapKind::Int3 => return None,
        TrapKind::HardwareExecute => (1, Condition::Execute),
        TrapKind::Write { len } => (len, Condition::Write),
        TrapKind::Access { len } => (len, Condition::Access),
    };
    Some(Watch { addr: trap.addr, len, condition })
}
