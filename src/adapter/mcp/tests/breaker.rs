//! When a server is called, and when its circuit is open.

use std::{sync::Arc, time::Duration};

use reqwest::StatusCode;

use super::LIMITS;
use crate::{
    adapter::mcp::{
        McpLimits,
        circuit_breaker::{CircuitBreaker, CircuitBreakers},
        failure::{CallFailure, FailureEvidence, HttpFailure},
    },
    domain::McpServerId,
    error::{Error, Kind},
    port::{SystemClock, ToolHealth},
};

fn breaker(limits: McpLimits) -> (CircuitBreakers, McpServerId, Arc<CircuitBreaker>) {
    let breakers = CircuitBreakers::new(limits);
    let server = McpServerId::new(&SystemClock);
    let breaker = breakers.of_server(server);
    (breakers, server, breaker)
}

async fn fail(breaker: &Arc<CircuitBreaker>) {
    breaker
        .permit_call()
        .await
        .unwrap()
        .ended(Some(&CallFailure::lost()));
}

async fn refusal(breaker: &Arc<CircuitBreaker>) -> String {
    match breaker.permit_call().await {
        Ok(_) => panic!("it was let in"),
        Err(fault) => {
            assert!(!fault.may_have_happened && !fault.passes);
            assert_eq!(fault.evidence, FailureEvidence::Neutral);
            fault.message().to_owned()
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_circuit_opens_after_consecutive_failures_and_lets_one_trial_through() {
    let (breakers, server, breaker) = breaker(LIMITS);
    for _ in 0..4 {
        fail(&breaker).await;
    }
    let reason = "the last 4 calls failed: the tool's server broke off before it answered";
    assert_eq!(
        breakers.health(server),
        ToolHealth::Degraded(reason.to_owned())
    );
    fail(&breaker).await;
    let reason = "the last 5 calls failed: the tool's server broke off before it answered";
    assert_eq!(
        breakers.health(server),
        ToolHealth::Unavailable(reason.to_owned())
    );
    assert_eq!(
        refusal(&breaker).await,
        format!("{reason}; it is asked again in 31 s")
    );
    tokio::time::advance(Duration::from_secs(30)).await;
    // The tools are offered again, so that there is a trial.
    assert_eq!(
        breakers.health(server),
        ToolHealth::Degraded(reason.to_owned())
    );
    let trial = breaker.permit_call().await.unwrap();
    assert_eq!(
        refusal(&breaker).await,
        format!("{reason}; another call sees whether it is well again")
    );
    trial.ended(Some(&CallFailure::lost()));
    assert!(
        refusal(&breaker)
            .await
            .ends_with("it is asked again in 31 s")
    );
    tokio::time::advance(Duration::from_secs(30)).await;
    // A cancelled attempt reports nothing, and the next caller is the trial.
    drop(breaker.permit_call().await.unwrap());
    breaker.permit_call().await.unwrap().ended(None);
    assert_eq!(breakers.health(server), ToolHealth::Available);
    breaker.permit_call().await.unwrap().ended(None);
}

#[tokio::test(start_paused = true)]
async fn a_success_resets_the_failure_count() {
    let (breakers, server, breaker) = breaker(LIMITS);
    for _ in 0..3 {
        for _ in 0..4 {
            fail(&breaker).await;
        }
        breaker.permit_call().await.unwrap().ended(None);
    }
    assert_eq!(breakers.health(server), ToolHealth::Available);
}

#[tokio::test(start_paused = true)]
async fn a_callers_error_does_not_count_as_a_failure() {
    let (breakers, server, breaker) = breaker(LIMITS);
    for _ in 0..10 {
        let own = CallFailure::not_made(Error::unavailable("the token is refused"));
        breaker.permit_call().await.unwrap().ended(Some(&own));
    }
    assert_eq!(breakers.health(server), ToolHealth::Available);
}

#[tokio::test(start_paused = true)]
async fn a_refused_server_is_degraded_and_its_circuit_stays_closed() {
    let (breakers, server, breaker) = breaker(LIMITS);
    for _ in 0..10 {
        let status = HttpFailure::Status {
            status: StatusCode::UNAUTHORIZED,
            retry_after: None,
        };
        let refused = CallFailure::of_http(status);
        breaker.permit_call().await.unwrap().ended(Some(&refused));
        assert!(matches!(breakers.health(server), ToolHealth::Degraded(_)));
    }
    breaker.permit_call().await.unwrap().ended(None);
    assert_eq!(breakers.health(server), ToolHealth::Available);
}

#[tokio::test(start_paused = true)]
async fn a_listing_passes_an_open_circuit_and_does_not_hide_failing_calls() {
    let (breakers, server, breaker) = breaker(LIMITS);
    let lost = CallFailure::lost();
    for _ in 0..5 {
        breaker.permit_listing().await.unwrap().ended(Some(&lost));
    }
    assert!(matches!(
        breakers.health(server),
        ToolHealth::Unavailable(_)
    ));
    breaker.permit_listing().await.unwrap().ended(None);
    assert_eq!(breakers.health(server), ToolHealth::Available);
    for _ in 0..5 {
        breaker.permit_listing().await.unwrap().ended(None);
        fail(&breaker).await;
    }
    breaker.permit_listing().await.unwrap().ended(None);
    assert!(matches!(
        breakers.health(server),
        ToolHealth::Unavailable(_)
    ));
}

#[tokio::test(start_paused = true)]
async fn concurrent_calls_are_limited_and_others_wait() {
    let mut limits = LIMITS;
    limits.concurrent = 1;
    let (_, _, breaker) = breaker(limits);
    let first = breaker.permit_call().await.unwrap();
    assert_eq!(
        refusal(&breaker).await,
        "the tool's server is busy with 1 other calls; try again later"
    );
    let (second, ()) = tokio::join!(breaker.permit_call(), async { first.ended(None) });
    second.unwrap().ended(None);
}

#[tokio::test]
async fn calls_per_minute_are_limited() {
    let mut limits = LIMITS;
    limits.per_minute = 2;
    let (_, _, breaker) = breaker(limits);
    for _ in 0..2 {
        breaker.permit_call().await.unwrap().ended(None);
    }
    let fault = breaker.permit_call().await.err().unwrap();
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
