//! A recording as lives of processes.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::life::{End, Life};
use crate::base::Result;
use crate::command::timeline::words::text;
use crate::engine::Spool;

/// What was recorded.
#[derive(Debug, Default)]
pub struct Story {
    /// Each program in each process, in the order in which they began.
    pub lives: Vec<Life>,
    /// How many events of each kind.
    pub totals: BTreeMap<String, u64>,
    /// How many events belong to lives that are not told.
    pub untold: u64,
    /// How many second-run faults were children's.
    pub faults_of_children: u64,
    current: HashMap<i64, usize>,
    /// An execve that comes before its exec event: the first of all.
    first_call: Option<Value>,
    faulting: Option<i64>,
}

/// So many lives are told; what others do is counted.
const MOST_LIVES: usize = 64;

impl Story {
    /// Reads a recording.
    pub fn read(events: &Spool) -> Result<Story> {
        let mut story = Story::default();
        events.read(|line| {
            let event: Value = serde_json::from_str(line).unwrap_or_default();
            story.take(&event);
            Ok(true)
        })?;
        Ok(story)
    }

    fn take(&mut self, event: &Value) {
        let kind = text(event, "kind");
        *self.totals.entry(kind.to_owned()).or_default() += 1;
        let pid = event.get("pid").and_then(Value::as_i64).unwrap_or_default();
        if kind == "fault" && event.get("run").is_some() {
            return self.fault(pid, event);
        }
        if kind == "syscall" && text(event, "phase") == "exec" && !self.current.contains_key(&pid) {
            self.first_call = Some(event.clone());
            return;
        }
        if kind == "exec" {
            return self.executed(pid, event);
        }
        let Some(life) = self.life_of(pid) else {
            self.untold += 1;
            return;
        };
        life.take(event);
        if kind == "fork" {
            let child = event.get("child").and_then(Value::as_i64).unwrap_or_default();
            let begun = life.forked(child);
            self.begin(child, begun);
        }
    }

    fn begin(&mut self, pid: i64, life: Life) {
        self.current.remove(&pid);
        if self.lives.len() < MOST_LIVES {
            self.current.insert(pid, self.lives.len());
            self.lives.push(life);
        }
    }

    fn executed(&mut self, pid: i64, event: &Value) {
        let mut life = Life::new(pid);
        if let Some(former) = self.current.get(&pid).and_then(|n| self.lives.get_mut(*n)) {
            former.end = End::Exec(text(event, "path").to_owned());
            life.parent = former.parent;
        }
        if let Some(call) = self.first_call.take() {
            life.take(&call);
        }
        life.take(event);
        if self.lives.len() >= MOST_LIVES {
            self.untold += life.events();
        }
        self.begin(pid, life);
    }

    fn life_of(&mut self, pid: i64) -> Option<&mut Life> {
        if !self.current.contains_key(&pid) && self.lives.is_empty() {
            self.begin(pid, Life::new(pid));
        }
        self.current.get(&pid).and_then(|n| self.lives.get_mut(*n))
    }

    /// A fault of the second run, whose first process is that of the first life.
    fn fault(&mut self, pid: i64, event: &Value) {
        match self.lives.first_mut() {
            Some(life) if *self.faulting.get_or_insert(pid) == pid => life.take(event),
            _ => {
                self.faults_of_children += 1;
                self.untold += 1;
            }
        }
    }
}
