//! Where a breakpoint at a function goes.

use crate::base::FileAddr;
use crate::elf::Image;

use super::module::Module;

/// The address behind a function's `[endbr64] push %rbp; mov %rsp,%rbp`; the function's start if it does not begin so. This is
/// what gdb does for functions without line information on x86-64.
pub fn skip_prologue(image: &Image, function: FileAddr) -> FileAddr {
    let Some(code) = image.read_from(function) else { return function };
    let (rest, skipped) = match code.strip_prefix(&[0xf3, 0x0f, 0x1e, 0xfa]) {
        Some(rest) => (rest, 4),
        None => (code, 0),
    };
    match rest {
        [0x55, 0x48, 0x89, 0xe5, ..] | [0x55, 0x48, 0x8b, 0xec, ..] => function + skipped + 4,
        // mov %esp,%ebp, of x32
        [0x55, 0x89, 0xe5, ..] | [0x55, 0x8b, 0xec, ..] => function + skipped + 3,
        _ => function,
    }
}

impl Module {
    /// Where a breakpoint on the function that is entered at this link-time address goes.
    ///
    /// With line information: what the compiler marked (clang's `prologue_end`, or where clang gave the function's line a second
    /// row); of gcc's unoptimised code the end of the line in which `push %rbp; mov %rsp,%rbp` lies; of code with location
    /// lists, whose variables are right at every instruction, the entry itself. Without: [`skip_prologue`].
    pub fn past_prologue(&self, entry: FileAddr) -> FileAddr {
        let by_code = skip_prologue(self.image(), entry);
        let Some(debug) = self.debug() else { return by_code };
        let Some(unit) = debug.unit_at(entry) else { return by_code };
        let (Ok(table), Some(function)) = (debug.lines(unit), debug.function_at(entry)) else { return by_code };
        if debug.has_exact_locations(unit) {
            return entry;
        }
        let end = function.range_at(entry).end;
        let rows = table.starts_in(entry, end);
        let marked = rows.iter().find(|r| r.prologue_end && r.addr > entry).map(|r| r.addr);
        if debug.is_made_by_llvm(unit) {
            // Two rows at the entry: the prologue has no instructions.
            if matches!(rows, [first, second, ..] if first.addr == entry && second.addr == entry) {
                return entry;
            }
            // The second row of another address and another line, as compilers end the prologue with it.
            let first = rows.first().map_or(0, |r| r.line);
            let second = rows.iter().find(|r| r.addr > entry && r.line != first && !r.end).map(|r| r.addr);
            return marked.or(second).unwrap_or(by_code).max(entry);
        }
        match table.at(by_code) {
            // It lies inside a line's code: what follows is the body.
            Some(span) if span.start != by_code && span.end < end => span.end,
            _ => by_code,
        }
    }
}
