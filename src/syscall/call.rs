//! A call, decoded at its two stops.

use std::sync::OnceLock;

use super::arg::{Arg, Ret};
use super::ctx::{Ctx, MOST};
use super::errors::{error_name, error_text, is_error};
use super::table::{ROWS, Row};
use super::text::{address, hex, octal, quote};
use crate::arch::syscalls::{syscall_name, syscall_number};
use crate::base::{Memory, counted};

/// A system call as a thread makes it (psABI A.2.1): the number, and rdi, rsi, rdx, r10, r8, r9.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Call {
    /// Its number.
    pub number: u64,
    /// Its six argument words, also those that it does not take.
    pub args: [u64; 6],
}

/// A call that was begun: what could be said of its arguments before it changed anything.
#[derive(Clone, Debug)]
pub struct Entered {
    /// The call.
    pub call: Call,
    /// What is known of each argument; `None` for those that the call is to write.
    texts: Vec<Text>,
}

#[derive(Clone, Debug)]
enum Text {
    Known(String),
    Absent,
    Later,
}

/// The row of a call, if its number has one.
fn row(number: u64) -> Option<&'static Row> {
    static BY_NUMBER: OnceLock<Vec<Option<&'static Row>>> = OnceLock::new();
    let rows = BY_NUMBER.get_or_init(|| {
        let mut rows: Vec<Option<&'static Row>> = Vec::new();
        for row in ROWS {
            let Some(number) = syscall_number(row.name).and_then(|n| usize::try_from(n).ok()) else { continue };
            if rows.len() <= number {
                rows.resize(number + 1, None);
            }
            if let Some(place) = rows.get_mut(number) {
                *place = Some(row);
            }
        }
        rows
    });
    rows.get(usize::try_from(number).ok()?).copied().flatten()
}

impl Call {
    /// Its name: `openat`, or `syscall_0x1000` for a number that has none.
    pub fn name(&self) -> String {
        syscall_name(self.number).map_or_else(|| format!("syscall_{:#x}", self.number), str::to_owned)
    }

    /// How many arguments it takes; all six where that is not known.
    pub fn arity(&self) -> usize {
        row(self.number).map_or(6, |r| r.arity())
    }

    /// Decodes what can be known at its entry.
    pub fn enter(self, memory: &dyn Memory) -> Entered {
        let ctx = Ctx { args: self.args, ret: None, memory };
        let texts = match row(self.number) {
            Some(row) => {
                let text = |(arg, word): (&Arg, &u64)| match arg.is_of_exit() {
                    true => Text::Later,
                    false => arg.show(&ctx, *word).map_or(Text::Absent, Text::Known),
                };
                row.args.iter().zip(&self.args).map(text).collect()
            }
            None => self.args.iter().map(|word| Text::Known(hex(*word))).collect(),
        };
        Entered { call: self, texts }
    }
}

impl Entered {
    /// The whole line, once the call has returned: `close(3) = 0`.
    pub fn finish(&self, ret: i64, memory: &dyn Memory) -> String {
        let ctx = Ctx { args: self.call.args, ret: Some(ret), memory };
        format!("{} = {}", self.head(Some(&ctx)), self.result(&ctx, ret))
    }

    /// The line of a call that has not returned, or never will: `exit_group(0) = ?`.
    pub fn unfinished(&self) -> String {
        format!("{} = ?", self.head(None))
    }

    /// The call without a result: `close(3)`, with the addresses of what it is to write.
    pub fn begun(&self) -> String {
        self.head(None)
    }

    fn head(&self, exit: Option<&Ctx<'_>>) -> String {
        let mut line = self.call.name();
        line.push('(');
        let mut is_first = true;
        let args = row(self.call.number).map(|r| r.args).unwrap_or_default();
        for (n, text) in self.texts.iter().enumerate() {
            let word = self.call.args.get(n).copied().unwrap_or(0);
            let shown = match (text, exit, args.get(n)) {
                (Text::Known(text), Some(ctx), Some(Arg::Changed(_, change))) => change(ctx, word, text),
                (Text::Known(text), ..) => Some(text.clone()),
                (Text::Later, Some(ctx), Some(arg)) => arg.show(ctx, word),
                (Text::Later, ..) => Some(address(word)),
                (Text::Absent, ..) => None,
            };
            if let Some(shown) = shown {
                if !std::mem::take(&mut is_first) {
                    line.push_str(", ");
                }
                line.push_str(&shown);
            }
        }
        line.push(')');
        line
    }

    fn result(&self, ctx: &Ctx<'_>, ret: i64) -> String {
        if is_error(ret) {
            return failure(-ret as i32);
        }
        match row(self.call.number).map(|r| &r.ret) {
            Some(Ret::Addr) => hex(ret as u64),
            Some(Ret::Octal) => octal(ret as u64),
            Some(Ret::Never) => "?".to_owned(),
            Some(Ret::By(show)) => show(ctx, ret).unwrap_or_else(|| ret.to_string()),
            Some(Ret::Dec) => ret.to_string(),
            None => hex(ret as u64),
        }
    }
}

/// The line of a successful execve whose words are known, though the memory that they were in is gone.
pub fn execve_text(path: &[u8], arguments: &[&[u8]], environment_at: u64, variables: usize) -> String {
    let shown = |a: &&[u8]| {
        let more = if a.len() > MOST { "..." } else { "" };
        format!("{}{more}", quote(a.get(..MOST).unwrap_or(a)))
    };
    let mut words: Vec<String> = arguments.iter().take(MOST).map(shown).collect();
    words.extend((arguments.len() > MOST).then(|| "...".to_owned()));
    let variables = counted(variables as u64, "var");
    format!("execve({}, [{}], {environment_at:#x} /* {variables} */) = 0", quote(path), words.join(", "))
}

/// What a failed call returned. The numbers from 512 on never reach the program (linux/errno.h): the kernel starts the call again,
/// or makes EINTR of them.
fn failure(errno: i32) -> String {
    match errno {
        512 => "? ERESTARTSYS (To be restarted if SA_RESTART is set)".to_owned(),
        513 => "? ERESTARTNOINTR (To be restarted)".to_owned(),
        514 => "? ERESTARTNOHAND (To be restarted if no handler)".to_owned(),
        516 => "? ERESTART_RESTARTBLOCK (Interrupted by signal)".to_owned(),
        _ => match error_name(errno) {
            Some(name) => format!("-1 {name} ({})", error_text(errno)),
            None => format!("-1 (errno {errno})"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{SliceMemory, VirtAddr};

    fn memory(bytes: &[u8]) -> SliceMemory {
        SliceMemory { start: VirtAddr(0x1000), bytes: bytes.to_vec() }
    }

    fn call(name: &str, args: [u64; 6]) -> Call {
        Call { number: syscall_number(name).unwrap(), args }
    }

    #[test]
    fn every_call_has_a_row() {
        let missing: Vec<_> = (0..500).filter(|n| syscall_name(*n).is_some() && row(*n).is_none()).map(syscall_name).collect();
        assert!(missing.is_empty(), "{missing:?}");
        assert!(ROWS.iter().all(|r| syscall_number(r.name).is_some()));
    }

    #[test]
    fn calls_read_as_strace_writes_them() {
        let memory = memory(b"/etc/ld.so.cache\0");
        let open = call("openat", [-100i64 as u64, 0x1000, 0o2000000, 0, 0, 0]).enter(&memory);
        assert_eq!(open.finish(3, &memory), r#"openat(AT_FDCWD, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = 3"#);
        let failed = open.finish(-2, &memory);
        assert!(failed.ends_with(" = -1 ENOENT (No such file or directory)"), "{failed}");
        let exit = call("exit_group", [3, 0, 0, 0, 0, 0]).enter(&memory);
        assert_eq!(exit.unfinished(), "exit_group(3) = ?");
        let wild = call("openat", [5, 0xdead_0000, 0o101, 0o644, 0, 0]).enter(&memory);
        assert_eq!(wild.finish(-14, &memory), "openat(5, 0xdead0000, O_WRONLY|O_CREAT, 0644) = -1 EFAULT (Bad address)");
    }
}
