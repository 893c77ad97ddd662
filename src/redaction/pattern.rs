//! The patterns of secrets: regular expressions, each with a check of what it finds.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

use super::{RedactionKind, SensitiveSpan, contact, credential, password};

/// A UUID, whose digits are neither a phone number nor a card.
const UUID: &str = r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b";

/// A shape of a secret. The group `found`, or the whole match without such a group, is what is replaced.
pub(super) struct Pattern {
    pub(super) kind: RedactionKind,
    pub(super) regex: String,
    /// The part to replace of what the expression found; none when it is something else.
    pub(super) accept: fn(&Found<'_>) -> Option<Range<usize>>,
}

/// What an expression found.
pub(super) struct Found<'t> {
    pub(super) text: &'t str,
    pub(super) range: Range<usize>,
}

impl<'t> Found<'t> {
    /// The found part.
    pub(super) fn part(&self) -> &'t str {
        self.text.get(self.range.clone()).unwrap_or_default()
    }

    /// The text before it.
    pub(super) fn before(&self) -> &'t str {
        self.text.get(..self.range.start).unwrap_or_default()
    }

    /// The text after it.
    pub(super) fn after(&self) -> &'t str {
        self.text.get(self.range.end..).unwrap_or_default()
    }
}

/// Accepts everything that was found.
#[expect(clippy::unnecessary_wraps, reason = "other checks refuse")]
pub(super) fn whole(found: &Found<'_>) -> Option<Range<usize>> {
    Some(found.range.clone())
}

/// The compiled patterns.
pub(super) struct Patterns {
    compiled: Vec<CompiledPattern>,
    uuid: Option<Regex>,
    /// The number of expressions that are not valid: none, as a test checks.
    pub(super) invalid: usize,
}

struct CompiledPattern {
    pattern: Pattern,
    regex: Regex,
}

impl Patterns {
    /// The patterns, which are compiled once.
    pub(super) fn get() -> &'static Self {
        static PATTERNS: LazyLock<Patterns> = LazyLock::new(Patterns::compile);
        &PATTERNS
    }

    fn compile() -> Self {
        let all = credential::patterns()
            .into_iter()
            .chain(password::patterns())
            .chain(contact::patterns());
        let mut patterns = Self {
            compiled: Vec::new(),
            uuid: Regex::new(UUID).ok(),
            invalid: 0,
        };
        for pattern in all {
            match Regex::new(&pattern.regex) {
                Ok(regex) => patterns.compiled.push(CompiledPattern { pattern, regex }),
                Err(_) => patterns.invalid += 1,
            }
        }
        patterns
    }

    /// Adds everything that the patterns find.
    pub(super) fn find(&self, text: &str, spans: &mut Vec<SensitiveSpan>) {
        for CompiledPattern { pattern, regex } in &self.compiled {
            for captures in regex.captures_iter(text) {
                let Some(part) = captures.name("found").or_else(|| captures.get(0)) else {
                    continue;
                };
                let found = Found {
                    text,
                    range: part.range(),
                };
                if let Some(range) = (pattern.accept)(&found) {
                    let kind = pattern.kind;
                    spans.push(SensitiveSpan { range, kind });
                }
            }
        }
    }

    /// Removes the spans of digits that are a part of a UUID.
    pub(super) fn keep_uuids(&self, text: &str, spans: &mut Vec<SensitiveSpan>) {
        let uuids: Vec<Range<usize>> = self
            .uuid
            .iter()
            .flat_map(|uuid| uuid.find_iter(text))
            .map(|uuid| uuid.range())
            .collect();
        let is_in_uuid = |span: &SensitiveSpan| {
            let range = &span.range;
            let is_of_digits = matches!(span.kind, RedactionKind::Card | RedactionKind::Phone);
            is_of_digits
                && uuids
                    .iter()
                    .any(|uuid| range.start < uuid.end && uuid.start < range.end)
        };
        spans.retain(|span| !is_in_uuid(span));
    }
}
