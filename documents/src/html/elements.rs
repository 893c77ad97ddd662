//! What the elements and attributes of HTML mean for the text.

use html5ever::tokenizer::Tag;

/// Elements that begin and end a line; all others, the unknown included, are inline, as in CSS.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "center",
    "details",
    "dialog",
    "dir",
    "div",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "frameset",
    "header",
    "hgroup",
    "hr",
    "html",
    "legend",
    "li",
    "dd",
    "dt",
    "listing",
    "main",
    "nav",
    "optgroup",
    "option",
    "p",
    "plaintext",
    "search",
    "section",
    "summary",
    "tbody",
    "tfoot",
    "thead",
    "xmp",
];
/// Words in the class of a control that shows and hides a text.
const TOGGLES: &[&str] = &[
    "accordion",
    "collaps",
    "expand",
    "faq",
    "question",
    "toggle",
];
/// The endings of file names, which programs write as descriptions of pictures.
const PICTURES: &[&str] = &[
    ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".avif", ".bmp",
];

/// Whether the element begins and ends a line.
pub(super) fn is_block(name: &str) -> bool {
    BLOCKS.contains(&name)
}

/// An attribute's value.
pub(super) fn attribute<'t>(tag: &'t Tag, name: &str) -> Option<&'t str> {
    let found = tag
        .attrs
        .iter()
        .find(|attribute| &*attribute.name.local == name);
    found.map(|attribute| &*attribute.value)
}

/// Whether the control shows and hides a text: the headline of a part of an accordion.
pub(super) fn is_toggle(tag: &Tag) -> bool {
    let has = |name| attribute(tag, name).is_some();
    let class = attribute(tag, "class")
        .unwrap_or_default()
        .to_ascii_lowercase();
    has("aria-expanded")
        || ["data-toggle", "data-bs-toggle"]
            .iter()
            .any(|name| attribute(tag, name) == Some("collapse"))
        || TOGGLES.iter().any(|word| class.contains(word))
}

/// Whether the element only leads to other pages: the tag of a navigation.
pub(super) fn is_navigation(tag: &Tag) -> bool {
    &*tag.name == "nav" || attribute(tag, "role") == Some("navigation")
}

/// Whether the element is a picture made of a font, whose text is the name of the picture.
pub(super) fn is_icon(tag: &Tag) -> bool {
    let class = attribute(tag, "class")
        .unwrap_or_default()
        .to_ascii_lowercase();
    matches!(&*tag.name, "i" | "span")
        && class.split_ascii_whitespace().any(|class| {
            class.starts_with("material-icons") || class.starts_with("material-symbols")
        })
}

/// The description of a picture, if a person wrote one.
pub(super) fn description(tag: &Tag) -> Option<&str> {
    let text = attribute(tag, "alt")?.trim();
    let lower = text.to_ascii_lowercase();
    let is_file = PICTURES.iter().any(|ending| lower.ends_with(ending));
    (!text.is_empty() && !is_file).then_some(text)
}
