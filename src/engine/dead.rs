//! Core files: a process that can only be looked at.

use std::path::Path;

use crate::base::{Result, Signal, Tid};
use crate::target::{Core, FileTrouble, Target};

use super::process::Process;
use super::session::Session;

/// What a core file is of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Died {
    /// The beginning of the command line.
    pub arguments: String,
    /// The signal that ended it; `None` where it went on (gcore).
    pub signal: Option<Signal>,
    /// The threads, in the order of the core file.
    pub threads: Vec<Tid>,
    /// What the user should know of it.
    pub warnings: Vec<String>,
}

impl Session {
    /// Takes a core file in place of a process. Without a program, the one that the core file names is loaded.
    pub fn open_core(&mut self, path: &Path) -> Result<Died> {
        let mut core = Core::open(path)?;
        let mut warnings: Vec<String> = core.file().damage.iter().map(|d| format!("Core file: {d} cannot be read.")).collect();
        if core.file().is_truncated() {
            warnings.push("The core file is truncated: some memory is missing.".into());
        }
        let named = core.program();
        match (&self.inferior.program, named) {
            // Whether it is there is told below.
            (None, Some(program)) => {
                let _ = self.load_program(Path::new(&program));
                if let Some(program) = &mut self.inferior.program {
                    program.of_core = true;
                }
            }
            (Some(program), Some(named)) => {
                let same = core.is_same_build(&named, &program.path);
                let has_other_name = program.path.file_name() != Path::new(&named).file_name();
                if same == Some(false) || same.is_none() && has_other_name {
                    warnings.push("core file may not match specified executable file.".into());
                } else if program.path != Path::new(&named) {
                    core.moved(named, program.path.clone());
                }
            }
            (_, None) => {}
        }
        warnings.extend(core.troubles().into_iter().map(|trouble| match trouble {
            FileTrouble::Missing(file) => format!("Can't open file {file} during file-backed mapping note processing"),
            FileTrouble::OtherBuild(file) => format!("Build-id of {file} does not match core file: it is not used."),
        }));
        let died = Died { arguments: core.file().arguments.clone(), signal: core.signal(), threads: core.threads(), warnings };
        let first = died.threads.first().copied().unwrap_or(core.pid());
        self.count_anew();
        self.inferior.process = Some(Process::new(Box::new(core), false, &self.thread_count));
        self.begun(first)?;
        Ok(died)
    }

    /// Lets go of the core file.
    pub fn close_core(&mut self) {
        self.forget_process();
    }

    /// Forgets the program that a core file has named.
    pub fn unload_program_of_core(&mut self) {
        if self.inferior.program.as_ref().is_some_and(|p| p.of_core) {
            self.unload_program();
        }
    }
}
