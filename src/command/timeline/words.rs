//! An event in words.

use serde_json::Value;

use crate::base::counted;

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
        "object" => object(event),
        "reloc" => relocation(event),
        "bind" => bind(event),
        "ifunc" => {
            let name = if text(event, "symbol").is_empty() { "?" } else { text(event, "symbol") };
            let (resolver, value) = (text(event, "resolver"), text(event, "value"));
            format!("{}!{name}: the resolver at {resolver} chose {value}", base_name(text(event, "object")))
        }
        "init" | "fini" => {
            let name = if text(event, "name").is_empty() { text(event, "function") } else { text(event, "name") };
            format!("{}!{name}", base_name(text(event, "object")))
        }
        "entry" | "main" => format!("{} in {}", text(event, "pc"), base_name(text(event, "object"))),
        "fault" => {
            let kind = if event.get("major") == Some(&Value::Bool(true)) { "major, " } else { "" };
            let file = if text(event, "file").is_empty() { "anonymous" } else { text(event, "file") };
            match event.get("count").and_then(Value::as_u64) {
                Some(count) => format!("{} from {} on in {file}", counted(count, "page"), text(event, "address")),
                None => format!("{kind}{} in {file}, by {}", text(event, "address"), text(event, "pc")),
            }
        }
        "steps" => {
            let name = if text(event, "name").is_empty() { "(no symbol)" } else { text(event, "name") };
            let count = event.get("count").and_then(Value::as_u64).unwrap_or_default();
            format!("{}: {count} in {}!{name}", text(event, "of"), base_name(text(event, "object")))
        }
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

fn object(event: &Value) -> String {
    let by = match text(event, "needed_by") {
        "" => String::new(),
        by => format!(", needed by {}", base_name(by)),
    };
    format!("{} {} at {}{by}", text(event, "action"), text(event, "name"), text(event, "base"))
}

/// `puts@GLIBC_2.2.5`; empty where there is no symbol.
pub fn versioned(event: &Value) -> String {
    match (text(event, "symbol"), text(event, "version")) {
        (symbol, "") => symbol.to_owned(),
        (symbol, version) => format!("{symbol}@{version}"),
    }
}

fn relocation(event: &Value) -> String {
    let kind = text(event, "type").trim_start_matches("R_X86_64_");
    let mut line = format!("{} {} {kind}", base_name(text(event, "object")), text(event, "slot"));
    match versioned(event) {
        symbol if symbol.is_empty() => {}
        symbol => line.push_str(&format!(" {symbol}")),
    }
    line.push_str(&format!(" = {}", text(event, "value")));
    match text(event, "target") {
        "" => line,
        target => format!("{line} in {}", base_name(target)),
    }
}

fn bind(event: &Value) -> String {
    let (object, index) = (base_name(text(event, "object")), text(event, "index"));
    let to = match text(event, "target") {
        "" => text(event, "value").to_owned(),
        target => format!("{} in {}", text(event, "value"), base_name(target)),
    };
    format!(
        "{} of {object}, {index} {}: {} -> {to}, called from {}",
        versioned(event),
        text(event, "slot"),
        text(event, "before"),
        text(event, "caller")
    )
}

/// An address field.
pub fn hex(event: &Value, key: &str) -> Option<u64> {
    u64::from_str_radix(text(event, key).strip_prefix("0x")?, 16).ok()
}

/// The same; 0 where there is none.
pub fn address(event: &Value, key: &str) -> u64 {
    hex(event, key).unwrap_or_default()
}

/// An integer field, which stands as a string where it is beyond 2^53.
pub fn signed(event: &Value, key: &str) -> Option<i64> {
    let value = event.get(key)?;
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}
