//! A token bucket: a number of messages per second, and a burst of twice as many.

use tokio::time::Instant;

/// The state of a client's bucket.
#[derive(Debug)]
pub(super) struct Rate {
    per_second: f64,
    left: f64,
    at: Instant,
}

impl Rate {
    /// A full bucket.
    pub(super) fn new(per_second: u32) -> Self {
        let per_second = f64::from(per_second);
        Self {
            per_second,
            left: per_second * 2.0,
            at: Instant::now(),
        }
    }

    /// Takes one token; false when the bucket is empty.
    pub(super) fn take(&mut self) -> bool {
        let now = Instant::now();
        let earned = now.duration_since(self.at).as_secs_f64() * self.per_second;
        self.left = (self.left + earned).min(self.per_second * 2.0) - 1.0;
        self.at = now;
        self.left >= 0.0
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Rate;

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_allowed_and_a_flood_is_not() {
        let mut rate = Rate::new(10);
        assert!((0..20).all(|_| rate.take()));
        assert!(!rate.take());
        tokio::time::advance(Duration::from_millis(300)).await;
        assert!((0..2).all(|_| rate.take()));
        assert!(!rate.take());
    }
}
