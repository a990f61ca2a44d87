//! Catchpoints of the process's events: signals, forks, execs, system calls.

use crate::arch::syscalls::{syscall_group, syscall_name, syscall_number, syscall_words};
use crate::base::{Error, Result, Signal};
use crate::engine::{Catch, Condition, Disposition, Kind, SignalChoice};
use crate::symbols::Raise;

use super::condition::{parse_at_event, split_condition};
use crate::command::args::Args;
use crate::command::cx::{Command, Cx};
use crate::command::describe::{ArgKind, ArgSpec, Example, Flow, Group};

/// Catchpoints of the process's events.
pub const COMMANDS: &[Command] = &[
    CATCH_SIGNAL,
    TCATCH_SIGNAL,
    CATCH_FORK,
    TCATCH_FORK,
    CATCH_VFORK,
    TCATCH_VFORK,
    CATCH_EXEC,
    TCATCH_EXEC,
    CATCH_SYSCALL,
    TCATCH_SYSCALL,
    CATCH_RELRO,
    TCATCH_RELRO,
    CATCH_INIT,
    TCATCH_INIT,
    CATCH_THROW,
    TCATCH_THROW,
    CATCH_CATCH,
    TCATCH_CATCH,
    CATCH_RETHROW,
    TCATCH_RETHROW,
    CATCH_PANIC,
    TCATCH_PANIC,
];

const CATCH_RELRO: Command = Command {
    name: "catch relro",
    group: Group::Loading,
    args: &[ArgSpec::may("CONDITION", ArgKind::Rest)],
    summary: "Stop when the dynamic linker has made what it has relocated read-only (PT_GNU_RELRO).",
    help: "Once for each object that has such a segment; a static program does it itself. \"if CONDITION\" may follow.",
    examples: &[Example { line: "catch relro", what: "stops when GOTs become read-only" }],
    own: true,
    run: |cx, args| catch_plain(cx, args, Catch::Relro, "relro", Disposition::Keep),
    ..Command::BASE
};

const TCATCH_RELRO: Command = Command {
    name: "tcatch relro",
    summary: "Stop once when the dynamic linker has made what it has relocated read-only.",
    examples: &[],
    run: |cx, args| catch_plain(cx, args, Catch::Relro, "relro", Disposition::Delete),
    ..CATCH_RELRO
};

const CATCH_INIT: Command = Command {
    name: "catch init",
    group: Group::Loading,
    args: &[ArgSpec::may("MODULE", ArgKind::Module)],
    summary: "Stop before each constructor of a module runs: DT_INIT and DT_INIT_ARRAY.",
    help: "Without MODULE, before those of all modules but the dynamic linker's own, which has none.",
    examples: &[Example { line: "catch init libc.so.6", what: "stops in libc's constructors" }],
    own: true,
    run: |cx, args| catch_init(cx, args, Disposition::Keep),
    ..Command::BASE
};

const TCATCH_INIT: Command = Command {
    name: "tcatch init",
    summary: "Stop once before a constructor of a module runs.",
    examples: &[],
    run: |cx, args| catch_init(cx, args, Disposition::Delete),
    ..CATCH_INIT
};

fn catch_init(cx: &mut Cx<'_>, args: &Args, disposition: Disposition) -> Result<Flow> {
    let module = args.get("MODULE").map(str::to_owned);
    let what = module.as_ref().map_or_else(|| "init".to_owned(), |m| format!("init {m}"));
    add(cx, Catch::Init(module), &what, &what, disposition, None)
}

const CATCH_THROW: Command = Command {
    name: "catch throw",
    group: Group::Breakpoints,
    args: &[ArgSpec::may("REGEX", ArgKind::Rest)],
    summary: "Stop when a C++ exception is thrown.",
    help: "With REGEX, only one whose type matches. \"if CONDITION\" may follow. $_exception is the exception then.",
    examples: &[Example { line: "catch throw std::out_of_range", what: "stops when one of this type is thrown" }],
    run: |cx, args| catch_raise(cx, args, Raise::Throw, Disposition::Keep),
    ..Command::BASE
};

const TCATCH_THROW: Command = Command {
    name: "tcatch throw",
    summary: "Stop once when a C++ exception is thrown.",
    examples: &[],
    run: |cx, args| catch_raise(cx, args, Raise::Throw, Disposition::Delete),
    ..CATCH_THROW
};

const CATCH_CATCH: Command = Command {
    name: "catch catch",
    summary: "Stop when a C++ exception is caught.",
    examples: &[],
    run: |cx, args| catch_raise(cx, args, Raise::Catch, Disposition::Keep),
    ..CATCH_THROW
};

const TCATCH_CATCH: Command = Command {
    name: "tcatch catch",
    summary: "Stop once when a C++ exception is caught.",
    examples: &[],
    run: |cx, args| catch_raise(cx, args, Raise::Catch, Disposition::Delete),
    ..CATCH_THROW
};

const CATCH_RETHROW: Command = Command {
    name: "catch rethrow",
    summary: "Stop when a handler throws a C++ exception on.",
    examples: &[],
    run: |cx, args| catch_raise(cx, args, Raise::Rethrow, Disposition::Keep),
    ..CATCH_THROW
};

const TCATCH_RETHROW: Command = Command {
    name: "tcatch rethrow",
    summary: "Stop once when a handler throws a C++ exception on.",
    examples: &[],
    run: |cx, args| catch_raise(cx, args, Raise::Rethrow, Disposition::Delete),
    ..CATCH_THROW
};

const CATCH_PANIC: Command = Command {
    name: "catch panic",
    group: Group::Breakpoints,
    args: &[ArgSpec::may("CONDITION", ArgKind::Rest)],
    summary: "Stop when Rust code panics, before anything is unwound.",
    help: "The panic hook has run, so the message has been written. \"if CONDITION\" may follow.",
    examples: &[Example { line: "catch panic", what: "stops where a panic begins to unwind or to abort" }],
    own: true,
    run: |cx, args| catch_plain(cx, args, Catch::Raise { what: Raise::Panic, of: None }, "panic", Disposition::Keep),
    ..Command::BASE
};

const TCATCH_PANIC: Command = Command {
    name: "tcatch panic",
    summary: "Stop once when Rust code panics.",
    examples: &[],
    run: |cx, args| catch_plain(cx, args, Catch::Raise { what: Raise::Panic, of: None }, "panic", Disposition::Delete),
    ..CATCH_PANIC
};

fn catch_raise(cx: &mut Cx<'_>, args: &Args, what: Raise, disposition: Disposition) -> Result<Flow> {
    let (regex, condition) = split_condition(&args.text);
    let of = match regex {
        "" => None,
        text => Some(regex::Regex::new(text).map_err(|_| Error::user(format!("Invalid regexp: {text}")))?),
    };
    let condition = parse_at_event(cx.session, condition)?;
    let word = what.word();
    let id = cx.session.breakpoints.add(Kind::Catch(Catch::Raise { what, of }), &format!("exception {word}"), disposition);
    cx.session.breakpoints.get_mut(id)?.condition = condition;
    // Two blanks, as gdb has it.
    let noun = if disposition == Disposition::Delete { "Temporary catchpoint " } else { "Catchpoint" };
    cx.say(format!("{noun} {id} ({word})\n"));
    Ok(Flow::Go)
}

const CATCH_SIGNAL: Command = Command {
    name: "catch signal",
    group: Group::Breakpoints,
    args: &[ArgSpec::may("SIGNAL...", ArgKind::OneOf(signals))],
    summary: "Stop when the program is about to get a signal.",
    help: "SIGNALs are names, or numbers from 1 to 15; \"all\" is every one. Without, all but those that a debugger uses itself \
(SIGTRAP, SIGINT). The program stops whatever \"handle\" says, and whether it gets the signal then is for \"handle\" to say.",
    examples: &[Example { line: "catch signal SIGCHLD", what: "stops when a child has ended" }],
    run: |cx, args| catch_signal(cx, args, Disposition::Keep),
    ..Command::BASE
};

const TCATCH_SIGNAL: Command = Command {
    name: "tcatch signal",
    summary: "Stop once when the program is about to get a signal.",
    help: "",
    examples: &[],
    run: |cx, args| catch_signal(cx, args, Disposition::Delete),
    ..CATCH_SIGNAL
};

fn catch_signal(cx: &mut Cx<'_>, args: &Args, disposition: Disposition) -> Result<Flow> {
    let words: Vec<&str> = args.text.split_whitespace().collect();
    let choice = match words.as_slice() {
        [] => SignalChoice::Standard,
        ["all"] => SignalChoice::All,
        words if words.contains(&"all") => return Err(Error::user("'all' cannot be caught with other signals")),
        words => {
            let mut signals = Vec::new();
            for word in words {
                let signal = signal_of(word)?;
                if !signals.contains(&signal) {
                    signals.push(signal);
                }
            }
            SignalChoice::These(signals)
        }
    };
    let (shown, what) = match &choice {
        SignalChoice::Standard => ("standard signals".to_owned(), "signal \"<standard signals>\"".to_owned()),
        SignalChoice::All => ("any signal".to_owned(), "signal \"<any signal>\"".to_owned()),
        SignalChoice::These(signals) => {
            let names: Vec<String> = signals.iter().map(|s| s.name()).collect();
            let noun = if names.len() == 1 { "signal" } else { "signals" };
            (format!("{noun} {}", names.join(" ")), format!("{noun} \"{}\"", names.join(" ")))
        }
    };
    add(cx, Catch::Signals(choice), &what, &shown, disposition, None)
}

/// A signal's name, or a number from 1 to 15: what those mean is the same everywhere.
fn signal_of(word: &str) -> Result<Signal> {
    if let Ok(number) = word.parse::<i32>() {
        return (1..=15).contains(&number).then_some(Signal(number)).ok_or_else(|| {
            Error::user("Only signals 1-15 are valid as numeric signals.\nUse \"info signals\" for a list of symbolic signals.")
        });
    }
    let named = word.strip_prefix("SIG").and_then(|_| Signal::parse(word));
    named.ok_or_else(|| Error::user(format!("Unknown signal name '{word}'.")))
}

const CATCH_FORK: Command = Command {
    name: "catch fork",
    group: Group::Breakpoints,
    args: &[ArgSpec::may("CONDITION", ArgKind::Rest)],
    summary: "Stop when the program has forked.",
    help: "\"if CONDITION\" may follow.",
    run: |cx, args| catch_plain(cx, args, Catch::Fork, "fork", Disposition::Keep),
    ..Command::BASE
};

const TCATCH_FORK: Command = Command {
    name: "tcatch fork",
    summary: "Stop once when the program has forked.",
    run: |cx, args| catch_plain(cx, args, Catch::Fork, "fork", Disposition::Delete),
    ..CATCH_FORK
};

const CATCH_VFORK: Command = Command {
    name: "catch vfork",
    summary: "Stop when the program has made a child by vfork.",
    run: |cx, args| catch_plain(cx, args, Catch::Vfork, "vfork", Disposition::Keep),
    ..CATCH_FORK
};

const TCATCH_VFORK: Command = Command {
    name: "tcatch vfork",
    summary: "Stop once when the program has made a child by vfork.",
    run: |cx, args| catch_plain(cx, args, Catch::Vfork, "vfork", Disposition::Delete),
    ..CATCH_FORK
};

const CATCH_EXEC: Command = Command {
    name: "catch exec",
    summary: "Stop when the process begins to execute another program.",
    run: |cx, args| catch_plain(cx, args, Catch::Exec, "exec", Disposition::Keep),
    ..CATCH_FORK
};

const TCATCH_EXEC: Command = Command {
    name: "tcatch exec",
    summary: "Stop once when the process begins to execute another program.",
    run: |cx, args| catch_plain(cx, args, Catch::Exec, "exec", Disposition::Delete),
    ..CATCH_FORK
};

fn catch_plain(cx: &mut Cx<'_>, args: &Args, catch: Catch, word: &str, disposition: Disposition) -> Result<Flow> {
    let ("", condition) = split_condition(&args.text) else { return Err(Error::user("Junk at end of arguments.")) };
    let condition = parse_at_event(cx.session, condition)?;
    add(cx, catch, word, word, disposition, condition)
}

const CATCH_SYSCALL: Command = Command {
    name: "catch syscall",
    group: Group::Breakpoints,
    args: &[ArgSpec::may("CALL...", ArgKind::OneOf(calls))],
    summary: "Stop when the program enters a system call, and when it returns.",
    help: "CALLs are names, numbers, or groups (\"group:file\", \"g:network\"). Without, every one.",
    examples: &[Example { line: "catch syscall write", what: "stops before and after each write" }],
    run: |cx, args| catch_syscall(cx, args, Disposition::Keep),
    ..Command::BASE
};

const TCATCH_SYSCALL: Command = Command {
    name: "tcatch syscall",
    summary: "Stop once when the program enters a system call.",
    help: "",
    examples: &[],
    run: |cx, args| catch_syscall(cx, args, Disposition::Delete),
    ..CATCH_SYSCALL
};

/// Names of system calls, and of groups in both spellings.
fn calls() -> Vec<String> {
    let short = |word: &String| word.strip_prefix("group:").map(|group| format!("g:{group}"));
    let words: Vec<String> = syscall_words().collect();
    let groups: Vec<String> = words.iter().filter_map(short).collect();
    words.into_iter().chain(groups).collect()
}

/// Names of signals, and all of them.
fn signals() -> Vec<String> {
    Signal::all().map(|s| s.name()).chain(["all".to_owned()]).collect()
}

fn catch_syscall(cx: &mut Cx<'_>, args: &Args, disposition: Disposition) -> Result<Flow> {
    let mut numbers = Vec::new();
    for word in args.text.split_whitespace() {
        if let Ok(number) = word.parse() {
            numbers.push(number);
        } else if word.parse::<i64>().is_ok() {
            return Err(Error::user(format!("Unknown syscall number '{word}'.")));
        } else if let Some(group) = word.strip_prefix("group:").or_else(|| word.strip_prefix("g:")) {
            numbers.extend(syscall_group(group).ok_or_else(|| Error::user(format!("Unknown syscall group '{group}'.")))?);
        } else {
            numbers.push(syscall_number(word).ok_or_else(|| Error::user(format!("Unknown syscall name '{word}'.")))?);
        }
    }
    let noun = if numbers.len() == 1 { "syscall" } else { "syscalls" };
    let shown = |n: &u64| syscall_name(*n).map_or_else(|| n.to_string(), |name| format!("'{name}' [{n}]"));
    let name = |n: &u64| syscall_name(*n).map_or_else(|| n.to_string(), str::to_owned);
    let (text, what) = match numbers.as_slice() {
        [] => ("any syscall".to_owned(), "syscall \"<any syscall>\"".to_owned()),
        all => (
            format!("{noun} {}", all.iter().map(shown).collect::<Vec<_>>().join(" ")),
            format!("{noun} \"{}\"", all.iter().map(name).collect::<Vec<_>>().join(", ")),
        ),
    };
    add(cx, Catch::Syscalls(numbers), &what, &text, disposition, None)
}

fn add(
    cx: &mut Cx<'_>,
    catch: Catch,
    what: &str,
    shown: &str,
    disposition: Disposition,
    condition: Option<Condition>,
) -> Result<Flow> {
    let id = cx.session.breakpoints.add(Kind::Catch(catch), what, disposition);
    cx.session.breakpoints.get_mut(id)?.condition = condition;
    cx.say(format!("Catchpoint {id} ({shown})\n"));
    Ok(Flow::Go)
}

#[cfg(test)]
mod tests {
    use super::signal_of;

    #[test]
    fn signals_are_named_or_have_small_numbers() {
        assert_eq!(signal_of("SIGHUP").unwrap().0, 1);
        assert_eq!(signal_of("15").unwrap().0, 15);
        assert_eq!(signal_of("foo").unwrap_err().to_string(), "Unknown signal name 'foo'.");
        let sentence = "Only signals 1-15 are valid as numeric signals.\nUse \"info signals\" for a list of symbolic signals.";
        assert_eq!(signal_of("77").unwrap_err().to_string(), sentence);
    }
}
