//! gdb's convenience functions: `$_strlen`, `$_streq`, `$_regex`, `$_memeq`, `$_isvoid`, `$_gdb_setting` and its kin.

use super::host::{Host, SettingValue};
use super::operators::address_of_value;
use crate::base::{Error, Result, read_vec};
use crate::value::{Place, StringEnd, Type, TypeKind, Value, read_string};

/// Where no limit is set, a string this long is cut.
const MAX_STRING: usize = 1 << 26;

/// The functions there are.
pub const FUNCTIONS: &[&str] = &[
    "_gdb_maint_setting",
    "_gdb_maint_setting_str",
    "_gdb_setting",
    "_gdb_setting_str",
    "_regex",
    "_streq",
    "_strlen",
    "_memeq",
    "_isvoid",
];

/// Calls a convenience function by its name without `$`; `None` if there is no such function.
pub(super) fn call(name: &str, arguments: &[Value], host: &mut dyn Host) -> Result<Option<Value>> {
    let int = |n: i128| Ok(Some(Value::int(&Type::int(), n)));
    match (name, arguments) {
        ("_strlen", [s]) => int(string(s, host)?.len() as i128),
        ("_streq", [a, b]) => int((string(a, host)? == string(b, host)?).into()),
        ("_regex", [s, pattern]) => {
            let pattern = String::from_utf8_lossy(&string(pattern, host)?).into_owned();
            let text = String::from_utf8_lossy(&string(s, host)?).into_owned();
            // Python's re.match: at the start of the text.
            let regex =
                regex::Regex::new(&format!("^(?:{pattern})")).map_err(|_| Error::user(format!("Invalid regexp: {pattern}")))?;
            int(regex.is_match(&text).into())
        }
        ("_memeq", [a, b, n]) => {
            let n = n.to_int(host.memory())?;
            let n = usize::try_from(n).ok().filter(|n| *n <= MAX_STRING);
            let n = n.ok_or_else(|| Error::user("Invalid length in call of $_memeq"))?;
            let a = read_vec(host.memory(), address_of_value(a, host)?, n)?;
            let b = read_vec(host.memory(), address_of_value(b, host)?, n)?;
            int((a == b).into())
        }
        ("_isvoid", [v]) => int(v.ty.is_void().into()),
        ("_gdb_setting" | "_gdb_setting_str" | "_gdb_maint_setting" | "_gdb_maint_setting_str", _) => {
            setting(name, arguments, host).map(Some)
        }
        ("_strlen" | "_streq" | "_regex" | "_memeq" | "_isvoid", _) => {
            Err(Error::user(format!("Wrong number of arguments in call of ${name}.")))
        }
        _ => Ok(None),
    }
}

/// `$_gdb_setting("NAME")` and its kin: the value of a setting, or its text.
fn setting(function: &str, arguments: &[Value], host: &dyn Host) -> Result<Value> {
    let Some(argument) = arguments.first() else {
        return Err(Error::user(format!("You must provide an argument to ${function}")));
    };
    let no_string = |_| Error::user(format!("First argument of ${function} must be a string."));
    let name = String::from_utf8_lossy(&string(argument, host).map_err(no_string)?).into_owned();
    let maintenance = function.starts_with("_gdb_maint");
    let list = if maintenance { "maint show" } else { "show" };
    let (value, text) = host
        .setting(&name, maintenance)
        .ok_or_else(|| Error::user(format!("First argument of ${function} must be a valid setting of the '{list}' command.")))?;
    Ok(match value {
        _ if function.ends_with("_str") => text_value(&text),
        SettingValue::Int(n) => Value::int(&Type::int(), n.into()),
        SettingValue::Unsigned(n) => Value::int(&Type::uint(), n.into()),
        SettingValue::Text(text) => text_value(&text),
    })
}

/// An array of characters with its NUL.
fn text_value(text: &str) -> Value {
    let bytes: Vec<u8> = text.bytes().chain([0]).collect();
    Value::computed(&Type::array(&Type::char(), bytes.len() as u64), bytes)
}

/// The bytes of a string: of a literal or variable, or behind a pointer.
fn string(value: &Value, host: &dyn Host) -> Result<Vec<u8>> {
    let ty = value.ty.stripped();
    let of_chars = ty.element().or(ty.target()).is_some_and(|t| t.is_char() && t.stripped().size == 1);
    if !of_chars {
        return Err(Error::user(format!("Trying to read string with inappropriate type `{}'.", value.ty)));
    }
    if matches!(ty.kind, TypeKind::Array { .. }) && !matches!(value.place, Place::Memory(_)) {
        let bytes = value.bytes(host.memory(), None)?;
        return Ok(bytes.split(|b| *b == 0).next().unwrap_or_default().to_vec());
    }
    match read_string(host.memory(), address_of_value(value, host)?, 1, MAX_STRING) {
        (_, StringEnd::Fault(addr)) => Err(Error::Fault { addr }),
        (bytes, _) => Ok(bytes),
    }
}
