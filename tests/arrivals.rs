//! Where the kernel refuses to count page faults, pages that a second run's page tables get take their place, and rdbg says so.

mod common;

use std::collections::BTreeSet;

use common::build;
use common::load::scratch;
use common::rdbg::{PATIENCE, Session, run};
use common::tools;
use serde_json::Value;

fn address(event: &Value, key: &str) -> u64 {
    u64::from_str_radix(event[key].as_str().unwrap_or_default().trim_start_matches("0x"), 16).unwrap_or_default()
}

/// The pages that faulted or came, by their numbers.
fn pages(events: &[Value]) -> BTreeSet<u64> {
    let faults = events.iter().filter(|e| e["kind"] == "fault");
    faults.flat_map(|e| (0..e["count"].as_u64().unwrap_or(1)).map(|n| address(e, "address") / 4096 + n)).collect()
}

#[test]
fn pages_that_came_take_the_place_of_faults() {
    let (Some(noperf), Some(program)) =
        (build::or_skip("arrivals", "c/noperf.c", "plain"), build::or_skip("arrivals", "c/slots.c", "pie"))
    else {
        return;
    };
    let record = |wrapped: bool| {
        let file = scratch("jsonl");
        let save = format!("timeline save {}", file.display());
        let session = Session::rdbg().program(&program.path, [""; 0]).option("-batch");
        let session = ["timeline start", "run", &save].iter().fold(session, |s, c| s.option("-ex").option(c));
        let plain = session.command();
        let mut command = std::process::Command::new(if wrapped { noperf.path.as_os_str() } else { plain.get_program() });
        command.env_clear().envs(plain.get_envs().filter_map(|(k, v)| Some((k, v?))));
        if wrapped {
            command.arg(plain.get_program());
        }
        command.args(plain.get_args());
        let done = run(command, Vec::new(), PATIENCE);
        let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{e}: {}", done.text));
        let _ = std::fs::remove_file(&file);
        (done.text, text.lines().map(|l| serde_json::from_str(l).unwrap()).collect::<Vec<Value>>())
    };
    let (said, came) = record(true);
    if said.contains("noperf: ") {
        return tools::skip("arrivals", format!("seccomp is refused: {said}"));
    }
    assert!(said.contains("Page faults cannot be counted here: perf_event_open: Permission denied"), "{said}");
    assert!(said.contains("Shown instead are the pages that a second run's page tables got"), "{said}");
    let (said, faulted) = record(false);
    if said.contains("cannot be counted") {
        return tools::skip("arrivals", "perf is refused here anyhow: there is nothing to compare with");
    }
    let (came, faulted) = (pages(&came), pages(&faulted));
    assert!(faulted.len() > 30, "{faulted:?}");
    // Whatever faulted has come; what the kernel's execve has touched came before.
    let missing: Vec<String> = faulted.difference(&came).map(|n| format!("{:#x}", n * 4096)).collect();
    assert!(missing.len() <= 1, "{missing:?} of {}", faulted.len());
}
