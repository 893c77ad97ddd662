//! An agent's collections of vectors: the one that is searched, and the target of a move.

use std::sync::Arc;

use uuid::Uuid;

use super::VectorStores;
use crate::{
    domain::{AccountId, AgentId, SealedColumn, Secret, VectorConfig, VectorRole, VectorStoreKind},
    error::{Error, Result},
    port::{Clock, Collection, CollectionLocation, Embedder, SecretLocation, Vault, VectorStore},
    store::Store,
};

/// A collection with its configuration and its store.
pub(super) struct CollectionHandle {
    pub(super) config: VectorConfig,
    pub(super) collection: Collection,
    pub(super) store: Arc<dyn VectorStore>,
}

/// Finds and creates the collections of agents.
#[derive(Clone)]
pub struct Collections {
    pub(super) store: Store,
    pub(super) stores: Arc<VectorStores>,
    pub(super) embedder: Arc<dyn Embedder>,
    pub(super) vault: Arc<dyn Vault>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Collections {
    /// The collections of the agent to which vectors are written: first the one that is searched, which is created if
    /// there is none, then the target of a move. The target of a failed move is left out.
    pub(super) async fn of_agent(
        &self,
        account: AccountId,
        agent: AgentId,
    ) -> Result<Vec<CollectionHandle>> {
        let configs = self.ensure(account, agent).await?;
        let mut handles = Vec::with_capacity(configs.len());
        for config in configs {
            if config.is_serving() || config.is_being_filled() {
                handles.push(self.open(account, config)?);
            }
        }
        // the order of the rows is not the order that this method promises
        handles.sort_by_key(|handle| !handle.config.is_serving());
        Ok(handles)
    }

    /// The configurations of an agent's collections. Creates the first one, of the usual kind, if there is none.
    pub async fn ensure(&self, account: AccountId, agent: AgentId) -> Result<Vec<VectorConfig>> {
        let tenant = self.store.tenant(account);
        let configs = tenant.vector_configs(agent).await?;
        if !configs.is_empty() {
            return Ok(configs);
        }
        let kind = self.usual_kind(account, agent).await?;
        let first = self.new_config(agent, kind, VectorRole::Serving).await?;
        tenant
            .insert_vector_config(&first, self.clock.now())
            .await?;
        tenant.vector_configs(agent).await
    }

    /// The collection that is searched, if there is one.
    pub(super) async fn serving(
        &self,
        account: AccountId,
        agent: AgentId,
    ) -> Result<Option<CollectionHandle>> {
        let configs = self.store.tenant(account).vector_configs(agent).await?;
        let serving = configs.into_iter().find(VectorConfig::is_serving);
        serving.map(|config| self.open(account, config)).transpose()
    }

    /// The collection of a configuration, in its store.
    pub(super) fn open(
        &self,
        account: AccountId,
        config: VectorConfig,
    ) -> Result<CollectionHandle> {
        let credentials = config
            .credentials
            .as_deref()
            .map(|sealed| {
                self.vault
                    .open(credentials_location(account, config.id), sealed)
            })
            .transpose()?;
        let store = self.stores.of(config.kind, credentials.is_some())?;
        Ok(CollectionHandle {
            collection: Collection {
                account,
                agent: config.agent,
                generation: config.generation,
                dimensions: usize::try_from(config.dimensions).unwrap_or_default(),
                place: CollectionLocation {
                    index: config.index.clone(),
                    namespace: config.namespace.clone(),
                    credentials,
                },
            },
            store: Arc::clone(store),
            config,
        })
    }

    /// Prepares a collection in its store, and stores its index and namespace in the tables if they have changed.
    pub(super) async fn prepare(&self, handle: &mut CollectionHandle) -> Result<()> {
        let place = handle.store.prepare(&handle.collection).await?;
        let Collection { account, .. } = handle.collection;
        if (&place.index, &place.namespace) != (&handle.config.index, &handle.config.namespace) {
            self.store
                .tenant(account)
                .place_vectors(
                    handle.config.id,
                    place.index.as_deref(),
                    place.namespace.as_deref(),
                    self.clock.now(),
                )
                .await?;
            handle.config.index.clone_from(&place.index);
            handle.config.namespace.clone_from(&place.namespace);
        }
        handle.collection.place = CollectionLocation {
            credentials: handle.collection.place.credentials.take(),
            ..place
        };
        Ok(())
    }

    /// Records whether the store of a collection took the last vectors: the agent's availability shows why it did not.
    pub(super) async fn note_write(
        &self,
        handle: &mut CollectionHandle,
        written: &Result<()>,
    ) -> Result<()> {
        let problem = written.as_ref().err().map(Error::message);
        if handle.config.problem.as_deref() == problem {
            return Ok(());
        }
        let tenant = self.store.tenant(handle.collection.account);
        tenant
            .note_vector_problem(handle.config.id, problem)
            .await?;
        handle.config.problem = problem.map(ToOwned::to_owned);
        Ok(())
    }

    /// Refuses a kind of store that this installation does not have; `own_key` when the account gives its own key.
    pub fn check_kind(&self, kind: VectorStoreKind, own_key: bool) -> Result<()> {
        self.stores.of(kind, own_key).map(|_| ())
    }

    /// Seals an account's own key to the store of a collection.
    pub fn seal_key(&self, account: AccountId, collection: Uuid, key: &Secret) -> Result<Vec<u8>> {
        self.vault
            .seal(credentials_location(account, collection), key)
    }

    /// Seals the account's own key of one collection for another collection of the same account; `None` when the first
    /// one has no such key.
    pub(super) fn reseal_key(
        &self,
        account: AccountId,
        from: &VectorConfig,
        to: &VectorConfig,
    ) -> Result<Option<Vec<u8>>> {
        let Some(sealed) = &from.credentials else {
            return Ok(None);
        };
        let location = credentials_location(account, from.id);
        let key = self.vault.open(location, sealed)?;
        self.seal_key(account, to.id, &key).map(Some)
    }

    /// The kind of store that the agent's and the account's tiers entitle it to.
    pub async fn usual_kind(&self, account: AccountId, agent: AgentId) -> Result<VectorStoreKind> {
        let tenant = self.store.tenant(account);
        let known = tenant.agents_by_ids(&[agent]).await?.pop();
        let known = known.ok_or_else(|| Error::not_found("agent"))?;
        let platform = self.store.platform();
        let template = platform.template_spec(known.template).await?;
        let tier = template
            .as_ref()
            .and_then(|template| template.tier(&known.tier))
            .ok_or_else(|| Error::not_found("pricing tier"))?;
        let owner = tenant.account().await?;
        Ok(self.stores.choose(owner.tier, tier.vector_store))
    }

    /// A new configuration for vectors of the present embedding model; it is not stored. Waits until the model is
    /// loaded.
    pub async fn new_config(
        &self,
        agent: AgentId,
        kind: VectorStoreKind,
        role: VectorRole,
    ) -> Result<VectorConfig> {
        let dimensions = self.embedder.dimensions().await?;
        Ok(VectorConfig {
            id: Uuid::now_v7(),
            agent,
            kind,
            role,
            generation: 1,
            dimensions: i32::try_from(dimensions)
                .map_err(|cause| Error::internal("count a vector's numbers").with_source(cause))?,
            embedder: self.embedder.model().to_owned(),
            index: None,
            namespace: None,
            credentials: None,
            migration: None,
            problem: None,
        })
    }
}

/// The column and row in which an account's own key to its vector store is sealed.
fn credentials_location(account: AccountId, config: Uuid) -> SecretLocation<'static> {
    SecretLocation::of_stored(SealedColumn::VectorStoreKey, Some(account), config)
}
