//! The events of an XML file, without namespaces, comments and entities of its own.

use std::borrow::Cow;

use quick_xml::{
    Reader, XmlVersion,
    events::{BytesRef, BytesStart, Event},
};

use crate::{budget::Budget, problem::Problem};

/// The number of events between two checks of the time.
const EVENTS_PER_CHECK: usize = 1024;

/// Reads events. Entities that a file defines are left out: they could grow without a bound.
pub(crate) struct Xml<'t> {
    reader: Reader<&'t [u8]>,
    events: usize,
}

/// An event. An empty element starts and ends.
pub(crate) enum XmlPart<'t> {
    Start(Element<'t>),
    /// The local name of the element that ends.
    End(Cow<'t, str>),
    Text(Cow<'t, str>),
}

/// The start of an element.
pub(crate) struct Element<'t>(BytesStart<'t>);

impl<'t> Xml<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let mut reader = Reader::from_str(text.trim_start());
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.allow_unmatched_ends = true;
        config.check_end_names = false;
        config.allow_dangling_amp = true;
        Self { reader, events: 0 }
    }

    /// The next event; none at the end.
    pub(crate) fn next(&mut self, budget: &Budget) -> Result<Option<XmlPart<'t>>, Problem> {
        loop {
            if self.events.is_multiple_of(EVENTS_PER_CHECK) {
                budget.check_time()?;
            }
            self.events += 1;
            return Ok(Some(
                match self.reader.read_event().map_err(|_| Problem::Damaged)? {
                    Event::Start(start) | Event::Empty(start) => XmlPart::Start(Element(start)),
                    Event::End(end) => {
                        XmlPart::End(Cow::Owned(end.local_name().as_ref().to_owned()))
                    }
                    Event::Text(text) => XmlPart::Text(text.xml10_content()),
                    Event::CData(text) => XmlPart::Text(text.into_inner()),
                    Event::GeneralRef(reference) => match character(&reference) {
                        Some(character) => XmlPart::Text(Cow::Owned(character.to_string())),
                        None => continue,
                    },
                    Event::Eof => return Ok(None),
                    Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {
                        continue;
                    }
                },
            ));
        }
    }
}

impl Element<'_> {
    /// The name without its prefix.
    pub(crate) fn name(&self) -> &str {
        self.0.local_name().into_inner()
    }

    /// The value of the attribute with this name, whatever its prefix.
    pub(crate) fn attribute(&self, name: &str) -> Option<String> {
        let mut attributes = self.0.attributes();
        let found = attributes
            .with_checks(false)
            .flatten()
            .find(|attribute| attribute.key.local_name().into_inner() == name)?;
        let value = found.normalized_value(XmlVersion::Implicit1_0);
        Some(value.map_or_else(|_| found.value.to_string(), Cow::into_owned))
    }

    /// The value of the attribute with this name and any prefix, but not without one.
    pub(crate) fn prefixed(&self, name: &str) -> Option<String> {
        let mut attributes = self.0.attributes();
        let found = attributes.with_checks(false).flatten().find(|attribute| {
            attribute.key.prefix().is_some() && attribute.key.local_name().into_inner() == name
        })?;
        Some(found.value.into_owned())
    }

    /// Whether an attribute that is a switch is on: it is, unless it is `0`, `false` or `off`.
    pub(crate) fn is_on(&self) -> bool {
        let value = self.attribute("val");
        !value.is_some_and(|value| matches!(value.as_str(), "0" | "false" | "off" | "none"))
    }
}

fn character(reference: &BytesRef<'_>) -> Option<char> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Some(character);
    }
    match reference.xml10_content().as_ref() {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => None,
    }
}
