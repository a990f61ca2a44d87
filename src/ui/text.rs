//! Output as text: to a stream, to a buffer, or to both.

use std::io::{BufRead, Write};

use crate::os::signals;

use super::output::{Output, Role, Row};
use super::style::RoleStyle;

/// Text written to streams; errors go to the second one. Colour only where asked for.
pub struct TextOutput {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    /// Whether the terminal can show colours.
    can_colour: bool,
    colour: bool,
    /// What somebody has chosen instead of rdbg's own styles.
    chosen: Vec<(Role, anstyle::Style)>,
    terminal: bool,
    /// Lines of a page; `None` does not page.
    page: Option<u32>,
    /// Lines written since the last prompt or page.
    lines: u32,
    /// The person wants no more of this command's output.
    skip: bool,
    /// The reader has gone (EPIPE): everything is dropped from then on.
    closed: bool,
}

impl TextOutput {
    /// Standard output and standard error. Colour only on a terminal, never with `NO_COLOR` or `TERM=dumb`.
    pub fn stdout() -> TextOutput {
        use std::io::IsTerminal;
        let terminal = std::io::stdout().is_terminal();
        let plain =
            std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()) || std::env::var_os("TERM").is_none_or(|t| t == "dumb");
        TextOutput {
            out: Box::new(std::io::BufWriter::with_capacity(1 << 16, std::io::stdout())),
            err: Box::new(std::io::stderr()),
            can_colour: terminal && !plain,
            colour: terminal && !plain,
            chosen: Vec::new(),
            terminal,
            page: None,
            lines: 0,
            skip: false,
            closed: false,
        }
    }

    /// Text without colour to these streams.
    pub fn to(out: Box<dyn Write>, err: Box<dyn Write>) -> TextOutput {
        TextOutput {
            out,
            err,
            can_colour: false,
            colour: false,
            chosen: Vec::new(),
            terminal: false,
            page: None,
            lines: 0,
            skip: false,
            closed: false,
        }
    }

    /// Text as on standard output, colours too, that goes elsewhere first; no page is waited for.
    pub fn instead(out: Box<dyn Write>, err: Box<dyn Write>) -> TextOutput {
        TextOutput { out, err, terminal: false, ..TextOutput::stdout() }
    }

    /// Turns colours on where the terminal can show them, or off.
    pub fn set_colour(&mut self, on: bool) {
        self.colour = on && self.can_colour;
    }

    /// Shows these roles so, the others in rdbg's own way.
    pub fn set_styles(&mut self, chosen: &[RoleStyle<'_>]) {
        self.chosen = chosen.iter().map(|c| (c.role, c.style())).collect();
    }

    fn style(&self, role: Role) -> anstyle::Style {
        match self.chosen.iter().find(|c| c.0 == role) {
            _ if !self.colour => anstyle::Style::new(),
            Some((_, style)) => *style,
            None => style(role),
        }
    }

    /// Stops after so many lines of one command's output, on a terminal.
    pub fn set_page(&mut self, lines: Option<u32>) {
        self.page = lines.filter(|n| *n > 1 && self.terminal);
    }

    /// Writes text a page at a time.
    fn paged(&mut self, style: anstyle::Style, text: &str, page: u32) -> std::io::Result<()> {
        for line in text.split_inclusive('\n') {
            if self.lines + 1 >= page {
                self.ask()?;
            }
            if self.skip {
                return Ok(());
            }
            write!(self.out, "{style}{line}{style:#}")?;
            self.lines += u32::from(line.ends_with('\n'));
        }
        Ok(())
    }

    /// Waits until the person has read the page.
    fn ask(&mut self) -> std::io::Result<()> {
        self.out.write_all(b"--Type <RET> for more, q to quit, c to continue without paging--")?;
        self.out.flush()?;
        let answer = answer()?;
        self.lines = 0;
        match answer.as_deref().map(|a| a.trim_start().chars().next()) {
            Some(Some('c')) => self.page = None,
            Some(Some('q')) => self.skip = true,
            Some(_) => {}
            None => {
                self.out.write_all(b"Quit\n")?;
                self.skip = true;
            }
        }
        Ok(())
    }

    /// Whether nobody reads standard output any more.
    pub fn is_closed(&self) -> bool {
        self.closed
    }
}

/// A line from standard input; `None` at its end, and at once when Ctrl-C is pressed: the terminal's own driver then drops what
/// was typed, and the handler of SIGINT lets no system call go on (which `read_line` would).
fn answer() -> std::io::Result<Option<String>> {
    let mut line = Vec::new();
    let mut input = std::io::stdin().lock();
    loop {
        if signals::take_interrupt() {
            return Ok(None);
        }
        let bytes = match input.fill_buf() {
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        let (taken, is_whole) = match bytes.iter().position(|b| *b == b'\n') {
            Some(at) => (at + 1, true),
            None => (bytes.len(), bytes.is_empty()),
        };
        line.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        input.consume(taken);
        if is_whole {
            return Ok(Some(String::from_utf8_lossy(&line).into_owned()).filter(|l| !l.is_empty()));
        }
    }
}

fn style(role: Role) -> anstyle::Style {
    use anstyle::AnsiColor::{Blue, Cyan, Green, Magenta, Red, Yellow};
    let plain = anstyle::Style::new();
    let colour = |c: anstyle::AnsiColor| plain.fg_color(Some(c.into()));
    match role {
        Role::Plain => plain,
        Role::Address => colour(Blue),
        Role::Symbol => colour(Yellow),
        Role::File => colour(Green),
        Role::Variable => colour(Cyan),
        Role::Mnemonic => colour(Green),
        Role::Changed => colour(Magenta).bold(),
        Role::Title => plain.bold(),
        Role::Dim => plain.dimmed(),
        Role::Warning => colour(Magenta),
        Role::Error => colour(Red),
    }
}

impl Output for TextOutput {
    fn text(&mut self, role: Role, text: &str) {
        if self.closed || (self.skip && role != Role::Error) {
            return;
        }
        let style = self.style(role);
        let failed = if role == Role::Error {
            // What was said before must stand before it where both streams meet.
            let _ = self.out.flush();
            let _ = write!(self.err, "{style}{text}{style:#}");
            Ok(())
        } else if let Some(page) = self.page {
            self.paged(style, text, page)
        } else {
            write!(self.out, "{style}{text}{style:#}")
        };
        self.closed = failed.is_err();
    }

    fn row(&mut self, row: &Row) {
        for (role, text) in row.pieces() {
            self.text(role, &text);
        }
        self.text(Role::Plain, "\n");
    }

    fn flush(&mut self) {
        (self.lines, self.skip) = (0, false);
        if !self.closed {
            self.closed = self.out.flush().is_err();
        }
    }

    fn is_terminal(&self) -> bool {
        self.terminal
    }

    fn has_colour(&self) -> bool {
        self.colour
    }

    fn is_unwanted(&self) -> bool {
        self.closed || self.skip
    }
}

/// Output kept in memory, errors included, for `pipe`, `expect` and tests.
#[derive(Clone, Debug, Default)]
pub struct Captured {
    /// What was written.
    pub text: String,
}

impl Output for Captured {
    fn text(&mut self, _role: Role, text: &str) {
        self.text.push_str(text);
    }

    fn row(&mut self, row: &Row) {
        for (_, text) in row.pieces() {
            self.text.push_str(&text);
        }
        self.text.push('\n');
    }

    fn flush(&mut self) {}
}

/// Output that goes on to `below` (unless `only` is set) and is kept as well.
pub struct Tee<'a> {
    below: &'a mut dyn Output,
    kept: &'a mut dyn Output,
    only: bool,
}

impl<'a> Tee<'a> {
    /// Copies everything to `kept`; with `only`, `below` gets nothing.
    pub fn new(below: &'a mut dyn Output, kept: &'a mut dyn Output, only: bool) -> Tee<'a> {
        Tee { below, kept, only }
    }
}

impl Output for Tee<'_> {
    fn text(&mut self, role: Role, text: &str) {
        self.kept.text(role, text);
        if !self.only {
            self.below.text(role, text);
        }
    }

    fn row(&mut self, row: &Row) {
        self.kept.row(row);
        if !self.only {
            self.below.row(row);
        }
    }

    fn flush(&mut self) {
        self.below.flush();
    }

    fn is_terminal(&self) -> bool {
        self.below.is_terminal() && !self.only
    }

    fn has_colour(&self) -> bool {
        self.below.has_colour() && !self.only
    }

    fn is_unwanted(&self) -> bool {
        self.below.is_unwanted() && !self.only
    }
}
