//! Commands that the user makes: define, document, hooks, alias.

use std::rc::Rc;

use crate::base::{Error, Result};

use super::args::Args;
use super::cx::{Command, Cx, Entry};
use super::describe::{ArgKind, ArgSpec, Flow, Repeat};
use super::script::Block;
use super::user_command::{UserCommand, indented};

/// `define`
pub const DEFINE: Command = Command {
    name: "define",
    args: &[ArgSpec::may("NAME", ArgKind::Rest)],
    summary: "Define a new command name.",
    help: "The commands follow, one per line, up to \"end\". In them $argc is the number of arguments, $arg0, $arg1, ... are they,\nand $arg* is all of them.\nA command \"hook-NAME\" runs before NAME, \"hookpost-NAME\" after it; \"hook-stop\" runs before a stop is shown.",
    examples: &[],
    repeat: Repeat::No,
    run: define,
    ..Command::BASE
};

fn define(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let name = new_name(cx, &args.text)?;
    let question = match cx.interpreter.registry.exact(&name) {
        Some(Entry::User(_)) => Some(format!("Redefine command \"{name}\"? ")),
        Some(_) => Some(format!("Really redefine built-in command \"{name}\"? ")),
        None => None,
    };
    if let Some(question) = question
        && !cx.query(&question)?
    {
        return Err(Error::user("Command not redefined."));
    }
    let (prefix, last) = name.rsplit_once(' ').unwrap_or(("", name.as_str()));
    if let Some(hooked) = last.strip_prefix("hook-").or_else(|| last.strip_prefix("hookpost-")) {
        let known = hooked == "stop" || cx.interpreter.registry.resolve(&format!("{prefix} {hooked}")).is_ok();
        if !known {
            cx.warn(format!("Your new `{name}' command does not hook any existing command."));
            if !cx.query("Proceed? ")? {
                return Err(Error::user("Not confirmed."));
            }
        }
        cx.interpreter.has_hooks = true;
    }
    let intro = format!("Type commands for definition of \"{name}\".\nEnd with a line saying just \"end\".\n");
    let body = cx.read_body(Block::Commands, &intro)?;
    let (document, is_prefix) = match cx.interpreter.registry.exact(&name) {
        Some(Entry::User(old)) => (old.document.clone(), old.is_prefix),
        _ => (String::new(), false),
    };
    let command = UserCommand { name: name.clone(), body: body.into(), document, is_prefix };
    cx.interpreter.registry.define(&name, Entry::User(Rc::new(command)));
    Ok(Flow::Go)
}

/// The name of a command to define: its prefixes must be there, and are written whole.
fn new_name(cx: &Cx<'_>, text: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::user("Argument required (name of command to define)."));
    }
    let (prefix, last) = text.rsplit_once(char::is_whitespace).unwrap_or(("", text));
    let valid = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !last.chars().all(valid) {
        return Err(Error::user(format!("Junk in argument list: \"{text}\"")));
    }
    if prefix.is_empty() {
        return Ok(last.to_owned());
    }
    let found = cx.interpreter.registry.resolve(prefix)?;
    let is_prefix = matches!(&found.entry, Entry::User(user) if user.is_prefix);
    if !found.rest.is_empty() || !is_prefix && !cx.interpreter.registry.is_prefix(&found.name) {
        return Err(Error::user(format!("\"{}\" is not a prefix command.", prefix.trim())));
    }
    Ok(format!("{} {last}", found.name))
}

/// `define-prefix`
pub const DEFINE_PREFIX: Command = Command {
    name: "define-prefix",
    args: &[ArgSpec::may("NAME", ArgKind::Rest)],
    summary: "Define or mark a command as a user-defined prefix command.",
    help: "Commands can be defined below it then: \"define-prefix abc\", \"define abc def\". One that was defined before keeps its lines.",
    repeat: Repeat::No,
    run: define_prefix,
    ..Command::BASE
};

fn define_prefix(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let name = new_name(cx, &args.text)?;
    let (body, document) = match cx.interpreter.registry.exact(&name) {
        Some(Entry::User(old)) if old.is_prefix => return Ok(Flow::Go),
        Some(Entry::User(old)) => (old.body.clone(), old.document.clone()),
        Some(_) => return Err(Error::user(format!("Command \"{name}\" is built-in."))),
        None => (Vec::new().into(), String::new()),
    };
    let command = UserCommand { name: name.clone(), body, document, is_prefix: true };
    cx.interpreter.registry.define(&name, Entry::User(Rc::new(command)));
    Ok(Flow::Go)
}

/// `document`
pub const DOCUMENT: Command = Command {
    name: "document",
    args: &[ArgSpec::may("NAME", ArgKind::Rest)],
    summary: "Document a user-defined command.",
    help: "The text follows, up to \"end\". \"help NAME\" shows it; its first line stands in lists.",
    repeat: Repeat::No,
    run: document,
    ..Command::BASE
};

fn document(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let name = new_name(cx, &args.text)?;
    let user = match cx.interpreter.registry.exact(&name) {
        Some(Entry::User(user)) => user.clone(),
        Some(_) => return Err(Error::user("You may only document user-defined commands.")),
        None => return Err(Error::user(format!("Undefined command: \"{name}\"."))),
    };
    let intro = format!("Type documentation for \"{name}\".\nEnd with a line saying just \"end\".\n");
    let document = cx.read_body(Block::Text, &intro)?.join("\n");
    let command = UserCommand { name: name.clone(), body: user.body.clone(), document, is_prefix: user.is_prefix };
    cx.interpreter.registry.define(&name, Entry::User(Rc::new(command)));
    Ok(Flow::Go)
}

/// `alias`
pub const ALIAS: Command = Command {
    name: "alias",
    args: &[ArgSpec::may("NAME = COMMAND [ARGS]", ArgKind::Rest)],
    summary: "Define a new command that is an alias of an existing command.",
    help: "Default arguments may follow the command's name. \"-a\" is accepted, as gdb has it.",
    repeat: Repeat::No,
    run: alias,
    ..Command::BASE
};

fn alias(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let usage = || Error::user("Usage: alias [-a] [--] ALIAS = COMMAND [DEFAULT-ARGS...]");
    let mut text = args.text.as_str();
    while let Some(rest) = text.strip_prefix("-a ").or_else(|| text.strip_prefix("-- ")) {
        text = rest.trim_start();
    }
    let (name, command) = text.split_once('=').ok_or_else(usage)?;
    let (name, command) = (name.trim(), command.trim());
    if name.is_empty() || command.is_empty() {
        return Err(usage());
    }
    let name = new_name(cx, name)?;
    cx.interpreter.registry.resolve(command)?;
    match cx.interpreter.registry.exact(&name) {
        None | Some(Entry::Alias(_)) => {}
        Some(_) => return Err(Error::user(format!("Alias {name} is the name of an existing command"))),
    }
    if cx.interpreter.registry.is_prefix(&name) {
        return Err(Error::user(format!("Alias {name} is the name of an existing command")));
    }
    cx.interpreter.registry.define(&name, Entry::Alias(command.into()));
    Ok(Flow::Go)
}

/// `show user`
pub const SHOW_USER: Command = Command {
    name: "show user",
    args: &[ArgSpec::may("NAME", ArgKind::Rest)],
    summary: "Show definitions of non-python/scheme user defined commands.",
    run: show_user,
    ..Command::BASE
};

fn show_user(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let wanted = if args.text.is_empty() { None } else { Some(cx.interpreter.registry.resolve(&args.text)?.name) };
    let mut text = String::new();
    for (name, entry) in cx.interpreter.registry.iter() {
        let Entry::User(command) = entry else { continue };
        let is_own = command.name == name;
        if is_own && wanted.as_ref().is_none_or(|w| w == name) {
            let body = indented(&command.body, 1);
            text.push_str(&format!("User command \"{name}\":\n{body}\n"));
        }
    }
    if text.is_empty() && wanted.is_some() {
        return Err(Error::user("Not a user command."));
    }
    cx.say(text);
    Ok(Flow::Go)
}

/// The family.
pub const COMMANDS: &[Command] = &[DEFINE, DEFINE_PREFIX, DOCUMENT, ALIAS, SHOW_USER];

#[cfg(test)]
mod tests {
    use crate::command::fixture::run;

    #[test]
    fn arguments_are_put_in_as_they_were_typed() {
        let define = "define foo\nsay $argc $arg0 $arg1\nend\n";
        assert_eq!(run(&format!("{define}foo a b")), "2 a b\n");
        assert_eq!(run(&format!("{define}foo a")), "Missing argument 1 in user function.\n");
        assert_eq!(run(&format!("{define}foo \"x y\" b")), "2 \"x y\" b\n");
        assert_eq!(run("define f\nsay $arg*|$argcount\nend\nf 1  2"), "1  2|$argcount\n");
    }

    #[test]
    fn a_command_that_calls_itself_ends() {
        // Of the size that a main thread's stack has: tests get a quarter of it.
        std::thread::Builder::new().stack_size(8 << 20).spawn(call_itself).unwrap().join().unwrap();
    }

    fn call_itself() {
        assert_eq!(run("set max-user-call-depth 3\ndefine f\nf\nend\nf"), "Max user call depth exceeded -- command aborted.\n");
        assert_eq!(run("define f\nf\nend\nf"), "Max user call depth exceeded -- command aborted.\n");
        assert_eq!(run("alias f = say\ndefine g\ng2\nend\ndefine g2\ng\nend\ng").lines().count(), 1);
    }

    #[test]
    fn quit_inside_quits() {
        assert_eq!(run("define f\nwhile 1\nif 1\nquit 5\nend\nend\nend\nf\nsay no"), "quit 5\n");
    }

    #[test]
    fn hooks_run_around_their_command() {
        let text = "define hook-say\nset $h = 1\nend\ndefine hookpost-say\nshow confirm\nend\nsay hi";
        assert_eq!(run(text), "hi\nWhether to confirm potentially dangerous operations is on.\n");
        let text = "define hook-nosuch\nend\ndefine hook-say\nsay before\nend\nsay hi";
        let warning = "warning: Your new `hook-nosuch' command does not hook any existing command.\n\
                       Proceed? (y or n) [answered Y; input not from terminal]\n";
        assert_eq!(run(text), format!("{warning}before\nhi\n"));
    }

    #[test]
    fn documents_and_aliases_show_in_help() {
        let text = "define foo\nsay x\nend\ndocument foo\nFirst line.\nSecond.\nend\nhelp foo";
        assert_eq!(run(text), "First line.\nSecond.\n");
        assert_eq!(run("document nosuch"), "Undefined command: \"nosuch\".\n");
        assert_eq!(run("alias zz = say -x\nzz 1"), "-x 1\n");
        assert_eq!(run("alias say = info"), "Alias say is the name of an existing command\n");
        assert_eq!(run("alias x1 = nosuch1"), "Undefined command: \"nosuch1\".  Try \"help\".\n");
        assert_eq!(run("alias"), "Usage: alias [-a] [--] ALIAS = COMMAND [DEFAULT-ARGS...]\n");
        assert_eq!(run("define"), "Argument required (name of command to define).\n");
        assert_eq!(run("define info foo\nsay hi\nend\ninfo foo"), "hi\n");
    }
}
