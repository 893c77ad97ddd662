//! Excel workbooks (ECMA-376, part 1, 18): each sheet under its name, its tables with their headers.

use std::collections::HashMap;

use super::{
    Container,
    cells::{Cells, Workbook, formats, strings},
    xml::{Xml, XmlPart},
};
use crate::{
    DocumentText,
    budget::Budget,
    charset::{clean, one_line},
    outline::Outline,
    problem::Problem,
    table::{TableRow, TableText},
};

/// A sheet of the workbook.
struct Sheet {
    name: String,
    id: String,
}

/// Reads a workbook. Sheets that only programs can show are left out.
pub(crate) fn read(content: &[u8], budget: &mut Budget) -> Result<DocumentText, Problem> {
    let mut container = Container::open(content)?;
    let main = container.main_part("xl/workbook.xml", budget)?;
    let text = container.text(&main, budget)?.ok_or(Problem::Damaged)?;
    let mut workbook = Workbook::default();
    let sheets = sheets(&text, &mut workbook, budget)?;
    let parts = container.relationships(&main, budget)?;
    for part in &parts {
        match part.kind.as_str() {
            "sharedStrings" => {
                let text = container.text(&part.target, budget)?.unwrap_or_default();
                workbook.strings = strings(&text, budget)?;
            }
            "styles" => {
                let text = container.text(&part.target, budget)?.unwrap_or_default();
                workbook.formats = formats(&text, budget)?;
            }
            _ => {}
        }
    }
    let by_id: HashMap<&str, &str> = parts
        .iter()
        .filter(|part| part.kind == "worksheet")
        .map(|part| (part.id.as_str(), part.target.as_str()))
        .collect();
    let mut outline = Outline::default();
    let mut unknown = 0;
    for sheet in sheets {
        let Some(part) = by_id.get(sheet.id.as_str()) else {
            continue;
        };
        let text = container.text(part, budget)?.unwrap_or_default();
        outline.heading(1, clean(&one_line(&sheet.name)), budget)?;
        unknown += read_sheet(&workbook, &text, &mut outline, budget)?;
    }
    if unknown > 0 {
        outline.warn(format!(
            "{unknown} formulas have no stored result; open the workbook, save it and ingest it again"
        ));
    }
    outline.finish(budget)
}

/// The sheets in their order.
fn sheets(text: &str, workbook: &mut Workbook, budget: &Budget) -> Result<Vec<Sheet>, Problem> {
    let mut sheets = Vec::new();
    let mut xml = Xml::new(text);
    while let Some(part) = xml.next(budget)? {
        let XmlPart::Start(element) = part else {
            continue;
        };
        match element.name() {
            "sheet" if element.attribute("state").as_deref() != Some("veryHidden") => {
                sheets.push(Sheet {
                    name: element.attribute("name").unwrap_or_default(),
                    id: element.prefixed("id").unwrap_or_default(),
                });
            }
            "workbookPr" => {
                let system = element.attribute("date1904");
                workbook.is_1904 = system.is_some_and(|on| on == "1" || on == "true");
            }
            _ => {}
        }
    }
    Ok(sheets)
}

/// Adds the tables of a sheet, which blank rows separate. Returns the number of formulas without a result.
fn read_sheet(
    workbook: &Workbook,
    text: &str,
    outline: &mut Outline,
    budget: &mut Budget,
) -> Result<usize, Problem> {
    let mut cells = Cells::new(workbook, text);
    let mut table = TableText::default();
    let (mut last, mut is_apart) = (0, false);
    while let Some(row) = cells.next(budget)? {
        // a row without a number follows the one before
        let number = if row.number == 0 {
            last + 1
        } else {
            row.number
        };
        if row.cells.iter().all(String::is_empty) {
            is_apart = true;
            continue;
        }
        is_apart |= number > last + 1;
        last = number;
        let row = TableRow::new(row.cells);
        // rows of values after a blank one still belong to the header above
        if is_apart && row.begins_table() {
            std::mem::take(&mut table).finish(outline, budget)?;
        }
        is_apart = false;
        table.push(&row, budget)?;
    }
    table.finish(outline, budget)?;
    Ok(cells.unknown)
}
