//! Embeds passages and writes their vectors to the agent's collections.

use std::sync::Arc;

use super::{
    collections::{CollectionHandle, Collections},
    document_notices::DocumentNotices,
    metered_embedder::{MeteredEmbedder, Payer},
};
use crate::{
    domain::{Passage, PassageId},
    error::Result,
    jobs::JobProgress,
    port::{Clock, Purpose, VectorRecord},
    store::{DocumentWork, TenantStore},
};

/// The number of passages that are embedded and upserted at a time; a crash repeats at most one batch.
const BATCH: usize = 32;
/// The number of ids that are looked up at a time.
const PART: usize = 100;

/// Embeds passages.
#[derive(Clone)]
pub(super) struct PassageEmbedder {
    pub(super) embedder: MeteredEmbedder,
    pub(super) collections: Collections,
    pub(super) notices: DocumentNotices,
    pub(super) clock: Arc<dyn Clock>,
}

impl PassageEmbedder {
    /// Embeds the passages that are not embedded yet, and writes the vectors to all collections of the agent. Returns
    /// the generations of the collections that have every vector then; `None` when newer content has arrived or the
    /// document was deleted.
    pub(super) async fn embed_all(
        &self,
        tenant: &TenantStore,
        work: &mut DocumentWork,
        progress: &JobProgress,
    ) -> Result<Option<Vec<i32>>> {
        let document = &work.document;
        let mut handles = self
            .collections
            .of_agent(document.account, document.agent)
            .await?;
        for handle in &mut handles {
            match self.collections.prepare(handle).await {
                Err(error) if handle.config.is_serving() => {
                    let refused = Err(error);
                    self.collections.note_write(handle, &refused).await?;
                    return refused.map(|()| None);
                }
                // a move finds the failure by itself, and verifies its target
                Err(_) | Ok(()) => {}
            }
        }
        let resumed = work.embedded > 0;
        let mut behind: Vec<i32> = Vec::new();
        while work.embedded < work.passages {
            let passages = tenant
                .passages_from(document.id, work.wanted, work.embedded, BATCH as u64)
                .await?;
            if passages.is_empty() {
                // the passages were deleted with the document, or newer content arrived
                return Ok(None);
            }
            let payer = Payer {
                account: document.account,
                agent: Some(document.agent),
            };
            let records = self.embed(payer, &passages).await?;
            behind.extend(self.write(&mut handles, &records).await?);
            work.embedded += i32::try_from(passages.len()).unwrap_or_default();
            if !tenant
                .note_embedded(work, work.embedded, self.clock.now())
                .await?
            {
                remove_if_deleted(tenant, work, &handles).await?;
                return Ok(None);
            }
            self.notices.publish(document);
            progress.made().await?;
        }
        if resumed {
            // an earlier attempt may have written its vectors to another collection
            if let Some(serving) = handles.iter().find(|handle| handle.config.is_serving()) {
                self.fill_gaps(tenant, work, serving, progress).await?;
            }
            behind.extend(
                handles
                    .iter()
                    .filter(|handle| !handle.config.is_serving())
                    .map(|handle| handle.config.generation),
            );
        }
        let generations = handles.iter().map(|handle| handle.config.generation);
        Ok(Some(
            generations
                .filter(|generation| !behind.contains(generation))
                .collect(),
        ))
    }

    /// Writes vectors to all collections. Returns the generations of the targets of moves that did not take them; an
    /// error when the collection that is searched did not.
    async fn write(
        &self,
        handles: &mut [CollectionHandle],
        records: &[VectorRecord],
    ) -> Result<Vec<i32>> {
        let mut behind = Vec::new();
        for handle in handles {
            let written = handle.store.upsert(&handle.collection, records).await;
            self.collections.note_write(handle, &written).await?;
            match written {
                Err(error) if handle.config.is_serving() => return Err(error),
                Err(_) => behind.push(handle.config.generation),
                Ok(()) => {}
            }
        }
        Ok(behind)
    }

    /// Embeds the passages.
    pub(super) async fn embed(
        &self,
        payer: Payer,
        passages: &[Passage],
    ) -> Result<Vec<VectorRecord>> {
        let texts: Vec<String> = passages.iter().map(embedded_text).collect();
        let vectors = self.embedder.embed(Some(payer), &texts, Purpose::Passage);
        let vectors = vectors.await?;
        Ok(passages
            .iter()
            .zip(vectors)
            .map(|(passage, values)| VectorRecord {
                passage: passage.id,
                document: passage.document,
                values,
            })
            .collect())
    }

    /// Writes the vectors of the wanted revision that a collection lacks.
    async fn fill_gaps(
        &self,
        tenant: &TenantStore,
        work: &DocumentWork,
        handle: &CollectionHandle,
        progress: &JobProgress,
    ) -> Result<()> {
        let mut position = 0;
        while position < work.passages {
            let passages = tenant
                .passages_from(work.document.id, work.wanted, position, PART as u64)
                .await?;
            if passages.is_empty() {
                return Ok(());
            }
            position += i32::try_from(passages.len()).unwrap_or_default();
            self.add_missing(handle, &passages).await?;
            progress.made().await?;
        }
        Ok(())
    }

    /// Embeds the passages whose vectors a collection does not have, and returns their number.
    pub(super) async fn add_missing(
        &self,
        handle: &CollectionHandle,
        passages: &[Passage],
    ) -> Result<usize> {
        let ids: Vec<PassageId> = passages.iter().map(|passage| passage.id).collect();
        let there = handle.store.fetch(&handle.collection, &ids).await?;
        let missing: Vec<Passage> = passages
            .iter()
            .filter(|passage| there.iter().all(|record| record.passage != passage.id))
            .cloned()
            .collect();
        for part in missing.chunks(BATCH) {
            let records = self.embed(Payer::of(handle), part).await?;
            handle.store.upsert(&handle.collection, &records).await?;
        }
        Ok(missing.len())
    }
}

/// Removes the vectors of a document that was deleted meanwhile.
async fn remove_if_deleted(
    tenant: &TenantStore,
    work: &DocumentWork,
    handles: &[CollectionHandle],
) -> Result<()> {
    let id = work.document.id;
    if tenant.document_work(id).await?.is_some() {
        return Ok(());
    }
    for handle in handles {
        handle.store.delete_document(&handle.collection, id).await?;
    }
    Ok(())
}

/// The text to embed for a passage: its headings, which name the subject, and its text.
fn embedded_text(passage: &Passage) -> String {
    if passage.headings.is_empty() {
        return passage.text.clone();
    }
    format!("{}\n{}", passage.headings.join(" › "), passage.text)
}
