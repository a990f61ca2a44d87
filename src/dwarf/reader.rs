//! How this room reads, and how it says that it cannot.

use std::path::Path;

use gimli::{EndianSlice, LittleEndian};

use crate::base::Error;

/// How everything in this room reads: straight from the mapping.
pub(super) type R<'a> = EndianSlice<'a, LittleEndian>;

/// gimli's error as one about a place in a file.
pub(super) fn bad(module: &Path, section: &'static str, offset: u64, error: gimli::Error) -> Error {
    Error::BadDwarf { module: module.display().to_string(), section, offset, what: error.to_string() }
}
