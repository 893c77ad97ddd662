//! Documents: list, search by words, read by passage.

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    reading::{agent_of, existing, named_agent, named_document},
    words::words_of,
};
use crate::{
    domain::{Document, DocumentId, Passage},
    error::Result,
    toolbox::{
        desk::{ListPage, ToolContext, known, listed, moment},
        schema,
        server::{Tool, ToolDoc, read},
    },
};

/// The maximum number of passages in the result of a search, and of words in its query.
const MOST_FOUND: u64 = 20;
const MOST_WORDS: usize = 32;

pub(super) fn tools() -> Vec<Tool> {
    vec![
        Tool::reads(
            ToolDoc {
                name: "list_documents",
                title: "List documents",
                about: "Lists what the agent was given to know, the newest first.",
            },
            schema::filter([named_agent()]),
            schema::listing("documents", &shape()),
            |desk, arguments| Box::pin(list(desk, arguments)),
        ),
        Tool::reads(
            ToolDoc {
                name: "search_documents",
                title: "Search documents",
                about: "Finds passages of the agent's documents by their words, the best first. For single facts and exact words.",
            },
            schema::object(
                &["query"],
                [
                    ("query", schema::text(500, "The words to look for.")),
                    (
                        "limit",
                        json!({"type": "integer", "minimum": 1, "maximum": MOST_FOUND, "default": 5, "description": "At most this many passages."}),
                    ),
                    named_agent(),
                ],
            ),
            schema::answer(&[("passages", "array")]),
            |desk, arguments| Box::pin(search(desk, arguments)),
        ),
        Tool::reads(
            ToolDoc {
                name: "read_document",
                title: "Read a document",
                about: "Reads a document passage by passage, from the beginning or from a passage on.",
            },
            schema::object(
                &["documentId"],
                [
                    named_document("documentId", "The document."),
                    (
                        "from",
                        json!({"type": "integer", "minimum": 0, "default": 0, "description": "The number of the first passage."}),
                    ),
                    (
                        "limit",
                        json!({"type": "integer", "minimum": 1, "maximum": 20, "default": 10, "description": "At most this many passages."}),
                    ),
                    named_agent(),
                ],
            ),
            schema::answer(&[
                ("document", "object"),
                ("passages", "array"),
                ("next?", "integer"),
            ]),
            |desk, arguments| Box::pin(read_on(desk, arguments)),
        ),
    ]
}

fn shape() -> Value {
    schema::answer(&[
        ("id", "string"),
        ("title", "string"),
        ("source?", "string"),
        ("mediaType?", "string"),
        ("status", "string"),
        ("passages", "integer"),
        ("createdAt", "string"),
        ("updatedAt", "string"),
    ])
}

pub(super) fn shown(document: &Document) -> Value {
    use crate::domain::DocumentStatus::{Embedding, Failed, Pending, Ready};
    let status = match document.status {
        Pending => "PENDING",
        Embedding => "EMBEDDING",
        Ready => "READY",
        Failed => "FAILED",
    };
    known(json!({
        "id": document.id.to_string(),
        "title": document.title,
        "source": document.source,
        "mediaType": document.media_type.map(crate::domain::MediaType::name),
        "status": status,
        "passages": document.passages,
        "createdAt": moment(document.created_at),
        "updatedAt": moment(document.updated_at),
    }))
}

#[derive(Deserialize)]
struct List {
    agent: Option<String>,
    #[serde(flatten)]
    part: ListPage,
}

async fn list(desk: &ToolContext, arguments: Value) -> Result<Value> {
    let List { agent, part } = read(arguments)?;
    let agent = agent_of(desk, agent.as_deref()).await?;
    let page = desk.store.documents(agent, &part.of("documents")?).await?;
    Ok(listed("documents", &page, |document| document.id, shown))
}

#[derive(Deserialize)]
struct Search {
    query: String,
    limit: Option<u64>,
    agent: Option<String>,
}

async fn search(desk: &ToolContext, arguments: Value) -> Result<Value> {
    let search: Search = read(arguments)?;
    let agent = agent_of(desk, search.agent.as_deref()).await?;
    let words: BTreeSet<String> = words_of(&search.query).collect();
    let words: Vec<String> = words.into_iter().take(MOST_WORDS).collect();
    let most = search.limit.unwrap_or(5);
    let ids = desk.store.passages_with_words(agent, &words, most).await?;
    let passages = desk.store.served_passages_by_ids(agent, &ids).await?;
    let passages: HashMap<_, _> = passages
        .iter()
        .map(|passage| (passage.id, passage))
        .collect();
    let found: Vec<&Passage> = ids
        .iter()
        .filter_map(|id| passages.get(id).copied())
        .collect();
    let documents: BTreeSet<DocumentId> = found.iter().map(|passage| passage.document).collect();
    let documents: Vec<DocumentId> = documents.into_iter().collect();
    let documents = desk.store.documents_by_ids(&documents).await?;
    let titles: HashMap<DocumentId, &str> = documents
        .iter()
        .map(|document| (document.id, document.title.as_str()))
        .collect();
    let shown: Vec<Value> = found
        .iter()
        .map(|passage| {
            known(json!({
                "documentId": passage.document.to_string(),
                "title": titles.get(&passage.document),
                "number": passage.position,
                "headings": passage.headings,
                "text": passage.text,
            }))
        })
        .collect();
    Ok(json!({"passages": shown}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReadOn {
    document_id: String,
    #[serde(default)]
    from: i32,
    limit: Option<u64>,
    agent: Option<String>,
}

async fn read_on(desk: &ToolContext, arguments: Value) -> Result<Value> {
    let wanted: ReadOn = read(arguments)?;
    let agent = agent_of(desk, wanted.agent.as_deref()).await?;
    let document = existing(desk, agent, "documentId", &wanted.document_id).await?;
    let most = wanted.limit.unwrap_or(10);
    let passages = desk
        .store
        .passages_from(document.id, document.revision, wanted.from, most)
        .await?;
    let next = passages
        .last()
        .map(|last| last.position + 1)
        .filter(|next| *next < document.passages);
    let shown_passages: Vec<Value> = passages
        .iter()
        .map(|passage| {
            json!({
                "number": passage.position,
                "headings": passage.headings,
                "text": passage.text,
            })
        })
        .collect();
    Ok(known(json!({
        "document": shown(&document),
        "passages": shown_passages,
        "next": next,
    })))
}
