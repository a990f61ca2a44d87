//! C++ and Rust symbols by the names that were written in the source.

use std::sync::Arc;

use crate::elf::Symbol;

use super::demangle::{demangle, is_mangled};
use super::module::Module;
use super::module_file::ModuleFile;
use super::modules::Modules;
use super::user_names::matches;

/// The longest qualified name that is looked for in an expression, in bytes.
const MAX_QUALIFIED: usize = 4096;

/// The symbols of a file that a written name means, with or without parameters; unless `qualified`, outer scopes may be missing.
///
/// A mangled name holds its identifiers verbatim, so that only those which hold the last identifier are demangled; operators and
/// what has an abbreviation of its own are spelt differently and cost a look at every name.
pub(super) fn written<'m>(file: &'m ModuleFile, name: &str, qualified: bool) -> Vec<Symbol<'m>> {
    let last = last_identifier(name);
    if last.is_empty() || name.contains('@') {
        return Vec::new();
    }
    let is_abbreviated = |n: &&str| n.starts_with("operator") || matches!(*n, "allocator" | "string" | "basic_string");
    let is_stream = |n: &&str| n.ends_with("stream");
    let key = if is_abbreviated(&last) || is_stream(&last) { String::new() } else { mangled_part(last) };
    let candidates = file.symbols_containing(&key).into_iter().filter(|s| is_mangled(s.name));
    candidates.filter(|s| s.name != name && s.has_place() && matches(&demangle(s.name), name, qualified)).collect()
}

/// How an identifier stands in mangled names: behind its length (Itanium C++ ABI §5.1.3). Rust's v0 puts a `_` between them if
/// the identifier begins with one, and spells others than ASCII's differently.
fn mangled_part(identifier: &str) -> String {
    let is_plain = identifier.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    match is_plain && identifier.starts_with(|c: char| c.is_ascii_alphabetic()) {
        true => format!("{}{identifier}", identifier.len()),
        false => identifier.to_owned(),
    }
}

/// `f` of `int ns::f<long>(char)`, `X` of `vtable for ns::X` and of `ns::X::~X`.
fn last_identifier(name: &str) -> &str {
    let name = name.trim().trim_start_matches("(anonymous namespace)::");
    let head = name.split(['(', '<', '[']).next().unwrap_or(name).trim_end();
    let last = head.rsplit("::").next().unwrap_or(head);
    // `operator new` is one identifier.
    if let Some(at) = last.find("operator") {
        return last.get(at..).unwrap_or(last);
    }
    let word = last.rsplit(char::is_whitespace).next().unwrap_or(last).trim_start_matches('~');
    word.split('-').next().unwrap_or(word)
}

impl Modules {
    /// The length in bytes of the qualified name with which `text` begins, if it is that of a symbol: `ns::f(int)` with the
    /// parameters if they are right, else without.
    pub fn match_qualified(&self, text: &str) -> Option<usize> {
        let text: &str = text.char_indices().nth(MAX_QUALIFIED).map_or(text, |(end, _)| text.get(..end).unwrap_or(text));
        let is_there = |name: &&str| self.iter().any(|m: &Arc<Module>| !written(&m.file, name, true).is_empty());
        qualified_names(text).into_iter().find(|name| is_there(name)).map(str::len)
    }
}

/// The qualified names that may be meant by the start of a text, the longest first.
pub fn qualified_names(text: &str) -> Vec<&str> {
    let mut end = 0;
    let mut last_colons = 0;
    let bytes = text.as_bytes();
    while let Some(b) = bytes.get(end) {
        match b {
            b':' if bytes.get(end + 1) == Some(&b':') => {
                end += 2;
                last_colons = end;
            }
            b'~' if last_colons == end => end += 1,
            b'<' => match closing(text, end, b'<', b'>') {
                Some(close) => end = close,
                None => break,
            },
            b if b.is_ascii_alphanumeric() || *b == b'_' || *b >= 0x80 => end += 1,
            _ => break,
        }
    }
    let with_parameters = bytes.get(end).filter(|b| **b == b'(').and_then(|_| closing(text, end, b'(', b')'));
    // `a::b<c` may compare: without its arguments it is a name too.
    let plain = text.find('<').filter(|at| *at < end);
    let ends = [with_parameters, Some(end), plain].into_iter().flatten();
    ends.filter_map(|e| text.get(..e)).filter(|n| n.contains("::") && !n.ends_with("::")).collect()
}

/// One past the bracket that closes the one at `at`.
fn closing(text: &str, at: usize, open: u8, close: u8) -> Option<usize> {
    let mut depth = 0usize;
    for (i, b) in text.bytes().enumerate().skip(at) {
        depth += usize::from(b == open);
        if b == close {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(i + 1);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_identifier_is_what_a_mangled_name_holds() {
        for (name, last) in [
            ("int ns::twice<int>(int)", "twice"),
            ("vtable for ns::X", "X"),
            ("ns::X::~X()", "X"),
            ("construction vtable for A-in-B", "A"),
            ("(anonymous namespace)::g(int)", "g"),
            ("operator new(unsigned long)", "operator new"),
            ("ns::X::operator+(ns::X const&) const", "operator+"),
            ("main", "main"),
        ] {
            assert_eq!(last_identifier(name), last, "{name}");
        }
    }

    #[test]
    fn a_qualified_name_has_several_ends() {
        assert_eq!(qualified_names("ns::f(int) + 1"), ["ns::f(int)", "ns::f"]);
        assert_eq!(qualified_names("ns::counter"), ["ns::counter"]);
        assert_eq!(qualified_names("a::b<c>::d(e)"), ["a::b<c>::d(e)", "a::b<c>::d", "a::b"]);
        assert_eq!(qualified_names("a::b<c"), ["a::b"]);
        assert_eq!(qualified_names("X::~X()"), ["X::~X()", "X::~X"]);
        assert_eq!(qualified_names("a::"), Vec::<&str>::new());
    }
}
