//! What the page lists of a process and of a core file have in common: names of mappings, causes in words, a row a private page.

use std::collections::BTreeMap;

use crate::base::{Mapping, PAGE, VirtAddr};
use crate::engine::{PageCause, PageCauses, Session};
use crate::ui::{Role, Row};

/// What a mapping is called.
pub(super) fn name(mapping: &Mapping) -> &str {
    if mapping.name.is_empty() { "[anonymous]" } else { &mapping.name }
}

/// Counts the causes of a page; the numbers of relocations of single pages do not add up to anything.
pub(super) fn reasons(of: &mut BTreeMap<PageCause, usize>, causes: Vec<PageCause>) {
    for cause in causes {
        let kind = match cause {
            PageCause::Relocations(_) => PageCause::Relocations(0),
            PageCause::Binds(_) => PageCause::Binds(0),
            other => other,
        };
        *of.entry(kind).or_default() += 1;
    }
}

/// `relocations 4`: a cause, and how many pages have it.
pub(super) fn reason_words(of: &BTreeMap<PageCause, usize>) -> Vec<String> {
    let words = |(cause, n): (&PageCause, &usize)| match cause {
        PageCause::Relocations(_) => format!("relocations {n}"),
        PageCause::Binds(_) => format!("lazy binds {n}"),
        other => format!("{other} {n}"),
    };
    of.iter().map(words).collect()
}

/// A row a private page: where, in which sections, why.
pub(super) fn page_row(session: &Session, causes: &PageCauses, mapping: &Mapping, at: VirtAddr, letter: char) -> Row {
    let of: Vec<String> = causes.of(at, mapping).iter().map(PageCause::to_string).collect();
    let relro = if causes.is_relro(at) { ", then read-only (RELRO)" } else { "" };
    let section = session.inferior.modules.at(at).and_then(|m| {
        let sections = m.image().sections().iter().filter(|s| s.is_loaded() && s.size > 0);
        let within = sections.filter(|s| m.virt(s.addr) < at + PAGE && m.virt(s.end()) > at).map(|s| s.name.clone());
        Some(within.collect::<Vec<_>>().join(" ")).filter(|s| !s.is_empty())
    });
    Row::new()
        .cell("page", Role::Address, at.to_string())
        .cell("state", Role::Plain, letter.to_string())
        .cell("perms", Role::Plain, mapping.perms.to_string())
        .cell("name", Role::File, name(mapping))
        .both("cause", Role::Changed, format!("{}{relro}", of.join(", ")), of)
        .hidden("relro", causes.is_relro(at))
        .both("sections", Role::Dim, section.as_ref().map_or(String::new(), |s| format!("({s})")), section)
}
