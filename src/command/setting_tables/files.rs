//! Settings of where files are found.

use SettingKind::{Bool, Enum, Text};

use super::row::{refuse, row};
use crate::base::Result;
use crate::command::cx::{Cx, Setting};
use crate::command::describe::SettingKind;
use crate::command::paths::expand_home;
use crate::command::source_paths;

/// The table.
pub const SETTINGS: &[Setting] = &[
    row(
        "debug-file-directory",
        Text(|s| &mut s.debug_file_directory),
        "The directory where separate debug symbols are searched for is \"{}\".",
        "Set the directories where separate debug symbols are searched for.",
    )
    .help("Separated by colons. Build-ids are looked for in DIRECTORY/.build-id, .gnu_debuglinks below DIRECTORY, beside the file and in .debug there.\n\
Takes effect at once, on modules that are loaded too.")
    .after(|cx| {
        cx.session.look_for_debug_files();
        Ok(())
    }),
    row(
        "index-cache enabled",
        Bool(|s| &mut s.index_cache_enabled),
        "The index cache is {}.",
        "Enable or disable the index cache.",
    )
    .help("The names in the debug information of a program are kept in a file, by its build-id, so that they need not be looked for again.")
    .after(index_cache),
    row(
        "index-cache directory",
        Text(|s| &mut s.index_cache_directory),
        "",
        "Set the directory of the index cache.",
    )
    .by(|_| {
        let place = crate::dwarf::cache_settings().place();
        format!("The directory of the index cache is \"{}\".", place.unwrap_or_default().display())
    })
    .help("$XDG_CACHE_HOME/rdbg or ~/.cache/rdbg if it is empty. The oldest files go when all of them together take up more than 2 GiB.")
    .after(index_cache),
    row("sysroot", Text(|s| &mut s.sysroot), "The current system root is \"{}\".", "Set an alternate system root.")
        .alias(&["solib-absolute-prefix"])
        .after(|cx| {
            let elsewhere = !matches!(cx.session.settings.sysroot.as_str(), "" | "/" | "target:");
            refuse(elsewhere, "rdbg opens the files that the process itself sees, in no other root.")
        }),
    row(
        "solib-search-path",
        Text(|s| &mut s.solib_search_path),
        "The search path for loading non-absolute shared library symbol files is {}.",
        "Set the search path for loading non-absolute shared library symbol files.",
    )
    .after(|cx| refuse(!cx.session.settings.solib_search_path.is_empty(), "rdbg opens the libraries that the process has mapped, and searches nowhere else.")),
    row(
        "auto-solib-add",
        Bool(|s| &mut s.auto_solib_add),
        "Autoloading of shared library symbols is {}.",
        "Set autoloading of shared library symbols.",
    )
    .after(|cx| refuse(!cx.session.settings.auto_solib_add, "rdbg reads the symbols of a library when they are needed.")),
    row(
        "auto-load safe-path",
        Text(|s| &mut s.auto_load_safe_path),
        "List of directories from which it is safe to auto-load files is {}.",
        "Set the list of files and directories that are safe for auto-loading.",
    ),
    row(
        "auto-load local-rdbginit",
        Bool(|s| &mut s.auto_load_local_rdbginit),
        "Auto-loading of .rdbginit script from current directory is {}.",
        "Enable or disable auto-loading of .rdbginit script in current directory.",
    )
    .alias(&["auto-load local-gdbinit"]),
    row(
        "directories",
        Text(|s| &mut s.directories),
        "Source directories searched: {}",
        "Set the search path for finding source files.",
    )
    .help("$cdir is the directory in which the source was compiled, $cwd the current one.")
    .after(source_paths::directories_set),
    row(
        "filename-display",
        Enum(|s| &mut s.filename_display, &["basename", "relative", "absolute"]),
        "Filenames are displayed as \"{}\".",
        "Set how to display filenames.",
    )
    .help("relative: as the compiler was given them; basename: without directories; absolute: with all of them."),
    row(
        "debuginfod enabled",
        Enum(|s| &mut s.debuginfod_enabled, &["on", "off", "ask"]),
        "Debuginfod functionality is currently set to \"{}\".",
        "Set whether to use debuginfod.",
    )
    .after(|cx| refuse(cx.session.settings.debuginfod_enabled != "off", "rdbg asks no debuginfod server.")),
];

/// The cache of name indexes is one for all programs.
fn index_cache(cx: &mut Cx<'_>) -> Result<()> {
    let settings = &cx.session.settings;
    let directory = Some(settings.index_cache_directory.trim()).filter(|d| !d.is_empty()).map(expand_home);
    let cache = crate::dwarf::cache_settings();
    crate::dwarf::set_cache_settings(crate::dwarf::CacheSettings { enabled: settings.index_cache_enabled, directory, ..cache });
    Ok(())
}
