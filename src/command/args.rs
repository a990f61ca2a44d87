//! A command's arguments, cut from its line as its [`ArgSpec`]s say, and how single words are read.

use crate::base::{Error, Result};

use super::describe::{ArgKind, ArgSpec};

/// The arguments of one call of a command.
#[derive(Clone, Debug, Default)]
pub struct Args {
    /// Everything after the command's name and format, without blanks around it.
    pub text: String,
    /// The text with the blanks at its end (`echo`, `complete`).
    pub raw: String,
    /// What stood after `/`, right behind the command's name: `4gx`. Without the slash.
    pub format: Option<String>,
    /// The line came from Enter: nothing was typed.
    pub repeated: bool,
    found: Vec<(&'static str, String)>,
    /// What followed the last argument of the table.
    rest: String,
}

impl Args {
    /// Cuts `text` as the table of `command` says. A missing argument and a wrong choice are errors.
    pub fn parse(command: &str, table: &[ArgSpec], format: Option<&str>, text: &str) -> Result<Args> {
        let raw = text.trim_start().to_owned();
        let mut text = text.trim();
        // `why puts -json`: behind an argument that takes the rest of the line too.
        let mut found = Vec::new();
        if let Some(json) = table.iter().find(|a| a.name == ArgSpec::JSON.name)
            && let Some(before) = text.strip_suffix(json.name).filter(|b| b.ends_with(char::is_whitespace))
        {
            text = before.trim_end();
            found.push((json.name, String::new()));
        }
        let mut args = Args { text: text.to_owned(), raw, format: format.map(str::to_owned), found, ..Args::default() };
        let has_options = table.iter().any(|a| a.name.starts_with('-'));
        let mut positional = table.iter().filter(|a| !a.name.starts_with('-') && !matches!(a.kind, ArgKind::Format)).peekable();
        let mut left = text;
        while !left.is_empty() {
            if has_options
                && left.starts_with('-')
                && let Some(after) = args.option(table, left)?
            {
                left = after;
                continue;
            }
            let Some(spec) = positional.next() else { break };
            let (word, after) = cut(spec.kind, left, positional.peek().is_none());
            if word.is_empty() {
                break;
            }
            args.found.push((spec.name, check(spec, word)?));
            left = after.trim_start();
        }
        args.rest = left.to_owned();
        if let Some(missing) = table.iter().find(|a| a.required && args.get(a.name).is_none()) {
            return Err(missing_argument(command, missing));
        }
        Ok(args)
    }

    /// Arguments that are one piece of text, for commands that call each other.
    pub fn of(text: &str) -> Args {
        Args { text: text.trim().to_owned(), raw: text.trim_start().to_owned(), rest: text.trim().to_owned(), ..Args::default() }
    }

    /// The argument or the option's value of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.found.iter().find(|f| f.0 == name).map(|f| f.1.as_str())
    }

    /// Whether this option was given.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// What follows the arguments of the table.
    pub fn rest(&self) -> &str {
        &self.rest
    }

    /// The text, or an error that asks for it: gdb's `Argument required (WHAT).`
    pub fn required(&self, what: &str) -> Result<&str> {
        if self.text.is_empty() { Err(Error::user(format!("Argument required ({what})."))) } else { Ok(&self.text) }
    }

    /// The text's words, with quotes removed and backslashes obeyed, as gdb's `buildargv`.
    pub fn words(&self) -> Vec<String> {
        split_words(&self.text)
    }

    /// Takes an option off the front of `left`; `None` if it is none of this command's.
    fn option<'t>(&mut self, table: &[ArgSpec], left: &'t str) -> Result<Option<&'t str>> {
        let (word, after) = left.split_once(char::is_whitespace).unwrap_or((left, ""));
        if word == "--" {
            return Ok(Some(after.trim_start()));
        }
        let options = || table.iter().filter(|a| a.name.starts_with('-'));
        let spec = match options().find(|a| a.name == word) {
            Some(exact) => exact,
            None => {
                let mut near = options().filter(|a| word.len() > 1 && a.name.starts_with(word));
                match (near.next(), near.next()) {
                    (Some(one), None) => one,
                    (Some(_), Some(_)) => {
                        let names: Vec<&str> = options().map(|a| a.name).filter(|n| n.starts_with(word)).collect();
                        return Err(Error::user(format!("Ambiguous option \"{word}\": {}.", names.join(", "))));
                    }
                    _ => return Ok(None),
                }
            }
        };
        if matches!(spec.kind, ArgKind::Switch) {
            self.found.push((spec.name, String::new()));
            return Ok(Some(after.trim_start()));
        }
        let (value, after) = cut(spec.kind, after.trim_start(), false);
        if value.is_empty() {
            return Err(Error::user(format!("{} requires an argument", spec.name)));
        }
        self.found.push((spec.name, check(spec, value)?));
        Ok(Some(after.trim_start()))
    }
}

fn missing_argument(command: &str, spec: &ArgSpec) -> Error {
    match spec.kind {
        ArgKind::Expr => Error::user("Argument required (expression to compute)."),
        ArgKind::File => Error::user("Argument required (file name)."),
        _ => Error::user(format!("Argument required ({}).  Try \"help {command}\".", spec.name)),
    }
}

/// What `spec` takes from the front of `text`, and what it leaves.
fn cut(kind: ArgKind, text: &str, last: bool) -> (&str, &str) {
    use ArgKind::*;
    match kind {
        Rest | OneOf(_) | Command | Setting | Type | Regex | BpId => (text, ""),
        Expr if last => (text, ""),
        Linespec => text.split_at(linespec_end(text)),
        _ => text.split_at(word_end(text)),
    }
}

fn check(spec: &ArgSpec, word: &str) -> Result<String> {
    let word = word.trim();
    match spec.kind {
        ArgKind::Choice(choices) => match choice(word, choices) {
            Ok(one) => Ok(one.to_owned()),
            Err(e) => Err(e),
        },
        ArgKind::File | ArgKind::Word | ArgKind::Module => Ok(split_words(word).into_iter().next().unwrap_or_default()),
        _ => Ok(word.to_owned()),
    }
}

/// The one of `choices` that `word` is or starts; gdb's errors otherwise.
pub fn choice<'c>(word: &str, choices: &[&'c str]) -> Result<&'c str> {
    if let Some(exact) = choices.iter().find(|c| **c == word) {
        return Ok(exact);
    }
    let mut fitting = choices.iter().filter(|c| c.starts_with(word));
    match (fitting.next(), fitting.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => Err(Error::user(format!("Ambiguous item \"{word}\"."))),
        _ => Err(Error::user(format!("Undefined item: \"{word}\"."))),
    }
}

/// The first word, whatever is in it, and what follows it without the blanks between them; `None` where there is none.
pub fn first_word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (!word.is_empty()).then(|| (word, rest.trim_start()))
}

/// Where the first word ends: at a blank outside of quotes and brackets.
pub fn word_end(text: &str) -> usize {
    let mut depth = 0i64;
    let mut quote = None;
    let mut escaped = false;
    for (i, c) in text.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (Some(q), _) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, _) if c.is_whitespace() && depth <= 0 => return i,
            _ => {}
        }
    }
    text.len()
}

/// What stands before the first comma that is in no quotes and no brackets, and what stands behind it, both trimmed. `<` and `>` are
/// brackets in locations (`f<a, b>`), and operators in expressions.
pub fn split_at_comma(text: &str, has_angles: bool) -> (&str, Option<&str>) {
    let (mut depth, mut quote) = (0usize, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(q), _) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, '<') if has_angles => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, '>') if has_angles => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => return (text[..at].trim(), Some(text[at + 1..].trim())),
            _ => {}
        }
    }
    (text.trim(), None)
}

/// Where a location ends: before ` if `, ` if(`, ` thread ` or ` task ` outside of quotes.
fn linespec_end(text: &str) -> usize {
    let mut quote = None;
    let mut previous = ' ';
    for (i, c) in text.char_indices() {
        match quote {
            Some(q) if q == c => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if previous.is_whitespace() && starts_condition(text.get(i..).unwrap_or_default()) => return i,
            None => {}
        }
        previous = c;
    }
    text.len()
}

fn starts_condition(text: &str) -> bool {
    let word = |w: &str| text.strip_prefix(w).is_some_and(|r| r.is_empty() || r.starts_with([' ', '\t', '(']));
    // gdb's `break main if` looks for a function `main if`.
    let has_more = |text: &str| text.trim_start_matches(|c: char| !c.is_whitespace() && c != '(').trim() != "";
    (word("if") || word("thread") || word("task")) && has_more(text) || word("-force-condition")
}

/// The words of a line, as gdb cuts them: quotes group, a backslash takes the next character as it is (not within single quotes).
pub fn split_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(chars.next()),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (Some(q), c) if q == c => quote = None,
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// on, off and the words that gdb takes for them; nothing is on.
pub fn switch(text: &str) -> Result<bool> {
    word_switch(text).ok_or_else(|| Error::user("\"on\" or \"off\" expected."))
}

/// The same, or auto: `None`.
pub fn auto_switch(text: &str) -> Result<Option<bool>> {
    match text {
        "" => Err(Error::user("\"on\", \"off\" or \"auto\" expected.")),
        "auto" | "aut" | "au" | "a" | "-1" => Ok(None),
        _ => word_switch(text).map(Some).ok_or_else(|| Error::user("\"on\", \"off\" or \"auto\" expected.")),
    }
}

fn word_switch(text: &str) -> Option<bool> {
    let starts = |word: &str| !text.is_empty() && word.starts_with(text);
    match text {
        "" | "1" | "on" => Some(true),
        "0" | "of" | "off" => Some(false),
        _ if starts("yes") || starts("enable") => Some(true),
        _ if starts("no") || starts("disable") => Some(false),
        "enabled" => Some(true),
        "disabled" => Some(false),
        _ => None,
    }
}

/// A regular expression of the user's, of bounded size; `^` and `$` match at lines.
pub fn compile_regex(text: &str) -> Result<regex::Regex> {
    regex::RegexBuilder::new(text).multi_line(true).size_limit(1 << 20).build().map_err(|e| {
        let reason = e.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
        Error::user(format!("Invalid regular expression \"{text}\": {reason}."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_as_a_shell_cuts_them() {
        assert_eq!(split_words(r#"a "b c" 'd\' e\ f ''"#), ["a", "b c", "d\\", "e f", ""]);
        assert_eq!(split_words("  "), Vec::<String>::new());
    }

    #[test]
    fn json_may_stand_at_the_end() {
        const ARGS: &[ArgSpec] = &[ArgSpec::JSON, ArgSpec::may("ADDRESS", ArgKind::Expr)];
        for (line, json, address) in [
            ("x-json", false, "x-json"),
            ("x -json", true, "x"),
            ("-json x", true, "x"),
            ("-json", true, ""),
            ("\"a -json\"", false, "\"a -json\""),
        ] {
            let args = Args::parse("x", ARGS, None, line).unwrap();
            assert_eq!((args.has("-json"), args.get("ADDRESS").unwrap_or_default()), (json, address), "{line}");
        }
    }

    #[test]
    fn a_location_ends_before_its_condition() {
        assert_eq!("main if x == 1".split_at(linespec_end("main if x == 1")).0, "main ");
        assert_eq!(linespec_end("ifoo"), 4);
        assert_eq!("*0x10 thread 2".split_at(linespec_end("*0x10 thread 2")).0, "*0x10 ");
    }

    #[test]
    fn brackets_and_quotes_hold_words_together() {
        assert_eq!(word_end("GOT[ 3 ] = 1"), 8);
        assert_eq!(word_end("'a b' c"), 5);
        assert_eq!(word_end(&"(".repeat(100_000)), 100_000);
    }
}
