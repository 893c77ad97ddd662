//! EPUB books: the pages of the book in their reading order.

use std::collections::HashMap;

use super::{
    Container,
    container::resolve,
    xml::{Xml, XmlPart},
};
use crate::{DocumentText, budget::Budget, html, outline::Outline, problem::Problem};

/// Algorithms that change fonts only.
const OF_FONTS: [&str; 2] = [
    "http://www.idpf.org/2008/embedding",
    "http://ns.adobe.com/pdf/enc#RC",
];

/// The package file of a book.
#[derive(Default)]
struct Package {
    title: String,
    /// The pages by their ids.
    items: HashMap<String, Item>,
    /// The ids in reading order.
    spine: Vec<String>,
}

struct Item {
    path: String,
    is_page: bool,
}

/// Reads a book.
pub(crate) fn read(content: &[u8], budget: &mut Budget) -> Result<DocumentText, Problem> {
    let mut container = Container::open(content)?;
    if is_protected(
        &container
            .text("META-INF/encryption.xml", budget)?
            .unwrap_or_default(),
        budget,
    )? {
        return Err(Problem::Protected);
    }
    let text = container
        .text("META-INF/container.xml", budget)?
        .ok_or(Problem::Damaged)?;
    let path = package_path(&text, budget)?.ok_or(Problem::Damaged)?;
    let text = container.text(&path, budget)?.ok_or(Problem::Damaged)?;
    let package = package(&path, &text, budget)?;
    let mut outline = Outline::default();
    outline.title(&package.title);
    let mut missing = 0;
    for id in &package.spine {
        let Some(item) = package.items.get(id).filter(|item| item.is_page) else {
            continue;
        };
        match container.text(&item.path, budget)? {
            Some(text) => html::read_into(&text, &mut outline, budget)?,
            None => missing += 1,
        }
    }
    if missing > 0 {
        outline.warn(format!("{missing} pages are missing in the file"));
    }
    outline.finish(budget)
}

fn is_protected(text: &str, budget: &Budget) -> Result<bool, Problem> {
    let mut xml = Xml::new(text);
    while let Some(part) = xml.next(budget)? {
        if let XmlPart::Start(element) = part
            && element.name() == "EncryptionMethod"
            && !element
                .attribute("Algorithm")
                .is_some_and(|name| OF_FONTS.contains(&name.as_str()))
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn package_path(text: &str, budget: &Budget) -> Result<Option<String>, Problem> {
    let mut xml = Xml::new(text);
    while let Some(part) = xml.next(budget)? {
        if let XmlPart::Start(element) = part
            && element.name() == "rootfile"
        {
            return Ok(element.attribute("full-path"));
        }
    }
    Ok(None)
}

fn package(path: &str, text: &str, budget: &Budget) -> Result<Package, Problem> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut package = Package::default();
    let mut is_title = false;
    let mut xml = Xml::new(text);
    while let Some(part) = xml.next(budget)? {
        match part {
            XmlPart::Start(element) => match element.name() {
                "title" => is_title = package.title.is_empty(),
                "item" => {
                    let (Some(id), Some(target)) =
                        (element.attribute("id"), element.attribute("href"))
                    else {
                        continue;
                    };
                    let kind = element.attribute("media-type").unwrap_or_default();
                    let is_contents = element
                        .attribute("properties")
                        .is_some_and(|all| all.split(' ').any(|one| one == "nav"));
                    let is_page = matches!(kind.as_str(), "application/xhtml+xml" | "text/html")
                        && !is_contents;
                    let path = resolve(folder, &unescaped(&target));
                    package.items.insert(id, Item { path, is_page });
                }
                "itemref" => package.spine.extend(element.attribute("idref")),
                _ => {}
            },
            XmlPart::Text(text) if is_title => package.title.push_str(&text),
            XmlPart::Text(_) => {}
            XmlPart::End(_) => is_title = false,
        }
    }
    Ok(package)
}

/// A path without its percent signs.
fn unescaped(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.first_chunk::<2>().filter(|_| *first == b'%');
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        if let Some(byte) = code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            bytes.push(byte);
            rest = after.get(2..).unwrap_or_default();
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
