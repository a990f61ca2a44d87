//! What happens in the background while a line is awaited.

use std::cell::RefCell;
use std::io::{PipeReader, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};

use crate::base::{Error, Result};
use crate::os::signals::{hear_stops, take_interrupt};
use crate::os::terminal::{are_readable, is_readable};
use crate::os::wait::await_any;
use crate::ui::TextOutput;

use super::state::{NAP, State, has_quit, is_away, look_after_children, tell_news};

/// Wakes somebody up when something has happened to a process that is traced.
///
/// Only the thread that traces may deal with it; that there is something, another thread can wait for.
pub(super) struct Waker {
    arm: Sender<()>,
    armed: Arc<AtomicBool>,
}

impl Waker {
    /// Calls `wake` in a thread of its own, once each time it was armed.
    pub fn new(mut wake: impl FnMut() + Send + 'static) -> Waker {
        let (arm, wanted) = channel();
        let armed = Arc::new(AtomicBool::new(false));
        let is_armed = armed.clone();
        std::thread::spawn(move || {
            hear_stops(false);
            while wanted.recv().is_ok() {
                await_any();
                is_armed.store(false, Ordering::SeqCst);
                wake();
            }
        });
        Waker { arm, armed }
    }

    /// Has it wake once, at once if there is something already.
    pub fn arm(&self) {
        if !self.armed.swap(true, Ordering::SeqCst) {
            // Its thread ends with this alone.
            let _ = self.arm.send(());
        }
    }
}

/// Awaits input, and looks after whatever else goes on.
pub(super) struct Attendant {
    pub state: Weak<RefCell<State>>,
    out: TextOutput,
    waker: Option<(Waker, PipeReader)>,
}

impl Attendant {
    /// One that tells its news on standard output.
    pub fn new(state: &Rc<RefCell<State>>) -> Attendant {
        Attendant { state: Rc::downgrade(state), out: TextOutput::stdout(), waker: None }
    }

    /// Waits until there is something to read, and tells what happens in the background meanwhile; whether anything was told.
    /// [`Error::Cancelled`] on a Ctrl-C, and when rdbg is to end.
    pub fn await_input(&mut self, input: BorrowedFd<'_>) -> Result<bool> {
        let mut told = false;
        loop {
            told |= tell_news(&self.state, &mut self.out);
            if has_quit(&self.state) {
                return Err(Error::Cancelled);
            }
            if is_readable(input, std::time::Duration::ZERO) {
                return Ok(told);
            }
            if look_after_children(&self.state) {
                is_readable(input, NAP);
            } else if is_away(&self.state) {
                self.wait_for_either(input)?;
            } else {
                return Ok(told);
            }
            if take_interrupt() {
                return Err(Error::Cancelled);
            }
        }
    }

    /// Waits for input or an event.
    fn wait_for_either(&mut self, input: BorrowedFd<'_>) -> Result<()> {
        if self.waker.is_none() {
            let (end, mut bell) = std::io::pipe().map_err(|e| Error::io("pipe", &e))?;
            self.waker = Some((Waker::new(move || drop(bell.write_all(b"!"))), end));
        }
        if let Some((waker, end)) = &mut self.waker {
            waker.arm();
            are_readable(&[input, end.as_fd()], None);
            if is_readable(end.as_fd(), std::time::Duration::ZERO) {
                let _ = end.read(&mut [0]);
            }
        }
        Ok(())
    }
}
