//! An event in words.

use serde_json::Value;

/// A string field; empty where it is missing or null.
pub fn text<'e>(event: &'e Value, key: &str) -> &'e str {
    event.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The base name of a path.
pub fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// What an event says, in one line.
pub fn describe(event: &Value) -> String {
    match text(event, "kind") {
        "syscall" => text(event, "text").to_owned(),
        "exec" => text(event, "path").to_owned(),
        "map" | "unmap" | "protect" => mapping(event),
        "signal" => match text(event, "text") {
            "" => text(event, "name").to_owned(),
            text => text.to_owned(),
        },
        "fork" | "clone" => format!("{}", event.get("child").unwrap_or(&Value::Null)),
        "exit" => match text(event, "signal") {
            "" => format!("code {}", event.get("code").unwrap_or(&Value::Null)),
            signal => format!("killed by {signal}"),
        },
        _ => event.to_string(),
    }
}

fn mapping(event: &Value) -> String {
    let file = text(event, "file");
    let mut line = format!("{}-{} {}", text(event, "start"), text(event, "end"), text(event, "perms"));
    if !file.is_empty() {
        line.push_str(&format!(" {file}"));
    }
    if let Some(offset) = event.get("offset").and_then(Value::as_u64).filter(|_| file.starts_with('/')) {
        line.push_str(&format!("+{offset:#x}"));
    }
    if let Some(segment) = event.get("segment").and_then(Value::as_u64) {
        line.push_str(&format!(", PT_LOAD {segment}"));
    }
    format!("{line}, by {}", text(event, "by"))
}
