//! The parts of a page that are left out: hidden elements, controls and navigation.

use html5ever::tokenizer::{Tag, TagKind};

/// Elements that contain no text of the page.
const LEFT_OUT: &[&str] = &[
    "audio", "button", "canvas", "datalist", "iframe", "map", "math", "nav", "noembed", "noframes",
    "noscript", "object", "script", "select", "style", "svg", "template", "textarea", "title",
    "video",
];
/// Elements without an end tag.
const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
];
/// Elements that may end without an end tag: at the next element of the same kind, or at the end of their parent.
const OPEN_ENDED: &[&str] = &["dd", "dt", "li", "option", "p", "td", "th", "tr"];
/// Elements that may contain these.
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
pub(super) struct SkippedElement {
    name: String,
    /// The number of open elements with the same name inside it.
    same: usize,
    /// The number of open elements of [`AROUND_OPEN_ENDED`] inside it.
    around: usize,
}

/// The relation of a tag to the element that is left out.
#[derive(PartialEq, Eq)]
pub(super) enum TagPosition {
    /// The tag is inside the element.
    Within,
    /// The tag is the end of the element.
    Ended,
    /// The element ended before the tag, and the tag is not part of it.
    EndedBefore,
}

impl SkippedElement {
    /// Starts to leave out the element of this tag; `None` when its content is kept.
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

    /// Whether the tags inside it are not HTML.
    pub(super) fn is_foreign(&self) -> bool {
        matches!(self.name.as_str(), "svg" | "math")
    }

    /// Processes a tag.
    pub(super) fn tag(&mut self, tag: &Tag) -> TagPosition {
        let name = &*tag.name;
        let is_open_ended = OPEN_ENDED.contains(&self.name.as_str());
        let is_around = AROUND_OPEN_ENDED.contains(&name);
        if matches!(name, "body" | "html") && tag.kind == TagKind::EndTag {
            return TagPosition::EndedBefore;
        }
        match tag.kind {
            TagKind::StartTag if is_open_ended && self.around == 0 => {
                if name == self.name || (self.name == "p" && is_around) {
                    return TagPosition::EndedBefore;
                }
                self.around += usize::from(is_around);
            }
            TagKind::StartTag => {
                self.same += usize::from(name == self.name && !tag.self_closing);
                self.around += usize::from(is_around);
            }
            TagKind::EndTag if name == self.name => {
                if self.same == 0 && (!is_open_ended || self.around == 0) {
                    return TagPosition::Ended;
                }
                self.same = self.same.saturating_sub(1);
                self.around = self.around.saturating_sub(usize::from(is_around));
            }
            TagKind::EndTag if is_around => {
                if is_open_ended && self.around == 0 {
                    return TagPosition::EndedBefore;
                }
                self.around = self.around.saturating_sub(1);
            }
            TagKind::EndTag => {}
        }
        TagPosition::Within
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
