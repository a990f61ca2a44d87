//! What expressions in Rust's syntax are about: modules, methods, generic functions and types, slices, structures of all sorts.
// build: d4 = rustc -g
// build: d5 = rustc -g -C dwarf-version=5
// build: v0 = rustc -g -C symbol-mangling-version=v0
#![allow(dead_code, unused_variables)]

pub struct Point {
    pub x: i32,
    y: u64,
}
struct Pair(i32, u64);
pub struct Unit;
#[derive(Clone, Copy)]
struct Hold<T>(T);
enum Plain {
    One,
    Two,
    Three,
}
enum Shape {
    Nothing,
    Circle(f64),
    Rect { w: u8, h: u8 },
}
enum Void {}
trait Area {
    fn area(&self) -> f64;
}

impl Point {
    fn new() -> Point {
        Point { x: 1, y: 2 }
    }
    fn grow(&mut self, by: i32) -> &mut Point {
        self.x += by;
        self
    }
    fn sum(&self) -> u64 {
        self.x as u64 + self.y
    }
    fn take(self) -> Point {
        self
    }
}
impl Shape {
    fn size(&self) -> f64 {
        match self {
            Shape::Circle(r) => *r,
            Shape::Rect { w, h } => (*w * *h) as f64,
            Shape::Nothing => 0.0,
        }
    }
}
impl Plain {
    fn number(&self) -> i32 {
        match self {
            Plain::One => 10,
            Plain::Two => 20,
            Plain::Three => 30,
        }
    }
}
impl Area for Point {
    fn area(&self) -> f64 {
        self.x as f64
    }
}
impl Area for f64 {
    fn area(&self) -> f64 {
        *self * 2.0
    }
}

fn identity<T>(t: T) -> T {
    t
}
fn minus(a: i32, b: i32) -> i32 {
    a - b
}
fn empty() {}
fn length(s: &str) -> usize {
    s.len()
}

pub static LEVEL: u16 = 0;
pub struct Type;

pub mod outer {
    pub static LEVEL: u16 = 1;
    pub struct Type(pub usize);
    pub fn level() -> i32 {
        1
    }
    pub mod inner {
        pub static LEVEL: u16 = 2;
        pub struct Type {
            pub a: u8,
        }
        pub fn level() -> i32 {
            2
        }
        pub fn here(t: &Type, u: &super::Type) -> usize {
            let local = 5;
            let own = |n: i32| n + local;
            u.0 + t.a as usize + own(1) as usize // INNER
        }
    }
}
pub fn level() -> i32 {
    0
}

fn main() {
    let unit = ();
    let mut count = 99;
    let none: [i32; 0] = [];
    let arr = [1, 2, 3, 4];
    let slice = &arr[1..3];
    let text = "hello world";
    let owned = String::from("owned");
    let bytes = b"bytes";
    let byte = b'9';
    let tuple = (23, 25.5);
    let mut point = Point::new();
    let pair = Pair(7, 8);
    let plain = Plain::Three;
    let circle = Shape::Circle(1.5);
    let rect = Shape::Rect { w: 2, h: 3 };
    let nothing = Shape::Nothing;
    let hold = identity(Hold(7));
    let n = identity(5u32);
    let float = identity(2.5f64);
    let pointer = &arr[0];
    let object: &dyn Area = &float;
    let boxed: Box<dyn Area> = Box::new(Point { x: 4, y: 5 });
    let x = 3;
    let y = 4u64;
    let r#match = 6;
    let void: Option<Void> = None;
    point.grow(1);
    count += minus(5, 3) + plain.number() + level() + outer::level() + outer::inner::level(); // BREAK
    count += (circle.size() + object.area() + boxed.area()) as i32 + length(text) as i32;
    let here = outer::inner::here(&outer::inner::Type { a: 1 }, &outer::Type(2));
    println!("{count} {} {} {here} {}", point.sum(), pair.0, LEVEL + outer::LEVEL + outer::inner::LEVEL);
    println!("{} {owned} {match}", point.take().x, r#match = r#match);
    empty();
    std::hint::black_box((&rect, &nothing, Type, Unit, Plain::One, Plain::Two));
}
