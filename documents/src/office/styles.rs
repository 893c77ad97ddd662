//! The styles of a Word document.

use std::collections::HashMap;

use super::xml::{Element, Xml, XmlPart};
use crate::{budget::Budget, problem::Problem};

/// The levels of headings in the outline of a document; deeper ones are text.
pub(super) const LEVELS: u8 = 9;

/// A style of paragraphs.
#[derive(Default)]
pub(super) struct Style {
    pub(super) name: String,
    pub(super) based_on: Option<String>,
    pub(super) level: Option<u8>,
    pub(super) is_list: bool,
}

/// The styles by their ids.
pub(super) fn styles(text: &str, budget: &Budget) -> Result<HashMap<String, Style>, Problem> {
    let mut styles: HashMap<String, Style> = HashMap::new();
    let mut open = String::new();
    let mut xml = Xml::new(text);
    while let Some(part) = xml.next(budget)? {
        let XmlPart::Start(element) = part else {
            continue;
        };
        if element.name() == "style" {
            open = element.attribute("styleId").unwrap_or_default();
            styles.insert(open.clone(), Style::default());
        }
        let Some(style) = styles.get_mut(&open) else {
            continue;
        };
        match element.name() {
            "name" => style.name = element.attribute("val").unwrap_or_default().to_lowercase(),
            "basedOn" => style.based_on = element.attribute("val"),
            "outlineLvl" => style.level = outline_level(&element),
            "numPr" => style.is_list = true,
            _ => {}
        }
    }
    Ok(styles)
}

/// The level of a heading from 1; level 10 is body text.
pub(super) fn outline_level(element: &Element<'_>) -> Option<u8> {
    let level: u8 = element.attribute("val")?.parse().ok()?;
    (level < LEVELS).then_some(level + 1)
}
