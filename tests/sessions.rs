//! Session tests.
fn main() {}
