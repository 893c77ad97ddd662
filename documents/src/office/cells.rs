//! The rows of a worksheet.

use std::collections::HashMap;

use super::{
    number_format::NumberFormat,
    xml::{Element, Xml, XmlPart},
};
use crate::{
    budget::Budget,
    charset::{clean, one_line},
    problem::Problem,
};

/// The maximum number of columns; workbooks have no more.
const MOST_COLUMNS: usize = 16_384;
/// The maximum number of empty columns between two cells that are kept in a row.
const WIDEST_GAP: usize = 64;

/// What the cells of a workbook refer to.
#[derive(Default)]
pub(super) struct Workbook {
    pub(super) strings: Vec<String>,
    /// The format of each style of cells.
    pub(super) formats: Vec<NumberFormat>,
    pub(super) is_1904: bool,
}

/// A cell that is open.
#[derive(Default)]
struct OpenCell {
    kind: String,
    style: usize,
    column: usize,
    value: String,
    has_formula: bool,
}

/// Reads the rows of a sheet, one after the other.
pub(super) struct Cells<'w, 't> {
    workbook: &'w Workbook,
    xml: Xml<'t>,
    cell: OpenCell,
    is_value: bool,
    /// The number of formulas whose result the file does not have.
    pub(super) unknown: usize,
}

/// A row, and whether rows before it are missing.
pub(super) struct SheetRow {
    pub(super) number: usize,
    pub(super) cells: Vec<String>,
}

impl<'w, 't> Cells<'w, 't> {
    pub(super) fn new(workbook: &'w Workbook, text: &'t str) -> Self {
        Self {
            workbook,
            xml: Xml::new(text),
            cell: OpenCell::default(),
            is_value: false,
            unknown: 0,
        }
    }

    /// The next row.
    pub(super) fn next(&mut self, budget: &Budget) -> Result<Option<SheetRow>, Problem> {
        let mut number = 0;
        let mut cells: Vec<String> = Vec::new();
        while let Some(part) = self.xml.next(budget)? {
            match part {
                XmlPart::Start(element) => match element.name() {
                    "row" => {
                        number = element
                            .attribute("r")
                            .and_then(|row| row.parse().ok())
                            .unwrap_or(0);
                    }
                    "c" => self.start_cell(&element, cells.len()),
                    "f" => self.cell.has_formula = true,
                    "v" | "t" => self.is_value = true,
                    _ => {}
                },
                XmlPart::Text(text) if self.is_value => self.cell.value.push_str(&text),
                XmlPart::Text(_) => {}
                XmlPart::End(name) => match &*name {
                    "v" | "t" => self.is_value = false,
                    "c" => {
                        let value = self.value();
                        place(&mut cells, self.cell.column, value);
                    }
                    "row" => return Ok(Some(SheetRow { number, cells })),
                    _ => {}
                },
            }
        }
        Ok(None)
    }

    fn start_cell(&mut self, element: &Element<'_>, next: usize) {
        let column = element
            .attribute("r")
            .and_then(|reference| column_of(&reference));
        self.cell = OpenCell {
            kind: element.attribute("t").unwrap_or_default(),
            style: element
                .attribute("s")
                .and_then(|style| style.parse().ok())
                .unwrap_or(0),
            column: column.unwrap_or(next),
            value: String::new(),
            has_formula: false,
        };
    }

    /// What a reader sees of the open cell.
    fn value(&mut self) -> String {
        let value = self.cell.value.trim();
        if value.is_empty() {
            self.unknown += usize::from(self.cell.has_formula && self.cell.kind != "str");
            return String::new();
        }
        let shown = match self.cell.kind.as_str() {
            "s" => {
                let string = value
                    .parse()
                    .ok()
                    .and_then(|index: usize| self.workbook.strings.get(index));
                return string.cloned().unwrap_or_default();
            }
            "b" => if value == "1" { "TRUE" } else { "FALSE" }.to_owned(),
            "" | "n" => {
                let format = self
                    .workbook
                    .formats
                    .get(self.cell.style)
                    .copied()
                    .unwrap_or_default();
                match value.parse() {
                    Ok(number) => format.show(number, self.workbook.is_1904),
                    Err(_) => value.to_owned(),
                }
            }
            _ => value.to_owned(),
        };
        clean(&one_line(&shown))
    }
}

/// Puts a value into its column; far columns follow the last one, so that a cell at the edge makes no long row.
fn place(cells: &mut Vec<String>, column: usize, value: String) {
    if value.is_empty() || column >= MOST_COLUMNS {
        return;
    }
    if column > cells.len() && column - cells.len() <= WIDEST_GAP {
        cells.resize(column, String::new());
    }
    cells.push(value);
}

/// The index of the column in a reference such as `BC12`.
fn column_of(reference: &str) -> Option<usize> {
    let letters = reference.bytes().take_while(u8::is_ascii_alphabetic);
    let column = letters.fold(0_usize, |column, letter| {
        column
            .saturating_mul(26)
            .saturating_add(usize::from(letter.to_ascii_uppercase() - b'A') + 1)
    });
    column.checked_sub(1)
}

/// The shared strings of a workbook.
pub(super) fn strings(text: &str, budget: &mut Budget) -> Result<Vec<String>, Problem> {
    let mut strings = Vec::new();
    let mut open = String::new();
    let (mut is_text, mut is_phonetic) = (false, false);
    let mut xml = Xml::new(text);
    while let Some(part) = xml.next(budget)? {
        match part {
            XmlPart::Start(element) => match element.name() {
                "t" => is_text = !is_phonetic,
                "rPh" => is_phonetic = true,
                _ => {}
            },
            XmlPart::Text(text) if is_text => open.push_str(&text),
            XmlPart::Text(_) => {}
            XmlPart::End(name) => match &*name {
                "t" => is_text = false,
                "rPh" => is_phonetic = false,
                "si" => strings.push(clean(&one_line(&std::mem::take(&mut open)))),
                _ => {}
            },
        }
    }
    Ok(strings)
}

/// The number format of each style of cells.
pub(super) fn formats(text: &str, budget: &Budget) -> Result<Vec<NumberFormat>, Problem> {
    let mut own: HashMap<u32, NumberFormat> = HashMap::new();
    let mut formats = Vec::new();
    let mut is_cells = false;
    let mut xml = Xml::new(text);
    while let Some(part) = xml.next(budget)? {
        match part {
            XmlPart::Start(element) => match element.name() {
                "numFmt" => {
                    let id = element.attribute("numFmtId").and_then(|id| id.parse().ok());
                    if let (Some(id), Some(code)) = (id, element.attribute("formatCode")) {
                        own.insert(id, NumberFormat::parse(&code));
                    }
                }
                "cellXfs" => is_cells = true,
                "xf" if is_cells => {
                    let id: u32 = element
                        .attribute("numFmtId")
                        .and_then(|id| id.parse().ok())
                        .unwrap_or(0);
                    let format = own.get(&id).copied();
                    formats.push(format.unwrap_or_else(|| NumberFormat::built_in(id)));
                }
                _ => {}
            },
            XmlPart::End(name) if name == "cellXfs" => is_cells = false,
            XmlPart::End(_) | XmlPart::Text(_) => {}
        }
    }
    Ok(formats)
}
