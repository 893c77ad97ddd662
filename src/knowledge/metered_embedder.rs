//! The embedding model, whose use is recorded as usage of the account that caused it.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::collections::CollectionHandle;
use crate::{
    domain::{AccountId, AgentId, Usage},
    error::Result,
    port::{Clock, Embedder, Purpose},
    store::{Store, TenantStore},
};

/// The account, and the agent of it, for which texts are embedded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Payer {
    pub(super) account: AccountId,
    pub(super) agent: Option<AgentId>,
}

impl Payer {
    /// The agent whose collection this is.
    pub(super) fn of(handle: &CollectionHandle) -> Self {
        Self {
            account: handle.collection.account,
            agent: Some(handle.collection.agent),
        }
    }
}

/// The embedding model. What a provider counts is recorded; a model of this process costs the account nothing.
#[derive(Clone)]
pub(super) struct MeteredEmbedder {
    pub(super) model: Arc<dyn Embedder>,
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
}

impl MeteredEmbedder {
    /// As [`Embedder::embed`]; no one pays for the program's own texts.
    pub(super) async fn embed(
        &self,
        payer: Option<Payer>,
        texts: &[String],
        purpose: Purpose,
    ) -> Result<Vec<Vec<f32>>> {
        let embedded = self.model.embed(texts, purpose).await?;
        if let Some(payer) = payer {
            let tenant = self.store.tenant(payer.account);
            let (model, now) = (self.model.model(), self.clock.now());
            record_embedding(&tenant, payer.agent, model, embedded.usage, now).await;
        }
        Ok(embedded.vectors)
    }
}

/// Records what an embedding by this model cost the account, if it cost anything. A failure is logged only: to embed the
/// texts once more would cost more than it tells.
pub async fn record_embedding(
    tenant: &TenantStore,
    agent: Option<AgentId>,
    model: &str,
    usage: Usage,
    now: DateTime<Utc>,
) {
    if usage.input_tokens == 0 {
        return;
    }
    let recorded = tenant.record_call_without_run(agent, model, usage, now);
    if let Err(error) = recorded.await {
        tracing::warn!(account = %tenant.account_id(), tokens = usage.input_tokens, cause = error.cause(), "recording the tokens of an embedding failed");
    }
}
