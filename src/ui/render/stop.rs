//! Why the program stands still, in gdb's words.

use crate::arch::syscalls::syscall_name;
use crate::base::{Result, Tid, VirtAddr};
use crate::dwarf::{Block, BlockKind};
use crate::engine::{Bind, Breakpoint, Catch, Caught, Hit, Kind, Notice, Session, Stop, StopReason, WatchHit, WatchKind};
use crate::expr::Host;
use crate::stack::Frame;
use crate::symbols::{ModuleRole, Raise, demangle_function, is_written};
use crate::value::{Printer, Value, function_title};

use super::super::Role;
use super::asm::next_line;
use super::frame::{FrameInfo, frame_line};
use super::source::source_line;

type Pieces = Vec<(Role, String)>;

/// What to show for a stop, newlines included. `pid` is that of the process, which may have gone.
pub fn stop_text(session: &mut Session, stop: &Stop, pid: Tid) -> Pieces {
    let frame = if stop.reason.is_end() { None } else { Some(session.frame(0)) };
    text_at(session, stop, pid, frame)
}

/// The same, with the thread in this frame, or the error where there is none.
fn text_at(session: &mut Session, stop: &Stop, pid: Tid, frame: Option<Result<Frame>>) -> Pieces {
    let mut out: Pieces = Vec::new();
    let mut say = |text: String| out.push((Role::Plain, text));
    let who = thread_name(session, stop.tid);
    let number = session.inferior.number;
    match &stop.reason {
        StopReason::Exited(0) => say(format!("[Inferior {number} (process {pid}) exited normally]\n")),
        StopReason::Exited(code) => say(format!("[Inferior {number} (process {pid}) exited with code 0{code:o}]\n")),
        StopReason::Killed(signal) => say(format!(
            "\nProgram terminated with signal {}, {}.\nThe program no longer exists.\n",
            signal.name(),
            signal.description()
        )),
        StopReason::Signal(signal) => {
            let who = who.map_or("Program".to_owned(), |w| w);
            say(format!("\n{who} received signal {}, {}.\n", signal.name(), signal.description()));
        }
        StopReason::Interrupted => {
            let who = who.map_or("Program".to_owned(), |w| w);
            say(format!("\n{who} received signal SIGINT, Interrupt.\n"));
        }
        StopReason::Breakpoints(hits) => {
            // As in gdb the first of several speaks for all.
            let name = hits.first().map_or_else(String::new, |h| hit_name(h, "Breakpoint"));
            say(format!("\n{}{name}, ", who.map_or(String::new(), |w| format!("{w} hit "))));
        }
        StopReason::WatchEnded { ids } => {
            for id in ids {
                let why = "deleted because the program has left the block in\nwhich its expression is valid.";
                say(format!("\nWatchpoint {id} {why}\n"));
            }
        }
        StopReason::Watch(hits) => {
            let who = who.map_or(String::new(), |w| format!("{w} hit "));
            hits.iter().for_each(|hit| say(watch_text(session, &who, hit)));
        }
        StopReason::Bind { hit, bind } => {
            let name = hit_name(hit, "Catchpoint");
            say(format!(
                "\n{}{name} (bind {}), ",
                who.map_or(String::new(), |w| format!("{w} hit ")),
                session.shown_symbol(&bind.symbol)
            ));
        }
        StopReason::Caught { hit, event } => {
            let who = who.map_or(String::new(), |w| format!("{w} hit "));
            say(format!("\n{who}{} ({}), ", hit_name(hit, "Catchpoint"), caught_text(event)));
        }
        StopReason::Libraries { hit, loaded, unloaded } => {
            match hit {
                Some(hit) => say(format!("\n{}\n", hit_name(hit, "Catchpoint"))),
                None => say("Stopped due to shared library event:\n".to_owned()),
            }
            if !unloaded.is_empty() {
                say(format!("  Inferior unloaded {}\n", unloaded.join("\n    ")));
            }
            if !loaded.is_empty() {
                say(format!("  Inferior loaded {}\n", loaded.join("\n    ")));
            }
        }
        StopReason::HoldsVforkChild => say("Can not resume the parent process over vfork in the foreground while\n\
holding the child stopped.  Try \"set detach-on-fork\" or \"set schedule-multiple\".\n"
            .to_owned()),
        StopReason::NoneRuns => say("No unwaited-for children left.\n".to_owned()),
        StopReason::Begun => say("\nProgram stopped.\n".to_owned()),
        // gdb stops silently there.
        StopReason::CallReturned => return out,
        StopReason::Arrived | StopReason::Attached | StopReason::CallTerminates => {}
    }
    if let Some(frame) = frame {
        match frame {
            Ok(frame) => out.extend(place_text(session, &frame, matches!(stop.reason, StopReason::Arrived))),
            Err(e) => out.push((Role::Plain, format!("{e}\n"))),
        }
    }
    if let StopReason::Caught { event: Caught::Syscall { text: Some(text), .. }, .. } = &stop.reason {
        out.push((Role::Plain, format!("{text}\n")));
    }
    if let StopReason::Caught { event: Caught::Raise { type_name: Some(name), .. }, .. } = &stop.reason {
        out.push((Role::Plain, format!("exception of type {name}\n")));
    }
    if let StopReason::Bind { bind, .. } = &stop.reason {
        out.push((Role::Plain, bind_text(session, bind)));
    }
    out
}

/// What a catchpoint has caught, in a few words.
fn caught_text(event: &Caught) -> String {
    match event {
        Caught::Signal(signal) => format!("signal {}", signal.name()),
        Caught::Fork(child) => format!("forked process {child}"),
        Caught::Vfork(child) => format!("vforked process {child}"),
        Caught::Exec(path) => format!("exec'd {path}"),
        Caught::Relro { module, range } => format!("relro of {module}: {}-{} is read-only now", range.start, range.end),
        Caught::Constructor { module, entry, .. } => format!("init of {module}: {entry}"),
        Caught::Raise { what: Raise::Throw, .. } => "exception thrown".to_owned(),
        Caught::Raise { what: Raise::Catch, .. } => "exception caught".to_owned(),
        Caught::Raise { what: Raise::Rethrow, .. } => "exception rethrown".to_owned(),
        Caught::Raise { what: Raise::Panic, .. } => "panic".to_owned(),
        Caught::Syscall { number, entry, .. } => {
            let name = syscall_name(*number).map_or_else(|| number.to_string(), str::to_owned);
            format!("{} syscall {name}", if *entry { "call to" } else { "returned from" })
        }
    }
}

/// Where the thread stands: its frame's line and the source line; the source line alone at the end of a step that has stayed in
/// its function.
fn place_text(session: &mut Session, frame: &Frame, of_step: bool) -> Pieces {
    let source = session.frame_source(frame);
    let stayed = of_step && session.step_began_in.as_ref() == Some(&session.identity(frame));
    let mut out = Vec::new();
    let shown = FrameInfo { location: !stayed, source: true }.or(session, source.is_some());
    if shown.location {
        out.extend(frame_line(session, frame).pieces());
        out.push((Role::Plain, "\n".to_owned()));
    }
    if let Some(source) = source.filter(|_| shown.source) {
        out.extend(source_line(session, frame, &source, !shown.location));
    }
    out.extend(next_line(session, frame).map(|text| (Role::Plain, text)));
    out
}

/// `Thread 2 "th"`, once there was a second thread.
fn thread_name(session: &Session, tid: Tid) -> Option<String> {
    let process = session.inferior.process.as_ref().filter(|_| session.names_threads())?;
    Some(format!("Thread {} \"{}\"", session.thread_id(process.number_of(tid)?), process.thread_name(tid)))
}

fn hit_name(hit: &Hit, noun: &str) -> String {
    let noun = if hit.temporary { format!("Temporary {}", noun.to_lowercase()) } else { noun.to_owned() };
    match hit.location {
        Some(location) => format!("{noun} {}.{location}", hit.id),
        None => format!("{noun} {}", hit.id),
    }
}

fn watch_noun(kind: WatchKind) -> &'static str {
    match kind {
        WatchKind::Write => "Hardware watchpoint",
        WatchKind::Read => "Hardware read watchpoint",
        WatchKind::Access => "Hardware access (read/write) watchpoint",
    }
}

fn watch_text(session: &Session, who: &str, hit: &WatchHit) -> String {
    let noun = if hit.software { "Watchpoint" } else { watch_noun(hit.kind) };
    if hit.masked {
        let noun = noun.replacen("Hardware", "Masked hardware", 1);
        return format!(
            "\n{who}{noun} {}: {}\nCheck the underlying instruction at PC for the memory\n\
             address and value which triggered this watchpoint.\n\n",
            hit.id, hit.text
        );
    }
    let (old, new) = (show(session, &hit.old), show(session, &hit.new));
    let values = if hit.changed { format!("Old value = {old}\nNew value = {new}\n") } else { format!("Value = {new}\n") };
    format!("\n{who}{noun} {}: {}\n\n{values}", hit.id, hit.text)
}

fn show(session: &Session, value: &Option<Value>) -> String {
    match value {
        Some(value) => {
            let printer = Printer { memory: session.memory(), symbols: session, options: &session.options() };
            printer.text(value, None).unwrap_or_else(|e| format!("<{e}>"))
        }
        None => "<unreadable>".to_owned(),
    }
}

/// `puts@plt called from main+48; slot GOT[3] 0x404000, still puts@plt+6`. A library's slot is named so that it can be typed:
/// `libfoo.so!GOT[3]`.
fn bind_text(session: &Session, bind: &Bind) -> String {
    let name = |addr: u64| session.place_name(VirtAddr(addr));
    let from = bind.returns_to.0;
    let how = if bind.called {
        // The call itself, of five bytes, not the address that it pushes.
        format!("called from {}", name(from.wrapping_sub(5)))
    } else {
        format!("reached by a tail jump; returns to {}", name(from))
    };
    let module = session.inferior.modules.at(bind.slot).filter(|m| m.role != ModuleRole::Main);
    let module = module.map_or(String::new(), |m| format!("{}!", m.name));
    let (symbol, index, slot) = (session.shown_symbol(&bind.symbol), bind.index, bind.slot);
    format!("{symbol}@plt {how}; slot {module}GOT[{index}] {slot:#x}, still {}\n", name(bind.value))
}

/// What to show for a notice, newline included; `None` for what gdb does not mention either.
pub fn notice_text(session: &mut Session, notice: &Notice) -> Option<(Role, String)> {
    let plain = |text: String| Some((Role::Plain, text));
    match notice {
        Notice::ThreadBegun { .. } | Notice::ThreadEnded { .. } if !session.settings.print_thread_events => None,
        Notice::ThreadBegun { tid, pthread } => plain(format!("[New Thread {pthread:#x} (LWP {tid})]\n")),
        Notice::ThreadEnded { tid, pthread } => plain(format!("[Thread {pthread:#x} (LWP {tid}) exited]\n")),
        Notice::Forked { .. }
        | Notice::NewInferior { .. }
        | Notice::Attaching { .. }
        | Notice::DetachingParent { .. }
        | Notice::Detached { .. } => inferior_text(notice).filter(|_| session.settings.print_inferior_events).and_then(plain),
        Notice::Exec(pid, path) => plain(format!("process {pid} is executing new program: {path}\n")),
        Notice::Signal(signal) => plain(format!("\nProgram received signal {}, {}.\n", signal.name(), signal.description())),
        Notice::Printed(text) => plain(text.clone()),
        // It is not for the transcript: who shows it wipes it away.
        Notice::Progress(_) => None,
        Notice::Warning(text) => Some((Role::Warning, format!("{text}\n"))),
        Notice::CallStopped { stop, pid, frame } => {
            let pieces = text_at(session, stop, *pid, frame.as_deref().cloned().map(Ok));
            plain(pieces.into_iter().map(|p| p.1).collect())
        }
    }
}

/// What happens to inferiors, as long as "print inferior-events" is on.
fn inferior_text(notice: &Notice) -> Option<String> {
    let call = |vfork: &bool| if *vfork { "vfork" } else { "fork" };
    Some(match notice {
        Notice::Forked { child, vfork } => format!("[Detaching after {} from child process {child}]\n", call(vfork)),
        Notice::NewInferior { number, pid: Some(pid) } => format!("[New inferior {number} (process {pid})]\n"),
        Notice::NewInferior { number, pid: None } => format!("[New inferior {number}]\n"),
        Notice::Attaching { tid, pthread, child, vfork } => {
            let thread = if *pthread == 0 { format!("process {tid}") } else { format!("Thread {pthread:#x} (LWP {tid})") };
            format!("[Attaching after {thread} {} to child process {child}]\n", call(vfork))
        }
        Notice::DetachingParent { pid, after: "fork" } => format!("[Detaching after fork from parent process {pid}]\n"),
        Notice::DetachingParent { pid, after } => format!("[Detaching vfork parent process {pid} after child {after}]\n"),
        Notice::Detached { number, pid } => format!("[Inferior {number} (process {pid}) detached]\n"),
        _ => return None,
    })
}

/// The location column of a breakpoint without lines: `<main+4>`.
pub fn what_text(session: &Session, breakpoint: &Breakpoint, addr: VirtAddr) -> String {
    match &breakpoint.kind {
        Kind::Code { .. } => match place_of(session, addr, breakpoint) {
            Some((function, file, line)) => format!("in {function} at {file}:{line}"),
            None => session.location(addr).map_or_else(String::new, |l| format!("<{}>", session.shown_name(&l))),
        },
        Kind::Watch(watch) => watch.text.clone(),
        Kind::Catch(Catch::Load(of)) => library_text("load", of.as_ref()),
        Kind::Catch(Catch::Unload(of)) => library_text("unload", of.as_ref()),
        Kind::Catch(_) => breakpoint.spec.clone(),
    }
}

fn library_text(event: &str, of: Option<&regex::Regex>) -> String {
    format!("{event} of library{}", of.map_or(String::new(), |of| format!(" matching {of}")))
}

/// Function, file and line of one of a breakpoint's addresses, if it has a line: what the breakpoint is shown with. Calls that were
/// inlined and begin there count for a breakpoint at a line or an address; and for one at a function that is not the one around
/// but has a copy there.
pub fn place_of(session: &Session, addr: VirtAddr, breakpoint: &Breakpoint) -> Option<(String, String, u32)> {
    let (at_place, spec) = (breakpoint.is_at_place(), &breakpoint.spec);
    let module = session.inferior.modules.at(addr)?;
    let debug = module.debug()?;
    let asked = breakpoint.locations.iter().find(|l| l.addr == addr).and_then(|l| l.line.clone());
    let (file, line) = asked.clone().or_else(|| module.source_line(addr).map(|l| (l.file, l.line)))?;
    let (function, body, around) = module.function_body(addr)?;
    let is_own = module.past_prologue(function.entry) == module.to_file(addr);
    let copy_of = breakpoint.locations.iter().find(|l| l.addr == addr).and_then(|l| l.copy_of);
    let is_asked = |b: &&Block| matches!(&b.kind, BlockKind::Inlined { origin, .. } if Some(*origin) == copy_of);
    let asked_block = around.iter().filter_map(|b| body.blocks.get(*b)).find(is_asked);
    if let Some(BlockKind::Inlined { name, origin, .. }) = asked_block.map(|b| &b.kind) {
        let title = debug.linkage_name(*origin).map(|raw| demangle_function(&raw));
        return Some((title.unwrap_or_else(|| name.clone()), session.file_name(&file), line));
    }
    let mut call = None;
    let mut copy = None;
    for block in around.iter().filter_map(|b| body.blocks.get(*b)) {
        if let BlockKind::Inlined { name, call: from, origin } = &block.kind {
            if at_place || !block.begins_at(module.to_file(addr)) {
                return Some((name.clone(), session.file_name(&file), line));
            }
            call = *from;
            let is_meant = is_written(name, spec);
            let is_around = is_own && (!is_meant || is_written(&function.name, spec));
            if !is_around && (copy.is_none() || is_meant) {
                let title = debug.linkage_name(*origin).map(|raw| demangle_function(&raw));
                copy = Some(title.unwrap_or_else(|| name.clone()));
            }
        }
    }
    if let Some(name) = copy {
        return Some((name, session.file_name(&file), line));
    }
    let name = function_title(debug, function.die, &function.name);
    // Where variables are known at each instruction gdb takes no function's beginning for a prologue, and goes by the line table.
    let call = call.filter(|_| asked.is_none() && !debug.has_exact_locations(function.die.unit));
    let called_at = call.and_then(|c| module.declared_at(c));
    let (file, line) = called_at.unwrap_or((file, line));
    Some((name, session.file_name(&file), line))
}
