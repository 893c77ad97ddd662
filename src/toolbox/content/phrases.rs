//! Key phrases of a document, found from its words alone (the C-value of Frantzi, Ananiadou and Mima, 2000).

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};
use unicode_segmentation::UnicodeSegmentation;

use super::{
    document::shown,
    reading::{agent_of, aside, content_of, existing, named_agent, named_document},
    words::is_connecting,
};
use crate::{
    error::Result,
    toolbox::{
        desk::ToolContext,
        schema,
        server::{Tool, ToolDoc, read},
    },
};

/// The maximum number of words in a phrase.
const LONGEST_PHRASE: usize = 4;
/// The minimum number of characters of a word in a phrase; shorter words carry little meaning alone.
const SHORTEST_WORD: usize = 3;

pub(super) fn tools() -> Vec<Tool> {
    vec![Tool::reads(
        ToolDoc {
            name: "key_phrases",
            title: "Key phrases",
            about: "Lists the phrases that a document is about, the most telling first, with how often each occurs.",
        },
        schema::object(
            &["documentId"],
            [
                named_document("documentId", "The document."),
                (
                    "limit",
                    json!({"type": "integer", "minimum": 1, "maximum": 50, "default": 15, "description": "At most this many phrases."}),
                ),
                named_agent(),
            ],
        ),
        schema::answer(&[
            ("document", "object"),
            ("phrases", "array"),
            ("isCut", "boolean"),
        ]),
        |desk, arguments| Box::pin(list(desk, arguments)),
    )]
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    document_id: String,
    limit: Option<usize>,
    agent: Option<String>,
}

async fn list(desk: &ToolContext, arguments: Value) -> Result<Value> {
    let wanted: List = read(arguments)?;
    let agent = agent_of(desk, wanted.agent.as_deref()).await?;
    let document = existing(desk, agent, "documentId", &wanted.document_id).await?;
    let content = content_of(desk, &document).await?;
    let is_cut = content.is_cut;
    let found = aside(move || phrases(content.passages.iter().map(String::as_str))).await?;
    let found: Vec<Value> = found
        .into_iter()
        .take(wanted.limit.unwrap_or(15))
        .map(|phrase| json!({"phrase": phrase.text, "count": phrase.count}))
        .collect();
    Ok(json!({"document": shown(&document), "phrases": found, "isCut": is_cut}))
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phrase {
    /// The words in lower case, separated by spaces.
    pub(super) text: String,
    /// The number of occurrences.
    pub(super) count: u64,
    score: u64,
}

/// The phrases of a text, those with the highest score first. Candidates are sequences of words without stop words, and
/// parts of such sequences. The score grows with the length and with the occurrences outside longer phrases.
pub(super) fn phrases<'t>(texts: impl IntoIterator<Item = &'t str>) -> Vec<Phrase> {
    let mut counts: HashMap<String, u64> = HashMap::new();
    for row in texts.into_iter().flat_map(rows) {
        for phrase in parts(&row) {
            *counts.entry(phrase.join(" ")).or_insert(0) += 1;
        }
    }
    // for each phrase: the occurrences of the longer phrases that contain it, and the number of those phrases
    let mut longer: HashMap<String, (u64, u64)> = HashMap::new();
    for (text, count) in &counts {
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        let shorter = parts(&words).filter(|part| part.len() < words.len());
        for part in shorter.map(|part| part.join(" ")) {
            let (occurrences, phrases) = longer.entry(part).or_default();
            *occurrences += count;
            *phrases += 1;
        }
    }
    let mut found: Vec<Phrase> = counts
        .iter()
        .map(|(text, count)| {
            let (occurrences, phrases) = longer.get(text).copied().unwrap_or_default();
            // in thousandths
            let inside = (occurrences * 1_000).checked_div(phrases);
            let alone = (count * 1_000).saturating_sub(inside.unwrap_or_default());
            Phrase {
                text: text.clone(),
                count: *count,
                score: alone * weight(text.split(' ').count()),
            }
        })
        .collect();
    found.sort_by(|one, other| {
        let by_score = other.score.cmp(&one.score);
        by_score.then_with(|| one.text.cmp(&other.text))
    });
    found
}

/// The binary logarithm of the number of words plus one, in thousandths.
fn weight(words: usize) -> u64 {
    match words {
        0 | 1 => 1_000,
        2 => 1_585,
        3 => 2_000,
        _ => 2_322,
    }
}

/// Every contiguous part of a sequence, including the whole.
fn parts(row: &[String]) -> impl Iterator<Item = &[String]> {
    (1..=row.len()).flat_map(|length| row.windows(length))
}

/// The sequences of words between stop words, short words and punctuation.
fn rows(text: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    for piece in text.split_word_bounds() {
        if piece.trim().is_empty() && !piece.contains('\n') {
            continue;
        }
        let word = piece.to_lowercase();
        let says_something = word.chars().any(char::is_alphabetic)
            && word.chars().count() >= SHORTEST_WORD
            && !is_connecting(&word);
        if says_something && row.len() < LONGEST_PHRASE {
            row.push(word);
            continue;
        }
        if !row.is_empty() {
            rows.push(std::mem::take(&mut row));
        }
        if says_something {
            row.push(word);
        }
    }
    if !row.is_empty() {
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::phrases;

    #[test]
    fn phrases_that_recur_and_hold_together_come_first() {
        let text = "The heat pump is quiet. A heat pump needs no gas. Gas is dear, \
                    and the heat pump pays for itself.";
        let found = phrases([text]);
        assert_eq!(found[0].text, "heat pump");
        assert_eq!(found[0].count, 3);
        assert!(found.iter().any(|phrase| phrase.text == "gas"), "{found:?}");
        assert!(found.iter().all(|phrase| phrase.text != "the"), "{found:?}");
        assert_eq!(phrases([""]), []);
    }
}
