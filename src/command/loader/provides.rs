//! Who needs a module, and what it provides to each.

use std::sync::Arc;

use crate::base::counted;
use crate::engine::{Scopes, Session};
use crate::symbols::Module;
use crate::ui::{Role, Row, Table};

/// Whom a module serves: a head line, and a row a module that needs it or takes something from it.
pub(super) fn of(session: &Session, scopes: &Scopes<'_>, provider: &Arc<Module>) -> (String, Table) {
    let modules = scopes.modules();
    let soname = provider.image().soname().map_or_else(|| provider.name.clone(), str::to_owned);
    let needs = |m: &Arc<Module>| m.id != provider.id && m.image().needed().any(|n| provider.is_called(n));
    let provided = scopes.provided(provider);
    let first = modules.iter().find(|m| needs(m));
    let reason = match first {
        Some(m) if Some(m.name.as_str()) == modules.first().map(|m| m.name.as_str()) => "needed by the program".to_owned(),
        Some(m) => format!("needed by {}", m.name),
        None if session.inferior.modules.main().is_some_and(|m| m.id == provider.id) => "the program".into(),
        None => "needed by nobody: preloaded, opened by dlopen(3), or the kernel's".into(),
    };
    let head = format!("{} ({}): {reason}; what it provides\n", provider.name, provider.path.display());
    let mut table = Table::new();
    for module in modules.iter().filter(|m| needs(m) || provided.iter().any(|(p, _)| p.id == m.id)) {
        let versions: Vec<String> =
            module.image().versions().needed.iter().filter(|v| v.file == soname).map(|v| v.name.clone()).collect();
        let names = provided.iter().find(|(p, _)| p.id == module.id).map(|(_, n)| n.clone()).unwrap_or_default();
        let needed = if needs(module) { "DT_NEEDED" } else { "-" };
        let shown: Vec<String> = names.iter().map(|n| session.shown_symbol(n).into_owned()).collect();
        table.push(
            Row::new()
                .both("module", Role::File, format!("to {}", module.name), module.name.as_str())
                .both("needed", Role::Plain, needed, needs(module))
                .both("versions", Role::Plain, if versions.is_empty() { "-".into() } else { versions.join(" ") }, versions)
                .both("count", Role::Plain, counted(names.len() as u64, "symbol"), names.len())
                .both("symbols", Role::Symbol, shown.join(" "), names),
        );
    }
    (head, table)
}
