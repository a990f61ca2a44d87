//! ELF files and images: read lazily, never trusted.
#![deny(clippy::unwrap_used, clippy::indexing_slicing)]

mod image;

pub use image::Image;
