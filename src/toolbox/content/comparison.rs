//! Compares two documents: their similarity, the phrases that they share, and the phrases that only one of them has.

use std::collections::{HashMap, HashSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    document::DocumentView,
    reading::{
        AgentReference, DocumentText, find_agent, find_document, on_blocking_thread, read_text,
    },
};
use crate::{
    domain::DocumentId,
    error::{Error, Result},
    text_analysis::{Phrase, frequencies, phrases},
    toolbox::{prefixed::Prefixed, tool::Tool, tool_context::ToolContext},
};

/// The maximum number of phrases in each list of the result.
const MOST_PHRASES: usize = 10;

pub(super) fn tools() -> Vec<Tool> {
    vec![Tool::reads(
        "compare_documents",
        "Compare two documents",
        compare_documents,
    )]
}

/// Compares two documents by their words: how alike they are from 0 to 1, how many passages are the same, which key
/// phrases both have, and which only one of them has.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CompareDocuments {
    /// One document.
    document_id: Prefixed<DocumentId>,
    /// The other one.
    other_document_id: Prefixed<DocumentId>,
    agent: Option<AgentReference>,
}

#[derive(Serialize, JsonSchema)]
struct ComparisonAnswer {
    document: DocumentView,
    other: DocumentView,
    #[serde(flatten)]
    comparison: Comparison,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Comparison {
    similarity: f64,
    shared_vocabulary: f64,
    same_passages: usize,
    shared_phrases: Vec<String>,
    only_in_document: Vec<String>,
    only_in_other: Vec<String>,
    is_cut: bool,
}

async fn compare_documents(
    context: &ToolContext,
    arguments: CompareDocuments,
) -> Result<ComparisonAnswer> {
    let agent = find_agent(context, arguments.agent).await?;
    let document = find_document(context, agent, arguments.document_id).await?;
    let other = find_document(context, agent, arguments.other_document_id).await?;
    if document.id == other.id {
        return Err(Error::bad_input(
            "otherDocumentId",
            "is the same document, expected another one",
        ));
    }
    let (text, other_text) =
        futures::try_join!(read_text(context, &document), read_text(context, &other))?;
    Ok(ComparisonAnswer {
        document: document.into(),
        other: other.into(),
        comparison: on_blocking_thread(move || compare(&text, &other_text)).await?,
    })
}

fn compare(text: &DocumentText, other: &DocumentText) -> Comparison {
    let (words, other_words) = (word_counts(text), word_counts(other));
    let shared = words
        .keys()
        .filter(|word| other_words.contains_key(*word))
        .count();
    let all = words.len() + other_words.len() - shared;
    let passages: HashSet<&str> = text.passages.iter().map(|passage| passage.trim()).collect();
    let same = other
        .passages
        .iter()
        .filter(|passage| passages.contains(passage.trim()));
    let of = |text: &DocumentText| phrases(text.passages.iter().map(String::as_str));
    let (phrases, other_phrases) = (of(text), of(other));
    let (texts, other_texts) = (texts(&phrases), texts(&other_phrases));
    Comparison {
        similarity: thousandths(cosine(&words, &other_words)),
        shared_vocabulary: thousandths(share(shared, all)),
        same_passages: same.count(),
        shared_phrases: first_where(&phrases, |phrase| other_texts.contains(phrase)),
        only_in_document: first_where(&phrases, |phrase| !other_texts.contains(phrase)),
        only_in_other: first_where(&other_phrases, |phrase| !texts.contains(phrase)),
        is_cut: text.is_cut || other.is_cut,
    }
}

fn word_counts(text: &DocumentText) -> HashMap<String, u64> {
    frequencies(text.passages.iter().map(String::as_str))
}

fn texts(phrases: &[Phrase]) -> HashSet<&str> {
    phrases.iter().map(|phrase| phrase.text.as_str()).collect()
}

/// The first [`MOST_PHRASES`] phrases that fulfil the condition.
fn first_where(phrases: &[Phrase], condition: impl Fn(&str) -> bool) -> Vec<String> {
    let texts = phrases.iter().map(|phrase| &phrase.text);
    texts
        .filter(|text| condition(text))
        .take(MOST_PHRASES)
        .cloned()
        .collect()
}

/// The cosine similarity of two word frequency vectors.
fn cosine(one: &HashMap<String, u64>, other: &HashMap<String, u64>) -> f64 {
    let number = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let length = |counts: &HashMap<String, u64>| {
        let squares = counts.values().map(|count| number(*count).powi(2));
        squares.sum::<f64>().sqrt()
    };
    let together: f64 = one
        .iter()
        .filter_map(|(word, count)| Some(number(*count) * number(*other.get(word)?)))
        .sum();
    let lengths = length(one) * length(other);
    if lengths == 0.0 {
        0.0
    } else {
        together / lengths
    }
}

fn share(part: usize, whole: usize) -> f64 {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if whole == 0 {
        0.0
    } else {
        number(part) / number(whole)
    }
}

fn thousandths(number: f64) -> f64 {
    (number * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::{DocumentText, compare};

    fn document(text: &str) -> DocumentText {
        DocumentText {
            passages: vec![text.to_owned()],
            ..DocumentText::default()
        }
    }

    #[test]
    fn what_is_alike_and_what_is_not_is_told() {
        let pump = document("Our heat pump is quiet. Delivery takes two weeks.");
        let same = compare(&pump, &pump.clone());
        assert!((same.similarity - 1.0).abs() < f64::EPSILON, "{same:?}");
        assert_eq!(same.same_passages, 1);
        let boiler = document("Their gas boiler is loud. Delivery takes two weeks.");
        let other = compare(&pump, &boiler);
        let similarity = other.similarity;
        assert!(similarity > 0.3 && similarity < 0.9, "{other:?}");
        assert_eq!(other.same_passages, 0);
        let lists = |phrases: &[String], wanted: &str| {
            assert!(phrases.iter().any(|phrase| phrase == wanted), "{other:?}");
        };
        lists(&other.only_in_document, "heat pump");
        lists(&other.only_in_other, "gas boiler");
        let nothing = compare(&DocumentText::default(), &pump);
        assert!(nothing.similarity.abs() < f64::EPSILON, "{nothing:?}");
    }
}
