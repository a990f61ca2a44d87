//! Addresses of a record in terms that do not depend on where things lie: `libc.so.6+0x26000`.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value;

use super::words::{base_name, hex, signed, text};

/// What lies where in one process, at a point of its record.
#[derive(Clone, Default)]
pub struct Layout {
    places: Vec<Place>,
    /// How many mappings of no file there have been.
    anonymous: usize,
    /// Where the heap begins.
    heap: Option<u64>,
}

#[derive(Clone)]
struct Place {
    start: u64,
    end: u64,
    /// A path, a name in brackets, or empty.
    file: String,
    label: String,
}

/// Numbers below are no addresses of anything.
const LOWEST: u64 = 0x10000;
/// What is at least so large and lies nowhere is an address all the same: of rdbg's own, or of what is gone.
const SURELY_ADDRESS: u64 = 1 << 32;
/// From here on it is a negative number.
const FIRST_NEGATIVE: u64 = u64::MAX - SURELY_ADDRESS;
/// A heap is at most so large.
const MOST_HEAP: u64 = 1 << 30;

impl Layout {
    /// Something was mapped.
    pub fn map(&mut self, event: &Value) {
        let (Some(start), Some(end)) = (hex(event, "start"), hex(event, "end")) else { return };
        let file = text(event, "file");
        let is_part = event.get("segment").is_some_and(|s| !s.is_null());
        let begins = event.get("offset").and_then(Value::as_u64) == Some(0);
        let belongs = |p: &&mut Place| match file {
            "" => is_part && p.start <= start && start <= p.end,
            file => p.file == file && !begins && p.start <= start,
        };
        if let Some(place) = self.places.iter_mut().rev().find(belongs) {
            place.end = place.end.max(end);
            return;
        }
        if file == "[heap]" {
            let base = *self.heap.get_or_insert(start);
            self.places.retain(|p| p.file != file);
            self.places.push(Place { start: base.min(start), end, file: file.to_owned(), label: file.to_owned() });
            return;
        }
        let label = match file {
            "" => {
                self.anonymous += 1;
                format!("anonymous{}", self.anonymous)
            }
            file => base_name(file).to_owned(),
        };
        self.places.push(Place { start, end, file: file.to_owned(), label });
    }

    /// Something is mapped no more.
    pub fn unmap(&mut self, event: &Value) {
        let (Some(start), Some(end)) = (hex(event, "start"), hex(event, "end")) else { return };
        self.places.retain(|p| !(start <= p.start && p.end <= end));
    }

    /// The heap is asked for: the first answer is where it begins.
    pub fn learn_heap(&mut self, event: &Value) {
        if text(event, "name") == "brk"
            && let Some(end) = signed(event, "ret")
        {
            self.heap.get_or_insert(end as u64);
        }
    }

    /// An address, or a number that is none.
    pub fn name(&self, value: u64) -> String {
        if value < LOWEST {
            return format!("{value:#x}");
        }
        if let Some(place) = self.places.iter().rev().find(|p| (p.start..p.end).contains(&value)) {
            return match place.label.as_str() {
                // It begins where the environment ends, and that is random.
                "[stack]" => "[stack]".to_owned(),
                label => format!("{label}+{:#x}", value - place.start),
            };
        }
        match value {
            SURELY_ADDRESS..FIRST_NEGATIVE => "an address".to_owned(),
            _ => format!("{value:#x}"),
        }
    }

    /// The end of the heap, which brk(2) is asked for and tells.
    fn heap_end(&self, value: u64) -> String {
        match self.heap {
            Some(heap) if value >= heap && value - heap <= MOST_HEAP => format!("[heap]+{:#x}", value - heap),
            _ => self.name(value),
        }
    }

    /// The text of a system call with its addresses named.
    pub fn call(&self, name: &str, text: &str) -> String {
        if name == "brk" { renamed(text, |value| self.heap_end(value)) } else { self.text(text) }
    }

    /// An address field; empty where it is null.
    pub fn field(&self, event: &Value, key: &str) -> String {
        hex(event, key).map(|a| self.name(a)).unwrap_or_default()
    }

    /// A text with its addresses named.
    pub fn text(&self, text: &str) -> String {
        renamed(text, |value| self.name(value))
    }

    /// A mapping: what, how long, which part of what.
    pub fn area(&self, event: &Value) -> String {
        let (start, end) = (hex(event, "start").unwrap_or_default(), hex(event, "end").unwrap_or_default());
        let place = self.name(start);
        // Where it begins within its first page is random.
        let len = if place == "[stack]" { String::new() } else { format!(" {:#x} bytes", end.saturating_sub(start)) };
        let offset = event.get("offset").and_then(Value::as_u64).filter(|_| text(event, "file").starts_with('/'));
        let offset = offset.map(|o| format!(" of offset {o:#x}")).unwrap_or_default();
        format!("{place}{len} {}{offset} by {}", text(event, "perms"), text(event, "by"))
    }
}

fn renamed(text: &str, name: impl Fn(u64) -> String) -> String {
    static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("0x[0-9a-f]+").ok());
    let named = |found: &Captures<'_>| match u64::from_str_radix(found[0].trim_start_matches("0x"), 16) {
        Ok(value) => name(value),
        Err(_) => found[0].to_owned(),
    };
    ADDRESS.as_ref().map_or_else(|| text.to_owned(), |a| a.replace_all(text, named).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn mapping(start: &str, end: &str, file: Option<&str>, offset: u64, segment: Option<u64>) -> Value {
        json!({"kind": "map", "start": start, "end": end, "perms": "r--p", "file": file, "offset": offset, "by": "ld.so", "segment": segment})
    }

    #[test]
    fn the_parts_of_a_library_count_from_its_beginning() {
        let mut layout = Layout::default();
        layout.map(&mapping("0x7f0000100000", "0x7f0000200000", Some("/lib/libx.so"), 0, Some(0)));
        layout.map(&mapping("0x7f0000110000", "0x7f0000120000", Some("/lib/libx.so"), 0x10000, Some(1)));
        layout.map(&mapping("0x7f0000200000", "0x7f0000201000", None, 0, Some(2)));
        layout.map(&mapping("0x7f0000300000", "0x7f0000301000", None, 0, None));
        assert_eq!(layout.name(0x7f00_0011_0004), "libx.so+0x10004");
        assert_eq!(layout.name(0x7f00_0020_0008), "libx.so+0x100008");
        assert_eq!(layout.text("f(0x7f0000300010, 0x10, 0x7fffffff0000) = 0"), "f(anonymous1+0x10, 0x10, an address) = 0");
        layout.unmap(&mapping("0x7f0000300000", "0x7f0000301000", None, 0, None));
        assert_eq!(layout.name(0x7f00_0030_0010), "an address");
    }

    #[test]
    fn the_heap_begins_where_the_first_answer_says() {
        let mut layout = Layout::default();
        layout.learn_heap(&json!({"kind": "syscall", "name": "brk", "ret": 0x5555_5557_a000_u64}));
        layout.map(&mapping("0x55555557a000", "0x55555559b000", Some("[heap]"), 0, None));
        assert_eq!(layout.name(0x5555_5557_a010), "[heap]+0x10");
        assert_eq!(layout.call("brk", "brk(0x55555559b000) = 0x55555559b000"), "brk([heap]+0x21000) = [heap]+0x21000");
        assert_eq!(layout.call("rseq", "rseq(0x53053053)"), "rseq(0x53053053)");
    }
}
