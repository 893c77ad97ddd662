//! Key phrases of a document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    document::DocumentView,
    reading::{AgentReference, find_agent, find_document, on_blocking_thread, read_text},
};
use crate::{
    domain::DocumentId,
    error::Result,
    text_analysis::phrases,
    toolbox::{argument::Limit, prefixed::Prefixed, tool::Tool, tool_context::ToolContext},
};

pub(super) fn tools() -> Vec<Tool> {
    vec![Tool::reads("key_phrases", "Key phrases", key_phrases)]
}

/// Lists the phrases that a document is about, the most telling first, with how often each occurs.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct KeyPhrases {
    /// The document.
    document_id: Prefixed<DocumentId>,
    /// At most this many phrases.
    #[serde(default)]
    limit: Limit<50, 15>,
    agent: Option<AgentReference>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PhrasesAnswer {
    document: DocumentView,
    phrases: Vec<PhraseView>,
    is_cut: bool,
}

#[derive(Serialize, JsonSchema)]
struct PhraseView {
    phrase: String,
    count: u64,
}

async fn key_phrases(context: &ToolContext, arguments: KeyPhrases) -> Result<PhrasesAnswer> {
    let agent = find_agent(context, arguments.agent).await?;
    let document = find_document(context, agent, arguments.document_id).await?;
    let text = read_text(context, &document).await?;
    let is_cut = text.is_cut;
    let found =
        on_blocking_thread(move || phrases(text.passages.iter().map(String::as_str))).await?;
    let limit = usize::try_from(arguments.limit.0).unwrap_or(usize::MAX);
    let found = found.into_iter().take(limit).map(|phrase| PhraseView {
        phrase: phrase.text,
        count: phrase.count,
    });
    Ok(PhrasesAnswer {
        document: document.into(),
        phrases: found.collect(),
        is_cut,
    })
}
