//! C++ and Rust names as users type them: parts left out, the standard library's typedefs.

use super::name_tokens::{is_same_name, operator_symbol};

/// Whether a demangled name is meant by what a user typed: the name itself, with or without its parameters and template
/// arguments, or (unless `qualified`) the end of it after a `::`. The standard library's strings and streams go by their
/// typedefs too.
pub(super) fn matches(demangled: &str, wanted: &str, qualified: bool) -> bool {
    let wanted = wanted.trim().trim_start_matches("::");
    // Rust's v0 mangling has `<nm::S>::g` for a method where the old one has `nm::S::g`.
    let method = demangled.strip_prefix('<').and_then(|d| d.split_once(">::"));
    if let Some((ty, rest)) = method.filter(|(ty, _)| !ty.contains([' ', '<', '>']) && !wanted.starts_with('<')) {
        return matches(&format!("{ty}::{rest}"), wanted, qualified);
    }
    let name = if without_parameters(wanted).len() < wanted.len() { demangled } else { without_parameters(demangled) };
    if is_same(name, wanted, qualified) {
        return true;
    }
    // Only names of these contain a typedef's; most symbols are done with here.
    let may = name.contains("basic_") && name.contains("std::");
    may && is_same(&with_typedefs(name), &with_typedefs(wanted), qualified)
}

/// Whether the name of a function, without parameters, is meant by what a user typed.
pub fn is_written(name: &str, wanted: &str) -> bool {
    let wanted = wanted.trim_matches('\'');
    matches(name, without_parameters(wanted), false)
}

fn is_same(name: &str, wanted: &str, qualified: bool) -> bool {
    // Where the names differ in their first word, as most do, nothing else is looked at.
    let first =
        wanted.find(|c: char| !c.is_alphanumeric() && c != '_').map_or(wanted, |end| wanted.get(..end).unwrap_or_default());
    let tail_is = |i: usize| name.get(i..).is_some_and(|tail| tail.starts_with(first) && is_same_name(tail, wanted));
    let mut starts = std::iter::once(0).chain(name.match_indices("::").map(|(i, _)| i + 2));
    if qualified { tail_is(0) } else { starts.any(tail_is) }
}

/// Calls `visit` for each character outside of operators' symbols, with its offset and the depth of `<>` before it, until it
/// says to stop.
fn scan(name: &str, mut visit: impl FnMut(usize, char, i32) -> bool) {
    let (mut depth, mut i) = (0, 0);
    while let Some(c) = name.get(i..).and_then(|rest| rest.chars().next()) {
        let before = name.get(..i).unwrap_or_default();
        if before.ends_with("operator") && !c.is_alphanumeric() && c != '_' && c != ' ' {
            let len = operator_symbol(name.get(i..).unwrap_or_default());
            // `operator<<int>` of a template: the symbol is the first `<`.
            let symbol = name.get(i..i + len).unwrap_or_default();
            let rest = name.get(i + len..).unwrap_or_default();
            let opens = len > 1 && symbol.ends_with('<') && rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
            i += (if opens { len - 1 } else { len }).max(1);
            continue;
        }
        if !visit(i, c, depth) {
            return;
        }
        match c {
            '<' => depth += 1,
            '>' => depth -= 1,
            _ => {}
        }
        i += c.len_utf8();
    }
}

/// `ns::f(int)` -> `ns::f`. A `(` inside of `<>` or at the start of a scope (`(anonymous namespace)`) does not open the
/// parameters.
pub(super) fn without_parameters(name: &str) -> &str {
    let mut end = name.len();
    scan(name, |i, c, depth| {
        let opens = c == '(' && depth <= 0 && i > 0 && !name.get(i..).is_some_and(|s| s.starts_with("(anonymous"));
        if opens {
            end = i;
        }
        !opens
    });
    name.get(..end).unwrap_or(name)
}

/// `int ns::f<int>(int)` -> `ns::f<int>(int)`: instances of function templates are mangled with what they return (Itanium ABI
/// §5.1.5.3).
/// gdb does not look behind it for places of functions without debug information.
pub(super) fn without_return_type(name: &str) -> &str {
    let head = without_parameters(name);
    if !head.ends_with('>') {
        return name;
    }
    let (mut start, mut parentheses) = (0, 0);
    scan(head, |i, c, depth| {
        match c {
            '(' => parentheses += 1,
            ')' => parentheses -= 1,
            ' ' if depth == 0 && parentheses == 0 && !head.get(i + 1..).is_some_and(|r| r.starts_with('<')) => start = i + 1,
            _ => {}
        }
        true
    });
    name.get(start..).unwrap_or(name)
}

/// Class templates of the standard library that have a typedef for `char` and one, with a `w` before it, for `wchar_t`.
const TYPEDEFS: &[&str] = &[
    "string",
    "ostream",
    "istream",
    "iostream",
    "ofstream",
    "ifstream",
    "fstream",
    "ostringstream",
    "istringstream",
    "stringstream",
    "streambuf",
    "filebuf",
    "stringbuf",
    "string_view",
    "ios",
];

/// The name with the standard library's typedefs in place of what they stand for: `std::__cxx11::basic_string<char, ...>` ->
/// `std::string`, constructors and destructors included. What has no typedef stays.
fn with_typedefs(name: &str) -> String {
    let mut out = name.replace("__cxx11::", "").replace(">>", "> >");
    for leaf in TYPEDEFS {
        let template = format!("basic_{leaf}");
        if !out.contains(&template) {
            continue;
        }
        for (character, w) in [("char", ""), ("wchar_t", "w")] {
            let typedef = format!("std::{w}{leaf}");
            for arguments in [
                format!("<{character}, std::char_traits<{character}>, std::allocator<{character}> >"),
                format!("<{character}, std::char_traits<{character}> >"),
            ] {
                out = out.replace(&format!("std::{template}{arguments}"), &typedef);
            }
            for colons in ["::", "::~"] {
                out = structors(&out, &format!("{typedef}{colons}"), &template, &format!("{w}{leaf}"));
            }
        }
    }
    out
}

/// `std::string::basic_string(` -> `std::string::string(`: not where the name goes on.
fn structors(name: &str, scope: &str, template: &str, leaf: &str) -> String {
    let whole = format!("{scope}{template}");
    let mut parts = name.split(&whole);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let goes_on = part.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '<');
        out.push_str(scope);
        out.push_str(if goes_on { template } else { leaf });
        out.push_str(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::demangle::{demangle, is_named};
    use super::*;

    #[test]
    fn what_gdb_lets_a_user_leave_out() {
        for wanted in ["ns::Foo::bar(int)", "ns::Foo::bar", "Foo::bar", "bar"] {
            assert!(matches("ns::Foo::bar(int)", wanted, false), "{wanted}");
        }
        assert!(!matches("ns::Foo::bar(int)", "Foo::bar", true));
        assert!(!matches("ns::Foo::bar(int)", "ar", false));
        for wanted in ["nm::S::g", "<nm::S>::g"] {
            assert!(matches("<nm::S>::g", wanted, true), "{wanted}");
        }
        assert!(!matches("<nm::S as nm::T>::g", "nm::S::g", true));
        assert!(matches("ns::f<int>", "f", false));
        assert!(matches("ns::vector<int>::f<a<b> >::g(a<b>)", "vector::f::g", false));
        assert!(!matches("ns::vector<int>::f(int)", "vector<char>::f", false));
        assert!(matches("(anonymous namespace)::g(char)", "g", false));
        assert!(matches("A::operator()(int)", "A::operator()(int)", false));
        assert!(matches("A::operator()(int)", "A::operator()", false));
        assert!(matches(
            without_return_type("unsigned long (anonymous namespace)::g<int>(char)"),
            "(anonymous namespace)::g",
            true
        ));
    }

    #[test]
    fn operators_are_no_brackets() {
        for (name, wanted) in [
            ("A<int>::operator<<(int)", "A::operator<<"),
            ("A::operator<(int)", "A::operator<"),
            ("A::operator->()", "A::operator->"),
            ("operator< <int>(A<int>)", "operator<"),
            ("A::operator new(unsigned long)", "operator new"),
        ] {
            assert!(matches(name, wanted, false), "{name} {wanted}");
        }
        assert!(!matches("A::operator<<(int)", "A::operator<", false));
    }

    #[test]
    fn the_standard_typedefs_name_their_templates() {
        // c++filt's: std::ostream::operator<<(int), std::string::append(char const*), the constructor from char const*.
        for (raw, names) in [
            ("_ZNSolsEi", &["std::ostream::operator<<", "std::ostream::operator<<(int)", "std::basic_ostream::operator<<"][..]),
            (
                "_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE6appendEPKc",
                &[
                    "std::string::append",
                    "string::append",
                    "std::string::append(char const*)",
                    "std::__cxx11::basic_string::append",
                ],
            ),
            (
                "_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEC1EPKcRKS3_",
                &["std::string::string", "std::string::string(char const*, std::allocator<char> const&)"],
            ),
            ("_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEED1Ev", &["std::string::~string", "std::string::~string()"]),
            ("_ZNSsC1ERKSs", &["std::string::string(std::string const&)"]),
            ("_ZStlsISt11char_traitsIcEERSt13basic_ostreamIcT_ES5_PKc", &["std::operator<<", "operator<<"]),
            ("_ZNSt14basic_ofstreamIcSt11char_traitsIcEEC1Ev", &["std::ofstream::ofstream", "std::ofstream::ofstream()"]),
            ("_ZNSt13basic_ostreamIwSt11char_traitsIwEE5flushEv", &["std::wostream::flush"]),
        ] {
            let name = demangle(raw);
            for wanted in names {
                assert!(is_named(raw, wanted), "{name}: {wanted}");
            }
        }
        let append = demangle("_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE6appendEPKc");
        for wanted in ["std::wstring::append", "std::string_view::append", "std::string", "std::string::string"] {
            assert!(!matches(&append, wanted, false), "{wanted}");
        }
    }
}
