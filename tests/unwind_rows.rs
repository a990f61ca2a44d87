//! Unwind rows held against `readelf --debug-dump=frames-interp`.

use std::path::Path;
use std::process::Command;

use rdbg::base::FileAddr;
use rdbg::dwarf::{CfaRule, CfiIndex, CfiSections, RegRule, Section, UnwindRow};
use rdbg::elf::Image;

/// A row as readelf shows it: the address, and each column's name with its cell.
struct Shown {
    at: u64,
    cells: Vec<(String, String)>,
}

/// Every row of every `step`th FDE.
fn readelf(file: &Path, step: usize) -> Option<Vec<Shown>> {
    let out = Command::new("readelf").args(["-W", "--debug-dump=frames-interp"]).arg(file).output().ok()?;
    let text = String::from_utf8_lossy(&out.stdout);
    let (mut rows, mut names, mut fdes, mut wanted) = (Vec::new(), Vec::new(), 0usize, false);
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if line.contains(" FDE ") {
            fdes += 1;
            wanted = fdes % step == 0;
        } else if line.contains(" CIE ") {
            wanted = false;
        } else if words.first() == Some(&"LOC") {
            names = words.iter().skip(1).map(|w| (*w).to_owned()).collect();
        } else if let Some(at) = words.first().filter(|w| wanted && w.len() == 16).and_then(|w| u64::from_str_radix(w, 16).ok()) {
            let cells = names.iter().cloned().zip(words.iter().skip(1).map(|w| (*w).to_owned())).collect();
            rows.push(Shown { at, cells });
        }
    }
    (out.status.success() && !rows.is_empty()).then_some(rows)
}

const NAMES: [&str; 17] =
    ["rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "ra"];

/// Our row in readelf's notation.
fn cell(row: &UnwindRow, column: &str) -> String {
    if column == "CFA" {
        return match &row.cfa {
            CfaRule::Register { register, offset } => {
                format!("{}{offset:+}", NAMES[usize::from(register.dwarf().unwrap())])
            }
            CfaRule::Expression(_) => "exp".to_owned(),
        };
    }
    let Some(number) = NAMES.iter().position(|n| *n == column) else { return format!("no register {column}") };
    match row.rule(number as u16) {
        RegRule::Unspecified | RegRule::Undefined => "u".to_owned(),
        RegRule::SameValue => "s".to_owned(),
        RegRule::Offset(n) => format!("c{n:+}"),
        RegRule::ValOffset(n) => format!("v{n:+}"),
        RegRule::Register(r) => NAMES[usize::from(r.dwarf().unwrap())].to_owned(),
        RegRule::Expression(_) => "exp".to_owned(),
        RegRule::ValExpression(_) => "vexp".to_owned(),
        RegRule::Constant(n) => format!("{n}"),
    }
}

fn compare(sections: &CfiSections<'_>, rows: &[Shown], what: &str) {
    let index = CfiIndex::default();
    let mut wrong = Vec::new();
    for shown in rows {
        let ours = index.row(sections, FileAddr(shown.at)).unwrap();
        for (column, theirs) in &shown.cells {
            let ours = ours.as_ref().map_or("no row".to_owned(), |r| cell(r, column));
            if ours != *theirs {
                wrong.push(format!("{:#x} {column}: readelf {theirs}, we {ours}", shown.at));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{what}: {} cells of {} rows differ:\n{}",
        wrong.len(),
        rows.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
    println!("{what}: {} rows", rows.len());
}

#[test]
fn rows_are_readelfs() {
    for (file, step) in [("/bin/ls", 1), ("/lib64/ld-linux-x86-64.so.2", 3), ("/lib/x86_64-linux-gnu/libc.so.6", 20)] {
        let path = Path::new(file);
        let (Ok(image), Some(rows)) = (Image::open(path), readelf(path, step)) else {
            eprintln!("SKIPPED {file}: the file or readelf is missing");
            continue;
        };
        let whole = CfiSections::of(&image);
        compare(&whole, &rows, file);
        // Without the search table every FDE is found by a scan; without section headers by the segment alone.
        compare(&CfiSections { eh_frame_hdr: None, ..whole }, &rows, file);
        let mut bare = image.bytes().to_vec();
        bare[40..48].fill(0);
        bare[58..64].fill(0);
        let bare = Image::from_bytes("bare", bare).unwrap();
        assert!(bare.sections().is_empty());
        compare(&CfiSections::of(&bare), &rows, file);
    }
}

#[test]
fn damaged_tables_are_errors_or_nothing() {
    let Ok(image) = Image::open(Path::new("/bin/ls")) else { return };
    let whole = CfiSections::of(&image);
    let (Some(frames), Some(hdr)) = (whole.eh_frame, whole.eh_frame_hdr) else { return };
    for round in 0..200usize {
        let (mut bytes, mut table) = (frames.bytes.to_vec(), hdr.bytes.to_vec());
        for i in 0..40 {
            let at = (round * 7919 + i * 104_729) % bytes.len();
            bytes[at] ^= (1 + round * 31 + i) as u8;
        }
        let at = round % table.len();
        table[at] ^= 0x55;
        bytes.truncate(bytes.len() - round * 8);
        let eh_frame = Some(Section { bytes: &bytes, addr: frames.addr });
        let eh_frame_hdr = (round % 2 == 0).then_some(Section { bytes: &table, addr: hdr.addr });
        let (sections, index) = (CfiSections { eh_frame, eh_frame_hdr, ..whole }, CfiIndex::default());
        for pc in (0x3000..0x18000).step_by(0x333) {
            let _ = index.row(&sections, FileAddr(pc));
        }
    }
}
