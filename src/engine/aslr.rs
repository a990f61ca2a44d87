//! Where the kernel and ld.so put things when addresses are random: the program started again and again.

use crate::base::{Error, MemoryMap, Need, Result, VirtAddr};
use crate::elf::{AuxEntry, aux};
use crate::os::spawn::Launch;
use crate::target::{Control, Live, RawStop, ResumeAction, Target, Trap, TrapKind};

use super::session::Session;

/// A region of one start: its name, and where it began.
pub type Region = (String, VirtAddr);

impl Session {
    /// Starts the program with random addresses, lets it come to its entry point, and tells where everything lies then. The process
    /// is killed at once. It must not be running.
    pub fn random_start(&self) -> Result<Vec<Region>> {
        if self.inferior.process.is_some() && !self.is_core() {
            return Err(Error::user("The program is being run: kill it first, or detach."));
        }
        self.require(Need::Executable)?;
        let what = Launch { no_randomization: false, own_group: false, foreground: false, ..self.launch_parameters()? };
        let (mut live, _) = Live::launch(&what)?;
        let regions = to_entry(&mut live).and_then(|()| Ok(regions(&live.maps()?)));
        let killed = live.kill();
        let regions = regions?;
        killed?;
        Ok(regions)
    }
}

/// Lets a new process run to its entry point: what it needs is loaded then.
fn to_entry(live: &mut Live) -> Result<()> {
    let entry = AuxEntry::find(&AuxEntry::parse(&live.auxv()?), aux::AT_ENTRY).unwrap_or(0);
    let pid = live.pid();
    if live.pc(pid)?.0 == entry {
        return Ok(());
    }
    live.insert(Trap { addr: VirtAddr(entry), kind: TrapKind::Int3 })?;
    live.resume(pid, ResumeAction::Continue(None))?;
    match live.wait()?.what {
        RawStop::Int3(_) => live.stop_all(),
        RawStop::Exited(code) => Err(Error::user(format!("The program exited with code {code} before its entry point."))),
        RawStop::Killed(signal) | RawStop::Signal(signal) => {
            Err(Error::user(format!("The program got {} before its entry point.", signal.name())))
        }
        _ => Err(Error::user("The program did not come to its entry point.")),
    }
}

/// The first mapping of each file, and of what has a name of the kernel's.
fn regions(maps: &MemoryMap) -> Vec<Region> {
    let mut out: Vec<Region> = Vec::new();
    for m in maps.mappings.iter().filter(|m| !m.name.is_empty() && m.name != "[vsyscall]" && !m.name.starts_with("[vvar")) {
        let name = m.name.rsplit('/').next().unwrap_or(&m.name).to_owned();
        // The stack's random end is its top.
        let at = if name == "[stack]" { m.range.end } else { m.range.start };
        if out.iter().all(|(n, _)| *n != name) {
            out.push((name, at));
        }
    }
    out
}
