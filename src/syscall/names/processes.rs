//! Flags and values of calls about processes, by name, in the order in which strace lists them (asm/*.h, linux/*.h).

use crate::syscall::set::Set;

/// clone(2)
#[rustfmt::skip]
pub static CLONE_FLAGS: Set = Set::new("CLONE_???", &[
    (0x100, "CLONE_VM"), (0x200, "CLONE_FS"), (0x400, "CLONE_FILES"), (0x800, "CLONE_SIGHAND"), (0x1000, "CLONE_PIDFD"),
    (0x2000, "CLONE_PTRACE"), (0x4000, "CLONE_VFORK"), (0x8000, "CLONE_PARENT"), (0x10000, "CLONE_THREAD"),
    (0x20000, "CLONE_NEWNS"), (0x40000, "CLONE_SYSVSEM"), (0x80000, "CLONE_SETTLS"), (0x100000, "CLONE_PARENT_SETTID"),
    (0x200000, "CLONE_CHILD_CLEARTID"), (0x400000, "CLONE_DETACHED"), (0x800000, "CLONE_UNTRACED"),
    (0x1000000, "CLONE_CHILD_SETTID"), (0x2000000, "CLONE_NEWCGROUP"), (0x4000000, "CLONE_NEWUTS"),
    (0x8000000, "CLONE_NEWIPC"), (0x10000000, "CLONE_NEWUSER"), (0x20000000, "CLONE_NEWPID"), (0x40000000, "CLONE_NEWNET"),
    (0x80000000, "CLONE_IO"), (0x100000000, "CLONE_CLEAR_SIGHAND"), (0x200000000, "CLONE_INTO_CGROUP"),
]);
/// unshare(2)
#[rustfmt::skip]
pub static UNSHARE: Set = Set::new("CLONE_???", &[
    (0x80, "CLONE_NEWTIME"), (0x100, "CLONE_VM"), (0x200, "CLONE_FS"), (0x400, "CLONE_FILES"), (0x800, "CLONE_SIGHAND"),
    (0x10000, "CLONE_THREAD"), (0x20000, "CLONE_NEWNS"), (0x40000, "CLONE_SYSVSEM"), (0x2000000, "CLONE_NEWCGROUP"),
    (0x4000000, "CLONE_NEWUTS"), (0x8000000, "CLONE_NEWIPC"), (0x10000000, "CLONE_NEWUSER"), (0x20000000, "CLONE_NEWPID"),
    (0x40000000, "CLONE_NEWNET"),
]);
/// wait(2)
#[rustfmt::skip]
pub static WAIT_OPTIONS: Set = Set::new("W???", &[
    (1, "WNOHANG"), (2, "WUNTRACED"), (4, "WEXITED"), (8, "WCONTINUED"), (0x1000000, "WNOWAIT"), (0x80000000, "__WCLONE"),
    (0x40000000, "__WALL"), (0x20000000, "__WNOTHREAD"),
]);
/// waitid(2)
#[rustfmt::skip]
pub static WAITID_TYPES: Set = Set::new("P_???", &[
    (0, "P_ALL"), (1, "P_PID"), (2, "P_PGID"), (3, "P_PIDFD"),
]);
/// sigaction(2)
#[rustfmt::skip]
pub static SA_FLAGS: Set = Set::new("SA_???", &[
    (0x4000000, "SA_RESTORER"), (0x8000000, "SA_ONSTACK"), (0x10000000, "SA_RESTART"), (1, "SA_NOCLDSTOP"),
    (2, "SA_NOCLDWAIT"), (0x40000000, "SA_NODEFER"), (0x80000000, "SA_RESETHAND"), (4, "SA_SIGINFO"),
    (0x400, "SA_UNSUPPORTED"), (0x800, "SA_EXPOSE_TAGBITS"),
]);
/// sigprocmask(2)
#[rustfmt::skip]
pub static SIG_HOW: Set = Set::new("SIG_???", &[
    (0, "SIG_BLOCK"), (1, "SIG_UNBLOCK"), (2, "SIG_SETMASK"),
]);
/// sigaltstack(2)
#[rustfmt::skip]
pub static SS_FLAGS: Set = Set::new("SS_???", &[
    (1, "SS_ONSTACK"), (2, "SS_DISABLE"), (0x80000000, "SS_AUTODISARM"),
]);
/// futex(2)
#[rustfmt::skip]
pub static FUTEX_OPS: Set = Set::new("FUTEX_???", &[
    (0, "FUTEX_WAIT"), (1, "FUTEX_WAKE"), (2, "FUTEX_FD"), (3, "FUTEX_REQUEUE"), (4, "FUTEX_CMP_REQUEUE"),
    (5, "FUTEX_WAKE_OP"), (6, "FUTEX_LOCK_PI"), (7, "FUTEX_UNLOCK_PI"), (8, "FUTEX_TRYLOCK_PI"), (9, "FUTEX_WAIT_BITSET"),
    (0xa, "FUTEX_WAKE_BITSET"), (0xb, "FUTEX_WAIT_REQUEUE_PI"), (0xc, "FUTEX_CMP_REQUEUE_PI"), (0xd, "FUTEX_LOCK_PI2"),
]);
/// clock_gettime(2)
#[rustfmt::skip]
pub static CLOCKS: Set = Set::new("CLOCK_???", &[
    (0, "CLOCK_REALTIME"), (1, "CLOCK_MONOTONIC"), (2, "CLOCK_PROCESS_CPUTIME_ID"), (3, "CLOCK_THREAD_CPUTIME_ID"),
    (4, "CLOCK_MONOTONIC_RAW"), (5, "CLOCK_REALTIME_COARSE"), (6, "CLOCK_MONOTONIC_COARSE"), (7, "CLOCK_BOOTTIME"),
    (8, "CLOCK_REALTIME_ALARM"), (9, "CLOCK_BOOTTIME_ALARM"), (0xa, "CLOCK_SGI_CYCLE"), (0xb, "CLOCK_TAI"),
]);
/// clock_nanosleep(2)
#[rustfmt::skip]
pub static TIMER_FLAGS: Set = Set::new("TIMER_???", &[
    (1, "TIMER_ABSTIME"),
]);
/// setitimer(2)
#[rustfmt::skip]
pub static ITIMERS: Set = Set::new("ITIMER_???", &[
    (0, "ITIMER_REAL"), (1, "ITIMER_VIRTUAL"), (2, "ITIMER_PROF"),
]);
/// getrlimit(2)
#[rustfmt::skip]
pub static RESOURCES: Set = Set::new("RLIMIT_???", &[
    (0, "RLIMIT_CPU"), (1, "RLIMIT_FSIZE"), (2, "RLIMIT_DATA"), (3, "RLIMIT_STACK"), (4, "RLIMIT_CORE"), (5, "RLIMIT_RSS"),
    (6, "RLIMIT_NPROC"), (7, "RLIMIT_NOFILE"), (8, "RLIMIT_MEMLOCK"), (9, "RLIMIT_AS"), (0xa, "RLIMIT_LOCKS"),
    (0xb, "RLIMIT_SIGPENDING"), (0xc, "RLIMIT_MSGQUEUE"), (0xd, "RLIMIT_NICE"), (0xe, "RLIMIT_RTPRIO"),
    (0xf, "RLIMIT_RTTIME"),
]);
/// getrusage(2)
#[rustfmt::skip]
pub static USAGE_WHO: Set = Set::new("RUSAGE_???", &[
    (0, "RUSAGE_SELF"), (0xffffffff, "RUSAGE_CHILDREN"), (1, "RUSAGE_THREAD"),
]);
/// getpriority(2)
#[rustfmt::skip]
pub static PRIO_WHICH: Set = Set::new("PRIO_???", &[
    (0, "PRIO_PROCESS"), (1, "PRIO_PGRP"), (2, "PRIO_USER"),
]);
/// sched(7)
#[rustfmt::skip]
pub static SCHED_POLICIES: Set = Set::new("SCHED_???", &[
    (0, "SCHED_OTHER"), (1, "SCHED_FIFO"), (2, "SCHED_RR"), (3, "SCHED_BATCH"), (4, "SCHED_ISO"), (5, "SCHED_IDLE"),
    (6, "SCHED_DEADLINE"),
]);
/// arch_prctl(2)
#[rustfmt::skip]
pub static ARCH_PRCTL: Set = Set::new("ARCH_???", &[
    (0x1001, "ARCH_SET_GS"), (0x1002, "ARCH_SET_FS"), (0x1003, "ARCH_GET_FS"), (0x1004, "ARCH_GET_GS"),
    (0x1011, "ARCH_GET_CPUID"), (0x1012, "ARCH_SET_CPUID"), (0x1021, "ARCH_GET_XCOMP_SUPP"),
    (0x1022, "ARCH_GET_XCOMP_PERM"), (0x1023, "ARCH_REQ_XCOMP_PERM"), (0x1024, "ARCH_GET_XCOMP_GUEST_PERM"),
    (0x1025, "ARCH_REQ_XCOMP_GUEST_PERM"), (0x2001, "ARCH_MAP_VDSO_X32"), (0x2002, "ARCH_MAP_VDSO_32"),
    (0x2003, "ARCH_MAP_VDSO_64"),
]);
/// prctl(2)
#[rustfmt::skip]
pub static PRCTL: Set = Set::new("PR_???", &[
    (1, "PR_SET_PDEATHSIG"), (2, "PR_GET_PDEATHSIG"), (3, "PR_GET_DUMPABLE"), (4, "PR_SET_DUMPABLE"), (5, "PR_GET_UNALIGN"),
    (6, "PR_SET_UNALIGN"), (7, "PR_GET_KEEPCAPS"), (8, "PR_SET_KEEPCAPS"), (9, "PR_GET_FPEMU"), (0xa, "PR_SET_FPEMU"),
    (0xb, "PR_GET_FPEXC"), (0xc, "PR_SET_FPEXC"), (0xd, "PR_GET_TIMING"), (0xe, "PR_SET_TIMING"), (0xf, "PR_SET_NAME"),
    (0x10, "PR_GET_NAME"), (0x13, "PR_GET_ENDIAN"), (0x14, "PR_SET_ENDIAN"), (0x15, "PR_GET_SECCOMP"),
    (0x16, "PR_SET_SECCOMP"), (0x17, "PR_CAPBSET_READ"), (0x18, "PR_CAPBSET_DROP"), (0x19, "PR_GET_TSC"),
    (0x1a, "PR_SET_TSC"), (0x1b, "PR_GET_SECUREBITS"), (0x1c, "PR_SET_SECUREBITS"), (0x1d, "PR_SET_TIMERSLACK"),
    (0x1e, "PR_GET_TIMERSLACK"), (0x1f, "PR_TASK_PERF_EVENTS_DISABLE"), (0x20, "PR_TASK_PERF_EVENTS_ENABLE"),
    (0x21, "PR_MCE_KILL"), (0x22, "PR_MCE_KILL_GET"), (0x23, "PR_SET_MM"), (0x24, "PR_SET_CHILD_SUBREAPER"),
    (0x25, "PR_GET_CHILD_SUBREAPER"), (0x26, "PR_SET_NO_NEW_PRIVS"), (0x27, "PR_GET_NO_NEW_PRIVS"),
    (0x28, "PR_GET_TID_ADDRESS"), (0x29, "PR_SET_THP_DISABLE"), (0x2a, "PR_GET_THP_DISABLE"), (0x2d, "PR_SET_FP_MODE"),
    (0x2e, "PR_GET_FP_MODE"), (0x2f, "PR_CAP_AMBIENT"), (0x32, "PR_SVE_SET_VL"), (0x33, "PR_SVE_GET_VL"),
    (0x34, "PR_GET_SPECULATION_CTRL"), (0x35, "PR_SET_SPECULATION_CTRL"), (0x36, "PR_PAC_RESET_KEYS"),
    (0x37, "PR_SET_TAGGED_ADDR_CTRL"), (0x38, "PR_GET_TAGGED_ADDR_CTRL"), (0x39, "PR_SET_IO_FLUSHER"),
    (0x3a, "PR_GET_IO_FLUSHER"), (0x3b, "PR_SET_SYSCALL_USER_DISPATCH"), (0x3c, "PR_PAC_SET_ENABLED_KEYS"),
    (0x3d, "PR_PAC_GET_ENABLED_KEYS"), (0x3e, "PR_SCHED_CORE"), (0x53564d41, "PR_SET_VMA"), (0x59616d61, "PR_SET_PTRACER"),
]);
/// getrandom(2)
#[rustfmt::skip]
pub static GETRANDOM: Set = Set::new("GRND_???", &[
    (1, "GRND_NONBLOCK"), (2, "GRND_RANDOM"), (4, "GRND_INSECURE"),
]);
/// seccomp(2)
#[rustfmt::skip]
pub static SECCOMP_OPS: Set = Set::new("SECCOMP_SET_MODE_???", &[
    (0, "SECCOMP_SET_MODE_STRICT"), (1, "SECCOMP_SET_MODE_FILTER"), (2, "SECCOMP_GET_ACTION_AVAIL"),
    (3, "SECCOMP_GET_NOTIF_SIZES"),
]);
/// rseq(2)
#[rustfmt::skip]
pub static RSEQ_FLAGS: Set = Set::new("RSEQ_FLAG_???", &[
    (1, "RSEQ_FLAG_UNREGISTER"),
]);
/// ptrace(2)
#[rustfmt::skip]
pub static PTRACE: Set = Set::new("PTRACE_???", &[
    (0, "PTRACE_TRACEME"), (1, "PTRACE_PEEKTEXT"), (2, "PTRACE_PEEKDATA"), (3, "PTRACE_PEEKUSER"), (4, "PTRACE_POKETEXT"),
    (5, "PTRACE_POKEDATA"), (6, "PTRACE_POKEUSER"), (7, "PTRACE_CONT"), (8, "PTRACE_KILL"), (9, "PTRACE_SINGLESTEP"),
    (0xc, "PTRACE_GETREGS"), (0xd, "PTRACE_SETREGS"), (0xe, "PTRACE_GETFPREGS"), (0xf, "PTRACE_SETFPREGS"),
    (0x10, "PTRACE_ATTACH"), (0x11, "PTRACE_DETACH"), (0x18, "PTRACE_SYSCALL"), (0x1e, "PTRACE_ARCH_PRCTL"),
    (0x1f, "PTRACE_SYSEMU"), (0x20, "PTRACE_SYSEMU_SINGLESTEP"), (0x21, "PTRACE_SINGLEBLOCK"),
    (0x4200, "PTRACE_SETOPTIONS"), (0x4201, "PTRACE_GETEVENTMSG"), (0x4202, "PTRACE_GETSIGINFO"),
    (0x4203, "PTRACE_SETSIGINFO"), (0x4204, "PTRACE_GETREGSET"), (0x4205, "PTRACE_SETREGSET"), (0x4206, "PTRACE_SEIZE"),
    (0x4207, "PTRACE_INTERRUPT"), (0x4208, "PTRACE_LISTEN"), (0x4209, "PTRACE_PEEKSIGINFO"), (0x420a, "PTRACE_GETSIGMASK"),
    (0x420b, "PTRACE_SETSIGMASK"), (0x420c, "PTRACE_SECCOMP_GET_FILTER"), (0x420e, "PTRACE_GET_SYSCALL_INFO"),
]);
/// personality(2)
#[rustfmt::skip]
pub static PERSONALITIES: Set = Set::new("PER_???", &[
    (0, "PER_LINUX"), (8, "PER_LINUX32"),
]);
/// personality(2)
#[rustfmt::skip]
pub static PERSONALITY_FLAGS: Set = Set::new("0x", &[
    (0x20000, "UNAME26"), (0x40000, "ADDR_NO_RANDOMIZE"), (0x80000, "FDPIC_FUNCPTRS"), (0x100000, "MMAP_PAGE_ZERO"),
    (0x200000, "ADDR_COMPAT_LAYOUT"), (0x400000, "READ_IMPLIES_EXEC"), (0x800000, "ADDR_LIMIT_32BIT"),
    (0x1000000, "SHORT_INODE"), (0x2000000, "WHOLE_SECONDS"), (0x4000000, "STICKY_TIMEOUTS"), (0x8000000, "ADDR_LIMIT_3GB"),
]);
/// shmget(2)
#[rustfmt::skip]
pub static IPC_FLAGS: Set = Set::new("IPC_???", &[
    (0x200, "IPC_CREAT"), (0x400, "IPC_EXCL"), (0x800, "IPC_NOWAIT"),
]);
/// shmat(2)
#[rustfmt::skip]
pub static SHM_FLAGS: Set = Set::new("SHM_???", &[
    (0x1000, "SHM_RDONLY"), (0x2000, "SHM_RND"), (0x4000, "SHM_REMAP"), (0x8000, "SHM_EXEC"),
]);
/// shmctl(2)
#[rustfmt::skip]
pub static IPC_COMMANDS: Set = Set::new("IPC_???", &[
    (0, "IPC_RMID"), (1, "IPC_SET"), (2, "IPC_STAT"), (3, "IPC_INFO"),
]);
/// kcmp(2)
#[rustfmt::skip]
pub static KCMP: Set = Set::new("KCMP_???", &[
    (0, "KCMP_FILE"), (1, "KCMP_VM"), (2, "KCMP_FILES"), (3, "KCMP_FS"), (4, "KCMP_SIGHAND"), (5, "KCMP_IO"),
    (6, "KCMP_SYSVSEM"), (7, "KCMP_EPOLL_TFD"),
]);
/// init_module(2)
#[rustfmt::skip]
pub static MODULE_FLAGS: Set = Set::new("MODULE_INIT_???", &[
    (1, "MODULE_INIT_IGNORE_MODVERSIONS"), (2, "MODULE_INIT_IGNORE_VERMAGIC"), (4, "MODULE_INIT_COMPRESSED_FILE"),
]);
/// pidfd_open(2)
#[rustfmt::skip]
pub static PIDFD_OPEN: Set = Set::new("PIDFD_???", &[
    (0x800, "PIDFD_NONBLOCK"),
]);
