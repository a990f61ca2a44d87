//! Memory to files and back: `dump`, `append`, `restore`, `compare-sections`.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use crate::base::{Error, Memory, Need, Result, VirtAddr};
use crate::elf::shf;
use crate::engine::Session;
use crate::expr::Host;
use crate::os::signals::take_interrupt;

use super::args::{Args, split_words, word_end};
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group, Repeat};
use super::expression::{address, evaluate, integer};
use super::help::list_below;
use super::hex_files::{HexFormat, MAX_READ};
use super::paths::{expand_home, file_error};

/// How much is moved at a time, in bytes.
const CHUNK: usize = 1 << 20;

/// How many of those are under way between the reader and the writer.
const BUFFERS: usize = 3;

/// The most that `restore` writes into the journal; what is larger cannot be undone.
const MAX_LOGGED: u64 = 16 << 20;

const MEMORY_ARGS: &[ArgSpec] = &[ArgSpec::may("FILE START STOP", ArgKind::Rest)];
const VALUE_ARGS: &[ArgSpec] = &[ArgSpec::may("FILE EXPRESSION", ArgKind::Rest)];

/// A prefix that lists what stands below it.
const fn prefix(name: &'static str, summary: &'static str, run: fn(&mut Cx<'_>, &Args) -> Result<Flow>) -> Command {
    Command { name, summary, group: Group::Data, repeat: Repeat::No, run, ..Command::BASE }
}

const fn memory(
    name: &'static str,
    aliases: &'static [&'static str],
    summary: &'static str,
    run: fn(&mut Cx<'_>, &Args) -> Result<Flow>,
) -> Command {
    Command { name, aliases, summary, group: Group::Data, args: MEMORY_ARGS, repeat: Repeat::No, run, ..Command::BASE }
}

const fn value(
    name: &'static str,
    aliases: &'static [&'static str],
    summary: &'static str,
    run: fn(&mut Cx<'_>, &Args) -> Result<Flow>,
) -> Command {
    Command { name, aliases, summary, group: Group::Data, args: VALUE_ARGS, repeat: Repeat::No, run, ..Command::BASE }
}

const RESTORE: Command = Command {
    name: "restore",
    group: Group::Data,
    args: &[ArgSpec::may("FILE [binary] [OFFSET [START [END]]]", ArgKind::Rest)],
    summary: "Restore the contents of FILE to target memory.",
    help: "The file's byte 0 belongs to address OFFSET (0 without one); of the file only bytes START up to END are written, there\n\
where they belong. Files of srec, ihex and tekhex say themselves where their bytes belong: \"binary\" is left out, and\n\
OFFSET moves them.",
    repeat: Repeat::No,
    run: restore,
    ..Command::BASE
};

const COMPARE_SECTIONS: Command = Command {
    name: "compare-sections",
    group: Group::Data,
    args: &[ArgSpec::may("-r", ArgKind::Switch), ArgSpec::may("SECTION", ArgKind::Word)],
    summary: "Compare section data on target to the exec file.",
    help: "All sections that are loaded, those that are not written to (-r), or one. Addresses are those of the process.",
    needs: Some(Need::Executable),
    run: compare_sections,
    ..Command::BASE
};

/// Memory and files.
pub const COMMANDS: &[Command] = &[
    prefix("dump", "Dump target code/data to a local file.", |cx, args| below(cx, args, "dump")),
    prefix("dump binary", "Write target code/data to a raw binary file.", |cx, args| below(cx, args, "dump binary")),
    Command {
        examples: &[Example { line: "dump memory /dev/null &GOT[0] &GOT[3]", what: "the first three words of the GOT" }],
        ..memory("dump memory", &["dump binary memory"], "Write contents of memory to a raw binary file.", |cx, args| {
            memory_to_file(cx, args, false)
        })
    },
    value("dump value", &["dump binary value"], "Write the value of an expression to a raw binary file.", |cx, args| {
        value_to_file(cx, args, false)
    }),
    prefix("dump srec", "Write target code/data to an srec file.", |cx, args| below(cx, args, "dump srec")),
    memory("dump srec memory", &[], "Write contents of memory to an srec file.", |cx, args| {
        hex_memory(cx, args, HexFormat::Srec)
    }),
    value("dump srec value", &[], "Write the value of an expression to an srec file.", |cx, args| {
        hex_value(cx, args, HexFormat::Srec)
    }),
    prefix("dump ihex", "Write target code/data to an intel hex file.", |cx, args| below(cx, args, "dump ihex")),
    memory("dump ihex memory", &[], "Write contents of memory to an intel hex file.", |cx, args| {
        hex_memory(cx, args, HexFormat::Ihex)
    }),
    value("dump ihex value", &[], "Write the value of an expression to an intel hex file.", |cx, args| {
        hex_value(cx, args, HexFormat::Ihex)
    }),
    prefix("dump tekhex", "Write target code/data to a tekhex file.", |cx, args| below(cx, args, "dump tekhex")),
    memory("dump tekhex memory", &[], "Write contents of memory to a tekhex file.", |cx, args| {
        hex_memory(cx, args, HexFormat::Tekhex)
    }),
    value("dump tekhex value", &[], "Write the value of an expression to a tekhex file.", |cx, args| {
        hex_value(cx, args, HexFormat::Tekhex)
    }),
    prefix("dump verilog", "Write target code/data to a verilog hex file.", |cx, args| below(cx, args, "dump verilog")),
    memory("dump verilog memory", &[], "Write contents of memory to a verilog hex file.", |cx, args| {
        hex_memory(cx, args, HexFormat::Verilog)
    }),
    value("dump verilog value", &[], "Write the value of an expression to a verilog hex file.", |cx, args| {
        hex_value(cx, args, HexFormat::Verilog)
    }),
    prefix("append", "Append target code/data to a local file.", |cx, args| below(cx, args, "append")),
    prefix("append binary", "Append target code/data to a raw binary file.", |cx, args| below(cx, args, "append binary")),
    memory("append memory", &["append binary memory"], "Append contents of memory to a raw binary file.", |cx, args| {
        memory_to_file(cx, args, true)
    }),
    value("append value", &["append binary value"], "Append the value of an expression to a raw binary file.", |cx, args| {
        value_to_file(cx, args, true)
    }),
    RESTORE,
    COMPARE_SECTIONS,
];

fn below(cx: &mut Cx<'_>, args: &Args, prefix: &str) -> Result<Flow> {
    match args.text.split_whitespace().next() {
        None => list_below(cx, prefix),
        Some(word) => Err(Error::user(format!("Undefined {prefix} command: \"{word}\".  Try \"help {prefix}\"."))),
    }
}

/// Cuts the next word off, brackets and quotes kept together.
fn word<'t>(text: &mut &'t str) -> &'t str {
    let (word, rest) = text.split_at(word_end(text));
    *text = rest.trim_start();
    word
}

fn file_name(text: &mut &str) -> Result<(String, PathBuf)> {
    let name = split_words(word(text)).into_iter().next().unwrap_or_default();
    if name.is_empty() {
        return Err(Error::user("Missing filename."));
    }
    let path = expand_home(&name);
    Ok((name, path))
}

/// Opens a file to be written anew, or at its end.
fn open(name: &str, path: &PathBuf, append: bool) -> Result<File> {
    let file = if append { File::options().append(true).create(true).open(path) } else { File::create(path) };
    file.map_err(|e| file_error(name, &e))
}

/// A file's name and the two addresses behind it.
fn memory_arguments(cx: &mut Cx<'_>, args: &Args) -> Result<(String, PathBuf, VirtAddr, VirtAddr)> {
    let mut rest = args.text.as_str();
    let (name, path) = file_name(&mut rest)?;
    let start = word(&mut rest);
    if start.is_empty() {
        return Err(Error::user("Missing start address."));
    }
    if rest.is_empty() {
        return Err(Error::user("Missing stop address."));
    }
    let start = address(cx, start)?;
    let stop = address(cx, rest)?;
    if start >= stop {
        return Err(Error::user("Invalid memory address range (start >= end)."));
    }
    // Nothing is written when it is known that not everything can be read.
    if let Some(hole) = first_hole(cx.session, start, stop)? {
        return Err(Error::Fault { addr: hole });
    }
    Ok((name, path, start, stop))
}

fn hex_memory(cx: &mut Cx<'_>, args: &Args, format: HexFormat) -> Result<Flow> {
    let (name, path, start, stop) = memory_arguments(cx, args)?;
    if stop - start > MAX_READ {
        return Err(Error::user("This is too much for a file of text: \"dump memory\" writes raw bytes."));
    }
    let mut bytes = vec![0; (stop - start) as usize];
    cx.session.memory().read(start, &mut bytes)?;
    let text = format.write(&name, start.0, &bytes)?;
    std::fs::write(path, text).map_err(|e| file_error(&name, &e))?;
    Ok(Flow::Go)
}

fn hex_value(cx: &mut Cx<'_>, args: &Args, format: HexFormat) -> Result<Flow> {
    let (name, path, bytes, at) = value_arguments(cx, args)?;
    let at = at.unwrap_or_else(|| {
        cx.warn("value is not an lval: address assumed to be zero");
        VirtAddr(0)
    });
    let text = format.write(&name, at.0, &bytes)?;
    std::fs::write(path, text).map_err(|e| file_error(&name, &e))?;
    Ok(Flow::Go)
}

fn memory_to_file(cx: &mut Cx<'_>, args: &Args, append: bool) -> Result<Flow> {
    let (name, path, start, stop) = memory_arguments(cx, args)?;
    let file = open(&name, &path, append)?;
    let (read, written) = copy_to_file(cx.session.memory(), start, stop, file);
    written.map_err(|e| file_error(&name, &e))?;
    read.map(|()| Flow::Go)
}

/// Reads memory and, in a second thread, writes the file: how the reading ended, and how the writing did.
fn copy_to_file(memory: &dyn Memory, start: VirtAddr, stop: VirtAddr, mut file: File) -> (Result<()>, std::io::Result<()>) {
    let (full, to_write) = sync_channel::<Vec<u8>>(BUFFERS);
    let (empty, to_fill) = sync_channel::<Vec<u8>>(BUFFERS);
    std::thread::scope(|scope| {
        let writer = scope.spawn(move || {
            for buffer in to_write {
                file.write_all(&buffer)?;
                // The reader may be done already.
                let _ = empty.send(buffer);
            }
            Ok(())
        });
        let mut read = Ok(());
        let (mut at, mut made) = (start, 0);
        while at < stop && read.is_ok() {
            let next = if made < BUFFERS { Some(Vec::new()) } else { to_fill.recv().ok() };
            // Without a buffer coming back the writer has failed.
            let Some(mut buffer) = next else { break };
            made += 1;
            buffer.resize(usize::try_from(stop - at).unwrap_or(CHUNK).min(CHUNK), 0);
            read = if take_interrupt() { Err(Error::Cancelled) } else { memory.read(at, &mut buffer) };
            at = at + buffer.len() as u64;
            if read.is_ok() && full.send(buffer).is_err() {
                break;
            }
        }
        drop(full);
        let written = writer.join().unwrap_or_else(|_| Err(std::io::Error::other("the writer has failed")));
        (read, written)
    })
}

/// The first address of a range that no readable mapping holds; without a process the first that the file does not hold.
fn first_hole(session: &Session, start: VirtAddr, stop: VirtAddr) -> Result<Option<VirtAddr>> {
    let mut at = start;
    if let Some(process) = &session.inferior.process {
        let maps = process.target.maps()?;
        while at < stop {
            match maps.at(at) {
                Some(mapping) => at = mapping.range.end,
                // [vsyscall] and its like stand in no list; reading tells.
                None => return Ok(session.memory().read(at, &mut [0]).is_err().then_some(at)),
            }
        }
        return Ok(session.memory().read(start, &mut [0]).is_err().then_some(start));
    }
    let mut buffer = vec![0; 1 << 16];
    while at < stop {
        let want = buffer.len().min(usize::try_from(stop - at).unwrap_or(usize::MAX));
        let got = session.memory().read_partial(at, buffer.get_mut(..want).unwrap_or_default())?;
        at = at + got as u64;
        if got < want {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// A file's name as it was written and its path, the bytes of a value, and where the value lies.
type ValueToFile = (String, PathBuf, Arc<[u8]>, Option<VirtAddr>);

/// A file's name, and the bytes and the place of the value behind it.
fn value_arguments(cx: &mut Cx<'_>, args: &Args) -> Result<ValueToFile> {
    let mut rest = args.text.as_str();
    let (name, path) = file_name(&mut rest)?;
    if rest.is_empty() {
        return Err(Error::user("No value to dump."));
    }
    let value = evaluate(cx, rest)?;
    let bytes = value.whole_bytes(cx.session.memory(), cx.session.options().max_value_size)?;
    Ok((name, path, bytes, value.address()))
}

fn value_to_file(cx: &mut Cx<'_>, args: &Args, append: bool) -> Result<Flow> {
    let (name, path, bytes, _) = value_arguments(cx, args)?;
    open(&name, &path, append)?.write_all(&bytes).map_err(|e| file_error(&name, &e))?;
    Ok(Flow::Go)
}

/// `restore` of a file that says itself where its bytes belong, moved by OFFSET; of them those from START up to END.
fn restore_hex(cx: &mut Cx<'_>, name: &str, path: &PathBuf, text: &str) -> Result<Flow> {
    let file = File::open(path).map_err(|e| file_error(name, &e))?;
    let mut bytes = Vec::new();
    file.take(MAX_READ).read_to_end(&mut bytes).map_err(|e| file_error(name, &e))?;
    let Some(format) = HexFormat::of(&bytes) else {
        return Err(Error::user(format!(
            "'{name}' is not a recognized file format.\nRaw bytes are restored by \"restore {name} binary ADDRESS\"."
        )));
    };
    let mut rest = text;
    let mut number = |cx: &mut Cx<'_>| match word(&mut rest) {
        "" => Ok(0),
        text => integer(cx, text).map(|n| n as u64),
    };
    let (offset, first, last) = (number(cx)?, number(cx)?, number(cx)?);
    if last != 0 && last <= first {
        return Err(Error::user("Start must be less than end."));
    }
    for piece in format.read(&String::from_utf8_lossy(&bytes))? {
        let end = piece.start.saturating_add(piece.bytes.len() as u64);
        if end <= first || last != 0 && piece.start >= last {
            continue;
        }
        let from = first.max(piece.start);
        let to = if last == 0 { end } else { last.min(end) };
        let part = piece.bytes.get((from - piece.start) as usize..(to - piece.start) as usize).unwrap_or_default();
        let at = VirtAddr(from.wrapping_add(offset));
        let mut note = format!("Restoring section {} ({:#x} to {end:#x})", piece.name, piece.start);
        if offset != 0 || first != 0 || last != 0 {
            note.push_str(&format!(" into memory ({at} to {})", at + part.len() as u64));
        }
        cx.say(format!("{note}\n"));
        cx.session.inferior.journal.open(format!("restore {name}"));
        let result = cx.session.patch_memory(at, part);
        cx.session.inferior.journal.close();
        match result {
            Err(e @ Error::Fault { .. }) => cx.warn(format!("restore: memory write failed ({e}).")),
            other => other.map(drop)?,
        }
    }
    Ok(Flow::Go)
}

fn restore(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    if cx.session.inferior.process.is_none() {
        return Err(Error::user("You can't do that without a process to debug."));
    }
    let mut rest = args.text.as_str();
    let (name, path) = file_name(&mut rest)?;
    let before = rest;
    if word(&mut rest) != "binary" {
        return restore_hex(cx, &name, &path, before);
    }
    let mut number = |cx: &mut Cx<'_>| match word(&mut rest) {
        "" => Ok(None),
        text => integer(cx, text).map(Some),
    };
    let offset = number(cx)?.unwrap_or(0) as u64;
    let first = number(cx)?.unwrap_or(0);
    let first = u64::try_from(first).map_err(|_| Error::user("Start must be less than end."))?;
    let last = number(cx)?;
    let mut file = File::open(&path).map_err(|e| file_error(&name, &e))?;
    let len = file.metadata().map_err(|e| file_error(&name, &e))?.len();
    if last.is_some_and(|last| last <= i128::from(first)) {
        return Err(Error::user("Start must be less than end."));
    }
    if first >= len {
        return Err(Error::user(format!("Start address is greater than length of binary file {name}.")));
    }
    let last = last.map_or(len, |last| u64::try_from(last).unwrap_or(len).min(len));
    let start = VirtAddr(offset.wrapping_add(first));
    let stop = VirtAddr(offset.wrapping_add(last));
    cx.say(format!("Restoring binary file {name} into memory ({start} to {stop})\n"));
    file.seek(SeekFrom::Start(first)).map_err(|e| file_error(&name, &e))?;
    let logged = last - first <= MAX_LOGGED;
    if logged {
        cx.session.inferior.journal.open(format!("restore {name}"));
    }
    let result = file_to_memory(cx.session, &mut file, &name, start, last - first, logged);
    cx.session.inferior.journal.close();
    match result {
        Err(e @ Error::Fault { .. }) => cx.warn(format!("restore: memory write failed ({e}).")),
        other => other?,
    }
    if !logged {
        cx.say("This is too large to be undone.\n");
    }
    Ok(Flow::Go)
}

fn file_to_memory(session: &mut Session, file: &mut File, name: &str, start: VirtAddr, len: u64, logged: bool) -> Result<()> {
    let mut buffer = vec![0; CHUNK];
    let mut done = 0;
    while done < len {
        if take_interrupt() {
            return Err(Error::Cancelled);
        }
        let want = buffer.len().min(usize::try_from(len - done).unwrap_or(CHUNK));
        let part = buffer.get_mut(..want).unwrap_or_default();
        file.read_exact(part).map_err(|e| file_error(name, &e))?;
        let at = start + done;
        if logged {
            session.patch_memory(at, part)?
        } else {
            session.write_unlogged(at, part)?
        }
        done += want as u64;
    }
    Ok(())
}

fn compare_sections(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let module = cx.session.inferior.modules.main().cloned().ok_or(Error::Needs(Need::Executable))?;
    let wanted = args.get("SECTION");
    let (mut known, mut differs) = (false, false);
    for section in module.image().sections() {
        let taken = wanted.is_none_or(|w| w == section.name) && !(args.has("-r") && section.flags & shf::SHF_WRITE != 0);
        if !taken || !section.is_loaded() || section.is_nobits() || section.size == 0 {
            continue;
        }
        let file = module.image().section_data(section)?;
        known = true;
        let start = module.virt(section.addr);
        let mut there = vec![0; file.len()];
        let verdict = match cx.session.memory().read(start, &mut there) {
            Err(e) => return Err(e),
            Ok(()) if there[..] == file[..] => "matched",
            Ok(()) => "MIS-MATCHED!",
        };
        differs |= verdict != "matched";
        let stop = if verdict == "matched" { "." } else { "" };
        cx.say(format!("Section {}, range {start} -- {}: {verdict}{stop}\n", section.name, start + section.size));
    }
    match wanted {
        Some(name) if !known => return Err(Error::user(format!("No loaded section named '{name}'."))),
        _ if differs => cx.warn("One or more sections of the target image does not match\nthe loaded file\n"),
        _ => {}
    }
    Ok(Flow::Go)
}
