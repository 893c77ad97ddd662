//! Conformance tests for every implementation of [`RunLog`].

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{EventBody, Lease, RunEvent},
    error::{Kind, Result},
    port::{Append, EventPosition, RunLog},
};

/// Tests the whole contract of a run log. `lease` creates a run that was just claimed for the first time and returns
/// its lease; `claimed` returns the lease of a process that takes over such a run.
pub(crate) async fn of_run_log(
    log: &dyn RunLog,
    lease: impl AsyncFn() -> Lease,
    claimed: impl AsyncFn(Lease) -> Lease,
) {
    let lease = async || {
        let lease = lease().await;
        assert_eq!(log.open(&lease).await.unwrap(), 0);
        lease
    };
    what_is_appended_is_read_in_order(log, &lease).await;
    a_repeated_append_is_kept_once(log, &lease).await;
    an_owner_that_was_replaced_appends_nothing(log, &lease, &claimed).await;
    news_of_many_runs_come_together(log, &lease).await;
}

async fn what_is_appended_is_read_in_order(log: &dyn RunLog, lease: &impl AsyncFn() -> Lease) {
    let (one, other) = (lease().await, lease().await);
    assert_eq!(log.last_sequence(one.account, one.run).await.unwrap(), 0);
    let batch = [append(one, 1..=40), append(other, 1..=2)];
    assert_eq!(kept(log, &batch).await, [true, true]);
    assert!(kept(log, &[]).await.is_empty());
    assert_eq!(log.last_sequence(one.account, one.run).await.unwrap(), 40);
    assert_eq!(log.open(&other).await.unwrap(), 2);
    assert_eq!(read(log, one, 0).await, batch[0].events);
    assert_eq!(read(log, one, 17).await, batch[0].events[17..]);
    assert!(read(log, one, 40).await.is_empty());
    let first = log.read(position(one, 0), 1).await.unwrap();
    assert_eq!(first.first(), batch[0].events.first());
}

async fn a_repeated_append_is_kept_once(log: &dyn RunLog, lease: &impl AsyncFn() -> Lease) {
    let lease = lease().await;
    let (part, whole) = (append(lease, 1..=3), append(lease, 1..=6));
    assert_eq!(kept(log, &[part]).await, [true]);
    assert_eq!(kept(log, std::slice::from_ref(&whole)).await, [true]);
    assert_eq!(kept(log, std::slice::from_ref(&whole)).await, [true]);
    assert_eq!(read(log, lease, 0).await, whole.events);
}

async fn an_owner_that_was_replaced_appends_nothing(
    log: &dyn RunLog,
    lease: &impl AsyncFn() -> Lease,
    claimed: &impl AsyncFn(Lease) -> Lease,
) {
    let (stale, bystander) = (lease().await, lease().await);
    assert_eq!(kept(log, &[append(stale, 1..=3)]).await, [true]);
    let fresh = claimed(stale).await;
    assert_eq!(log.open(&fresh).await.unwrap(), 3);
    // even before the new owner has appended anything
    let batch = [append(stale, 4..=5), append(bystander, 1..=1)];
    assert_eq!(kept(log, &batch).await, [false, true]);
    assert_eq!(kept(log, &[append(fresh, 4..=4)]).await, [true]);
    assert_eq!(kept(log, &[append(stale, 5..=9)]).await, [false]);
    assert_eq!(
        log.last_sequence(fresh.account, fresh.run).await.unwrap(),
        4
    );
}

async fn news_of_many_runs_come_together(log: &dyn RunLog, lease: &impl AsyncFn() -> Lease) {
    let (one, other, silent) = (lease().await, lease().await, lease().await);
    let appended = [append(one, 1..=3), append(other, 1..=2)];
    assert_eq!(kept(log, &appended).await, [true, true]);
    let places = [position(one, 1), position(other, 0), position(silent, 0)];
    let news = log.news(&places, Duration::from_secs(30)).await.unwrap();
    let of = |lease: Lease, after| -> Vec<_> {
        let of_run = news.iter().filter(|event| event.run == lease.run);
        of_run
            .filter(|event| event.sequence > after)
            .cloned()
            .collect()
    };
    assert_eq!(of(one, 1), appended[0].events[1..]);
    assert_eq!(of(other, 0), appended[1].events);
    assert!(of(silent, 0).is_empty());
    let level = [position(one, 3), position(other, 2)];
    let nothing = log.news(&level, Duration::from_millis(1)).await.unwrap();
    assert!(
        nothing.iter().all(|event| event.sequence <= 3),
        "{nothing:?}"
    );
}

/// Whether each append was stored; the others were refused because of a newer owner.
async fn kept(log: &dyn RunLog, batch: &[Append]) -> Vec<bool> {
    let outcomes = log.append(batch).await;
    let kept = |outcome: &Result<()>| match outcome {
        Ok(()) => true,
        Err(error) => {
            assert_eq!(*error.kind(), Kind::Conflict, "{error:?}");
            false
        }
    };
    outcomes.iter().map(kept).collect()
}

async fn read(log: &dyn RunLog, lease: Lease, after: i64) -> Vec<Arc<RunEvent>> {
    log.read(position(lease, after), 1_000).await.unwrap()
}

fn position(lease: Lease, after: i64) -> EventPosition {
    EventPosition {
        account: lease.account,
        run: lease.run,
        after,
    }
}

/// An append of events with these sequences; each event is a text of one code point.
pub(crate) fn append(lease: Lease, sequences: impl IntoIterator<Item = i64>) -> Append {
    let event = |sequence: i64| {
        let letter = char::from_u32(0x1F400 + u32::try_from(sequence).unwrap()).unwrap();
        Arc::new(RunEvent {
            run: lease.run,
            sequence,
            at: DateTime::<Utc>::UNIX_EPOCH + TimeDelta::microseconds(sequence * 1_001),
            body: EventBody::TokenDelta {
                text: letter.to_string(),
                offset: sequence - 1,
                utf16_offset: 2 * (sequence - 1),
            },
        })
    };
    Append {
        lease,
        events: sequences.into_iter().map(event).collect(),
    }
}
