//! Functions by the names that gdb calls them: in C++ with their parameters.

use std::sync::Arc;

use super::debug_types::type_of_function;
use super::language::Language;
use super::types::TypeKind;
use crate::dwarf::{DebugInfo, DieRef, TypeShape};
use crate::symbols::demangle_function;

/// A function's name; in C++ with its parameters: by its symbol's name, else (`static`, `main`) by their types. `name` is the one
/// with namespaces and classes.
pub fn function_title(info: &Arc<DebugInfo>, die: DieRef, name: &str) -> String {
    if Language::of_dwarf(info.language(die.unit)) != Language::Cpp {
        return name.to_owned();
    }
    let demangled = info.linkage_name(die).map(|raw| demangle_function(&raw)).filter(|n| n.contains('('));
    if let Some(title) = demangled {
        return title;
    }
    let Ok(ty) = type_of_function(info, die) else { return name.to_owned() };
    let TypeKind::Function(of) = &ty.kind else { return name.to_owned() };
    let shape = info.type_die(die).map(|t| t.shape);
    let has_this = matches!(shape, Ok(TypeShape::Function { params, .. }) if params.first().is_some_and(|p| p.is_artificial));
    let params = of.params.iter().skip(usize::from(has_this));
    let params: Vec<String> = params.map(|p| p.to_string().replace(" *", "*").replace(" &", "&")).collect();
    format!("{name}({})", params.join(", "))
}
