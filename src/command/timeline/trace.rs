//! A recording as Chrome's trace events ("Trace Event Format"), which Perfetto and chrome://tracing open.

use std::io::Write;

use serde_json::{Value, json};

use super::words::{describe, text};
use crate::base::Result;
use crate::engine::Spool;

/// Writes all events: system calls as slices, everything else as instants.
pub fn write(events: &Spool, out: &mut dyn Write) -> std::io::Result<Result<u64>> {
    writeln!(out, "{{\"displayTimeUnit\":\"ns\",\"traceEvents\":[")?;
    let mut failure = None;
    let mut is_first = true;
    let read = events.read(|line| {
        let event: Value = serde_json::from_str(line).unwrap_or_default();
        let comma = if std::mem::take(&mut is_first) { "" } else { ",\n" };
        failure = write!(out, "{comma}{}", trace_event(&event)).err();
        Ok(failure.is_none())
    });
    if let Some(e) = failure {
        return Err(e);
    }
    writeln!(out, "\n]}}")?;
    Ok(read.map(|()| events.len()))
}

fn trace_event(event: &Value) -> Value {
    let kind = text(event, "kind");
    let micros = |key: &str| event.get(key).and_then(Value::as_f64).unwrap_or_default() * 1e6;
    let mut of = json!({
        "cat": kind,
        "pid": event.get("pid"),
        "tid": event.get("tid"),
        "args": event,
    });
    let name = match kind {
        "syscall" => text(event, "name").to_owned(),
        _ => format!("{kind} {}", describe(event)),
    };
    let rest = match event.get("took") {
        Some(_) => json!({ "name": name, "ph": "X", "ts": micros("t") - micros("took"), "dur": micros("took") }),
        None => json!({ "name": name, "ph": "i", "s": "t", "ts": micros("t") }),
    };
    if let (Some(of), Some(rest)) = (of.as_object_mut(), rest.as_object()) {
        of.extend(rest.iter().map(|(k, v)| (k.clone(), v.clone())));
    }
    of
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_call_is_a_slice_and_a_mapping_an_instant() {
        let call = json!({"t": 0.5, "pid": 1, "tid": 2, "kind": "syscall", "name": "read", "text": "read(3) = 0", "took": 0.25});
        let slice = trace_event(&call);
        assert_eq!(
            (slice["ph"].as_str(), slice["ts"].as_f64(), slice["dur"].as_f64()),
            (Some("X"), Some(250_000.0), Some(250_000.0))
        );
        let map = json!({"t": 0.5, "pid": 1, "tid": 2, "kind": "map", "start": "0x1000", "end": "0x2000"});
        assert_eq!((trace_event(&map)["ph"].as_str(), trace_event(&map)["ts"].as_f64()), (Some("i"), Some(500_000.0)));
    }
}
