//! How functions are called: the classes of the System V psABI (§3.2.3), and where arguments and results lie by them.

mod classes;
mod places;

pub use classes::{Class, Layout, Scalar, ScalarKind, classify};
pub use places::{ArgumentPlace, Arguments, Piece, RegisterPiece, ResultPlace, place_arguments, place_result};
