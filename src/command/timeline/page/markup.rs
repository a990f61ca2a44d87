//! HTML that is well-formed and escaped by the way it is written.

/// A document that is being written; elements end where their closure does.
#[derive(Debug, Default)]
pub struct Markup {
    text: String,
}

/// The elements of HTML that have no end.
const VOID: [&str; 3] = ["meta", "br", "link"];

impl Markup {
    /// What was written.
    pub fn finish(self) -> String {
        self.text
    }

    /// Text, whoever it comes from.
    pub fn text(&mut self, text: &str) {
        escape(&mut self.text, text);
    }

    /// An element with what `inside` writes.
    pub fn element(&mut self, tag: &str, attributes: &[(&str, &str)], inside: impl FnOnce(&mut Markup)) {
        self.text.push('<');
        self.text.push_str(tag);
        for (name, value) in attributes {
            self.text.push(' ');
            self.text.push_str(name);
            self.text.push_str("=\"");
            escape(&mut self.text, value);
            self.text.push('"');
        }
        if VOID.contains(&tag) {
            self.text.push_str("/>\n");
            return;
        }
        self.text.push('>');
        inside(self);
        self.text.push_str("</");
        self.text.push_str(tag);
        self.text.push('>');
        if !INLINE.contains(&tag) {
            self.text.push('\n');
        }
    }

    /// An element that holds text alone.
    pub fn leaf(&mut self, tag: &str, attributes: &[(&str, &str)], text: &str) {
        self.element(tag, attributes, |m| m.text(text));
    }

    /// What is rdbg's own, as it is: the style, the script, the doctype.
    pub fn own(&mut self, text: &str) {
        self.text.push_str(text);
    }
}

/// Elements that stand within a line.
const INLINE: [&str; 8] = ["span", "code", "b", "i", "em", "a", "tspan", "title"];

/// What comes from a program may hold anything: no character of it becomes markup, and none is one that XML forbids.
fn escape(into: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '"' => into.push_str("&quot;"),
            '\'' => into.push_str("&#39;"),
            '\t' | '\n' => into.push(c),
            // What turns the direction of writing could make one name look like another.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => into.push('\u{fffd}'),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => into.push('\u{fffd}'),
            c => into.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_program_becomes_markup() {
        let mut m = Markup::default();
        m.leaf("p", &[("title", "\"><script>")], "a<b> & 'c' \u{1b}[0m \u{202e}");
        assert_eq!(m.finish(), "<p title=\"&quot;&gt;&lt;script&gt;\">a&lt;b&gt; &amp; &#39;c&#39; \u{fffd}[0m \u{fffd}</p>\n");
    }
}
