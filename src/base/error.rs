//! The errors of rdbg: few kinds, each of which a caller may act on, each of which reads as one clear line.

use std::fmt;

use super::addr::VirtAddr;

/// The result of everything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A half-open range of byte offsets in a command's or an expression's text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset one past the last byte.
    pub end: usize,
}

/// What a command or an expression needs and does not have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    /// A process that runs or is stopped.
    Process,
    /// An executable file.
    Executable,
    /// A process that was started by rdbg or attached to, not a core file.
    Live,
    /// Registers: a process, or a core file.
    Registers,
    /// A stack: a process, or a core file.
    Stack,
    /// A process as [`Need::Live`] that stands still: it is to go on.
    Stopped,
}

/// Why something did not work. `Display` is the line that the user sees: gdb's own sentence where gdb has one.
#[derive(Clone, Debug)]
pub enum Error {
    /// Memory at this run-time address cannot be read or written.
    Fault {
        /// The first address that failed.
        addr: VirtAddr,
    },
    /// No symbol of this name; `near` holds names that the user may have meant.
    NoSymbol {
        /// What was looked for.
        name: String,
        /// Similar names.
        near: Vec<String>,
        /// Whether the expression is Rust's: gdb's sentence is another one there.
        in_rust: bool,
    },
    /// What was asked for does not exist here, or not yet.
    Needs(Need),
    /// The text could not be parsed; the span points into the expression or the arguments.
    Syntax {
        /// The sentence.
        message: String,
        /// Where.
        span: Span,
    },
    /// An ELF file or image that is damaged or of the wrong kind.
    BadElf {
        /// Path or name of the file.
        file: String,
        /// What is wrong, without a full stop.
        what: String,
    },
    /// Damaged DWARF or unwind information.
    BadDwarf {
        /// Path or name of the module.
        module: String,
        /// The section, as `.eh_frame`.
        section: &'static str,
        /// Offset in the section, in bytes.
        offset: u64,
        /// What is wrong.
        what: String,
    },
    /// A system call failed.
    Os {
        /// What was tried, as `ptrace(PTRACE_SEIZE, 12)`.
        call: String,
        /// The error number.
        errno: i32,
    },
    /// The process or thread has gone.
    Gone,
    /// The user interrupted.
    Cancelled,
    /// What gdb can do and rdbg does not, as the user asked for it: the whole sentence, as shown.
    Refused(&'static str),
    /// Anything else that the user did or asked for and that cannot be done: the whole sentence, as shown.
    User(String),
}

impl Error {
    /// An [`Error::User`] with this sentence.
    pub fn user(sentence: impl Into<String>) -> Error {
        Error::User(sentence.into())
    }

    /// An [`Error::Os`] from the calling thread's `errno`.
    pub fn last_os(call: impl Into<String>) -> Error {
        Error::Os { call: call.into(), errno: std::io::Error::last_os_error().raw_os_error().unwrap_or(0) }
    }

    /// An [`Error::Os`] from an I/O error of std's.
    pub fn io(call: impl Into<String>, e: &std::io::Error) -> Error {
        match e.raw_os_error() {
            Some(errno) => Error::Os { call: call.into(), errno },
            None => Error::User(format!("{}: {e}.", call.into())),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Fault { addr } => write!(f, "Cannot access memory at address {addr}"),
            Error::NoSymbol { name, near, in_rust } => {
                match in_rust {
                    true => write!(f, "No symbol '{name}' in current context")?,
                    false => write!(f, "No symbol \"{name}\" in current context.")?,
                }
                if !near.is_empty() {
                    write!(f, "  Did you mean {}?", near.join(", "))?;
                }
                Ok(())
            }
            Error::Needs(Need::Process | Need::Live | Need::Stopped) => f.write_str("The program is not being run."),
            Error::Needs(Need::Executable) => {
                f.write_str("No executable file specified.\nUse the \"file\" or \"exec-file\" command.")
            }
            Error::Needs(Need::Registers) => f.write_str("The program has no registers now."),
            Error::Needs(Need::Stack) => f.write_str("No stack."),
            Error::Syntax { message, .. } => f.write_str(message),
            Error::BadElf { file, what } => write!(f, "{file}: {what}."),
            Error::BadDwarf { module, section, offset, what } => write!(f, "{module}: {section}+{offset:#x}: {what}."),
            Error::Os { call, errno } => {
                // The C library's sentence, without std's " (os error N)".
                let text = std::io::Error::from_raw_os_error(*errno).to_string();
                let text = text.split(" (os error").next().unwrap_or_default().to_owned();
                write!(f, "{call}: {text}.")
            }
            Error::Gone => f.write_str("The process has gone."),
            Error::Cancelled => f.write_str("Quit"),
            Error::Refused(s) => f.write_str(s),
            Error::User(s) => f.write_str(s),
        }
    }
}

impl std::error::Error for Error {}
