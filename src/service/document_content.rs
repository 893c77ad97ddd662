//! The content of a document as callers give it: a text, or a file in base64 with its media type.

use documents::charset_parameter;

use crate::{
    domain::{ContentType, MediaType, excerpt},
    error::{Error, Problem, Result},
};

/// The media type that the caller declared, with its charset.
pub(super) fn declared_type(name: &str) -> std::result::Result<ContentType, Problem> {
    let field = "input.mediaType";
    let known = ContentType::parse(name).ok_or_else(|| {
        let expected = MediaType::ALL.map(MediaType::name).join(", ");
        let message = format!("\"{}\" given, expected one of: {expected}", excerpt(name));
        Problem::new(field, message)
    })?;
    match charset_parameter(name) {
        Some(charset) if known.charset.is_none() => Err(Problem::new(
            field,
            format!(
                "has the charset \"{}\", which is not known; save the document as UTF-8",
                excerpt(&charset)
            ),
        )),
        _ => Ok(known),
    }
}

/// A text that was given as such: it is Unicode, whatever charset was declared.
pub(super) fn given_text(text: &str, told: Option<ContentType>) -> Result<(Vec<u8>, ContentType)> {
    if text.trim().is_empty() {
        return Err(Error::bad_input(
            "input.text",
            "is blank, expected at least one character",
        ));
    }
    let media_type = told.map_or(MediaType::Markdown, |told| told.media_type);
    if media_type.has_signature() {
        let name = media_type.name();
        return Err(Error::bad_input(
            "input.mediaType",
            format!("{name} is no text; give the file in contentBase64"),
        ));
    }
    Ok((text.as_bytes().to_vec(), media_type.into()))
}

/// The media type in a data URL (RFC 2397), and the base64 after it. Other texts are base64.
pub(super) fn data_url<'g>(field: &str, given: &'g str) -> Result<(Option<&'g str>, &'g str)> {
    let given = given.trim_start();
    let Some((scheme, rest)) = given.split_at_checked("data:".len()) else {
        return Ok((None, given));
    };
    if !scheme.eq_ignore_ascii_case("data:") {
        return Ok((None, given));
    }
    let parts = rest.split_once(',');
    let parts = parts.and_then(|(head, data)| Some((head.strip_suffix(";base64")?, data)));
    let (media_type, data) = parts.ok_or_else(|| {
        let message = "is a data URL without base64, expected \";base64,\" in it";
        Error::bad_input(field, message)
    })?;
    Ok((Some(media_type).filter(|name| !name.is_empty()), data))
}
