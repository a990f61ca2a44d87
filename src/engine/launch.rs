//! Starting, attaching, letting go.

use std::ffi::{CString, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::base::{Error, Need, Result, Signal, Tid};
use crate::elf::Image;
use crate::os::sentinel::Sentinel;
use crate::os::signals;
use crate::os::spawn::{Launch, RedirectTo, Redirection};
use crate::os::terminal::Terminal;
use crate::symbols::{DebugFiles, ModuleRole, NewModule};
use crate::target::{Control, Live};

use super::arguments;
use super::inferior::Selection;
use super::listing::Listing;
use super::process::Process;
use super::program::Program;
use super::session::Session;

/// The path with its directory's symbolic links followed and its file's not, as gdb names what it starts: a program may look at
/// the name by which it was started.
fn resolved_directory(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let resolved = absolute.parent().and_then(|d| std::fs::canonicalize(d).ok());
    resolved.zip(absolute.file_name()).map_or_else(|| absolute.clone(), |(directory, file)| directory.join(file))
}

impl Session {
    /// Takes an executable as the program. It must not be running.
    pub fn load_program(&mut self, path: &Path) -> Result<()> {
        let image = Image::open(path)?;
        let path = resolved_directory(path);
        self.set_program(Some(Program { path, image, of_core: false }));
        Ok(())
    }

    /// Forgets the program.
    pub fn unload_program(&mut self) {
        self.set_program(None);
    }

    /// Looks for separate debug files where the settings now say. What has a name there that a breakpoint waits for is found.
    pub fn look_for_debug_files(&mut self) {
        self.inferior.modules.set_debug_files(DebugFiles::from_text(&self.settings.debug_file_directory));
        self.resolve_breakpoints();
    }

    pub(super) fn set_program(&mut self, program: Option<Program>) {
        let modules = &mut self.inferior.modules;
        modules.clear_all();
        if let Some(p) = &program {
            let (image, path) = (p.image.clone(), p.path.clone());
            modules.add(NewModule { image, path, role: ModuleRole::Main, bias: Default::default() });
        }
        self.inferior.program = program;
        // The file of a process that lives: its modules lie where they lie.
        if self.inferior.process.is_some() && self.inferior.program.is_some() {
            let _ = self.find_modules();
        }
        self.listing = Listing::default();
        self.sources.clear();
        self.refresh_address_names();
        self.resolve_breakpoints();
    }

    /// Starts the program; it stands at the first instruction that the kernel lets run. What the user should know of it.
    pub fn launch(&mut self) -> Result<Vec<String>> {
        self.require(Need::Executable)?;
        if self.uses_terminal && self.terminal.is_none() {
            // rdbg may have begun in the background, and is in the foreground now.
            self.terminal = Terminal::open();
        }
        self.reopen_if_changed()?;
        let what = Launch { traced_calls: self.filtered_calls()?, ..self.launch_parameters()? };
        let (live, launched) = Live::launch(&what)?;
        let mut warnings = Vec::new();
        if launched.randomized {
            warnings.push("Error disabling address space randomization: Operation not permitted".to_owned());
        }
        let pid = crate::target::Target::pid(&live);
        self.count_anew();
        let mut process = Process::new(Box::new(live), true, &self.thread_count);
        process.filter = what.traced_calls.clone();
        self.inferior.process = Some(process);
        if let Some(terminal) = self.terminal.as_mut().filter(|_| !what.own_session) {
            if what.foreground {
                terminal.taken_by_program();
            }
            self.process_mut()?.sentinel = Sentinel::start(pid);
        }
        self.begun(pid)?;
        self.record_launch(&what, &launched)?;
        self.breakpoints.forget_hits();
        warnings.extend(self.breakpoints.iter().filter_map(|b| {
            let absent = b.locations.iter().find(|l| l.enabled && l.absent)?;
            Some(format!("Breakpoint {} ({}) waits: nothing is mapped at {} yet.", b.id, b.spec, absent.addr))
        }));
        Ok(warnings)
    }

    /// The system calls at which a seccomp filter is to stop the program that is started next.
    fn filtered_calls(&self) -> Result<Vec<u64>> {
        let caught = self.caught_calls().filter(|_| self.settings.seccomp_catch).unwrap_or_default();
        if !caught.is_empty() && self.settings.detach_on_fork {
            let why = "the filter stays in a child that rdbg lets go of, and answers ENOSYS there";
            return Err(Error::user(format!("\"set seccomp-catch on\" goes only with \"set detach-on-fork off\": {why}.")));
        }
        Ok(caught)
    }

    /// The file may have been built anew since it was opened; whether it was.
    pub fn reopen_if_changed(&mut self) -> Result<bool> {
        let Some(program) = &self.inferior.program else { return Ok(false) };
        let meta = std::fs::metadata(&program.path).map_err(|e| Error::io(program.path.display().to_string(), &e))?;
        let has_changed = program.image.identity() != Some(crate::elf::Identity::of(&meta));
        if has_changed {
            let path = program.path.clone();
            self.load_program(&path)?;
        }
        Ok(has_changed)
    }

    pub(super) fn launch_parameters(&self) -> Result<Launch> {
        let program = self.inferior.program.as_ref().ok_or(Error::Needs(Need::Executable))?;
        let c_string =
            |bytes: &[u8]| CString::new(bytes).map_err(|_| Error::user("A NUL character in the program's environment."));
        let directory = Some(self.settings.cwd.as_str()).filter(|d| !d.is_empty());
        let variable = |name: &str| Some(self.settings.environment_variable(name)?.to_string_lossy().into_owned());
        let parsed = arguments::parse(&self.settings.args, &variable, directory)?;
        let path = c_string(program.path.as_os_str().as_bytes())?;
        let mut redirections = Vec::new();
        if !self.settings.inferior_tty.is_empty() {
            let tty = c_string(self.settings.inferior_tty.as_bytes())?;
            redirections.extend([0, 1, 2].map(|fd| Redirection { fd, to: RedirectTo::Terminal(tty.clone()) }));
        }
        redirections.extend(parsed.redirections);
        // gdb would add LINES and COLUMNS; rdbg adds nothing, so that stack addresses are the shell's.
        let entry = |(name, value): &(OsString, OsString)| c_string(&[name.as_bytes(), b"=", value.as_bytes()].concat());
        Ok(Launch {
            arguments: [path.clone()].into_iter().chain(parsed.words).collect(),
            program: path,
            environment: self.settings.environment.iter().map(entry).collect::<Result<_>>()?,
            directory: directory.map(|d| c_string(d.as_bytes())).transpose()?,
            redirections,
            no_randomization: self.settings.disable_randomization,
            own_group: self.terminal.is_some(),
            foreground: self.terminal.is_some() && !self.in_background,
            own_session: !self.settings.inferior_tty.is_empty(),
            traced_calls: Vec::new(),
        })
    }

    /// Looks around in a new process.
    pub(super) fn begun(&mut self, pid: Tid) -> Result<()> {
        self.begin_anew(pid);
        let found = self.find_modules();
        self.modules_found();
        found
    }

    /// Forgets what was known of another process.
    fn begin_anew(&mut self, pid: Tid) {
        self.inferior.is_left = false;
        self.slot_log = Default::default();
        self.snapshots.clear();
        self.selection = Selection { tid: Some(pid), level: 0 };
        self.inferior.journal.clear();
        self.drop_frames();
        signals::take_interrupt();
        if let Some(terminal) =
            self.terminal.as_mut().filter(|_| self.inferior.process.as_ref().is_some_and(|p| p.target.core_file().is_none()))
        {
            terminal.take();
        }
    }

    /// A process whose modules were found while it ran stands still.
    pub(super) fn stands(&mut self, pid: Tid) -> Result<()> {
        self.begin_anew(pid);
        self.find_modules_again()?;
        self.modules_found();
        Ok(())
    }

    fn modules_found(&mut self) {
        self.find_resolver();
        self.refresh_address_names();
        self.resolve_breakpoints();
        self.refresh_watches();
    }

    /// Kills the process.
    pub fn kill(&mut self) -> Result<()> {
        if self.is_core() {
            self.close_core();
            return Ok(());
        }
        let process = self.process_mut()?;
        for mut born in std::mem::take(&mut process.unfollowed) {
            born.target.control().map_or(Ok(()), Control::kill)?;
        }
        process.control()?.kill()?;
        self.inferior.checkpoints.kill();
        self.forget_process();
        Ok(())
    }

    /// What is left when a process has gone: the program, at the addresses that it had last.
    pub(super) fn forget_process(&mut self) {
        let _ = self.end_vfork("exit");
        if self.other_processes().is_empty() {
            self.leave_recorded();
            self.timeline.finish();
        }
        self.drop_frames();
        self.inferior.process = None;
        self.inferior.checkpoints.end();
        self.inferior.journal.clear();
        self.selection = Default::default();
        if let Some(terminal) = &mut self.terminal {
            terminal.forget_program();
        }
        // The modules stay known as they were, until the next start: names and addresses go on to mean something, and are the
        // same next time as long as addresses are not random.
    }
}

/// The signal that a stopped thread will get when it goes on.
pub fn pending_signal(session: &Session, tid: Tid) -> Option<Signal> {
    session.inferior.process.as_ref()?.deliver.get(&tid).copied()
}
