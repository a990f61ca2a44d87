//! gdb's convenience functions: `$_strlen`, `$_streq`, `$_regex`, `$_memeq`, `$_isvoid`.

use super::eval::address_of_value;
use super::host::Host;
use crate::base::{Error, Result, read_vec};
use crate::value::{Place, StringEnd, Type, TypeKind, Value, read_string};

/// Where no limit is set, a string this long is cut.
const MAX_STRING: usize = 1 << 26;

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
        ("_strlen" | "_streq" | "_regex" | "_memeq" | "_isvoid", _) => {
            Err(Error::user(format!("Wrong number of arguments in call of ${name}.")))
        }
        _ => Ok(None),
    }
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
