//! When a server is called, and when its circuit is open.

use std::{sync::Arc, time::Duration};

use super::LIMITS;
use crate::{
    adapter::mcp::{
        McpLimits,
        circuit_breaker::{CircuitBreaker, CircuitBreakers},
        failure::CallFailure,
    },
    domain::McpServerId,
    error::{Error, Kind},
    port::{SystemClock, ToolHealth},
};

fn gate(limits: McpLimits) -> (CircuitBreakers, McpServerId, Arc<CircuitBreaker>) {
    let gates = CircuitBreakers::new(limits);
    let server = McpServerId::new(&SystemClock);
    let gate = gates.of(server);
    (gates, server, gate)
}

async fn fail(gate: &Arc<CircuitBreaker>) {
    gate.enter()
        .await
        .unwrap()
        .ended(Some(&CallFailure::lost()));
}

async fn refusal(gate: &Arc<CircuitBreaker>) -> String {
    match gate.enter().await {
        Ok(_) => panic!("it was let in"),
        Err(fault) => {
            assert!(!fault.may_have_happened && !fault.passes && !fault.is_servers);
            fault.message().to_owned()
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_circuit_opens_after_consecutive_failures_and_lets_one_trial_through() {
    let (gates, server, gate) = gate(LIMITS);
    for _ in 0..4 {
        fail(&gate).await;
    }
    let reason = "the last 4 calls failed: the tool's server broke off before it answered";
    assert_eq!(
        gates.health(server),
        ToolHealth::Degraded(reason.to_owned())
    );
    fail(&gate).await;
    let reason = "the last 5 calls failed: the tool's server broke off before it answered";
    assert_eq!(
        gates.health(server),
        ToolHealth::Unavailable(reason.to_owned())
    );
    assert_eq!(
        refusal(&gate).await,
        format!("{reason}; it is asked again in 31 s")
    );
    tokio::time::advance(Duration::from_secs(30)).await;
    let trial = gate.enter().await.unwrap();
    assert_eq!(
        refusal(&gate).await,
        format!("{reason}; another call sees whether it is well again")
    );
    trial.ended(Some(&CallFailure::lost()));
    assert!(refusal(&gate).await.ends_with("it is asked again in 31 s"));
    tokio::time::advance(Duration::from_secs(30)).await;
    // A cancelled attempt reports nothing, and the next caller is the trial.
    drop(gate.enter().await.unwrap());
    gate.enter().await.unwrap().ended(None);
    assert_eq!(gates.health(server), ToolHealth::Available);
    gate.enter().await.unwrap().ended(None);
}

#[tokio::test(start_paused = true)]
async fn a_success_resets_the_failure_count() {
    let (gates, server, gate) = gate(LIMITS);
    for _ in 0..3 {
        for _ in 0..4 {
            fail(&gate).await;
        }
        gate.enter().await.unwrap().ended(None);
    }
    assert_eq!(gates.health(server), ToolHealth::Available);
}

#[tokio::test(start_paused = true)]
async fn a_callers_error_does_not_count_as_a_failure() {
    let (gates, server, gate) = gate(LIMITS);
    for _ in 0..10 {
        let own = CallFailure::not_made(Error::unavailable("the token is refused"));
        gate.enter().await.unwrap().ended(Some(&own));
    }
    assert_eq!(gates.health(server), ToolHealth::Available);
}

#[tokio::test(start_paused = true)]
async fn a_discovery_request_passes_an_open_circuit_and_can_close_it() {
    let (gates, server, gate) = gate(LIMITS);
    for _ in 0..5 {
        fail(&gate).await;
    }
    gate.enter_to_look().await.unwrap().ended(None);
    assert_eq!(gates.health(server), ToolHealth::Available);
}

#[tokio::test(start_paused = true)]
async fn concurrent_calls_are_limited_and_others_wait() {
    let mut limits = LIMITS;
    limits.concurrent = 1;
    let (_, _, gate) = gate(limits);
    let first = gate.enter().await.unwrap();
    assert_eq!(
        refusal(&gate).await,
        "the tool's server is busy with 1 other calls; try again later"
    );
    let (second, ()) = tokio::join!(gate.enter(), async { first.ended(None) });
    second.unwrap().ended(None);
}

#[tokio::test]
async fn calls_per_minute_are_limited() {
    let mut limits = LIMITS;
    limits.per_minute = 2;
    let (_, _, gate) = gate(limits);
    for _ in 0..2 {
        gate.enter().await.unwrap().ended(None);
    }
    let fault = gate.enter().await.err().unwrap();
    assert!(
        fault
            .message()
            .starts_with("the tool's server is asked more than 2 times a minute")
    );
    assert!(matches!(
        fault.into_error().kind(),
        Kind::RateLimited(Some(_))
    ));
}
