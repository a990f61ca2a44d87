//! Flags and values that have names.

/// Names of bits, or of values, of one kind.
pub struct Set {
    /// What stands beside a number that has no name.
    unknown: &'static str,
    names: &'static [(u64, &'static str)],
}

impl Set {
    /// Names in the order in which they are written.
    pub const fn new(unknown: &'static str, names: &'static [(u64, &'static str)]) -> Set {
        Set { unknown, names }
    }

    /// The name of exactly this value.
    pub fn name(&self, value: u64) -> Option<&'static str> {
        self.names.iter().find(|n| n.0 == value).map(|n| n.1)
    }

    /// `SEEK_SET`, or `0x9 /* SEEK_??? */`.
    pub fn one(&self, value: u64) -> String {
        self.name(value).map_or_else(|| format!("{value:#x} /* {} */", self.unknown), str::to_owned)
    }

    /// `PROT_READ|PROT_WRITE`, with the rest that has no name as a number: `PROT_READ|0x100`.
    pub fn all(&self, value: u64) -> String {
        if value == 0 {
            return self.name(0).unwrap_or("0").to_owned();
        }
        match self.some(value) {
            (names, 0) => names,
            (names, rest) if names.is_empty() => format!("{rest:#x} /* {} */", self.unknown),
            (names, rest) => format!("{names}|{rest:#x}"),
        }
    }

    /// The names of the bits, and the bits that have none.
    pub fn some(&self, value: u64) -> (String, u64) {
        let mut rest = value;
        let mut text = String::new();
        for (bits, name) in self.names.iter().filter(|n| n.0 != 0) {
            if rest & bits == *bits {
                rest &= !bits;
                if !text.is_empty() {
                    text.push('|');
                }
                text.push_str(name);
            }
        }
        (text, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_and_values_are_written_as_strace_writes_them() {
        let set = Set::new("X_???", &[(0, "X_NONE"), (3, "X_BOTH"), (1, "X_A"), (4, "X_C")]);
        assert_eq!(set.all(0), "X_NONE");
        assert_eq!(set.all(7), "X_BOTH|X_C");
        assert_eq!(set.all(5), "X_A|X_C");
        assert_eq!(set.all(0x11), "X_A|0x10");
        assert_eq!(set.all(0x10), "0x10 /* X_??? */");
        assert_eq!((set.one(4), set.one(9)), ("X_C".into(), "0x9 /* X_??? */".into()));
    }
}
