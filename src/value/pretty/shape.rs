//! What a pretty printer makes of a value.

use crate::value::place::Value;

/// How children are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::value) enum Style {
    /// `name = value`
    Named,
    /// `value`
    Array,
    /// `[key] = value`: keys and values take turns.
    Map,
    /// The one child, without braces.
    Alone,
    /// `{ value }`
    Spaced,
}

/// A value as a pretty printer shows it.
#[derive(Clone, Debug)]
pub(in crate::value) struct Pretty {
    /// What stands before the children.
    pub head: Option<String>,
    /// How the children are written.
    pub style: Style,
    /// The children with their names; as many as the options ask for, and one more where there are more.
    pub children: Vec<(String, Value)>,
}

impl Pretty {
    /// Nothing but text.
    pub fn text(text: impl Into<String>) -> Pretty {
        Pretty { head: Some(text.into()), style: Style::Named, children: Vec::new() }
    }

    /// Text and elements.
    pub fn array(head: impl Into<String>, elements: Vec<Value>) -> Pretty {
        let children = elements.into_iter().map(|v| (String::new(), v)).collect();
        Pretty { head: Some(head.into()), style: Style::Array, children }
    }

    /// Text and elements with their numbers before them: `[0] = 1`.
    pub fn numbered(head: impl Into<String>, elements: Vec<Value>) -> Pretty {
        let children = elements.into_iter().enumerate().map(|(i, v)| (format!("[{i}]"), v)).collect();
        Pretty { head: Some(head.into()), style: Style::Named, children }
    }

    /// Text and pairs.
    pub fn map(head: impl Into<String>, pairs: Vec<(Value, Value)>) -> Pretty {
        let children = pairs.into_iter().flat_map(|(k, v)| [k, v]).map(|v| (String::new(), v)).collect();
        Pretty { head: Some(head.into()), style: Style::Map, children }
    }

    /// Text and parts with names.
    pub fn named(head: impl Into<String>, parts: Vec<(&str, Value)>) -> Pretty {
        let children = parts.into_iter().map(|(name, v)| (name.to_owned(), v)).collect();
        Pretty { head: Some(head.into()), style: Style::Named, children }
    }

    /// Nothing but another value.
    pub fn alone(value: Value) -> Pretty {
        Pretty { head: None, style: Style::Alone, children: vec![(String::new(), value)] }
    }
}
