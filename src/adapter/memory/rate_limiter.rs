//! Rate limits within one process.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;

use crate::{
    error::Result,
    port::{Rate, RateHolder, RateLimiter, RateWindow},
};

/// The interval of removing idle holders, in time and in actions, whichever comes first.
const SWEEP: Duration = Duration::from_mins(1);
const SWEEP_ACTIONS: usize = 65_536;

/// Counts the actions of each holder in this process, by the algorithm of the limiter in Redis. The crate `governor`, which
/// counts requests, cannot tell what is left without counting.
#[derive(Debug, Default)]
pub struct LocalRateLimiter(Mutex<Holders>);

/// The holders that acted lately.
#[derive(Debug, Default)]
struct Holders {
    /// The time at which a holder's full burst is allowed again.
    full_at: HashMap<(RateHolder, Rate), Instant>,
    swept: Option<Instant>,
    /// The number of actions since the last sweep.
    actions: usize,
}

impl LocalRateLimiter {
    /// The number of holders with a counter, without those that could start a full burst.
    #[cfg(test)]
    pub(crate) fn remembered(&self) -> usize {
        let mut holders = self.holders();
        holders.sweep(Instant::now());
        holders.full_at.len()
    }

    fn holders(&self) -> MutexGuard<'_, Holders> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Holders {
    /// Counts one action, or returns the time until it is allowed.
    fn take(&mut self, holder: RateHolder, rate: &Rate, now: Instant) -> Result<(), Duration> {
        self.actions += 1;
        let is_due = self.swept.is_none_or(|swept| now - swept > SWEEP);
        if is_due || self.actions > SWEEP_ACTIONS {
            self.sweep(now);
        }
        let interval = rate.interval();
        let full_at = self.full_at.entry((holder, rate.clone())).or_insert(now);
        let full_in = full_at.saturating_duration_since(now);
        let allowed_in = full_in.saturating_sub(interval * (rate.burst.max(1) - 1));
        if !allowed_in.is_zero() {
            return Err(allowed_in);
        }
        *full_at = now + full_in + interval;
        Ok(())
    }

    /// Removes the holders that could start a full burst.
    fn sweep(&mut self, now: Instant) {
        self.full_at.retain(|_, full_at| *full_at > now);
        self.full_at.shrink_to_fit();
        self.swept = Some(now);
        self.actions = 0;
    }
}

#[async_trait]
impl RateLimiter for LocalRateLimiter {
    async fn take(&self, holder: RateHolder, rate: &Rate) -> Result<()> {
        let taken = self.holders().take(holder, rate, Instant::now());
        taken.map_err(|wait| rate.exceeded(holder, wait))
    }

    async fn window(&self, holder: RateHolder, rate: &Rate) -> RateWindow {
        let full_at = self.holders().full_at.get(&(holder, rate.clone())).copied();
        let left = full_at.map(|full_at| full_at.saturating_duration_since(Instant::now()));
        rate.window(left.unwrap_or_default())
    }
}
