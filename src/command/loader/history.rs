//! The writes of slots that were seen.

use std::sync::Arc;

use regex::Regex;

use crate::base::{Result, VirtAddr};
use crate::command::{Cx, Flow};
use crate::symbols::Module;
use crate::ui::{Role, Row, Table};

/// A row a write: the stop at which it was seen, the slot, old and new value, by whom.
pub(super) fn show(cx: &mut Cx<'_>, modules: &[Arc<Module>], regex: Option<&Regex>) -> Result<Flow> {
    let mut table = Table::new();
    for module in modules {
        let changes = cx.session.slot_history(module);
        let session = &*cx.session;
        for change in changes {
            let slot = module.got().and_then(|g| g.slot(change.index).ok());
            let symbol =
                slot.and_then(|s| s.versioned_name()).map_or_else(|| "-".into(), |n| session.shown_symbol(&n).into_owned());
            if regex.is_some_and(|r| !r.is_match(&symbol)) {
                continue;
            }
            let named = |v: u64| session.full_name(VirtAddr(v), None).map_or(format!("{v:#x}"), |n| format!("{v:#x} <{n}>"));
            table.push(
                Row::new()
                    .both("stop", Role::Dim, format!("stop {}", change.stop), change.stop)
                    .hidden("module", module.name.as_str())
                    .both("index", Role::Plain, format!("[{}]", change.index), change.index)
                    .cell("address", Role::Address, change.at.to_string())
                    .cell("symbol", Role::Symbol, symbol)
                    .cell("old", Role::Plain, named(change.old))
                    .note(Role::Plain, "->")
                    .cell("new", Role::Changed, named(change.new))
                    .cell("by", Role::Plain, change.by),
            );
        }
    }
    if table.is_empty() {
        cx.say("No write has been seen.\n");
    }
    table.show(cx.out);
    Ok(Flow::Go)
}
