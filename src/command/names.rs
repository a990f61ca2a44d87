//! What a name may become that is not complete yet: symbols, functions, variables, types, files.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::candidate::Candidate;
use crate::base::VirtAddr;
use crate::command::describe::ArgKind;
use crate::dwarf::{Hit, Kind};
use crate::engine::Session;
use crate::expr::Host;
use crate::symbols::{Module, is_file};
use crate::value::function_title;
use crate::value::{Field, Type, TypeKind, Value, variant_of};

/// Most names that completion is offered.
const MAX_NAMES: usize = 1000;

/// What goes into the line, by what is shown: whole names, sorted.
type Names = BTreeMap<String, String>;

/// The names that begin so, sorted: for a location functions in any scope and files, else names as an expression has them.
pub fn completions(session: &Session, word: &str, kind: Option<ArgKind>) -> Vec<Candidate> {
    if !matches!(kind, Some(ArgKind::Linespec))
        && let Some(names) = members(session, word)
    {
        return names.into_iter().map(Candidate::from).collect();
    }
    let mut found = Names::new();
    let modules = &session.inferior.modules;
    let plain = |name: String| (name.clone(), name);
    let candidates = |found: Names| found.into_iter().take(MAX_NAMES).map(|(shown, word)| Candidate { word, shown }).collect();
    if matches!(kind, Some(ArgKind::Linespec)) {
        // `FILE:FUNC`
        if let Some((file, function)) = split_file(word) {
            for module in modules.iter() {
                let of_file = functions(module, function, true, Some(file));
                found.extend(of_file.into_iter().map(|(shown, name)| (format!("{file}:{shown}"), format!("{file}:{name}"))));
            }
            return candidates(found);
        }
        for module in modules.iter() {
            let files = module.debug().map(|d| d.files_beginning(word)).unwrap_or_default();
            found.extend(files.into_iter().map(|n| plain(format!("{n}:"))));
            found.extend(functions(module, word, true, None));
        }
    } else {
        found.extend(["GOT", "PLT"].into_iter().filter(|t| t.starts_with(word)).map(|t| plain(t.to_owned())));
        for module in modules.iter() {
            found.extend(functions(module, word, false, None));
            found.extend(others(module, word).into_iter().map(plain));
        }
        // There are hundreds that the compiler defines.
        if !word.is_empty() {
            found.extend(session.macro_scope().names(word).into_iter().map(plain));
        }
    }
    // Mangled names are what those of the debug information stand for.
    let has_debug = modules.iter().any(|m| m.debug().is_some());
    let described: HashSet<&str> = found.values().map(|name| name.split('(').next().unwrap_or_default()).collect();
    let is_described = |name: &str| has_debug && (described.contains(name) || name.starts_with("_Z") || name.starts_with("_R"));
    let mut symbols = modules.names_with_prefix(word, MAX_NAMES);
    symbols.retain(|name| !is_described(name));
    found.extend(symbols.into_iter().map(plain));
    candidates(found)
}

/// The members of a structure that is reached by names alone, as `a.b.` or `p->`; `None` for a word that is something else.
fn members(session: &Session, word: &str) -> Option<Vec<String>> {
    let end = word.rfind(['.', '>']).filter(|at| word.get(..=*at).is_some_and(|w| w.ends_with('.') || w.ends_with("->")))?;
    let (path, start) = (word.get(..=end)?, word.get(end + 1..)?);
    let mut parts = path.split(['.', '>']).map(|part| part.trim_end_matches('-')).filter(|part| !part.is_empty());
    let mut value = session.lookup(parts.next()?, None).ok()??;
    for part in parts {
        let (whole, fields) = structure(session, &value)?;
        value = whole.member(fields.iter().find(|f| &*f.name == part)?);
    }
    let (_, fields) = structure(session, &value)?;
    let own = fields.iter().map(|f| f.name.strip_prefix("__").filter(|n| n.parse::<u32>().is_ok()).unwrap_or(&f.name));
    let fitting = own.filter(|name| !name.is_empty() && name.starts_with(start)).map(|name| format!("{path}{name}"));
    Some(fitting.collect::<BTreeSet<String>>().into_iter().take(MAX_NAMES).collect())
}

/// A structure, or what pointers to one lead to, and its members: of an enumeration of Rust those of its shape.
fn structure(session: &Session, value: &Value) -> Option<(Value, Arc<[Field]>)> {
    let mut value = value.clone();
    for _ in 0..8 {
        let Some(target) = value.ty.target().map(Type::completed) else { break };
        value = Value::at(&target, VirtAddr(value.to_int(session.memory()).ok()? as u64));
    }
    if let Ok(Some((_, payload))) = variant_of(session.memory(), &value) {
        value = payload;
    }
    let TypeKind::Struct { fields, .. } = &value.ty.stripped().kind else { return None };
    let fields = fields.get().ok()?;
    Some((value, fields))
}

/// Functions by the names that gdb gives them; with `anywhere` those in any scope, by the end of the name that was begun.
fn functions(module: &Arc<Module>, start: &str, anywhere: bool, file: Option<&str>) -> Names {
    let Some(debug) = module.debug() else { return Names::new() };
    let hits = debug.completions(start, anywhere, |k| k == Kind::Function, MAX_NAMES).unwrap_or_default();
    let is_wanted = |hit: &&Hit| {
        let Some(file) = file else { return true };
        let lines = debug.lines(hit.entry.die.unit);
        lines.is_ok_and(|table| table.files().iter().any(|f| is_file(f, file)))
    };
    let start = start.trim_start_matches("::");
    let inner = format!("::{start}");
    let mut names = Names::new();
    for hit in hits.iter().filter(is_wanted) {
        let title = function_title(debug, hit.entry.die, &hit.name);
        // What stands before the part that was typed is shown and left out.
        let at = if title.starts_with(start) { Some(0) } else { title.find(&inner).map(|at| at + 2) };
        if let Some(tail) = at.and_then(|at| title.get(at..)) {
            names.insert(title.clone(), tail.to_owned());
        }
    }
    names
}

/// Variables, enumerators, types and namespaces.
fn others(module: &Arc<Module>, start: &str) -> Vec<String> {
    let Some(debug) = module.debug() else { return Vec::new() };
    let hits = debug.completions(start, false, |k| k != Kind::Function, MAX_NAMES).unwrap_or_default();
    hits.into_iter().map(|h| h.name).collect()
}

/// `a.c:fun`; a `::` belongs to a name.
fn split_file(word: &str) -> Option<(&str, &str)> {
    let (file, function) = word.split_once(':')?;
    (!file.is_empty() && file.contains('.') && !function.starts_with(':')).then_some((file, function))
}

/// Registers and convenience variables that begin so, without `$`.
pub fn registers(session: &Session, prefix: &str) -> Vec<String> {
    let registers = crate::arch::regs::registers().map(|(_, r)| r.name.as_str());
    let names = registers.chain(["pc", "sp", "fp", "GOT", "PLT"]).chain(session.variables.newest_first().map(|v| v.0));
    let mut names: Vec<String> = names.filter(|n| n.starts_with(prefix)).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}
