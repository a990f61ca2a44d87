//! Types in expressions: `unsigned long`, `struct node *`, `int (*)(int, char *)`.

use std::sync::Arc;

use super::lex::Token;
use super::parse::Parser;
use crate::base::{Error, Result};
use crate::value::{ArrayKind, Type, base_type};

const SPECIFIERS: [&str; 13] =
    ["void", "char", "short", "int", "long", "signed", "unsigned", "float", "double", "_Bool", "__int128", "_Float16", "bool"];

/// How many `*`, `[]` and `()` may stand in one declarator on a level.
const MAX_DERIVATIONS: usize = 20;

/// What a declarator adds to its base type, in the order in which it is added.
enum Derivation {
    Pointer { constant: bool, volatile: bool },
    Reference { rvalue: bool },
    Array(Option<u64>),
    Function { params: Vec<Arc<Type>>, variadic: bool, prototyped: bool },
}

impl Parser<'_> {
    fn word(&self) -> Option<Arc<str>> {
        match &self.token.token {
            Token::Name { name, quoted: false } => Some(name.clone()),
            _ => None,
        }
    }

    /// Whether a type begins here.
    pub(super) fn at_type(&self) -> Result<bool> {
        let Some(word) = self.word() else { return Ok(false) };
        let known = SPECIFIERS.contains(&&*word) || matches!(&*word, "struct" | "union" | "enum" | "const" | "volatile");
        Ok(known || self.named_type(&word)?.is_some())
    }

    fn named_type(&self, name: &str) -> Result<Option<Arc<Type>>> {
        Ok(self.names.find_type(name)?.or_else(|| base_type(name)))
    }

    /// A type with an abstract declarator.
    pub(super) fn type_name(&mut self) -> Result<Arc<Type>> {
        let base = self.specifiers()?;
        let derivations = self.declarator()?;
        Ok(derivations.into_iter().fold(base, |ty, d| match d {
            Derivation::Pointer { constant, volatile } => Type::qualified(&Type::pointer(&ty), constant, volatile),
            Derivation::Reference { rvalue } => Type::reference(&ty, rvalue),
            Derivation::Array(count) => Type::array_of(&ty, count, 0, ArrayKind::Plain),
            Derivation::Function { params, variadic, prototyped: true } => Type::function(&ty, params, variadic),
            Derivation::Function { .. } => Type::function_unprototyped(&ty),
        }))
    }

    fn specifiers(&mut self) -> Result<Arc<Type>> {
        let (mut constant, mut volatile) = (false, false);
        let mut words: Vec<Arc<str>> = Vec::new();
        let mut named = None;
        while let Some(word) = self.word() {
            match &*word {
                "const" => constant = true,
                "volatile" => volatile = true,
                "struct" | "union" | "enum" if words.is_empty() && named.is_none() => {
                    self.advance()?;
                    let Some(tag) = self.word() else { return Err(self.syntax_error()) };
                    let missing = || Error::user(format!("No {word} type named {tag}."));
                    named = Some(self.names.find_type(&format!("{word} {tag}"))?.ok_or_else(missing)?);
                }
                w if SPECIFIERS.contains(&w) && named.is_none() => {
                    words.push(word);
                    if combined(&words).is_none() {
                        words.pop();
                        break;
                    }
                }
                w if words.is_empty() && named.is_none() => match self.named_type(w)? {
                    Some(ty) => named = Some(ty),
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
            } else {
                break;
            }
        }
        let mut suffixes = Vec::new();
        let mut inner = Vec::new();
        if self.is_op("(") {
            self.advance()?;
            if self.is_op("*") || self.is_op("&") || self.is_op("(") || self.is_op("[") {
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
