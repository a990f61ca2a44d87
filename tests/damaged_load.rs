//! Link maps that loop or lead nowhere, slots full of garbage, damaged dynamic sections: what can be read is shown, nothing
//! panics or hangs.

mod common;

use std::path::Path;

use common::build;
use common::rdbg::Session;
use common::{oracles, tools};

const QUESTIONS: &str = "info link-map\nwhy puts\nwhy libc.so.6\nwhy puts from libc.so.6\ninfo search-path libc.so.6\ngot -all\nplt\ninfo relocations -all\n\
    info ifunc\ninfo xrefs puts\npages -cow\npages\ninfo size\nchecksec -all\ninfo file-layout\ngot -history\nsnapshot\ndiff\ninfo changes\n\
    info dynamic\ninfo startup\ninfo sharedlibrary\nbind -all\nunbind -all\ninfo physical\necho alive\\n\n";

fn check(what: &str, text: &str) {
    assert!(text.contains("alive"), "{what}: it did not come to the end\n{text}");
    assert!(!text.contains("panicked") && !text.contains("internal error"), "{what}\n{text}");
}

/// The process's own lists, forged by the user.
#[test]
fn forged_lists_are_read_as_far_as_they_go() {
    let Some(program) = build::or_skip("damaged_load", "c/slots.c", "lazy") else { return };
    let map = "*(unsigned long*)&GOT[1]";
    let forgeries = [
        ("l_next leads to itself", format!("set var *(unsigned long*)({map}+24) = {map}")),
        ("l_next leads nowhere", format!("set var *(unsigned long*)({map}+24) = 0xdeadbeef000")),
        ("l_name leads nowhere", format!("set var *(unsigned long*)({map}+8) = 0xdeadbeef000")),
        ("l_addr is wrong", format!("set var *(unsigned long*)*(unsigned long*)({map}+24) = 0x123456789000")),
        ("the link map is zeros", format!("set var *(unsigned long*)({map}+0) = 0\nset var *(unsigned long*)({map}+24) = 0")),
        ("GOT[1] is garbage", "set GOT[1] = 0x4141414141414141".to_owned()),
        ("every slot is garbage", (1..11).map(|i| format!("set GOT[{i}] = 0x41414141414141{i:02x}\n")).collect()),
        ("DT_DEBUG is garbage", "set var *(unsigned long*)((long)&_DYNAMIC + 0xc8) = 0x1234".to_owned()),
    ];
    for (what, forgery) in forgeries {
        let run = oracles::rdbg(&program, &[], &format!("break main\nrun\n{forgery}\n{QUESTIONS}kill"));
        check(what, &run.text);
        let program_is_there = run.text.contains("libc.so.6");
        assert!(program_is_there, "{what}: nothing is shown\n{}", run.text);
    }
    let run = oracles::rdbg(
        &program,
        &[],
        "break main\nrun\nset GOT[3] = 0x4141414141414141\ninfo relocations altered\necho alive\\n\nkill",
    );
    assert!(run.text.contains("altered") && run.text.contains("0x4141414141414141"), "{}", run.text);
}

/// Files whose dynamic section says nonsense.
#[test]
fn damaged_dynamic_sections_are_survived() {
    let Some(program) = build::or_skip("damaged_load", "c/slots.c", "lazy") else { return };
    let bytes = std::fs::read(&program.path).unwrap();
    let (text, _) = tools::output(std::process::Command::new("readelf").args(["-SW"]).arg(&program.path));
    let row = text.lines().find(|l| l.contains(" .dynamic ")).unwrap();
    let fields: Vec<&str> = row.split_whitespace().skip_while(|f| *f != "DYNAMIC").collect();
    let (offset, size) = (usize::from_str_radix(fields[2], 16).unwrap(), usize::from_str_radix(fields[3], 16).unwrap());
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("damaged-{}", std::process::id()));
    for entry in 0..size / 16 {
        for value in [0u64, 1, 0xffff_ffff_ffff_fff8, 0x40_0000] {
            let mut damaged = bytes.clone();
            damaged[offset + entry * 16 + 8..][..8].copy_from_slice(&value.to_le_bytes());
            if entry % 4 != (value % 4) as usize && value != 0xffff_ffff_ffff_fff8 {
                continue; // some of each
            }
            std::fs::write(&file, &damaged).unwrap();
            let run = Session::rdbg().program(&file, [""; 0]).feed(QUESTIONS);
            check(&format!("entry {entry} is {value:#x}"), &run.text);
        }
    }
    let _ = std::fs::remove_file(&file);
}
