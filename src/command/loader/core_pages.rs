//! `info pages` on a core file: what it holds of each mapping, and which copies it proves.

use std::collections::BTreeMap;

use super::page_rows::{name, page_row, reason_words, reasons};
use crate::base::{Error, Mapping, PAGE, Result, VirtAddr};
use crate::command::{Args, Cx, Flow};
use crate::engine::{CorePage, PageCauses};
use crate::loader::short_letters;
use crate::ui::{Role, Row, Table};

/// Shows mappings of a core file; `page` is the one that was asked for by its address.
pub(super) fn show(cx: &mut Cx<'_>, args: &Args, mappings: &[Mapping], page: Option<VirtAddr>) -> Result<Flow> {
    if args.has("-diff") {
        return Err(Error::user("A core file is a single moment: it has no earlier one to be compared with."));
    }
    let session = &*cx.session;
    let causes = session.page_causes();
    let mut table = match args.has("-cow") {
        true => Table::with_head(&["page", "state", "perms", "name", "cause"]),
        false => Table::with_head(&["start", "end", "perms", "pages", "in core", "as in file", "copied", "zeros", "name", "map"]),
    };
    let mut single = None;
    for mapping in mappings {
        let pages = session.core_pages(mapping)?;
        let at = |i: usize| mapping.range.start + i as u64 * PAGE;
        let copied: Vec<VirtAddr> =
            pages.iter().enumerate().filter(|(_, p)| **p == CorePage::Copied).map(|(i, _)| at(i)).collect();
        match args.has("-cow") {
            true => copied.iter().for_each(|p| table.push(page_row(session, &causes, mapping, *p, CorePage::Copied.letter()))),
            false => table.push(mapping_row(&causes, mapping, &pages, &copied)),
        }
        single = page.and_then(|p| pages.get(((p - mapping.range.start) / PAGE) as usize).map(|state| (p, *state))).or(single);
    }
    if table.is_empty() {
        cx.say("No page of a file in this core differs from its file.\n");
    }
    table.show(cx.out);
    if let Some((at, state)) = single {
        let row = Row::new().cell("page", Role::Address, at.to_string()).cell("what", Role::Plain, words(state));
        cx.row(&row.hidden("state", state.letter().to_string()));
    }
    cx.say("Residency, sharing, dirty and swapped pages, frames: a core file does not tell.\n");
    Ok(Flow::Go)
}

/// A page of a core file in words.
pub(super) fn words(page: CorePage) -> &'static str {
    match page {
        CorePage::Absent => "not in the core file: of a file and unchanged, or never touched",
        CorePage::AsInFile => "in the core file, as the mapped file has it",
        CorePage::Copied => "in the core file, and not as the mapped file has it: a private copy",
        CorePage::Unknown => "in the core file; the mapped file is not there to be compared",
        CorePage::Filled => "anonymous, in the core file",
        CorePage::Zeros => "anonymous, in the core file, all zeros",
    }
}

fn mapping_row(causes: &PageCauses, mapping: &Mapping, pages: &[CorePage], copied: &[VirtAddr]) -> Row {
    let count = |wanted: CorePage| pages.iter().filter(|p| **p == wanted).count();
    let held = pages.len() - count(CorePage::Absent);
    let mut of = BTreeMap::new();
    copied.iter().for_each(|at| reasons(&mut of, causes.of(*at, mapping)));
    let shown = reason_words(&of);
    let letters: Vec<char> = pages.iter().map(|p| p.letter()).collect();
    Row::new()
        .cell("start", Role::Address, mapping.range.start.to_string())
        .cell("end", Role::Address, mapping.range.end.to_string())
        .cell("perms", Role::Plain, mapping.perms.to_string())
        .both("pages", Role::Plain, pages.len().to_string(), pages.len())
        .both("in_core", Role::Plain, held.to_string(), held)
        .both("as_in_file", Role::Plain, count(CorePage::AsInFile).to_string(), count(CorePage::AsInFile))
        .both("copied", Role::Plain, copied.len().to_string(), copied.len())
        .both("zeros", Role::Plain, count(CorePage::Zeros).to_string(), count(CorePage::Zeros))
        .cell("name", Role::File, name(mapping))
        .both("map", Role::Plain, short_letters(&letters, 64), letters.iter().collect::<String>())
        .both("causes", Role::Changed, shown.join(", "), shown)
}
