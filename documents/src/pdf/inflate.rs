//! Applies the filters of a stream, within the bytes to which the file may still decompress.

use lopdf::{Dictionary, Object, Stream};

use super::problem;
use crate::problem::Problem;

/// The minimum deduction per stream in bytes, so that the number of tiny streams is limited too.
const LEAST_CHARGE: usize = 1024;

/// The content of a stream. The output of each filter is at most `largest` bytes, and is deducted from `left`.
pub(super) fn inflate(
    stream: &Stream,
    largest: usize,
    left: &mut usize,
) -> Result<Vec<u8>, Problem> {
    let filters = stream.filters().unwrap_or_default();
    let is_plain = filters.iter().all(|filter| full_name(filter) == *filter);
    if filters.len() < 2 && is_plain {
        return apply(stream, largest, left);
    }
    let mut content = stream.content.clone();
    for (place, filter) in filters.into_iter().enumerate() {
        content = apply(
            &with_one_filter(stream, place, full_name(filter), content),
            largest,
            left,
        )?;
    }
    Ok(content)
}

/// The name of a filter that is abbreviated as in inline images (ISO 32000-1, table 94); programs abbreviate it elsewhere too.
fn full_name(filter: &[u8]) -> &[u8] {
    match filter {
        b"A85" => b"ASCII85Decode",
        b"AHx" => b"ASCIIHexDecode",
        b"Fl" => b"FlateDecode",
        b"LZW" => b"LZWDecode",
        b"RL" => b"RunLengthDecode",
        other => other,
    }
}

/// A stream with one filter of `stream`, applied to the output of the previous filter.
fn with_one_filter(stream: &Stream, place: usize, filter: &[u8], content: Vec<u8>) -> Stream {
    let mut dictionary = Dictionary::new();
    dictionary.set("Filter", Object::Name(filter.to_vec()));
    let parameters = match stream.dict.get(b"DecodeParms") {
        Ok(Object::Array(all)) => all.get(place),
        Ok(same) => Some(same),
        Err(_) => None,
    };
    if let Some(Object::Dictionary(parameters)) = parameters {
        dictionary.set("DecodeParms", parameters.clone());
    }
    Stream::new(dictionary, content)
}

/// Applies the only filter of a stream, if it has one.
fn apply(stream: &Stream, largest: usize, left: &mut usize) -> Result<Vec<u8>, Problem> {
    let content = stream
        .get_plain_content_with_limit(largest.min(*left))
        .map_err(|error| match problem(&error) {
            Problem::PartTooLarge if *left < largest => Problem::TooLarge,
            other => other,
        })?;
    *left = left
        .checked_sub(content.len().max(LEAST_CHARGE))
        .ok_or(Problem::TooLarge)?;
    Ok(content)
}
