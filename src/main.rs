//! rdbg's executable: arguments in, a front end, an exit status out.

fn main() {}
