//! Macros of the preprocessor: gdb and rdbg know the same ones at the same places, and expressions use them.

mod common;

use common::build;
use common::oracles::{self, same_as_gdb, whole};
use common::tools;

const SOURCE: &str = "c/macros.c";

/// The builds whose macros gdb reads to the last one: clang puts those of its command line where gdb does not look for them.
const BUILDS: &[&str] = &["gcc5", "gcc4", "gcc5-far", "old"];
const CLANG: &[&str] = &["clang5", "clang4"];

/// Without the addresses of a process.
fn without_addresses(line: &str) -> String {
    let line = whole(line);
    let words = line.split(' ').map(|w| if w.starts_with("0x") || w.starts_with("(0x") { "0x" } else { w });
    words.collect::<Vec<_>>().join(" ")
}

fn compare(test: &str, builds: &[&str], setup: &str, commands: &[&str]) {
    for name in builds {
        let Some(program) = build::or_skip(test, SOURCE, name) else { continue };
        same_as_gdb(test, &program, &[], setup, commands, without_addresses);
    }
}

const EVERYWHERE: &[&str] = &[
    "info macro MAX",
    "info macro -a MAX",
    "info macro -all -- HEIGHT",
    "info macro HEIGHT",
    "info macro INNER",
    "info macro AREA",
    "info macro -- VARIADIC",
    "info macro NAMED",
    "info macro CAT",
    "info macro EMPTY",
    "info macro NOTHING",
    "info macro DEPTH",
    "info macro -a DEPTH",
    "info macro AFTER_CODE",
    "info macro IN_MAIN",
    "info macro LATER",
    "info macro NOSUCH",
    "info macro __FILE__",
    "info macro __LINE__",
    "info macro",
    "info macro -a",
    "info macro -x MAX",
    "macro expand MAX",
    "macro expand HEIGHT + SQUARE(HEIGHT)  * LATER",
    "macro expand XSTR(MAX) STR(MAX \"q\\n\") CAT(MA,X) CAT(1,2)",
    "macro expand VARIADIC(\"a\") VARIADIC(\"a\", 1, MAX) NAMED(1, MAX) NAMED()",
    "macro expand SELF PING PONG -EMPTY- [NOTHING()]",
    "macro expand SQUARE(1,2)",
    "macro expand SQUARE(1",
    "macro expand SQUARE",
    "macro expand __LINE__ __FILE__",
    "macro exp",
];

const IN_EXPRESSIONS: &[&str] = &[
    "print MAX",
    "print HEIGHT",
    "print SQUARE(3) + 1",
    "print SQUARE(HEIGHT)",
    "print gs.field",
    "print &gs.field",
    "print sizeof(WORD)",
    "ptype WORD",
    "whatis (WORD) 3",
    "print (PAIR)",
    "print \"MAX\"",
    "print XSTR(MAX)",
    "print CAT(12,3)",
    "print INNER",
    "print $MAX",
    "print LATER",
    "print DEPTH",
    "print NOSUCH",
    "print SQUARE(1,2)",
    "print SQUARE(",
    "print MAX +",
    "print MAX MAX",
    "print NULL",
    "print true",
    "print numbers[CAT(,1)] == false",
    "print/x MAX",
    "printf \"%d\\n\", MAX",
    "print __LINE__",
];

#[test]
fn macros_at_each_place_are_gdbs() {
    for function in ["first", "second", "inside", "main"] {
        let setup = format!("break {function}\nrun");
        compare("macros_at_each_place_are_gdbs", BUILDS, &setup, EVERYWHERE);
        compare("macros_at_each_place_are_gdbs", BUILDS, &setup, IN_EXPRESSIONS);
        compare("macros_at_each_place_are_gdbs", CLANG, &setup, EVERYWHERE);
    }
    let of_line = ["info macro FROM_LINE", "info macro BARE", "info macro ADD", "print ADD(FROM_LINE,BARE)", "info macros"];
    compare("macros_at_each_place_are_gdbs", BUILDS, "break second\nrun\nnext\nnext", &of_line);
    compare(
        "macros_at_each_place_are_gdbs",
        &["gcc5"],
        "break inside\nrun\nup",
        &["info macro MAX", "print HEIGHT", "info macro DEPTH"],
    );
}

#[test]
fn macros_without_a_process_are_gdbs() {
    let fresh = ["info macro MAX", "print MAX", "macro expand MAX"];
    compare("macros_without_a_process_are_gdbs", BUILDS, "", &fresh);
    compare("macros_without_a_process_are_gdbs", BUILDS, "list main", EVERYWHERE);
    compare("macros_without_a_process_are_gdbs", BUILDS, "list 20,30", IN_EXPRESSIONS);
    let places = ["info macros second", "info macros macros.c:45", "info macros inside", "info macros nosuch"];
    compare("macros_without_a_process_are_gdbs", BUILDS, "", &places);
}

#[test]
fn user_macros_are_gdbs() {
    let setup = "macro define MAX 55\nmacro define MIN(x, y) ((x) < (y) ? (x) : (y))\nmacro define UV(a,...) a + __VA_ARGS__\n\
        macro define UG(args...) q args\nmacro define EMPTY\nmacro define SPACED   x    y  \nmacro define GONE 3\nmacro undef GONE";
    let commands = [
        "macro list",
        "print MAX",
        "print MIN(MAX, 7)",
        "macro expand MIN(1, MAX) EMPTY SPACED UV(1,2,3)",
        "info macro MAX",
        "info macro MIN",
        "print GONE",
        "macro define",
        "macro undef",
        "macro define 3x",
        "macro define F(",
        "macro define F(a",
        "macro define F(a,",
        "macro define F(a,a) 3",
        "macro define F(a b) 3",
        "macro undef 3",
        "macro nosuch",
    ];
    compare("user_macros_are_gdbs", &["gcc5", "none"], setup, &commands);
    compare("user_macros_are_gdbs", &["gcc5", "none"], &format!("{setup}\nbreak second\nrun"), &commands);
    compare(
        "user_macros_are_gdbs",
        &["none"],
        "break second\nrun",
        &["info macro MAX", "info macros main", "print MAX"].map(no_name)[..2],
    );
}

/// `info macros` of a program without macros names the debugger, and is compared elsewhere.
fn no_name(command: &'static str) -> &'static str {
    if command == "info macros main" { "macro expand MAX" } else { command }
}

/// A condition means the macros of its breakpoint's place, wherever one stands when it is written.
#[test]
fn conditions_use_the_macros_of_their_places() {
    let setup = "break main\nrun\nbreak first if n + HEIGHT == 6\nbreak second if HEIGHT == 99 && n == SQUARE(2) - 2\n\
        break inside if q == HEIGHT\ncontinue";
    let commands = ["info breakpoints", "print n + HEIGHT", "continue", "print HEIGHT", "display MAX", "info display"];
    compare("conditions_use_the_macros_of_their_places", BUILDS, setup, &commands);
    let setup = "break first if n + HEIGHT == 6\nbreak second if HEIGHT == 99 && n == SQUARE(2) - 2\nrun";
    compare("conditions_use_the_macros_of_their_places", BUILDS, setup, &commands);
}

/// Completion offers them as gdb does, beside whatever libraries have of such names.
#[test]
fn macros_are_completed() {
    let Some(program) = build::or_skip("macros_are_completed", SOURCE, "gcc5") else { return };
    let Some(gdb) = tools::gdb() else { return tools::skip("macros_are_completed", "this machine has no gdb") };
    let script = "list main\nmacro define SQUEEZE 1\ncomplete print SQ\ncomplete print HEIG\ncomplete print IN_M\n";
    let offered = |text: &str| {
        let lines = text.lines().map(|l| l.trim_start_matches("(gdb) ").trim_start_matches("(rdbg) ").to_owned());
        lines.filter(|l| l.starts_with("print ")).collect::<Vec<_>>()
    };
    let theirs = offered(&oracles::gdb(gdb, &program, &[], script).text);
    assert!(theirs.len() >= 3, "{theirs:?}");
    assert_eq!(offered(&oracles::rdbg(&program, &[], script).text), theirs);
}

/// What gdb does not know: clang's command line, macros of split units, and what C says where gdb stops short.
#[test]
fn macros_that_gdb_does_not_find() {
    for name in ["clang5", "clang4", "gcc5", "split"] {
        let Some(program) = build::or_skip("macros_that_gdb_does_not_find", SOURCE, name) else { continue };
        let script = "break second\nrun\nprint FROM_LINE\nprint ADD(FROM_LINE, BARE)\nprint MAX\nmacro define IDF SQUARE\n\
            print IDF(4)\nmacro expand SQUARE(SELF)\nmacro expand-once XSTR(MAX)\nmacro expand-once SQUARE(MAX)\n\
            print offsetof(struct s, b)\nkill";
        let run = oracles::rdbg(&program, &[], script);
        let shown: Vec<&str> = run.lines().filter(|l| l.contains(" = ") || l.contains("expands to")).collect();
        let expected = [
            "$1 = 7",
            "$2 = 8",
            "$3 = 17",
            "$4 = 16",
            "expands to: ((SELF + 1) * (SELF + 1))",
            "expands to: STR(17)",
            "expands to: ((17) * (17))",
            "$5 = 4",
        ];
        // gcc describes the command line of a split unit in a section that nothing leads to.
        let expected = if name == "split" {
            &["$1 = 17", "$2 = 16", expected[4], expected[5], expected[6], "$3 = 4"]
        } else {
            &expected[..]
        };
        let shown: Vec<&str> = shown.iter().map(|l| l.trim_start_matches("(rdbg) ")).filter(|l| !l.contains("int r")).collect();
        assert_eq!(shown, expected, "{name}\n{}", run.text);
    }
}

/// Lines without code are places too: gdb refuses a header that has none.
#[test]
fn macros_of_a_header_without_code() {
    let Some(program) = build::or_skip("macros_of_a_header_without_code", SOURCE, "gcc5") else { return };
    if tools::gdb().is_none() {
        return tools::skip("macros_of_a_header_without_code", "this machine has no gdb");
    }
    let run = oracles::rdbg(&program, &[], "info macros macros.h:2");
    assert!(run.text.contains("#define HEIGHT 5") && !run.text.contains("AREA"), "{}", run.text);
}

/// dwz moves macros that files share into another file, and leaves `DW_MACRO_import_sup` behind (DWARF5 §6.3.3).
#[test]
fn macros_in_dwzs_shared_file() {
    const NAME: &str = "macros_in_dwzs_shared_file";
    if tools::find("dwz").is_none() {
        return tools::skip(NAME, "this machine has no dwz");
    }
    for name in ["gcc4", "gcc5"] {
        let Some(program) = build::or_skip(NAME, SOURCE, name) else { continue };
        let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("macros-dwz-{name}"));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        let copies = ["one", "two"].map(|copy| dir.join(copy));
        copies.iter().for_each(|copy| _ = std::fs::copy(&program.path, copy).unwrap());
        let version = if name == "gcc5" { &["-5"][..] } else { &[] };
        let done =
            std::process::Command::new("dwz").current_dir(&dir).args(version).args(["-m", "shared", "one", "two"]).status();
        assert!(done.unwrap().success() && dir.join("shared").exists(), "{name}: dwz has not shared anything");
        let script = "echo BEGIN\\n\ninfo macros second\nlist second\ninfo macro -a MAX\nprint SQUARE(MAX)\necho END\\n";
        let of =
            |program: &build::Program| oracles::between(&oracles::rdbg(program, &[], script).text, "BEGIN", "END").join("\n");
        let whole = of(&program);
        assert!(whole.contains("-DFROM_LINE=7") && whole.contains("= 289"), "{whole}");
        let [one, _] = copies;
        assert_eq!(of(&build::Program { path: one, ..program.clone() }), whole, "{name}");
    }
}
