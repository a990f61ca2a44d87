//! What a core file says of the pages of its process: which it holds, and which of those are no longer what the file has.

use std::path::Path;

use crate::base::{Error, Mapping, Need, PAGE, Result, VirtAddr};
use crate::elf::MappedFile;

use super::session::Session;

/// A page as a core file has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CorePage {
    /// Not in the core file: of a file and unchanged, or never touched.
    Absent,
    /// In it, with the bytes that the mapped file has.
    AsInFile,
    /// In it, with other bytes than the mapped file: it was a private copy.
    Copied,
    /// Of a file that is not there any more, so that nobody can say.
    Unknown,
    /// Of no file, with something in it.
    Filled,
    /// Of no file, and all zeros.
    Zeros,
}

impl CorePage {
    /// The letter of a page in a map.
    pub fn letter(self) -> char {
        match self {
            CorePage::Absent => '.',
            CorePage::AsInFile => 'f',
            CorePage::Copied => 'P',
            CorePage::Unknown => '?',
            CorePage::Filled => 'a',
            CorePage::Zeros => 'z',
        }
    }
}

/// More pages of one mapping are not looked at: 4 GiB.
const MOST: u64 = 1 << 20;

impl Session {
    /// The pages of a mapping of a core file.
    pub fn core_pages(&self, mapping: &Mapping) -> Result<Vec<CorePage>> {
        let core = self.process()?.target.core_file().ok_or(Error::Needs(Need::Process))?;
        let file = match mapping.inode {
            0 => None,
            _ => Some(MappedFile::open(Path::new(&mapping.name)).ok()),
        };
        let page = |at: VirtAddr| {
            let Some(bytes) = core.bytes_from(at).filter(|b| !b.is_empty()) else { return CorePage::Absent };
            let bytes = bytes.get(..PAGE as usize).unwrap_or(bytes);
            match &file {
                None if bytes.iter().all(|b| *b == 0) => CorePage::Zeros,
                None => CorePage::Filled,
                Some(None) => CorePage::Unknown,
                Some(Some(file)) => {
                    let offset = usize::try_from(mapping.offset_at(at)).unwrap_or(usize::MAX);
                    let own = file.get(offset..).unwrap_or_default();
                    let own = own.get(..bytes.len()).unwrap_or(own);
                    // Behind the file's end a mapped page is zeros.
                    let (same, rest) = bytes.split_at(own.len().min(bytes.len()));
                    if same == own && rest.iter().all(|b| *b == 0) { CorePage::AsInFile } else { CorePage::Copied }
                }
            }
        };
        let count = (mapping.range.len() / PAGE).min(MOST);
        Ok((0..count).map(|i| page(mapping.range.start + i * PAGE)).collect())
    }
}
