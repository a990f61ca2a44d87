//! Holds src/ to the order of the rooms that lib.rs and the design state, and each foreign crate and `unsafe` to its room.
//!
//! Every path is looked at: `use` trees with their groups, paths in expressions, types, patterns and attributes, and, token
//! by token, what stands inside macro calls, where syn sees no paths.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

#[path = "layers/circles.rs"]
mod circles;

/// The rooms from left to right; rooms of one line are siblings and never import each other.
const ORDER: &[&[&str]] = &[
    &["base"],
    &["arch"],
    &["elf"],
    &["os"],
    &["loader", "dwarf", "target"],
    &["symbols"],
    &["stack"],
    &["value"],
    &["expr", "syscall"],
    &["engine"],
    &["ui"],
    &["command"],
    &["front"],
];

/// Foreign crates that only these rooms may name.
const CONFINED: &[(&str, &[&str])] = &[
    ("nix", &["os/"]),
    ("libc", &["os/"]),
    ("gimli", &["dwarf/"]),
    ("goblin", &["elf/"]),
    ("iced_x86", &["arch/", "engine/inject/", "engine/inject.rs"]),
    ("rustyline", &["front/repl/", "front/repl.rs"]),
];

/// The only files that may hold `unsafe` and allow it.
const UNSAFE: &[&str] = &[
    "os/ptrace.rs",
    "os/mem.rs",
    "os/sentinel.rs",
    "os/guardian.rs",
    "os/spawn.rs",
    "os/signals.rs",
    "os/perf.rs",
    "elf/file.rs",
];

/// `mod.rs` is the door of a room; this one also holds the table of commands and their dispatch.
const TABLE: &str = "command/mod.rs";

fn rank(room: &str) -> Option<usize> {
    ORDER.iter().position(|siblings| siblings.contains(&room))
}

/// One broken rule.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Breach {
    file: String,
    line: usize,
    what: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "src/{}:{}: {}", self.file, self.line, self.what)
    }
}

/// Looks at one file, named relative to src/.
struct Checker<'a> {
    file: &'a str,
    /// The modules from the crate's root to where the visit stands: `elf::image::tests`.
    module: Vec<String>,
    breaches: BTreeSet<Breach>,
}

/// All broken rules of a file; `file` is relative to src/.
fn check(file: &str, source: &str) -> BTreeSet<Breach> {
    let module = module_of(file);
    let mut checker = Checker { file, module, breaches: BTreeSet::new() };
    let parsed = match syn::parse_file(source) {
        Ok(parsed) => parsed,
        Err(e) => {
            checker.breach(e.span(), format!("does not parse: {e}"));
            return checker.breaches;
        }
    };
    checker.room_is_known();
    checker.door_is_a_door(&parsed);
    if let Ok(tokens) = source.parse::<TokenStream>() {
        checker.unsafe_words(tokens);
    }
    checker.visit_file(&parsed);
    checker.breaches
}

/// `elf/image.rs` -> `elf::image`, `elf/mod.rs` -> `elf`, `lib.rs` and `main.rs` -> the root.
fn module_of(file: &str) -> Vec<String> {
    let mut parts: Vec<String> = file.trim_end_matches(".rs").split('/').map(String::from).collect();
    if parts.last().is_some_and(|last| last == "mod") || matches!(file, "lib.rs" | "main.rs") {
        parts.pop();
    }
    parts
}

impl Checker<'_> {
    fn breach(&mut self, at: Span, what: impl Into<String>) {
        self.breaches.insert(Breach { file: self.file.to_owned(), line: at.start().line, what: what.into() });
    }

    fn room(&self) -> Option<&str> {
        module_of(self.file).first().and_then(|first| ORDER.iter().flat_map(|s| s.iter()).find(|r| *r == first)).copied()
    }

    fn is_root(&self) -> bool {
        matches!(self.file, "lib.rs" | "main.rs")
    }

    fn room_is_known(&mut self) {
        if !self.is_root() && self.room().is_none() {
            self.breach(Span::call_site(), format!("the room `{}` stands nowhere in the order", module_of(self.file).join("::")));
        }
    }

    /// `mod.rs` holds mods, uses and docs; lib.rs `pub mod`s of known rooms.
    fn door_is_a_door(&mut self, file: &syn::File) {
        let is_door = self.file == "lib.rs" || (self.file.ends_with("/mod.rs") && self.file != TABLE);
        for item in file.items.iter().filter(|_| is_door) {
            match item {
                syn::Item::Mod(m) if self.file == "lib.rs" && rank(&m.ident.to_string()).is_none() => {
                    self.breach(item.span(), format!("the room `{}` stands nowhere in the order", m.ident));
                }
                syn::Item::Mod(m) if m.content.is_none() => {}
                syn::Item::Use(_) if self.file != "lib.rs" => {}
                _ => self.breach(item.span(), "this file is a door: only mods, uses and docs"),
            }
        }
    }

    /// `unsafe`, and permission for it, wherever the words stand.
    fn unsafe_words(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.unsafe_words(group.stream()),
                TokenTree::Ident(word) if (word == "unsafe" || word == "unsafe_code") && !UNSAFE.contains(&self.file) => {
                    self.breach(word.span(), format!("`{word}` outside {}", UNSAFE.join(", ")));
                }
                _ => {}
            }
        }
    }

    /// A path by its segments, as it is written; `names_more` where a group or a macro may continue it.
    fn path(&mut self, segments: &[String], at: Span) {
        let Some(first) = segments.first() else { return };
        let mut absolute = match first.as_str() {
            "crate" | "$crate" => segments[1..].to_vec(),
            "super" => {
                let ups = segments.iter().take_while(|s| *s == "super").count();
                if ups > self.module.len() {
                    return self.breach(at, "more `super` than modules");
                }
                let mut from_root = self.module[..self.module.len() - ups].to_vec();
                from_root.extend_from_slice(&segments[ups..]);
                from_root
            }
            "rdbg" if self.file == "main.rs" => return,
            "rdbg" => return self.breach(at, "the library names itself `rdbg`; write `crate`"),
            other => return self.foreign(other, at),
        };
        if self.is_root() {
            return;
        }
        if absolute.is_empty() {
            return self.breach(at, "names the root of the crate: no order can be seen in that");
        }
        let target = absolute.remove(0);
        self.import(&target, at);
    }

    fn import(&mut self, target: &str, at: Span) {
        let Some(own) = self.room().map(str::to_owned) else { return };
        match (rank(&own), rank(target)) {
            (_, None) => self.breach(at, format!("`crate::{target}` is no room of the order")),
            (Some(mine), Some(theirs)) if own != target && theirs >= mine => {
                let why = if mine == theirs { "siblings never import each other" } else { "it stands to the right" };
                self.breach(at, format!("`{own}` imports `{target}`: {why}"));
            }
            _ => {}
        }
    }

    fn foreign(&mut self, name: &str, at: Span) {
        if let Some((_, rooms)) = CONFINED.iter().find(|(c, _)| *c == name)
            && !rooms.iter().any(|room| self.file.starts_with(room))
        {
            self.breach(at, format!("`{name}` outside {}", rooms.join(", ")));
        }
    }

    /// Paths in a `use` tree: each leaf with all that leads to it.
    fn use_tree(&mut self, tree: &syn::UseTree, before: &mut Vec<String>, public: bool) {
        let at = tree.span();
        match tree {
            syn::UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.use_tree(&path.tree, before, public);
                before.pop();
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.use_tree(item, before, public)),
            syn::UseTree::Name(_) | syn::UseTree::Rename(_) | syn::UseTree::Glob(_) => {
                let mut whole = before.clone();
                match tree {
                    syn::UseTree::Name(name) if name.ident != "self" => whole.push(name.ident.to_string()),
                    syn::UseTree::Rename(name) if name.ident != "self" => whole.push(name.ident.to_string()),
                    _ => {}
                }
                // A constant is a plain number and says nothing of the crate; a type, a trait or a module does.
                let constant = whole
                    .last()
                    .is_some_and(|name| name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'));
                if public && !constant && CONFINED.iter().any(|(name, _)| whole.first().is_some_and(|first| first == name)) {
                    self.breach(at, format!("hands out what belongs to `{}` and stays in its room", whole[0]));
                }
                // `use super::*` in a module of tests climbs only to its file.
                self.path(&whole, at);
            }
        }
    }

    /// Paths among tokens: `a::b`, each from its first segment, `a::{b, c::d}` as in a use tree, groups within.
    fn tokens(&mut self, stream: TokenStream) {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        let colons = |i: usize| matches!((tokens.get(i), tokens.get(i + 1)), (Some(TokenTree::Punct(a)), Some(TokenTree::Punct(b))) if a.as_char() == ':' && b.as_char() == ':');
        let mut i = 0;
        while i < tokens.len() {
            match &tokens[i] {
                TokenTree::Ident(first) if colons(i + 1) => {
                    let mut segments = vec![first.to_string()];
                    let mut next = i + 1;
                    while colons(next) {
                        match tokens.get(next + 2) {
                            Some(TokenTree::Ident(segment)) => segments.push(segment.to_string()),
                            Some(TokenTree::Group(group)) => {
                                self.token_group(&segments, group.stream());
                                break;
                            }
                            _ => break,
                        }
                        next += 3;
                    }
                    if segments.len() > 1 || !colons(i + 1) || !matches!(tokens.get(i + 3), Some(TokenTree::Group(_))) {
                        self.path(&segments, first.span());
                    }
                    i = next.max(i + 1);
                }
                TokenTree::Group(group) => {
                    self.tokens(group.stream());
                    i += 1;
                }
                _ => i += 1,
            }
        }
    }

    /// `before::{a, b::c}` among tokens.
    fn token_group(&mut self, before: &[String], stream: TokenStream) {
        let mut starts = true;
        for token in stream {
            match token {
                TokenTree::Ident(word) if starts => {
                    let mut whole = before.to_vec();
                    whole.push(word.to_string());
                    self.path(&whole, word.span());
                    starts = false;
                }
                TokenTree::Punct(p) if p.as_char() == ',' => starts = true,
                _ => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Checker<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.attrs.iter().any(|a| a.path().is_ident("path")) {
            self.breach(item.span(), "#[path] hides where a module stands");
        }
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let public = match &item.vis {
            syn::Visibility::Public(_) => true,
            syn::Visibility::Restricted(r) => r.path.is_ident("crate"),
            syn::Visibility::Inherited => false,
        };
        self.use_tree(&item.tree, &mut Vec::new(), public);
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        self.path(&[item.ident.to_string()], item.span());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        // One segment is a local name (`libc` may be a variable); a path through a crate or a room has two.
        if path.segments.len() > 1 {
            let segments: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
            self.path(&segments, path.span());
        }
        visit::visit_path(self, path);
    }

    /// `pub(in crate::x)` is no import.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if call.path.is_ident("include") {
            self.breach(call.span(), "include! hides what a file holds");
        }
        self.tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone());
        }
        visit::visit_attribute(self, attribute);
    }
}

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("src/ can be listed") {
        let path = entry.expect("an entry of src/").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn rooms_import_only_to_the_left() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    assert!(files.len() > 20, "only {} files found under {}", files.len(), src.display());
    let breaches: Vec<String> = files
        .iter()
        .flat_map(|path| {
            let name = path.strip_prefix(&src).expect("below src/").to_string_lossy().into_owned();
            check(&name, &std::fs::read_to_string(path).expect("a source file"))
        })
        .map(|b| b.to_string())
        .collect();
    assert!(breaches.is_empty(), "{} breaches\n{}", breaches.len(), breaches.join("\n"));
}

#[test]
fn the_crate_documentation_states_this_order() {
    let lib = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).expect("src/lib.rs");
    let line = lib.lines().find(|l| l.contains("base < arch")).expect("lib.rs states the order");
    let stated: Vec<Vec<&str>> = line
        .trim_start_matches("//! ")
        .trim_matches('`')
        .split(" < ")
        .map(|rooms| rooms.trim_matches(['{', '}']).split(", ").collect())
        .collect();
    let exists = |room: &&&str| lib.contains(&format!("pub mod {room};"));
    let built: Vec<Vec<&str>> = ORDER
        .iter()
        .map(|rooms| rooms.iter().filter(exists).copied().collect::<Vec<_>>())
        .filter(|rooms| !rooms.is_empty())
        .collect();
    let stated_and_built: Vec<Vec<&str>> = stated
        .iter()
        .map(|rooms| rooms.iter().filter(exists).copied().collect::<Vec<_>>())
        .filter(|rooms| !rooms.is_empty())
        .collect();
    assert_eq!(stated_and_built, built);
}

#[test]
fn main_is_short() {
    let main = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/main.rs")).expect("src/main.rs");
    assert!(
        main.lines().count() < 100,
        "src/main.rs has {} lines: it is argv -> options -> a front end -> status",
        main.lines().count()
    );
}

/// The checker can fail: each of these is one breach, on the line that says so.
#[test]
fn each_rule_finds_its_breach() {
    let bad: &[(&str, &str, &str)] = &[
        ("base/a.rs", "use crate::elf::Image;", "`base` imports `elf`"),
        ("base/a.rs", "use crate::{base::Error, os};", "`base` imports `os`"),
        ("base/a.rs", "use crate::{\n base::Error,\n engine::{self, Session as S},\n};", "`base` imports `engine`"),
        ("elf/a.rs", "fn f() -> u8 { crate::os::now() }", "`elf` imports `os`"),
        ("elf/a.rs", "fn f(x: Vec<&crate::symbols::Module>) {}", "`elf` imports `symbols`"),
        ("elf/a.rs", "fn f(x: impl crate::target::Target) {}", "`elf` imports `target`"),
        ("elf/a.rs", "fn f(x: u8) -> bool { matches!(x, crate::engine::A) }", "`elf` imports `engine`"),
        ("elf/a.rs", "fn f() { println!(\"{}\", g(crate::ui::{a})) }", "`elf` imports `ui`"),
        ("elf/a.rs", "macro_rules! m { () => { $crate::front::go() } }", "`elf` imports `front`"),
        ("elf/a.rs", "#[derive(crate::ui::Row)] struct S;", "`elf` imports `ui`"),
        ("elf/a.rs", "fn f() { let _: crate::ui::Row; }", "`elf` imports `ui`"),
        ("elf/a.rs", "impl super::super::ui::Output for u8 {}", "`elf` imports `ui`"),
        ("elf/a.rs", "mod tests { use super::super::super::ui::Row; }", "`elf` imports `ui`"),
        ("elf/a.rs", "use super::super::super::x;", "more `super` than modules"),
        ("loader/a.rs", "use crate::dwarf::Cfi;", "siblings never import each other"),
        ("dwarf/a.rs", "use crate::target::Target;", "siblings never import each other"),
        ("target/live/a.rs", "use crate::loader::Got;", "siblings never import each other"),
        ("expr/a.rs", "use crate::syscall::Record;", "siblings never import each other"),
        ("ui/a.rs", "use crate::command::Cx;", "`ui` imports `command`"),
        ("engine/a.rs", "use crate::ui::Output;", "`engine` imports `ui`"),
        ("engine/a.rs", "use crate::util::x;", "`crate::util` is no room"),
        ("engine/a.rs", "use crate as root;", "names the root of the crate"),
        ("engine/a.rs", "use crate::*;", "names the root of the crate"),
        ("engine/a.rs", "use rdbg::ui;", "the library names itself"),
        ("util/a.rs", "fn f() {}", "stands nowhere in the order"),
        ("helpers.rs", "fn f() {}", "stands nowhere in the order"),
        ("lib.rs", "pub mod util;", "stands nowhere in the order"),
        ("lib.rs", "pub mod base;\npub fn f() {}", "this file is a door"),
        ("elf/mod.rs", "mod image;\nfn f() {}", "this file is a door"),
        ("elf/mod.rs", "mod image { }", "this file is a door"),
        ("engine/inject/mod.rs", "pub struct S;", "this file is a door"),
        ("engine/a.rs", "use nix::sys::ptrace;", "`nix` outside os/"),
        ("engine/a.rs", "fn f() -> i32 { libc::getpid() }", "`libc` outside os/"),
        ("engine/a.rs", "fn f() { assert_eq!(1, libc::SIGINT) }", "`libc` outside os/"),
        ("engine/a.rs", "use {std::fmt, libc::c_int};", "`libc` outside os/"),
        ("engine/a.rs", "extern crate libc;", "`libc` outside os/"),
        ("stack/a.rs", "use gimli::Reader;", "`gimli` outside dwarf/"),
        ("loader/a.rs", "fn f(e: &goblin::elf::Elf) {}", "`goblin` outside elf/"),
        ("engine/step.rs", "use iced_x86::Decoder;", "`iced_x86` outside arch/"),
        ("front/batch.rs", "use rustyline::Editor;", "`rustyline` outside front/repl/"),
        ("dwarf/mod.rs", "pub use gimli::Register;", "hands out"),
        ("elf/mod.rs", "pub use goblin::elf::{header::EM_X86_64, Elf};", "hands out"),
        ("arch/a.rs", "pub(crate) use iced_x86::Code;", "hands out"),
        ("engine/a.rs", "fn f() { unsafe { g() } }", "`unsafe` outside"),
        ("os/wait.rs", "unsafe fn f() {}", "`unsafe` outside"),
        ("os/wait.rs", "#![allow(unsafe_code)]", "`unsafe_code` outside"),
        ("elf/a.rs", "macro_rules! m { () => { unsafe { g() } } }", "`unsafe` outside"),
        ("elf/a.rs", "unsafe impl Send for S {}", "`unsafe` outside"),
        ("elf/a.rs", "#[path = \"../ui/x.rs\"] mod x;", "#[path]"),
        ("elf/a.rs", "include!(\"x.rs\");", "include!"),
        ("elf/a.rs", "fn f( {}", "does not parse"),
    ];
    for (file, source, expected) in bad {
        let found = check(file, source);
        let text: Vec<String> = found.iter().map(Breach::to_string).collect();
        assert_eq!(found.len(), 1, "{file}: {source}\n{text:?}");
        assert!(text[0].contains(expected), "{file}: {source}\n{text:?} has no {expected:?}");
    }
    let group = check("base/a.rs", "use crate::{\n base::Error,\n engine::{self, Session as S},\n};");
    assert_eq!(group.iter().map(|b| b.line).collect::<Vec<_>>(), [3]);
}

/// And it lets pass what is right.
#[test]
fn what_is_right_passes() {
    let good: &[(&str, &str)] = &[
        ("engine/a.rs", "use crate::{base::{Error, Result}, elf, os::ptrace, expr::Host};\nuse super::session::Session;"),
        ("engine/a.rs", "pub(in crate::engine) fn f(libc: &str) -> bool { libc.is_empty() && crate::stack::g(libc) }"),
        ("engine/inject/slots.rs", "use iced_x86::Encoder;"),
        ("elf/file.rs", "#![allow(unsafe_code)]\nfn f() { unsafe { g() } }"),
        ("elf/mod.rs", "//! Doc.\n#![deny(clippy::unwrap_used)]\nmod image;\npub use image::Image;"),
        ("elf/image.rs", "use goblin::elf::Elf;\nmod tests { use super::*; use super::super::Image; use crate::base::Error; }"),
        ("command/mod.rs", "pub struct Command;\npub const ALL: &[Command] = &[];"),
        ("command/a.rs", "fn f() { println!(\"crate::front unsafe {}\", crate::ui::g()) }"),
        ("front/repl/mod.rs", "mod prompt;"),
        ("elf/dynamic.rs", "pub use goblin::elf::dynamic::{DT_NULL, DT_PLTGOT as PLTGOT};"),
        ("main.rs", "fn main() { rdbg::front::main() }"),
        ("lib.rs", "//! Doc.\npub mod base;\npub mod syscall;"),
    ];
    for (file, source) in good {
        let text: Vec<String> = check(file, source).iter().map(Breach::to_string).collect();
        assert!(text.is_empty(), "{file}: {source}\n{text:?}");
    }
}
