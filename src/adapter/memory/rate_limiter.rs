//! Rate limits within one process.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use governor::{
    DefaultKeyedRateLimiter, Quota,
    clock::{Clock as _, DefaultClock},
};

use crate::{
    error::{Error, Result},
    port::{Rate, RateHolder, RateLimiter},
};

/// The interval at which idle holders are removed.
const SWEEP: Duration = Duration::from_mins(1);

/// Counts the actions of each holder in this process.
#[derive(Debug, Default)]
pub struct LocalRateLimiter {
    rates: Mutex<HashMap<Rate, Arc<Counted>>>,
}

/// The counters of one rate.
#[derive(Debug)]
struct Counted {
    holders: DefaultKeyedRateLimiter<RateHolder>,
    swept: Mutex<Instant>,
}

impl LocalRateLimiter {
    /// The number of holders with a counter, without those that could start a full burst.
    #[cfg(test)]
    pub(crate) fn remembered(&self) -> usize {
        let rates = self.rates.lock().unwrap();
        for counted in rates.values() {
            counted.holders.retain_recent();
        }
        rates.values().map(|counted| counted.holders.len()).sum()
    }

    fn counted(&self, rate: &Rate) -> Result<Arc<Counted>> {
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(counted) = rates.get(rate) {
            return Ok(Arc::clone(counted));
        }
        let burst = NonZeroU32::new(rate.burst).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(rate.interval())
            .ok_or_else(|| Error::internal("counting at a rate without an interval"))?
            .allow_burst(burst);
        let counted = Arc::new(Counted {
            holders: DefaultKeyedRateLimiter::keyed(quota),
            swept: Mutex::new(Instant::now()),
        });
        rates.insert(rate.clone(), Arc::clone(&counted));
        Ok(counted)
    }
}

impl Counted {
    /// Removes idle holders from time to time. One caller does this while the others continue.
    fn sweep(&self) {
        let Ok(mut swept) = self.swept.try_lock() else {
            return;
        };
        if swept.elapsed() > SWEEP {
            *swept = Instant::now();
            self.holders.retain_recent();
            self.holders.shrink_to_fit();
        }
    }
}

#[async_trait]
impl RateLimiter for LocalRateLimiter {
    async fn take(&self, holder: RateHolder, rate: &Rate) -> Result<()> {
        let counted = self.counted(rate)?;
        counted.sweep();
        counted.holders.check_key(&holder).map_err(|refused| {
            let wait = refused.wait_time_from(DefaultClock::default().now());
            rate.exceeded(holder, wait)
        })
    }
}
