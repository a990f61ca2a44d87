//! `set style NAME foreground|background|intensity`: how a terminal shows what.

use crate::command::cx::Setting;
use crate::command::describe::{Form, SettingKind};
use crate::engine::Settings;
use crate::ui::{Role, RoleStyle};

use super::row::row;

pub(super) const COLOURS: Form = Form::Enum(&["none", "black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"]);
const INTENSITIES: Form = Form::Enum(&["normal", "bold", "dim"]);

/// `NAME, gdb's name in sentences, foreground, intensity;` a style: the settings of those that rdbg writes in, and of the others.
macro_rules! styles {
    ($($name:literal, $shown:literal, $foreground:literal, $intensity:literal $(, $role:expr)?;)*) => {
        &[$(
            row(
                concat!("style ", $name, " foreground"),
                SettingKind::Taken(COLOURS, $foreground),
                concat!("The \"", $shown, "\" style foreground color is: {}"),
                "Set the foreground color for this property.",
            )$(.used($role))?,
            row(
                concat!("style ", $name, " background"),
                SettingKind::Taken(COLOURS, "none"),
                concat!("The \"", $shown, "\" style background color is: {}"),
                "Set the background color for this property.",
            )$(.used($role))?,
            row(
                concat!("style ", $name, " intensity"),
                SettingKind::Taken(INTENSITIES, $intensity),
                concat!("The \"", $shown, "\" style display intensity is: {}"),
                "Set the display intensity for this property.",
            )$(.used($role))?,
        )*]
    };
}

impl Setting {
    /// It changes something.
    const fn used(self, _role: Role) -> Setting {
        self.after(|_| Ok(()))
    }
}

/// The settings.
#[rustfmt::skip]
pub const SETTINGS: &[Setting] = styles! {
    "address", "address", "blue", "normal", Role::Address;
    "disassembler comment", "comment", "white", "dim";
    "disassembler immediate", "immediate", "blue", "normal";
    "disassembler mnemonic", "mnemonic", "green", "normal", Role::Mnemonic;
    "disassembler register", "register", "red", "normal";
    "filename", "filename", "green", "normal", Role::File;
    "function", "function", "yellow", "normal", Role::Symbol;
    "highlight", "highlight", "red", "normal";
    "metadata", "metadata", "none", "dim", Role::Dim;
    "title", "title", "none", "bold", Role::Title;
    "variable", "variable", "cyan", "normal", Role::Variable;
    "version", "version", "magenta", "bold";
};

/// Those that rdbg writes in: the name, the role, the foreground and the intensity that they have by default.
const USED: &[(&str, Role, &str, &str)] = &[
    ("address", Role::Address, "blue", "normal"),
    ("disassembler mnemonic", Role::Mnemonic, "green", "normal"),
    ("filename", Role::File, "green", "normal"),
    ("function", Role::Symbol, "yellow", "normal"),
    ("metadata", Role::Dim, "none", "dim"),
    ("title", Role::Title, "none", "bold"),
    ("variable", Role::Variable, "cyan", "normal"),
];

/// The styles that somebody has set; those that are as they were are left out.
pub fn chosen_styles(settings: &Settings) -> Vec<RoleStyle<'_>> {
    if !settings.taken.keys().any(|name| name.starts_with("style ")) {
        return Vec::new();
    }
    let style = |&(name, role, foreground, intensity): &(&str, Role, &'static str, &'static str)| {
        let of = |what: &str, default| settings.taken_text(&format!("style {name} {what}")).unwrap_or(default);
        RoleStyle {
            role,
            foreground: of("foreground", foreground),
            background: of("background", "none"),
            intensity: of("intensity", intensity),
        }
    };
    USED.iter().map(style).collect()
}
