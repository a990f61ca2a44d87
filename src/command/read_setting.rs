//! Settings read by their names, for `$_gdb_setting` and its kin.

use crate::engine::Settings;
use crate::expr::SettingValue;

use super::SETTINGS;
use super::cx::Setting;
use super::describe::{Form, SettingKind};
use super::test_settings::TEST_SETTINGS;

/// The value and the text of a setting by its name below `show`, or `maintenance show`; the name may be shortened.
pub fn read_setting(settings: &Settings, name: &str, maintenance: bool) -> Option<(SettingValue, String)> {
    let tables: &[&'static [Setting]] = if maintenance { &[TEST_SETTINGS] } else { SETTINGS };
    let is_named = |s: &&Setting| s.name == name || s.aliases.contains(&name);
    let setting = settings_in(tables).find(is_named).or_else(|| shortened(tables, name))?;
    let mut copy = settings.clone();
    let from = &mut copy;
    let value = match setting.kind {
        SettingKind::Bool(at) => SettingValue::Int(i64::from(*at(from))),
        SettingKind::Auto(at) => SettingValue::Int(at(from).map_or(-1, i64::from)),
        SettingKind::Limit(at) => SettingValue::Unsigned(at(from).unwrap_or(0).into()),
        SettingKind::AnyLimit(at) => SettingValue::Int(at(from).unwrap_or(0).into()),
        SettingKind::ZeroLimit(at) => SettingValue::Int(at(from).map_or(-1, i64::from)),
        SettingKind::Signed(at) => SettingValue::Int((*at(from)).into()),
        SettingKind::Uint(at) => SettingValue::Unsigned((*at(from)).into()),
        SettingKind::Taken(form, _) => taken(form, &setting.value(settings)),
        _ => SettingValue::Text(setting.value(settings)),
    };
    Some((value, setting.value(settings)))
}

/// The value of a setting that is kept as text.
fn taken(form: Form, text: &str) -> SettingValue {
    match form {
        Form::Bool => SettingValue::Int(i64::from(text == "on")),
        Form::Auto => SettingValue::Int(["off", "on"].iter().position(|w| *w == text).map_or(-1, |n| n as i64)),
        Form::Limit | Form::Uint => SettingValue::Unsigned(text.parse().unwrap_or(0)),
        Form::ZeroLimit | Form::Signed => SettingValue::Int(text.parse().unwrap_or(-1)),
        Form::Enum(_) | Form::Text | Form::File | Form::NeededFile => SettingValue::Text(text.to_owned()),
    }
}

/// The one setting whose name's words all begin with those of `name`.
fn shortened(tables: &[&'static [Setting]], name: &str) -> Option<&'static Setting> {
    let words: Vec<&str> = name.split_whitespace().collect();
    let fits = |s: &&Setting| {
        s.name.split(' ').count() == words.len() && s.name.split(' ').zip(&words).all(|(whole, word)| whole.starts_with(word))
    };
    let mut fitting = settings_in(tables).filter(fits);
    fitting.next().filter(|_| fitting.next().is_none())
}

fn settings_in<'t>(tables: &'t [&'static [Setting]]) -> impl Iterator<Item = &'static Setting> + 't {
    tables.iter().copied().flatten()
}
