//! The chapters of a story as text.

use std::collections::BTreeMap;

use super::bars::Shade;
use super::chapter::Chapter;
use super::content::Content;
use super::libraries::Library;
use super::life::{End, Life};
use super::markup::Markup;
use super::prose::{anchor, prose, title};
use super::scale::{Across, Down, Owner, bytes, grouped};
use crate::command::timeline::words::base_name;

/// Tells all chapters of a life; `number` is the life's.
pub fn tell(m: &mut Markup, life: &Life, across: &Across, number: usize) {
    for column in across.columns() {
        let Some(content) = life.chapters.get(&column.chapter) else { continue };
        let id = anchor(number, column.chapter);
        m.element("section", &[("class", "chapter"), ("id", &id)], |m| {
            m.element("h3", &[], |m| {
                m.leaf("span", &[("class", "number")], &column.number.to_string());
                m.text(title(column.chapter));
            });
            m.leaf("p", &[("class", "prose")], prose(column.chapter, life));
            facts(m, column.chapter, content);
            details(m, column.chapter, content, life);
            if column.chapter != Chapter::Exec {
                highlights(m, content);
            }
            events(m, content);
        });
    }
}

/// The kinds in the order in which they are counted, with their names.
const KINDS: [(&str, &str); 18] = [
    ("syscall", "system call"),
    ("map", "mapping"),
    ("unmap", "unmapping"),
    ("protect", "change of protection"),
    ("object", "object loaded or unloaded"),
    ("reloc", "relocation"),
    ("ifunc", "IFUNC"),
    ("bind", "lazy bind"),
    ("init", "constructor"),
    ("fini", "destructor"),
    ("entry", "entry point"),
    ("main", "main"),
    ("fault", "page fault"),
    ("exec", "exec"),
    ("fork", "fork"),
    ("clone", "new thread"),
    ("signal", "signal"),
    ("exit", "exit"),
];

/// `3 changes of protection`.
pub fn said(kind: &str, n: u64) -> String {
    let name = KINDS.iter().find(|(k, _)| *k == kind).map_or(kind, |(_, name)| *name);
    let many = grouped(n);
    match (name, n) {
        (_, 1) => format!("1 {name}"),
        ("change of protection", _) => format!("{many} changes of protection"),
        ("object loaded or unloaded", _) => format!("{many} objects loaded or unloaded"),
        _ => format!("{many} {name}s"),
    }
}

fn facts(m: &mut Markup, chapter: Chapter, content: &Content) {
    m.element("ul", &[("class", "facts")], |m| {
        for (kind, _) in KINDS {
            let n = content.count(kind);
            // There is one of each, and the title says so.
            if n > 0 && !matches!(kind, "entry" | "main" | "exec" | "exit") {
                m.leaf("li", &[("class", kind), ("data-kind", kind), ("data-count", &n.to_string())], &said(kind, n));
            }
        }
        if let Some((from, to)) = content.span.filter(|_| chapter != Chapter::Relocations) {
            let (from, to) = (from * 1e3, to * 1e3);
            m.leaf("li", &[("class", "time")], &format!("{from:.2}–{to:.2} ms"));
        }
    });
}

fn details(m: &mut Markup, chapter: Chapter, content: &Content, life: &Life) {
    if !content.libraries.is_empty() {
        libraries(m, chapter, &content.libraries);
        if chapter == Chapter::Main && life.search.untold > 0 {
            let n = grouped(life.search.untold);
            m.leaf("p", &[("class", "note")], &format!("{n} more mappings of libraries are counted only."));
        }
    }
    match chapter {
        Chapter::Relocations => relocations(m, life, content),
        Chapter::Main => calls(m, content),
        Chapter::Exit => end(m, life),
        Chapter::Faults => faults(m, life),
        _ => {}
    }
}

/// More libraries than this are folded.
const MOST_OPEN: usize = 8;

fn libraries(m: &mut Markup, chapter: Chapter, libraries: &[Library]) {
    let when = if chapter == Chapter::Main { "Opened while it ran" } else { "In the order in which they were mapped" };
    m.leaf("p", &[("class", "lead")], &format!("{when}:"));
    for (place, library) in libraries.iter().enumerate() {
        let attributes: &[(&str, &str)] =
            if place < MOST_OPEN { &[("class", "library"), ("open", "open")] } else { &[("class", "library")] };
        m.element("details", attributes, |m| one_library(m, library));
    }
}

fn one_library(m: &mut Markup, library: &Library) {
    let (start, end) = library.span();
    m.element("summary", &[], |m| {
        m.leaf("code", &[], library.name());
        m.leaf("span", &[("class", "aside")], &format!("{} at {start:#x}", bytes(end - start)));
    });
    m.element("p", &[("class", "how")], |m| {
        match library.needed_by.as_deref() {
            Some("") | None => m.text("Asked for by dlopen, or preloaded. "),
            Some(by) => {
                m.text("Needed by ");
                m.leaf("code", &[], base_name(by));
                m.text(". ");
            }
        }
        if library.tried > 0 {
            m.text(&format!(
                "{} in vain first: ",
                if library.tried == 1 { "1 path was tried".into() } else { format!("{} paths were tried", library.tried) }
            ));
            for (n, path) in library.vain.iter().enumerate() {
                m.text(if n > 0 { ", " } else { "" });
                m.leaf("code", &[], path);
            }
            m.text(if library.tried > library.vain.len() as u64 { ", … " } else { ". " });
        }
        m.text("Found as ");
        m.leaf("code", &[], &library.path);
        m.text(&format!(
            ", read {}, mapped:",
            if library.reads == 1 { "once".to_owned() } else { format!("{} times", library.reads) }
        ));
    });
    m.element("div", &[("class", "wide")], |m| {
        m.element("table", &[("class", "pieces")], |m| {
            for piece in &library.pieces {
                m.element("tr", &[], |m| {
                    let class = Shade::of(&piece.perms).class();
                    m.element("td", &[], |m| m.leaf("code", &[("class", &format!("perms {class}"))], &piece.perms));
                    m.leaf("td", &[], &piece.segment.map_or(String::new(), |n| format!("PT_LOAD {n}")));
                    m.leaf("td", &[("class", "n")], &bytes(piece.end - piece.start));
                    let from = piece.offset.map_or("zeroed".to_owned(), |o| format!("file +{o:#x}"));
                    m.leaf("td", &[], &from);
                    m.element("td", &[], |m| m.leaf("code", &[], &format!("{:#x}", piece.start)));
                    m.leaf("td", &[("class", "aside")], &piece.sections);
                });
            }
        });
    });
}

/// A bar a module, by types of relocations.
fn relocations(m: &mut Markup, life: &Life, content: &Content) {
    let note = if life.interpreter.is_empty() {
        "They are read from memory once the program's own start-up code, in the next chapter, has written them."
    } else {
        "They are read from memory at the first stop after the dynamic linker has written them, so they have one time; they happened \
         before the next chapter."
    };
    m.leaf("p", &[("class", "note")], note);
    let most = life.slots.relocations.iter().map(|(_, t)| t.values().sum::<u64>()).max().unwrap_or(1).max(1);
    m.element("dl", &[("class", "relocations")], |m| {
        for (module, types) in &life.slots.relocations {
            let all: u64 = types.values().sum();
            m.element("dt", &[], |m| {
                m.leaf("code", &[], base_name(module));
                m.leaf("span", &[("class", "aside"), ("data-relocations", &all.to_string())], &grouped(all));
            });
            m.element("dd", &[], |m| {
                m.element("div", &[("class", "stack"), ("style", &format!("width:{:.2}%", share(all, most)))], |m| {
                    for (kind, n) in types {
                        let class = format!("t {}", kind.to_ascii_lowercase().replace('_', "-"));
                        let style = format!("flex-grow:{n}");
                        m.element("i", &[("class", &class), ("style", &style), ("title", &format!("{n} {kind}"))], |_| {});
                    }
                });
                m.element("p", &[("class", "types")], |m| by_type(m, types));
            });
        }
    });
    let chosen = content.count("ifunc");
    if chosen > 0 {
        m.leaf("p", &[("class", "lead")], &format!("{} chose a variant for this processor.", said("ifunc", chosen)));
    }
}

/// Logarithmic, so that the smallest is still seen.
fn share(n: u64, most: u64) -> f64 {
    100.0 * ((n + 1) as f64).ln() / ((most + 1) as f64).ln()
}

fn by_type(m: &mut Markup, types: &BTreeMap<String, u64>) {
    let mut all: Vec<_> = types.iter().collect();
    all.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
    for (kind, n) in all {
        let class = format!("t {}", kind.to_ascii_lowercase().replace('_', "-"));
        m.element("span", &[("class", "type")], |m| {
            m.element("i", &[("class", &class)], |_| {});
            m.text(&format!("{} {kind}", grouped(*n)));
        });
        m.text(" ");
    }
}

/// The system calls of the program, by name.
fn calls(m: &mut Markup, content: &Content) {
    if content.calls.len() < 4 {
        return;
    }
    let mut all: Vec<(&str, u64)> = content.calls.iter().map(|(name, n)| (name.as_str(), *n)).collect();
    all.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    chips(m, &all);
}

fn end(m: &mut Markup, life: &Life) {
    let words = match &life.end {
        End::Code(0) => "It exited with code 0: all went well.".to_owned(),
        End::Code(code) => format!("It exited with code {code}."),
        End::Signal(name) => format!("{name} killed it."),
        End::Exec(path) => format!("It executed {path}: its own story ends here."),
        End::Unknown => "How it ended was not recorded.".to_owned(),
    };
    m.leaf("p", &[("class", "lead")], &words);
}

fn faults(m: &mut Markup, life: &Life) {
    let down = Down::of(&life.bars, 0.0);
    let mut by_owner: BTreeMap<&str, u64> = BTreeMap::new();
    for fault in &life.faults {
        let name = match down.unit_at(fault.address).map(|u| &u.owner) {
            Some(Owner::Object(path, _) | Owner::File(path)) => base_name(path),
            Some(Owner::Named(name)) => name,
            Some(Owner::Anonymous) => "anonymous memory",
            None => "elsewhere",
        };
        *by_owner.entry(name).or_default() += 1;
    }
    let mut all: Vec<_> = by_owner.into_iter().collect();
    all.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    chips(m, &all);
    if life.faults.iter().any(|f| f.is_of_pagemap) {
        m.leaf(
            "p",
            &[("class", "note")],
            "Here the kernel lets nobody count faults: each mark stands for pages side by side that the page tables got between two \
             system calls, those that came along with a fault too.",
        );
    }
}

/// Names with their counts, the first ones.
fn chips(m: &mut Markup, all: &[(&str, u64)]) {
    const MOST: usize = 24;
    m.element("p", &[("class", "calls")], |m| {
        for (name, n) in all.iter().take(MOST) {
            m.element("span", &[("class", "call")], |m| {
                m.leaf("code", &[], name);
                m.leaf("b", &[], &n.to_string());
            });
            m.text(" ");
        }
        if all.len() > MOST {
            m.text(&format!("and {} others", all.len() - MOST));
        }
    });
}

/// What is worth reading of a chapter without unfolding it.
fn highlights(m: &mut Markup, content: &Content) {
    const MOST: usize = 10;
    const WORTHY: [&str; 10] = ["protect", "init", "fini", "bind", "entry", "main", "fork", "clone", "signal", "exec"];
    let all: Vec<_> = content.rows.iter().filter(|r| WORTHY.contains(&r.kind.as_str())).collect();
    if all.is_empty() {
        return;
    }
    m.element("ol", &[("class", "highlights")], |m| {
        for row in all.iter().take(MOST) {
            m.element("li", &[("class", &row.kind)], |m| {
                m.leaf("span", &[("class", "kind")], verb(&row.kind));
                m.leaf("code", &[], &row.words);
            });
        }
    });
    let kinds = content.counts.iter().filter(|(k, _)| WORTHY.contains(&k.as_str()));
    let more = kinds.map(|(_, n)| *n).sum::<u64>().saturating_sub(MOST as u64);
    if more > 0 {
        m.leaf("p", &[("class", "note")], &format!("and {more} more like them"));
    }
}

fn verb(kind: &str) -> &str {
    match kind {
        "protect" => "protects",
        "init" => "constructs",
        "fini" => "destructs",
        "bind" => "binds",
        "entry" => "enters",
        "main" => "main",
        "fork" => "forks",
        "clone" => "new thread",
        "signal" => "signal",
        kind => kind,
    }
}

fn events(m: &mut Markup, content: &Content) {
    if content.rows.is_empty() {
        return;
    }
    m.element("details", &[("class", "events")], |m| {
        let all = content.rows.len() as u64 + content.more;
        m.leaf("summary", &[], &if all == 1 { "the event".to_owned() } else { format!("all {all} events") });
        m.element("ol", &[], |m| {
            for row in &content.rows {
                m.element("li", &[("class", &row.kind)], |m| {
                    m.leaf("span", &[("class", "t")], &format!("{:.2}", row.t * 1e3));
                    m.leaf("span", &[("class", "kind")], &row.kind);
                    m.leaf("code", &[], &row.words);
                });
            }
        });
        if content.more > 0 {
            m.leaf("p", &[("class", "note")], &format!("and {} more, which `timeline show' prints.", content.more));
        }
    });
}
