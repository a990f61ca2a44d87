//! `info float`, `info vector`: registers of the coprocessor and of vectors.

use crate::base::{Error, Need, Result};
use crate::command::{Args, Command, Cx, Flow, Group};
use crate::engine::Session;
use crate::expr::Host;
use crate::value::{FloatFormat, Real};

/// `info float`
pub const FLOAT: Command = Command {
    name: "info float",
    group: Group::Status,
    summary: "Print the status of the floating point unit.",
    help: "The eight registers as they lie, with what their tags say of them; the status word, the control word and where the last\n\
           instruction was (Intel SDM vol. 1 ch. 8.1).",
    needs: Some(Need::Registers),
    run: float,
    ..Command::BASE
};

/// `info vector`
pub const VECTOR: Command = Command {
    name: "info vector",
    group: Group::Status,
    summary: "Print the status of the vector unit.",
    needs: Some(Need::Registers),
    run: |cx, _| cx.run_line("info registers vector"),
    ..Command::BASE
};

fn register(session: &Session, name: &str) -> Result<Vec<u8>> {
    let missing = || Error::user(format!("Couldn't get register {name}."));
    Ok(session.register(name)?.ok_or_else(missing)?.bytes(session.memory(), None)?.to_vec())
}

fn word(session: &Session, name: &str) -> Result<u32> {
    let bytes = register(session, name)?;
    Ok(bytes.iter().take(4).rev().fold(0, |n, b| n << 8 | u32::from(*b)))
}

fn float(cx: &mut Cx<'_>, _: &Args) -> Result<Flow> {
    let s = &*cx.session;
    let (control, status, tags) = (word(s, "fctrl")?, word(s, "fstat")?, word(s, "ftag")?);
    let top = status >> 11 & 7;
    let mut text = String::new();
    for physical in (0..8u32).rev() {
        let bytes = register(s, &format!("st{}", (physical + 8 - top) % 8))?;
        let bytes: [u8; 10] = bytes.get(..10).and_then(|b| b.try_into().ok()).unwrap_or_default();
        let mark = if physical == top { "=>" } else { "  " };
        let (kind, value) = match tags >> (2 * physical) & 3 {
            0 => ("Valid", described(&bytes)),
            1 => ("Zero", described(&bytes)),
            2 => ("Special", described(&bytes)),
            _ => ("Empty", String::new()),
        };
        let raw: String = bytes.iter().rev().map(|b| format!("{b:02x}")).collect();
        text.push_str(&format!("{mark}R{physical}: {kind:<7} 0x{raw}{value}\n"));
    }
    text.push_str(&words(control, status, tags));
    let (segment, offset) = (word(s, "fiseg")?, word(s, "fioff")?);
    text.push_str(&format!("Instruction Pointer: 0x{segment:02x}:0x{offset:08x}\n"));
    let (segment, offset) = (word(s, "foseg")?, word(s, "fooff")?);
    text.push_str(&format!("Operand Pointer:     0x{segment:02x}:0x{offset:08x}\n"));
    let opcode = word(s, "fop")?;
    let opcode = if opcode == 0 { 0 } else { opcode | 0xd800 };
    text.push_str(&format!("Opcode:              0x{opcode:04x}\n"));
    cx.say(text);
    Ok(Flow::Go)
}

/// The bits that are set, by name; blanks for the others.
fn bits(word: u32, names: &[(u32, &str)]) -> String {
    names.iter().map(|(bit, name)| format!(" {}", if word & bit != 0 { name } else { "  " })).collect()
}

fn words(control: u32, status: u32, tags: u32) -> String {
    let faults = bits(status, &[(1, "IE"), (2, "DE"), (4, "ZE"), (8, "OE"), (0x10, "UE"), (0x20, "PE")]);
    let codes = bits(status, &[(0x100, "C0"), (0x200, "C1"), (0x400, "C2"), (0x4000, "C3")]);
    let (summary, stack) = (bits(status, &[(0x80, "ES")]), bits(status, &[(0x40, "SF")]));
    let masks = bits(control, &[(1, "IM"), (2, "DM"), (4, "ZM"), (8, "OM"), (0x10, "UM"), (0x20, "PM")]);
    let precision = match control >> 8 & 3 {
        0 => "Single Precision (24-bits)",
        1 => "Reserved",
        2 => "Double Precision (53-bits)",
        _ => "Extended Precision (64-bits)",
    };
    let rounding = match control >> 10 & 3 {
        0 => "Round to nearest",
        1 => "Round down",
        2 => "Round up",
        _ => "Round toward zero",
    };
    let indent = " ".repeat(23);
    format!(
        "\nStatus Word:         0x{status:04x}  {faults}  {summary}  {stack}  {codes}\n{indent}TOP: {}\n\
         Control Word:        0x{control:04x}  {masks}\n{indent}PC: {precision}\n{indent}RC: {rounding}\n\
         Tag Word:            0x{tags:04x}\n",
        status >> 11 & 7
    )
}

/// The value of a register's ten bytes, or what it is instead of one (Intel SDM vol. 1 table 8-3).
fn described(bytes: &[u8; 10]) -> String {
    let fraction = bytes.iter().take(8).rev().fold(0u64, |n, b| n << 8 | u64::from(*b));
    let exponent = u32::from(bytes[8]) | u32::from(bytes[9] & 0x7f) << 8;
    let is_negative = bytes[9] & 0x80 != 0;
    let has_integer = fraction >> 63 != 0;
    let number = || {
        let text = Real::decode(bytes, FloatFormat::X87).to_general(19);
        let text = if text.starts_with('-') { text } else { format!("+{text}") };
        format!(" {text:<27}")
    };
    match (exponent, has_integer) {
        (0x7fff, true) => match fraction & !(1 << 63) {
            0 => format!(" {}Inf", if is_negative { '-' } else { '+' }),
            0x4000_0000_0000_0000 if is_negative => " Real Indefinite (QNaN)".to_owned(),
            rest if rest & 1 << 62 != 0 => " QNaN".to_owned(),
            _ => " SNaN".to_owned(),
        },
        (0, true) => number() + " Pseudo-denormal",
        (0, false) if fraction != 0 => number() + " Denormal",
        (0, false) | (1..0x7fff, true) => number(),
        _ => " Unsupported".to_owned(),
    }
}
