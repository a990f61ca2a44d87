//! Locations as a user writes them: `main`, `libc.so.6!puts`, `puts@plt`, `FILE:LINE`.

use std::sync::Arc;

use crate::base::{Error, FileAddr, Result};
use crate::elf::{Binding, Symbol, SymbolKind};

use super::described::{described, is_settled};
use super::lines::{LineStart, is_file};
use super::linespec_text::Written;
use super::module::Module;
use super::modules::Modules;
use super::place::{Place, PlaceKind};
use super::written::written;

/// A location as it was written, parsed. `*EXPR` is not among them: it is an expression.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Linespec {
    /// A function, in one module or in all.
    Function {
        /// What stood before the `!`.
        module: Option<String>,
        /// Its name, perhaps with `@plt`, scopes and parameters.
        name: String,
        /// Whether the scopes must be complete (`-qualified`).
        qualified: bool,
    },
    /// A line, which needs line information.
    Line {
        /// The source file.
        file: Option<String>,
        /// What stood after the colon, or alone: a line, or a function of that file.
        line: String,
    },
    /// A label in a function.
    Label {
        /// The source file.
        file: Option<String>,
        /// The function; without one the selected frame's.
        function: Option<String>,
        /// The label.
        label: String,
    },
}

impl Linespec {
    /// Parses a location. `modules` decides what stands before a `!` or a `:`; a module that is not loaded (yet) is taken as
    /// written. [`Error::Syntax`] where its form is wrong.
    pub fn parse(text: &str, modules: &Modules) -> Result<Linespec> {
        let text = text.trim();
        if let Some(found) = in_module(text, modules) {
            return Ok(found);
        }
        let is_function = |name: &str| {
            let function = Linespec::Function { module: None, name: name.to_owned(), qualified: false };
            function.resolve(modules).is_ok_and(|places| !places.is_empty())
        };
        let Written { file, function, label, line, qualified } =
            Written::parse(text, &|f| modules.has_source_file(f), &is_function)?;
        Ok(match (file, function, label, line) {
            (file, Some(function), Some(label), _) => Linespec::Label { file, function: Some(function), label },
            (file, None, Some(label), _) => Linespec::Label { file, function: None, label },
            (file, None, None, Some(line)) => Linespec::Line { file, line },
            (Some(file), Some(function), None, _) => Linespec::Line { file: Some(file), line: function },
            (None, Some(function), None, _) => match in_module(&function, modules) {
                Some(Linespec::Function { module, name, .. }) => Linespec::Function { module, name, qualified },
                _ => Linespec::Function { module: None, name: function, qualified },
            },
            (_, None, None, None) => return Err(Error::user("Empty line specification.")),
        })
    }

    /// All places that it leads to now, the program's first; none if there is no such function (yet). An error only if it
    /// needs line information.
    pub fn resolve(&self, modules: &Modules) -> Result<Vec<Place>> {
        let (module, name, qualified) = match self {
            Linespec::Function { module, name, qualified } => (module, name, qualified),
            Linespec::Line { file: Some(file), line } => return file_places(modules, file, line),
            Linespec::Line { file: None, .. } => return Err(no_line_information()),
            Linespec::Label { file, function, label } => {
                return Ok(
                    label_places(modules, file.as_deref(), function.as_deref().unwrap_or_default(), label)?.unwrap_or_default()
                );
            }
        };
        let searched: Vec<&Arc<Module>> = match module {
            Some(module) => modules.named(module),
            None => modules.iter().collect(),
        };
        if let Some(bare) = name.strip_suffix("@plt") {
            return Ok(searched.iter().filter_map(|m| stub(m, bare)).collect());
        }
        // Everybody who says so means the program's, whatever ld.so has.
        let mut places: Vec<Place> = match modules.main().filter(|_| name == "_start" && module.is_none()) {
            Some(main) => functions(main, name, *qualified),
            None => Vec::new(),
        };
        if places.is_empty() {
            // The program's `main` is known without it: no library's debug file is opened to see if it has another one.
            let program = modules.main().filter(|m| name == "main" && module.is_none() && !m.symbols_named(name).is_empty());
            let has_none = |m: &Module| program.is_some_and(|p| p.id != m.id) && m.image().symbols().named(name).is_empty();
            places = searched.iter().filter(|m| !has_none(m)).flat_map(|m| functions(m, name, *qualified)).collect();
        }
        if !searched.iter().any(|m| is_settled(m, name)) {
            for place in searched.iter().flat_map(|m| described(m, name, *qualified)) {
                if !places.iter().any(|p| p.start == place.start) {
                    places.push(place);
                }
            }
        }
        // A stub stands for the function only as long as nobody exports that.
        if !searched.iter().any(|m| is_exported(m, name)) {
            places.extend(searched.iter().filter_map(|m| stub(m, name)));
        }
        Ok(places)
    }

    /// gdb's sentence for a location that leads nowhere.
    pub fn not_found(&self, modules: &Modules) -> Error {
        let is_line = |line: &str| line.trim_start_matches(['+', '-']).bytes().all(|b| b.is_ascii_digit());
        Error::User(match self {
            Linespec::Line { file: Some(file), .. } | Linespec::Label { file: Some(file), .. }
                if !modules.has_source_file(file) =>
            {
                if modules.iter().all(|m| m.debug().is_none()) {
                    return no_line_information();
                }
                format!("No source file named {file}.")
            }
            Linespec::Line { file: Some(file), line } if is_line(line) => {
                format!("No line {} in file \"{file}\".", line.trim_start_matches('+'))
            }
            Linespec::Line { file: None, line } if is_line(line) => format!("No line {line} in the current file."),
            Linespec::Line { file, line } => {
                format!("{} not defined in \"{}\".", function_called(line), file.as_deref().unwrap_or_default())
            }
            Linespec::Label { file, function: Some(function), label } => {
                match label_places(modules, file.as_deref(), function, label) {
                    Ok(Some(_)) => format!("No label \"{label}\" defined in function \"{function}\"."),
                    _ => {
                        let within = file.as_ref().map_or(String::new(), |f| format!(" in \"{f}\""));
                        format!("{} not defined{within}.", function_called(function))
                    }
                }
            }
            Linespec::Label { function: None, label, .. } => format!("No label \"{label}\" defined in current function."),
            Linespec::Function { module: None, name, .. } => format!("{} not defined.", function_called(name)),
            Linespec::Function { module: Some(module), name, .. } => {
                format!("{} not defined in \"{module}\".", function_called(name))
            }
        })
    }
}

/// How gdb begins its sentence about a name that is not there.
fn function_called(name: &str) -> String {
    match name.starts_with('$') {
        true => format!("Undefined convenience variable or function \"{name}\""),
        false => format!("Function \"{name}\""),
    }
}

/// The places of a label in the functions of a name; `None` if there is no such function.
fn label_places(modules: &Modules, file: Option<&str>, function: &str, label: &str) -> Result<Option<Vec<Place>>> {
    let functions = match file {
        Some(file) => file_places(modules, file, function)?,
        None => Linespec::Function { module: None, name: function.to_owned(), qualified: false }.resolve(modules)?,
    };
    let labels = |p: &Place| {
        let module = modules.get(p.module)?;
        let (_, body, _) = module.function_body(p.start)?;
        let at = body.labels.iter().find(|l| l.0 == label)?.1;
        let addr = module.virt(at);
        Some(Place { name: format!("{function}:{label}"), start: addr, addr, kind: PlaceKind::Line, line: None, ..p.clone() })
    };
    Ok((!functions.is_empty()).then(|| functions.iter().filter_map(labels).collect()))
}

/// `FILE:LINE` and `FILE:FUNCTION`.
fn file_places(modules: &Modules, file: &str, what: &str) -> Result<Vec<Place>> {
    if let Ok(line) = what.parse::<u32>() {
        let place = |s: LineStart| Place {
            module: s.module,
            name: format!("{file}:{}", s.line),
            start: s.addr,
            addr: s.addr,
            kind: PlaceKind::Line,
            origin: None,
            line: Some((s.file, s.line)),
        };
        return Ok(modules.line_places(file, line).into_iter().map(place).collect());
    }
    let function = Linespec::Function { module: None, name: what.to_owned(), qualified: false };
    let mut places = function.resolve(modules)?;
    // As for gdb it is enough that the function's unit has the file: a header's name leads to all that includes it.
    places.retain(|p| {
        let is_its = || {
            let module = modules.get(p.module)?;
            let debug = module.debug()?;
            if let Some(origin) = p.origin {
                let (declared, _) = module.declared_at(debug.declared_in(origin)?)?;
                return Some(is_file(&declared, file));
            }
            // A function of a header is one of each file that includes it.
            let lines = debug.lines(module.function(p.start)?.die.unit).ok()?;
            Some(lines.files().iter().any(|f| is_file(f, file)))
        };
        is_its() == Some(true)
    });
    Ok(places)
}

fn no_line_information() -> Error {
    Error::user("No symbol table is loaded.  Use the \"file\" command.")
}

/// `MODULE!FUNCTION`, and gdb's `'MODULE'::FUNCTION`.
fn in_module(text: &str, modules: &Modules) -> Option<Linespec> {
    if text.starts_with('-') {
        return None;
    }
    let whole = |module: &str, name: &str| {
        Some(Linespec::Function { module: Some(module.to_owned()), name: unquote(name).to_owned(), qualified: false })
    };
    if let Some((module, name)) = modules.split_prefix(text) {
        return whole(&module.name, name);
    }
    if let Some((module, name)) = text.split_once('!').filter(|(m, n)| !m.is_empty() && !n.is_empty() && !m.contains("operator"))
    {
        return whole(unquote(module), name);
    }
    let (module, name) = text.strip_prefix('\'').and_then(|t| t.split_once("'::"))?;
    whole(module, name)
}

/// Takes one pair of quotes off, unless they end before the end.
fn unquote(text: &str) -> &str {
    let text = text.trim();
    let inner = ['\'', '"'].into_iter().find_map(|q| text.strip_prefix(q)?.strip_suffix(q).filter(|t| !t.contains(q)));
    inner.unwrap_or(text)
}

fn stub(module: &Module, name: &str) -> Option<Place> {
    let stub = module.plt().stub_named(name)?;
    let start = module.virt(stub.addr);
    Some(Place { module: module.id, name: stub.label(), start, addr: start, kind: PlaceKind::PltStub, origin: None, line: None })
}

fn is_exported(module: &Module, name: &str) -> bool {
    let exported = |s: &Symbol<'_>| s.binding != Binding::Local && is_function(module, s);
    // Who exports it has it in the tables of the file itself, whatever a debug file adds.
    module.image().symbols().named(name).iter().any(exported)
}

/// A symbol in a section of code, whatever its type: labels of assembler sources too.
fn is_function(module: &Module, symbol: &Symbol<'_>) -> bool {
    if !symbol.has_place() {
        return false;
    }
    let section = module.image().sections().get(usize::from(symbol.section));
    let is_code = || module.image().load_at(symbol.addr).is_some_and(|s| s.is_code());
    section.map_or_else(is_code, |s| s.is_code())
}

/// The functions of a module that a name means, in order of addresses.
fn functions(module: &Arc<Module>, name: &str, qualified: bool) -> Vec<Place> {
    let mut found = module.symbols_named(name);
    found.extend(written(&module.file, name, qualified));
    found.retain(|s| is_function(module, s));
    let mut starts: Vec<(FileAddr, String, PlaceKind)> = found
        .iter()
        .map(|s| (s.addr, s.name.to_owned(), if s.kind == SymbolKind::Ifunc { PlaceKind::Ifunc } else { PlaceKind::Function }))
        .collect();
    starts.extend(module.found(name).map(|f| (f.addr, name.to_owned(), PlaceKind::Function)));
    starts.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    starts.dedup_by_key(|s| s.0);
    let place = |(start, name, kind): (FileAddr, String, PlaceKind)| Place {
        module: module.id,
        name,
        start: module.virt(start),
        addr: module.virt(if kind == PlaceKind::Function { module.past_prologue(start) } else { start }),
        kind,
        origin: None,
        line: None,
    };
    starts.into_iter().map(place).collect()
}
