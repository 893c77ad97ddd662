//! The changes of documents, for readers who wait until they are searchable.

use std::{collections::HashMap, time::Duration};

use async_stream::try_stream;
use futures::{StreamExt, stream::BoxStream};
use tokio::time::timeout;

use crate::{
    domain::{AgentId, Document, DocumentId, DocumentStatus},
    error::{Error, Result},
    port::Announcement,
    store::TenantStore,
};

/// The maximum number of unfinished documents of an agent that are read at a time.
const MOST: u64 = 1_000;
/// The interval at which the rows of unfinished documents are read without an announcement: one may be lost, and without
/// Redis those of other processes do not arrive.
const LOOK: Duration = Duration::from_secs(1);

/// The documents that a reader follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FollowedDocuments {
    /// One document, until it is READY or FAILED.
    One(DocumentId),
    /// All documents of an agent, without an end.
    OfAgent(AgentId),
}

/// Follows documents for one reader.
pub(super) struct DocumentChanges {
    store: TenantStore,
    followed: FollowedDocuments,
    /// The unfinished documents as the reader knows them.
    known: HashMap<DocumentId, Document>,
}

impl DocumentChanges {
    pub(super) fn new(store: TenantStore, followed: FollowedDocuments) -> Self {
        Self {
            store,
            followed,
            known: HashMap::new(),
        }
    }

    /// The documents as they are now, and each after every change.
    pub(super) async fn follow(
        mut self,
        mut announced: BoxStream<'static, Announcement>,
    ) -> Result<BoxStream<'static, Result<Document>>> {
        let first = self.read_all().await?;
        let changes = try_stream! {
            let mut changed = first;
            loop {
                for document in changed {
                    let is_over = is_final(&document) && self.followed == FollowedDocuments::One(document.id);
                    yield document;
                    if is_over {
                        return;
                    }
                }
                changed = match timeout(LOOK, announced.next()).await {
                    Ok(None) => return,
                    Ok(Some(Announcement::Missed)) => Box::pin(self.read_all()).await?,
                    Ok(Some(heard)) => match self.concerned(heard) {
                        Some(id) => Box::pin(self.read(vec![id])).await?,
                        None => Vec::new(),
                    },
                    Err(_) => {
                        let unfinished = self.known.keys().copied().collect();
                        Box::pin(self.read(unfinished)).await?
                    }
                };
            }
        };
        Ok(changes.boxed())
    }

    /// The followed document that an announcement is about.
    fn concerned(&self, heard: Announcement) -> Option<DocumentId> {
        let Announcement::DocumentChanged(notice) = heard else {
            return None;
        };
        let is_followed = match self.followed {
            FollowedDocuments::One(id) => notice.document == id,
            FollowedDocuments::OfAgent(agent) => notice.agent == agent,
        };
        is_followed.then_some(notice.document)
    }

    /// The changes of all followed documents that are unfinished, or that the reader knows as unfinished.
    async fn read_all(&mut self) -> Result<Vec<Document>> {
        match self.followed {
            FollowedDocuments::One(id) => self.read(vec![id]).await,
            FollowedDocuments::OfAgent(agent) => {
                let unfinished = self.store.unfinished_documents(agent, MOST);
                let found = unfinished.await?;
                let is_new = |id: &DocumentId| !found.iter().any(|document| document.id == *id);
                let others = self.known.keys().copied().filter(is_new).collect();
                let mut changed = self.read(others).await?;
                changed.extend(self.changed(found));
                Ok(changed)
            }
        }
    }

    /// The changes of these documents. `NOT_FOUND` once the only followed document is deleted.
    async fn read(&mut self, ids: Vec<DocumentId>) -> Result<Vec<Document>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        // the others are read by their announcements, or at a later look
        let mut ids = ids;
        ids.truncate(usize::try_from(MOST).unwrap_or(usize::MAX));
        let found = self.store.documents_by_ids(&ids).await?;
        if found.is_empty() && matches!(self.followed, FollowedDocuments::One(_)) {
            return Err(Error::not_found("document"));
        }
        for id in ids {
            if !found.iter().any(|document| document.id == id) {
                self.known.remove(&id);
            }
        }
        Ok(self.changed(found))
    }

    /// The documents that differ from what the reader knows.
    fn changed(&mut self, found: Vec<Document>) -> Vec<Document> {
        let mut changed = Vec::new();
        for document in found {
            if self.known.get(&document.id) == Some(&document) {
                continue;
            }
            if is_final(&document) {
                self.known.remove(&document.id);
            } else {
                self.known.insert(document.id, document.clone());
            }
            changed.push(document);
        }
        changed
    }
}

/// Whether the document changes no more by itself.
fn is_final(document: &Document) -> bool {
    matches!(
        document.status,
        DocumentStatus::Ready | DocumentStatus::Failed
    )
}
