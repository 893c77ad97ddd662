//! Statistics of a document: words, sentences, reading time.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

use super::{
    document::DocumentView,
    reading::{
        AgentReference, DocumentText, find_agent, find_document, on_blocking_thread, read_text,
    },
    words::words_of,
};
use crate::{
    domain::DocumentId,
    error::Result,
    toolbox::{prefixed::Prefixed, tool::Tool, tool_context::ToolContext},
};

/// The number of words that people read in a minute.
const READING_SPEED: u64 = 220;
/// The maximum number of headings in the answer.
const MOST_HEADINGS: usize = 50;

pub(super) fn tools() -> Vec<Tool> {
    vec![Tool::reads(
        "document_statistics",
        "Measure a document",
        document_statistics,
    )]
}

/// Measures a document: characters, words, different words, sentences, their length, reading time, headings.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DocumentStatistics {
    /// The document.
    document_id: Prefixed<DocumentId>,
    agent: Option<AgentReference>,
}

#[derive(Serialize, JsonSchema)]
struct StatisticsAnswer {
    document: DocumentView,
    #[serde(flatten)]
    statistics: Statistics,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Statistics {
    characters: u64,
    words: u64,
    different_words: usize,
    sentences: u64,
    words_per_sentence: f64,
    longest_sentence_words: u64,
    reading_minutes: u64,
    headings: Vec<String>,
    is_cut: bool,
}

async fn document_statistics(
    context: &ToolContext,
    arguments: DocumentStatistics,
) -> Result<StatisticsAnswer> {
    let agent = find_agent(context, arguments.agent).await?;
    let document = find_document(context, agent, arguments.document_id).await?;
    let text = read_text(context, &document).await?;
    Ok(StatisticsAnswer {
        document: document.into(),
        statistics: on_blocking_thread(move || measure(text)).await?,
    })
}

fn measure(text: DocumentText) -> Statistics {
    let (mut characters, mut words, mut sentences, mut longest) = (0_u64, 0_u64, 0_u64, 0_u64);
    let mut different = HashSet::new();
    for passage in &text.passages {
        characters += count(passage.chars());
        for sentence in passage.unicode_sentences() {
            let mut length = 0;
            for word in words_of(sentence) {
                length += 1;
                different.insert(word);
            }
            if length > 0 {
                sentences += 1;
                words += length;
                longest = longest.max(length);
            }
        }
    }
    // computed in tenths, so that the result is 12.5 and not 12.499999
    let tenths = (words * 10).checked_div(sentences).unwrap_or_default();
    Statistics {
        characters,
        words,
        different_words: different.len(),
        sentences,
        words_per_sentence: f64::from(u32::try_from(tenths).unwrap_or(u32::MAX)) / 10.0,
        longest_sentence_words: longest,
        reading_minutes: words.div_ceil(READING_SPEED),
        headings: text.headings.into_iter().take(MOST_HEADINGS).collect(),
        is_cut: text.is_cut,
    }
}

fn count(items: impl Iterator) -> u64 {
    u64::try_from(items.count()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{DocumentText, Statistics, measure};

    #[test]
    fn a_text_is_measured_by_words_and_sentences() {
        let text = DocumentText {
            passages: vec!["The cat sat. The cat's hat, too!".to_owned()],
            headings: vec!["Cats".to_owned()],
            is_cut: false,
        };
        let expected = Statistics {
            characters: 32,
            words: 8,
            different_words: 6,
            sentences: 2,
            words_per_sentence: 4.0,
            longest_sentence_words: 5,
            reading_minutes: 1,
            headings: vec!["Cats".to_owned()],
            is_cut: false,
        };
        assert_eq!(measure(text), expected);
        let empty = measure(DocumentText::default());
        assert!(empty.words_per_sentence.abs() < f64::EPSILON, "{empty:?}");
    }
}
