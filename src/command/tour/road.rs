//! The tour's text: stops, each of prose and commands in turn.

/// What a stop takes for granted of the process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Nothing.
    File,
    /// It stands at its first instruction, in the dynamic linker.
    Begun,
    /// It stands at `_start`.
    Start,
    /// It stands at `main`, or behind it.
    Main,
}

/// A step: prose, and the commands that it leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unit {
    /// The number of its stop, from 1.
    pub stop: usize,
    /// The stop's title, in its first unit.
    pub title: Option<&'static str>,
    /// What the process has to be like.
    pub state: State,
    /// Paragraphs, with their line breaks.
    pub prose: String,
    /// The commands, in order; none in the last unit.
    pub commands: Vec<&'static str>,
}

/// A line `%own` begins what is told of the tour's own program, `%ls` what is told where there is no compiler to build it, `%both`
/// what is true of both again.
const ROAD: &str = include_str!("road.txt");

/// The lines that are for one of the two programs.
fn lines(own_program: bool) -> impl Iterator<Item = &'static str> {
    let mut is_wanted = true;
    ROAD.lines().filter(move |line| match *line {
        "%own" | "%ls" | "%both" => {
            is_wanted = *line == "%both" || (*line == "%own") == own_program;
            false
        }
        _ => is_wanted,
    })
}

/// All steps, in order: about the tour's own program, or about /bin/ls.
pub fn units(own_program: bool) -> Vec<Unit> {
    let mut out: Vec<Unit> = Vec::new();
    let (mut stop, mut title, mut state) = (0, None, State::File);
    let mut prose = String::new();
    for line in lines(own_program) {
        if let Some(head) = line.strip_prefix("# ") {
            close(&mut out, &mut prose, stop, &mut title, state);
            let (name, needs) = head.split_once(" [").unwrap_or((head, ""));
            (stop, title) = (stop + 1, Some(name));
            state = match needs.trim_end_matches(']') {
                "file" => State::File,
                "starti" => State::Begun,
                "start" => State::Start,
                "main" => State::Main,
                _ => state,
            };
        } else if let Some(command) = line.strip_prefix("(rdbg) ") {
            // Commands without prose between them belong together.
            if prose.trim().is_empty()
                && let Some(last) = out.last_mut().filter(|u| u.stop == stop && title.is_none())
            {
                last.commands.push(command);
                continue;
            }
            let text = std::mem::take(&mut prose).trim().to_owned();
            out.push(Unit { stop, title: title.take(), state, prose: text, commands: vec![command] });
        } else {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    close(&mut out, &mut prose, stop, &mut title, state);
    out
}

/// Prose at a stop's end that no command follows.
fn close(out: &mut Vec<Unit>, prose: &mut String, stop: usize, title: &mut Option<&'static str>, state: State) {
    let text = std::mem::take(prose).trim().to_owned();
    if !text.is_empty() {
        out.push(Unit { stop, title: title.take(), state, prose: text, commands: Vec::new() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stop_has_a_title_and_commands() {
        let titles = |of: &[Unit]| of.iter().filter(|u| u.title.is_some()).count();
        assert_eq!(titles(&units(true)), titles(&units(false)));
        for own_program in [true, false] {
            let units = units(own_program);
            let stops = units.last().map_or(0, |u| u.stop);
            assert!(stops >= 10, "{stops}");
            for stop in 1..=stops {
                let of: Vec<&Unit> = units.iter().filter(|u| u.stop == stop).collect();
                assert_eq!(of.iter().filter(|u| u.title.is_some()).count(), 1, "stop {stop}");
                assert!(of[0].title.is_some() && of.iter().any(|u| !u.commands.is_empty()), "stop {stop}");
            }
            assert!(units.iter().all(|u| u.prose.lines().all(|l| l.len() <= 125 && !l.starts_with('%'))));
        }
        let ours = |unit: &Unit| {
            // "the kernel puts arguments on a stack" is said of both.
            let told = ["printf", "my_puts", "samir"].iter().any(|w| unit.prose.contains(w));
            told || unit.commands.iter().any(|c| ["printf", "puts", "samir"].iter().any(|w| c.contains(w)))
        };
        assert_eq!(units(false).iter().find(|u| ours(u)), None);
        let units = units(true);
        assert_eq!((units[0].state, units[0].commands.as_slice()), (State::File, &["list 1,13"][..]));
    }
}
