//! C's base types on x86-64 Linux (psABI §3.1.2), and gdb's names of fixed width.

use std::sync::{Arc, LazyLock};

use super::language::Language;
use super::types::{FloatFormat, Type, TypeKind};

/// Names, size in bytes and kind. The first name of a row is the one that is shown.
const ROWS: &[(&[&str], u64, TypeKind)] = &[
    (&["void"], 1, TypeKind::Void),
    (&["char"], 1, TypeKind::Char { signed: true }),
    (&["signed char"], 1, TypeKind::Char { signed: true }),
    (&["unsigned char"], 1, TypeKind::Char { signed: false }),
    (&["short", "signed short", "short int", "signed short int"], 2, TypeKind::Int { signed: true }),
    (&["unsigned short", "unsigned short int"], 2, TypeKind::Int { signed: false }),
    (&["int", "signed", "signed int"], 4, TypeKind::Int { signed: true }),
    (&["unsigned int", "unsigned"], 4, TypeKind::Int { signed: false }),
    (&["long", "signed long", "long int", "signed long int"], 8, TypeKind::Int { signed: true }),
    (&["unsigned long", "unsigned long int"], 8, TypeKind::Int { signed: false }),
    (&["long long", "signed long long", "long long int", "signed long long int"], 8, TypeKind::Int { signed: true }),
    (&["unsigned long long", "unsigned long long int"], 8, TypeKind::Int { signed: false }),
    (&["__int128", "signed __int128"], 16, TypeKind::Int { signed: true }),
    (&["unsigned __int128"], 16, TypeKind::Int { signed: false }),
    (&["_Bool"], 1, TypeKind::Bool),
    (&["bool"], 1, TypeKind::Bool),
    (&["float"], 4, TypeKind::Float(FloatFormat::Single)),
    (&["double"], 8, TypeKind::Float(FloatFormat::Double)),
    (&["long double"], 16, TypeKind::Float(FloatFormat::X87)),
    (&["_Float16"], 2, TypeKind::Float(FloatFormat::Half)),
    (&["bfloat16"], 2, TypeKind::Float(FloatFormat::Bfloat16)),
    (&["builtin_type_i387_ext"], 16, TypeKind::Float(FloatFormat::X87)),
    (&["wchar_t"], 4, TypeKind::Char { signed: true }),
    (&["char16_t"], 2, TypeKind::Char { signed: false }),
    (&["char32_t"], 4, TypeKind::Char { signed: false }),
    (&["int8_t"], 1, TypeKind::Int { signed: true }),
    (&["uint8_t"], 1, TypeKind::Int { signed: false }),
    (&["int16_t"], 2, TypeKind::Int { signed: true }),
    (&["uint16_t"], 2, TypeKind::Int { signed: false }),
    (&["int32_t"], 4, TypeKind::Int { signed: true }),
    (&["uint32_t"], 4, TypeKind::Int { signed: false }),
    (&["int64_t"], 8, TypeKind::Int { signed: true }),
    (&["uint64_t"], 8, TypeKind::Int { signed: false }),
    (&["int128_t"], 16, TypeKind::Int { signed: true }),
    (&["uint128_t"], 16, TypeKind::Int { signed: false }),
];

static TYPES: LazyLock<Vec<Arc<Type>>> =
    LazyLock::new(|| ROWS.iter().map(|(names, size, kind)| Type::named(names[0], *size, kind.clone())).collect());

/// The base type of a name in one of its usual spellings, `unsigned long` or `unsigned long int`; also `int8_t` to
/// `uint128_t`, which are integers (never characters) as in gdb's registers.
pub fn base_type(name: &str) -> Option<Arc<Type>> {
    let row = ROWS.iter().position(|(names, ..)| names.contains(&name))?;
    TYPES.get(row).cloned()
}

/// A type that every program of Rust has, by its name.
pub fn rust_type(name: &str) -> Option<Arc<Type>> {
    let (size, kind) = match name {
        "i8" => (1, TypeKind::Int { signed: true }),
        "i16" => (2, TypeKind::Int { signed: true }),
        "i32" => (4, TypeKind::Int { signed: true }),
        "i64" | "isize" => (8, TypeKind::Int { signed: true }),
        "i128" => (16, TypeKind::Int { signed: true }),
        "u8" => (1, TypeKind::Int { signed: false }),
        "u16" => (2, TypeKind::Int { signed: false }),
        "u32" => (4, TypeKind::Int { signed: false }),
        "u64" | "usize" => (8, TypeKind::Int { signed: false }),
        "u128" => (16, TypeKind::Int { signed: false }),
        "f32" => (4, TypeKind::Float(FloatFormat::Single)),
        "f64" => (8, TypeKind::Float(FloatFormat::Double)),
        "bool" => (1, TypeKind::Bool),
        "char" => (4, TypeKind::Char { signed: false }),
        _ => return None,
    };
    Some(Type::named_in(Language::Rust, name, size, kind))
}

/// A base type's name as gdb writes it: `unsigned long` for `long unsigned int`.
pub(super) fn canonical_name(name: &str) -> Arc<str> {
    let words: Vec<&str> = name.split(' ').collect();
    let count = |w: &str| words.iter().filter(|x| **x == w).count();
    let rest = words.iter().filter(|w| !matches!(**w, "long" | "short" | "unsigned" | "signed" | "int" | "char")).count();
    if rest > 0 || name == "signed char" {
        return name.into();
    }
    let sign = if count("unsigned") > 0 { "unsigned " } else { "" };
    let bare = match (count("long"), count("short"), count("char")) {
        (1, 0, 0) => "long",
        (2, 0, 0) => "long long",
        (0, 1, 0) => "short",
        (0, 0, 1) => "char",
        (0, 0, 0) => "int",
        _ => return name.into(),
    };
    format!("{sign}{bare}").into()
}

macro_rules! base {
    ($($(#[$doc:meta])* $function:ident = $row:literal;)*) => {
        impl Type {
            $($(#[$doc])* pub fn $function() -> Arc<Type> { TYPES[$row].clone() })*
        }
        #[cfg(test)]
        const NAMED: &[(fn() -> Arc<Type>, &str)] = &[$((Type::$function, stringify!($function))),*];
    };
}
base! {
    /// `void`
    void = 0;
    /// `char`
    char = 1;
    /// `unsigned char`
    uchar = 3;
    /// `short`
    short = 4;
    /// `unsigned short`
    ushort = 5;
    /// `int`
    int = 6;
    /// `unsigned int`
    uint = 7;
    /// `long`
    long = 8;
    /// `unsigned long`
    ulong = 9;
    /// `__int128`
    int128 = 12;
    /// `unsigned __int128`
    uint128 = 13;
    /// `bool`, of C++ and Rust
    bool = 15;
    /// `float`
    float32 = 16;
    /// `double`
    double = 17;
    /// `long double`: the x87's 80 bits in 16 bytes.
    long_double = 18;
    /// `int8_t`, never a character.
    int8 = 25;
    /// `uint8_t`, never a character.
    uint8 = 26;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_give_the_types_of_their_names() {
        let names: Vec<_> = NAMED.iter().map(|(f, _)| f().name.to_string()).collect();
        assert_eq!(
            names,
            [
                "void",
                "char",
                "unsigned char",
                "short",
                "unsigned short",
                "int",
                "unsigned int",
                "long",
                "unsigned long",
                "__int128",
                "unsigned __int128",
                "bool",
                "float",
                "double",
                "long double",
                "int8_t",
                "uint8_t"
            ]
        );
    }
}
