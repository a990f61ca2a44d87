//! What a name means where the user stands: blocks from the inside, members of `this`, the unit, other units, symbols.

use std::sync::Arc;

use crate::base::{Error, Result, VirtAddr};
use crate::dwarf::{DebugInfo, DieRef, Function, UnitId};
use crate::expr::{Host, Names, member_named};
use crate::stack::Frame;
use crate::symbols::{Module, is_file};
use crate::value::{TypeKind, Value, type_of, type_of_function, type_of_variable};

use super::session::Session;

/// How many names with a reason are kept for whoever shows them.
const MAX_ABSENCES: usize = 16;

/// Where names are looked up: a frame's code, or a place in the program whose code does not run now.
pub(super) struct Context<'f> {
    pub module: Arc<Module>,
    pub debug: Arc<DebugInfo>,
    pub unit: UnitId,
    /// The name of the function with what encloses it.
    pub function: String,
    pub frame: Option<&'f Frame>,
}

/// A variable: its module, its DIE, and the function whose frame it is in.
pub type FoundVariable = (Arc<Module>, DieRef, Option<DieRef>);

impl Session {
    /// The context of a frame; of a program without process or without debug information there is none.
    pub(super) fn context<'f>(&self, frame: Option<&'f Frame>) -> Option<Context<'f>> {
        let frame = frame?;
        if let Some(at) = self.bound_outside_of(frame) {
            let module = self.inferior.modules.at(at)?.clone();
            let debug = module.debug()?.clone();
            let unit = debug.unit_at(module.to_file(at))?;
            let function = module.function(at).map_or(String::new(), |f| f.name.to_string());
            return Some(Context { module, debug, unit, function, frame: None });
        }
        let at = frame.pc.lookup();
        let module = self.inferior.modules.at(at)?.clone();
        let debug = module.debug()?.clone();
        let unit = match &frame.code {
            Some(code) => code.function.die.unit,
            None => debug.unit_at(module.to_file(at))?,
        };
        let function = frame.code.as_ref().map_or(String::new(), |c| c.name().to_owned());
        Some(Context { module, debug, unit, function, frame: Some(frame) })
    }

    /// What a name means by debug information; `None` where that does not know it.
    pub(super) fn lookup_debug(&self, name: &str) -> Result<Option<Value>> {
        let frame = self.selected_frame().ok();
        if let Some(frame) = &frame
            && let Some(value) = self.local_named(frame, name)?
        {
            return Ok(Some(value));
        }
        let context = self.context(frame.as_ref());
        self.lookup_outside(name, frame.as_ref(), context.as_ref())
    }

    /// What a name means outside of the blocks of a function.
    fn lookup_outside(&self, name: &str, frame: Option<&Frame>, context: Option<&Context<'_>>) -> Result<Option<Value>> {
        if let Some((scope, member)) = split_scope(name)
            && let Some(value) = self.in_scope(scope, member, frame, context)?
        {
            return Ok(Some(value));
        }
        if let Some(context) = context {
            for full in candidates(&context.function, name) {
                if let Some(value) = self.in_unit(&context.module, &context.debug, context.unit, &full, context.frame)? {
                    return Ok(Some(value));
                }
            }
        }
        let names = context.map_or_else(|| vec![name.to_owned()], |c| candidates(&c.function, name));
        for full in names {
            if let Some(value) = self.global_named(&full, context)? {
                return Ok(Some(value));
            }
        }
        for full in self.imported_names(name, context) {
            if let Some(value) = self.global_named(&full, context)? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// A variable or parameter of a frame, the innermost of this name, or a member of its `this`.
    fn local_named(&self, frame: &Frame, name: &str) -> Result<Option<Value>> {
        let Some((module, debug)) = self.frame_module(frame) else { return Ok(None) };
        let (plain, is_entry) = name.strip_suffix("@entry").map_or((name, false), |plain| (plain, true));
        for block in self.scopes_of(frame) {
            // Of two of one name in a block, which only damaged or odd debug information has, the last one counts.
            let Some(variable) = block.variables.iter().rev().find(|v| v.name == plain) else { continue };
            if is_entry {
                return if variable.is_parameter { self.value_at_entry(module, variable.die, frame).map(Some) } else { Ok(None) };
            }
            if debug.is_declaration(variable.die) {
                // `extern int x;` in a block.
                return Ok(None);
            }
            return self.noted(name, self.variable(module, variable.die, Some(frame))).map(Some);
        }
        match self.this_of(frame).filter(|_| self.bound_outside_of(frame).is_none()) {
            Some(this) => member_named(&this, name, self),
            None => Ok(None),
        }
    }

    /// The variable that a name stands for where the user stands: its module, its DIE, and the function whose frame it is in.
    pub fn variable_named(&self, name: &str) -> Result<Option<FoundVariable>> {
        let frame = self.selected_frame().ok();
        if let Some(frame) = &frame
            && let Some((module, _)) = self.frame_module(frame)
            && let Some(variable) =
                self.scopes_of(frame).into_iter().find_map(|b| b.variables.iter().rev().find(|v| v.name == name))
        {
            return Ok(Some((module.clone(), variable.die, frame.code.as_ref().map(|c| c.function.die))));
        }
        let context = self.context(frame.as_ref());
        let names = context.as_ref().map_or_else(|| vec![name.to_owned()], |c| candidates(&c.function, name));
        for full in &names {
            if let Some(context) = &context
                && let Some(global) = context.debug.globals(context.unit)?.variable(full)
            {
                return Ok(Some((context.module.clone(), global.die, None)));
            }
            for module in self.inferior.modules.iter() {
                let Some(debug) = module.debug() else { continue };
                let found = debug.variables_named(full)?;
                if let Some(variable) = found.iter().find(|v| debug.has_location(v.die)) {
                    return Ok(Some((module.clone(), variable.die, None)));
                }
            }
        }
        Ok(None)
    }

    /// `this` of a C++ method's frame.
    fn this_of(&self, frame: &Frame) -> Option<Value> {
        let (module, _) = self.frame_module(frame)?;
        let scopes = frame.code.as_ref()?.scopes();
        let this = scopes.last()?.variables.iter().find(|v| v.is_artificial && v.name == "this")?;
        Some(self.variable(module, this.die, Some(frame)).ok()?.value)
    }

    /// Whether a name is that of a member of a frame's `this`.
    pub(super) fn is_member_of_this(&self, frame: &Frame, name: &str) -> bool {
        self.this_of(frame).is_some_and(|this| matches!(member_named(&this, name, self), Ok(Some(_))))
    }

    /// A value, and for whoever shows it why it is not there.
    fn noted(&self, name: &str, found: Result<super::variables::VariableValue>) -> Result<Value> {
        let found = found?;
        // Whoever wants to show them empties the list before; a condition is evaluated often and nobody does.
        let mut absences = self.absences.borrow_mut();
        if let Some(gone) = found.gone.filter(|_| absences.len() < MAX_ABSENCES) {
            absences.push((name.to_owned(), gone));
        }
        Ok(found.value)
    }

    /// A variable, enumerator or function of one unit.
    fn in_unit(
        &self,
        module: &Arc<Module>,
        debug: &Arc<DebugInfo>,
        unit: UnitId,
        name: &str,
        frame: Option<&Frame>,
    ) -> Result<Option<Value>> {
        // A unit that is damaged has no names.
        let Ok(globals) = debug.globals(unit) else { return Ok(None) };
        if let Some(global) = globals.variable(name).filter(|g| debug.has_location(g.die)) {
            return self.noted(name, self.variable(module, global.die, frame)).map(Some);
        }
        if let Some(found) = globals.enumerator(name) {
            return Ok(Some(Value::int(&type_of(debug, found.ty)?, found.value)));
        }
        if let Some(function) = debug.functions(unit)?.iter().find(|f| *f.name == *name) {
            return function_value(module, debug, function).map(Some);
        }
        if let Some(declaration) = globals.declaration(name) {
            return Ok(self.declared_elsewhere(debug, declaration, name));
        }
        Ok(None)
    }

    /// `extern int x;`: the type is here, the variable in a module that may have no debug information.
    fn declared_elsewhere(&self, debug: &Arc<DebugInfo>, declaration: DieRef, name: &str) -> Option<Value> {
        if let Ok(Some(value)) = self.defined_anywhere(name, None) {
            return Some(value);
        }
        let symbol = self.inferior.modules.find(name, None)?;
        let ty = type_of_variable(debug, declaration).ok()?;
        if symbol.kind == crate::symbols::LocationKind::Symbol(crate::elf::SymbolKind::Tls) {
            let at = self.thread_local(&symbol.module, symbol.addr.0).ok()?;
            return Some(Value::at(&ty, at));
        }
        Some(Value::at(&ty, symbol.addr))
    }

    /// A name that any unit of any module has, or a function that a symbol leads to.
    fn global_named(&self, name: &str, context: Option<&Context<'_>>) -> Result<Option<Value>> {
        // A function is found by its symbol, without looking through the units.
        let current = context.map(|c| &c.module);
        if let Some(symbol) = self.inferior.modules.find(name, current).filter(|s| s.is_code)
            && let Some(value) = self.function_at(&symbol.module, symbol.addr)
        {
            return Ok(Some(value));
        }
        self.defined_anywhere(name, current)
    }

    /// The typed value of the function that starts at an address.
    pub(super) fn function_at(&self, module: &Arc<Module>, at: VirtAddr) -> Option<Value> {
        let debug = module.debug()?;
        let function = module.function(at).filter(|f| module.virt(f.entry) == at)?;
        function_value(module, debug, &function).ok()
    }

    /// A function that a symbol has told of, with its type if there is debug information about it.
    pub(super) fn typed_function(&self, value: Value) -> Value {
        let module = value.address().filter(|_| value.ty.is_function()).and_then(|at| Some((self.inferior.modules.at(at)?, at)));
        module.and_then(|(module, at)| self.function_at(module, at)).unwrap_or(value)
    }

    /// What one of the units has of this name: one that others see before one that is its own.
    fn defined_anywhere(&self, name: &str, current: Option<&Arc<Module>>) -> Result<Option<Value>> {
        let others = self.inferior.modules.iter().filter(|m| current.is_none_or(|c| c.id != m.id));
        for module in current.into_iter().chain(others) {
            let Some(debug) = module.debug() else { continue };
            let mut variables = debug.variables_named(name)?;
            variables.retain(|v| debug.has_location(v.die));
            if let Some(variable) = variables.iter().find(|v| v.is_external).or(variables.first()) {
                // One that moves about is where the selected frame's pc says.
                let frame = self.selected_frame().ok();
                let frame = frame.filter(|f| self.inferior.modules.at(f.pc.lookup()).is_some_and(|m| m.id == module.id));
                return self.noted(name, self.variable(module, variable.die, frame.as_ref())).map(Some);
            }
            if let Some(found) = debug.enumerators_named(name)?.first()
                && let Some((ty, value)) = debug.enumerator(found.die)
            {
                return Ok(Some(Value::int(&type_of(debug, ty)?, value)));
            }
            if let Some(found) = debug.functions_named(name)?.iter().find(|f| !f.is_declaration && !f.is_inlined)
                && let Some(function) = debug.functions(found.die.unit)?.of_die(found.die)
            {
                return function_value(module, debug, function).map(Some);
            }
        }
        Ok(None)
    }

    /// `FUNCTION::VARIABLE`, `'FILE'::VARIABLE`.
    fn in_scope(&self, scope: &str, name: &str, frame: Option<&Frame>, context: Option<&Context<'_>>) -> Result<Option<Value>> {
        if let Some(quoted) = scope.strip_prefix('\'').and_then(|s| s.strip_suffix('\'')) {
            return self.in_file(quoted, name);
        }
        let Some((module, function)) = self.function_named(scope, context) else {
            // `nosuch::x`, where `nosuch` is nothing at all; a class or a namespace has its members looked for elsewhere.
            return Ok(None);
        };
        let Some(debug) = module.debug() else { return Ok(None) };
        let body = debug.body(&function)?;
        let variable = body.blocks.iter().flat_map(|b| &b.variables).find(|v| v.name == name);
        let Some(variable) = variable else {
            return Err(Error::user(format!("No symbol \"{name}\" in specified context.")));
        };
        // Where the function runs its variables are those of its innermost activation from the selected frame on.
        let frames = frame.and_then(|f| Some((f.level, self.backtrace(self.selected_thread().ok()?, usize::MAX).ok()?.0)));
        let runs = frames.and_then(|(level, frames)| {
            let is_its = |f: &Frame| f.code.as_ref().is_some_and(|c| c.function.die == function.die && !c.is_inlined());
            frames.iter().skip(level).find(|f| is_its(f)).cloned()
        });
        if runs.is_none() && frame.is_some() && debug.is_of_frame(variable.die) {
            return Err(Error::user(format!("No frame is currently executing in block {scope}.")));
        }
        self.noted(name, self.variable(&module, variable.die, runs.as_ref())).map(Some)
    }

    /// A function by its full name: in the unit at hand, or by its symbol.
    fn function_named(&self, name: &str, context: Option<&Context<'_>>) -> Option<(Arc<Module>, Arc<Function>)> {
        if let Some(context) = context
            && let Ok(functions) = context.debug.functions(context.unit)
            && let Some(function) = functions.iter().find(|f| *f.name == *name)
        {
            return Some((context.module.clone(), function.clone()));
        }
        if let Some(symbol) = self.inferior.modules.find(name, context.map(|c| &c.module)).filter(|s| s.is_code) {
            return Some((symbol.module.clone(), symbol.module.function(symbol.addr)?));
        }
        self.inferior.modules.iter().find_map(|module| {
            let debug = module.debug()?;
            let found = debug.functions_named(name).ok()?;
            let function = found.iter().find_map(|f| debug.functions(f.die.unit).ok()?.of_die(f.die).cloned())?;
            Some((module.clone(), function))
        })
    }

    fn in_file(&self, file: &str, name: &str) -> Result<Option<Value>> {
        let mut known = false;
        for module in self.inferior.modules.iter() {
            let Some(debug) = module.debug() else { continue };
            for unit in debug.units() {
                let is_its = || {
                    let table = debug.lines(unit).ok()?;
                    Some(is_file(table.file(table.main_file()?)?, file))
                };
                if is_its() != Some(true) {
                    continue;
                }
                known = true;
                if let Some(value) = self.in_unit(module, debug, unit, name, None)? {
                    return Ok(Some(value));
                }
            }
        }
        Err(match known {
            true => Error::user(format!("No symbol \"{name}\" in specified context.")),
            false => Error::user(format!("No symbol \"{file}\" in current context.")),
        })
    }

    /// Whether a name means a variable of the selected frame, which goes before a type of that name.
    pub(super) fn is_local(&self, name: &str) -> bool {
        let Ok(frame) = self.selected_frame() else { return false };
        frame.code.as_ref().is_some_and(|c| c.scopes().iter().any(|b| b.variables.iter().any(|v| v.name == name)))
    }

    /// The functions of a name in the implementations of Rust's traits: `krate::{impl#2}::name`.
    pub(super) fn rust_methods(&self, name: &str) -> Vec<Value> {
        let mut found = Vec::new();
        for module in self.inferior.modules.iter() {
            let Some(debug) = module.debug() else { continue };
            let hits = debug.functions_matching(name, false).unwrap_or_default();
            for hit in hits.iter().filter(|h| h.name.contains("{impl#") && !h.entry.is_declaration && !h.entry.is_inlined) {
                let functions = debug.functions(hit.entry.die.unit).ok();
                let function = functions.and_then(|f| f.of_die(hit.entry.die).cloned());
                found.extend(function.and_then(|f| function_value(module, debug, &f).ok()));
            }
        }
        found
    }

    /// What is wrong with `SCOPE::NAME`: there is no such scope, or it has no such name.
    pub(super) fn no_member(&self, name: &str) -> Option<Error> {
        let (scope, member) = split_scope(name.strip_prefix("::").unwrap_or(name))?;
        if let Ok(Some(ty)) = self.find_type(scope) {
            if matches!(ty.stripped().kind, TypeKind::Enum { class: false, .. }) {
                return Some(Error::user(format!("`{scope}' is not defined as an aggregate type.")));
            }
            return Some(Error::user(format!("There is no field named {member}")));
        }
        if let Some(scope) = self.namespace_named(scope) {
            return Some(Error::user(format!("No symbol \"{member}\" in namespace \"{scope}\".")));
        }
        Some(Error::NoSymbol { name: scope.to_owned(), near: Vec::new(), in_rust: false })
    }

    /// The full names that a name may have where the user stands.
    pub(super) fn scoped_names(&self, name: &str) -> Vec<String> {
        let frame = self.selected_frame().ok();
        let function = frame.as_ref().and_then(|f| f.code.as_ref()).map_or("", |c| c.name());
        candidates(function, name)
    }

    /// Whether a name has a meaning at an address of the program, for conditions of breakpoints there.
    pub(super) fn is_known_at(&self, name: &str, at: VirtAddr) -> bool {
        let Some(module) = self.inferior.modules.at(at) else { return true };
        let described = module.debug().cloned().zip(module.function_body(at));
        let Some((debug, (function, body, around))) = described else {
            return !matches!(self.lookup(name, None), Ok(None));
        };
        let has = |b: &usize| {
            // What `this` has for members is seen when the condition is evaluated.
            body.blocks.get(*b).is_some_and(|b| b.variables.iter().any(|v| v.name == name || v.name == "this"))
        };
        if around.iter().any(has) {
            return true;
        }
        let (module, unit, function) = (module.clone(), function.die.unit, function.name.to_string());
        let context = Context { module, debug, unit, function, frame: None };
        !matches!(self.lookup_outside(name, None, Some(&context)), Ok(None)) || self.lookup_anywhere(name).is_some()
    }
}

/// The last `::` that is no part of a template's arguments: `ns::f` and `x`.
pub(super) fn split_scope(name: &str) -> Option<(&str, &str)> {
    let (mut depth, mut at, mut quoted) = (0i32, None, false);
    for (i, c) in name.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            '<' | '(' if !quoted => depth += 1,
            '>' | ')' if !quoted => depth -= 1,
            ':' if !quoted && depth == 0 && name.get(i..).is_some_and(|r| r.starts_with("::")) => at = Some(i),
            _ => {}
        }
    }
    // The second colon is found too.
    let at = at?;
    let (scope, member) = (name.get(..at)?, name.get(at + 2..)?);
    (!scope.is_empty() && !member.is_empty()).then_some((scope, member))
}

/// The full names that a name may stand for in a function: with the namespaces and classes around it, from the inside, those
/// without a name among them.
pub(super) fn candidates(function: &str, name: &str) -> Vec<String> {
    if let Some(global) = name.strip_prefix("::") {
        return vec![global.to_owned()];
    }
    let mut found = Vec::new();
    let mut scope = function;
    while let Some((outer, _)) = split_scope(scope) {
        found.push(format!("{outer}::{name}"));
        found.push(format!("{outer}::(anonymous namespace)::{name}"));
        scope = outer;
    }
    found.push(name.to_owned());
    found.push(format!("(anonymous namespace)::{name}"));
    found
}

pub(super) fn function_value(module: &Module, debug: &Arc<DebugInfo>, function: &Function) -> Result<Value> {
    Ok(Value::at(&type_of_function(debug, function.die)?, module.virt(function.entry)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_tried_from_the_inside() {
        assert_eq!(split_scope("ns::C<a::b>::f"), Some(("ns::C<a::b>", "f")));
        assert_eq!(split_scope("'a.c'::x"), Some(("'a.c'", "x")));
        assert_eq!(split_scope("main"), None);
        assert_eq!(candidates("a::f", "x"), ["a::x", "a::(anonymous namespace)::x", "x", "(anonymous namespace)::x"]);
        assert_eq!(candidates("a::f", "::x"), ["x"]);
    }
}
