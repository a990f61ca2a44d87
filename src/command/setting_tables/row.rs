//! How the rows of the tables are written.

use crate::base::{Error, Result};
use crate::command::cx::{Cx, Setting};
use crate::command::describe::{Sentence, SettingKind};
use crate::engine::Settings;

/// A row, with nothing but what each has.
pub const fn row(name: &'static str, kind: SettingKind, sentence: &'static str, summary: &'static str) -> Setting {
    let sentence = Sentence::Value(sentence);
    Setting { name, aliases: &[], kind, sentence, summary, help: "", own: false, after: None }
}

impl Setting {
    /// What `help` says beyond the summary.
    pub(super) const fn help(self, help: &'static str) -> Setting {
        Setting { help, ..self }
    }

    /// Other names.
    pub(super) const fn alias(self, aliases: &'static [&'static str]) -> Setting {
        Setting { aliases, ..self }
    }

    /// gdb has no such setting.
    pub(super) const fn own(self) -> Setting {
        Setting { own: true, ..self }
    }

    /// What `show` says where it is more than a sentence with the value in it.
    pub(super) const fn by(self, sentence: fn(&Settings) -> String) -> Setting {
        Setting { sentence: Sentence::By(sentence), ..self }
    }

    /// What is done after it was set; may refuse.
    pub(super) const fn after(self, after: fn(&mut Cx<'_>) -> Result<()>) -> Setting {
        Setting { after: Some(after), ..self }
    }
}

/// An error with this sentence if what rdbg cannot do is wanted.
pub fn refuse(wanted: bool, sentence: &'static str) -> Result<()> {
    if wanted { Err(Error::Refused(sentence)) } else { Ok(()) }
}
