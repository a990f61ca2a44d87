//! Replacing macros in a list of tokens (C11 §6.10.3.4): what replaces one is read again, and the macro is left alone in it.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use super::replace::{Macro, Reader, replacement};
use super::token::{Kind, Origin, Token, text_of, tokens};
use crate::base::{Error, Result};
use crate::dwarf::MacroDefinition;

/// So many tokens may be read on the way: macros can double each other's length.
const MOST_TOKENS: usize = 500_000;

/// How deep macros' arguments may be nested.
const DEEPEST: usize = 100;

/// A text with its macros replaced; `once`: only those that stand in the text, and not what they bring in.
pub fn expand(text: &str, once: bool, lookup: &dyn Fn(&str) -> Option<MacroDefinition>) -> Result<String> {
    let (found, behind) = tokens(text).map_err(Error::user)?;
    let (expanded, blanks) = Expander::new(lookup, once).expand(found)?;
    Ok(format!("{}{blanks}{behind}", text_of(&expanded)))
}

/// Tokens that are to be read, and the macro that they replace.
struct Source {
    tokens: VecDeque<Token>,
    name: Option<Rc<str>>,
}

/// What is known while a text is gone through.
pub(super) struct Expander<'m> {
    lookup: &'m dyn Fn(&str) -> Option<MacroDefinition>,
    once: bool,
    known: HashMap<Rc<str>, Option<Rc<Macro>>>,
    /// The macros whose replacements are being read.
    inside: Vec<Rc<str>>,
    left: usize,
    depth: usize,
}

impl<'m> Expander<'m> {
    pub fn new(lookup: &'m dyn Fn(&str) -> Option<MacroDefinition>, once: bool) -> Expander<'m> {
        Expander { lookup, once, known: HashMap::new(), inside: Vec::new(), left: MOST_TOKENS, depth: 0 }
    }

    /// Whether a name is one of a macro.
    pub fn knows(&mut self, name: &Rc<str>) -> bool {
        self.named(name).is_some()
    }

    fn named(&mut self, name: &Rc<str>) -> Option<Rc<Macro>> {
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        let found = (self.lookup)(name).map(|d| Rc::new(Macro::of(&d)));
        self.known.insert(name.clone(), found.clone());
        found
    }

    /// The tokens with their macros replaced, and the blanks behind the last one.
    pub fn expand(&mut self, tokens: Vec<Token>) -> Result<(Vec<Token>, String)> {
        if self.depth == DEEPEST {
            return Err(Error::user("The arguments of macros are nested too deep."));
        }
        self.depth += 1;
        let mut sources = vec![Source { tokens: tokens.into(), name: None }];
        let (mut out, mut blanks) = (Vec::new(), String::new());
        while let Some(mut token) = self.next(&mut sources)? {
            let found = if token.kind == Kind::Name && !token.painted { self.named(&token.text) } else { None };
            let replaced = match found {
                Some(found) => self.replaced(&found, &token, &mut sources)?,
                None => None,
            };
            let Some(mut replaced) = replaced else {
                if !blanks.is_empty() {
                    token.before = format!("{}{}", std::mem::take(&mut blanks), token.before).into();
                }
                out.push(token);
                continue;
            };
            match replaced.first_mut() {
                Some(first) => first.before = token.before,
                None => blanks.push_str(&token.before),
            }
            if self.once {
                replaced.iter_mut().for_each(|t| t.painted = true);
            }
            self.inside.push(token.text.clone());
            sources.push(Source { tokens: replaced.into(), name: Some(token.text) });
        }
        self.depth -= 1;
        Ok((out, blanks))
    }

    /// The next token; sources that have been read to their end are left behind.
    fn next(&mut self, sources: &mut Vec<Source>) -> Result<Option<Token>> {
        self.leave_read(sources);
        self.spend(1)?;
        let mut token = sources.last_mut().and_then(|s| s.tokens.pop_front());
        if let Some(token) = token.as_mut().filter(|t| t.kind == Kind::Name && self.inside.contains(&t.text)) {
            token.painted = true;
        }
        Ok(token)
    }

    fn leave_read(&mut self, sources: &mut Vec<Source>) {
        while let Some(source) = sources.last().filter(|s| s.tokens.is_empty() && s.name.is_some()) {
            self.inside.retain(|name| Some(name) != source.name.as_ref());
            sources.pop();
        }
    }

    /// What replaces a macro's name, and the arguments behind it; `None` for the name of a macro with parameters that no argument
    /// follows.
    fn replaced(&mut self, found: &Macro, name: &Token, sources: &mut Vec<Source>) -> Result<Option<Vec<Token>>> {
        let mut origin = Origin { replaced: true, ..name.origin };
        let mut arguments = Vec::new();
        if let Some(parameters) = &found.parameters {
            self.leave_read(sources);
            if sources.last().and_then(|s| s.tokens.front()).is_none_or(|t| !t.is("(")) {
                return Ok(None);
            }
            let end;
            (arguments, end) = self.arguments(found, parameters.len(), &name.text, sources)?;
            if !end.replaced {
                origin.end = end.end.max(origin.end);
            }
        }
        let mut replaced = replacement(found, &arguments, self)?;
        replaced.iter_mut().for_each(|t| t.origin = origin);
        Ok(Some(replaced))
    }

    /// Reads the arguments of a macro with `count` parameters, and where the closing bracket stands.
    fn arguments(
        &mut self,
        found: &Macro,
        count: usize,
        name: &str,
        sources: &mut Vec<Source>,
    ) -> Result<(Vec<Vec<Token>>, Origin)> {
        let mut arguments: Vec<Vec<Token>> = vec![Vec::new()];
        let mut open = 0;
        let end = loop {
            let Some(token) = self.next(sources)? else {
                return Err(Error::user(format!("Malformed argument list for macro `{name}'.")));
            };
            match &*token.text {
                "(" => open += 1,
                ")" => open -= 1,
                _ => {}
            }
            if open == 0 {
                break token.origin;
            }
            let is_separator = token.is(",") && open == 1 && !(found.is_variadic && arguments.len() == count);
            match arguments.last_mut() {
                _ if is_separator => arguments.push(Vec::new()),
                // The opening bracket itself.
                _ if open == 1 && token.is("(") => {}
                Some(argument) => argument.push(token),
                None => {}
            }
        };
        if count == 0 && arguments.iter().all(Vec::is_empty) && arguments.len() == 1 {
            arguments.clear();
        }
        if found.is_variadic && arguments.len() + 1 == count {
            arguments.push(Vec::new());
        }
        if arguments.len() != count {
            let got = arguments.len();
            return Err(Error::user(format!("Wrong number of arguments to macro `{name}' (expected {count}, got {got}).")));
        }
        for argument in &mut arguments {
            if let Some(first) = argument.first_mut() {
                first.before = "".into();
            }
        }
        Ok((arguments, end))
    }
}

impl Reader for Expander<'_> {
    fn argument(&mut self, argument: Vec<Token>) -> Result<Vec<Token>> {
        Ok(self.expand(argument)?.0)
    }

    fn spend(&mut self, count: usize) -> Result<()> {
        self.left = self.left.checked_sub(count).ok_or_else(|| Error::user("The macros' replacement is too long."))?;
        Ok(())
    }
}
