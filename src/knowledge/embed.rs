//! Embeds passages and writes their vectors to the agent's collections.

use super::{Knowledge, collections::Rack};
use crate::{
    domain::{Passage, PassageId},
    error::Result,
    jobs::Progress,
    port::{Purpose, VectorRecord},
    store::{DocumentWork, TenantStore},
};

/// The number of passages that are embedded and upserted at a time; a crash repeats at most one batch.
const BATCH: usize = 32;
/// The number of ids that are looked up at a time.
const PART: usize = 100;

impl Knowledge {
    /// Embeds the passages that are not embedded yet. Returns the generations of the collections that have all vectors
    /// then, or `None` when newer content has arrived meanwhile.
    pub(super) async fn embed_all(
        &self,
        tenant: &TenantStore,
        work: &mut DocumentWork,
        progress: &Progress,
    ) -> Result<Option<Vec<i32>>> {
        let document = &work.document;
        let mut racks = self.racks(document.account, document.agent).await?;
        for rack in &mut racks {
            match self.prepare(rack).await {
                Err(error) if rack.config.is_serving() => return Err(error),
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
            let records = self.embed(&passages).await?;
            for rack in &racks {
                match rack.store.upsert(&rack.collection, &records).await {
                    Err(error) if rack.config.is_serving() => return Err(error),
                    Err(_) => behind.push(rack.config.generation),
                    Ok(()) => {}
                }
            }
            work.embedded += i32::try_from(passages.len()).unwrap_or_default();
            if !tenant
                .note_embedded(work, work.embedded, self.parts.clock.now())
                .await?
            {
                self.take_back(tenant, work, &racks).await?;
                return Ok(None);
            }
            progress.made().await?;
        }
        if resumed {
            // an earlier attempt may have written to another collection
            if let Some(serving) = racks.iter().find(|rack| rack.config.is_serving()) {
                self.fill_gaps(tenant, work, serving, progress).await?;
            }
            behind.extend(
                racks
                    .iter()
                    .filter(|rack| !rack.config.is_serving())
                    .map(|rack| rack.config.generation),
            );
        }
        let generations = racks.iter().map(|rack| rack.config.generation);
        Ok(Some(
            generations
                .filter(|generation| !behind.contains(generation))
                .collect(),
        ))
    }

    /// Embeds the passages.
    pub(super) async fn embed(&self, passages: &[Passage]) -> Result<Vec<VectorRecord>> {
        let texts: Vec<String> = passages.iter().map(embedded_text).collect();
        let vectors = self.parts.embedder.embed(&texts, Purpose::Passage).await?;
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
        rack: &Rack,
        progress: &Progress,
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
            self.add_missing(rack, &passages).await?;
            progress.made().await?;
        }
        Ok(())
    }

    /// Embeds the passages whose vectors a collection lacks; returns their number.
    pub(super) async fn add_missing(&self, rack: &Rack, passages: &[Passage]) -> Result<usize> {
        let ids: Vec<PassageId> = passages.iter().map(|passage| passage.id).collect();
        let there = rack.store.fetch(&rack.collection, &ids).await?;
        let missing: Vec<Passage> = passages
            .iter()
            .filter(|passage| there.iter().all(|record| record.passage != passage.id))
            .cloned()
            .collect();
        for part in missing.chunks(BATCH) {
            let records = self.embed(part).await?;
            rack.store.upsert(&rack.collection, &records).await?;
        }
        Ok(missing.len())
    }
}

/// The text to embed for a passage: its headings, which name the subject, and its text.
fn embedded_text(passage: &Passage) -> String {
    if passage.headings.is_empty() {
        return passage.text.clone();
    }
    format!("{}\n{}", passage.headings.join(" › "), passage.text)
}
