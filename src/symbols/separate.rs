//! The separate debug file of a module's file.

use std::sync::Arc;

use crate::elf::{Image, Symbol};

use super::finder::{DebugFiles, separate_debug};

/// A separate debug file, or the MiniDebugInfo in the file itself.
#[derive(Debug)]
pub struct Separate {
    image: Arc<Image>,
    /// By index of one of its sections, the index of the same section in the file that it describes; 0 if that has none.
    sections: Vec<u16>,
    is_mini: bool,
}

impl Separate {
    /// That of an image: the debug file, else .gnu_debugdata; none, as for gdb, if the image has its own .debug_info. A damaged
    /// one counts as none, and is logged.
    pub fn of(image: &Image, debug_files: &DebugFiles) -> Option<Separate> {
        if image.section(".debug_info").is_some() {
            return None;
        }
        let (found, is_mini) = match separate_debug(image, debug_files) {
            Some(file) => (file, false),
            None => (image.mini_debug_info().unwrap_or_else(|e| log(&e)).filter(|_| !has_symtab(image))?, true),
        };
        Some(Separate { is_mini, ..Separate::given(image, found) })
    }

    /// A debug file of which somebody else knows that it is this image's.
    pub(super) fn given(image: &Image, found: Arc<Image>) -> Separate {
        let own = |name: &str, addr| image.sections().iter().find(|s| s.name == name && s.addr == addr);
        let sections = match image.sections() {
            // Without section headers an address is in its segment, whatever the number of its section.
            [] => (0..found.sections().len()).map(|i| u16::try_from(i).unwrap_or(0)).collect(),
            _ => found.sections().iter().map(|s| own(&s.name, s.addr).map_or(0, |s| s.index as u16)).collect(),
        };
        Separate { image: found, sections, is_mini: false }
    }

    /// The debug file.
    pub fn image(&self) -> &Arc<Image> {
        &self.image
    }

    /// Whether it is only the .gnu_debugdata of the file itself: some symbols and nothing else.
    pub fn is_mini(&self) -> bool {
        self.is_mini
    }

    /// A symbol of it as if it were one of the file that it describes: with the number that its section has there.
    pub(super) fn place<'a>(&self, symbol: Symbol<'a>) -> Symbol<'a> {
        // SHN_ABS and its like are nobody's index.
        let section =
            if symbol.section >= 0xff00 { Some(&symbol.section) } else { self.sections.get(usize::from(symbol.section)) };
        Symbol { section: section.copied().unwrap_or(0), ..symbol }
    }
}

fn has_symtab(image: &Image) -> bool {
    !image.symtab().is_empty()
}

fn log<T>(e: &crate::base::Error) -> Option<T> {
    tracing::warn!(target: "symbols", "{e}");
    None
}
