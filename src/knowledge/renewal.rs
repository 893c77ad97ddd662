//! Embeds the knowledge again after the installation has changed its embedding model.

use std::sync::Arc;

use super::collections::Collections;
use crate::{
    domain::{AccountId, VectorConfig, VectorRole},
    error::{Error, Kind, Result},
    port::{Clock, Embedder},
    store::{BeginMoveOutcome, Store},
};

/// The number of collections that are read at a time.
const PART: u64 = 100;

/// Re-embeds knowledge after a change of the embedding model.
#[derive(Clone)]
pub struct EmbeddingRenewal {
    pub(super) store: Store,
    pub(super) embedder: Arc<dyn Embedder>,
    pub(super) collections: Collections,
    pub(super) clock: Arc<dyn Clock>,
}

impl EmbeddingRenewal {
    /// Starts a move, to the same kind of store, for every agent whose vectors are of another model. Until the move of
    /// an agent ends, its passages are searched by words only.
    pub async fn begin(&self) -> Result<()> {
        let platform = self.store.platform();
        let mut after = None;
        loop {
            let model = self.embedder.model();
            let others = platform.embedded_by_others(model, after, PART).await?;
            let Some((_, last)) = others.last() else {
                return Ok(());
            };
            after = Some(last.id);
            for (account, config) in &others {
                match self.move_to_new_model(*account, config).await {
                    // its agent was deleted, or another process moves it already
                    Err(error) if *error.kind() != Kind::Conflict => return Err(error),
                    _ => {}
                }
            }
        }
    }

    async fn move_to_new_model(&self, account: AccountId, from: &VectorConfig) -> Result<()> {
        let mut target = self
            .collections
            .new_config(from.agent, from.kind, VectorRole::Target)
            .await?;
        target.credentials = self.collections.reseal_key(account, from, &target)?;
        let tenant = self.store.tenant(account);
        match tenant.begin_move(&target, self.clock.now(), None).await? {
            BeginMoveOutcome::Yes => {
                tracing::info!(agent = %from.agent, from = %from.embedder, to = %target.embedder, "an agent's knowledge is being embedded anew");
                Ok(())
            }
            BeginMoveOutcome::Already => Ok(()),
            BeginMoveOutcome::Elsewhere(_) => Err(Error::conflict("its vectors are being moved")),
        }
    }
}
