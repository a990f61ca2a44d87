//! Names and addresses.

use std::sync::Arc;

use super::catalog::{Sort, Wanted, listed};
use super::files::shown_name;
use crate::base::{Error, Result, VirtAddr};
use crate::command::loader::address;
use crate::command::{ArgKind, ArgSpec, Args, Command, Cx, Example, Flow, Group, compile_regex};
use crate::dwarf::DebugInfo;
use crate::elf::{Symbol, SymbolKind};
use crate::expr::Host;
use crate::symbols::{LocationKind, Module, demangle};
use crate::ui::{Role, Row};

/// `info symbol`
pub const SYMBOL: Command = Command {
    name: "info symbol",
    group: Group::Status,
    args: &[ArgSpec::must("EXPR", ArgKind::Expr)],
    summary: "Describe what symbol is at location ADDR.",
    help: "PLT stubs, GOT slots and a `main' that was found by what the start-up code does have names too.",
    examples: &[
        Example { line: "info symbol $pc", what: "where the program stands" },
        Example { line: "info symbol GOT[2]", what: "what a slot leads to" },
    ],
    run: symbol,
    ..Command::BASE
};

fn symbol(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let text = args.get("EXPR").unwrap_or_default();
    let at = address(cx, text)?;
    let modules = &cx.session.inferior.modules;
    let Some(location) = modules.locate(at) else { return Err(unnamed(cx, at, text)) };
    // The symbol's own name, whatever debug information says.
    let demangled = cx.session.settings.print_demangle;
    let name = if demangled { location.name().into_owned() } else { location.raw_name.clone() };
    let offset = if location.offset == 0 { String::new() } else { format!(" + {}", location.offset) };
    let section = location.section.as_ref().map_or_else(String::new, |s| format!(" in section {s}"));
    // gdb names the file only where there are several; what has no section is somewhere in a file all the same.
    let of =
        if modules.len() > 1 || section.is_empty() { format!(" of {}", shown_name(&location.module)) } else { String::new() };
    let found = if location.kind == LocationKind::Found { " (found)" } else { "" };
    cx.say(format!("{name}{offset}{section}{of}{found}\n"));
    Ok(Flow::Go)
}

/// An address without a symbol: what lies in a module is said to.
fn unnamed(cx: &Cx<'_>, at: VirtAddr, text: &str) -> Error {
    let none = format!("No symbol matches {text}.");
    let Some(module) = cx.session.inferior.modules.at(at) else { return Error::User(none) };
    let file = module.to_file(at);
    let section = module.image().section_at(file).map_or_else(String::new, |s| format!("section {} of ", s.name));
    Error::User(format!("{none}\n{at} is in {section}{}, link-time address {file}.", shown_name(module)))
}

/// `info address`
pub const ADDRESS: Command = Command {
    name: "info address",
    group: Group::Status,
    args: &[ArgSpec::must("SYMBOL", ArgKind::Symbol)],
    summary: "Describe where symbol SYM is stored.",
    examples: &[Example { line: "info address main", what: "its address" }],
    run: info_address,
    ..Command::BASE
};

fn info_address(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let name = args.get("SYMBOL").unwrap_or_default();
    let bare = name.trim_matches('\'');
    let session = &*cx.session;
    let (module, rest) = match session.inferior.modules.split_prefix(bare) {
        Some((m, rest)) => (Some(crate::engine::module_ref(m.id)), rest),
        None => (None, bare),
    };
    if module.is_none()
        && let Some(text) = super::scope::address_text(session, rest)?
    {
        cx.say(format!("Symbol \"{bare}\" is {text}.\n"));
        return Ok(Flow::Go);
    }
    let is_asked = |m: &&Arc<Module>| module.is_none_or(|r| r == crate::engine::module_ref(m.id));
    let tls = session.inferior.modules.iter().filter(is_asked).find_map(|m| {
        let mut named = m.file.symbols_named(rest).into_iter();
        let tls = named.find(|s| s.kind == SymbolKind::Tls && !s.is_undefined())?;
        Some((tls.addr, m.path.display().to_string()))
    });
    if let Some((offset, path)) = tls {
        cx.say(format!(
            "Symbol \"{bare}\" is a thread-local variable at offset {offset} in the thread-local storage for `{path}'.\n"
        ));
        return Ok(Flow::Go);
    }
    let Some(at) = session.lookup(rest, module)?.and_then(|v| v.address()) else { return Err(session.no_symbol(bare)) };
    cx.say(format!("Symbol \"{bare}\" is at {at} in a file compiled without debugging.\n"));
    Ok(Flow::Go)
}

/// The options that the three lists have.
const QUIET: ArgSpec = ArgSpec::may("-q", ArgKind::Switch);
const DEBUG_ONLY: ArgSpec = ArgSpec::may("-n", ArgKind::Switch);
const TYPE: ArgSpec = ArgSpec::may("-t", ArgKind::Word);
const REGEX: ArgSpec = ArgSpec::may("REGEX", ArgKind::Regex);

/// `info functions`
pub const FUNCTIONS: Command = Command {
    name: "info functions",
    group: Group::Status,
    args: &[QUIET, DEBUG_ONLY, TYPE, ArgSpec::JSON, ArgSpec::MODULE, REGEX],
    summary: "All function names or those matching REGEXPs.",
    help: "By the debug information and the symbol tables of all modules, or of -m MODULE's; PLT stubs are among them.\n\
           -n leaves out what only symbol tables know, -q the first line, -t TYPE takes those whose type matches TYPE.",
    examples: &[Example { line: "info functions ^my_", what: "functions whose names begin with my_" }],
    run: |cx, args| list(cx, args, Sort::Functions),
    ..Command::BASE
};

/// `info variables`
pub const VARIABLES: Command = Command {
    name: "info variables",
    group: Group::Status,
    args: &[QUIET, DEBUG_ONLY, TYPE, ArgSpec::JSON, ArgSpec::MODULE, REGEX],
    summary: "All global and static variable names or those matching REGEXPs.",
    help: "By the debug information and the symbol tables of all modules, or of -m MODULE's.\n\
           -n leaves out what only symbol tables know, -q the first line, -t TYPE takes those whose type matches TYPE.",
    examples: &[Example { line: "info variables count", what: "variables with count in their names" }],
    run: |cx, args| list(cx, args, Sort::Variables),
    ..Command::BASE
};

/// `info types`
pub const TYPES: Command = Command {
    name: "info types",
    group: Group::Status,
    args: &[QUIET, ArgSpec::JSON, ArgSpec::MODULE, REGEX],
    summary: "All type names, or those matching REGEXPs.",
    help: "By the debug information of all modules, or of -m MODULE's; -q leaves out the first line.",
    examples: &[Example { line: "info types node", what: "types with node in their names" }],
    run: |cx, args| list(cx, args, Sort::Types),
    ..Command::BASE
};

fn list(cx: &mut Cx<'_>, args: &Args, sort: Sort) -> Result<Flow> {
    let text = args.get("REGEX");
    let regex = text.map(compile_regex).transpose()?;
    let type_text = args.get("-t");
    let types = type_text.map(compile_regex).transpose()?;
    let modules: Vec<Arc<Module>> = match args.get("-m") {
        Some(name) => vec![cx.session.module_named(name)?.clone()],
        None => cx.session.inferior.modules.iter().cloned().collect(),
    };
    if !args.has("-q") {
        let what = sort.noun();
        cx.say(match (text, type_text) {
            (Some(name), None) => format!("All {what}s matching regular expression \"{name}\":\n"),
            (Some(name), Some(ty)) => {
                format!("All {what}s matching regular expression \"{name}\" with type matching regular expression \"{ty}\":\n")
            }
            (None, Some(ty)) => format!("All defined {what}s with type matching regular expression \"{ty}\" :\n"),
            (None, None) => format!("All defined {what}s:\n"),
        });
    }
    let wanted = Wanted { sort, names: regex.as_ref(), types: types.as_ref() };
    let mut all = Vec::new();
    for module in &modules {
        all.extend(listed(module, &wanted)?);
    }
    all.sort();
    all.dedup();
    let mut file = None;
    for one in &all {
        if file.replace(&one.file).is_none_or(|f| *f != one.file) {
            cx.say(format!("\nFile {}:\n", one.file));
        }
        let line = if one.line == 0 { String::new() } else { format!("{}:", one.line) };
        let row = Row::new()
            .note(Role::Plain, format!("{line}\t{}", one.text))
            .hidden("name", one.name.as_str())
            .hidden("file", one.file.as_str())
            .hidden("line", u64::from(one.line));
        cx.row(&row);
    }
    if sort == Sort::Types || args.has("-n") || types.is_some() {
        return Ok(Flow::Go);
    }
    list_symbols(cx, &modules, regex.as_ref(), sort == Sort::Functions);
    Ok(Flow::Go)
}

/// A function: the file that declares it (none where only a symbol table knows it), its name, its declaration.
type Matching = (Option<String>, String, String);

/// The functions whose names match, those of debug information first; of the symbol tables only where `all` are wanted.
pub fn functions_matching(modules: &[Arc<Module>], regex: &regex::Regex, all: bool) -> Result<Vec<Matching>> {
    let wanted = Wanted { sort: Sort::Functions, names: Some(regex), types: None };
    let mut known = Vec::new();
    for module in modules {
        known.extend(listed(module, &wanted)?);
    }
    known.sort();
    known.dedup();
    let mut found: Vec<Matching> = known.into_iter().map(|one| (Some(one.file), one.name, one.text)).collect();
    for module in modules.iter().filter(|_| all) {
        let unknown = |at: VirtAddr| module.debug().is_none_or(|d| d.unit_at(module.to_file(at)).is_none());
        let shown = names(module, true).into_iter().filter(|(at, _, _)| unknown(*at)).map(|n| demangle(&n.1).into_owned());
        let matching = shown.filter(|name| regex.is_match(name));
        found.extend(matching.map(|name| (None, name.clone(), format!("<function, no debug info> {name};"))));
    }
    Ok(found)
}

/// What only the symbol tables know.
fn list_symbols(cx: &mut Cx<'_>, modules: &[Arc<Module>], regex: Option<&regex::Regex>, functions: bool) {
    let mut is_first = true;
    for module in modules {
        for (at, name, found) in names(module, functions) {
            // Cheaper than the name, and most functions are.
            let debug = module.debug();
            if functions && debug.is_some_and(|d| d.unit_at(module.to_file(at)).is_some()) {
                continue;
            }
            let shown = demangle(&name);
            if regex.is_some_and(|r| !r.is_match(&shown)) {
                continue;
            }
            let is_defined = |d: &Arc<DebugInfo>| d.variables_named(&shown).is_ok_and(|v| v.iter().any(|v| !v.is_declaration));
            if !functions && debug.is_some_and(is_defined) {
                continue;
            }
            if std::mem::take(&mut is_first) {
                cx.say("\nNon-debugging symbols:\n");
            }
            let mark = if found { " (found)" } else { "" };
            let row = Row::new()
                .note(Role::Plain, format!("{:#018x}  {shown}{mark}", at.0))
                .hidden("address", at.to_string())
                .hidden("name", shown.as_ref())
                .hidden("module", module.name.as_str());
            cx.row(&row);
        }
    }
}

/// The names of a module's functions or variables in order of addresses, and whether they were found without a symbol.
fn names(module: &Arc<Module>, functions: bool) -> Vec<(VirtAddr, String, bool)> {
    let image = module.image();
    let is_code = |s: &Symbol<'_>| match image.sections().get(usize::from(s.section)) {
        Some(section) => section.is_code(),
        None => image.load_at(s.addr).is_some_and(|seg| seg.is_code()),
    };
    let symbols = module.file.symbols().filter(|s| s.has_place()).filter(|s| is_code(s) == functions);
    let mut all: Vec<(VirtAddr, String, bool)> = symbols.map(|s| (module.virt(s.addr), s.name.to_owned(), false)).collect();
    if functions {
        all.extend(module.plt().stubs.iter().map(|s| (module.virt(s.addr), s.label(), false)));
        all.extend(module.found_functions().iter().map(|f| (module.virt(f.addr), f.name.to_owned(), true)));
    }
    all.sort();
    all.dedup();
    all
}
