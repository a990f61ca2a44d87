//! Settings, typed: what `set` writes and everything else reads. Their names and sentences are in `command/setting_tables/`.

use std::collections::BTreeMap;
use std::ffi::OsString;

use crate::expr::SettingValue;
use crate::value::{Charset, OutputRadix, PrintOptions};

/// Finds a setting by the name that `show` (or `maintenance show`) knows: its value, and its text.
pub type SettingReader = fn(&Settings, &str, bool) -> Option<(SettingValue, String)>;

/// Declares [`Settings`] and its defaults in one place.
macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident: $kind:ty = $default:expr;)*) => {
        /// The value of every setting.
        #[derive(Clone, Debug)]
        pub struct Settings {
            $($(#[$doc])* pub $name: $kind,)*
        }

        impl Default for Settings {
            fn default() -> Settings {
                Settings { $($name: $default,)* }
            }
        }
    };
}

/// The settings that mean nothing (`maintenance set test-settings`).
#[derive(Clone, Debug)]
pub struct TestSettings {
    /// on, off, auto.
    pub auto_boolean: Option<bool>,
    /// on, off.
    pub boolean: bool,
    /// One of three words.
    pub choice: &'static str,
    /// A file.
    pub filename: String,
    /// From 1; `None`: unlimited.
    pub integer: Option<u32>,
    /// A file, or none.
    pub optional_filename: String,
    /// Text.
    pub string: String,
    /// Text.
    pub string_noescape: String,
    /// From 1; `None`: unlimited.
    pub uinteger: Option<u32>,
    /// Any.
    pub zinteger: i32,
    /// From 0.
    pub zuinteger: u32,
    /// From 0; `None`: unlimited.
    pub zuinteger_unlimited: Option<u32>,
}

impl Default for TestSettings {
    fn default() -> TestSettings {
        TestSettings {
            auto_boolean: None,
            boolean: false,
            choice: "xxx",
            filename: "/foo/bar".to_owned(),
            integer: None,
            optional_filename: String::new(),
            string: String::new(),
            string_noescape: String::new(),
            uinteger: None,
            zinteger: 0,
            zuinteger: 0,
            zuinteger_unlimited: Some(0),
        }
    }
}

settings! {
    /// How a setting is found by its name: the table of names is the commands'.
    reader: SettingReader = |_, _, _| None;
    /// Those that mean nothing.
    test: TestSettings = TestSettings::default();
    /// Those that are taken for gdb's scripts, by their names, where they are not at their defaults.
    taken: BTreeMap<&'static str, String> = BTreeMap::new();
    // How rdbg talks.
    /// Ask wherever lines come from, or nowhere; `None`: as standard input is a terminal.
    interactive_mode: Option<bool> = None;
    /// 1: source lines are told for front ends that show them themselves, as Emacs does.
    annotate: i32 = 0;
    /// The character set in which rdbg writes.
    host_charset: &'static str = "auto";
    /// The character set of the program's strings.
    target_charset: &'static str = "auto";
    /// Ask before what cannot be taken back.
    confirm: bool = true;
    /// Lines of a page; `None`: unlimited.
    height: Option<u32> = None;
    /// Columns of a line; `None`: unlimited.
    width: Option<u32> = None;
    /// Stop after each page on a terminal.
    pagination: bool = true;
    /// The prompt.
    prompt: String = "(rdbg) ".to_owned();
    /// Colour on a terminal.
    style_enabled: bool = true;
    /// Colour of source code and instructions.
    style_sources: bool = true;
    /// Say more of what is done.
    verbose: bool = false;
    /// The order of bytes: always that of x86-64.
    endian: &'static str = "auto";
    /// Echo each command before it runs.
    trace_commands: bool = false;
    /// Most candidates that completion shows.
    max_completions: Option<u32> = Some(200);
    /// How deep user-defined commands may call each other.
    max_user_call_depth: Option<u32> = Some(1024);
    /// Edit lines as they are typed.
    editing: bool = true;
    /// Any error makes rdbg end with status 1.
    error_strict: bool = false;
    /// Addresses are written as MODULE+OFFSET.
    stable_addresses: bool = false;
    /// Write the history to its file.
    history_save: bool = true;
    /// Lines that the history keeps; `None`: unlimited.
    history_size: Option<u32> = Some(256);
    /// The history's file; empty: `$RDBGHISTFILE`, else rdbg's place in the user's state directory.
    history_filename: String = String::new();
    /// `!` in typed lines: always off.
    history_expansion: bool = false;
    /// How far back equal lines are dropped; `None`: everywhere.
    history_remove_duplicates: Option<u32> = Some(0);
    /// A log is written.
    logging_enabled: bool = false;
    /// The log's file.
    logging_file: String = "rdbg.txt".to_owned();
    /// The log is begun anew rather than appended to.
    logging_overwrite: bool = false;
    /// Output goes to the log only.
    logging_redirect: bool = false;
    /// As gdb's; rdbg has no debug output of its own there.
    logging_debugredirect: bool = false;

    /// Most complaints about damaged debug information; rdbg tells each damage where it matters.
    complaints: u32 = 0;
    /// Write into the program's file: always off.
    write: bool = false;
    /// Checks of ranges in expressions: `on`, `off`, `auto`; C and Rust have none.
    check_range: &'static str = "auto";
    /// Arguments of functions are checked against their types.
    check_type: bool = true;

    // The program.
    /// The program's arguments as they were typed, quotes and redirections included.
    args: String = String::new();
    /// The program's working directory; empty: rdbg's.
    cwd: String = String::new();
    /// The program's environment: rdbg's own, as `set environment` and `unset environment` changed it.
    environment: Vec<(OsString, OsString)> = std::env::vars_os().collect();
    /// The terminal that the program gets; empty: rdbg's.
    inferior_tty: String = String::new();
    /// Run the program without ASLR.
    disable_randomization: bool = true;
    /// Always off: rdbg needs no shell.
    startup_with_shell: bool = false;
    /// A program that runs the program: always empty.
    exec_wrapper: String = String::new();
    /// Which process to follow: `parent` or `child`.
    follow_fork_mode: &'static str = "parent";
    /// What happens to the inferior at an exec: `same` or `new`.
    follow_exec_mode: &'static str = "same";
    /// Let go of the process that is not followed.
    detach_on_fork: bool = true;
    /// A seccomp filter says at which system calls a program that is started stops.
    seccomp_catch: bool = false;
    /// What the processor watches is compared when system calls return: the kernel raises no trap.
    watch_system_calls: bool = false;
    /// Other threads while one steps: `off`, `on`, `step`, `replay`.
    scheduler_locking: &'static str = "replay";
    /// Resume the threads of all processes: always off.
    schedule_multiple: bool = false;
    /// Threads stop one by one: always off.
    non_stop: bool = false;
    /// Stop when libraries come and go.
    stop_on_solib_events: u32 = 0;
    /// `step` stops in functions without line information.
    step_mode: bool = false;
    /// Put the stack back when a called function gets a signal.
    unwindonsignal: bool = false;
    /// Put the stack back when a called function ends in `std::terminate`.
    unwind_on_terminating_exception: bool = true;
    /// Functions without a prototype get `double` for `float`.
    coerce_float_to_double: bool = true;
    /// Say when threads start and end.
    print_thread_events: bool = true;
    /// Say when inferiors start and end.
    print_inferior_events: bool = true;
    /// Say `completed.` when a command in the background is done.
    exec_done_display: bool = false;
    /// Functions of the program may be called.
    may_call_functions: bool = true;
    /// Memory may be written.
    may_write_memory: bool = true;
    /// Registers may be written.
    may_write_registers: bool = true;
    /// Wait this long for remote targets, in seconds.
    remotetimeout: u32 = 2;

    // Breakpoints.
    /// Make a breakpoint at what is not there yet: `None` asks.
    breakpoint_pending: Option<bool> = None;
    /// As gdb's; rdbg takes its breakpoints out at every stop.
    breakpoint_always_inserted: bool = false;
    /// What happens when the program is not that of the process that is attached to: ask, warn, off.
    exec_file_mismatch: &'static str = "ask";
    /// `generate-core-file` asks /proc/PID/coredump_filter what belongs in a core file.
    use_coredump_filter: bool = true;
    /// It takes what the program has kept out of core files (MADV_DONTDUMP).
    dump_excluded_mappings: bool = false;
    /// Use hardware breakpoints in memory that cannot be written.
    breakpoint_auto_hw: bool = true;
    /// Use debug registers for watchpoints when not 0.
    can_use_hw_watchpoints: u32 = 1;

    /// How `dprintf` prints: `gdb` by rdbg itself, `call` by a function of the program.
    dprintf_style: &'static str = "gdb";
    /// That function.
    dprintf_function: String = "printf".to_owned();
    /// Its first argument, if it takes one before the format.
    dprintf_channel: String = String::new();
    /// Run the instruction under a breakpoint elsewhere: `None` where that can be done.
    displaced_stepping: Option<bool> = None;

    // The stack.
    /// Most frames of a backtrace.
    backtrace_limit: Option<u32> = None;
    /// Go on after `main`.
    backtrace_past_main: bool = false;
    /// Go on after the entry point.
    backtrace_past_entry: bool = false;

    // Files.
    /// Where separate debug files are looked for, separated by colons.
    debug_file_directory: String = "/usr/lib/debug".to_owned();
    /// Keep the names of debug information in files.
    index_cache_enabled: bool = true;
    /// Where these files are; empty: the user's directory for caches.
    index_cache_directory: String = String::new();
    /// A directory before every absolute path of a library.
    sysroot: String = "target:".to_owned();
    /// Where libraries with relative names are looked for.
    solib_search_path: String = String::new();
    /// Read the symbols of libraries as they come.
    auto_solib_add: bool = true;
    /// Directories whose `.rdbginit` is run, separated by colons.
    auto_load_safe_path: String = "$debugdir:$datadir/auto-load".to_owned();
    /// Run `.rdbginit` of the current directory, where the safe path allows it.
    auto_load_local_rdbginit: bool = true;
    /// What to replace at the beginning of source files' paths, and by what.
    substitute_path: Vec<(String, String)> = Vec::new();
    /// Where sources are looked for.
    directories: String = "$cdir:$cwd".to_owned();
    /// Source files are read.
    source_open: bool = true;
    /// How names of source files are shown: `relative`, `basename`, `absolute`.
    filename_display: &'static str = "relative";
    /// Lines that `list` shows.
    listsize: Option<u32> = Some(10);
    /// Ask a debuginfod server: always `off`.
    debuginfod_enabled: &'static str = "off";

    // Data.
    /// The language of expressions.
    language: &'static str = "auto";
    /// The radix of numbers in expressions.
    input_radix: u32 = 10;
    /// The radix in which values are shown: 8, 10 or 16.
    output_radix: u32 = 10;
    /// The largest value that is read, in bytes.
    max_value_size: Option<u32> = Some(65536);
    /// Case matters in names; `None`: as the language has it.
    case_sensitive: Option<bool> = None;
    /// What to do with ambiguous names: `ask`, `all`, `cancel`.
    multiple_symbols: &'static str = "all";
    /// Assembler syntax: `att` or `intel`.
    disassembly_flavor: &'static str = "att";
    /// Disassemble the next line at a stop; `None`: where there is no source.
    disassemble_next_line: Option<bool> = Some(false);
    /// Addresses before values and in frames.
    print_address: bool = true;
    /// Arrays over several lines.
    print_array: bool = false;
    /// Indexes before elements.
    print_array_indexes: bool = false;
    /// Demangle in disassembly.
    print_asm_demangle: bool = false;
    /// Demangle elsewhere.
    print_demangle: bool = true;
    /// Most elements of an array or characters of a string.
    print_elements: Option<u32> = Some(200);
    /// Arguments at a function's entry.
    print_entry_values: &'static str = "default";
    /// `finish` shows the value.
    print_finish: bool = true;
    /// Which arguments frames show: `all`, `scalars`, `none`, `presence`.
    print_frame_arguments: &'static str = "scalars";
    /// What a frame's line says.
    print_frame_info: &'static str = "auto";
    /// How deep nested structures are shown.
    print_max_depth: Option<u32> = Some(20);
    /// The largest N in `<symbol+N>`.
    print_max_symbolic_offset: Option<u32> = None;
    /// Binary digits in groups of four.
    print_nibbles: bool = false;
    /// Strings end at their NUL.
    print_null_stop: bool = false;
    /// Types by their vtable.
    print_object: bool = false;
    /// Structures over several lines.
    print_pretty: bool = false;
    /// Frame arguments without pretty printers.
    print_raw_frame_arguments: bool = false;
    /// Values without pretty printers.
    print_raw_values: bool = false;
    /// Equal elements from which on they are folded.
    print_repeats: Option<u32> = Some(10);
    /// Bytes over 127 as octal.
    print_sevenbit_strings: bool = false;
    /// Static members of classes.
    print_static_members: bool = true;
    /// Symbols after pointers.
    print_symbol: bool = true;
    /// Source places after symbols.
    print_symbol_filename: bool = false;
    /// Say when symbols are loaded: `off`, `brief`, `full`.
    print_symbol_loading: &'static str = "full";
    /// Offsets of `ptype /o` in hexadecimal.
    print_type_hex: bool = false;
    /// Methods in `ptype`.
    print_type_methods: bool = true;
    /// Typedefs of classes in `ptype`.
    print_type_typedefs: bool = true;
    /// Members of unions inside of structures.
    print_union: bool = true;
    /// Virtual tables in full.
    print_vtbl: bool = false;
}

fn is_ascii(charset: &str) -> bool {
    matches!(charset, "ASCII" | "ANSI_X3.4-1968" | "US-ASCII")
}

impl Settings {
    /// What a setting was set to that is kept as text; `None`: it is at its default.
    pub fn taken_text(&self, name: &str) -> Option<&str> {
        self.taken.get(name).map(String::as_str)
    }

    /// How values are shown.
    pub fn print_options(&self) -> PrintOptions {
        PrintOptions {
            pretty: self.print_pretty,
            elements: self.print_elements,
            sevenbit_strings: self.print_sevenbit_strings || is_ascii(self.host_charset),
            charset: match self.target_charset {
                _ if is_ascii(self.host_charset) => Charset::Ascii,
                "ISO-8859-1" | "ISO_8859-1" | "LATIN1" => Charset::Latin1,
                chosen if is_ascii(chosen) => Charset::Ascii,
                _ => Charset::Utf8,
            },
            nibbles: self.print_nibbles,
            repeats: self.print_repeats,
            address: self.print_address,
            symbol: self.print_symbol,
            array: self.print_array,
            array_indexes: self.print_array_indexes,
            null_stop: self.print_null_stop,
            union: self.print_union,
            static_members: self.print_static_members,
            object: self.print_object,
            raw: self.print_raw_values,
            max_depth: self.print_max_depth,
            output_radix: match self.output_radix {
                8 => OutputRadix::Octal,
                16 => OutputRadix::Hex,
                _ => OutputRadix::Decimal,
            },
            max_value_size: self.max_value_size.map(u64::from),
        }
    }

    /// The value of a variable in the program's environment.
    pub fn environment_variable(&self, name: &str) -> Option<&OsString> {
        self.environment.iter().find(|(n, _)| n == name).map(|(_, value)| value)
    }

    /// Sets a variable of the program's environment, or removes it.
    pub fn set_environment_variable(&mut self, name: &str, value: Option<&str>) {
        match (self.environment.iter().position(|(n, _)| n == name), value) {
            (Some(at), Some(value)) => {
                if let Some(slot) = self.environment.get_mut(at) {
                    slot.1 = value.into();
                }
            }
            (Some(at), None) => drop(self.environment.remove(at)),
            (None, Some(value)) => self.environment.push((name.into(), value.into())),
            (None, None) => {}
        }
    }
}
