//! Memory as something that can be read: a process, a core file, or bytes in a test.

use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::addr::VirtAddr;
use super::error::{Error, Result};

/// Bytes as the program sees them. Breakpoint bytes that rdbg planted are hidden below this line.
pub trait Memory {
    /// Reads from `at` into `buf` and stops at the first address that cannot be read; the number of bytes read.
    fn read_partial(&self, at: VirtAddr, buf: &mut [u8]) -> Result<usize>;

    /// Reads the whole of `buf`, or fails with [`Error::Fault`] at the first address that cannot be read.
    fn read(&self, at: VirtAddr, buf: &mut [u8]) -> Result<()> {
        let n = self.read_partial(at, buf)?;
        if n == buf.len() { Ok(()) } else { Err(Error::Fault { addr: at + n as u64 }) }
    }
}

/// The little-endian 64-bit word at `at`.
pub fn read_u64(memory: &dyn Memory, at: VirtAddr) -> Result<u64> {
    let mut word = [0; 8];
    memory.read(at, &mut word)?;
    Ok(u64::from_le_bytes(word))
}

/// `len` bytes from `at`. The caller bounds `len`.
pub fn read_vec(memory: &dyn Memory, at: VirtAddr, len: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    memory.read(at, &mut bytes)?;
    Ok(bytes)
}

/// The bytes of the C string at `at`, without its NUL, at most `limit` bytes (then cut there). A string that runs into
/// unreadable memory is a fault.
pub fn read_cstr(memory: &dyn Memory, at: VirtAddr, limit: usize) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut addr = at;
    while out.len() < limit {
        // Never across a page: the next one may not be mapped.
        let in_page = (PAGE - addr.0 % PAGE) as usize;
        let mut chunk = [0; 256];
        let want = in_page.min(chunk.len()).min(limit - out.len());
        let n = memory.read_partial(addr, chunk.get_mut(..want).unwrap_or_default())?;
        let got = chunk.get(..n).unwrap_or_default();
        if let Some(end) = memchr::memchr(0, got) {
            out.extend_from_slice(got.get(..end).unwrap_or_default());
            return Ok(out);
        }
        out.extend_from_slice(got);
        if n < want {
            return Err(Error::Fault { addr: addr + n as u64 });
        }
        addr = addr + n as u64;
    }
    Ok(out)
}

/// A piece of memory at a fixed address, for tests and for images that were read whole.
#[derive(Clone, Debug, Default)]
pub struct SliceMemory {
    /// The address of the first byte.
    pub start: VirtAddr,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Memory for SliceMemory {
    fn read_partial(&self, at: VirtAddr, buf: &mut [u8]) -> Result<usize> {
        let offset = usize::try_from(at.0.wrapping_sub(self.start.0)).unwrap_or(usize::MAX);
        let rest = self.bytes.get(offset..).unwrap_or_default();
        let n = rest.len().min(buf.len());
        for (to, from) in buf.iter_mut().zip(rest) {
            *to = *from;
        }
        Ok(n)
    }
}

/// How large a page is (System V ABI, AMD64 supplement, 3.3.1); larger ones are shown as so many of these.
pub const PAGE: u64 = 4096;

/// Where the page of an address begins.
pub fn page_down(n: u64) -> u64 {
    n & !(PAGE - 1)
}

/// Rounded up to whole pages; the highest number where there is no page behind.
pub fn page_up(n: u64) -> u64 {
    n.checked_next_multiple_of(PAGE).unwrap_or(u64::MAX)
}

/// Whole pages of a memory that were read, kept for as long as nothing runs and nothing writes: one stop at most.
#[derive(Debug, Default)]
pub struct Pages {
    /// A page's number and what could be read of it.
    known: RefCell<HashMap<u64, Box<[u8]>>>,
}

impl Pages {
    /// What [`Memory::read_partial`] of `below` does, reading each page once.
    pub fn read_partial(&self, below: &dyn Memory, at: VirtAddr, buf: &mut [u8]) -> Result<usize> {
        let mut known = self.known.borrow_mut();
        let mut done = 0;
        while done < buf.len() {
            let addr = at + done as u64;
            let number = addr.0 / PAGE;
            let page = match known.entry(number) {
                Entry::Occupied(e) => e.into_mut(),
                Entry::Vacant(e) => {
                    let mut page = vec![0; PAGE as usize];
                    let n = below.read_partial(VirtAddr(number * PAGE), &mut page)?;
                    page.truncate(n);
                    e.insert(page.into_boxed_slice())
                }
            };
            let rest = page.get((addr.0 % PAGE) as usize..).unwrap_or_default();
            let Some(to) = buf.get_mut(done..) else { break };
            let n = rest.len().min(to.len());
            if n == 0 {
                break;
            }
            if let (Some(to), Some(from)) = (to.get_mut(..n), rest.get(..n)) {
                to.copy_from_slice(from);
            }
            done += n;
        }
        Ok(done)
    }
}

/// Memory read through a cache of whole pages.
pub struct PageCache<'a> {
    below: &'a dyn Memory,
    pages: Pages,
}

impl<'a> PageCache<'a> {
    /// An empty cache over `below`.
    pub fn new(below: &'a dyn Memory) -> PageCache<'a> {
        PageCache { below, pages: Pages::default() }
    }
}

impl Memory for PageCache<'_> {
    fn read_partial(&self, at: VirtAddr, buf: &mut [u8]) -> Result<usize> {
        self.pages.read_partial(self.below, at, buf)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_read_is_a_fault_at_the_first_missing_byte() {
        let memory = SliceMemory { start: VirtAddr(0x1000), bytes: vec![1; 6] };
        let mut buf = [0; 8];
        assert_eq!(memory.read_partial(VirtAddr(0x1002), &mut buf).unwrap(), 4);
        let Err(Error::Fault { addr }) = memory.read(VirtAddr(0x1002), &mut buf) else { panic!("no fault") };
        assert_eq!(addr, VirtAddr(0x1006));
    }

    #[test]
    fn a_string_ends_at_its_nul_or_at_the_limit() {
        let memory = SliceMemory { start: VirtAddr(0x1000), bytes: b"hello\0rest".to_vec() };
        assert_eq!(read_cstr(&memory, VirtAddr(0x1000), 100).unwrap(), b"hello");
        assert_eq!(read_cstr(&memory, VirtAddr(0x1000), 3).unwrap(), b"hel");
        assert!(read_cstr(&memory, VirtAddr(0x1006), 100).is_err());
    }

    #[test]
    fn the_page_cache_reads_what_lies_below() {
        let bytes: Vec<u8> = (0..10000u32).map(|i| i as u8).collect();
        let memory = SliceMemory { start: VirtAddr(0x1000), bytes };
        let cache = PageCache::new(&memory);
        let mut buf = [0; 16];
        cache.read(VirtAddr(0x1ff8), &mut buf).unwrap();
        let mut plain = [0; 16];
        memory.read(VirtAddr(0x1ff8), &mut plain).unwrap();
        assert_eq!(buf, plain);
        assert_eq!(cache.read_partial(VirtAddr(0x1000 + 9996), &mut buf).unwrap(), 4);
    }
}
