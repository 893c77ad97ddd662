//! What of a page is left out: what is not shown, controls, and navigation.

use html5ever::tokenizer::{Tag, TagKind};

/// Elements that are no text of the page.
const LEFT_OUT: &[&str] = &[
    "audio", "button", "canvas", "datalist", "iframe", "map", "math", "nav", "noembed", "noframes",
    "noscript", "object", "script", "select", "style", "svg", "template", "textarea", "title",
    "video",
];
/// Elements that have no end.
const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
];
/// Elements that may end without an end tag: at the next one of their kind, or with what they are in.
const OPEN_ENDED: &[&str] = &["dd", "dt", "li", "option", "p", "td", "th", "tr"];
/// Elements that those are in.
const AROUND_OPEN_ENDED: &[&str] = &[
    "article",
    "aside",
    "blockquote",
    "div",
    "dl",
    "main",
    "ol",
    "section",
    "table",
    "ul",
];

/// An element that is being left out.
pub(super) struct Skip {
    name: String,
    /// How many of its name are open within it.
    same: usize,
    /// How many that may have open-ended ones are open within it.
    around: usize,
}

/// Whether the tag was of what is left out.
#[derive(PartialEq, Eq)]
pub(super) enum Outcome {
    /// It belongs to it.
    Within,
    /// It ended it, and belongs to it.
    Ended,
    /// It ended it, and does not belong to it.
    EndedBefore,
}

impl Skip {
    /// What begins with this tag, when it is to be left out.
    pub(super) fn beginning(tag: &Tag) -> Option<Self> {
        let name = &*tag.name;
        let begins = tag.kind == TagKind::StartTag
            && !VOID.contains(&name)
            && !(tag.self_closing && matches!(name, "svg" | "math"))
            && (LEFT_OUT.contains(&name) || is_hidden(tag));
        begins.then(|| Self {
            name: name.to_owned(),
            same: 0,
            around: 0,
        })
    }

    /// Whether tags within it are not HTML.
    pub(super) fn is_foreign(&self) -> bool {
        matches!(self.name.as_str(), "svg" | "math")
    }

    /// Follows a tag.
    pub(super) fn tag(&mut self, tag: &Tag) -> Outcome {
        let name = &*tag.name;
        let is_open_ended = OPEN_ENDED.contains(&self.name.as_str());
        let is_around = AROUND_OPEN_ENDED.contains(&name);
        if matches!(name, "body" | "html") && tag.kind == TagKind::EndTag {
            return Outcome::EndedBefore;
        }
        match tag.kind {
            TagKind::StartTag if is_open_ended && self.around == 0 => {
                if name == self.name || (self.name == "p" && is_around) {
                    return Outcome::EndedBefore;
                }
                self.around += usize::from(is_around);
            }
            TagKind::StartTag => {
                self.same += usize::from(name == self.name && !tag.self_closing);
                self.around += usize::from(is_around);
            }
            TagKind::EndTag if name == self.name => {
                if self.same == 0 && (!is_open_ended || self.around == 0) {
                    return Outcome::Ended;
                }
                self.same = self.same.saturating_sub(1);
                self.around = self.around.saturating_sub(usize::from(is_around));
            }
            TagKind::EndTag if is_around => {
                if is_open_ended && self.around == 0 {
                    return Outcome::EndedBefore;
                }
                self.around = self.around.saturating_sub(1);
            }
            TagKind::EndTag => {}
        }
        Outcome::Within
    }
}

fn is_hidden(tag: &Tag) -> bool {
    tag.attrs.iter().any(|attribute| {
        let value = attribute.value.trim().to_ascii_lowercase();
        match &*attribute.name.local {
            "hidden" => value != "until-found",
            "aria-hidden" => value == "true",
            "role" => value == "navigation",
            "style" => {
                let dense: String = value.split_whitespace().collect();
                dense.contains("display:none") || dense.contains("visibility:hidden")
            }
            _ => false,
        }
    })
}
