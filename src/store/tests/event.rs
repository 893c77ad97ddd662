//! The rows of the run log.

use std::sync::Arc;

use super::fixture::{
    a_claimed_run, an_account, an_agent, an_append, events, id, on_each_database, success,
};
use crate::{
    domain::{Lease, RunEvent},
    error::{Kind, Result},
    port::{Append, EventPosition},
    store::Store,
};

fn of(lease: Lease, events: Vec<RunEvent>) -> Append {
    let events = events.into_iter().map(Arc::new).collect();
    Append { lease, events }
}

/// Appends a batch; returns whether each was stored.
async fn append(store: &Store, batch: &[Append]) -> Vec<bool> {
    let outcomes = store.platform().append_events(batch).await;
    let kept = |outcome: &Result<()>| match outcome {
        Ok(()) => true,
        Err(error) => {
            assert_eq!(*error.kind(), Kind::Conflict, "{error:?}");
            false
        }
    };
    outcomes.iter().map(kept).collect()
}

fn plain(events: Vec<Arc<RunEvent>>) -> Vec<RunEvent> {
    events.into_iter().map(|event| (*event).clone()).collect()
}

#[tokio::test]
async fn events_are_read_back_unchanged() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let one = a_claimed_run(&tenant, &agent).await;
        let other = a_claimed_run(&tenant, &agent).await;
        assert_eq!(tenant.last_sequence(one.run).await.unwrap(), 0);
        let written = events(one.run, 1..=5);
        let batch = [
            of(one, written.clone()),
            of(other, events(other.run, 1..=2)),
        ];
        assert_eq!(append(store, &batch).await, [true, true]);
        assert!(append(store, &[]).await.is_empty());
        let all = tenant.events_after(one.run, 0, 100).await.unwrap();
        assert_eq!(plain(all), written);
        let some = tenant.events_after(one.run, 2, 100).await.unwrap();
        assert_eq!(plain(some), written[2..]);
        assert_eq!(tenant.last_sequence(one.run).await.unwrap(), 5);
        assert_eq!(tenant.last_sequence(other.run).await.unwrap(), 2);
        assert_eq!(tenant.last_sequence(id()).await.unwrap(), 0);
        let after = |lease: Lease, after| EventPosition {
            account: lease.account,
            run: lease.run,
            after,
        };
        let places = [after(one, 3), after(other, 2)];
        let news = store.platform().events_after_any(&places).await.unwrap();
        let news: Vec<_> = news
            .iter()
            .filter(|event| event.sequence > 3)
            .map(|event| (event.run, event.sequence))
            .collect();
        assert_eq!(news, [(one.run, 4), (one.run, 5)]);
    })
    .await;
}

#[tokio::test]
async fn a_repeated_append_is_stored_once() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let lease = a_claimed_run(&tenant, &agent).await;
        let all = events(lease.run, 1..=6);
        assert_eq!(append(store, &[of(lease, all[..3].to_vec())]).await, [true]);
        // The reply was lost, and later events were added to the batch.
        assert_eq!(append(store, &[of(lease, all.clone())]).await, [true]);
        assert_eq!(append(store, &[of(lease, all.clone())]).await, [true]);
        let read = tenant.events_after(lease.run, 0, 100).await.unwrap();
        assert_eq!(plain(read), all);
    })
    .await;
}

#[tokio::test]
async fn an_older_epoch_is_refused_and_others_are_not() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let good = a_claimed_run(&tenant, &agent).await;
        let stale = a_claimed_run(&tenant, &agent).await;
        let stale = Lease {
            epoch: stale.epoch - 1,
            ..stale
        };
        let batch = [
            of(stale, events(stale.run, 1..=3)),
            of(good, events(good.run, 1..=3)),
        ];
        assert_eq!(append(store, &batch).await, [false, true]);
        assert_eq!(tenant.last_sequence(stale.run).await.unwrap(), 0);
        assert_eq!(tenant.last_sequence(good.run).await.unwrap(), 3);
    })
    .await;
}

#[tokio::test]
async fn one_append_accepts_thousands_of_events() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let lease = a_claimed_run(&tenant, &agent).await;
        let many = of(lease, events(lease.run, 1..=9_000));
        assert_eq!(append(store, &[many]).await, [true]);
        assert_eq!(tenant.last_sequence(lease.run).await.unwrap(), 9_000);
    })
    .await;
}

#[tokio::test]
async fn events_of_a_run_cannot_be_appended_for_another_account() {
    on_each_database(async |store| {
        let (tenant, neighbour) = (an_account(store).await, an_account(store).await);
        let agent = an_agent(store, &tenant).await;
        let lease = a_claimed_run(&tenant, &agent).await;
        let forged = Lease {
            account: neighbour.account,
            ..lease
        };
        let forged = of(forged, events(lease.run, 1..=1));
        assert_eq!(append(store, &[forged]).await, [false]);
    })
    .await;
}

#[tokio::test]
async fn events_are_deleted_some_time_after_their_run_ended() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let ended = a_claimed_run(&tenant, &agent).await;
        let live = a_claimed_run(&tenant, &agent).await;
        let batch = [an_append(ended, 1..=3), an_append(live, 1..=3)];
        assert_eq!(append(store, &batch).await, [true, true]);
        let outcome = success(&ended, &agent);
        assert!(tenant.finish(&ended, &outcome).await.unwrap());
        let forget = async |before| store.platform().forget_events(before, 10).await.unwrap();
        assert_eq!(forget(outcome.at).await, 0);
        let later = outcome.at + chrono::TimeDelta::microseconds(1);
        assert!(forget(later).await > 0);
        assert_eq!(forget(later).await, 0);
        assert_eq!(tenant.last_sequence(ended.run).await.unwrap(), 0);
        assert_eq!(tenant.last_sequence(live.run).await.unwrap(), 3);
    })
    .await;
}
