//! `timeline save FILE.html`: the page is well-formed, counts what the record holds, lets nothing in from the program, and asks
//! nothing of the network.

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::build;
use common::load::scratch;
use common::markup::{Element, parse};
use common::rdbg::Session;
use common::tools;
use serde_json::Value;

/// A load's page and its record.
struct Saved {
    page: String,
    elements: Vec<Element>,
    words: String,
    events: Vec<Value>,
}

fn saved(program: &Path, args: &[&str], before: &[&str]) -> Saved {
    let (html, jsonl) = (scratch("html"), scratch("jsonl"));
    let save = [format!("timeline save {}", html.display()), format!("timeline save {}", jsonl.display())];
    let commands: Vec<&str> =
        before.iter().copied().chain(["timeline start", "run"]).chain(save.iter().map(String::as_str)).collect();
    let done = Session::rdbg().program(program, args).batch(&commands);
    let read = |file: &PathBuf| {
        let text = std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{e}: {}", done.text));
        let _ = std::fs::remove_file(file);
        text
    };
    let (page, jsonl) = (read(&html), read(&jsonl));
    let (elements, words) = parse(&page).unwrap_or_else(|e| panic!("{}: {e}", program.display()));
    Saved { page, elements, words, events: jsonl.lines().map(|l| serde_json::from_str(l).unwrap()).collect() }
}

/// The programs whose pages are looked at.
fn loads() -> Vec<(PathBuf, Vec<&'static str>)> {
    let mut all: Vec<(PathBuf, Vec<&str>)> = Vec::new();
    for (name, args) in [("ls", vec!["/"]), ("bash", vec!["-c", "/bin/true; exec /bin/echo '<b>&amp;'"])] {
        match tools::find(name) {
            Some(path) => all.push((path, args)),
            None => tools::skip("page", format!("no {name} on PATH")),
        }
    }
    for (source, name) in
        [("c/hello.c", "lazy"), ("c/hello.c", "static"), ("c/hello.c", "musl"), ("c/dlhost.c", "pie"), ("cpp/throws.cpp", "lazy")]
    {
        all.extend(build::or_skip("page", source, name).map(|p| (p.path, Vec::new())));
    }
    all
}

fn count(element: &Element) -> u64 {
    element.attributes["data-count"].parse().unwrap()
}

/// By kind, as the record has them.
fn kinds(events: &[Value]) -> BTreeMap<String, u64> {
    events.iter().fold(BTreeMap::new(), |mut all, e| {
        *all.entry(e["kind"].as_str().unwrap().to_owned()).or_default() += 1;
        all
    })
}

#[test]
fn its_numbers_are_those_of_the_record() {
    for (program, args) in loads() {
        let saved = saved(&program, &args, &[]);
        let kinds = kinds(&saved.events);
        let of = |attribute: &str| saved.elements.iter().filter(|e| e.attributes.contains_key(attribute)).collect::<Vec<_>>();
        let all: BTreeMap<String, u64> = of("data-all").iter().map(|e| (e.attributes["data-all"].clone(), count(e))).collect();
        assert_eq!(all, kinds, "{}", program.display());
        for tile in of("data-total") {
            assert_eq!(
                count(tile),
                kinds.get(&tile.attributes["data-total"]).copied().unwrap_or(0),
                "{}: {tile:?}",
                program.display()
            );
        }
        // The chapters share the events out; only faults of children are nobody's.
        let mut chapters: BTreeMap<&str, u64> = BTreeMap::new();
        for fact in of("data-kind") {
            *chapters.entry(&fact.attributes["data-kind"]).or_default() += count(fact);
        }
        for (kind, n) in chapters {
            let is_all = n == kinds[kind] || (kind == "fault" && program.ends_with("bash"));
            assert!(is_all, "{}: {kind}: {n} in chapters of {}", program.display(), kinds[kind]);
        }
        let by_module: u64 =
            of("data-relocations").iter().map(|e| e.attributes["data-relocations"].parse::<u64>().unwrap()).sum();
        assert_eq!(by_module, kinds.get("reloc").copied().unwrap_or(0) - relocated_later(&saved.events), "{}", program.display());
    }
}

/// Relocations of processes that have no chapter of relocations: what a copy of a process opens.
fn relocated_later(events: &[Value]) -> u64 {
    let with_chapter: Vec<_> =
        events.iter().filter(|e| e["kind"] == "reloc" && e["phase"] != "main").map(|e| e["pid"].clone()).collect();
    events.iter().filter(|e| e["kind"] == "reloc" && !with_chapter.contains(&e["pid"])).count() as u64
}

#[test]
fn what_happened_is_drawn() {
    let Some(program) = build::or_skip("page", "c/dlhost.c", "pie") else { return };
    let saved = saved(&program.path, &[], &[]);
    let bars: Vec<&Element> =
        saved.elements.iter().filter(|e| e.attributes.get("class").is_some_and(|c| c.starts_with("bar "))).collect();
    let maps = saved.events.iter().filter(|e| e["kind"] == "map").count();
    assert!(bars.len() >= maps, "{} rectangles of {maps} mappings", bars.len());
    // Whatever is drawn lies within the drawing, and higher addresses lie higher.
    let number = |e: &Element, key: &str| e.attributes[key].trim_end_matches('%').parse::<f64>().unwrap();
    for bar in &bars {
        let (x, width) = (number(bar, "x"), number(bar, "width"));
        assert!((0.0..=100.0).contains(&x) && x + width < 100.5 && number(bar, "y") > 0.0, "{bar:?}");
    }
    let binds: Vec<&Value> = saved.events.iter().filter(|e| e["kind"] == "bind").collect();
    let drawn = saved.elements.iter().filter(|e| e.attributes.get("class").is_some_and(|c| c == "bound")).count();
    assert_eq!(drawn, binds.len(), "a line for each bind");
    for wanted in
        ["The kernel maps the program", "libplugin.so", "Opened while it ran", "It exited with code 0", "called from dlhost!"]
    {
        assert!(saved.words.contains(wanted), "{wanted} is missing");
    }
    // Each link leads somewhere.
    let ids: Vec<&String> = saved.elements.iter().filter_map(|e| e.attributes.get("id")).collect();
    for link in saved.elements.iter().filter_map(|e| e.attributes.get("href")) {
        assert!(ids.iter().any(|id| link.strip_prefix('#') == Some(id)), "{link}");
    }
}

#[test]
fn it_asks_nothing_of_the_network() {
    let Some(program) = build::or_skip("page", "c/hello.c", "lazy") else { return };
    let saved = saved(&program.path, &[], &[]);
    for wrong in ["http:", "https:", "src=", "url(", "@import", "fetch(", "XMLHttpRequest", "WebSocket", "//cdn"] {
        assert!(!saved.page.contains(wrong), "{wrong}");
    }
    let policy = saved.elements.iter().find(|e| e.attributes.get("http-equiv").is_some_and(|v| v == "Content-Security-Policy"));
    assert!(policy.unwrap().attributes["content"].starts_with("default-src 'none'"), "{policy:?}");
    let loads =
        |e: &&Element| ["img", "iframe", "object", "embed", "link", "image", "use", "base", "form"].contains(&e.tag.as_str());
    assert!(saved.elements.iter().all(|e| !loads(&e)));
}

/// Names of the program, of its directory, of its library and of its arguments are whatever somebody likes.
#[test]
fn hostile_names_stay_text() {
    let Some(host) = build::or_skip("page", "c/dlhost.c", "pie") else { return };
    let dir = scratch("d<i>&'\"r");
    std::fs::create_dir_all(&dir).unwrap();
    let name = "<img src=x onerror=alert(1)>&amp;\"'\u{1b}[31m\u{202e}";
    let program = dir.join(name);
    std::fs::copy(&host.path, &program).unwrap();
    std::fs::copy(host.dir.join("libplugin.so"), dir.join("libplugin.so")).unwrap();
    // rdbg's own command line takes such names too.
    let saved = saved(&program, &["</script><img src=x>", "]]>"], &[]);
    let _ = std::fs::remove_dir_all(&dir);
    assert!(saved.words.contains("<img src=x onerror=alert(1)>&amp;\"'\u{fffd}[31m\u{fffd}"), "{}", saved.words);
    assert!(saved.words.contains("</script><img src=x>"), "{}", saved.words);
    let scripts = saved.elements.iter().filter(|e| e.tag == "script").count();
    assert!(scripts == 1 && saved.elements.iter().all(|e| e.tag != "img"), "{scripts}");
    assert!(saved.elements.iter().flat_map(|e| e.attributes.keys()).all(|k| !k.starts_with("on")));
}

/// A process that was joined while it ran has no beginning; a recording of nothing has a page all the same.
#[test]
fn what_has_no_beginning_is_told_from_where_it_begins() {
    let Some(program) = build::or_skip("page", "c/hello.c", "lazy") else { return };
    let html = scratch("html");
    let save = format!("timeline save {}", html.display());
    let commands = ["break main", "run", "timeline start", "continue", &save];
    let done = Session::rdbg().program(&program.path, [""; 0]).batch(&commands);
    let page = std::fs::read_to_string(&html).unwrap_or_else(|e| panic!("{e}: {}", done.text));
    let _ = std::fs::remove_file(&html);
    let (_, words) = parse(&page).unwrap_or_else(|e| panic!("{e}"));
    assert!(words.contains("running already") && words.contains("It exited with code 0"), "{words}");
}
