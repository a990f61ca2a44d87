//! Types: immutable, shared, the same for registers, GOT and PLT, and what debug information tells.

use std::sync::Arc;

use super::language::Language;
use super::layout::{Field, Fields};
use crate::dwarf::Dynamic;

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
    /// The language of the program that has it: the way it is written.
    pub language: Language,
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
    /// A complex number: two of these.
    Complex(Arc<Type>),
    /// A pointer to this.
    Pointer(Arc<Type>),
    /// A reference to this; `true` for an rvalue reference.
    Reference(Arc<Type>, bool),
    /// A pointer to a member or to a method of a class.
    MemberPointer {
        /// The class.
        class: Arc<Type>,
        /// The type of the member; a function for a method.
        target: Arc<Type>,
    },
    /// An array whose length is known while its function runs: [`super::resolve_dynamic`] makes an array of it.
    VariableArray {
        /// The type of an element.
        element: Arc<Type>,
        /// The index of the first element.
        lower: i64,
        /// What gives the index of the last element, or the number of elements if the flag is set.
        bound: (Dynamic, bool),
    },
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
        /// Declared by `class`.
        class: bool,
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
        /// `enum class`
        class: bool,
        /// The type of its numbers, where it is said.
        underlying: Option<Arc<Type>>,
    },
    /// Another name of this type.
    Typedef(Arc<Type>),
    /// `const` or `volatile`.
    Qualified {
        /// What is qualified.
        target: Arc<Type>,
        /// With what.
        qualifiers: Qualifiers,
    },
    /// A symbol without debug information: its type is not known.
    NoDebug(NoDebug),
}

/// What may stand before a type's name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs)]
pub struct Qualifiers {
    pub constant: bool,
    pub volatile: bool,
    pub restrict: bool,
    pub atomic: bool,
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
    /// IEEE 754 binary128.
    Quad,
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
            FloatFormat::Quad => 113,
        }
    }
}

impl Type {
    /// A type with a name.
    pub fn named(name: &str, size: u64, kind: TypeKind) -> Arc<Type> {
        Arc::new(Type { name: name.into(), size, kind, language: Language::C })
    }

    /// A type with a name, in a language.
    pub fn named_in(language: Language, name: &str, size: u64, kind: TypeKind) -> Arc<Type> {
        Arc::new(Type { name: name.into(), size, kind, language })
    }

    /// A type made of another one, in its language.
    fn of(other: &Arc<Type>, size: u64, kind: TypeKind) -> Arc<Type> {
        Arc::new(Type { name: "".into(), size, kind, language: other.language })
    }

    /// A pointer to `target`.
    pub fn pointer(target: &Arc<Type>) -> Arc<Type> {
        Type::of(target, 8, TypeKind::Pointer(target.clone()))
    }

    /// A reference to `target`.
    pub fn reference(target: &Arc<Type>, rvalue: bool) -> Arc<Type> {
        Type::of(target, 8, TypeKind::Reference(target.clone(), rvalue))
    }

    /// A pointer to a member of a class; to a method if `target` is a function.
    pub fn member_pointer(class: &Arc<Type>, target: &Arc<Type>) -> Arc<Type> {
        let size = if matches!(target.stripped().kind, TypeKind::Function(_)) { 16 } else { 8 };
        Type::of(target, size, TypeKind::MemberPointer { class: class.clone(), target: target.clone() })
    }

    /// An array of `count` elements from index 0.
    pub fn array(element: &Arc<Type>, count: u64) -> Arc<Type> {
        Type::array_of(element, Some(count), 0, ArrayKind::Plain)
    }

    /// An array of any sort; a count that is not known counts as none in the size.
    pub fn array_of(element: &Arc<Type>, count: Option<u64>, lower: i64, kind: ArrayKind) -> Arc<Type> {
        let size = element.size.saturating_mul(count.unwrap_or(0));
        Type::of(element, size, TypeKind::Array { element: element.clone(), count, lower, kind, vector: false })
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
        Type::of(result, 1, TypeKind::Function(f))
    }

    /// `int ()`: a function of whose parameters nothing is said.
    pub fn function_unprototyped(result: &Arc<Type>) -> Arc<Type> {
        let f = FunctionType { result: result.clone(), params: Arc::new([]), variadic: false, prototyped: false };
        Type::of(result, 1, TypeKind::Function(f))
    }

    /// `const` or `volatile` or both of `target`.
    pub fn qualified(target: &Arc<Type>, constant: bool, volatile: bool) -> Arc<Type> {
        Type::with_qualifiers(target, Qualifiers { constant, volatile, ..Qualifiers::default() })
    }

    /// `target` with more qualifiers: those that it has already are kept, once each.
    pub fn with_qualifiers(target: &Arc<Type>, added: Qualifiers) -> Arc<Type> {
        if added == Qualifiers::default() {
            return target.clone();
        }
        let (inner, old) = match &target.kind {
            TypeKind::Qualified { target, qualifiers } => (target, *qualifiers),
            _ => (target, Qualifiers::default()),
        };
        let qualifiers = Qualifiers {
            constant: old.constant || added.constant,
            volatile: old.volatile || added.volatile,
            restrict: old.restrict || added.restrict,
            atomic: old.atomic || added.atomic,
        };
        Type::of(inner, inner.size, TypeKind::Qualified { target: inner.clone(), qualifiers })
    }

    /// Another name for `target`.
    pub fn typedef(name: &str, target: &Arc<Type>) -> Arc<Type> {
        Type::named_in(target.language, name, target.size, TypeKind::Typedef(target.clone()))
    }

    /// A `struct` or `union`.
    pub fn structure(name: &str, size: u64, union: bool, fields: Vec<Field>) -> Arc<Type> {
        Type::named(name, size, TypeKind::Struct { union, class: false, fields: Fields::known(fields) })
    }

    /// A structure of Rust.
    pub fn rust_structure(name: &str, size: u64, fields: Vec<Field>) -> Arc<Type> {
        let kind = TypeKind::Struct { union: false, class: false, fields: Fields::known(fields) };
        Type::named_in(Language::Rust, name, size, kind)
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

    /// As [`Type::stripped`], of a type that is not shared.
    pub(super) fn stripped_ref(&self) -> &Type {
        match &self.kind {
            TypeKind::Typedef(target) | TypeKind::Qualified { target, .. } => target.stripped(),
            _ => self,
        }
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

    /// Whether it is a structure that is only declared.
    pub fn is_declaration(self: &Arc<Type>) -> bool {
        matches!(&self.stripped().kind, TypeKind::Struct { fields, .. } if fields.is_declaration())
    }

    /// The type with the definition in place of a declaration, where there is one.
    pub fn completed(self: &Arc<Type>) -> Arc<Type> {
        match &self.kind {
            TypeKind::Struct { fields, .. } => fields.definition().unwrap_or(self).clone(),
            TypeKind::Typedef(target) if self.is_declaration() => Type::typedef(&self.name, &target.completed()),
            TypeKind::Qualified { target, qualifiers } if self.is_declaration() => {
                Type::with_qualifiers(&target.completed(), *qualifiers)
            }
            _ => self.clone(),
        }
    }

    /// Whether a length in it is known only while the program runs.
    pub fn is_dynamic(&self) -> bool {
        let mut ty = self;
        for _ in 0..1000 {
            match &ty.kind {
                TypeKind::VariableArray { .. } => return true,
                TypeKind::Array { element: t, .. }
                | TypeKind::Typedef(t)
                | TypeKind::Pointer(t)
                | TypeKind::Reference(t, _)
                | TypeKind::Qualified { target: t, .. } => ty = t,
                _ => break,
            }
        }
        false
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
