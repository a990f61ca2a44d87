//! Functions that return and take values of every form: rustc's own calling convention decides where they lie.
// build: d4 = rustc -g
// build: d5 = rustc -g -C dwarf-version=5
#![allow(dead_code)]
use std::num::NonZeroU32;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    a: i32,
    b: i32,
}
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mixed {
    f: f32,
    n: u8,
}
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Three {
    a: u8,
    b: u16,
    c: u32,
}
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wide {
    a: u64,
    b: u64,
    c: u64,
}
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wrap(f64);
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Plain {
    A,
    B = 70,
}
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Data {
    N(u32),
    M(u32),
    Z,
}
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Odd {
    F(f32),
    I(u32),
}

macro_rules! identities {
    ($($name:ident: $ty:ty = $value:expr;)*) => {
        $(#[inline(never)] pub fn $name(v: $ty) -> $ty { std::hint::black_box(&v); v })*
        fn all() { $(assert!($name($value) == $value);)* }
    };
}
identities! {
    unit: () = ();
    boolean: bool = true;
    byte: u8 = 200;
    int: i32 = -5;
    long: u64 = 1 << 40;
    wide_int: u128 = 3 << 70;
    float: f32 = 1.5;
    double: f64 = 2.5;
    character: char = 'x';
    pair: Pair = Pair { a: 1, b: 2 };
    floats: (f64, f64) = (1.5, 2.5);
    mixed: Mixed = Mixed { f: 0.5, n: 9 };
    int_float: (i64, f32) = (-7, 3.5);
    three: Three = Three { a: 1, b: 2, c: 3 };
    large: Wide = Wide { a: 1, b: 2, c: 3 };
    wrap: Wrap = Wrap(4.5);
    plain: Plain = Plain::B;
    data: Data = Data::M(6);
    data_none: Data = Data::Z;
    odd: Odd = Odd::F(2.5);
    some: Option<i32> = Some(8);
    none: Option<i32> = None;
    some_byte: Option<u8> = Some(9);
    nonzero: Option<NonZeroU32> = NonZeroU32::new(3);
    some_bool: Option<bool> = Some(false);
    text: &'static str = "text";
    slice: &'static [u8] = &[1, 2];
    reference: &'static i32 = &77;
    small_array: [u8; 4] = [1, 2, 3, 4];
    array: [u32; 4] = [5, 6, 7, 8];
    large_array: [u64; 3] = [1, 2, 3];
    failed: Result<u32, ()> = Err(());
    tuple3: (u8, u8, u8) = (1, 2, 3);
    text_or_number: Result<u32, &'static str> = Ok(11);
}

#[inline(never)]
pub fn string(n: usize) -> String {
    "s".repeat(n)
}
#[inline(never)]
pub fn many(a: Pair, b: &str, c: (f32, f32), d: Option<u8>, e: [u64; 3], f: u8) -> usize {
    a.a as usize + a.b as usize + b.len() + (c.0 + c.1) as usize + d.unwrap_or(0) as usize + e[2] as usize + f as usize
}
#[no_mangle]
pub extern "C" fn c_pair(p: Pair) -> i32 {
    p.a * 10 + p.b
}

fn main() {
    let p = Pair { a: 3, b: 4 };
    let w = Wide { a: 7, b: 8, c: 9 };
    let t = ("tuple", 5);
    let o = Some(6u8);
    let f = (1.5f32, 2.5f32);
    let e = [1u64, 2, 3];
    println!("{:?} {:?} {:?} {:?}", p, w, t, o); // BREAK
    all();
    println!("{} {}", string(3), many(p, "four", f, o, e, 1) + c_pair(p) as usize);
}
