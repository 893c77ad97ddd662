//! Documents: ingested, followed, searched, deleted.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use documents::DocumentLabel;
use futures::stream::BoxStream;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{
    UploadedFile,
    agent::{existing, tier_of},
    agent_settings::{AgentSettings, template_of},
    audit::audit_note,
    document_changes::{DocumentChanges, FollowedDocuments},
    document_content::{data_url, declared_type, given_text},
    refuse,
    tables::Tables,
};
use crate::{
    domain::{
        AccountId, Actor, Agent, AgentId, AuditNote, ContentType, Document, DocumentId, MediaType,
        Operation, Page, PageRequest, ScoredPassage, TierLimit, check_text, check_title,
    },
    error::{Error, Problem, Result},
    jobs,
    knowledge::{Knowledge, KnowledgeQuery, SearchSettings},
    port::{Announcement, Announcements, Clock, DocumentNotice, JobQueue},
    store::{KnowledgeSize, NewDocument, TenantStore},
};

/// The maximum length of a source, in characters.
const LONGEST_SOURCE: usize = 2_000;
/// The maximum length of a search query, in characters.
const LONGEST_QUERY: usize = 4_000;
/// The maximum number of passages that a search returns.
const MOST_PASSAGES: i32 = 100;

/// The input of a document to ingest.
#[derive(Debug, Clone)]
pub struct DocumentInput {
    /// The agent that gets the document.
    pub agent: AgentId,
    /// The display title.
    pub title: String,
    /// The text itself.
    pub text: Option<String>,
    /// The URL that the document is fetched from.
    pub url: Option<String>,
    /// The identity of the document: ingesting the same source again replaces it.
    pub source: Option<String>,
    /// The file's bytes, in base64.
    pub content_base64: Option<String>,
    /// The media type of the text or file.
    pub media_type: Option<String>,
    /// A file that comes with the request.
    pub file: Option<UploadedFile>,
}

/// Ingests, follows, searches and deletes the documents of agents.
#[derive(Clone)]
pub struct DocumentService {
    pub(super) tables: Tables,
    pub(super) settings: AgentSettings,
    pub(super) knowledge: Knowledge,
    pub(super) queue: Arc<dyn JobQueue>,
    pub(super) announcements: Arc<dyn Announcements>,
    pub(super) clock: Arc<dyn Clock>,
}

impl DocumentService {
    /// Ingests a document; the processing runs in the background. The same content again changes nothing; other content
    /// of the same source replaces the document as a whole.
    pub async fn ingest(&self, actor: &Actor, input: DocumentInput) -> Result<Document> {
        let permission = actor.authorize(Operation::IngestDocument)?;
        let store = self.tables.tenant(&permission);
        existing(&store, input.agent).await?;
        // decoding and hashing take longer the larger a file is
        let service = self.clone();
        let new = tokio::task::spawn_blocking(move || service.new_document(input));
        let mut new = new
            .await
            .map_err(|cause| Error::internal("look at a document").with_source(cause))??;
        let agent = existing(&store, new.agent).await?;
        let template = template_of(&self.tables, &permission, agent.template).await?;
        new.most_of_agent = tier_of(&agent, &template.spec)?.limit(TierLimit::Documents);
        let note = AuditNote {
            agent: Some(new.agent),
            ..audit_note(
                self.clock.as_ref(),
                &permission,
                new.agent,
                json!({"title": new.title}),
            )
        };
        let document = store.ingest(&new, note).await?;
        self.announce(actor.account(), document.agent, document.id);
        jobs::offer(self.queue.as_ref(), actor.account(), document.id.uuid());
        Ok(document)
    }

    /// Deletes a document, with its passages and vectors, from every store.
    pub async fn delete(&self, actor: &Actor, id: DocumentId) -> Result<()> {
        let permission = actor.authorize(Operation::DeleteDocument)?;
        let store = self.tables.tenant(&permission);
        let note = audit_note(self.clock.as_ref(), &permission, id, json!({}));
        let found = store.documents_by_ids(&[id]).await?.pop();
        let Some(document) = found else {
            return Err(Error::not_found("document"));
        };
        if !store.delete_document(id, note).await? {
            return Err(Error::not_found("document"));
        }
        self.announce(actor.account(), document.agent, id);
        jobs::offer(self.queue.as_ref(), actor.account(), id.uuid());
        Ok(())
    }

    /// An agent's documents, the newest first.
    pub async fn list(
        &self,
        actor: &Actor,
        agent: &Agent,
        request: &PageRequest,
    ) -> Result<Page<Document>> {
        let store = self.readable(actor, agent.account)?;
        store.documents(agent.id, request).await
    }

    /// The number of documents of an agent.
    pub async fn count(&self, actor: &Actor, account: AccountId, agent: AgentId) -> Result<u64> {
        let store = self.readable(actor, account)?;
        store.count_documents(agent).await
    }

    /// The followed documents now and after every change: one document until it is searchable or has failed, those of an
    /// agent without an end. `NOT_FOUND` for a document or an agent that does not exist.
    pub async fn progress(
        &self,
        actor: &Actor,
        followed: FollowedDocuments,
    ) -> Result<BoxStream<'static, Result<Document>>> {
        let permission = actor.authorize(Operation::DocumentProgress)?;
        let store = self.tables.tenant(&permission);
        if let FollowedDocuments::OfAgent(agent) = followed {
            existing(&store, agent).await?;
        }
        // listens before the documents are read, so that no change is missed in between
        let announced = self.announcements.listen(actor.account());
        DocumentChanges::new(store, followed)
            .follow(announced)
            .await
    }

    /// The passages of an agent that answer a query, the best first.
    pub async fn search(
        &self,
        actor: &Actor,
        agent: AgentId,
        query: &str,
        first: i32,
    ) -> Result<Vec<ScoredPassage>> {
        let permission = actor.authorize(Operation::SearchKnowledge)?;
        let store = self.tables.tenant(&permission);
        let mut problems: Vec<Problem> = check_text("query", query, LONGEST_QUERY)
            .into_iter()
            .collect();
        if !(1..=MOST_PASSAGES).contains(&first) {
            problems.push(Problem::new(
                "first",
                format!("{first}, expected 1 to {MOST_PASSAGES}"),
            ));
        }
        refuse(problems)?;
        let agent = existing(&store, agent).await?;
        let template = template_of(&self.tables, &permission, agent.template).await?;
        let account = store.account().await?;
        let layers = self
            .settings
            .layers(&agent, &template.spec, &account.configuration)?;
        let settings = SearchSettings {
            most: usize::try_from(first).unwrap_or_default(),
            ..SearchSettings::of(&layers.merged())
        };
        let query = KnowledgeQuery {
            account: agent.account,
            agent: agent.id,
            question: query,
            settings,
        };
        let found = self.knowledge.search.search(query).await?;
        Ok(found.passages)
    }

    /// The number of documents and passages of an agent.
    pub async fn knowledge_size(&self, actor: &Actor, agent: &Agent) -> Result<KnowledgeSize> {
        let store = self.readable(actor, agent.account)?;
        store.knowledge_size(agent.id).await
    }

    /// The rows of an account whose agents the actor may read.
    fn readable(&self, actor: &Actor, account: AccountId) -> Result<TenantStore> {
        let permission = actor.acting_in(account)?.authorize(Operation::Agent)?;
        Ok(self.tables.tenant(&permission))
    }

    fn announce(&self, account: AccountId, agent: AgentId, document: DocumentId) {
        let notice = DocumentNotice { agent, document };
        self.announcements
            .publish(account, Announcement::DocumentChanged(notice));
    }

    fn new_document(&self, input: DocumentInput) -> Result<NewDocument> {
        let mut problems: Vec<Problem> = check_title("input.title", &input.title)
            .into_iter()
            .collect();
        if let Some(source) = &input.source {
            problems.extend(check_text("input.source", source, LONGEST_SOURCE));
        }
        let given: Vec<&str> = [
            ("text", input.text.is_some()),
            ("url", input.url.is_some()),
            ("contentBase64", input.content_base64.is_some()),
            ("file", input.file.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, is_given)| is_given.then_some(name))
        .collect();
        if given.len() != 1 {
            let message = if given.is_empty() {
                "has none of text, url, contentBase64 and file, expected exactly one".to_owned()
            } else {
                format!("has {}, expected exactly one of them", given.join(" and "))
            };
            problems.push(Problem::new("input", message));
        }
        let media_type = match input.media_type.as_deref().map(declared_type).transpose() {
            Ok(known) => known,
            Err(problem) => {
                problems.push(problem);
                None
            }
        };
        refuse(problems)?;
        let (content, media_type) = self.content(&input, media_type)?;
        let content_hash = content
            .as_ref()
            .map(|content| Sha256::digest(content).to_vec())
            .unwrap_or_default();
        let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(&Sha256::digest(bytes));
        let source_key = match (&input.source, &input.url) {
            (Some(source), _) => format!("source:{}", hex(source.as_bytes())),
            (None, Some(url)) => format!("url:{}", hex(url.as_bytes())),
            (None, None) => format!("content:{}", data_encoding::HEXLOWER.encode(&content_hash)),
        };
        Ok(NewDocument {
            id: DocumentId::new(self.clock.as_ref()),
            agent: input.agent,
            title: input.title,
            source: input.source.or_else(|| input.url.clone()),
            source_key,
            url: input.url,
            media_type,
            content,
            content_hash,
            at: self.clock.now(),
            most_of_agent: None,
        })
    }

    /// The given bytes, or `None` for a document that is still to be fetched; and the media type, if known.
    fn content(
        &self,
        input: &DocumentInput,
        told: Option<ContentType>,
    ) -> Result<(Option<Vec<u8>>, Option<ContentType>)> {
        if let Some(url) = &input.url {
            self.knowledge.reader.check_url("input.url", url)?;
            return Ok((None, told));
        }
        if let Some(text) = &input.text {
            return given_text(text, told).map(|(content, kind)| (Some(content), Some(kind)));
        }
        if let Some(file) = &input.file {
            return self.file_content(input, file, told);
        }
        let path = "input.contentBase64";
        let given = input.content_base64.as_deref().unwrap_or_default();
        let (of_url, encoded) = data_url(path, given)?;
        let compact: String = encoded
            .chars()
            .filter(|character| !character.is_ascii_whitespace())
            .collect();
        let bytes = BASE64_STANDARD
            .decode(compact)
            .map_err(|_| Error::bad_input(path, "is not base64 (RFC 4648, with padding)"))?;
        if bytes.is_empty() {
            return Err(Error::bad_input(path, "is empty, expected a file"));
        }
        let told = told.map(ContentType::name);
        let label = DocumentLabel {
            media_type: told.as_deref().or(of_url),
            name: file_name(input),
            is_served: false,
        };
        let media_type = self.knowledge.reader.media_type(path, &bytes, label)?;
        Ok((Some(bytes), Some(media_type)))
    }

    /// The bytes of a file that came with the request, and its media type.
    fn file_content(
        &self,
        input: &DocumentInput,
        file: &UploadedFile,
        told: Option<ContentType>,
    ) -> Result<(Option<Vec<u8>>, Option<ContentType>)> {
        let path = "input.file";
        let bytes = Vec::from(file.content.clone());
        if bytes.is_empty() {
            return Err(Error::bad_input(path, "is empty"));
        }
        let told = told.map(ContentType::name);
        let label = DocumentLabel {
            media_type: told.as_deref().or(file.media_type.as_deref()),
            name: file.name.as_deref().unwrap_or_else(|| file_name(input)),
            // browsers guess the type by the name of the file
            is_served: told.is_none(),
        };
        let media_type = self.knowledge.reader.media_type(path, &bytes, label)?;
        Ok((Some(bytes), Some(media_type)))
    }
}

/// The name by whose ending the kind of a file is found: a source may be an address without one.
fn file_name(input: &DocumentInput) -> &str {
    let source = input.source.as_deref();
    let source = source.filter(|name| MediaType::by_file_name(name).is_some());
    source.unwrap_or(&input.title)
}
