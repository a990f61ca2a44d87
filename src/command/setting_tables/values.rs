//! Settings of how values, types and code are shown.

use SettingKind::{Auto, Bool, Enum, Limit, Uint, ZeroLimit};

use super::row::row;
use crate::base::{Error, Result};
use crate::command::cx::{Cx, Setting};
use crate::command::describe::SettingKind;
use crate::engine::Settings;

/// The table.
pub const SETTINGS: &[Setting] = &[
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
    ),
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

fn language_sentence(s: &Settings) -> String {
    match s.language {
        "auto" | "local" => format!("The current source language is \"{}; currently c\".", s.language),
        chosen => format!("The current source language is \"{chosen}\"."),
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
