//! What ld.so has loaded.

use std::path::Path;
use std::sync::Arc;

use regex::Regex;

use super::scope;
use crate::base::{Need, Result, VirtAddr};
use crate::command::{ArgKind, ArgSpec, Args, Command, Cx, Example, Flow, Group};
use crate::engine::Scopes;
use crate::expr::Host;
use crate::loader::{LinkMap, Rendezvous};
use crate::symbols::{Module, ModuleRole, Modules};
use crate::ui::{Role, Row, Table};

/// `info link-map`
pub const LINK_MAP: Command = Command {
    name: "info link-map",
    aliases: &["link-map"],
    group: Group::Loading,
    args: &[ArgSpec::JSON],
    summary: "Show ld.so's list of loaded objects, in the order in which symbols are looked up.",
    help: "Each object's link_map, l_addr (load bias), l_ld (dynamic section), namespace, build-id, path, lookup scope, and who\n\
           needs it with the symbol versions that are asked of it. The scope says whose lists of objects are asked for what it\n\
           refers to, in order: global (the program's), its own, that of a library that dlopen(3) has loaded; -json names them.",
    examples: &[Example { line: "info link-map", what: "the chain of link maps" }],
    needs: Some(Need::Process),
    own: true,
    run: link_map,
    ..Command::BASE
};

fn link_map(cx: &mut Cx<'_>, _: &Args) -> Result<Flow> {
    let process = cx.session.process()?;
    let memory = cx.session.memory();
    let rendezvous = process.libraries.rendezvous.and_then(|a| Rendezvous::read(memory, a).ok());
    let Some(rendezvous) = rendezvous.filter(|r| r.map.0 != 0) else {
        let main = cx.session.inferior.modules.main();
        let is_static = main.is_some_and(|m| crate::engine::is_static(m.image()));
        cx.say(if is_static {
            "There is no link map: the program is statically linked.\n"
        } else {
            "There is no link map yet: ld.so has not made its list.\n"
        });
        return Ok(Flow::Go);
    };
    let objects = rendezvous.objects(memory)?;
    cx.out.text(
        Role::Title,
        &format!(
            "r_debug at {}: {} objects, r_brk {}\n",
            rendezvous.addr,
            objects.len(),
            scope::addressed(cx.session, rendezvous.brk)
        ),
    );
    let mut table = Table::with_head(&["link_map", "l_addr", "l_ld", "ns", "build-id", "name", "scope", "needed by"]);
    let scopes = cx.session.scopes();
    for object in &objects {
        table.push(object_row(&cx.session.inferior.modules, object, &scopes));
    }
    table.show(cx.out);
    Ok(Flow::Go)
}

/// A lookup scope in short: the module by whose list each part is asked, the program's being the global one.
fn scope_of(scopes: &Scopes<'_>, module: &Arc<Module>) -> (String, Vec<serde_json::Value>) {
    let scope = scopes.of(module);
    let mut parts: Vec<String> = Vec::new();
    for entry in &scope.entries {
        let part = match &entry.local_to {
            None if entry.module.id == module.id && parts.is_empty() && scope.is_own_first(module) => "itself".to_owned(),
            None => "global".to_owned(),
            Some(owner) if *owner == module.name => "its own".to_owned(),
            Some(owner) => format!("of {owner}"),
        };
        if parts.last() != Some(&part) {
            parts.push(part);
        }
    }
    let modules = scope.entries.iter().map(|e| serde_json::json!({ "module": e.module.name, "local_to": e.local_to })).collect();
    (parts.join(", "), modules)
}

fn object_row(modules: &Modules, object: &LinkMap, scopes: &Scopes<'_>) -> Row {
    let module = modules.iter().find(|m| m.link_map == Some(object.addr));
    let id = module.and_then(|m| build_id(m));
    let path = module.map_or_else(|| object.name.clone(), |m| m.path.display().to_string());
    let real = real_path(&path);
    let needers = module.map(|m| needers(modules, m)).unwrap_or_default();
    let shown: Vec<String> = needers
        .iter()
        .map(|(name, versions)| if versions.is_empty() { name.clone() } else { format!("{name} ({})", versions.join(" ")) })
        .collect();
    let short = id.as_ref().map_or_else(|| "-".to_owned(), |i| i.chars().take(12).collect());
    let (scope, asked) = module.map(|m| scope_of(scopes, m)).unwrap_or_default();
    let by = needers_json(&needers);
    Row::new()
        .cell("link_map", Role::Address, object.addr.to_string())
        .cell("l_addr", Role::Address, format!("{:#x}", object.bias.0))
        .cell("l_ld", Role::Address, object.dynamic.to_string())
        .both("namespace", Role::Plain, object.namespace.to_string(), object.namespace)
        .both("build_id", Role::Plain, short, id)
        .cell("name", Role::File, path)
        .both("scope", Role::Plain, scope, asked)
        .hidden("l_name", object.name.as_str())
        .hidden("real_path", real)
        .both("needed_by", Role::Plain, shown.join(", "), by)
}

fn build_id(module: &Module) -> Option<String> {
    Some(module.image().build_id()?.iter().map(|b| format!("{b:02x}")).collect())
}

fn real_path(path: &str) -> Option<String> {
    std::fs::canonicalize(path).ok().map(|p| p.display().to_string())
}

fn needers_json(needers: &[(String, Vec<String>)]) -> Vec<serde_json::Value> {
    needers.iter().map(|(name, versions)| serde_json::json!({ "module": name, "versions": versions })).collect()
}

/// What gdb's table has no column for.
fn hidden_facts(row: Row, modules: &Modules, module: &Arc<Module>, scopes: &Scopes<'_>) -> Row {
    row.hidden("link_map", module.link_map.map(|a| a.to_string()))
        .hidden("l_addr", format!("{:#x}", module.bias.0))
        .hidden("l_ld", module.virt(module.image().dynamic().addr).to_string())
        .hidden("namespace", module.namespace)
        .hidden("build_id", build_id(module))
        .hidden("real_path", real_path(&module.path.to_string_lossy()))
        .hidden("scope", scope_of(scopes, module).1)
        .hidden("needed_by", needers_json(&needers(modules, module)))
}

/// The modules whose DT_NEEDED names this one, each with the versions that it asks of it.
fn needers(modules: &Modules, module: &Arc<Module>) -> Vec<(String, Vec<String>)> {
    let soname = module.image().soname().map_or_else(|| module.name.clone(), str::to_owned);
    let is_it = |name: &str| name == soname || Path::new(name) == module.path;
    let versions = |m: &Arc<Module>| {
        let needed = m.image().versions().needed.iter().filter(|v| v.file == soname);
        needed.map(|v| v.name.clone()).collect::<Vec<_>>()
    };
    let needing = modules.iter().filter(|m| m.id != module.id && m.image().needed().any(is_it));
    needing.map(|m| (m.name.clone(), versions(m))).collect()
}

/// `info sharedlibrary`
pub const SHAREDLIBRARY: Command = Command {
    name: "info sharedlibrary",
    aliases: &["info dll"],
    group: Group::Status,
    args: &[ArgSpec::JSON, ArgSpec::may("REGEX", ArgKind::Regex)],
    summary: "Status of loaded shared object libraries.",
    help: "From and To are the run-time addresses of .text. With REGEX, the libraries whose path matches it.",
    examples: &[Example { line: "info sharedlibrary", what: "all libraries" }],
    run: sharedlibrary,
    ..Command::BASE
};

fn sharedlibrary(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let regex = scope::regex(args)?;
    let is_library = |m: &&Arc<Module>| matches!(m.role, ModuleRole::Library | ModuleRole::Interpreter);
    let session = &*cx.session;
    let modules = &session.inferior.modules;
    let scopes = session.scopes();
    let all: Vec<Arc<Module>> = modules.iter().filter(is_library).cloned().collect();
    let fits = |m: &&Arc<Module>| regex.as_ref().is_none_or(|r: &Regex| r.is_match(&m.path.to_string_lossy()));
    let shown: Vec<&Arc<Module>> = all.iter().filter(fits).collect();
    if shown.is_empty() {
        cx.say(if regex.is_some() { "No shared libraries matched.\n" } else { "No shared libraries loaded at this time.\n" });
        return Ok(Flow::Go);
    }
    cx.out.text(Role::Title, "From                To                  Syms Read   Shared Object Library\n");
    let mut any_without = false;
    for module in shown {
        let text = module.image().section(".text").map(|s| (module.virt(s.addr), module.virt(s.end())));
        let address = |a: Option<VirtAddr>| a.map_or_else(|| " ".repeat(18), |a| format!("{:#018x}", a.0));
        let (from, to) = (text.map(|t| t.0), text.map(|t| t.1));
        let described = module.file.has_debug_information();
        any_without |= !described;
        let path = module.path.display().to_string();
        let read = if described { "Yes" } else { "Yes (*)" };
        let row = Row::new()
            .note(Role::Plain, format!("{}  {}  {read:<10}  {path}", address(from), address(to)))
            .hidden("from", from.map(|a| a.to_string()))
            .hidden("to", to.map(|a| a.to_string()))
            .hidden("debug_information", described)
            .hidden("path", path);
        cx.out.row(&hidden_facts(row, modules, module, &scopes));
    }
    if any_without {
        cx.say("(*): Shared library is missing debugging information.\n");
    }
    Ok(Flow::Go)
}
