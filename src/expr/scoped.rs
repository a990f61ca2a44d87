//! Names with namespaces and template arguments, in a text: `ns::Class<int, 3>::member`.

/// No name is longer than this, in bytes.
const MAX_NAME: usize = 4096;

/// A name that a text begins with.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Scoped {
    /// Where it may end, in bytes from its start, the shortest first: before each `::`, and before and behind the template
    /// arguments of its last part.
    pub ends: Vec<usize>,
}

fn is_start(c: u8) -> bool {
    c.is_ascii_alphabetic() || c == b'_' || c >= 0x80
}

fn is_part(c: u8) -> bool {
    is_start(c) || c.is_ascii_digit() || c == b'$'
}

impl Scoped {
    /// The name that `text` begins with; `::` may precede it.
    pub fn of(text: &str) -> Scoped {
        let bytes = text.as_bytes().get(..MAX_NAME).unwrap_or(text.as_bytes());
        let mut ends = Vec::new();
        let mut at = if bytes.starts_with(b"::") { 2 } else { 0 };
        while let Some(len) = segment(bytes.get(at..).unwrap_or_default()) {
            at += len;
            ends.push(at);
            if bytes.get(at) == Some(&b'<')
                && let Some(len) = arguments(bytes.get(at..).unwrap_or_default())
            {
                at += len;
                ends.push(at);
            }
            // Rust writes `Vec::<i32>::new`.
            if !bytes.get(at..).is_some_and(|rest| rest.starts_with(b"::")) {
                break;
            }
            at += 2;
        }
        Scoped { ends }
    }
}

/// The length of one part of a name: an identifier, `~Class`, `{closure#0}`, `(anonymous namespace)`.
fn segment(bytes: &[u8]) -> Option<usize> {
    const ANONYMOUS: &[u8] = b"(anonymous namespace)";
    if bytes.starts_with(ANONYMOUS) {
        return Some(ANONYMOUS.len());
    }
    let skip = usize::from(bytes.first() == Some(&b'~'));
    match bytes.get(skip)? {
        b'{' if skip == 0 => bytes.iter().position(|c| *c == b'}').map(|end| end + 1),
        c if is_start(*c) => {
            let len = skip + bytes.get(skip..)?.iter().take_while(|c| is_part(**c)).count();
            Some(if bytes.get(..len) == Some(b"operator") { len + operator(bytes.get(len..)?) } else { len })
        }
        _ => None,
    }
}

/// The length of the sign behind `operator`.
fn operator(bytes: &[u8]) -> usize {
    match bytes {
        [b'(', b')', ..] | [b'[', b']', ..] => 2,
        _ => bytes.iter().take_while(|c| b"+-*/%^&|~!=<>,".contains(c)).count().min(3),
    }
}

/// The length of template arguments, from `<` to the `>` that belongs to it; `None` for what cannot be any.
fn arguments(bytes: &[u8]) -> Option<usize> {
    let (mut angles, mut others) = (0u32, 0u32);
    let mut before = 0;
    for (at, c) in bytes.iter().enumerate() {
        match c {
            b'<' if others == 0 => angles += 1,
            b'>' if others == 0 && before != b'-' => {
                angles -= 1;
                if angles == 0 {
                    return Some(at + 1);
                }
            }
            b'(' | b'[' | b'{' => others += 1,
            b')' | b']' | b'}' => others = others.checked_sub(1)?,
            b'<' | b'>' => {}
            // What stands in no template argument that debug information writes.
            b'"' | b'=' | b'|' | b'?' | b'@' | b'!' => return None,
            _ => {}
        }
        before = *c;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn longest(text: &str) -> &str {
        text.get(..Scoped::of(text).ends.last().copied().unwrap_or(0)).unwrap()
    }

    #[test]
    fn names_end_where_they_should() {
        assert_eq!(longest("ns::Class<int, 3>::member + 1"), "ns::Class<int, 3>::member");
        assert_eq!(longest("a < b"), "a");
        assert_eq!(longest("a<b"), "a");
        assert_eq!(longest("std::map<int, std::vector<int> >*"), "std::map<int, std::vector<int> >");
        assert_eq!(longest("F<int (*)(char)>)0"), "F<int (*)(char)>");
        assert_eq!(longest("::gi"), "::gi");
        assert_eq!(longest("ns::(anonymous namespace)::x"), "ns::(anonymous namespace)::x");
        assert_eq!(Scoped::of("A<int>").ends, [1, 6]);
        assert_eq!(longest("K::operator+(int)"), "K::operator+");
        assert_eq!(longest("K::operator()(1)"), "K::operator()");
        assert!(Scoped::of("1 + 2").ends.is_empty());
    }
}
