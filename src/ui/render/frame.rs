//! A frame as one line.

use crate::dwarf::BlockKind;
use crate::engine::Session;
use crate::stack::{Frame, FrameCode, FrameHow};
use crate::symbols::{Location, Module, ModuleRole, demangle_bare, is_rust};

use super::super::Role;

/// What is shown of a frame, in the words of `set print frame-info`; "auto" leaves it to who shows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FrameInfo {
    /// The frame's line: its function, arguments and place.
    pub location: bool,
    /// The source line.
    pub source: bool,
}

impl FrameInfo {
    /// What the setting asks for, else this. A frame without a source line has its location shown in any case.
    pub fn or(self, session: &Session, has_source: bool) -> FrameInfo {
        let asked = match session.settings.print_frame_info {
            "source-line" => FrameInfo { location: false, source: true },
            "source-and-location" => FrameInfo { location: true, source: true },
            "location" | "location-and-address" | "short-location" => FrameInfo { location: true, source: false },
            _ => self,
        };
        FrameInfo { location: asked.location || !has_source, source: asked.source && has_source }
    }
}

/// The parts of a frame's line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FrameLine {
    /// The address, as `0x0000555555555176`; `None` where the line says it all.
    pub pc: Option<String>,
    /// The function's name; `??` where there is none.
    pub function: String,
    /// The arguments, as `n=5, s=0x0`.
    pub arguments: String,
    /// The file as the compiler was given it, and the line.
    pub source: Option<(String, u32)>,
    /// The library, for functions outside of the program without a source line.
    pub from: Option<String>,
    /// File and line are not shown.
    pub is_short: bool,
    /// It is the kernel's trampoline for a signal.
    pub is_signal: bool,
    /// It is where a function that rdbg has called returns to.
    pub is_call: bool,
    /// It was found by guessing.
    pub is_guess: bool,
}

impl FrameLine {
    /// The line as pieces of text, without a newline: `0x0000555555555176 in main ()`.
    pub fn pieces(&self) -> Vec<(Role, String)> {
        if self.is_signal {
            return vec![(Role::Plain, "<signal handler called>".to_owned())];
        }
        if self.is_call {
            return vec![(Role::Plain, "<function called from gdb>".to_owned())];
        }
        let mut out = Vec::new();
        if let Some(pc) = &self.pc {
            out.push((Role::Address, pc.clone()));
            out.push((Role::Plain, " in ".to_owned()));
        }
        out.push((Role::Symbol, self.function.clone()));
        out.push((Role::Plain, format!(" ({})", self.arguments)));
        if let Some((file, line)) = self.source.as_ref().filter(|_| !self.is_short) {
            out.push((Role::Plain, " at ".to_owned()));
            out.push((Role::File, file.clone()));
            out.push((Role::Plain, format!(":{line}")));
        }
        if let Some(from) = self.from.as_ref().filter(|_| !self.is_short) {
            out.push((Role::Plain, " from ".to_owned()));
            out.push((Role::File, from.clone()));
        }
        if self.is_guess {
            out.push((Role::Dim, " (a guess: no unwind information led here)".to_owned()));
        }
        out
    }

    /// The same as plain text.
    pub fn text(&self) -> String {
        self.pieces().into_iter().map(|p| p.1).collect()
    }
}

/// The name of a C++ function as its symbol has it, without parameters: that tells instances of templates apart which the debug
/// information calls alike (`tuple<>`), and spells their arguments in one way.
fn mangled_name(module: &Module, code: &FrameCode) -> Option<String> {
    let raw = match code.own_block().map(|b| &b.kind) {
        Some(BlockKind::Inlined { origin, .. }) => module.debug()?.linkage_name(*origin)?.into(),
        _ => code.function.linkage_name.clone()?,
    };
    // Rust's names are those of the debug information, which has their modules and no hashes.
    raw.starts_with("_Z").then(|| demangle_bare(&raw)).filter(|name| !is_rust(&raw) && *name != *raw)
}

/// What there is to say about a frame.
pub fn frame_line(session: &Session, frame: &Frame) -> FrameLine {
    let at = frame.pc.lookup();
    let modules = &session.inferior.modules;
    let module = modules.at(at);
    let source = session.frame_source(frame);
    let by_debug = || {
        let code = frame.code.as_ref()?;
        Some(mangled_name(module?, code).unwrap_or_else(|| code.name().to_owned()))
    };
    let by_symbol = |at| modules.symbolize(at).filter(|l| l.is_code).map(|l| session.shown_name(&Location { offset: 0, ..l }));
    let function = by_debug().or_else(|| by_symbol(at));
    // The head of a PLT has no symbol: the lazy bind starts there.
    let function = function.or_else(|| {
        let module = module?;
        let head = module.plt().header_at(module.bias)?;
        (at >= head && at < head + 16).then(|| "PLT[0]".to_owned())
    });
    let mode = session.settings.print_frame_info;
    let shows_pc = source.as_ref().is_none_or(|s| s.shows_pc || mode == "location-and-address") && session.settings.print_address;
    FrameLine {
        is_short: mode == "short-location",
        pc: shows_pc.then(|| format!("0x{:016x}", frame.pc.addr().0)),
        function: function.unwrap_or_else(|| "??".to_owned()),
        arguments: super::variables::arguments_text(session, frame),
        from: module
            .filter(|_| source.is_none())
            .filter(|m| matches!(m.role, ModuleRole::Library | ModuleRole::Interpreter))
            .map(|m| m.path.display().to_string()),
        source: source.map(|s| (session.file_name(&s.file), s.line)),
        is_signal: frame.is_signal_trampoline,
        is_call: frame.how == FrameHow::Call,
        is_guess: frame.how == FrameHow::Guess,
    }
}
