//! A name that several functions have: `set multiple-symbols` says whether all are meant, or the user is to choose.

use std::collections::BTreeMap;

use crate::base::{Error, Result};
use crate::command::cx::Cx;
use crate::engine::{Breakpoints, Disposition, Kind, Located};
use crate::ui::render::place_of;

/// One of the functions that a name means: a location that means it alone, and its places.
pub(super) type Choice = (String, Vec<Located>);

/// The functions that the user wants of those that `spec` means; `None` if all of them, as one breakpoint.
pub(super) fn choose(cx: &mut Cx<'_>, spec: &str, places: &[Located]) -> Result<Option<Vec<Choice>>> {
    let setting = cx.session.settings.multiple_symbols;
    let is_function = !spec.starts_with('*') && places.iter().all(|p| p.line.is_none());
    if setting == "all" || places.len() < 2 || !is_function {
        return Ok(None);
    }
    let mut choices: BTreeMap<String, Vec<Located>> = BTreeMap::new();
    for place in places {
        let mut alone = Breakpoints::default();
        let id = alone.add_at(Kind::Code { hardware: false }, spec, Disposition::Keep, [place.clone()]);
        let alone = alone.get(id)?;
        let named = cx.session.in_inferior(place.inferior, |session| place_of(session, place.addr, alone));
        let Some((function, file, _)) = named else { return Ok(None) };
        choices.entry(format!("{file}:{function}")).or_default().push(place.clone());
    }
    if choices.len() < 2 {
        return Ok(None);
    }
    if setting == "cancel" {
        return Err(Error::user("canceled because the command is ambiguous\nSee set/show multiple-symbol."));
    }
    // Who cannot be asked gets what gdb does by default.
    if !cx.interpreter.is_interactive() {
        return Ok(None);
    }
    let choices: Vec<Choice> = choices.into_iter().collect();
    let rows: String = (2..).zip(&choices).map(|(number, (name, _))| format!("[{number}] {name}\n")).collect();
    cx.say(format!("[0] cancel\n[1] all\n{rows}"));
    cx.out.flush();
    let answer = cx.interpreter.reader.clone().borrow_mut().read("> ")?.unwrap_or_default();
    let mut chosen = Vec::new();
    for number in numbers(&answer)? {
        match number {
            0 => return Err(Error::user("canceled")),
            1 => return Ok(None),
            n => {
                let choice = choices.get(n as usize - 2).ok_or_else(|| Error::user(format!("No choice number {n}.")))?;
                chosen.push(choice.clone());
            }
        }
    }
    Ok(Some(chosen))
}

/// `2 4-6`
fn numbers(text: &str) -> Result<Vec<u32>> {
    let bad = |word: &str| Error::user(format!("No choice number {word}."));
    let mut numbers = Vec::new();
    for word in text.split_whitespace() {
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        let [first, last] = [first, last].map(|n| n.parse::<u32>().ok().filter(|n| *n < 1 << 20));
        let (first, last) = first.zip(last).ok_or_else(|| bad(word))?;
        numbers.extend(first..=last);
    }
    if numbers.is_empty() {
        return Err(Error::user("argument required (one or more choice numbers)"));
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn choices_are_numbers_and_ranges() {
        assert_eq!(numbers("2 4-6").unwrap(), [2, 4, 5, 6]);
        for (text, error) in
            [("", "argument required (one or more choice numbers)"), ("x", "No choice number x."), ("1-", "No choice number 1-.")]
        {
            assert_eq!(numbers(text).unwrap_err().to_string(), error);
        }
    }
}
