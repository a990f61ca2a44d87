//! Numbers in sentences.

/// `1 slot`, `2 slots`, `3 processes`
pub fn counted(n: u64, what: &str) -> String {
    let ending = match n {
        1 => "",
        _ if what.ends_with('s') => "es",
        _ => "s",
    };
    format!("{n} {what}{ending}")
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn one_and_many() {
        let said = [(1, "slot"), (0, "slot"), (2, "process"), (1, "process")].map(|(n, what)| counted(n, what));
        assert_eq!(said, ["1 slot", "0 slots", "2 processes", "1 process"]);
    }
}
