//! Retries of calls: only of those that certainly did not reach the server, or that are safe to repeat.

use std::time::Duration;

use super::{failure::CallFailure, limits::McpLimits};

/// The result of `attempt`, retried within the limits. `may_repeat` allows a retry after the server may have acted.
pub(super) async fn repeated<T, A: Future<Output = Result<T, CallFailure>>>(
    limits: &McpLimits,
    may_repeat: bool,
    mut attempt: impl FnMut() -> A,
) -> Result<T, CallFailure> {
    let mut may_have_happened = false;
    for made in 0.. {
        let mut fault = match attempt().await {
            Ok(answer) => return Ok(answer),
            Err(fault) => fault,
        };
        may_have_happened |= fault.may_have_happened;
        let pause = fault.retry_after.unwrap_or_else(|| pause(limits, made));
        let is_allowed = fault.passes && (may_repeat || !may_have_happened);
        if made >= limits.retries || !is_allowed || pause > limits.longest_pause {
            fault.may_have_happened = may_have_happened;
            return Err(fault);
        }
        tokio::time::sleep(pause).await;
    }
    Err(CallFailure::lost())
}

/// A random part of an exponentially growing pause, so that many callers do not retry at the same moment.
fn pause(limits: &McpLimits, made: u32) -> Duration {
    let whole = limits.pause.saturating_mul(2_u32.saturating_pow(made));
    whole.mul_f64(rand::random_range(0.5..1.0))
}
