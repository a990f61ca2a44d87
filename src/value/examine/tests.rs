//! What gdb 13.1 showed of a program with these bytes at these addresses.

use super::super::options::{PrintOptions, Symbols};
use super::*;
use crate::base::SliceMemory;

struct Names;

impl Symbols for Names {
    fn symbol(&self, addr: VirtAddr) -> Option<String> {
        match addr.0 {
            0x404020..0x404030 => Some(offset("nd_int", addr.0 - 0x404020)),
            0x404030..0x40403e => Some(offset("nd_str", addr.0 - 0x404030)),
            0x404060..0x4040a0 => Some(offset("nd_arr", addr.0 - 0x404060)),
            _ => None,
        }
    }
}

fn offset(name: &str, n: u64) -> String {
    if n == 0 { name.to_owned() } else { format!("{name}+{n}") }
}

fn memory() -> SliceMemory {
    let mut bytes = vec![0; 0x80];
    let mut put = |at: usize, b: &[u8]| bytes[at..at + b.len()].copy_from_slice(b);
    put(0, b"DCBA");
    put(0x10, b"hello\nworld\x01x\0");
    put(0x20, &1.5f64.to_le_bytes());
    for (i, n) in [1u32, 2, 3, 4, 5, 5, 5, 5, 5].iter().enumerate() {
        put(0x40 + 4 * i, &n.to_le_bytes());
    }
    SliceMemory { start: VirtAddr(0x404020), bytes }
}

/// Runs commands one after the other, as `x/3xw 0x404060`; the text of the last, with its error behind it.
fn run(commands: &[&str]) -> String {
    let mut state = ExamineState::default();
    let mut text = String::new();
    let memory = memory();
    let options = PrintOptions::default();
    for command in commands {
        text.clear();
        let rest = command.strip_prefix('x').unwrap();
        let (spec, rest) = rest.strip_prefix('/').map_or((FormatSpec::default(), rest), FormatSpec::parse);
        let start = rest.trim().strip_prefix("0x").map(|h| VirtAddr(u64::from_str_radix(h, 16).unwrap()));
        let printer = Printer { memory: &memory, symbols: &Names, options: &options };
        let mut instruction = |at: VirtAddr| Ok((format!("   {at}:\tnop"), 1));
        let back = |at: VirtAddr, n: u64| Ok(at - n);
        let mut out = |s: &str| text.push_str(s);
        let mut x = Examine { printer, instruction: &mut instruction, marker: &|_| "   ", back: &back, out: &mut out };
        if let Err(e) = x.run(&spec, start, &mut state) {
            text.push_str(&e.to_string());
        }
    }
    text
}

#[test]
fn rows_are_gdbs() {
    for (command, text) in [
        ("x 0x404020", "0x404020 <nd_int>:\t0x41424344\n"),
        ("x/9xb 0x404060", "0x404060 <nd_arr>:\t0x01\t0x00\t0x00\t0x00\t0x02\t0x00\t0x00\t0x00\n0x404068 <nd_arr+8>:\t0x03\n"),
        ("x/3xw 0x404060", "0x404060 <nd_arr>:\t0x00000001\t0x00000002\t0x00000003\n"),
        (
            "x/3xg 0x404060",
            "0x404060 <nd_arr>:\t0x0000000200000001\t0x0000000400000003\n0x404070 <nd_arr+16>:\t0x0000000500000005\n",
        ),
        ("x/5dw 0x404060", "0x404060 <nd_arr>:\t1\t2\t3\t4\n0x404070 <nd_arr+16>:\t5\n"),
        ("x/3ob 0x404060", "0x404060 <nd_arr>:\t01\t0\t0\n"),
        ("x/2tb 0x404060", "0x404060 <nd_arr>:\t00000001\t00000000\n"),
        ("x/3c 0x404030", "0x404030 <nd_str>:\t104 'h'\t101 'e'\t108 'l'\n"),
        ("x/3ch 0x404030", "0x404030 <nd_str>:\t104 'h'\t108 'l'\t111 'o'\n"),
        ("x/2fg 0x404040", "0x404040:\t1.5\t0\n"),
        ("x/3fb 0x404040", "0x404040:\t0\t0\t0\n"),
        ("x/3zh 0x404060", "0x404060 <nd_arr>:\t0x0001\t0x0000\t0x0002\n"),
        ("x/2s 0x404030", "0x404030 <nd_str>:\t\"hello\\nworld\\001x\"\n0x40403e:\t\"\"\n"),
        ("x/sw 0x404030", "0x404030 <nd_str>:\tU\"\\x6c6c6568\\x6f770a6f\\x1646c72x\"\n"),
        ("x/s 0x0", "0x0:\t<error: Cannot access memory at address 0x0>\n"),
        ("x/3xw 0x0", "0x0:\tCannot access memory at address 0x0"),
        ("x/2xg 0x404098", "0x404098 <nd_arr+56>:\t0x0000000000000000\tCannot access memory at address 0x4040a0"),
        ("x/0x 0x404020", ""),
        ("x/k 0x404020", "0x404020 <nd_int>:\tUndefined output format \"k\"."),
        ("x/2i 0x404020", "   0x404020:\tnop\n   0x404021:\tnop\n"),
    ] {
        assert_eq!(run(&[command]), text, "{command}");
    }
}

#[test]
fn what_is_left_out_is_what_was_used_last() {
    for (commands, text) in [
        (&["x/3xw 0x404060", "x"][..], "0x40406c <nd_arr+12>:\t0x00000004\n"),
        (&["x/3xw 0x404060", "x/2"], "0x40406c <nd_arr+12>:\t0x00000004\t0x00000005\n"),
        (&["x/a 0x404088", "x/x"], "0x404090 <nd_arr+48>:\t0x0000000000000000\n"),
        (&["x/c 0x404030", "x/x 0x404030"], "0x404030 <nd_str>:\t0x68\n"),
        (&["x/s 0x404030", "x/x 0x404030"], "0x404030 <nd_str>:\t0x68\n"),
        (&["x/c 0x404030", "x/f 0x404040"], "0x404040:\t1.5\n"),
        (&["x/i 0x404020", "x/w 0x404020"], "0x404020 <nd_int>:\t0x41424344\n"),
        (&["x/xb 0x404060", "x/i 0x404020", "x/x 0x404020"], "0x404020 <nd_int>:\t0x44\n"),
        (&["x/-8xb 0x404068", "x"], "0x404060 <nd_arr>:\t0x01\n"),
        (&["x/-2xw 0x404068"], "0x404060 <nd_arr>:\t0x00000001\t0x00000002\n"),
    ] {
        assert_eq!(run(commands), text, "{commands:?}");
    }
}

#[test]
fn print_refuses_what_only_x_understands() {
    let error = |text: &str| FormatSpec::parse(text).0.for_value("print").unwrap_err().to_string();
    assert_eq!(error("2x"), "Item count other than 1 is meaningless in \"print\" command.");
    assert_eq!(error("xw"), "Size letters are meaningless in \"print\" command.");
    assert_eq!(error("i"), "Format letter \"i\" is meaningless in \"print\" command.");
    assert_eq!(error("k"), "Undefined output format \"k\".");
    assert_eq!(FormatSpec::parse("xx 1").0.for_value("print").unwrap(), Some(Letter::Hex));
    assert_eq!(
        FormatSpec::parse("-3xw &a"),
        (FormatSpec { count: Some(-3), letter: Some('x'), size: Some('w'), raw: false }, " &a")
    );
}

#[test]
fn a_hexdump_has_sixteen_bytes_a_row() {
    let (memory, options) = (memory(), PrintOptions::default());
    let printer = Printer { memory: &memory, symbols: &Names, options: &options };
    let mut text = String::new();
    hexdump(&printer, VirtAddr(0x404030), 18, &mut |s| text.push_str(s)).unwrap();
    assert_eq!(
        text,
        "0x404030  68 65 6c 6c 6f 0a 77 6f  72 6c 64 01 78 00 00 00  |hello.world.x...|  <nd_str>\n\
         0x404040  00 00                                             |..|\n"
    );
    text.clear();
    let error = hexdump(&printer, VirtAddr(0x40409c), 16, &mut |s| text.push_str(s)).unwrap_err();
    assert_eq!(error.to_string(), "Cannot access memory at address 0x4040a0");
    assert!(text.starts_with("0x40409c  00 00 00 00  "));
}
