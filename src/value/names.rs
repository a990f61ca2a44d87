//! Types as C writes them: `int (*)(int, char *)`, and `ptype`'s longer form.

use std::fmt::{self, Write};
use std::sync::Arc;

use super::layout::Field;
use super::types::{NoDebug, Qualifiers, Type, TypeKind};
use crate::base::Result;

/// How deep types are written: damaged debug information may nest them without end.
const MAX_DEPTH: u32 = 100;

impl fmt::Display for Type {
    /// As `whatis` writes it: structures and enumerations by their name, `struct {...}` without one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&declaration(self, "", &short_name(base_of(self, 0))))
    }
}

/// The type at the bottom of pointers, arrays and functions: what a declaration begins with.
fn base_of(ty: &Type, depth: u32) -> &Type {
    match &ty.kind {
        TypeKind::Pointer(t) | TypeKind::Reference(t, _) if depth < MAX_DEPTH => base_of(t, depth + 1),
        TypeKind::Array { element, .. } if ty.name.is_empty() && depth < MAX_DEPTH => base_of(element, depth + 1),
        TypeKind::Function(f) if depth < MAX_DEPTH => base_of(&f.result, depth + 1),
        TypeKind::Qualified { target, .. } if is_derived(target) && depth < MAX_DEPTH => base_of(target, depth + 1),
        _ => ty,
    }
}

/// Whether its name is written around another: pointers, references, arrays and functions without a name of their own.
fn is_derived(ty: &Type) -> bool {
    match &ty.kind {
        TypeKind::Pointer(_) | TypeKind::Reference(..) | TypeKind::Function(_) => true,
        TypeKind::Array { .. } => ty.name.is_empty(),
        TypeKind::Qualified { target, .. } => is_derived(target),
        _ => false,
    }
}

fn qualifiers(of: Qualifiers) -> String {
    let words = [(of.constant, "const"), (of.volatile, "volatile"), (of.restrict, "restrict"), (of.atomic, "_Atomic")];
    words.into_iter().filter(|(set, _)| *set).map(|(_, word)| word).collect::<Vec<_>>().join(" ")
}

/// A base type by its name.
fn short_name(ty: &Type) -> String {
    let tagged = |keyword: &str| match &*ty.name {
        "" => format!("{keyword} {{...}}"),
        name => format!("{keyword} {name}"),
    };
    match &ty.kind {
        TypeKind::Qualified { target, qualifiers: q } => {
            format!("{} {}", qualifiers(*q), short_name(target))
        }
        TypeKind::Struct { union: false, .. } => tagged("struct"),
        TypeKind::Struct { union: true, .. } => tagged("union"),
        TypeKind::Enum { .. } => tagged("enum"),
        _ => ty.name.to_string(),
    }
}

/// `base declarator`: `name` is the declared name, possibly empty.
fn declaration(ty: &Type, name: &str, base: &str) -> String {
    let mut declarator = name.to_owned();
    wrap(ty, &mut declarator, 0);
    match declarator.as_str() {
        "" => base.to_owned(),
        d => format!("{base} {d}"),
    }
}

/// Writes pointers, arrays and functions of `ty` around the declarator, from the outside in.
fn wrap(ty: &Type, declarator: &mut String, depth: u32) {
    if depth > MAX_DEPTH {
        return;
    }
    let postfix_below = |t: &Type| {
        let t = match &t.kind {
            TypeKind::Qualified { target, .. } => target,
            _ => t,
        };
        matches!(t.kind, TypeKind::Function(_)) || (matches!(t.kind, TypeKind::Array { .. }) && t.name.is_empty())
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

    /// As `ptype` writes it: typedefs resolved, members and enumerators listed.
    pub fn expanded(self: &Arc<Type>) -> Result<String> {
        let ty = resolved(self, 0);
        if let TypeKind::Array { element, vector: true, count, .. } = &ty.kind {
            return Ok(format!("{element} __attribute__ ((vector_size({})))", count.unwrap_or(0)));
        }
        // gdb's words for a function of which nothing is known.
        let base = base_of(&ty, 0);
        if let TypeKind::NoDebug(NoDebug::Text | NoDebug::Ifunc) = base.kind {
            let mut declarator = String::new();
            wrap(&ty, &mut declarator, 0);
            return Ok(match declarator.as_str() {
                "" => "<unknown return type> ()".to_owned(),
                d => format!("<unknown return type> ({d})()"),
            });
        }
        Ok(declaration(&ty, "", &long_name(base, 0)?))
    }
}

/// The type with typedefs resolved at its bottom too: `ptype` of a pointer to a typedef shows the structure.
fn resolved(ty: &Arc<Type>, depth: u32) -> Arc<Type> {
    if depth > MAX_DEPTH {
        return ty.clone();
    }
    let with = |kind: TypeKind| Arc::new(Type { name: ty.name.clone(), size: ty.size, kind, language: ty.language });
    match &ty.kind {
        TypeKind::Typedef(target) => resolved(target, depth + 1),
        TypeKind::Pointer(t) => with(TypeKind::Pointer(resolved(t, depth + 1))),
        TypeKind::Reference(t, r) => with(TypeKind::Reference(resolved(t, depth + 1), *r)),
        TypeKind::Qualified { target, qualifiers } => Type::with_qualifiers(&resolved(target, depth + 1), *qualifiers),
        TypeKind::Array { element, count, lower, kind, vector: false } if ty.name.is_empty() => {
            let element = resolved(element, depth + 1);
            with(TypeKind::Array { element, count: *count, lower: *lower, kind: *kind, vector: false })
        }
        _ => ty.clone(),
    }
}

/// A base type with its members.
fn long_name(ty: &Type, indent: usize) -> Result<String> {
    let pad = " ".repeat(indent);
    let head = |keyword: &str| match &*ty.name {
        "" => keyword.to_owned(),
        name => format!("{keyword} {name}"),
    };
    Ok(match &ty.kind {
        TypeKind::Qualified { target, qualifiers: q } => {
            format!("{} {}", qualifiers(*q), long_name(target, indent)?)
        }
        TypeKind::Struct { union, fields, .. } => {
            let mut text = head(if *union { "union" } else { "struct" });
            text.push_str(" {\n");
            for field in fields.get()?.iter() {
                _ = writeln!(text, "{pad}    {};", member(field, indent + 4)?);
            }
            format!("{text}{pad}}}")
        }
        TypeKind::Enum { enumerators, .. } => {
            let mut next = 0;
            let names: Vec<String> = enumerators
                .iter()
                .map(|e| {
                    let text = if e.value == next { e.name.to_string() } else { format!("{} = {}", e.name, e.value) };
                    next = e.value.wrapping_add(1);
                    text
                })
                .collect();
            format!("{} {{{}}}", head("enum"), names.join(", "))
        }
        TypeKind::Flags(flags) => {
            let mut text = format!("flag {} {{\n", ty.name);
            for flag in flags.iter() {
                let (kind, bits) = match flag.bits.len {
                    1 => ("bool", flag.bits.start.to_string()),
                    n => ("int", format!("{}-{}", flag.bits.start, flag.bits.start + n - 1)),
                };
                let gap = if flag.name.is_empty() { "" } else { " " };
                _ = writeln!(text, "{pad}    {kind}{gap}{} @{bits};", flag.name);
            }
            format!("{text}{pad}}}")
        }
        _ => short_name(ty),
    })
}

fn member(field: &Field, indent: usize) -> Result<String> {
    let base = base_of(&field.ty, 0);
    // A member's own structure is listed only if it has no name.
    let base = match &base.kind {
        TypeKind::Struct { .. } | TypeKind::Enum { .. } if base.name.is_empty() && indent < 4 * MAX_DEPTH as usize => {
            long_name(base, indent)?
        }
        _ => short_name(base),
    };
    let bits = field.bits.map_or(String::new(), |b| format!(" : {}", b.len));
    Ok(format!("{}{bits}", declaration(&field.ty, &field.name, &base)))
}

#[cfg(test)]
mod tests {
    use super::super::types::{Bits, Enumerator};
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

    #[test]
    fn ptype_lists_members() {
        let field = |name: &str, ty: &Arc<Type>| Field::new(name, ty, 0);
        let inner = Type::structure("", 4, true, vec![field("i", &Type::int()), field("f", &Type::float32())]);
        let colours = [("RED", 0), ("GREEN", 5), ("BLUE", 6)];
        let colours = colours.map(|(n, value)| Enumerator { name: n.into(), value });
        let colour =
            Type::named("", 4, TypeKind::Enum { signed: false, enumerators: colours.into(), class: false, underlying: None });
        let method = Type::pointer(&Type::function(&Type::int(), vec![Type::int()], false));
        let fields = vec![
            field("name", &Type::array(&Type::char(), 8)),
            field("u", &inner),
            field("c", &colour),
            Field { bits: Some(Bits { start: 0, len: 3 }), ..field("b3", &Type::uint()) },
            field("fn", &method),
        ];
        let ty = Type::typedef("PT", &Type::structure("P", 24, false, fields));
        let expected = "struct P {\n    char name[8];\n    union {\n        int i;\n        float f;\n    } u;\n    \
                        enum {RED, GREEN = 5, BLUE} c;\n    unsigned int b3 : 3;\n    int (*fn)(int);\n}";
        assert_eq!(ty.expanded().unwrap(), expected);
        assert_eq!(Type::pointer(&ty).expanded().unwrap(), format!("{expected} *"));
        assert_eq!(ty.to_string(), "PT");
        assert_eq!(ty.one_typedef_less().to_string(), "struct P");
        assert_eq!(inner.to_string(), "union {...}");
    }
}
