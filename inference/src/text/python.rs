//! What chat templates expect of Jinja in Python beyond the language itself.

use std::io::{self, Write};

use minijinja::value::Kwargs;
use minijinja::{Error, ErrorKind, State, Value};
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter};

/// The filter `tojson` as the templates' own library has it: with blanks, or with an indent, and without escapes for HTML.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape of a filter with options"
)]
pub(super) fn to_json(value: &Value, options: Kwargs) -> Result<String, Error> {
    let indent: Option<usize> = options.get("indent")?;
    options.assert_all_used()?;
    let mut text = Vec::new();
    let written = if let Some(indent) = indent {
        let indent = " ".repeat(indent.min(8));
        let formatter = PrettyFormatter::with_indent(indent.as_bytes());
        let mut writer = serde_json::Serializer::with_formatter(&mut text, formatter);
        value.serialize(&mut writer)
    } else {
        let mut writer = serde_json::Serializer::with_formatter(&mut text, SpacedFormatter);
        value.serialize(&mut writer)
    };
    let failed =
        |error: &dyn std::error::Error| Error::new(ErrorKind::BadSerialization, error.to_string());
    written.map_err(|error| failed(&error))?;
    String::from_utf8(text).map_err(|error| failed(&error))
}

/// The methods of Python's strings that chat templates call.
pub(super) fn string_method(
    _: &mut State<'_, '_>,
    value: &Value,
    method: &str,
    arguments: &[Value],
) -> Result<Value, Error> {
    let (Some(text), first) = (value.as_str(), arguments.first().and_then(Value::as_str)) else {
        return Err(Error::from(ErrorKind::UnknownMethod));
    };
    let is_stripped = |character: char| match first {
        Some(characters) => characters.contains(character),
        None => character.is_whitespace(),
    };
    Ok(match (method, first) {
        ("startswith", Some(begin)) => Value::from(text.starts_with(begin)),
        ("endswith", Some(end)) => Value::from(text.ends_with(end)),
        ("strip", _) => Value::from(text.trim_matches(is_stripped)),
        ("lstrip", _) => Value::from(text.trim_start_matches(is_stripped)),
        ("rstrip", _) => Value::from(text.trim_end_matches(is_stripped)),
        ("split", Some(separator)) if !separator.is_empty() => {
            text.split(separator).map(Value::from).collect()
        }
        _ => return Err(Error::from(ErrorKind::UnknownMethod)),
    })
}

/// JSON with a blank after each comma and colon, as models read and write it.
struct SpacedFormatter;

impl Formatter for SpacedFormatter {
    fn begin_array_value<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        separate(writer, first)
    }

    fn begin_object_key<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        separate(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

fn separate<W: ?Sized + Write>(writer: &mut W, first: bool) -> io::Result<()> {
    if first {
        Ok(())
    } else {
        writer.write_all(b", ")
    }
}
