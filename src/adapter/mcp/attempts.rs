//! Retries of calls: only of those that certainly did not reach the server, or that are safe to repeat.

use super::{failure::CallFailure, limits::McpLimits};
use crate::outgoing::RetryPolicy;

/// The result of `attempt`, retried within the limits. `may_repeat` allows a retry after the server may have acted.
pub(super) async fn repeated<T, A: Future<Output = Result<T, CallFailure>>>(
    limits: &McpLimits,
    may_repeat: bool,
    mut attempt: impl FnMut() -> A,
) -> Result<T, CallFailure> {
    let policy = RetryPolicy {
        retries: limits.retries,
        first_pause: limits.pause,
        longest_pause: limits.longest_pause,
        total: None,
    };
    let mut may_have_happened = false;
    for made in 0.. {
        let mut fault = match attempt().await {
            Ok(answer) => return Ok(answer),
            Err(fault) => fault,
        };
        may_have_happened |= fault.may_have_happened;
        let pause = fault
            .retry_after
            .unwrap_or_else(|| policy.pause_after(made + 1));
        let is_allowed = fault.passes && (may_repeat || !may_have_happened);
        if made >= limits.retries || !is_allowed || pause > limits.longest_pause {
            fault.may_have_happened = may_have_happened;
            return Err(fault);
        }
        tokio::time::sleep(pause).await;
    }
    Err(CallFailure::lost())
}
