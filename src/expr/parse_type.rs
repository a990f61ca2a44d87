//! Types in expressions: `unsigned long`, `struct node *`, `int (*)(int, char *)`.

use std::sync::Arc;

use super::lex::Token;
use super::parse::Parser;
use super::scoped::Scoped;
use crate::base::{Error, Result};
use crate::value::{ArrayKind, Type, base_type};

const SPECIFIERS: [&str; 14] = [
    "void", "char", "short", "int", "long", "signed", "unsigned", "float", "double", "_Bool", "__int128", "_Float16", "bool",
    "_Complex",
];

/// How many `*`, `[]` and `()` may stand in one declarator on a level.
const MAX_DERIVATIONS: usize = 20;

/// What a declarator adds to its base type, in the order in which it is added.
enum Derivation {
    Pointer { constant: bool, volatile: bool },
    Reference { rvalue: bool },
    Member { class: Arc<Type> },
    Qualified { constant: bool, volatile: bool },
    Array(Option<u64>),
    Function { params: Vec<Arc<Type>>, variadic: bool, prototyped: bool },
}

impl Parser<'_> {
    pub(super) fn word(&self) -> Option<Arc<str>> {
        match &self.token.token {
            Token::Name { name, quoted: false } => Some(name.clone()),
            _ => None,
        }
    }

    /// Whether a type begins here.
    pub(super) fn at_type(&self) -> Result<bool> {
        if let Some(word) = self.word() {
            let keyword = matches!(&*word, "struct" | "class" | "union" | "enum" | "const" | "volatile");
            // In C `class` is a name like others.
            let keyword = keyword && (&*word != "class" || self.text_ahead().starts_with(char::is_whitespace));
            if SPECIFIERS.contains(&&*word) || keyword {
                return Ok(true);
            }
        }
        Ok(self.named_type("")?.is_some())
    }

    /// The text behind the current token.
    pub(super) fn text_ahead(&self) -> &str {
        self.text.get(self.token.span.end..).unwrap_or_default()
    }

    /// The type that begins at the next token, looked up behind `prefix` (`struct `), and where it ends in the text.
    pub(super) fn named_type(&self, prefix: &str) -> Result<Option<(Arc<Type>, usize)>> {
        let start = self.token.span.start;
        if let Token::Name { name, quoted: true } = &self.token.token {
            return Ok(self.names.find_type(&format!("{prefix}{name}"))?.map(|ty| (ty, self.token.span.end)));
        }
        if !matches!(self.token.token, Token::Name { .. } | Token::Op("::")) {
            return Ok(None);
        }
        let text = self.text.get(start..).unwrap_or_default();
        for end in Scoped::of(text).ends.into_iter().rev() {
            let (name, rest) = text.split_at(end);
            // A scope of a longer name is no type that is meant here.
            if rest.starts_with("::") || (rest.starts_with('<') && name.contains("::")) {
                break;
            }
            let name = name.strip_prefix("::").unwrap_or(name);
            let found = self.names.find_type(&format!("{prefix}{name}"))?;
            if let Some(ty) = found.or_else(|| base_type(name).filter(|_| prefix.is_empty())) {
                return Ok(Some((ty, start + end)));
            }
        }
        Ok(None)
    }

    /// Goes on at this offset of the text.
    pub(super) fn jump(&mut self, to: usize) -> Result<()> {
        self.lexer.jump(to);
        self.advance().map(drop)
    }

    /// The class of a `Class::*` that is next, and where that ends in the text.
    fn member_of(&self) -> Result<Option<(Arc<Type>, usize)>> {
        let start = self.token.span.start;
        if !matches!(self.token.token, Token::Name { quoted: false, .. } | Token::Op("::")) {
            return Ok(None);
        }
        let text = self.text.get(start..).unwrap_or_default();
        let Some(end) = Scoped::of(text).ends.last().copied() else { return Ok(None) };
        let (name, rest) = text.split_at(end);
        let Some(rest) = rest.trim_start().strip_prefix("::") else { return Ok(None) };
        let Some(rest) = rest.trim_start().strip_prefix('*') else { return Ok(None) };
        Ok(self.names.find_type(name)?.map(|class| (class, self.text.len() - rest.len())))
    }

    /// A type with an abstract declarator.
    pub(super) fn type_name(&mut self) -> Result<Arc<Type>> {
        let base = self.specifiers()?;
        let derivations = self.declarator()?;
        Ok(derivations.into_iter().fold(base, |ty, d| match d {
            Derivation::Pointer { constant, volatile } => Type::qualified(&Type::pointer(&ty), constant, volatile),
            Derivation::Reference { rvalue } => Type::reference(&ty, rvalue),
            Derivation::Qualified { constant, volatile } => Type::qualified(&ty, constant, volatile),
            Derivation::Member { class } => Type::member_pointer(&class, &ty),
            Derivation::Array(count) => Type::array_of(&ty, count, 0, ArrayKind::Plain),
            Derivation::Function { params, variadic, prototyped: true } => Type::function(&ty, params, variadic),
            Derivation::Function { .. } => Type::function_unprototyped(&ty),
        }))
    }

    pub(super) fn specifiers(&mut self) -> Result<Arc<Type>> {
        let (mut constant, mut volatile) = (false, false);
        let mut words: Vec<Arc<str>> = Vec::new();
        let mut named = None;
        if named.is_none()
            && matches!(self.token.token, Token::Op("::") | Token::Name { quoted: true, .. })
            && let Some((ty, end)) = self.named_type("")?
        {
            named = Some(ty);
            self.jump(end)?;
        }
        while let Some(word) = self.word() {
            match &*word {
                "const" => constant = true,
                "volatile" => volatile = true,
                "struct" | "class" | "union" | "enum" if words.is_empty() && named.is_none() => {
                    self.advance()?;
                    let Some((ty, end)) = self.named_type(&format!("{word} "))? else {
                        let Some(tag) = self.word() else { return Err(self.syntax_error()) };
                        let word = if &*word == "class" { "struct" } else { &word };
                        return Err(Error::user(format!("No {word} type named {tag}.")));
                    };
                    named = Some(ty);
                    self.jump(end)?;
                    continue;
                }
                w if SPECIFIERS.contains(&w) && named.is_none() => {
                    words.push(word);
                    if combined(&words).is_none() {
                        words.pop();
                        break;
                    }
                }
                _ if words.is_empty() && named.is_none() => match self.named_type("")? {
                    Some((ty, end)) => {
                        named = Some(ty);
                        self.jump(end)?;
                        continue;
                    }
                    None => break,
                },
                _ => break,
            }
            self.advance()?;
        }
        let ty = match named {
            Some(ty) => ty,
            // `const` alone is no type here.
            None if words.is_empty() => return Err(self.syntax_error()),
            None => combined(&words).ok_or_else(|| self.syntax_error())?,
        };
        Ok(Type::qualified(&ty, constant, volatile))
    }

    fn qualifiers(&mut self) -> Result<(bool, bool)> {
        let (mut constant, mut volatile) = (false, false);
        while let Some(word) = self.word() {
            match &*word {
                "const" => constant = true,
                "volatile" => volatile = true,
                "restrict" | "__restrict" => {}
                _ => break,
            }
            self.advance()?;
        }
        Ok((constant, volatile))
    }

    fn declarator(&mut self) -> Result<Vec<Derivation>> {
        let mut out = Vec::new();
        loop {
            self.bounded(&out)?;
            if self.take("*")? {
                let (constant, volatile) = self.qualifiers()?;
                out.push(Derivation::Pointer { constant, volatile });
            } else if self.take("&")? {
                out.push(Derivation::Reference { rvalue: false });
            } else if self.take("&&")? {
                out.push(Derivation::Reference { rvalue: true });
            } else if let Some((class, end)) = self.member_of()? {
                self.jump(end)?;
                out.push(Derivation::Member { class });
                let (constant, volatile) = self.qualifiers()?;
                if constant || volatile {
                    out.push(Derivation::Qualified { constant, volatile });
                }
            } else {
                break;
            }
        }
        let mut suffixes = Vec::new();
        let mut inner = Vec::new();
        if self.is_op("(") {
            self.advance()?;
            let derives = self.is_op("*") || self.is_op("&") || self.is_op("&&") || self.is_op("(") || self.is_op("[");
            if derives || self.member_of()?.is_some() {
                inner = self.nested(Self::declarator)?;
                self.expect(")")?;
            } else {
                suffixes.push(self.nested(Self::parameters)?);
            }
        }
        loop {
            self.bounded(&suffixes)?;
            if self.take("(")? {
                suffixes.push(self.nested(Self::parameters)?);
            } else if self.take("[")? {
                suffixes.push(Derivation::Array(self.count()?));
            } else {
                break;
            }
        }
        // `int *[3]`: what stands closest to the name comes last.
        out.extend(suffixes.into_iter().rev());
        out.extend(inner);
        Ok(out)
    }

    /// Types are walked by recursion: they must not be longer than a stack is deep.
    fn bounded(&self, derivations: &[Derivation]) -> Result<()> {
        if derivations.len() > MAX_DERIVATIONS { Err(self.too_deep()) } else { Ok(()) }
    }

    /// Behind a `[`: a number or nothing, and the `]`.
    fn count(&mut self) -> Result<Option<u64>> {
        if self.take("]")? {
            return Ok(None);
        }
        let Token::Constant(value) = self.token.token.clone() else { return Err(self.syntax_error()) };
        let n = value.to_int(&crate::base::SliceMemory::default())?;
        self.advance()?;
        self.expect("]")?;
        u64::try_from(n).map(Some).map_err(|_| Error::user("Array index out of range."))
    }

    /// Behind a `(`: types, and the `)`.
    fn parameters(&mut self) -> Result<Derivation> {
        let (mut params, mut variadic) = (Vec::new(), false);
        if self.take(")")? {
            return Ok(Derivation::Function { params, variadic, prototyped: false });
        }
        loop {
            if !params.is_empty() && self.take("...")? {
                variadic = true;
                break;
            }
            if !self.at_type()? {
                return Err(self.syntax_error());
            }
            params.push(self.type_name()?);
            if !self.take(",")? {
                break;
            }
        }
        self.expect(")")?;
        if let [only] = &params[..]
            && only.is_void()
        {
            params.clear();
        }
        Ok(Derivation::Function { params, variadic, prototyped: true })
    }
}

impl Parser<'_> {
    /// Behind a `(`: the types of parameters, the `)`, and the `const` of a method.
    pub(super) fn parameter_types(&mut self) -> Result<Vec<Arc<Type>>> {
        let Derivation::Function { params, .. } = self.parameters()? else { return Err(self.syntax_error()) };
        self.qualifiers()?;
        Ok(params)
    }
}

/// The type of some specifiers in any order: `long unsigned int`.
fn combined(words: &[Arc<str>]) -> Option<Arc<Type>> {
    let count = |w: &str| words.iter().filter(|x| &***x == w).count();
    let sign = match (count("signed"), count("unsigned")) {
        (0, 0) => "",
        (1, 0) => "signed ",
        (0, 1) => "unsigned ",
        _ => return None,
    };
    let rest: Vec<&str> = words.iter().map(|w| &**w).filter(|w| !matches!(*w, "signed" | "unsigned")).collect();
    let longs = count("long");
    let others: Vec<&str> = rest.iter().copied().filter(|w| !matches!(*w, "long" | "int")).collect();
    let plain = others.iter().all(|w| matches!(*w, "short" | "__int128"));
    if count("int") > usize::from(plain) {
        return None;
    }
    let name = match (longs, &others[..]) {
        (0, []) => format!("{sign}int"),
        (1, []) => format!("{sign}long"),
        (2, []) => format!("{sign}long long"),
        (1, ["double"]) if sign.is_empty() => "long double".to_owned(),
        (0, [one]) => format!("{sign}{one}"),
        _ => return None,
    };
    base_type(&name)
}
