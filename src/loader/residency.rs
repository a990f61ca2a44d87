//! Which pages of a mapping are in memory, as text: a character a page.

use crate::base::PageState;

/// The pages of a mapping, counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Residency {
    /// All of them.
    pub pages: u64,
    /// Those with a frame.
    pub resident: u64,
    /// Of those, pages of a file (or of shared memory) that others map too, or may.
    pub shared: u64,
    /// Of those, copies and anonymous pages.
    pub private: u64,
    /// Of the resident ones, those that no other page table maps.
    pub exclusive: u64,
    /// Swapped out.
    pub swapped: u64,
}

impl Residency {
    /// Counts.
    pub fn of(states: &[PageState]) -> Residency {
        let count = |fits: fn(&PageState) -> bool| states.iter().filter(|s| fits(s)).count() as u64;
        Residency {
            pages: states.len() as u64,
            resident: count(|s| s.present),
            shared: count(|s| s.present && s.of_file),
            private: count(|s| s.is_private()),
            exclusive: count(|s| s.present && s.exclusive),
            swapped: count(|s| s.swapped),
        }
    }
}

/// The character of a page: `.` not there, `s` swapped out, `f` of the file and mapped elsewhere too, `o` of the file and mapped
/// by this process only, `P` private, `p` private but still shared: with a forked process, or the kernel's page of zeros.
pub fn page_letter(state: PageState) -> char {
    match (state.present, state.of_file, state.exclusive) {
        _ if state.swapped => 's',
        (false, ..) => '.',
        (true, true, false) => 'f',
        (true, true, true) => 'o',
        (true, false, true) => 'P',
        (true, false, false) => 'p',
    }
}

/// A character a page.
pub fn page_map(states: &[PageState]) -> String {
    states.iter().map(|s| page_letter(*s)).collect()
}

/// The same with runs counted, where it is longer than `most`: `.30 f16 P2`.
pub fn short_page_map(states: &[PageState], most: usize) -> String {
    short_letters(&states.iter().map(|s| page_letter(*s)).collect::<Vec<_>>(), most)
}

/// Letters, with runs counted where there are more than `most`.
pub fn short_letters(letters: &[char], most: usize) -> String {
    if letters.len() <= most {
        return letters.iter().collect();
    }
    let run = |r: &[char]| r.first().map(|letter| format!("{letter}{}", r.len()));
    letters.chunk_by(|a, b| a == b).filter_map(run).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_a_page() {
        let of = |present, of_file, exclusive| PageState { present, of_file, exclusive, ..PageState::default() };
        let swapped = PageState { swapped: true, ..PageState::default() };
        let all = [of(false, false, false), of(true, true, false), of(true, true, true), of(true, false, true), swapped];
        assert_eq!(page_map(&all), ".foPs");
        assert_eq!(short_page_map(&[all[1]; 70], 64), "f70");
        let counted = Residency { pages: 5, resident: 3, shared: 2, private: 1, exclusive: 2, swapped: 1 };
        assert_eq!(Residency::of(&all), counted);
    }
}
