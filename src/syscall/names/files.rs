//! Flags and values of calls about files, by name, in the order in which strace lists them (asm/*.h, linux/*.h).

use crate::syscall::set::Set;

/// open(2)
#[rustfmt::skip]
pub static OPEN_FLAGS: Set = Set::new("O_???", &[
    (0x40, "O_CREAT"), (0x80, "O_EXCL"), (0x100, "O_NOCTTY"), (0x200, "O_TRUNC"), (0x400, "O_APPEND"),
    (0x800, "O_NONBLOCK"), (0x101000, "O_SYNC"), (0x1000, "O_DSYNC"), (0x2000, "O_ASYNC"), (0x4000, "O_DIRECT"),
    (0x8000, "O_LARGEFILE"), (0x20000, "O_NOFOLLOW"), (0x40000, "O_NOATIME"), (0x80000, "O_CLOEXEC"), (0x200000, "O_PATH"),
    (0x410000, "O_TMPFILE"), (0x10000, "O_DIRECTORY"),
]);
/// open(2)
#[rustfmt::skip]
pub static OPEN_ACCESS: Set = Set::new("O_???", &[
    (0, "O_RDONLY"), (1, "O_WRONLY"), (2, "O_RDWR"), (3, "O_ACCMODE"),
]);
/// access(2)
#[rustfmt::skip]
pub static ACCESS: Set = Set::new("?_OK", &[
    (0, "F_OK"), (4, "R_OK"), (2, "W_OK"), (1, "X_OK"),
]);
/// newfstatat(2)
#[rustfmt::skip]
pub static AT_FLAGS: Set = Set::new("AT_???", &[
    (0x100, "AT_SYMLINK_NOFOLLOW"), (0x200, "AT_REMOVEDIR"), (0x400, "AT_SYMLINK_FOLLOW"), (0x800, "AT_NO_AUTOMOUNT"),
    (0x1000, "AT_EMPTY_PATH"), (0x8000, "AT_RECURSIVE"),
]);
/// unlinkat(2)
#[rustfmt::skip]
pub static UNLINK_FLAGS: Set = Set::new("AT_???", &[
    (0x200, "AT_REMOVEDIR"),
]);
/// faccessat(2)
#[rustfmt::skip]
pub static FACCESS_FLAGS: Set = Set::new("AT_???", &[
    (0x100, "AT_SYMLINK_NOFOLLOW"), (0x200, "AT_EACCESS"), (0x1000, "AT_EMPTY_PATH"),
]);
/// statx(2)
#[rustfmt::skip]
pub static STATX_SYNC: Set = Set::new("AT_STATX_???", &[
    (0, "AT_STATX_SYNC_AS_STAT"), (0x2000, "AT_STATX_FORCE_SYNC"), (0x4000, "AT_STATX_DONT_SYNC"),
]);
/// statx(2)
#[rustfmt::skip]
pub static STATX_MASK: Set = Set::new("STATX_???", &[
    (0xfff, "STATX_ALL"), (0x7ff, "STATX_BASIC_STATS"), (1, "STATX_TYPE"), (2, "STATX_MODE"), (4, "STATX_NLINK"),
    (8, "STATX_UID"), (0x10, "STATX_GID"), (0x20, "STATX_ATIME"), (0x40, "STATX_MTIME"), (0x80, "STATX_CTIME"),
    (0x100, "STATX_INO"), (0x200, "STATX_SIZE"), (0x400, "STATX_BLOCKS"), (0x800, "STATX_BTIME"), (0x1000, "STATX_MNT_ID"),
    (0x2000, "STATX_DIOALIGN"),
]);
/// statx(2)
#[rustfmt::skip]
pub static STATX_ATTR: Set = Set::new("STATX_ATTR_???", &[
    (4, "STATX_ATTR_COMPRESSED"), (0x10, "STATX_ATTR_IMMUTABLE"), (0x20, "STATX_ATTR_APPEND"), (0x40, "STATX_ATTR_NODUMP"),
    (0x800, "STATX_ATTR_ENCRYPTED"), (0x1000, "STATX_ATTR_AUTOMOUNT"), (0x2000, "STATX_ATTR_MOUNT_ROOT"),
    (0x100000, "STATX_ATTR_VERITY"), (0x200000, "STATX_ATTR_DAX"),
]);
/// inode(7)
#[rustfmt::skip]
pub static FILE_TYPES: Set = Set::new("S_???", &[
    (0x8000, "S_IFREG"), (0xc000, "S_IFSOCK"), (0x1000, "S_IFIFO"), (0xa000, "S_IFLNK"), (0x4000, "S_IFDIR"),
    (0x6000, "S_IFBLK"), (0x2000, "S_IFCHR"),
]);
/// lseek(2)
#[rustfmt::skip]
pub static WHENCE: Set = Set::new("SEEK_???", &[
    (0, "SEEK_SET"), (1, "SEEK_CUR"), (2, "SEEK_END"), (3, "SEEK_DATA"), (4, "SEEK_HOLE"),
]);
/// fcntl(2)
#[rustfmt::skip]
pub static FCNTL: Set = Set::new("F_???", &[
    (0, "F_DUPFD"), (1, "F_GETFD"), (2, "F_SETFD"), (3, "F_GETFL"), (4, "F_SETFL"), (5, "F_GETLK"), (6, "F_SETLK"),
    (7, "F_SETLKW"), (8, "F_SETOWN"), (9, "F_GETOWN"), (0xa, "F_SETSIG"), (0xb, "F_GETSIG"), (0xf, "F_SETOWN_EX"),
    (0x10, "F_GETOWN_EX"), (0x11, "F_GETOWNER_UIDS"), (0x24, "F_OFD_GETLK"), (0x25, "F_OFD_SETLK"), (0x26, "F_OFD_SETLKW"),
    (0x400, "F_SETLEASE"), (0x401, "F_GETLEASE"), (0x402, "F_NOTIFY"), (0x406, "F_DUPFD_CLOEXEC"), (0x405, "F_CANCELLK"),
    (0x407, "F_SETPIPE_SZ"), (0x408, "F_GETPIPE_SZ"), (0x409, "F_ADD_SEALS"), (0x40a, "F_GET_SEALS"),
    (0x40b, "F_GET_RW_HINT"), (0x40c, "F_SET_RW_HINT"), (0x40d, "F_GET_FILE_RW_HINT"), (0x40e, "F_SET_FILE_RW_HINT"),
]);
/// fcntl(2)
#[rustfmt::skip]
pub static FD_FLAGS: Set = Set::new("FD_???", &[
    (1, "FD_CLOEXEC"),
]);
/// fcntl(2)
#[rustfmt::skip]
pub static LOCK_TYPES: Set = Set::new("F_???", &[
    (0, "F_RDLCK"), (1, "F_WRLCK"), (2, "F_UNLCK"), (4, "F_EXLCK"), (8, "F_SHLCK"),
]);
/// fcntl(2)
#[rustfmt::skip]
pub static SEALS: Set = Set::new("F_SEAL_???", &[
    (1, "F_SEAL_SEAL"), (2, "F_SEAL_SHRINK"), (4, "F_SEAL_GROW"), (8, "F_SEAL_WRITE"), (0x10, "F_SEAL_FUTURE_WRITE"),
]);
/// flock(2)
#[rustfmt::skip]
pub static FLOCK: Set = Set::new("LOCK_???", &[
    (1, "LOCK_SH"), (2, "LOCK_EX"), (8, "LOCK_UN"), (4, "LOCK_NB"),
]);
/// pipe2(2)
#[rustfmt::skip]
pub static PIPE_FLAGS: Set = Set::new("O_???", &[
    (0x800, "O_NONBLOCK"), (0x4000, "O_DIRECT"), (0x80000, "O_CLOEXEC"),
]);
/// dup(2)
#[rustfmt::skip]
pub static DUP3_FLAGS: Set = Set::new("O_???", &[
    (0x80000, "O_CLOEXEC"),
]);
/// eventfd(2)
#[rustfmt::skip]
pub static EVENTFD: Set = Set::new("EFD_???", &[
    (1, "EFD_SEMAPHORE"), (0x80000, "EFD_CLOEXEC"), (0x800, "EFD_NONBLOCK"),
]);
/// epoll_create1(2)
#[rustfmt::skip]
pub static EPOLL_CREATE: Set = Set::new("EPOLL_???", &[
    (0x80000, "EPOLL_CLOEXEC"),
]);
/// epoll_ctl(2)
#[rustfmt::skip]
pub static EPOLL_OPS: Set = Set::new("EPOLL_CTL_???", &[
    (1, "EPOLL_CTL_ADD"), (2, "EPOLL_CTL_DEL"), (3, "EPOLL_CTL_MOD"),
]);
/// epoll_ctl(2)
#[rustfmt::skip]
pub static EPOLL_EVENTS: Set = Set::new("EPOLL???", &[
    (1, "EPOLLIN"), (2, "EPOLLPRI"), (4, "EPOLLOUT"), (0x40, "EPOLLRDNORM"), (0x80, "EPOLLRDBAND"), (0x100, "EPOLLWRNORM"),
    (0x200, "EPOLLWRBAND"), (0x400, "EPOLLMSG"), (8, "EPOLLERR"), (0x10, "EPOLLHUP"), (0x2000, "EPOLLRDHUP"),
    (0x10000000, "EPOLLEXCLUSIVE"), (0x20000000, "EPOLLWAKEUP"), (0x40000000, "EPOLLONESHOT"), (0x80000000, "EPOLLET"),
]);
/// poll(2)
#[rustfmt::skip]
pub static POLL_EVENTS: Set = Set::new("POLL???", &[
    (1, "POLLIN"), (2, "POLLPRI"), (4, "POLLOUT"), (0x40, "POLLRDNORM"), (0x100, "POLLWRNORM"), (0x80, "POLLRDBAND"),
    (0x200, "POLLWRBAND"), (8, "POLLERR"), (0x10, "POLLHUP"), (0x20, "POLLNVAL"), (0x400, "POLLMSG"),
    (0x1000, "POLLREMOVE"), (0x2000, "POLLRDHUP"),
]);
/// inotify_init1(2)
#[rustfmt::skip]
pub static INOTIFY_INIT: Set = Set::new("IN_???", &[
    (0x80000, "IN_CLOEXEC"), (0x800, "IN_NONBLOCK"),
]);
/// inotify(7)
#[rustfmt::skip]
pub static INOTIFY_MASK: Set = Set::new("IN_???", &[
    (1, "IN_ACCESS"), (2, "IN_MODIFY"), (4, "IN_ATTRIB"), (8, "IN_CLOSE_WRITE"), (0x10, "IN_CLOSE_NOWRITE"),
    (0x20, "IN_OPEN"), (0x40, "IN_MOVED_FROM"), (0x80, "IN_MOVED_TO"), (0x100, "IN_CREATE"), (0x200, "IN_DELETE"),
    (0x400, "IN_DELETE_SELF"), (0x800, "IN_MOVE_SELF"), (0x2000, "IN_UNMOUNT"), (0x4000, "IN_Q_OVERFLOW"),
    (0x8000, "IN_IGNORED"), (0x1000000, "IN_ONLYDIR"), (0x2000000, "IN_DONT_FOLLOW"), (0x4000000, "IN_EXCL_UNLINK"),
    (0x10000000, "IN_MASK_CREATE"), (0x20000000, "IN_MASK_ADD"), (0x40000000, "IN_ISDIR"), (0x80000000, "IN_ONESHOT"),
]);
/// signalfd(2)
#[rustfmt::skip]
pub static SIGNALFD: Set = Set::new("SFD_???", &[
    (0x80000, "SFD_CLOEXEC"), (0x800, "SFD_NONBLOCK"),
]);
/// timerfd_create(2)
#[rustfmt::skip]
pub static TIMERFD_CREATE: Set = Set::new("TFD_???", &[
    (0x80000, "TFD_CLOEXEC"), (0x800, "TFD_NONBLOCK"),
]);
/// timerfd_settime(2)
#[rustfmt::skip]
pub static TIMERFD_SETTIME: Set = Set::new("TFD_???", &[
    (1, "TFD_TIMER_ABSTIME"), (2, "TFD_TIMER_CANCEL_ON_SET"),
]);
/// posix_fadvise(2)
#[rustfmt::skip]
pub static FADVISE: Set = Set::new("POSIX_FADV_???", &[
    (0, "POSIX_FADV_NORMAL"), (1, "POSIX_FADV_RANDOM"), (2, "POSIX_FADV_SEQUENTIAL"), (3, "POSIX_FADV_WILLNEED"),
    (4, "POSIX_FADV_DONTNEED"), (5, "POSIX_FADV_NOREUSE"),
]);
/// fallocate(2)
#[rustfmt::skip]
pub static FALLOCATE: Set = Set::new("FALLOC_FL_???", &[
    (1, "FALLOC_FL_KEEP_SIZE"), (2, "FALLOC_FL_PUNCH_HOLE"), (4, "FALLOC_FL_NO_HIDE_STALE"),
    (8, "FALLOC_FL_COLLAPSE_RANGE"), (0x10, "FALLOC_FL_ZERO_RANGE"), (0x20, "FALLOC_FL_INSERT_RANGE"),
    (0x40, "FALLOC_FL_UNSHARE_RANGE"),
]);
/// rename(2)
#[rustfmt::skip]
pub static RENAME_FLAGS: Set = Set::new("RENAME_???", &[
    (1, "RENAME_NOREPLACE"), (2, "RENAME_EXCHANGE"), (4, "RENAME_WHITEOUT"),
]);
/// splice(2)
#[rustfmt::skip]
pub static SPLICE_FLAGS: Set = Set::new("SPLICE_F_???", &[
    (1, "SPLICE_F_MOVE"), (2, "SPLICE_F_NONBLOCK"), (4, "SPLICE_F_MORE"), (8, "SPLICE_F_GIFT"),
]);
/// setxattr(2)
#[rustfmt::skip]
pub static XATTR_FLAGS: Set = Set::new("XATTR_???", &[
    (1, "XATTR_CREATE"), (2, "XATTR_REPLACE"),
]);
/// statfs(2)
#[rustfmt::skip]
pub static ST_FLAGS: Set = Set::new("ST_???", &[
    (0x20, "ST_VALID"), (1, "ST_RDONLY"), (2, "ST_NOSUID"), (4, "ST_NODEV"), (8, "ST_NOEXEC"), (0x10, "ST_SYNCHRONOUS"),
    (0x40, "ST_MANDLOCK"), (0x400, "ST_NOATIME"), (0x800, "ST_NODIRATIME"), (0x1000, "ST_RELATIME"),
    (0x2000, "ST_NOSYMFOLLOW"),
]);
/// close_range(2)
#[rustfmt::skip]
pub static CLOSE_RANGE: Set = Set::new("CLOSE_RANGE_???", &[
    (2, "CLOSE_RANGE_UNSHARE"), (4, "CLOSE_RANGE_CLOEXEC"),
]);
/// statfs(2)
#[rustfmt::skip]
pub static FSTYPES: Set = Set::new("???", &[
    (0x9fa0, "PROC_SUPER_MAGIC"), (0x1021994, "TMPFS_MAGIC"), (0xef53, "EXT2_SUPER_MAGIC"), (0x62656572, "SYSFS_MAGIC"),
    (0xf97cff8c, "SELINUX_MAGIC"), (0x794c7630, "OVERLAYFS_SUPER_MAGIC"), (0x9123683e, "BTRFS_SUPER_MAGIC"),
    (0x58465342, "XFS_SUPER_MAGIC"), (0x6969, "NFS_SUPER_MAGIC"), (0x65735546, "FUSE_SUPER_MAGIC"),
    (0x1cd1, "DEVPTS_SUPER_MAGIC"), (0x27e0eb, "CGROUP_SUPER_MAGIC"), (0x63677270, "CGROUP2_SUPER_MAGIC"),
    (0x858458f6, "RAMFS_MAGIC"), (0x73717368, "SQUASHFS_MAGIC"), (0x50495045, "PIPEFS_MAGIC"), (0x534f434b, "SOCKFS_MAGIC"),
    (0x64626720, "DEBUGFS_MAGIC"), (0x958458f6, "HUGETLBFS_MAGIC"),
]);
/// mount(2)
#[rustfmt::skip]
pub static MOUNT_FLAGS: Set = Set::new("MS_???", &[
    (1, "MS_RDONLY"), (2, "MS_NOSUID"), (4, "MS_NODEV"), (8, "MS_NOEXEC"), (0x10, "MS_SYNCHRONOUS"), (0x20, "MS_REMOUNT"),
    (0x40, "MS_MANDLOCK"), (0x80, "MS_DIRSYNC"), (0x400, "MS_NOATIME"), (0x800, "MS_NODIRATIME"), (0x1000, "MS_BIND"),
    (0x2000, "MS_MOVE"), (0x4000, "MS_REC"), (0x8000, "MS_SILENT"), (0x10000, "MS_POSIXACL"), (0x20000, "MS_UNBINDABLE"),
    (0x40000, "MS_PRIVATE"), (0x80000, "MS_SLAVE"), (0x100000, "MS_SHARED"), (0x200000, "MS_RELATIME"),
    (0x400000, "MS_KERNMOUNT"), (0x800000, "MS_I_VERSION"), (0x1000000, "MS_STRICTATIME"), (0x2000000, "MS_LAZYTIME"),
]);
/// umount(2)
#[rustfmt::skip]
pub static UMOUNT_FLAGS: Set = Set::new("MNT_???", &[
    (1, "MNT_FORCE"), (2, "MNT_DETACH"), (4, "MNT_EXPIRE"), (8, "UMOUNT_NOFOLLOW"),
]);
/// sync_file_range(2)
#[rustfmt::skip]
pub static SYNC_RANGE: Set = Set::new("SYNC_FILE_RANGE_???", &[
    (1, "SYNC_FILE_RANGE_WAIT_BEFORE"), (2, "SYNC_FILE_RANGE_WRITE"), (4, "SYNC_FILE_RANGE_WAIT_AFTER"),
]);
/// preadv2(2)
#[rustfmt::skip]
pub static PREADV2: Set = Set::new("RWF_???", &[
    (1, "RWF_HIPRI"), (2, "RWF_DSYNC"), (4, "RWF_SYNC"), (8, "RWF_NOWAIT"), (0x10, "RWF_APPEND"),
]);
/// openat2(2)
#[rustfmt::skip]
pub static RESOLVE: Set = Set::new("RESOLVE_???", &[
    (1, "RESOLVE_NO_XDEV"), (2, "RESOLVE_NO_MAGICLINKS"), (4, "RESOLVE_NO_SYMLINKS"), (8, "RESOLVE_BENEATH"),
    (0x10, "RESOLVE_IN_ROOT"), (0x20, "RESOLVE_CACHED"),
]);
