//! Finds the agent and the document that a call names, and reads the document's text.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    domain::{AgentId, Document, DocumentId},
    error::{Error, Result},
    toolbox::{argument::Name, prefixed::Prefixed, tool_context::ToolContext},
};

/// The maximum number of bytes of a document that is analysed.
const MOST_READ: usize = 512 * 1024;
/// The number of passages per read.
const PAGE: u64 = 200;

/// The text of a document.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct DocumentText {
    /// The passages in order.
    pub(super) passages: Vec<String>,
    /// The headings of the passages, each once, in order.
    pub(super) headings: Vec<String>,
    /// Whether the document is longer than [`MOST_READ`].
    pub(super) is_cut: bool,
}

/// Whose documents, by the agent's id or slug. Not needed by an agent, which has only its own.
#[derive(Deserialize, JsonSchema)]
pub(super) struct AgentReference(Name);

/// The agent whose documents the call is about. An agent can only name itself.
pub(super) async fn find_agent(
    context: &ToolContext,
    named: Option<AgentReference>,
) -> Result<AgentId> {
    let Some(AgentReference(named)) = named else {
        return context.agent.ok_or_else(|| {
            Error::bad_input(
                "agent",
                "is missing, expected the id or the slug of the agent whose documents are meant",
            )
        });
    };
    let store = &context.store;
    let agent = if named.starts_with("agent_") {
        let id = AgentId::parse("agent", &named)?;
        store.agents_by_ids(&[id]).await?.pop()
    } else {
        store.agent_by_slug(&named).await?
    };
    let agent = agent.map(|agent| agent.id);
    agent
        .filter(|agent| context.agent.is_none_or(|own| own == *agent))
        .ok_or_else(|| Error::not_found("agent"))
}

/// The document with this id. `NOT_FOUND` when the agent has no such document.
pub(super) async fn find_document(
    context: &ToolContext,
    agent: AgentId,
    id: Prefixed<DocumentId>,
) -> Result<Document> {
    let document = context.store.documents_by_ids(&[id.0]).await?.pop();
    document
        .filter(|document| document.agent == agent)
        .ok_or_else(|| Error::not_found("document"))
}

/// Reads a document, up to [`MOST_READ`] bytes. CONFLICT when it is not ingested yet.
pub(super) async fn read_text(context: &ToolContext, document: &Document) -> Result<DocumentText> {
    if document.revision == 0 {
        return Err(Error::conflict(format!(
            "the document \"{}\" is not ready yet",
            document.title
        )));
    }
    let mut whole = DocumentText::default();
    let (mut from, mut bytes) = (0, 0);
    loop {
        let passages = context
            .store
            .passages_from(document.id, document.revision, from, PAGE)
            .await?;
        let Some(last) = passages.last() else {
            return Ok(whole);
        };
        from = last.position + 1;
        for passage in passages {
            bytes += passage.text.len();
            if bytes > MOST_READ {
                whole.is_cut = true;
                return Ok(whole);
            }
            for heading in passage.headings {
                if !whole.headings.contains(&heading) {
                    whole.headings.push(heading);
                }
            }
            whole.passages.push(passage.text);
        }
    }
}

/// Runs the analysis on a blocking thread, so that a long document does not delay other tasks.
pub(super) async fn on_blocking_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|cause| Error::internal("analyse a document").with_source(cause))
}
