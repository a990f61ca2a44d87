//! What is told in a chapter.

use std::collections::BTreeMap;

use serde_json::Value;

use super::libraries::Library;
use crate::command::timeline::words::{describe, text};

/// One event in words.
#[derive(Clone, Debug)]
pub struct Told {
    /// Its kind.
    pub kind: String,
    /// When.
    pub t: f64,
    /// What happened.
    pub words: String,
}

/// More rows than this are counted, not kept.
const MOST_ROWS: usize = 240;
/// Longer rows are cut.
const MOST_LETTERS: usize = 260;

/// What happened in a chapter.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// How many steps wide it is in the drawing.
    pub steps: u32,
    /// How many events of each kind.
    pub counts: BTreeMap<String, u64>,
    /// How many system calls of each name.
    pub calls: BTreeMap<String, u64>,
    /// The events, but for relocations and faults, which come in thousands; the first ones.
    pub rows: Vec<Told>,
    /// How many rows were not kept.
    pub more: u64,
    /// When its first and its last event came.
    pub span: Option<(f64, f64)>,
    /// What was mapped in it.
    pub libraries: Vec<Library>,
    last_bulk: String,
}

impl Content {
    /// Counts an event, and keeps it if there is room; its step.
    pub fn take(&mut self, event: &Value) -> u32 {
        let kind = text(event, "kind");
        *self.counts.entry(kind.to_owned()).or_default() += 1;
        let t = event.get("t").and_then(Value::as_f64).unwrap_or_default();
        self.span = Some(self.span.map_or((t, t), |(from, to)| (from.min(t), to.max(t))));
        if kind == "syscall" {
            *self.calls.entry(text(event, "name").to_owned()).or_default() += 1;
        }
        match kind {
            // A module's relocations are one step.
            "reloc" | "ifunc" if self.last_bulk == text(event, "object") => {}
            "reloc" | "ifunc" => {
                self.last_bulk = text(event, "object").to_owned();
                self.steps += 1;
            }
            _ => self.steps += 1,
        }
        if kind == "ifunc" || !matches!(kind, "reloc" | "fault") {
            self.keep(kind, t, describe(event));
        }
        self.steps.saturating_sub(1)
    }

    fn keep(&mut self, kind: &str, t: f64, words: String) {
        if self.rows.len() >= MOST_ROWS {
            self.more += 1;
            return;
        }
        let words = match words.char_indices().nth(MOST_LETTERS) {
            Some((cut, _)) => format!("{}…", words.get(..cut).unwrap_or_default()),
            None => words,
        };
        self.rows.push(Told { kind: kind.to_owned(), t, words });
    }

    /// How many events of a kind.
    pub fn count(&self, kind: &str) -> u64 {
        self.counts.get(kind).copied().unwrap_or_default()
    }
}
