//! What users call threads (`3`, `2.1`, `1.2-4`, `*`, `$var.*`), and what messages call them.

use std::ops::RangeInclusive;

use crate::arch::regs::Gpr;
use crate::base::{Error, Result, Tid};
use crate::engine::Session;

use super::cx::Cx;

/// A thread of any inferior.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Thread {
    /// Its inferior's number.
    pub inferior: u32,
    /// Its own number in it.
    pub number: u32,
    /// What the kernel calls it.
    pub tid: Tid,
}

/// All threads, in the order of their numbers.
pub(super) fn all_threads(session: &Session) -> Vec<Thread> {
    let mut threads = Vec::new();
    for inferior in session.inferiors() {
        let Some(process) = &inferior.process else { continue };
        let known = process.target.threads().into_iter().filter_map(|tid| Some((process.number_of(tid)?, tid)));
        threads.extend(known.map(|(number, tid)| Thread { inferior: inferior.number, number, tid }));
    }
    threads.sort_unstable();
    threads
}

/// One word of a list of threads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Ids {
    /// The inferior.
    pub inferior: u32,
    /// It was named.
    pub is_qualified: bool,
    /// The numbers.
    pub numbers: RangeInclusive<u32>,
    /// They were named by `*`.
    pub is_star: bool,
}

impl Ids {
    pub(super) fn contains(&self, thread: &Thread) -> bool {
        thread.inferior == self.inferior && self.numbers.contains(&thread.number)
    }
}

/// Whether a word can only be one of a list of threads.
pub(super) fn is_id(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '$' | '*'))
}

/// Parses the first word of a text, which errors show as a whole.
pub(super) fn parse(cx: &mut Cx<'_>, text: &str) -> Result<Ids> {
    let invalid = || Error::user(format!("Invalid thread ID: {text}"));
    let word = text.split_whitespace().next().unwrap_or_default();
    let (inferior, rest) = match word.split_once('.') {
        Some((inferior, rest)) => (Some(number(cx, inferior, text)?), rest),
        None => (None, word),
    };
    let is_qualified = inferior.is_some();
    let inferior = inferior.unwrap_or(cx.session.inferior.number);
    if rest == "*" {
        return Ok(Ids { inferior, is_qualified, numbers: 0..=u32::MAX, is_star: true });
    }
    if is_qualified && rest.starts_with('-') {
        return Err(Error::user("negative value"));
    }
    let numbers = match rest.split_once('-') {
        None => {
            let one = number(cx, rest, text)?;
            one..=one
        }
        Some((first, last)) => {
            let first = number(cx, first, text)?;
            let last = if matches!(last, "" | "*") { 0 } else { number(cx, last, text)? };
            if last < first {
                return Err(Error::user("inverted range"));
            }
            first..=last
        }
    };
    if *numbers.end() > 1 << 22 {
        return Err(invalid());
    }
    Ok(Ids { inferior, is_qualified, numbers, is_star: false })
}

/// A number, or a convenience variable that is one.
fn number(cx: &mut Cx<'_>, word: &str, text: &str) -> Result<u32> {
    let invalid = || Error::user(format!("Invalid thread ID: {text}"));
    if !word.starts_with('$') {
        return if word.bytes().all(|b| b.is_ascii_digit()) { word.parse().map_err(|_| invalid()) } else { Err(invalid()) };
    }
    match super::expression::integer(cx, word) {
        Ok(value) if value < 0 => Err(Error::user(format!("negative value: {text}"))),
        Ok(value) => u32::try_from(value).map_err(|_| invalid()),
        Err(_) => Err(Error::user(format!("Convenience variable must have integer value.\nInvalid thread ID: {text}"))),
    }
}

/// `Thread 0x7ffff7dd2740 (LWP 14723)`; without a thread pointer (a process that has just begun) what the kernel calls it.
pub(super) fn target_id(session: &Session, tid: Tid) -> String {
    let Ok(process) = session.process() else { return format!("LWP {tid}") };
    let pthread = process.target.registers(tid).ok().and_then(|r| r.get(Gpr::FsBase)).unwrap_or_else(|| process.pthread_of(tid));
    match pthread {
        0 if process.target.threads().len() == 1 => format!("process {tid}"),
        0 => format!("LWP {tid}"),
        _ => format!("Thread {pthread:#x} (LWP {tid})"),
    }
}
