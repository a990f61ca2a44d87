//! The command line, as gdb's: one or two dashes, names shortened, values behind a blank or `=`.

use std::ffi::OsString;

/// Something to do at start, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// Run a file of commands (`-x`, `-ix`).
    File(String),
    /// Run a command (`-ex`, `-iex`).
    Line(String),
}

/// What rdbg was started with.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// The program, and what may follow it: a process or a core file.
    pub files: Vec<String>,
    /// The program's arguments, with `--args`.
    pub args: Option<Vec<String>>,
    /// `--pid`
    pub pid: Option<String>,
    /// `--tour`
    pub tour: bool,
    /// `--core`
    pub core: Option<String>,
    /// `--symbols`
    pub symbols: Option<String>,
    /// `--exec`
    pub exec: Option<String>,
    /// `-ix` and `-iex`: before the program is loaded.
    pub before: Vec<Step>,
    /// `-x` and `-ex`.
    pub steps: Vec<Step>,
    /// `--batch`
    pub batch: bool,
    /// `--batch-silent`
    pub silent: bool,
    /// `--quiet`
    pub quiet: bool,
    /// `--nx`: no `.rdbginit` at all.
    pub no_init: bool,
    /// `--nh`: not the home directory's.
    pub no_home_init: bool,
    /// `--cd`
    pub cd: Option<String>,
    /// `--tty`
    pub tty: Option<String>,
    /// `--directory`
    pub directories: Vec<String>,
    /// `--fullname`
    pub full_name: bool,
    /// `--return-child-result`
    pub return_child_result: bool,
    /// `--interpreter`
    pub interpreter: Option<String>,
    /// `--version`
    pub version: bool,
    /// `--help`
    pub help: bool,
}

/// Which option, whether it takes a value, and its names: the first is the long one.
const TABLE: &[(Key, bool, &[&str])] = &[
    (Key::Args, false, &["args"]),
    (Key::Batch, false, &["batch"]),
    (Key::Silent, false, &["batch-silent"]),
    (Key::Cd, true, &["cd"]),
    (Key::File, true, &["command", "x"]),
    (Key::Core, true, &["core", "c"]),
    (Key::Directory, true, &["directory", "d"]),
    (Key::Line, true, &["eval-command", "ex"]),
    (Key::Exec, true, &["exec", "e"]),
    (Key::FullName, false, &["fullname", "f"]),
    (Key::Help, false, &["help", "h", "?"]),
    (Key::FileBefore, true, &["init-command", "ix"]),
    (Key::LineBefore, true, &["init-eval-command", "iex"]),
    (Key::Interpreter, true, &["interpreter", "i", "ui"]),
    (Key::NoHomeInit, false, &["nh"]),
    (Key::Ignored, false, &["nowindows", "nw"]),
    (Key::NoInit, false, &["nx", "n"]),
    (Key::Pid, true, &["pid", "p"]),
    (Key::Quiet, false, &["quiet", "q", "silent"]),
    (Key::Ignored, false, &["readnever", "readnow", "r"]),
    (Key::ReturnChildResult, false, &["return-child-result"]),
    (Key::Both, true, &["se"]),
    (Key::Symbols, true, &["symbols", "s"]),
    (Key::Tour, false, &["tour"]),
    (Key::Tty, true, &["tty", "t"]),
    (Key::Version, false, &["version", "v"]),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Args,
    Batch,
    Silent,
    Cd,
    File,
    Core,
    Directory,
    Line,
    Exec,
    Ignored,
    Help,
    FileBefore,
    FullName,
    LineBefore,
    Interpreter,
    NoHomeInit,
    NoInit,
    Pid,
    Quiet,
    ReturnChildResult,
    Both,
    Symbols,
    Tour,
    Tty,
    Version,
}

impl Options {
    /// Parses arguments, without the program's own name. The error is a line.
    pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Options, String> {
        let mut options = Options::default();
        let mut args = args.into_iter();
        let mut only_files = false;
        while let Some(arg) = args.next() {
            let arg = text(arg)?;
            let name = arg.strip_prefix("--").or_else(|| arg.strip_prefix('-')).unwrap_or_default();
            if only_files || name.is_empty() && arg != "--" {
                options.files.push(arg);
                if options.args.is_some() {
                    options.args = Some(args.map(text).collect::<Result<_, _>>()?);
                    break;
                }
                continue;
            }
            if arg == "--" {
                only_files = true;
                continue;
            }
            let (name, given) = name.split_once('=').map_or((name, None), |(n, v)| (n, Some(v.to_owned())));
            let (key, takes_value, inline) = find(name).ok_or_else(|| format!("unrecognized option '{arg}'"))?;
            let value = match given.or(inline) {
                Some(v) if takes_value => v,
                Some(_) => return Err(format!("option '{arg}' doesn't allow an argument")),
                None if takes_value => text(args.next().ok_or_else(|| format!("option '{arg}' requires an argument"))?)?,
                None => String::new(),
            };
            options.apply(key, value);
        }
        if options.args.is_some() && options.files.is_empty() {
            return Err("`--args' specified but no program specified".to_owned());
        }
        Ok(options)
    }

    fn apply(&mut self, key: Key, value: String) {
        match key {
            Key::Args => self.args = Some(Vec::new()),
            Key::Batch => self.batch = true,
            Key::Silent => (self.batch, self.silent) = (true, true),
            Key::Cd => self.cd = Some(value),
            Key::File => self.steps.push(Step::File(value)),
            Key::Line => self.steps.push(Step::Line(value)),
            Key::FileBefore => self.before.push(Step::File(value)),
            Key::LineBefore => self.before.push(Step::Line(value)),
            Key::Tour => self.tour = true,
            Key::Core => self.core = Some(value),
            Key::Directory => self.directories.push(value),
            Key::Exec => self.exec = Some(value),
            Key::Symbols => self.symbols = Some(value),
            Key::Both => (self.exec, self.symbols) = (Some(value.clone()), Some(value)),
            Key::Interpreter => self.interpreter = Some(value),
            Key::NoInit => self.no_init = true,
            Key::NoHomeInit => self.no_home_init = true,
            Key::Pid => self.pid = Some(value),
            Key::Quiet => self.quiet = true,
            Key::ReturnChildResult => self.return_child_result = true,
            Key::Tty => self.tty = Some(value),
            Key::Version => self.version = true,
            Key::Help => self.help = true,
            Key::FullName => self.full_name = true,
            Key::Ignored => {}
        }
    }
}

/// An option by its name or an unambiguous start of one; of one letter with its value behind it (`-p12`).
fn find(name: &str) -> Option<(Key, bool, Option<String>)> {
    let all = || TABLE.iter().flat_map(|(key, value, names)| names.iter().map(move |n| (*key, *value, *n)));
    if let Some((key, value, _)) = all().find(|o| o.2 == name) {
        return Some((key, value, None));
    }
    let mut fitting = all().filter(|o| o.2.starts_with(name));
    if let Some(first) = fitting.next() {
        return fitting.all(|o| o.0 == first.0).then_some((first.0, first.1, None));
    }
    let letter = name.get(..1)?;
    let (key, value, _) = all().find(|o| o.2 == letter && o.1)?;
    Some((key, value, Some(name.get(1..)?.to_owned())))
}

fn text(arg: OsString) -> Result<String, String> {
    arg.into_string().map_err(|arg| format!("argument is not UTF-8: {}", arg.to_string_lossy()))
}

/// Arguments as one line that reads back as them: what `show args` says after `--args`, as gdb quotes it.
pub fn quote(args: &[String]) -> String {
    let quoted = args.iter().map(|arg| {
        if arg.is_empty() {
            return "''".to_owned();
        }
        let mut out = String::new();
        for c in arg.chars() {
            match c {
                // A backslash before a newline would join lines.
                '\n' => out.push_str("'\n'"),
                _ => {
                    if "\"!#$&*()\\|[]{}<>?'`~^; \t".contains(c) {
                        out.push('\\');
                    }
                    out.push(c);
                }
            }
        }
        out
    });
    quoted.collect::<Vec<_>>().join(" ")
}

/// What `--help` prints.
pub const HELP: &str = "\
rdbg: a debugger for x86-64 Linux that speaks gdb's commands and shows how a process is loaded.

    rdbg [OPTIONS] [PROGRAM [PID | CORE]]
    rdbg [OPTIONS] --args PROGRAM [ARGUMENTS]

What is debugged:
  --args               what follows PROGRAM are its arguments
  -p, --pid=PID        attach to a process
  -c, --core=FILE      look at a core file
  -e, --exec=FILE      the program
  -s, --symbols=FILE   where its symbols are

Commands:
  -x, --command=FILE   run a file of commands
  -ex COMMAND          run a command; may be repeated and mixed with -x
  -ix, -iex            the same, before the program is loaded
  -nx, -nh             read no .rdbginit, or not the home directory's
  --batch              end after them; the exit status tells whether the last one worked
  --batch-silent       the same, without output

Others:
  --tour               how a program is loaded, step by step, on one that rdbg brings along
  -q, --quiet          no banner
  --cd=DIR             change to DIR first
  --tty=DEVICE         the program's terminal
  --directory=DIR      look for sources there too
  -f, --fullname       tell Emacs where source lines are
  --return-child-result  end with the program's exit status
  --version, --help

One or two dashes both work. At the prompt, \"help\" tells more.
";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn one_dash_two_dashes_and_values_as_gdb_has_them() {
        let a = parse("-q -batch -ex bt -x f --eval-command=x -p12 ./a.out").unwrap();
        assert!(a.quiet && a.batch);
        assert_eq!(a.steps, [Step::Line("bt".into()), Step::File("f".into()), Step::Line("x".into())]);
        assert_eq!((a.pid.as_deref(), a.files.as_slice()), (Some("12"), ["./a.out".to_owned()].as_slice()));
        assert_eq!(parse("--pid=3").unwrap().pid.as_deref(), Some("3"));
        assert_eq!(parse("-ex -q").unwrap().steps, [Step::Line("-q".into())]);
    }

    #[test]
    fn after_args_and_the_program_everything_is_the_programs() {
        let a = parse("-q --args ./a.out -x 1 --batch").unwrap();
        assert_eq!(a.args.unwrap(), ["-x", "1", "--batch"]);
        assert!(!a.batch);
        assert!(parse("--args").is_err());
    }

    #[test]
    fn core_files_are_named_by_option_or_second() {
        for line in ["-c core", "--core=core"] {
            assert_eq!(parse(line).unwrap().core.as_deref(), Some("core"));
        }
        assert_eq!(parse("./a.out core").unwrap().files, ["./a.out", "core"]);
        assert_eq!(parse("./a.out 12").unwrap().files, ["./a.out", "12"]);
        assert!(parse("--args ./a.out core").is_ok());
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(parse("-frob").unwrap_err(), "unrecognized option '-frob'");
        assert_eq!(parse("-ex").unwrap_err(), "option '-ex' requires an argument");
    }

    #[test]
    fn arguments_are_quoted_as_gdb_13_quotes_them() {
        let args: Vec<String> = ["a", "b c", "d$e", "-x", "", "it's", "a\"b", "x;y", "*", "é"].map(str::to_owned).into();
        assert_eq!(quote(&args), r#"a b\ c d\$e -x '' it\'s a\"b x\;y \* é"#);
    }
}
