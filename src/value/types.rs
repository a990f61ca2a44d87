//! Types: immutable, shared, the same for registers, GOT and PLT, and what debug information tells.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::language::Language;
use crate::base::Result;
use crate::dwarf::{Access, Constant, Dynamic};

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

/// A member of a structure.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name; empty for an anonymous member. A base class has its class's name.
    pub name: Arc<str>,
    /// Its type.
    pub ty: Arc<Type>,
    /// Offset in the structure, in bytes; meaningless for static members and virtual bases.
    pub offset: u64,
    /// For a bit-field, its bits, counted from `offset`.
    pub bits: Option<Bits>,
    /// What sort of member.
    pub kind: FieldKind,
    /// Who may use it.
    pub access: Access,
    /// Made by the compiler, as the pointer to the vtable.
    pub is_artificial: bool,
}

/// What sort of member.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum FieldKind {
    /// One that each object has.
    #[default]
    Data,
    /// A base class.
    Base,
    /// A virtual base class: the DWARF expression that makes its address of the object's address.
    VirtualBase(Box<[u8]>),
    /// One that the class has once: its full name, and its value where the debug information has it.
    Static(Arc<str>, Option<Constant>),
}

impl Field {
    /// A member that is nothing special.
    pub fn new(name: &str, ty: &Arc<Type>, offset: u64) -> Field {
        Field {
            name: name.into(),
            ty: ty.clone(),
            offset,
            bits: None,
            kind: FieldKind::Data,
            access: Access::Public,
            is_artificial: false,
        }
    }

    /// Whether it is a base class.
    pub fn is_base(&self) -> bool {
        matches!(self.kind, FieldKind::Base | FieldKind::VirtualBase(_))
    }

    /// Whether the class has it once.
    pub fn is_static(&self) -> bool {
        matches!(self.kind, FieldKind::Static(..))
    }
}

/// A method that a class declares.
#[derive(Clone, Debug)]
pub struct Method {
    /// Its name.
    pub name: Arc<str>,
    /// The name of its symbol.
    pub linkage_name: Option<Arc<str>>,
    /// Its type; `this` is the first parameter if it has one.
    pub ty: Arc<Type>,
    /// Who may call it.
    pub access: Access,
    /// Made by the compiler.
    pub is_artificial: bool,
    /// `virtual`
    pub is_virtual: bool,
    /// It has no `this`.
    pub is_static: bool,
    /// `= delete`
    pub is_deleted: bool,
    /// `= default`
    pub is_defaulted: bool,
    /// Its place in the vtable.
    pub vtable_index: Option<u64>,
}

/// An argument of a template, or of a generic type.
#[derive(Clone, Debug)]
pub struct TemplateArg {
    /// The name of the parameter.
    pub name: Arc<str>,
    /// The type that it is, or that of the value.
    pub ty: Arc<Type>,
    /// The value; `None` if the argument is a type.
    pub value: Option<Constant>,
}

/// One of the shapes of an enumeration with data.
#[derive(Clone, Debug)]
pub struct Variant {
    /// The discriminants that mean it, both ends included; empty for the one that all others mean.
    pub discriminants: Vec<(i128, i128)>,
    /// Its one member: a structure by the name of the variant.
    pub field: Field,
}

/// The shapes that an enumeration of Rust takes on.
#[derive(Clone, Debug)]
pub struct Variants {
    /// The member whose number tells which one; `None` where there is but one.
    pub discriminant: Option<Field>,
    /// The shapes.
    pub choices: Vec<Variant>,
}

impl Variants {
    /// The shape that a discriminant means.
    pub fn chosen(&self, discriminant: Option<i128>) -> Option<&Variant> {
        let named = |n: i128| {
            // Discriminants are written with or without a sign: what counts are the bits that they have in common.
            let size = self.discriminant.as_ref().map_or(16, |d| d.ty.size).clamp(1, 16) as u32;
            let cut = move |v: i128| if size >= 16 { v } else { v & ((1 << (8 * size)) - 1) };
            move |v: &&Variant| v.discriminants.iter().any(|(low, high)| (cut(*low)..=cut(*high)).contains(&cut(n)))
        };
        let default = || self.choices.iter().find(|v| v.discriminants.is_empty());
        match discriminant {
            Some(n) => self.choices.iter().find(named(n)).or_else(default),
            None => default(),
        }
    }
}

/// What belongs to a structure.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// Bases and members, in the order of their declaration.
    pub fields: Arc<[Field]>,
    /// Methods.
    pub methods: Vec<Method>,
    /// The arguments of the template that it is made from.
    pub template_args: Vec<TemplateArg>,
    /// Typedefs declared inside.
    pub typedefs: Vec<(Arc<Type>, Access)>,
    /// Other types declared inside.
    pub nested: Vec<(Arc<Type>, Access)>,
    /// Rust's enumerations with data.
    pub variants: Option<Variants>,
}

type LayoutFinder = Box<dyn Fn() -> Result<Layout> + Send + Sync>;
type DefinitionFinder = Box<dyn Fn() -> Option<Arc<Type>> + Send + Sync>;

/// The members of a structure: known, or found when first asked for, which also is how a structure can point to itself.
#[derive(Clone)]
pub struct Fields(Arc<Inner>);

struct Inner {
    found: OnceLock<Result<Arc<Layout>>>,
    finder: Option<LayoutFinder>,
    /// For a structure that is only declared: its definition.
    definition: OnceLock<Option<Arc<Type>>>,
    definer: Option<DefinitionFinder>,
}

impl Fields {
    fn from(found: OnceLock<Result<Arc<Layout>>>, finder: Option<LayoutFinder>, definer: Option<DefinitionFinder>) -> Fields {
        Fields(Arc::new(Inner { found, finder, definition: OnceLock::new(), definer }))
    }

    /// Members that are known.
    pub fn known(fields: Vec<Field>) -> Fields {
        let layout = Layout { fields: fields.into(), ..Layout::default() };
        Fields::from(OnceLock::from(Ok(Arc::new(layout))), None, None)
    }

    /// Members that `find` finds when they are first asked for.
    pub fn found_by(find: impl Fn() -> Result<Layout> + Send + Sync + 'static) -> Fields {
        Fields::from(OnceLock::new(), Some(Box::new(find)), None)
    }

    /// The members of a structure that is only declared here; `define` finds its definition when it is first asked for.
    pub fn declared(define: impl Fn() -> Option<Arc<Type>> + Send + Sync + 'static) -> Fields {
        Fields::from(OnceLock::new(), None, Some(Box::new(define)))
    }

    /// Everything that belongs to the structure. Nothing if it is only declared.
    pub fn layout(&self) -> Result<Arc<Layout>> {
        self.0.found.get_or_init(|| self.0.finder.as_ref().map_or_else(|| Ok(Layout::default()), |f| f()).map(Arc::new)).clone()
    }

    /// The members, in the order of their declaration.
    pub fn get(&self) -> Result<Arc<[Field]>> {
        Ok(self.layout()?.fields.clone())
    }

    /// Whether the structure is only declared.
    pub fn is_declaration(&self) -> bool {
        self.0.definer.is_some()
    }

    /// The definition of a structure that is only declared, if there is one.
    pub fn definition(&self) -> Option<&Arc<Type>> {
        let define = self.0.definer.as_ref()?;
        self.0.definition.get_or_init(define).as_ref()
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the members: a structure may point to itself.
        f.write_str("Fields")
    }
}
