//! Filters that let the kernel say which system calls a tracer wants to hear of (seccomp(2), Linux
//! Documentation/userspace-api/seccomp_filter.rst).

use libc::sock_filter;

/// `AUDIT_ARCH_X86_64` (linux/audit.h): calls of other ABIs have other numbers.
const ARCH_X86_64: u32 = 0xc000_003e;
/// Where `struct seccomp_data` has the number and the architecture.
const NUMBER_AT: u32 = 0;
const ARCH_AT: u32 = 4;
/// The kernel takes no longer filters (BPF_MAXINSNS).
const MAX_LENGTH: usize = 4096;

/// A filter that stops a tracee with PTRACE_EVENT_SECCOMP before these calls, and lets all others run.
pub fn trace_filter(numbers: &[u64]) -> Vec<sock_filter> {
    let load = |at| instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, at);
    let skip_unless = |value| instruction(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, 1, value);
    let end = |with| instruction(libc::BPF_RET | libc::BPF_K, 0, 0, with);
    let skip_if = |value| instruction(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 1, 0, value);
    let mut filter = vec![load(ARCH_AT), skip_if(ARCH_X86_64), end(libc::SECCOMP_RET_ALLOW), load(NUMBER_AT)];
    for number in numbers.iter().filter_map(|n| u32::try_from(*n).ok()).take((MAX_LENGTH - 5) / 2) {
        filter.extend([skip_unless(number), end(libc::SECCOMP_RET_TRACE)]);
    }
    filter.push(end(libc::SECCOMP_RET_ALLOW));
    filter
}

fn instruction(code: u32, jt: u8, jf: u8, k: u32) -> sock_filter {
    sock_filter { code: code as u16, jt, jf, k }
}
