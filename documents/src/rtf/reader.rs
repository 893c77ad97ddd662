//! The state of reading an RTF file.

use std::collections::HashMap;

use encoding_rs::Encoding;

use super::{
    characters::{Characters, sign_of},
    tokens::{Token, Tokens},
};
use crate::{
    DocumentText,
    budget::Budget,
    office::{ParagraphKind, Paragraphs},
    problem::Problem,
};

/// The maximum depth of groups.
const DEEPEST_GROUP: usize = 10_000;
/// The number of tokens between two checks of the time.
const TOKENS_PER_CHECK: usize = 4096;
/// Groups without text of the document.
const SKIPPED: &[&str] = &[
    "fonttbl",
    "colortbl",
    "info",
    "pict",
    "object",
    "objdata",
    "fldinst",
    "themedata",
    "datastore",
    "listtable",
    "listoverridetable",
    "rsidtbl",
    "generator",
    "xmlnstbl",
    "latentstyles",
    "pnseclvl",
    "filetbl",
    "revtbl",
    "header",
    "headerl",
    "headerr",
    "headerf",
    "footer",
    "footerl",
    "footerr",
    "footerf",
    "bkmkstart",
    "bkmkend",
    "annotation",
    "atnid",
    "atnauthor",
    "comment",
    "private",
];

/// Where the text of a group goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Destination {
    #[default]
    Body,
    Skipped,
    Fonts,
    Styles,
    Note,
    Title,
    /// The mark of a list item.
    Bullet,
}

/// The properties that a group inherits and restores.
#[derive(Debug, Clone, Default)]
struct Group {
    destination: Destination,
    /// The number of characters after `\u` that stand for it in old programs.
    fallback: usize,
    encoding: Option<&'static Encoding>,
    is_hidden: bool,
}

/// The properties of the open paragraph.
#[derive(Debug, Default)]
struct ParagraphProperties {
    level: Option<u8>,
    style: Option<i32>,
    is_item: bool,
    depth: usize,
    is_in_table: bool,
}

/// Reads an RTF file.
#[derive(Default)]
pub(super) struct RtfReader {
    groups: Vec<Group>,
    group: Group,
    characters: Characters,
    /// The levels of the styles that are headings.
    styles: HashMap<i32, u8>,
    style: Option<i32>,
    style_level: Option<u8>,
    name: String,
    text: String,
    note: String,
    notes: usize,
    title: String,
    properties: ParagraphProperties,
    paragraphs: Paragraphs,
    is_in_table: bool,
    is_starred: bool,
    /// Whether the next group repeats the text of the one after it.
    is_twice: bool,
}

impl RtfReader {
    pub(super) fn read(
        mut self,
        content: &[u8],
        budget: &mut Budget,
    ) -> Result<DocumentText, Problem> {
        self.group.fallback = 1;
        let mut tokens = Tokens::new(content);
        let mut count = 0_usize;
        while let Some(token) = tokens.next() {
            if count.is_multiple_of(TOKENS_PER_CHECK) {
                budget.check_time()?;
            }
            count += 1;
            if let Token::Byte(byte) = token {
                if self.characters.byte(byte) {
                    self.is_starred = false;
                }
                continue;
            }
            self.push_bytes();
            match token {
                Token::Open => {
                    self.characters.end_fallback();
                    if self.groups.len() >= DEEPEST_GROUP {
                        return Err(Problem::Damaged);
                    }
                    self.groups.push(self.group.clone());
                    if std::mem::take(&mut self.is_twice) {
                        self.group.destination = Destination::Skipped;
                    }
                }
                Token::Close => self.close_group(),
                Token::Sign(sign) => self.sign(sign, budget)?,
                Token::Word("bin", number) => {
                    tokens.leave_out(usize::try_from(number.unwrap_or(0)).unwrap_or(0));
                }
                Token::Word(word, number) => {
                    self.characters.end_fallback();
                    self.word(word, number, budget)?;
                }
                Token::Byte(_) => {}
            }
        }
        self.push_bytes();
        self.end_paragraph(budget)?;
        self.end_table(budget)?;
        let mut outline = self.paragraphs.finish(budget)?;
        outline.title(&self.title);
        outline.finish(budget)
    }

    /// Adds the bytes since the last control word.
    fn push_bytes(&mut self) {
        if let Some(text) = self.characters.decode(self.group.encoding) {
            self.push(&text);
        }
    }

    fn push(&mut self, text: &str) {
        match self.group.destination {
            Destination::Body if !self.group.is_hidden => self.text.push_str(text),
            Destination::Note => self.note.push_str(text),
            Destination::Title => self.title.push_str(text),
            Destination::Styles | Destination::Fonts => self.name.push_str(text),
            Destination::Body | Destination::Skipped | Destination::Bullet => {}
        }
    }

    fn close_group(&mut self) {
        self.characters.end_fallback();
        let closed = std::mem::take(&mut self.group);
        self.group = self.groups.pop().unwrap_or_default();
        if closed.destination == Destination::Styles
            && self.group.destination == Destination::Styles
        {
            self.end_style();
        }
        if closed.destination == Destination::Note && self.group.destination != Destination::Note {
            self.notes += 1;
            let mark = self.notes.to_string();
            let note = std::mem::take(&mut self.note);
            self.text.extend(["[", &mark, "]"]);
            self.paragraphs.note(&mark, &note);
        }
    }

    /// Notes the level of a style that is named `heading 1`.
    fn end_style(&mut self) {
        let name = std::mem::take(&mut self.name)
            .trim()
            .trim_end_matches(';')
            .to_lowercase();
        let by_name = name
            .strip_prefix("heading ")
            .and_then(|level| level.trim().parse().ok());
        let by_name = by_name.or_else(|| (name == "title").then_some(0));
        let level = self.style_level.take().or(by_name);
        if let (Some(style), Some(level)) = (self.style.take(), level) {
            self.styles.insert(style, level);
        }
    }

    fn sign(&mut self, sign: u8, budget: &mut Budget) -> Result<(), Problem> {
        match sign {
            b'*' => self.is_starred = true,
            b'~' => self.push("\u{a0}"),
            b'_' => self.push("-"),
            b'{' | b'}' | b'\\' => self.push(char::from(sign).encode_utf8(&mut [0; 4])),
            b'\n' | b'\r' => self.end_paragraph(budget)?,
            _ => {}
        }
        Ok(())
    }

    fn word(
        &mut self,
        word: &str,
        number: Option<i32>,
        budget: &mut Budget,
    ) -> Result<(), Problem> {
        let is_starred = std::mem::take(&mut self.is_starred);
        if self.start_destination(word, is_starred) {
            return Ok(());
        }
        match word {
            "par" | "sect" | "page" | "column" => self.end_paragraph_word(budget)?,
            "line" | "softline" => self.push("\n"),
            "tab" => self.push(" "),
            "cell" | "nestcell" => self.end_cell(budget)?,
            "row" | "nestrow" => self.paragraphs.end_row(),
            "trhdr" => self.start_row(true, budget)?,
            "trowd" => self.start_row(false, budget)?,
            "intbl" => self.properties.is_in_table = true,
            "pard" => self.properties = ParagraphProperties::default(),
            "outlinelevel" => {
                let level = number
                    .and_then(|level| u8::try_from(level).ok())
                    .filter(|level| *level < 9);
                let level = level.map(|level| level + 1);
                if self.group.destination == Destination::Styles {
                    self.style_level = level;
                } else {
                    self.properties.level = level;
                }
            }
            "s" if self.group.destination == Destination::Styles => self.style = number,
            "s" => self.properties.style = number,
            "ls" => self.properties.is_item = true,
            "ilvl" => {
                self.properties.depth = number
                    .and_then(|depth| usize::try_from(depth).ok())
                    .unwrap_or(0);
            }
            "plain" => self.group.is_hidden = false,
            "v" => self.group.is_hidden = number != Some(0),
            _ => self.character(word, number),
        }
        Ok(())
    }

    /// Starts the destination of a group. True when the word is one.
    fn start_destination(&mut self, word: &str, is_starred: bool) -> bool {
        let within = self.group.destination;
        let destination = match word {
            "fonttbl" => Destination::Fonts,
            "stylesheet" => Destination::Styles,
            "footnote" => Destination::Note,
            "listtext" | "pntext" => {
                self.properties.is_item = true;
                Destination::Bullet
            }
            // the title of the file's information
            "title" if within == Destination::Skipped => Destination::Title,
            "ud" | "shptxt" | "shpinst" | "nonesttables" | "mmath" | "oMath" => return true,
            // the same text twice: first as bytes, then in Unicode
            "upr" => {
                self.is_twice = true;
                return true;
            }
            word if SKIPPED.contains(&word) => Destination::Skipped,
            _ if is_starred && within != Destination::Styles => Destination::Skipped,
            _ => return false,
        };
        if within != Destination::Skipped || destination == Destination::Title {
            self.group.destination = destination;
        }
        true
    }

    /// Characters, fonts and encodings.
    fn character(&mut self, word: &str, number: Option<i32>) {
        match (word, number) {
            ("u", Some(code)) => {
                if let Some(text) = self.characters.unicode(code, self.group.fallback) {
                    self.push(&text);
                }
            }
            ("uc", Some(count)) => self.group.fallback = usize::try_from(count).unwrap_or(0),
            ("ansicpg", Some(page)) => self.characters.set_code_page(page),
            ("mac", _) => self.characters.set_mac(),
            ("f", Some(font)) => {
                let encoding = self.characters.set_font(font);
                if self.group.destination != Destination::Fonts {
                    self.group.encoding = encoding;
                }
            }
            ("fcharset", Some(charset)) => self.characters.set_charset(charset),
            _ => {
                if let Some(sign) = sign_of(word) {
                    self.push(sign);
                }
            }
        }
    }

    fn end_paragraph_word(&mut self, budget: &mut Budget) -> Result<(), Problem> {
        match self.group.destination {
            Destination::Body => self.end_paragraph(budget),
            Destination::Note => {
                self.note.push(' ');
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn end_paragraph(&mut self, budget: &mut Budget) -> Result<(), Problem> {
        budget.take_parts(1)?;
        let text = std::mem::take(&mut self.text);
        if self.is_in_table && !self.properties.is_in_table && !text.trim().is_empty() {
            self.end_table(budget)?;
        }
        let by_style = self
            .properties
            .style
            .and_then(|style| self.styles.get(&style))
            .copied();
        let kind = match self.properties.level.or(by_style) {
            Some(level) => ParagraphKind::Heading(level),
            None if self.properties.is_item => ParagraphKind::Item(self.properties.depth),
            None => ParagraphKind::Text,
        };
        self.paragraphs.paragraph(kind, &text, budget)
    }

    fn start_row(&mut self, is_header: bool, budget: &mut Budget) -> Result<(), Problem> {
        if self.group.destination != Destination::Body {
            return Ok(());
        }
        if !self.is_in_table {
            self.paragraphs.start_table(budget)?;
            self.is_in_table = true;
        }
        self.paragraphs.start_row(is_header);
        Ok(())
    }

    fn end_cell(&mut self, budget: &mut Budget) -> Result<(), Problem> {
        self.properties.is_in_table = true;
        if !self.is_in_table {
            self.start_row(false, budget)?;
        }
        let text = std::mem::take(&mut self.text);
        self.paragraphs
            .paragraph(ParagraphKind::Text, &text, budget)?;
        self.paragraphs.end_cell();
        Ok(())
    }

    fn end_table(&mut self, budget: &mut Budget) -> Result<(), Problem> {
        if std::mem::take(&mut self.is_in_table) {
            self.paragraphs.end_table(budget)?;
        }
        Ok(())
    }
}
