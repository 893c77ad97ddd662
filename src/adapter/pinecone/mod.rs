//! Pinecone: collections as namespaces of one index that all accounts share, or of an index per account.
//!
//! Source of the message formats and limits: Pinecone's API reference, version 2026-04. For the names and the retries,
//! see `docs/decisions/0012-vector-store-names.md`.

mod control;
mod data;
mod names;
mod retry;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use reqwest::Client;

use self::{
    control::{ControlPlane, IndexHost},
    data::DataPlane,
    names::{index_names, namespace},
    retry::Api,
};
use crate::{
    domain::{DocumentId, PassageId, Secret},
    error::{Error, Result},
    outgoing::OutgoingFailure,
    port::{Collection, CollectionLocation, VectorMatch, VectorQuery, VectorRecord, VectorStore},
};

/// The Pinecone account and the timeouts of its API.
#[derive(Debug, Clone)]
pub struct PineconeOptions {
    /// The URL of the control plane, e.g. `https://api.pinecone.io`. Only when it is `http://`, indexes on a loopback
    /// address are called over `http://` too.
    pub url: String,
    /// The operator's key. Without it, only collections with credentials of their own can be used.
    pub api_key: Option<Secret>,
    /// The cloud of new indexes: `aws`, `gcp` or `azure`.
    pub cloud: String,
    /// The region of the cloud, e.g. `us-east-1`.
    pub region: String,
    /// The timeouts.
    pub timeouts: PineconeTimeouts,
}

/// The timeouts and pauses of Pinecone's API.
#[derive(Debug, Clone, Copy)]
pub struct PineconeTimeouts {
    /// The timeout of one request with its response.
    pub request: Duration,
    /// The timeout of a call with its retries and pauses. When a call needs several requests, each has this timeout.
    pub call: Duration,
    /// The pause before the first retry, doubled for each further one. Up to half of it is random.
    pub pause: Duration,
    /// How long to wait until a new index is ready.
    pub ready: Duration,
    /// The interval of checks whether an index is ready.
    pub look: Duration,
}

impl Default for PineconeTimeouts {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(10),
            call: Duration::from_secs(30),
            pause: Duration::from_millis(250),
            ready: Duration::from_mins(5),
            look: Duration::from_secs(1),
        }
    }
}

/// Which index contains a collection. The collection is a namespace of it in both cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PineconeLayout {
    /// The index that all accounts share.
    Shared,
    /// An index per account.
    Dedicated,
}

/// Vectors in Pinecone, which is eventually consistent: a write becomes visible within seconds.
///
/// A call goes only to the collection's namespace. A dedicated index stays when its last namespace is removed: its
/// counts lag behind its writes, so deleting an index that looks empty could delete the vectors of a new agent. When an
/// operator has deleted an index, upserts are UNAVAILABLE until the collection is prepared again, which creates the
/// index anew.
pub struct PineconeVectorStore {
    layout: PineconeLayout,
    control: ControlPlane,
}

impl PineconeVectorStore {
    /// A store with the given layout. `client` must follow no redirects, which would send the key to their target, and
    /// must have no timeout of its own.
    pub fn new(layout: PineconeLayout, client: Client, options: PineconeOptions) -> Self {
        Self {
            layout,
            control: ControlPlane::new(client, options),
        }
    }

    /// The collection's data plane; `None` when there is no index for it.
    async fn find(&self, collection: &Collection) -> Result<Option<DataPlane>> {
        let api = self.control.api(collection.place.credentials.as_ref())?;
        Ok(self.find_with(api, collection).await?)
    }

    async fn find_with(
        &self,
        api: Api,
        collection: &Collection,
    ) -> Result<Option<DataPlane>, OutgoingFailure> {
        let names = match &collection.place.index {
            Some(name) => vec![name.clone()],
            None => index_names(self.layout, collection).to_vec(),
        };
        for name in names {
            let index = self.control.find(&api, &name).await?;
            if let Some(index) = index.filter(|index| index.dimensions == collection.dimensions) {
                return Ok(Some(DataPlane::new(api, index, namespace(collection))));
            }
        }
        Ok(None)
    }

    /// The result of a call; `None` when the index was deleted while its host was still cached here.
    async fn unless_deleted<T>(
        &self,
        collection: &Collection,
        plane: &DataPlane,
        outcome: Result<T, OutgoingFailure>,
    ) -> Result<Option<T>> {
        match outcome {
            Ok(answer) => Ok(Some(answer)),
            Err(failure) if retry::may_be_gone(&failure) => {
                self.control.forget(plane.api(), plane.index()).await;
                match self.find(collection).await? {
                    Some(_) => Err(failure.into()),
                    None => Ok(None),
                }
            }
            Err(failure) => Err(failure.into()),
        }
    }
}

/// The error of a write for which there is no index.
fn unprepared() -> Error {
    Error::unavailable("the collection's Pinecone index is not there; it has to be prepared again")
}

#[async_trait]
impl VectorStore for PineconeVectorStore {
    async fn prepare(&self, collection: &Collection) -> Result<CollectionLocation> {
        let api = self.control.api(collection.place.credentials.as_ref())?;
        let dimensions = collection.dimensions;
        let given = collection.place.index.clone();
        let [name, other] = match &given {
            Some(name) => [name.clone(), name.clone()],
            None => index_names(self.layout, collection),
        };
        let mut index = self.control.ensure(&api, &name, dimensions).await?;
        if index.dimensions != dimensions && given.is_none() {
            index = self.control.ensure(&api, &other, dimensions).await?;
        }
        if index.dimensions != dimensions {
            let IndexHost { name, .. } = index;
            return Err(Error::conflict(format!(
                "the Pinecone index {name} has vectors of another length; remove it or choose another one"
            )));
        }
        Ok(CollectionLocation {
            index: Some(index.name),
            namespace: Some(namespace(collection)),
            credentials: collection.place.credentials.clone(),
        })
    }

    async fn upsert(&self, collection: &Collection, records: &[VectorRecord]) -> Result<()> {
        let bodies = wire::upserts(&namespace(collection), collection.dimensions, records)?;
        if bodies.is_empty() {
            return Ok(());
        }
        let plane = self.find(collection).await?.ok_or_else(unprepared)?;
        let outcome = plane.upsert(bodies).await;
        let kept = self.unless_deleted(collection, &plane, outcome).await?;
        kept.ok_or_else(unprepared)
    }

    async fn query(
        &self,
        collection: &Collection,
        query: &VectorQuery,
    ) -> Result<Vec<VectorMatch>> {
        wire::check(collection.dimensions, &query.values)?;
        let Some(plane) = self.find(collection).await? else {
            return Ok(Vec::new());
        };
        let outcome = plane.query(query).await;
        let found = self.unless_deleted(collection, &plane, outcome).await?;
        Ok(found.unwrap_or_default())
    }

    async fn fetch(
        &self,
        collection: &Collection,
        passages: &[PassageId],
    ) -> Result<Vec<VectorRecord>> {
        if passages.is_empty() {
            return Ok(Vec::new());
        }
        let Some(plane) = self.find(collection).await? else {
            return Ok(Vec::new());
        };
        let outcome = plane.fetch(passages).await;
        let fetched = self.unless_deleted(collection, &plane, outcome).await?;
        Ok(fetched.unwrap_or_default())
    }

    async fn delete(&self, collection: &Collection, passages: &[PassageId]) -> Result<()> {
        if passages.is_empty() {
            return Ok(());
        }
        let Some(plane) = self.find(collection).await? else {
            return Ok(());
        };
        let outcome = plane.delete(passages).await;
        self.unless_deleted(collection, &plane, outcome).await?;
        Ok(())
    }

    async fn delete_document(&self, collection: &Collection, document: DocumentId) -> Result<()> {
        let Some(plane) = self.find(collection).await? else {
            return Ok(());
        };
        let outcome = plane.delete_document(document).await;
        self.unless_deleted(collection, &plane, outcome).await?;
        Ok(())
    }

    async fn remove(&self, collection: &Collection) -> Result<()> {
        let Some(plane) = self.find(collection).await? else {
            return Ok(());
        };
        // the index stays, also a dedicated one: its count may not include the newest vectors yet
        let outcome = plane.clear().await;
        self.unless_deleted(collection, &plane, outcome).await?;
        Ok(())
    }

    async fn count(&self, collection: &Collection) -> Result<u64> {
        let Some(plane) = self.find(collection).await? else {
            return Ok(0);
        };
        let outcome = plane.count().await;
        let count = self.unless_deleted(collection, &plane, outcome).await?;
        Ok(count.unwrap_or_default())
    }

    async fn settle(&self, _: &Collection) -> Result<()> {
        // Pinecone maintains its indexes itself
        Ok(())
    }

    async fn health(&self, credentials: Option<&Secret>) -> Result<()> {
        let api = self.control.api(credentials)?;
        Ok(self.control.answers(&api).await?)
    }
}
