//! The run log in Redis fulfils the contract of a run log, and a cancelled wait ends.

use std::{env, time::Duration};

use uuid::Uuid;

use crate::{
    adapter::redis::{RedisConnection, RedisRunLog},
    domain::{AccountId, ConversationId, Lease, RunId, Secret},
    port::{EventPosition, RunLog, cases},
};

/// A log with a key prefix of its own, when `TROUPE_TEST_REDIS_URL` names a Redis.
#[expect(clippy::disallowed_methods, reason = "tests are told where a Redis is")]
fn a_log() -> Option<RedisRunLog> {
    let url = Secret::new(env::var("TROUPE_TEST_REDIS_URL").ok()?);
    let prefix = format!("test_{}", Uuid::now_v7().simple());
    let redis = RedisConnection::open(&url, &prefix).unwrap();
    Some(RedisRunLog::new(redis, Uuid::now_v7()))
}

fn a_lease() -> Lease {
    Lease {
        account: AccountId::from_uuid(Uuid::now_v7()),
        conversation: ConversationId::from_uuid(Uuid::now_v7()),
        run: RunId::from_uuid(Uuid::now_v7()),
        epoch: 1,
        attempt: 1,
        tries: 1,
    }
}

#[tokio::test]
async fn redis_is_a_run_log() {
    let Some(log) = a_log() else { return };
    let claimed = async |lease: Lease| Lease {
        epoch: lease.epoch + 1,
        ..lease
    };
    cases::of_run_log(&log, async || a_lease(), claimed).await;
}

#[tokio::test]
async fn an_abandoned_wait_delays_no_other_reader() {
    let Some(log) = a_log() else { return };
    let (lease, patience) = (a_lease(), Duration::from_mins(10));
    let places = [EventPosition {
        account: lease.account,
        run: lease.run,
        after: 0,
    }];
    log.open(&lease).await.unwrap();
    for _ in 0..3 {
        let given_up = tokio::time::timeout(Duration::from_millis(50), log.news(&places, patience));
        assert!(given_up.await.is_err());
    }
    let append = cases::append(lease, 1..=2);
    let (news, kept) = futures::join!(
        tokio::time::timeout(Duration::from_mins(1), log.news(&places, patience)),
        log.append(std::slice::from_ref(&append))
    );
    assert!(kept[0].is_ok());
    assert_eq!(news.unwrap().unwrap(), append.events);
}
