//! The background jobs of knowledge: ingests documents, moves vectors, optimizes vector stores, and removes orphaned
//! vectors.

use async_trait::async_trait;
use serde::Deserialize;

use super::{collections::Collections, ingestion::Ingestion, moves::VectorMoves};
use crate::{
    domain::{AgentId, DocumentId, Job, JobKind, VectorConfig},
    error::{Error, Result},
    jobs::{JobHandler, JobProgress, JobRetry},
    store::Store,
};

/// The vectors to remove.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Orphans {
    /// Those of one document of this agent; the job's subject is the document's id.
    Agent(AgentId),
    /// A whole collection.
    Config(Box<VectorConfig>),
}

/// Performs the background jobs of knowledge.
#[derive(Clone)]
pub struct KnowledgeJobs {
    pub(super) store: Store,
    pub(super) collections: Collections,
    pub(super) ingestion: Ingestion,
    pub(super) moves: VectorMoves,
}

#[async_trait]
impl JobHandler for KnowledgeJobs {
    fn kinds(&self) -> &'static [JobKind] {
        &[
            JobKind::IngestDocument,
            JobKind::MoveVectors,
            JobKind::SettleVectors,
            JobKind::RemoveVectors,
        ]
    }

    async fn run(&self, job: &Job, progress: &JobProgress) -> Result<()> {
        let tenant = self.store.tenant(job.account);
        match job.kind {
            JobKind::IngestDocument => {
                self.ingestion
                    .ingest(&tenant, DocumentId::from_uuid(job.subject), progress)
                    .await
            }
            JobKind::MoveVectors => {
                self.moves
                    .perform(&tenant, job, AgentId::from_uuid(job.subject), progress)
                    .await
            }
            JobKind::SettleVectors => self.settle(job).await,
            JobKind::RemoveVectors => self.remove(job).await,
            JobKind::BuildPersona
            | JobKind::EraseEndUser
            | JobKind::DeleteAccount
            | JobKind::DeliverEvents => Err(Error::internal("run a job of another handler")),
        }
    }

    async fn note_retry(&self, job: &Job, error: &Error, retry: JobRetry) -> Result<()> {
        let tenant = self.store.tenant(job.account);
        match job.kind {
            JobKind::IngestDocument => {
                self.ingestion
                    .note_retry(&tenant, DocumentId::from_uuid(job.subject), error, retry)
                    .await
            }
            JobKind::MoveVectors
            | JobKind::SettleVectors
            | JobKind::RemoveVectors
            | JobKind::BuildPersona
            | JobKind::EraseEndUser
            | JobKind::DeleteAccount
            | JobKind::DeliverEvents => Ok(()),
        }
    }

    async fn give_up(&self, job: &Job, error: &Error) -> Result<()> {
        let tenant = self.store.tenant(job.account);
        match job.kind {
            JobKind::IngestDocument => {
                self.ingestion
                    .fail(&tenant, DocumentId::from_uuid(job.subject), error)
                    .await
            }
            JobKind::MoveVectors => {
                self.moves
                    .fail(&tenant, AgentId::from_uuid(job.subject), error)
                    .await
            }
            // the job's row has the error, and no caller waits for it
            JobKind::SettleVectors
            | JobKind::RemoveVectors
            | JobKind::BuildPersona
            | JobKind::EraseEndUser
            | JobKind::DeleteAccount
            | JobKind::DeliverEvents => Ok(()),
        }
    }
}

impl KnowledgeJobs {
    async fn settle(&self, job: &Job) -> Result<()> {
        let agent = AgentId::from_uuid(job.subject);
        match self.collections.serving(job.account, agent).await? {
            Some(handle) => handle.store.settle(&handle.collection).await,
            None => Ok(()),
        }
    }

    async fn remove(&self, job: &Job) -> Result<()> {
        let payload = job.payload.clone().unwrap_or_default();
        let orphans: Orphans = serde_json::from_value(payload).map_err(|cause| {
            Error::internal("read whose vectors are to be removed").with_source(cause)
        })?;
        match orphans {
            Orphans::Config(config) => {
                let handle = self.collections.open(job.account, *config)?;
                handle.store.remove(&handle.collection).await
            }
            Orphans::Agent(agent) => {
                let document = DocumentId::from_uuid(job.subject);
                let tenant = self.store.tenant(job.account);
                for config in tenant.vector_configs(agent).await? {
                    let handle = self.collections.open(job.account, config)?;
                    handle
                        .store
                        .delete_document(&handle.collection, document)
                        .await?;
                }
                Ok(())
            }
        }
    }
}
