//! Rate limits across processes: a Lua script counts by Redis's own clock. Without Redis, each process counts alone.

use std::time::Duration;

use async_trait::async_trait;
use redis::{RedisResult, Script};

use super::{RedisConnection, outage::Outage};
use crate::{
    adapter::memory::LocalRateLimiter,
    error::Result,
    port::{Rate, RateHolder, RateLimiter, RateWindow},
};

/// The generic cell rate algorithm (GCRA). The key holds the time at which the holder's full burst is available again.
/// Times are in microseconds. Returns 0 when the action is allowed, otherwise the time to wait.
const GCRA: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = tonumber(redis.call('GET', KEYS[1]) or now)
-- the clock of another server may have been ahead of ours
full = math.min(math.max(full, now), now + interval * burst)
local allowed = full - interval * (burst - 1)
if allowed > now then
  return math.ceil(allowed - now)
end
full = full + interval
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
return 0
";

/// The microseconds until the holder's full burst is available again.
const FULL_IN: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local full = tonumber(redis.call('GET', KEYS[1]) or now)
return math.max(0, math.min(math.ceil(full - now), ARGV[1] * ARGV[2]))
";

/// Counts the actions of each holder in all processes.
pub struct RedisRateLimiter {
    connection: RedisConnection,
    take: Script,
    full_in: Script,
    local: LocalRateLimiter,
    outage: Outage,
}

impl RedisRateLimiter {
    /// Creates a limiter that counts in Redis and, during an outage, in this process.
    pub fn new(connection: RedisConnection) -> Self {
        Self {
            connection,
            take: Script::new(GCRA),
            full_in: Script::new(FULL_IN),
            local: LocalRateLimiter::default(),
            outage: Outage::new("each process counts alone what accounts do"),
        }
    }

    /// The time that a script returns for a holder; `None` when Redis does not answer.
    async fn ask(&self, script: &Script, holder: RateHolder, rate: &Rate) -> Option<Duration> {
        if self.outage.is_on() {
            return None;
        }
        let key = self
            .connection
            .key(format_args!("{holder}:rate:{}", rate.name));
        let interval = rate.interval().as_micros();
        let time: RedisResult<u64> = script
            .key(key)
            .arg(u64::try_from(interval).unwrap_or(u64::MAX))
            .arg(rate.burst.max(1))
            .invoke_async(&mut self.connection.commands())
            .await;
        self.outage.record(time).map(Duration::from_micros)
    }
}

#[async_trait]
impl RateLimiter for RedisRateLimiter {
    async fn take(&self, holder: RateHolder, rate: &Rate) -> Result<()> {
        match self.ask(&self.take, holder, rate).await {
            Some(Duration::ZERO) => Ok(()),
            Some(wait) => Err(rate.exceeded(holder, wait)),
            None => self.local.take(holder, rate).await,
        }
    }

    async fn window(&self, holder: RateHolder, rate: &Rate) -> RateWindow {
        match self.ask(&self.full_in, holder, rate).await {
            Some(full_in) => rate.window(full_in),
            None => self.local.window(holder, rate).await,
        }
    }
}
