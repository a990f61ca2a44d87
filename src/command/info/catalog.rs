//! What `info functions`, `info variables` and `info types` know from debug information.

use std::sync::Arc;

use regex::Regex;

use crate::base::Result;
use crate::dwarf::{DebugInfo, DieRef, Entry, Hit, Kind};
use crate::symbols::{Module, demangle_function, is_rust};
use crate::value::{Language, Type, TypeKind, function_title, type_of, type_of_function, type_of_variable};

/// What is listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sort {
    /// `info functions`
    Functions,
    /// `info variables`
    Variables,
    /// `info types`
    Types,
}

impl Sort {
    /// As gdb calls it.
    pub fn noun(self) -> &'static str {
        match self {
            Sort::Functions => "function",
            Sort::Variables => "variable",
            Sort::Types => "type",
        }
    }

    fn has(self, kind: Kind) -> bool {
        match self {
            Sort::Functions => kind == Kind::Function,
            Sort::Variables => kind == Kind::Variable,
            Sort::Types => kind.is_type() || kind == Kind::Namespace,
        }
    }
}

/// A line of the list, in the order of the list.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Listed {
    /// The file of its declaration.
    pub file: String,
    /// Only its own unit knows it.
    pub is_static: bool,
    /// Its name; of a C++ function with its parameters.
    pub name: String,
    /// The line of its declaration; 0 if it has none.
    pub line: u32,
    /// Its declaration.
    pub text: String,
}

/// What is asked for.
pub(super) struct Wanted<'q> {
    /// What is listed.
    pub sort: Sort,
    /// What the names must match.
    pub names: Option<&'q Regex>,
    /// What the types must match.
    pub types: Option<&'q Regex>,
}

/// What a module has of it, sorted as gdb sorts it.
pub(super) fn listed(module: &Module, wanted: &Wanted<'_>) -> Result<Vec<Listed>> {
    let Some(debug) = module.debug() else { return Ok(Vec::new()) };
    let test = |name: &str| wanted.names.is_none_or(|regex| regex.is_match(name));
    let mut hits = debug.names_where(&|kind| wanted.sort.has(kind), &test)?;
    if let (Sort::Functions, Some(regex)) = (wanted.sort, wanted.names) {
        hits.extend(by_parameters(module, debug, regex));
    }
    hits.retain(|h| !h.entry.is_declaration && !h.entry.is_inlined);
    let mut all: Vec<Listed> = hits.iter().filter_map(|hit| row(module, debug, hit, wanted)).collect();
    all.sort();
    all.dedup();
    Ok(all)
}

/// C++ functions whose parameters match: those are in the symbols' names only.
fn by_parameters(module: &Module, debug: &DebugInfo, regex: &Regex) -> Vec<Hit> {
    let pattern = regex.as_str();
    // `^name` says how the whole name begins.
    let is_plain = |text: &str| text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ':'));
    if pattern.strip_prefix('^').is_some_and(is_plain) {
        return Vec::new();
    }
    // A mangled name holds the program's identifiers verbatim; the language's own types have letters of their own.
    let is_verbatim = is_plain(pattern) && !pattern.contains(':') && pattern.len() > 8;
    // Rust's names hold no parameters.
    let mangled = module.file.symbols().filter(|s| s.has_place() && s.name.starts_with("_Z") && !is_rust(s.name));
    let candidates = mangled.filter(|s| !is_verbatim || s.name.contains(pattern));
    let matching = candidates.filter(|s| regex.is_match(&demangle_function(s.name)));
    let functions = matching.filter_map(|s| debug.function_at(s.addr).filter(|f| f.entry == s.addr));
    functions
        .map(|f| {
            let (language, die) = (debug.language(f.die.unit), f.die);
            let kind = Kind::Function;
            let entry = Entry { die, kind, is_declaration: false, is_external: f.is_external, is_inlined: false, language };
            Hit { name: f.name.to_string(), entry }
        })
        .collect()
}

fn row(module: &Module, debug: &Arc<DebugInfo>, hit: &Hit, wanted: &Wanted<'_>) -> Option<Listed> {
    let die = hit.entry.die;
    let (name, text, ty) = match wanted.sort {
        Sort::Functions => function(debug, hit)?,
        Sort::Variables => {
            let ty = type_of_variable(debug, die).ok()?;
            (hit.name.clone(), format!("{};", ty.declaring(&hit.name)), Some(ty))
        }
        Sort::Types => of_type(debug, hit)?,
    };
    if let Some(regex) = wanted.types
        && !ty.is_some_and(|t| regex.is_match(&t.to_string()))
    {
        return None;
    }
    // Another spelling of the name than the compiler's may not match.
    if wanted.sort == Sort::Functions && wanted.names.is_some_and(|regex| !regex.is_match(&name)) {
        return None;
    }
    // For gdb the classes of C++ and namespaces are global, other types belong to their files.
    let is_cpp = Language::of_dwarf(hit.entry.language) == Language::Cpp;
    let is_static = match wanted.sort {
        Sort::Types => hit.entry.kind != Kind::Namespace && !(is_cpp && hit.entry.kind.is_tagged()),
        _ => !debug.is_external(die),
    };
    let (file, line) = declared(module, debug, die);
    let text = if is_static && wanted.sort != Sort::Types { format!("static {text}") } else { text };
    Some(Listed { file, is_static, name, line, text })
}

/// The file and line of a declaration; of what the language has itself the file that was compiled.
fn declared(module: &Module, debug: &DebugInfo, die: DieRef) -> (String, u32) {
    let found = debug.declared_in(die).and_then(|d| module.declared_at(d));
    match found {
        Some((file, line)) => (file.name.to_string(), line),
        None => (debug.unit_name(die.unit).unwrap_or_default(), 0),
    }
}

type Written = (String, String, Option<Arc<Type>>);

/// Name, declaration and type of a function.
fn function(debug: &Arc<DebugInfo>, hit: &Hit) -> Option<Written> {
    let ty = type_of_function(debug, hit.entry.die).ok()?;
    let TypeKind::Function(of) = &ty.kind else { return None };
    if Language::of_dwarf(hit.entry.language) != Language::Cpp {
        return Some((hit.name.clone(), format!("{};", ty.declaring(&hit.name)), Some(ty)));
    }
    // C++ has the parameters in the name.
    let name = function_title(debug, hit.entry.die, &hit.name);
    let text = format!("{};", of.result.declaring(&name));
    Some((name, text, Some(ty)))
}

/// Name, declaration and type of a type.
fn of_type(debug: &Arc<DebugInfo>, hit: &Hit) -> Option<Written> {
    if hit.entry.kind == Kind::Namespace {
        return Some((hit.name.clone(), hit.name.clone(), None));
    }
    let ty = type_of(debug, hit.entry.die).ok()?;
    let text = match hit.entry.kind {
        Kind::Typedef => format!("typedef {} {};", ty.stripped(), hit.name),
        kind if kind.is_tagged() => format!("{ty};"),
        _ => ty.to_string(),
    };
    Some((hit.name.clone(), text, Some(ty)))
}
