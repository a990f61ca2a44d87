//! Yes-or-no questions.

use crate::base::Result;

use super::cx::Cx;

impl Cx<'_> {
    /// Asks a yes-or-no question as gdb does; yes without asking where nobody can answer, in a script or a batch, or with
    /// `set confirm off`.
    pub fn query(&mut self, question: &str) -> Result<bool> {
        self.ask(question, "(y or n)", 'y', self.session.settings.confirm && self.interpreter.is_direct())
    }

    /// The same, but no in those cases, and said aloud in a script and a batch too.
    pub fn query_no(&mut self, question: &str) -> Result<bool> {
        self.ask(question, "(y or [n])", 'n', self.session.settings.confirm)
    }

    fn ask(&mut self, question: &str, choice: &str, default: char, really: bool) -> Result<bool> {
        let by_default = default == 'y';
        let shown = default.to_ascii_uppercase();
        if !really {
            return Ok(by_default);
        }
        let asks = self.session.settings.interactive_mode.unwrap_or_else(|| self.interpreter.is_interactive());
        if !asks {
            self.say(format!("{question}{choice} [answered {shown}; input not from terminal]\n"));
            return Ok(by_default);
        }
        self.out.flush();
        let reader = self.interpreter.reader.clone();
        loop {
            let answer = reader.borrow_mut().read(&format!("{question}{choice} "))?;
            match answer.as_deref().map(|a| a.trim().to_ascii_lowercase()) {
                None => {
                    self.say(format!("EOF [assumed {shown}]\n"));
                    return Ok(by_default);
                }
                Some(a) if a.starts_with('y') => return Ok(true),
                Some(a) if a.starts_with('n') => return Ok(false),
                Some(a) if a.is_empty() && !by_default => return Ok(false),
                Some(_) => self.say("Please answer y or n.\n"),
            }
            self.out.flush();
        }
    }
}
