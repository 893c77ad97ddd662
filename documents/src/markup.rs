//! Recognises texts by their first lines: web pages and fragments of them, XML, mail, front matter.

use crate::MediaType;

/// Elements with which a page or a fragment of one begins.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "address",
    "article",
    "aside",
    "b",
    "blockquote",
    "body",
    "br",
    "button",
    "caption",
    "center",
    "code",
    "dd",
    "details",
    "dialog",
    "div",
    "dl",
    "dt",
    "em",
    "fieldset",
    "figure",
    "font",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hgroup",
    "hr",
    "html",
    "i",
    "img",
    "li",
    "link",
    "main",
    "menu",
    "meta",
    "nav",
    "ol",
    "p",
    "picture",
    "pre",
    "script",
    "section",
    "small",
    "span",
    "strong",
    "style",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "title",
    "tr",
    "u",
    "ul",
    "video",
];
/// The headers with which a message begins.
const MAIL_HEADERS: &[&str] = &[
    "bcc",
    "cc",
    "content-type",
    "date",
    "delivered-to",
    "dkim-signature",
    "from",
    "message-id",
    "mime-version",
    "received",
    "reply-to",
    "return-path",
    "sender",
    "snapshot-content-location",
    "subject",
    "to",
    "x-priority",
];
/// The least number of different headers of a message.
const LEAST_HEADERS: usize = 3;
/// The least number of tags from which a text that begins with words is taken for markup.
const LEAST_TAGS: usize = 4;

/// Whether the text begins as a whole page does.
pub(crate) fn is_page(text: &str) -> bool {
    let text = after_prolog(text);
    first_tag(text).is_some_and(|name| match name.as_str() {
        "html" | "head" | "body" => true,
        "!doctype" => text
            .get(..64)
            .unwrap_or(text)
            .to_ascii_lowercase()
            .contains(" html"),
        _ => false,
    })
}

/// Whether the text is HTML or XML. Markdown may begin with HTML as well: then it has lines that only Markdown has.
pub(crate) fn is_markup(text: &str) -> bool {
    let start = text.trim_start();
    if start.starts_with("<?xml") || is_page(start) {
        return true;
    }
    let start = after_prolog(start);
    let begins = first_tag(start)
        .is_some_and(|name| ELEMENTS.contains(&name.as_str()) || name.contains('-'));
    (begins || tags(start) >= LEAST_TAGS) && !has_markdown(text)
}

/// The kind of a message or web archive; none for other texts.
pub(crate) fn mail_kind(text: &str) -> Option<MediaType> {
    let mut headers: Vec<String> = Vec::new();
    let mut is_related = false;
    let text = text.trim_start();
    // the separator of mailboxes
    let text = text
        .strip_prefix("From ")
        .and_then(|rest| rest.split_once('\n'))
        .map_or(text, |(_, rest)| rest);
    for line in text.lines() {
        if line.is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            continue;
        }
        let (name, value) = line.split_once(':')?;
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let name = name.to_ascii_lowercase();
        is_related |= name == "content-type"
            && value
                .trim()
                .to_ascii_lowercase()
                .starts_with("multipart/related");
        if MAIL_HEADERS.contains(&name.as_str()) && !headers.contains(&name) {
            headers.push(name);
        }
    }
    let has = |name: &str| headers.iter().any(|header| header == name);
    let is_mail = headers.len() >= LEAST_HEADERS
        && (has("mime-version")
            || has("message-id")
            || has("received")
            || has("from") && has("subject") && has("date"));
    let is_archive =
        is_related && (has("snapshot-content-location") || !has("to") && !has("received"));
    is_mail.then_some(if is_archive {
        MediaType::WebArchive
    } else {
        MediaType::Mail
    })
}

/// Whether the text begins with front matter: names and values between two lines of `---`.
pub(crate) fn has_front_matter(text: &str) -> bool {
    let Some(matter) = text
        .strip_prefix("---")
        .map(|rest| rest.trim_start_matches([' ', '\t', '\r']))
    else {
        return false;
    };
    let Some(matter) = matter.strip_prefix('\n') else {
        return false;
    };
    let mut lines = matter.lines();
    lines
        .next()
        .is_some_and(|first| first.contains(": ") || first.trim_end().ends_with(':'))
        && lines.any(|line| line.trim_end() == "---")
}

/// The text after an XML declaration, comments and processing instructions.
fn after_prolog(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let after = if let Some(comment) = rest.strip_prefix("<!--") {
            comment.split_once("-->").map(|(_, after)| after)
        } else if let Some(instruction) = rest.strip_prefix("<?") {
            instruction.split_once('>').map(|(_, after)| after)
        } else {
            return rest;
        };
        match after {
            Some(after) => rest = after.trim_start(),
            None => return "",
        }
    }
}

/// The name of the tag that the text begins with, in lower case.
fn first_tag(text: &str) -> Option<String> {
    tag_name(text.strip_prefix('<')?)
}

/// The name with which the text after `<` begins.
fn tag_name(tag: &str) -> Option<String> {
    let end = tag.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '!' && c != ':')?;
    let (name, rest) = tag.split_at(end);
    let is_tag = rest.starts_with(['>', '/', ' ', '\t', '\n', '\r']);
    (is_tag && !name.is_empty()).then(|| name.to_ascii_lowercase())
}

/// The number of tags of known elements.
fn tags(text: &str) -> usize {
    text.match_indices('<')
        .filter_map(|(at, _)| {
            let tag = text.get(at + 1..)?;
            tag_name(tag.strip_prefix('/').unwrap_or(tag))
        })
        .filter(|name| ELEMENTS.contains(&name.as_str()))
        .take(LEAST_TAGS)
        .count()
}

/// Whether the text has lines that only Markdown has.
fn has_markdown(text: &str) -> bool {
    text.lines().any(|line| {
        let is_heading = line.trim_start_matches('#').starts_with(' ') && line.starts_with('#');
        let is_table = line.starts_with('|') && line.contains("---");
        is_heading
            || is_table
            || line.starts_with("```")
            || line.starts_with("- [")
            || line.contains("](")
    })
}
