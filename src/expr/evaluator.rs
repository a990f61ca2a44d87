//! What evaluates an expression: its methods stand with what they do, in the files beside this one.

use super::host::Host;

/// An evaluation in a host.
pub(super) struct Evaluator<'a> {
    pub(super) host: &'a mut dyn Host,
    /// Only the type matters.
    pub(super) dry: bool,
}
