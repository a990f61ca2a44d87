//! What belongs to a structure: found when it is asked for.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::types::{Bits, Type};
use crate::base::Result;
use crate::dwarf::{Access, Constant};

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
