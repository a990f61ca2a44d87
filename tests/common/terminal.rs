//! rdbg (or a shell that starts it) on a terminal of its own.
#![allow(unsafe_code)]

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{Winsize, grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::signal::{Signal, killpg};
use nix::sys::termios::{Termios, tcgetattr};
use nix::unistd::Pid;

use super::rdbg::executable;

/// How long something may take that is waited for.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A process on a terminal of its own.
pub struct Terminal {
    /// The process.
    pub child: Child,
    /// The terminal's other side.
    pub keyboard: File,
    /// Kept open so that the terminal outlives the process and its settings can be read.
    pub line: OwnedFd,
    /// What has come, escape sequences too.
    pub screen: String,
    /// How much of the screen's text has been asked for.
    seen: usize,
    before: Termios,
}

impl Terminal {
    /// rdbg with a program and its arguments.
    pub fn start(program: Option<&Path>, args: &[&str]) -> Terminal {
        let mut command = Command::new(executable());
        command.args(["-nx", "-q"]);
        if let Some(program) = program {
            command.arg("--args").arg(program).args(args);
        }
        Terminal::run(command)
    }

    /// Another command.
    pub fn run(command: Command) -> Terminal {
        Terminal::of(command, "xterm")
    }

    /// A command at a terminal that can do nothing.
    pub fn dumb(command: Command) -> Terminal {
        Terminal::of(command, "dumb")
    }

    fn of(mut command: Command, term: &str) -> Terminal {
        // Not to be inherited by what other tests start meanwhile: it is to go away when this test says so.
        let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
        let pty = posix_openpt(flags).expect("a pty");
        grantpt(&pty).and_then(|()| unlockpt(&pty)).expect("its other side");
        let line =
            OpenOptions::new().read(true).write(true).custom_flags(libc::O_NOCTTY).open(ptsname_r(&pty).expect("its name"));
        let line = OwnedFd::from(line.expect("its other side"));
        let keyboard = File::from(OwnedFd::from(pty));
        let before = tcgetattr(&line).expect("a terminal's settings");
        let side = || Stdio::from(line.try_clone().expect("another descriptor"));
        command.stdin(side()).stdout(side()).stderr(side());
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pty-home");
        std::fs::create_dir_all(&home).expect("a home directory");
        command.env("TERM", term).env("HOME", &home).env("XDG_CONFIG_HOME", &home).env("XDG_CACHE_HOME", &home);
        command.env("XDG_STATE_HOME", &home).env("NO_COLOR", "1").env_remove("LD_PRELOAD");
        // SAFETY: setsid and ioctl are async-signal-safe, and descriptor 0 is the terminal's by then.
        unsafe {
            command.pre_exec(|| {
                if libc::setsid() < 0 || libc::ioctl(0, libc::TIOCSCTTY, 0) < 0 {
                    return Err(std::io::Error::last_os_error());
                }
                Ok(())
            });
        }
        resize(&keyboard, 100);
        let child = command.spawn().expect("rdbg starts");
        drop(command);
        Terminal { child, keyboard, line, screen: String::new(), seen: 0, before }
    }

    /// Types.
    pub fn keys(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    /// Reads until `text` stands behind what the last call found; what came up to its end, without escape sequences.
    pub fn wait_for(&mut self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let plain = plain(&self.screen);
            let new = plain.get(self.seen..).unwrap_or_default();
            if let Some(at) = new.find(text) {
                let found = &new[..at + text.len()];
                self.seen += found.len();
                return found.to_owned();
            }
            assert!(self.read_until(deadline), "no {text:?} in {PATIENCE:?}; the screen:\n{plain}");
        }
    }

    /// Reads what is there, waiting for some; false when the time has come.
    fn read_until(&mut self, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(Instant::now()).as_millis().min(100) as u16;
        let mut ready = [PollFd::new(self.keyboard.as_fd(), PollFlags::POLLIN)];
        if poll(&mut ready, PollTimeout::from(left)).unwrap_or(0) > 0 {
            let mut bytes = [0; 4096];
            let n = self.keyboard.read(&mut bytes).unwrap_or(0);
            self.screen.push_str(&String::from_utf8_lossy(&bytes[..n]));
        }
        Instant::now() < deadline
    }

    /// Gives the window another width.
    pub fn resize(&self, columns: u16) {
        resize(&self.keyboard, columns);
    }

    /// Reads up to the next prompt.
    pub fn prompt(&mut self) -> String {
        self.wait_for("(rdbg) ")
    }

    /// Types a line and reads up to the next prompt.
    pub fn line(&mut self, line: &str) -> String {
        self.keys(&format!("{line}\r"));
        self.wait_for("\n(rdbg) ")
    }

    /// The terminal goes away under its processes; the one that was started, to be waited for.
    pub fn hang_up(mut self) -> Terminal {
        let null = || File::open("/dev/null").expect("the null device");
        (self.keyboard, self.line) = (null(), null().into());
        self
    }

    /// Waits for the end; the terminal must be as it was.
    pub fn end(mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            assert!(self.read_until(deadline), "rdbg does not end; the screen:\n{}", plain(&self.screen));
        };
        let after = tcgetattr(&self.line).expect("a terminal's settings");
        assert_eq!(after.local_flags, self.before.local_flags, "the terminal's local flags");
        assert_eq!(after.input_flags, self.before.input_flags, "the terminal's input flags");
        assert_eq!(after.output_flags, self.before.output_flags, "the terminal's output flags");
        status
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = killpg(Pid::from_raw(self.child.id() as i32), Signal::SIGKILL);
            let _ = self.child.wait();
        }
    }
}

fn resize(terminal: &File, columns: u16) {
    let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the structure lives through the call.
    assert_eq!(unsafe { libc::ioctl(std::os::fd::AsRawFd::as_raw_fd(terminal), libc::TIOCSWINSZ, &size) }, 0);
}

/// What a terminal shows of the bytes: no control sequences, no carriage returns.
pub fn plain(bytes: &str) -> String {
    let escape = regex::Regex::new(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07]*\x07|[@-Z\\-_=>])").expect("a pattern");
    escape.replace_all(bytes, "").replace('\r', "")
}
