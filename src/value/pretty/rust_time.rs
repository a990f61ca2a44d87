//! `Duration`, as Rust's own `{:?}` writes it.

use super::{Pretty, Scene};
use crate::base::Result;
use crate::value::place::Value;

pub(super) fn show(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Result<Pretty>> {
    (name == "Duration").then(|| duration(scene, value))
}

fn duration(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let secs = scene.number(value, &["secs"])?;
    let nanos = scene.size(&scene.wrapped(&scene.get(value, &["nanos"])?)?)?;
    if nanos >= 1_000_000_000 {
        return scene.unexpected();
    }
    Ok(Pretty::text(text(secs, nanos)))
}

fn text(secs: u64, nanos: u64) -> String {
    let (whole, rest, digits, unit) = match (secs, nanos) {
        (1.., _) => (secs, nanos, 9, "s"),
        (_, 1_000_000..) => (nanos / 1_000_000, nanos % 1_000_000, 6, "ms"),
        (_, 1_000..) => (nanos / 1_000, nanos % 1_000, 3, "\u{b5}s"),
        _ => (nanos, 0, 0, "ns"),
    };
    match rest {
        0 => format!("{whole}{unit}"),
        _ => format!("{whole}.{}{unit}", format!("{rest:0digits$}").trim_end_matches('0')),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn durations_are_as_rust_writes_them() {
        for (secs, nanos) in [(5, 600), (0, 0), (0, 1_500_000), (0, 1500), (0, 7), (3, 0), (1, 250_000_000)] {
            assert_eq!(super::text(secs, nanos), format!("{:?}", std::time::Duration::new(secs, nanos as u32)));
        }
    }
}
