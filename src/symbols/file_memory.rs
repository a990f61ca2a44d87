//! Memory before there is a process: what the files say.

use super::modules::Modules;
use crate::base::{Memory, Result, VirtAddr};

impl Memory for Modules {
    fn read_partial(&self, at: VirtAddr, buf: &mut [u8]) -> Result<usize> {
        let mut done = 0;
        while let Some(rest) = buf.get_mut(done..).filter(|r| !r.is_empty()) {
            let addr = at + done as u64;
            let Some(bytes) = self.at(addr).and_then(|m| m.image().read_from(m.to_file(addr))) else { break };
            let n = bytes.len().min(rest.len());
            if n == 0 {
                break;
            }
            for (to, from) in rest.iter_mut().zip(bytes) {
                *to = *from;
            }
            done += n;
        }
        Ok(done)
    }
}
