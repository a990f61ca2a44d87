//! The macros of a unit: what each name stood for at each place of the sources (C11 §6.10.3).

use std::cmp::Ordering;
use std::path::Path;

use super::lines::LineFile;

/// What a name stands for in the preprocessor of C.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MacroDefinition {
    /// The name.
    pub name: String,
    /// The parameters of a macro that looks like a function, as they were written: the last one is `...` or `name...` if it takes
    /// any number of arguments.
    pub parameters: Option<Vec<String>>,
    /// What it is replaced by.
    pub body: String,
}

impl MacroDefinition {
    /// Reads `NAME body` or `NAME(a,b) body`, as debug information has it (DWARF5 §6.3.2.2).
    fn parse(text: &str) -> MacroDefinition {
        let name_end = name_length(text);
        let (name, rest) = (text.get(..name_end).unwrap_or_default(), text.get(name_end..).unwrap_or_default());
        let inside = rest.strip_prefix('(').and_then(|rest| rest.split_once(')'));
        let (parameters, body) = match inside {
            Some((list, body)) => {
                let list: Vec<String> = list.split(',').map(|p| p.trim().to_owned()).filter(|p| !p.is_empty()).collect();
                (Some(list), body)
            }
            None => (None, rest),
        };
        MacroDefinition { name: name.to_owned(), parameters, body: body.trim().to_owned() }
    }

    /// The name, with the parameters if it has some: `MIN(a, b)`.
    pub fn head(&self) -> String {
        match &self.parameters {
            Some(parameters) => format!("{}({})", self.name, parameters.join(", ")),
            None => self.name.clone(),
        }
    }
}

/// The length of the name that a definition begins with.
pub(super) fn name_length(text: &str) -> usize {
    text.find(|c: char| c == '(' || c.is_ascii_whitespace()).unwrap_or(text.len())
}

/// A place in the sources of a unit: a line of one inclusion of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MacroPlace {
    /// Which inclusion: 0 is the file that was compiled.
    pub(super) inclusion: u32,
    /// The line, from 1; 0 is the compiler's command line, and -1 is before all.
    pub line: i64,
}

/// A file that was included, at one place.
#[derive(Clone, Debug)]
pub(super) struct Inclusion {
    pub(super) file: LineFile,
    /// The directive's place; `None` for the file that was compiled.
    pub(super) from: Option<MacroPlace>,
    /// How many directives led to it.
    pub(super) depth: u32,
}

/// A definition, and from where to where it holds.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// `NAME body`
    pub(super) text: Box<str>,
    pub(super) start: MacroPlace,
    pub(super) end: Option<MacroPlace>,
}

impl Entry {
    fn name(&self) -> &str {
        self.text.get(..name_length(&self.text)).unwrap_or_default()
    }
}

/// What the preprocessor computes itself.
const COMPUTED: [&str; 2] = ["__FILE__", "__LINE__"];

/// The macros of a unit.
#[derive(Debug)]
pub struct MacroTable {
    /// DW_AT_comp_dir
    directory: String,
    inclusions: Vec<Inclusion>,
    entries: Vec<Entry>,
    /// Indices of the entries, by name and in the order in which they were defined.
    sorted: Vec<u32>,
}

/// A macro that was found, and where it was defined.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundMacro {
    /// What it is.
    pub definition: MacroDefinition,
    /// Where.
    pub place: MacroPlace,
}

impl MacroTable {
    /// The table of these inclusions, of which there is one at least, and definitions in their order.
    pub(super) fn new(directory: String, inclusions: Vec<Inclusion>, mut entries: Vec<Entry>) -> MacroTable {
        let first = MacroPlace { inclusion: 0, line: -1 };
        entries.extend(COMPUTED.map(|name| Entry { text: name.into(), start: first, end: None }));
        let mut sorted: Vec<u32> = (0..).take(entries.len()).collect();
        let name = |index: u32| entries.get(index as usize).map_or("", Entry::name);
        sorted.sort_by(|a, b| name(*a).cmp(name(*b)).then(a.cmp(b)));
        MacroTable { directory, inclusions, entries, sorted }
    }

    /// The place of a line of a file; of several inclusions of the file that with the fewest directives. A file that the macros do
    /// not know gives a place before all of them.
    pub fn place(&self, file: &Path, line: u32) -> MacroPlace {
        let known = (0..).zip(&self.inclusions).filter(|(_, i)| i.file.path.as_os_str() == file.as_os_str());
        match known.min_by_key(|(_, i)| i.depth) {
            Some((inclusion, _)) => MacroPlace { inclusion, line: line.into() },
            None => MacroPlace { inclusion: 0, line: -1 },
        }
    }

    /// What a name stands for at a place.
    pub fn find(&self, name: &str, at: MacroPlace) -> Option<FoundMacro> {
        let entry = self.of_name(name).rev().find(|e| self.order(e.start, at) != Ordering::Greater)?;
        self.holds(entry, at).then(|| self.found(entry, at))
    }

    /// Everything that a name stands for anywhere in the unit; `at` is where one looks from.
    pub fn named(&self, name: &str, at: MacroPlace) -> Vec<FoundMacro> {
        self.of_name(name).map(|e| self.found(e, at)).collect()
    }

    /// Every macro at a place, by name.
    pub fn all_at(&self, at: MacroPlace) -> impl Iterator<Item = FoundMacro> {
        let entries = self.sorted.iter().filter_map(|i| self.entry(*i));
        entries.filter(move |e| self.holds(e, at)).map(move |e| self.found(e, at))
    }

    /// The names of the macros at a place that begin so.
    pub fn names_at(&self, at: MacroPlace, start: &str) -> impl Iterator<Item = &str> {
        let from = self.sorted.partition_point(|i| self.entry(*i).map_or("", Entry::name) < start);
        let entries = self.sorted.get(from..).unwrap_or_default().iter().filter_map(|i| self.entry(*i));
        entries.take_while(move |e| e.name().starts_with(start)).filter(move |e| self.holds(e, at)).map(Entry::name)
    }

    /// The file of a place with its line, and the directives that included it, from the inside: the files by their full names.
    pub fn whereabouts(&self, place: MacroPlace) -> Vec<(String, i64)> {
        let mut found = Vec::new();
        let mut next = Some(place);
        while let Some((at, inclusion)) = next.and_then(|at| Some((at, self.inclusion(at)?))) {
            found.push((self.full_name(&inclusion.file), at.line));
            next = inclusion.from;
        }
        found
    }

    fn of_name(&self, name: &str) -> impl DoubleEndedIterator<Item = &Entry> {
        let of = |index: &u32| self.entry(*index).map_or("", Entry::name);
        let from = self.sorted.partition_point(|i| of(i) < name);
        let to = self.sorted.partition_point(|i| of(i) <= name);
        self.sorted.get(from..to).unwrap_or_default().iter().filter_map(|i| self.entry(*i))
    }

    fn entry(&self, index: u32) -> Option<&Entry> {
        self.entries.get(index as usize)
    }

    fn found(&self, entry: &Entry, at: MacroPlace) -> FoundMacro {
        let mut definition = MacroDefinition::parse(&entry.text);
        if entry.start.line < 0 {
            let file = self.inclusion(at).map(|i| self.full_name(&i.file)).unwrap_or_default();
            let is_line = definition.name == "__LINE__";
            definition.body = if is_line { at.line.to_string() } else { format!("\"{}\"", file.escape_default()) };
        }
        FoundMacro { definition, place: entry.start }
    }

    fn full_name(&self, file: &LineFile) -> String {
        match file.name.starts_with('/') || self.directory.is_empty() {
            true => file.name.to_string(),
            false => format!("{}/{}", self.directory.trim_end_matches('/'), file.name),
        }
    }

    fn inclusion(&self, place: MacroPlace) -> Option<&Inclusion> {
        self.inclusions.get(place.inclusion as usize)
    }

    /// From its `#define` line on, to before the line of its `#undef`.
    fn holds(&self, entry: &Entry, at: MacroPlace) -> bool {
        self.order(entry.start, at) != Ordering::Greater && entry.end.is_none_or(|end| self.order(at, end) == Ordering::Less)
    }

    /// Which of two places the preprocessor reached first. The lines of an included file come behind the line with the directive.
    fn order(&self, mut a: MacroPlace, mut b: MacroPlace) -> Ordering {
        let depth = |place: MacroPlace| self.inclusion(place).map_or(0, |i| i.depth);
        let outwards = |place: &mut MacroPlace| match self.inclusion(*place).and_then(|i| i.from) {
            Some(from) => {
                *place = from;
                true
            }
            None => false,
        };
        let (mut inner_a, mut inner_b) = (None, None);
        while a.inclusion != b.inclusion {
            let (depth_a, depth_b) = (depth(a), depth(b));
            let (before_a, before_b) = (a.inclusion, b.inclusion);
            let mut moved = false;
            if depth_a >= depth_b {
                moved |= outwards(&mut a);
                inner_a = Some(before_a);
            }
            if depth_b >= depth_a {
                moved |= outwards(&mut b);
                inner_b = Some(before_b);
            }
            if !moved {
                break;
            }
        }
        // Of two files that one line includes, the first one counts as it was read.
        a.line.cmp(&b.line).then(inner_a.cmp(&inner_b))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn file(name: &str) -> LineFile {
        LineFile { name: name.into(), path: Path::new("/d").join(name).into() }
    }

    fn at(inclusion: u32, line: i64) -> MacroPlace {
        MacroPlace { inclusion, line }
    }

    fn entry(text: &str, start: MacroPlace, end: Option<MacroPlace>) -> Entry {
        Entry { text: text.into(), start, end }
    }

    /// `a.c` includes `b.h` in line 2, which includes `c.h` in line 1, and `c.h` again in line 5.
    fn table() -> MacroTable {
        let inclusions = vec![
            Inclusion { file: file("a.c"), from: None, depth: 0 },
            Inclusion { file: file("b.h"), from: Some(at(0, 2)), depth: 1 },
            Inclusion { file: file("c.h"), from: Some(at(1, 1)), depth: 2 },
            Inclusion { file: file("c.h"), from: Some(at(0, 5)), depth: 1 },
        ];
        let entries = vec![
            entry("D 7", at(0, 0), None),
            entry("M 1", at(0, 1), Some(at(1, 3))),
            entry("C(x) x", at(2, 1), None),
            entry("M 2", at(1, 4), Some(at(0, 9))),
        ];
        MacroTable::new("/d".to_owned(), inclusions, entries)
    }

    #[test]
    fn texts_of_definitions() {
        let head = |text: &str| {
            let found = MacroDefinition::parse(text);
            format!("{}|{}", found.head(), found.body)
        };
        assert_eq!(head("MAX 17"), "MAX|17");
        assert_eq!(head("EMPTY "), "EMPTY|");
        assert_eq!(head("PAREN (1)"), "PAREN|(1)");
        assert_eq!(head("F() 1"), "F()|1");
        assert_eq!(head("V(a,b,...) f(a)"), "V(a, b, ...)|f(a)");
        assert_eq!(head("BROKEN(a"), "BROKEN|(a");
        assert_eq!(head(""), "|");
    }

    #[test]
    fn a_definition_holds_from_its_line_to_its_end() {
        let table = table();
        let body = |name: &str, place| table.find(name, place).map(|f| f.definition.body);
        let two = Some("2".to_owned());
        assert_eq!(body("M", at(0, 1)), Some("1".to_owned()));
        assert_eq!(body("M", at(1, 2)), Some("1".to_owned()));
        assert_eq!(body("M", at(1, 3)), None);
        assert_eq!((body("M", at(0, 3)), body("M", at(3, 1)), body("M", at(0, 8))), (two.clone(), two.clone(), two));
        assert_eq!(body("M", at(0, 9)), None);
        assert_eq!(body("C", at(0, 2)), None);
        assert_eq!(body("C", at(1, 1)), None);
        assert_eq!(body("C", at(1, 2)), Some("x".to_owned()));
        assert_eq!(body("D", at(0, 0)), Some("7".to_owned()));
        assert_eq!(body("__LINE__", at(0, 8)), Some("8".to_owned()));
        assert_eq!(body("__FILE__", at(3, 8)), Some("\"/d/c.h\"".to_owned()));
        assert_eq!(table.place(Path::new("/d/c.h"), 4), at(3, 4));
        assert_eq!(table.place(Path::new("/d/none.c"), 4), at(0, -1));
        assert_eq!(table.named("M", at(0, 1)).len(), 2);
        assert_eq!(table.names_at(at(0, 3), "__").collect::<Vec<_>>(), COMPUTED);
        let names: Vec<String> = table.all_at(at(0, 3)).map(|f| f.definition.name).collect();
        assert_eq!(names, ["C", "D", "M", "__FILE__", "__LINE__"]);
        let places = [("/d/c.h".to_owned(), 1), ("/d/b.h".to_owned(), 1), ("/d/a.c".to_owned(), 2)];
        assert_eq!(table.whereabouts(at(2, 1)), places);
    }
}
