//! The two ways of writing assembly.

/// The two ways of writing instructions (`set disassembly-flavor`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Flavor {
    /// `mov    %rsp,%rbp`
    #[default]
    Att,
    /// `mov    rbp,rsp`
    Intel,
}
