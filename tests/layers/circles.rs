//! Holds the files of each room to an order of their own: none is read before what it uses, so none imports another in a circle.
//!
//! An import is a path in the text: `super::x::Y`, `crate::room::Y` (which the room's door says to be `x`'s), a group of a `use`.
//! A call of a method is none: `impl Session` in a file above `session.rs` needs the type below and nothing of the file's own name.
//! Modules of tests are left out, and so are the doors, which name everything.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// What one file names: paths from the crate's root, and what it hands on under a name of its own.
#[derive(Default)]
struct Named {
    paths: BTreeSet<Vec<String>>,
    /// `pub use x::Y as Z`: (`Z` or `*`, the path of `Y`).
    handed_on: Vec<(String, Vec<String>)>,
    /// Files below this one that exist for tests only.
    test_modules: Vec<Vec<String>>,
}

struct Reader {
    module: Vec<String>,
    named: Named,
}

impl Reader {
    /// The path from the crate's root; `None` for what is local or foreign.
    fn absolute(&self, segments: &[String]) -> Option<Vec<String>> {
        let ups = segments.iter().take_while(|s| *s == "super").count();
        match segments.first()?.as_str() {
            "crate" | "$crate" => Some(segments[1..].to_vec()),
            "self" => Some([&self.module[..], &segments[1..]].concat()),
            _ if ups > 0 => Some([&self.module[..self.module.len().checked_sub(ups)?], &segments[ups..]].concat()),
            _ => None,
        }
    }

    fn use_tree(&mut self, tree: &syn::UseTree, before: &[String]) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        let (name, path) = match tree {
            syn::UseTree::Path(path) => return self.use_tree(&path.tree, &with(&path.ident)),
            syn::UseTree::Group(group) => return group.items.iter().for_each(|item| self.use_tree(item, before)),
            syn::UseTree::Name(name) if name.ident == "self" => (before.last().cloned().unwrap_or_default(), before.to_vec()),
            syn::UseTree::Name(name) => (name.ident.to_string(), with(&name.ident)),
            syn::UseTree::Rename(name) => (name.rename.to_string(), with(&name.ident)),
            syn::UseTree::Glob(_) => ("*".to_owned(), before.to_vec()),
        };
        // In a door, `use image::Image` starts at the door itself.
        let absolute = self.absolute(&path).unwrap_or_else(|| [&self.module[..], &path[..]].concat());
        self.named.handed_on.push((name, absolute.clone()));
        self.named.paths.insert(absolute);
    }

    /// Paths inside a macro's call, where syn sees none.
    fn tokens(&mut self, stream: TokenStream) {
        let mut segments: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in stream {
            match token {
                TokenTree::Punct(p) if p.as_char() == ':' => colons += 1,
                TokenTree::Ident(word) => {
                    if colons != 2 {
                        self.path(&segments);
                        segments.clear();
                    }
                    segments.push(word.to_string());
                    colons = 0;
                }
                other => {
                    self.path(&segments);
                    segments.clear();
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.path(&segments);
    }

    fn path(&mut self, segments: &[String]) {
        if let Some(path) = self.absolute(segments) {
            self.named.paths.insert(path);
        }
    }
}

fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|a| {
        a.path().is_ident("cfg")
            && a.meta.require_list().is_ok_and(|list| list.tokens.to_string().split(' ').any(|w| w == "test"))
    })
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.module.push(item.ident.to_string());
        if is_for_tests(&item.attrs) {
            self.named.test_modules.push(self.module.clone());
        } else {
            visit::visit_item_mod(self, item);
        }
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !is_for_tests(&item.attrs) {
            self.use_tree(&item.tree, &[]);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        self.path(&segments);
        visit::visit_path(self, path);
    }

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }
}

/// All files of the crate, by module.
struct House {
    files: BTreeMap<Vec<String>, (String, Named)>,
}

impl House {
    /// Of `(file relative to src/, its text)`.
    fn new(sources: impl IntoIterator<Item = (String, String)>) -> House {
        let mut files = BTreeMap::new();
        for (file, text) in sources {
            let module = super::module_of(&file);
            let mut reader = Reader { module: module.clone(), named: Named::default() };
            reader.visit_file(&syn::parse_file(&text).expect("a source file parses"));
            files.insert(module, (file, reader.named));
        }
        let for_tests: Vec<Vec<String>> = files.values().flat_map(|(_, named)| named.test_modules.clone()).collect();
        files.retain(|module, _| !for_tests.iter().any(|test| module.starts_with(test)));
        House { files }
    }

    fn is_door(&self, module: &[String]) -> bool {
        self.files.get(module).is_some_and(|(file, _)| file.ends_with("/mod.rs"))
    }

    /// The file in which what `path` names is written; through doors, which hand on.
    fn home(&self, path: &[String], depth: usize) -> Option<&[String]> {
        let length = (1..=path.len()).rev().find(|&n| self.files.contains_key(&path[..n]))?;
        let (module, (_, named)) = self.files.get_key_value(&path[..length])?;
        if !self.is_door(module) || depth == 0 {
            return (!self.is_door(module)).then_some(module);
        }
        let name = path.get(length)?;
        let exact = named.handed_on.iter().find(|(own, _)| own == name);
        match exact {
            Some((_, target)) if target != path => self.home(target, depth - 1),
            _ => None,
        }
    }

    /// Which files of a room each file of it imports.
    fn imports(&self, room: &str) -> BTreeMap<&str, BTreeSet<&str>> {
        let inside = |module: &[String]| module.first().is_some_and(|first| first == room) && !self.is_door(module);
        let files = self.files.iter().filter(|(module, _)| inside(module));
        files
            .map(|(module, (file, named))| {
                let homes = named.paths.iter().filter_map(|path| self.home(path, 8));
                let others = homes.filter(|home| *home != module && inside(home));
                (file.as_str(), others.filter_map(|home| Some(self.files.get(home)?.0.as_str())).collect())
            })
            .collect()
    }
}

/// The circles of a graph: files that reach each other, each circle once. A room has a hundred files: reachability by hand will do.
fn circles<'a>(imports: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Vec<Vec<&'a str>> {
    let reached = |from: &'a str| {
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(file) = open.pop() {
            open.extend(imports.get(file).into_iter().flatten().filter(|next| seen.insert(**next)).copied());
        }
        seen
    };
    let reach: BTreeMap<&str, BTreeSet<&str>> = imports.keys().map(|file| (*file, reached(file))).collect();
    let mut found: BTreeSet<Vec<&str>> = BTreeSet::new();
    for (file, reaches) in &reach {
        let circle: Vec<&str> =
            reaches.iter().copied().filter(|other| reach.get(other).is_some_and(|r| r.contains(file))).collect();
        if !circle.is_empty() {
            found.insert(circle);
        }
    }
    found.into_iter().collect()
}

/// A circle, and the imports that tie it.
fn told(circle: &[&str], imports: &BTreeMap<&str, BTreeSet<&str>>) -> String {
    let ties = circle.iter().flat_map(|file| {
        let inside = imports.get(file).into_iter().flatten().filter(|next| circle.contains(next));
        inside.map(move |next| format!("  {file} -> {next}\n"))
    });
    format!("{} files in a circle:\n{}", circle.len(), ties.collect::<String>())
}

#[test]
fn no_file_imports_another_in_a_circle() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    super::sources(&src, &mut paths);
    let house = House::new(paths.iter().map(|path| {
        let name = path.strip_prefix(&src).expect("below src/").to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).expect("a source file"))
    }));
    let mut wrong = String::new();
    for room in super::ORDER.iter().flat_map(|siblings| siblings.iter()) {
        let imports = house.imports(room);
        circles(&imports).iter().for_each(|circle| wrong += &format!("{room}: {}", told(circle, &imports)));
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The check can fail, and knows what is no circle.
#[test]
fn circles_are_found() {
    let house = |sources: &[(&str, &str)]| House::new(sources.iter().map(|(f, s)| ((*f).to_owned(), (*s).to_owned())));
    let door = ("elf/mod.rs", "mod a; mod b; mod c;\npub use a::{A, helper as other};\npub use b::B;");
    let circling: &[&[(&str, &str)]] = &[
        &[("elf/a.rs", "use super::b::B;"), ("elf/b.rs", "use super::a::A;")],
        &[("elf/a.rs", "use super::B;"), ("elf/b.rs", "fn f() { crate::elf::other() }")],
        &[
            ("elf/a.rs", "use super::{b, c};"),
            ("elf/b.rs", "use crate::{base::X, elf::c::C};"),
            ("elf/c.rs", "fn f() { x!(1, super::a::g()) }"),
        ],
        &[("elf/a.rs", "mod inner { use super::super::b::B; }"), ("elf/b.rs", "fn f(a: &super::A) {}")],
    ];
    for sources in circling {
        let house = house(&[&[door], *sources].concat());
        assert_eq!(circles(&house.imports("elf")).len(), 1, "{sources:?}");
    }
    let straight: &[&[(&str, &str)]] = &[
        &[("elf/a.rs", "use super::b::B;"), ("elf/b.rs", "use std::fmt;\n#[cfg(test)] mod tests { use super::super::a::A; }")],
        &[("elf/a.rs", "use super::b::B;"), ("elf/b.rs", "use crate::base::A;")],
        &[
            ("elf/a.rs", "use super::b;"),
            ("elf/b.rs", "use super::c;"),
            ("elf/c.rs", "#[cfg(test)] mod t;"),
            ("elf/c/t.rs", "use crate::elf::A;"),
        ],
    ];
    for sources in straight {
        let house = house(&[&[door], *sources].concat());
        assert!(circles(&house.imports("elf")).is_empty(), "{sources:?}");
    }
}
