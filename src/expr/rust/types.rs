//! Types as Rust writes them: `&[T]`, `*const T`, `[T; 4]`, `(A, B)`, `fn(A) -> B`, `dyn Trait`.

use std::sync::Arc;

use super::lex::Token;
use super::parse::Parser;
use super::values::unit;
use crate::base::{Error, Result};
use crate::value::{Language, Type, TypeKind};

/// A type by its name in debug information; of slices and traits there is nothing but the name.
pub(super) struct Written {
    pub text: String,
    ty: Option<Arc<Type>>,
    /// What of it is not known.
    missing: Option<String>,
}

impl Written {
    fn known(text: String, ty: Arc<Type>) -> Written {
        Written { text, ty: Some(ty), missing: None }
    }

    fn unknown(text: String) -> Written {
        Written { missing: Some(text.clone()), text, ty: None }
    }
}

impl Parser<'_> {
    /// A type.
    pub(super) fn ty(&mut self) -> Result<Arc<Type>> {
        let written = self.written_type()?;
        let missing = written.missing.unwrap_or(written.text);
        written.ty.ok_or_else(|| {
            Error::user(match missing.starts_with('(') {
                true => format!("could not find tuple type '{missing}'"),
                false => format!("No type name '{missing}' in current context"),
            })
        })
    }

    pub(super) fn written_type(&mut self) -> Result<Written> {
        match &self.token.token {
            Token::Op("&") => {
                self.advance()?;
                let mark = if self.take_keyword("mut")? { "&mut " } else { "&" };
                self.pointer(mark)
            }
            Token::Op("*") => {
                self.advance()?;
                let mark = if self.take_keyword("const")? { "*const " } else { "*mut " };
                self.take_keyword("mut")?;
                self.pointer(mark)
            }
            Token::Op("[") => self.array_type(),
            Token::Op("(") => self.tuple_type(),
            Token::Keyword("fn") => self.function_type(),
            Token::Keyword("dyn") => {
                self.advance()?;
                let mut text = format!("dyn {}", self.path_name(false)?.0);
                while self.take("+")? {
                    text.push_str(&format!(" + {}", self.path_name(false)?.0));
                }
                Ok(Written::unknown(text))
            }
            Token::Op("!") => {
                self.advance()?;
                Ok(Written { ty: self.type_named("!")?, ..Written::unknown("!".to_owned()) })
            }
            Token::Name(_) | Token::Op("::") | Token::Keyword("self" | "super" | "crate" | "extern") => {
                let (name, is_absolute) = self.path_name(false)?;
                let wanted = if is_absolute && name.contains("::") { format!("::{name}") } else { name.clone() };
                match self.type_named(&wanted)? {
                    // A `Box` is a pointer in the debug information, and still has its name as an argument of others.
                    Some(ty) => Ok(Written::known(if ty.name.is_empty() { name } else { ty.to_string() }, ty)),
                    None => Ok(Written::unknown(name)),
                }
            }
            _ => Err(self.error("type expected")),
        }
    }

    /// Behind `&` or `*`: a pointer, or the structure that a fat one is.
    fn pointer(&mut self, mark: &str) -> Result<Written> {
        let target = self.nested(Self::written_type)?;
        let text = format!("{mark}{}", target.text);
        // What may be changed is a type of its own, which the program may lack.
        let mut marks = [mark, "&", "&mut ", "*const ", "*mut "].into_iter();
        let most = if target.ty.is_some() { 1 } else { 5 };
        let mut fat = None;
        while let (None, Some(mark)) = (&fat, marks.next().filter(|_| marks.len() >= 5 - most)) {
            let found = self.names.find_type(&format!("{mark}{}", target.text))?;
            fat = found.filter(|ty| matches!(ty.stripped().kind, TypeKind::Struct { .. }));
        }
        Ok(Written { ty: fat.or_else(|| target.ty.as_ref().map(Type::pointer)), text, missing: target.missing })
    }

    /// `[T; 4]`, `[T]`
    fn array_type(&mut self) -> Result<Written> {
        self.advance()?;
        let element = self.nested(Self::written_type)?;
        if self.take("]")? {
            return Ok(Written::unknown(format!("[{}]", element.text)));
        }
        self.expect(";")?;
        let Token::Constant(count) = self.token.token.clone() else { return Err(self.error("integer expected")) };
        if !count.ty.is_integral() {
            return Err(self.error("integer expected"));
        }
        self.advance()?;
        self.expect("]")?;
        let count = count.to_int(&crate::base::SliceMemory::default())?;
        let count = u64::try_from(count).map_err(|_| Error::user("Array with negative number of elements"))?;
        let text = format!("[{}; {count}]", element.text);
        Ok(Written { text, ty: element.ty.map(|ty| Type::array(&ty, count)), missing: element.missing })
    }

    /// Types between brackets.
    fn types(&mut self) -> Result<Vec<Written>> {
        let mut found = Vec::new();
        while !self.is_op(")") {
            found.push(self.nested(Self::written_type)?);
            if !self.take(",")? && !self.is_op(")") {
                return Err(self.error("',' or ')' expected"));
            }
        }
        self.advance()?;
        Ok(found)
    }

    fn tuple_type(&mut self) -> Result<Written> {
        self.advance()?;
        let parts = self.types()?;
        let texts: Vec<&str> = parts.iter().map(|p| &*p.text).collect();
        let text = match &texts[..] {
            [] => return Ok(Written::known("()".to_owned(), unit().ty)),
            // rustc leaves out the comma of a tuple of one.
            more => format!("({})", more.join(", ")),
        };
        let one = if texts.len() == 1 { self.names.find_type(&format!("({},)", texts.join("")))? } else { None };
        match self.names.find_type(&text)?.or(one) {
            Some(ty) => Ok(Written::known(text, ty)),
            None => Ok(Written::unknown(text)),
        }
    }

    /// `fn(A, B) -> C`: a pointer to such a function.
    fn function_type(&mut self) -> Result<Written> {
        self.advance()?;
        self.expect("(")?;
        let parameters = self.types()?;
        let result = match self.take("->")? {
            true => self.nested(Self::written_type)?,
            false if matches!(self.token.token, Token::End | Token::Op(")" | "]" | "," | ">")) => {
                Written::known("()".to_owned(), Type::named_in(Language::Rust, "void", 1, TypeKind::Void))
            }
            false => return Err(self.error("'->' expected")),
        };
        let texts: Vec<&str> = parameters.iter().map(|p| &*p.text).collect();
        let arrow = if result.text == "()" { String::new() } else { format!(" -> {}", result.text) };
        let text = format!("fn({}){arrow}", texts.join(", "));
        let missing = parameters.iter().chain([&result]).find_map(|p| p.missing.clone());
        let types: Option<Vec<Arc<Type>>> = parameters.into_iter().map(|p| p.ty).collect();
        let ty = types.zip(result.ty).map(|(types, result)| Type::pointer(&Type::function(&result, types, false)));
        Ok(Written { text, ty, missing })
    }
}
