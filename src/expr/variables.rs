//! Convenience variables and the value history.

use std::collections::BTreeMap;

use crate::base::{Error, Result};
use crate::value::{Place, Value};

/// The convenience variables: `$name`, without the `$` here.
#[derive(Clone, Default, Debug)]
pub struct Variables {
    values: BTreeMap<String, Value>,
    /// The order in which they were made.
    order: Vec<String>,
}

impl Variables {
    /// The value of a variable; `None` where it was never set (which an expression takes for `void`).
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// Sets a variable. The value should have been fetched, or it will change with memory.
    pub fn set(&mut self, name: &str, value: Value) {
        let place = Place::Variable { name: name.into(), offset: 0 };
        if self.values.insert(name.to_owned(), value.placed(place)).is_none() {
            self.order.push(name.to_owned());
        }
    }

    /// What a variable is before it is set: `void`, and a place to assign to.
    pub(super) fn unset(name: &str) -> Value {
        Value::void().placed(Place::Variable { name: name.into(), offset: 0 })
    }

    /// Name and value, the newest first, as gdb's `show convenience` lists them.
    pub fn newest_first(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.order.iter().rev().filter_map(|n| Some((n.as_str(), self.values.get(n)?)))
    }
}

/// The values that `print` has shown: `$1`, `$2`, ...
#[derive(Clone, Default, Debug)]
pub struct ValueHistory {
    values: Vec<Value>,
}

impl ValueHistory {
    /// Appends a value (fetched, so that it stays what was shown); its number.
    pub fn push(&mut self, value: Value) -> usize {
        self.values.push(value.frozen());
        self.values.len()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// `$n`.
    pub fn get(&self, n: u64) -> Result<Value> {
        let found = usize::try_from(n).ok().and_then(|n| self.values.get(n.checked_sub(1)?));
        found.cloned().ok_or_else(|| Error::user(format!("History has not yet reached ${n}.")))
    }

    /// `$` is `back(0)`, `$$` is `back(1)`, `$$n` is `back(n)`. An empty history gives `void`.
    pub fn back(&self, n: u64) -> Result<Value> {
        if self.values.is_empty() {
            return Ok(Value::void());
        }
        match (self.values.len() as u64).checked_sub(n) {
            Some(absolute) if absolute > 0 => self.get(absolute),
            _ => Err(Error::user(format!("History does not go back to $${n}."))),
        }
    }
}
