//! The kinds of arguments that several tools have, each with its schema.
//!
//! The description of an argument is the doc comment of its field, or of its type where each field would repeat it. An
//! `x-note` is appended to the description.

use std::{borrow::Cow, ops::Deref};

use chrono::NaiveDate;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use super::{answer::ListEntry, prefixed::Prefixed};
use crate::{
    domain::{Currency, Id, IdKind, PageRequest, Position},
    error::Result,
};

/// A text of one line that is not blank.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Name(
    #[schemars(
        length(min = 1, max = 120),
        regex(pattern = r"^[^\n\r\t]*[^\s][^\n\r\t]*$")
    )]
    String,
);

/// A text of at most `MOST` characters that is not blank.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Text<const MOST: usize>(
    #[schemars(length(min = 1, max = MOST), regex(pattern = r"\S"))] String,
);

/// A mail address. As a `String`, it is in lower case.
#[derive(Deserialize, JsonSchema)]
#[schemars(extend("format" = "email"))]
pub(super) struct EmailAddress(#[schemars(length(max = 254))] String);

/// A decimal number as text, so that no digit is lost.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Decimal(
    #[schemars(length(max = 20), regex(pattern = r"^[0-9]+(\.[0-9]+)?$"))] String,
);

/// An amount of money.
#[derive(Deserialize, JsonSchema)]
#[schemars(extend("x-note" = "A decimal number as text, e.g. \"1499.00\"."))]
pub(super) struct Amount(Decimal);

/// The currency, as ISO 4217 writes it, e.g. EUR.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(extend("pattern" = "^[A-Z]{3}$"))]
pub(super) struct CurrencyCode(#[schemars(with = "String")] pub(super) Currency);

/// A date.
#[derive(Deserialize, JsonSchema)]
#[schemars(extend("x-note" = "A day such as 2026-12-31."))]
pub(super) struct Date(pub(super) NaiveDate);

/// The maximum number of entries in an answer: 1 to `MOST`, and `USUAL` when the caller gives none.
#[derive(Deserialize)]
pub(super) struct Limit<const MOST: u64, const USUAL: u64>(pub(super) u64);

/// The part of a list that the caller asks for.
#[derive(Deserialize, JsonSchema)]
pub(super) struct ListPage {
    /// At most this many entries.
    #[serde(default)]
    limit: Limit<50, 20>,
    /// The nextCursor of the answer before, to read on where it ended.
    after: Option<Text<500>>,
}

impl ListPage {
    /// The request for this page of a list of `V`.
    pub(super) fn request<V: ListEntry>(&self) -> Result<PageRequest> {
        let after = self.after.as_deref();
        Ok(PageRequest {
            after: after
                .map(|text| Position::parse("after", V::LIST, text))
                .transpose()?,
            ..first_page(self.limit.0)
        })
    }
}

/// The first `limit` entries of a list.
pub(super) fn first_page(limit: u64) -> PageRequest {
    PageRequest {
        limit,
        after: None,
        before: None,
        from_end: false,
    }
}

/// What customers call by its number, named by this number or by its id.
pub(super) enum NumberOrId<I> {
    Number(i64),
    Id(I),
}

/// The change of an optional field in an update.
#[derive(Default)]
pub(super) enum FieldUpdate<T> {
    /// The field is absent from the arguments and keeps its value.
    #[default]
    Keep,
    /// The field is null in the arguments and is cleared.
    Clear,
    /// The field gets this value.
    Set(T),
}

impl<T> FieldUpdate<T> {
    /// Changes the field.
    pub(super) fn apply<U: From<T>>(self, field: &mut Option<U>) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(value.into()),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for FieldUpdate<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let given = Option::deserialize(deserializer)?;
        Ok(given.map_or(Self::Clear, Self::Set))
    }
}

impl<T: JsonSchema> JsonSchema for FieldUpdate<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("FieldUpdate_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator);
        schema.insert("x-nullable".to_owned(), true.into());
        schema
    }
}

impl<'de, K: IdKind> Deserialize<'de> for NumberOrId<Id<K>> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.trim().trim_start_matches('#').parse() {
            Ok(number) => Ok(Self::Number(number)),
            Err(_) => Ok(Self::Id(Prefixed::parse(&text)?.0)),
        }
    }
}

impl<K: IdKind> JsonSchema for NumberOrId<Id<K>> {
    fn schema_name() -> Cow<'static, str> {
        format!("NumberOrId_{}", K::PREFIX).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Name::json_schema(generator);
        let noun = K::NOUN.trim_start_matches("a ");
        let about = format!("The {noun}: its number, e.g. \"42\", or its id.");
        schema.insert("description".to_owned(), about.into());
        schema
    }
}

impl<const MOST: u64, const USUAL: u64> Default for Limit<MOST, USUAL> {
    fn default() -> Self {
        Self(USUAL)
    }
}

impl<const MOST: u64, const USUAL: u64> JsonSchema for Limit<MOST, USUAL> {
    fn schema_name() -> Cow<'static, str> {
        format!("Limit_{MOST}_{USUAL}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL})
    }
}

impl TryFrom<String> for CurrencyCode {
    type Error = &'static str;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        Currency::parse(&code).map(Self).ok_or("is not a currency")
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0.to_lowercase()
    }
}

impl From<Date> for NaiveDate {
    fn from(date: Date) -> Self {
        date.0
    }
}

impl<const MOST: usize> From<Text<MOST>> for String {
    fn from(text: Text<MOST>) -> Self {
        text.0
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl<const MOST: usize> Deref for Text<MOST> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Deref for Decimal {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Deref for Amount {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}
