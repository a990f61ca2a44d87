//! How values are shown: what `set print ...` sets.

use std::sync::Arc;

use super::place::Value;
use super::types::Type;
use crate::base::VirtAddr;

/// The radix in which integers are shown (`set output-radix`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OutputRadix {
    /// 8
    Octal,
    /// 10
    #[default]
    Decimal,
    /// 16
    Hex,
}

/// What the bytes of the program's strings mean (`set target-charset`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Charset {
    /// UTF-8
    #[default]
    Utf8,
    /// The lower half alone.
    Ascii,
    /// ISO-8859-1: each byte is the character of its number.
    Latin1,
}

/// What `set print ...` sets, with gdb's defaults.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PrintOptions {
    /// Members on lines of their own.
    pub pretty: bool,
    /// How many elements of arrays and characters of strings are shown; `None`: all.
    pub elements: Option<u32>,
    /// What is not ASCII in a string is shown by its bytes.
    pub sevenbit_strings: bool,
    /// What the bytes of strings mean.
    pub charset: Charset,
    /// Binary digits in groups of four.
    pub nibbles: bool,
    /// From how many equal elements on they are folded into `<repeats N times>`; `None`: never.
    pub repeats: Option<u32>,
    /// Addresses of pointers, functions and frames.
    pub address: bool,
    /// `<symbol+offset>` after pointers.
    pub symbol: bool,
    /// Elements of arrays on lines of their own.
    pub array: bool,
    /// `[0] = ` before each element.
    pub array_indexes: bool,
    /// Strings in arrays stop at the first NUL.
    pub null_stop: bool,
    /// Members of unions inside structures.
    pub union: bool,
    /// Static members of classes.
    pub static_members: bool,
    /// Objects as what their vtable says that they are.
    pub object: bool,
    /// Without pretty printers.
    pub raw: bool,
    /// How deep structures are shown; `None`: all the way.
    pub max_depth: Option<u32>,
    /// The radix of integers.
    pub output_radix: OutputRadix,
    /// The largest value that is read, in bytes (`set max-value-size`); `None`: any.
    pub max_value_size: Option<u64>,
}

impl Default for PrintOptions {
    fn default() -> PrintOptions {
        PrintOptions {
            pretty: false,
            elements: Some(200),
            sevenbit_strings: false,
            charset: Charset::Utf8,
            nibbles: false,
            repeats: Some(10),
            address: true,
            symbol: true,
            array: false,
            array_indexes: false,
            null_stop: false,
            union: true,
            static_members: true,
            object: false,
            raw: false,
            max_depth: Some(20),
            output_radix: OutputRadix::Decimal,
            max_value_size: Some(65536),
        }
    }
}

/// Names of addresses.
pub trait Symbols {
    /// `main+4`, `puts@got.plt`: what stands between `<` and `>` after an address in `x` and disassembly; `None` where nothing
    /// is known.
    fn symbol(&self, addr: VirtAddr) -> Option<String>;

    /// The same after an address that is a value, where C++ and Rust names are shown as they were written.
    fn value_symbol(&self, addr: VirtAddr) -> Option<String> {
        self.symbol(addr)
    }

    /// A variable of the program by its full name, as `ns::Class::member`.
    fn variable(&self, name: &str) -> Option<Value> {
        let _ = name;
        None
    }

    /// The name of the vtable of Rust at an address, and the type that it is for.
    fn vtable(&self, at: VirtAddr) -> Option<(String, Arc<Type>)> {
        let _ = at;
        None
    }

    /// A type of the program by its full name.
    fn type_named(&self, name: &str) -> Option<Arc<Type>> {
        let _ = name;
        None
    }
}
