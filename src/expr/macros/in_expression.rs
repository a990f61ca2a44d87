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
    use super::*;
    use crate::expr::macros::{MacroScope, parse_definition};
    use crate::expr::{ExprKind, parse, parse_prefix};
    use crate::value::{ModuleRef, Type};
    use std::sync::Arc;

    /// Knows some macros and the module `ld-linux.so`.
    struct Known(&'static [&'static str]);

    impl Names for Known {
        fn match_module(&self, text: &str) -> Option<(ModuleRef, usize)> {
            text.starts_with("ld-linux.so").then_some((ModuleRef(1), 11))
        }

        fn macros(&self) -> Option<MacroScope> {
            let parsed = self.0.iter().filter_map(|d| parse_definition(d).ok()).map(|m| (m.name.clone(), m));
            Some(MacroScope { user: Arc::new(parsed.collect()), program: None })
        }

        fn find_type(&self, _: &str) -> Result<Option<Arc<Type>>> {
            Ok(None)
        }
    }

    const NAMES: Known = Known(&["linux 1", "MAX 17", "SQUARE(x) ((x) * (x))", "PAIR 1, 2", "NONE"]);

    #[test]
    fn only_words_can_be_macros() {
        for text in ["", "$i + 1", "0x1f == 12ul", "$a.b1$", "*(1)"] {
            assert_eq!(has_identifier(text), text == "$a.b1$", "{text}");
        }
        assert!(has_identifier("1+a") && has_identifier("(_x)") && has_identifier("$a + b"));
    }

    #[test]
    fn modules_strings_and_variables_are_left_alone() {
        let text = |text: &str| expanded(text, &NAMES).map(|e| e.map(|e| e.text)).unwrap_or_default();
        assert_eq!(text("linux + ld-linux.so!GOT[linux]").as_deref(), Some("1 + ld-linux.so!GOT[1]"));
        assert_eq!(text("$MAX + \"MAX\" + 'MAX'::x + a"), None);
        assert_eq!(text("MAX + $MAX + \"MAX\"").as_deref(), Some("17 + $MAX + \"MAX\""));
        assert_eq!(text("MAX + \"unfinished"), None);
    }

    /// What the parser says of places is about what the user wrote.
    #[test]
    fn places_are_the_users() {
        let whole = |text: &str| parse(text, &NAMES).map(|e| (e.span.start, e.span.end));
        assert_eq!(whole("  MAX ").ok(), Some((2, 5)));
        assert_eq!(whole("SQUARE(MAX) + 1").ok(), Some((0, 15)));
        let text = "a + SQUARE(b) * cd";
        let ExprKind::Binary(_, left, right) = parse(text, &NAMES).map(|e| e.kind).unwrap_or(ExprKind::Name("".into(), None))
        else {
            panic!("a sum");
        };
        let part = |e: &crate::expr::Expr| text.get(e.span.start..e.span.end).map(str::to_owned);
        assert_eq!((part(&left).as_deref(), part(&right).as_deref()), (Some("a"), Some("SQUARE(b) * cd")));
        let end = |text: &str| parse_prefix(text, &NAMES, true).map(|(_, end)| end).ok();
        assert_eq!(end("MAX, SQUARE(2), 3"), Some(3));
        assert_eq!(end(" SQUARE(2) if MAX"), Some(11));
        assert_eq!(end("SQUARE( 2 )"), Some(11));
        assert_eq!(end("(PAIR)"), Some(6));
        let error = |text: &str| match parse(text, &NAMES) {
            Err(Error::Syntax { message, span }) => (message, text.get(span.start..span.end).unwrap_or_default().to_owned()),
            other => (format!("{other:?}"), String::new()),
        };
        let (message, place) = error("1 + MAX MAX");
        assert_eq!((message.as_str(), place.as_str()), ("A syntax error in expression, near `17'.", "MAX"));
    }
}
