//! Wake-ups across processes: a stream per queue, whose consumer group delivers each entry to one process.
//!
//! A process reads only while it has waiting takers, and at most as many entries as takers, so that work goes to a free
//! process. Entries that were read wait in the process's own lanes for a taker, so that a taker may be dropped at any
//! time. An offer is lost only with its process or with Redis; the database still has the work then.

use std::{collections::HashMap, convert::Infallible, time::Duration};

use async_trait::async_trait;
use redis::{
    RedisResult,
    aio::MultiplexedConnection,
    streams::{StreamId, StreamReadReply},
};
use tokio::sync::watch;
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use super::{
    GRACE, PAUSE, RedisConnection, WAIT, in_time,
    outage::Outage,
    writer::{Entry, LossHandling, StreamWriter},
};
use crate::{
    adapter::memory::LocalJobQueue,
    domain::AccountId,
    port::{JobQueue, Offer, Queue},
};

/// The consumer group of all processes.
const GROUP: &str = "takers";
/// The only consumer of the group. No delivery is tracked, because the database records what is not done yet.
const CONSUMER: &str = "any";

/// The number of waiting takers per list of queues.
type Takers = HashMap<Vec<Queue>, usize>;

/// Delivers offers to the takers of all processes. Its tasks end when it is dropped.
pub struct RedisJobQueue {
    connection: RedisConnection,
    tracker: TaskTracker,
    local: LocalJobQueue,
    writer: StreamWriter<Offer>,
    /// Every list of queues in it has a reader.
    takers: watch::Sender<Takers>,
    ended: CancellationToken,
    _reading: DropGuard,
}

impl RedisJobQueue {
    /// Starts the writer. Readers start with the first taker of their queues.
    pub fn start(connection: RedisConnection, tracker: &TaskTracker) -> Self {
        let local = LocalJobQueue::default();
        let here = local.clone();
        let lost = LossHandling {
            // without Redis, the takers of this process still receive the offer
            instead: Box::new(move |offer| here.offer(offer)),
            amends: None,
        };
        let ended = CancellationToken::new();
        Self {
            writer: StreamWriter::start(connection.clone(), tracker, lost),
            connection,
            tracker: tracker.clone(),
            local,
            takers: watch::Sender::default(),
            _reading: ended.clone().drop_guard(),
            ended,
        }
    }

    /// Counts a waiting taker until the result is dropped.
    fn waiting(&self, queues: &[Queue]) -> WaitingTaker<'_> {
        let mut is_first = false;
        self.takers.send_modify(|takers| {
            let waiting = takers.entry(queues.to_vec()).or_insert_with(|| {
                is_first = true;
                0
            });
            *waiting += 1;
        });
        if is_first {
            self.start_reader(queues.to_vec());
        }
        WaitingTaker {
            takers: &self.takers,
            queues: queues.to_vec(),
            has_taken: false,
        }
    }

    fn start_reader(&self, queues: Vec<Queue>) {
        let reader = QueueReader {
            connection: self.connection.clone(),
            local: self.local.clone(),
            queues,
            takers: self.takers.subscribe(),
        };
        let ended = self.ended.clone();
        self.tracker
            .spawn(async move { ended.run_until_cancelled(reader.run()).await });
    }
}

/// A waiting taker. Its end notifies all readers, because the offer that it took may have been read for another taker.
struct WaitingTaker<'a> {
    takers: &'a watch::Sender<Takers>,
    queues: Vec<Queue>,
    has_taken: bool,
}

impl WaitingTaker<'_> {
    /// Removes an offer and this taker from their counts in one step. Otherwise a reader could read one offer more than
    /// there are takers.
    fn take_now(&mut self, local: &LocalJobQueue) -> Option<Offer> {
        let Self { takers, queues, .. } = self;
        let mut taken = None;
        takers.send_if_modified(|takers| {
            taken = local.take_now(queues);
            if taken.is_some() {
                count_out(takers, queues);
            }
            taken.is_some()
        });
        self.has_taken = taken.is_some();
        taken
    }
}

fn count_out(takers: &mut Takers, queues: &[Queue]) {
    if let Some(waiting) = takers.get_mut(queues) {
        *waiting = waiting.saturating_sub(1);
    }
}

impl Drop for WaitingTaker<'_> {
    fn drop(&mut self) {
        if !self.has_taken {
            self.takers
                .send_modify(|takers| count_out(takers, &self.queues));
        }
    }
}

#[async_trait]
impl JobQueue for RedisJobQueue {
    fn offer(&self, offer: Offer) {
        self.writer.write(offer);
    }

    async fn take(&self, queues: &[Queue]) -> Offer {
        let mut waiting = self.waiting(queues);
        loop {
            // created before the check, so that no offer is missed in between
            let changed = self.local.changed();
            if let Some(offer) = waiting.take_now(&self.local) {
                return offer;
            }
            changed.await;
        }
    }
}

impl Entry for Offer {
    const NAME: &'static str = "offers of work";

    fn stream(&self) -> String {
        stream(self.queue)
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        vec![
            ("account", self.account.uuid().simple().to_string()),
            ("subject", self.subject.simple().to_string()),
        ]
    }
}

/// The key of a queue's stream, without the prefix.
fn stream(queue: Queue) -> String {
    format!("queue:{}", queue.name())
}

fn read(queue: Queue, entry: &StreamId) -> Option<Offer> {
    let id = |name| entry.get::<String>(name)?.parse().ok();
    Some(Offer {
        queue,
        account: AccountId::from_uuid(id("account")?),
        subject: id("subject")?,
    })
}

/// The task that reads some queues for the takers of this process.
struct QueueReader {
    connection: RedisConnection,
    local: LocalJobQueue,
    queues: Vec<Queue>,
    takers: watch::Receiver<Takers>,
}

impl QueueReader {
    /// Reads until the task is cancelled.
    async fn run(mut self) {
        let outage = Outage::new("work of other processes is not taken");
        loop {
            let Err(cause) = self.read(&outage).await;
            outage.failed(&cause);
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Reads until the connection fails.
    async fn read(&mut self, outage: &Outage) -> RedisResult<Infallible> {
        let mut redis = self.connection.waiting().await?;
        self.make_groups(&mut redis).await?;
        outage.ended();
        loop {
            let free = self.free_takers().await;
            match self.next(free, &mut redis).await {
                Ok(()) => {}
                // Redis was emptied, including the consumer groups
                Err(cause) if matches!(cause.code(), Some("NOGROUP" | "UNBLOCKED")) => {
                    self.make_groups(&mut redis).await?;
                }
                Err(cause) => return Err(cause),
            }
        }
    }

    /// The number of takers without an offer in the lanes. Waits until there is at least one.
    async fn free_takers(&mut self) -> usize {
        let Self {
            local,
            queues,
            takers,
            ..
        } = self;
        let free = |takers: &Takers| {
            let waiting = takers.get(queues).copied().unwrap_or_default();
            waiting.saturating_sub(local.held(queues))
        };
        let mut found = 0;
        let is_there = |takers: &Takers| {
            found = free(takers);
            found > 0
        };
        if takers.wait_for(is_there).await.is_ok() {
            return found;
        }
        // the queue was dropped, so this task is about to be cancelled
        std::future::pending().await
    }

    /// Reads one offer per taker, from the earliest queue that has any; blocks up to [`WAIT`] when there is none.
    async fn next(&self, takers: usize, redis: &mut MultiplexedConnection) -> RedisResult<()> {
        for queue in &self.queues {
            if self.take(&[*queue], takers, None, redis).await? > 0 {
                return Ok(());
            }
        }
        self.take(&self.queues, 1, Some(WAIT), redis).await?;
        Ok(())
    }

    async fn take(
        &self,
        queues: &[Queue],
        most: usize,
        wait: Option<Duration>,
        redis: &mut MultiplexedConnection,
    ) -> RedisResult<usize> {
        let mut command = redis::cmd("XREADGROUP");
        command.arg("GROUP").arg(GROUP).arg(CONSUMER);
        command.arg("COUNT").arg(most);
        if let Some(wait) = wait {
            command
                .arg("BLOCK")
                .arg(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        }
        command.arg("NOACK").arg("STREAMS");
        let keys: Vec<String> = queues.iter().map(|queue| self.key(*queue)).collect();
        command.arg(&keys).arg(vec![">"; keys.len()]);
        let limit = wait.unwrap_or_default() + GRACE;
        let reply: Option<StreamReadReply> = in_time(limit, command.query_async(redis)).await?;
        let mut taken = 0;
        for stream in reply.map(|reply| reply.keys).unwrap_or_default() {
            let Some(queue) = queues.iter().find(|queue| self.key(**queue) == stream.key) else {
                continue;
            };
            taken += stream.ids.len();
            for offer in stream.ids.iter().filter_map(|entry| read(*queue, entry)) {
                self.local.offer(offer);
            }
        }
        Ok(taken)
    }

    /// Creates the missing consumer groups, starting at the beginning of their streams.
    async fn make_groups(&self, redis: &mut MultiplexedConnection) -> RedisResult<()> {
        for queue in &self.queues {
            let mut command = redis::cmd("XGROUP");
            command.arg("CREATE").arg(self.key(*queue)).arg(GROUP);
            command.arg("0").arg("MKSTREAM");
            let made: RedisResult<()> = in_time(GRACE, command.query_async(redis)).await;
            match made {
                Err(cause) if cause.code() == Some("BUSYGROUP") => {}
                made => made?,
            }
        }
        Ok(())
    }

    fn key(&self, queue: Queue) -> String {
        self.connection.key(stream(queue))
    }
}
