//! `show index-cache`: the cache of name indexes, and how often it was of use.

use super::args::Args;
use super::cx::{Command, Cx};
use super::describe::{Flow, Group, Repeat};
use crate::base::Result;
use crate::dwarf::{cache_settings, cache_stats};

/// `show index-cache`
pub const SHOW_INDEX_CACHE: Command = Command {
    name: "show index-cache",
    group: Group::Status,
    summary: "Show index-cache options.",
    repeat: Repeat::No,
    run: show,
    ..Command::BASE
};

/// `show index-cache stats`
pub const SHOW_INDEX_CACHE_STATS: Command = Command {
    name: "show index-cache stats",
    group: Group::Status,
    summary: "Show some stats about the index cache.",
    run: |cx, _| {
        cx.say(stats(""));
        Ok(Flow::Go)
    },
    ..Command::BASE
};

/// gdb's two lines, the first one further in.
fn stats(indent: &str) -> String {
    let found = cache_stats();
    format!("{indent}  Cache hits (this session): {}\n{indent}Cache misses (this session): {}\n", found.hits, found.misses)
}

fn show(cx: &mut Cx<'_>, _: &Args) -> Result<Flow> {
    super::environment::show_below(cx, "index-cache")?;
    let state = if cache_settings().enabled { "enabled" } else { "disabled" };
    cx.say(format!("index-cache stats:  \n{}\nThe index cache is currently {state}.\n", stats("  ")));
    Ok(Flow::Go)
}

/// The family.
pub const COMMANDS: &[Command] = &[SHOW_INDEX_CACHE, SHOW_INDEX_CACHE_STATS];

#[cfg(test)]
mod tests {
    use crate::command::fixture::run;

    #[test]
    fn the_cache_tells_how_often_it_was_of_use() {
        // What gdb 13 says of a cache that nobody has asked; in tests it is off.
        let stats = "  Cache hits (this session): 0\nCache misses (this session): 0\n";
        assert_eq!(run("show index-cache stats"), stats);
        let all = run("show index-cache");
        assert!(all.starts_with("index-cache directory:  The directory of the index cache is \""), "{all}");
        assert!(all.contains("\nindex-cache enabled:  The index cache is "), "{all}");
        assert!(
            all.contains("\nindex-cache stats:  \n    Cache hits (this session): 0\n  Cache misses (this session): 0\n\n"),
            "{all}"
        );
        assert!(all.ends_with("\nThe index cache is currently disabled.\n"), "{all}");
    }
}
