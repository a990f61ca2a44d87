//! Types of the program's debug information.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use super::base_types::canonical_name;
use super::language::Language;
use super::types::{
    ArrayKind, Bits, Enumerator, Field, FieldKind, Fields, FloatFormat, FunctionType, Layout, Method, Qualifiers, TemplateArg,
    Type, TypeKind, Variant, Variants,
};
use crate::base::{Error, FileAddr, Result};
use crate::dwarf::{
    Bound, DebugInfo, DieRef, Dimension, Dynamic, Encoding, Member, MemberKind, Members, NameSpace, Offset, Parameter,
    StructKind, TypeDie, TypeShape, UnitId,
};

/// What was made already, kept with the debug information.
#[derive(Default)]
pub(super) struct Made {
    types: Mutex<HashMap<DieRef, Result<Arc<Type>>>>,
    /// The variables that Rust's vtables are, by their link-time addresses.
    pub(super) vtables: OnceLock<HashMap<FileAddr, DieRef>>,
}

/// How deep types are made of one another.
const MAX_DEPTH: usize = 200;

/// The type of a DIE. The members of a structure are read when they are asked for.
pub fn type_of(info: &Arc<DebugInfo>, die: DieRef) -> Result<Arc<Type>> {
    Maker { info, path: Vec::new() }.ty(die)
}

/// The type of a variable, parameter or member, or what a function returns; `void` if it has none.
pub fn type_of_variable(info: &Arc<DebugInfo>, die: DieRef) -> Result<Arc<Type>> {
    info.type_of_die(die).map_or_else(|| Ok(Type::void()), |ty| type_of(info, ty))
}

/// The type of the function of a DIE, with its parameters.
pub fn type_of_function(info: &Arc<DebugInfo>, die: DieRef) -> Result<Arc<Type>> {
    let mut described = info.type_die(die)?;
    described.target = info.type_of_die(die);
    Maker { info, path: vec![die] }.made(&described)
}

/// A type by its name (`node_t`, `struct node`, `ns::Class<int>`), first in this unit, then in all others.
pub fn find_type(info: &Arc<DebugInfo>, name: &str, first: Option<UnitId>) -> Result<Option<Arc<Type>>> {
    let (space, bare) = match name.split_once(' ') {
        Some(("struct" | "class", bare)) => (Some(NameSpace::Struct), bare),
        Some(("union", bare)) => (Some(NameSpace::Union), bare),
        Some(("enum", bare)) => (Some(NameSpace::Enum), bare),
        _ => (None, name),
    };
    // In C the name of a structure is no type without its keyword.
    let is_c = |die: DieRef| Language::of_dwarf(info.language(die.unit)) == Language::C;
    // A declaration alone is no type that gdb would know.
    let defined = |die: &DieRef| info.type_names(die.unit).is_ok_and(|n| n.at(die.offset).is_some_and(|t| !t.is_declaration));
    match info.find_type(bare, space, first).filter(defined) {
        Some(die) if space.is_none() && is_c(die) => match info.find_type(bare, Some(NameSpace::Plain), first) {
            Some(plain) => type_of(info, plain).map(Some),
            None => Ok(None),
        },
        Some(die) => type_of(info, die).map(Some),
        None => Ok(None),
    }
}

struct Maker<'i> {
    info: &'i Arc<DebugInfo>,
    /// What is being made: one that is met again is made of itself, which only damaged information says.
    path: Vec<DieRef>,
}

impl Maker<'_> {
    fn made_already(&self) -> Option<std::sync::MutexGuard<'_, HashMap<DieRef, Result<Arc<Type>>>>> {
        let made: &Made = self.info.attached()?;
        Some(made.types.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn ty(&mut self, die: DieRef) -> Result<Arc<Type>> {
        if let Some(known) = self.made_already().and_then(|made| made.get(&die).cloned()) {
            return known;
        }
        if self.path.len() > MAX_DEPTH || self.path.contains(&die) {
            return Err(Error::user("A type in the debug information is made of itself."));
        }
        self.path.push(die);
        let made = self.info.type_die(die).and_then(|described| self.made(&described));
        self.path.pop();
        if let Some(mut map) = self.made_already() {
            map.insert(die, made.clone());
        }
        made
    }

    fn target(&mut self, die: Option<DieRef>) -> Result<Arc<Type>> {
        die.map_or_else(|| Ok(Type::void()), |die| self.ty(die))
    }

    fn made(&mut self, of: &TypeDie) -> Result<Arc<Type>> {
        let language = Language::of_dwarf(self.info.language(of.die.unit));
        let name = of.name.as_ref().and_then(|own| self.info.type_name(of.die).or_else(|| Some(own.as_str().into())));
        let name = name.unwrap_or_default();
        let named = |size: u64, kind: TypeKind| Type::named_in(language, &name, size, kind);
        let size = of.size.or(of.bit_size.map(|b| b.div_ceil(8)));
        Ok(match &of.shape {
            TypeShape::Base(encoding) => base(&name, size.unwrap_or(0), *encoding, language),
            // gdb takes C++'s nullptr for a number.
            TypeShape::Unspecified if language == Language::Cpp => named(size.unwrap_or(8), TypeKind::Int { signed: true }),
            TypeShape::Unspecified => named(size.unwrap_or(1), TypeKind::Void),
            TypeShape::Pointer => {
                let target = self.target(of.target)?;
                // Rust's have names, `&i32`: gdb does not use them.
                Type::named_in(language, "", size.unwrap_or(8), TypeKind::Pointer(target))
            }
            TypeShape::Reference(rvalue) => {
                let target = self.target(of.target)?;
                named(size.unwrap_or(8), TypeKind::Reference(target, *rvalue))
            }
            TypeShape::MemberPointer(class) => {
                let class = self.target(*class)?;
                let target = self.target(of.target)?;
                let size = if matches!(target.stripped().kind, TypeKind::Function(_)) { 16 } else { 8 };
                named(of.size.unwrap_or(size), TypeKind::MemberPointer { class, target })
            }
            TypeShape::Array { dimensions, vector } => {
                let element = self.target(of.target)?;
                array(element, dimensions, *vector, &name, of.size, language)
            }
            TypeShape::Function { params, variadic, prototyped } => {
                let result = self.target(of.target)?;
                let params = self.params(params)?;
                let kind = FunctionType { result, params, variadic: *variadic, prototyped: *prototyped };
                // Some producers name function types; gdb writes them by their parts.
                Type::named_in(language, "", 1, TypeKind::Function(kind))
            }
            TypeShape::Structure(kind) => {
                let fields = if of.is_declaration { self.declared(of, &name) } else { self.fields(of.die, &name) };
                let (union, class) = (*kind == StructKind::Union, *kind == StructKind::Class);
                named(size.unwrap_or(0), TypeKind::Struct { union, class, fields })
            }
            TypeShape::Enumeration { class, names } => {
                let underlying = match of.target {
                    Some(die) => Some(self.ty(die)?),
                    None => None,
                };
                let signed = match &underlying {
                    Some(ty) => ty.is_signed(),
                    None => names.iter().any(|n| n.value < 0),
                };
                // In C++ the names belong to where the enumeration is declared, or to itself.
                let scope = if *class { Some(&*name) } else { name.rsplit_once("::").map(|(scope, _)| scope) };
                let written = |n: &str| match scope.filter(|s| !s.is_empty()) {
                    Some(scope) => format!("{scope}::{n}").into(),
                    None => n.into(),
                };
                let enumerators = names.iter().map(|n| Enumerator { name: written(&n.name), value: n.value }).collect();
                let size = size.or(underlying.as_ref().map(|u| u.size)).unwrap_or(4);
                named(size, TypeKind::Enum { signed, enumerators, class: *class, underlying })
            }
            TypeShape::Typedef => {
                let target = self.target(of.target)?;
                let target = wide_character(&name, target);
                named(target.size, TypeKind::Typedef(target))
            }
            TypeShape::Subrange => {
                let target = self.target(of.target)?;
                named(size.unwrap_or(target.size), target.kind.clone())
            }
            TypeShape::Const | TypeShape::Volatile | TypeShape::Restrict | TypeShape::Atomic => {
                let target = self.target(of.target)?;
                Type::with_qualifiers(
                    &target,
                    Qualifiers {
                        constant: of.shape == TypeShape::Const,
                        volatile: of.shape == TypeShape::Volatile,
                        restrict: of.shape == TypeShape::Restrict,
                        atomic: of.shape == TypeShape::Atomic,
                    },
                )
            }
            TypeShape::Other(_) => named(size.unwrap_or(1), TypeKind::Void),
        })
    }

    fn params(&mut self, params: &[Parameter]) -> Result<Arc<[Arc<Type>]>> {
        let this = |ty: Arc<Type>, p: &Parameter| Type::qualified(&ty, p.is_artificial && ty.is_pointer(), false);
        // What a compiler adds behind `this`, as constructors of virtual bases have it, is not of the source.
        let own = params.iter().enumerate().filter(|(i, p)| *i == 0 || !p.is_artificial).map(|(_, p)| p);
        own.map(|p| Ok(this(self.target(p.ty)?, p))).collect()
    }

    fn declared(&self, of: &TypeDie, name: &Arc<str>) -> Fields {
        let (info, name, unit, die) = (Arc::downgrade(self.info), name.clone(), of.die.unit, of.die);
        let space = if of.shape == TypeShape::Structure(StructKind::Union) { NameSpace::Union } else { NameSpace::Struct };
        Fields::declared(move || {
            let info = info.upgrade().filter(|_| !name.is_empty())?;
            let found = info.find_type(&name, Some(space), Some(unit)).filter(|found| *found != die)?;
            let ty = type_of(&info, found).ok()?;
            // One declaration does not complete another one.
            (!ty.is_declaration()).then_some(ty)
        })
    }

    fn fields(&self, die: DieRef, name: &Arc<str>) -> Fields {
        let (info, name): (Weak<DebugInfo>, _) = (Arc::downgrade(self.info), name.clone());
        Fields::found_by(move || {
            let info = info.upgrade().ok_or_else(|| Error::user("The module is no longer loaded."))?;
            let members = info.members(die)?;
            Maker { info: &info, path: Vec::new() }.layout(&members, &name)
        })
    }

    fn layout(&mut self, members: &Members, class: &str) -> Result<Layout> {
        let fields = members.members.iter().map(|m| self.field(m, class)).collect::<Result<Vec<_>>>()?;
        let mut layout = Layout { fields: fields.into(), ..Layout::default() };
        for method in &members.methods {
            let result = self.target(method.result)?;
            let params = self.params(&method.params)?;
            let kind = FunctionType { result, params, variadic: method.variadic, prototyped: true };
            layout.methods.push(Method {
                name: method.name.as_str().into(),
                linkage_name: method.linkage_name.as_deref().map(Arc::from),
                ty: Type::named_in(Language::Cpp, "", 1, TypeKind::Function(kind)),
                access: method.access,
                is_artificial: method.is_artificial,
                is_virtual: method.is_virtual,
                is_static: method.is_static,
                is_deleted: method.is_deleted,
                is_defaulted: method.is_defaulted,
                vtable_index: method.vtable_index,
            });
        }
        for arg in &members.template_args {
            let ty = self.target(arg.ty)?;
            layout.template_args.push(TemplateArg { name: arg.name.as_str().into(), ty, value: arg.value.clone() });
        }
        for (die, access) in &members.types {
            let Ok(ty) = self.ty(*die) else { continue };
            let list = if matches!(ty.kind, TypeKind::Typedef(_)) { &mut layout.typedefs } else { &mut layout.nested };
            list.push((ty, *access));
        }
        if let Some(part) = &members.variant_part {
            let discriminant = part.discriminant.as_ref().map(|d| self.field(d, class)).transpose()?;
            let mut choices = Vec::new();
            for variant in &part.variants {
                if let Some(member) = variant.members.first() {
                    choices.push(Variant { discriminants: variant.discriminants.clone(), field: self.field(member, class)? });
                }
            }
            layout.variants = Some(Variants { discriminant, choices });
        }
        Ok(layout)
    }

    fn field(&mut self, member: &Member, class: &str) -> Result<Field> {
        let ty = self.target(member.ty)?;
        let offset = if let Offset::Bytes(n) = member.offset { n } else { 0 };
        let kind = match (&member.kind, &member.offset) {
            (MemberKind::Data, _) => FieldKind::Data,
            (MemberKind::Base { .. }, Offset::Expression(expression)) => FieldKind::VirtualBase(expression.clone()),
            (MemberKind::Base { .. }, _) => FieldKind::Base,
            (MemberKind::Static(constant), _) => FieldKind::Static(format!("{class}::{}", member.name).into(), constant.clone()),
        };
        let bits = member.bits.and_then(|(start, len)| {
            let (start, len) = (u32::try_from(start).ok()?, u32::try_from(len).ok()?);
            (start < 128 && len <= 128).then_some(Bits { start, len })
        });
        let name =
            if matches!(member.kind, MemberKind::Base { .. }) { ty.stripped().name.clone() } else { member.name.as_str().into() };
        Ok(Field { name, ty, offset, bits, kind, access: member.access, is_artificial: member.is_artificial })
    }
}

fn base(name: &str, size: u64, encoding: Encoding, language: Language) -> Arc<Type> {
    let format = |size| match (name, size) {
        ("__bf16" | "__bfloat16" | "std::bfloat16_t" | "decltype(0.0bf16)", _) => Some(FloatFormat::Bfloat16),
        (_, 2) => Some(FloatFormat::Half),
        (_, 4) => Some(FloatFormat::Single),
        (_, 8) => Some(FloatFormat::Double),
        ("_Float128" | "__float128" | "f128", 16) => Some(FloatFormat::Quad),
        (_, 10 | 12 | 16) => Some(FloatFormat::X87),
        _ => None,
    };
    let is_c = language != Language::Rust;
    let kind = match encoding {
        // Rust's unit type is a base type of no size.
        _ if size == 0 => TypeKind::Void,
        Encoding::Boolean => TypeKind::Bool,
        Encoding::SignedChar if is_c => TypeKind::Char { signed: true },
        Encoding::UnsignedChar if is_c => TypeKind::Char { signed: false },
        Encoding::Signed if is_c && (size == 1 || name == "wchar_t") => TypeKind::Char { signed: true },
        Encoding::Unsigned if is_c && size == 1 => TypeKind::Char { signed: false },
        Encoding::Utf => TypeKind::Char { signed: false },
        Encoding::Signed | Encoding::SignedChar => TypeKind::Int { signed: true },
        Encoding::Float | Encoding::ImaginaryFloat => match format(size) {
            Some(format) => TypeKind::Float(format),
            None => TypeKind::Int { signed: false },
        },
        Encoding::ComplexFloat => match format(size / 2) {
            Some(format) => {
                let part = name.trim_start_matches("complex ").trim_start_matches("_Complex ");
                TypeKind::Complex(Type::named_in(language, part, size / 2, TypeKind::Float(format)))
            }
            None => TypeKind::Int { signed: false },
        },
        _ => TypeKind::Int { signed: false },
    };
    let name = if is_c { canonical_name(name) } else { name.into() };
    Type::named_in(language, &name, size, kind)
}

/// gdb knows wide characters by the names of their typedefs.
fn wide_character(name: &str, target: Arc<Type>) -> Arc<Type> {
    match (name, &target.kind) {
        ("wchar_t" | "char16_t" | "char32_t", TypeKind::Int { signed }) => {
            Arc::new(Type { kind: TypeKind::Char { signed: *signed }, ..(*target).clone() })
        }
        _ => target,
    }
}

fn array(
    mut element: Arc<Type>,
    dimensions: &[Dimension],
    vector: bool,
    name: &str,
    size: Option<u64>,
    language: Language,
) -> Arc<Type> {
    let open = [Dimension::default()];
    let dimensions = if dimensions.is_empty() { &open[..] } else { dimensions };
    for (i, dimension) in dimensions.iter().enumerate().rev() {
        let lower = dimension.lower;
        let count = match (&dimension.count, &dimension.upper) {
            (Some(Bound::Known(n)), _) => u64::try_from(*n).ok(),
            (None, Some(Bound::Known(upper))) => Some(u64::try_from(upper - i128::from(lower) + 1).unwrap_or(0)),
            (Some(Bound::Dynamic(d)), _) => {
                element = variable(element, lower, (d.clone(), true), language);
                continue;
            }
            (None, Some(Bound::Dynamic(d))) => {
                element = variable(element, lower, (d.clone(), false), language);
                continue;
            }
            (None, None) => None,
        };
        let whole = element.size.saturating_mul(count.unwrap_or(0));
        let size = if i == 0 { size.unwrap_or(whole) } else { whole };
        let name = if i == 0 { name } else { "" };
        element = Type::named_in(language, name, size, TypeKind::Array { element, count, lower, kind: ArrayKind::Plain, vector });
    }
    element
}

fn variable(element: Arc<Type>, lower: i64, bound: (Dynamic, bool), language: Language) -> Arc<Type> {
    Type::named_in(language, "", 0, TypeKind::VariableArray { element, lower, bound })
}

/// The type with the lengths that are known while the program runs put in; `evaluate` finds them.
pub fn resolve_dynamic(ty: &Arc<Type>, evaluate: &mut dyn FnMut(&Dynamic) -> Result<i128>) -> Result<Arc<Type>> {
    let with = |kind: TypeKind, size: u64| Arc::new(Type { name: ty.name.clone(), size, kind, language: ty.language });
    Ok(match &ty.kind {
        TypeKind::VariableArray { element, lower, bound: (dynamic, is_count) } => {
            let element = resolve_dynamic(element, evaluate)?;
            // A length that was optimized out leaves an array of unknown length.
            let count = evaluate(dynamic).ok().map(|n| if *is_count { n } else { n - i128::from(*lower) + 1 });
            Type::array_of(&element, count.map(|n| u64::try_from(n).unwrap_or(0)), *lower, ArrayKind::Plain)
        }
        TypeKind::Array { element, count, lower, kind, vector } if element.is_dynamic() => {
            let element = resolve_dynamic(element, evaluate)?;
            let size = element.size.saturating_mul(count.unwrap_or(0));
            with(TypeKind::Array { element, count: *count, lower: *lower, kind: *kind, vector: *vector }, size)
        }
        TypeKind::Typedef(target) if target.is_dynamic() => {
            let target = resolve_dynamic(target, evaluate)?;
            with(TypeKind::Typedef(target.clone()), target.size)
        }
        TypeKind::Pointer(target) if target.is_dynamic() => with(TypeKind::Pointer(resolve_dynamic(target, evaluate)?), ty.size),
        TypeKind::Reference(target, rvalue) if target.is_dynamic() => {
            with(TypeKind::Reference(resolve_dynamic(target, evaluate)?, *rvalue), ty.size)
        }
        TypeKind::Qualified { target, qualifiers } if target.is_dynamic() => {
            Type::with_qualifiers(&resolve_dynamic(target, evaluate)?, *qualifiers)
        }
        _ => ty.clone(),
    })
}
