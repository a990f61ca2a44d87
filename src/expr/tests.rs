//! Expressions on memory, registers and tables.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::test_host::TestHost;
use super::{Expr, eval_address, eval_condition, parse, parse_list, parse_prefix};
use crate::base::VirtAddr;

/// Runs commands in one session; each with what it must answer (without the number of the history).
fn session(steps: &[(&str, &str)]) {
    let mut host = TestHost::new();
    for (command, expected) in steps {
        let answer = host.run(command);
        let answer = match answer.strip_prefix('$').and_then(|a| a.split_once(" = ")) {
            Some((n, rest)) if n.parse::<u32>().is_ok() => rest.to_owned(),
            _ => answer,
        };
        assert_eq!(answer, *expected, "{command}");
    }
}

const UNKNOWN: &str = "'nd_int' has unknown type; cast it to its declared type";

#[test]
fn symbols_without_types_want_a_cast() {
    // From gdb 13.1, on a program without debug information.
    session(&[
        ("p nd_int", UNKNOWN),
        ("p nd_int+1", UNKNOWN),
        ("p nd_int@2", UNKNOWN),
        ("p sizeof(nd_int)", UNKNOWN),
        ("p !nd_int", UNKNOWN),
        ("p nd_int=5", UNKNOWN),
        ("p nd_int[1]", UNKNOWN),
        ("p {int}nd_int", UNKNOWN),
        ("p/x nd_int", UNKNOWN),
        ("p &nd_int", "(<data variable, no debug info> *) 0x404020 <nd_int>"),
        ("p *&nd_int", "<data variable, no debug info>"),
        ("p (int)nd_int", "1094861636"),
        ("p/x (int)nd_int", "0x41424344"),
        ("p (char)nd_int", "68 'D'"),
        ("p (double)nd_dbl", "1.5"),
        ("p (char[20])nd_str", r#""hello\nworld\001x\000\000\000\000\000\000""#),
        ("p (void(*)())nd_fp", "(void (*)()) 0x401106 <nd_fn>"),
        ("p (int)nd_int=5", "Left operand of assignment is not an lvalue."),
        ("whatis nd_int", "type = <data variable, no debug info>"),
        ("ptype &nd_int", "type = <data variable, no debug info> *"),
        (
            "p &nd_int+1",
            "Cannot perform pointer math on incomplete type \"<data variable, no debug info>\", \
             try casting to a known type, or void *.",
        ),
        ("p &nd_int==0", "0"),
        ("p (long)&nd_int", "4210720"),
        ("p (char*)&nd_str", r#"0x404030 <nd_str> "hello\nworld\001x""#),
        ("p *(char(*)[20])&nd_str", r#""hello\nworld\001x\000\000\000\000\000\000""#),
        ("p *(int*)&nd_arr@10", "{1, 2, 3, 4, 5, 5, 5, 5, 5, 5}"),
        ("p *(int(*)[17])&nd_arr", "{1, 2, 3, 4, 5 <repeats 12 times>, 7}"),
        ("p ((int*)&nd_arr)[2]", "3"),
        ("p {int}&nd_int", "1094861636"),
    ]);
}

#[test]
fn functions_are_addresses() {
    session(&[
        ("p &nd_fn", "(<text variable, no debug info> *) 0x401106 <nd_fn>"),
        ("p nd_fn+1", "(<text variable, no debug info> *) 0x401107 <nd_fn+1>"),
        ("p nd_fn==nd_fn", "1"),
        ("p !nd_fn", "0"),
        ("p -nd_fn", "Argument to negate operation not a number."),
        ("p (long)nd_fn", "4198662"),
        ("p (char)nd_fn", "6 '\\006'"),
        ("p nd_fn[0]", "cannot subscript something of type `<text variable, no debug info>'"),
        ("p sizeof(nd_fn)", "1"),
        ("whatis nd_fn", "type = <text variable, no debug info>"),
        ("ptype nd_fn", "type = <unknown return type> ()"),
        ("ptype &nd_fn", "type = <unknown return type> (*)()"),
        ("p (int(*)(char*))nd_fn", "(int (*)(char *)) 0x401106 <nd_fn>"),
        ("p ((int(*)(char*))nd_fn)+1", "(int (*)(char *)) 0x401107 <nd_fn+1>"),
        ("p nd_fn(\"a\")", "'nd_fn' has unknown return type; cast the call to its declared return type"),
        ("p (int)nd_fn(1)", "You can't do that without a process to debug. (int (int))"),
        ("p nd_fn=1", "Invalid cast."),
        ("p nd_two-nd_fn", "20"),
        ("p $f=nd_fn", "(<text variable, no debug info> *) 0x401106 <nd_fn>"),
        ("whatis $f", "type = <text variable, no debug info> *"),
        ("p $pc", "(void (*)()) 0x40110a <nd_fn+4>"),
        ("p $pc+1", "(void (*)()) 0x40110b <nd_fn+5>"),
        ("p puts@plt==0x401030", "1"),
        ("p &puts@got.plt", "(<data variable, no debug info> *) 0x404430 <puts@got.plt>"),
        ("p &'puts@got.plt'", "(<data variable, no debug info> *) 0x404430 <puts@got.plt>"),
    ]);
}

#[test]
fn registers_are_read_and_written_in_parts() {
    session(&[
        ("p $rax", "57"),
        ("p (char)$rax", "57 '9'"),
        ("p $rax=5", "5"),
        ("p $rax+1", "6"),
        ("p $al=300", "44"),
        ("p $eflags", "[ IF ]"),
        ("p/x $eflags", "0x202"),
        ("p $eflags|1", "515"),
        ("p $eflags=0x247", "[ CF ZF IF ]"),
        ("whatis $eflags&1", "type = unsigned int"),
        ("p $sp", "(void *) 0x404800"),
        ("p *$sp", "Attempt to dereference a generic pointer."),
        ("p $sp+8", "(void *) 0x404808"),
        ("p *(long*)$sp", "0"),
        ("p &$rax", "Attempt to take address of value not located in memory."),
        ("p $xmm0.v4_int32={1,2,3,4}", "{1, 2, 3, 4}"),
        ("p $xmm0.uint128", "316912650112397582603894390785"),
        ("p $xmm0.v4_float[1]=2.5", "2.5"),
        ("p $xmm0.v4_float", "{1.40129846e-45, 2.5, 4.20389539e-45, 5.60519386e-45}"),
        ("p $xmm0.v4_float+1", "{1, 3.5, 1, 1}"),
        ("p $xmm0.v4_float[4]", "no such vector element"),
        ("p $xmm0.nosuch", "There is no member named nosuch."),
        ("p $xmm0=1", "Invalid cast."),
        ("whatis $xmm0", "type = union vec128"),
        ("whatis $xmm0.v4_float", "type = v4f"),
        ("whatis $rip", "type = void"),
    ]);
}

#[test]
fn tables_are_arrays_with_names() {
    session(&[
        ("p GOT[3]", "(void *) 0x401036 <puts@plt+6>"),
        ("p &GOT[3]", "(void **) 0x404430 <puts@got.plt>"),
        ("p GOT[\"puts\"]", "(void *) 0x401036 <puts@plt+6>"),
        ("p &GOT[\"puts\"]", "(void **) 0x404430 <puts@got.plt>"),
        ("p GOT[-3]", "(void *) 0x401030 <puts@plt>"),
        ("p GOT[5]", "GOT has words [-3]..[4]."),
        ("p GOT[-4]", "GOT has words [-3]..[4]."),
        ("p *GOT", "(void *) 0x401033 <puts@plt+3>"),
        ("p GOT+1", "(void **) 0x404420"),
        ("p GOT[\"nosuch\"]", "No slot for \"nosuch\"."),
        ("ptype GOT", "type = void *[8]"),
        ("whatis GOT[0]", "type = void *"),
        ("p GOT[3]=nd_fn", "(void *) 0x401106 <nd_fn>"),
        ("p GOT[3]", "(void *) 0x401106 <nd_fn>"),
        ("p libc.so.6!GOT[1]", "(void *) 0x0"),
        ("p &libc.so.6!GOT[1]", "(void **) 0x404508"),
        ("p &libc!GOT[1]", "(void **) 0x404508"),
        ("p &'libc.so.6'::GOT[1]", "(void **) 0x404508"),
        ("p &'libc.so.6!GOT'[1]", "(void **) 0x404508"),
        ("p libc.so.6!GOT[2]", "GOT has words [0]..[1]."),
        ("p &libc!printf", "(<text variable, no debug info> *) 0x7ffff7e00000"),
        ("p libc!nosuch", "No symbol \"nosuch\" in specified context."),
        ("p nosuch!=1", "No symbol \"nosuch\" in current context."),
        ("p 1 && !nd_fn", "0"),
        ("p &PLT[1]", "(unsigned char (*)[16]) 0x401030 <puts@plt>"),
        ("p PLT[4]", "PLT has stubs [0]..[3]."),
        ("ptype PLT[1]", "type = unsigned char [16]"),
    ]);
}

#[test]
fn structures_have_members() {
    session(&[
        ("p n", "{x = 1, y = 17179869187}"),
        ("p n.y", "17179869187"),
        ("p &n.y", "(long *) 0x404068 <nd_arr+8>"),
        ("p (&n)->x", "1"),
        ("p n->x", "1"),
        ("p (&n).x", "1"),
        ("p n.x=7", "7"),
        ("p n.x++", "7"),
        ("p n.x", "8"),
        ("p n.nosuch", "There is no member named nosuch."),
        ("p n+1", "Structure has no component named operator+."),
        ("p !n", "Structure has no component named operator!."),
        ("p (long)&((struct node*)0)->y", "8"),
        ("p sizeof(struct node)", "16"),
        ("p sizeof(node_t)", "16"),
        ("whatis node_t", "type = struct node"),
        ("whatis (node_t*)0", "type = node_t *"),
        ("ptype node_t", "type = struct node {\n    int x;\n    long y;\n}"),
        ("p *(struct node*)0", "Cannot access memory at address 0x0"),
        ("p (struct nosuch*)0", "No struct type named nosuch."),
        ("p alignof(struct node)", "8"),
    ]);
}

#[test]
fn the_history_keeps_what_was_shown() {
    session(&[
        ("p $1", "History has not yet reached $1."),
        ("p *(int*)&nd_int", "1094861636"),
        ("p *(int*)&nd_int=6", "6"),
        ("p $1", "1094861636"),
        ("p *(int*)&nd_int", "6"),
        ("p &$1", "(int *) 0x404020 <nd_int>"),
        ("p $1=3", "Left operand of assignment is not a modifiable lvalue."),
        ("p $$4", "1094861636"),
        ("p $9999", "History has not yet reached $9999."),
        ("p $$9999", "History does not go back to $$9999."),
        ("p *$5", "6"),
        ("p *$5=9", "9"),
    ]);
}

#[test]
fn a_failed_write_changes_nothing() {
    session(&[
        ("p *(int*)0=5", "Cannot access memory at address 0x0"),
        ("p $a=1", "1"),
        ("p $a=*(int*)0", "Cannot access memory at address 0x0"),
        ("p $a", "1"),
        ("whatis $a=nd_fn", "type = <text variable, no debug info> *"),
        ("whatis *(int*)&nd_int=5", "type = int"),
        ("p *(int*)&nd_int", "1094861636"),
        ("whatis **(int**)0", "type = int"),
        ("p sizeof(**(int**)0)", "4"),
    ]);
}

#[test]
fn parts_end_where_commands_go_on() {
    let host = TestHost::new();
    let end = |text: &str, comma| parse_prefix(text, &host, comma).map(|(_, end)| text[end..].to_owned()).unwrap();
    assert_eq!(end("GOT[4] if $rax == 1", false), "if $rax == 1");
    assert_eq!(end("$pc thread 2", false), "thread 2");
    assert_eq!(end("(1, 2), 3", true), ", 3");
    assert_eq!(end("f(1, 2), {1, 2}", true), ", {1, 2}");
    assert_eq!(parse_list(" 1, (2, 3), \"a,b\"", &host).unwrap().len(), 3);
    assert!(parse_list("", &host).unwrap().is_empty());
    assert!(parse_list("1,", &host).is_err());
    assert_eq!(parse("1)", &host).unwrap_err().to_string(), "Junk after end of expression.");
}

#[test]
fn a_parsed_expression_serves_many_times() {
    let mut host = TestHost::new();
    let expr: Expr = parse("$rax == 57 && n.x == 1", &host).unwrap();
    for _ in 0..3 {
        assert!(eval_condition(&expr, &mut host).unwrap());
    }
    host.value("n.x = 2").unwrap();
    assert!(!eval_condition(&expr, &mut host).unwrap());
    let void = parse("$nosuch", &host).unwrap();
    assert!(!eval_condition(&void, &mut host).unwrap());
    for (text, addr) in [("nd_fn", 0x401106), ("PLT[\"puts\"]", 0x401050), ("GOT", 0x404418), ("&GOT[3]", 0x404430), ("5", 5)] {
        let expr = parse(text, &host).unwrap();
        assert_eq!(eval_address(&expr, &mut host).unwrap(), VirtAddr(addr), "{text}");
    }
}

#[test]
fn endless_input_is_one_quick_error() {
    let start = Instant::now();
    let mut host = TestHost::new();
    let long = |unit: &str, n: usize| unit.repeat(n);
    for text in [
        long("(", 100_000),
        long("-", 100_000),
        long("*", 100_000),
        long("{", 100_000),
        long("1+", 100_000) + "1",
        long("1,", 100_000) + "1",
        long("1=", 100_000) + "1",
        long("1?", 100_000),
        long("1?1:", 100_000) + "1",
        long("a[", 100_000),
        "$pc".to_owned() + &long(".x", 100_000),
        long("sizeof ", 100_000),
        "(".to_owned() + &long("int(*", 100_000),
        "(int ".to_owned() + &long("(", 100_000),
        "(int ".to_owned() + &long("*", 100_000) + ")0",
        long("9", 10_000_000),
        long("(", 10_000_000),
        long(" ", 10_000_000),
        long("x", 10_000_000),
        long("1 ", 5_000_000),
        long("x!", 5_000_000),
        "\"".to_owned() + &long("a", 10_000_000),
        "1e".to_owned() + &long("9", 1_000_000) + "x",
    ] {
        let error = host.value(&text).map(|v| v.ty.to_string()).unwrap_err().to_string();
        assert!(error.len() < 11_000_000 && !error.contains('\n'), "{:.100}", error);
    }
    // As deep as can be, each in its own way.
    assert!(host.value(&(long("(", 99) + "1" + &long(")", 99))).is_ok());
    assert!(host.value(&(long("- ", 99) + "1")).is_ok());
    assert!(host.value(&(long("1+(", 45) + "1" + &long(")", 45))).is_ok());
    assert!(host.value(&(long("1?1:", 99) + "1")).is_ok());
    let _ = host.value(&("1".to_owned() + &long("[1]", 190)));
    // A string of ten megabytes is a value.
    assert!(host.value(&format!("\"{}\"", long("a", 10_000_000))).is_ok());
    assert!(host.value(long("1+", 1900).trim_end_matches('+')).is_ok());
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[-+*/%&|^~!<>=?:,.()\\[\\]{}@$'\"\\\\a-fxuL0-9_ ]{0,40}") {
        let mut host = TestHost::new();
        let _ = host.run(&format!("p {text}"));
        let _ = host.run(&format!("whatis {text}"));
    }

    #[test]
    fn no_words_make_it_panic(
        words in proptest::collection::vec(
            prop_oneof![
                Just("int"), Just("unsigned"), Just("struct node"), Just("("), Just(")"), Just("*"), Just("["), Just("]"), Just("3"),
                Just("GOT"), Just("PLT"), Just("nd_fn"), Just("nd_int"), Just("n"), Just("."), Just("->"), Just("x"), Just("&"),
                Just("$xmm0"), Just("v4_float"), Just("$v"), Just("="), Just("+="), Just("++"), Just("@"), Just("\"puts\""),
                Just("{"), Just("}"), Just(","), Just("sizeof"), Just("-1"), Just("1.5"), Just("libc!"), Just("::"), Just("<<"),
                Just("/"), Just("!"), Just("~"), Just("(char*)"), Just("$rax"), Just("$1"), Just("$"), Just("9223372036854775807"),
            ],
            0..12,
        )
    ) {
        let mut host = TestHost::new();
        let text = words.join(" ");
        let _ = host.run("p n");
        let _ = host.run(&format!("p {text}"));
        let _ = host.run(&format!("whatis {text}"));
    }

    #[test]
    fn integers_are_the_processors(a: i32, b: i32, op in 0usize..8) {
        let (sign, expected) = match op {
            0 => ("+", Some(a.wrapping_add(b))),
            1 => ("-", Some(a.wrapping_sub(b))),
            2 => ("*", Some(a.wrapping_mul(b))),
            3 => ("/", (b != 0).then(|| a.wrapping_div(b))),
            4 => ("%", (b != 0).then(|| a.wrapping_rem(b))),
            5 => ("&", Some(a & b)),
            6 => ("|", Some(a | b)),
            _ => ("^", Some(a ^ b)),
        };
        let mut host = TestHost::new();
        let value = host.value(&format!("(int){a} {sign} (int){b}")).and_then(|v| v.to_int(&host.memory));
        prop_assert_eq!(value.ok(), expected.map(i128::from));
    }
}
