//! Runs that stream text at the same time share commits; an event other than further text never waits.

use std::{
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use futures::join;
use tokio::time::{Instant, sleep};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::{event, keep};
use crate::{
    domain::{AccountId, ConversationId, EventBody, Lease, RunEvent, RunId, Usage},
    engine::feed::{EventWriter, Feed},
    error::Result,
    port::{Append, EventPosition, RunLog},
};

/// A log that records the number of appends in each batch.
#[derive(Default)]
struct Commits(Mutex<Vec<usize>>);

#[async_trait]
impl RunLog for Commits {
    async fn open(&self, _: &Lease) -> Result<i64> {
        Ok(0)
    }

    async fn append(&self, batch: &[Append]) -> Vec<Result<()>> {
        self.0.lock().unwrap().push(batch.len());
        batch.iter().map(|_| Ok(())).collect()
    }

    async fn read(&self, _: EventPosition, _: usize) -> Result<Vec<Arc<RunEvent>>> {
        Ok(Vec::new())
    }

    async fn last_sequence(&self, _: AccountId, _: RunId) -> Result<i64> {
        Ok(0)
    }

    async fn forget(&self, _: AccountId, _: &[RunId]) -> Result<()> {
        Ok(())
    }

    async fn news(&self, _: &[EventPosition], _: Duration) -> Result<Vec<Arc<RunEvent>>> {
        pending().await
    }
}

async fn open(feed: &Feed) -> EventWriter {
    let lease = Lease {
        account: AccountId::from_uuid(Uuid::nil()),
        conversation: ConversationId::from_uuid(Uuid::now_v7()),
        run: RunId::from_uuid(Uuid::now_v7()),
        epoch: 1,
        attempt: 1,
        tries: 1,
    };
    feed.open(&lease).await.unwrap()
}

pub(super) fn cancelled() -> EventBody {
    EventBody::Cancelled {
        message: None,
        usage: Usage::default(),
    }
}

fn said(text: &str, offset: i64) -> EventBody {
    EventBody::TokenDelta {
        text: text.to_owned(),
        offset,
        utf16_offset: offset,
    }
}

/// Appends an event; returns the duration by the runtime's clock.
async fn append(writer: &mut EventWriter, body: EventBody) -> Duration {
    let began = Instant::now();
    let event = event(writer, body);
    keep(writer, vec![event]).await.unwrap();
    began.elapsed()
}

#[tokio::test(start_paused = true)]
async fn consecutive_tokens_share_a_commit_and_other_events_do_not_wait() {
    let log = Arc::new(Commits::default());
    let feed = Feed::start(Arc::<Commits>::clone(&log), None, &TaskTracker::new());
    let (mut one, mut other) = (open(&feed).await, open(&feed).await);
    let at_once = Duration::ZERO;
    for writer in [&mut one, &mut other] {
        let started = EventBody::Started { attempt: 1 };
        assert_eq!(append(writer, started).await, at_once);
        assert_eq!(append(writer, said("a", 0)).await, at_once);
    }
    let both = join!(
        append(&mut one, said("b", 1)),
        append(&mut other, said("b", 1))
    );
    assert!(both.0 > at_once && both.0 < Duration::from_millis(10));
    assert_eq!(both.0, both.1);
    // a slow writer does not wait
    sleep(Duration::from_millis(10)).await;
    assert_eq!(append(&mut one, said("c", 2)).await, at_once);
    // a final event is committed at once, with the events that wait
    let both = join!(
        append(&mut one, said("d", 3)),
        append(&mut other, cancelled())
    );
    assert_eq!(both, (at_once, at_once));
    assert_eq!(*log.0.lock().unwrap(), [1, 1, 1, 1, 2, 1, 2]);
}
