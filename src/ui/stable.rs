//! Addresses written relative to what they lie in, so that the output of two runs can be compared.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::base::VirtAddr;
use crate::engine::SharedNames;

use super::output::{Output, Role, Row};

/// Passes everything on; addresses in it become `MODULE+OFFSET` as long as there are names.
pub struct StableAddresses<'a> {
    below: &'a mut dyn Output,
    names: SharedNames,
}

impl<'a> StableAddresses<'a> {
    /// Output that is written to `below`.
    pub fn new(below: &'a mut dyn Output, names: SharedNames) -> StableAddresses<'a> {
        StableAddresses { below, names }
    }

    fn rewritten<'t>(&self, text: &'t str) -> Cow<'t, str> {
        static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b0x([0-9a-f]{4,16})\b").ok());
        let names = self.names.borrow();
        let Some(address) = ADDRESS.as_ref().filter(|_| !names.is_empty()) else { return Cow::Borrowed(text) };
        address.replace_all(text, |found: &Captures<'_>| {
            let digits = found.get(1).map_or("", |d| d.as_str());
            let name = u64::from_str_radix(digits, 16).ok().and_then(|a| names.name(VirtAddr(a)));
            name.unwrap_or_else(|| found.get(0).map_or("", |whole| whole.as_str()).to_owned())
        })
    }
}

impl Output for StableAddresses<'_> {
    fn text(&mut self, role: Role, text: &str) {
        let text = self.rewritten(text);
        self.below.text(role, &text);
    }

    fn row(&mut self, row: &Row) {
        let mut row = row.clone();
        for cell in &mut row.cells {
            cell.text = cell.text.as_deref().map(|t| self.rewritten(t).into_owned());
            if let Some(serde_json::Value::String(value)) = &mut cell.value {
                *value = self.rewritten(value).into_owned();
            }
        }
        self.below.row(&row);
    }

    fn flush(&mut self) {
        self.below.flush();
    }

    fn is_terminal(&self) -> bool {
        self.below.is_terminal()
    }

    fn is_unwanted(&self) -> bool {
        self.below.is_unwanted()
    }
}
