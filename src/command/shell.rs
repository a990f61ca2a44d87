//! What reaches outside of rdbg: shell, pipe, cd, pwd, quit; and lines made from lines: with, eval, assert, expect.

use std::io::{Read, Write};
use std::process::{Command as Process, ExitStatus, Stdio};

use crate::base::{Error, Result};
use crate::engine::Session;
use crate::ui::Role;
use crate::value::{Type, Value};

use super::args::{Args, compile_regex};
use super::cx::{Again, Command, Cx, Entry};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Repeat};
use super::expression::{explain, formatted, integer_i64, truth};
use super::paths::{expand_home, file_error};
use super::registry::word_length;
use super::settings;

/// `shell`
pub const SHELL: Command = Command {
    name: "shell",
    aliases: &["!"],
    args: &[ArgSpec::may("COMMAND", ArgKind::Rest)],
    summary: "Execute the rest of the line as a shell command.",
    help: "With no arguments, run an inferior shell. The shell is $SHELL, or /bin/sh.\n$_shell_exitcode or $_shell_exitsignal tell how it ended.",
    examples: &[Example { line: "shell echo hello", what: "run a program" }],
    repeat: Repeat::Again,
    run: |cx, args| {
        let shell = run_shell(cx, &args.text, None)?;
        set_exit_variables(cx, shell);
        Ok(Flow::Go)
    },
    ..Command::BASE
};

/// `make`
pub const MAKE: Command = Command {
    name: "make",
    args: &[ArgSpec::may("ARGS", ArgKind::Rest)],
    summary: "Run the ``make'' program using the rest of the line as arguments.",
    run: |cx, args| {
        let status = run_shell(cx, &format!("make {}", args.text), None)?;
        set_exit_variables(cx, status);
        Ok(Flow::Go)
    },
    ..Command::BASE
};

/// Runs a shell's command line, with `input` on its standard input. Its output goes where rdbg's goes.
pub(super) fn run_shell(cx: &mut Cx<'_>, line: &str, input: Option<&str>) -> Result<ExitStatus> {
    cx.out.flush();
    let shell = std::env::var_os("SHELL").unwrap_or_else(|| "/bin/sh".into());
    // What it starts is not to be bound to the core of the debugged program.
    cx.session.rest();
    let mut process = Process::new(shell);
    if !line.is_empty() {
        process.arg("-c").arg(line);
    }
    if input.is_some() {
        process.stdin(Stdio::piped());
    }
    // A person's pager needs the terminal itself; all else goes through rdbg's output, where logs and `expect` see it.
    let through = !cx.out.is_terminal();
    if through {
        process.stdout(Stdio::piped());
    }
    let fail = |e: &std::io::Error| Error::io("Cannot execute the shell", e);
    let mut child = process.spawn().map_err(|e| fail(&e))?;
    let stdin = child.stdin.take();
    let text = input.unwrap_or_default().to_owned();
    // On a thread: a filter may write before it has read everything. It may also stop reading, which is no error.
    let writer = std::thread::spawn(move || stdin.map(|mut s| s.write_all(text.as_bytes())));
    if let Some(mut stdout) = child.stdout.take() {
        let mut buffer = [0; 8192];
        let mut pending = Vec::new();
        while let Ok(n @ 1..) = stdout.read(&mut buffer) {
            pending.extend_from_slice(buffer.get(..n).unwrap_or_default());
            let whole = pending.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
            let lines: Vec<u8> = pending.drain(..whole).collect();
            cx.say(String::from_utf8_lossy(&lines));
        }
        cx.say(String::from_utf8_lossy(&pending));
    }
    let _ = writer.join();
    child.wait().map_err(|e| fail(&e))
}

fn set_exit_variables(cx: &mut Cx<'_>, status: ExitStatus) {
    use std::os::unix::process::ExitStatusExt;
    for (name, number) in [("_shell_exitcode", status.code()), ("_shell_exitsignal", status.signal())] {
        if let Some(number) = number {
            cx.session.variables.set(name, Value::int(&Type::int(), number.into()));
        }
    }
}

/// `pipe`
pub const PIPE: Command = Command {
    name: "pipe",
    aliases: &["|"],
    args: &[ArgSpec::may("COMMAND | SHELL_COMMAND", ArgKind::Command)],
    summary: "Send the output of a gdb command to a shell command.",
    help: "\"pipe -d DELIM COMMAND DELIM SHELL_COMMAND\" is for a COMMAND that has a \"|\" in it. Without COMMAND the last one is repeated.",
    examples: &[Example { line: "pipe help info | wc -l", what: "count lines" }],
    run: pipe,
    ..Command::BASE
};

fn pipe(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let mut text = args.text.as_str();
    let mut delimiter = "|";
    if let Some(rest) = text.strip_prefix("-d ") {
        let (word, rest) = rest.trim_start().split_once(' ').ok_or_else(|| Error::user("Missing delimiter argument"))?;
        (delimiter, text) = (word, rest.trim_start());
    }
    if text.is_empty() {
        return Err(Error::user("Missing COMMAND"));
    }
    let (command, shell) = text.split_once(delimiter).ok_or_else(|| Error::user("Missing delimiter before SHELL_COMMAND"))?;
    let (command, shell) = (command.trim(), shell.trim());
    if shell.is_empty() {
        return Err(Error::user("Missing SHELL_COMMAND"));
    }
    let command = if command.is_empty() { last_line(cx, &args.text)? } else { command.to_owned() };
    let output = cx.capture(&command)?;
    let status = run_shell(cx, shell, Some(&output))?;
    set_exit_variables(cx, status);
    Ok(Flow::Go)
}

/// The line that Enter would repeat, for a command that was given `text` and does it again in another way: Enter repeats that line
/// afterwards, not this command.
fn last_line(cx: &mut Cx<'_>, text: &str) -> Result<String> {
    if matches!(&cx.interpreter.again, Again::Line(line) if line.trim_end().ends_with(text)) {
        cx.interpreter.again = cx.interpreter.again_before.clone();
    }
    match &cx.interpreter.again {
        Again::Line(line) => Ok(line.clone()),
        Again::Command(command) => Ok(command.name.to_owned()),
        Again::Nothing => Err(Error::user("No previous command to relaunch")),
    }
}

/// `cd`
pub const CD: Command = Command {
    name: "cd",
    args: &[ArgSpec::may("DIR", ArgKind::File)],
    summary: "Set working directory to DIR for debugger.",
    help: "The program that \"run\" starts inherits it, unless \"set cwd\" says otherwise. Without DIR: the home directory.",
    repeat: Repeat::No,
    run: |cx, args| {
        let dir = expand_home(args.get("DIR").unwrap_or("~"));
        std::env::set_current_dir(&dir).map_err(|e| file_error(&dir.display().to_string(), &e))?;
        show_cwd(cx);
        Ok(Flow::Go)
    },
    ..Command::BASE
};

/// `pwd`
pub const PWD: Command = Command {
    name: "pwd",
    summary: "Print working directory.",
    help: "This is used for your program as well.",
    run: |cx, _| {
        show_cwd(cx);
        Ok(Flow::Go)
    },
    ..Command::BASE
};

fn show_cwd(cx: &mut Cx<'_>) {
    match std::env::current_dir() {
        Ok(dir) => cx.say(format!("Working directory {}.\n", dir.display())),
        Err(_) => cx.say("The working directory has gone.\n"),
    }
}

/// `quit`
pub const QUIT: Command = Command {
    name: "quit",
    aliases: &["exit", "q"],
    args: &[ArgSpec::may("STATUS", ArgKind::Expr)],
    summary: "Exit gdb.",
    help: "STATUS is rdbg's exit status; 0 without it. A program that rdbg started is killed, one that it attached to goes on.",
    repeat: Repeat::No,
    run: quit,
    ..Command::BASE
};

fn quit(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let status = match args.get("STATUS") {
        Some(text) => integer_i64(cx, text)? as i32,
        None => 0,
    };
    if let Some(stake) = at_stake(cx.session)
        && !cx.query(&format!("A debugging session is active.\n\n{stake}\nQuit anyway? "))?
    {
        return Err(Error::user("Not confirmed."));
    }
    Ok(Flow::Quit(status))
}

/// What is lost when rdbg ends now, in gdb's words.
fn at_stake(session: &Session) -> Option<String> {
    let mut text = String::new();
    for inferior in session.inferiors() {
        let Some(process) = inferior.process.as_ref().filter(|p| p.target.core_file().is_none()) else { continue };
        let verb = if process.dies_with_rdbg() { "killed" } else { "detached" };
        text += &format!("\tInferior {} [process {}] will be {verb}.\n", inferior.number, process.target.pid());
    }
    Some(text).filter(|t| !t.is_empty())
}

/// `with`
pub const WITH: Command = Command {
    name: "with",
    aliases: &["w"],
    args: &[ArgSpec::may("SETTING [VALUE] [-- COMMAND]", ArgKind::Setting)],
    summary: "Temporarily set SETTING to VALUE, run COMMAND using the setting, then restore it.",
    help: "Without COMMAND the last one is repeated.",
    examples: &[Example { line: "with print pretty on -- show print pretty", what: "one command, another setting" }],
    run: with,
    ..Command::BASE
};

fn with(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    if args.text.is_empty() {
        return Err(Error::user("Missing arguments."));
    }
    with_setting(cx, "set", &args.text)
}

/// `with` of the settings below `prefix`: `SETTING [VALUE] [-- COMMAND]`.
pub(super) fn with_setting(cx: &mut Cx<'_>, prefix: &str, text: &str) -> Result<Flow> {
    let (setting, command) = match text.split_once("--") {
        Some((setting, _)) if setting.trim().is_empty() => {
            return Err(Error::user("Missing setting before '--' delimiter"));
        }
        Some((setting, command)) if !command.trim().is_empty() => (setting.trim(), Some(command.trim().to_owned())),
        Some((setting, _)) => (setting.trim(), None),
        None => (text, None),
    };
    let line = format!("{prefix} {setting}");
    let word = setting.split_whitespace().next().unwrap_or_default();
    let undefined = || Error::user(format!("Undefined {prefix} command: \"{word}\".  Try \"help {prefix}\"."));
    let registry = &cx.interpreter.registry;
    if word_length(word) == word.len() && registry.below(prefix, word).next().is_none() {
        return Err(undefined());
    }
    registry.check_unique(prefix, word)?;
    let found = registry.resolve(&line)?;
    let (Entry::Set(setting), value) = (found.entry, found.rest.to_owned()) else {
        if found.name != prefix {
            return Err(Error::user("Cannot use this setting with the \"with\" command"));
        }
        return Err(undefined());
    };
    let command = match command {
        Some(command) => command,
        None => last_line(cx, text)?,
    };
    let before = cx.session.settings.clone();
    settings::set(cx, setting, &value)?;
    let result = cx.run_line(&command);
    setting.restore(&mut cx.session.settings, before);
    result
}

/// `eval`
pub const EVAL: Command = Command {
    name: "eval",
    args: &[ArgSpec::may("FORMAT, ARG, ...", ArgKind::Rest)],
    summary: "Construct a GDB command and then evaluate it.",
    help: "The command is what \"printf\" would print.",
    run: |cx, args| {
        let line = formatted(cx, &args.text)?;
        cx.run_line(&line)
    },
    ..Command::BASE
};

/// `assert`
pub const ASSERT: Command = Command {
    name: "assert",
    args: &[ArgSpec::must("EXPR", ArgKind::Expr)],
    summary: "Fail unless EXPR is not zero, and show the values in it.",
    help: "For scripts that are tests: a failure ends a file of commands, and rdbg's exit status is 1.",
    examples: &[Example { line: "assert 1 + 1 == 2", what: "says nothing" }],
    own: true,
    repeat: Repeat::No,
    run: assert_true,
    ..Command::BASE
};

fn assert_true(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let outcome = truth(cx, &args.text);
    if matches!(outcome, Ok(true)) {
        return Ok(Flow::Go);
    }
    cx.interpreter.failed = true;
    let mut message = format!("Assertion failed: {}", args.text);
    match outcome {
        Err(e) => message.push_str(&format!("\n  {e}")),
        Ok(_) => explain(cx, &args.text).iter().for_each(|line| message.push_str(&format!("\n  {line}"))),
    }
    Err(Error::User(message))
}

/// `expect`
pub const EXPECT: Command = Command {
    name: "expect",
    args: &[ArgSpec::must("REGEX", ArgKind::Regex)],
    summary: "Fail unless REGEX matches in what the last command wrote.",
    help: "\"^\" and \"$\" match at lines. For scripts that are tests: a failure ends a file of commands, and rdbg's exit status is 1.",
    own: true,
    repeat: Repeat::No,
    run: expect,
    ..Command::BASE
};

fn expect(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let output = cx.interpreter.last_output();
    if compile_regex(&args.text)?.is_match(&output) {
        return Ok(Flow::Go);
    }
    cx.interpreter.failed = true;
    let shown: String = output.lines().take(20).map(|l| format!("\n  {l}")).collect();
    let what = if output.is_empty() { "nothing".to_owned() } else { format!("this:{shown}") };
    Err(Error::user(format!("Expected /{}/; the last command wrote {what}", args.text)))
}

/// `dont-repeat`
pub const DONT_REPEAT: Command = Command {
    name: "dont-repeat",
    summary: "Don't repeat this command.",
    help: "Used inside a user-defined command: Enter on an empty line does not run it again.",
    repeat: Repeat::No,
    run: |cx, _| {
        cx.interpreter.again = Again::Nothing;
        Ok(Flow::Go)
    },
    ..Command::BASE
};

/// `show version`
pub const SHOW_VERSION: Command = Command {
    name: "show version",
    summary: "Show what version of rdbg this is.",
    run: |cx, _| {
        cx.out.text(Role::Plain, &format!("rdbg {}\n", env!("CARGO_PKG_VERSION")));
        Ok(Flow::Go)
    },
    ..Command::BASE
};

/// The family.
pub const COMMANDS: &[Command] = &[SHELL, MAKE, PIPE, CD, PWD, QUIT, WITH, EVAL, ASSERT, EXPECT, DONT_REPEAT, SHOW_VERSION];

#[cfg(test)]
mod tests {
    use crate::command::fixture::{Bench, run};

    #[test]
    fn shell_and_pipe_write_where_everything_goes() {
        assert_eq!(run("shell echo hi\n!echo ho\npipe say a | tr a b\n|say c|cat"), "hi\nho\nb\nc\n");
        assert_eq!(run("pipe"), "Missing COMMAND\n");
        assert_eq!(run("pipe say a"), "Missing delimiter before SHELL_COMMAND\n");
        assert_eq!(run("pipe -d @@ say a|b @@ cat"), "a|b\n");
        // A filter that does not read its input is no error.
        assert_eq!(run("pipe help all | true\nshell exit 3\nassert $_shell_exitcode == 3"), "");
    }

    /// gdb 13.1: "with" without a command runs the line before once more, and that is what Enter repeats.
    #[test]
    fn with_alone_repeats_the_line_before() {
        let on = "Pretty formatting of structures is on.\n";
        let off = "Pretty formatting of structures is off.\n";
        assert_eq!(run("show print pretty\nwith print pretty on\n\nwith print pretty on --\n"), format!("{off}{on}{off}{on}"));
        assert_eq!(run("say a\n| | tr a b\n\n"), "a\nb\na\n");
        assert_eq!(run("with print pretty on"), "No previous command to relaunch\n");
        assert_eq!(run("with pagi"), "No previous command to relaunch\n");
        assert!(run("with w").starts_with("Ambiguous set command \"w\": "), "{}", run("with w"));
    }

    #[test]
    fn with_sets_for_one_command() {
        assert_eq!(
            run("with print pretty on -- show print pretty\nshow print pretty"),
            "Pretty formatting of structures is on.\nPretty formatting of structures is off.\n"
        );
        assert_eq!(run("with"), "Missing arguments.\n");
        assert_eq!(run("with frob -- say"), "Undefined set command: \"frob\".  Try \"help set\".\n");
    }

    #[test]
    fn expect_looks_at_the_last_output_and_failing_is_remembered() {
        let mut bench = Bench::new();
        assert_eq!(bench.run("say hello\nexpect ^hel+o$\nexpect h\nassert 1"), "hello\n");
        assert!(!bench.interpreter.failed);
        assert_eq!(bench.run("expect bye"), "Expected /bye/; the last command wrote this:\n  hello\n");
        assert!(bench.interpreter.failed);
        assert_eq!(run("expect ("), "Invalid regular expression \"(\": unclosed group.\n");
        assert_eq!(run("assert 1 == 2"), "Assertion failed: 1 == 2\n");
        assert_eq!(run("define f\nsay in f\nend\nf\nexpect in f"), "in f\n");
    }

    #[test]
    fn quit_takes_a_status() {
        assert_eq!(run("quit 3"), "quit 3\n");
        assert_eq!(run("q 1+1"), "quit 2\n");
    }
}
