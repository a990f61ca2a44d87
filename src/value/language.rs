//! The languages that rdbg knows: how types and values are written differs.

/// A language.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Language {
    /// C, and whatever is written like it: assembler, and code of which nothing is known.
    #[default]
    C,
    /// C++.
    Cpp,
    /// Rust.
    Rust,
}

impl Language {
    /// Its name, as `set language` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Language::C => "c",
            Language::Cpp => "c++",
            Language::Rust => "rust",
        }
    }

    /// The language of a unit by its DW_AT_language (DWARF5 §7.12, and the codes given since).
    pub fn of_dwarf(code: u16) -> Language {
        match code {
            // C++, C++03, 11, 14, 17, 20, Objective-C++.
            0x4 | 0x19 | 0x1a | 0x21 | 0x2b | 0x2e | 0x11 => Language::Cpp,
            // Before DWARF 5 rustc wrote a vendor's number.
            0x1c | 0x9000 => Language::Rust,
            _ => Language::C,
        }
    }
}
