//! Documents and passages in the API.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use futures::future::try_join_all;

use super::{
    agent::{Agent, agent_by_id},
    connection::{ItemConnection, PageArgs, TotalCount, connect},
    context::ContextExt,
    error::Result,
    upload::Upload,
};
use crate::{
    domain::{self, AgentId, DocumentId, Position},
    error::Error,
    service::{DocumentInput, FollowedDocuments},
};

/// A document in an agent's knowledge.
pub(super) struct Document(pub(super) domain::Document);

impl From<domain::Document> for Document {
    fn from(document: domain::Document) -> Self {
        Self(document)
    }
}

/// A document in an agent's knowledge.
#[Object]
impl Document {
    /// The id of the document, `document_…`; replacing the content of the same source keeps the id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The display title of the document.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// The source of the document; ingesting the same source again replaces the document.
    async fn source(&self) -> Option<&str> {
        self.0.source.as_deref()
    }

    /// The agent that the document belongs to.
    async fn agent(&self, ctx: &Context<'_>) -> Option<Result<Agent>> {
        agent_by_id(ctx, self.0.agent).await.transpose()
    }

    /// The media type, for example `text/markdown`; null until a document given by URL has been fetched.
    async fn media_type(&self) -> Option<&'static str> {
        self.0.media_type.map(|known| known.media_type.name())
    }

    /// The status of the document.
    async fn status(&self) -> DocumentStatus {
        self.0.status.into()
    }

    /// The number of searchable passages.
    async fn passage_count(&self) -> i32 {
        self.0.passages
    }

    /// The embedded share of the new content, 0 to 1; null when no work is in progress.
    async fn progress(&self) -> Option<f64> {
        let (done, total) = self.0.progress?;
        Some(f64::from(done) / f64::from(total.max(1)))
    }

    /// Why the ingestion failed.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }

    /// What of the content could not be read, in sentences for people, for example pages without text; all other text is searchable.
    async fn warnings(&self) -> &[String] {
        &self.0.warnings
    }

    /// The number of failed attempts to ingest the content; increases while the document is retried.
    async fn attempts(&self) -> i32 {
        self.0.attempts
    }

    /// The time of the first ingestion.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// The time of the last change.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// The status of a document.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::DocumentStatus")]
pub(super) enum DocumentStatus {
    /// Waiting to be processed.
    Pending,
    /// Being read, split and embedded.
    Embedding,
    /// Searchable.
    Ready,
    /// The ingestion failed; an earlier content of the document stays searchable.
    Failed,
}

/// A passage of a document, or several adjacent passages, found by a search.
#[derive(Clone)]
pub(super) struct Passage {
    passage: domain::ScoredPassage,
    document: domain::Document,
}

/// A passage of a document, or several adjacent passages, found by a search.
#[Object]
impl Passage {
    /// The id of the passage as it was found, `passage_…`: passages with the same id are equal in every field.
    async fn id(&self) -> ID {
        self.passage.id().to_string().into()
    }

    /// The text of the passage.
    async fn text(&self) -> &str {
        &self.passage.text
    }

    /// The headings above the passage, outermost first.
    async fn headings(&self) -> &[String] {
        &self.passage.headings
    }

    /// The similarity to the query, 0 to 1.
    async fn score(&self) -> f64 {
        self.passage.score
    }

    /// The document of the passage.
    async fn document(&self) -> Document {
        Document(self.document.clone())
    }

    /// The position of the passage in the document, from 0.
    async fn position(&self) -> i32 {
        self.passage.position
    }
}

impl Passage {
    /// A passage with its document; none once the document is deleted.
    pub(super) async fn of(
        ctx: &Context<'_>,
        passage: domain::ScoredPassage,
    ) -> Result<Option<Self>> {
        let document = ctx.loaders()?.load(passage.document).await?;
        Ok(document.map(|document| Self { passage, document }))
    }
}

/// Adds the documents to passages; passages of deleted documents are omitted.
pub(super) async fn passages(
    ctx: &Context<'_>,
    found: Vec<domain::ScoredPassage>,
) -> Result<Vec<Passage>> {
    // concurrent, so that the documents are loaded with one query
    let passages = found.into_iter().map(|passage| Passage::of(ctx, passage));
    let passages = try_join_all(passages).await?;
    Ok(passages.into_iter().flatten().collect())
}

/// An agent's documents as a connection.
pub(super) async fn document_list(
    ctx: &Context<'_>,
    agent: &domain::Agent,
    args: PageArgs,
) -> Result<ItemConnection<Document>> {
    let scope = format!("documents/{}", agent.id);
    let page = ctx
        .services()?
        .documents
        .list(ctx.actor()?, agent, &args.request(&scope)?)
        .await?;
    Ok(connect(
        page,
        &scope,
        TotalCount::Documents(agent.account, agent.id),
        |document| Position::of(document.id),
    ))
}

/// The documents of `documentProgress`, of whose arguments exactly one is given.
pub(super) fn followed(document: Option<ID>, agent: Option<ID>) -> Result<FollowedDocuments> {
    match (document, agent) {
        (Some(document), None) => Ok(FollowedDocuments::One(DocumentId::parse(
            "documentId",
            &document,
        )?)),
        (None, Some(agent)) => Ok(FollowedDocuments::OfAgent(AgentId::parse(
            "agentId", &agent,
        )?)),
        (given, _) => {
            let given = if given.is_some() { "both" } else { "neither" };
            let message = format!("{given} of documentId and agentId given, expected exactly one");
            Err(Error::bad_input("documentId", message).into())
        }
    }
}

/// A summary of an agent's documents.
#[derive(SimpleObject)]
pub(super) struct KnowledgeSummary {
    /// The number of searchable documents.
    document_count: i64,
    /// The number of searchable passages.
    pub(super) passage_count: i64,
    /// The time of the last change to a document.
    updated_at: Option<DateTime<Utc>>,
}

impl KnowledgeSummary {
    pub(super) async fn of(ctx: &Context<'_>, agent: &domain::Agent) -> Result<Self> {
        let services = ctx.services()?;
        let size = services
            .documents
            .knowledge_size(ctx.actor()?, agent)
            .await?;
        Ok(Self {
            document_count: size.documents,
            passage_count: size.passages,
            updated_at: size.updated_at,
        })
    }
}

/// A document for an agent's knowledge: exactly one of `text`, `url`, `contentBase64` and `file` must be set.
#[derive(InputObject)]
pub(super) struct IngestDocumentInput {
    /// The agent.
    agent_id: ID,
    /// The display title, 1 to 255 characters.
    title: String,
    /// The text of the document; Markdown unless `mediaType` is set.
    text: Option<String>,
    /// The URL to fetch: http or https, no private address.
    url: Option<String>,
    /// The source that identifies the document: ingesting a source again replaces its content; identical content
    /// changes nothing. Default: the URL, or a hash of the content.
    source: Option<String>,
    /// The content of a small file, in base64, also as a data URL with its media type. Larger ones are sent as `file`, to
    /// `POST /documents`, or named by `url`.
    content_base64: Option<String>,
    /// A file of a multipart request.
    file: Option<Upload>,
    /// The media type: text, Markdown, HTML, CSV, TSV, PDF, Word, `PowerPoint`, Excel, `OpenDocument`, EPUB, RTF, a mail message or a
    /// web archive, by the name that IANA registered, for example `text/csv`. A text may have a charset: `text/plain; charset=gbk`.
    /// Default: detected from the content, and from the ending of the source or title.
    media_type: Option<String>,
}

impl IngestDocumentInput {
    pub(super) fn input(self) -> Result<DocumentInput> {
        Ok(DocumentInput {
            agent: AgentId::parse("input.agentId", &self.agent_id)?,
            title: self.title,
            text: self.text,
            url: self.url,
            source: self.source,
            content_base64: self.content_base64,
            file: self.file.map(|Upload(file)| file),
            media_type: self.media_type,
        })
    }
}

/// The result of `ingestDocument`: the document is processed in the background.
#[derive(SimpleObject)]
pub(super) struct IngestDocumentPayload {
    /// The document; the subscription `documentProgress` reports its progress.
    pub(super) document: Document,
}

/// The document to delete.
#[derive(InputObject)]
pub(super) struct DeleteDocumentInput {
    /// The id of the document.
    pub(super) id: ID,
}

/// The result of `deleteDocument`: its passages and vectors are deleted too, also where they are sources of answers.
#[derive(SimpleObject)]
pub(super) struct DeleteDocumentPayload {
    /// The id of the deleted document.
    pub(super) deleted_id: ID,
}
