//! C++ names in the one form that gdb writes: `std::vector<char const*, std::allocator<char const*> >`.

use std::borrow::Cow;

/// Longer names stay as they are, in bytes.
const MAX_NAME: usize = 1 << 16;

/// The name with `const` behind what it qualifies in template arguments, and with the short names of integers there.
pub fn canonical(name: &str) -> Cow<'_, str> {
    let worth = name.contains('<') && name.len() < MAX_NAME;
    if !worth || !["const ", "volatile ", "unsigned int", " int", " *", " &"].iter().any(|word| name.contains(word)) {
        return Cow::Borrowed(name);
    }
    let Some(open) = name.find('<') else { return Cow::Borrowed(name) };
    let mut out = String::with_capacity(name.len());
    out.push_str(name.get(..open).unwrap_or(name));
    arguments(name.get(open..).unwrap_or_default(), &mut out, 0);
    Cow::Owned(out)
}

/// The template arguments at the end of a name: `int` and `3` of `ns::Tm<int, 3>`.
pub fn template_arguments(name: &str) -> Vec<&str> {
    let Some(inside) = name.strip_suffix('>') else { return Vec::new() };
    // The `<` that belongs to the last `>`.
    let mut depth = 0u32;
    for (at, byte) in inside.bytes().enumerate().rev() {
        match byte {
            b'>' => depth += 1,
            b'<' if depth == 0 => return split(inside.get(at + 1..).unwrap_or_default()).into_iter().map(str::trim).collect(),
            b'<' => depth -= 1,
            _ => {}
        }
    }
    Vec::new()
}

/// How deep template arguments are followed.
const MAX_DEPTH: u32 = 60;

/// Text outside and inside of `<>`: each argument is written anew.
fn arguments(text: &str, out: &mut String, depth: u32) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes.get(at) {
            Some(b'<') if depth < MAX_DEPTH && !is_operator(text.get(..at).unwrap_or_default()) => {
                out.push('<');
                let inside = text.get(at + 1..).unwrap_or_default();
                let len = closing(inside);
                let mut first = true;
                for argument in split(inside.get(..len).unwrap_or_default()) {
                    if !first {
                        out.push(',');
                    }
                    first = false;
                    one(argument, out, depth + 1);
                }
                at += 1 + len;
            }
            Some(_) => {
                let end = text.get(at + 1..).and_then(|t| t.find('<')).map_or(bytes.len(), |i| at + 1 + i);
                out.push_str(text.get(at..end).unwrap_or_default());
                at = end;
            }
            None => break,
        }
    }
}

fn is_operator(before: &str) -> bool {
    before.trim_end_matches(['<', '=']).ends_with("operator")
}

/// Where the `>` is that closes what was opened before `text`.
fn closing(text: &str) -> usize {
    let mut depth = 0u32;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'<' | b'(' | b'[' | b'{' => depth += 1,
            b'>' if depth == 0 => return at,
            b'>' | b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    text.len()
}

/// The arguments between commas, with the blanks around them.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0u32, 0);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'<' | b'(' | b'[' | b'{' => depth += 1,
            b'>' | b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.push(text.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

fn one(argument: &str, out: &mut String, depth: u32) {
    let trimmed = argument.trim_start();
    out.push_str(argument.get(..argument.len() - trimmed.len()).unwrap_or_default());
    let mut rest = trimmed;
    let mut words = Vec::new();
    while let Some((word, after)) = ["const ", "volatile "].iter().find_map(|w| Some((*w, rest.strip_prefix(*w)?))) {
        words.push(word.trim_end());
        rest = after;
    }
    let len = base_len(rest);
    let (base, suffix) = rest.split_at(len);
    let trailing = base.len() - base.trim_end().len();
    match short_integer(base.trim_end()) {
        Some(short) => out.push_str(short),
        None => arguments(base.trim_end(), out, depth),
    }
    for word in words {
        out.push(' ');
        out.push_str(word);
    }
    // The blank before a closing `>` stays, that before a `*` goes.
    if trailing > 0 && !suffix.starts_with(['*', '&']) {
        out.push_str(base.get(base.len() - trailing..).unwrap_or_default());
    }
    arguments(suffix, out, depth);
}

/// How long the type is before `*`, `&`, `(` or `[`.
fn base_len(text: &str) -> usize {
    let mut depth = 0u32;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'<' => depth += 1,
            b'>' => depth = depth.saturating_sub(1),
            b'*' | b'&' | b'(' | b'[' if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

fn short_integer(name: &str) -> Option<&'static str> {
    Some(match name {
        "long unsigned int" | "unsigned long int" => "unsigned long",
        "long int" => "long",
        "short int" => "short",
        "short unsigned int" => "unsigned short",
        "long long int" => "long long",
        "long long unsigned int" => "unsigned long long",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_gdbs() {
        for (name, text) in [
            ("pair<const int, std::basic_string<char> >", "pair<int const, std::basic_string<char> >"),
            ("vector<const char*, std::allocator<const char*> >", "vector<char const*, std::allocator<char const*> >"),
            ("Vec<Vec<int>*>", "Vec<Vec<int>*>"),
            ("Tm<long unsigned int, 3>", "Tm<unsigned long, 3>"),
            ("f<const A<const B>&>", "f<A<B const> const&>"),
            ("g<int (*)(const char*)>", "g<int (*)(const char*)>"),
            ("const int", "const int"),
            ("Vec<Vec<int> *>", "Vec<Vec<int>*>"),
            ("Plain", "Plain"),
        ] {
            assert_eq!(canonical(name), text);
            assert_eq!(canonical(text), text, "it stays as it is");
        }
    }
}
