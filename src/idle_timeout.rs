//! A timeout for many waits in a row that sets its timer only when it fires.

use std::{future::Future, pin::Pin, time::Duration};

use tokio::time::{Instant, Sleep};

/// Waits for one future after another, each with the same timeout.
pub struct IdleTimeout {
    each: Duration,
    /// Set for an earlier wait: setting it for each wait would cost more than most waits.
    alarm: Pin<Box<Sleep>>,
}

impl IdleTimeout {
    /// A timeout of `each` per wait.
    pub fn of(each: Duration) -> Self {
        Self {
            each,
            alarm: Box::pin(tokio::time::sleep(each)),
        }
    }

    /// The future's output, or `None` after the timeout; the future is then dropped.
    pub async fn with<T>(&mut self, what: impl Future<Output = T>) -> Option<T> {
        let deadline = Instant::now() + self.each;
        tokio::pin!(what);
        loop {
            tokio::select! {
                biased;
                done = &mut what => return Some(done),
                () = &mut self.alarm => {
                    let is_over = deadline <= Instant::now();
                    self.alarm.as_mut().reset(if is_over { Instant::now() + self.each } else { deadline });
                    if is_over {
                        return None;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, time::Duration};

    use tokio::time::{Instant, sleep};

    use super::IdleTimeout;

    #[tokio::test(start_paused = true)]
    async fn each_wait_has_all_of_its_time_and_no_more() {
        let second = Duration::from_secs(1);
        let mut timeout = IdleTimeout::of(2 * second);
        for _ in 0..3 {
            assert_eq!(timeout.with(sleep(second + second / 2)).await, Some(()));
        }
        for _ in 0..2 {
            let began = Instant::now();
            assert_eq!(timeout.with(pending::<()>()).await, None);
            assert_eq!(began.elapsed().as_secs(), 2);
        }
        assert_eq!(timeout.with(async { 7 }).await, Some(7));
    }
}
