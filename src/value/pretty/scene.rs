//! What pretty printers reach for: members by name, what pointers lead to, template arguments.

use std::borrow::Cow;
use std::sync::Arc;

use crate::base::{Error, Result, VirtAddr, counted};
use crate::dwarf::template_arguments;
use crate::value::place::Value;
use crate::value::printer::Printer;
use crate::value::types::{Fields, Type, TypeKind};
use crate::value::{alignment, base_of, base_type};

/// Elements that are looked at, at most, where `set print elements` sets no limit.
const MOST: usize = 1 << 20;

/// How deep bases are searched for a member.
const MAX_BASES: u32 = 30;

/// The process and the options, as pretty printers need them.
pub(in crate::value) struct Scene<'p> {
    pub printer: &'p Printer<'p>,
}

/// A name without template arguments and without the namespaces that libraries put in for their versions: `std::list` for
/// `std::__cxx11::list<int, std::allocator<int> >`. Of Rust's only the last part of the path: `Vec`.
pub(super) fn template(name: &str, is_rust: bool) -> Cow<'_, str> {
    let bare = match name.find('<') {
        // `<T as Trait>::Type` is none of theirs; `&[T]` and `&str` stay whole.
        Some(at) if at > 0 && !name.starts_with('&') => name.get(..at).unwrap_or(name),
        _ => name,
    };
    if is_rust {
        // What a program calls `Vec` itself keeps its path.
        let of_library = ["alloc::", "core::", "std::"].iter().any(|library| bare.starts_with(library));
        return Cow::Borrowed(if of_library { bare.rsplit("::").next().unwrap_or(bare) } else { bare });
    }
    let mut out = Cow::Borrowed(bare);
    for version in ["__cxx11::", "__debug::", "__1::", "__8::"] {
        if out.contains(version) {
            out = Cow::Owned(out.replace(version, ""));
        }
    }
    out
}

/// A type's name as a programmer would write it: `std::string` for what that stands for.
pub(super) fn written(ty: &Arc<Type>) -> String {
    let mut name = ty.to_string();
    for (long, short) in [
        ("std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >", "std::string"),
        ("std::__cxx11::basic_string<char>", "std::string"),
        ("std::basic_string_view<char, std::char_traits<char> >", "std::string_view"),
        ("std::__cxx11::", "std::"),
        ("std::__1::basic_string<char, std::__1::char_traits<char>, std::__1::allocator<char> >", "std::string"),
        ("std::__1::", "std::"),
    ] {
        if name.contains(long) {
            name = name.replace(long, short);
        }
    }
    name
}

/// Elements or nothing: `1 element`, `2 elements`.
pub(super) fn elements(n: u64) -> String {
    counted(n, "element")
}

fn unexpected() -> Error {
    Error::user("not the members that the pretty printer knows")
}

impl Scene<'_> {
    /// How many elements are worth looking for: one more than are shown.
    pub fn limit(&self) -> usize {
        self.printer.options.elements.map_or(MOST, |n| (n as usize).saturating_add(1)).min(MOST)
    }

    /// A member by the names that lead to it, each looked for in bases too.
    pub fn get(&self, value: &Value, path: &[&str]) -> Result<Value> {
        let mut at = value.clone();
        for name in path {
            at = self.member(&at, name, 0)?.ok_or_else(unexpected)?;
        }
        Ok(at)
    }

    /// As [`Scene::get`]; `None` if there is no such member.
    pub fn find(&self, value: &Value, path: &[&str]) -> Option<Value> {
        self.get(value, path).ok()
    }

    fn member(&self, value: &Value, name: &str, depth: u32) -> Result<Option<Value>> {
        let TypeKind::Struct { fields, .. } = &value.ty.stripped().kind else { return Ok(None) };
        let fields = fields.get()?;
        if let Some(field) = fields.iter().find(|f| !f.is_base() && !f.is_static() && &*f.name == name) {
            return Ok(Some(value.member(field)));
        }
        for field in fields.iter().filter(|f| (f.is_base() || f.name.is_empty()) && depth < MAX_BASES) {
            if let Some(found) = self.member(&base_of(self.printer.memory, value, field)?, name, depth + 1)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The only member of a structure that has no more.
    pub fn only_member(&self, value: &Value) -> Result<Value> {
        let TypeKind::Struct { fields, .. } = &value.ty.stripped().kind else { return Err(unexpected()) };
        let fields = fields.get()?;
        let mut sized = fields.iter().filter(|f| !f.is_static() && f.ty.size > 0);
        match (sized.next(), sized.next()) {
            (Some(one), None) => Ok(value.member(one)),
            _ => Err(unexpected()),
        }
    }

    /// An integer, or the address that a pointer is.
    pub fn int(&self, value: &Value) -> Result<i128> {
        value.to_int(self.printer.memory)
    }

    /// A number of elements or an address.
    pub fn size(&self, value: &Value) -> Result<u64> {
        Ok(self.int(value)? as u64)
    }

    /// A member that is a number or an address.
    pub fn number(&self, value: &Value, path: &[&str]) -> Result<u64> {
        self.size(&self.get(value, path)?)
    }

    /// A word of the process's memory.
    pub fn word(&self, at: u64) -> Result<u64> {
        let mut word = [0; 8];
        self.printer.memory.read(VirtAddr(at), &mut word)?;
        Ok(u64::from_le_bytes(word))
    }

    /// What lies at an address.
    pub fn at(&self, ty: &Arc<Type>, addr: u64) -> Result<Value> {
        Value::at(&ty.completed(), VirtAddr(addr)).fetched(self.printer.memory, self.printer.options.max_value_size)
    }

    /// What a pointer leads to.
    pub fn deref(&self, pointer: &Value) -> Result<Value> {
        let target = pointer.ty.target().ok_or_else(unexpected)?;
        self.at(target, self.size(pointer)?)
    }

    /// Elements that stand in a row, as many as are worth it.
    pub fn row(&self, ty: &Arc<Type>, first: u64, count: u64) -> Result<Vec<Value>> {
        let shown = count.min(self.limit() as u64);
        let ty = ty.completed();
        if ty.size == 0 {
            return Ok((0..shown).map(|_| Value::at(&ty, VirtAddr(first))).collect());
        }
        // One read for all of them.
        let whole = self.at(&Type::array(&ty, shown), first)?;
        (0..shown).map(|i| whole.element(i as i64).ok_or_else(unexpected)).collect()
    }

    /// The pointer inside of what Rust wraps it in: `RawVec`, `Unique`, `NonNull`.
    pub fn pointer(&self, value: &Value) -> Result<Value> {
        let mut at = value.clone();
        for _ in 0..10 {
            if at.ty.is_pointer() {
                return Ok(at);
            }
            let next = ["inner", "ptr", "pointer", "data_ptr", "__0"].iter().find_map(|name| self.own(&at, name));
            at = next.ok_or_else(unexpected)?;
        }
        Err(unexpected())
    }

    /// A member of the structure itself.
    pub fn own(&self, value: &Value, name: &str) -> Option<Value> {
        let TypeKind::Struct { fields, .. } = &value.ty.stripped().kind else { return None };
        let fields = fields.get().ok()?;
        fields.iter().find(|f| &*f.name == name).map(|f| value.member(f))
    }

    /// The number inside of what Rust wraps it in: `Cell`, `AtomicUsize`, `NonZero`.
    pub fn wrapped(&self, value: &Value) -> Result<Value> {
        let mut at = value.clone();
        for _ in 0..10 {
            match at.ty.stripped().kind {
                TypeKind::Struct { .. } => at = self.only_member(&at)?,
                _ => return Ok(at),
            }
        }
        Err(unexpected())
    }

    /// The template argument, or generic one, of this number; types only.
    pub fn type_arg(&self, value: &Value, n: usize) -> Result<Arc<Type>> {
        let TypeKind::Struct { fields, .. } = &value.ty.stripped().kind else { return Err(unexpected()) };
        let layout = Fields::layout(fields)?;
        let mut types = layout.template_args.iter().filter(|a| a.value.is_none());
        match types.nth(n) {
            Some(arg) => Ok(arg.ty.completed()),
            // Compilers may leave them out; the name has them too.
            None => self.type_in_name(&value.ty.stripped().name, n).ok_or_else(unexpected),
        }
    }

    /// The type that a template argument in a name is.
    fn type_in_name(&self, name: &str, n: usize) -> Option<Arc<Type>> {
        let text = *template_arguments(name).get(n)?;
        self.printer.symbols.type_named(text).or_else(|| base_type(text)).map(|ty| ty.completed())
    }

    /// `offset` moved up to where a value of this type may lie.
    pub fn aligned(&self, offset: u64, ty: &Arc<Type>) -> u64 {
        offset.next_multiple_of(alignment(ty).unwrap_or(8).max(1))
    }

    /// A failure where something is not as it should be.
    pub fn unexpected<T>(&self) -> Result<T> {
        Err(unexpected())
    }
}
