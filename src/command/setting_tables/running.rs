//! Settings of the program as it runs, of breakpoints and of the stack.

use SettingKind::{Auto, Bool, Enum, Limit, Text, Uint};

use super::row::{refuse, row};
use crate::command::cx::Setting;
use crate::command::describe::SettingKind;
use crate::engine::Settings;

/// The table.
pub const SETTINGS: &[Setting] = &[
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
\"set detach-on-fork off\".")
    .own(),
    row(
        "watch-system-calls",
        Bool(|s| &mut s.watch_system_calls),
        "Whether hardware watchpoints are compared when a system call returns is {}.",
        "Set whether hardware watchpoints are compared when a system call returns.",
    )
    .help("Debug registers do not see what the kernel writes, as read(2) into a watched variable. On, the program stops at the end\n\
of the call that has changed one; each system call is stopped at for it, which is slow.")
    .own(),
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
];

fn cwd_sentence(s: &Settings) -> String {
    if s.cwd.is_empty() {
        return "You have not set the inferior's current working directory.\nThe inferior will inherit rdbg's cwd if native debugging, or the remote\nserver's cwd if remote debugging.".to_owned();
    }
    format!("Current working directory that will be used when starting the inferior is \"{}\".", s.cwd)
}
