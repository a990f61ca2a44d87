//! docs/commands.md, made from the table.

use super::cx::{Command, Registry, Setting};
use super::describe::Group;
use super::help::usage;

/// The reference of all commands and settings, as Markdown.
pub fn reference(registry: &Registry, settings: &[&[Setting]]) -> String {
    let mut out = String::from(
        "# Commands\n\nMade from the table of commands by `BLESS=1 cargo test reference`; do not edit.\n\
         Names may be shortened as long as they are unambiguous. `help COMMAND` says the same at the prompt.\n",
    );
    for (group, name, summary) in Group::ALL {
        let commands: Vec<&Command> = registry.commands().filter(|c| c.group == group).collect();
        if commands.is_empty() {
            continue;
        }
        out.push_str(&format!("\n## {name}\n\n{summary}\n"));
        for command in commands {
            out.push_str(&entry(command));
        }
    }
    out.push_str("\n## Settings\n\n`set NAME VALUE` and `show NAME`.\n\n| name | default | |\n|---|---|---|\n");
    let defaults = crate::engine::Settings::default();
    let (taken, known): (Vec<&Setting>, Vec<&Setting>) = settings.iter().copied().flatten().partition(|s| s.changes_nothing());
    for s in known {
        let value = s.value(&defaults);
        let value = if value.is_empty() { String::new() } else { format!("`{value}`") };
        out.push_str(&format!("| `{}` | {value} | {} |\n", s.name, s.summary.replace('|', "\\|").replace('<', "&lt;")));
    }
    out.push_str("\nThese are taken for gdb's scripts, checked for their kind of value and shown back; they have no effect:\n\n");
    let names: Vec<String> = taken.iter().map(|s| format!("`{}`", s.name)).collect();
    out.push_str(&format!("{}.\n", names.join(", ")));
    out
}

fn entry(command: &Command) -> String {
    let mut out = format!("\n### {}\n\n```\n{}\n```\n", command.name, usage(command));
    if !command.aliases.is_empty() {
        let names: Vec<String> = command.aliases.iter().map(|a| format!("`{a}`")).collect();
        out.push_str(&format!("Also {}. ", names.join(", ")));
    }
    out.push_str(&format!("{}\n", command.summary));
    if !command.help.is_empty() {
        out.push_str(&format!("\n{}\n", command.help));
    }
    if !command.examples.is_empty() {
        out.push_str("\n```\n");
        let width = command.examples.iter().map(|e| e.line.len()).max().unwrap_or(0);
        for e in command.examples {
            out.push_str(&format!("(rdbg) {:width$}  # {}\n", e.line, e.what));
        }
        out.push_str("```\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{FAMILIES, SETTINGS, TEST_SETTINGS};

    #[test]
    fn the_reference_is_what_the_table_says() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/commands.md");
        let wanted = reference(&Registry::new(FAMILIES, SETTINGS, TEST_SETTINGS), SETTINGS);
        if std::env::var_os("BLESS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &wanted).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == wanted, "docs/commands.md is stale: BLESS=1 cargo test reference rewrites it");
    }
}
