//! Playing the tour, step by step.

use super::road::{State, Unit, units};
use super::workshop::exhibit;
use crate::base::{Error, Result};
use crate::command::{Args, Cx, Flow, TourPlace, load};
use crate::ui::Role;

pub(super) fn tour(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let word = args.get("list|all|N").unwrap_or_default();
    if word == "list" {
        list(cx, &units(cx.interpreter.tour.is_none_or(|p| p.own_program)));
        return Ok(Flow::Go);
    }
    let mut place = match cx.interpreter.tour {
        Some(place) => place,
        None => begin(cx)?,
    };
    let units = units(place.own_program);
    if let Ok(stop) = word.parse::<usize>() {
        let found = units.iter().position(|u| u.stop == stop);
        place.next = found.ok_or_else(|| Error::user(format!("There is no stop {stop}.  Try \"tour list\".")))?;
    } else if !matches!(word, "" | "all") {
        return Err(Error::user("\"tour\", \"tour list\", \"tour all\", or \"tour N\"."));
    }
    loop {
        let Some(unit) = units.get(place.next) else {
            cx.say("The tour has come to its end.  \"tour 1\" begins anew, \"tour list\" shows the stops.\n");
            return Ok(Flow::Go);
        };
        place.next += 1;
        cx.interpreter.tour = Some(place);
        let flow = play(cx, unit, place.own_program)?;
        if flow != Flow::Go || word != "all" {
            show_way(cx, units.get(place.next));
            return Ok(flow);
        }
    }
}

/// Makes the program and loads it.
fn begin(cx: &mut Cx<'_>) -> Result<TourPlace> {
    let exhibit = exhibit()?;
    if !exhibit.own {
        cx.say("There is no cc here that works: the tour is about /bin/ls.\n");
    }
    if cx.session.inferior.process.is_some() {
        return Err(Error::user("The tour brings its own program: kill the one that runs first, or detach."));
    }
    load(cx, &exhibit.path)?;
    Ok(TourPlace { next: 0, own_program: exhibit.own })
}

fn list(cx: &mut Cx<'_>, units: &[Unit]) {
    let next = cx.interpreter.tour.and_then(|p| units.get(p.next)).map_or(1, |u| u.stop);
    for unit in units {
        if let Some(title) = unit.title {
            let mark = if unit.stop == next { '*' } else { ' ' };
            cx.say(format!("{mark} {:2}  {title}\n", unit.stop));
        }
    }
}

/// Shows a step and runs its commands. A command that fails says so; the tour goes on.
fn play(cx: &mut Cx<'_>, unit: &Unit, own_program: bool) -> Result<Flow> {
    if let Some(title) = unit.title {
        cx.out.text(Role::Title, &format!("\n{}. {title}\n", unit.stop));
    }
    cx.say(format!("\n{}\n\n", unit.prose));
    if unit.title.is_some() {
        restore(cx, unit.state, own_program)?;
    }
    for command in &unit.commands {
        cx.out.text(Role::Dim, &format!("(rdbg) {command}\n"));
        cx.out.flush();
        match cx.run_line(command) {
            Ok(Flow::Go) => {}
            Ok(flow) => return Ok(flow),
            Err(e) => cx.report(&e),
        }
    }
    Ok(Flow::Go)
}

/// Brings a process to where a stop begins, if the reader has left it elsewhere: gone, or not yet there.
fn restore(cx: &mut Cx<'_>, state: State, own_program: bool) -> Result<()> {
    let runs = cx.session.inferior.process.is_some();
    let lines: &[&str] = match (state, runs, own_program) {
        (State::Start, false, true) => &["starti samir"],
        (State::Main, false, true) => &["tbreak main", "run samir"],
        (State::Start, false, false) => &["starti /"],
        (State::Main, false, false) => &["tbreak main", "run /"],
        _ => return Ok(()),
    };
    for line in lines {
        cx.capture(line)?;
    }
    Ok(())
}

/// How to go on.
fn show_way(cx: &mut Cx<'_>, next: Option<&Unit>) {
    if !cx.out.is_terminal() {
        return;
    }
    let text = match next {
        Some(Unit { title: Some(title), stop, .. }) => format!("[Enter: on to {stop}. {title}]\n"),
        Some(_) => "[Enter: on; or any command, and `tour' to come back]\n".to_owned(),
        None => "[The tour ends here.]\n".to_owned(),
    };
    cx.out.text(Role::Dim, &text);
}
