//! Operators that the program defines: `a + b`, `a[i]`, `*it`, `->`.

use super::calls::Candidate;
use super::evaluator::Evaluator;
use super::members::{self, Member, fields_of};
use crate::base::{Error, Result};
use crate::value::{Language, Printer, Type, Value, pointed_to};

/// How many `->` of smart pointers are followed.
const MAX_ARROWS: u32 = 20;

/// Whether an operator on this value is a function of the program.
pub(super) fn is_user_defined(value: &Value) -> bool {
    fields_of(&value.ty).is_some() && value.ty.language == Language::Cpp
}

impl Evaluator<'_> {
    /// The result of an operator on objects: methods of the first operand and functions, whichever fits best.
    pub(super) fn operator_call(&mut self, sign: &str, operands: &[Value]) -> Result<Value> {
        let name = format!("operator{sign}");
        let Some(first) = operands.first() else { return Err(no_operator(&name)) };
        let mut candidates = Vec::new();
        if is_user_defined(first)
            && let Some(Member::Methods(found, part)) = members::find(first, &name, self.host)?
        {
            let on = found.iter().filter_map(|m| Candidate::method(m, &part, true, false));
            candidates.extend(on.map(Candidate::on_first));
        }
        if !matches!(sign, "()" | "[]" | "->") {
            candidates.extend(self.free_candidates(&name, operands)?);
        }
        if candidates.is_empty() {
            return Err(no_operator(&name));
        }
        self.call_best(candidates, &name, operands)
    }

    /// A unary operator; the ones behind their operand have an `int` that tells them.
    pub(super) fn unary_operator(&mut self, sign: &str, operand: Value, postfix: bool) -> Result<Value> {
        let zero = Value::int(&Type::int(), 0);
        match postfix {
            true => self.operator_call(sign, &[operand, zero]),
            false => self.operator_call(sign, &[operand]),
        }
    }

    /// What the standard library's classes are known to give, without running any code of the program.
    pub(super) fn known(&self, ask: impl FnOnce(&Printer<'_>) -> Option<Result<Value>>) -> Option<Result<Value>> {
        let options = self.host.options();
        ask(&Printer { memory: self.host.memory(), symbols: &*self.host, options: &options })
    }

    /// What the `operator->` of an object leads to; the object itself if it has none.
    pub(super) fn arrow(&mut self, mut object: Value) -> Result<Value> {
        for _ in 0..MAX_ARROWS {
            if let Some(found) = self.known(|printer| pointed_to(printer, &object)) {
                return found;
            }
            if !is_user_defined(&object) || !matches!(members::find(&object, "operator->", self.host)?, Some(Member::Methods(..)))
            {
                break;
            }
            let next = self.operator_call("->", &[object])?;
            let next = self.referenced(next)?;
            if next.ty.is_pointer() {
                return Ok(next);
            }
            object = next;
        }
        Ok(object)
    }
}

fn no_operator(name: &str) -> Error {
    Error::user(format!("No symbol \"{name}\" in current context."))
}
