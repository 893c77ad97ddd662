//! Rate limits: a burst, then a steady rate, counted per account.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;

use super::{TestRedis, id};
use crate::{
    adapter::{memory::LocalRateLimiter, redis::RedisRateLimiter},
    domain::AccountId,
    error::Kind,
    port::{Rate, RateLimiter},
};

type Limiter = Arc<dyn RateLimiter>;

/// One action per minute: no test takes that long.
const SLOW: Rate = Rate {
    name: "messages",
    per_minute: 1,
    burst: 3,
};

/// Runs a case with two processes that count together: the same process twice, then two over Redis.
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

/// The time to wait when the action is refused.
async fn refused(limiter: &Limiter, account: AccountId, rate: &Rate) -> Option<Duration> {
    let error = limiter.take(account, rate).await.err()?;
    match error.kind() {
        Kind::RateLimited(Some(wait)) => Some(*wait),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_burst_passes_and_the_next_one_is_told_when_to_come_back() {
    in_each(async |one, other| {
        let account = id();
        for limiter in [&one, &other, &one] {
            assert_eq!(refused(limiter, account, &SLOW).await, None);
        }
        // a refused action is not counted, so the time to wait does not grow
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
async fn whoever_waits_as_long_as_told_is_let_in_once() {
    in_each(async |one, _| {
        let account = id();
        let rate = Rate {
            per_minute: 20,
            burst: 1,
            ..SLOW
        };
        assert_eq!(refused(&one, account, &rate).await, None);
        let wait = refused(&one, account, &rate).await.unwrap();
        // the test is about the time itself
        tokio::time::sleep(wait).await;
        assert_eq!(refused(&one, account, &rate).await, None);
        assert!(refused(&one, account, &rate).await.is_some());
    })
    .await;
}

#[tokio::test]
async fn of_many_at_once_exactly_the_burst_passes() {
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
async fn the_refusal_says_what_is_allowed_and_what_to_do() {
    let limiter: Limiter = Arc::new(LocalRateLimiter::default());
    let account = id();
    for _ in 0..SLOW.burst {
        assert_eq!(refused(&limiter, account, &SLOW).await, None);
    }
    let error = limiter.take(account, &SLOW).await.unwrap_err();
    assert_eq!(
        error.message(),
        "too many messages: an account may have 1 a minute, 3 of them at once; try again in 60 s"
    );
}

#[tokio::test]
async fn an_idle_account_is_forgotten() {
    let limiter = LocalRateLimiter::default();
    let fast = Rate {
        per_minute: 1_000_000,
        burst: 1,
        ..SLOW
    };
    for _ in 0..100 {
        limiter.take(id(), &fast).await.unwrap();
    }
    limiter.take(id(), &SLOW).await.unwrap();
    super::until(async || limiter.remembered() == 1).await;
}

#[tokio::test]
async fn nothing_stays_in_redis_of_an_idle_account() {
    let Some(redis) = TestRedis::there() else {
        return;
    };
    let account: AccountId = id();
    limiter(&redis).take(account, &SLOW).await.unwrap();
    let key = redis.key(&format!("{account}:rate:messages"));
    let left: i64 = redis.ask(redis::cmd("PTTL").arg(&key)).await;
    assert!((1..=60_000).contains(&left), "{left}");
}

#[tokio::test]
async fn while_redis_is_away_each_process_decides_alone() {
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
    // the process counts by itself: neither everything nor nothing is allowed
    let mut passed = 0;
    while refused(&limiter, account, &SLOW).await.is_none() {
        passed += 1;
    }
    assert_eq!(passed, SLOW.burst);
    network.mend();
    // Redis is back as soon as it has a key for another rate of the account
    let back = Rate {
        name: "back",
        burst: 1_000_000,
        ..SLOW
    };
    let key = redis.key(&format!("{account}:rate:back"));
    super::until(async || {
        limiter.take(account, &back).await.unwrap();
        redis.ask(redis::cmd("EXISTS").arg(&key)).await
    })
    .await;
    assert!(refused(&limiter, account, &SLOW).await.is_some());
}
