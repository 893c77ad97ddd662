//! PowerPoint presentations (ECMA-376, part 1, 19): the slides in their order, each with its title and speaker notes.

use std::collections::HashMap;

use super::{
    Container,
    container::Relationship,
    paragraphs::{ParagraphKind, Paragraphs},
    xml::{Element, Xml, XmlPart},
};
use crate::{DocumentText, budget::Budget, charset::one_line, problem::Problem};

/// Reads a presentation.
pub(crate) fn read(content: &[u8], budget: &mut Budget) -> Result<DocumentText, Problem> {
    let mut container = Container::open(content)?;
    let main = container.main_part("ppt/presentation.xml", budget)?;
    let text = container.text(&main, budget)?.ok_or(Problem::Damaged)?;
    let parts = container.relationships(&main, budget)?;
    let by_id: HashMap<&str, &Relationship> =
        parts.iter().map(|part| (part.id.as_str(), part)).collect();
    let mut paragraphs = Paragraphs::default();
    let mut charts = 0;
    for (number, id) in slide_ids(&text, budget)?.iter().enumerate() {
        let Some(slide) = by_id.get(id.as_str()) else {
            continue;
        };
        let Some(text) = container.text(&slide.target, budget)? else {
            continue;
        };
        let shapes = shapes(&text, budget)?;
        let title = shapes
            .iter()
            .find(|shape| shape.is_title)
            .map(Shape::line)
            .filter(|title| !title.is_empty());
        let title = title.unwrap_or_else(|| format!("Slide {}", number + 1));
        paragraphs.paragraph(ParagraphKind::Heading(1), &title, budget)?;
        for shape in shapes.iter().filter(|shape| !shape.is_title) {
            shape.add_to(&mut paragraphs, budget)?;
        }
        for part in container.relationships(&slide.target, budget)? {
            match part.kind.as_str() {
                "notesSlide" => read_notes(&mut container, &part.target, &mut paragraphs, budget)?,
                "diagramData" => {
                    read_shapes(&mut container, &part.target, &mut paragraphs, budget)?;
                }
                "chart" => charts += 1,
                _ => {}
            }
        }
        paragraphs.close_list(budget)?;
    }
    let mut outline = paragraphs.finish(budget)?;
    if charts > 0 {
        outline.warn(format!("the values of {charts} charts were not read"));
    }
    outline.finish(budget)
}

/// The references of the slides in their order.
fn slide_ids(text: &str, budget: &Budget) -> Result<Vec<String>, Problem> {
    let mut ids = Vec::new();
    let mut xml = Xml::new(text);
    while let Some(part) = xml.next(budget)? {
        if let XmlPart::Start(element) = part
            && element.name() == "sldId"
        {
            // the number of the slide has the same local name, without a prefix
            ids.extend(element.prefixed("id"));
        }
    }
    Ok(ids)
}

fn read_notes(
    container: &mut Container<'_>,
    part: &str,
    paragraphs: &mut Paragraphs,
    budget: &mut Budget,
) -> Result<(), Problem> {
    let text = container.text(part, budget)?.unwrap_or_default();
    let notes = shapes(&text, budget)?;
    let lines: Vec<String> = notes
        .iter()
        .filter(|shape| shape.is_body)
        .map(Shape::line)
        .collect();
    let notes = lines.join(" ");
    if notes.trim().is_empty() {
        return Ok(());
    }
    paragraphs.paragraph(ParagraphKind::Text, &format!("Notes: {notes}"), budget)
}

/// Adds the text of a drawing in a part of its own.
fn read_shapes(
    container: &mut Container<'_>,
    part: &str,
    paragraphs: &mut Paragraphs,
    budget: &mut Budget,
) -> Result<(), Problem> {
    let text = container.text(part, budget)?.unwrap_or_default();
    for shape in shapes(&text, budget)? {
        shape.add_to(paragraphs, budget)?;
    }
    Ok(())
}

/// A paragraph of a shape.
#[derive(Default)]
struct ShapeParagraph {
    text: String,
    depth: usize,
}

/// A shape with text, or a table.
#[derive(Default)]
struct Shape {
    is_title: bool,
    is_body: bool,
    /// Numbers of slides, dates and the like.
    is_margin: bool,
    paragraphs: Vec<ShapeParagraph>,
    rows: Vec<Vec<String>>,
}

impl Shape {
    /// The text as one line.
    fn line(&self) -> String {
        let texts: Vec<&str> = self
            .paragraphs
            .iter()
            .map(|paragraph| paragraph.text.as_str())
            .collect();
        one_line(&texts.join(" "))
    }

    fn placeholder(&mut self, element: &Element<'_>) {
        match element.attribute("type").as_deref() {
            Some("title" | "ctrTitle") => self.is_title = true,
            Some("sldNum" | "dt" | "ftr" | "hdr" | "sldImg") => self.is_margin = true,
            Some("body") | None => self.is_body = true,
            Some(_) => {}
        }
    }

    fn add_to(&self, to: &mut Paragraphs, budget: &mut Budget) -> Result<(), Problem> {
        if self.is_margin {
            return Ok(());
        }
        if !self.rows.is_empty() {
            to.start_table(budget)?;
            for row in &self.rows {
                to.start_row(false);
                for cell in row {
                    to.paragraph(ParagraphKind::Text, cell, budget)?;
                    to.end_cell();
                }
                to.end_row();
            }
            return to.end_table(budget);
        }
        let filled = self
            .paragraphs
            .iter()
            .filter(|paragraph| !paragraph.text.trim().is_empty());
        let is_list = filled.count() > 1;
        for paragraph in &self.paragraphs {
            let kind = if is_list {
                ParagraphKind::Item(paragraph.depth)
            } else {
                ParagraphKind::Text
            };
            to.paragraph(kind, &paragraph.text, budget)?;
        }
        to.close_list(budget)
    }

    /// Adds text to the open cell, else to the open paragraph.
    fn push(&mut self, text: &str) {
        if let Some(cell) = self.rows.last_mut().and_then(|row| row.last_mut()) {
            cell.push_str(text);
        } else if let Some(paragraph) = self.paragraphs.last_mut() {
            paragraph.text.push_str(text);
        }
    }

    fn push_separator(&mut self) {
        if !self.rows.is_empty() {
            self.push(" ");
        }
    }
}

/// The shapes of a slide, in the order of the file.
fn shapes(text: &str, budget: &mut Budget) -> Result<Vec<Shape>, Problem> {
    let mut shapes = vec![Shape::default()];
    let (mut is_text, mut is_number) = (false, false);
    let mut xml = Xml::new(text);
    while let Some(part) = xml.next(budget)? {
        let Some(shape) = shapes.last_mut() else {
            break;
        };
        match part {
            XmlPart::Start(element) => match element.name() {
                "sp" | "graphicFrame" | "pt" | "cxnSp" => {
                    budget.take_parts(1)?;
                    shapes.push(Shape::default());
                }
                "ph" => shape.placeholder(&element),
                "tr" => shape.rows.push(Vec::new()),
                "tc" => {
                    if let Some(row) = shape.rows.last_mut() {
                        row.push(String::new());
                    }
                }
                "p" => {
                    budget.take_parts(1)?;
                    shape.paragraphs.push(ShapeParagraph::default());
                }
                "pPr" => {
                    if let Some(paragraph) = shape.paragraphs.last_mut() {
                        paragraph.depth = element
                            .attribute("lvl")
                            .and_then(|depth| depth.parse().ok())
                            .unwrap_or(0);
                    }
                }
                "fld" => {
                    is_number = element
                        .attribute("type")
                        .is_some_and(|kind| kind == "slidenum");
                }
                "br" => shape.push("\n"),
                "t" => is_text = !is_number,
                _ => {}
            },
            XmlPart::Text(text) if is_text => shape.push(&text),
            XmlPart::Text(_) => {}
            XmlPart::End(name) => match &*name {
                "t" => is_text = false,
                "fld" => is_number = false,
                "p" => shape.push_separator(),
                _ => {}
            },
        }
    }
    Ok(shapes)
}
