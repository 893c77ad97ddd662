//! Writes entries to streams in a background task, so that callers never wait for Redis.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use redis::{Cmd, RedisResult};
use tokio::{
    sync::mpsc::{self, error::TrySendError},
    time::Instant,
};
use tokio_util::task::TaskTracker;

use super::{LONGEST_STREAM, PAUSE, RedisConnection};

/// The maximum number of entries that wait to be written. Further ones are lost.
const WAITING: usize = 4_096;
/// The maximum number of entries per write.
const BATCH: usize = 128;

/// An entry of a stream.
pub(super) trait Entry: Send + Sync + 'static {
    /// What the entries are, in the plural, for the log.
    const NAME: &'static str;

    /// The key of its stream, without the prefix.
    fn stream(&self) -> String;

    /// Names and values of the entry's fields.
    fn fields(&self) -> Vec<(&'static str, String)>;
}

/// What happens to entries that could not be written.
pub(super) struct LossHandling<E> {
    /// Called at once with each of them.
    pub(super) instead: Box<dyn Fn(E) + Send + Sync>,
    /// Written once when Redis is back, so that readers know of the loss.
    pub(super) amends: Option<E>,
}

/// Writes entries to streams. Its task ends when it is dropped.
pub(super) struct StreamWriter<E> {
    sender: mpsc::Sender<E>,
    losses: Arc<LossCounter<E>>,
}

struct LossCounter<E> {
    lost: LossHandling<E>,
    count: AtomicU64,
}

impl<E> LossCounter<E> {
    fn lose(&self, entry: E) {
        self.count.fetch_add(1, Ordering::Relaxed);
        (self.lost.instead)(entry);
    }

    fn any(&self) -> bool {
        self.count.load(Ordering::Relaxed) > 0
    }
}

impl<E: Entry> StreamWriter<E> {
    /// Starts the background task.
    pub(super) fn start(
        connection: RedisConnection,
        tracker: &TaskTracker,
        lost: LossHandling<E>,
    ) -> Self {
        let (sender, queue) = mpsc::channel(WAITING);
        let losses = Arc::new(LossCounter {
            lost,
            count: AtomicU64::new(0),
        });
        let writing = Writing {
            connection,
            queue,
            losses: Arc::clone(&losses),
            try_again: None,
        };
        tracker.spawn(writing.run());
        Self { sender, losses }
    }

    /// The number of entries lost since Redis was last available.
    #[cfg(test)]
    pub(super) fn lost(&self) -> u64 {
        self.losses.count.load(Ordering::Relaxed)
    }

    /// Queues the entry and returns immediately.
    pub(super) fn write(&self, entry: E) {
        if let Err(TrySendError::Full(entry) | TrySendError::Closed(entry)) =
            self.sender.try_send(entry)
        {
            self.losses.lose(entry);
        }
    }
}

struct Writing<E> {
    connection: RedisConnection,
    queue: mpsc::Receiver<E>,
    losses: Arc<LossCounter<E>>,
    /// The time of the next attempt while Redis is unavailable.
    try_again: Option<Instant>,
}

impl<E: Entry> Writing<E> {
    async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let due = self.try_again.unwrap_or_else(Instant::now);
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(due), if self.losses.any() => self.make_amends().await,
                received = self.queue.recv_many(&mut batch, BATCH) => {
                    if received == 0 {
                        return;
                    }
                    self.write(&mut batch).await;
                }
            }
        }
    }

    async fn write(&mut self, batch: &mut Vec<E>) {
        if self.try_again.is_none() {
            let mut pipeline = redis::pipe();
            for entry in batch.iter() {
                pipeline.add_command(self.command(entry)).ignore();
            }
            let written: RedisResult<()> =
                pipeline.query_async(&mut self.connection.commands()).await;
            match written {
                Ok(()) => return batch.clear(),
                Err(cause) => {
                    self.try_again = Some(Instant::now() + PAUSE);
                    let name = E::NAME;
                    tracing::warn!(%cause, "Redis does not do its work: {name} stay in this process");
                }
            }
        }
        for entry in batch.drain(..) {
            self.losses.lose(entry);
        }
    }

    /// Writes the notice of the loss, or only checks whether Redis is back.
    async fn make_amends(&mut self) {
        let lost = self.losses.count.load(Ordering::Relaxed);
        let command = match &self.losses.lost.amends {
            Some(amends) => self.command(amends),
            None => redis::cmd("PING"),
        };
        let done: RedisResult<redis::Value> =
            command.query_async(&mut self.connection.commands()).await;
        if done.is_err() {
            self.try_again = Some(Instant::now() + PAUSE);
            return;
        }
        self.try_again = None;
        self.losses.count.fetch_sub(lost, Ordering::Relaxed);
        let name = E::NAME;
        tracing::warn!(
            lost,
            "Redis is back: {lost} {name} stayed in this process meanwhile"
        );
    }

    fn command(&self, entry: &E) -> Cmd {
        let mut command = redis::cmd("XADD");
        command
            .arg(self.connection.key(entry.stream()))
            .arg("MAXLEN")
            .arg("~")
            .arg(LONGEST_STREAM)
            .arg("*");
        for (name, value) in entry.fields() {
            command.arg(name).arg(value);
        }
        command
    }
}
