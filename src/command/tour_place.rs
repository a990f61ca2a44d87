//! Where the reader is on the tour.

/// Where the reader is on the tour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TourPlace {
    /// The step that comes next, from 0.
    pub(super) next: usize,
    /// The program was built; without a compiler it is /bin/ls.
    pub(super) own_program: bool,
}
