//! Drives rdbg as a user's script does and returns what a user would have read.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// The rdbg under test.
pub fn executable() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_rdbg"))
}

/// How long a session may take before it counts as hung.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A debugger run to its end.
#[derive(Debug)]
pub struct Run {
    /// Standard output and standard error in the order of their writing, the program's own output among them.
    pub text: String,
    /// How it ended; `None` if it had to be killed.
    pub status: Option<ExitStatus>,
}

impl Run {
    /// The lines of the text.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.text.lines()
    }
}

/// What a debugger is started with.
pub struct Session {
    debugger: PathBuf,
    options: Vec<OsString>,
    program: Vec<OsString>,
    environment: Vec<(String, String)>,
    cwd: Option<PathBuf>,
}

impl Session {
    /// rdbg, without start-up files, and without the debug files of the machine's libraries: names are the same on every machine.
    pub fn rdbg() -> Session {
        Session::of(executable()).option("-iex").option("set debug-file-directory /nonexistent")
    }

    /// Any debugger that takes gdb's options.
    pub fn of(debugger: &Path) -> Session {
        Session {
            debugger: debugger.to_owned(),
            options: vec!["-nx".into(), "-q".into()],
            program: Vec::new(),
            environment: Vec::new(),
            cwd: None,
        }
    }

    /// The program to debug and its arguments.
    pub fn program<S: Into<OsString>>(mut self, path: &Path, args: impl IntoIterator<Item = S>) -> Session {
        self.program = vec![path.into()];
        self.program.extend(args.into_iter().map(Into::into));
        self
    }

    /// A further option of the debugger.
    pub fn option(mut self, option: impl Into<OsString>) -> Session {
        self.options.push(option.into());
        self
    }

    /// A variable in the debugger's, and so the program's, environment.
    pub fn env(mut self, name: &str, value: &str) -> Session {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The directory to start in.
    pub fn cwd(mut self, dir: &Path) -> Session {
        self.cwd = Some(dir.to_owned());
        self
    }

    /// The command line, in an environment that is the same on every machine.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.debugger);
        command.args(&self.options);
        if !self.program.is_empty() {
            command.arg("--args").args(&self.program);
        }
        command.env_clear().envs([
            // Below a file nobody makes a directory, not even root.
            ("HOME", "/dev/null/no"),
            ("LANG", "C"),
            ("LC_ALL", "C"),
            ("TERM", "dumb"),
            ("SHELL", "/bin/sh"),
        ]);
        for kept in ["PATH", "LD_PRELOAD", "RDBG_LOG", "RUST_BACKTRACE"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        command.envs(self.environment.iter().map(|(k, v)| (k, v)));
        if let Some(dir) = &self.cwd {
            command.current_dir(dir);
        }
        command
    }

    /// Feeds `input` on standard input.
    pub fn feed(&self, input: &str) -> Run {
        run(self.command(), input.as_bytes().to_vec(), PATIENCE)
    }

    /// Runs the commands as `-batch -ex` ones, with an empty standard input.
    pub fn batch(&self, commands: &[&str]) -> Run {
        let mut options: Vec<OsString> = self.options.clone();
        options.push("-batch".into());
        for line in commands {
            options.extend(["-ex".into(), OsString::from(line)]);
        }
        let session = Session {
            debugger: self.debugger.clone(),
            options,
            program: self.program.clone(),
            environment: self.environment.clone(),
            cwd: self.cwd.clone(),
        };
        run(session.command(), Vec::new(), PATIENCE)
    }
}

/// Runs a command in a process group of its own, feeding `input`, and kills the whole group when patience ends.
pub fn run(mut command: Command, input: Vec<u8>, patience: Duration) -> Run {
    let (mut from, to) = std::io::pipe().expect("a pipe");
    let again = to.try_clone().expect("a pipe's second writer");
    command.stdin(Stdio::piped()).stdout(to).stderr(again).process_group(0);
    let mut child = command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    drop(command); // its copies of the pipe's writing end would keep the reader waiting
    let mut stdin = child.stdin.take().expect("piped");
    // The writer may block on a debugger that does not read, the reader on a program that lives on: neither is joined.
    std::thread::spawn(move || stdin.write_all(&input));
    let (send, text) = mpsc::channel();
    std::thread::spawn(move || {
        let mut chunk = vec![0; 1 << 16];
        while let Ok(n @ 1..) = from.read(&mut chunk) {
            if send.send(chunk[..n].to_vec()).is_err() {
                return;
            }
        }
    });
    let deadline = Instant::now() + patience;
    let mut bytes = Vec::new();
    let status = loop {
        match text.recv_timeout(Duration::from_millis(5)) {
            Ok(chunk) => bytes.extend(chunk),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => std::thread::sleep(Duration::from_millis(1)),
        }
        match child.try_wait().expect("a child to wait for") {
            Some(status) => break Some(status),
            None if Instant::now() > deadline => break None,
            None => {}
        }
    };
    if status.is_none() {
        kill_group(&mut child);
    }
    let grace = Instant::now() + Duration::from_secs(1);
    while let Ok(chunk) = text.recv_timeout(grace.saturating_duration_since(Instant::now())) {
        bytes.extend(chunk);
    }
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    if status.is_none() {
        text.push_str(&format!("\n*** killed after {} s ***\n", patience.as_secs()));
    }
    Run { text, status }
}

fn kill_group(child: &mut Child) {
    let _ = killpg(Pid::from_raw(child.id() as i32), Signal::SIGKILL);
    let _ = child.wait();
}
