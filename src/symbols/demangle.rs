//! Names as a programmer wrote them.

use std::borrow::Cow;

use super::user_names::{matches, without_parameters, without_return_type};

/// The longest name that is demangled, in bytes. A short mangled name may stand for a very long one, a long one for a disaster.
const MAX_MANGLED: usize = 16 << 10;

/// The demangled name, as gdb shows it: C++ with parameters, Rust without its hash; other names unchanged.
pub fn demangle(raw: &str) -> Cow<'_, str> {
    if raw.len() > MAX_MANGLED || !is_mangled(raw) {
        return Cow::Borrowed(raw);
    }
    // `_ZN3FooC1Ev@plt`
    if let Some((head, suffix)) = raw.split_once('@') {
        return Cow::Owned(format!("{}@{suffix}", demangle(head)));
    }
    if is_rust(raw)
        && let Ok(name) = rustc_demangle::try_demangle(raw)
    {
        return Cow::Owned(format!("{name:#}"));
    }
    cpp(raw).map_or(Cow::Borrowed(raw), Cow::Owned)
}

/// Whether a mangled name is Rust's: of the new kind, or ended by a hash. Without a hash `_ZN12_GLOBAL__N_1L1xE` would do too.
pub fn is_rust(raw: &str) -> bool {
    let has_hash = |at: usize| {
        let hash = raw.get(at + 3..at + 19).unwrap_or_default();
        hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit())
    };
    raw.starts_with("_R") || raw.rfind("17h").is_some_and(has_hash)
}

/// A C++ name as binutils write it, where cpp_demangle has ways of its own.
fn cpp(raw: &str) -> Option<String> {
    // Thunks, whose offsets binutils leave out: `_ZThn16_N1A1fEv`, `_ZTv0_n24_N1A1fEv`.
    for (prefix, numbers, words) in [("_ZTh", 1, "non-virtual thunk to "), ("_ZTv", 2, "virtual thunk to ")] {
        if let Some(rest) = raw.strip_prefix(prefix) {
            return Some(format!("{words}{}", demangle(&format!("_Z{}", rest.splitn(numbers + 1, '_').nth(numbers)?))));
        }
    }
    // Of an empty pack of arguments cpp_demangle leaves the comma before it.
    let name = with_suffixes(cpp_demangle::Symbol::new(raw).ok()?.demangle().ok()?).replace(", >", ">");
    for (open, words) in [("{vtable(", "vtable for "), ("{vtt(", "VTT for ")] {
        if let Some(ty) = name.strip_prefix(open).and_then(|n| n.strip_suffix(")}")) {
            return Some(spell_out(&format!("{words}{ty}")));
        }
    }
    Some(spell_out(&name))
}

/// Integers among template arguments as binutils write them: `A<(unsigned long)3>` is `A<3ul>`.
fn with_suffixes(mut name: String) -> String {
    for (cast, suffix) in [
        ("(unsigned long long)", "ull"),
        ("(unsigned long)", "ul"),
        ("(unsigned int)", "u"),
        ("(long long)", "ll"),
        ("(long)", "l"),
    ] {
        let mut from = 0;
        while let Some(at) = name.get(from..).and_then(|rest| rest.find(cast)).map(|at| from + at) {
            let digits = name.get(at + cast.len()..).unwrap_or_default();
            let sign = usize::from(digits.starts_with('-'));
            let length = sign + digits.bytes().skip(sign).take_while(u8::is_ascii_digit).count();
            from = at + cast.len();
            if length > sign {
                let number = format!("{}{suffix}", digits.get(..length).unwrap_or_default());
                name.replace_range(at..from + length, &number);
                from = at + number.len();
            }
        }
    }
    name
}

/// The abbreviation `Ss` is `std::string` for cpp_demangle and the type itself for binutils, `So` likewise. (A program's own
/// `std::string` would be mangled by its real name.)
fn spell_out(name: &str) -> String {
    // What cpp_demangle leaves of names with internal linkage: `_ZN12_GLOBAL__N_1L8variableE`.
    let mut out = name.replace("_GLOBAL__N_1", "(anonymous namespace)");
    for (short, leaf, template, arguments) in [
        ("std::string", "string", "basic_string", "<char, std::char_traits<char>, std::allocator<char> >"),
        ("std::ostream", "ostream", "basic_ostream", "<char, std::char_traits<char> >"),
    ] {
        if !out.contains(short) {
            continue;
        }
        let mut parts = out.split(short);
        let mut spelt = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            if part.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
                spelt.push_str(short); // std::string_view
                spelt.push_str(part);
                continue;
            }
            spelt.push_str(&format!("std::{template}{arguments}"));
            // Constructors and destructors repeat the template's name.
            let structor = ["::", "::~"].into_iter().find_map(|p| Some((p, part.strip_prefix(p)?.strip_prefix(leaf)?)));
            match structor.filter(|(_, rest)| rest.starts_with('(')) {
                Some((colons, rest)) => spelt.push_str(&format!("{colons}{template}{rest}")),
                None => spelt.push_str(part),
            }
        }
        out = spelt;
    }
    out
}

/// Whether the name looks like a C++ or Rust one at all.
pub(super) fn is_mangled(raw: &str) -> bool {
    raw.starts_with("_Z") || raw.starts_with("_R")
}

/// The demangled name without what a function returns: `int f<int>(int)` is `f<int>(int)`.
pub fn demangle_function(raw: &str) -> String {
    without_return_type(&demangle(raw)).to_owned()
}

/// The same without the parameters too, as frames are named: `f<int>`.
pub fn demangle_bare(raw: &str) -> String {
    without_parameters(without_return_type(&demangle(raw))).to_owned()
}

/// Whether a symbol of a file is meant by what a user typed: its name there, or its demangled one with or without parameters.
pub fn is_named(raw: &str, wanted: &str) -> bool {
    raw == wanted || (is_mangled(raw) && matches(without_return_type(&demangle(raw)), wanted, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_gdbs() {
        // c++filt and gdb's `info symbol` print these.
        assert_eq!(demangle("_ZN2ns3Foo3barEi"), "ns::Foo::bar(int)");
        assert_eq!(demangle("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE"), "core::fmt::Formatter::pad");
        assert_eq!(demangle("_ZThn16_N1A1fEv"), "non-virtual thunk to A::f()");
        assert_eq!(demangle("_ZTv0_n24_N1A1fEv"), "virtual thunk to A::f()");
        assert_eq!(demangle("_ZTV1A"), "vtable for A");
        assert_eq!(demangle("_ZTT1A"), "VTT for A");
        let string = "std::basic_string<char, std::char_traits<char>, std::allocator<char> >";
        assert_eq!(demangle("_ZNSsC1ERKSs"), format!("{string}::basic_string({string} const&)"));
        assert_eq!(demangle("_ZNSolsEi"), "std::basic_ostream<char, std::char_traits<char> >::operator<<(int)");
        assert_eq!(demangle("_ZN2ns3Foo3barEi@plt"), "ns::Foo::bar(int)@plt");
        assert_eq!(demangle("_Z1fILm3EEvv"), "void f<3ul>()");
        assert_eq!(demangle("_Z1fILln3ELj4ELy5ELi6EEvm"), "void f<-3l, 4u, 5ull, 6>(unsigned long)");
        assert_eq!(demangle("main"), "main");
        assert_eq!(demangle("_Zgarbage"), "_Zgarbage");
    }

    #[test]
    fn a_symbol_is_called_by_either_name() {
        for wanted in ["_Znwm", "operator new", "operator new(unsigned long)"] {
            assert!(is_named("_Znwm", wanted), "{wanted}");
        }
        assert!(!is_named("_Znwm", "new") && !is_named("puts", "put"));
    }
}
