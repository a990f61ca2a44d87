//! The program in the background: `interrupt`, and what happens there.

use crate::base::Result;
use crate::engine::Happening;

use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group, Repeat};
use super::notices::show_notice;
use super::stop::stopped;

/// The family.
pub const COMMANDS: &[Command] = &[INTERRUPT];

const INTERRUPT: Command = Command {
    name: "interrupt",
    group: Group::Running,
    args: &[ArgSpec::may("-a", ArgKind::Switch)],
    summary: "Interrupt the execution of the program that runs in the background.",
    help: "A command that lets the program run leaves it in the background when it ends with a \"&\": the prompt comes back at once, and \
the stop is told when it comes.\nAll threads stop, with and without \"-a\".",
    examples: &[Example { line: "interrupt", what: "stops what \"continue &\" has let go on" }],
    repeat: Repeat::No,
    run: |cx, _| {
        cx.session.interrupt();
        Ok(Flow::Go)
    },
    ..Command::BASE
};

impl Cx<'_> {
    /// Tells what has happened to a program in the background, without waiting, and runs the commands of the breakpoint at which it
    /// has stopped; whether there was anything.
    pub fn tell_news(&mut self) -> (bool, Flow) {
        let mut told = false;
        // What those commands let go on goes on in the background too: the user has the word.
        let before = std::mem::replace(&mut self.session.in_background, true);
        let outcome = self.recorded(|cx| cx.show_news(&mut told));
        self.session.in_background = before;
        (told || outcome.failed, outcome.flow)
    }

    fn show_news(&mut self, told: &mut bool) -> Result<Flow> {
        while self.session.is_any_away() {
            let Some(happening) = self.session.advance_at_once()? else { break };
            *told = true;
            match happening {
                Happening::Notice(notice) => show_notice(self, &notice),
                Happening::Stop(stop) => {
                    let pid = if stop.reason.is_end() { stop.tid } else { self.session.process()?.target.pid() };
                    let flow = stopped(self, &stop, pid)?;
                    if self.session.settings.exec_done_display {
                        self.say("completed.\n");
                    }
                    if flow != Flow::Go {
                        return Ok(flow);
                    }
                }
            }
        }
        Ok(Flow::Go)
    }
}
