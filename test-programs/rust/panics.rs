//! Panics: caught, on the way through a drop, not caught; closures.
// build: plain = rustc -g
use std::panic;
fn risky(n: i32) -> i32 {
    if n > 1 {
        panic!("no");
    }
    n + 1
}
struct Guard;
impl Drop for Guard {
    fn drop(&mut self) {
        println!("dropped");
    }
}
fn guarded(n: i32) -> i32 {
    let _g = Guard;
    let a = risky(n);
    a + 1
}
fn apply<F: Fn(i32) -> i32>(f: F, n: i32) -> i32 {
    f(n)
}
fn main() {
    panic::set_hook(Box::new(|_| {}));
    let a = guarded(1);
    let r = panic::catch_unwind(|| guarded(2));
    let k = 3;
    let c = apply(|x| x + k, a);
    let v: Vec<i32> = (0..3).map(|x| x + c).collect();
    println!("{} {:?} {:?}", a, r.is_err(), v);
    let e = risky(5);
    println!("{}", e);
}
