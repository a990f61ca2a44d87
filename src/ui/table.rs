//! Tables: rows that are held back until their columns' widths are known.

use super::output::{Output, Role, Row};

/// Rows of the same columns, aligned when they are shown.
#[derive(Clone, Debug, Default)]
pub struct Table {
    head: Option<Vec<&'static str>>,
    rows: Vec<Row>,
}

impl Table {
    /// A table without a head line.
    pub fn new() -> Table {
        Table::default()
    }

    /// A table with a head line, which JSON does not have.
    pub fn with_head(columns: &[&'static str]) -> Table {
        Table { head: Some(columns.to_vec()), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn push(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes the head line, if there is one, and the rows, each column as wide as its widest cell.
    pub fn show(mut self, out: &mut dyn Output) {
        let head = self.head.take().map(|names| names.iter().fold(Row::new(), |row, name| row.note(Role::Title, *name)));
        let mut widths: Vec<usize> = Vec::new();
        for row in head.iter().chain(&self.rows) {
            for (i, cell) in row.cells.iter().filter(|c| c.text.is_some()).enumerate() {
                let n = cell.text.as_deref().unwrap_or_default().chars().count().max(cell.width);
                match widths.get_mut(i) {
                    Some(w) => *w = n.max(*w),
                    None => widths.push(n),
                }
            }
        }
        if let Some(mut head) = head {
            set_widths(&mut head, &widths);
            let mut line: String = head.pieces().into_iter().map(|p| p.1).collect();
            line.push('\n');
            out.text(Role::Title, &line);
        }
        for mut row in self.rows {
            set_widths(&mut row, &widths);
            out.row(&row);
        }
    }
}

fn set_widths(row: &mut Row, widths: &[usize]) {
    for (cell, width) in row.cells.iter_mut().filter(|c| c.text.is_some()).zip(widths) {
        cell.width = *width;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::Captured;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_lines_have_no_blanks_at_the_end() {
        let mut table = Table::with_head(&["name", "size", "note"]);
        table.push(Row::new().cell("name", Role::Symbol, "a").both("size", Role::Plain, "10", 10).right().cell(
            "note",
            Role::Plain,
            "x",
        ));
        table.push(Row::new().cell("name", Role::Symbol, "longer").both("size", Role::Plain, "7", 7).right().cell(
            "note",
            Role::Plain,
            "",
        ));
        let mut out = Captured::default();
        table.show(&mut out);
        assert_eq!(out.text, "name    size  note\na         10  x\nlonger     7\n");
    }
}
