//! The indexes of words of agents whose knowledge was searched lately.

use std::{collections::HashSet, sync::Arc, time::Duration};

use moka::sync::Cache;
use tokio::{
    sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock},
    time::Instant,
};

use super::{hits::WordHits, index::WordIndex, segment::WordSegment};
use crate::{
    domain::{AccountId, AgentId, DocumentId, PassageId},
    error::{Error, Result},
    store::TenantStore,
};

/// The maximum size of all indexes in memory, in KiB: by calculation, those of 300,000 passages.
const LARGEST_KIB: u64 = 256 * 1024;
/// The number of documents whose words are read at a time: those of a very long document have tens of MiB.
const PART: usize = 20;
/// The number of passages that are read at a time to make the words of a document again.
const PASSAGES: u64 = 1_000;
/// How long the version of an agent's knowledge is trusted. Processes of an earlier version of the program do not change it.
const TRUSTED: Duration = Duration::from_mins(1);

/// The index of an agent, and the state of the tables that it has.
#[derive(Default)]
struct AgentWords {
    index: WordIndex,
    /// The version of the knowledge, and when its documents were listed; none before that.
    read: Option<(i64, Instant)>,
}

impl AgentWords {
    fn is_of(&self, version: i64) -> bool {
        self.read
            .is_some_and(|(read, at)| read == version && at.elapsed() < TRUSTED)
    }
}

/// The indexes of words in this process; those that were not used for longest are dropped. A cheap handle.
#[derive(Clone)]
pub(in crate::knowledge) struct WordIndexes {
    agents: Cache<(AccountId, AgentId), Arc<RwLock<AgentWords>>>,
}

/// The index of an agent as it is now. No change is made to it while this is held.
pub(in crate::knowledge) struct AgentIndex {
    words: OwnedRwLockReadGuard<AgentWords>,
}

impl WordIndexes {
    pub(in crate::knowledge) fn new() -> Self {
        Self {
            agents: Cache::builder()
                .weigher(|_, words: &Arc<RwLock<AgentWords>>| {
                    // one that is being changed is weighed afterwards
                    let size = words.try_read().map_or(0, |words| words.index.size());
                    u32::try_from(size / 1024).unwrap_or(u32::MAX).max(1)
                })
                .max_capacity(LARGEST_KIB)
                .build(),
        }
    }

    /// The index of an agent with all documents that were searchable in this version of its knowledge.
    pub(in crate::knowledge) async fn of_agent(
        &self,
        tenant: &TenantStore,
        agent: AgentId,
        version: i64,
    ) -> Result<AgentIndex> {
        let key = (tenant.account_id(), agent);
        let words = self.agents.get_with(key, Arc::default);
        let read = Arc::clone(&words).read_owned().await;
        if read.is_of(version) {
            return Ok(AgentIndex { words: read });
        }
        drop(read);
        let mut write = Arc::clone(&words).write_owned().await;
        // another search may have done it meanwhile
        if !write.is_of(version) {
            // rare, and too large for every search to hold
            write = Box::pin(refresh(write, tenant, agent, version)).await?;
        }
        let read = write.downgrade();
        // weighs it
        self.agents.insert(key, words);
        Ok(AgentIndex { words: read })
    }
}

impl AgentIndex {
    /// The passages that have some of these words: the best `most`, and those in `also`, whatever their place.
    pub(in crate::knowledge) async fn search(
        self,
        words: Vec<String>,
        most: usize,
        also: Vec<PassageId>,
    ) -> Result<WordHits> {
        in_background(move || self.words.index.search(&words, most, &also)).await
    }
}

/// Adds what is searchable now to an index, and removes what no longer is. When it is cancelled, the next one goes on.
async fn refresh(
    mut words: OwnedRwLockWriteGuard<AgentWords>,
    tenant: &TenantStore,
    agent: AgentId,
    version: i64,
) -> Result<OwnedRwLockWriteGuard<AgentWords>> {
    // a list that is newer than the version is read again with the next one
    let served = tenant.served_revisions(agent).await?;
    let (kept, missing) = in_background(move || {
        let missing = words.index.keep(&served);
        (words, missing)
    })
    .await?;
    words = kept;
    for part in missing.chunks(PART) {
        let segments = segments(tenant, part).await?;
        words = in_background(move || {
            for (id, revision, segment) in &segments {
                words.index.add(*id, *revision, segment);
            }
            words
        })
        .await?;
    }
    words.read = Some((version, Instant::now()));
    Ok(words)
}

/// The words of these revisions of documents.
async fn segments(
    tenant: &TenantStore,
    documents: &[(DocumentId, i32)],
) -> Result<Vec<(DocumentId, i32, WordSegment)>> {
    let ids: Vec<DocumentId> = documents.iter().map(|(id, _)| *id).collect();
    let stored = tenant.document_words(&ids).await?;
    let wanted = documents.to_vec();
    let mut segments = in_background(move || {
        let read = stored.into_iter().filter_map(|(id, revision, bytes)| {
            let is_wanted = wanted.contains(&(id, revision));
            let segment = is_wanted.then(|| WordSegment::from_bytes(&bytes)).flatten();
            Some((id, revision, segment?))
        });
        read.collect::<Vec<_>>()
    })
    .await?;
    let known: HashSet<DocumentId> = segments.iter().map(|(id, ..)| *id).collect();
    for (id, revision) in documents.iter().filter(|(id, _)| !known.contains(id)) {
        let segment = made_again(tenant, *id, *revision).await?;
        segments.push((*id, *revision, segment));
    }
    Ok(segments)
}

/// Makes the words of a document again, and stores them: they are missing, or another version of the program made them.
async fn made_again(tenant: &TenantStore, id: DocumentId, revision: i32) -> Result<WordSegment> {
    let mut passages = Vec::new();
    loop {
        let position = i32::try_from(passages.len()).unwrap_or(i32::MAX);
        let more = tenant
            .passages_from(id, revision, position, PASSAGES)
            .await?;
        if more.is_empty() {
            break;
        }
        passages.extend(more);
    }
    let (segment, bytes) = in_background(move || {
        let segment = WordSegment::of(&passages);
        let bytes = segment.to_bytes();
        (segment, bytes)
    })
    .await?;
    tenant.replace_document_words(id, revision, bytes).await?;
    Ok(segment)
}

/// Runs work that grows with an agent's knowledge on a blocking thread.
async fn in_background<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|cause| Error::internal("index words").with_source(cause))
}
