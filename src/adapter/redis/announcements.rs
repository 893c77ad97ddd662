//! Announcements across processes: one stream for the installation, which every process reads to its end.
//!
//! What a process announces is told to its own listeners at once and to the others by the stream; a reader passes over
//! what its own process wrote, so that nobody hears anything twice. A reader that may have missed something, because it
//! was away or the stream was trimmed or emptied under it, tells its listeners so and goes on from the end. A writer
//! that had to drop something tells everyone so when Redis is back.

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
    writer::{Entry, Lost, StreamWriter},
};
use crate::{
    adapter::memory::LocalAnnouncements,
    domain::AccountId,
    port::{Announcement, Announcements},
};

/// The stream's key, without the prefix.
const STREAM: &str = "announcements";
/// A reader takes so many entries at a time; one that gets so many is behind.
const BATCH: usize = 500;

/// Carries announcements to the listeners of every process. Its tasks end with it.
pub struct RedisAnnouncements {
    local: LocalAnnouncements,
    writer: StreamWriter<Note>,
    origin: Uuid,
    _reading: DropGuard,
}

impl RedisAnnouncements {
    /// Starts to read and to write.
    pub fn start(connection: RedisConnection, tracker: &TaskTracker) -> Self {
        let local = LocalAnnouncements::default();
        let origin = Uuid::now_v7();
        let ended = CancellationToken::new();
        let reader = Reader {
            connection: connection.clone(),
            local: local.clone(),
            origin,
        };
        let reading = ended.clone();
        tracker.spawn(async move { reading.run_until_cancelled(reader.run()).await });
        let lost = Lost {
            // the listeners of this process know it already
            instead: Box::new(|_| {}),
            amends: Some(Note {
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
    /// How many announcements the other processes do not hear of.
    pub(in crate::adapter) fn lost(&self) -> u64 {
        self.writer.lost()
    }
}

impl Announcements for RedisAnnouncements {
    fn publish(&self, account: AccountId, announcement: Announcement) {
        self.local.publish(account, announcement);
        self.writer.write(Note {
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
struct Note {
    /// The process that it comes from.
    origin: Uuid,
    /// Whose it is; nobody's is everybody's.
    account: Option<AccountId>,
    announcement: Announcement,
}

impl Entry for Note {
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

impl Note {
    /// What an entry says; nothing when a newer version wrote something that we do not know.
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
struct Reader {
    connection: RedisConnection,
    local: LocalAnnouncements,
    origin: Uuid,
}

impl Reader {
    /// Reads for ever.
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
        // whatever was announced up to here
        self.local.publish_missed();
        loop {
            let entries = entries_after(&stream, position, &mut redis).await?;
            for entry in &entries {
                if let Some(note) = Note::read(entry) {
                    self.tell(note);
                }
            }
            let lost = match entries.last() {
                None => end_of(&stream, &mut redis).await? < position,
                Some(_) if entries.len() < BATCH => false,
                // so far behind that the stream may have been trimmed before we got to it
                Some(_) => beginning_of(&stream, &mut redis).await? > position,
            };
            if let Some(last) = entries.last() {
                position = Position::of(last);
            }
            if lost {
                position = end_of(&stream, &mut redis).await?;
                self.local.publish_missed();
            }
        }
    }

    fn tell(&self, note: Note) {
        match note.account {
            _ if note.origin == self.origin => {}
            Some(account) => self.local.publish(account, note.announcement),
            None => self.local.publish_missed(),
        }
    }
}

/// A place in a stream: milliseconds, and a number within them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Position(u64, u64);

impl Position {
    fn of(entry: &StreamId) -> Self {
        let (milliseconds, number) = entry.id.split_once('-').unwrap_or((&entry.id, "0"));
        Self(
            milliseconds.parse().unwrap_or_default(),
            number.parse().unwrap_or_default(),
        )
    }
}

/// The entries after a place, as soon as there are any; none after a while.
async fn entries_after(
    stream: &str,
    Position(milliseconds, number): Position,
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

/// The place of the last entry.
async fn end_of(stream: &str, redis: &mut MultiplexedConnection) -> RedisResult<Position> {
    edge(redis::cmd("XREVRANGE").arg(stream).arg("+").arg("-"), redis).await
}

/// The place of the first entry.
async fn beginning_of(stream: &str, redis: &mut MultiplexedConnection) -> RedisResult<Position> {
    edge(redis::cmd("XRANGE").arg(stream).arg("-").arg("+"), redis).await
}

async fn edge(range: &mut redis::Cmd, redis: &mut MultiplexedConnection) -> RedisResult<Position> {
    let range = range.arg("COUNT").arg(1);
    let reply: StreamRangeReply = in_time(GRACE, range.query_async(redis)).await?;
    Ok(reply.ids.first().map(Position::of).unwrap_or_default())
}
