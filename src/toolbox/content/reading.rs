//! Finds the agent and the document that a call names, and reads the document's content.

use serde_json::Value;

use crate::{
    domain::{AgentId, Document, DocumentId},
    error::{Error, Result},
    toolbox::{desk::ToolContext, schema},
};

/// The maximum number of bytes of a document that is analysed.
const MOST_READ: usize = 512 * 1024;
/// The number of passages per read.
const PAGE: u64 = 200;

/// The content of a document.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Content {
    /// The passages in order.
    pub(super) passages: Vec<String>,
    /// The headings of the passages, each once, in order.
    pub(super) headings: Vec<String>,
    /// Whether the document is longer than [`MOST_READ`].
    pub(super) is_cut: bool,
}

/// The argument by which a caller that is not an agent names the agent.
pub(super) fn named_agent() -> (&'static str, Value) {
    (
        "agent",
        schema::name(
            "Whose documents, by the agent's id or slug. Not needed by an agent, which has only its own.",
        ),
    )
}

/// The argument that names a document.
pub(super) fn named_document(name: &'static str, about: &str) -> (&'static str, Value) {
    (name, schema::id("document", about))
}

/// The agent whose documents the call is about. An agent can only name itself.
pub(super) async fn agent_of(desk: &ToolContext, named: Option<&str>) -> Result<AgentId> {
    let Some(named) = named else {
        return desk.agent.ok_or_else(|| {
            Error::bad_input(
                "agent",
                "is missing, expected the id or the slug of the agent whose documents are meant",
            )
        });
    };
    let found = if named.starts_with("agent_") {
        let id = AgentId::parse("agent", named)?;
        desk.store.agents_by_ids(&[id]).await?.pop()
    } else {
        desk.store.agent_by_slug(named).await?
    };
    let found = found.map(|agent| agent.id);
    found
        .filter(|found| desk.agent.is_none_or(|own| own == *found))
        .ok_or_else(|| Error::not_found("agent"))
}

/// The document with this id. `NOT_FOUND` when the agent has no such document.
pub(super) async fn existing(
    desk: &ToolContext,
    agent: AgentId,
    field: &str,
    id: &str,
) -> Result<Document> {
    let id = DocumentId::parse(field, id)?;
    let found = desk.store.documents_by_ids(&[id]).await?.pop();
    found
        .filter(|document| document.agent == agent)
        .ok_or_else(|| Error::not_found("document"))
}

/// Reads a document, up to [`MOST_READ`] bytes. CONFLICT when it is not ingested yet.
pub(super) async fn content_of(desk: &ToolContext, document: &Document) -> Result<Content> {
    if document.revision == 0 {
        return Err(Error::conflict(format!(
            "the document \"{}\" is not ready yet",
            document.title
        )));
    }
    let mut content = Content::default();
    let (mut from, mut bytes) = (0, 0);
    loop {
        let passages = desk
            .store
            .passages_from(document.id, document.revision, from, PAGE)
            .await?;
        let Some(last) = passages.last() else {
            return Ok(content);
        };
        from = last.position + 1;
        for passage in passages {
            bytes += passage.text.len();
            if bytes > MOST_READ {
                content.is_cut = true;
                return Ok(content);
            }
            for heading in passage.headings {
                if !content.headings.contains(&heading) {
                    content.headings.push(heading);
                }
            }
            content.passages.push(passage.text);
        }
    }
}

/// Runs the analysis on a blocking thread, so that a long document does not delay other tasks.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|cause| Error::internal("look at a document").with_source(cause))
}
