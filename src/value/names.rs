//! Types as C writes them: `int (*)(int, char *)`, and `ptype`'s longer form.

use std::fmt::{self, Write};
use std::sync::Arc;

use super::language::Language;
use super::rust_names;
use super::short_names::{MAX_DEPTH, base_of, is_derived, qualifiers, short_name};
use super::types::{Qualifiers, Type, TypeKind};

impl fmt::Display for Type {
    /// As `whatis` writes it: structures and enumerations by their name, `struct {...}` without one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.language == Language::Rust {
            return f.write_str(&rust_names::name(self, 0));
        }
        f.write_str(&declaration(self, "", &short_name(base_of(self, 0))))
    }
}

impl Type {
    /// The declaration of something of this type, as `info functions` and `info variables` show it: `int (*name)(char)`. A
    /// structure without a name is written out.
    pub fn declaring(self: &Arc<Type>, name: &str) -> String {
        if self.language == Language::Rust {
            return match &self.kind {
                TypeKind::Function(_) => rust_names::name(self, 0).replacen("fn ", &format!("fn {name}"), 1),
                _ => format!("{name}: {self}"),
            };
        }
        let base = base_of(self, 0);
        let is_nameless = base.name.is_empty() && matches!(base.kind, TypeKind::Struct { .. } | TypeKind::Enum { .. });
        let short = || short_name(base);
        let text = if is_nameless { Arc::new(base.clone()).expanded().unwrap_or_else(|_| short()) } else { short() };
        declaration(self, name, &text)
    }
}

/// `base declarator`: `name` is the declared name, possibly empty.
pub(super) fn declaration(ty: &Type, name: &str, base: &str) -> String {
    let mut declarator = name.to_owned();
    wrap(ty, &mut declarator, 0);
    match declarator.as_str() {
        "" => base.to_owned(),
        d => format!("{base} {d}"),
    }
}

/// Writes pointers, arrays and functions of `ty` around the declarator, from the outside in.
pub(super) fn wrap(ty: &Type, declarator: &mut String, depth: u32) {
    if depth > MAX_DEPTH {
        return;
    }
    let postfix_below = |t: &Type| {
        let t = match &t.kind {
            TypeKind::Qualified { target, .. } => target,
            _ => t,
        };
        matches!(t.kind, TypeKind::Function(_) | TypeKind::VariableArray { .. })
            || (matches!(t.kind, TypeKind::Array { .. }) && t.name.is_empty())
    };
    match &ty.kind {
        TypeKind::Pointer(target) | TypeKind::Reference(target, _) => {
            let mark = match &ty.kind {
                TypeKind::Pointer(_) => "*",
                TypeKind::Reference(_, false) => "&",
                _ => "&&",
            };
            declarator.insert_str(0, mark);
            if postfix_below(target) {
                declarator.insert(0, '(');
                declarator.push(')');
            }
            wrap(target, declarator, depth + 1);
        }
        TypeKind::MemberPointer { class, target } => {
            declarator.insert_str(0, &format!("{}::*", class.stripped_ref().name));
            if postfix_below(target) {
                declarator.insert(0, '(');
                declarator.push(')');
            }
            wrap(target, declarator, depth + 1);
        }
        TypeKind::VariableArray { element, .. } => {
            declarator.push_str("[variable length]");
            wrap(element, declarator, depth + 1);
        }
        // Every reference is constant: gdb does not say so.
        TypeKind::Qualified { target, qualifiers: Qualifiers { volatile: false, restrict: false, atomic: false, .. } }
            if matches!(target.kind, TypeKind::Reference(..)) =>
        {
            wrap(target, declarator, depth + 1);
        }
        TypeKind::Qualified { target, qualifiers: q } if is_derived(target) => {
            let words = qualifiers(*q);
            let gap = if declarator.is_empty() { "" } else { " " };
            declarator.insert_str(0, &format!(" {words}{gap}"));
            wrap(target, declarator, depth + 1);
        }
        TypeKind::Array { element, count, vector, .. } if ty.name.is_empty() => {
            match count {
                Some(n) if *vector => {
                    let gap = if declarator.is_empty() { "" } else { " " };
                    _ = write!(declarator, "{gap}__attribute__ ((vector_size({n})))");
                }
                Some(n) => _ = write!(declarator, "[{n}]"),
                None => declarator.push_str("[]"),
            }
            wrap(element, declarator, depth + 1);
        }
        TypeKind::Function(f) => {
            let mut params: Vec<String> = f.params.iter().map(|p| p.to_string()).collect();
            if f.variadic {
                params.push("...".to_owned());
            } else if params.is_empty() && f.prototyped {
                params.push("void".to_owned());
            }
            _ = write!(declarator, "({})", params.join(", "));
            wrap(&f.result, declarator, depth + 1);
        }
        _ => {}
    }
}

impl Type {
    /// The type with its outermost typedef removed: what `whatis TYPE` says of a type's name.
    pub fn one_typedef_less(self: &Arc<Type>) -> &Arc<Type> {
        match &self.kind {
            TypeKind::Typedef(target) => target,
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::types::NoDebug;
    use super::*;

    #[test]
    fn declarators_are_gdbs() {
        let (int, char) = (Type::int(), Type::char());
        let pointer = Type::pointer;
        let function = |r: &Arc<Type>, p: Vec<Arc<Type>>| Type::function(r, p, false);
        for (ty, text) in [
            (pointer(&pointer(&char)), "char **"),
            (Type::array(&char, 16), "char [16]"),
            (Type::array(&pointer(&char), 3), "char *[3]"),
            (Type::array(&Type::array(&int, 3), 2), "int [2][3]"),
            (pointer(&Type::array(&Type::array(&int, 3), 2)), "int (*)[2][3]"),
            (pointer(&Type::array(&pointer(&char), 4)), "char *(*)[4]"),
            (pointer(&function(&int, vec![int.clone(), pointer(&char)])), "int (*)(int, char *)"),
            (pointer(&Type::function_unprototyped(&Type::void())), "void (*)()"),
            (pointer(&function(&Type::void(), vec![])), "void (*)(void)"),
            (function(&int, vec![int.clone()]), "int (int)"),
            (pointer(&function(&pointer(&function(&int, vec![char.clone()])), vec![int.clone()])), "int (*(*)(int))(char)"),
            (Type::array(&pointer(&function(&int, vec![int.clone()])), 3), "int (*[3])(int)"),
            (pointer(&Type::qualified(&char, true, false)), "const char *"),
            (pointer(&Type::qualified(&pointer(&char), true, false)), "char * const *"),
            (Type::qualified(&pointer(&int), true, false), "int * const"),
            (Type::qualified(&int, true, true), "const volatile int"),
            (pointer(&Type::no_debug(NoDebug::Text)), "<text variable, no debug info> *"),
            (pointer(&Type::function(&int, vec![int.clone()], true)), "int (*)(int, ...)"),
        ] {
            assert_eq!(ty.to_string(), text);
        }
        assert_eq!(pointer(&Type::no_debug(NoDebug::Text)).expanded().unwrap(), "<unknown return type> (*)()");
        assert_eq!(Type::no_debug(NoDebug::Text).expanded().unwrap(), "<unknown return type> ()");
    }
}
