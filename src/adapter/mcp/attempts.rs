//! Calls that are made again: only those that certainly were not made, or that may be made twice.

use std::time::Duration;

use super::{fault::Fault, limits::McpLimits};

/// What `attempt` brings, asked again where that may help.
pub(super) async fn repeated<T, A: Future<Output = Result<T, Fault>>>(
    limits: &McpLimits,
    may_repeat: bool,
    mut attempt: impl FnMut() -> A,
) -> Result<T, Fault> {
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
    Err(Fault::lost())
}

/// A random part of a time that doubles, so that many callers do not come back at once.
fn pause(limits: &McpLimits, made: u32) -> Duration {
    let whole = limits.pause.saturating_mul(2_u32.saturating_pow(made));
    whole.mul_f64(rand::random_range(0.5..1.0))
}
