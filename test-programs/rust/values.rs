//! Rust's values where their layout is odd: niches of every kind, tags of every size, futures, closures, trait objects.
// build: d4 = rustc -g --edition 2024
// build: d5 = rustc -g --edition 2024 -C dwarf-version=5
// build: v0 = rustc -g --edition 2024 -C symbol-mangling-version=v0
#![allow(dead_code, unused_variables, unused_mut)]
use std::cell::*;
use std::collections::*;
use std::future::Future;
use std::num::*;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::*;
use std::task::*;
enum Empty {}
enum Single {
    Only,
}
enum SingleTuple {
    Only(i32, u8),
}
#[derive(Clone, Copy)]
enum Many {
    A(bool),
    B,
    C,
    D,
    E(bool),
}
enum Nested {
    In(Many),
    X,
    Y,
}
enum Mixed {
    Val(Option<bool>, u32),
    N1,
    N2,
    N3,
}
enum TwoData {
    P(bool, u64),
    Q(u64),
    R,
}
#[repr(u8)]
enum Repr8 {
    A(u64) = 3,
    B = 250,
}
#[repr(i64)]
enum Repr64 {
    Neg = -1,
    Pos(u8) = i64::MAX as isize as i64,
}
#[repr(C)]
enum ReprC {
    A(i32),
    B { x: u8 },
}
#[repr(u128)]
enum Big {
    Huge = 1 << 100,
    Small = 2,
}
enum Never2 {
    Ok(u32),
    Bad(Empty),
}
#[repr(i8)]
#[derive(Clone, Copy)]
enum Signed {
    Minus = -5,
    Plus = 5,
}
struct Generic<T, const N: usize> {
    a: [T; N],
    t: T,
}
struct Wrapper<const B: bool, const C: char, const I: i8>(u8);
struct r#struct {
    r#type: i32,
    r#fn: u8,
}
struct Zst;
struct Deep {
    a: Option<Option<Option<&'static str>>>,
    b: Result<Option<Box<u8>>, String>,
}
union U {
    a: u32,
    b: [u8; 4],
    c: std::mem::ManuallyDrop<String>,
}
trait Shape {
    fn area(&self) -> f64;
    fn name(&self) -> String {
        "shape".into()
    }
}
struct Circle {
    r: f64,
}
struct Square(f64);
impl Shape for Circle {
    fn area(&self) -> f64 {
        self.r * 3.0
    }
}
impl Shape for Square {
    fn area(&self) -> f64 {
        self.0 * self.0
    }
}
impl Circle {
    fn grow(&mut self, by: f64) -> f64 {
        self.r += by;
        self.r
    }
}
struct Tree {
    kids: Vec<Tree>,
    label: String,
    parent: Option<Weak<Tree>>,
}
struct Yield(bool);
impl Future for Yield {
    type Output = u32;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u32> {
        if self.0 {
            Poll::Ready(7)
        } else {
            self.0 = true;
            Poll::Pending
        }
    }
}
async fn leaf(x: u32) -> u32 {
    let local = x + 1;
    let text = String::from("leaf");
    let got = Yield(false).await;
    got + local + text.len() as u32
}
async fn middle(a: u32) -> u32 {
    let before = a * 2;
    let one = leaf(before).await;
    let after = one + 1;
    let two = leaf(after).await;
    two + before
}
fn poll_once<F: Future>(f: &mut Pin<Box<F>>) -> Poll<F::Output> {
    let w = Waker::noop();
    f.as_mut().poll(&mut Context::from_waker(&w))
}
#[inline(never)]
fn stop<T: ?Sized>(_: &T) {}
fn main() {
    let single = Single::Only;
    let single_tuple = SingleTuple::Only(3, 4);
    let many = [Many::A(true), Many::B, Many::C, Many::D, Many::E(false)];
    let nested = [Nested::In(Many::A(false)), Nested::In(Many::C), Nested::X, Nested::Y];
    let mixed = [Mixed::Val(Some(true), 1), Mixed::Val(None, 2), Mixed::N1, Mixed::N3];
    let two = [TwoData::P(true, 5), TwoData::Q(6), TwoData::R];
    let repr8 = [Repr8::A(9), Repr8::B];
    let repr64 = [Repr64::Neg, Repr64::Pos(3)];
    let reprc = [ReprC::A(-1), ReprC::B { x: 2 }];
    let big = [Big::Huge, Big::Small];
    let never2 = Never2::Ok(5);
    let signed = [Signed::Minus, Signed::Plus];
    let o_ref: Option<&u8> = Some(&5);
    let o_ref_n: Option<&u8> = None;
    let o_str: Option<&str> = Some("hey");
    let o_slice: Option<&[i32]> = Some(&[1, 2]);
    let o_nz: [Option<NonZeroU64>; 2] = [NonZeroU64::new(1), None];
    let o_char: [Option<char>; 2] = [Some('λ'), None];
    let oo_bool: [Option<Option<bool>>; 3] = [Some(Some(true)), Some(None), None];
    let o_fn: Option<fn(u32) -> u32> = None;
    let o_vec: Option<Vec<u8>> = Some(vec![1]);
    let o_rc: Option<Rc<i32>> = Some(Rc::new(3));
    let o_u128: Option<u128> = Some(1 << 127);
    let o_unit: Option<()> = Some(());
    let o_ord: Option<std::cmp::Ordering> = Some(std::cmp::Ordering::Greater);
    let o_dyn: Option<Box<dyn Shape>> = Some(Box::new(Circle { r: 2.0 }));
    let r_res: Result<u8, ()> = Err(());
    let r_inf: Result<u32, std::convert::Infallible> = Ok(2);
    let deep = Deep { a: Some(Some(Some("deep"))), b: Ok(Some(Box::new(1))) };
    let generic = Generic::<u16, 3> { a: [1, 2, 3], t: 4 };
    let wrapper = Wrapper::<true, 'x', -3>(1);
    let raw = r#struct { r#type: 1, r#fn: 2 };
    let zst = Zst;
    let uni = U { a: 0x01020304 };
    let i128min = i128::MIN;
    let u128max = u128::MAX;
    let floats = [0.1f32, f32::NAN, f32::INFINITY, -0.0, 1e-40, 1e20];
    let doubles = [0.1f64, f64::NAN, f64::NEG_INFINITY, 1e300, 5e-324];
    let chars = ['a', '\n', '\'', 'é', '\u{1F600}', '\0'];
    let bytes = *b"by\0te";
    let refref: &&&i32 = &&&7;
    let mut target = 5i64;
    let refmut = &mut target;
    let mut circle = Circle { r: 1.5 };
    let square = Square(2.0);
    let shapes: Vec<Box<dyn Shape>> = vec![Box::new(Circle { r: 1.0 }), Box::new(Square(3.0))];
    let dyn_ref: &dyn Shape = &square;
    let dyn_rc: Rc<dyn Shape> = Rc::new(Square(4.0));
    let any: Box<dyn std::any::Any> = Box::new(5u8);
    let dyn_fn: Box<dyn Fn(i32) -> i32> = Box::new(move |x| x + 1);
    let tree = Tree { kids: vec![Tree { kids: vec![], label: "kid".into(), parent: None }], label: "top".into(), parent: None };
    let captured = String::from("cap");
    let by_ref = || captured.len();
    let counter = 3u8;
    let by_move = move || counter + 1;
    let fn_ptr: fn(u32) -> Pin<Box<dyn Future<Output = u32>>> = |x| Box::pin(leaf(x));
    let unstarted = middle(1);
    let mut fut = Box::pin(middle(10));
    let p1 = poll_once(&mut fut);
    let block = async { captured.len() };
    let mutex = Mutex::new(vec![1, 2]);
    let guard = mutex.lock().unwrap();
    let rw = RwLock::new(5u8);
    let once = OnceLock::<String>::new();
    let oncecell = OnceCell::from(5);
    let lazy = LazyLock::<u32>::new(|| 5);
    let refcell = RefCell::new(vec![1]);
    let borrow = refcell.borrow_mut();
    let rc = Rc::new(RefCell::new(5));
    let weak = Rc::downgrade(&rc);
    let arc: Arc<str> = "arcstr".into();
    let arc_slice: Arc<[u8]> = vec![1, 2].into();
    let map: HashMap<String, Vec<i32>> = [("k".to_string(), vec![1, 2])].into();
    let bmap: BTreeMap<i32, &str> = (0..40).map(|i| (i, "v")).collect();
    let deque: VecDeque<u8> = (0..5).collect();
    let heap: BinaryHeap<i32> = [3, 1, 2].into();
    let list: LinkedList<u8> = [1, 2].into();
    let slice2d: &[[u8; 2]] = &[[1, 2], [3, 4]];
    let strs: &[&str] = &["a", "b"];
    let vstr: Vec<&str> = vec!["x", "y"];
    let vv: Vec<Vec<Option<u8>>> = vec![vec![Some(1), None]];
    let nested_tuple = ((1, 'a'), ("s", (2.5, true)), ());
    let path = std::path::PathBuf::from("/tmp");
    let os = std::ffi::OsString::from("os");
    let cstr = c"cstr";
    let cstring = std::ffi::CString::new("cs").unwrap();
    let dur = std::time::Duration::from_millis(1500);
    let inst = std::time::Instant::now();
    let sys = std::time::SystemTime::UNIX_EPOCH;
    let range = (1..5, 1..=5, .., ..5, 2.., ..=9);
    let nonnull = std::ptr::NonNull::from(&mut target);
    let cow: std::borrow::Cow<str> = "cow".into();
    let atomic = (std::sync::atomic::AtomicBool::new(true), std::sync::atomic::AtomicI64::new(-4));
    let id = std::any::TypeId::of::<u8>();
    let ip: std::net::IpAddr = "127.0.0.1".parse().unwrap();
    let err: Box<dyn std::error::Error> = "boom".into();
    let io: std::io::Error = std::io::Error::new(std::io::ErrorKind::Other, "io");
    let arr0: [u8; 0] = [];
    let empty: Vec<String> = Vec::new();
    let estr = "";
    let long: Vec<u32> = (0..300).collect();
    let longs = "x".repeat(300);
    let matrix = [[0u8; 4]; 3];
    let phantom = std::marker::PhantomData::<u8>;
    let wrapping = Wrapping(5u8);
    let boxed_arr: Box<[u16]> = vec![1, 2, 3].into();
    let boxbox = Box::new(Box::new(5));
    let pinned = Box::pin(5u8);
    stop(&(&many, &nested)); // BREAK
    stop(&(by_ref(), by_move(), fn_ptr, &unstarted, &block, &p1));
    println!("{} {}", circle.grow(1.0), dyn_ref.area() + dyn_rc.area() + shapes[0].area());
    stop(&(
        &map, &bmap, &guard, &borrow, &tree, &weak, &any, &dyn_fn, &rw, &once, &lazy, &err, &io, &o_dyn, &fut, &inst, &id, &ip,
    ));
    stop(&(&single, &single_tuple, &mixed, &two, &repr8, &repr64, &reprc, &big, &never2, &signed, &deep, &o_vec, &o_rc));
    stop(&(&arc, &arc_slice, &list, &heap, &long, &longs, &vv, &oncecell, &pinned, &boxbox));
    let _ = (zst, uni);
}
