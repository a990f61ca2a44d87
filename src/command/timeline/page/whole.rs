//! The page itself.

use std::io::Write;

use super::chapters::{said, tell};
use super::life::{End, Life};
use super::markup::Markup;
use super::scale::{Across, grouped};
use super::story::Story;
use super::{slots_figure, space_figure};
use crate::base::{Result, counted};
use crate::command::timeline::words::base_name;
use crate::engine::Spool;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Nothing may be fetched, whatever the page holds.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// Writes the page of a recording.
pub fn write(events: &Spool, out: &mut dyn Write) -> std::io::Result<Result<u64>> {
    let story = match Story::read(events) {
        Ok(story) => story,
        Err(e) => return Ok(Err(e)),
    };
    out.write_all(page(&story).as_bytes())?;
    Ok(Ok(events.len()))
}

fn page(story: &Story) -> String {
    let mut m = Markup::default();
    let name = story.lives.first().map_or("a process", |l| program(l)).to_owned();
    m.own("<!DOCTYPE html>\n");
    m.element("html", &[("lang", "en")], |m| {
        m.element("head", &[], |m| {
            m.element("meta", &[("charset", "utf-8")], |_| {});
            m.element("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")], |_| {});
            m.element("meta", &[("name", "color-scheme"), ("content", "light dark")], |_| {});
            m.element("meta", &[("http-equiv", "Content-Security-Policy"), ("content", POLICY)], |_| {});
            m.leaf("title", &[], &format!("How {name} was loaded"));
            m.element("style", &[], |m| m.own(STYLE));
        });
        m.element("body", &[], |m| {
            header(m, story, &name);
            m.element("main", &[], |m| {
                for (number, life) in story.lives.iter().enumerate() {
                    match number {
                        0 => one(m, life, number),
                        _ => m.element("details", &[("class", "life")], |m| {
                            m.element("summary", &[], |m| summary(m, life));
                            one(m, life, number);
                        }),
                    }
                }
            });
            footer(m, story);
            m.element("script", &[], |m| m.own(SCRIPT));
        });
    });
    m.finish()
}

fn program(life: &Life) -> &str {
    if life.path.is_empty() { "a running process" } else { base_name(&life.path) }
}

fn header(m: &mut Markup, story: &Story, name: &str) {
    m.element("header", &[], |m| {
        m.leaf("p", &[("class", "over")], "The story of a load");
        m.element("h1", &[], |m| {
            m.text("How ");
            m.leaf("em", &[], name);
            m.text(" was loaded");
        });
        let Some(life) = story.lives.first() else {
            m.leaf("p", &[("class", "lede")], "Nothing was recorded.");
            return;
        };
        m.leaf("p", &[("class", "lede")], &lede(story, life));
        if !life.call.is_empty() {
            m.leaf("p", &[("class", "call-line")], &life.call);
        }
        m.element("ul", &[("class", "tiles")], |m| {
            for (kind, label) in TILES {
                let n = story.totals.get(kind).copied().unwrap_or_default();
                m.element("li", &[("data-total", kind), ("data-count", &n.to_string())], |m| {
                    m.leaf("b", &[], &grouped(n));
                    m.leaf("span", &[], label);
                });
            }
        });
    });
}

/// The kinds that have a tile.
const TILES: [(&str, &str); 8] = [
    ("syscall", "system calls"),
    ("map", "mappings"),
    ("object", "objects"),
    ("reloc", "relocations"),
    ("ifunc", "IFUNCs"),
    ("bind", "lazy binds"),
    ("init", "constructors"),
    ("fault", "page faults"),
];

fn lede(story: &Story, life: &Life) -> String {
    let all: u64 = story.totals.values().sum();
    let libraries: usize = life.chapters.values().map(|c| c.libraries.len()).sum();
    let end = match &life.end {
        End::Code(code) => format!("to its exit with code {code}"),
        End::Signal(name) => format!("to its death by {name}"),
        End::Exec(path) => format!("until it became {}", base_name(path)),
        End::Unknown => "as far as it was watched".to_owned(),
    };
    let who = match (life.path.is_empty(), life.interpreter.is_empty()) {
        (true, _) => "The process was running already when rdbg began to watch it.".to_owned(),
        (_, true) => "It is statically linked: the kernel maps one file, and there is nobody else to ask.".to_owned(),
        (_, false) => {
            let found = match libraries {
                0 => "had nothing else to load".to_owned(),
                1 => "found and mapped one more file".to_owned(),
                n => format!("found and mapped {n} more files"),
            };
            format!("The kernel mapped the program and its dynamic linker, which {found}.")
        }
    };
    let others = match story.lives.len() {
        0 | 1 => String::new(),
        2 => " One more program or child came of it, and is told below.".to_owned(),
        n => format!(" {} more programs or children came of it, and are told below.", n - 1),
    };
    format!("From execve {end}, in {} events. {who}{others}", grouped(all))
}

fn summary(m: &mut Markup, life: &Life) {
    m.leaf("b", &[], program(life));
    let from = life.parent.map_or(String::new(), |p| format!(", child of {p}"));
    let how = if life.call.is_empty() && life.count("exec") == 0 { "a copy of its parent" } else { "a program of its own" };
    m.leaf("span", &[("class", "aside")], &format!("process {}{from}: {how}, {}", life.pid, counted(life.events(), "event")));
}

fn one(m: &mut Markup, life: &Life, number: usize) {
    let across = Across::of(&life.chapters);
    m.element("article", &[("class", "life"), ("id", &format!("l{number}")), ("data-pid", &life.pid.to_string())], |m| {
        if !life.bars.is_empty() {
            m.element("figure", &[("class", "map")], |m| {
                m.leaf("h2", &[], "The address space fills up");
                legend(m, life);
                m.element("div", &[("class", "drawing")], |m| space_figure::draw(m, life, &across, number));
                if life.bars.dropped > 0 {
                    let n = said("map", life.bars.dropped);
                    m.leaf("p", &[("class", "note")], &format!("{n} that came and went are not drawn."));
                }
            });
        }
        m.element("div", &[("class", "story")], |m| {
            tell(m, life, &across, number);
            if slots_figure::is_worth(life) {
                m.element("section", &[("class", "chapter slots-of")], |m| {
                    m.leaf("h3", &[], "Slots, from unresolved to bound");
                    m.leaf(
                        "p",
                        &[("class", "prose")],
                        "Each function of another library is called through a word in the global offset table. A dashed line waits: its \
                         word leads back to the resolver. At the dot somebody called, the resolver looked the name up, and from \
                         there on the word holds the function's address. The numbers above are those of the chapters.",
                    );
                    slots_figure::draw(m, life, &across);
                });
            }
        });
    });
}

fn legend(m: &mut Markup, life: &Life) {
    m.element("figcaption", &[], |m| {
        m.leaf(
            "p",
            &[],
            "Left to right: steps, by chapter. Top to bottom: addresses, the highest first; large pieces are folded, gaps cut out.",
        );
        m.element("ul", &[("class", "legend")], |m| {
            for (class, label) in
                [("r", "read-only"), ("x", "code"), ("w", "writable"), ("relro", "read-only again"), ("none", "no access")]
            {
                m.element("li", &[], |m| {
                    m.element("i", &[("class", &format!("swatch {class}"))], |_| {});
                    m.text(label);
                });
            }
            let dots: [(&str, &str, bool); 4] = [
                ("bind", "a slot is bound", life.count("bind") > 0),
                ("fetch", "fault: code", life.faults.iter().any(|f| f.is_fetch && !f.is_major)),
                ("fault", "fault: data", life.faults.iter().any(|f| !f.is_fetch && !f.is_major)),
                ("major", "fault: read from disk", life.faults.iter().any(|f| f.is_major)),
            ];
            for (class, label, _) in dots.iter().filter(|d| d.2) {
                m.element("li", &[], |m| {
                    m.element("i", &[("class", &format!("dot {class}"))], |_| {});
                    m.text(label);
                });
            }
        });
    });
}

fn footer(m: &mut Markup, story: &Story) {
    m.element("footer", &[], |m| {
        m.leaf("h2", &[], "All that was recorded");
        m.element("ul", &[("class", "totals")], |m| {
            for (kind, n) in &story.totals {
                m.element("li", &[("data-all", kind), ("data-count", &n.to_string())], |m| {
                    m.leaf("span", &[], kind);
                    m.leaf("b", &[], &grouped(*n));
                });
            }
        });
        if story.untold > 0 {
            let of_faults = match story.faults_of_children {
                0 => String::new(),
                n => format!(", of them {} of children in the second run", said("fault", n)),
            };
            m.leaf("p", &[("class", "note")], &format!("{} are counted only{of_faults}.", counted(story.untold, "event")));
        }
        m.element("p", &[("class", "note")], |m| {
            m.text("Made by rdbg, ");
            m.leaf("code", &[], "timeline save");
            m.text(
                ". Steps stand for time: a recorded load is slower than a free one, and by how much differs from step to step.",
            );
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that maps, opens, binds and closes without end: its page stays one that a browser can show.
    #[test]
    fn a_long_record_makes_no_long_page() {
        let mut spool = Spool::default();
        let mut say = |line: String| spool.push(&line).unwrap();
        say(r#"{"t":0.1,"pid":1,"tid":1,"kind":"exec","phase":"exec","path":"/p"}"#.to_owned());
        for n in 0..6_000u64 {
            let (at, slot) = (0x1000_0000 + (n % 7919) * 0x3000, 0x4000 + n * 8);
            let head = r#"{"t":0.2,"pid":1,"tid":1,"phase":"main","kind""#;
            let map = format!(r#""start":"{at:#x}","end":"{:#x}","perms":"rw-p","offset":0"#, at + 0x2000);
            say(format!(r#"{head}:"map",{map},"file":"/lib/{n}.so","by":"ld.so","segment":0}}"#));
            say(format!(
                r#"{head}:"bind","object":"/p","slot":"{slot:#x}","symbol":"f{n}","target":"/lib/{n}.so","caller":"p!main"}}"#
            ));
            say(format!(r#"{head}:"unmap",{map},"file":null,"by":"program","segment":null}}"#));
            say(format!(r#"{head}:"fault","run":2,"address":"{at:#x}","pc":"0x1","major":false,"file":null}}"#));
        }
        let page = page(&Story::read(&spool).unwrap());
        let height = page.split("class=\"space\" width=\"100%\" height=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(height.parse::<u32>().unwrap() < 6000, "{height} pixels high");
        assert!(page.len() < 4 << 20, "{} bytes", page.len());
        assert!(
            page.contains("data-all=\"map\" data-count=\"6000\"") && page.contains("more mappings of libraries are counted only")
        );
    }

    #[test]
    fn what_a_program_is_called_stays_text() {
        let mut spool = Spool::default();
        let evil = r#"/tmp/<script>alert(1)</script>&\"'x"#;
        for line in [
            format!(r#"{{"t":0.1,"pid":1,"tid":1,"kind":"exec","phase":"exec","path":"{evil}"}}"#),
            format!(
                r#"{{"t":0.1,"pid":1,"tid":1,"kind":"map","phase":"exec","start":"0x1000","end":"0x2000","perms":"r-xp","file":"{evil}","offset":0,"by":"kernel","segment":0}}"#
            ),
            format!(
                r#"{{"t":0.2,"pid":1,"tid":1,"kind":"bind","phase":"main","object":"{evil}","slot":"0x1800","index":"GOT[3]","symbol":"{evil}","version":null,"before":"0x1","value":"0x2","target":"{evil}","caller":"{evil}"}}"#
            ),
        ] {
            spool.push(&line).unwrap();
        }
        let page = page(&Story::read(&spool).unwrap());
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;x"), "{page}");
        assert_eq!(page.matches("<script").count(), 1, "{page}");
        assert_eq!((grouped(7).as_str(), grouped(1234567).as_str()), ("7", "1,234,567"));
    }
}
