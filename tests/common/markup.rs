//! Reads XHTML strictly: whatever is not well-formed is an error.

use std::collections::BTreeMap;

/// An element, without what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// Its name.
    pub tag: String,
    /// Its attributes, unescaped.
    pub attributes: BTreeMap<String, String>,
}

/// All elements of a document in the order in which they begin, and its text without the style and the scripts.
pub fn parse(document: &str) -> Result<(Vec<Element>, String), String> {
    let mut rest = document.strip_prefix("<!DOCTYPE html>\n").ok_or("no doctype")?;
    let (mut elements, mut open, mut words) = (Vec::new(), Vec::<String>::new(), String::new());
    while !rest.is_empty() {
        let Some(tail) = rest.strip_prefix('<') else {
            let end = rest.find('<').unwrap_or(rest.len());
            let (text, after) = rest.split_at(end);
            // What scripts and styles hold is theirs, but ends no element and names no entity.
            let text = unescape(text).map_err(|e| format!("{e} in {text:?}"))?;
            if !open.last().is_some_and(|t| ["style", "script"].contains(&t.as_str())) {
                words.push_str(&text);
            }
            rest = after;
            continue;
        };
        let end = tag_end(tail).ok_or_else(|| format!("no end of the tag at {:?}", &tail[..tail.len().min(40)]))?;
        let (inside, after) = (&tail[..end], &tail[end + 1..]);
        rest = after;
        if let Some(name) = inside.strip_prefix('/') {
            let was = open.pop();
            if was.as_deref() != Some(name) {
                return Err(format!("</{name}> ends {was:?}"));
            }
            continue;
        }
        let (inside, is_whole) = inside.strip_suffix('/').map_or((inside, false), |i| (i, true));
        let element = element(inside)?;
        if !is_whole {
            open.push(element.tag.clone());
        }
        elements.push(element);
    }
    if open.is_empty() { Ok((elements, words)) } else { Err(format!("{open:?} never end")) }
}

/// Where a tag ends: a `>` within quotes does not end it.
fn tag_end(tail: &str) -> Option<usize> {
    let mut is_quoted = false;
    tail.char_indices().find_map(|(at, c)| match c {
        '"' => {
            is_quoted = !is_quoted;
            None
        }
        '>' if !is_quoted => Some(at),
        _ => None,
    })
}

fn element(inside: &str) -> Result<Element, String> {
    let (tag, mut rest) = inside.split_once(' ').unwrap_or((inside, ""));
    if tag.is_empty() || !tag.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Err(format!("a tag called {tag:?}"));
    }
    let mut attributes = BTreeMap::new();
    while !rest.trim().is_empty() {
        let (name, tail) = rest.split_once("=\"").ok_or_else(|| format!("an attribute without a value: {rest:?}"))?;
        let (value, tail) = tail.split_once('"').ok_or_else(|| format!("{name} has no end"))?;
        if value.contains('<') {
            return Err(format!("{name} holds a bare <"));
        }
        if attributes.insert(name.trim().to_owned(), unescape(value)?).is_some() {
            return Err(format!("{name} twice"));
        }
        rest = tail;
    }
    Ok(Element { tag: tag.to_owned(), attributes })
}

fn unescape(text: &str) -> Result<String, String> {
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(';').ok_or("a bare &")?;
        plain.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "#39" => '\'',
            other => return Err(format!("an entity called {other:?}")),
        });
        plain.push_str(rest);
    }
    match plain.chars().find(|c| c.is_control() && !['\n', '\t'].contains(c)) {
        Some(c) => Err(format!("{c:?}, which XML forbids")),
        None => Ok(plain),
    }
}
