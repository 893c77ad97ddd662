//! The parts of a page that are left out: programs, pictures and the values of controls. What is hidden is not: most of it
//! is unfolded by a click.

use html5ever::tokenizer::{Tag, TagKind};

use super::elements::is_icon;

/// Elements that contain no text of the page.
const LEFT_OUT: &[&str] = &[
    "annotation",
    "annotation-xml",
    "audio",
    "canvas",
    "datalist",
    "iframe",
    "map",
    "noembed",
    "noframes",
    "noscript",
    "object",
    "script",
    "select",
    "style",
    "svg",
    "template",
    "textarea",
    "video",
];
/// An element that is being left out.
pub(super) struct SkippedElement {
    name: String,
    /// The number of open elements with the same name inside it.
    same: usize,
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
            && !(tag.self_closing && name == "svg")
            && (LEFT_OUT.contains(&name) || is_icon(tag));
        begins.then(|| Self {
            name: name.to_owned(),
            same: 0,
        })
    }

    /// Whether the tags inside it are not HTML.
    pub(super) fn is_foreign(&self) -> bool {
        self.name == "svg"
    }

    /// Processes a tag.
    pub(super) fn tag(&mut self, tag: &Tag) -> TagPosition {
        let name = &*tag.name;
        match tag.kind {
            TagKind::EndTag if matches!(name, "body" | "html") => TagPosition::EndedBefore,
            TagKind::StartTag => {
                self.same += usize::from(name == self.name && !tag.self_closing);
                TagPosition::Within
            }
            TagKind::EndTag if name == self.name && self.same == 0 => TagPosition::Ended,
            TagKind::EndTag => {
                self.same -= usize::from(name == self.name);
                TagPosition::Within
            }
        }
    }
}
