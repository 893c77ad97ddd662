//! The cache: a value is returned until its time to live is over, in every process.

use std::{sync::Arc, time::Duration};

use super::{TestRedis, until};
use crate::{
    adapter::{memory::LocalCache, redis::RedisCache},
    port::Cache,
};

const BYTES: u64 = 1_000_000;
const HOUR: Duration = Duration::from_hours(1);
const MOMENT: Duration = Duration::from_millis(30);

/// Runs a case with two processes that share a cache: once with the same process twice, and then with two over Redis.
async fn in_each(case: impl AsyncFn(Arc<dyn Cache>, Arc<dyn Cache>)) {
    let local = Arc::new(LocalCache::new(BYTES));
    case(Arc::clone(&local) as _, local).await;
    if let Some(redis) = TestRedis::there() {
        case(Arc::new(cache(&redis)), Arc::new(cache(&redis))).await;
    }
}

fn cache(redis: &TestRedis) -> RedisCache {
    RedisCache::new(redis.open(), LocalCache::new(BYTES))
}

#[tokio::test]
async fn a_value_put_by_one_process_is_returned_in_others() {
    in_each(async |one, other| {
        assert_eq!(other.get("a").await, None);
        let value = b"\x00\xff not text".to_vec();
        one.put("a", value.clone(), HOUR).await;
        one.put("empty", Vec::new(), HOUR).await;
        for cache in [&one, &other, &other] {
            assert_eq!(cache.get("a").await, Some(value.clone()));
            assert_eq!(cache.get("empty").await, Some(Vec::new()));
            assert_eq!(cache.get("b").await, None);
        }
    })
    .await;
}

#[tokio::test]
async fn a_later_value_replaces_an_earlier_one() {
    in_each(async |one, other| {
        one.put("a", b"1".to_vec(), HOUR).await;
        one.put("a", b"2".to_vec(), HOUR).await;
        assert_eq!(one.get("a").await, Some(b"2".to_vec()));
        assert_eq!(other.get("a").await, Some(b"2".to_vec()));
    })
    .await;
}

#[tokio::test]
async fn a_value_expires_in_every_process() {
    in_each(async |one, other| {
        one.put("a", b"1".to_vec(), MOMENT).await;
        until(async || one.get("a").await.is_none() && other.get("a").await.is_none()).await;
        // A value that the second process copied from the first expires no later.
        one.put("b", b"1".to_vec(), Duration::from_secs(3)).await;
        let taken = other.get("b").await;
        until(async || other.get("b").await.is_none()).await;
        assert_eq!(taken, Some(b"1".to_vec()));
    })
    .await;
}

#[tokio::test]
async fn the_cached_bytes_of_a_process_are_bounded() {
    let cache = LocalCache::new(10_000);
    for number in 0..1_000 {
        cache.put(&format!("{number}"), vec![0; 100], HOUR).await;
    }
    until(async || {
        let mut held = 0;
        for number in 0..1_000 {
            held += usize::from(cache.get(&format!("{number}")).await.is_some());
        }
        held <= 100
    })
    .await;
}

#[tokio::test]
async fn the_entries_in_redis_are_bounded_and_no_key_returns_the_value_of_another() {
    let Some(redis) = TestRedis::there() else {
        return;
    };
    let (one, other) = (cache(&redis), cache(&redis));
    for number in 0..6_000 {
        let key = format!("key {number}");
        one.put(&key, key.clone().into_bytes(), HOUR).await;
    }
    one.put("large", vec![0; 40_000], HOUR).await;
    let mut found = 0;
    for number in 0..6_000 {
        let key = format!("key {number}");
        if let Some(value) = other.get(&key).await {
            assert_eq!(value, key.into_bytes());
            found += 1;
        }
    }
    assert!((2_000..=4_096).contains(&found), "{found}");
    assert_eq!(other.get("large").await, None);
}

#[tokio::test]
async fn during_a_redis_outage_a_process_uses_its_own_cache() {
    let Some(redis) = TestRedis::there() else {
        return;
    };
    let there = cache(&redis);
    there.put("theirs", b"1".to_vec(), HOUR).await;
    let (redis, network) = redis.forwarded().await;
    let cut_off = cache(&redis);
    network.cut().await;
    assert_eq!(cut_off.get("theirs").await, None);
    cut_off.put("ours", b"2".to_vec(), HOUR).await;
    assert_eq!(cut_off.get("ours").await, Some(b"2".to_vec()));
    assert_eq!(there.get("ours").await, None);
    network.mend();
    until(async || cut_off.get("theirs").await.is_some()).await;
}
