//! Memory before there is a process: what the files say.

use super::modules::Modules;
use crate::base::{Memory, Result, VirtAddr};

impl Memory for Modules {
    fn read_partial(&self, at: VirtAddr, buf: &mut [u8]) -> Result<usize> {
        let mut done = 0;
        while let Some(rest) = buf.get_mut(done..).filter(|r| !r.is_empty()) {
            let addr = at + done as u64;
            let Some(module) = self.at(addr) else { break };
            let file = module.to_file(addr);
            let bytes = module.image().read_from(file).unwrap_or_default();
            let n = bytes.len().min(rest.len());
            for (to, from) in rest.iter_mut().zip(bytes) {
                *to = *from;
            }
            if n > 0 {
                done += n;
                continue;
            }
            // What the file leaves out of a segment is zero when the program starts: .bss.
            let Some(segment) = module.image().load_at(file) else { break };
            let left = segment.mem_size.saturating_sub(file.0.saturating_sub(segment.addr.0));
            let zeros = rest.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            if zeros == 0 {
                break;
            }
            rest.iter_mut().take(zeros).for_each(|b| *b = 0);
            done += zeros;
        }
        Ok(done)
    }
}
