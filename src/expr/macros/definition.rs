//! What the user writes behind `macro define`.

use crate::base::{Error, Result};
use crate::dwarf::MacroDefinition;

/// Reads `NAME BODY` or `NAME(PARAMETERS) BODY`. The errors are gdb's sentences.
pub fn parse_definition(text: &str) -> Result<MacroDefinition> {
    let text = text.trim();
    let (name, rest) = text.split_at(name_length(text));
    if name.is_empty() {
        return Err(Error::user("Invalid macro name."));
    }
    let (parameters, body) = match rest.strip_prefix('(') {
        Some(rest) => {
            let (parameters, body) = parameters(rest)?;
            (Some(parameters), body)
        }
        None => (None, rest),
    };
    Ok(MacroDefinition { name: name.to_owned(), parameters, body: body.trim().to_owned() })
}

/// The length of the identifier that a text begins with.
fn name_length(text: &str) -> usize {
    let len = text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    if text.starts_with(|c: char| c.is_ascii_digit()) { 0 } else { len }
}

/// The parameters behind the opening bracket, and what follows the closing one.
fn parameters(text: &str) -> Result<(Vec<String>, &str)> {
    let mut found: Vec<String> = Vec::new();
    let mut rest = text.trim_start();
    if let Some(body) = rest.strip_prefix(')') {
        return Ok((found, body));
    }
    loop {
        let (name, after) = rest.split_at(name_length(rest));
        let dots = after.trim_start().strip_prefix("...");
        if name.is_empty() && dots.is_none() {
            return Err(Error::user("Macro is missing an argument."));
        }
        let whole = if dots.is_some() { format!("{name}...") } else { name.to_owned() };
        if found.contains(&whole) {
            return Err(Error::user("Two macro arguments with identical names."));
        }
        found.push(whole);
        rest = dots.unwrap_or(after).trim_start();
        if let Some(body) = rest.strip_prefix(')') {
            return Ok((found, body));
        }
        match rest.strip_prefix(',') {
            Some(_) if dots.is_some() => return Err(Error::user("')' expected after `...'.")),
            Some(more) => rest = more.trim_start(),
            None => return Err(Error::user("',' or ')' expected at end of macro arguments.")),
        }
    }
}
