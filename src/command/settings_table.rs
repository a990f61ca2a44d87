//! The table of settings: name, place, gdb's `show` sentence, gdb's description.

use SettingKind::{Auto, Bool, Enum, File, Limit, Text, Uint, ZeroLimit};

use crate::base::{Error, Result};
use crate::engine::Settings;

use super::cx::Cx;
use super::history_file;
use super::logging;
use super::script::expand_home;
use super::settings::{Sentence, Setting, SettingKind};
use super::source_paths;

pub(super) const fn row(name: &'static str, kind: SettingKind, sentence: &'static str, summary: &'static str) -> Setting {
    let sentence = Sentence::Value(sentence);
    Setting { name, aliases: &[], kind, sentence, summary, help: "", own: false, after: None }
}

impl Setting {
    pub(super) const fn help(self, help: &'static str) -> Setting {
        Setting { help, ..self }
    }

    pub(super) const fn alias(self, aliases: &'static [&'static str]) -> Setting {
        Setting { aliases, ..self }
    }

    pub(super) const fn own(self) -> Setting {
        Setting { own: true, ..self }
    }

    pub(super) const fn by(self, sentence: fn(&Settings) -> String) -> Setting {
        Setting { sentence: Sentence::By(sentence), ..self }
    }

    pub(super) const fn after(self, after: fn(&mut Cx<'_>) -> Result<()>) -> Setting {
        Setting { after: Some(after), ..self }
    }
}

/// The cache of name indexes is one for all programs.
fn index_cache(cx: &mut Cx<'_>) -> Result<()> {
    let settings = &cx.session.settings;
    let directory = Some(settings.index_cache_directory.trim()).filter(|d| !d.is_empty()).map(expand_home);
    let cache = crate::dwarf::cache_settings();
    crate::dwarf::set_cache_settings(crate::dwarf::CacheSettings { enabled: settings.index_cache_enabled, directory, ..cache });
    Ok(())
}

/// Every setting.
pub const SETTINGS: &[Setting] = &[
    // What rdbg itself does.
    row(
        "confirm",
        Bool(|s| &mut s.confirm),
        "Whether to confirm potentially dangerous operations is {}.",
        "Set whether to confirm potentially dangerous operations.",
    )
    .help("Scripts and pipes are never asked."),
    row(
        "height",
        Limit(|s| &mut s.height),
        "Number of lines rdbg thinks are in a page is {}.",
        "Set number of lines in a page for rdbg output pagination.",
    )
    .help("At a prompt on a terminal it is the terminal's height to begin with; elsewhere nothing is paged. 0 or unlimited: no pages."),
    row(
        "width",
        Limit(|s| &mut s.width),
        "Number of characters rdbg thinks are in a line is {}.",
        "Set number of characters where rdbg should wrap lines of its output.",
    ),
    row("pagination", Bool(|s| &mut s.pagination), "State of pagination is {}.", "Set state of rdbg output pagination."),
    row("prompt", Text(|s| &mut s.prompt), "Rdbg's prompt is \"{}\".", "Set rdbg's prompt."),
    row("style enabled", Bool(|s| &mut s.style_enabled), "CLI output styling is {}.", "Set whether CLI styling is enabled.")
        .by(|s| format!("CLI output styling is {}.", enabled(s.style_enabled))),
    row(
        "style sources",
        Bool(|s| &mut s.style_sources),
        "Source code styling is enabled.",
        "Set whether source code styling is enabled.",
    )
    .by(|s| format!("Source code styling is {}.", enabled(s.style_sources))),
    row("verbose", Bool(|s| &mut s.verbose), "", "Set verbosity.").by(|s| {
        let on = "Verbose printing of informational messages is on.";
        if s.verbose { on } else { "Verbosity is off." }.to_owned()
    }),
    row("endian", Enum(|s| &mut s.endian, &["auto", "big", "little"]), "", "Set endianness of target.")
        .help("The processors that rdbg knows are little-endian.")
        .by(|s| match s.endian {
            "auto" => "The target endianness is set automatically (currently little endian).".to_owned(),
            chosen => format!("The target is set to {chosen} endian."),
        })
        .after(|cx| {
            refuse(cx.session.settings.endian == "big", "x86-64 is little-endian.")?;
            let chosen = if cx.session.settings.endian == "auto" { "set automatically (currently little endian)" } else { "set to little endian" };
            cx.say_directly(format!("The target {} {chosen}.\n", if cx.session.settings.endian == "auto" { "endianness is" } else { "is" }));
            Ok(())
        }),
    row(
        "trace-commands",
        Bool(|s| &mut s.trace_commands),
        "State of rdbg CLI command tracing is {}.",
        "Set tracing of rdbg CLI commands.",
    ),
    row(
        "max-completions",
        ZeroLimit(|s| &mut s.max_completions),
        "Maximum number of completion candidates is {}.",
        "Set maximum number of completion candidates.",
    ),
    row(
        "max-user-call-depth",
        ZeroLimit(|s| &mut s.max_user_call_depth),
        "The max call depth for user-defined commands is {}.",
        "Set the max call depth for non-python/scheme user-defined commands.",
    ),
    row(
        "editing",
        Bool(|s| &mut s.editing),
        "Editing of command lines as they are typed is {}.",
        "Set editing of command lines as they are typed.",
    ),
    row(
        "error strict",
        Bool(|s| &mut s.error_strict),
        "Whether any error makes rdbg end with status 1 is {}.",
        "Set whether any error makes rdbg end with status 1.",
    )
    .own(),
    row(
        "stable-addresses",
        Bool(|s| &mut s.stable_addresses),
        "Writing of addresses as MODULE+OFFSET is {}.",
        "Set whether addresses are written as MODULE+OFFSET, so that output can be compared.",
    )
    .own()
    .after(|cx| {
        cx.session.refresh_address_names();
        Ok(())
    }),
    row(
        "history save",
        Bool(|s| &mut s.history_save),
        "Saving of the history record on exit is {}.",
        "Set saving of the history record on exit.",
    ),
    row(
        "history size",
        ZeroLimit(|s| &mut s.history_size),
        "The size of the command history is {}.",
        "Set the size of the command history.",
    )
    .help("\"unlimited\" or -1 keeps every line."),
    row(
        "history filename",
        File(|s| &mut s.history_filename),
        "The filename in which to record the command history is \"{}\".",
        "Set the filename in which to record the command history.",
    )
    .by(|s| format!("The filename in which to record the command history is \"{}\".", history_file(s).display()))
    .after(|cx| {
        let name = &mut cx.session.settings.history_filename;
        if !name.is_empty() && let Ok(path) = std::path::absolute(&*name) {
            // The file is where it was meant, wherever `cd` goes.
            *name = path.to_string_lossy().into_owned();
        }
        Ok(())
    }),
    row(
        "history expansion",
        Bool(|s| &mut s.history_expansion),
        "History expansion on command input is {}.",
        "Set history expansion on command input.",
    )
    .after(|cx| refuse(cx.session.settings.history_expansion, "rdbg does no history expansion.")),
    row(
        "history remove-duplicates",
        ZeroLimit(|s| &mut s.history_remove_duplicates),
        "The number of history entries to look back at for duplicates is {}.",
        "Set how far back in history to look for and remove duplicate entries.",
    ),
    row("logging enabled", Bool(|s| &mut s.logging_enabled), "{}: Logging is disabled.", "Enable logging.")
        .by(|s| if s.logging_enabled { "on: Logging is enabled." } else { "off: Logging is disabled." }.to_owned())
        .after(logging::switched),
    row("logging file", File(|s| &mut s.logging_file), "The current logfile is \"{}\".", "Set the current logfile."),
    row(
        "logging overwrite",
        Bool(|s| &mut s.logging_overwrite),
        "{}: Logging appends to the log file.",
        "Set whether logging overwrites or appends to the log file.",
    )
    .by(|s| {
        if s.logging_overwrite { "on: Logging overwrites the log file." } else { "off: Logging appends to the log file." }
            .to_owned()
    }),
    row(
        "logging redirect",
        Bool(|s| &mut s.logging_redirect),
        "{}: Output will go to both the screen and the log file.",
        "Set the logging output mode.",
    )
    .by(|s| redirected(s.logging_redirect, "Output")),
    row(
        "logging debugredirect",
        Bool(|s| &mut s.logging_debugredirect),
        "{}: Debug output will go to both the screen and the log file.",
        "Set the logging debug output mode.",
    )
    .by(|s| redirected(s.logging_debugredirect, "Debug output")),
    row(
        "write",
        Bool(|s| &mut s.write),
        "Writing into executable and core files is {}.",
        "Set writing into executable and core files.",
    )
    .after(|cx| refuse(cx.session.settings.write, "rdbg writes into processes, never into programs' files.")),
    row(
        "complaints",
        Uint(|s| &mut s.complaints),
        "Max number of complaints about incorrect symbols is {}.",
        "Set max number of complaints about incorrect symbols.",
    )
    .help("For gdb's scripts: what rdbg has to say about damaged debug information it says where it matters."),
    row("check type", Bool(|s| &mut s.check_type), "Strict type checking is {}.", "Set strict type checking.")
        .help("Off, an argument that is not of its parameter's type is taken as it is."),
    row(
        "check range",
        Enum(|s| &mut s.check_range, &["on", "off", "warn", "auto"]),
        "",
        "Set range checking.",
    )
    .help("For languages whose values have ranges; C, C++ and Rust have none, and nothing is checked.")
    .by(|s| match s.check_range {
        "auto" => "Range checking is \"auto; currently off\".".to_owned(),
        chosen => format!("Range checking is \"{chosen}\".{}", range_warning(s)),
    })
    .after(|cx| {
        let warning = range_warning(&cx.session.settings);
        cx.say(warning.trim_start_matches('\n'));
        if !warning.is_empty() {
            cx.say("\n");
        }
        Ok(())
    }),
    // The program, breakpoints, the stack.
    row(
        "args",
        Text(|s| &mut s.args),
        "Argument list to give program being debugged when it is started is \"{}\".",
        "Set argument list to give program being debugged when it is started.",
    ),
    row("cwd", Text(|s| &mut s.cwd), "", "Set the current working directory to be used when the inferior is started.")
        .by(cwd_sentence)
        .help("Without an argument the program gets rdbg's own."),
    row(
        "inferior-tty",
        Text(|s| &mut s.inferior_tty),
        "Terminal for future runs of program being debugged is \"{}\".",
        "Set terminal for future runs of program being debugged.",
    )
    .help("\"tty FILE\" is the same."),
    row(
        "disable-randomization",
        Bool(|s| &mut s.disable_randomization),
        "Disabling randomization of debuggee's virtual address space is {}.",
        "Set disabling of debuggee's virtual address space randomization.",
    )
    .help("On means no ASLR: every run has the same addresses."),
    row(
        "startup-with-shell",
        Bool(|s| &mut s.startup_with_shell),
        "Use of shell to start subprocesses is {}.",
        "Set use of shell to start subprocesses.  In rdbg it is always off.",
    )
    .help("rdbg reads quotes, variables, globs and redirections of \"run\" itself and starts the program without a shell.")
    .after(|cx| {
        let sentence = "rdbg starts programs without a shell: it reads quotes, variables, globs and redirections itself.";
        refuse(cx.session.settings.startup_with_shell, sentence)
    }),
    row(
        "exec-wrapper",
        Text(|s| &mut s.exec_wrapper),
        "The wrapper for running programs is \"{}\".",
        "Set a wrapper for running programs.",
    )
    .after(|cx| refuse(!cx.session.settings.exec_wrapper.is_empty(), "rdbg starts programs itself and knows no wrapper: \"set environment\", \"set cwd\" and redirections go without one.")),
    row(
        "follow-fork-mode",
        Enum(|s| &mut s.follow_fork_mode, &["child", "parent"]),
        "Debugger response to a program call of fork or vfork is \"{}\".",
        "Set debugger response to a program call of fork or vfork.",
    )
    .help("\"parent\" stays with the process that forks; \"child\" goes on with the new one, which becomes an inferior.\n\
What becomes of the other one is for \"set detach-on-fork\" to say."),
    row(
        "follow-exec-mode",
        Enum(|s| &mut s.follow_exec_mode, &["new", "same"]),
        "Follow exec mode is \"{}\".",
        "Set debugger response to a program call of exec.",
    )
    .help("\"same\" keeps the process in its inferior, whose program is the new one then. \"new\" gives it a new inferior: \"run\" in the\n\
old one starts the old program again."),
    row(
        "detach-on-fork",
        Bool(|s| &mut s.detach_on_fork),
        "Whether rdbg will detach the child of a fork is {}.",
        "Set whether rdbg will detach the child of a fork.",
    )
    .help("Off, parent and child both stay: the one that is not followed is an inferior that stands still until \"inferior ID\" and\n\
\"continue\", or \"set schedule-multiple on\"."),
    row(
        "seccomp-catch",
        Bool(|s| &mut s.seccomp_catch),
        "Whether a seccomp filter lets system calls that nobody catches run at full speed is {}.",
        "Set whether a seccomp filter lets system calls that nobody catches run at full speed.",
    )
    .help("The next \"run\" gives the program a filter of the calls that are caught by then. It takes no_new_privs (prctl(2)), is inherited\n\
by whatever comes of the program, and answers ENOSYS in what rdbg lets go of: such a program cannot be detached, and needs\n\
\"set detach-on-fork off\"."),
    row(
        "watch-system-calls",
        Bool(|s| &mut s.watch_system_calls),
        "Whether hardware watchpoints are compared when a system call returns is {}.",
        "Set whether hardware watchpoints are compared when a system call returns.",
    )
    .help("Debug registers do not see what the kernel writes, as read(2) into a watched variable. On, the program stops at the end\n\
of the call that has changed one; each system call is stopped at for it, which is slow."),
    row(
        "scheduler-locking",
        Enum(|s| &mut s.scheduler_locking, &["off", "on", "step", "replay"]),
        "Mode for locking scheduler during execution is \"{}\".",
        "Set mode for locking scheduler during execution.",
    ),
    row(
        "schedule-multiple",
        Bool(|s| &mut s.schedule_multiple),
        "Resuming the execution of threads of all processes is {}.",
        "Set mode for resuming threads of all processes.",
    )
    .help("On, every inferior goes on when one does; off, the current one alone."),
    row(
        "non-stop",
        Bool(|s| &mut s.non_stop),
        "Controlling the inferior in non-stop mode is {}.",
        "Set whether rdbg controls the inferior in non-stop mode.",
    )
    .after(|cx| refuse(cx.session.settings.non_stop, "rdbg stops all threads together: there is no non-stop mode.")),
    row(
        "stop-on-solib-events",
        Uint(|s| &mut s.stop_on_solib_events),
        "Stopping for shared library events is {}.",
        "Set stopping for shared library events.",
    ),
    row("step-mode", Bool(|s| &mut s.step_mode), "Mode of the step operation is {}.", "Set mode of the step operation."),
    row(
        "unwindonsignal",
        Bool(|s| &mut s.unwindonsignal),
        "Unwinding of stack if a signal is received while in a call dummy is {}.",
        "Set unwinding of stack if a signal is received while in a call dummy.",
    ),
    row(
        "unwind-on-terminating-exception",
        Bool(|s| &mut s.unwind_on_terminating_exception),
        "Unwind stack if a C++ exception is unhandled while in a call dummy is {}.",
        "Set unwinding of stack if std::terminate() is called while in call dummy.",
    ),
    row(
        "coerce-float-to-double",
        Bool(|s| &mut s.coerce_float_to_double),
        "Coercion of floats to doubles when calling functions is {}.",
        "Set coercion of floats to doubles when calling functions.",
    ),
    row(
        "print thread-events",
        Bool(|s| &mut s.print_thread_events),
        "Printing of thread events is {}.",
        "Set printing of thread events (such as thread start and exit).",
    ),
    row(
        "exec-done-display",
        Bool(|s| &mut s.exec_done_display),
        "Notification of completion for asynchronous execution commands is {}.",
        "Set notification of completion for asynchronous execution commands.",
    ),
    row(
        "print inferior-events",
        Bool(|s| &mut s.print_inferior_events),
        "Printing of inferior events is {}.",
        "Set printing of inferior events (such as inferior start and exit).",
    ),
    row(
        "may-call-functions",
        Bool(|s| &mut s.may_call_functions),
        "Permission to call functions in the program is {}.",
        "Set permission to call functions in the program.",
    ),
    row(
        "may-write-memory",
        Bool(|s| &mut s.may_write_memory),
        "Permission to write into target memory is {}.",
        "Set permission to write into target memory.",
    ),
    row(
        "may-write-registers",
        Bool(|s| &mut s.may_write_registers),
        "Permission to write into registers is {}.",
        "Set permission to write into registers.",
    ),
    row(
        "remotetimeout",
        Uint(|s| &mut s.remotetimeout),
        "Timeout limit to wait for target to respond is {}.",
        "Set timeout limit to wait for target to respond.",
    ),
    row(
        "breakpoint pending",
        Auto(|s| &mut s.breakpoint_pending),
        "Debugger's behavior regarding pending breakpoints is {}.",
        "Set debugger's behavior regarding pending breakpoints.",
    ),
    row(
        "breakpoint always-inserted",
        Bool(|s| &mut s.breakpoint_always_inserted),
        "Always inserted breakpoint mode is {}.",
        "Set mode for inserting breakpoints.",
    ),
    row(
        "exec-file-mismatch",
        Enum(|s| &mut s.exec_file_mismatch, &["ask", "warn", "off"]),
        "exec-file-mismatch handling is currently \"{}\".",
        "Set exec-file-mismatch handling (ask|warn|off).",
    )
    .help(
        "When the program is not that of the process that is attached to, as their build-ids say: ask whether to take the process's\n\
         (it is taken where nobody can be asked), or keep the program, with a warning or without.",
    ),
    row(
        "use-coredump-filter",
        Bool(|s| &mut s.use_coredump_filter),
        "Use of /proc/PID/coredump_filter file to generate corefiles is {}.",
        "Set whether gcore should consider /proc/PID/coredump_filter.",
    )
    .help("Otherwise what the kernel takes by default goes into the core file (core(5))."),
    row(
        "dump-excluded-mappings",
        Bool(|s| &mut s.dump_excluded_mappings),
        "Dumping of mappings marked with the VM_DONTDUMP flag is {}.",
        "Set whether gcore should dump mappings marked with the VM_DONTDUMP flag.",
    )
    .help("What the program has kept out of core files by madvise(2) MADV_DONTDUMP: secrets, as a rule."),
    row(
        "breakpoint auto-hw",
        Bool(|s| &mut s.breakpoint_auto_hw),
        "Automatic usage of hardware breakpoints is {}.",
        "Set automatic usage of hardware breakpoints.",
    )
    .after(|cx| refuse(!cx.session.settings.breakpoint_auto_hw, "rdbg chooses no hardware breakpoints by itself: there is nothing to turn off.")),
    row(
        "can-use-hw-watchpoints",
        Uint(|s| &mut s.can_use_hw_watchpoints),
        "Debugger's willingness to use watchpoint hardware is {}.",
        "Set debugger's willingness to use watchpoint hardware.",
    ),
    row(
        "dprintf-style",
        Enum(|s| &mut s.dprintf_style, &["gdb", "call", "agent"]),
        "The style of usage for dynamic printf is \"{}\".",
        "Set the style of usage for dynamic printf.",
    )
    .help("gdb: rdbg itself prints; call: the program's function prints, that \"set dprintf-function\" names.")
    .after(|cx| refuse(cx.session.settings.dprintf_style == "agent", "rdbg has no agent in the program: \"gdb\" and \"call\" print too.")),
    row(
        "dprintf-function",
        Text(|s| &mut s.dprintf_function),
        "The function to use for dynamic printf is \"{}\".",
        "Set the function to use for dynamic printf.",
    ),
    row(
        "dprintf-channel",
        Text(|s| &mut s.dprintf_channel),
        "The channel to use for dynamic printf is \"{}\".",
        "Set the channel to use for dynamic printf.",
    )
    .help("It stands before the format: \"stderr\" for \"set dprintf-function fprintf\"."),
    row(
        "displaced-stepping",
        Auto(|s| &mut s.displaced_stepping),
        "",
        "Set debugger's willingness to use displaced stepping.",
    )
    .help("Off: the breakpoint is taken out while its instruction is stepped, and all other threads stand still.")
    .by(|s| {
        let value = match s.displaced_stepping {
            None => "auto (currently on)",
            Some(true) => "on",
            Some(false) => "off",
        };
        format!("Debugger's willingness to use displaced stepping to step over breakpoints is {value}.")
    }),
    row(
        "backtrace limit",
        Limit(|s| &mut s.backtrace_limit),
        "An upper bound on the number of backtrace levels is {}.",
        "Set an upper bound on the number of backtrace levels.",
    ),
    row(
        "backtrace past-main",
        Bool(|s| &mut s.backtrace_past_main),
        "Whether backtraces should continue past \"main\" is {}.",
        "Set whether backtraces should continue past \"main\".",
    ),
    row(
        "backtrace past-entry",
        Bool(|s| &mut s.backtrace_past_entry),
        "Whether backtraces should continue past the entry point of a program is {}.",
        "Set whether backtraces should continue past the entry point of a program.",
    ),
    // Files.
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
    // Data.
    row(
        "listsize",
        Limit(|s| &mut s.listsize),
        "Number of source lines rdbg will list by default is {}.",
        "Set number of source lines rdbg will list by default.",
    )
    .help("A value of \"unlimited\", or zero, means there's no limit."),
    row(
        "language",
        Enum(|s| &mut s.language, &["auto", "local", "unknown", "asm", "c", "c++", "minimal", "rust"]),
        "",
        "Set the current source language.",
    )
    .by(language_sentence),
    row(
        "input-radix",
        Uint(|s| &mut s.input_radix),
        "Default input radix for entering numbers is {}.",
        "Set default input radix for entering numbers.",
    )
    .after(input_radix),
    row(
        "output-radix",
        Uint(|s| &mut s.output_radix),
        "Default output radix for printing of values is {}.",
        "Set default output radix for printing of values.",
    )
    .after(output_radix),
    row("max-value-size", ZeroLimit(|s| &mut s.max_value_size), "", "Set maximum sized value rdbg will load from the inferior.")
        .by(max_value_sentence)
        .after(check_max_value),
    row(
        "case-sensitive",
        Auto(|s| &mut s.case_sensitive),
        "Case sensitivity in name search is \"auto; currently on\".",
        "Set case sensitivity in name search (on/off/auto).",
    )
    .by(case_sentence),
    row(
        "multiple-symbols",
        Enum(|s| &mut s.multiple_symbols, &["ask", "all", "cancel"]),
        "How the debugger handles ambiguities in expressions is \"{}\".",
        "Set how the debugger handles ambiguities in expressions.",
    )
    .after(|cx| refuse(cx.session.settings.multiple_symbols != "all", "rdbg takes all places that a name means.")),
    row(
        "disassembly-flavor",
        Enum(|s| &mut s.disassembly_flavor, &["att", "intel"]),
        "The disassembly flavor is \"{}\".",
        "Set the disassembly flavor.",
    ),
    row(
        "disassemble-next-line",
        Auto(|s| &mut s.disassemble_next_line),
        "Debugger's willingness to use disassemble-next-line is {}.",
        "Set whether to disassemble next source line or insn when execution stops.",
    ),
    row("print address", Bool(|s| &mut s.print_address), "Printing of addresses is {}.", "Set printing of addresses."),
    row("print array", Bool(|s| &mut s.print_array), "Pretty formatting of arrays is {}.", "Set pretty formatting of arrays."),
    row(
        "print array-indexes",
        Bool(|s| &mut s.print_array_indexes),
        "Printing of array indexes is {}.",
        "Set printing of array indexes.",
    ),
    row(
        "print asm-demangle",
        Bool(|s| &mut s.print_asm_demangle),
        "Demangling of C++/ObjC names in disassembly listings is {}.",
        "Set demangling of C++/ObjC names in disassembly listings.",
    ),
    row(
        "print demangle",
        Bool(|s| &mut s.print_demangle),
        "Demangling of encoded C++/ObjC names when displaying symbols is {}.",
        "Set demangling of encoded C++/ObjC names when displaying symbols.",
    ),
    row(
        "print elements",
        Limit(|s| &mut s.print_elements),
        "Limit on string chars or array elements to print is {}.",
        "Set limit on string chars or array elements to print.",
    )
    .help("\"unlimited\" or 0: no limit."),
    row(
        "print entry-values",
        Enum(|s| &mut s.print_entry_values, &["no", "only", "preferred", "if-needed", "both", "compact", "default"]),
        "Printing of function arguments at function entry is \"{}\".",
        "Set printing of function arguments at function entry.",
    ),
    row(
        "print finish",
        Bool(|s| &mut s.print_finish),
        "Printing of return value after `finish' is {}.",
        "Set whether `finish' prints the return value.",
    ),
    row(
        "print frame-arguments",
        Enum(|s| &mut s.print_frame_arguments, &["all", "scalars", "none", "presence"]),
        "Printing of non-scalar frame arguments is \"{}\".",
        "Set printing of non-scalar frame arguments.",
    ),
    row(
        "print frame-info",
        Enum(
            |s| &mut s.print_frame_info,
            &["auto", "source-line", "location", "source-and-location", "location-and-address", "short-location"],
        ),
        "Printing of frame information is \"{}\".",
        "Set printing of frame information.",
    ),
    row(
        "print max-depth",
        ZeroLimit(|s| &mut s.print_max_depth),
        "Maximum print depth is {}.",
        "Set maximum print depth for nested structures, unions and arrays.",
    ),
    row(
        "print max-symbolic-offset",
        Limit(|s| &mut s.print_max_symbolic_offset),
        "The largest offset that will be printed in <symbol+1234> form is {}.",
        "Set the largest offset that will be printed in <SYMBOL+1234> form.",
    ),
    row(
        "print nibbles",
        Bool(|s| &mut s.print_nibbles),
        "Printing binary values in groups is {}.",
        "Set whether to print binary values in groups of four bits.",
    ),
    row(
        "print null-stop",
        Bool(|s| &mut s.print_null_stop),
        "Printing of char arrays to stop at first null char is {}.",
        "Set printing of char arrays to stop at first null char.",
    ),
    row(
        "print object",
        Bool(|s| &mut s.print_object),
        "Printing of object's derived type based on vtable info is {}.",
        "Set printing of C++ virtual function tables.",
    ),
    row(
        "print pretty",
        Bool(|s| &mut s.print_pretty),
        "Pretty formatting of structures is {}.",
        "Set pretty formatting of structures.",
    ),
    row(
        "print raw-frame-arguments",
        Bool(|s| &mut s.print_raw_frame_arguments),
        "Whether to print frame arguments in raw form is {}.",
        "Set whether to print frame arguments in raw form.",
    )
    .alias(&["print raw frame-arguments"]),
    row(
        "print raw-values",
        Bool(|s| &mut s.print_raw_values),
        "Whether to print values in raw form is {}.",
        "Set whether to print values in raw form.",
    ),
    row(
        "print repeats",
        Limit(|s| &mut s.print_repeats),
        "Threshold for repeated print elements is {}.",
        "Set threshold for repeated print elements.",
    ),
    row(
        "print sevenbit-strings",
        Bool(|s| &mut s.print_sevenbit_strings),
        "Printing of 8-bit characters in strings as \\nnn is {}.",
        "Set printing of 8-bit characters in strings as \\nnn.",
    ),
    row(
        "print static-members",
        Bool(|s| &mut s.print_static_members),
        "Printing of C++ static members is {}.",
        "Set printing of C++ static members.",
    ),
    row(
        "print symbol",
        Bool(|s| &mut s.print_symbol),
        "Printing of symbols when printing pointers is {}.",
        "Set printing of symbol names when printing pointers.",
    ),
    row(
        "print symbol-filename",
        Bool(|s| &mut s.print_symbol_filename),
        "Printing of source filename and line number with <symbol> is {}.",
        "Set printing of source filename and line number with <SYMBOL>.",
    ),
    row(
        "print symbol-loading",
        Enum(|s| &mut s.print_symbol_loading, &["off", "brief", "full"]),
        "Printing of symbol loading messages is \"{}\".",
        "Set printing of symbol loading messages.",
    ),
    row(
        "print type hex",
        Bool(|s| &mut s.print_type_hex),
        "Display of struct members offsets and sizes in hexadecimal is {}",
        "Set printing of struct members sizes and offsets using hex notation.",
    ),
    row(
        "print type methods",
        Bool(|s| &mut s.print_type_methods),
        "Printing of methods defined in a class in {}",
        "Set printing of methods defined in classes.",
    ),
    row(
        "print type typedefs",
        Bool(|s| &mut s.print_type_typedefs),
        "Printing of typedefs defined in a class in {}",
        "Set printing of typedefs defined in classes.",
    ),
    row(
        "print union",
        Bool(|s| &mut s.print_union),
        "Printing of unions interior to structures is {}.",
        "Set printing of unions interior to structures.",
    ),
    row(
        "print vtbl",
        Bool(|s| &mut s.print_vtbl),
        "Printing of C++ virtual function tables is {}.",
        "Set printing of C++ virtual function tables.",
    ),
];

fn enabled(on: bool) -> &'static str {
    if on { "enabled" } else { "disabled" }
}

fn redirected(on: bool, what: &str) -> String {
    match on {
        true => format!("on: {what} will go only to the log file."),
        false => format!("off: {what} will go to both the screen and the log file."),
    }
}

/// What rdbg does not do is refused rather than taken for nothing.
pub(super) fn refuse(wanted: bool, sentence: &'static str) -> Result<()> {
    if wanted { Err(Error::Refused(sentence)) } else { Ok(()) }
}

fn cwd_sentence(s: &Settings) -> String {
    if s.cwd.is_empty() {
        return "You have not set the inferior's current working directory.\nThe inferior will inherit rdbg's cwd if native debugging, or the remote\nserver's cwd if remote debugging.".to_owned();
    }
    format!("Current working directory that will be used when starting the inferior is \"{}\".", s.cwd)
}

fn language_sentence(s: &Settings) -> String {
    match s.language {
        "auto" | "local" => format!("The current source language is \"{}; currently c\".", s.language),
        chosen => format!("The current source language is \"{chosen}\"."),
    }
}

fn range_warning(s: &Settings) -> &'static str {
    match s.check_range {
        "on" | "warn" => "\nwarning: the current range check setting does not match the language.",
        _ => "",
    }
}

fn case_sentence(s: &Settings) -> String {
    let value = match s.case_sensitive {
        None => "auto; currently on",
        Some(true) => "on",
        Some(false) => "off",
    };
    format!("Case sensitivity in name search is \"{value}\".")
}

fn max_value_sentence(s: &Settings) -> String {
    match s.max_value_size {
        None => "Maximum value size is unlimited.".to_owned(),
        Some(n) => format!("Maximum value size is {n} bytes."),
    }
}

fn check_max_value(cx: &mut Cx<'_>) -> Result<()> {
    if cx.session.settings.max_value_size.is_some_and(|n| n < 16) {
        cx.session.settings.max_value_size = Some(16);
        cx.say("max-value-size set too low, increasing to 16 bytes\n");
    }
    Ok(())
}

fn input_radix(cx: &mut Cx<'_>) -> Result<()> {
    let n = cx.session.settings.input_radix;
    if n < 2 {
        return Err(Error::user(format!("Nonsense input radix ``decimal {n}''; input radix unchanged.")));
    }
    cx.say(format!("Input radix now set to decimal {n}, hex {n:x}, octal {n:o}.\n"));
    Ok(())
}

fn output_radix(cx: &mut Cx<'_>) -> Result<()> {
    let n = cx.session.settings.output_radix;
    if !matches!(n, 8 | 10 | 16) {
        return Err(Error::user(format!("Unsupported output radix ``decimal {n}''; output radix unchanged.")));
    }
    cx.say(format!("Output radix now set to decimal {n}, hex {n:x}, octal {n:o}.\n"));
    Ok(())
}
