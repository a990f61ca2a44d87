//! Types: immutable, shared, the same for registers, GOT and PLT, and what debug information tells.

use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::base::Result;

/// A module, as whoever implements the look-ups numbers it. Values and expressions only carry it around.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ModuleRef(pub u64);

/// A type: a name where it has one, a size in bytes, and what it is.
#[derive(Clone, Debug)]
pub struct Type {
    /// `unsigned long`, or a tag or typedef name; empty where the type is written by its parts (pointers, arrays, functions).
    pub name: Arc<str>,
    /// Size in bytes. Functions have size 1 and `void` has size 1, as gdb (and GNU C) have it.
    pub size: u64,
    /// What it is.
    pub kind: TypeKind,
}

/// What a type is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TypeKind {
    /// `void`
    Void,
    /// A truth value.
    Bool,
    /// A character of 1, 2 or 4 bytes, shown as `65 'A'`; arrays of them are strings.
    Char {
        /// Whether its numbers are signed.
        signed: bool,
    },
    /// An integer of 1 to 16 bytes.
    Int {
        /// Whether it is signed.
        signed: bool,
    },
    /// A floating-point number.
    Float(FloatFormat),
    /// A pointer to this.
    Pointer(Arc<Type>),
    /// A reference to this; `true` for an rvalue reference.
    Reference(Arc<Type>, bool),
    /// An array.
    Array {
        /// The type of an element.
        element: Arc<Type>,
        /// How many elements; `None` where it is not known (`int []`).
        count: Option<u64>,
        /// The index of the first element: 0 in C, below it for a GOT with words under its base.
        lower: i64,
        /// What sort of array.
        kind: ArrayKind,
        /// A SIMD vector rather than an array of C: it does not decay to a pointer.
        vector: bool,
    },
    /// A function.
    Function(FunctionType),
    /// A `struct` or `union`.
    Struct {
        /// All members lie at offset 0.
        union: bool,
        /// The members.
        fields: Fields,
    },
    /// A word of named bits, such as `$eflags`.
    Flags(Arc<[Flag]>),
    /// An enumeration.
    Enum {
        /// Whether its numbers are signed.
        signed: bool,
        /// Name and number, in the order of their declaration.
        enumerators: Arc<[Enumerator]>,
    },
    /// Another name of this type.
    Typedef(Arc<Type>),
    /// `const` or `volatile`.
    Qualified {
        /// What is qualified.
        target: Arc<Type>,
        /// `const`
        constant: bool,
        /// `volatile`
        volatile: bool,
    },
    /// A symbol without debug information: its type is not known.
    NoDebug(NoDebug),
}

/// What is known of a symbol without debug information.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoDebug {
    /// A function.
    Text,
    /// An indirect function (STT_GNU_IFUNC): the symbol is its resolver.
    Ifunc,
    /// A variable.
    Data,
    /// A thread-local variable.
    Tls,
}

/// How a floating-point number is laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FloatFormat {
    /// IEEE 754 binary16.
    Half,
    /// The upper half of a binary32.
    Bfloat16,
    /// IEEE 754 binary32.
    Single,
    /// IEEE 754 binary64.
    Double,
    /// The x87's 80 bits, in 10 or 16 bytes.
    X87,
}

/// What sort of array.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ArrayKind {
    /// An array of the program.
    Plain,
    /// The words of a module's global offset table; index 0 is the word at DT_PLTGOT. A string is an index too.
    Got(ModuleRef),
    /// The stubs of a module's procedure linkage table. A string is an index too.
    Plt(ModuleRef),
    /// The bytes of one stub: shown by where it is.
    Stub,
}

impl ArrayKind {
    /// Whether it is a table of a module, with indices of its own.
    pub fn is_table(self) -> bool {
        matches!(self, ArrayKind::Got(_) | ArrayKind::Plt(_))
    }
}

/// The type of a function.
#[derive(Clone, Debug)]
pub struct FunctionType {
    /// What it returns.
    pub result: Arc<Type>,
    /// The types of its parameters.
    pub params: Arc<[Arc<Type>]>,
    /// `...` follows the parameters.
    pub variadic: bool,
    /// Whether the parameters are declared: `int (void)` against `int ()`.
    pub prototyped: bool,
}

/// A range of bits, counted from the least significant bit of the bytes it lies in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bits {
    /// The first bit.
    pub start: u32,
    /// How many, 1 to 128.
    pub len: u32,
}

/// A member of a structure.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name; empty for an anonymous member.
    pub name: Arc<str>,
    /// Its type.
    pub ty: Arc<Type>,
    /// Offset in the structure, in bytes.
    pub offset: u64,
    /// For a bit-field, its bits, counted from `offset`.
    pub bits: Option<Bits>,
}

/// What finds the members of a structure when they are asked for.
type Finder = Box<dyn Fn() -> Result<Vec<Field>> + Send + Sync>;

/// The members of a structure: known, or found when first asked for, which also is how a structure can point to itself.
#[derive(Clone)]
pub struct Fields(Arc<Members>);

struct Members {
    found: OnceLock<Result<Arc<[Field]>>>,
    finder: Option<Finder>,
}

impl Fields {
    /// Members that are known.
    pub fn known(fields: Vec<Field>) -> Fields {
        Fields(Arc::new(Members { found: OnceLock::from(Ok(fields.into())), finder: None }))
    }

    /// Members that `find` finds when they are first asked for.
    pub fn found_by(find: impl Fn() -> Result<Vec<Field>> + Send + Sync + 'static) -> Fields {
        Fields(Arc::new(Members { found: OnceLock::new(), finder: Some(Box::new(find)) }))
    }

    /// The members, in the order of their declaration.
    pub fn get(&self) -> Result<Arc<[Field]>> {
        self.0.found.get_or_init(|| self.0.finder.as_ref().map_or_else(|| Ok(Vec::new()), |f| f()).map(Arc::from)).clone()
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the members: a structure may point to itself.
        f.write_str("Fields")
    }
}

/// A named bit, or a named group of bits, in a word of flags.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Flag {
    /// Its name; empty for a bit that is always set and not worth showing.
    pub name: Arc<str>,
    /// Which bits.
    pub bits: Bits,
}

/// A name of an enumeration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Enumerator {
    /// The name.
    pub name: Arc<str>,
    /// The number.
    pub value: i128,
}

impl FloatFormat {
    /// The bits of the significand, the integer bit included, whether it is stored or not.
    pub fn precision(self) -> u32 {
        match self {
            FloatFormat::Half => 11,
            FloatFormat::Bfloat16 => 8,
            FloatFormat::Single => 24,
            FloatFormat::Double => 53,
            FloatFormat::X87 => 64,
        }
    }
}

impl Type {
    /// A type with a name.
    pub fn named(name: &str, size: u64, kind: TypeKind) -> Arc<Type> {
        Arc::new(Type { name: name.into(), size, kind })
    }

    fn unnamed(size: u64, kind: TypeKind) -> Arc<Type> {
        Type::named("", size, kind)
    }

    /// A pointer to `target`.
    pub fn pointer(target: &Arc<Type>) -> Arc<Type> {
        Type::unnamed(8, TypeKind::Pointer(target.clone()))
    }

    /// A reference to `target`.
    pub fn reference(target: &Arc<Type>, rvalue: bool) -> Arc<Type> {
        Type::unnamed(8, TypeKind::Reference(target.clone(), rvalue))
    }

    /// An array of `count` elements from index 0.
    pub fn array(element: &Arc<Type>, count: u64) -> Arc<Type> {
        Type::array_of(element, Some(count), 0, ArrayKind::Plain)
    }

    /// An array of any sort; a count that is not known counts as none in the size.
    pub fn array_of(element: &Arc<Type>, count: Option<u64>, lower: i64, kind: ArrayKind) -> Arc<Type> {
        let size = element.size.saturating_mul(count.unwrap_or(0));
        Type::unnamed(size, TypeKind::Array { element: element.clone(), count, lower, kind, vector: false })
    }

    /// A SIMD vector; `name` may be empty.
    pub fn vector(name: &str, element: &Arc<Type>, count: u64) -> Arc<Type> {
        let kind =
            TypeKind::Array { element: element.clone(), count: Some(count), lower: 0, kind: ArrayKind::Plain, vector: true };
        Type::named(name, element.size.saturating_mul(count), kind)
    }

    /// A function with declared parameters.
    pub fn function(result: &Arc<Type>, params: Vec<Arc<Type>>, variadic: bool) -> Arc<Type> {
        let f = FunctionType { result: result.clone(), params: params.into(), variadic, prototyped: true };
        Type::unnamed(1, TypeKind::Function(f))
    }

    /// `int ()`: a function of whose parameters nothing is said.
    pub fn function_unprototyped(result: &Arc<Type>) -> Arc<Type> {
        let f = FunctionType { result: result.clone(), params: Arc::new([]), variadic: false, prototyped: false };
        Type::unnamed(1, TypeKind::Function(f))
    }

    /// `const` or `volatile` or both of `target`.
    pub fn qualified(target: &Arc<Type>, constant: bool, volatile: bool) -> Arc<Type> {
        if !constant && !volatile {
            return target.clone();
        }
        Type::unnamed(target.size, TypeKind::Qualified { target: target.clone(), constant, volatile })
    }

    /// Another name for `target`.
    pub fn typedef(name: &str, target: &Arc<Type>) -> Arc<Type> {
        Type::named(name, target.size, TypeKind::Typedef(target.clone()))
    }

    /// A `struct` or `union`.
    pub fn structure(name: &str, size: u64, union: bool, fields: Vec<Field>) -> Arc<Type> {
        Type::named(name, size, TypeKind::Struct { union, fields: Fields::known(fields) })
    }

    /// The type of a symbol without debug information.
    pub fn no_debug(what: NoDebug) -> Arc<Type> {
        let name = match what {
            NoDebug::Text => "<text variable, no debug info>",
            NoDebug::Ifunc => "<text gnu-indirect-function variable, no debug info>",
            NoDebug::Data => "<data variable, no debug info>",
            NoDebug::Tls => "<thread local variable, no debug info>",
        };
        let size = if matches!(what, NoDebug::Text | NoDebug::Ifunc) { 1 } else { 0 };
        Type::named(name, size, TypeKind::NoDebug(what))
    }

    /// The type below typedefs and qualifiers.
    pub fn stripped(self: &Arc<Type>) -> &Arc<Type> {
        let mut ty = self;
        // Damaged debug information may hold a cycle; types are trees here, so this only bounds the walk.
        for _ in 0..1000 {
            match &ty.kind {
                TypeKind::Typedef(target) | TypeKind::Qualified { target, .. } => ty = target,
                _ => break,
            }
        }
        ty
    }

    /// What a pointer or reference leads to.
    pub fn target(self: &Arc<Type>) -> Option<&Arc<Type>> {
        match &self.stripped().kind {
            TypeKind::Pointer(t) | TypeKind::Reference(t, _) => Some(t),
            _ => None,
        }
    }

    /// The type of an array's elements.
    pub fn element(self: &Arc<Type>) -> Option<&Arc<Type>> {
        match &self.stripped().kind {
            TypeKind::Array { element, .. } => Some(element),
            _ => None,
        }
    }

    /// Whether numbers of this type are signed.
    pub fn is_signed(self: &Arc<Type>) -> bool {
        matches!(
            self.stripped().kind,
            TypeKind::Char { signed: true } | TypeKind::Int { signed: true } | TypeKind::Enum { signed: true, .. }
        )
    }

    /// Integers and whatever C takes for one: truth values, characters, enumerations, flags.
    pub fn is_integral(self: &Arc<Type>) -> bool {
        matches!(
            self.stripped().kind,
            TypeKind::Bool | TypeKind::Char { .. } | TypeKind::Int { .. } | TypeKind::Enum { .. } | TypeKind::Flags(_)
        )
    }

    /// The layout, if it is a floating-point number.
    pub fn float(self: &Arc<Type>) -> Option<FloatFormat> {
        match self.stripped().kind {
            TypeKind::Float(f) => Some(f),
            _ => None,
        }
    }

    /// A number that can be computed with.
    pub fn is_arithmetic(self: &Arc<Type>) -> bool {
        self.is_integral() || self.float().is_some()
    }

    /// Whether it is a pointer.
    pub fn is_pointer(self: &Arc<Type>) -> bool {
        matches!(self.stripped().kind, TypeKind::Pointer(_))
    }

    /// Whether it is `void`.
    pub fn is_void(self: &Arc<Type>) -> bool {
        matches!(self.stripped().kind, TypeKind::Void)
    }

    /// Functions, also those without debug information.
    pub fn is_function(self: &Arc<Type>) -> bool {
        matches!(self.stripped().kind, TypeKind::Function(_) | TypeKind::NoDebug(NoDebug::Text | NoDebug::Ifunc))
    }

    /// Characters of any width.
    pub fn is_char(self: &Arc<Type>) -> bool {
        matches!(self.stripped().kind, TypeKind::Char { .. })
    }

    /// Arrays, structures and unions.
    pub fn is_aggregate(self: &Arc<Type>) -> bool {
        matches!(self.stripped().kind, TypeKind::Array { .. } | TypeKind::Struct { .. })
    }
}
