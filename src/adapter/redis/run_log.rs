//! The stream log of runs: one Redis stream per run, whose entry ids are the sequences of the events.
//!
//! A second key per run, the fence, holds the epoch of the newest owner. The script that appends compares it, so that
//! fencing and appending are one atomic step. Both keys expire some time after the run's last event, when the database
//! has all events.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use redis::{
    FromRedisValue, Pipeline, RedisError, Script, Value,
    aio::MultiplexedConnection,
    streams::{StreamId, StreamRangeReply, StreamReadReply},
};
use tokio::sync::Mutex;

use super::{
    connection::{RedisConnection, unavailable},
    run_event::{decode, encode},
};
use crate::{
    domain::{AccountId, Lease, RunEvent, RunId},
    error::{Error, Result},
    port::{Append, EventPosition, RunLog},
};

/// The expiry in seconds of a run to which no event is appended.
const LIFE_SECONDS: u64 = 25 * 3600;
/// The expiry in seconds of a run that has ended.
const AFTERLIFE_SECONDS: u64 = 3600;
/// How long a response may exceed its expected time before the request has failed.
const GRACE: Duration = Duration::from_secs(2);
/// The maximum number of events per stream in one read.
const MOST_NEWS: usize = 512;

/// The stream log of runs in Redis.
pub struct RedisRunLog {
    redis: RedisConnection,
    open: Script,
    append: Script,
    waiting: Mutex<BlockedRead>,
}

/// The connection that blocks until there are new events, and the means to wake it.
struct BlockedRead {
    connection: Option<MultiplexedConnection>,
    /// The key of this process's own stream. An entry there ends a blocked read that is no longer wanted.
    alarm: String,
    /// The id of its last entry that was read.
    rung: String,
    /// Whether the last read was dropped before its response.
    is_abandoned: bool,
}

impl RedisRunLog {
    /// Creates a log on this connection. `process` identifies this process among those that share Redis.
    pub fn new(redis: RedisConnection, process: uuid::Uuid) -> Self {
        let alarm = redis.key(format_args!("alarm:{process}"));
        Self {
            redis,
            open: Script::new(include_str!("scripts/open_run.lua")),
            append: Script::new(include_str!("scripts/append_events.lua")),
            waiting: Mutex::new(BlockedRead {
                connection: None,
                alarm,
                rung: "0-0".to_owned(),
                is_abandoned: false,
            }),
        }
    }

    fn stream(&self, account: AccountId, run: RunId) -> String {
        self.redis.key(format_args!("{account}:{run}:events"))
    }

    fn fence(&self, account: AccountId, run: RunId) -> String {
        self.redis.key(format_args!("{account}:{run}:epoch"))
    }

    async fn append_all(&self, batch: &[Append]) -> Result<Vec<i64>> {
        let mut call = self.append.prepare_invoke();
        for append in batch {
            let Lease { account, run, .. } = append.lease;
            call.key(self.stream(account, run))
                .key(self.fence(account, run));
        }
        for append in batch {
            call.arg(append.lease.epoch)
                .arg(life(append))
                .arg(append.events.len());
            for event in &append.events {
                call.arg(event.sequence).arg(encode(event)?);
            }
        }
        call.invoke_async(&mut self.redis.commands())
            .await
            .map_err(unavailable)
    }
}

#[async_trait]
impl RunLog for RedisRunLog {
    async fn open(&self, lease: &Lease) -> Result<i64> {
        let last: Option<i64> = self
            .open
            .key(self.stream(lease.account, lease.run))
            .key(self.fence(lease.account, lease.run))
            .arg(lease.epoch)
            .arg(LIFE_SECONDS)
            .invoke_async(&mut self.redis.commands())
            .await
            .map_err(unavailable)?;
        last.ok_or_else(taken_over)
    }

    async fn append(&self, batch: &[Append]) -> Vec<Result<()>> {
        if batch.is_empty() {
            return Vec::new();
        }
        match self.append_all(batch).await {
            Ok(outcomes) => outcomes
                .into_iter()
                .map(|outcome| match outcome {
                    1 => Ok(()),
                    2 => Err(Error::not_found("owner of the run")),
                    _ => Err(taken_over()),
                })
                .collect(),
            Err(error) => {
                let cause = error.cause();
                let again = || {
                    let error = unanswered();
                    match &cause {
                        Some(cause) => error.with_source(cause.clone()),
                        None => error,
                    }
                };
                batch.iter().map(|_| Err(again())).collect()
            }
        }
    }

    async fn read(&self, position: EventPosition, most: usize) -> Result<Vec<Arc<RunEvent>>> {
        let entries: StreamRangeReply = redis::cmd("XRANGE")
            .arg(self.stream(position.account, position.run))
            .arg(format!("({}-0", position.after))
            .arg("+")
            .arg("COUNT")
            .arg(most)
            .query_async(&mut self.redis.commands())
            .await
            .map_err(unavailable)?;
        entries
            .ids
            .iter()
            .map(|entry| event_of(position.run, entry))
            .collect()
    }

    async fn last_sequence(&self, account: AccountId, run: RunId) -> Result<i64> {
        let last: StreamRangeReply = redis::cmd("XREVRANGE")
            .arg(self.stream(account, run))
            .arg("+")
            .arg("-")
            .arg("COUNT")
            .arg(1)
            .query_async(&mut self.redis.commands())
            .await
            .map_err(unavailable)?;
        last.ids.first().map_or(Ok(0), sequence_of)
    }

    async fn forget(&self, account: AccountId, runs: &[RunId]) -> Result<()> {
        if runs.is_empty() {
            return Ok(());
        }
        let mut delete = redis::cmd("DEL");
        for run in runs {
            delete
                .arg(self.stream(account, *run))
                .arg(self.fence(account, *run));
        }
        delete
            .query_async(&mut self.redis.commands())
            .await
            .map_err(unavailable)
    }

    async fn news(
        &self,
        positions: &[EventPosition],
        limit: Duration,
    ) -> Result<Vec<Arc<RunEvent>>> {
        let streams: HashMap<String, &EventPosition> = positions
            .iter()
            .map(|position| (self.stream(position.account, position.run), position))
            .collect();
        let mut waiting = self.waiting.lock().await;
        let answered = self.wait(&mut waiting, &streams, limit).await;
        if answered.is_err() {
            waiting.connection = None;
        }
        waiting.is_abandoned = false;
        let reply = answered.map_err(unavailable)?;
        let mut events = Vec::new();
        for stream in reply.keys {
            if stream.key == waiting.alarm {
                if let Some(last) = stream.ids.last() {
                    waiting.rung.clone_from(&last.id);
                }
                continue;
            }
            let Some(position) = streams.get(&stream.key) else {
                continue;
            };
            for entry in &stream.ids {
                events.push(event_of(position.run, entry)?);
            }
        }
        Ok(events)
    }
}

impl RedisRunLog {
    /// Reads once, blocking. A dropped read continues in Redis until an entry in the alarm stream ends it; the next
    /// call writes that entry.
    async fn wait(
        &self,
        waiting: &mut BlockedRead,
        streams: &HashMap<String, &EventPosition>,
        limit: Duration,
    ) -> Result<StreamReadReply, RedisError> {
        if waiting.is_abandoned {
            let mut alarm = Pipeline::new();
            alarm
                .cmd("XADD")
                .arg(&waiting.alarm)
                .arg(&["MAXLEN", "1", "*", "now", ""])
                .cmd("EXPIRE")
                .arg(&waiting.alarm)
                .arg(60)
                .ignore();
            let (rung,): (String,) = alarm.query_async(&mut self.redis.commands()).await?;
            waiting.rung = rung;
        }
        let mut connection = match waiting.connection.take() {
            Some(connection) => connection,
            None => self.redis.waiting().await?,
        };
        waiting.connection = Some(connection.clone());
        waiting.is_abandoned = true;
        let mut read = redis::cmd("XREAD");
        read.arg("COUNT")
            .arg(MOST_NEWS)
            .arg("BLOCK")
            .arg(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX))
            .arg("STREAMS")
            .arg(&waiting.alarm);
        // both iterations have the same order, because the map does not change in between
        for stream in streams.keys() {
            read.arg(stream);
        }
        read.arg(&waiting.rung);
        for position in streams.values() {
            read.arg(format!("{}-0", position.after));
        }
        // a closed connection returns an error; a frozen one does not
        let answer =
            tokio::time::timeout(limit + GRACE, read.query_async::<Value>(&mut connection));
        match answer.await {
            Ok(Ok(Value::Nil)) => Ok(StreamReadReply::default()),
            Ok(answer) => Ok(StreamReadReply::from_redis_value(answer?)?),
            Err(_) => Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()),
        }
    }
}

fn event_of(run: RunId, entry: &StreamId) -> Result<Arc<RunEvent>> {
    let text: Vec<u8> = entry
        .get("e")
        .ok_or_else(|| Error::internal("read an entry of the shared log"))?;
    decode(run, sequence_of(entry)?, &text).map(Arc::new)
}

fn sequence_of(entry: &StreamId) -> Result<i64> {
    entry
        .id
        .split_once('-')
        .and_then(|(sequence, _)| sequence.parse().ok())
        .ok_or_else(|| Error::internal("read the id of an entry of the shared log"))
}

/// The new expiry of the run in seconds; 0 leaves it unchanged.
fn life(append: &Append) -> u64 {
    match append.events.as_slice() {
        [.., last] if last.body.is_final() => AFTERLIFE_SECONDS,
        // the stream does not exist before its first event
        [first, ..] if first.sequence == 1 => LIFE_SECONDS,
        _ => 0,
    }
}

fn taken_over() -> Error {
    Error::conflict("another process has taken this run over")
}

fn unanswered() -> Error {
    Error::unavailable("Redis does not answer")
}
