//! A command that the user defined, and a call of it: arguments put into its lines.

use std::rc::Rc;

use crate::base::{Error, Result};

/// A command that the user defined.
#[derive(Debug)]
pub struct UserCommand {
    /// Its whole name.
    pub name: String,
    /// Its lines.
    pub body: Rc<[String]>,
    /// What `document` says, lines joined.
    pub document: String,
    /// Commands may stand below it (`define-prefix`).
    pub is_prefix: bool,
}

/// A call of a user's command.
pub(super) struct Call {
    /// All its arguments, as they were typed.
    pub whole: String,
    /// Each of them, quotes kept.
    pub args: Vec<String>,
}

impl Call {
    /// A call with the text behind the command's name.
    pub fn new(text: &str) -> Call {
        let whole = text.trim().to_owned();
        Call { args: raw_words(&whole), whole }
    }
}

/// The arguments of a user's command: words with their quotes.
fn raw_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut escaped = false;
    for c in text.chars() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (Some(q), _) if c == q => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, _) if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            _ => {}
        }
        word.push(c);
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// A line of a user's command with `$argc`, `$arg0`, … and `$arg*` replaced.
pub(super) fn substitute(line: &str, call: Option<&Call>) -> Result<String> {
    let Some(call) = call.filter(|_| line.contains("$arg")) else { return Ok(line.to_owned()) };
    let mut out = String::with_capacity(line.len());
    let mut left = line;
    while let Some(at) = left.find("$arg") {
        let (before, found) = left.split_at(at);
        out.push_str(before);
        let name = found.get(4..).unwrap_or_default();
        let digits = name.bytes().take_while(u8::is_ascii_digit).count();
        let ends_word = |n: usize| !name.get(n..).unwrap_or_default().starts_with(|c: char| c.is_alphanumeric() || c == '_');
        if name.starts_with('*') {
            out.push_str(&call.whole);
            left = name.get(1..).unwrap_or_default();
        } else if name.starts_with('c') && ends_word(1) {
            out.push_str(&call.args.len().to_string());
            left = name.get(1..).unwrap_or_default();
        } else if digits > 0 && ends_word(digits) {
            let number = name.get(..digits).unwrap_or_default();
            let Some(arg) = number.parse().ok().and_then(|n: usize| call.args.get(n)) else {
                return Err(Error::user(format!("Missing argument {number} in user function.")));
            };
            out.push_str(arg);
            left = name.get(digits..).unwrap_or_default();
        } else {
            out.push_str("$arg");
            left = name;
        }
    }
    out.push_str(left);
    Ok(out)
}

/// The lines of a body, those of blocks within it further in.
pub fn indented(body: &[String], depth: usize) -> String {
    let mut depth = depth;
    let mut text = String::new();
    for line in body.iter().map(|l| l.trim()) {
        let word = line.split_whitespace().next().unwrap_or_default();
        if matches!(word, "end" | "else") {
            depth = depth.saturating_sub(1);
        }
        text.push_str(&format!("{}{line}\n", "  ".repeat(depth)));
        if matches!(word, "if" | "while" | "else" | "commands" | "python" | "document" | "define") {
            depth += 1;
        }
    }
    text
}
