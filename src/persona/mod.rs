//! Builds the personas of digital experts from their documents, in the background.
//!
//! What can be measured is measured: topics, terms, figures of style, and positions in the author's own sentences. Tone,
//! further positions and facts are extracted by a model of the agent's tier, unless that is one for demonstrations. Each
//! item has a quote that stands in its document.

mod build;
mod central;
mod corpus;
mod extraction;
mod finding;
mod own_sentences;
mod style;
mod topics;

use std::sync::Arc;

use async_trait::async_trait;

use self::build::PersonaBuilder;
use crate::{
    domain::{AgentId, Job, JobKind, PersonaState},
    engine::Engine,
    error::{Error, Kind, Result},
    jobs::{JobHandler, JobProgress, JobRetry},
    port::{Announcement, Announcements, Clock},
    store::Store,
};

/// The dependencies of [`PersonaJobs`].
pub struct PersonaParts {
    /// The database.
    pub store: Store,
    /// The models that read documents.
    pub engine: Engine,
    /// Announces that a persona has changed.
    pub announcements: Arc<dyn Announcements>,
    /// The source of the current time.
    pub clock: Arc<dyn Clock>,
}

/// Performs the background job of personas.
pub struct PersonaJobs {
    builder: PersonaBuilder,
    announcements: Arc<dyn Announcements>,
}

impl PersonaJobs {
    /// Composes the builder.
    pub fn new(parts: PersonaParts) -> Self {
        Self {
            builder: PersonaBuilder {
                store: parts.store,
                engine: parts.engine,
                clock: parts.clock,
            },
            announcements: parts.announcements,
        }
    }

    async fn note(&self, job: &Job, state: PersonaState, error: &Error) -> Result<()> {
        let tenant = self.builder.store.tenant(job.account);
        let agent = AgentId::from_uuid(job.subject);
        tenant
            .note_persona_problem(agent, state, &public_reason(error))
            .await?;
        self.announce(job);
        Ok(())
    }

    fn announce(&self, job: &Job) {
        let agent = AgentId::from_uuid(job.subject);
        self.announcements
            .publish(job.account, Announcement::AgentChanged(agent));
    }
}

#[async_trait]
impl JobHandler for PersonaJobs {
    fn kinds(&self) -> &'static [JobKind] {
        &[JobKind::BuildPersona]
    }

    async fn run(&self, job: &Job, _progress: &JobProgress) -> Result<()> {
        let built = self
            .builder
            .build(job.account, AgentId::from_uuid(job.subject))
            .await;
        self.announce(job);
        built
    }

    async fn note_retry(&self, job: &Job, error: &Error, _retry: JobRetry) -> Result<()> {
        self.note(job, PersonaState::Building, error).await
    }

    async fn give_up(&self, job: &Job, error: &Error) -> Result<()> {
        self.note(job, PersonaState::Failed, error).await
    }
}

/// The reason of a failure for the account's users; details of an internal error go to the log only.
fn public_reason(error: &Error) -> String {
    match error.kind() {
        Kind::Internal => "an internal error; build the persona again".to_owned(),
        _ => error.message().to_owned(),
    }
}
