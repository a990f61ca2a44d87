//! Types with all that belongs to them, as `ptype` writes them.

use std::fmt::Write;
use std::sync::Arc;

use super::language::Language;
use super::names::{declaration, wrap};
use super::offsets::{self, Holes};
use super::rust_names;
use super::short_names::{base_of, keyword, qualifiers, short_name};
use super::types::{Field, FieldKind, Layout, Method, NoDebug, Type, TypeKind};
use crate::base::Result;
use crate::dwarf::{Access, template_arguments};

/// How deep types are written: damaged debug information may nest them without end.
const MAX_DEPTH: u32 = 100;

/// What `ptype /FLAGS` asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PtypeOptions {
    /// Without the names of template parameters (`/r`).
    pub raw: bool,
    /// Methods too (not with `/m`).
    pub methods: bool,
    /// Typedefs too (not with `/t`).
    pub typedefs: bool,
    /// Offsets and sizes, and the members of structures in structures (`/o`).
    pub offsets: bool,
    /// Offsets in hexadecimal (`/x`).
    pub hex: bool,
}

impl Default for PtypeOptions {
    fn default() -> PtypeOptions {
        PtypeOptions { raw: false, methods: true, typedefs: true, offsets: false, hex: false }
    }
}

impl PtypeOptions {
    /// The options of some flags; a letter that is none is given back.
    pub fn parse(mut self, flags: &str) -> std::result::Result<PtypeOptions, char> {
        for letter in flags.chars() {
            match letter {
                'r' => self.raw = true,
                'm' => self.methods = false,
                'M' => self.methods = true,
                't' => self.typedefs = false,
                'T' => self.typedefs = true,
                'o' => self = PtypeOptions { offsets: true, methods: false, typedefs: false, ..self },
                'x' => self.hex = true,
                'd' => self.hex = false,
                other => return Err(other),
            }
        }
        Ok(self)
    }
}

impl Type {
    /// As `ptype` writes it: typedefs resolved, members and enumerators listed.
    pub fn expanded(self: &Arc<Type>) -> Result<String> {
        self.expanded_with(PtypeOptions::default())
    }

    /// As `ptype /FLAGS` writes it.
    pub fn expanded_with(self: &Arc<Type>, options: PtypeOptions) -> Result<String> {
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
        if ty.language == Language::Rust {
            let offsets = options.offsets && matches!(ty.kind, TypeKind::Struct { .. });
            return rust_names::expanded(&ty, offsets.then(|| Holes::of(options.hex)));
        }
        let is_structure = matches!(ty.kind, TypeKind::Struct { .. });
        let options = PtypeOptions { offsets: options.offsets && is_structure, ..options };
        let mut writer = Writer { options, holes: Holes::of(options.hex), names: Vec::new() };
        Ok(declaration(&ty, "", &writer.long_name(base, 1, 0)?))
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
        TypeKind::Struct { fields, .. } if fields.is_declaration() => ty.completed(),
        _ => ty.clone(),
    }
}

/// The types that have another name inside of a class: arguments of its template, typedefs of its own.
type LocalNames = Vec<(String, Arc<str>)>;

struct Writer {
    options: PtypeOptions,
    holes: Holes,
    /// What has another name inside of the classes at hand, the innermost class last.
    names: Vec<LocalNames>,
}

impl Writer {
    /// A base type with its members. `show` counts down with each structure inside another one: below 0 a structure without a
    /// name is `{...}`.
    fn long_name(&mut self, ty: &Type, show: i32, indent: usize) -> Result<String> {
        let head = |keyword: &str| match &*ty.name {
            "" => keyword.to_owned(),
            name => format!("{keyword} {name}"),
        };
        Ok(match &ty.kind {
            TypeKind::Qualified { target, qualifiers: q } => {
                format!("{} {}", qualifiers(*q), self.long_name(target, show, indent)?)
            }
            TypeKind::Struct { .. } if show < 0 && ty.name.is_empty() => head(keyword(ty)) + " {...}",
            TypeKind::Struct { fields, .. } => {
                let mut text = head(keyword(ty));
                let layout = fields.layout()?;
                self.structure(ty, &layout, fields.is_declaration(), show, indent, &mut text)?;
                text
            }
            TypeKind::Enum { enumerators, underlying, .. } => {
                let mut next = 0;
                let names: Vec<String> = enumerators
                    .iter()
                    .map(|e| {
                        let text = if e.value == next { e.name.to_string() } else { format!("{} = {}", e.name, e.value) };
                        next = e.value.wrapping_add(1);
                        text
                    })
                    .collect();
                let over = match underlying {
                    Some(ty) if ty.language == Language::Cpp => format!(" : {}", ty.stripped().name),
                    _ => String::new(),
                };
                format!("{}{over} {{{}}}", head(keyword(ty)), names.join(", "))
            }
            TypeKind::Flags(flags) => {
                let mut text = format!("flag {} {{\n", ty.name);
                for flag in flags.iter() {
                    let (kind, bits) = match flag.bits.len {
                        1 => ("bool", flag.bits.start.to_string()),
                        n => ("int", format!("{}-{}", flag.bits.start, flag.bits.start + n - 1)),
                    };
                    let gap = if flag.name.is_empty() { "" } else { " " };
                    _ = writeln!(text, "{:indent$}    {kind}{gap}{} @{bits};", "", flag.name);
                }
                format!("{text}{:indent$}}}", "")
            }
            _ => short_name(ty),
        })
    }

    /// What stands where no offset does.
    fn margin(&self) -> &'static str {
        if self.options.offsets { offsets::MARGIN } else { "" }
    }

    fn structure(
        &mut self,
        ty: &Type,
        layout: &Layout,
        is_declaration: bool,
        show: i32,
        indent: usize,
        text: &mut String,
    ) -> Result<()> {
        let outer = self.names.len();
        if !self.options.raw {
            self.names.push(local_names(layout));
        }
        if self.names.len() > outer && !layout.template_args.is_empty() && ty.language == Language::Cpp {
            let types: Vec<String> = layout
                .template_args
                .iter()
                .filter(|a| a.value.is_none() && !a.name.is_empty())
                .map(|a| format!("{} = {}", a.name, a.ty))
                .collect();
            if !types.is_empty() {
                _ = write!(text, " [with {}]", types.join(", "));
            }
        }
        let bases = layout.fields.iter().filter(|f| f.is_base());
        let bases: Vec<String> = bases.map(|b| base_text(b, &self.localised(&b.name, 0))).collect();
        if !bases.is_empty() {
            _ = write!(text, " : {}", bases.join(", "));
        }
        text.push_str(" {\n");
        if layout.fields.is_empty() && layout.methods.is_empty() && layout.typedefs.is_empty() {
            let what = if is_declaration { "<incomplete type>" } else { "<no data fields>" };
            _ = writeln!(text, "{}{:indent$}    {what}", self.margin(), "");
        }
        let mut section = None;
        let labelled = needs_labels(ty, layout);
        for field in layout.fields.iter().filter(|f| !f.is_base() && !f.name.starts_with("_vptr")) {
            if labelled {
                self.label(&mut section, field.access, indent, text);
            }
            self.field(ty, field, show, indent, text)?;
        }
        if self.options.methods {
            self.methods(ty, layout, &mut section, indent, text);
        }
        if self.options.typedefs && !layout.typedefs.is_empty() {
            if !layout.fields.is_empty() || !layout.methods.is_empty() {
                text.push('\n');
            }
            for (typedef, access) in &layout.typedefs {
                if labelled {
                    self.label(&mut section, *access, indent, text);
                }
                let TypeKind::Typedef(target) = &typedef.kind else { continue };
                _ = writeln!(
                    text,
                    "{:indent$}    typedef {};",
                    "",
                    declaration(target, last(&typedef.name), &short_name(base_of(target, 0)))
                );
            }
        }
        self.names.truncate(outer);
        if self.options.offsets {
            if show > 0 {
                self.holes.finish(ty.size, indent, text);
            }
            text.push_str(offsets::MARGIN);
            if indent == 0 {
                text.push_str("  ");
            }
        }
        _ = write!(text, "{:indent$}}}", "");
        Ok(())
    }

    /// `public:`, where the section changes.
    fn label(&self, section: &mut Option<Access>, access: Access, indent: usize, text: &mut String) {
        if *section != Some(access) {
            *section = Some(access);
            let word = match access {
                Access::Public => "public",
                Access::Protected => "protected",
                Access::Private => "private",
            };
            _ = writeln!(text, "{}{:indent$}  {word}:", self.margin(), "");
        }
    }

    fn field(&mut self, of: &Type, field: &Field, show: i32, indent: usize, text: &mut String) -> Result<()> {
        let is_union = matches!(of.kind, TypeKind::Struct { union: true, .. });
        let base = base_of(&field.ty, 0);
        let is_structure = matches!(field.ty.kind, TypeKind::Struct { .. });
        let inner = if self.options.offsets && is_structure && !field.is_static() { show } else { show - 1 };
        let mut shown = None;
        if self.options.offsets {
            self.holes.member(field, is_union, text);
            shown = (is_structure && show > 0 && !field.is_static()).then(|| self.holes.nested(field, is_union));
        }
        let word = if field.is_static() { "static " } else { "" };
        _ = write!(text, "{:indent$}    {word}", "");
        let bits = field.bits.map_or(String::new(), |b| format!(" : {}", b.len));
        let declared = match self.local(&field.ty) {
            Some(local) => match &*field.name {
                "" => local,
                name => format!("{local} {name}"),
            },
            None => {
                // A member's own structure is listed only if it has no name, or where offsets are shown.
                let lists = match &base.kind {
                    TypeKind::Struct { .. } => {
                        (base.name.is_empty() || (inner > 0 && is_structure)) && indent < 4 * MAX_DEPTH as usize
                    }
                    TypeKind::Enum { .. } => base.name.is_empty(),
                    _ => false,
                };
                let base = if lists { self.long_name(base, inner, indent + 4)? } else { self.base_name(base) };
                declaration(&field.ty, &field.name, &base)
            }
        };
        if let Some(outer) = shown {
            self.holes.leave(outer);
        }
        _ = writeln!(text, "{declared}{bits};");
        Ok(())
    }

    fn methods(&self, ty: &Type, layout: &Layout, section: &mut Option<Access>, indent: usize, text: &mut String) {
        let real = || layout.methods.iter().filter(|m| !m.is_artificial);
        if real().next().is_some() && section.is_some() {
            text.push('\n');
        }
        // Those of one name stand together.
        let mut done: Vec<&str> = Vec::new();
        for method in real() {
            if done.contains(&&*method.name) {
                continue;
            }
            done.push(&method.name);
            for method in real().filter(|m| m.name == method.name) {
                self.label(section, method.access, indent, text);
                let written = self.method_text(ty, method);
                _ = writeln!(text, "{:indent$}    {written};", "");
            }
        }
    }
}

/// The last part of a name with namespaces.
fn last(name: &str) -> &str {
    let (mut depth, mut start) = (0u32, 0);
    for (at, byte) in name.bytes().enumerate() {
        match byte {
            b'<' | b'(' => depth += 1,
            b'>' | b')' => depth = depth.saturating_sub(1),
            b':' if depth == 0 => start = at + 1,
            _ => {}
        }
    }
    name.get(start..).unwrap_or(name)
}

fn local_names(layout: &Layout) -> LocalNames {
    let types = layout.template_args.iter().filter(|a| a.value.is_none() && !a.name.is_empty());
    let typedefs = layout.typedefs.iter().map(|(t, _)| (t.to_string(), Arc::from(last(&t.name))));
    types.map(|a| (a.ty.to_string(), a.name.clone())).chain(typedefs).collect()
}

fn base_text(base: &Field, name: &str) -> String {
    let access = match base.access {
        Access::Public => "public",
        Access::Protected => "protected",
        Access::Private => "private",
    };
    let is_virtual = if matches!(base.kind, FieldKind::VirtualBase(_)) { " virtual" } else { "" };
    format!("{access}{is_virtual} {name}")
}

/// Whether sections have to be told apart: in a class if anything is not private, elsewhere if anything is not public.
fn needs_labels(ty: &Type, layout: &Layout) -> bool {
    if ty.language == Language::C {
        return false;
    }
    let usual = if matches!(ty.kind, TypeKind::Struct { class: true, .. }) { Access::Private } else { Access::Public };
    // gdb takes what the compiler has made, as the pointer to the vtable, for private.
    let of_field = |f: &Field| if f.is_artificial { Access::Private } else { f.access };
    layout.fields.iter().filter(|f| !f.is_base()).any(|f| of_field(f) != usual)
        || layout.methods.iter().any(|m| m.access != usual)
        || layout.typedefs.iter().any(|(_, access)| *access != usual)
}

impl Writer {
    /// The name that a type has inside of the classes at hand, if it has one of its own there.
    fn local(&self, ty: &Type) -> Option<String> {
        let written = ty.to_string();
        self.local_name(&written).map(str::to_owned)
    }

    /// As [`Writer::local`], of a type's name: in the innermost class that has one, the first.
    fn local_name(&self, written: &str) -> Option<&str> {
        self.names.iter().rev().flatten().find(|(name, _)| name == written).map(|(_, local)| &**local)
    }

    /// A base type by its name, with names of the classes at hand in it.
    fn base_name(&self, base: &Type) -> String {
        if let TypeKind::Qualified { target, qualifiers: q } = &base.kind {
            return format!("{} {}", qualifiers(*q), self.base_name(target));
        }
        self.local(base).unwrap_or_else(|| self.localised(&short_name(base), 0))
    }

    /// A name with the template arguments that have names of their own replaced by these.
    fn localised(&self, name: &str, depth: u32) -> String {
        // `X<int>::inner` is `inner` of an `X<int>`.
        let own = last(name);
        if own.len() < name.len() && !own.ends_with('>') && depth < MAX_DEPTH {
            let scope = name.get(..name.len() - own.len()).unwrap_or_default();
            return match scope.strip_suffix("::").filter(|scope| scope.ends_with('>')) {
                Some(scope) => format!("{}::{own}", self.localised(scope, depth + 1)),
                None => name.to_owned(),
            };
        }
        let arguments = template_arguments(name);
        let Some(first) = arguments.first().filter(|_| !self.names.is_empty() && depth < MAX_DEPTH) else {
            return name.to_owned();
        };
        let head = first.as_ptr() as usize - name.as_ptr() as usize;
        let one = |argument: &&str| match self.local_name(argument) {
            Some(local) => local.to_owned(),
            None => self.localised(argument, depth + 1),
        };
        let new: Vec<String> = arguments.iter().map(one).collect();
        if new.iter().zip(&arguments).all(|(n, a)| n == a) {
            return name.to_owned();
        }
        let new = new.join(", ");
        let gap = if new.ends_with('>') { " " } else { "" };
        format!("{}{new}{gap}>", name.get(..head).unwrap_or_default())
    }

    /// A type in a method's declaration.
    fn named(&self, ty: &Arc<Type>) -> String {
        self.local(ty).unwrap_or_else(|| declaration(ty, "", &self.base_name(base_of(ty, 0))))
    }

    fn method_text(&self, ty: &Type, method: &Method) -> String {
        let TypeKind::Function(f) = &method.ty.kind else { return method.name.to_string() };
        let named = |t: &Arc<Type>| self.named(t);
        let own = last(&ty.name).split('<').next().unwrap_or_default();
        let is_conversion = method.name.starts_with("operator ")
            && !matches!(
                &*method.name,
                "operator new" | "operator delete" | "operator new[]" | "operator delete[]" | "operator co_await"
            )
            && !method.name.starts_with("operator \"\"");
        let has_result = &*method.name != own && !method.name.starts_with('~') && !is_conversion;
        let result = if has_result { named(&f.result) + " " } else { String::new() };
        let word = match (method.is_static, method.is_virtual) {
            (true, _) => "static ",
            (_, true) => "virtual ",
            _ => "",
        };
        let this = usize::from(!method.is_static);
        let mut params: Vec<String> = f.params.iter().skip(this).map(named).collect();
        // gdb leaves out what tells constructors of virtual bases what to do.
        if f.variadic {
            params.push("...".to_owned());
        } else if params.is_empty() {
            params.push("void".to_owned());
        }
        let qualified = f.params.first().filter(|_| this == 1).and_then(|t| t.target()).map(|t| match &t.kind {
            TypeKind::Qualified { qualifiers: q, .. } => format!(" {}", qualifiers(*q)),
            _ => String::new(),
        });
        format!("{word}{result}{}({}){}", method.name, params.join(", "), qualified.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::super::types::{Bits, Enumerator};
    use super::*;

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
