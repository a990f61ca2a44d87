//! What the kernel says of the process: /proc/PID.

use crate::base::{Error, Mapping, MemoryMap, Need, Result, Tid, VirtAddr};
use crate::command::loader::address;
use crate::command::{ArgKind, ArgSpec, Args, Command, Cx, Example, Flow, Group, choice};
use crate::engine::Session;
use crate::os::procfs;
use crate::ui::{Role, Row};

/// `info proc`
pub const PROC: Command = Command {
    name: "info proc",
    group: Group::Status,
    args: &[ArgSpec::JSON, ArgSpec::may("WHAT", ArgKind::Rest)],
    summary: "Show additional information about a process.",
    help: "info proc [PID] [mappings|status|stat|cmdline|cwd|exe|environ|limits|fds|all]. Without a word: cmdline, cwd and exe.\n\
           Without PID, the process that is debugged.",
    examples: &[
        Example { line: "info proc mappings", what: "the mappings" },
        Example { line: "info proc fds", what: "open file descriptors" },
    ],
    run: info_proc,
    ..Command::BASE
};

const PARTS: &[&str] = &["all", "cmdline", "cwd", "environ", "exe", "fds", "limits", "mappings", "stat", "status"];

fn info_proc(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let mut words = args.get("WHAT").unwrap_or_default().split_whitespace().peekable();
    let mut pid = None;
    let mut what = Vec::new();
    for word in words.by_ref() {
        match word.parse::<i32>() {
            Ok(n) if pid.is_none() => pid = Some(Tid(n)),
            _ if what.is_empty() => {
                what.push(choice(word, PARTS).map_err(|_| Error::user(format!("Too many parameters: {word}")))?);
            }
            _ => return Err(Error::user(format!("Too many parameters: {word}"))),
        }
    }
    let own = cx.session.process().ok().map(|p| p.target.pid());
    let pid = pid.or(own).ok_or_else(|| Error::user("No current process: you must name one."))?;
    cx.say(format!("process {pid}\n"));
    if Some(pid) == own && cx.session.is_core() {
        return of_core(cx, what.first().copied());
    }
    if procfs::state(pid).is_none() {
        return Err(Error::user(format!("unable to open /proc file '/proc/{pid}/stat'")));
    }
    let parts: &[&str] = match what.first() {
        None => &["cmdline", "cwd", "exe"],
        Some(&"all") => &["cmdline", "cwd", "exe", "mappings", "status", "stat"],
        Some(_) => &what,
    };
    for part in parts {
        show(cx, pid, part)?;
    }
    Ok(Flow::Go)
}

/// What a core file tells of its process.
fn of_core(cx: &mut Cx<'_>, part: Option<&str>) -> Result<Flow> {
    let process = cx.session.process()?;
    let arguments = process.target.core_file().map(|c| c.arguments.clone()).unwrap_or_default();
    let maps = process.target.maps()?;
    match part {
        // gdb takes the command line for the name of the program.
        None | Some("exe") => named(cx, "exe", &arguments),
        Some("cmdline") => named(cx, "cmdline", &arguments),
        Some("mappings") => show_mappings(cx, maps),
        Some("all") => {
            named(cx, "exe", &arguments);
            show_mappings(cx, maps);
        }
        Some(other) => return Err(Error::user(format!("A core file does not hold the process's {other}."))),
    }
    Ok(Flow::Go)
}

fn show(cx: &mut Cx<'_>, pid: Tid, part: &str) -> Result<()> {
    match part {
        "cmdline" => {
            let words = procfs::cmdline(pid)?;
            let words: Vec<_> = words.iter().map(|w| String::from_utf8_lossy(w)).collect();
            named(cx, "cmdline", &words.join(" "));
        }
        "cwd" => named(cx, "cwd", &procfs::cwd(pid)?.display().to_string()),
        "exe" => named(cx, "exe", &procfs::exe(pid)?.display().to_string()),
        "environ" => {
            for variable in procfs::environ(pid)? {
                let text = String::from_utf8_lossy(&variable).into_owned();
                cx.row(&Row::new().cell("variable", Role::Plain, text));
            }
        }
        "mappings" => mappings(cx, pid)?,
        "stat" => stat(cx, pid)?,
        "fds" => descriptors(cx, pid)?,
        "limits" => limits(cx, &procfs::text(pid, part)?),
        file => {
            for line in procfs::text(pid, file)?.lines() {
                let (field, value) = line.split_once(':').unwrap_or((line, ""));
                field_row(cx, line, field, value.trim());
            }
        }
    }
    Ok(())
}

/// A line as it is, and as a field with its value in JSON.
fn field_row(cx: &mut Cx<'_>, line: &str, field: &str, value: &str) {
    cx.row(&Row::new().note(Role::Plain, line).hidden("field", field).hidden("value", value));
}

/// /proc/PID/limits: columns of fixed width, whose names have blanks.
fn limits(cx: &mut Cx<'_>, text: &str) {
    let head = text.lines().next().unwrap_or_default();
    let columns = ["Limit", "Soft Limit", "Hard Limit", "Units"].map(|name| head.find(name).unwrap_or(head.len()));
    let [_, soft, hard, units] = columns;
    for line in text.lines() {
        let cut = |from: usize, to: usize| line.get(from..to.min(line.len())).unwrap_or_default().trim();
        if line == head {
            cx.out.text(Role::Title, &format!("{line}\n"));
            continue;
        }
        let row = Row::new().note(Role::Plain, line).hidden("limit", cut(0, soft)).hidden("soft", cut(soft, hard));
        cx.row(&row.hidden("hard", cut(hard, units)).hidden("units", cut(units, line.len())));
    }
}

fn named(cx: &mut Cx<'_>, name: &'static str, text: &str) {
    cx.row(&Row::new().note(Role::Plain, format!("{name} = '{text}'")).hidden(name, text));
}

fn mappings(cx: &mut Cx<'_>, pid: Tid) -> Result<()> {
    show_mappings(cx, procfs::maps(pid)?);
    Ok(())
}

fn show_mappings(cx: &mut Cx<'_>, maps: MemoryMap) {
    cx.say("Mapped address spaces:\n\n");
    cx.out.text(Role::Title, "          Start Addr           End Addr       Size     Offset  Perms  objfile\n");
    for m in maps.mappings {
        let (start, end) = (m.range.start.to_string(), m.range.end.to_string());
        let (size, offset) = (format!("{:#x}", m.range.len()), format!("{:#x}", m.offset));
        let perms = m.perms.to_string();
        let text = format!("  {start:>18} {end:>18} {size:>10} {offset:>10}  {perms:<5}  {}", m.name);
        let row = Row::new()
            .note(Role::Plain, text)
            .hidden("start", start)
            .hidden("end", end)
            .hidden("size", size)
            .hidden("offset", offset)
            .hidden("perms", perms)
            .hidden("file", m.name);
        cx.row(&row);
    }
}

/// gdb's words for the fields of /proc/PID/stat (proc_pid_stat(5)), with the field's number and whether it is an address.
const STAT: &[(&str, usize, bool)] = &[
    ("State", 3, false),
    ("Parent process", 4, false),
    ("Process group", 5, false),
    ("Session id", 6, false),
    ("TTY", 7, false),
    ("TTY owner process group", 8, false),
    ("Flags", 9, true),
    ("Minor faults (no memory page)", 10, false),
    ("Minor faults, children", 11, false),
    ("Major faults (memory page faults)", 12, false),
    ("Major faults, children", 13, false),
    ("utime", 14, false),
    ("stime", 15, false),
    ("utime, children", 16, false),
    ("stime, children", 17, false),
    ("jiffies remaining in current time slice", 18, false),
    ("'nice' value", 19, false),
    ("jiffies until next timeout", 20, false),
    ("jiffies until next SIGALRM", 21, false),
    ("start time (jiffies since system boot)", 22, false),
    ("Virtual memory size", 23, false),
    ("Resident set size", 24, false),
    ("rlim", 25, false),
    ("Start of text", 26, true),
    ("End of text", 27, true),
    ("Start of stack", 28, true),
];

fn stat(cx: &mut Cx<'_>, pid: Tid) -> Result<()> {
    let text = procfs::text(pid, "stat")?;
    let Some((head, rest)) = text.rsplit_once(')') else { return Ok(()) };
    let name = head.split_once('(').map_or("", |(_, n)| n);
    field_row(cx, &format!("Process: {pid}"), "Process", &pid.to_string());
    field_row(cx, &format!("Exec file: {name}"), "Exec file", name);
    let fields: Vec<&str> = rest.split_whitespace().collect();
    for (words, number, is_address) in STAT {
        let Some(field) = fields.get(number - 3) else { break };
        let value = match (is_address, field.parse::<u64>()) {
            (true, Ok(n)) => format!("{n:#x}"),
            // As gdb: -1 (no terminal) as an unsigned number.
            _ => field.parse::<i64>().ok().filter(|n| *n < 0).map_or((*field).to_owned(), |n| (n as u64).to_string()),
        };
        field_row(cx, &format!("{words}: {value}"), words, &value);
    }
    Ok(())
}

fn descriptors(cx: &mut Cx<'_>, pid: Tid) -> Result<()> {
    let directory = format!("/proc/{pid}/fd");
    let entries = std::fs::read_dir(&directory).map_err(|e| Error::io(directory, &e))?;
    let number = |e: std::fs::DirEntry| Some((e.file_name().to_str()?.parse::<u32>().ok()?, e.path()));
    let mut all: Vec<_> = entries.flatten().filter_map(number).collect();
    all.sort();
    for (fd, path) in all {
        let target = std::fs::read_link(&path).map(|p| p.display().to_string()).unwrap_or_default();
        let info = procfs::text(pid, &format!("fdinfo/{fd}")).unwrap_or_default();
        let field = |name: &str| info.lines().find_map(|l| l.strip_prefix(name)).map(|v| v.trim().to_owned());
        let flags = field("flags:").and_then(|f| u32::from_str_radix(&f, 8).ok()).unwrap_or(0);
        let mode = ["r", "w", "rw", "?"].get((flags & 3) as usize).copied().unwrap_or("?");
        let position = field("pos:").unwrap_or_default();
        let row = Row::new()
            .both("fd", Role::Plain, fd.to_string(), fd)
            .width(3)
            .cell("mode", Role::Plain, mode)
            .width(2)
            .both("position", Role::Plain, format!("pos {position}"), position.parse::<u64>().ok())
            .width(8)
            .cell("file", Role::File, target);
        cx.row(&row);
    }
    Ok(())
}

/// `vmmap`
pub const VMMAP: Command = Command {
    name: "vmmap",
    group: Group::Loading,
    args: &[ArgSpec::JSON, ArgSpec::may("ADDRESS", ArgKind::Rest)],
    summary: "Show the mappings with the sections in them.",
    help: "With an address (an expression), the one mapping that contains it; with a name, those of files whose path contains it.",
    examples: &[
        Example { line: "vmmap", what: "all mappings" },
        Example { line: "vmmap $sp", what: "the mapping of the stack" },
        Example { line: "vmmap libc", what: "those of libc" },
    ],
    needs: Some(Need::Process),
    own: true,
    run: vmmap,
    ..Command::BASE
};

fn vmmap(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let maps = cx.session.process()?.target.maps()?;
    let shown: Vec<&Mapping> = match args.get("ADDRESS") {
        None => maps.mappings.iter().collect(),
        Some(text) => {
            // A number is an address, whatever paths it is a part of.
            let is_name = |m: &&Mapping| !text.starts_with(|c: char| c.is_ascii_digit()) && m.name.contains(text);
            let by_name: Vec<&Mapping> = maps.mappings.iter().filter(is_name).collect();
            if by_name.is_empty() {
                let at = address(cx, text)?;
                let found = maps.at(at).ok_or_else(|| Error::user(format!("No mapping contains {at}.")))?;
                vec![found]
            } else {
                by_name
            }
        }
    };
    for mapping in shown {
        let sections = sections_in(cx.session, mapping);
        let name = if mapping.name.is_empty() { "[anonymous]" } else { &mapping.name };
        let row = Row::new()
            .cell("start", Role::Address, format!("{:#018x}", mapping.range.start.0))
            .cell("end", Role::Address, format!("{:#018x}", mapping.range.end.0))
            .cell("perms", Role::Plain, mapping.perms.to_string())
            .cell("size", Role::Plain, format!("{:#x}", mapping.range.len()))
            .width(10)
            .right()
            .cell("offset", Role::Plain, format!("{:#x}", mapping.offset))
            .width(10)
            .right()
            .cell("name", Role::File, name)
            .both("sections", Role::Dim, sections.join(" "), sections);
        cx.row(&row);
    }
    Ok(Flow::Go)
}

/// The names of the loaded sections that have a byte in a mapping.
fn sections_in(session: &Session, mapping: &Mapping) -> Vec<String> {
    let mut names = Vec::new();
    for module in session.inferior.modules.iter() {
        if !module.ranges().iter().any(|r| r.overlaps(&mapping.range)) {
            continue;
        }
        for section in module.image().sections().iter().filter(|s| s.is_loaded() && s.size > 0) {
            let range = crate::base::AddrRange::new(
                module.virt(section.addr),
                VirtAddr(module.virt(section.addr).0.saturating_add(section.size)),
            );
            if range.overlaps(&mapping.range) {
                names.push(section.name.clone());
            }
        }
    }
    names
}
