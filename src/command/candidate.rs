//! What completion offers.

/// What a word can become.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Candidate {
    /// What is shown where there are several: of `Inner::go` in a namespace the whole name.
    pub shown: String,
    /// What the line gets.
    pub word: String,
}

impl From<String> for Candidate {
    fn from(word: String) -> Candidate {
        Candidate { shown: word.clone(), word }
    }
}
