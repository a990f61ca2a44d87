//! The ELF files of a record: which part of which file a mapping or a read is.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::words::{base_name, hex, signed, text};
use crate::base::{page_down, page_up};
use crate::elf::{Image, Section, Segment, pt};

/// What is known of files, mappings and descriptors at a point of the record.
#[derive(Default)]
pub struct Files {
    images: HashMap<String, Option<Arc<Image>>>,
    /// Where each file's first mapping has begun and how far it has reached, by process; the last one counts.
    places: Vec<Place>,
    /// What descriptors lead to, by process.
    open: HashMap<(i64, i64), String>,
    /// By process, what the program's start-up code calls.
    starts: HashMap<i64, (String, String)>,
}

struct Place {
    pid: i64,
    start: u64,
    end: u64,
    file: String,
}

impl Files {
    /// Takes note of an event.
    pub fn learn(&mut self, event: &Value) {
        let pid = signed(event, "pid").unwrap_or_default();
        match text(event, "kind") {
            "syscall" => {
                let is_open = matches!(text(event, "name"), "open" | "openat");
                let path = text(event, "text").split('"').nth(1);
                if let (true, Some(path), Some(fd)) = (is_open, path, signed(event, "ret").filter(|fd| *fd >= 0)) {
                    self.open.insert((pid, fd), path.to_owned());
                }
            }
            "exec" => self.places.retain(|p| p.pid != pid),
            "reloc" if text(event, "symbol") == "__libc_start_main" && !text(event, "target").is_empty() => {
                let of = (text(event, "target").to_owned(), text(event, "value").to_owned());
                self.starts.insert(pid, of);
            }
            "map" => self.mapped(event, pid),
            _ => {}
        }
    }

    fn mapped(&mut self, event: &Value, pid: i64) {
        let (Some(start), Some(end)) = (hex(event, "start"), hex(event, "end")) else { return };
        let file = text(event, "file");
        let within = self.places.iter_mut().rev().find(|p| p.pid == pid && p.start <= start && start <= p.end);
        match within {
            Some(place) if place.file == file || file.is_empty() => place.end = place.end.max(end),
            _ if file.starts_with('/') && event.get("offset").and_then(Value::as_u64) == Some(0) => {
                self.places.push(Place { pid, start, end, file: file.to_owned() });
            }
            _ => {}
        }
    }

    /// The file of a path, if it is an ELF file and still there.
    fn image(&mut self, path: &str) -> Option<Arc<Image>> {
        let open = || Image::open(path.as_ref()).ok().filter(|i| i.loads().next().is_some());
        self.images.entry(path.to_owned()).or_insert_with(open).clone()
    }

    /// A mapping in words: where, what may be done there, and what lies in it.
    pub fn area(&mut self, event: &Value) -> String {
        let head = format!("{}-{} {}", text(event, "start"), text(event, "end"), text(event, "perms"));
        let file = text(event, "file").to_owned();
        let segment = event.get("segment").and_then(Value::as_u64);
        let pid = signed(event, "pid").unwrap_or_default();
        let (Some(start), Some(end)) = (hex(event, "start"), hex(event, "end")) else { return head };
        // The reservation may be the one that is just being made.
        let around = self.places.iter().rev().find(|p| p.pid == pid && p.start <= start && start <= p.end);
        let (owner, base) = match around {
            Some(place) if file.is_empty() || place.file == file => (place.file.clone(), place.start),
            _ => (file.clone(), start),
        };
        let Some(segment) = segment.filter(|_| !owner.is_empty()) else {
            return match file.as_str() {
                "" => format!("{head} anonymous, {} bytes", end - start),
                file => format!("{head} {file}"),
            };
        };
        let described = self.image(&owner).and_then(|image| in_image(&image, segment as usize, start - base, end - base, &file));
        format!("{head} {} PT_LOAD {segment}{}", base_name(&owner), described.unwrap_or_default())
    }

    /// Which part of an ELF file a read has read: its header, its program headers, its notes.
    pub fn part_of_elf(&mut self, event: &Value) -> Option<String> {
        let pid = signed(event, "pid").unwrap_or_default();
        let args: Vec<i64> = event.get("args")?.as_array()?.iter().map(|a| a.as_i64().unwrap_or_default()).collect();
        let path = self.open.get(&(pid, *args.first()?))?.clone();
        let name = base_name(&path);
        let got = u64::try_from(signed(event, "ret")?).ok()?;
        if text(event, "name") == "read" {
            return text(event, "text").contains("\"\\177ELF").then(|| format!("the ELF header of {name}"));
        }
        let at = u64::try_from(*args.get(3)?).ok()?;
        let image = self.image(&path)?;
        let (headers, _) = image.header_tables();
        if at == headers.start && got == headers.end - headers.start {
            return Some(format!("the program headers of {name}"));
        }
        let is_note = |s: &&Segment| {
            s.kind == pt::PT_NOTE && s.offset <= at && at.saturating_add(got) <= s.offset.saturating_add(s.file_size)
        };
        image.segments().iter().find(is_note).map(|_| format!("the notes of {name}"))
    }

    /// The program's entry point, and what it calls.
    pub fn entry(&self, event: &Value) -> String {
        let words = format!("_start of {} at {}", base_name(text(event, "object")), text(event, "pc"));
        match self.starts.get(&signed(event, "pid").unwrap_or_default()) {
            Some((target, value)) => format!("{words}, which calls __libc_start_main of {} at {value}", base_name(target)),
            None => words,
        }
    }
}

/// What of a file lies in a range, counted from where its first segment begins.
fn in_image(image: &Image, segment: usize, start: u64, end: u64, file: &str) -> Option<String> {
    let load = image.loads().nth(segment)?;
    let base = page_down(image.loads().next()?.addr.0);
    let (start, end) = (base.wrapping_add(start), base.wrapping_add(end));
    let in_segment = |s: &Section| load.contains(s.addr) && s.addr.0 < end && s.addr.0.saturating_add(s.size) > start;
    let wanted = |s: &&Section| s.is_loaded() && s.size > 0 && in_segment(s) && (!file.is_empty() || s.is_nobits());
    let sections: Vec<&str> = image.sections().iter().filter(wanted).map(|s| s.name.as_str()).collect();
    let relro = image.segments().iter().find(|s| s.kind == pt::PT_GNU_RELRO);
    let is_relro = relro.is_some_and(|r| page_down(r.addr.0) == start && end <= page_up(r.addr.0.saturating_add(r.mem_size)));
    let mut words = String::new();
    if is_relro {
        words.push_str(" (RELRO)");
    }
    if file.is_empty() {
        words.push_str(" (zeroes behind what the file has)");
    }
    // The first mapping of a library is as long as all of it: what comes next is mapped over it.
    let own_end = page_up(load.addr.0.saturating_add(load.mem_size));
    if end > own_end {
        words.push_str(" and room for the rest");
    }
    if !sections.is_empty() {
        words.push_str(&format!(": {}", sections.join(" ")));
    }
    Some(words)
}
