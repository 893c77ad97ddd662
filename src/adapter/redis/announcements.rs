//! Announcements across processes: one stream for the whole installation, which every process reads from its end.
//!
//! A process delivers its announcements to its own listeners directly and to the others through the stream. A reader
//! skips the entries of its own process, so that no listener receives an announcement twice. A reader that may have
//! missed entries, because it was disconnected or the stream was trimmed or emptied, sends [`Announcement::Missed`] to
//! its listeners and continues at the end. A writer that had to drop entries announces that to all once Redis is back.

use std::convert::Infallible;

use futures::stream::BoxStream;
use redis::{
    RedisResult,
    aio::MultiplexedConnection,
    streams::{StreamId, StreamRangeReply, StreamReadReply},
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};
use uuid::Uuid;

use super::{
    GRACE, PAUSE, RedisConnection, WAIT, in_time,
    outage::Outage,
    writer::{Entry, LossHandling, StreamWriter},
};
use crate::{
    adapter::memory::LocalAnnouncements,
    domain::AccountId,
    port::{Announcement, Announcements},
};

/// The stream's key, without the prefix.
const STREAM: &str = "announcements";
/// The maximum number of entries per read. A reader that receives this many is behind.
const BATCH: usize = 500;

/// Delivers announcements to the listeners of every process. Its tasks end when it is dropped.
pub struct RedisAnnouncements {
    local: LocalAnnouncements,
    writer: StreamWriter<StreamEntry>,
    origin: Uuid,
    _reading: DropGuard,
}

impl RedisAnnouncements {
    /// Starts the tasks that read and write the stream.
    pub fn start(connection: RedisConnection, tracker: &TaskTracker) -> Self {
        let local = LocalAnnouncements::default();
        let origin = Uuid::now_v7();
        let ended = CancellationToken::new();
        let reader = AnnouncementReader {
            connection: connection.clone(),
            local: local.clone(),
            origin,
        };
        let reading = ended.clone();
        tracker.spawn(async move { reading.run_until_cancelled(reader.run()).await });
        let lost = LossHandling {
            // the listeners of this process have already received it
            instead: Box::new(|_| {}),
            amends: Some(StreamEntry {
                origin,
                account: None,
                announcement: Announcement::Missed,
            }),
        };
        Self {
            local,
            writer: StreamWriter::start(connection, tracker, lost),
            origin,
            _reading: ended.drop_guard(),
        }
    }
}

#[cfg(test)]
impl RedisAnnouncements {
    /// The number of announcements that the other processes have not received since Redis was last available.
    pub(in crate::adapter) fn lost(&self) -> u64 {
        self.writer.lost()
    }
}

impl Announcements for RedisAnnouncements {
    fn publish(&self, account: AccountId, announcement: Announcement) {
        self.local.publish(account, announcement);
        self.writer.write(StreamEntry {
            origin: self.origin,
            account: Some(account),
            announcement,
        });
    }

    fn listen(&self, account: AccountId) -> BoxStream<'static, Announcement> {
        self.local.listen(account)
    }

    fn listen_all(&self) -> BoxStream<'static, Announcement> {
        self.local.listen_all()
    }
}

/// An announcement in the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct StreamEntry {
    /// The process that published it.
    origin: Uuid,
    /// The account; `None` for all accounts.
    account: Option<AccountId>,
    announcement: Announcement,
}

impl Entry for StreamEntry {
    const NAME: &'static str = "announcements";

    fn stream(&self) -> String {
        STREAM.to_owned()
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        let announced = serde_json::to_string(&self.announcement).unwrap_or_default();
        let mut fields = vec![
            ("from", self.origin.simple().to_string()),
            ("is", announced),
        ];
        if let Some(account) = self.account {
            fields.push(("account", account.uuid().simple().to_string()));
        }
        fields
    }
}

impl StreamEntry {
    /// Decodes an entry; `None` when a newer version of the program wrote something unknown.
    fn read(entry: &StreamId) -> Option<Self> {
        let text = |name| entry.get::<String>(name);
        let account = match text("account") {
            Some(account) => Some(AccountId::from_uuid(account.parse().ok()?)),
            None => None,
        };
        Some(Self {
            origin: text("from")?.parse().ok()?,
            account,
            announcement: serde_json::from_str(&text("is")?).ok()?,
        })
    }
}

/// The task that reads the stream.
struct AnnouncementReader {
    connection: RedisConnection,
    local: LocalAnnouncements,
    origin: Uuid,
}

impl AnnouncementReader {
    /// Reads until the task is cancelled.
    async fn run(self) {
        let outage = Outage::new("announcements of other processes are not heard");
        loop {
            let Err(cause) = self.read(&outage).await;
            outage.failed(&cause);
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Reads from the end of the stream until the connection fails.
    async fn read(&self, outage: &Outage) -> RedisResult<Infallible> {
        let mut redis = self.connection.waiting().await?;
        let stream = self.connection.key(STREAM);
        let mut position = end_of(&stream, &mut redis).await?;
        outage.ended();
        // earlier announcements may have been missed
        self.local.publish_missed();
        loop {
            let entries = entries_after(&stream, position, &mut redis).await?;
            for entry in &entries {
                if let Some(note) = StreamEntry::read(entry) {
                    self.tell(note);
                }
            }
            let lost = match entries.last() {
                None => end_of(&stream, &mut redis).await? < position,
                Some(_) if entries.len() < BATCH => false,
                // a full batch: the stream may have been trimmed before these entries could be read
                Some(_) => beginning_of(&stream, &mut redis).await? > position,
            };
            if let Some(last) = entries.last() {
                position = EntryId::of(last);
            }
            if lost {
                position = end_of(&stream, &mut redis).await?;
                self.local.publish_missed();
            }
        }
    }

    fn tell(&self, note: StreamEntry) {
        match note.account {
            _ if note.origin == self.origin => {}
            Some(account) => self.local.publish(account, note.announcement),
            None => self.local.publish_missed(),
        }
    }
}

/// The id of a stream entry: milliseconds, and a sequence number within them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct EntryId(u64, u64);

impl EntryId {
    fn of(entry: &StreamId) -> Self {
        let (milliseconds, number) = entry.id.split_once('-').unwrap_or((&entry.id, "0"));
        Self(
            milliseconds.parse().unwrap_or_default(),
            number.parse().unwrap_or_default(),
        )
    }
}

/// The entries after a position. Waits for the first one; empty after [`WAIT`].
async fn entries_after(
    stream: &str,
    EntryId(milliseconds, number): EntryId,
    redis: &mut MultiplexedConnection,
) -> RedisResult<Vec<StreamId>> {
    let mut command = redis::cmd("XREAD");
    command
        .arg("COUNT")
        .arg(BATCH)
        .arg("BLOCK")
        .arg(u64::try_from(WAIT.as_millis()).unwrap_or(u64::MAX))
        .arg("STREAMS")
        .arg(stream)
        .arg(format!("{milliseconds}-{number}"));
    let reply: Option<StreamReadReply> = in_time(WAIT + GRACE, command.query_async(redis)).await?;
    let streams = reply.map(|reply| reply.keys).unwrap_or_default();
    Ok(streams.into_iter().flat_map(|stream| stream.ids).collect())
}

/// The position of the last entry.
async fn end_of(stream: &str, redis: &mut MultiplexedConnection) -> RedisResult<EntryId> {
    edge(redis::cmd("XREVRANGE").arg(stream).arg("+").arg("-"), redis).await
}

/// The position of the first entry.
async fn beginning_of(stream: &str, redis: &mut MultiplexedConnection) -> RedisResult<EntryId> {
    edge(redis::cmd("XRANGE").arg(stream).arg("-").arg("+"), redis).await
}

async fn edge(range: &mut redis::Cmd, redis: &mut MultiplexedConnection) -> RedisResult<EntryId> {
    let range = range.arg("COUNT").arg(1);
    let reply: StreamRangeReply = in_time(GRACE, range.query_async(redis)).await?;
    Ok(reply.ids.first().map(EntryId::of).unwrap_or_default())
}
