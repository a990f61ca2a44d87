//! Strings in arrays and behind pointers.

use std::sync::Arc;

use crate::base::{Error, Memory, VirtAddr};
use crate::value::c_string::quoted_string;
use crate::value::printer::{MAX_STRING, Printer};
use crate::value::scalar::char_prefix;
use crate::value::types::Type;

impl Printer<'_> {
    /// The string at an address with its quotes, cut as the options say; where memory ends, the error in its place. `ty` is
    /// the type of a character.
    pub fn string_at(&self, addr: VirtAddr, ty: &Arc<Type>) -> String {
        let width = match ty.size {
            2 => 2,
            4 => 4,
            _ => 1,
        };
        let limit = self.options.elements.map_or(MAX_STRING, |n| n as usize).min(MAX_STRING);
        let (bytes, end) = read_string(self.memory, addr, width, limit);
        let text = |more| quoted_string(&bytes, width, char_prefix(ty), self.options, more);
        match end {
            StringEnd::Nul => text(false),
            StringEnd::Limit => text(true),
            StringEnd::Fault(at) => {
                let error = format!("<error: {}>", Error::Fault { addr: at });
                if bytes.is_empty() { error } else { text(false) + &error }
            }
        }
    }

    /// A string of `len` bytes at an address, with its quotes, cut as the options say.
    pub(in crate::value) fn text_at(&self, addr: VirtAddr, len: u64, ty: &Arc<Type>) -> String {
        let width = ty.stripped().size.clamp(1, 4);
        let shown = (len / width).min(self.options.elements.map_or(MAX_STRING as u64, u64::from)).min(MAX_STRING as u64);
        let mut bytes = vec![0; (shown * width) as usize];
        let got = self.memory.read_partial(addr, &mut bytes).unwrap_or(0);
        let fault = got < bytes.len();
        bytes.truncate(got);
        let more = !fault && shown < len / width;
        let text = quoted_string(&bytes, width as usize, char_prefix(ty), self.options, more);
        let error = || format!("<error: {}>", Error::Fault { addr: addr + got as u64 });
        match (fault, bytes.is_empty()) {
            (false, _) => text,
            (true, true) => error(),
            (true, false) => text + &error(),
        }
    }

    /// The characters of an array as a string: without the NUL at its very end, or up to the first one.
    pub(super) fn string_in(&self, bytes: &[u8], element: &Arc<Type>) -> String {
        let width = element.stripped().size as usize;
        let is_nul = |c: &[u8]| c.iter().all(|b| *b == 0);
        let count = bytes.len() / width;
        let mut end = count;
        if self.options.null_stop {
            end = bytes.chunks_exact(width).position(is_nul).unwrap_or(count);
        } else if bytes.chunks_exact(width).next_back().is_some_and(is_nul) {
            end -= 1;
        }
        quoted_string(&bytes[..end * width], width, char_prefix(element), self.options, false)
    }
}

/// How a string ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StringEnd {
    /// With its NUL.
    Nul,
    /// It goes on beyond the limit.
    Limit,
    /// Memory ended, at this address.
    Fault(VirtAddr),
}

/// Reads a string of characters of `width` 1, 2 or 4 bytes, at most `limit` of them, without its NUL. One that ends right
/// at the limit has ended.
pub fn read_string(memory: &dyn Memory, addr: VirtAddr, width: usize, limit: usize) -> (Vec<u8>, StringEnd) {
    let mut bytes = Vec::new();
    // One more than the limit, to see whether the string goes on there.
    let most = limit.saturating_add(1).saturating_mul(width);
    let mut checked = 0;
    loop {
        let from = addr + bytes.len() as u64;
        // Never across a page: the next one may not be mapped.
        let want = ((4096 - (from.0 & 4095)) as usize).min(most - bytes.len()).min(512);
        let mut chunk = [0; 512];
        let got = memory.read_partial(from, &mut chunk[..want]).unwrap_or(0);
        bytes.extend_from_slice(&chunk[..got]);
        while checked + width <= bytes.len() {
            if bytes[checked..checked + width].iter().all(|b| *b == 0) {
                bytes.truncate(checked);
                return (bytes, StringEnd::Nul);
            }
            checked += width;
        }
        if bytes.len() >= most {
            bytes.truncate(limit * width);
            return (bytes, StringEnd::Limit);
        }
        if got < want {
            bytes.truncate(checked.min(limit * width));
            // Whether it goes on behind the last character that is shown nobody knows: gdb says that it does not.
            let end = if checked == limit * width { StringEnd::Limit } else { StringEnd::Fault(addr + checked as u64) };
            return (bytes, end);
        }
    }
}
