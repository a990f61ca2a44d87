//! Numbers in sentences.

/// `1 slot`, `2 slots`
pub fn counted(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
