//! Circuits of models: open after failures in a row, one trial after a pause, closed after a success.

use std::{sync::Arc, time::Duration};

use super::{TestRedis, until};
use crate::{
    adapter::{memory::LocalCircuits, redis::RedisCircuits},
    live::Live,
    port::{CircuitLimits, CircuitState, CircuitTransitions, Circuits},
};

type Shared = Arc<dyn Circuits>;

const MODEL: &str = "mini";

/// A rest that no test waits for.
const LONG: CircuitLimits = CircuitLimits {
    failures: 3,
    rest: Duration::from_hours(1),
};
const SHORT: CircuitLimits = CircuitLimits {
    failures: 3,
    rest: Duration::from_secs(1),
};

/// Runs a case with two processes: once with the same process twice, and then with two over Redis.
async fn in_each(limits: CircuitLimits, case: impl AsyncFn(Shared, Shared)) {
    let local = Arc::new(LocalCircuits::new(limits));
    case(Arc::clone(&local) as _, local).await;
    if let Some(redis) = TestRedis::there() {
        case(circuits(&redis, limits), circuits(&redis, limits)).await;
    }
}

fn circuits(redis: &TestRedis, limits: CircuitLimits) -> Shared {
    let models = Live::new(vec![MODEL.to_owned()]);
    Arc::new(RedisCircuits::start(
        redis.open(),
        limits,
        models,
        &redis.tasks,
    ))
}

fn is_open(circuits: &Shared) -> bool {
    matches!(circuits.state(MODEL), CircuitState::Open { .. })
}

fn is_closed(circuits: &Shared) -> bool {
    matches!(circuits.state(MODEL), CircuitState::Closed { failures: 0 })
}

#[tokio::test]
async fn failures_of_all_processes_open_the_circuit_of_all() {
    in_each(LONG, async |one, other| {
        one.fail(MODEL, "first").await;
        other.fail(MODEL, "second").await;
        assert_eq!(other.state(MODEL), CircuitState::Closed { failures: 2 });
        one.fail(MODEL, "third").await;
        let CircuitState::Open { left, reason } = one.state(MODEL) else {
            panic!("{:?}", one.state(MODEL));
        };
        assert!(left > LONG.rest / 2 && left <= LONG.rest, "{left:?}");
        assert_eq!(reason, "third");
        until(async || is_open(&other)).await;
        assert!(!other.begin_trial(MODEL).await, "the rest is not over");
        // a request that began before does not keep it open for longer
        other.fail(MODEL, "late").await;
        assert!(is_open(&other));
        one.succeed(MODEL).await;
        assert!(is_closed(&one));
        until(async || is_closed(&other)).await;
    })
    .await;
}

#[tokio::test]
async fn a_success_ends_the_streak() {
    in_each(LONG, async |one, _| {
        for _ in 0..4 {
            one.fail(MODEL, "now and then").await;
            one.fail(MODEL, "now and then").await;
            one.succeed(MODEL).await;
        }
        assert!(is_closed(&one));
        assert_eq!(one.transitions(MODEL), CircuitTransitions::default());
    })
    .await;
}

#[tokio::test]
async fn one_process_tries_a_circuit_whose_rest_is_over() {
    in_each(SHORT, async |one, other| {
        for _ in 0..3 {
            one.fail(MODEL, "down").await;
        }
        let is_half_open =
            |circuits: &Shared| matches!(circuits.state(MODEL), CircuitState::HalfOpen { .. });
        until(async || is_half_open(&one) && is_half_open(&other)).await;
        let tried = [one.begin_trial(MODEL).await, other.begin_trial(MODEL).await];
        assert_eq!(tried, [true, false]);
        one.fail(MODEL, "still down").await;
        assert!(is_open(&one));
        until(async || is_half_open(&one)).await;
        assert!(one.begin_trial(MODEL).await);
        one.pass_trial(MODEL).await;
        assert_eq!(one.state(MODEL), CircuitState::Closed { failures: 2 });
        // the answer of the trial breaks off
        one.fail(MODEL, "down again").await;
        assert!(is_open(&one));
        let CircuitTransitions {
            opened,
            half_opened,
            closed,
        } = one.transitions(MODEL);
        assert_eq!((opened, half_opened, closed), (3, 2, 1));
    })
    .await;
}

#[tokio::test]
async fn without_redis_each_process_decides_alone() {
    let Some(redis) = TestRedis::there() else {
        return;
    };
    let (redis, forwarder) = redis.forwarded().await;
    let circuits = circuits(&redis, LONG);
    circuits.fail(MODEL, "before").await;
    forwarder.cut().await;
    circuits.fail(MODEL, "during").await;
    circuits.fail(MODEL, "during").await;
    assert!(is_open(&circuits));
}
