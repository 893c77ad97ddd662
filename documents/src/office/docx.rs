//! Word documents (ECMA-376, part 1, 17).

use std::collections::HashMap;

use super::{
    Container,
    paragraphs::{ParagraphKind, Paragraphs},
    styles::{LEVELS, Style, outline_level, styles},
    xml::{Element, Xml, XmlPart},
};
use crate::{DocumentText, budget::Budget, charset::one_line, problem::Problem};

/// The maximum number of styles that a style is based on.
const DEEPEST_STYLE: usize = 16;

/// Reads a document with its notes, text boxes, headers and footers.
pub(crate) fn read(content: &[u8], budget: &mut Budget) -> Result<DocumentText, Problem> {
    let mut container = Container::open(content)?;
    let main = container.main_part("word/document.xml", budget)?;
    let parts = container.relationships(&main, budget)?;
    let target = |kind: &str| {
        parts
            .iter()
            .find(|part| part.kind == kind)
            .map(|part| part.target.clone())
    };
    let styles = match target("styles") {
        Some(part) => styles(&container.text(&part, budget)?.unwrap_or_default(), budget)?,
        None => HashMap::new(),
    };
    let mut notes = HashMap::new();
    for kind in ["footnotes", "endnotes"] {
        if let Some(part) = target(kind) {
            let text = container.text(&part, budget)?.unwrap_or_default();
            read_notes(kind, &text, &mut notes, budget)?;
        }
    }
    let text = container.text(&main, budget)?.ok_or(Problem::Damaged)?;
    let mut body = Body::new(&styles, &notes);
    body.read(&text, budget)?;
    drop(text);
    let mut margins: Vec<String> = Vec::new();
    for part in parts
        .iter()
        .filter(|part| matches!(part.kind.as_str(), "header" | "footer"))
    {
        let text = container.text(&part.target, budget)?.unwrap_or_default();
        let line = one_line(&plain_text(&text, budget)?);
        // a page number is no text
        if line.chars().filter(|c| c.is_alphabetic()).count() > 4 && !margins.contains(&line) {
            margins.push(line);
        }
    }
    if parts.iter().any(|part| part.kind == "aFChunk") {
        body.paragraphs
            .outline
            .warn("parts that were embedded from other files were not read");
    }
    body.finish(margins, budget)
}

/// The text of notes by their kind and id.
fn read_notes(
    kind: &str,
    text: &str,
    notes: &mut HashMap<(String, String), String>,
    budget: &Budget,
) -> Result<(), Problem> {
    let kind = kind.trim_end_matches('s');
    let mut open: Option<String> = None;
    let mut note = String::new();
    let mut is_text = false;
    let mut xml = Xml::new(text);
    while let Some(part) = xml.next(budget)? {
        match part {
            XmlPart::Start(element) => match element.name() {
                // the lines between text and notes have a type
                name if name == kind => {
                    open = element
                        .attribute("id")
                        .filter(|_| element.attribute("type").is_none());
                }
                "t" => is_text = true,
                "tab" | "br" => note.push(' '),
                _ => {}
            },
            XmlPart::Text(text) if is_text => note.push_str(&text),
            XmlPart::Text(_) => {}
            XmlPart::End(name) => match &*name {
                "t" => is_text = false,
                "p" => note.push(' '),
                name if name == kind => {
                    let note = std::mem::take(&mut note);
                    if let Some(id) = open.take() {
                        notes.insert((kind.to_owned(), id), note);
                    }
                }
                _ => {}
            },
        }
    }
    Ok(())
}

/// The text of all paragraphs of a part.
fn plain_text(text: &str, budget: &Budget) -> Result<String, Problem> {
    let mut plain = String::new();
    let mut is_text = false;
    let mut xml = Xml::new(text);
    while let Some(part) = xml.next(budget)? {
        match part {
            XmlPart::Start(element) => is_text = element.name() == "t",
            XmlPart::Text(text) if is_text => plain.push_str(&text),
            XmlPart::Text(_) => {}
            XmlPart::End(name) => {
                is_text = false;
                if matches!(&*name, "p" | "tab" | "br") {
                    plain.push(' ');
                }
            }
        }
    }
    Ok(plain)
}

/// A paragraph that is open; a text box inside a paragraph has paragraphs of its own.
#[derive(Default)]
struct OpenParagraph {
    text: String,
    style: Option<String>,
    level: Option<u8>,
    list: Option<usize>,
    is_no_list: bool,
}

/// The state of reading the body.
struct Body<'d> {
    styles: &'d HashMap<String, Style>,
    notes: &'d HashMap<(String, String), String>,
    paragraphs: Paragraphs,
    open: Vec<OpenParagraph>,
    is_text: bool,
    /// The number of open elements whose content is not read: what was moved away, and the fallbacks of drawings.
    unread: usize,
}

impl<'d> Body<'d> {
    fn new(
        styles: &'d HashMap<String, Style>,
        notes: &'d HashMap<(String, String), String>,
    ) -> Self {
        Self {
            styles,
            notes,
            paragraphs: Paragraphs::default(),
            open: Vec::new(),
            is_text: false,
            unread: 0,
        }
    }

    fn read(&mut self, text: &str, budget: &mut Budget) -> Result<(), Problem> {
        let mut xml = Xml::new(text);
        while let Some(part) = xml.next(budget)? {
            match part {
                XmlPart::Start(element) => {
                    if matches!(element.name(), "Fallback" | "moveFrom" | "instrText") {
                        self.unread += 1;
                    } else if self.unread == 0 {
                        self.start(&element, budget)?;
                    }
                }
                XmlPart::Text(text) if self.is_text && self.unread == 0 => self.push(&text),
                XmlPart::Text(_) => {}
                XmlPart::End(name) => {
                    if matches!(&*name, "Fallback" | "moveFrom" | "instrText") {
                        self.unread = self.unread.saturating_sub(1);
                    } else if self.unread == 0 {
                        self.end(&name, budget)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn push(&mut self, text: &str) {
        if let Some(paragraph) = self.open.last_mut() {
            paragraph.text.push_str(text);
        }
    }

    fn start(&mut self, element: &Element<'_>, budget: &mut Budget) -> Result<(), Problem> {
        let name = element.name();
        match name {
            "p" => {
                budget.take_parts(1)?;
                self.open.push(OpenParagraph::default());
            }
            "tbl" => self.paragraphs.start_table(budget)?,
            "tr" => self.paragraphs.start_row(false),
            "tblHeader" if element.is_on() => self.paragraphs.mark_header(),
            "t" => self.is_text = true,
            "tab" | "ptab" => self.push(" "),
            "br" | "cr" => self.push("\n"),
            "noBreakHyphen" => self.push("-"),
            "footnoteReference" | "endnoteReference" => self.note(element),
            _ => {
                if let Some(paragraph) = self.open.last_mut() {
                    paragraph.property(name, element);
                }
            }
        }
        Ok(())
    }

    fn note(&mut self, element: &Element<'_>) {
        let kind = element.name().trim_end_matches("Reference").to_owned();
        let Some(id) = element.attribute("id") else {
            return;
        };
        let note = self.notes.get(&(kind, id.clone()));
        if let Some(note) = note.filter(|note| !note.trim().is_empty()) {
            self.push(&format!("[{id}]"));
            self.paragraphs.note(&id, note);
        }
    }

    fn end(&mut self, name: &str, budget: &mut Budget) -> Result<(), Problem> {
        match name {
            "t" => self.is_text = false,
            "p" => {
                if let Some(paragraph) = self.open.pop()
                    && let Some(kind) = self.kind_of(&paragraph)
                {
                    self.paragraphs.paragraph(kind, &paragraph.text, budget)?;
                }
            }
            "tc" => self.paragraphs.end_cell(),
            "tr" => self.paragraphs.end_row(),
            "tbl" => self.paragraphs.end_table(budget)?,
            _ => {}
        }
        Ok(())
    }

    /// What a paragraph is; none for the lines of a table of contents.
    fn kind_of(&self, paragraph: &OpenParagraph) -> Option<ParagraphKind> {
        let mut id = paragraph.style.as_ref();
        let mut is_list = paragraph.list.is_some();
        let mut level = paragraph.level;
        for _ in 0..DEEPEST_STYLE {
            let Some(style) = id.and_then(|id| self.styles.get(id)) else {
                break;
            };
            if style.name.starts_with("toc ") {
                return None;
            }
            match style.name.as_str() {
                "title" => return Some(ParagraphKind::Heading(0)),
                "caption" => return Some(ParagraphKind::Caption),
                _ => {}
            }
            let by_name = style
                .name
                .strip_prefix("heading ")
                .and_then(|level| level.trim().parse().ok());
            level = level
                .or(style.level)
                .or_else(|| by_name.filter(|level| *level <= LEVELS));
            is_list |= style.is_list;
            id = style.based_on.as_ref();
        }
        Some(match level {
            Some(level) => ParagraphKind::Heading(level),
            None if is_list && !paragraph.is_no_list => {
                ParagraphKind::Item(paragraph.list.unwrap_or(0))
            }
            None => ParagraphKind::Text,
        })
    }

    fn finish(self, margins: Vec<String>, budget: &mut Budget) -> Result<DocumentText, Problem> {
        let mut outline = self.paragraphs.finish(budget)?;
        if !margins.is_empty() {
            outline.close_headings(1);
            for margin in margins {
                outline.block(margin, budget)?;
            }
        }
        outline.finish(budget)
    }
}

impl OpenParagraph {
    /// Notes a property of the paragraph.
    fn property(&mut self, name: &str, element: &Element<'_>) {
        match name {
            "pStyle" => self.style = element.attribute("val"),
            "outlineLvl" => self.level = outline_level(element),
            "ilvl" => {
                self.list = element
                    .attribute("val")
                    .and_then(|depth| depth.parse().ok());
            }
            // the number 0 takes a paragraph out of the list of its style
            "numId" if element.attribute("val").as_deref() == Some("0") => self.is_no_list = true,
            "numId" => self.list = self.list.or(Some(0)),
            _ => {}
        }
    }
}
