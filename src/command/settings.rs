//! What a setting is; how one is set and shown, with gdb's sentences. The tables are in `setting_tables/`.

use crate::base::{Error, Result};
use crate::engine::Settings;

use super::args::{auto_switch, choice, switch};
use super::cx::{Cx, Setting};
use super::describe::{Form, Sentence, SettingKind};
use super::expression::integer_i64;
use super::paths::expand_home;

impl Setting {
    /// The value as text, without quotes.
    pub fn value(&self, settings: &Settings) -> String {
        // The places are reached by one kind of function, which needs a settings it may write to.
        let mut settings = settings.clone();
        let settings = &mut settings;
        let limit = |n: Option<u32>| n.map_or_else(|| "unlimited".to_owned(), |n| n.to_string());
        match self.kind {
            SettingKind::Bool(at) => on_off(*at(settings)).to_owned(),
            SettingKind::Auto(at) => at(settings).map_or("auto", on_off).to_owned(),
            SettingKind::Limit(at) | SettingKind::ZeroLimit(at) | SettingKind::AnyLimit(at) => limit(*at(settings)),
            SettingKind::Signed(at) => at(settings).to_string(),
            SettingKind::Uint(at) => at(settings).to_string(),
            SettingKind::Enum(at, _) => (*at(settings)).to_owned(),
            SettingKind::Text(at) | SettingKind::File(at) | SettingKind::NeededFile(at) => at(settings).clone(),
            SettingKind::Taken(_, default) => settings.taken_text(self.name).unwrap_or(default).to_owned(),
        }
    }

    /// Whether it is kept for gdb's scripts, and changes nothing.
    pub fn changes_nothing(&self) -> bool {
        matches!(self.kind, SettingKind::Taken(..)) && self.after.is_none()
    }

    /// What `show` says, without a newline.
    pub fn sentence(&self, settings: &Settings) -> String {
        match self.sentence {
            Sentence::Value(sentence) => sentence.replacen("{}", &self.value(settings), 1),
            Sentence::By(sentence) => sentence(settings),
        }
    }

    /// Puts back the value that `before` has.
    pub fn restore(&self, settings: &mut Settings, mut before: Settings) {
        let old = &mut before;
        match self.kind {
            SettingKind::Bool(at) => std::mem::swap(at(settings), at(old)),
            SettingKind::Auto(at) => std::mem::swap(at(settings), at(old)),
            SettingKind::Limit(at) | SettingKind::ZeroLimit(at) | SettingKind::AnyLimit(at) => {
                std::mem::swap(at(settings), at(old));
            }
            SettingKind::Signed(at) => std::mem::swap(at(settings), at(old)),
            SettingKind::Uint(at) => std::mem::swap(at(settings), at(old)),
            SettingKind::Enum(at, _) => std::mem::swap(at(settings), at(old)),
            SettingKind::Text(at) | SettingKind::File(at) | SettingKind::NeededFile(at) => {
                std::mem::swap(at(settings), at(old));
            }
            SettingKind::Taken(..) => match old.taken.remove(self.name) {
                Some(text) => drop(settings.taken.insert(self.name, text)),
                None => drop(settings.taken.remove(self.name)),
            },
        }
    }

    /// The words that can be given.
    pub fn words(&self) -> &'static [&'static str] {
        match self.kind {
            SettingKind::Bool(_) => &["off", "on"],
            SettingKind::Auto(_) => &["auto", "off", "on"],
            SettingKind::Limit(_) | SettingKind::ZeroLimit(_) | SettingKind::AnyLimit(_) => &["unlimited"],
            SettingKind::Enum(_, words) | SettingKind::Taken(Form::Enum(words), _) => words,
            SettingKind::Taken(Form::Bool, _) => &["off", "on"],
            SettingKind::Taken(Form::Auto, _) => &["auto", "off", "on"],
            SettingKind::Taken(Form::Limit | Form::ZeroLimit, _) => &["unlimited"],
            _ => &[],
        }
    }
}

fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// `set NAME TEXT`.
pub fn set(cx: &mut Cx<'_>, setting: &Setting, text: &str) -> Result<()> {
    let before = cx.session.settings.clone();
    // gdb keeps the blanks at the end of texts: a prompt has one.
    let whole = text.trim_start();
    let text = text.trim();
    match setting.kind {
        SettingKind::Bool(at) => *at(&mut cx.session.settings) = switch(text)?,
        SettingKind::Auto(at) => *at(&mut cx.session.settings) = auto_switch(text)?,
        SettingKind::Limit(at) => {
            let n = limit(cx, text, false)?;
            *at(&mut cx.session.settings) = n.filter(|n| *n != 0);
        }
        SettingKind::ZeroLimit(at) => {
            let n = limit(cx, text, true)?;
            *at(&mut cx.session.settings) = n;
        }
        SettingKind::AnyLimit(at) => {
            let n = if text == "-1" { None } else { limit(cx, text, false)? };
            *at(&mut cx.session.settings) = n.filter(|n| *n != 0);
        }
        SettingKind::Signed(at) => *at(&mut cx.session.settings) = signed(cx, text)?,
        SettingKind::Uint(at) => *at(&mut cx.session.settings) = unsigned(cx, text)?,
        SettingKind::Enum(at, words) => *at(&mut cx.session.settings) = word_of(text, words)?,
        SettingKind::Text(at) => *at(&mut cx.session.settings) = whole.to_owned(),
        SettingKind::NeededFile(at) => *at(&mut cx.session.settings) = needed_file(text)?,
        SettingKind::File(at) => *at(&mut cx.session.settings) = expand_home(text).to_string_lossy().into_owned(),
        SettingKind::Taken(form, _) => {
            let value = in_form(cx, form, whole)?;
            cx.session.settings.taken.insert(setting.name, value);
        }
    }
    if let Some(Err(e)) = setting.after.map(|after| after(cx)) {
        setting.restore(&mut cx.session.settings, before);
        return match e {
            // A file of commands stops at its first error: what follows in it is not to suffer for what only gdb can do.
            Error::Refused(sentence) if cx.interpreter.is_in_file() => {
                cx.warn(sentence);
                Ok(())
            }
            e => Err(e),
        };
    }
    Ok(())
}

/// A value in this form, written as `show` shows it.
fn in_form(cx: &mut Cx<'_>, form: Form, whole: &str) -> Result<String> {
    let text = whole.trim();
    let unlimited = |n: Option<u32>| n.map_or_else(|| "unlimited".to_owned(), |n| n.to_string());
    Ok(match form {
        Form::Bool => on_off(switch(text)?).to_owned(),
        Form::Auto => auto_switch(text)?.map_or("auto", on_off).to_owned(),
        Form::Limit => unlimited(limit(cx, text, false)?.filter(|n| *n != 0)),
        Form::ZeroLimit => unlimited(limit(cx, text, true)?),
        Form::Uint => unsigned(cx, text)?.to_string(),
        Form::Signed => signed(cx, text)?.to_string(),
        Form::Enum(words) => word_of(text, words)?.to_owned(),
        Form::Text => whole.to_owned(),
        Form::File => expand_home(text).to_string_lossy().into_owned(),
        Form::NeededFile => needed_file(text)?,
    })
}

fn signed(cx: &mut Cx<'_>, text: &str) -> Result<i32> {
    let n = required_integer(cx, text)?;
    i32::try_from(n).map_err(|_| out_of_range(n))
}

fn unsigned(cx: &mut Cx<'_>, text: &str) -> Result<u32> {
    let n = required_integer(cx, text)?;
    u32::try_from(n).map_err(|_| out_of_range(n))
}

fn required_integer(cx: &mut Cx<'_>, text: &str) -> Result<i64> {
    match text {
        "" => Err(Error::user("Argument required (integer to set it to).")),
        _ => integer_i64(cx, text),
    }
}

fn word_of(text: &str, words: &'static [&'static str]) -> Result<&'static str> {
    if text.is_empty() {
        return Err(Error::user(format!("Requires an argument. Valid arguments are {}.", words.join(", "))));
    }
    let (word, junk) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let word = choice(word, words)?;
    if !junk.is_empty() {
        return Err(Error::user(format!("Junk after item \"{word}\": {}", junk.trim())));
    }
    Ok(word)
}

fn needed_file(text: &str) -> Result<String> {
    match text {
        "" => Err(Error::user("Argument required (filename to set it to.).")),
        _ => Ok(expand_home(text).to_string_lossy().into_owned()),
    }
}

/// `show NAME`.
pub fn show(cx: &mut Cx<'_>, setting: &Setting) -> Result<()> {
    let sentence = setting.sentence(&cx.session.settings);
    // Which language is meant by `auto` depends on where one is.
    let sentence = sentence.replace("currently c\"", &format!("currently {}\"", cx.session.language().name()));
    cx.say(format!("{sentence}\n"));
    Ok(())
}

/// A number or `unlimited` (`None`), which may be shortened.
fn limit(cx: &mut Cx<'_>, text: &str, minus_one: bool) -> Result<Option<u32>> {
    if text.is_empty() {
        return Err(Error::user("Argument required (integer to set it to, or \"unlimited\")."));
    }
    if "unlimited".starts_with(text) {
        return Ok(None);
    }
    match integer_i64(cx, text)? {
        -1 if minus_one => Ok(None),
        n if n < 0 && minus_one => Err(Error::user("only -1 is allowed to set as unlimited")),
        n => Ok(Some(u32::try_from(n).ok().filter(|n| *n < u32::MAX).ok_or_else(|| out_of_range(n))?)),
    }
}

fn out_of_range(n: i64) -> Error {
    Error::user(format!("integer {n} out of range"))
}

#[cfg(test)]
mod tests {
    use crate::command::SETTINGS;
    use crate::command::fixture::run;
    use crate::engine::Settings;

    /// What gdb 13.1 says to the same lines.
    #[test]
    fn values_are_parsed_as_gdb_parses_them() {
        assert_eq!(run("set confirm maybe"), "\"on\" or \"off\" expected.\n");
        assert_eq!(run("set confirm of\nshow confirm"), "Whether to confirm potentially dangerous operations is off.\n");
        for on in ["", "1", "y", "enable"] {
            assert_eq!(
                run(&format!("set confirm off\nset confirm {on}\nshow confirm")),
                "Whether to confirm potentially dangerous operations is on.\n"
            );
        }
        assert_eq!(run("set listsize"), "Argument required (integer to set it to, or \"unlimited\").\n");
        assert_eq!(run("set height -1"), "integer -1 out of range\n");
        assert_eq!(run("set height 0\nshow height"), "Number of lines rdbg thinks are in a page is unlimited.\n");
        assert_eq!(run("set width unl\nshow width"), "Number of characters rdbg thinks are in a line is unlimited.\n");
        assert_eq!(run("set disassembly-flavor foo"), "Undefined item: \"foo\".\n");
        assert_eq!(run("set disassembly-flavor"), "Requires an argument. Valid arguments are att, intel.\n");
        assert_eq!(run("set disassembly-flavor i\nshow disassembly-flavor"), "The disassembly flavor is \"intel\".\n");
        assert_eq!(run("set breakpoint pending foo"), "\"on\", \"off\" or \"auto\" expected.\n");
        assert_eq!(run("set print max-depth -2"), "only -1 is allowed to set as unlimited\n");
        assert_eq!(run("set print max-depth -1\nshow print max-depth"), "Maximum print depth is unlimited.\n");
        assert_eq!(run("set print elements 99999999999"), "integer 99999999999 out of range\n");
        assert_eq!(run("set output-radix 3"), "Unsupported output radix ``decimal 3''; output radix unchanged.\n");
        assert_eq!(run("set output-radix 16"), "Output radix now set to decimal 16, hex 10, octal 20.\n");
        assert_eq!(run("set max-value-size 3"), "max-value-size set too low, increasing to 16 bytes\n");
        assert_eq!(run("set prompt foo> \nshow prompt"), "Rdbg's prompt is \"foo> \".\n");
    }

    /// gdb 13.1's `show` of defaults, where the name of the debugger is not in it.
    #[test]
    fn defaults_and_sentences_are_gdbs() {
        let sentences = [
            ("print elements", "Limit on string chars or array elements to print is 200."),
            ("print repeats", "Threshold for repeated print elements is 10."),
            ("breakpoint pending", "Debugger's behavior regarding pending breakpoints is auto."),
            ("scheduler-locking", "Mode for locking scheduler during execution is \"replay\"."),
            ("follow-fork-mode", "Debugger response to a program call of fork or vfork is \"parent\"."),
            ("max-value-size", "Maximum value size is 65536 bytes."),
            ("language", "The current source language is \"auto; currently c\"."),
            ("debug-file-directory", "The directory where separate debug symbols are searched for is \"/usr/lib/debug\"."),
            ("disable-randomization", "Disabling randomization of debuggee's virtual address space is on."),
            ("logging", "logging debugredirect:  off: Debug output will go to both the screen and the log file."),
        ];
        for (name, sentence) in sentences {
            let shown = run(&format!("show {name}"));
            assert_eq!(shown.lines().next(), Some(sentence), "{name}");
        }
    }

    #[test]
    fn each_setting_takes_the_words_it_lists_and_its_own_value() {
        for setting in SETTINGS.iter().copied().flatten() {
            let value = setting.value(&Settings::default());
            let out = run(&format!("set {} {value}\nshow {}", setting.name, setting.name));
            assert!(!out.contains("expected") && !out.contains("Undefined") && !out.contains("{}"), "{}: {out}", setting.name);
            assert!(setting.summary.ends_with('.'), "{}", setting.name);
        }
    }

    #[test]
    fn the_environment_is_edited_as_gdb_edits_it() {
        let text = "set environment FOO = baz qux\nshow environment FOO\nset env FOO=x\nshow env FOO\nunset env FOO\nshow env FOO\nset env X";
        let out = "FOO = baz qux\nFOO = x\nEnvironment variable \"FOO\" not defined.\nSetting environment variable \"X\" to null value.\n";
        assert_eq!(run(text), out);
        assert_eq!(run("set environment"), "Argument required (environment variable and value).\n");
    }
}
