//! Blocks and files of commands: if, while, source, end.

use std::path::{Path, PathBuf};

use crate::base::{Error, Result};

use super::args::Args;
use super::cx::{Command, Cx, Entry, Interpreter};
use super::describe::{ArgKind, ArgSpec, Flow, Group, Repeat};
use super::expression::truth;
use super::paths::expand_home;
use super::sources::MAX_LINE;

/// How deep blocks may stand in each other.
const MAX_NESTING: usize = 100;

/// What kind of block [`Cx::read_body`] reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Block {
    /// Commands that may hold blocks themselves (`define`, `commands`, `while`).
    Commands,
    /// Text (`document`): nothing in it is looked at but `end`.
    Text,
}

impl Cx<'_> {
    /// Reads the lines of a block up to its `end`, from where the current command came. `intro` is shown when a person types.
    pub fn read_body(&mut self, block: Block, intro: &str) -> Result<Vec<String>> {
        self.read_block(block, intro, 0)
    }

    fn read_block(&mut self, block: Block, intro: &str, indent: usize) -> Result<Vec<String>> {
        if self.interpreter.is_interactive() && !intro.is_empty() {
            self.say(intro);
        }
        self.out.flush();
        let mut lines = Vec::new();
        // What each open block holds: text blocks are over at their first `end`.
        let mut open = vec![block];
        loop {
            let prompt = format!("{}>", " ".repeat(indent + open.len() - 1));
            let Some(line) = self.interpreter.next_line(&prompt)? else {
                // Half a block may do anything, and half a loop for ever.
                return Err(Error::user("End of input inside of a block: \"end\" is missing."));
            };
            let word = line.trim();
            if word == "end" {
                open.pop();
                if open.is_empty() {
                    return Ok(lines);
                }
            } else if open.last() == Some(&Block::Commands)
                && let Some((block, command)) = self.interpreter.opens(word)
            {
                // Such a line opens nothing, and what follows it is not meant for it: the block ends here, as in gdb.
                if matches!(command, "if" | "while" | "define" | "document") && !word.contains(char::is_whitespace) {
                    return Err(Error::user(format!("{command} command requires an argument.")));
                }
                open.push(block);
            }
            if open.len() > MAX_NESTING {
                return Err(Error::user("Blocks are nested too deeply."));
            }
            lines.push(line);
        }
    }

    /// The body of an `if` or a `while`, from the current source.
    fn control_body(&mut self) -> Result<Vec<String>> {
        self.read_block(Block::Commands, "", 1)
    }
}

impl Interpreter {
    /// The next line of the innermost source, or of the reader. A backslash at its end joins the line after it.
    fn next_line(&mut self, prompt: &str) -> Result<Option<String>> {
        if let Some(source) = self.sources.last_mut() {
            return Ok(source.next_line());
        }
        let reader = self.reader.clone();
        // The reader is never asked from within itself.
        let Ok(mut reader) = reader.try_borrow_mut() else { return Ok(None) };
        let Some(mut line) = reader.read(prompt)? else { return Ok(None) };
        while line.ends_with('\\') && line.len() < MAX_LINE {
            line.pop();
            line.push_str(&reader.read("")?.unwrap_or_default());
        }
        Ok(Some(line))
    }

    /// What kind of block a line opens, and by which command.
    fn opens(&self, line: &str) -> Option<(Block, &'static str)> {
        let Ok(found) = self.registry.resolve(line) else { return None };
        let Entry::Command(command) = found.entry else { return None };
        match command.name {
            "if" | "while" | "commands" | "define" => Some((Block::Commands, command.name)),
            "document" => Some((Block::Text, command.name)),
            "python" | "guile" if found.rest.is_empty() => Some((Block::Text, command.name)),
            _ => None,
        }
    }
}

/// `if`
pub const IF: Command = Command {
    name: "if",
    args: &[ArgSpec::may("CONDITION", ArgKind::Rest)],
    summary: "Execute nested commands once IF the conditional expression is non zero.",
    help: "The nested commands follow, one per line, up to \"end\"; a line \"else\" may stand between them.",
    repeat: Repeat::No,
    run: run_if,
    ..Command::BASE
};

fn run_if(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    if args.text.is_empty() {
        return Err(Error::user("if command requires an argument."));
    }
    let body = cx.control_body()?;
    let (then, otherwise) = split_else(cx, &body);
    let chosen = if truth(cx, &args.text)? { then } else { otherwise };
    cx.run_lines(&chosen)
}

/// The lines before and after the `else` that belongs to this block.
fn split_else(cx: &Cx<'_>, body: &[String]) -> (Vec<String>, Vec<String>) {
    let mut open: Vec<Block> = Vec::new();
    for (i, line) in body.iter().enumerate() {
        match line.trim() {
            "end" => drop(open.pop()),
            "else" if open.is_empty() => {
                let (then, otherwise) = body.split_at(i);
                return (then.to_vec(), otherwise.get(1..).unwrap_or_default().to_vec());
            }
            word if open.last() != Some(&Block::Text) => open.extend(cx.interpreter.opens(word).map(|(block, _)| block)),
            _ => {}
        }
    }
    (body.to_vec(), Vec::new())
}

/// `while`
pub const WHILE: Command = Command {
    name: "while",
    args: &[ArgSpec::may("CONDITION", ArgKind::Rest)],
    summary: "Execute nested commands WHILE the conditional expression is non zero.",
    help: "The nested commands follow, one per line, up to \"end\". \"loop_break\" leaves the loop, \"loop_continue\" begins it anew.",
    repeat: Repeat::No,
    run: run_while,
    ..Command::BASE
};

fn run_while(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    if args.text.is_empty() {
        return Err(Error::user("while command requires an argument."));
    }
    let body = cx.control_body()?;
    cx.interpreter.loops += 1;
    let result = loop {
        match truth(cx, &args.text) {
            Ok(true) => {}
            Ok(false) => break Ok(Flow::Go),
            Err(e) => break Err(e),
        }
        match cx.run_lines(&body) {
            Ok(Flow::Break) => break Ok(Flow::Go),
            Ok(Flow::Go | Flow::Continue) => {}
            other => break other,
        }
    };
    cx.interpreter.loops -= 1;
    result
}

/// `loop_break`
pub const LOOP_BREAK: Command = Command {
    name: "loop_break",
    summary: "Leave the innermost \"while\".",
    repeat: Repeat::No,
    run: |cx, _| in_loop(cx, "loop_break", Flow::Break),
    ..Command::BASE
};

/// `loop_continue`
pub const LOOP_CONTINUE: Command = Command {
    name: "loop_continue",
    summary: "Begin the innermost \"while\" anew.",
    repeat: Repeat::No,
    run: |cx, _| in_loop(cx, "loop_continue", Flow::Continue),
    ..Command::BASE
};

fn in_loop(cx: &Cx<'_>, name: &str, flow: Flow) -> Result<Flow> {
    if cx.interpreter.loops > 0 { Ok(flow) } else { Err(Error::user(format!("\"{name}\" stands in no \"while\"."))) }
}

/// `end`
pub const END: Command = Command {
    name: "end",
    summary: "End a block of commands.",
    repeat: Repeat::No,
    run: |_, _| Err(Error::user("This command cannot be used at the top level.")),
    ..Command::BASE
};

/// What rdbg says to Python.
pub const NO_PYTHON: &str = "rdbg runs no Python: what is written in it is left out.";

/// `source`
pub const SOURCE: Command = Command {
    name: "source",
    group: Group::Support,
    args: &[ArgSpec::may("-v", ArgKind::Switch), ArgSpec::may("-s", ArgKind::Switch), ArgSpec::may("FILE", ArgKind::File)],
    summary: "Read commands from a file named FILE.",
    help: "The file ends at its first error. A name without a directory, and with \"-s\" any, is looked for in the source path too (\"show \
directories\"). With \"-v\" each command is shown as it runs.",
    repeat: Repeat::No,
    run: source,
    ..Command::BASE
};

fn source(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let Some(name) = args.get("FILE") else {
        return Err(Error::user("source command requires file name of file to source."));
    };
    let Some(path) = find_script(cx, name, args.has("-s")) else {
        // In a script a missing script is no error, as gdb has it.
        if cx.interpreter.is_script() {
            cx.warn(format!("{name}: No such file or directory."));
            return Ok(Flow::Go);
        }
        return cx.run_file(&expand_home(name));
    };
    let is_python = path.extension().is_some_and(|e| e == "py");
    if is_python && cx.session.settings.taken_text("script-extension") != Some("off") {
        return match cx.interpreter.is_in_file() {
            true => {
                cx.warn(format!("{name}: {NO_PYTHON}"));
                Ok(Flow::Go)
            }
            false => Err(Error::user(format!("{name}: {NO_PYTHON}"))),
        };
    }
    let traced = cx.session.settings.trace_commands;
    cx.session.settings.trace_commands |= args.has("-v");
    let result = cx.run_file(&path);
    if args.has("-v") {
        cx.session.settings.trace_commands = traced;
    }
    result
}

/// The file itself, or one of its name in the source path.
fn find_script(cx: &Cx<'_>, name: &str, anywhere: bool) -> Option<PathBuf> {
    let path = expand_home(name);
    if path.exists() {
        return Some(path);
    }
    if path.is_absolute() || name.contains('/') && !anywhere {
        return None;
    }
    let directories = cx.session.settings.directories.split(':').filter(|d| *d != "$cdir");
    let candidates = directories.map(|d| if d == "$cwd" { path.clone() } else { Path::new(d).join(&path) });
    candidates.into_iter().find(|p| p.is_file())
}

/// The family.
pub const COMMANDS: &[Command] = &[IF, WHILE, LOOP_BREAK, LOOP_CONTINUE, END, SOURCE];

#[cfg(test)]
mod tests {
    use crate::command::fixture::{Bench, run};

    #[test]
    fn blocks_nest_and_prompt_as_gdb_does() {
        let mut bench = Bench::new();
        let out = bench
            .run("set $i = 0\nwhile $i < 3\nif $i == 1\nset $i = $i+1\nloop_continue\nend\nsay i\nset $i = $i+1\nend\nsay done");
        assert_eq!(out, "i\ni\ndone\n");
        // gdb 13.1, the same lines piped in: ` >` at the first level, `  >` at the second.
        assert_eq!(*bench.prompts.borrow(), " >  >  >  > > > >");
    }

    #[test]
    fn else_belongs_to_its_own_if() {
        let text = "if 0\nif 1\nsay a\nelse\nsay b\nend\nelse\nif 0\nsay c\nelse\nsay d\nend\nend";
        assert_eq!(run(text), "d\n");
    }

    #[test]
    fn a_break_leaves_one_loop() {
        let text = "set $i = 0\nwhile $i < 2\nset $i = $i+1\nwhile 1\nloop_break\nsay no\nend\nsay $i\nend\nloop_break";
        assert_eq!(run(text), "$i\n$i\n\"loop_break\" stands in no \"while\".\n");
    }

    #[test]
    fn missing_conditions_and_ends_are_said() {
        assert_eq!(
            run("if\nwhile\nend"),
            "if command requires an argument.\nwhile command requires an argument.\nThis command cannot be used at the top level.\n"
        );
        assert_eq!(run("if 1\nsay x"), "End of input inside of a block: \"end\" is missing.\n");
        assert_eq!(run(&"if 1\n".repeat(5000)).lines().next(), Some("Blocks are nested too deeply."));
    }

    #[test]
    fn an_error_in_a_file_names_its_line_and_ends_it() {
        let dir = std::env::temp_dir().join(format!("rdbg-script-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let file = dir.join("a b.gdb");
        std::fs::write(&file, "# a comment\nsay one\nfrob\nsay two\n").unwrap();
        let out = run(&format!("source '{}'\nsay on", file.display()));
        let place = file.display();
        assert_eq!(
            out,
            format!("one\n{place}:3: Error in sourced command file:\nUndefined command: \"frob\".  Try \"help\".\non\n")
        );
        std::fs::write(&file, b"say one\nsay a\0b\n").unwrap();
        assert_eq!(run(&format!("source \"{place}\"")), format!("{place}:2: Line contains a NUL byte, in column 6.\n"));
        std::fs::remove_dir_all(&dir).unwrap();
        assert_eq!(run("source /nonexistent"), "/nonexistent: No such file or directory.\n");
        assert_eq!(run("source /"), "/: Is a directory.\n");
        assert_eq!(run("source"), "source command requires file name of file to source.\n");
    }

    #[test]
    fn a_file_that_sources_itself_ends() {
        let file = std::env::temp_dir().join(format!("rdbg-self-{}.gdb", std::process::id()));
        std::fs::write(&file, format!("source {}\n", file.display())).unwrap();
        let line = format!("source {}", file.display());
        let out = std::thread::Builder::new().stack_size(8 << 20).spawn(move || run(&line)).unwrap().join().unwrap();
        std::fs::remove_file(&file).unwrap();
        assert!(out.contains("Max user call depth exceeded"), "{out}");
    }
}
