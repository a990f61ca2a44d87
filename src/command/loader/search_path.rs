//! Where ld.so looks for a library.

use std::sync::Arc;

use crate::base::{Error, Need, Result};
use crate::command::{ArgKind, ArgSpec, Args, Command, Cx, Example, Flow, Group};
use crate::loader::{Tried, Why};
use crate::symbols::Module;
use crate::ui::{Role, Row, Table};

/// `info search-path`
pub const SEARCH_PATH: Command = Command {
    name: "info search-path",
    group: Group::Loading,
    args: &[ArgSpec::MODULE, ArgSpec::JSON, ArgSpec::must("NAME", ArgKind::Word)],
    summary: "Show where ld.so looks for a library, in order, and which place hits.",
    help: "DT_RPATH of the module that needs it and of those that had it loaded, LD_LIBRARY_PATH, DT_RUNPATH, /etc/ld.so.cache,\n\
           the directories that are built into ld.so; $ORIGIN and its kin expanded, glibc-hwcaps directories where they are.\n\
           The module that asks is -m's, else the first whose DT_NEEDED names it, else the program. Places behind the hit are\n\
           those where ld.so would look if that were not there.",
    examples: &[Example { line: "info search-path libc.so.6", what: "where libc was found, and where it was not" }],
    own: true,
    run: search_path,
    ..Command::BASE
};

fn search_path(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let name = args.get("NAME").unwrap_or_default();
    let session = &*cx.session;
    let modules = session.scopes().modules();
    let asking = |m: &&Arc<Module>| m.image().needed().any(|n| n == name);
    let module = match args.get("-m") {
        Some(text) => {
            modules.iter().find(|m| m.is_called(text)).ok_or_else(|| Error::user(format!("No module \"{text}\" is loaded.")))?
        }
        None => modules.iter().find(asking).or(modules.first()).ok_or(Error::Needs(Need::Executable))?,
    };
    let settings = session.search_settings();
    let chain = session.requesters(module, &modules);
    let places = settings.places(&chain, name);
    let loaded = modules.iter().find(|m| m.is_called(name) && m.name != module.name);
    let is_static = crate::engine::is_static(module.image());
    let mut head = match is_static {
        true => format!("{name}, as {} would ask for it by dlopen(3); it is statically linked and needs nothing", module.name),
        false => format!("{name}, as {} asks for it", module.name),
    };
    if let Some(loaded) = loaded.filter(|_| session.inferior.process.is_some()) {
        head.push_str(&format!("; loaded from {}: who asks again gets that, without a search", loaded.path.display()));
    }
    if settings.secure {
        head.push_str("; the kernel says AT_SECURE: the environment counts for nothing");
    }
    let mut table = Table::new();
    for (number, place) in (1..).zip(&places) {
        let why = match &place.why {
            Why::Path => "path".to_owned(),
            Why::Rpath(of) => format!("RPATH of {of}"),
            Why::LibraryPath => "LD_LIBRARY_PATH".into(),
            Why::Runpath(of) => format!("RUNPATH of {of}"),
            Why::Cache => "cache".into(),
            Why::Default => "default".into(),
            Why::BuiltIn => "built in".into(),
        };
        let tried = match place.tried {
            Tried::Hit => "hit",
            Tried::Later => "there too, but too late",
            Tried::Missing => "no such file",
            Tried::NoDirectory => "no such directory",
            Tried::WrongKind => "no x86-64 library, passed over",
            Tried::NotListed => "not in it",
        };
        table.push(
            Row::new()
                .both("order", Role::Plain, format!("[{number}]"), number)
                .cell("why", Role::Plain, why)
                .cell("path", Role::File, place.path.display().to_string())
                .cell("result", if place.tried == Tried::Hit { Role::Changed } else { Role::Plain }, tried),
        );
    }
    let hit = places.iter().any(|p| p.tried == Tried::Hit);
    cx.out.text(Role::Title, &format!("{head}\n"));
    table.show(cx.out);
    if !hit {
        cx.say(format!("{name} is not found: ld.so would say \"cannot open shared object file: No such file or directory\".\n"));
    }
    Ok(Flow::Go)
}
