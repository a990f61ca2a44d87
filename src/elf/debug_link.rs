//! What a stripped file says of its symbols: in which file they are, or that file itself, packed.

use std::io::Read;
use std::sync::Arc;

use lzma_rust2::XzReader;

use super::image::Image;
use super::sections::string_in;
use crate::base::Result;

/// The contents of .gnu_debuglink (objcopy(1) `--add-gnu-debuglink`; GDB manual, "Separate Debug Files").
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DebugLink {
    /// The debug file's base name.
    pub name: String,
    /// The CRC-32 (that of zlib) of the whole debug file.
    pub crc: u32,
}

/// The largest MiniDebugInfo that is unpacked, in bytes: real ones have some hundred kilobytes.
const MAX_UNPACKED: u64 = 256 << 20;

/// What the decoder may take for its dictionary, in KiB: `xz -9` takes 64 MiB.
const MAX_DICTIONARY: u32 = 128 << 10;

impl Image {
    /// Where the debug file is, by .gnu_debuglink; `None` without one or if it is damaged.
    pub fn debug_link(&self) -> Option<DebugLink> {
        let data = self.section_data(self.section(".gnu_debuglink")?).ok()?;
        let name = string_in(data, 0);
        // A base name: what leads elsewhere is nobody's debug file.
        if name.is_empty() || name.contains('/') {
            return None;
        }
        let crc_at = (name.len() + 1).checked_next_multiple_of(4)?;
        let crc = u32::from_le_bytes(*data.get(crc_at..)?.first_chunk()?);
        Some(DebugLink { name: name.to_owned(), crc })
    }

    /// The CRC-32 by which a .gnu_debuglink knows this file.
    pub fn crc(&self) -> u32 {
        crc32fast::hash(self.bytes())
    }

    /// The ELF file in .gnu_debugdata ("MiniDebugInfo"): the .symtab of functions that are not in .dynsym, packed by xz. `None`
    /// without one; an error if it is damaged.
    pub fn mini_debug_info(&self) -> Result<Option<Arc<Image>>> {
        let Some(section) = self.section(".gnu_debugdata") else { return Ok(None) };
        let packed = self.section_data(section)?;
        let damaged = || self.bad("section .gnu_debugdata is damaged");
        let mut bytes = Vec::new();
        XzReader::new_mem_limit(packed, false, MAX_DICTIONARY)
            .take(MAX_UNPACKED + 1)
            .read_to_end(&mut bytes)
            .map_err(|_| damaged())?;
        if bytes.len() as u64 > MAX_UNPACKED {
            return Err(damaged());
        }
        Image::debug_from_bytes(&format!(".gnu_debugdata of {}", self.path().display()), bytes).map(Some)
    }
}
