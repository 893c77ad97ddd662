//! OpenDocument texts, spreadsheets and presentations (ISO/IEC 26300).

use std::collections::HashMap;

use super::{
    Container,
    paragraphs::{ParagraphKind, Paragraphs},
    xml::{Element, Xml, XmlPart},
};
use crate::{DocumentText, budget::Budget, charset::one_line, problem::Problem};

/// The maximum number of spaces that one element stands for.
const MOST_SPACES: usize = 64;
/// The maximum number of cells that one element stands for: the cells after the last value of a row are one.
const MOST_REPEATED: usize = 64;

/// Reads a document.
pub(crate) fn read(content: &[u8], budget: &mut Budget) -> Result<DocumentText, Problem> {
    let mut container = Container::open(content)?;
    let manifest = container
        .text("META-INF/manifest.xml", budget)?
        .unwrap_or_default();
    if manifest.contains("encryption-data") {
        return Err(Problem::Protected);
    }
    let text = container
        .text("content.xml", budget)?
        .ok_or(Problem::Damaged)?;
    let mut body = Body::default();
    body.read(&text, budget)?;
    body.paragraphs.finish(budget)?.finish(budget)
}

/// An open text: a paragraph, or the body of a note.
#[derive(Default)]
struct OpenText {
    text: String,
    kind: Option<ParagraphKind>,
}

/// The state of reading the content.
#[derive(Default)]
struct Body {
    paragraphs: Paragraphs,
    open: Vec<OpenText>,
    lists: usize,
    is_spreadsheet: bool,
    /// The styles of titles and captions, and what automatic styles are based on.
    styles: HashMap<String, String>,
    in_header_rows: bool,
    /// How often the open cell is repeated.
    repeated: usize,
    /// The mark of the open note, and its text.
    note: Option<OpenNote>,
    notes: usize,
    slides: usize,
    in_notes: bool,
    /// The number of open elements whose content is not read.
    unread: usize,
}

/// An open note.
struct OpenNote {
    mark: String,
    text: String,
    is_mark: bool,
}

/// Elements whose content is no text of the document: deleted text, comments, values of forms.
const UNREAD: &[&str] = &[
    "annotation",
    "forms",
    "scripts",
    "tracked-changes",
    "variable-decls",
    "sequence-decls",
    "table-of-content",
    "desc",
];

impl Body {
    fn read(&mut self, text: &str, budget: &mut Budget) -> Result<(), Problem> {
        let mut xml = Xml::new(text);
        while let Some(part) = xml.next(budget)? {
            match part {
                XmlPart::Start(element) => {
                    if UNREAD.contains(&element.name()) {
                        self.unread += 1;
                    } else if self.unread == 0 {
                        self.start(&element, budget)?;
                    }
                }
                XmlPart::Text(text) if self.unread == 0 => self.push(&text),
                XmlPart::Text(_) => {}
                XmlPart::End(name) => {
                    if UNREAD.contains(&&*name) {
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
        if let Some(note) = &mut self.note {
            if note.is_mark {
                note.mark.push_str(text.trim());
            } else {
                note.text.push_str(text);
            }
        } else if let Some(open) = self.open.last_mut() {
            // line breaks and runs of spaces in the file mean one space
            let dense = one_line(text);
            if text.starts_with(char::is_whitespace) && !open.text.ends_with([' ', '\n']) {
                open.text.push(' ');
            }
            open.text.push_str(&dense);
            if text.ends_with(char::is_whitespace) && !dense.is_empty() {
                open.text.push(' ');
            }
        }
    }

    fn start(&mut self, element: &Element<'_>, budget: &mut Budget) -> Result<(), Problem> {
        match element.name() {
            "style" => {
                if let (Some(name), Some(parent)) = (
                    element.attribute("name"),
                    element.attribute("parent-style-name"),
                ) {
                    self.styles.insert(name, parent);
                }
            }
            "h" | "p" if self.note.is_none() => {
                budget.take_parts(1)?;
                let kind = Some(self.kind_of(element));
                self.open.push(OpenText {
                    text: String::new(),
                    kind,
                });
            }
            "s" => {
                let spaces = element
                    .attribute("c")
                    .and_then(|count| count.parse().ok())
                    .unwrap_or(1);
                self.push_exactly(&" ".repeat(spaces.min(MOST_SPACES)));
            }
            "tab" => self.push_exactly(" "),
            "line-break" => self.push_exactly("\n"),
            "list" => self.lists += 1,
            "spreadsheet" => self.is_spreadsheet = true,
            "table" => self.start_table(element, budget)?,
            "table-header-rows" => self.in_header_rows = true,
            "table-row" => self.paragraphs.start_row(self.in_header_rows),
            "table-cell" | "covered-table-cell" => {
                let repeated = element
                    .attribute("number-columns-repeated")
                    .and_then(|count| count.parse().ok());
                self.repeated = repeated.unwrap_or(1);
            }
            "note" => {
                self.notes += 1;
                self.note = Some(OpenNote {
                    mark: String::new(),
                    text: String::new(),
                    is_mark: false,
                });
            }
            "note-citation" => self.set_is_mark(true),
            "page" => self.start_slide(element, budget)?,
            "notes" => self.in_notes = true,
            _ => {}
        }
        Ok(())
    }

    fn start_slide(&mut self, element: &Element<'_>, budget: &mut Budget) -> Result<(), Problem> {
        self.slides += 1;
        let name = element.attribute("name").unwrap_or_default();
        // programs name slides `page1`
        let number = name.trim_start_matches(char::is_alphabetic).trim();
        let title = if number.bytes().all(|byte| byte.is_ascii_digit()) {
            format!("Slide {}", self.slides)
        } else {
            name
        };
        self.paragraphs
            .paragraph(ParagraphKind::Heading(1), &title, budget)
    }

    fn start_table(&mut self, element: &Element<'_>, budget: &mut Budget) -> Result<(), Problem> {
        // only the tables of spreadsheets have a name that people see
        if self.is_spreadsheet
            && let Some(name) = element.attribute("name")
        {
            self.paragraphs
                .paragraph(ParagraphKind::Heading(1), &name, budget)?;
        }
        self.paragraphs.start_table(budget)
    }

    fn push_exactly(&mut self, text: &str) {
        if let Some(note) = &mut self.note {
            note.text.push_str(text);
        } else if let Some(open) = self.open.last_mut() {
            open.text.push_str(text);
        }
    }

    fn set_is_mark(&mut self, is_mark: bool) {
        if let Some(note) = &mut self.note {
            note.is_mark = is_mark;
        }
    }

    fn kind_of(&self, element: &Element<'_>) -> ParagraphKind {
        let style = element.attribute("style-name").unwrap_or_default();
        let style = self.styles.get(&style).unwrap_or(&style).as_str();
        if element.name() == "h" {
            let level = element
                .attribute("outline-level")
                .and_then(|level| level.parse().ok());
            return ParagraphKind::Heading(level.unwrap_or(1));
        }
        match style {
            "Title" => ParagraphKind::Heading(0),
            "Caption" | "Table" | "Illustration" | "Drawing" | "Figure" => ParagraphKind::Caption,
            _ if self.lists > 0 => ParagraphKind::Item(self.lists - 1),
            _ => ParagraphKind::Text,
        }
    }

    fn end(&mut self, name: &str, budget: &mut Budget) -> Result<(), Problem> {
        match name {
            "h" | "p" if self.note.is_none() => {
                if let Some(OpenText {
                    text,
                    kind: Some(kind),
                }) = self.open.pop()
                {
                    let text = if self.in_notes {
                        format!("Notes: {text}")
                    } else {
                        text
                    };
                    let is_blank = text.trim() == "Notes:";
                    if !is_blank {
                        self.paragraphs.paragraph(kind, &text, budget)?;
                    }
                }
            }
            "p" => self.push_exactly(" "),
            "list" => {
                self.lists = self.lists.saturating_sub(1);
                if self.lists == 0 {
                    self.paragraphs.close_list(budget)?;
                }
            }
            "table-cell" | "covered-table-cell" => {
                self.paragraphs.end_cells(self.repeated.min(MOST_REPEATED));
            }
            "table-row" => self.paragraphs.end_row(),
            "table-header-rows" => self.in_header_rows = false,
            "table" => self.paragraphs.end_table(budget)?,
            "note-citation" => self.set_is_mark(false),
            "note" => self.end_note(),
            "notes" => self.in_notes = false,
            _ => {}
        }
        Ok(())
    }

    fn end_note(&mut self) {
        let Some(note) = self.note.take() else {
            return;
        };
        let mark = if note.mark.is_empty() {
            self.notes.to_string()
        } else {
            note.mark
        };
        self.push_exactly(&format!("[{mark}]"));
        self.paragraphs.note(&mark, &note.text);
    }
}
