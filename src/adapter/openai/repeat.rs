//! Asks a provider again where that may help.

use std::time::Duration;

use super::failure::Failure;

/// A call is repeated at most this often.
const MOST_RETRIES: u32 = 2;
/// The first pause; each later one is twice as long, and up to half of it is left to chance.
const FIRST_PAUSE: Duration = Duration::from_millis(300);
/// A provider that asks for a longer pause than this is reported instead.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Makes the call until it succeeds, or until repeating it is no use.
pub(super) async fn repeat<T, F>(call: impl Fn() -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
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
