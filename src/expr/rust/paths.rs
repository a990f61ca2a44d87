//! Paths: `a::b::<T>::c`, `self::x`, `super::super::x`, `crate::x`, `::x`, and gdb's `extern krate::x`.

use std::sync::Arc;

use super::lex::Token;
use super::parse::Parser;
use crate::base::{Error, Result};
use crate::value::{Type, rust_type};

impl Parser<'_> {
    /// A path that is next, written out from its crate on where it says so itself, and whether it does. In an expression generic
    /// arguments stand behind a `::`.
    pub(super) fn path_name(&mut self, in_expression: bool) -> Result<(String, bool)> {
        let is_self = self.take_keyword("self")?;
        if is_self && !self.take("::")? {
            return Ok(("self".to_owned(), false));
        }
        let (mut name, is_absolute) = self.path_start(is_self)?;
        loop {
            let Token::Name(part) = self.token.token.clone() else { return Err(self.error("identifier expected")) };
            self.advance()?;
            name.push_str(&part);
            if !in_expression && self.is_op("<") {
                name.push_str(&self.generic_arguments()?);
            }
            if !self.take("::")? {
                return Ok((name, is_absolute));
            }
            if self.is_op("<") {
                name.push_str(&self.generic_arguments()?);
                if !self.take("::")? {
                    return Ok((name, is_absolute));
                }
            }
            name.push_str("::");
        }
    }

    /// What a path begins with, behind `self::`, up to its first name of its own.
    fn path_start(&mut self, is_self: bool) -> Result<(String, bool)> {
        if !is_self && self.take("::")? {
            return Ok((self.of_crate()?, true));
        }
        if self.take_keyword("extern")? {
            self.take("::")?;
            return Ok((String::new(), true));
        }
        if self.take_keyword("crate")? {
            self.double_colon()?;
            return Ok((self.of_crate()?, true));
        }
        let mut ups = 0;
        while self.take_keyword("super")? {
            self.double_colon()?;
            ups += 1;
        }
        if !is_self && ups == 0 {
            return Ok((String::new(), false));
        }
        if !matches!(self.token.token, Token::Name(_)) {
            return Err(self.error("identifier expected"));
        }
        let scope = self.names.module_path().ok_or_else(|| Error::user("Couldn't find namespace scope for self::"))?;
        let mut outer = Some(&*scope);
        for _ in 0..ups {
            outer = outer.and_then(|scope| scope.rsplit_once("::")).map(|(outer, _)| outer);
        }
        match outer {
            Some(outer) => Ok((format!("{outer}::"), true)),
            None => Err(Error::user(format!("Too many super:: uses from '{scope}'"))),
        }
    }

    fn double_colon(&mut self) -> Result<()> {
        if self.take("::")? { Ok(()) } else { Err(self.error("'::' expected")) }
    }

    /// `krate::`, of the crate where the user stands.
    fn of_crate(&self) -> Result<String> {
        let scope = self.names.module_path().ok_or_else(|| Error::user("Could not find crate for current location"))?;
        Ok(format!("{}::", scope.split("::").next().unwrap_or_default()))
    }

    /// `<A, B>` as debug information writes it.
    fn generic_arguments(&mut self) -> Result<String> {
        self.advance()?;
        let mut arguments = Vec::new();
        loop {
            arguments.push(self.nested(Self::generic_argument)?);
            if !self.take(",")? {
                break;
            }
        }
        self.close_angle()?;
        Ok(format!("<{}>", arguments.join(", ")))
    }

    /// A type, or the value of a const generic.
    fn generic_argument(&mut self) -> Result<String> {
        let is_negative = self.take("-")?;
        let constant = match &self.token.token {
            Token::Constant(value) => {
                let n = value.to_int(&crate::base::SliceMemory::default())?;
                Some(if value.ty.is_char() {
                    format!("{:?}", char::from_u32(n as u32).unwrap_or_default())
                } else {
                    n.to_string()
                })
            }
            Token::Keyword(word @ ("true" | "false")) => Some((*word).to_owned()),
            _ => None,
        };
        match constant {
            Some(constant) => {
                self.advance()?;
                Ok(if is_negative { format!("-{constant}") } else { constant })
            }
            None => {
                let written = self.written_type()?;
                // `Fn<(i32), Output=i32>`
                if self.take("=")? { Ok(format!("{}={}", written.text, self.written_type()?.text)) } else { Ok(written.text) }
            }
        }
    }

    /// The type of a path, from where the user stands or from its crate on.
    pub(super) fn type_named(&self, path: &str) -> Result<Option<Arc<Type>>> {
        match self.names.find_type(path)? {
            Some(ty) => Ok(Some(ty)),
            None => Ok(rust_type(path)),
        }
    }
}
