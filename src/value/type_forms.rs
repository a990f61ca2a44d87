//! Types made of others, and what sort of type one is.

use std::sync::Arc;

use super::language::Language;
use super::types::{ArrayKind, Field, Fields, FloatFormat, FunctionType, NoDebug, Qualifiers, Type, TypeKind};

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
