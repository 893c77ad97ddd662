//! A ZIP archive whose parts are read one at a time, each within the budget of unpacked bytes.

use std::{
    collections::HashMap,
    io::{Cursor, Read},
};

use zip::{ZipArchive, result::ZipError};

use super::xml::{Xml, XmlPart};
use crate::{budget::Budget, charset, problem::Problem};

/// The maximum unpacked size in bytes of a part.
const LARGEST_PART: usize = 64 * 1024 * 1024;
/// What a part costs at least: reading a small one is work as well.
const LEAST_COST: usize = 1024;
/// The number of bytes that are unpacked at a time.
const CHUNK: usize = 64 * 1024;

/// An open archive.
pub(crate) struct Container<'c> {
    archive: ZipArchive<Cursor<&'c [u8]>>,
    /// The index of each file by its name in lower case: programs differ in the case of names.
    names: HashMap<String, usize>,
}

/// A reference from one part to another.
#[derive(Debug, Clone)]
pub(crate) struct Relationship {
    pub(crate) id: String,
    /// The last segment of the type's URL.
    pub(crate) kind: String,
    /// The name of the part.
    pub(crate) target: String,
}

impl<'c> Container<'c> {
    pub(crate) fn open(content: &'c [u8]) -> Result<Self, Problem> {
        let archive = ZipArchive::new(Cursor::new(content)).map_err(|_| Problem::Damaged)?;
        let names = archive.file_names().enumerate();
        let names = names.filter_map(|(index, name)| Some((plain(&name.ok()?), index)));
        Ok(Self {
            names: names.collect(),
            archive,
        })
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.contains_key(&plain(name))
    }

    /// The text of a part; none when there is no such part.
    pub(crate) fn text(
        &mut self,
        name: &str,
        budget: &mut Budget,
    ) -> Result<Option<String>, Problem> {
        let Some(bytes) = self.bytes(name, budget)? else {
            return Ok(None);
        };
        charset::decode_markup(&bytes, None).map(Some)
    }

    fn bytes(&mut self, name: &str, budget: &mut Budget) -> Result<Option<Vec<u8>>, Problem> {
        budget.check_time()?;
        let Some(index) = self.names.get(&plain(name)) else {
            return Ok(None);
        };
        let mut part = self
            .archive
            .by_index(*index)
            .map_err(|error| problem(&error))?;
        budget.inflated = budget
            .inflated
            .checked_sub(LEAST_COST)
            .ok_or(Problem::TooLarge)?;
        let mut bytes = Vec::new();
        let mut chunk = vec![0; CHUNK];
        loop {
            // a wrong checksum at the end is a damage as well
            let read = part.read(&mut chunk).map_err(|_| Problem::Damaged)?;
            let Some(read) = chunk.get(..read).filter(|read| !read.is_empty()) else {
                return Ok(Some(bytes));
            };
            if bytes.len() + read.len() > LARGEST_PART {
                return Err(Problem::PartTooLarge);
            }
            budget.inflated = budget
                .inflated
                .checked_sub(read.len())
                .ok_or(Problem::TooLarge)?;
            bytes.extend_from_slice(read);
        }
    }

    /// The references of a part to others inside the archive.
    pub(crate) fn relationships(
        &mut self,
        part: &str,
        budget: &mut Budget,
    ) -> Result<Vec<Relationship>, Problem> {
        let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
        let separator = if folder.is_empty() { "" } else { "/" };
        let name = format!("{folder}{separator}_rels/{file}.rels");
        let Some(text) = self.text(&name, budget)? else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        let mut xml = Xml::new(&text);
        while let Some(event) = xml.next(budget)? {
            let XmlPart::Start(element) = event else {
                continue;
            };
            if element.name() != "Relationship"
                || element.attribute("TargetMode").as_deref() == Some("External")
            {
                continue;
            }
            let (Some(id), Some(kind), Some(target)) = (
                element.attribute("Id"),
                element.attribute("Type"),
                element.attribute("Target"),
            ) else {
                continue;
            };
            found.push(Relationship {
                id,
                kind: kind.rsplit('/').next().unwrap_or_default().to_owned(),
                target: resolve(folder, &target),
            });
        }
        Ok(found)
    }

    /// The name of the main part of an office file, else `usual`.
    pub(crate) fn main_part(
        &mut self,
        usual: &str,
        budget: &mut Budget,
    ) -> Result<String, Problem> {
        let found = self.relationships("", budget)?;
        let main = found.into_iter().find(|part| part.kind == "officeDocument");
        Ok(main
            .map(|part| part.target)
            .filter(|part| self.has(part))
            .unwrap_or_else(|| usual.to_owned()))
    }
}

/// The name of the part that `target` names, from the folder of the naming part.
pub(crate) fn resolve(folder: &str, target: &str) -> String {
    let target = target.split(['#', '?']).next().unwrap_or_default();
    let mut segments: Vec<&str> = if target.starts_with('/') {
        Vec::new()
    } else {
        folder
            .split('/')
            .filter(|segment| !segment.is_empty())
            .collect()
    };
    for segment in target.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    segments.join("/")
}

fn plain(name: &str) -> String {
    name.replace('\\', "/")
        .trim_start_matches('/')
        .to_lowercase()
}

fn problem(error: &ZipError) -> Problem {
    match error {
        ZipError::UnsupportedArchive(reason) if *reason == ZipError::PASSWORD_REQUIRED => {
            Problem::Protected
        }
        _ => Problem::Damaged,
    }
}
