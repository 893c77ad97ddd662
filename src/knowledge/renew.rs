//! Embeds the knowledge again after the installation has changed its embedding model.

use super::{Knowledge, collections::sealed_place};
use crate::{
    domain::{AccountId, VectorConfig, VectorRole},
    error::{Error, Kind, Result},
    store::MoveBegun,
};

/// The number of collections that are read at a time.
const PART: u64 = 100;

impl Knowledge {
    /// Starts a move, to the same kind of store, for every agent whose vectors come from another model. Until the move
    /// ends, the agent's knowledge is searched by words only.
    pub async fn embed_anew(&self) -> Result<()> {
        let platform = self.parts.store.platform();
        let mut after = None;
        loop {
            let model = self.parts.embedder.model();
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
            .new_config(from.agent, from.kind, VectorRole::Target)
            .await?;
        if let Some(sealed) = &from.credentials {
            let vault = &self.parts.vault;
            let key = vault.open(sealed_place(account, from.id), sealed)?;
            target.credentials = Some(vault.seal(sealed_place(account, target.id), &key)?);
        }
        let tenant = self.parts.store.tenant(account);
        match tenant
            .begin_move(&target, self.parts.clock.now(), None)
            .await?
        {
            MoveBegun::Yes => {
                tracing::info!(agent = %from.agent, from = %from.embedder, to = %target.embedder, "an agent's knowledge is being embedded anew");
                Ok(())
            }
            MoveBegun::Already => Ok(()),
            MoveBegun::Elsewhere(_) => Err(Error::conflict("its vectors are being moved")),
        }
    }
}
