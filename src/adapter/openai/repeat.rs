//! Retries requests to a provider where that can help.

use std::time::Duration;

use super::failure::ProviderFailure;

/// The maximum number of retries of a request.
const MOST_RETRIES: u32 = 2;
/// The pause before the first retry, doubled for each further one. Up to half of it is random.
const FIRST_PAUSE: Duration = Duration::from_millis(300);
/// The maximum pause. A provider that asks for a longer one is not retried.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Makes the request until it succeeds, or until a retry cannot help.
pub(super) async fn repeat<T, F>(call: impl Fn() -> F) -> Result<T, ProviderFailure>
where
    F: Future<Output = Result<T, ProviderFailure>>,
{
    let mut pause = FIRST_PAUSE;
    for _ in 0..MOST_RETRIES {
        let failure = match call().await {
            Ok(answer) => return Ok(answer),
            Err(failure) => failure,
        };
        let wait = failure
            .retry_after
            .unwrap_or_else(|| pause.mul_f64(1.0 - rand::random::<f64>() / 2.0));
        if !failure.repeatable || wait > LONGEST_PAUSE {
            return Err(failure);
        }
        tokio::time::sleep(wait).await;
        pause *= 2;
    }
    call().await
}
