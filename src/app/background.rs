//! Composes the background jobs.

use std::sync::Arc;

use tokio_util::task::TaskTracker;

use super::{knowledge::job_limits, shared::Shared};
use crate::{
    config::Config,
    engine::{Engine, Feed, RunCanceller},
    erasure::{AccountDeletionJobs, EndUserErasureJobs, ErasureParts},
    jobs::{JobParts, Jobs},
    knowledge::Knowledge,
    metrics::JobMetrics,
    persona::{PersonaJobs, PersonaParts},
    port::{Clock, Vault, WebhookSender},
    store::Store,
    webhooks::{WebhookJobs, WebhookParts},
};

/// What the background jobs work with.
pub(super) struct JobInputs<'a> {
    pub(super) store: &'a Store,
    pub(super) feed: &'a Feed,
    pub(super) engine: &'a Engine,
    pub(super) knowledge: &'a Knowledge,
    pub(super) vault: &'a Arc<dyn Vault>,
    pub(super) webhooks: &'a Arc<dyn WebhookSender>,
    pub(super) shared: &'a Shared,
    pub(super) clock: &'a Arc<dyn Clock>,
    pub(super) tracker: &'a TaskTracker,
    pub(super) metrics: &'a Arc<JobMetrics>,
}

/// The jobs of every kind.
pub(super) fn jobs(config: &Config, inputs: &JobInputs<'_>) -> Jobs {
    let personas = PersonaJobs::new(PersonaParts {
        store: inputs.store.clone(),
        engine: inputs.engine.clone(),
        announcements: Arc::clone(&inputs.shared.announcements),
        clock: Arc::clone(inputs.clock),
    });
    let erasures = ErasureParts {
        store: inputs.store.clone(),
        feed: inputs.feed.clone(),
        canceller: RunCanceller::new(inputs.engine.clone()),
        announcements: Arc::clone(&inputs.shared.announcements),
        clock: Arc::clone(inputs.clock),
    };
    let webhooks = WebhookJobs(WebhookParts {
        store: inputs.store.clone(),
        sender: Arc::clone(inputs.webhooks),
        vault: Arc::clone(inputs.vault),
        clock: Arc::clone(inputs.clock),
    });
    Jobs::new(JobParts {
        store: inputs.store.clone(),
        queue: Arc::clone(&inputs.shared.queue),
        clock: Arc::clone(inputs.clock),
        tracker: inputs.tracker.clone(),
        handlers: vec![
            Arc::new(inputs.knowledge.jobs.clone()),
            Arc::new(personas),
            Arc::new(EndUserErasureJobs(erasures.clone())),
            Arc::new(AccountDeletionJobs(erasures)),
            Arc::new(webhooks),
        ],
        limits: job_limits(&config.jobs),
        metrics: Arc::clone(inputs.metrics),
    })
}
