//! A recording as one page: a drawing of the address space filling up, slots as they are bound, and the story in chapters. No
//! network, and nothing on it needs a script.

mod bars;
mod chapter;
mod chapters;
mod content;
mod libraries;
mod life;
mod markup;
mod prose;
mod scale;
mod slots;
mod slots_figure;
mod space_figure;
mod story;
mod whole;

pub use whole::write;
