//! `$_siginfo`: what a signal says about itself, as the C library's structure (sigaction(2), Linux asm-generic/siginfo.h).

use std::sync::{Arc, LazyLock};

use crate::base::{Error, Result, Tid};
use crate::value::{Field, Type, Value, base_type};

use super::session::Session;

/// Its name, without `$`.
pub(super) const SIGINFO: &str = "_siginfo";

/// gdb's type of it.
static SIGINFO_TYPE: LazyLock<Arc<Type>> = LazyLock::new(|| {
    let base = |name: &str| base_type(name).unwrap_or_else(Type::void);
    let (int, short, long) = (base("int"), base("short"), base("long"));
    let pointer = Type::pointer(&Type::void());
    let pid = Type::typedef("__pid_t", &int);
    let uid = Type::typedef("__uid_t", &base("unsigned int"));
    let clock = Type::typedef("__clock_t", &long);
    let record = |size, fields: &[(&str, &Arc<Type>, u64)]| {
        Type::structure("", size, false, fields.iter().map(|(name, ty, at)| Field::new(name, ty, *at)).collect())
    };
    let value = vec![Field::new("sival_int", &int, 0), Field::new("sival_ptr", &pointer, 0)];
    let sigval = Type::structure("sigval_t", 8, true, value);
    let bounds = record(16, &[("_lower", &pointer, 0), ("_upper", &pointer, 8)]);
    // From byte 16 of the whole on; 112 bytes of it.
    let parts = [
        ("_pad", Type::vector("", &int, 28)),
        ("_kill", record(8, &[("si_pid", &pid, 0), ("si_uid", &uid, 4)])),
        ("_timer", record(16, &[("si_tid", &int, 0), ("si_overrun", &int, 4), ("si_sigval", &sigval, 8)])),
        ("_rt", record(16, &[("si_pid", &pid, 0), ("si_uid", &uid, 4), ("si_sigval", &sigval, 8)])),
        (
            "_sigchld",
            record(
                32,
                &[
                    ("si_pid", &pid, 0),
                    ("si_uid", &uid, 4),
                    ("si_status", &int, 8),
                    ("si_utime", &clock, 16),
                    ("si_stime", &clock, 24),
                ],
            ),
        ),
        ("_sigfault", record(32, &[("si_addr", &pointer, 0), ("_addr_lsb", &short, 8), ("_addr_bnd", &bounds, 16)])),
        ("_sigpoll", record(16, &[("si_band", &long, 0), ("si_fd", &int, 8)])),
        ("_sigsys", record(16, &[("_call_addr", &pointer, 0), ("_syscall", &int, 8), ("_arch", &base("unsigned int"), 12)])),
    ];
    let fields = parts.into_iter().map(|(name, ty)| Field::new(name, &ty, 0)).collect();
    let union = Type::structure("", 112, true, fields);
    let head = ["si_signo", "si_errno", "si_code"].into_iter().zip((0..).step_by(4)).map(|(name, at)| Field::new(name, &int, at));
    Type::structure("siginfo", 128, false, head.chain([Field::new("_sifields", &union, 16)]).collect())
});

impl Session {
    /// The signal that the selected thread has stopped with; `None` without a process.
    pub(super) fn siginfo(&self) -> Result<Option<Value>> {
        let (Some(process), Some(tid)) = (&self.inferior.process, self.selection.tid) else { return Ok(None) };
        let info = process.target.signal_info(tid).map_err(|_| Error::user("Unable to read siginfo"))?;
        Ok(Some(Value::register(&SIGINFO_TYPE, SIGINFO, info)))
    }

    /// Changes what the program is told of the signal that a thread has stopped with, if it gets it.
    pub(super) fn write_siginfo(&mut self, tid: Tid, bytes: &[u8]) -> Result<()> {
        let unable = || Error::user("Unable to write siginfo");
        let info = bytes.first_chunk().ok_or_else(unable)?;
        self.process_mut()?.control()?.set_signal_info(tid, info).map_err(|_| unable())
    }
}
