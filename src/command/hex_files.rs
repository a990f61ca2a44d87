//! Memory as text: Motorola's S-records, Intel's and Tektronix's hex files, Verilog's memory files; written as binutils write them.

use crate::base::{Error, Result};

/// Bytes of a record.
const RECORD: usize = 16;
/// The most that is read from such a file, in bytes.
pub const MAX_READ: u64 = 256 << 20;

/// A format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HexFormat {
    /// Motorola S-records.
    Srec,
    /// Intel hex.
    Ihex,
    /// Extended Tektronix hex.
    Tekhex,
    /// Verilog hex dump; only written.
    Verilog,
}

/// A piece of memory in a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    /// The section's name.
    pub name: String,
    /// Where it belongs.
    pub start: u64,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl HexFormat {
    /// Writes bytes that lie at an address. An error where the format has no such addresses.
    pub fn write(self, file: &str, start: u64, bytes: &[u8]) -> Result<String> {
        let last = start.saturating_add(bytes.len() as u64).saturating_sub(1);
        if last > u64::from(u32::MAX) && matches!(self, HexFormat::Ihex | HexFormat::Srec) {
            let name = if self == HexFormat::Ihex { "Intel Hex" } else { "S-record" };
            return Err(Error::user(format!("64-bit address {last:#x} out of range for {name} file")));
        }
        Ok(match self {
            HexFormat::Srec => srec(file, start, last, bytes),
            HexFormat::Ihex => ihex(start, bytes),
            HexFormat::Tekhex => tekhex(start, bytes),
            HexFormat::Verilog => verilog(start, bytes),
        })
    }

    /// The format of a file by its first bytes; `None` for others, and for Verilog's, which nobody reads back.
    pub fn of(text: &[u8]) -> Option<HexFormat> {
        match text {
            [b'S', b'0'..=b'9', ..] => Some(HexFormat::Srec),
            [b':', d, ..] if d.is_ascii_hexdigit() => Some(HexFormat::Ihex),
            [b'%', d, ..] if d.is_ascii_hexdigit() => Some(HexFormat::Tekhex),
            _ => None,
        }
    }

    /// The pieces of a file, in their order; what follows on another is one piece with it.
    pub fn read(self, text: &str) -> Result<Vec<Piece>> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut base = 0;
        for (number, line) in (1..).zip(text.lines().map(str::trim_end).filter(|l| !l.is_empty())) {
            let record = match self {
                HexFormat::Srec => read_srec(line),
                HexFormat::Ihex => read_ihex(line, &mut base),
                HexFormat::Tekhex => read_tekhex(line),
                HexFormat::Verilog => None,
            };
            let (start, bytes) = record.ok_or_else(|| Error::user(format!("Line {number} of the file is malformed.")))?;
            if bytes.is_empty() {
                continue;
            }
            match pieces.last_mut().filter(|p| p.start.wrapping_add(p.bytes.len() as u64) == start) {
                Some(piece) => piece.bytes.extend(bytes),
                None => pieces.push(Piece { name: format!(".sec{}", pieces.len() + 1), start, bytes }),
            }
        }
        Ok(pieces)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02X}")).collect()
}

/// Two digits each; `None` for what is no such text.
fn from_hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok().filter(|p| p.len() == 2)?, 16).ok()).collect()
}

fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum: u8, b| sum.wrapping_add(*b))
}

/// A type digit, the count of what follows, address, bytes, and the complement of the sum of all these.
fn srec(file: &str, start: u64, last: u64, bytes: &[u8]) -> String {
    let width = match last {
        0..=0xffff => 2,
        0x1_0000..=0xff_ffff => 3,
        _ => 4,
    };
    let record = |kind: char, width: usize, at: u64, bytes: &[u8]| {
        let mut all = vec![(width + bytes.len() + 1) as u8];
        all.extend(at.to_be_bytes().iter().skip(8 - width));
        all.extend(bytes);
        format!("S{kind}{}{:02X}\r\n", hex(&all), !sum(&all))
    };
    let name: Vec<u8> = file.bytes().take(40).collect();
    let mut text = record('0', 2, 0, &name);
    let kinds = [('1', '9'), ('2', '8'), ('3', '7')];
    let (data, end) = kinds.get(width - 2).copied().unwrap_or(('3', '7'));
    for (at, part) in (0u64..).step_by(RECORD).zip(bytes.chunks(RECORD)) {
        text.push_str(&record(data, width, start + at, part));
    }
    text.push_str(&record(end, width, 0, &[]));
    text
}

fn read_srec(line: &str) -> Option<(u64, Vec<u8>)> {
    let kind = line.strip_prefix('S')?.bytes().next()?;
    let all = from_hex(line.get(2..)?)?;
    let (body, check) = all.split_at(all.len().checked_sub(1)?);
    if usize::from(*body.first()?) != body.len() || check != [!sum(body)] {
        return None;
    }
    let width = match kind {
        b'1' => 2,
        b'2' => 3,
        b'3' => 4,
        _ => return Some((0, Vec::new())),
    };
    let at = body.get(1..=width)?.iter().fold(0, |at, b| at << 8 | u64::from(*b));
    Some((at, body.get(width + 1..)?.to_vec()))
}

/// Count, address, type, bytes, and the complement of their sum; the upper half of an address comes in a record of its own.
fn ihex(start: u64, bytes: &[u8]) -> String {
    let record = |kind: u8, at: u64, bytes: &[u8]| {
        let mut all = vec![bytes.len() as u8, (at >> 8) as u8, at as u8, kind];
        all.extend(bytes);
        format!(":{}{:02X}\r\n", hex(&all), sum(&all).wrapping_neg())
    };
    let mut text = String::new();
    let (mut at, mut rest, mut upper) = (start, bytes, 0);
    while !rest.is_empty() {
        if at >> 16 != upper {
            upper = at >> 16;
            text.push_str(&record(4, 0, &[(upper >> 8) as u8, upper as u8]));
        }
        // A record does not go over a border of 64 KiB.
        let room = (0x1_0000 - (at & 0xffff)) as usize;
        let (part, left) = rest.split_at(rest.len().min(RECORD).min(room));
        text.push_str(&record(0, at & 0xffff, part));
        at += part.len() as u64;
        rest = left;
    }
    text.push_str(&record(1, 0, &[]));
    text
}

fn read_ihex(line: &str, base: &mut u64) -> Option<(u64, Vec<u8>)> {
    let all = from_hex(line.strip_prefix(':')?)?;
    let [count, high, low, kind, rest @ ..] = all.as_slice() else { return None };
    let bytes = rest.get(..usize::from(*count)).filter(|b| b.len() + 1 == rest.len() && sum(&all) == 0)?;
    let at = u64::from(*high) << 8 | u64::from(*low);
    let value = || bytes.iter().fold(0, |n, b| n << 8 | u64::from(*b));
    match kind {
        0 => return Some((base.wrapping_add(at), bytes.to_vec())),
        2 => *base = value() << 4,
        4 => *base = value() << 16,
        _ => {}
    }
    Some((0, Vec::new()))
}

/// What a character counts for in a sum of Tektronix's.
fn tek_value(c: u8) -> Option<u32> {
    Some(
        match c {
            b'0'..=b'9' => c - b'0',
            b'A'..=b'Z' => c - b'A' + 10,
            b'$' => 36,
            b'%' => 37,
            b'.' => 38,
            b'_' => 39,
            b'a'..=b'z' => c - b'a' + 40,
            _ => return None,
        }
        .into(),
    )
}

fn tek_sum(text: &str) -> Option<u32> {
    text.bytes().map(tek_value).try_fold(0u32, |sum, v| Some(sum + v?))
}

/// A number as the count of its digits (0 for 16) and the digits.
fn tek_number(n: u64) -> String {
    let digits = format!("{n:X}");
    format!("{:X}{digits}", digits.len() & 15)
}

/// Length, type and sum in front of what follows.
fn tek_record(kind: char, body: &str) -> String {
    let head = format!("{:02X}{kind}", body.len() + 5);
    let sum = tek_sum(&head).unwrap_or(0) + tek_sum(body).unwrap_or(0);
    format!("%{head}{:02X}{body}\n", sum & 0xff)
}

fn tekhex(start: u64, bytes: &[u8]) -> String {
    let section = format!("7.newsec1{}{}", tek_number(start), tek_number(start + bytes.len() as u64));
    let mut text = tek_record('3', &section);
    for (at, part) in (0u64..).step_by(RECORD).zip(bytes.chunks(RECORD)) {
        text.push_str(&tek_record('6', &format!("{}{}", tek_number(start + at), hex(part))));
    }
    text.push_str(&tek_record('8', &tek_number(0)));
    text
}

fn read_tekhex(line: &str) -> Option<(u64, Vec<u8>)> {
    let text = line.strip_prefix('%')?;
    let (head, rest) = (text.get(..3)?, text.get(3..)?);
    let (check, body) = (rest.get(..2)?, rest.get(2..)?);
    let length = usize::from_str_radix(head.get(..2)?, 16).ok()?;
    if length != body.len() + 5 || (tek_sum(head)? + tek_sum(body)?) & 0xff != u32::from_str_radix(check, 16).ok()? {
        return None;
    }
    if !head.ends_with('6') {
        return Some((0, Vec::new()));
    }
    let digits = match usize::from_str_radix(body.get(..1)?, 16).ok()? {
        0 => 16,
        n => n,
    };
    let at = u64::from_str_radix(body.get(1..=digits)?, 16).ok()?;
    Some((at, from_hex(body.get(digits + 1..)?)?))
}

fn verilog(start: u64, bytes: &[u8]) -> String {
    let mut text = format!("@{start:08X}\r\n");
    for part in bytes.chunks(RECORD) {
        let row: Vec<String> = part.iter().map(|b| format!("{b:02X}")).collect();
        text.push_str(&format!("{}\r\n", row.join(" ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMATS: [HexFormat; 3] = [HexFormat::Srec, HexFormat::Ihex, HexFormat::Tekhex];

    #[test]
    fn what_is_written_is_read_back() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1000).collect();
        for format in FORMATS {
            for start in [0, 0x12, 0xfff8, 0x40_4040, 0xffff_f000] {
                let text = format.write("a.out", start, &bytes).unwrap();
                assert_eq!(HexFormat::of(text.as_bytes()), Some(format));
                let pieces = format.read(&text).unwrap();
                assert_eq!(pieces, [Piece { name: ".sec1".to_owned(), start, bytes: bytes.clone() }], "{format:?} {start:#x}");
            }
        }
    }

    /// What `objcopy -I binary --change-addresses=0x404040` writes of the two bytes `hi`.
    #[test]
    fn records_are_those_of_binutils() {
        assert!(HexFormat::Srec.write("x", 0x40_4040, b"hi").unwrap().contains("\r\nS206404040686968\r\nS804000000FB\r\n"));
        assert_eq!(
            HexFormat::Ihex.write("x", 0x40_4040, b"hi").unwrap(),
            ":020000040040BA\r\n:0240400068 69AD\r\n:00000001FF\r\n".replace(' ', "")
        );
        assert_eq!(HexFormat::Verilog.write("x", 0x40_4040, b"hi").unwrap(), "@00404040\r\n68 69\r\n");
    }

    #[test]
    fn damage_is_an_error() {
        for format in FORMATS {
            let text = format.write("a.out", 0x1000, &[1, 2, 3]).unwrap();
            for at in 0..text.len() {
                let mut broken = text.clone().into_bytes();
                broken[at] = b'z';
                let _ = format.read(&String::from_utf8_lossy(&broken));
                let _ = format.read(text.get(..at).unwrap());
            }
        }
        assert!(HexFormat::Ihex.write("x", 1 << 32, &[1]).is_err());
    }
}
