//! Rate limits: a burst and then an even flow, for each account separately.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;

use super::{TestRedis, id};
use crate::{
    adapter::{memory::LocalRateLimiter, redis::RedisRateLimiter},
    domain::AccountId,
    error::Kind,
    port::{Rate, RateHolder, RateLimiter},
};

type Limiter = Arc<dyn RateLimiter>;

/// One permit per minute: no test takes that long.
const SLOW: Rate = Rate {
    name: "messages",
    per_minute: 1,
    burst: 3,
};

/// Runs a case with two processes that count together: once with the same process twice, and then with two over Redis.
async fn in_each(case: impl AsyncFn(Limiter, Limiter)) {
    let local = Arc::new(LocalRateLimiter::default());
    case(Arc::clone(&local) as _, local).await;
    if let Some(redis) = TestRedis::there() {
        case(limiter(&redis), limiter(&redis)).await;
    }
}

fn limiter(redis: &TestRedis) -> Limiter {
    Arc::new(RedisRateLimiter::new(redis.open()))
}

/// The time to wait of a refused request.
async fn refused(limiter: &Limiter, account: AccountId, rate: &Rate) -> Option<Duration> {
    let error = limiter
        .take(RateHolder::Account(account), rate)
        .await
        .err()?;
    match error.kind() {
        Kind::RateLimited(Some(wait)) => Some(*wait),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_burst_is_allowed_and_the_next_request_gets_retry_after() {
    in_each(async |one, other| {
        let account = id();
        for limiter in [&one, &other, &one] {
            assert_eq!(refused(limiter, account, &SLOW).await, None);
        }
        // A refused request is not counted: the time to wait does not grow.
        for limiter in [&one, &other, &one, &other] {
            let wait = refused(limiter, account, &SLOW).await.unwrap();
            assert!(wait <= SLOW.interval(), "{wait:?}");
            assert!(wait > SLOW.interval() / 2, "{wait:?}");
        }
        let other_rate = Rate {
            name: "calls",
            ..SLOW
        };
        assert_eq!(refused(&one, account, &other_rate).await, None);
        assert_eq!(refused(&one, id(), &SLOW).await, None);
    })
    .await;
}

#[tokio::test]
async fn what_is_left_is_told_without_counting() {
    in_each(async |one, other| {
        let holder = RateHolder::Account(id());
        for used in 0..=SLOW.burst {
            for limiter in [&one, &other, &one] {
                let window = limiter.window(holder, &SLOW).await;
                assert_eq!((window.limit, window.remaining), (3, 3 - used));
                let most = SLOW.interval() * used;
                assert!(window.resets_in <= most, "{window:?}");
                assert!(window.resets_in + SLOW.interval() / 2 > most, "{window:?}");
            }
            if used < SLOW.burst {
                one.take(holder, &SLOW).await.unwrap();
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_caller_that_waits_retry_after_is_admitted_once() {
    in_each(async |one, _| {
        let account = id();
        let rate = Rate {
            per_minute: 20,
            burst: 1,
            ..SLOW
        };
        assert_eq!(refused(&one, account, &rate).await, None);
        let wait = refused(&one, account, &rate).await.unwrap();
        // The tested promise is a duration.
        tokio::time::sleep(wait).await;
        assert_eq!(refused(&one, account, &rate).await, None);
        assert!(refused(&one, account, &rate).await.is_some());
    })
    .await;
}

#[tokio::test]
async fn of_many_concurrent_requests_exactly_the_burst_is_allowed() {
    in_each(async |one, other| {
        let account = id();
        let rate = Rate { burst: 20, ..SLOW };
        let all = (0..50).map(|number| refused([&one, &other][number % 2], account, &rate));
        let passed = join_all(all)
            .await
            .iter()
            .filter(|wait| wait.is_none())
            .count();
        assert_eq!(passed, 20);
    })
    .await;
}

#[tokio::test]
async fn a_rate_refusal_names_the_limit_and_the_remedy() {
    let limiter: Limiter = Arc::new(LocalRateLimiter::default());
    let account = id();
    for _ in 0..SLOW.burst {
        assert_eq!(refused(&limiter, account, &SLOW).await, None);
    }
    let error = limiter
        .take(RateHolder::Account(account), &SLOW)
        .await
        .unwrap_err();
    assert_eq!(
        error.message(),
        "too many messages: an account may have 1 a minute, 3 of them at once; try again in 60 s"
    );
}

#[tokio::test]
async fn the_state_of_an_idle_account_is_dropped() {
    let limiter = LocalRateLimiter::default();
    let fast = Rate {
        per_minute: 1_000_000,
        burst: 1,
        ..SLOW
    };
    for _ in 0..100 {
        limiter
            .take(RateHolder::Account(id()), &fast)
            .await
            .unwrap();
    }
    limiter
        .take(RateHolder::Account(id()), &SLOW)
        .await
        .unwrap();
    super::until(async || limiter.remembered() == 1).await;
}

#[tokio::test]
async fn keys_of_an_idle_account_expire_in_redis() {
    let Some(redis) = TestRedis::there() else {
        return;
    };
    let account: AccountId = id();
    limiter(&redis)
        .take(RateHolder::Account(account), &SLOW)
        .await
        .unwrap();
    let key = redis.key(&format!("{account}:rate:messages"));
    let left: i64 = redis.ask(redis::cmd("PTTL").arg(&key)).await;
    assert!((1..=60_000).contains(&left), "{left}");
}

#[tokio::test]
async fn during_a_redis_outage_each_process_limits_on_its_own() {
    let Some(redis) = TestRedis::there() else {
        return;
    };
    let (redis, network) = redis.forwarded().await;
    let limiter = limiter(&redis);
    let account = id();
    for _ in 0..SLOW.burst {
        assert_eq!(refused(&limiter, account, &SLOW).await, None);
    }
    assert!(refused(&limiter, account, &SLOW).await.is_some());
    network.cut().await;
    // The process has a count of its own: it allows some requests and refuses others.
    let mut passed = 0;
    while refused(&limiter, account, &SLOW).await.is_none() {
        passed += 1;
    }
    assert_eq!(passed, SLOW.burst);
    network.mend();
    // Redis counts again once it has another rate for the account.
    let back = Rate {
        name: "back",
        burst: 1_000_000,
        ..SLOW
    };
    let key = redis.key(&format!("{account}:rate:back"));
    super::until(async || {
        limiter
            .take(RateHolder::Account(account), &back)
            .await
            .unwrap();
        redis.ask(redis::cmd("EXISTS").arg(&key)).await
    })
    .await;
    assert!(refused(&limiter, account, &SLOW).await.is_some());
}
