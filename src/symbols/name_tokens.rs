//! C++ names compared token by token: blanks do not count, nor how a type's words are ordered.

use std::borrow::Cow;

/// The words of which fundamental types are made.
const INTEGERS: &[&str] = &["unsigned", "signed", "long", "short", "int", "char", "double"];

type Token<'t> = Cow<'t, str>;

/// Whether a demangled name is what was typed; template arguments and ABI tags (`[abi:cxx11]`) that were not typed may be anything.
pub(super) fn is_same_name(name: &str, wanted: &str) -> bool {
    same(&canonical(&tokens(name)), &canonical(&tokens(wanted)))
}

fn same(name: &[Token<'_>], wanted: &[Token<'_>]) -> bool {
    let (mut at, mut wanted) = (0, wanted.iter());
    let mut next = wanted.next();
    loop {
        match (name.get(at), next) {
            (Some(own), Some(token)) if own == token => {
                at += 1;
                next = wanted.next();
            }
            (None, None) => return true,
            (Some(own), _) if own == "<" => at = behind_bracket(name, at, "<", ">"),
            (Some(own), _) if own == "[" && name.get(at + 1).is_some_and(|t| t == "abi") => {
                at = behind_bracket(name, at, "[", "]")
            }
            // `f() const` is what `f()` means, if that is what there is.
            (Some(own), None) if own == "const" || own == "volatile" => at += 1,
            _ => return false,
        }
    }
}

/// One past the bracket that closes the one at `at`; the end if none does.
fn behind_bracket(tokens: &[Token<'_>], at: usize, open: &str, close: &str) -> usize {
    let mut depth = 0;
    for (i, token) in tokens.iter().enumerate().skip(at) {
        depth += i32::from(token == open) - i32::from(token == close);
        if depth == 0 {
            return i + 1;
        }
    }
    tokens.len()
}

/// The bytes of an operator's symbol at the start of what follows `operator`: `<<`, `->`, `()`.
pub(super) fn operator_symbol(text: &str) -> usize {
    if text.starts_with("()") {
        return 2;
    }
    text.bytes().take(3).take_while(|b| b"<>=-!&|+*/%^~,".contains(b)).count()
}

/// Identifiers, numbers, `::`, operators' symbols with their `operator`, and single characters.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens: Vec<&str> = Vec::new();
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let mut length = match first {
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            ':' if rest.starts_with("::") => 2,
            c => c.len_utf8(),
        };
        if rest.get(..length) == Some("operator") {
            length += operator_symbol(rest.get(length..).unwrap_or_default());
        }
        let (token, behind) = rest.split_at(length);
        tokens.push(token);
        rest = behind.trim_start();
    }
    tokens
}

/// The same name as the demangler writes it: `volatile char *` is `char volatile *`, `long unsigned int` `unsigned long`, `(void)` `()`.
fn canonical<'t>(tokens: &[&'t str]) -> Vec<Token<'t>> {
    let mut out: Vec<Token<'t>> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let begins_type = at == 0 || matches!(tokens.get(at - 1), Some(&("(" | "," | "<")));
        match *token {
            "void" if tokens.get(at + 1) == Some(&")") && at > 0 && tokens.get(at - 1) == Some(&"(") => at += 1,
            "const" | "volatile" if begins_type => at = qualified_type(tokens, at, &mut out),
            word if INTEGERS.contains(&word) => at = integer(tokens, at, &mut out),
            token => {
                out.push(Cow::Borrowed(token));
                at += 1;
            }
        }
    }
    out
}

/// A type with its qualifiers before it, written with them behind it; where it ends.
fn qualified_type<'t>(tokens: &[&'t str], start: usize, out: &mut Vec<Token<'t>>) -> usize {
    let is_qualifier = |t: &&&str| matches!(**t, "const" | "volatile");
    let qualifiers: Vec<&&str> = tokens.iter().skip(start).take_while(is_qualifier).collect();
    let mut at = start + qualifiers.len();
    if tokens.get(at).is_some_and(|t| INTEGERS.contains(t)) {
        at = integer(tokens, at, out);
    } else {
        let begin = at;
        // A name with its scopes and template arguments.
        while let Some(token) = tokens.get(at) {
            let is_name = token.starts_with(|c: char| c.is_alphabetic() || c == '_');
            let follows_name = at > begin && !matches!(tokens.get(at - 1), Some(&"::"));
            match *token {
                "::" => at += 1,
                "<" if at > begin => {
                    let owned: Vec<Token<'_>> = tokens.iter().map(|t| Cow::Borrowed(*t)).collect();
                    at = behind_bracket(&owned, at, "<", ">");
                }
                _ if is_name && !follows_name => at += 1,
                _ => break,
            }
        }
        out.extend(canonical(tokens.get(begin..at).unwrap_or_default()));
    }
    // In the demangler's order.
    let mut qualifiers: Vec<&str> = qualifiers.into_iter().copied().collect();
    qualifiers.sort_unstable();
    out.extend(qualifiers.into_iter().map(Cow::Borrowed));
    at
}

/// The words of a fundamental type as one token; where they end.
fn integer<'t>(tokens: &[&'t str], start: usize, out: &mut Vec<Token<'t>>) -> usize {
    let words: Vec<&str> = tokens.iter().skip(start).copied().take_while(|t| INTEGERS.contains(t)).collect();
    let has = |word: &str| words.contains(&word);
    let longs = words.iter().filter(|w| **w == "long").count();
    let base = match longs {
        _ if has("double") && longs > 0 => "long double",
        _ if has("double") => "double",
        _ if has("char") => "char",
        _ if has("short") => "short",
        0 => "int",
        1 => "long",
        _ => "long long",
    };
    let sign = match base {
        _ if has("unsigned") => "unsigned ",
        "char" if has("signed") => "signed ",
        _ => "",
    };
    out.push(Cow::Owned(format!("{sign}{base}")));
    start + words.len()
}

#[cfg(test)]
mod tests {
    use super::is_same_name;

    #[test]
    fn blanks_orders_and_what_was_left_out_do_not_count() {
        for (name, wanted) in [
            ("Foo<int>::foo(int, int)", "Foo<int>::foo (int,int)"),
            ("Foo<int>::foo(int, int)", "Foo::foo(int, int)"),
            ("Foo<char volatile*>::foo(int, char volatile*)", "Foo<volatile char *>::foo (int, volatile char *)"),
            ("f(std::vector<int, std::allocator<int> > const&)", "f(const std::vector<int, std::allocator<int>> &)"),
            ("f(std::vector<int, std::allocator<int> > const&)", "f(const std::vector &)"),
            ("f(unsigned long, short, unsigned int)", "f(long unsigned int, short int, unsigned)"),
            ("f()", "f(void)"),
            ("A::f() const", "A::f()"),
            ("f[abi:cxx11](int)", "f(int)"),
            ("Foozle<Empty<int> >::fogey<Empty<int> >(Empty<int>)", "Foozle::fogey (Empty<int>)"),
            ("operator< <Empty<int> >(Empty<int>&, Empty<int>&)", "operator< <Empty<int>> (Empty<int>&, Empty<int>&)"),
            ("operator<< <Empty<int> >(Empty<int>&)", "operator<< (Empty<int> &)"),
        ] {
            assert!(is_same_name(name, wanted), "{name} {wanted}");
        }
    }

    #[test]
    fn what_was_written_counts() {
        for (name, wanted) in [
            ("Foo<int>::foo(int, int)", "Foo<char>::foo(int, int)"),
            ("Foo<int>::foo(int, int)", "Foo<int>::foo(int)"),
            ("Foo<int>::foo", "Foo<int>::fo"),
            ("f(char const*)", "f(char*)"),
            ("f(unsigned long)", "f(long)"),
            ("operator<<(int)", "operator<(int)"),
            ("f", "f<int>"),
            ("f()", "f() const"),
        ] {
            assert!(!is_same_name(name, wanted), "{name} {wanted}");
        }
    }
}
