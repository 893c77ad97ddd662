//! The retry policy of requests and jobs: pauses that double and are randomised, so that callers do not return at the
//! same moment.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder, Retryable};
use tokio::time::Instant;

use super::OutgoingFailure;

/// How often and after which pauses a request is retried.
#[derive(Debug, Clone, Copy)]
pub struct RetryPolicy {
    /// The maximum number of retries after the first attempt.
    pub retries: usize,
    /// The pause before the first retry; each further one doubles. Up to as much again is added at random.
    pub first_pause: Duration,
    /// The maximum pause. A request is not retried when the other system asks for a longer one.
    pub longest_pause: Duration,
    /// No retry starts after this time.
    pub total: Option<Duration>,
}

impl RetryPolicy {
    /// Makes the request until it succeeds, or until a retry cannot help.
    pub async fn run<T, F>(&self, request: impl FnMut() -> F) -> Result<T, OutgoingFailure>
    where
        F: Future<Output = Result<T, OutgoingFailure>>,
    {
        let end = self.total.map(|total| Instant::now() + total);
        request
            .retry(self.pauses().with_max_times(self.retries))
            .when(|failure| failure.is_temporary)
            .adjust(|failure, pause| {
                // none when all retries were made
                let pause = pause?;
                // a part of the random pause is added, so that callers do not return at the same moment
                let wait = match failure.retry_after {
                    Some(asked) if asked > self.longest_pause => return None,
                    Some(asked) => asked + pause / 4,
                    None => pause,
                };
                let in_time = end.is_none_or(|end| Instant::now() + wait < end);
                in_time.then_some(wait)
            })
            .await
    }

    /// The pause after the given number of attempts, from 1.
    pub fn pause_after(&self, attempts: usize) -> Duration {
        let attempts = attempts.max(1);
        let mut pauses = self.pauses().with_max_times(attempts).build();
        pauses.nth(attempts - 1).unwrap_or(self.longest_pause)
    }

    fn pauses(&self) -> ExponentialBuilder {
        ExponentialBuilder::default()
            .with_min_delay(self.first_pause)
            .with_max_delay(self.longest_pause)
            .with_jitter()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    use tokio::time::Instant;

    use super::RetryPolicy;
    use crate::{error::Error, outgoing::OutgoingFailure};

    const POLICY: RetryPolicy = RetryPolicy {
        retries: 2,
        first_pause: Duration::from_millis(100),
        longest_pause: Duration::from_secs(5),
        total: None,
    };

    fn temporary() -> OutgoingFailure {
        OutgoingFailure::temporary(Error::unavailable("not now"))
    }

    /// The number of attempts of a request that always fails, and the time that they took.
    async fn attempts(
        policy: RetryPolicy,
        failure: impl Fn() -> OutgoingFailure,
    ) -> (usize, Duration) {
        let count = AtomicUsize::new(0);
        let began = Instant::now();
        let outcome: Result<(), _> = policy
            .run(|| {
                count.fetch_add(1, Ordering::Relaxed);
                std::future::ready(Err(failure()))
            })
            .await;
        assert!(outcome.is_err());
        (count.into_inner(), began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn only_temporary_failures_are_retried_and_not_forever() {
        let (count, took) = attempts(POLICY, temporary).await;
        assert_eq!(count, 3);
        assert!(took >= Duration::from_millis(300), "{took:?}");
        let permanent = || OutgoingFailure::permanent(Error::unavailable("never"));
        assert_eq!(attempts(POLICY, permanent).await.0, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_requested_pause_is_kept_unless_it_is_too_long() {
        let asks =
            |seconds| move || temporary().with_retry_after(Some(Duration::from_secs(seconds)));
        let (count, took) = attempts(POLICY, asks(4)).await;
        assert_eq!((count, took.as_secs()), (3, 8));
        assert_eq!(attempts(POLICY, asks(6)).await.0, 1);
        let bounded = RetryPolicy {
            total: Some(Duration::from_secs(6)),
            ..POLICY
        };
        assert_eq!(attempts(bounded, asks(4)).await.0, 2);
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        for (attempts, shortest) in [(1, 100), (2, 200), (3, 400)] {
            let pause = POLICY.pause_after(attempts);
            let shortest = Duration::from_millis(shortest);
            assert!(pause >= shortest && pause <= shortest * 2, "{pause:?}");
        }
        assert!(POLICY.pause_after(1_000) <= POLICY.longest_pause * 2);
    }
}
