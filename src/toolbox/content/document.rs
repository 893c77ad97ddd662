//! Documents: list, search by words, read by passage.

use std::collections::{BTreeSet, HashMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::reading::{AgentReference, find_agent, find_document};
use crate::{
    domain::{Document, DocumentId, DocumentStatus, Passage},
    error::Result,
    knowledge::{KnowledgeQuery, SearchSettings},
    toolbox::{
        answer::{ListAnswer, ListEntry, Rfc3339},
        argument::{Limit, ListPage, Text},
        prefixed::Prefixed,
        tool::Tool,
        tool_context::ToolContext,
    },
};

pub(super) fn tools() -> Vec<Tool> {
    vec![
        Tool::reads("list_documents", "List documents", list_documents),
        Tool::reads("search_documents", "Search documents", search_documents),
        Tool::reads("read_document", "Read a document", read_document),
    ]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DocumentView {
    id: Prefixed<DocumentId>,
    title: String,
    source: Option<String>,
    media_type: Option<&'static str>,
    status: DocumentStatus,
    passages: i32,
    created_at: Rfc3339,
    updated_at: Rfc3339,
}

impl ListEntry for DocumentView {
    const LIST: &'static str = "documents";
}

impl From<Document> for DocumentView {
    fn from(document: Document) -> Self {
        Self {
            id: Prefixed(document.id),
            title: document.title,
            source: document.source,
            media_type: document.media_type.map(|known| known.media_type.name()),
            status: document.status,
            passages: document.passages,
            created_at: document.created_at.into(),
            updated_at: document.updated_at.into(),
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct PassageView {
    number: i32,
    headings: Vec<String>,
    text: String,
}

impl From<Passage> for PassageView {
    fn from(passage: Passage) -> Self {
        Self {
            number: passage.position,
            headings: passage.headings,
            text: passage.text,
        }
    }
}

/// Lists what the agent was given to know, the newest first.
#[derive(Deserialize, JsonSchema)]
struct ListDocuments {
    agent: Option<AgentReference>,
    #[serde(flatten)]
    page: ListPage,
}

async fn list_documents(
    context: &ToolContext,
    arguments: ListDocuments,
) -> Result<ListAnswer<DocumentView>> {
    let agent = find_agent(context, arguments.agent).await?;
    let request = arguments.page.request::<DocumentView>()?;
    let page = context.store.documents(agent, &request).await?;
    Ok(ListAnswer::new(
        page,
        |document| document.id,
        DocumentView::from,
    ))
}

/// Finds passages of the agent's documents by their words, the best first. For single facts and exact words.
#[derive(Deserialize, JsonSchema)]
struct SearchDocuments {
    /// The words to look for.
    query: Text<500>,
    /// At most this many passages.
    #[serde(default)]
    limit: Limit<20, 5>,
    agent: Option<AgentReference>,
}

#[derive(Serialize, JsonSchema)]
struct SearchAnswer {
    passages: Vec<FoundPassage>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct FoundPassage {
    document_id: Prefixed<DocumentId>,
    title: Option<String>,
    #[serde(flatten)]
    passage: PassageView,
}

async fn search_documents(
    context: &ToolContext,
    arguments: SearchDocuments,
) -> Result<SearchAnswer> {
    let store = &context.store;
    let agent = find_agent(context, arguments.agent).await?;
    let query = KnowledgeQuery {
        account: store.account_id(),
        agent,
        question: &arguments.query,
        settings: SearchSettings::by_words(arguments.limit.0),
    };
    let found = context.knowledge.search(query).await?.passages;
    let documents: BTreeSet<DocumentId> = found.iter().map(|passage| passage.document).collect();
    let documents: Vec<DocumentId> = documents.into_iter().collect();
    let documents = store.documents_by_ids(&documents).await?;
    let titles: HashMap<DocumentId, String> = documents
        .into_iter()
        .map(|document| (document.id, document.title))
        .collect();
    let found = found.into_iter().map(|passage| FoundPassage {
        document_id: Prefixed(passage.document),
        title: titles.get(&passage.document).cloned(),
        passage: PassageView {
            number: passage.position,
            headings: passage.headings,
            text: passage.text,
        },
    });
    Ok(SearchAnswer {
        passages: found.collect(),
    })
}

/// Reads a document passage by passage, from the beginning or from a passage on.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ReadDocument {
    /// The document.
    document_id: Prefixed<DocumentId>,
    /// The number of the first passage.
    #[serde(default)]
    #[schemars(range(min = 0))]
    from: i32,
    /// At most this many passages.
    #[serde(default)]
    limit: Limit<20, 10>,
    agent: Option<AgentReference>,
}

#[derive(Serialize, JsonSchema)]
struct DocumentPart {
    document: DocumentView,
    passages: Vec<PassageView>,
    /// Give it as `from` to read on; there is no more without it.
    next: Option<i32>,
}

async fn read_document(context: &ToolContext, arguments: ReadDocument) -> Result<DocumentPart> {
    let agent = find_agent(context, arguments.agent).await?;
    let document = find_document(context, agent, arguments.document_id).await?;
    let store = &context.store;
    let limit = arguments.limit.0;
    let passages = store
        .passages_from(document.id, document.revision, arguments.from, limit)
        .await?;
    let next = passages.last().map(|last| last.position + 1);
    Ok(DocumentPart {
        next: next.filter(|next| *next < document.passages),
        document: document.into(),
        passages: passages.into_iter().map(PassageView::from).collect(),
    })
}
