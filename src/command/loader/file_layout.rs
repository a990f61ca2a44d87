//! Which bytes of a file are what, and where in memory they end up.

use super::scope;
use crate::base::{Result, page_down, page_up};
use crate::command::{ArgSpec, Args, Command, Cx, Example, Flow, Group};
use crate::elf::{Image, pt};
use crate::symbols::Module;
use crate::ui::{Role, Row, Table};

/// `info file-layout`
pub const FILE_LAYOUT: Command = Command {
    name: "info file-layout",
    group: Group::Loading,
    args: &[ArgSpec::MODULE, ArgSpec::JSON],
    summary: "Show which bytes of the file are what, in order of offsets, and which mapping they end up in.",
    help: "A row a part: the ELF header, the program headers, each section, the section headers, and what nothing claims. Bytes that\n\
           no PT_LOAD covers are in the file only; .bss is in memory only.",
    examples: &[Example { line: "info file-layout", what: "the program's file from its first byte to its last" }],
    own: true,
    run: file_layout,
    ..Command::BASE
};

/// A run of bytes.
struct Part {
    start: u64,
    end: u64,
    what: String,
}

fn file_layout(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let module = scope::module(cx.session, args)?;
    let image = module.image();
    let mut table = Table::with_head(&["offset", "end", "size", "what", "mapped"]);
    for part in parts(image) {
        let mapped = mapped(&module, &part);
        table.push(
            Row::new()
                .cell("offset", Role::Address, format!("{:#08x}", part.start))
                .cell("end", Role::Address, format!("{:#08x}", part.end))
                .both("size", Role::Plain, (part.end - part.start).to_string(), part.end - part.start)
                .right()
                .cell("what", Role::Symbol, part.what)
                .both(
                    "mapped",
                    Role::Plain,
                    if mapped.is_empty() { "in the file only".into() } else { mapped.join(", ") },
                    mapped,
                ),
        );
    }
    table.show(cx.out);
    for s in image.sections().iter().filter(|s| s.is_nobits() && s.is_loaded() && s.size > 0) {
        let start = module.virt(s.addr);
        cx.say(format!("{} takes no bytes of the file: {} zeros at {start}-{}.\n", s.name, s.size, start + s.size));
    }
    Ok(Flow::Go)
}

/// Headers, sections and gaps, in order, without overlaps.
fn parts(image: &Image) -> Vec<Part> {
    let len = image.bytes().len() as u64;
    let (headers, sections) = image.header_tables();
    let mut all = vec![Part { start: 0, end: 64, what: "ELF header".into() }];
    all.push(Part { start: headers.start, end: headers.end, what: format!("{} program headers", image.segments().len()) });
    all.push(Part { start: sections.start, end: sections.end, what: format!("{} section headers", image.sections().len()) });
    for s in image.sections().iter().filter(|s| !s.is_nobits() && s.size > 0) {
        all.push(Part { start: s.offset, end: s.offset.saturating_add(s.size), what: s.name.clone() });
    }
    if image.sections().is_empty() {
        for (i, s) in (0..).zip(image.segments()).filter(|(_, s)| s.kind == pt::PT_LOAD) {
            all.push(Part { start: s.offset, end: s.offset.saturating_add(s.file_size), what: format!("segment {i}") });
        }
    }
    all.retain(|p| p.start < p.end && p.start < len);
    all.sort_by_key(|p| (p.start, p.end));
    let mut out: Vec<Part> = Vec::new();
    for part in all {
        let done = out.last().map_or(0, |p| p.end);
        let start = part.start.max(done);
        if start > done {
            out.push(Part { start: done, end: start, what: "(padding)".into() });
        }
        let end = part.end.min(len);
        if start < end {
            out.push(Part { start, end, what: part.what });
        }
    }
    let done = out.last().map_or(0, |p| p.end);
    if done < len {
        out.push(Part { start: done, end: len, what: "(nothing names it)".into() });
    }
    out
}

/// What of a part is mapped only because mmap maps whole pages: the rest of a segment's first or last page. The end of a segment
/// with .bss behind it is zeroed instead.
fn by_page(module: &Module, part: &Part) -> Option<String> {
    let segments = (0..).zip(module.image().segments()).filter(|(_, s)| s.kind == pt::PT_LOAD && s.file_size > 0);
    let around = |(i, s): (usize, &crate::elf::Segment)| {
        let end = s.offset.saturating_add(s.file_size);
        let last = if s.mem_size > s.file_size { end } else { page_up(end) };
        let (start, end) = (part.start.max(page_down(s.offset)), part.end.min(last));
        (start < end).then(|| format!("{} bytes with segment {i}, whose page they share", end - start))
    };
    let all: Vec<String> = segments.filter_map(around).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// The mappings that a part ends up in: segment, permissions, run-time range.
fn mapped(module: &Module, part: &Part) -> Vec<String> {
    let mut out = Vec::new();
    for (i, s) in (0..).zip(module.image().segments()).filter(|(_, s)| s.kind == pt::PT_LOAD) {
        let (start, end) = (part.start.max(s.offset), part.end.min(s.offset.saturating_add(s.file_size)));
        if start < end {
            let flag = |bit, c| if s.flags & bit != 0 { c } else { '-' };
            let perms: String = [(4, 'r'), (2, 'w'), (1, 'x')].iter().map(|(b, c)| flag(*b, *c)).collect();
            let at = module.virt(s.addr) + (start - s.offset);
            out.push(format!("segment {i} {perms} {at}-{}", at + (end - start)));
        }
    }
    if out.is_empty() {
        out.extend(by_page(module, part));
    }
    out
}
