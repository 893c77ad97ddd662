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
    domain::AccountId,
    error::{Error, Result},
    port::{Rate, RateLimiter},
};

/// The interval at which idle accounts are removed.
const SWEEP: Duration = Duration::from_mins(1);

/// Counts the actions of each account in this process.
#[derive(Debug, Default)]
pub struct LocalRateLimiter {
    rates: Mutex<HashMap<Rate, Arc<Counted>>>,
}

/// The counters of one rate.
#[derive(Debug)]
struct Counted {
    accounts: DefaultKeyedRateLimiter<AccountId>,
    swept: Mutex<Instant>,
}

impl LocalRateLimiter {
    /// The number of accounts with a counter, without those that could start a full burst.
    #[cfg(test)]
    pub(crate) fn remembered(&self) -> usize {
        let rates = self.rates.lock().unwrap();
        for counted in rates.values() {
            counted.accounts.retain_recent();
        }
        rates.values().map(|counted| counted.accounts.len()).sum()
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
            accounts: DefaultKeyedRateLimiter::keyed(quota),
            swept: Mutex::new(Instant::now()),
        });
        rates.insert(rate.clone(), Arc::clone(&counted));
        Ok(counted)
    }
}

impl Counted {
    /// Removes idle accounts from time to time. One caller does this while the others continue.
    fn sweep(&self) {
        let Ok(mut swept) = self.swept.try_lock() else {
            return;
        };
        if swept.elapsed() > SWEEP {
            *swept = Instant::now();
            self.accounts.retain_recent();
            self.accounts.shrink_to_fit();
        }
    }
}

#[async_trait]
impl RateLimiter for LocalRateLimiter {
    async fn take(&self, account: AccountId, rate: &Rate) -> Result<()> {
        let counted = self.counted(rate)?;
        counted.sweep();
        counted
            .accounts
            .check_key(&account)
            .map_err(|refused| rate.exceeded(refused.wait_time_from(DefaultClock::default().now())))
    }
}
