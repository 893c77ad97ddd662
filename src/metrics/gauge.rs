//! A number of things that exist at present.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Counts things while they exist. Clones share the count.
#[derive(Debug, Clone, Default)]
pub struct LiveGauge(Arc<AtomicU64>);

/// Counts one thing until it is dropped.
#[derive(Debug)]
pub struct LiveGaugeGuard(LiveGauge);

impl LiveGauge {
    /// Counts one more until the guard is dropped.
    pub fn enter(&self) -> LiveGaugeGuard {
        self.0.fetch_add(1, Ordering::Relaxed);
        LiveGaugeGuard(self.clone())
    }

    /// The present number.
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for LiveGaugeGuard {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}
