//! What an expression needs of the world around it.

use std::sync::Arc;

use super::macros::MacroScope;
use super::variables::{ValueHistory, Variables};
use crate::base::{Error, Memory, Result, VirtAddr};
use crate::value::{Language, ModuleRef, PrintOptions, Symbols, Type, Value};

/// The names that decide how an expression is parsed.
pub trait Names {
    /// The loaded module whose name, longest first, `text` begins with, where `!` follows: the module and the length of the
    /// name in bytes. `libc.so.6!GOT[5]` gives libc and 9; a short name (`libc`, `ld.so`) is understood too.
    fn match_module(&self, text: &str) -> Option<(ModuleRef, usize)>;

    /// The length of the qualified name with which `text` begins, as `ns::f(int)` or `ns::counter`, if the program has something
    /// of that name; it is asked only where a name and `::` stand.
    fn match_qualified(&self, text: &str) -> Option<usize> {
        let _ = text;
        None
    }

    /// The language that expressions are written in.
    fn language(&self) -> Language {
        Language::C
    }

    /// The module of Rust whose code is selected, from its crate on: `krate::module`.
    fn module_path(&self) -> Option<String> {
        None
    }

    /// The macros that expressions see; `None` where there are none, so that nothing is looked for.
    fn macros(&self) -> Option<MacroScope> {
        None
    }

    /// The error for a module that is not there.
    fn no_module(&self, name: &str) -> Error {
        Error::user(format!("No module \"{name}\" is loaded."))
    }

    /// The type of this name (`word_t`, `struct node`) in the program's debug information; base types are known already. It is
    /// asked for every name that stands where an operand may stand, so it should be quick.
    fn find_type(&self, name: &str) -> Result<Option<Arc<Type>>>;
}

/// What a setting holds, as `$_gdb_setting` gives it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SettingValue {
    /// A number that may be negative, on (1), off (0) or auto (-1).
    Int(i64),
    /// A number from 0.
    Unsigned(u64),
    /// A word or text.
    Text(String),
}

/// The world in which an expression is evaluated: the engine implements it, tests have a small one.
pub trait Host: Names + Symbols {
    /// The memory of the process (or of the file, before there is one).
    fn memory(&self) -> &dyn Memory;

    /// Writes to memory, on the user's behalf.
    fn write_memory(&mut self, at: VirtAddr, bytes: &[u8]) -> Result<()>;

    /// A register of the selected frame by its name without `$`, with its type; `None` if there is no register of that
    /// name, an error if there is one and no process. One that is not known is a value with [`crate::value::Absence`].
    fn register(&self, name: &str) -> Result<Option<Value>>;

    /// The type that a register has, also while there is no process.
    fn register_type(&self, name: &str) -> Option<Arc<Type>> {
        let _ = name;
        None
    }

    /// Writes the whole of a register: as many bytes as its value has.
    fn write_register(&mut self, name: &str, bytes: &[u8]) -> Result<()>;

    /// Any other `$name` that the debugger computes: `$GOT`, `$PLT`, `$_thread`.
    fn computed(&self, name: &str) -> Result<Option<Value>> {
        let _ = name;
        Ok(None)
    }

    /// A symbol of the program, or `GOT`, `PLT` and `_GLOBAL_OFFSET_TABLE_`; of this module where one is given. A symbol
    /// without debug information has a [`crate::value::NoDebug`] type. `None` if there is none.
    fn lookup(&self, name: &str, module: Option<ModuleRef>) -> Result<Option<Value>>;

    /// A variable that [`lookup`](Host::lookup) knows and cannot place, as one of a thread before there are any: its type counts, and
    /// its place is nothing. `None` if there is none.
    fn unplaced(&self, name: &str) -> Option<Value> {
        let _ = name;
        None
    }

    /// The functions of the program that a name without parameters means where the user stands, C++'s overloads among them; those
    /// of the namespaces `near` too, in which the types of a call's arguments are declared.
    fn functions(&self, name: &str, near: &[String]) -> Result<Vec<Value>> {
        let _ = (name, near);
        Ok(Vec::new())
    }

    /// `GOT["puts"]`, `PLT["puts"]`: the slot or stub of this name in the table `array`.
    fn slot(&self, array: &Value, name: &str) -> Result<Value>;

    /// Names like `name`, for the error that says there is none.
    fn similar(&self, name: &str) -> Vec<String> {
        let _ = name;
        Vec::new()
    }

    /// The error for a name that does not exist: gdb's differs with what is loaded.
    fn no_symbol(&self, name: &str) -> Error {
        Error::NoSymbol { name: name.to_owned(), near: self.similar(name), in_rust: self.language() == Language::Rust }
    }

    /// Calls a function of the program: a value of a function's type, or a pointer to one. Of a method the first argument is
    /// `this`.
    fn call(&mut self, function: &Value, arguments: &[Value]) -> Result<Value>;

    /// Puts bytes into memory of the process's own, as strings need it that are to have an address.
    fn allocate(&mut self, bytes: &[u8]) -> Result<VirtAddr>;

    /// Takes a warning, as `left shift count is negative`: shown as `warning: ` and the text.
    fn warn(&mut self, text: &str);

    /// An object, a pointer or a reference as what its vtable says that it is; `None` where that is nothing new.
    fn seen_as_it_is(&self, value: &Value) -> Option<(Value, bool)> {
        let _ = value;
        None
    }

    /// The value of a setting, and its text as `show` has it; of `maintenance set` those that mean nothing. `None`: there is none.
    fn setting(&self, name: &str, maintenance: bool) -> Option<(SettingValue, String)> {
        let _ = (name, maintenance);
        None
    }

    /// The functions of this name in the implementations of Rust's traits.
    fn methods_named(&self, name: &str) -> Vec<Value> {
        let _ = name;
        Vec::new()
    }

    /// The convenience variables.
    fn variables(&self) -> &Variables;

    /// The convenience variables, to be set.
    fn variables_mut(&mut self) -> &mut Variables;

    /// The values shown so far.
    fn history(&self) -> &ValueHistory;

    /// How values are shown and how large they may be.
    fn options(&self) -> PrintOptions;
}
