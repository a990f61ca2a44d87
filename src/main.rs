//! rdbg's executable: arguments in, a front end, an exit status out.

use std::io::Write;

use rdbg::front::{Options, run};

fn main() {
    let options = match Options::parse(std::env::args_os().skip(1)) {
        Ok(options) => options,
        Err(e) => {
            let _ = writeln!(std::io::stderr(), "rdbg: {e}\nUse `rdbg --help' for a complete list of options.");
            std::process::exit(1);
        }
    };
    log();
    report_panics();
    let status = run(&options);
    let _ = std::io::stdout().flush();
    std::process::exit(status);
}

/// What `RDBG_LOG` asks for goes to standard error: `RDBG_LOG=os=trace` shows every request to ptrace.
fn log() {
    if let Ok(filter) = tracing_subscriber::EnvFilter::try_from_env("RDBG_LOG") {
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    }
}

/// A panic is a mistake of ours: say so in a line.
fn report_panics() {
    std::panic::set_hook(Box::new(|info| {
        let _ = writeln!(std::io::stderr(), "rdbg has made a mistake and must end: {info}");
    }));
}
