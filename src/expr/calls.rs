//! Calls: what is called, with C++'s overloads and methods, and with what.

use std::sync::Arc;

use super::ast::{Expr, ExprKind};
use super::evaluator::Evaluator;
use super::functions;
use super::members::{self, Member, fields_of};
use super::methods::method_type;
use super::overload;
use super::rust;
use crate::base::{Error, Result, VirtAddr};
use crate::value::{FunctionType, Language, Method, Type, TypeKind, Value, asked, element_at};

/// What a call may mean.
pub(super) struct Candidate {
    /// A function, or a method and the object that it is called on; a static one has none.
    target: Target,
    ty: FunctionType,
    /// A method for an operator: the first operand is its object, and no argument.
    on_first: bool,
}

enum Target {
    Function(Value),
    Method { method: Method, class: Arc<Type>, object: Option<Value>, qualified: bool },
}

impl Candidate {
    /// A function of the program.
    pub(super) fn function(value: Value) -> Option<Candidate> {
        let TypeKind::Function(ty) = &value.ty.stripped().kind else { return None };
        Some(Candidate { ty: ty.clone(), target: Target::Function(value), on_first: false })
    }

    /// A method of an object's class.
    pub(super) fn method(method: &Method, part: &Value, has_object: bool, qualified: bool) -> Option<Candidate> {
        let object = (has_object && !method.is_static).then(|| part.clone());
        let target = Target::Method { method: method.clone(), class: part.ty.clone(), object, qualified };
        // What has no object to be called on is no candidate.
        (method.is_static || has_object).then_some(Candidate { ty: method_type(method)?.clone(), target, on_first: false })
    }

    /// The same, for an operator whose first operand is the object.
    pub(super) fn on_first(self) -> Candidate {
        Candidate { on_first: true, ..self }
    }

    /// What it is given of the values of a call.
    fn arguments<'v>(&self, values: &'v [Value]) -> &'v [Value] {
        values.get(usize::from(self.on_first)..).unwrap_or_default()
    }

    fn object(&self) -> Option<&Value> {
        match &self.target {
            Target::Method { object, .. } => object.as_ref(),
            Target::Function(_) => None,
        }
    }
}

/// The namespace or class in which a class is declared.
fn scope_of(ty: &Arc<Type>) -> Option<String> {
    let mut ty = ty.stripped();
    while let TypeKind::Pointer(t) | TypeKind::Reference(t, _) | TypeKind::Array { element: t, .. } = &ty.kind {
        ty = t.stripped();
    }
    if !matches!(ty.kind, TypeKind::Struct { .. } | TypeKind::Enum { .. }) {
        return None;
    }
    split_scope(&ty.name).map(|(scope, _)| scope.to_owned())
}

/// The last `::` that is no part of template arguments or parameters.
pub(super) fn split_scope(name: &str) -> Option<(&str, &str)> {
    let bytes = name.as_bytes();
    let (mut depth, mut at) = (0u32, None);
    for (i, byte) in bytes.iter().enumerate() {
        match byte {
            b'<' | b'(' => depth += 1,
            b'>' | b')' => depth = depth.saturating_sub(1),
            b':' if depth == 0 && bytes.get(i + 1) == Some(&b':') => at = Some(i),
            _ => {}
        }
    }
    let at = at.filter(|at| *at > 0)?;
    Some((name.get(..at)?, name.get(at + 2..)?))
}

impl Evaluator<'_> {
    /// A call. `result` is the type that a cast around it says the function returns, should nothing else tell.
    pub(super) fn call(&mut self, function: &Expr, arguments: &[Expr], result: Option<&Arc<Type>>) -> Result<Value> {
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            values.push(self.operand(argument)?);
        }
        match &function.kind {
            ExprKind::Dollar(name) => {
                if let Some(value) = functions::call(name, &values, self.host)? {
                    return Ok(value);
                }
            }
            ExprKind::Name(name, None) if self.host.language() == Language::Cpp => {
                if let Some(candidates) = self.named_candidates(name, &values)? {
                    return self.call_best(candidates, name, &values);
                }
            }
            ExprKind::Member(of, name, arrow) => {
                if let Some(value) = self.cpp_method_call(of, (name, *arrow), &values)? {
                    return Ok(value);
                }
            }
            ExprKind::MemberPointer(of, pointer) => {
                let object = self.object(of, false)?;
                let pointer = self.operand(pointer)?;
                if let Some((code, this)) = self.through_method_pointer(&object, &pointer)? {
                    values.insert(0, this);
                    return self.call_value(code, &values);
                }
            }
            _ => {}
        }
        let callee = self.operand(function)?;
        if fields_of(&callee.ty).is_some() && callee.ty.language == Language::Cpp {
            values.insert(0, callee);
            return self.operator_call("()", &values);
        }
        let callee = self.typed_callee(callee, function, &values, result)?;
        self.call_value(callee, &values)
    }

    /// What is called, with a type if a cast around the call or its arguments tell one.
    fn typed_callee(&self, callee: Value, function: &Expr, values: &[Value], result: Option<&Arc<Type>>) -> Result<Value> {
        if returned_type(&callee).is_some() {
            return Ok(callee);
        }
        // As gdb has it, the arguments are the prototype.
        let parameters = || values.iter().map(|v| v.ty.clone()).collect();
        let known = result.map(|result| Type::function(result, parameters(), false));
        match (&callee.ty.stripped().kind, known) {
            (TypeKind::NoDebug(_), Some(known)) => Ok(callee.retyped(&known)),
            (TypeKind::NoDebug(_), None) => {
                let name = if let ExprKind::Name(name, _) = &function.kind { name } else { "function" };
                let message = format!("'{name}' has unknown return type; cast the call to its declared return type");
                Err(Error::user(message))
            }
            (_, Some(known)) if callee.ty.is_pointer() || callee.ty.is_integral() && callee.ty.size > 1 => {
                let addr = callee.to_int(self.host.memory())? as u64;
                Ok(Value::pointer(&known, VirtAddr(addr)))
            }
            _ => Ok(callee),
        }
    }

    /// Calls a function with arguments that need no choice any more.
    fn call_value(&mut self, callee: Value, values: &[Value]) -> Result<Value> {
        if self.dry {
            let no_function = || Error::user("Expression of type other than \"Function returning ...\" used as function");
            return Ok(Value::at(&returned_type(&callee).ok_or_else(no_function)?, VirtAddr(0)));
        }
        let values = match &callee.ty.target().unwrap_or(&callee.ty).stripped().kind {
            TypeKind::Function(f) if f.prototyped => self.as_bases(&f.params, values)?,
            _ => values.to_vec(),
        };
        let values = if self.is_rust() { self.rust_arguments(&callee, values)? } else { values };
        let result = self.host.call(&callee, &values)?;
        let result = if self.is_rust() { rust::result(result) } else { result };
        // gdb shows what is returned without the outer typedefs: `(int &) @...` rather than `(reference) @...`.
        let plain = result.ty.stripped().clone();
        Ok(if plain.target().is_some() { result.retyped(&plain) } else { result })
    }

    /// Arguments of classes as those of the bases that the parameters want.
    fn as_bases(&self, parameters: &[Arc<Type>], values: &[Value]) -> Result<Vec<Value>> {
        let mut out = Vec::with_capacity(values.len());
        for (i, value) in values.iter().enumerate() {
            let wanted = parameters.get(i).map(|p| match &p.stripped().kind {
                TypeKind::Reference(target, _) => target,
                _ => p,
            });
            let base = wanted.map(|w| members::class_cast(w, value, self.host)).transpose()?.flatten();
            out.push(base.unwrap_or_else(|| value.clone()));
        }
        Ok(out)
    }

    /// What a name of C++ may mean in a call; `None` where it is nothing that can be overloaded.
    fn named_candidates(&mut self, name: &str, values: &[Value]) -> Result<Option<Vec<Candidate>>> {
        if let Some((scope, own)) = split_scope(name.strip_prefix("::").unwrap_or(name))
            && let Some(class) = self.host.find_type(scope)?.filter(|c| fields_of(c).is_some())
        {
            return self.class_candidates(&class.completed(), scope, own);
        }
        // A variable, as a pointer to a function, is that and nothing else.
        let found = self.host.lookup(name, None).unwrap_or(None);
        if found.is_some_and(|v| !v.ty.is_function()) {
            return Ok(None);
        }
        if let Some(this) = self.this()?
            && let Some(Member::Methods(methods, part)) = members::find(&this, name, self.host)?
        {
            return Ok(Some(methods.iter().filter_map(|m| Candidate::method(m, &part, true, false)).collect()));
        }
        let candidates = self.free_candidates(name, values)?;
        // A function of C is called with whatever it is given.
        let is_c = candidates.iter().all(|c| matches!(&c.target, Target::Function(f) if f.ty.language != Language::Cpp));
        Ok((!is_c).then_some(candidates))
    }

    /// The functions of a name, also those of the namespaces of the arguments' types.
    pub(super) fn free_candidates(&self, name: &str, values: &[Value]) -> Result<Vec<Candidate>> {
        let mut near: Vec<String> = Vec::new();
        for scope in values.iter().filter_map(|v| scope_of(&v.ty)) {
            if !near.contains(&scope) {
                near.push(scope);
            }
        }
        Ok(self.host.functions(name, &near)?.into_iter().filter_map(Candidate::function).collect())
    }

    /// `Class::method(...)`: on `this` if that is of the class, or a static one.
    fn class_candidates(&mut self, class: &Arc<Type>, scope: &str, own: &str) -> Result<Option<Vec<Candidate>>> {
        if let Some(this) = self.this()?
            && let Ok(Some(Member::Methods(methods, part))) = members::find(&this, &format!("{scope}::{own}"), self.host)
        {
            return Ok(Some(methods.iter().filter_map(|m| Candidate::method(m, &part, true, true)).collect()));
        }
        match members::find(&Value::at(class, VirtAddr(0)), own, self.host)? {
            Some(Member::Methods(methods, part)) => {
                Ok(Some(methods.iter().filter_map(|m| Candidate::method(m, &part, false, true)).collect()))
            }
            _ => Ok(None),
        }
    }

    /// `object.method(...)`; `None` where it is a member that may be called.
    fn cpp_method_call(&mut self, of: &Expr, (name, arrow): (&str, bool), values: &[Value]) -> Result<Option<Value>> {
        let object = self.object(of, arrow)?;
        if fields_of(&object.ty).is_none() || object.ty.language != Language::Cpp {
            return Ok(None);
        }
        let known = match values {
            [] => self.known(|printer| asked(printer, &object, name)),
            [index] if name == "at" => self.known(|printer| element_at(printer, &object, index)),
            _ => None,
        };
        if let Some(known) = known {
            return known.map(Some);
        }
        let mut found = members::find(&object, name, self.host)?;
        if found.is_none()
            && self.host.options().object
            && let Some((whole, _)) = self.host.seen_as_it_is(&object)
        {
            found = members::find(&whole, name, self.host)?;
        }
        let class = object.ty.stripped().name.clone();
        let own = split_scope(name).map_or(name, |(_, own)| own);
        let bare = class.split('<').next().unwrap_or(&class);
        if found.is_some() && (own.starts_with('~') || own == bare.rsplit("::").next().unwrap_or(bare)) {
            // Which of the functions of a constructor or destructor is meant is not said, and it would not make what it should.
            return Err(Error::user("Cannot evaluate function -- may be inlined"));
        }
        match found {
            Some(Member::Data(_)) => Ok(None),
            Some(Member::Methods(methods, part)) => {
                let qualified = split_scope(name).is_some();
                let candidates = methods.iter().filter_map(|m| Candidate::method(m, &part, true, qualified)).collect();
                self.call_best(candidates, name, values).map(Some)
            }
            None => Err(Error::user(format!("Couldn't find method {class}::{name}"))),
        }
    }

    /// Calls that of several functions which fits the arguments best.
    pub(super) fn call_best(&mut self, candidates: Vec<Candidate>, name: &str, values: &[Value]) -> Result<Value> {
        let Some(chosen) = self.chosen(&candidates, values)? else {
            return Err(no_match(&candidates, name, values));
        };
        let mut values = chosen.arguments(values).to_vec();
        let code = match &chosen.target {
            Target::Function(function) => function.clone(),
            Target::Method { method, class, object, qualified } => {
                let on = object.clone().unwrap_or_else(|| Value::at(class, VirtAddr(0)));
                let (code, this) = self.bound_method(method, &on, *qualified)?;
                if object.is_some() {
                    values.insert(0, this);
                }
                code
            }
        };
        self.call_value(code, &values)
    }

    fn chosen<'c>(&mut self, candidates: &'c [Candidate], values: &[Value]) -> Result<Option<&'c Candidate>> {
        let mut with_this = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            let this = candidate.object().map(|object| match object.address() {
                Some(at) => Value::pointer(&object.ty, at),
                // Where it will be does not matter for the choice.
                None => Value::pointer(&object.ty, VirtAddr(0)),
            });
            with_this.push(this.into_iter().chain(candidate.arguments(values).iter().cloned()).collect::<Vec<_>>());
        }
        let ranked: Vec<_> = candidates.iter().zip(&with_this).map(|(c, values)| (c.ty.clone(), &values[..])).collect();
        Ok(overload::best(&ranked, self.host.memory()).and_then(|i| candidates.get(i)))
    }
}

/// gdb's sentences where no function fits.
fn no_match(candidates: &[Candidate], name: &str, values: &[Value]) -> Error {
    let class = candidates.iter().find_map(|c| match &c.target {
        Target::Method { class, .. } => Some(class.stripped().name.clone()),
        Target::Function(_) => None,
    });
    if values.is_empty() && !candidates.is_empty() {
        return Error::user("Too few arguments in function call.");
    }
    Error::user(match class {
        Some(class) => {
            let own = split_scope(name).map_or(name, |(_, own)| own);
            format!("Cannot resolve method {class}::{own} to any overloaded instance")
        }
        None if split_scope(name).is_some() => format!("Cannot resolve method {name} to any overloaded instance"),
        None => format!("Cannot resolve function {name} to any overloaded instance"),
    })
}

pub(super) fn returned_type(callee: &Value) -> Option<Arc<Type>> {
    let ty = callee.ty.target().unwrap_or(&callee.ty);
    match &ty.stripped().kind {
        TypeKind::Function(f) => Some(f.result.clone()),
        _ => None,
    }
}
