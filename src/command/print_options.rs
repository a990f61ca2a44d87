//! `print -elements 3 -- EXP`: options of `set print` for one command.

use crate::base::{Error, Result};
use crate::value::PrintOptions;

use super::args::switch;

/// What an option sets.
enum Kind {
    /// on or off; on without a value.
    Switch(fn(&mut PrintOptions) -> &mut bool),
    /// A number or `unlimited`; the flag: 0 is unlimited too (else -1 is).
    Limit(fn(&mut PrintOptions) -> &mut Option<u32>, bool),
    /// Understood, and without an effect: rdbg has nothing to show differently.
    Nothing,
}

const OPTIONS: &[(&str, Kind)] = &[
    ("address", Kind::Switch(|o| &mut o.address)),
    ("array", Kind::Switch(|o| &mut o.array)),
    ("array-indexes", Kind::Switch(|o| &mut o.array_indexes)),
    ("elements", Kind::Limit(|o| &mut o.elements, true)),
    ("max-depth", Kind::Limit(|o| &mut o.max_depth, false)),
    ("memory-tag-violations", Kind::Nothing),
    ("nibbles", Kind::Switch(|o| &mut o.nibbles)),
    ("null-stop", Kind::Switch(|o| &mut o.null_stop)),
    ("object", Kind::Switch(|o| &mut o.object)),
    ("pretty", Kind::Switch(|o| &mut o.pretty)),
    ("raw-values", Kind::Switch(|o| &mut o.raw)),
    ("repeats", Kind::Limit(|o| &mut o.repeats, true)),
    ("static-members", Kind::Switch(|o| &mut o.static_members)),
    ("symbol", Kind::Switch(|o| &mut o.symbol)),
    ("union", Kind::Switch(|o| &mut o.union)),
    ("vtbl", Kind::Nothing),
];

/// Reads the options that `text` begins with up to their `--`; the offset behind it, or `None` where there is no `--`: then
/// the text is an expression that begins with a minus sign.
pub(super) fn parse(text: &str, options: &mut PrintOptions) -> Result<Option<usize>> {
    let ends_here = |at: usize| text.get(at + 2..).is_some_and(|t| t.is_empty() || t.starts_with(char::is_whitespace));
    let begins_here = |at: usize| text.get(..at).is_some_and(|t| t.is_empty() || t.ends_with(char::is_whitespace));
    let Some(end) = text.match_indices("--").map(|m| m.0).find(|at| begins_here(*at) && ends_here(*at)) else { return Ok(None) };
    let mut rest = text.get(..end).unwrap_or_default().trim();
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()));
        let kind = named(word)
            .map_err(|what| Error::user(format!("{what} option at: {rest} {}", text.get(end..).unwrap_or_default())))?;
        let after = after.trim_start();
        let (value, behind) = after.split_at(after.find(char::is_whitespace).unwrap_or(after.len()));
        rest = match kind {
            Kind::Limit(limit, zero_is_none) => {
                let expected = || Error::user(format!("Expected integer at: {after} {}", text.get(end..).unwrap_or_default()));
                *limit(options) = number(value, *zero_is_none).ok_or_else(expected)?;
                behind
            }
            Kind::Switch(_) | Kind::Nothing if value.is_empty() || value.starts_with('-') => {
                if let Kind::Switch(set) = kind {
                    *set(options) = true;
                }
                after
            }
            Kind::Switch(set) => {
                *set(options) = switch(value)?;
                behind
            }
            Kind::Nothing => {
                switch(value)?;
                behind
            }
        }
        .trim_start();
    }
    Ok(Some(end + 2))
}

/// The option of this name, or of this unambiguous start.
fn named(word: &str) -> std::result::Result<&'static Kind, &'static str> {
    let Some(name) = word.strip_prefix('-').filter(|n| !n.is_empty()) else { return Err("Unrecognized") };
    if let Some(exact) = OPTIONS.iter().find(|o| o.0 == name) {
        return Ok(&exact.1);
    }
    let mut near = OPTIONS.iter().filter(|o| o.0.starts_with(name));
    match (near.next(), near.next()) {
        (Some(one), None) => Ok(&one.1),
        (Some(_), Some(_)) => Err("Ambiguous"),
        _ => Err("Unrecognized"),
    }
}

/// A limit (`None`: unlimited), or `None` for what is none.
fn number(value: &str, zero_is_none: bool) -> Option<Option<u32>> {
    if !value.is_empty() && "unlimited".starts_with(value) || value == "-1" && !zero_is_none {
        return Some(None);
    }
    let n = value.parse().ok()?;
    Some(Some(n).filter(|n| *n != 0 || !zero_is_none))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_need_their_delimiter() {
        let mut options = PrintOptions::default();
        assert_eq!(parse("-5 + 3", &mut options).unwrap(), None);
        assert_eq!(parse("-x--5", &mut options).unwrap(), None);
        assert_eq!(parse("-elements 3 -pretty -- x", &mut options).unwrap(), Some(22));
        assert_eq!((options.elements, options.pretty), (Some(3), true));
        assert_eq!(parse("-e unlimited -pretty off -- x", &mut options).unwrap(), Some(27));
        assert_eq!((options.elements, options.pretty), (None, false));
        // gdb 13's own sentences.
        let error = |text| parse(text, &mut PrintOptions::default()).unwrap_err().to_string();
        assert_eq!(error("-foo 3 -- 5"), "Unrecognized option at: -foo 3 -- 5");
        assert_eq!(error("-elements foo -- 5"), "Expected integer at: foo -- 5");
        assert_eq!(error("-a -- 5"), "Ambiguous option at: -a -- 5");
    }
}
