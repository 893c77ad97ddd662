//! Pinecone: collections as namespaces of one index that all accounts share, or of an index of the account's own.
//!
//! Source of the shapes and limits: Pinecone's API reference, version 2025-10. The names and what is retried:
//! `docs/decisions/0012-vector-store-names.md`.

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
    retry::{Api, Failure},
};
use crate::{
    domain::{DocumentId, PassageId, Secret},
    error::{Error, Result},
    port::{Collection, Place, VectorMatch, VectorQuery, VectorRecord, VectorStore},
};

/// Where the account is that we use, and how long we wait for it.
#[derive(Debug, Clone)]
pub struct PineconeOptions {
    /// The control plane, e.g. `https://api.pinecone.io`. Only where it is asked over `http://`, indexes on a loopback
    /// address are asked over it too.
    pub url: String,
    /// The operator's key; without one, only collections with credentials of their own have a place.
    pub api_key: Option<Secret>,
    /// The cloud that indexes are made in: `aws`, `gcp` or `azure`.
    pub cloud: String,
    /// The cloud's region, e.g. `us-east-1`.
    pub region: String,
    /// How long it may take.
    pub patience: PineconePatience,
}

/// How long Pinecone may take.
#[derive(Debug, Clone, Copy)]
pub struct PineconePatience {
    /// One request with its answer.
    pub request: Duration,
    /// A call with its repetitions and the pauses between them. A call that needs several requests has this for each.
    pub call: Duration,
    /// The first pause before a repetition; each later one is twice as long, and up to half of it is left to chance.
    pub pause: Duration,
    /// An index until it can be used.
    pub ready: Duration,
    /// The pause between two looks at an index that is not ready.
    pub look: Duration,
}

impl Default for PineconePatience {
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

/// Whose index a collection lies in. It is a namespace of it either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PineconeLayout {
    /// That of all accounts.
    Shared,
    /// The account's own.
    Dedicated,
}

/// Vectors in Pinecone. It is eventually consistent: a write is seen within seconds.
///
/// A call goes only to the collection's namespace. A dedicated index is deleted when the last of its namespaces is removed.
/// That is found out by counting, and counts lag behind: whoever removes a namespace first waits until the index has
/// forgotten its own, and then looks for others. So of two that remove at once, the later one finds the index empty and
/// deletes it, and neither fails; where counts do not catch up in time, the empty index stays until the next removal in the
/// account. An agent that is prepared in the same moment may lose its index before its first vectors are counted: its next
/// upsert is UNAVAILABLE, and preparing it again makes the index anew. An index with deletion protection is left alone.
pub struct PineconeVectorStore {
    layout: PineconeLayout,
    control: ControlPlane,
}

impl PineconeVectorStore {
    /// Vectors in that layout, asked for through `client`. The client follows no redirects, which would carry the key to
    /// wherever they point, and has no timeout of its own.
    pub fn new(layout: PineconeLayout, client: Client, options: PineconeOptions) -> Self {
        Self {
            layout,
            control: ControlPlane::new(client, options),
        }
    }

    /// The collection's data plane; none when there is no index for it.
    async fn find(&self, collection: &Collection) -> Result<Option<DataPlane>> {
        let api = self.control.api(collection.place.credentials.as_ref())?;
        Ok(self.find_with(api, collection).await?)
    }

    async fn find_with(
        &self,
        api: Api,
        collection: &Collection,
    ) -> Result<Option<DataPlane>, Failure> {
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

    /// What a call has come to; none when the index is gone. It may have been deleted and its address still be known here.
    async fn heed<T>(
        &self,
        collection: &Collection,
        plane: &DataPlane,
        outcome: Result<T, Failure>,
    ) -> Result<Option<T>> {
        match outcome {
            Ok(answer) => Ok(Some(answer)),
            Err(failure) if failure.may_be_gone() => {
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

/// The answer to a write for which there is no index.
fn unprepared() -> Error {
    Error::unavailable("the collection's Pinecone index is not there; it has to be prepared again")
}

#[async_trait]
impl VectorStore for PineconeVectorStore {
    async fn prepare(&self, collection: &Collection) -> Result<Place> {
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
        Ok(Place {
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
        let kept = self.heed(collection, &plane, outcome).await?;
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
        let found = self.heed(collection, &plane, outcome).await?;
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
        let fetched = self.heed(collection, &plane, outcome).await?;
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
        self.heed(collection, &plane, outcome).await?;
        Ok(())
    }

    async fn delete_document(&self, collection: &Collection, document: DocumentId) -> Result<()> {
        let Some(plane) = self.find(collection).await? else {
            return Ok(());
        };
        let outcome = plane.delete_document(document).await;
        self.heed(collection, &plane, outcome).await?;
        Ok(())
    }

    async fn remove(&self, collection: &Collection) -> Result<()> {
        let Some(plane) = self.find(collection).await? else {
            return Ok(());
        };
        // the index stays, a dedicated one too: whoever deletes an index cannot know of vectors that it does not count yet
        let outcome = plane.clear().await;
        self.heed(collection, &plane, outcome).await?;
        Ok(())
    }

    async fn count(&self, collection: &Collection) -> Result<u64> {
        let Some(plane) = self.find(collection).await? else {
            return Ok(0);
        };
        let outcome = plane.count().await;
        let count = self.heed(collection, &plane, outcome).await?;
        Ok(count.unwrap_or_default())
    }

    async fn settle(&self, _: &Collection) -> Result<()> {
        // Pinecone keeps its indexes by itself
        Ok(())
    }

    async fn health(&self, credentials: Option<&Secret>) -> Result<()> {
        let api = self.control.api(credentials)?;
        Ok(self.control.answers(&api).await?)
    }
}
