//! Members and bases that a class has more than once: which of them is meant the program would have to say (C++17
//! \[class.member.lookup\]).

use std::sync::Arc;

use crate::base::{Error, Result};
use crate::value::{Field, FieldKind, Fields, Type, TypeKind};

/// How deep bases are followed, how many ways to them are told, and how many bases are looked at: more than any program has.
const MAX_DEPTH: usize = 50;
const MAX_WAYS: usize = 16;
const MAX_LOOKS: u32 = 10_000;

/// The classes on the way from an object to a part of it, and whether each is a virtual base of the one before.
type Way = Vec<(Arc<Type>, bool)>;

/// What a structure consists of; `None` for other types.
pub(super) fn fields_of(ty: &Arc<Type>) -> Option<&Fields> {
    match &ty.stripped().kind {
        TypeKind::Struct { fields, .. } => Some(fields),
        _ => None,
    }
}

fn name_of(ty: &Arc<Type>) -> &str {
    &ty.stripped().name
}

/// The classes on the way to the base that has the member of this name, from the class itself on; none where no base has it. An error
/// where several have one and none hides the others.
pub(super) fn way_to_member(class: &Arc<Type>, name: &str) -> Result<Vec<Arc<Type>>> {
    let mut ways = distinct_ways(class, &|ty| Ok(declared(ty, name, 0)?.is_some()))?;
    let mut rows = String::new();
    let mut classes: Vec<&str> = Vec::new();
    for way in &ways {
        let Some((last, _)) = way.last() else { continue };
        let Some(field) = declared(last, name, 0)? else { continue };
        // There is one of it, whichever way leads there.
        if matches!(field.kind, FieldKind::Static(..)) && classes.contains(&name_of(last)) {
            continue;
        }
        classes.push(name_of(last));
        let steps: Vec<&str> = way.iter().map(|(ty, _)| name_of(ty)).collect();
        rows += &format!("\n  '{} {}::{name}' ({})", field.ty, name_of(last), steps.join(" -> "));
    }
    if classes.len() > 1 {
        let class = name_of(class);
        return Err(Error::user(format!("Request for member '{name}' is ambiguous in type '{class}'. Candidates are:{rows}")));
    }
    Ok(if ways.is_empty() { Vec::new() } else { ways.swap_remove(0).into_iter().map(|(ty, _)| ty).collect() })
}

/// The member of this name that a class declares itself, in members without a name too.
fn declared(class: &Arc<Type>, name: &str, depth: usize) -> Result<Option<Field>> {
    let Some(fields) = fields_of(class).filter(|_| depth < MAX_DEPTH) else { return Ok(None) };
    for field in fields.get()?.iter().filter(|f| !f.is_base()) {
        if &*field.name == name {
            return Ok(Some(field.clone()));
        }
        if field.name.is_empty()
            && let Some(found) = declared(&field.ty, name, depth + 1)?
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// An error where a class has several bases of this name.
pub(super) fn one_base(class: &Arc<Type>, base: &str) -> Result<()> {
    let is_it = |ty: &Arc<Type>| Ok(name_of(ty) == base || name_of(ty).rsplit("::").next() == Some(base));
    match distinct_ways(class, &is_it)?.len() {
        0 | 1 => Ok(()),
        _ => Err(Error::user(format!("base class '{base}' is ambiguous in type '{}'", name_of(class)))),
    }
}

/// The ways to the nearest parts that are wanted, one for each: what lies in the same virtual base is the same part, and what lies in
/// a virtual base of a wanted part's class is hidden by that.
fn distinct_ways(class: &Arc<Type>, wanted: &dyn Fn(&Arc<Type>) -> Result<bool>) -> Result<Vec<Way>> {
    let has_bases = |ty| -> Result<bool> {
        Ok(match fields_of(ty) {
            Some(f) => f.get()?.iter().any(Field::is_base),
            None => false,
        })
    };
    // Without bases there is nothing to be said twice.
    if !has_bases(class)? {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    ways(&mut vec![(class.clone(), false)], wanted, &mut all, &mut 0)?;
    let mut kept: Vec<Way> = Vec::new();
    for way in &all {
        let is_known = kept.iter().any(|k| part(k).map(|(ty, _)| name_of(ty)).eq(part(way).map(|(ty, _)| name_of(ty))));
        let is_hidden = part(way).next().filter(|(_, is_virtual)| *is_virtual).is_some_and(|(base, _)| {
            let others = all.iter().filter(|other| !std::ptr::eq(*other, way)).filter_map(|other| other.last());
            others.filter(|(ty, _)| name_of(ty) != name_of(base)).any(|(ty, _)| derives(ty, name_of(base), 0))
        });
        if !is_known && !is_hidden {
            kept.push(way.clone());
        }
    }
    Ok(kept)
}

/// What tells a part from others: the classes from the last virtual base on, or all.
fn part(way: &Way) -> impl Iterator<Item = &(Arc<Type>, bool)> {
    way.iter().skip(way.iter().rposition(|(_, is_virtual)| *is_virtual).unwrap_or(0))
}

fn ways(way: &mut Way, wanted: &dyn Fn(&Arc<Type>) -> Result<bool>, found: &mut Vec<Way>, looks: &mut u32) -> Result<()> {
    let Some((class, _)) = way.last().cloned().filter(|_| *looks < MAX_LOOKS) else { return Ok(()) };
    *looks += 1;
    if wanted(&class)? {
        found.push(way.clone());
        return Ok(());
    }
    let Some(fields) = fields_of(&class).filter(|_| way.len() < MAX_DEPTH && found.len() < MAX_WAYS) else { return Ok(()) };
    for base in fields.get()?.iter().filter(|f| f.is_base()) {
        way.push((base.ty.clone(), matches!(base.kind, FieldKind::VirtualBase(_))));
        ways(way, wanted, found, looks)?;
        way.pop();
    }
    Ok(())
}

/// Whether a class has a base of this name.
fn derives(class: &Arc<Type>, base: &str, depth: usize) -> bool {
    let fields = fields_of(class).and_then(|f| f.get().ok()).unwrap_or_default();
    let mut bases = fields.iter().filter(|f| f.is_base() && depth < MAX_DEPTH);
    bases.any(|f| name_of(&f.ty) == base || derives(&f.ty, base, depth + 1))
}
