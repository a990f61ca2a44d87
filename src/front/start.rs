//! From options to an exit status: what runs at start and in which order, then the loop over typed lines.

use std::cell::RefCell;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::base::{Error, Result};
use crate::command::{
    Cx, FAMILIES, Flow, Interpreter, LineReader, Registry, SETTINGS, TEST_SETTINGS, chosen_styles, exit_status, expand_home,
    leave_attached, read_setting,
};
use crate::engine::Session;
use crate::os::signals;
use crate::ui::{Output, Role, TextOutput};

use super::options::{HELP, Options, Step, quote};
use super::plain::PlainReader;
use super::repl::{DumbTerminal, Repl};
use super::state::State;

/// A run of rdbg.
struct Front {
    state: Rc<RefCell<State>>,
    out: TextOutput,
    /// Whether any command has failed.
    any_failed: bool,
    /// Whether the last command has failed: the exit status of a batch.
    last_failed: bool,
}

/// Runs rdbg; its exit status.
pub fn run(options: &Options) -> i32 {
    if options.version || options.help {
        let text = if options.help { HELP.to_owned() } else { format!("rdbg {}\n", env!("CARGO_PKG_VERSION")) };
        let _ = std::io::stdout().write_all(text.as_bytes());
        return 0;
    }
    if let Some(name) = options.interpreter.as_deref().filter(|n| !matches!(*n, "console" | "cli")) {
        eprintln!("Interpreter `{name}' unrecognized");
        return 1;
    }
    let out = match options.silent {
        true => TextOutput::to(Box::new(std::io::sink()), Box::new(std::io::stderr())),
        false => TextOutput::stdout(),
    };
    let interpreter = Interpreter::new(Registry::new(FAMILIES, SETTINGS, TEST_SETTINGS));
    let mut session = Session::new();
    session.settings.reader = read_setting;
    let state = Rc::new(RefCell::new(State { session, interpreter, quit: None }));
    let mut front = Front { state, out, any_failed: false, last_failed: options.batch };
    let status = front.session(options);
    // Lets go of what was debugged; in the background too no thread is in the middle of anything then.
    let _ = front.state.borrow_mut().session.hold();
    front.with_cx(|cx| {
        leave_attached(cx);
        (Flow::Go, false)
    });
    drop(front);
    signals::end_if_asked();
    status
}

impl Front {
    fn session(&mut self, options: &Options) -> i32 {
        if !options.quiet && !options.batch {
            self.out
                .text(Role::Plain, concat!("rdbg ", env!("CARGO_PKG_VERSION"), ": type \"help\" for help, \"quit\" to leave.\n"));
        }
        let terminal = std::io::stdin().is_terminal() && !options.batch;
        let status = match self.start(options, terminal) {
            Flow::Quit(status) => Some(status),
            _ if options.batch => None,
            _ => self.read_lines(terminal),
        };
        self.out.flush();
        self.status(options, status)
    }

    /// The exit status; `quit`'s own, if there was one, comes first.
    fn status(&self, options: &Options, quit: Option<i32>) -> i32 {
        let state = self.state.borrow();
        if options.return_child_result {
            return exit_status(&state.session).unwrap_or(255);
        }
        let strict = state.session.settings.error_strict && self.any_failed;
        match quit {
            Some(status) if status != 0 => status & 0xff,
            _ if strict || state.interpreter.failed => 1,
            None if options.batch && self.last_failed => 1,
            _ => 0,
        }
    }

    /// What the options ask for, in gdb's order: init files, `-ix`, the program, the local init file, `-x` and `-ex`.
    fn start(&mut self, options: &Options, terminal: bool) -> Flow {
        let mut flow = self.settle(options, terminal);
        let mut steps = Vec::new();
        if !options.no_init && !options.no_home_init {
            steps.extend(home_init().map(|f| Step::File(f.display().to_string())));
        }
        let local = if options.no_init { None } else { local_init() };
        steps.extend(options.before.iter().cloned());
        steps.extend(load_steps(options));
        for step in &steps {
            if flow == Flow::Go {
                flow = self.step(step);
            }
        }
        if let Some(file) = local.filter(|_| flow == Flow::Go) {
            flow = self.local_init(&file);
        }
        let tour = options.tour.then(|| Step::Line(if options.batch { "tour all" } else { "tour" }.to_owned()));
        for step in options.steps.iter().chain(&tour) {
            if flow == Flow::Go {
                flow = self.step(step);
            }
        }
        flow
    }

    /// Settings and directories that the options give.
    fn settle(&mut self, options: &Options, terminal: bool) -> Flow {
        let editing = terminal && std::env::var_os("TERM").is_some_and(|t| !t.is_empty() && t != "dumb");
        let reader: Rc<RefCell<dyn LineReader>> = match terminal {
            true if editing => Rc::new(RefCell::new(Repl::new(&self.state))),
            true => Rc::new(RefCell::new(DumbTerminal::new(&self.state))),
            false => Rc::new(RefCell::new(PlainReader::stdin(&self.state))),
        };
        {
            let mut state = self.state.borrow_mut();
            state.interpreter.reader = reader;
            state.interpreter.batch = options.batch;
            let settings = &mut state.session.settings;
            settings.annotate = options.full_name.into();
            if let Some(tty) = &options.tty {
                settings.inferior_tty = tty.clone();
            }
            if let Some(args) = &options.args {
                settings.args = quote(args);
            }
            for directory in options.directories.iter().rev() {
                settings.directories = format!("{directory}:{}", settings.directories);
            }
        }
        match &options.cd {
            Some(dir) => self.change_directory(dir),
            None => Flow::Go,
        }
    }

    fn change_directory(&mut self, dir: &str) -> Flow {
        if let Err(e) = std::env::set_current_dir(expand_home(dir)) {
            let error = crate::command::file_error(dir, &e);
            self.fail(&error);
        }
        Flow::Go
    }

    fn fail(&mut self, error: &Error) {
        self.out.text(Role::Error, &format!("{error}\n"));
        (self.any_failed, self.last_failed) = (true, true);
    }

    /// Runs something as if it were typed; counts its failure.
    fn with_cx(&mut self, run: impl FnOnce(&mut Cx<'_>) -> (Flow, bool)) -> Flow {
        let mut state = self.state.borrow_mut();
        let State { session, interpreter, .. } = &mut *state;
        self.out.set_page(session.settings.height.filter(|_| session.settings.pagination && interpreter.is_interactive()));
        self.out.set_colour(session.settings.style_enabled);
        self.out.set_styles(&chosen_styles(&session.settings));
        let (flow, failed) = run(&mut Cx { session, out: &mut self.out, interpreter });
        self.out.flush();
        self.any_failed |= failed;
        self.last_failed = failed;
        if self.out.is_closed() { Flow::Quit(0) } else { flow }
    }

    fn line(&mut self, line: &str) -> Flow {
        self.with_cx(|cx| {
            let outcome = cx.run_typed(line);
            (outcome.flow, outcome.failed)
        })
    }

    fn step(&mut self, step: &Step) -> Flow {
        match step {
            // An empty `-ex` repeats nothing.
            Step::Line(line) if line.trim().is_empty() => Flow::Go,
            Step::Line(line) => self.line(line),
            Step::File(file) => self.with_cx(|cx| {
                let outcome = cx.run_typed_file(&expand_home(file));
                (outcome.flow, outcome.failed)
            }),
        }
    }

    /// Runs the current directory's init file if the safe path allows it, and says so if not.
    fn local_init(&mut self, file: &Path) -> Flow {
        let (allowed, path) = {
            let state = self.state.borrow();
            let settings = &state.session.settings;
            (
                settings.auto_load_local_rdbginit && is_safe(file, &settings.auto_load_safe_path),
                settings.auto_load_safe_path.clone(),
            )
        };
        if allowed {
            return self.step(&Step::File(file.display().to_string()));
        }
        let text = format!(
            "warning: File \"{}\" auto-loading has been declined by your `auto-load safe-path' set to \"{path}\".\n",
            file.display()
        );
        self.out.text(Role::Warning, &text);
        Flow::Go
    }

    /// Lines until `quit` or the end of input; the status that `quit` gave.
    fn read_lines(&mut self, terminal: bool) -> Option<i32> {
        self.last_failed = false;
        loop {
            self.out.flush();
            let (reader, prompt) = {
                let state = self.state.borrow();
                (state.interpreter.reader.clone(), state.session.settings.prompt.clone())
            };
            let line = read_joined(&reader, &prompt);
            let quit = self.state.borrow().quit;
            let flow = match line {
                _ if quit.is_some() => Flow::Quit(quit.unwrap_or(0)),
                Ok(Some(line)) => self.line(&line),
                Ok(None) => {
                    if terminal {
                        self.out.text(Role::Plain, "quit\n");
                    }
                    match self.line("quit") {
                        // Nothing can be asked any more.
                        Flow::Go if !terminal => Flow::Quit(0),
                        flow => flow,
                    }
                }
                Err(Error::Cancelled) => {
                    self.out.text(Role::Plain, "Quit\n");
                    Flow::Go
                }
                Err(e) => {
                    self.fail(&e);
                    Flow::Go
                }
            };
            if let Flow::Quit(status) = flow {
                return Some(status);
            }
        }
    }
}

/// A line, and those that a backslash at its end joins to it.
fn read_joined(reader: &Rc<RefCell<dyn LineReader>>, prompt: &str) -> Result<Option<String>> {
    let mut reader = reader.borrow_mut();
    let Some(mut line) = reader.read(prompt)? else { return Ok(None) };
    while line.ends_with('\\') && line.len() < crate::command::MAX_LINE {
        line.pop();
        line.push_str(&reader.read("")?.unwrap_or_default());
    }
    Ok(Some(line))
}

/// The lines that load what the options name.
fn load_steps(options: &Options) -> Vec<Step> {
    let line = |command: &str, file: &str| Step::Line(format!("{command} {}", quote(&[file.to_owned()])));
    let mut steps = Vec::new();
    let mut files = options.files.iter();
    match (&options.exec, &options.symbols) {
        (Some(exec), Some(symbols)) if exec == symbols => steps.push(line("file", exec)),
        (exec, symbols) => {
            steps.extend(exec.iter().map(|f| line("exec-file", f)));
            steps.extend(symbols.iter().map(|f| line("symbol-file", f)));
        }
    }
    if steps.is_empty() {
        steps.extend(files.next().map(|f| line("file", f)));
    }
    let second = files.next();
    let is_number = |s: &&String| s.bytes().all(|b| b.is_ascii_digit());
    let pid = options.pid.as_ref().or(second.filter(is_number));
    steps.extend(pid.map(|p| Step::Line(format!("attach {p}"))));
    let core = options.core.as_ref().or(second.filter(|s| !is_number(s)));
    steps.extend(core.map(|c| line("core-file", c)));
    let excess = files.map(|f| Step::Line(format!("echo Excess command line arguments ignored. ({f})\\n")));
    steps.extend(excess);
    steps
}

/// The user's own init file.
fn home_init() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let home = set("HOME");
    let config = set("XDG_CONFIG_HOME").or_else(|| home.as_ref().map(|h| h.join(".config")));
    let config = config.map(|c| c.join("rdbg"));
    let places =
        config.iter().flat_map(|c| [c.join(".rdbginit"), c.join("rdbginit")]).chain(home.iter().map(|h| h.join(".rdbginit")));
    places.into_iter().find(|f| f.is_file())
}

/// The current directory's init file, unless it is the user's own.
fn local_init() -> Option<PathBuf> {
    let file = std::env::current_dir().ok()?.join(".rdbginit");
    let own = home_init().and_then(|f| f.canonicalize().ok());
    (file.is_file() && own != file.canonicalize().ok()).then_some(file)
}

/// Whether a file lies in one of the directories of a safe path.
fn is_safe(file: &Path, path: &str) -> bool {
    let Ok(file) = file.canonicalize() else { return false };
    path.split(':').filter(|d| d.starts_with('/') || d.starts_with('~')).any(|d| {
        let directory = expand_home(d);
        file.starts_with(directory.canonicalize().unwrap_or(directory))
    })
}
