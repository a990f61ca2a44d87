//! Rust's types, each in a local variable of main.
// build: d4 = rustc -g
// build: d5 = rustc -g -C dwarf-version=5
#![allow(dead_code, unused_variables, static_mut_refs)]
use std::cell::*;
use std::collections::*;
use std::ffi::*;
use std::path::*;
use std::rc::*;
use std::sync::*;
use std::time::*;
#[derive(Clone, Copy, Debug)]
enum Simple {
    A,
    B = 5,
    C,
}
#[derive(Debug)]
enum Data {
    Unit,
    Tup(i32, u8),
    Struct { x: i64, y: String },
    Boxed(Box<i32>),
}
enum Niche {
    Some(&'static str),
    None1,
    None2,
}
enum One {
    Only(u32),
}
enum Never {}
struct UnitS;
struct TupS(i32, f64);
struct Named {
    a: i32,
    b: &'static str,
    c: (u8, char),
    d: [i16; 3],
    e: Simple,
    o: Option<Box<i32>>,
}
struct Gen<T> {
    t: T,
    v: Vec<T>,
}
union Un {
    i: u32,
    f: f32,
}
trait Tr {
    fn go(&self) -> i32;
}
impl Tr for i32 {
    fn go(&self) -> i32 {
        *self
    }
}
impl Tr for TupS {
    fn go(&self) -> i32 {
        self.0
    }
}
mod m {
    pub struct In {
        pub q: u8,
    }
    pub static ST: u32 = 77;
    pub fn f(x: i32) -> i32 {
        x
    }
    pub enum E<T> {
        L(T),
        R,
    }
}
static mut G: i32 = 3;
static GS: &str = "global";
const K: i32 = 9;
fn takes(s: &str, v: &[i32], o: Option<i32>, b: &mut i32) -> usize {
    let n = s.len() + v.len();
    *b += 1;
    n
}
fn gen<T: std::fmt::Debug>(t: T) -> T {
    println!("{:?}", t);
    t
}
fn main() {
    let i8v: i8 = -3;
    let u8v: u8 = 200;
    let i32v = -5i32;
    let u64v = u64::MAX;
    let i128v = -1i128;
    let u128v = 1u128 << 100;
    let f32v = 1.5f32;
    let f64v = 2.25;
    let b = true;
    let c = 'x';
    let cu = 'é';
    let us = 7usize;
    let unit = ();
    let s = "str slice";
    let st = String::from("owned");
    let arr = [1, 2, 3];
    let arr2 = [[1u8, 2], [3, 4]];
    let sl: &[i32] = &arr[1..];
    let tup = (1, "two", 3.0);
    let tup1 = (5,);
    let r = &i32v;
    let mut mv = 4;
    let rm = &mut mv;
    let p: *const i32 = &arr[0];
    let pm: *mut u64 = std::ptr::null_mut();
    let sa = Simple::A;
    let sb = Simple::B;
    let d0 = Data::Unit;
    let d1 = Data::Tup(1, 2);
    let d2 = Data::Struct { x: 9, y: "why".to_string() };
    let d3 = Data::Boxed(Box::new(5));
    let n0 = Niche::Some("x");
    let n1 = Niche::None1;
    let n2 = Niche::None2;
    let one = One::Only(6);
    let o0: Option<i32> = None;
    let o1 = Some(5);
    let ob: Option<Box<i32>> = Some(Box::new(6));
    let obn: Option<Box<i32>> = None;
    let or: Option<&i32> = Some(&arr[2]);
    let obool: Option<bool> = Some(true);
    let oboolN: Option<bool> = None;
    let oc: Option<char> = Some('q');
    let ost: Option<String> = Some("in".into());
    let osn: Option<String> = None;
    let oo: Option<Option<bool>> = Some(None);
    let oe: Option<Simple> = Some(Simple::C);
    let onz: Option<std::num::NonZeroU32> = std::num::NonZeroU32::new(4);
    let re: Result<i32, String> = Ok(3);
    let rerr: Result<i32, String> = Err("bad".into());
    let ord = std::cmp::Ordering::Less;
    let us_ = UnitS;
    let ts = TupS(1, 2.5);
    let nm = Named { a: 1, b: "bee", c: (2, 'z'), d: [1, 2, 3], e: Simple::C, o: None };
    let gn = Gen { t: 1u16, v: vec![1, 2] };
    let un = Un { i: 0x3f800000 };
    let mi = m::In { q: 4 };
    let me = m::E::L(5u8);
    let v = vec![1, 2, 3];
    let vs = vec!["a".to_string(), "b".to_string()];
    let ve: Vec<i32> = Vec::new();
    let bx = Box::new(7);
    let bs: Box<str> = "boxed".into();
    let bsl: Box<[i32]> = vec![4, 5].into();
    let rc = Rc::new(8);
    let rc2 = rc.clone();
    let wk = Rc::downgrade(&rc);
    let ar = Arc::new(Mutex::new(3));
    let cell = Cell::new(5);
    let rcell = RefCell::new(6);
    let rb = rcell.borrow();
    let mut hm = HashMap::new();
    hm.insert("one", 1);
    let mut hs = HashSet::new();
    hs.insert(5u8);
    let mut bm = BTreeMap::new();
    for i in 0..20 {
        bm.insert(i, i * i);
    }
    let mut bset = BTreeSet::new();
    bset.insert("z");
    bset.insert("y");
    let mut vd = VecDeque::new();
    vd.push_back(1);
    vd.push_back(2);
    vd.push_front(0);
    let mut bh = BinaryHeap::new();
    bh.push(3);
    let mut ll = LinkedList::new();
    ll.push_back(1);
    let du = Duration::new(5, 600);
    let pb = PathBuf::from("/tmp/x");
    let pr: &Path = &pb;
    let os = OsString::from("os");
    let cs = CString::new("cs").unwrap();
    let rg = 1..5;
    let rgi = 1..=5;
    let cow: std::borrow::Cow<str> = "cow".into();
    let nz = std::num::NonZeroU8::new(3).unwrap();
    let at = std::sync::atomic::AtomicU32::new(9);
    let rcs: Rc<str> = "rcstr".into();
    let dynr: &dyn Tr = &i32v;
    let dynb: Box<dyn Tr> = Box::new(TupS(3, 1.0));
    let cl = |x: i32| x + i32v;
    let fp: fn(i32) -> i32 = m::f;
    let clm = move || st.len();
    let ptr_s: *const str = s;
    let ph: std::marker::PhantomData<i32> = std::marker::PhantomData;
    let wr = std::num::Wrapping(5u8);
    let mut bb = 1;
    let n = takes(s, &v, o1, &mut bb);
    gen(5);
    gen("s");
    unsafe {
        G += n as i32;
    }
    println!("{} {} {} {}", n, dynr.go() + dynb.go() + cl(1) + fp(2), clm(), unsafe { G }); // BREAK
    println!("{:?} {:?}", d1, sa);
    std::hint::black_box((&hm, &hs, &vs, &d2, &d3, GS, m::ST, &un, &u128v));
}
