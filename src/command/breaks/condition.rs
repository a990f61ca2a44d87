//! `... if CONDITION` at the end of what was typed.

use crate::base::Result;
use crate::engine::{Condition, Session};

/// The condition of what stops at an event, if one was typed: no place tells which variables are in scope there.
pub fn parse_at_event(session: &mut Session, text: Option<&str>) -> Result<Option<Condition>> {
    text.map(|text| Condition::parse(text, session, &[])).transpose()
}

/// Splits `WHAT if CONDITION`, of which WHAT may be empty, at the first such `if` outside of quotes.
pub fn split_condition(text: &str) -> (&str, Option<&str>) {
    let mut quote = None;
    let mut may_begin = true;
    for (i, c) in text.char_indices() {
        match quote {
            Some(q) if q == c => quote = None,
            Some(_) => {}
            None if may_begin && c == 'i' => {
                let (before, rest) = text.split_at(i);
                if let Some(condition) = rest.strip_prefix("if").filter(|r| r.starts_with([' ', '\t', '('])) {
                    return (before.trim(), Some(condition.trim()));
                }
            }
            None if c == '"' || c == '\'' => quote = Some(c),
            None => {}
        }
        may_begin = c.is_whitespace();
    }
    (text.trim(), None)
}

#[cfg(test)]
mod tests {
    use super::split_condition;

    #[test]
    fn the_first_if_that_is_a_word_of_its_own() {
        assert_eq!(split_condition("a + b if x > 1 if y"), ("a + b", Some("x > 1 if y")));
        assert_eq!(split_condition("if x"), ("", Some("x")));
        assert_eq!(split_condition("gif[2]\tif(x)"), ("gif[2]", Some("(x)")));
        assert_eq!(split_condition("strcmp(s, \" if \") == ' '"), ("strcmp(s, \" if \") == ' '", None));
        assert_eq!(split_condition("iffy "), ("iffy", None));
    }
}
