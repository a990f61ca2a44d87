//! `info frame`: everything about one frame.

use crate::arch::insn::{Insn, MAX_LEN};
use crate::arch::regs::Gpr;
use crate::base::{Need, Result, VirtAddr};
use crate::engine::Session;
use crate::stack::{Frame, FrameHow};
use crate::ui::render::frame_line;
use crate::value::Language;

use super::args::Args;
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group};
use super::stack::{Finder, by_address, by_function, by_level};

/// `info frame` and its forms.
pub const COMMANDS: &[Command] = &[INFO_FRAME, INFO_FRAME_LEVEL, INFO_FRAME_FUNCTION, INFO_FRAME_ADDRESS];

const INFO_FRAME: Command = Command {
    name: "info frame",
    aliases: &["info f"],
    group: Group::Status,
    args: &[ArgSpec::may("LEVEL", ArgKind::FrameNo)],
    summary: "Everything about a frame: where it is, who called it, which registers it has saved.",
    examples: &[Example { line: "info frame", what: "tells about the selected frame" }],
    needs: Some(Need::Stack),
    run: |cx, args| info(cx, args, by_level),
    ..Command::BASE
};

const INFO_FRAME_LEVEL: Command = Command {
    name: "info frame level",
    group: Group::Status,
    args: &[ArgSpec::must("LEVEL", ArgKind::FrameNo)],
    summary: "Everything about the frame of this number.",
    needs: Some(Need::Stack),
    run: |cx, args| info(cx, args, by_level),
    ..Command::BASE
};

const INFO_FRAME_FUNCTION: Command = Command {
    name: "info frame function",
    group: Group::Status,
    args: &[ArgSpec::must("FUNCTION", ArgKind::Linespec)],
    summary: "Everything about the innermost frame of a function.",
    needs: Some(Need::Stack),
    run: |cx, args| info(cx, args, by_function),
    ..Command::BASE
};

const INFO_FRAME_ADDRESS: Command = Command {
    name: "info frame address",
    group: Group::Status,
    args: &[ArgSpec::must("ADDRESS", ArgKind::Expr)],
    summary: "Everything about the frame at a stack address.",
    needs: Some(Need::Stack),
    run: |cx, args| info(cx, args, by_address),
    ..Command::BASE
};

fn info(cx: &mut Cx<'_>, args: &Args, find: Finder) -> Result<Flow> {
    let (frame, title) = if args.text.is_empty() {
        let frame = cx.session.selected_frame()?;
        let title = format!("Stack level {}, frame at", frame.level);
        (frame, title)
    } else {
        let level = find(cx, &args.text)?;
        (cx.session.frame(level)?, "Stack frame at".to_owned())
    };
    let text = describe(cx.session, &frame, &title);
    cx.say(text);
    Ok(Flow::Go)
}

fn describe(session: &Session, frame: &Frame, title: &str) -> String {
    let mut out = format!("{title} {:#x}:\n rip = {:#x}", frame.cfa.unwrap_or_default(), frame.pc.addr());
    let line = frame_line(session, frame);
    if line.function != "??" {
        out += &format!(" in {}", line.function);
    }
    if let Some((file, line)) = &line.source {
        out += &format!(" ({file}:{line})");
    }
    // Who called main is told although a backtrace ends at main.
    let beyond = session.physical_caller(frame);
    let back = session.return_frame(frame);
    match &back {
        Some(caller) => out += &format!("; saved rip = {:#x}\n", caller.pc.addr()),
        None => out += "; saved rip = <not saved>\n",
    }
    let caller = session.frame(frame.level + 1).ok();
    let callee = frame.level.checked_sub(1).and_then(|l| session.frame(l).ok());
    let at = |f: &Frame| format!("frame at {:#x}", f.cfa.unwrap_or_default());
    let is_inlined = frame.code.as_ref().is_some_and(|c| c.is_inlined());
    let is_gone = frame.how == FrameHow::TailCall && !is_inlined;
    match (&caller, &callee) {
        (Some(_), callee) if is_gone => {
            out += " tail call frame";
            out += &callee.as_ref().map_or("\n".to_owned(), |c| format!(", caller of {}\n", at(c)));
        }
        (Some(caller), callee) if is_inlined => {
            out += &format!(" inlined into frame {}", caller.level);
            out += &callee.as_ref().map_or("\n".to_owned(), |c| format!(", caller of {}\n", at(c)));
        }
        (Some(caller), Some(callee)) => out += &format!(" called by {}, caller of {}\n", at(caller), at(callee)),
        (Some(caller), None) => out += &format!(" called by {}\n", at(caller)),
        (None, callee) => {
            if beyond.is_none() {
                out += " Outermost frame: outermost\n";
            }
            if let Some(callee) = callee {
                out += &format!(" caller of {}\n", at(callee));
            }
        }
    }
    if let Some((_, debug)) = session.frame_module(frame)
        && let Some(code) = &frame.code
    {
        out += &format!(" source language {}.\n", language(debug.language(code.function.die.unit)));
    }
    if is_inlined || is_gone {
        return out + " Arglist at unknown address.\n Locals at unknown address, Previous frame's sp in rsp\n";
    }
    if let Some(base) = base(session, frame) {
        out += &format!(" Arglist at {base:#x}, args: {}\n Locals at {base:#x},", line.arguments);
    }
    if let Some(cfa) = frame.cfa {
        out += &format!(" Previous frame's sp is {cfa:#x}");
    }
    out.push('\n');
    if let Some(beyond) = &beyond {
        // As in gdb: where a frame that is gone comes next, the word at the return address's place is not that frame's pc.
        let is_jumped_to = caller.is_some_and(|c| c.how == FrameHow::TailCall);
        out += &saved(frame, beyond, is_jumped_to);
    }
    out
}

/// gdb's name of a language by its DWARF number (DWARF5 §7.12).
fn language(code: u16) -> &'static str {
    const ASSEMBLER: u16 = 0x8001;
    match Language::of_dwarf(code) {
        Language::Cpp => "c++",
        Language::Rust => "rust",
        Language::C if code == ASSEMBLER => "asm",
        Language::C if matches!(code, 0x1 | 0x2 | 0xc | 0x1d | 0x2c) => "c",
        Language::C => "minimal",
    }
}

/// gdb's order of the registers.
const REGISTERS: [(Gpr, &str); 16] = [
    (Gpr::Rax, "rax"),
    (Gpr::Rbx, "rbx"),
    (Gpr::Rcx, "rcx"),
    (Gpr::Rdx, "rdx"),
    (Gpr::Rsi, "rsi"),
    (Gpr::Rdi, "rdi"),
    (Gpr::Rbp, "rbp"),
    (Gpr::R8, "r8"),
    (Gpr::R9, "r9"),
    (Gpr::R10, "r10"),
    (Gpr::R11, "r11"),
    (Gpr::R12, "r12"),
    (Gpr::R13, "r13"),
    (Gpr::R14, "r14"),
    (Gpr::R15, "r15"),
    (Gpr::Rip, "rip"),
];

/// The registers of the caller that this very frame has saved, not one further in.
fn saved(frame: &Frame, caller: &Frame, without_pc: bool) -> String {
    let own = |register: Gpr| caller.saved_at(register).filter(|at| frame.saved_at(register) != Some(*at));
    let shown = REGISTERS.iter().filter(|(register, _)| !(without_pc && *register == Gpr::Rip));
    let rows: Vec<String> = shown.filter_map(|(register, name)| Some(format!("{name} at {:#x}", own(*register)?))).collect();
    if rows.is_empty() { String::new() } else { format!(" Saved registers:\n  {}\n", rows.join(", ")) }
}

/// What gdb calls the base of arguments and locals: rbp once the function has begun to set it up, else the word below rsp (or
/// rsp behind the push).
fn base(session: &Session, frame: &Frame) -> Option<u64> {
    let sp = frame.registers.get(Gpr::Rsp)?;
    let pc = frame.pc.addr();
    let Some(function) = session.location(frame.pc.lookup()).filter(|l| l.is_code) else { return Some(sp.wrapping_sub(8)) };
    let mut code = [0; 2 * MAX_LEN];
    let n = session.process().ok()?.target.read_partial(function.start, &mut code).unwrap_or(0);
    let code = code.get(..n).unwrap_or_default();
    let at = |start: VirtAddr| Insn::decode(code.get((start - function.start) as usize..)?, start.0);
    let mut start = function.start;
    if let Some(pad) = at(start).filter(Insn::is_landing_pad) {
        start = VirtAddr(pad.next_ip());
    }
    let Some(push) = at(start).filter(|i| pc > start && i.pushed() == Some(Some(Gpr::Rbp))) else {
        return Some(sp.wrapping_sub(8));
    };
    let next = VirtAddr(push.next_ip());
    if pc > next && at(next).is_some_and(|i| i.sets_frame_pointer()) { frame.registers.get(Gpr::Rbp) } else { Some(sp) }
}
