//! Who owns the terminal: the program while it runs, rdbg at its prompt.

use std::io::{IsTerminal, stdin};
use std::os::fd::BorrowedFd;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::termios::{InputFlags, LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcgetattr, tcsetattr};
use nix::unistd::{Pid, getpgrp, tcgetpgrp, tcsetpgrp};

use crate::base::Tid;

/// The terminal on standard input, if there is one and rdbg is in its foreground.
#[derive(Debug)]
pub struct Terminal {
    own_modes: Termios,
    program_modes: Option<Termios>,
    program_has_it: bool,
}

impl Terminal {
    /// The terminal, with its modes as they are now; `None` where standard input is none or belongs to another job.
    pub fn open() -> Option<Terminal> {
        let stdin = stdin();
        if !stdin.is_terminal() || tcgetpgrp(&stdin).ok()? != getpgrp() {
            return None;
        }
        Some(Terminal { own_modes: tcgetattr(&stdin).ok()?, program_modes: None, program_has_it: false })
    }

    /// Makes the program's process group the foreground one, with the modes that it had when it last stopped.
    pub fn give(&mut self, group: Tid) {
        let stdin = stdin();
        if self.program_has_it {
            return;
        }
        if let Some(modes) = &self.program_modes {
            let _ = tcsetattr(&stdin, SetArg::TCSADRAIN, modes);
        }
        // Fails when the group has just gone: then there is nothing to give it to.
        self.program_has_it = tcsetpgrp(&stdin, Pid::from_raw(group.0)).is_ok();
    }

    /// Notes that a program has made its own group the foreground one, before its first instruction.
    pub fn taken_by_program(&mut self) {
        self.program_has_it = true;
    }

    /// Takes it back, with rdbg's modes. SIGTTOU is ignored (see [`super::signals::install`]), so this works from the
    /// background.
    pub fn take(&mut self) {
        if !self.program_has_it {
            return;
        }
        self.program_has_it = false;
        let stdin = stdin();
        self.program_modes = tcgetattr(&stdin).ok();
        let _ = tcsetpgrp(&stdin, getpgrp());
        let _ = tcsetattr(&stdin, SetArg::TCSADRAIN, &self.own_modes);
    }

    /// Makes it what it was when rdbg began.
    pub fn restore(&mut self) {
        self.take();
        let _ = tcsetattr(stdin(), SetArg::TCSADRAIN, &self.own_modes);
    }

    /// Forgets the modes of a program that has ended.
    pub fn forget_program(&mut self) {
        self.take();
        self.program_modes = None;
    }
}

impl Drop for Terminal {
    /// Whatever happens to rdbg, its shell gets the terminal back as it was.
    fn drop(&mut self) {
        self.take();
    }
}

/// Whether a read would find something (or the end) within this time. An interrupt ends the wait.
pub fn is_readable(input: BorrowedFd<'_>, within: Duration) -> bool {
    are_readable(&[input], Some(within))
}

/// The same for any of several; without a time as long as it takes.
pub fn are_readable(inputs: &[BorrowedFd<'_>], within: Option<Duration>) -> bool {
    let mut all: Vec<_> = inputs.iter().map(|input| PollFd::new(*input, PollFlags::POLLIN)).collect();
    let timeout = within.map_or(PollTimeout::NONE, |w| PollTimeout::try_from(w).unwrap_or(PollTimeout::ZERO));
    // What cannot be waited for is left to the read, which says why.
    poll(&mut all, timeout).map_or(true, |count| count > 0)
}

/// Standard input's terminal in the mode that a line editor wants, byte by byte and without echo, until this is dropped. Its keys
/// for signals still work.
#[derive(Debug)]
pub struct ByteInput {
    before: Termios,
}

impl ByteInput {
    /// Changes the mode; what has been typed already stays to be read. `None` where standard input is no terminal.
    pub fn open() -> Option<ByteInput> {
        let stdin = stdin();
        let before = tcgetattr(&stdin).ok()?;
        let mut modes = before.clone();
        modes.local_flags.remove(LocalFlags::ICANON | LocalFlags::ECHO);
        modes.input_flags.remove(InputFlags::ICRNL | InputFlags::INLCR);
        if let Some(least) = modes.control_chars.get_mut(SpecialCharacterIndices::VMIN as usize) {
            *least = 1;
        }
        if let Some(time) = modes.control_chars.get_mut(SpecialCharacterIndices::VTIME as usize) {
            *time = 0;
        }
        tcsetattr(&stdin, SetArg::TCSADRAIN, &modes).ok()?;
        Some(ByteInput { before })
    }

    /// Whether the terminal echoed before: an editor's shell window, which shows the line itself, has that off.
    pub fn echoes(&self) -> bool {
        self.before.local_flags.contains(LocalFlags::ECHO)
    }
}

impl Drop for ByteInput {
    fn drop(&mut self) {
        let _ = tcsetattr(stdin(), SetArg::TCSADRAIN, &self.before);
    }
}
