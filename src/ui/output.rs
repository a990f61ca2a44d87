//! What every command writes to: text with roles, and rows with named fields.

use serde_json::Value;

/// What a piece of text is. A terminal may colour it; everything else drops it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Role {
    /// Ordinary text.
    #[default]
    Plain,
    /// An address.
    Address,
    /// The name of a function or another symbol.
    Symbol,
    /// The name of a file or a module.
    File,
    /// The name of a variable, a field or a register.
    Variable,
    /// An instruction's mnemonic.
    Mnemonic,
    /// Something that has changed, or that asks for attention.
    Changed,
    /// A heading of a table, or of a class of commands.
    Title,
    /// What matters less: hints, notes.
    Dim,
    /// A warning.
    Warning,
    /// The message of a command that failed. It goes to standard error.
    Error,
}

/// Where output goes: a terminal, a pipe, a buffer, JSON lines.
pub trait Output {
    /// Writes text as it is; a newline must be in it.
    fn text(&mut self, role: Role, text: &str);

    /// Writes one row: as text its cells side by side and a newline, as JSON one object.
    fn row(&mut self, row: &Row);

    /// Hands on what is buffered. The front end calls it before it waits for anything.
    fn flush(&mut self);

    /// Whether a person reads along (for paging and confirmation); false for everything but a terminal.
    fn is_terminal(&self) -> bool {
        false
    }

    /// Whether colours are shown: then notes stand out from what commands say.
    fn has_colour(&self) -> bool {
        false
    }

    /// Whether nobody wants the rest of this command's output: a command with a lot of it stops then.
    fn is_unwanted(&self) -> bool {
        false
    }
}

/// One cell of a [`Row`].
#[derive(Clone, PartialEq, Debug)]
pub struct Cell {
    /// The field's name in JSON.
    pub key: &'static str,
    /// How it reads as text; `None` for a field that only JSON has.
    pub text: Option<String>,
    /// The value in JSON; `None` for a cell that only the text has.
    pub value: Option<Value>,
    /// What it is.
    pub role: Role,
    /// Columns that the text takes at least; it is padded with blanks, except at the end of a row.
    pub width: usize,
    /// Whether the padding stands before the text.
    pub right: bool,
}

/// A line of a table: cells with names. Cells are separated by two blanks.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Row {
    /// The cells, in order.
    pub cells: Vec<Cell>,
}

impl Row {
    /// A row without cells.
    pub fn new() -> Row {
        Row::default()
    }

    /// Adds a cell that is the same in text and in JSON.
    pub fn cell(self, key: &'static str, role: Role, text: impl Into<String>) -> Row {
        let text = text.into();
        let value = Value::String(text.clone());
        self.push(Cell { key, text: Some(text), value: Some(value), role, width: 0, right: false })
    }

    /// Adds a cell whose JSON value differs from its text (a number, null, an address without its name).
    pub fn both(self, key: &'static str, role: Role, text: impl Into<String>, value: impl Into<Value>) -> Row {
        self.push(Cell { key, text: Some(text.into()), value: Some(value.into()), role, width: 0, right: false })
    }

    /// Adds a field that only JSON has.
    pub fn hidden(self, key: &'static str, value: impl Into<Value>) -> Row {
        self.push(Cell { key, text: None, value: Some(value.into()), role: Role::Plain, width: 0, right: false })
    }

    /// Adds text that JSON does not have.
    pub fn note(self, role: Role, text: impl Into<String>) -> Row {
        self.push(Cell { key: "", text: Some(text.into()), value: None, role, width: 0, right: false })
    }

    /// Gives the last cell a minimum width, for rows that are written one by one.
    pub fn width(mut self, columns: usize) -> Row {
        if let Some(last) = self.cells.last_mut() {
            last.width = columns;
        }
        self
    }

    /// Puts the last cell's padding before its text.
    pub fn right(mut self) -> Row {
        if let Some(last) = self.cells.last_mut() {
            last.right = true;
        }
        self
    }

    fn push(mut self, cell: Cell) -> Row {
        self.cells.push(cell);
        self
    }

    /// The cells as pieces of text with roles, padded, without a newline and without blanks at the end.
    pub fn pieces(&self) -> Vec<(Role, String)> {
        let shown: Vec<&Cell> = self.cells.iter().filter(|c| c.text.is_some()).collect();
        let last_full = shown.iter().rposition(|c| c.text.as_deref() != Some(""));
        let Some(last_full) = last_full else { return Vec::new() };
        let mut out = Vec::new();
        for (i, cell) in shown.iter().enumerate().take(last_full + 1) {
            let text = cell.text.clone().unwrap_or_default();
            let pad = " ".repeat(cell.width.saturating_sub(text.chars().count()));
            if cell.right && !pad.is_empty() {
                out.push((Role::Plain, pad.clone()));
            }
            out.push((cell.role, text));
            if i < last_full {
                let pad = if cell.right { "" } else { &pad };
                out.push((Role::Plain, format!("{pad}  ")));
            }
        }
        out
    }

    /// The row as one JSON object, in the order of its cells, without a newline.
    pub fn json(&self) -> String {
        let fields = self.cells.iter().filter_map(|c| Some((c.key, c.value.as_ref()?)));
        let fields: Vec<String> = fields.map(|(key, value)| format!("{}:{value}", Value::from(key))).collect();
        format!("{{{}}}", fields.join(","))
    }
}
