//! Documents and passages in the API.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::{
    agent::{Agent, agent_by_id},
    connection::{List, PageArgs, Total, connect},
    context::ContextExt,
    error::Result,
};
use crate::{
    domain::{self, AgentId, Position},
    service::DocumentInput,
};

/// Something that an agent was given to know.
pub(super) struct Document(pub(super) domain::Document);

impl From<domain::Document> for Document {
    fn from(document: domain::Document) -> Self {
        Self(document)
    }
}

/// Something that an agent was given to know.
#[Object]
impl Document {
    /// Its id, `document_…`; it stays when the same source comes again with another content.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Its title, for people.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// Where it came from; the same source again replaces it.
    async fn source(&self) -> Option<&str> {
        self.0.source.as_deref()
    }

    /// The agent that knows it.
    async fn agent(&self, ctx: &Context<'_>) -> Option<Result<Agent>> {
        agent_by_id(ctx, self.0.agent).await.transpose()
    }

    /// What kind of text it is, e.g. `text/markdown`; null until what is fetched has been seen.
    async fn media_type(&self) -> Option<&'static str> {
        self.0.media_type.map(domain::MediaType::name)
    }

    /// How far it is.
    async fn status(&self) -> DocumentStatus {
        self.0.status.into()
    }

    /// How many passages it has that are searched.
    async fn passages(&self) -> i32 {
        self.0.passages
    }

    /// How much of its new content is embedded, 0 to 1; null when nothing is being done.
    async fn progress(&self) -> Option<f64> {
        let (done, total) = self.0.progress?;
        Some(f64::from(done) / f64::from(total.max(1)))
    }

    /// Why it could not be read.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }

    /// When it was first given.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// How far a document is.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::DocumentStatus")]
pub(super) enum DocumentStatus {
    /// Waits for its turn.
    Pending,
    /// Is being read, split and embedded.
    Embedding,
    /// Is searched.
    Ready,
    /// Could not be read; an earlier content of it is still searched.
    Failed,
}

/// A piece of a document that was found, or several neighbouring ones.
pub(super) struct Passage {
    passage: domain::ScoredPassage,
    document: domain::Document,
}

/// A piece of a document that was found, or several neighbouring ones.
#[Object]
impl Passage {
    /// Its text.
    async fn text(&self) -> &str {
        &self.passage.text
    }

    /// The headings that it stands under, the outermost first.
    async fn headings(&self) -> &[String] {
        &self.passage.headings
    }

    /// How close it is to what was asked, 0 to 1.
    async fn score(&self) -> f64 {
        self.passage.score
    }

    /// The document it is of.
    async fn document(&self) -> Document {
        Document(self.document.clone())
    }

    /// Its place in the document, from 0.
    async fn position(&self) -> i32 {
        self.passage.position
    }
}

/// Passages with their documents; those of a document that is gone are left out.
pub(super) async fn passages(
    ctx: &Context<'_>,
    found: Vec<domain::ScoredPassage>,
) -> Result<Vec<Passage>> {
    let loaders = ctx.loaders()?;
    let mut passages = Vec::with_capacity(found.len());
    for passage in found {
        if let Some(document) = loaders.load(passage.document).await? {
            passages.push(Passage { passage, document });
        }
    }
    Ok(passages)
}

/// An agent's documents as a connection.
pub(super) async fn document_list(
    ctx: &Context<'_>,
    agent: &domain::Agent,
    args: PageArgs,
) -> Result<List<Document>> {
    let scope = format!("documents/{}", agent.id);
    let page = ctx
        .services()?
        .documents
        .list(ctx.actor()?, agent, &args.request(&scope)?)
        .await?;
    Ok(connect(
        page,
        &scope,
        Total::Documents(agent.account, agent.id),
        |document| Position::of(document.id),
    ))
}

/// What an agent knows.
#[derive(SimpleObject)]
pub(super) struct KnowledgeSummary {
    /// How many documents are searched.
    documents: i64,
    /// How many passages they have.
    pub(super) passages: i64,
    /// When one of them changed last.
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
            documents: size.documents,
            passages: size.passages,
            updated_at: size.updated_at,
        })
    }
}

/// What an agent is to know: exactly one of `text`, `url` and `contentBase64`.
#[derive(InputObject)]
pub(super) struct IngestDocumentInput {
    /// The agent.
    agent_id: ID,
    /// Its title, for people; 1 to 120 characters.
    title: String,
    /// The text itself; Markdown unless `mediaType` says otherwise.
    text: Option<String>,
    /// Where it is fetched from: http or https, no private address.
    url: Option<String>,
    /// What it is known by: the same source again replaces it, the same content of it changes nothing. The URL, or the content itself, when left out.
    source: Option<String>,
    /// A file's bytes in base64. What does not fit into a request is given by its URL.
    content_base64: Option<String>,
    /// `text/plain`, `text/markdown`, `text/html` or `application/pdf`; found out when left out.
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
            media_type: self.media_type,
        })
    }
}

/// The document was taken; it is worked on in the background.
#[derive(SimpleObject)]
pub(super) struct IngestDocumentPayload {
    /// The document; `documentProgress` follows it.
    pub(super) document: Document,
}

/// Which document goes.
#[derive(InputObject)]
pub(super) struct DeleteDocumentInput {
    /// The document.
    pub(super) id: ID,
}

/// The document is gone, with its passages, vectors and citations.
#[derive(SimpleObject)]
pub(super) struct DeleteDocumentPayload {
    /// Its id.
    pub(super) deleted_id: ID,
}
