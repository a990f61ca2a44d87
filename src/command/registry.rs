//! Finding what a command line begins with: gdb's rules for names and for shortening them.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::base::{Error, Result};

use super::cx::{Command, Entry, Registry, Setting};

/// A line, cut behind the command's name.
#[derive(Clone)]
pub struct Resolved<'l> {
    /// The command's whole name, as the table has it.
    pub name: String,
    /// What it is.
    pub entry: Entry,
    /// What follows the name, without blanks before it.
    pub rest: &'l str,
}

impl Registry {
    /// The names of these families, of settings, and of those below `maintenance set`.
    pub fn new(families: &[&'static [Command]], settings: &[&'static [Setting]], maintenance: &'static [Setting]) -> Registry {
        let mut names = BTreeMap::new();
        for setting in settings.iter().copied().flatten() {
            for name in std::iter::once(&setting.name).chain(setting.aliases) {
                names.insert(format!("set {name}"), Entry::Set(setting));
                names.insert(format!("show {name}"), Entry::Show(setting));
            }
        }
        for setting in maintenance {
            names.insert(format!("maintenance set {}", setting.name), Entry::Set(setting));
            names.insert(format!("maintenance show {}", setting.name), Entry::Show(setting));
        }
        for command in families.iter().flat_map(|f| f.iter()) {
            for name in std::iter::once(&command.name).chain(command.aliases) {
                names.insert((*name).to_owned(), Entry::Command(command));
            }
        }
        Registry { names }
    }

    /// Adds or replaces a user's command or alias.
    pub fn define(&mut self, name: &str, entry: Entry) {
        // Other names of a command that is defined anew lead to the new one: `define backtrace`, then `bt`.
        let is_of = |old: &Entry| match old {
            Entry::Command(c) => c.name == name,
            Entry::User(u) => u.name == name,
            _ => false,
        };
        for other in self.names.values_mut().filter(|e| is_of(e)) {
            *other = entry.clone();
        }
        self.names.insert(name.to_owned(), entry);
    }

    /// What this whole name stands for.
    pub fn exact(&self, name: &str) -> Option<&Entry> {
        self.names.get(name)
    }

    /// All names with what they stand for, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.names.iter().map(|(n, e)| (n.as_str(), e))
    }

    /// The commands of the table, sorted by name, each once.
    pub fn commands(&self) -> impl Iterator<Item = &'static Command> {
        self.names.iter().filter_map(|(name, entry)| match entry {
            Entry::Command(c) if c.name == name => Some(*c),
            _ => None,
        })
    }

    /// The names one level below `prefix` (`""` for the top, else `info`) whose last word starts with `word`.
    pub fn below<'s>(&'s self, prefix: &str, word: &str) -> impl Iterator<Item = (&'s str, &'s Entry)> {
        let start = if prefix.is_empty() { word.to_owned() } else { format!("{prefix} {word}") };
        let skip = if prefix.is_empty() { 0 } else { prefix.len() + 1 };
        let range = (Bound::Included(start.clone()), Bound::Unbounded);
        self.names
            .range::<String, _>(range)
            .take_while(move |(name, _)| name.starts_with(&start))
            .filter_map(move |(name, entry)| Some((name.get(skip..)?, entry)))
            .filter(|(word, _)| !word.contains(' '))
    }

    /// Whether names stand below this one.
    pub fn is_prefix(&self, name: &str) -> bool {
        self.below(name, "").next().is_some()
    }

    /// The command that a line begins with. Abbreviations must be unique; gdb's names win over rdbg's own.
    pub fn resolve<'l>(&self, line: &'l str) -> Result<Resolved<'l>> {
        let mut rest = line.trim_start();
        let mut at: Option<Resolved<'l>> = None;
        loop {
            let prefix = at.as_ref().map_or("", |r| r.name.as_str());
            let word = rest.get(..word_length(rest)).unwrap_or_default();
            let strict = match at.as_ref().map(|r| &r.entry) {
                None => true,
                Some(Entry::Command(c)) => c.args.is_empty(),
                Some(_) => false,
            };
            let after = rest.get(word.len()..).unwrap_or_default();
            let found = match word.is_empty() || prefix == "set" && self.is_assignment(word, after) {
                true => None,
                false => self.pick(prefix, word, strict)?,
            };
            let Some((name, entry)) = found else {
                return match at {
                    Some(done) if word.is_empty() || !strict => Ok(done),
                    // gdb names the whole rest below a prefix, and the first word at the top.
                    Some(_) => Err(self.undefined(prefix, word, rest.trim_end())),
                    None => Err(self.undefined("", word, word)),
                };
            };
            rest = rest.get(word.len()..).unwrap_or_default().trim_start();
            let prefix = self.is_prefix(&name);
            at = Some(Resolved { name, entry, rest });
            if !prefix {
                break;
            }
        }
        at.ok_or_else(|| self.undefined("", "", ""))
    }

    /// gdb's error if a word below `prefix` means several names.
    pub fn check_unique(&self, prefix: &str, word: &str) -> Result<()> {
        self.pick(prefix, word, true).map(|_| ())
    }

    /// Whether `set WORD...` assigns to something that only begins like a setting: `set list[2] = 5`.
    fn is_assignment(&self, word: &str, after: &str) -> bool {
        let after = after.trim_start();
        let assigns = after.starts_with(['[', '(']) || after.starts_with('=') && !after.starts_with("==");
        assigns && !self.names.contains_key(&format!("set {word}"))
    }

    /// The one entry below `prefix` that `word` names or abbreviates: its canonical name, and what it is.
    fn pick(&self, prefix: &str, word: &str, strict: bool) -> Result<Option<(String, Entry)>> {
        let whole = |w: &str| if prefix.is_empty() { w.to_owned() } else { format!("{prefix} {w}") };
        if let Some(entry) = self.names.get(&whole(word)) {
            return Ok(Some((canonical(entry, whole(word)), entry.clone())));
        }
        let mut fitting: Vec<(&str, &Entry)> = self.below(prefix, word).collect();
        if fitting.iter().any(|f| !f.1.is_own()) {
            fitting.retain(|f| !f.1.is_own());
        }
        let Some(first) = fitting.first() else { return Ok(None) };
        if fitting.iter().all(|f| f.1.same(first.1)) {
            return Ok(Some((canonical(first.1, whole(first.0)), first.1.clone())));
        }
        if !strict {
            return Ok(None);
        }
        let mut list = String::new();
        for (name, _) in fitting {
            // gdb cuts the list at about a line.
            if list.len() + name.len() + 6 >= 100 {
                list.push_str("..");
                break;
            }
            if !list.is_empty() {
                list.push_str(", ");
            }
            list.push_str(name);
        }
        let kind = if prefix.is_empty() { String::new() } else { format!("{prefix} ") };
        Err(Error::user(format!("Ambiguous {kind}command \"{word}\": {list}.")))
    }

    /// gdb's sentence for a name that there is not, and names that were meant perhaps.
    fn undefined(&self, prefix: &str, word: &str, text: &str) -> Error {
        let (kind, help) =
            if prefix.is_empty() { (String::new(), String::new()) } else { (format!("{prefix} "), format!(" {prefix}")) };
        let mut shown: String = text.chars().take(100).collect();
        if shown.len() < text.len() {
            shown.push_str("...");
        }
        let mut text = format!("Undefined {kind}command: \"{shown}\".  Try \"help{help}\".");
        let near = self.near(prefix, word);
        if !near.is_empty() {
            text.push_str(&format!("\nDid you mean {}?", near.join(", ")));
        }
        Error::User(text)
    }

    /// Up to three names that differ little from `word`.
    pub fn near(&self, prefix: &str, word: &str) -> Vec<String> {
        if word.len() < 2 || word.len() > 40 {
            return Vec::new();
        }
        // A third of what was typed may be wrong: more than that is another word.
        let most = (word.len() / 3).min(2);
        let mut near: Vec<(usize, &str)> = self
            .below(prefix, "")
            .filter(|(n, e)| n.len() > 2 && !is_abbreviation(n, e))
            .map(|(n, _)| (distance(word, n), n))
            .filter(|(d, _)| *d <= most)
            .collect();
        near.sort_unstable();
        let best = near.first().map_or(0, |n| n.0);
        near.into_iter().filter(|(d, _)| *d == best).take(3).map(|(_, n)| n.to_owned()).collect()
    }
}

/// The name under which an entry is known in the table.
fn canonical(entry: &Entry, found: String) -> String {
    match entry {
        Entry::Command(c) => c.name.to_owned(),
        Entry::Set(s) => format!("set {}", s.name),
        Entry::Show(s) => format!("show {}", s.name),
        Entry::User(u) => u.name.clone(),
        Entry::Alias(_) => found,
    }
}

/// The length of the command's word at the beginning of `text`: letters, digits, `-`, `_`, `.`; or one of `!` and `|`.
pub fn word_length(text: &str) -> usize {
    if text.starts_with(['!', '|']) {
        return 1;
    }
    text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(text.len())
}

/// Whether a name is an alias that is but the beginning of its command's name: `bre` of `break`.
fn is_abbreviation(name: &str, entry: &Entry) -> bool {
    let Entry::Command(command) = entry else { return false };
    let own = command.name.rsplit(' ').next().unwrap_or(command.name);
    own != name && own.starts_with(name)
}

/// The number of insertions, deletions, replacements and swaps of neighbours between two words.
pub fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut now = vec![i];
        for j in 1..=b.len() {
            let mut d = (last[j - 1] + usize::from(a[i - 1] != b[j - 1])).min(last[j] + 1).min(now[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                d = d.min(before_last[j - 2] + 1);
            }
            now.push(d);
        }
        before_last = std::mem::replace(&mut last, now);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use crate::command::fixture::{Bench, run};

    fn name(line: &str) -> String {
        match Bench::new().interpreter.registry.resolve(line) {
            Ok(found) => format!("{}|{}", found.name, found.rest),
            Err(e) => e.to_string(),
        }
    }

    #[test]
    fn abbreviations_are_unique_or_named_by_gdb() {
        assert_eq!(name("s"), "step|");
        assert_eq!(name("si 3"), "stepi|3");
        assert_eq!(name("i sym main"), "info symbol|main");
        assert_eq!(name("step"), "step|");
        assert_eq!(name("!ls"), "shell|ls");
        assert_eq!(name("show conf"), "show confirm|");
        assert_eq!(name("show p el"), "show print elements|");
    }

    #[test]
    fn sentences_are_gdbs() {
        assert_eq!(name("frobnicate"), "Undefined command: \"frobnicate\".  Try \"help\".");
        assert_eq!(name("info frobnicate"), "Undefined info command: \"frobnicate\".  Try \"help info\".");
        assert!(name("stpe").ends_with("\nDid you mean step?"), "{}", name("stpe"));
        for far in ["hello", "foo", "xy", "frame_work", "world"] {
            assert_eq!(name(far).lines().count(), 1, "{far}: {}", name(far));
        }
        assert_eq!(name("st"), "Ambiguous command \"st\": step, stepi.");
        assert!(run("info").starts_with("List of info subcommands:\n\n"));
    }

    #[test]
    fn gdbs_names_win_over_own_ones() {
        // `slots` is rdbg's, `sharedlibrary` and `symbol` are gdb's.
        assert_eq!(name("info s"), "Ambiguous info command \"s\": set, sharedlibrary, symbol.");
        assert_eq!(name("info sl"), "info slots|");
    }

    #[test]
    fn set_falls_through_to_assignment() {
        assert_eq!(name("set $x = 1"), "set|$x = 1");
        assert_eq!(name("set GOT[3] = 5"), "set|GOT[3] = 5");
        assert_eq!(name("set list[2] = 5"), "set|list[2] = 5");
        assert_eq!(name("set var i=1"), "set variable|i=1");
        assert_eq!(name("set print frob 1"), "Undefined set print command: \"frob 1\".  Try \"help set print\".");
    }

    #[test]
    fn nonsense_is_one_line() {
        for line in ["(((", "\u{1}", "@", "\"", "é"] {
            assert_eq!(name(line).lines().count(), 1, "{line}");
        }
        assert!(name(&"a".repeat(100_000)).len() < 300);
    }
}
