//! Reads JSON member by member: a value that is not needed is skipped, and one of another type than expected costs only
//! itself.
//!
//! Nothing is copied, so that reading an event of a stream allocates nothing but its text.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

/// A key, borrowed unless it contains escapes. Serde would copy a plain `Cow`.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// Calls `each` for every member of an object. Returns false for JSON that is no object, or no JSON.
pub(in crate::adapter) fn each_member<'a>(
    json: &'a str,
    each: impl FnMut(&str, &'a RawValue),
) -> bool {
    struct Members<F>(F);

    impl<'de, F: FnMut(&str, &'de RawValue)> Visitor<'de> for Members<F> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<M: MapAccess<'de>>(mut self, mut map: M) -> Result<(), M::Error> {
            while let Some(Key(key)) = map.next_key()? {
                (self.0)(&key, map.next_value()?);
            }
            Ok(())
        }
    }

    let mut reader = serde_json::Deserializer::from_str(json);
    reader.deserialize_map(Members(each)).is_ok() && reader.end().is_ok()
}

/// Calls `each` for every element of a list.
pub(in crate::adapter) fn each_element<'a>(json: &'a str, each: impl FnMut(&'a RawValue)) {
    struct Elements<F>(F);

    impl<'de, F: FnMut(&'de RawValue)> Visitor<'de> for Elements<F> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<S: SeqAccess<'de>>(mut self, mut list: S) -> Result<(), S::Error> {
            while let Some(element) = list.next_element()? {
                (self.0)(element);
            }
            Ok(())
        }
    }

    let mut reader = serde_json::Deserializer::from_str(json);
    // the text is JSON already, so the only failure is that it is no list
    let _ = reader.deserialize_seq(Elements(each));
}

/// The first byte of a value: it tells the value's type.
pub(in crate::adapter) fn first_byte(raw: &RawValue) -> u8 {
    raw.get().as_bytes().first().copied().unwrap_or_default()
}

pub(in crate::adapter) fn is_null(raw: &RawValue) -> bool {
    raw.get() == "null"
}

/// A count as any kind of number, or as the text of one.
pub(in crate::adapter) fn count(raw: &RawValue) -> Option<u64> {
    let number: f64 = raw.get().trim_matches('"').trim().parse().ok()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be a small positive number"
    )]
    (0.0..1e15).contains(&number).then(|| number.round() as u64)
}

/// A short text, such as a name or an id; numbers become their text. Null and an empty text are `None`.
pub(in crate::adapter) fn word(raw: &RawValue) -> Option<String> {
    let text = match first_byte(raw) {
        b'"' => serde_json::from_str::<String>(raw.get()).ok()?,
        b'-' | b'0'..=b'9' => raw.get().to_owned(),
        _ => return None,
    };
    let text = text.replace('\0', "");
    Some(text).filter(|text| !text.is_empty())
}

/// Whether a value reports nothing: null, or the zero of its type.
pub(in crate::adapter) fn is_nothing(raw: &RawValue) -> bool {
    matches!(raw.get(), "null" | "\"\"" | "{}" | "[]" | "false" | "0")
}

/// Removes NUL from all texts, which PostgreSQL cannot store.
pub(in crate::adapter) fn without_nul(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('\0') => *text = text.replace('\0', ""),
        Value::Array(values) => values.iter_mut().for_each(without_nul),
        Value::Object(members) => members.values_mut().for_each(without_nul),
        _ => {}
    }
}
