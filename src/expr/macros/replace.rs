//! What replaces one use of a macro: its arguments put in, `#` and `##` carried out (C11 §6.10.3.1 to §6.10.3.3).

use std::rc::Rc;

use super::token::{Kind, Origin, Token, tokens};
use crate::base::Result;
use crate::dwarf::MacroDefinition;

/// Who goes through the whole text.
pub(super) trait Reader {
    /// The tokens of an argument with their own macros replaced.
    fn argument(&mut self, argument: Vec<Token>) -> Result<Vec<Token>>;

    /// Counts what was made: tokens, and the bytes of new ones. An error when it is too much.
    fn spend(&mut self, count: usize) -> Result<()>;
}

/// A definition, ready to be used.
pub(super) struct Macro {
    /// The names of the parameters; that of `...` is `__VA_ARGS__`.
    pub parameters: Option<Vec<String>>,
    /// The last parameter takes any number of arguments.
    pub is_variadic: bool,
    body: Vec<Token>,
}

impl Macro {
    pub fn of(definition: &MacroDefinition) -> Macro {
        let is_variadic = definition.parameters.as_ref().and_then(|p| p.last()).is_some_and(|last| last.ends_with("..."));
        let name = |parameter: &String| match parameter.trim_end_matches("...").trim_end() {
            "" => "__VA_ARGS__".to_owned(),
            name => name.to_owned(),
        };
        let parameters = definition.parameters.as_ref().map(|list| list.iter().map(name).collect());
        // A quote that does not end is a character like another one.
        let body = tokens(&definition.body).map(|t| t.0).unwrap_or_else(|_| vec![sign(&definition.body)]);
        Macro { parameters, is_variadic, body }
    }

    /// The number of the parameter that a token names.
    fn parameter(&self, token: &Token) -> Option<usize> {
        let parameters = self.parameters.as_ref().filter(|_| token.kind == Kind::Name)?;
        parameters.iter().position(|p| **p == *token.text)
    }

    fn is_rest(&self, parameter: usize) -> bool {
        self.is_variadic && self.parameters.as_ref().is_some_and(|p| p.len() == parameter + 1)
    }
}

fn sign(text: &str) -> Token {
    Token { kind: Kind::Sign, text: text.into(), before: "".into(), painted: false, origin: Origin::default() }
}

/// What replaces a macro that is used with these arguments, of which there are as many as it has parameters.
pub(super) fn replacement(of: &Macro, arguments: &[Vec<Token>], reader: &mut dyn Reader) -> Result<Vec<Token>> {
    let mut filling = Filling { of, arguments, expanded: vec![None; arguments.len()], reader };
    let mut out = filling.fill(&of.body)?;
    // Nothing leaves its blanks to what follows.
    let mut blanks = String::new();
    out.retain_mut(|token| {
        if token.kind == Kind::Nothing {
            blanks.push_str(&token.before);
            return false;
        }
        if !blanks.is_empty() {
            token.before = format!("{}{}", std::mem::take(&mut blanks), token.before).into();
        }
        true
    });
    Ok(out)
}

/// A macro's body while arguments are put into it.
struct Filling<'f> {
    of: &'f Macro,
    arguments: &'f [Vec<Token>],
    /// The arguments with their own macros replaced, once that was asked for.
    expanded: Vec<Option<Rc<[Token]>>>,
    reader: &'f mut dyn Reader,
}

impl Filling<'_> {
    fn fill(&mut self, body: &[Token]) -> Result<Vec<Token>> {
        let mut out: Vec<Token> = Vec::new();
        let mut at = 0;
        while let Some(token) = body.get(at) {
            let is_pasting = token.is("##") && !out.is_empty() && at + 1 < body.len();
            if !is_pasting {
                let next_pastes = |len: usize| body.get(at + len).is_some_and(|t| t.is("##")) && at + len + 1 < body.len();
                let (part, len) = self.part(body, at, &next_pastes)?;
                out.extend(part);
                at += len;
                continue;
            }
            at += 1;
            let Some(right) = body.get(at) else { break };
            let rest = self.of.parameter(right).filter(|p| self.of.is_rest(*p));
            if let Some(rest) = rest.filter(|_| out.last().is_some_and(|t| t.is(","))) {
                // GNU's `, ##__VA_ARGS__`: without arguments the comma goes too, and with some nothing is pasted.
                if self.arguments.get(rest).is_none_or(Vec::is_empty) {
                    out.pop();
                } else {
                    out.extend_from_slice(&self.expanded_argument(rest)?);
                }
                at += 1;
                continue;
            }
            // Both sides of `##` are as they were written.
            let (mut part, len) = self.part(body, at, &|_| true)?;
            at += len;
            let left = out.pop();
            let first = if part.is_empty() { None } else { Some(part.remove(0)) };
            if let Some((left, first)) = left.zip(first) {
                self.reader.spend(left.text.len() + first.text.len())?;
                out.extend(pasted(&left, &first));
            }
            out.extend(part);
        }
        Ok(out)
    }

    /// What stands at a place of the body, arguments put in, and how many tokens of the body that is. `pastes` tells whether `##`
    /// follows so many tokens.
    fn part(&mut self, body: &[Token], at: usize, pastes: &dyn Fn(usize) -> bool) -> Result<(Vec<Token>, usize)> {
        let Some(token) = body.get(at) else { return Ok((Vec::new(), 1)) };
        if token.is("#")
            && let Some(parameter) = body.get(at + 1).and_then(|next| self.of.parameter(next))
        {
            let argument = self.arguments.get(parameter).map(Vec::as_slice).unwrap_or_default();
            let text = quoted(argument);
            self.reader.spend(text.len())?;
            return Ok((vec![Token { kind: Kind::Quoted, text: text.into(), ..token.clone() }], 2));
        }
        if self.of.is_variadic && token.is_name("__VA_OPT__") && body.get(at + 1).is_some_and(|t| t.is("(")) {
            return self.optional(body, at);
        }
        let Some(parameter) = self.of.parameter(token) else { return Ok((vec![token.clone()], 1)) };
        let mut filled = match pastes(1) {
            true => self.arguments.get(parameter).cloned().unwrap_or_default(),
            false => self.expanded_argument(parameter)?.to_vec(),
        };
        match filled.first_mut() {
            Some(first) => first.before = token.before.clone(),
            None => filled.push(Token { kind: Kind::Nothing, text: "".into(), ..token.clone() }),
        }
        Ok((filled, 1))
    }

    /// `__VA_OPT__(...)`: what is in the brackets, if there are variable arguments.
    fn optional(&mut self, body: &[Token], at: usize) -> Result<(Vec<Token>, usize)> {
        let mut open = 0usize;
        let is_end = |token: &&Token| {
            open = if token.is("(") { open + 1 } else { open.saturating_sub(usize::from(token.is(")"))) };
            open > 0
        };
        let inside = body.get(at + 1..).unwrap_or_default().iter().take_while(is_end).count();
        let content = body.get(at + 2..at + 1 + inside).unwrap_or_default();
        let rest = self.arguments.len().saturating_sub(1);
        let mut filled = match self.expanded_argument(rest)?.is_empty() {
            true => Vec::new(),
            false => self.fill(content)?,
        };
        if filled.is_empty() {
            filled.push(Token { kind: Kind::Nothing, ..sign("") });
        }
        Ok((filled, inside + 2))
    }

    fn expanded_argument(&mut self, parameter: usize) -> Result<Rc<[Token]>> {
        if let Some(Some(known)) = self.expanded.get(parameter) {
            return Ok(known.clone());
        }
        let argument = self.arguments.get(parameter).cloned().unwrap_or_default();
        let expanded: Rc<[Token]> = self.reader.argument(argument)?.into();
        if let Some(slot) = self.expanded.get_mut(parameter) {
            *slot = Some(expanded.clone());
        }
        Ok(expanded)
    }
}

/// Two tokens written as one. What is no token then stays two, side by side.
fn pasted(left: &Token, right: &Token) -> Vec<Token> {
    if left.kind == Kind::Nothing {
        return vec![Token { before: left.before.clone(), ..right.clone() }];
    }
    if right.kind == Kind::Nothing {
        return vec![left.clone()];
    }
    let both = format!("{}{}", left.text, right.text);
    match tokens(&both) {
        Ok((mut found, _)) if found.len() == 1 => {
            found.iter_mut().for_each(|t| t.before = left.before.clone());
            found
        }
        _ => vec![left.clone(), Token { before: "".into(), ..right.clone() }],
    }
}

/// An argument as a string (C11 §6.10.3.2).
fn quoted(argument: &[Token]) -> String {
    let mut text = String::from("\"");
    for (index, token) in argument.iter().enumerate() {
        if index > 0 && !token.before.is_empty() {
            text.push(' ');
        }
        for c in token.text.chars() {
            if token.kind == Kind::Quoted && matches!(c, '"' | '\\') {
                text.push('\\');
            }
            text.push(c);
        }
    }
    text.push('"');
    text
}
