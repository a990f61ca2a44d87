//! Makes the output of two runs, builds and machines comparable, and nothing more than that.
//!
//! What goes: an address that its symbol follows (`0x401136 <main+4>` is `<main+4>`); any other address becomes the region it
//! lies in (`<exe>`, `<lib>`, `<stack>`); process ids; directories of this checkout and of the system's libraries; what only a
//! libc's build decides (which `_dl_runtime_resolve`, offsets inside `__libc_start_call_main`). Small numbers, values, names,
//! versions and states stay: they are what a golden file is for.

use std::path::Path;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// `text` without what differs between two good runs; `bin` is the directory of the built program.
pub fn normalise(text: &str, bin: &Path) -> String {
    let text = without_prompts(text);
    let text = paths(&text, bin);
    let text = identities(&text);
    let text = addresses(&text);
    let text = libc_builds(&text);
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    while lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// What the runner has rdbg echo before each command; shown as a prompt and the command.
pub const ECHO: &str = "@@@ ";

/// rdbg's prompts (it cannot know that nobody types) go; the runner's echoes become the prompts.
fn without_prompts(text: &str) -> String {
    // Those of a block's lines are ">", further in " >".
    static PROMPTS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^(?:\((?:rdbg|gdb)\)(?: |$)| *>)+").unwrap());
    let line = |line: &str| {
        let line = PROMPTS.replace(line, "");
        match line.strip_prefix(ECHO) {
            Some(command) => format!("(rdbg) {command}\n"),
            None => format!("{line}\n"),
        }
    };
    text.lines().map(line).collect()
}

fn paths(text: &str, bin: &Path) -> String {
    static SYSTEM: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?:/usr)?/lib(?:64|32)?/(?:x86_64-linux-gnu/)?([\w.+-]+\.so[\w.]*)").unwrap());
    let text = text.replace(&*bin.to_string_lossy(), "<bin>");
    let text = text.replace(&*super::programs().to_string_lossy(), "<src>").replace(env!("CARGO_TARGET_TMPDIR"), "<tmp>");
    SYSTEM.replace_all(&text, "<lib>/$1").into_owned()
}

fn identities(text: &str) -> String {
    static ID: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\b(process|LWP|pid|PID|tid|Thread) (\d{2,}|0x[0-9a-f]{8,})").unwrap());
    // The width of this column is that of the longest process id.
    static TARGETS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?m)^(  Id   (?:GId  )?Target Id) +Frame").unwrap());
    // The column behind it is as far away as the id is short.
    static INFERIORS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?m)^([* ] \d+ +process \d+) +(\d+ \()").unwrap());
    // What getppid(2) and its kin return.
    static CALL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b(getppid|getpid|gettid)\(\) = \d+").unwrap());
    let text = TARGETS.replace_all(text, "$1 Frame");
    let text = INFERIORS.replace_all(&text, "$1     $2");
    let text = CALL.replace_all(&text, "$1() = <pid>");
    let text = text.replace(&format!("getuid() = {}\n", nix::unistd::getuid()), "getuid() = <uid>\n");
    ID.replace_all(&text, |found: &Captures| {
        if &found[1] == "Thread" && !found[2].starts_with("0x") { found[0].to_owned() } else { format!("{} <pid>", &found[1]) }
    })
    .into_owned()
}

/// The region of an address under a launch without ASLR; `None` for a number that is none.
fn region(address: u64) -> Option<&'static str> {
    match address {
        0x20_0000..0x60_0000 | 0x5555_5555_4000..0x5555_5600_0000 => Some("<exe>"),
        0x5555_5600_0000..0x5556_0000_0000 => Some("<heap>"),
        0x7fff_e000_0000..0x7fff_f800_0000 => Some("<lib>"),
        0x7fff_ff00_0000..0x8000_0000_0000 => Some("<stack>"),
        _ => None,
    }
}

fn addresses(text: &str) -> String {
    static PLACED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"([Bb]reakpoint \d+(?:\.\d+)? at) 0x([0-9a-f]+)").unwrap());
    static NAMED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b0x[0-9a-f]+ (<[\w.@!$:~-][^<>\n]*>)").unwrap());
    static HEX: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b0x[0-9a-f]+\b").unwrap());
    // Before the program runs such an address is the file's own.
    let text = PLACED.replace_all(text, |found: &Captures| {
        let place = u64::from_str_radix(&found[2], 16).ok().and_then(region).unwrap_or("<exe>");
        format!("{} {place}", &found[1])
    });
    let text = NAMED.replace_all(&text, "$1");
    HEX.replace_all(&text, |found: &Captures| {
        let value = u64::from_str_radix(found[0].trim_start_matches("0x"), 16).ok();
        value.and_then(region).map_or_else(|| found[0].to_owned(), str::to_owned)
    })
    .into_owned()
}

fn libc_builds(text: &str) -> String {
    static RESOLVER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"_dl_runtime_resolve(?:_\w+)?").unwrap());
    static START: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b(__libc_start_\w+|_dl_\w+|_start_user)\+\d+").unwrap());
    let text = RESOLVER.replace_all(text, "_dl_runtime_resolve");
    START.replace_all(&text, "$1+N").into_owned()
}

/// Tests of the normaliser itself, run by the session runner as trials of their own.
pub fn self_tests() -> Vec<(&'static str, fn())> {
    vec![
        ("normaliser::addresses_take_their_symbols_name", || {
            same("=> 0x401136 <main+4>:\tret", "=> <main+4>:\tret");
            same("0x00007ffff7e4e5a0 <puts>", "<puts>");
            same("#1  0x000055555555513d in f ()", "#1  <exe> in f ()");
            same("$1 = 0x2a", "$1 = 0x2a");
            same("xmm0 0x1122334455667788", "xmm0 0x1122334455667788");
            same("rsp 0x7fffffffe4b8", "rsp <stack>");
            same("Breakpoint 1 at 0x1139", "Breakpoint 1 at <exe>");
        }),
        ("normaliser::identities_and_paths_go", || {
            same("[Inferior 1 (process 4711) exited normally]", "[Inferior 1 (process <pid>) exited normally]");
            same("Thread 0x7ffff7dd2740 (LWP 12)", "Thread <pid> (LWP <pid>)");
            same("Thread 2 \"th\" hit", "Thread 2 \"th\" hit");
            same("/lib/x86_64-linux-gnu/libc.so.6 /lib64/ld-linux-x86-64.so.2", "<lib>/libc.so.6 <lib>/ld-linux-x86-64.so.2");
            same("/bin/dir/hello", "<bin>/hello");
        }),
        ("normaliser::prompts_are_the_runners", || {
            same("(rdbg) (rdbg) @@@ got\n(rdbg) a row", "(rdbg) got\na row");
            same("> > >>(rdbg) @@@ got", "(rdbg) got");
            same("(rdbg)  > > >i=0", "i=0");
            same("a\n\n\n", "a");
        }),
        ("normaliser::libc_builds_agree", || {
            same("_dl_runtime_resolve_xsavec", "_dl_runtime_resolve");
            same("<__libc_start_call_main+122>", "<__libc_start_call_main+N>");
            same("<puts+12>", "<puts+12>");
        }),
    ]
}

fn same(before: &str, after: &str) {
    assert_eq!(normalise(before, Path::new("/bin/dir")), format!("{after}\n"));
}
