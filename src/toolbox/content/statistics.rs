//! Statistics of a document: words, sentences, reading time.

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
    error::Result,
    text_analysis::TextStatistics,
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
    let measured = TextStatistics::of(text.passages.iter().map(String::as_str));
    Statistics {
        characters: measured.characters,
        words: measured.words,
        different_words: measured.different_words,
        sentences: measured.sentences,
        words_per_sentence: measured.words_per_sentence(),
        longest_sentence_words: measured.longest_sentence_words,
        reading_minutes: measured.words.div_ceil(READING_SPEED),
        headings: text.headings.into_iter().take(MOST_HEADINGS).collect(),
        is_cut: text.is_cut,
    }
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
