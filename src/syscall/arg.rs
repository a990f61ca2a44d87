//! How an argument and a result are written.

use super::ctx::Ctx;
use super::text::{address, hex, octal};

/// How an argument is written.
pub enum Arg {
    /// A C `int`, signed.
    Int,
    /// A C `unsigned int`.
    Uint,
    /// A signed word.
    Long,
    /// An unsigned word.
    Ulong,
    /// A word in hexadecimal, zero as `0`.
    Hex,
    /// An address, zero as `NULL`.
    Addr,
    /// A mode in octal.
    Mode,
    /// Flags.
    Flags(&'static super::set::Set),
    /// One value of several.
    One(&'static super::set::Set),
    /// What is known before the call; `None` where there is no such argument this time.
    In(Show),
    /// What the call writes; the address where it fails.
    Out(Show),
    /// What the call writes, decoded also where it fails.
    Late(Show),
    /// What is there before the call, and what becomes of it.
    Changed(Show, Change),
    /// Another word than that of this place.
    At(usize, &'static Arg),
    /// `name=value`
    Named(&'static str, &'static Arg),
}

/// Decodes the word of an argument; `None` where nothing is to be written.
pub type Show = fn(&Ctx<'_>, u64) -> Option<String>;

/// Writes what a call has made of what was there before, which is the text.
pub type Change = fn(&Ctx<'_>, u64, &str) -> Option<String>;

/// How a result is written.
pub enum Ret {
    /// In decimal.
    Dec,
    /// In hexadecimal: an address.
    Addr,
    /// In octal.
    Octal,
    /// It never returns.
    Never,
    /// With what it means; `None` as in decimal.
    By(fn(&Ctx<'_>, i64) -> Option<String>),
}

impl Arg {
    /// Whether it is decoded when the call has returned.
    pub fn is_of_exit(&self) -> bool {
        match self {
            Arg::Out(_) | Arg::Late(_) => true,
            Arg::At(_, arg) | Arg::Named(_, arg) => arg.is_of_exit(),
            _ => false,
        }
    }

    /// Its text; `None` where there is none.
    pub fn show(&self, ctx: &Ctx<'_>, word: u64) -> Option<String> {
        Some(match self {
            Arg::Int => (word as i32).to_string(),
            Arg::Uint => (word as u32).to_string(),
            Arg::Long => (word as i64).to_string(),
            Arg::Ulong => word.to_string(),
            Arg::Hex => hex(word),
            Arg::Addr => address(word),
            Arg::Mode => octal(word & 0xffff_ffff),
            Arg::Flags(set) => set.all(word & 0xffff_ffff),
            Arg::One(set) => set.one(word & 0xffff_ffff),
            Arg::In(show) | Arg::Late(show) | Arg::Changed(show, _) => return show(ctx, word),
            Arg::Out(_) if ctx.failed() || word == 0 => address(word),
            Arg::Out(show) => return show(ctx, word),
            Arg::At(n, arg) => return arg.show(ctx, ctx.arg(*n)),
            Arg::Named(name, arg) => format!("{name}={}", arg.show(ctx, word)?),
        })
    }
}
