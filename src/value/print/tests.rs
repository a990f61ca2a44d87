//! What gdb 13.1 printed for a C program that has these values.

use super::super::options::OutputRadix;
use super::super::types::{Bits, Enumerator, Field, Flag};
use super::*;
use crate::base::SliceMemory;
use crate::value::options::{PrintOptions, Symbols};

struct NoSymbols;

impl Symbols for NoSymbols {
    fn symbol(&self, addr: VirtAddr) -> Option<String> {
        match addr.0 {
            0x401106 => Some("fun".to_owned()),
            0x404180 => Some("g".to_owned()),
            a @ 0x404180..0x404200 => Some(format!("g+{}", a - 0x404180)),
            _ => None,
        }
    }
}

fn field(name: &str, ty: &Arc<Type>, offset: u64) -> Field {
    Field::new(name, ty, offset)
}

fn show_with(value: &Value, letter: Option<Letter>, options: &PrintOptions) -> String {
    let memory = SliceMemory { start: VirtAddr(0x402000), bytes: b"one\0two\0hi".to_vec() };
    Printer { memory: &memory, symbols: &NoSymbols, options }.text(value, letter).unwrap_or_else(|e| e.to_string())
}

fn show(value: &Value) -> String {
    show_with(value, None, &PrintOptions::default())
}

fn ints(ns: &[i32]) -> Value {
    let bytes: Vec<u8> = ns.iter().flat_map(|n| n.to_le_bytes()).collect();
    Value::computed(&Type::array(&Type::int(), ns.len() as u64), bytes)
}

fn chars(text: &[u8]) -> Value {
    Value::computed(&Type::array(&Type::char(), text.len() as u64), text)
}

/// `struct P` of the program.
fn structure() -> Value {
    let inner = Type::structure("in", 8, false, vec![field("a", &Type::int(), 0), field("c", &Type::char(), 4)]);
    let union = Type::structure("", 4, true, vec![field("i", &Type::int(), 0), field("f", &Type::float32(), 0)]);
    let next = Type::pointer(&Type::structure("P", 1, false, vec![]));
    let method = Type::pointer(&Type::function(&Type::int(), vec![Type::int()], false));
    let fields = vec![
        field("x", &Type::int(), 0),
        field("name", &Type::array(&Type::char(), 8), 8),
        field("in", &inner, 16),
        field("u", &union, 24),
        field("next", &next, 32),
        Field { bits: Some(Bits { start: 0, len: 3 }), ..field("b3", &Type::uint(), 40) },
        Field { bits: Some(Bits { start: 3, len: 5 }), ..field("b5", &Type::int(), 40) },
        field("fn", &method, 48),
        field("arr", &Type::array(&Type::int(), 3), 56),
    ];
    let mut bytes = vec![0; 72];
    let mut put = |at: usize, b: &[u8]| bytes[at..at + b.len()].copy_from_slice(b);
    put(0, &[1]);
    put(8, b"abc");
    put(16, &[3, 0, 0, 0, b'x']);
    put(24, &[7]);
    put(32, &0x404180u64.to_le_bytes());
    put(40, &[5 | (0x1d << 3)]);
    put(48, &0x401106u64.to_le_bytes());
    put(56, &[1, 0, 0, 0, 2, 0, 0, 0, 3]);
    Value::computed(&Type::structure("P", 72, false, fields), bytes)
}

#[test]
fn arrays_fold_and_stop() {
    assert_eq!(show(&ints(&[0; 10])), "{0, 0, 0, 0, 0, 0, 0, 0, 0, 0}");
    assert_eq!(show(&ints(&[0; 11])), "{0 <repeats 11 times>}");
    let ramp: Vec<i32> = (0..300).collect();
    assert!(show(&ints(&ramp)).ends_with("198, 199...}"));
    let options = PrintOptions { elements: Some(4), array_indexes: true, ..PrintOptions::default() };
    assert_eq!(show_with(&ints(&ramp), None, &options), "{[0] = 0, [1] = 1, [2] = 2, [3] = 3...}");
    let three = PrintOptions { repeats: Some(3), ..PrintOptions::default() };
    let rows = ints(&[0; 48]).retyped(&Type::array(&Type::array(&Type::int(), 12), 4));
    assert_eq!(show_with(&rows, None, &three), "{{0 <repeats 12 times>} <repeats 4 times>}");
    let lines = PrintOptions { array: true, ..PrintOptions::default() };
    let matrix = ints(&[1, 2, 3, 4]).retyped(&Type::array(&Type::array(&Type::int(), 2), 2));
    assert_eq!(show_with(&matrix, None, &lines), "{\n  {\n    1,\n    2\n  },\n  {\n    3,\n    4\n  }\n}");
}

#[test]
fn arrays_of_characters_are_strings() {
    assert_eq!(show(&chars(b"abc\0\0\0\0\0")), r#""abc\000\000\000\000""#);
    assert_eq!(show(&chars(b"abc")), "\"abc\"");
    assert_eq!(show(&chars(b"\0")), "\"\"");
    let stop = PrintOptions { null_stop: true, ..PrintOptions::default() };
    assert_eq!(show_with(&chars(b"ab\0\0"), None, &stop), "\"ab\"");
    assert_eq!(show_with(&chars(b"abc\0"), Some(Letter::Hex), &stop), "{0x61, 0x62, 0x63, 0x0}");
    assert_eq!(show_with(&chars(b"ab\0"), Some(Letter::Char), &stop), r"{97 'a', 98 'b', 0 '\000'}");
    let mut mixed = [&[b'a'; 22][..], b"b\0\0\0\0zz"].concat();
    mixed.resize(64, 0);
    assert_eq!(show(&chars(&mixed)), r#"'a' <repeats 22 times>, "b\000\000\000\000zz", '\000' <repeats 34 times>"#);
}

#[test]
fn structures_are_shown_in_all_their_forms() {
    let g = structure();
    assert_eq!(
        show(&g),
        "{x = 1, name = \"abc\\000\\000\\000\\000\", in = {a = 3, c = 120 'x'}, u = {i = 7, f = 9.80908925e-45}, \
         next = 0x404180 <g>, b3 = 5, b5 = -3, fn = 0x401106 <fun>, arr = {1, 2, 3}}"
    );
    assert_eq!(
        show_with(&g, Some(Letter::Hex), &PrintOptions::default()),
        "{x = 0x1, name = {0x61, 0x62, 0x63, 0x0, 0x0, 0x0, 0x0, 0x0}, in = {a = 0x3, c = 0x78}, u = {i = 0x7, f = 0x7}, \
         next = 0x404180, b3 = 0x5, b5 = 0xfffffffd, fn = 0x401106, arr = {0x1, 0x2, 0x3}}"
    );
    let shallow = PrintOptions { max_depth: Some(1), ..PrintOptions::default() };
    assert_eq!(
        show_with(&g, None, &shallow),
        "{x = 1, name = \"abc\\000\\000\\000\\000\", in = {...}, u = {...}, next = 0x404180 <g>, b3 = 5, b5 = -3, \
         fn = 0x401106 <fun>, arr = {...}}"
    );
    let pretty = PrintOptions { pretty: true, union: false, ..PrintOptions::default() };
    assert_eq!(
        show_with(&g, None, &pretty),
        "{\n  x = 1,\n  name = \"abc\\000\\000\\000\\000\",\n  in = {\n    a = 3,\n    c = 120 'x'\n  },\n  u = {...},\n  \
         next = 0x404180 <g>,\n  b3 = 5,\n  b5 = -3,\n  fn = 0x401106 <fun>,\n  arr = {1, 2, 3}\n}"
    );
}

#[test]
fn pointers_tell_where_they_lead() {
    let char_ptr = |a| Value::pointer(&Type::char(), VirtAddr(a));
    assert_eq!(show(&char_ptr(0x402000)), "0x402000 \"one\"");
    assert_eq!(show(&char_ptr(0)), "0x0");
    assert_eq!(show(&char_ptr(0x1234)), "0x1234 <error: Cannot access memory at address 0x1234>");
    assert_eq!(show(&char_ptr(0x402008)), "0x402008 \"hi\"<error: Cannot access memory at address 0x40200a>");
    assert_eq!(show(&Value::pointer(&Type::int(), VirtAddr(0x404184))), "(int *) 0x404184 <g+4>");
    assert_eq!(show(&Value::pointer(&Type::qualified(&Type::char(), true, false), VirtAddr(0x402004))), "0x402004 \"two\"");
    assert_eq!(show(&Value::pointer(&Type::uchar(), VirtAddr(0x402004))), "(unsigned char *) 0x402004 \"two\"");
    let function = Type::function(&Type::int(), vec![Type::int()], false);
    assert_eq!(show(&Value::pointer(&function, VirtAddr(0x401106))), "(int (*)(int)) 0x401106 <fun>");
    assert_eq!(show(&Value::at(&function, VirtAddr(0x402000))), "{int (int)} 0x402000");
    let bare = PrintOptions { address: false, ..PrintOptions::default() };
    assert_eq!(show_with(&Value::pointer(&Type::int(), VirtAddr(0x404180)), None, &bare), "(int *) <g>");
    assert_eq!(show_with(&char_ptr(0x402008 - 4), None, &bare), "\"two\"");
    let unnamed = PrintOptions { symbol: false, ..PrintOptions::default() };
    assert_eq!(show_with(&Value::pointer(&Type::int(), VirtAddr(0x404180)), None, &unnamed), "(int *) 0x404180");
}

#[test]
fn enumerations_and_flags_have_names() {
    let names = [("A", 1), ("B", 2), ("C", 4)].map(|(n, value)| Enumerator { name: n.into(), value });
    for (n, text) in [(5, "(A | C)"), (0, "0"), (9, "(A | unknown: 0x8)"), (16, "(unknown: 0x10)"), (2, "B")] {
        assert_eq!(enumeration(n, &names), text);
    }
    let colours = [("RED", 0), ("GREEN", 5), ("BLUE", 6)].map(|(n, value)| Enumerator { name: n.into(), value });
    assert_eq!(enumeration(7, &colours), "7");
    let flag = |name: &str, start| Flag { name: name.into(), bits: Bits { start, len: 1 } };
    let flags = [flag("CF", 0), flag("", 1), flag("PF", 2), flag("ZF", 6), flag("IF", 9)];
    assert_eq!(flags_text(0x246, &flags), "[ PF ZF IF ]");
    assert_eq!(flags_text(0x2, &flags), "[ ]");
}

#[test]
fn the_output_radix_changes_integers_only() {
    let hex = PrintOptions { output_radix: OutputRadix::Hex, ..PrintOptions::default() };
    let int = |n| Value::int(&Type::int(), n);
    assert_eq!(show_with(&int(-1), None, &hex), "0xffffffff");
    assert_eq!(show_with(&Value::int(&Type::char(), 97), None, &hex), "0x61");
    assert_eq!(show_with(&Value::computed(&Type::double(), 1.5f64.to_le_bytes()), None, &hex), "1.5");
    assert_eq!(show_with(&chars(b"abc\0"), None, &hex), "\"abc\"");
    let octal = PrintOptions { output_radix: OutputRadix::Octal, ..PrintOptions::default() };
    assert_eq!(show_with(&int(17), None, &octal), "021");
}

#[test]
fn letters_are_gdbs() {
    let with = |ty: &Arc<Type>, n: i128, letter| show_with(&Value::int(ty, n), Letter::parse(letter), &PrintOptions::default());
    let (int, char) = (Type::int(), Type::char());
    for (ty, n, letter, text) in [
        (&int, -1, 'x', "0xffffffff"),
        (&int, 8, 'o', "010"),
        (&int, 0, 'o', "0"),
        (&int, 10, 't', "1010"),
        (&int, 0, 't', "0"),
        (&int, 5, 'z', "0x00000005"),
        (&char, 5, 'z', "0x05"),
        (&int, 321, 'c', "65 'A'"),
        (&int, 200, 'c', r"-56 '\310'"),
        (&int, 256, 'c', r"0 '\000'"),
        (&int, 65, 'a', "0x41"),
        (&int, -1, 'a', "0xffffffffffffffff"),
        (&Type::long(), 0x401106, 'a', "0x401106 <fun>"),
        (&int, 1, 'f', "1.40129846e-45"),
        (&Type::short(), 1, 'f', "1"),
        (&int, 1, 's', "1"),
        (&Type::uchar(), 200, 'd', "-56"),
        (&char, -1, 'u', "255"),
        (&char, 97, 'x', "0x61"),
        (&Type::int128(), -5, 'x', "0xfffffffffffffffffffffffffffffffb"),
        (&Type::uint128(), 7, 'z', "0x00000000000000000000000000000007"),
    ] {
        assert_eq!(with(ty, n, letter), text, "{ty} {n} /{letter}");
    }
    let double = |x: f64, letter| {
        show_with(&Value::computed(&Type::double(), x.to_le_bytes()), Letter::parse(letter), &PrintOptions::default())
    };
    assert_eq!(double(-1.5, 'x'), "0xbff8000000000000");
    assert_eq!(double(1.5, 'd'), "4609434218613702656");
    assert_eq!(double(65.5, 'c'), "65 'A'");
    assert_eq!(double(1.5, 'a'), "0x1");
}

proptest::proptest! {
    #[test]
    fn hexadecimal_reads_back(n: i64) {
        let text = show_with(&Value::int(&Type::long(), n.into()), Some(Letter::Hex), &PrintOptions::default());
        proptest::prop_assert_eq!(u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap() as i64, n);
        let text = show(&Value::int(&Type::long(), n.into()));
        proptest::prop_assert_eq!(text.parse::<i64>().unwrap(), n);
    }
}

/// A bit-field needs the bytes that its bits are in, and not as many as its type has: it may be the last thing in a structure
/// that is in registers.
#[test]
fn bit_fields_may_end_with_the_structure() {
    let bits = |name: &str, offset, start, len| Field { bits: Some(Bits { start, len }), ..field(name, &Type::int(), offset) };
    let fields = vec![bits("a", 0, 0, 9), bits("b", 1, 1, 5), bits("c", 1, 6, 10)];
    let ty = Type::structure("packed", 3, false, fields);
    let value = Value::computed(&ty, [0x05, 0b0100_0010, 0x01]);
    assert_eq!(show(&value), "{a = 5, b = 1, c = 5}");
}
