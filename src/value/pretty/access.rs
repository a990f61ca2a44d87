//! What the operators and methods of the standard library's containers give, without running them: `v[i]`, `m[key]`, `*p`,
//! `v.size()`. Nothing has to be compiled into the program for it, a core file will do, and a map does not grow by being asked.

use std::sync::Arc;

use super::{Pretty, Scene, Style, cpp_string, cpp_vector, recognise, scene};
use crate::base::{Error, Result, VirtAddr};
use crate::value::language::Language;
use crate::value::options::PrintOptions;
use crate::value::place::Value;
use crate::value::printer::Printer;
use crate::value::types::{Type, TypeKind};

/// Elements that are walked to, at most: those farther off are left to the program's own code.
const FARTHEST: u64 = 100_000;

/// The name of a class of the library without template arguments, `std::vector`; `None` for any other type.
fn library_class(value: &Value) -> Option<String> {
    let ty = value.ty.stripped();
    let is_class = matches!(ty.kind, TypeKind::Struct { .. }) && ty.language == Language::Cpp;
    let name = is_class.then(|| scene::template(&ty.name, false).into_owned())?;
    (name.starts_with("std::") || name.starts_with("__gnu_cxx::")).then_some(name)
}

fn no_element() -> Error {
    Error::user("no such vector element")
}

/// What a pretty printer makes of a value, with this many elements.
fn shown(printer: &Printer<'_>, value: &Value, elements: u64) -> Option<Pretty> {
    let options = PrintOptions { elements: u32::try_from(elements).ok(), max_value_size: None, ..printer.options.clone() };
    let printer = Printer { options: &options, ..*printer };
    recognise(&Scene { printer: &printer }, value)
}

/// `container[index]`; `None` where the container is none that is known.
pub fn element_at(printer: &Printer<'_>, value: &Value, index: &Value) -> Option<Result<Value>> {
    let scene = &Scene { printer };
    let class = library_class(value)?;
    if matches!(&*class, "std::map" | "std::unordered_map") {
        return mapped(printer, value, index);
    }
    let i = index.ty.is_integral().then(|| scene.int(index).ok()).flatten()?;
    // In front of an iterator there may be elements, and in front of a container there are none.
    let i = match u64::try_from(i) {
        Ok(i) => i,
        Err(_) if pointer_in(printer, value, &class).is_some() => i as i64 as u64,
        Err(_) => return Some(Err(no_element())),
    };
    let inside = |ty: &Arc<Type>, first: u64, len: u64| match i < len {
        true => Ok(Value::at(&ty.completed(), VirtAddr(first.wrapping_add(i.wrapping_mul(ty.size))))),
        false => Err(no_element()),
    };
    if class == "std::vector"
        && let Ok((ty, first, len)) = cpp_vector::place(scene, value)
    {
        return Some(inside(&ty, first, len));
    }
    Some(match &*class {
        "std::basic_string" | "std::basic_string_view" => {
            let (first, len, char) = cpp_string::characters(scene, value, &class).ok()?;
            // The NUL at the end is an element too.
            inside(&char, first.0, if class == "std::basic_string" { len.saturating_add(1) } else { len })
        }
        "std::array" => {
            let elements = scene.find(value, &["_M_elems"]).or_else(|| scene.find(value, &["__elems_"]))?;
            let TypeKind::Array { count, .. } = elements.ty.stripped().kind else { return None };
            let element = elements.element(i as i64).filter(|_| count.is_some_and(|n| i < n));
            element.ok_or_else(no_element)
        }
        "std::vector" | "std::deque" if i < FARTHEST => {
            let children = shown(printer, value, i)?.children;
            children.into_iter().nth(i as usize).map(|(_, v)| v.refreshed()).ok_or_else(no_element)
        }
        "std::bitset" => {
            let wanted = format!("[{i}]");
            let is_set = shown(printer, value, u64::from(u32::MAX))?.children.iter().any(|(name, _)| *name == wanted);
            Ok(Value::int(&Type::bool(), is_set.into()))
        }
        "std::unique_ptr" | "std::shared_ptr" | "__gnu_cxx::__normal_iterator" | "std::__wrap_iter" => {
            let pointer = pointer_in(printer, value, &class)?;
            let target = pointer.ty.target()?.completed();
            let at = scene.size(&pointer).ok()?.wrapping_add(i.wrapping_mul(target.size));
            Ok(Value::at(&target, VirtAddr(at)))
        }
        _ => return None,
    })
}

/// The value that belongs to a key: keys are numbers, strings, or pointers.
fn mapped(printer: &Printer<'_>, value: &Value, key: &Value) -> Option<Result<Value>> {
    let scene = &Scene { printer };
    let wanted = printer.text(key, None).ok()?;
    let number = scene.int(key).ok().filter(|_| key.ty.is_integral() || key.ty.is_pointer());
    let pretty = shown(printer, value, FARTHEST).filter(|p| p.style == Style::Map)?;
    let mut children = pretty.children.into_iter().map(|(_, v)| v);
    while let (Some(key), Some(found)) = (children.next(), children.next()) {
        let ty = &key.ty;
        let same = match number.filter(|_| ty.is_integral() || ty.is_pointer()) {
            Some(number) => scene.int(&key).is_ok_and(|n| n == number),
            None => recognise(scene, &key).and_then(|p| p.head).is_some_and(|text| text == wanted),
        };
        if same {
            return Some(Ok(found.refreshed()));
        }
    }
    Some(Err(Error::user("There is no element with that key.")))
}

/// The pointer that a smart pointer or an iterator of a vector wraps.
fn pointer_in(printer: &Printer<'_>, value: &Value, class: &str) -> Option<Value> {
    let scene = &Scene { printer };
    let found = match class {
        "std::unique_ptr" | "std::shared_ptr" => shown(printer, value, 1)?.children.into_iter().next().map(|(_, v)| v),
        "__gnu_cxx::__normal_iterator" => scene.find(value, &["_M_current"]),
        "std::__wrap_iter" => scene.find(value, &["__i_"]).or_else(|| scene.find(value, &["__i"])),
        _ => None,
    };
    found.filter(|pointer| pointer.ty.is_pointer())
}

/// What a smart pointer, an iterator or an optional leads to: `*p`. `None` for what is none that is known.
pub fn pointed_to(printer: &Printer<'_>, value: &Value) -> Option<Result<Value>> {
    let class = library_class(value)?;
    if let Some(pointer) = pointer_in(printer, value, &class) {
        let at = Scene { printer }.size(&pointer).ok()?;
        return Some(Ok(Value::at(&pointer.ty.target()?.completed(), VirtAddr(at))));
    }
    if matches!(&*class, "std::__detail::_Node_iterator" | "std::__detail::_Node_const_iterator") {
        // gdb has no printer for these. A node begins with the link to the next one.
        let scene = &Scene { printer };
        let (element, node) = (scene.type_arg(value, 0).ok()?, scene.number(value, &["_M_cur"]).ok()?);
        return Some(Ok(Value::at(&element, VirtAddr(node.wrapping_add(scene.aligned(8, &element))))));
    }
    let pretty = shown(printer, value, 1)?;
    match pretty.style {
        // Iterators.
        Style::Alone => pretty.children.into_iter().next().map(|(_, v)| Ok(v.refreshed())),
        _ if class == "std::optional" => {
            let held = pretty.children.into_iter().next().map(|(_, v)| v.refreshed());
            Some(held.ok_or_else(|| Error::user("The optional holds no value.")))
        }
        _ => None,
    }
}

/// What a method without arguments gives: `size`, `length`, `empty`, `front`, `back`, `data`, `c_str`, `get`. `None` where the
/// class is none that is known, or has no such method.
pub fn asked(printer: &Printer<'_>, value: &Value, method: &str) -> Option<Result<Value>> {
    let scene = &Scene { printer };
    let class = library_class(value)?;
    let index = |i: u64| Value::int(&Type::ulong(), i.into());
    let len = || length(scene, value, &class);
    Some(match method {
        "size" => Ok(index(len()?)),
        "length" if class.starts_with("std::basic_string") => Ok(index(len()?)),
        "empty" => Ok(Value::int(&Type::bool(), (len()? == 0).into())),
        "front" => element_at(printer, value, &index(0))?,
        "back" => match len()?.checked_sub(1) {
            Some(last) => element_at(printer, value, &index(last))?,
            None => Err(no_element()),
        },
        "get" if matches!(&*class, "std::unique_ptr" | "std::shared_ptr") => Ok(pointer_in(printer, value, &class)?),
        "data" if class == "std::vector" => {
            let (ty, first, _) = cpp_vector::place(scene, value).ok()?;
            Ok(Value::pointer(&ty, VirtAddr(first)))
        }
        "data" | "c_str" if class == "std::basic_string" => {
            let (first, _, char) = cpp_string::characters(scene, value, &class).ok()?;
            Ok(Value::pointer(&Type::qualified(&char, true, false), first))
        }
        _ => return None,
    })
}

/// How many elements a container has.
fn length(scene: &Scene<'_>, value: &Value, class: &str) -> Option<u64> {
    if class == "std::vector"
        && let Ok((.., len)) = cpp_vector::place(scene, value)
    {
        return Some(len);
    }
    match class {
        "std::basic_string" | "std::basic_string_view" => cpp_string::characters(scene, value, class).ok().map(|(_, len, _)| len),
        "std::list" | "std::forward_list" => Some(shown(scene.printer, value, FARTHEST)?.children.len() as u64),
        // The others tell it in their first words.
        "std::vector"
        | "std::deque"
        | "std::map"
        | "std::set"
        | "std::multimap"
        | "std::multiset"
        | "std::unordered_map"
        | "std::unordered_set"
        | "std::unordered_multimap"
        | "std::unordered_multiset" => {
            let head = shown(scene.printer, value, 1)?.head?;
            let (_, after) = head.split_once(" of length ").or_else(|| head.split_once(" with "))?;
            after.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
        }
        _ => None,
    }
}
