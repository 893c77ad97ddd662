//! An agent's collections of vectors: the one that is searched, and the target of a move.

use std::sync::Arc;

use uuid::Uuid;

use super::Knowledge;
use crate::{
    domain::{AccountId, AgentId, VectorConfig, VectorRole, VectorStoreKind},
    error::{Error, Result},
    port::{Collection, Place, Sealed, VectorStore},
};

/// A collection and its vector store.
pub(super) struct Rack {
    pub(super) config: VectorConfig,
    pub(super) collection: Collection,
    pub(super) store: Arc<dyn VectorStore>,
}

impl Knowledge {
    /// The agent's collections, the one that is searched first; creates that one if the agent has none yet. The target
    /// of a failed move is left out.
    pub(super) async fn racks(&self, account: AccountId, agent: AgentId) -> Result<Vec<Rack>> {
        let configs = self.ensure_collection(account, agent).await?;
        let mut racks = Vec::with_capacity(configs.len());
        for config in configs {
            if config.is_serving() || config.is_being_filled() {
                racks.push(self.rack(account, config)?);
            }
        }
        // the target of a move that has just ended may be the serving one by now, but later in the list
        racks.sort_by_key(|rack| !rack.config.is_serving());
        Ok(racks)
    }

    /// The configurations of an agent's collections; creates the first one if there is none.
    pub async fn ensure_collection(
        &self,
        account: AccountId,
        agent: AgentId,
    ) -> Result<Vec<VectorConfig>> {
        let tenant = self.parts.store.tenant(account);
        let configs = tenant.vector_configs(agent).await?;
        if !configs.is_empty() {
            return Ok(configs);
        }
        let kind = self.usual_kind(account, agent).await?;
        let first = self.new_config(agent, kind, VectorRole::Serving).await?;
        tenant
            .insert_vector_config(&first, self.parts.clock.now())
            .await?;
        tenant.vector_configs(agent).await
    }

    /// The collection that is searched, if there is one.
    pub(super) async fn serving(&self, account: AccountId, agent: AgentId) -> Result<Option<Rack>> {
        let configs = self
            .parts
            .store
            .tenant(account)
            .vector_configs(agent)
            .await?;
        let serving = configs.into_iter().find(VectorConfig::is_serving);
        serving.map(|config| self.rack(account, config)).transpose()
    }

    /// Opens the collection of a configuration in its store.
    pub(super) fn rack(&self, account: AccountId, config: VectorConfig) -> Result<Rack> {
        let credentials = config
            .credentials
            .as_deref()
            .map(|sealed| {
                self.parts
                    .vault
                    .open(sealed_place(account, config.id), sealed)
            })
            .transpose()?;
        let store = self.parts.vectors.of(config.kind, credentials.is_some())?;
        Ok(Rack {
            collection: Collection {
                account,
                agent: config.agent,
                generation: config.generation,
                dimensions: usize::try_from(config.dimensions).unwrap_or_default(),
                place: Place {
                    index: config.index.clone(),
                    namespace: config.namespace.clone(),
                    credentials,
                },
            },
            store: Arc::clone(store),
            config,
        })
    }

    /// Prepares a collection for use, and stores its index and namespace.
    pub(super) async fn prepare(&self, rack: &mut Rack) -> Result<()> {
        let place = rack.store.prepare(&rack.collection).await?;
        let Collection { account, .. } = rack.collection;
        if (&place.index, &place.namespace) != (&rack.config.index, &rack.config.namespace) {
            self.parts
                .store
                .tenant(account)
                .place_vectors(
                    rack.config.id,
                    place.index.as_deref(),
                    place.namespace.as_deref(),
                    self.parts.clock.now(),
                )
                .await?;
            rack.config.index.clone_from(&place.index);
            rack.config.namespace.clone_from(&place.namespace);
        }
        rack.collection.place = Place {
            credentials: rack.collection.place.credentials.take(),
            ..place
        };
        Ok(())
    }

    /// The kind of store that the agent's and the account's tiers entitle it to.
    pub async fn usual_kind(&self, account: AccountId, agent: AgentId) -> Result<VectorStoreKind> {
        let tenant = self.parts.store.tenant(account);
        let known = tenant.agents_by_ids(&[agent]).await?.pop();
        let known = known.ok_or_else(|| Error::not_found("agent"))?;
        let platform = self.parts.store.platform();
        let template = platform.template_spec(known.template).await?;
        let tier = template
            .as_ref()
            .and_then(|template| template.tier(&known.tier))
            .ok_or_else(|| Error::not_found("pricing tier"))?;
        let owner = tenant.account().await?;
        Ok(self.parts.vectors.choose(owner.tier, tier.vector_store))
    }

    /// A new configuration for vectors of the present embedding model.
    pub async fn new_config(
        &self,
        agent: AgentId,
        kind: VectorStoreKind,
        role: VectorRole,
    ) -> Result<VectorConfig> {
        let dimensions = self.parts.embedder.dimensions().await?;
        Ok(VectorConfig {
            id: Uuid::now_v7(),
            agent,
            kind,
            role,
            generation: 1,
            dimensions: i32::try_from(dimensions)
                .map_err(|cause| Error::internal("count a vector's numbers").because(cause))?,
            embedder: self.parts.embedder.model().to_owned(),
            index: None,
            namespace: None,
            credentials: None,
            migration: None,
        })
    }
}

/// The location of an account's own sealed key to its vector store.
pub fn sealed_place(account: AccountId, config: Uuid) -> Sealed<'static> {
    Sealed {
        table: "vector_db_configs",
        column: "connection_details",
        account,
        row: config,
    }
}
