//! An expression with its macros replaced, and the way back to what the user wrote.

use super::expand::Expander;
use super::token::{Kind, Origin, push, tokens_but};
use crate::base::{Error, Result, Span};
use crate::expr::host::Names;
use crate::expr::lex::module_before_bang;

/// The text of an expression without macros.
pub(in crate::expr) struct Expanded {
    /// The text.
    pub text: String,
    /// Where its tokens begin, and where they come from; the last one is the end of the text.
    pieces: Vec<(usize, Origin)>,
}

/// An expression with its macros replaced; `None` if it names none, or if `names` knows none here.
pub(in crate::expr) fn expanded(text: &str, names: &dyn Names) -> Result<Option<Expanded>> {
    // `$i + 1` needs nobody to look for the place where the user stands.
    if !has_identifier(text) {
        return Ok(None);
    }
    let Some(scope) = names.macros() else { return Ok(None) };
    let has_bang = text.contains('!');
    // `ld-linux-x86-64.so.2!_start` is a module's name, though `linux` is a macro of gcc's.
    let module = |rest: &str| if has_bang { module_before_bang(rest, names).map(|(_, len)| len) } else { None };
    // What the preprocessor cannot read, the expression's own reader will complain about.
    let Ok((found, behind)) = tokens_but(text, module) else { return Ok(None) };
    let lookup = |name: &str| scope.find(name);
    let mut expander = Expander::new(&lookup, false);
    if !found.iter().any(|t| t.kind == Kind::Name && expander.knows(&t.text)) {
        return Ok(None);
    }
    let (tokens, blanks) = expander.expand(found)?;
    let mut expanded = Expanded { text: String::new(), pieces: Vec::new() };
    for (index, token) in tokens.iter().enumerate() {
        push(&mut expanded.text, index.checked_sub(1).and_then(|i| tokens.get(i)), token);
        expanded.pieces.push((expanded.text.len() - token.text.len(), token.origin));
    }
    expanded.text.push_str(&blanks);
    expanded.text.push_str(behind);
    let end = Origin { start: text.len(), end: text.len(), replaced: false };
    expanded.pieces.push((expanded.text.len(), end));
    Ok(Some(expanded))
}

/// Whether any word of a text begins as an identifier does; what follows a `$` is none.
fn has_identifier(text: &str) -> bool {
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'$';
    let mut within = false;
    text.bytes().any(|b| {
        let begins = !within && (b.is_ascii_alphabetic() || b == b'_');
        within = is_part(b);
        begins
    })
}

impl Expanded {
    /// What the user wrote where this part of the text stands; of what a macro was replaced by, the use of the macro.
    pub fn span(&self, span: Span) -> Span {
        let start = self.start(span.start);
        let end = match span.end.checked_sub(1).and_then(|last| self.piece(last)) {
            Some((at, origin)) if !origin.replaced => (origin.start + (span.end - at)).min(origin.end),
            Some((_, origin)) => origin.end,
            None => start,
        };
        Span { start, end: end.max(start) }
    }

    /// The same of a place.
    pub fn start(&self, at: usize) -> usize {
        match self.piece(at) {
            Some((begin, origin)) if !origin.replaced => (origin.start + (at - begin)).min(origin.end),
            Some((_, origin)) => origin.start,
            None => 0,
        }
    }

    /// An error with its place in what the user wrote.
    pub fn error(&self, error: Error) -> Error {
        match error {
            Error::Syntax { message, span } => Error::Syntax { message, span: self.span(span) },
            other => other,
        }
    }

    fn piece(&self, at: usize) -> Option<(usize, Origin)> {
        let index = self.pieces.partition_point(|(begin, _)| *begin <= at);
        self.pieces.get(index.checked_sub(1)?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::has_identifier;

    #[test]
    fn only_words_can_be_macros() {
        for text in ["", "$i + 1", "0x1f == 12ul", "$a.b1$", "*(1)"] {
            assert_eq!(has_identifier(text), text == "$a.b1$", "{text}");
        }
        assert!(has_identifier("1+a") && has_identifier("(_x)") && has_identifier("$a + b"));
    }
}
