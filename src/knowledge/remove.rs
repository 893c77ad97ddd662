//! Removes orphaned vectors, and dispatches the background jobs of knowledge.

use async_trait::async_trait;
use serde::Deserialize;

use super::Knowledge;
use crate::{
    domain::{AgentId, DocumentId, Job, JobKind, VectorConfig},
    error::{Error, Result},
    jobs::{Handler, Progress},
};

/// The vectors to remove.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Orphans {
    /// Those of one document of this agent; the job's subject is the document's id.
    Agent(AgentId),
    /// A whole collection.
    Config(VectorConfig),
}

#[async_trait]
impl Handler for Knowledge {
    fn kinds(&self) -> &'static [JobKind] {
        &[
            JobKind::IngestDocument,
            JobKind::MoveVectors,
            JobKind::SettleVectors,
            JobKind::RemoveVectors,
        ]
    }

    async fn run(&self, job: &Job, progress: &Progress) -> Result<()> {
        let tenant = self.parts.store.tenant(job.account);
        match job.kind {
            JobKind::IngestDocument => {
                self.ingest(&tenant, DocumentId::from_uuid(job.subject), progress)
                    .await
            }
            JobKind::MoveVectors => {
                self.move_vectors(&tenant, job, AgentId::from_uuid(job.subject), progress)
                    .await
            }
            JobKind::SettleVectors => self.settle(job).await,
            JobKind::RemoveVectors => self.remove(job).await,
        }
    }

    async fn give_up(&self, job: &Job, error: &Error) -> Result<()> {
        let tenant = self.parts.store.tenant(job.account);
        match job.kind {
            JobKind::IngestDocument => {
                self.fail_ingest(&tenant, DocumentId::from_uuid(job.subject), error)
                    .await
            }
            JobKind::MoveVectors => {
                self.fail_move(&tenant, AgentId::from_uuid(job.subject), error)
                    .await
            }
            // the job's row has the error, and no caller waits for it
            JobKind::SettleVectors | JobKind::RemoveVectors => Ok(()),
        }
    }
}

impl Knowledge {
    async fn settle(&self, job: &Job) -> Result<()> {
        let agent = AgentId::from_uuid(job.subject);
        match self.serving(job.account, agent).await? {
            Some(rack) => rack.store.settle(&rack.collection).await,
            None => Ok(()),
        }
    }

    async fn remove(&self, job: &Job) -> Result<()> {
        let payload = job.payload.clone().unwrap_or_default();
        let orphans: Orphans = serde_json::from_value(payload).map_err(|cause| {
            Error::internal("read whose vectors are to be removed").because(cause)
        })?;
        match orphans {
            Orphans::Config(config) => {
                let rack = self.rack(job.account, config)?;
                rack.store.remove(&rack.collection).await
            }
            Orphans::Agent(agent) => {
                let document = DocumentId::from_uuid(job.subject);
                let tenant = self.parts.store.tenant(job.account);
                for config in tenant.vector_configs(agent).await? {
                    let rack = self.rack(job.account, config)?;
                    rack.store
                        .delete_document(&rack.collection, document)
                        .await?;
                }
                Ok(())
            }
        }
    }
}
