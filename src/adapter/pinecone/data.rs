//! Pinecone's data plane: the vectors of one namespace of one index.

use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use reqwest::Method;

use super::{
    control::IndexHost,
    retry::{Api, parse, there},
    wire::{Deletion, Fetched, Matches, Query, Stats},
};
use crate::{
    domain::{DocumentId, PassageId},
    error::Result,
    outgoing::OutgoingFailure,
    port::{VectorMatch, VectorQuery, VectorRecord},
};

/// The maximum number of concurrent requests of one call.
const MOST_AT_ONCE: usize = 4;
/// The maximum number of ids per fetch; they are in the URL.
const MOST_FETCHED: usize = 100;
/// The maximum number of ids per deletion.
const MOST_DELETED: usize = 1_000;

/// The namespace of one collection.
pub(super) struct DataPlane {
    api: Api,
    index: IndexHost,
    namespace: String,
}

impl DataPlane {
    pub(super) fn new(api: Api, index: IndexHost, namespace: String) -> Self {
        Self {
            api,
            index,
            namespace,
        }
    }

    pub(super) fn api(&self) -> &Api {
        &self.api
    }

    pub(super) fn index(&self) -> &str {
        &self.index.name
    }

    /// Sends the upserts with these request bodies.
    pub(super) async fn upsert(&self, bodies: Vec<String>) -> Result<(), OutgoingFailure> {
        let kept = bodies.into_iter().map(|body| {
            async move {
                let url = self.url("/vectors/upsert");
                self.api.ask(Method::POST, &url, &body).await
            }
            .boxed()
        });
        let kept = stream::iter(kept).buffer_unordered(MOST_AT_ONCE);
        kept.map_ok(drop).try_collect().await
    }

    pub(super) async fn query(
        &self,
        query: &VectorQuery,
    ) -> Result<Vec<VectorMatch>, OutgoingFailure> {
        let (url, body) = (self.url("/query"), Query::new(&self.namespace, query));
        let answer = self.api.ask(Method::POST, &url, &body.to_json()?).await?;
        parse::<Matches>(&answer)?.read()
    }

    pub(super) async fn fetch(
        &self,
        passages: &[PassageId],
    ) -> Result<Vec<VectorRecord>, OutgoingFailure> {
        let urls = passages.chunks(MOST_FETCHED).map(|passages| {
            let ids: Vec<_> = passages.iter().map(|id| format!("ids={id}")).collect();
            let (ids, namespace) = (ids.join("&"), &self.namespace);
            self.url(&format!("/vectors/fetch?{ids}&namespace={namespace}"))
        });
        let urls: Vec<_> = urls.collect();
        let pages = urls.into_iter().map(|url| {
            async move {
                let answer = self.api.ask(Method::GET, &url, "").await?;
                parse::<Fetched>(&answer)?.read()
            }
            .boxed()
        });
        let pages = stream::iter(pages).buffer_unordered(MOST_AT_ONCE);
        pages.try_concat().await
    }

    pub(super) async fn delete(&self, passages: &[PassageId]) -> Result<(), OutgoingFailure> {
        let deletions = passages.chunks(MOST_DELETED);
        let deletions = deletions.map(|passages| Deletion::of_passages(&self.namespace, passages));
        let deletions: Vec<_> = deletions.collect();
        let gone = deletions.into_iter();
        let gone = gone.map(|deletion| self.delete_such(deletion).boxed());
        let gone = stream::iter(gone).buffer_unordered(MOST_AT_ONCE);
        gone.try_collect().await
    }

    pub(super) async fn delete_document(
        &self,
        document: DocumentId,
    ) -> Result<(), OutgoingFailure> {
        let deletion = Deletion::of_document(&self.namespace, document);
        self.delete_such(deletion).await
    }

    /// Deletes the namespace with all its vectors.
    pub(super) async fn clear(&self) -> Result<(), OutgoingFailure> {
        let url = self.url(&format!("/namespaces/{}", self.namespace));
        // a namespace exists only after its first vector
        there(self.api.ask(Method::DELETE, &url, "").await).map(drop)
    }

    pub(super) async fn count(&self) -> Result<u64, OutgoingFailure> {
        Ok(self.stats().await?.count(&self.namespace))
    }

    async fn delete_such(&self, deletion: Deletion) -> Result<(), OutgoingFailure> {
        let body = deletion.to_json()?;
        let url = self.url("/vectors/delete");
        // a namespace that does not exist has nothing to delete
        there(self.api.ask(Method::POST, &url, &body).await).map(drop)
    }

    async fn stats(&self) -> Result<Stats, OutgoingFailure> {
        let url = self.url("/describe_index_stats");
        parse(&self.api.ask(Method::POST, &url, "{}").await?)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.index.url)
    }
}
