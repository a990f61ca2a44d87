//! How a role is shown on a terminal.

use anstyle::AnsiColor;

use super::output::Role;

/// What a person has chosen for a role, in gdb's words.
#[derive(Clone, Copy, Debug)]
pub struct RoleStyle<'a> {
    /// The role.
    pub role: Role,
    /// `red`, or `none` for the terminal's own.
    pub foreground: &'a str,
    /// The same.
    pub background: &'a str,
    /// `normal`, `bold` or `dim`.
    pub intensity: &'a str,
}

impl RoleStyle<'_> {
    pub(super) fn style(&self) -> anstyle::Style {
        let style = anstyle::Style::new().fg_color(colour(self.foreground)).bg_color(colour(self.background));
        match self.intensity {
            "bold" => style.bold(),
            "dim" => style.dimmed(),
            _ => style,
        }
    }
}

fn colour(name: &str) -> Option<anstyle::Color> {
    use AnsiColor::{Black, Blue, Cyan, Green, Magenta, Red, White, Yellow};
    let colours = [
        ("black", Black),
        ("red", Red),
        ("green", Green),
        ("yellow", Yellow),
        ("blue", Blue),
        ("magenta", Magenta),
        ("cyan", Cyan),
        ("white", White),
    ];
    colours.iter().find(|c| c.0 == name).map(|c| c.1.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ECMA-48 SGR: 1 is bold, 36 cyan, 41 red behind.
    #[test]
    fn words_become_escapes() {
        let style = RoleStyle { role: Role::Address, foreground: "cyan", background: "red", intensity: "bold" };
        let text = style.style().to_string();
        assert_eq!(text, "\x1b[1m\x1b[36m\x1b[41m");
        let plain = RoleStyle { foreground: "none", background: "none", intensity: "normal", ..style };
        assert_eq!(plain.style().to_string(), "");
    }
}
