//! Replaces what looks like a secret or names a person in a text: keys, passwords, numbers of accounts and cards, addresses,
//! phone numbers, and the names of the person who wrote.
//!
//! Every pattern is matched in linear time. A pattern has to be sure of what it finds: numbers of orders, dates, versions,
//! hashes and UUIDs stay. Where a text could be either, a secret counts more than a word.

mod account_number;
mod contact;
mod credential;
mod password;
mod pattern;
mod person;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, ops::Range};

use regex::Regex;

use self::pattern::Patterns;

/// What a replaced part of a text was. Where two kinds overlap, the first one names the part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RedactionKind {
    /// A block in PEM, such as a private key.
    Pem,
    /// A signed token in three or five parts.
    Jwt,
    /// A key of an API, by its shape or by the word before it.
    ApiKey,
    /// The token after `Bearer` or `Basic`.
    Token,
    /// The part of a URL with a user and a password.
    Credentials,
    /// A password, a PIN or a passphrase, by the word before it.
    Password,
    /// An IBAN with valid check digits.
    Iban,
    /// The number of a payment card with a valid sum.
    Card,
    /// An e-mail address.
    Email,
    /// A phone number.
    Phone,
    /// A name or an id of the person who wrote.
    Name,
}

impl RedactionKind {
    /// The kind's name in the text that takes the part's place.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pem => "pem",
            Self::Jwt => "jwt",
            Self::ApiKey => "api_key",
            Self::Token => "token",
            Self::Credentials => "credentials",
            Self::Password => "password",
            Self::Iban => "iban",
            Self::Card => "card",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Name => "name",
        }
    }
}

/// The number of replaced parts of each kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RedactionCounts(BTreeMap<RedactionKind, u64>);

impl RedactionCounts {
    /// The kinds that were found, each with its number.
    pub fn iter(&self) -> impl Iterator<Item = (RedactionKind, u64)> + '_ {
        self.0.iter().map(|(kind, count)| (*kind, *count))
    }

    /// The number of replaced parts of all kinds.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    fn add(&mut self, kind: RedactionKind) {
        *self.0.entry(kind).or_default() += 1;
    }
}

/// A part of a text that is replaced.
struct SensitiveSpan {
    /// The bytes of the part.
    range: Range<usize>,
    kind: RedactionKind,
}

/// Replaces secrets in texts, and the names of one person.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    person: Option<Regex>,
}

impl Redactor {
    /// A redactor that also replaces the external id and the display name of a person, and the parts of that name.
    pub fn of_person(external_id: &str, display_name: Option<&str>) -> Self {
        Self {
            person: person::pattern(external_id, display_name),
        }
    }

    /// The text with `[REDACTED:kind]` in the place of each part that is found; adds the parts to `counts`.
    pub fn redact(&self, text: &str, counts: &mut RedactionCounts) -> String {
        let mut redacted = String::with_capacity(text.len());
        let mut copied = 0;
        for SensitiveSpan { range, kind } in self.spans(text) {
            redacted.push_str(text.get(copied..range.start).unwrap_or_default());
            redacted.push_str("[REDACTED:");
            redacted.push_str(kind.name());
            redacted.push(']');
            counts.add(kind);
            copied = range.end;
        }
        redacted.push_str(text.get(copied..).unwrap_or_default());
        redacted
    }

    /// The parts to replace, in their order, without overlaps.
    fn spans(&self, text: &str) -> Vec<SensitiveSpan> {
        let patterns = Patterns::get();
        let mut spans = Vec::new();
        patterns.find(text, &mut spans);
        account_number::find(text, &mut spans);
        patterns.keep_uuids(text, &mut spans);
        if let Some(person) = &self.person {
            spans.extend(person.find_iter(text).map(|name| SensitiveSpan {
                range: name.range(),
                kind: RedactionKind::Name,
            }));
        }
        merged(spans)
    }
}

/// The spans in their order; those that overlap become one.
fn merged(mut spans: Vec<SensitiveSpan>) -> Vec<SensitiveSpan> {
    spans.sort_by_key(|span| (span.range.start, span.kind));
    let mut merged: Vec<SensitiveSpan> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.range.start < last.range.end => {
                last.range.end = last.range.end.max(span.range.end);
                last.kind = last.kind.min(span.kind);
            }
            _ => merged.push(span),
        }
    }
    merged
}
