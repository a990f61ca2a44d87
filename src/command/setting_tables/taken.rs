//! Settings of gdb's that tune its inside, its remote targets, its other languages: taken, so that a user's file of commands does not
//! stop at them, checked for their kind of value and shown back. What would change what the user sees and is not built is refused.

use crate::command::cx::Setting;
use crate::command::describe::Form::{Bool, Enum, File, Limit, NeededFile, Signed, Text, Uint, ZeroLimit};
use crate::command::describe::SettingKind;

use super::row::row;
use super::styles::COLOURS;

/// `NAME, FORM, DEFAULT, SENTENCE, SUMMARY;` a row.
macro_rules! taken {
    ($($name:literal, $form:expr, $default:literal, $sentence:literal, $summary:literal;)*) => {
        &[$(row($name, SettingKind::Taken($form, $default), $sentence, $summary)),*]
    };
}

/// The settings that change nothing here.
#[rustfmt::skip]
pub const SETTINGS: &[Setting] = taken! {
    "ada source-charset", Enum(&["ISO-8859-1", "ISO-8859-2", "ISO-8859-3", "ISO-8859-4", "ISO-8859-5", "ISO-8859-15", "CP437", "CP850", "UTF-8"]), "ISO-8859-1",
        "The Ada source character set is \"{}\".", "Set the Ada source character set.";
    "ada trust-PAD-over-XVS", Bool, "on",
        "Whether an optimization trusting PAD types over XVS types is activated is {}.",
        "Enable or disable an optimization trusting PAD types over XVS types.";
    "auto-load gdb-scripts", Bool, "on",
        "Auto-loading of canned sequences of commands scripts is {}.",
        "Enable or disable auto-loading of canned sequences of commands scripts.";
    "auto-load libthread-db", Bool, "on",
        "Auto-loading of inferior specific libthread_db is {}.",
        "Enable or disable auto-loading of inferior specific libthread_db.";
    "auto-load python-scripts", Bool, "on",
        "Auto-loading of Python scripts is {}.", "Set the debugger's behaviour regarding auto-loaded Python scripts.";
    "auto-load scripts-directory", File, "$debugdir:$datadir/auto-load",
        "List of directories from which to load auto-loaded scripts is {}.",
        "Set the list of directories from which to load auto-loaded scripts.";
    "basenames-may-differ", Bool, "off",
        "Whether a source file may have multiple base names is {}.", "Set whether a source file may have multiple base names.";
    "circular-trace-buffer", Bool, "off",
        "Target's use of circular trace buffer is {}.", "Set target's use of circular trace buffer.";
    "code-cache", Bool, "on", "Cache use for code accesses is {}.", "Set cache use for code segment access.";
    "compile-args", Text, "-O0 -gdwarf-4 -fPIE -Wall  -Wno-unused-but-set-variable -Wno-unused-variable -fno-stack-protector",
        "Compile command command-line arguments are \"{}\".", "Set compile command GCC command-line arguments.";
    "compile-gcc", File, "", "Compile command GCC driver filename is \"{}\".", "Set compile command GCC driver filename.";
    "debuginfod verbose", Uint, "1", "Debuginfod verbose output is set to {}.", "Set verbosity of debuginfod output.";
    "default-collect", Text, "",
        "The list of expressions to collect by default is \"{}\".", "Set the list of expressions to collect by default.";
    "disconnected-dprintf", Bool, "on",
        "Whether dprintf continues after rdbg disconnects is {}.", "Set whether dprintf continues after rdbg disconnects.";
    "disconnected-tracing", Bool, "off",
        "Whether tracing continues after rdbg disconnects is {}.", "Set whether tracing continues after rdbg disconnects.";
    "fortran repack-array-slices", Bool, "off",
        "Repacking of Fortran array slices is {}.", "Enable or disable repacking of non-contiguous array slices.";
    "guile print-stack", Enum(&["none", "full", "message"]), "message",
        "The mode of Guile exception printing on error is \"{}\".", "Set mode for Guile exception printing on error.";
    "libthread-db-search-path", File, "$sdir:$pdir",
        "The current search path or libthread_db is \"{}\".", "Set search path for libthread_db.";
    "may-insert-fast-tracepoints", Bool, "on",
        "Permission to insert fast tracepoints in the target is {}.",
        "Set permission to insert fast tracepoints in the target.";
    "may-insert-tracepoints", Bool, "on",
        "Permission to insert tracepoints in the target is {}.", "Set permission to insert tracepoints in the target.";
    "print memory-tag-violations", Bool, "on",
        "Printing of memory tag violations is {}.", "Set printing of memory tag violations for pointers.";
    "print pascal_static-members", Bool, "on",
        "Printing of pascal static members is {}.", "Set printing of pascal static members.";
    "python ignore-environment", Bool, "off",
        "Python's ignore-environment setting is {}.", "Set whether the Python interpreter should ignore environment variables.";
    "python print-stack", Enum(&["none", "full", "message"]), "message",
        "The mode of Python stack printing on error is \"{}\".", "Set mode for Python stack dump on error.";
    "record btrace replay-memory-access", Enum(&["read-only", "read-write"]), "read-only",
        "Replay memory access is {}.", "Set what memory accesses are allowed during replay.";
    "record full insn-number-max", Limit, "200000", "Record/replay buffer limit is {}.", "Set record/replay buffer limit.";
    "record full memory-query", Bool, "off",
        "Whether query if PREC cannot record memory change of next instruction is {}.",
        "Set whether query if PREC cannot record memory change of next instruction.";
    "record full stop-at-limit", Bool, "on",
        "Whether record/replay stops when record/replay buffer becomes full is {}.",
        "Set whether record/replay stops when record/replay buffer becomes full.";
    "record function-call-history-size", Limit, "10",
        "Number of functions to print in \"record function-call-history\" is {}.",
        "Set number of function to print in \"record function-call-history\".";
    "record instruction-history-size", Limit, "10",
        "Number of instructions to print in \"record instruction-history\" is {}.",
        "Set number of instructions to print in \"record instruction-history\".";
    "remoteaddresssize", Uint, "0",
        "The maximum size of the address (in bits) in a memory packet is {}.",
        "Set the maximum size of the address (in bits) in a memory packet.";
    "remoteflow", Bool, "off", "Hardware flow control is {}.", "Set use of hardware flow control for remote serial I/O.";
    "remotelogbase", Enum(&["hex", "octal", "ascii"]), "ascii",
        "Numerical base for remote session logging is \"{}\".", "Set numerical base for remote session logging.";
    "remotelogfile", NeededFile, "",
        "Filename for remote session recording is \"{}\".", "Set filename for remote session recording.";
    "serial parity", Enum(&["none", "odd", "even"]), "none",
        "Parity for remote serial I/O is \"{}\".", "Set parity for remote serial I/O.";
    "stack-cache", Bool, "on", "Cache use for stack accesses is {}.", "Set cache use for stack access.";
    "struct-convention", Enum(&["default", "pcc", "reg"]), "default",
        "The convention for returning small structs is \"{}\".", "Set the convention for returning small structs.";
    "style tui-active-border background", COLOURS, "none",
        "The \"tui-active-border\" style background color is: {}", "Set the background color for this property.";
    "style tui-active-border foreground", COLOURS, "cyan",
        "The \"tui-active-border\" style foreground color is: {}", "Set the foreground color for this property.";
    "style tui-border background", COLOURS, "none",
        "The \"tui-border\" style background color is: {}", "Set the background color for this property.";
    "style tui-border foreground", COLOURS, "cyan",
        "The \"tui-border\" style foreground color is: {}", "Set the foreground color for this property.";
    "style tui-current-position", Bool, "off",
        "Styling the text highlighted by the TUI's current position indicator is {}.",
        "Set whether to style text highlighted by the TUI's current position indicator.";
    "tcp auto-retry", Bool, "on", "Auto-retry on socket connect is {}.", "Set auto-retry on socket connect.";
    "tcp connect-timeout", Limit, "15",
        "Timeout limit in seconds for socket connection is {}.", "Set timeout limit in seconds for socket connection.";
    "trust-readonly-sections", Bool, "off",
        "Mode for reading from readonly sections is {}.", "Set mode for reading from readonly sections.";
    "tui active-border-mode", Enum(&["normal", "standout", "reverse", "half", "half-standout", "bold", "bold-standout"]), "bold-standout",
        "The attribute mode to use for the active TUI window border is \"{}\".",
        "Set the attribute mode to use for the active TUI window border.";
    "tui border-kind", Enum(&["space", "ascii", "acs"]), "acs",
        "The kind of border for TUI windows is \"{}\".", "Set the kind of border for TUI windows.";
    "tui border-mode", Enum(&["normal", "standout", "reverse", "half", "half-standout", "bold", "bold-standout"]), "normal",
        "The attribute mode to use for the TUI window borders is \"{}\".",
        "Set the attribute mode to use for the TUI window borders.";
    "tui compact-source", Bool, "off", "TUI source window compactness is {}.", "Set whether the TUI source window is compact.";
    "serial baud", Signed, "-1", "Baud rate for remote serial I/O is {}.", "Set baud rate for remote serial I/O.";
    "startup-quietly", Bool, "off", "Whether to start up quietly is {}.", "Set whether rdbg should start up quietly.";
    "trace-buffer-size", ZeroLimit, "unlimited", "Requested size of trace buffer is {}.", "Set requested size of trace buffer.";
    "use-deprecated-index-sections", Bool, "off",
        "Whether to use deprecated gdb_index sections is {}.", "Set whether to use deprecated gdb_index sections.";
    "record btrace bts buffer-size", Limit, "65536", "The record/replay bts buffer size is {}.", "Set the record/replay bts buffer size.";
    "record btrace pt buffer-size", Limit, "16384", "The record/replay pt buffer size is {}.", "Set the record/replay pt buffer size.";
    "gnutarget", Text, "auto", "The current BFD target is \"{}\".", "Set the current BFD target.";
    // gdb's debug output is about its own inside.
    "debug arch", Uint, "0", "Architecture debugging is {}.", "Set architecture debugging.";
    "debug auto-load", Bool, "off",
        "Debugging output for files of 'set auto-load ...' is {}.", "Set auto-load verifications debugging.";
    "debug bfd-cache", Bool, "off", "BFD cache debugging is {}.", "Set bfd cache debugging.";
    "debug check-physname", Bool, "off",
        "Whether to check \"physname\" is {}.", "Set cross-checking of \"physname\" code against demangler.";
    "debug coff-pe-read", Uint, "0", "Coff PE read debugging is {}.", "Set coff PE read debugging.";
    "debug compile", Bool, "off", "Compile debugging is {}.", "Set compile command debugging.";
    "debug compile-cplus-scopes", Bool, "off", "Debugging of C++ compile scopes is {}.", "Set debugging of C++ compile scopes.";
    "debug compile-cplus-types", Bool, "off",
        "Debugging of C++ compile type conversion is {}.", "Set debugging of C++ compile type conversion.";
    "debug displaced", Bool, "off", "Displace stepping debugging is {}.", "Set displaced stepping debugging.";
    "debug dwarf-die", Uint, "0", "Debugging of the DWARF DIE reader is {}.", "Set debugging of the DWARF DIE reader.";
    "debug dwarf-line", Uint, "0", "Debugging of the dwarf line reader is {}.", "Set debugging of the dwarf line reader.";
    "debug dwarf-read", Uint, "0", "Debugging of the DWARF reader is {}.", "Set debugging of the DWARF reader.";
    "debug entry-values", Uint, "0",
        "Entry values and tail call frames debugging is {}.", "Set entry values and tail call frames debugging.";
    "debug event-loop", Enum(&["off", "all-except-ui", "all"]), "off", "Event loop debugging is {}.", "Set event-loop debugging.";
    "debug expression", Uint, "0", "Expression debugging is {}.", "Set expression debugging.";
    "debug fortran-array-slicing", Bool, "off",
        "Debugging of Fortran array slicing is {}.", "Set debugging of Fortran array slicing.";
    "debug frame", Bool, "off", "Frame debugging is {}.", "Set frame debugging.";
    "debug index-cache", Bool, "off",
        "Display of index-cache debug messages is {}.", "Set display of index-cache debug messages.";
    "debug infcall", Bool, "off", "Inferior call debugging is {}.", "Set inferior call debugging.";
    "debug infrun", Bool, "off", "Inferior debugging is {}.", "Set inferior debugging.";
    "debug jit", Bool, "off", "JIT debugging is {}.", "Set JIT debugging.";
    "debug libthread-db", Uint, "0", "libthread-db debugging is {}.", "Set libthread-db debugging.";
    "debug linux-namespaces", Bool, "off",
        "Debugging of GNU/Linux namespaces module is {}.", "Set debugging of GNU/Linux namespaces module.";
    "debug linux-nat", Bool, "off", "Debugging of GNU/Linux native targets is {}.", "Set debugging of GNU/Linux native target.";
    "debug notification", Bool, "off",
        "Debugging of async remote notification is {}.", "Set debugging of async remote notification.";
    "debug observer", Bool, "off", "Observer debugging is {}.", "Set observer debugging.";
    "debug overload", Uint, "0", "Debugging of C++ overloading is {}.", "Set debugging of C++ overloading.";
    "debug parser", Bool, "off", "Parser debugging is {}.", "Set parser debugging.";
    "debug py-breakpoint", Bool, "off", "Python breakpoint debugging is {}.", "Set Python breakpoint debugging.";
    "debug py-micmd", Bool, "off", "Python MI command debugging is {}.", "Set Python micmd debugging.";
    "debug py-unwind", Bool, "off", "Python unwinder debugging is {}.", "Set Python unwinder debugging.";
    "debug record", Uint, "0", "Debugging of process record target is {}.", "Set debugging of record/replay feature.";
    "debug remote", Bool, "off", "Debugging of remote protocol is {}.", "Set debugging of remote protocol.";
    "debug remote-packet-max-chars", ZeroLimit, "512",
        "Number of remote packet characters to display is {}.",
        "Set the maximum number of characters to display for each remote packet.";
    "debug separate-debug-file", Bool, "off",
        "Printing of separate debug info file search debug is {}.", "Set printing of separate debug info file search debug.";
    "debug serial", Uint, "0", "Serial debugging is {}.", "Set serial debugging.";
    "debug skip", Bool, "off",
        "Whether the debug output about skipping files and functions is printed is {}.",
        "Set whether to print the debug output about skipping files and functions.";
    "debug solib", Bool, "off", "Solib debugging is {}.", "Set solib debugging.";
    "debug stap-expression", Uint, "0", "SystemTap Probe expression debugging is {}.", "Set SystemTap expression debugging.";
    "debug symbol-lookup", Uint, "0", "Debugging of symbol lookup is {}.", "Set debugging of symbol lookup.";
    "debug symfile", Bool, "off", "Symfile debugging is {}.", "Set debugging of the symfile functions.";
    "debug symtab-create", Uint, "0", "Debugging of symbol table creation is {}.", "Set debugging of symbol table creation.";
    "debug target", Signed, "0", "Target debugging is {}.", "Set target debugging.";
    "debug threads", Bool, "off", "Thread debugging is \"{}\".", "Set thread debugging.";
    "debug timestamp", Bool, "off", "Timestamping debugging messages is {}.", "Set timestamping of debugging messages.";
    "debug tui", Bool, "off", "TUI debugging is \"{}\".", "Set tui debugging.";
    "debug varobj", Uint, "0", "Varobj debugging is {}.", "Set varobj debugging.";
    "debug xml", Bool, "off", "XML debugging is {}.", "Set XML parser debugging.";
};
