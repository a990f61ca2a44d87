//! What /proc/PID says (proc(5)).

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::base::{AddrRange, Error, Mapping, MemoryMap, Perms, Result, Tid, VirtAddr};

fn read(tid: Tid, file: &str) -> Result<Vec<u8>> {
    let path = format!("/proc/{tid}/{file}");
    fs::read(&path).map_err(|e| Error::io(path, &e))
}

fn read_text(tid: Tid, file: &str) -> Result<String> {
    Ok(String::from_utf8_lossy(&read(tid, file)?).into_owned())
}

/// The mappings.
pub fn maps(pid: Tid) -> Result<MemoryMap> {
    Ok(parse_maps(&read_text(pid, "maps")?))
}

/// /proc/PID/maps as text gives it; rows that make no sense are left out.
pub fn parse_maps(text: &str) -> MemoryMap {
    MemoryMap { mappings: text.lines().filter_map(parse_row).collect() }
}

fn parse_row(row: &str) -> Option<Mapping> {
    // Fields are separated by one blank; the name comes after padding and may itself hold blanks.
    let mut fields = row.splitn(6, ' ');
    let (start, end) = fields.next()?.split_once('-')?;
    let hex = |s: &str| u64::from_str_radix(s, 16).ok();
    let range = AddrRange::new(VirtAddr(hex(start)?), VirtAddr(hex(end)?));
    let letters = fields.next()?.as_bytes();
    let has = |i: usize, c: u8| letters.get(i) == Some(&c);
    let perms = Perms { read: has(0, b'r'), write: has(1, b'w'), exec: has(2, b'x'), shared: has(3, b's') };
    let offset = hex(fields.next()?)?;
    let (major, minor) = fields.next()?.split_once(':')?;
    let device = (hex(major)? as u32, hex(minor)? as u32);
    let inode = fields.next()?.parse().ok()?;
    // The kernel writes a newline in a path as \012.
    let name = fields.next().unwrap_or_default().trim_start().replace("\\012", "\n");
    Some(Mapping { range, perms, offset, device, inode, name })
}

/// The auxiliary vector as the kernel wrote it.
pub fn auxv(pid: Tid) -> Result<Vec<u8>> {
    read(pid, "auxv")
}

/// The path of the executable, as the process sees it.
pub fn exe(pid: Tid) -> Result<PathBuf> {
    link(pid, "exe")
}

/// The working directory, as the process sees it.
pub fn cwd(pid: Tid) -> Result<PathBuf> {
    link(pid, "cwd")
}

fn link(pid: Tid, file: &str) -> Result<PathBuf> {
    let path = format!("/proc/{pid}/{file}");
    fs::read_link(&path).map_err(|e| Error::io(path, &e))
}

/// Where rdbg finds a file that the process sees as `path`: through /proc/PID/root only where that is another root, or its root in
/// another mount namespace. Its program is found also where the kernel's name for it leads nowhere.
///
/// *Folklore*: of a program in another namespace, /proc/PID/exe tells the path from that namespace's root, even if the process has
/// yet another (`unshare -m chroot`); of one that was deleted or replaced, a name with " (deleted)". The link itself can be opened.
pub fn seen_by(pid: Tid, path: &Path) -> PathBuf {
    let root = format!("/proc/{pid}/root");
    let own_namespace = fs::read_link("/proc/self/ns/mnt").ok();
    let is_elsewhere = fs::read_link(&root).is_ok_and(|r| r != Path::new("/"))
        || fs::read_link(format!("/proc/{pid}/ns/mnt")).is_ok_and(|n| Some(n) != own_namespace);
    let there = match is_elsewhere {
        true => Path::new(&root).join(path.strip_prefix("/").unwrap_or(path)),
        false => path.to_owned(),
    };
    let program = PathBuf::from(format!("/proc/{pid}/exe"));
    if !exe(pid).is_ok_and(|exe| exe == path) || is_same_file(&there, &program) {
        there
    } else if is_same_file(path, &program) {
        path.to_owned()
    } else {
        program
    }
}

fn is_same_file(a: &Path, b: &Path) -> bool {
    let identity = |path: &Path| fs::metadata(path).ok().map(|m| (m.dev(), m.ino()));
    identity(a).is_some_and(|id| identity(b) == Some(id))
}

/// The arguments, each without its NUL.
pub fn cmdline(pid: Tid) -> Result<Vec<Vec<u8>>> {
    Ok(split_nul(&read(pid, "cmdline")?))
}

/// The environment as the kernel set it up, each without its NUL.
pub fn environ(pid: Tid) -> Result<Vec<Vec<u8>>> {
    Ok(split_nul(&read(pid, "environ")?))
}

fn split_nul(bytes: &[u8]) -> Vec<Vec<u8>> {
    let bytes = bytes.strip_suffix(b"\0").unwrap_or(bytes);
    if bytes.is_empty() { Vec::new() } else { bytes.split(|b| *b == 0).map(<[u8]>::to_vec).collect() }
}

/// The open file descriptors, in order, with what each leads to.
pub fn descriptors(pid: Tid) -> Result<Vec<(u32, PathBuf)>> {
    let path = format!("/proc/{pid}/fd");
    let entries = fs::read_dir(&path).map_err(|e| Error::io(path, &e))?;
    let of = |e: fs::DirEntry| Some((e.file_name().to_str()?.parse().ok()?, fs::read_link(e.path()).unwrap_or_default()));
    let mut all: Vec<(u32, PathBuf)> = entries.flatten().filter_map(of).collect();
    all.sort();
    Ok(all)
}

/// The offset at which an open descriptor reads or writes next; `None` where it leads to no file or directory (a pipe, a terminal).
pub fn file_offset(pid: Tid, fd: u32) -> Option<u64> {
    let kind = fs::metadata(format!("/proc/{pid}/fd/{fd}")).ok()?.file_type();
    let text = read_text(pid, &format!("fdinfo/{fd}")).ok().filter(|_| kind.is_file() || kind.is_dir())?;
    text.lines().find_map(|l| l.strip_prefix("pos:"))?.trim().parse().ok()
}

/// Whether a descriptor leads to the file that one of this process's own standard streams leads to.
pub fn is_own_stream(pid: Tid, fd: u32) -> bool {
    use std::os::unix::fs::MetadataExt;
    let file = |path: String| fs::metadata(path).ok().map(|m| (m.dev(), m.ino()));
    let there = file(format!("/proc/{pid}/fd/{fd}"));
    there.is_some() && (0..3).any(|own| file(format!("/proc/self/fd/{own}")) == there)
}

/// A whole text file of /proc/PID, as `status` or `limits`.
pub fn text(pid: Tid, file: &str) -> Result<String> {
    read_text(pid, file)
}

/// What an open descriptor leads to: an absolute path, or `socket:[7]` and its like; ` (deleted)` is kept.
pub fn open_file(pid: Tid, fd: i32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/fd/{fd}")).ok()
}

/// The thread ids, the leader's first where it lives.
pub fn threads(pid: Tid) -> Result<Vec<Tid>> {
    let path = format!("/proc/{pid}/task");
    let entries = fs::read_dir(&path).map_err(|e| Error::io(path, &e))?;
    let mut tids: Vec<Tid> = entries.flatten().filter_map(|e| e.file_name().to_str()?.parse().ok().map(Tid)).collect();
    tids.sort();
    Ok(tids)
}

/// The name of a thread (`comm`), at most 15 bytes.
pub fn thread_name(tid: Tid) -> Option<String> {
    Some(read_text(tid, "comm").ok()?.trim_end_matches('\n').to_owned())
}

/// The fields of /proc/TID/stat from the third (`state`) on. The second may hold anything, blanks and parentheses too.
fn stat(tid: Tid) -> Option<String> {
    let text = read_text(tid, "stat").ok()?;
    Some(behind_name(&text)?.to_owned())
}

/// The fields of such a text from the third on.
pub(super) fn behind_name(stat: &str) -> Option<&str> {
    Some(stat.rsplit_once(')')?.1.trim_start())
}

/// The state letter: `R`, `S`, `t`, `Z`, ...
pub fn state(tid: Tid) -> Option<char> {
    stat(tid)?.chars().next()
}

/// The pc and the stack pointer of a thread that waits in a system call (proc_pid_syscall(5)); `None` of one that runs.
pub fn waits_at(tid: Tid) -> Option<(u64, u64)> {
    let text = read_text(tid, "syscall").ok()?;
    let mut words = text.split_whitespace().rev().map(|w| u64::from_str_radix(w.strip_prefix("0x")?, 16).ok());
    let (pc, sp) = (words.next()??, words.next()??);
    Some((pc, sp))
}

/// All numbers of /proc/TID/stat from the fourth field (`ppid`) on; 0 for what is none.
pub fn stat_numbers(tid: Tid) -> Option<Vec<i64>> {
    Some(stat(tid)?.split_whitespace().skip(1).map(|n| n.parse().unwrap_or(0)).collect())
}

/// A set of signals in /proc/TID/status, as `SigPnd`, `SigBlk` and `SigCgt`: bit 0 is signal 1.
pub fn signal_set(tid: Tid, key: &str) -> Option<u64> {
    u64::from_str_radix(&status_field(tid, key)?, 16).ok()
}

/// What of a process's memory belongs in a core file (core(5) `coredump_filter`).
pub fn coredump_filter(pid: Tid) -> Option<u64> {
    u64::from_str_radix(read_text(pid, "coredump_filter").ok()?.trim(), 16).ok()
}

/// The core on which the thread ran last (field 39 of stat).
pub fn last_core(tid: Tid) -> Option<usize> {
    stat(tid)?.split(' ').nth(39 - 3)?.parse().ok()
}

/// A number of /proc/PID/status, as `TracerPid`, `Uid` (the real one), `Tgid`.
pub fn status_number(pid: Tid, key: &str) -> Option<i64> {
    status_field(pid, key)?.split_whitespace().next()?.parse().ok()
}

/// What stands behind a name in /proc/PID/status.
fn status_field(pid: Tid, key: &str) -> Option<String> {
    let text = read_text(pid, "status").ok()?;
    text.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix(':')).map(|rest| rest.trim().to_owned())
}

/// The processes that the calling thread traces.
pub fn traced_by_this_thread() -> Vec<Tid> {
    let own = i64::from(nix::unistd::gettid().as_raw());
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|e| e.file_name().to_str()?.parse().ok().map(Tid));
    pids.filter(|pid| status_number(*pid, "TracerPid") == Some(own)).collect()
}

/// Yama's ptrace_scope (0 to 3); `None` on kernels without Yama.
pub fn yama_scope() -> Option<u8> {
    fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").ok()?.trim().parse().ok()
}

/// The real user id of this process.
pub fn own_uid() -> u32 {
    nix::unistd::getuid().as_raw()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_maps_with_a_blank_in_its_name() {
        let map = parse_maps(
            "7ffff7dd5000-7ffff7dfb000 r-xp 0001c000 fd:01 1234                       /tmp/a b (deleted)\n\
             7fffffffe000-7ffffffff000 rw-s 00000000 00:00 0\ngarbage\n",
        );
        assert_eq!(map.mappings.len(), 2);
        assert_eq!(map.mappings[0].name, "/tmp/a b (deleted)");
        assert_eq!(map.mappings[0].offset, 0x1c000);
        assert_eq!(map.mappings[0].perms.to_string(), "r-xp");
        assert_eq!(map.mappings[1].perms.to_string(), "rw-s");
        assert!(map.at(VirtAddr(0x7ffff7dd5000)).is_some());
        assert!(map.at(VirtAddr(0x7ffff7dfb000)).is_none());
    }

    #[test]
    fn this_process_is_in_proc() {
        let own = Tid(std::process::id() as i32);
        assert_eq!(exe(own).unwrap(), std::env::current_exe().unwrap());
        assert!(maps(own).unwrap().mappings.iter().any(|m| m.name == "[stack]"));
        assert!(last_core(own).is_some());
        assert!(threads(own).unwrap().contains(&own));
        assert_eq!(status_number(own, "Tgid"), Some(own.0.into()));
    }
}
