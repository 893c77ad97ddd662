//! Announcements: each listener of an account receives each once, in every process.

use std::sync::Arc;

use futures::{StreamExt, stream::BoxStream};

use super::{TestRedis, id, in_time, until};
use crate::{
    adapter::{memory::LocalAnnouncements, redis::RedisAnnouncements},
    domain::AccountId,
    port::{Announcement, Announcements, SessionRenewal},
};

type Heard = BoxStream<'static, Announcement>;

/// Runs a case with two processes that share announcements: once with the same process twice, and then with two over
/// Redis.
async fn in_each(case: impl AsyncFn(Arc<dyn Announcements>, Arc<dyn Announcements>)) {
    let local = Arc::new(LocalAnnouncements::default());
    case(Arc::clone(&local) as _, local).await;
    if let Some(redis) = TestRedis::there() {
        case(connected(&redis).await, connected(&redis).await).await;
    }
}

/// A process whose subscription to the other processes is established.
async fn connected(redis: &TestRedis) -> Arc<RedisAnnouncements> {
    let announcements = RedisAnnouncements::start(redis.open(), &redis.tasks);
    // The reading task has not started yet, so its first announcement arrives after this call.
    let mut heard = announcements.listen_all();
    assert_eq!(next(&mut heard).await, Announcement::Missed);
    Arc::new(announcements)
}

async fn next(heard: &mut Heard) -> Announcement {
    in_time(heard.next()).await.unwrap()
}

fn an_announcement() -> Announcement {
    Announcement::RunQueued(id())
}

#[tokio::test]
async fn every_listener_of_an_account_receives_an_announcement_once() {
    in_each(async |one, other| {
        let (account, stranger) = (id(), id());
        let mut listeners: Vec<Heard> = vec![
            one.listen(account),
            other.listen(account),
            one.listen_all(),
            other.listen_all(),
        ];
        let mut elsewhere = other.listen(stranger);
        let announced = [
            Announcement::AgentChanged(id()),
            Announcement::KeyRevoked(id()),
            Announcement::SessionRenewed(SessionRenewal {
                old: id(),
                new: id(),
            }),
            an_announcement(),
        ];
        for announcement in announced {
            one.publish(account, announcement);
        }
        for heard in &mut listeners {
            for announcement in announced {
                assert_eq!(next(heard).await, announcement);
            }
        }
        // The messages after the three show that none arrived twice, and none in another account.
        let last = an_announcement();
        other.publish(stranger, last);
        assert_eq!(next(&mut elsewhere).await, last);
        assert_eq!(next(&mut listeners[2]).await, last);
        assert_eq!(next(&mut listeners[3]).await, last);
        other.publish(account, last);
        assert_eq!(next(&mut listeners[0]).await, last);
        assert_eq!(next(&mut listeners[1]).await, last);
    })
    .await;
}

#[tokio::test]
async fn a_slow_listener_is_notified_of_missed_announcements() {
    in_each(async |one, other| {
        let account: AccountId = id();
        let mut slow = other.listen(account);
        let mut last = other.listen_all();
        let announced: Vec<_> = (0..200).map(|_| an_announcement()).collect();
        for announcement in &announced {
            one.publish(account, *announcement);
        }
        while next(&mut last).await != announced[199] {}
        assert_eq!(next(&mut slow).await, Announcement::Missed);
        while next(&mut slow).await != announced[199] {}
    })
    .await;
}

#[tokio::test]
async fn during_a_redis_outage_a_process_receives_its_own_announcements_and_then_a_missed_notice() {
    let Some(redis) = TestRedis::there() else {
        return;
    };
    let there = connected(&redis).await;
    let (redis, network) = redis.forwarded().await;
    let cut_off = connected(&redis).await;
    let account = id();
    let mut others_hear = there.listen(account);
    let mut ours_hear = cut_off.listen(account);
    network.cut().await;
    let (ours, theirs) = (an_announcement(), an_announcement());
    cut_off.publish(account, ours);
    there.publish(account, theirs);
    assert_eq!(next(&mut ours_hear).await, ours);
    assert_eq!(next(&mut others_hear).await, theirs);
    until(async || cut_off.lost() == 1).await;
    network.mend();
    // Neither process can receive the other's announcements, and both are notified of that.
    assert_eq!(next(&mut ours_hear).await, Announcement::Missed);
    assert_eq!(next(&mut others_hear).await, Announcement::Missed);
    let after = an_announcement();
    cut_off.publish(account, after);
    assert_eq!(next(&mut others_hear).await, after);
    assert_eq!(next(&mut ours_hear).await, after);
    there.publish(account, after);
    assert_eq!(next(&mut ours_hear).await, after);
}

#[tokio::test]
async fn an_emptied_stream_is_detected() {
    let Some(redis) = TestRedis::there() else {
        return;
    };
    let (one, other) = (connected(&redis).await, connected(&redis).await);
    let account = id();
    let mut heard = other.listen(account);
    let before = an_announcement();
    one.publish(account, before);
    assert_eq!(next(&mut heard).await, before);
    let stream = redis.key("announcements");
    let gone: u8 = redis.ask(redis::cmd("DEL").arg(&stream)).await;
    assert_eq!(gone, 1);
    assert_eq!(next(&mut heard).await, Announcement::Missed);
    let after = an_announcement();
    one.publish(account, after);
    assert_eq!(next(&mut heard).await, after);
}

#[tokio::test]
async fn a_stream_trimmed_past_its_reader_is_detected() {
    let Some(redis) = TestRedis::there() else {
        return;
    };
    let one = connected(&redis).await;
    let mut heard = one.listen_all();
    // One script adds and trims, so that the reader sees only the remaining entries.
    let flood = "for i = 1, 600 do
            redis.call('XADD', KEYS[1], '*', 'from', ARGV[1], 'account', ARGV[1], 'is', ARGV[2])
        end
        return redis.call('XTRIM', KEYS[1], 'MAXLEN', 510)";
    let account: AccountId = id();
    let trimmed: u32 = redis
        .ask(
            redis::cmd("EVAL")
                .arg(flood)
                .arg(1)
                .arg(redis.key("announcements"))
                .arg(account.uuid().simple().to_string())
                .arg(serde_json::to_string(&an_announcement()).unwrap()),
        )
        .await;
    assert_eq!(trimmed, 90);
    let mut known = 0;
    while next(&mut heard).await != Announcement::Missed {
        known += 1;
    }
    assert_eq!(known, 500);
}

#[tokio::test]
async fn unknown_announcements_of_a_newer_version_are_skipped() {
    let Some(redis) = TestRedis::there() else {
        return;
    };
    let one = connected(&redis).await;
    let account: AccountId = id();
    let mut heard = one.listen(account);
    let text = account.uuid().simple().to_string();
    let known = an_announcement();
    let written = serde_json::to_string(&known).unwrap();
    for is in [r#"{"MoonChanged":"full"}"#, "nonsense", &written] {
        let mut entry = redis::cmd("XADD");
        entry.arg(redis.key("announcements")).arg("*");
        entry.arg("from").arg(&text).arg("account").arg(&text);
        let _: String = redis.ask(entry.arg("is").arg(is)).await;
    }
    assert_eq!(next(&mut heard).await, known);
}

#[tokio::test]
async fn the_tasks_end_with_the_announcements() {
    let Some(redis) = TestRedis::there() else {
        return;
    };
    drop(connected(&redis).await);
    redis.tasks.close();
    in_time(redis.tasks.wait()).await;
}
