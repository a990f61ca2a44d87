//! The chapters of a story.

/// The chapters, in the order in which things happen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Chapter {
    /// The kernel executes the program and maps it.
    Exec,
    /// The dynamic linker gets going.
    Loader,
    /// It finds and maps what the program needs.
    Libraries,
    /// The first thread gets its local storage.
    Thread,
    /// Addresses are written where they were missing.
    Relocations,
    /// What need not change any more becomes read-only.
    Relro,
    /// Constructors of libraries.
    Constructors,
    /// From the entry point to `main`.
    Start,
    /// The program itself.
    Main,
    /// Destructors and the end.
    Exit,
    /// The faults of the second run.
    Faults,
}

/// All chapters.
pub const CHAPTERS: [Chapter; 11] = [
    Chapter::Exec,
    Chapter::Loader,
    Chapter::Libraries,
    Chapter::Thread,
    Chapter::Relocations,
    Chapter::Relro,
    Chapter::Constructors,
    Chapter::Start,
    Chapter::Main,
    Chapter::Exit,
    Chapter::Faults,
];

/// A place in a story: the chapter, and how many steps into it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Step {
    /// The chapter.
    pub chapter: Chapter,
    /// Counted from 0.
    pub at: u32,
}
