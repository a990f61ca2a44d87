//! `std::chrono::duration` and `time_point`.

use super::{Pretty, Scene};
use crate::base::Result;
use crate::dwarf::Constant;
use crate::value::number::Number;
use crate::value::place::Value;
use crate::value::types::{Fields, Type, TypeKind};
use std::sync::Arc;

pub(super) fn show(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Result<Pretty>> {
    match name {
        "std::chrono::duration" => {
            Some(duration(scene, value).map(|d| Pretty::text(format!("std::chrono::duration = {{ {d} }}"))))
        }
        "std::chrono::time_point" => Some(time_point(scene, value)),
        _ => None,
    }
}

/// The numerator and denominator of a `std::ratio`: seconds of one tick.
fn ratio(scene: &Scene<'_>, ty: &Arc<Type>) -> Result<(i128, i128)> {
    let TypeKind::Struct { fields, .. } = &ty.stripped().kind else { return scene.unexpected() };
    let layout = Fields::layout(fields)?;
    let mut numbers = layout.template_args.iter().filter_map(|a| match a.value {
        Some(Constant::Int(n)) => Some(n),
        _ => None,
    });
    match (numbers.next(), numbers.next()) {
        (Some(n), d) => Ok((n, d.unwrap_or(1).max(1))),
        _ => scene.unexpected(),
    }
}

/// `1500ms`
fn duration(scene: &Scene<'_>, value: &Value) -> Result<String> {
    let (n, d) = ratio(scene, &scene.type_arg(value, 1)?)?;
    let unit = match (n, d) {
        (1, 1) => "s".to_owned(),
        (1, 1_000) => "ms".to_owned(),
        (1, 1_000_000) => "us".to_owned(),
        (1, 1_000_000_000) => "ns".to_owned(),
        (60, 1) => "min".to_owned(),
        (3600, 1) => "h".to_owned(),
        (86400, 1) => "d".to_owned(),
        (n, 1) => format!("[{n}]s"),
        (n, d) => format!("[{n}/{d}]s"),
    };
    let ticks = scene.find(value, &["__r"]).map_or_else(|| scene.get(value, &["__rep_"]), Ok)?;
    let text = match ticks.number(scene.printer.memory)? {
        Some(Number::Int(n)) => n.to_string(),
        Some(Number::Real(r)) => r.to_general(17),
        None => return scene.unexpected(),
    };
    Ok(text + &unit)
}

fn time_point(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let since = scene.find(value, &["__d"]).map_or_else(|| scene.get(value, &["__d_"]), Ok)?;
    let clock = scene.type_arg(value, 0)?.stripped().name.replace("std::chrono::_V2::", "std::chrono::");
    let clock = clock.replace("std::__1::", "std::");
    let (n, d) = ratio(scene, &scene.type_arg(&since, 1)?)?;
    let ticks = scene.find(&since, &["__r"]).map_or_else(|| scene.get(&since, &["__rep_"]), Ok)?;
    let is_whole = ticks.ty.is_integral();
    if clock.ends_with("system_clock") && is_whole {
        let seconds = scene.int(&ticks)?.saturating_mul(n).div_euclid(d);
        if let Ok(seconds) = i64::try_from(seconds) {
            return Ok(Pretty::text(format!("{clock} time_point = {{ {} }}", utc(seconds))));
        }
    }
    Ok(Pretty::text(format!("{clock} time_point = {{ {} }}", duration(scene, &since)?)))
}

/// Seconds since the epoch as date and time (proleptic Gregorian calendar, UTC).
fn utc(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86400), seconds.rem_euclid(86400));
    // Days from 0000-03-01: years then begin in March, and leap days come last.
    let shifted = days.saturating_add(719_468);
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    #[test]
    fn dates_are_dates() {
        // `date -u -d @N`
        for (n, text) in [
            (0, "1970-01-01 00:00:00"),
            (86400, "1970-01-02 00:00:00"),
            (951_782_400, "2000-02-29 00:00:00"),
            (1_700_000_000, "2023-11-14 22:13:20"),
            (-1, "1969-12-31 23:59:59"),
        ] {
            assert_eq!(super::utc(n), text);
        }
    }
}
