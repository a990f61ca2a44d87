//! What Rust's operators mean: ranges, slices, members by number, methods, structures made of their parts.

use std::sync::Arc;

use super::super::ast::{Binary, Expr, ExprKind};
use super::super::evaluator::Evaluator;
use super::super::host::Host;
use super::super::members::{self, Member};
use super::super::operators::cast;
use super::values::{layout_of, result};
use crate::base::{Error, Result, VirtAddr};
use crate::value::{
    Field, Language, Printer, Type, TypeKind, Value, elements_of, int_to_bytes, is_rust_tuple, pointee_of, rust_type, variant_of,
};

/// How many elements `[a; n]` may have.
const MAX_FILLED: i128 = 1 << 16;

/// Longer texts are not compared.
const MAX_TEXT: usize = 1 << 20;

/// A member of a structure, tuple or enumeration of Rust by its name or number.
pub(in crate::expr) fn member(value: &Value, name: &str, host: &dyn Host) -> Result<Value> {
    let is_number = name.starts_with(|c: char| c.is_ascii_digit());
    let shown = value.ty.to_string();
    let Some(layout) = layout_of(&value.ty) else {
        return Err(Error::user(match is_number {
            true => "Anonymous field access is only allowed on tuples, tuple structs, and tuple-like enum variants",
            false => "Attempt to extract a component of a value that is not a structure.",
        }));
    };
    if layout.variants.is_some() {
        return of_variant(value, name, is_number, host);
    }
    let is_tuple = is_rust_tuple(&layout.fields);
    if is_number && !is_tuple {
        let what = "which is not a tuple, tuple struct, or tuple-like variant";
        return Err(Error::user(format!("Attempting to access anonymous field {name} of {shown}, {what}")));
    }
    if let Some(Member::Data(found)) = members::find(value, name, host)? {
        return Ok(found);
    }
    Err(Error::user(match is_number {
        true => format!("Cannot access field {name} of {shown}, there are only {} fields", layout.fields.len()),
        false => format!("There is no member named {name}."),
    }))
}

fn of_variant(value: &Value, name: &str, is_number: bool, host: &dyn Host) -> Result<Value> {
    let Some((_, payload)) = variant_of(host.memory(), value)? else {
        return Err(Error::user(format!("Cannot access field {name} of empty enum {}", value.ty)));
    };
    let shown = payload.ty.to_string();
    let fields = layout_of(&payload.ty).map(|l| l.fields.clone()).unwrap_or_default();
    let is_tuple = is_rust_tuple(&fields);
    if is_number && !is_tuple && !fields.is_empty() {
        return Err(Error::user(format!("Variant {shown} is not a tuple variant")));
    }
    if !is_number && is_tuple {
        let what = format!("of tuple variant {shown}, which has only anonymous fields");
        return Err(Error::user(format!("Attempting to access named field {name} {what}")));
    }
    if let Some(Member::Data(found)) = members::find(&payload, name, host)? {
        return Ok(found);
    }
    Err(Error::user(match is_number {
        true => format!("Cannot access field {name} of variant {shown}, there are only {} fields", fields.len()),
        false => format!("Could not find field {name} of struct variant {shown}"),
    }))
}

impl Evaluator<'_> {
    /// What a pointer that is a structure leads to: a trait object, an `Rc`.
    pub(in crate::expr) fn rust_pointee(&self, value: &Value) -> Option<Value> {
        let ty = value.ty.stripped();
        if ty.language != Language::Rust || !matches!(ty.kind, TypeKind::Struct { .. }) {
            return None;
        }
        let options = self.host.options();
        let host: &dyn Host = self.host;
        pointee_of(&Printer { memory: host.memory(), symbols: host, options: &options }, value)
    }

    /// The elements of an array, slice or vector of Rust: their type, the address of the first one, how many.
    fn rust_elements(&self, value: &Value) -> Option<(Arc<Type>, u64, u64)> {
        if let (TypeKind::Array { element, count: Some(count), .. }, Some(at)) = (&value.ty.stripped().kind, value.address()) {
            return Some((element.clone(), at.0, *count));
        }
        let options = self.host.options();
        let host: &dyn Host = self.host;
        elements_of(&Printer { memory: host.memory(), symbols: host, options: &options }, value)
    }

    /// `v[2]`; `None` for what is neither array nor slice.
    pub(in crate::expr) fn rust_element(&mut self, of: &Value, index: &Value) -> Result<Option<Value>> {
        let count = match &of.ty.stripped().kind {
            TypeKind::Array { count: Some(count), .. } => Some(*count),
            _ => None,
        };
        let elements = self.rust_elements(of);
        let Some(len) = count.or(elements.as_ref().map(|e| e.2)) else { return Ok(None) };
        let index = index.to_int(self.host.memory())?;
        let Ok(i) = u64::try_from(index) else { return Err(Error::user("Index less than zero")) };
        if i >= len {
            return Err(Error::user("Index greater than length"));
        }
        Ok(match elements {
            Some((element, first, _)) => {
                Some(Value::at(&element.completed(), VirtAddr(first.wrapping_add(i.wrapping_mul(element.size)))))
            }
            None => of.element(i as i64),
        })
    }

    /// `&v[1..3]`: a slice.
    pub(in crate::expr) fn rust_slice(&mut self, of: &Expr, range: (Option<&Expr>, Option<&Expr>, bool)) -> Result<Value> {
        let of = self.operand(of)?;
        let Some((element, first, len)) = self.rust_elements(&of) else {
            return Err(Error::user("Cannot subscript non-array type"));
        };
        let mut bound = |e: Option<&Expr>, otherwise: u64| match e {
            Some(e) => self.operand(e)?.to_int(self.host.memory()),
            None => Ok(otherwise.into()),
        };
        let from = bound(range.0, 0)?;
        let to = bound(range.1, len)? + i128::from(range.2 && range.1.is_some());
        let Ok(from) = u64::try_from(from) else { return Err(Error::user("Index less than zero")) };
        let to = u64::try_from(to).unwrap_or(0);
        if from > to {
            return Err(Error::user("Low index greater than high index"));
        }
        if to > len {
            return Err(Error::user("High index greater than length"));
        }
        let ty = self.slice_type(&of.ty, &element);
        let mut bytes = int_to_bytes(first.wrapping_add(from.wrapping_mul(element.size)).into(), 8);
        bytes.extend(int_to_bytes((to - from).into(), 8));
        Ok(Value::computed(&ty, bytes))
    }

    /// A part of a string is a string, of anything else a slice.
    fn slice_type(&self, of: &Arc<Type>, element: &Arc<Type>) -> Arc<Type> {
        let bare = of.stripped();
        if bare.name.starts_with('&') {
            return bare.clone();
        }
        self.fat_type(&format!("&[{element}]"), element)
    }

    /// A pointer with a length, by its name in the program if that has it.
    fn fat_type(&self, name: &str, element: &Arc<Type>) -> Arc<Type> {
        if let Ok(Some(ty)) = self.host.find_type(name) {
            return ty;
        }
        let fields = vec![
            Field::new("data_ptr", &Type::pointer(element), 0),
            Field::new("length", &rust_type("usize").unwrap_or_else(Type::ulong), 8),
        ];
        Type::rust_structure(name, 16, fields)
    }

    /// A string literal as the `&str` that it is, its text left out.
    pub(in crate::expr) fn as_str(&self, literal: &Value) -> Value {
        match literal.ty.element() {
            Some(element) if &*element.name == "char" && element.size == 1 => {
                let ty = self.str_type();
                Value::computed(&ty, vec![0; ty.size as usize])
            }
            _ => literal.clone(),
        }
    }

    /// `&str`
    fn str_type(&self) -> Arc<Type> {
        self.fat_type("&str", &rust_type("u8").unwrap_or_else(Type::uint8))
    }

    /// Whether two strings are the same, or are not; `None` where one of them is no string.
    pub(in crate::expr) fn same_text(&self, op: Binary, a: &Value, b: &Value) -> Option<bool> {
        if !matches!(op, Binary::Equal | Binary::NotEqual) || !self.is_rust() || self.dry {
            return None;
        }
        let (a, b) = (self.text(a)?, self.text(b)?);
        Some((a == b) == (op == Binary::Equal))
    }

    /// The bytes of a string, in whatever it is.
    fn text(&self, value: &Value) -> Option<Vec<u8>> {
        let ty = value.ty.stripped();
        let memory = self.host.memory();
        if ty.element().is_some_and(|e| &*e.name == "char" && e.size == 1) {
            return value.bytes(memory, None).ok().map(|b| b.to_vec());
        }
        let value = match &*ty.name {
            "&str" | "&mut str" => value.clone(),
            // A `String` is a vector of bytes.
            "alloc::string::String" => value.member(layout_of(ty)?.fields.iter().find(|f| &*f.name == "vec")?),
            _ => return None,
        };
        let (_, at, len) = self.rust_elements(&value)?;
        let mut bytes = vec![0; usize::try_from(len).ok().filter(|n| *n <= MAX_TEXT)?];
        memory.read(VirtAddr(at), &mut bytes).ok().map(|()| bytes)
    }

    /// A range that stands alone.
    pub(in crate::expr) fn rust_range(&mut self, from: Option<&Expr>, to: Option<&Expr>, inclusive: bool) -> Result<Value> {
        let from = from.map(|e| self.operand(e)).transpose()?;
        let to = to.map(|e| self.operand(e)).transpose()?;
        if let (Some(from), Some(to)) = (&from, &to)
            && from.ty.stripped().to_string() != to.ty.stripped().to_string()
        {
            return Err(Error::user("Range expression with different types"));
        }
        let name = match (&from, &to, inclusive) {
            (Some(_), Some(_), false) => "Range",
            (Some(_), Some(_), true) => "RangeInclusive",
            (None, Some(_), false) => "RangeTo",
            (None, Some(_), true) => "RangeToInclusive",
            (Some(_), None, _) => "RangeFrom",
            (None, None, _) => "RangeFull",
        };
        let (mut fields, mut bytes) = (Vec::new(), Vec::new());
        for (name, value) in [("start", from), ("end", to)] {
            let Some(value) = value else { continue };
            fields.push(Field::new(name, &value.ty, bytes.len() as u64));
            bytes.extend_from_slice(&value.whole_bytes(self.host.memory(), self.host.options().max_value_size)?);
        }
        Ok(Value::computed(&Type::rust_structure(&format!("std::ops::{name}"), bytes.len() as u64, fields), bytes))
    }

    /// `[a; n]`
    pub(in crate::expr) fn filled(&mut self, with: &Expr, count: &Expr) -> Result<Value> {
        let value = self.operand(with)?;
        let count = self.operand(count)?.to_int(self.host.memory())?;
        if count < 0 {
            return Err(Error::user("Array with negative number of elements"));
        }
        if count > MAX_FILLED {
            return Err(Error::user("Array length is out of range."));
        }
        let bytes = value.whole_bytes(self.host.memory(), self.host.options().max_value_size)?;
        Ok(Value::computed(&Type::array(&value.ty, count as u64), bytes.repeat(count as usize)))
    }

    /// `Type { a: 1, ..rest }`
    pub(in crate::expr) fn rust_structure(
        &mut self,
        ty: &Arc<Type>,
        members: &[(Arc<str>, Expr)],
        rest: Option<&Expr>,
    ) -> Result<Value> {
        let max = self.host.options().max_value_size;
        let mut bytes = match rest {
            Some(rest) => {
                let rest = self.operand(rest)?;
                if rest.ty.stripped().name != ty.stripped().name {
                    return Err(Error::user("Invalid cast."));
                }
                rest.whole_bytes(self.host.memory(), max)?.to_vec()
            }
            None => vec![0; usize::try_from(ty.size.min(1 << 20)).unwrap_or(0)],
        };
        let fields = layout_of(ty).map(|l| l.fields.clone()).unwrap_or_default();
        for (name, member) in members {
            let numbered = format!("__{name}");
            let Some(field) = fields.iter().find(|f| *f.name == **name || *f.name == *numbered) else {
                let name = if name.starts_with(|c: char| c.is_ascii_digit()) { &numbered } else { &**name };
                return Err(Error::user(format!("There is no member named {name}.")));
            };
            let value = self.operand(member)?;
            let value = self.converted(&field.ty, value)?;
            let value = value.whole_bytes(self.host.memory(), max)?;
            let start = usize::try_from(field.offset).unwrap_or(usize::MAX);
            if let Some(place) = bytes.get_mut(start..start.saturating_add(value.len())) {
                place.copy_from_slice(&value);
            }
        }
        Ok(Value::computed(ty, bytes))
    }

    /// A value as a parameter or a member takes it: strings become `&str`.
    fn converted(&mut self, ty: &Arc<Type>, value: Value) -> Result<Value> {
        let is_literal = value.address().is_none() && value.ty.element().is_some_and(|e| e.is_char());
        if is_literal && &*ty.stripped().name == "&str" {
            let bytes = value.bytes(self.host.memory(), None)?;
            let at = if bytes.is_empty() { VirtAddr(1) } else { self.host.allocate(&bytes)? };
            let mut fat = int_to_bytes(at.0.into(), 8);
            fat.extend(int_to_bytes(bytes.len() as i128, 8));
            return Ok(Value::computed(ty, fat));
        }
        if value.ty.is_void() && ty.size == 0 {
            return Ok(value);
        }
        cast(ty, &value, self.host.memory())
    }

    /// The arguments of a call as the function takes them.
    pub(in crate::expr) fn rust_arguments(&mut self, callee: &Value, values: Vec<Value>) -> Result<Vec<Value>> {
        let TypeKind::Function(function) = &callee.ty.target().unwrap_or(&callee.ty).stripped().kind else { return Ok(values) };
        let params = function.params.clone();
        let mut taken = Vec::with_capacity(values.len());
        for (i, value) in values.into_iter().enumerate() {
            taken.push(match params.get(i) {
                Some(ty) => self.converted(ty, value.clone()).unwrap_or(value),
                None => value,
            });
        }
        Ok(taken)
    }

    /// `a.name(b)`
    pub(in crate::expr) fn method_call(&mut self, of: &Expr, name: &str, arguments: &[Expr]) -> Result<Value> {
        let object = self.operand(of)?;
        let (receiver, function) = self.receiver(object, name)?;
        let full = format!("{}::{name}", receiver.ty.stripped().name);
        let TypeKind::Function(signature) = &function.ty.stripped().kind else {
            return Err(Error::user(format!("Could not find function named '{full}'")));
        };
        let Some(this) = signature.params.first() else {
            return Err(Error::user(format!("Function '{full}' takes no arguments")));
        };
        let mut values = vec![if this.is_pointer() { self.reference_to(&receiver)? } else { receiver }];
        for argument in arguments {
            values.push(self.operand(argument)?);
        }
        if self.dry {
            return Ok(Value::at(&signature.result, VirtAddr(0)));
        }
        let values = self.rust_arguments(&function, values)?;
        self.host.call(&function, &values).map(result)
    }

    /// The method of this name, of an object or of what it leads to, and the one that it is a method of.
    fn receiver(&mut self, object: Value, name: &str) -> Result<(Value, Value)> {
        let mut receiver = object;
        let mut missing = None;
        for _ in 0..16 {
            let ty = receiver.ty.stripped().clone();
            let has_methods = matches!(ty.kind, TypeKind::Struct { .. } | TypeKind::Enum { .. });
            if has_methods && let Some(function) = self.method(&ty, name)? {
                return Ok((receiver, function));
            }
            if has_methods {
                missing.get_or_insert_with(|| Error::user(format!("Could not find function named '{}::{name}'", ty.name)));
            } else if !ty.is_pointer()
                && let Some(function) = self.trait_method(&ty, name)
            {
                return Ok((receiver, function));
            }
            match (self.rust_pointee(&receiver), ty.is_pointer()) {
                (Some(target), _) => receiver = target,
                (None, true) => receiver = self.dereferenced(&receiver)?,
                (None, false) => break,
            }
        }
        Err(missing.unwrap_or_else(|| Error::user("Method calls only supported on struct or enum types")))
    }

    /// The method of this name that a type has of a trait.
    fn trait_method(&self, ty: &Arc<Type>, name: &str) -> Option<Value> {
        let is_its = |function: &Value| {
            let TypeKind::Function(f) = &function.ty.stripped().kind else { return false };
            let this = f.params.first().map(|this| this.target().unwrap_or(this).stripped().to_string());
            this.as_deref() == Some(&*ty.to_string())
        };
        self.host.methods_named(name).into_iter().find(is_its)
    }

    /// Where an object lies; one that lies nowhere is put into the program's memory.
    fn reference_to(&mut self, object: &Value) -> Result<Value> {
        let at = match object.address() {
            Some(at) => at,
            None if self.dry => VirtAddr(0),
            None => {
                let bytes = object.whole_bytes(self.host.memory(), self.host.options().max_value_size)?;
                self.host.allocate(&bytes)?
            }
        };
        Ok(Value::pointer(&object.ty, at))
    }

    /// The method of a type by its name, in whichever of its instances there is.
    fn method(&self, ty: &Arc<Type>, name: &str) -> Result<Option<Value>> {
        let generic = format!("{name}<");
        if let Some(layout) = layout_of(ty) {
            let found = layout.methods.iter().filter(|m| &*m.name == name || m.name.starts_with(&generic));
            for method in found {
                if let Ok(function) = members::method_value(method, ty, self.host) {
                    return Ok(Some(function));
                }
            }
        }
        let found = self.host.lookup(&format!("::{}::{name}", ty.name), None)?;
        Ok(found.filter(|f| f.ty.is_function()).or_else(|| self.trait_method(ty, name)))
    }
}

/// Whether an expression is a range, as it stands in `&v[1..3]`.
pub(in crate::expr) fn range_of(index: &Expr) -> Option<(Option<&Expr>, Option<&Expr>, bool)> {
    match &index.kind {
        ExprKind::Range(from, to, inclusive) => Some((from.as_deref(), to.as_deref(), *inclusive)),
        _ => None,
    }
}
