//! Whose documents a call means, and what stands in one of them.

use serde_json::Value;

use crate::{
    domain::{AgentId, Document, DocumentId},
    error::{Error, Result},
    toolbox::{desk::Desk, schema},
};

/// At most this much of a document is looked at, in bytes.
const MOST_READ: usize = 512 * 1024;
/// Passages are read so many at a time.
const PAGE: u64 = 200;

/// What stands in a document.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Content {
    /// Its passages, in order.
    pub(super) passages: Vec<String>,
    /// The headings that they stand under, each once, in order.
    pub(super) headings: Vec<String>,
    /// Whether there is more of it than is looked at.
    pub(super) is_cut: bool,
}

/// How a caller that is no agent says whose documents it means.
pub(super) fn named_agent() -> (&'static str, Value) {
    (
        "agent",
        schema::name(
            "Whose documents, by the agent's id or slug. Not needed by an agent, which has only its own.",
        ),
    )
}

/// How a document is named in arguments.
pub(super) fn named_document(name: &'static str, about: &str) -> (&'static str, Value) {
    (name, schema::id("document", about))
}

/// The agent whose documents are meant. An agent has only its own, whatever it says.
pub(super) async fn agent_of(desk: &Desk, named: Option<&str>) -> Result<AgentId> {
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

/// The document that was named, if the agent knows it.
pub(super) async fn existing(
    desk: &Desk,
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

/// What stands in a document, as far as it is looked at.
pub(super) async fn content_of(desk: &Desk, document: &Document) -> Result<Content> {
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

/// Works on content aside, so that a long document holds nobody up.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|cause| Error::internal("look at a document").because(cause))
}
