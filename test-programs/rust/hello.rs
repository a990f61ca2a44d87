//! A Rust program as rustc makes it: PIE, bound at start, hundreds of words in .got.
// build: default = rustc -g
// build: release = rustc -O
// build: stripped = rustc -O -Cstrip=symbols
use std::collections::BTreeMap;

#[inline(never)]
fn greet(name: &str) -> usize {
    println!("hello {name}");
    name.len()
}

fn main() {
    let mut lengths = BTreeMap::new();
    for name in std::env::args().skip(1) {
        lengths.insert(greet(&name), name);
    }
    if lengths.is_empty() {
        greet("world");
    }
    println!("{lengths:?}");
}
