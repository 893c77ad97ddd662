//! Statistics of a document: words, sentences, reading time.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Value, json};
use unicode_segmentation::UnicodeSegmentation;

use super::{
    document::shown,
    reading::{Content, agent_of, aside, content_of, existing, named_agent, named_document},
    words::words_of,
};
use crate::{
    error::Result,
    toolbox::{
        desk::ToolContext,
        schema,
        server::{Tool, ToolDoc, read},
    },
};

/// The number of words that people read in a minute.
const READING_SPEED: u64 = 220;

pub(super) fn tools() -> Vec<Tool> {
    vec![Tool::reads(
        ToolDoc {
            name: "document_statistics",
            title: "Measure a document",
            about: "Measures a document: characters, words, different words, sentences, their length, reading time, headings.",
        },
        schema::object(
            &["documentId"],
            [named_document("documentId", "The document."), named_agent()],
        ),
        schema::answer(&[
            ("document", "object"),
            ("characters", "integer"),
            ("words", "integer"),
            ("differentWords", "integer"),
            ("sentences", "integer"),
            ("wordsPerSentence", "number"),
            ("longestSentenceWords", "integer"),
            ("readingMinutes", "integer"),
            ("headings", "array"),
            ("isCut", "boolean"),
        ]),
        |desk, arguments| Box::pin(measure(desk, arguments)),
    )]
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Measure {
    document_id: String,
    agent: Option<String>,
}

async fn measure(desk: &ToolContext, arguments: Value) -> Result<Value> {
    let wanted: Measure = read(arguments)?;
    let agent = agent_of(desk, wanted.agent.as_deref()).await?;
    let document = existing(desk, agent, "documentId", &wanted.document_id).await?;
    let content = content_of(desk, &document).await?;
    let mut measured = aside(move || measured(&content)).await?;
    if let Some(fields) = measured.as_object_mut() {
        fields.insert("document".to_owned(), shown(&document));
    }
    Ok(measured)
}

fn measured(content: &Content) -> Value {
    let (mut characters, mut words, mut sentences, mut longest) = (0_u64, 0_u64, 0_u64, 0_u64);
    let mut different = HashSet::new();
    for passage in &content.passages {
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
    json!({
        "characters": characters,
        "words": words,
        "differentWords": different.len(),
        "sentences": sentences,
        "wordsPerSentence": f64::from(u32::try_from(tenths).unwrap_or(u32::MAX)) / 10.0,
        "longestSentenceWords": longest,
        "readingMinutes": words.div_ceil(READING_SPEED),
        "headings": content.headings.iter().take(50).collect::<Vec<_>>(),
        "isCut": content.is_cut,
    })
}

fn count(items: impl Iterator) -> u64 {
    u64::try_from(items.count()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Content, measured};

    #[test]
    fn a_text_is_measured_by_words_and_sentences() {
        let content = Content {
            passages: vec!["The cat sat. The cat's hat, too!".to_owned()],
            headings: vec!["Cats".to_owned()],
            is_cut: false,
        };
        let expected = json!({
            "characters": 32,
            "words": 8,
            "differentWords": 6,
            "sentences": 2,
            "wordsPerSentence": 4.0,
            "longestSentenceWords": 5,
            "readingMinutes": 1,
            "headings": ["Cats"],
            "isCut": false,
        });
        assert_eq!(measured(&content), expected);
        assert_eq!(measured(&Content::default())["wordsPerSentence"], 0.0);
    }
}
