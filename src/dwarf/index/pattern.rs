//! Names as a user writes them, taken apart: `ns::Class<int>::method(char)`.

use std::borrow::Cow;

/// The parts of a name between `::`, without parameters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pattern {
    /// The scopes, from the outside; spaces that mean nothing left out.
    pub scopes: Vec<String>,
    /// The last part.
    pub last: String,
    /// What stood in parentheses at the end, with them and what follows: `(int) const`.
    pub parameters: Option<String>,
    /// It began with `::`.
    pub is_absolute: bool,
}

impl Pattern {
    /// Takes a name apart.
    pub fn parse(text: &str) -> Pattern {
        let text = text.trim();
        let (text, is_absolute) = match text.strip_prefix("::") {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        let (name, parameters) = split_parameters(text);
        let mut scopes: Vec<String> = split_scopes(name).into_iter().map(squeeze).collect();
        let last = scopes.pop().unwrap_or_default();
        Pattern { scopes, last, parameters: parameters.map(squeeze), is_absolute }
    }
}

/// The name and its parameters. `operator()` has a pair of its own, `(anonymous namespace)` is none.
pub fn split_parameters(text: &str) -> (&str, Option<&str>) {
    let bytes = text.as_bytes();
    let mut depth = 0i32;
    for (at, byte) in bytes.iter().enumerate() {
        let before = text.get(..at).unwrap_or_default();
        match byte {
            b'<' if !is_operator_sign(before) => depth += 1,
            b'>' if depth > 0 && !before.ends_with('-') => depth -= 1,
            b'(' if depth == 0 => {
                let rest = text.get(at..).unwrap_or_default();
                let is_call_operator = before.trim_end().ends_with("operator") && rest.starts_with("()");
                if !is_call_operator && !rest.starts_with("(anonymous") && !before.is_empty() && !before.ends_with("::") {
                    return (before.trim_end(), Some(rest));
                }
            }
            _ => {}
        }
    }
    (text, None)
}

/// `operator<`, `operator<<`, `operator<=>`, `operator->`: what follows is no template argument list.
fn is_operator_sign(before: &str) -> bool {
    let name = before.trim_end_matches(['<', '>', '=', '-']).trim_end();
    name.ends_with("operator") && before.trim_end().len() - name.len() < 3
}

/// The parts between `::` outside of all brackets.
pub fn split_scopes(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0i32, 0);
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let before = text.get(start..at).unwrap_or_default();
        match byte {
            b'<' if !is_operator_sign(before) => depth += 1,
            b'>' if depth > 0 && !before.ends_with('-') => depth -= 1,
            b'(' | b'{' | b'[' => depth += 1,
            b')' | b'}' | b']' if depth > 0 => depth -= 1,
            b':' if depth == 0 && bytes.get(at + 1) == Some(&b':') => {
                parts.push(before);
                start = at + 2;
                at += 1;
            }
            _ => {}
        }
        at += 1;
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

/// Leaves out blanks that separate nothing: `A < int >` is `A<int>`, `unsigned  int` is `unsigned int`.
pub fn squeeze(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = false;
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    for c in text.chars() {
        if c.is_whitespace() {
            blank = true;
            continue;
        }
        let between_words = || is_word(c) && out.chars().next_back().is_some_and(is_word);
        // `operator< <int>` is no `operator<<`.
        if std::mem::take(&mut blank) && (between_words() || c == '<' && is_operator_sign(&out)) {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

/// Whether two names are the same but for such blanks and the spelling of the language's own types.
pub fn same(a: &str, b: &str) -> bool {
    a == b || (a.contains(' ') || b.contains(' ')) && squeeze(&canonical(a)) == squeeze(&canonical(b))
}

/// The language's own types as compilers and people spell them, and as gdb does; the longer ones first.
pub const SPELT: [(&str, &str); 6] = [
    ("long long unsigned int", "unsigned long long"),
    ("long unsigned int", "unsigned long"),
    ("short unsigned int", "unsigned short"),
    ("long long int", "long long"),
    ("long int", "long"),
    ("short int", "short"),
];

/// A C++ name with the types in its template arguments spelt as gdb does: gcc's `A<long unsigned int>` is `A<unsigned long>`.
pub fn canonical(name: &str) -> Cow<'_, str> {
    if !name.contains("long ") && !name.contains("short ") {
        return Cow::Borrowed(name);
    }
    let mut out = name.to_owned();
    for (spelt, canonical) in SPELT {
        out = out.replace(spelt, canonical);
    }
    Cow::Owned(out)
}

/// A name without the template arguments at its end: `f<int>` -> `f`; `None` if it has none. `operator<` has none.
pub fn without_arguments(name: &str) -> Option<&str> {
    let mut depth = 0i32;
    if !name.ends_with('>') {
        return None;
    }
    for (at, byte) in name.bytes().enumerate().rev() {
        match byte {
            b'>' if name.get(..at).is_some_and(|b| b.ends_with('-')) => {}
            b'>' => depth += 1,
            b'<' => {
                depth -= 1;
                if depth == 0 {
                    let head = name.get(..at)?.trim_end();
                    return (!head.is_empty() && !is_operator_sign(name.get(..at)?)).then_some(head);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (Vec<String>, String, Option<String>) {
        let p = Pattern::parse(text);
        (p.scopes, p.last, p.parameters)
    }

    #[test]
    fn names_come_apart() {
        let plain = |scopes: &[&str], last: &str, parameters: Option<&str>| {
            (scopes.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>(), last.to_owned(), parameters.map(str::to_owned))
        };
        assert_eq!(parts("main"), plain(&[], "main", None));
        assert_eq!(parts("ns::Foo::bar(int, char const *) const"), plain(&["ns", "Foo"], "bar", Some("(int,char const*)const")));
        assert_eq!(parts("A<ns::B, (char)3>::f<int>"), plain(&["A<ns::B,(char)3>"], "f<int>", None));
        assert_eq!(parts("(anonymous namespace)::g"), plain(&["(anonymous namespace)"], "g", None));
        assert_eq!(parts("A::operator()(int)"), plain(&["A"], "operator()", Some("(int)")));
        assert_eq!(parts("A::operator<"), plain(&["A"], "operator<", None));
        assert_eq!(parts("A::operator<<(int)"), plain(&["A"], "operator<<", Some("(int)")));
        assert_eq!(parts("operator<  <A <int>> (A<int>&)"), plain(&[], "operator< <A<int>>", Some("(A<int>&)")));
        assert_eq!(parts("operator-><int>"), plain(&[], "operator-><int>", None));
        assert_eq!(parts("a::b::{impl#0}::f"), plain(&["a", "b", "{impl#0}"], "f", None));
        assert!(Pattern::parse("::f").is_absolute && !Pattern::parse("f").is_absolute);
    }

    #[test]
    fn template_arguments_come_off() {
        assert_eq!(without_arguments("f<int>"), Some("f"));
        assert_eq!(without_arguments("f<A<int>>"), Some("f"));
        assert_eq!(without_arguments("f"), None);
        assert_eq!(without_arguments("operator->"), None);
        assert_eq!(without_arguments("operator>"), None);
        assert_eq!(without_arguments("operator<=>"), None);
        assert_eq!(without_arguments("operator<< <int>"), Some("operator<<"));
    }

    #[test]
    fn blanks_mean_nothing_beside_signs() {
        assert!(same("A<int, char const *>", "A<int,char const*>") && same("A<B<int> >", "A<B<int>>"));
        assert!(!same("unsigned int", "unsignedint"));
        assert!(same("A<long unsigned int, short int>", "A<unsigned long,short>") && same("unsigned long", "long unsigned int"));
    }
}
