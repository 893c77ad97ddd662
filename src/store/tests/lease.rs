//! Leases: one owner at a time, measured by one clock, and accounts in turn.

use chrono::TimeDelta;
use uuid::Uuid;

use super::fixture::{
    CLASSES, a_claimed_run, an_account, an_agent, claimant, claimed_by, now, on_each_database,
    on_postgres, on_sqlite, opening, success,
};
use crate::{
    domain::{LatencyClass, RunStatus},
    store::{AttemptCount, Claimant, NewExchange, Store},
};

const MINUTE: TimeDelta = TimeDelta::minutes(1);

#[tokio::test]
async fn an_expired_lease_is_taken_over_and_its_owner_fenced() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let exchange = opening(&tenant, &agent);
        tenant.accept(&exchange).await.unwrap();
        let conversation = exchange.run.conversation;
        let begun = now();
        let owner = Uuid::now_v7();
        let claim = || claimed_by(&tenant, conversation, owner, begun);
        let (first, _) = claim().await.unwrap().unwrap();
        assert_eq!(claim().await.unwrap(), None);
        store.platform().release_leases(owner, begun).await.unwrap();
        let (second, run) = claim().await.unwrap().unwrap();
        assert_eq!((second.epoch, second.attempt), (2, 2));
        assert_eq!(run.started_at, Some(begun));

        assert!(
            !tenant
                .finish(&first, &success(&first, &agent))
                .await
                .unwrap()
        );
        assert_eq!(tenant.count_messages(conversation).await.unwrap(), 1);
        assert_eq!(tenant.spending_since(begun).await.unwrap().tokens, 0);
        let outcome = success(&second, &agent);
        assert!(tenant.finish(&second, &outcome).await.unwrap());
        assert!(!tenant.finish(&second, &outcome).await.unwrap());
        let ended = tenant.runs_by_ids(&[second.run]).await.unwrap().remove(0);
        assert_eq!(ended.status, RunStatus::Succeeded);
        assert_eq!(ended.answer, outcome.answer.map(|answer| answer.id));
        assert_eq!(ended.usage.attempts, 2);
        assert_eq!(ended.usage.output_tokens, outcome.usage.output_tokens);
        assert_eq!(
            (ended.last_sequence, ended.finished_at),
            (Some(3), Some(outcome.at))
        );
    })
    .await;
}

#[tokio::test]
async fn on_sqlite_a_lease_expires_by_the_callers_clock() {
    on_sqlite(&async |store: &Store| {
        store.migrate_up().await.unwrap();
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let lease = a_claimed_run(&tenant, &agent).await;
        let claim = |at| claimed_by(&tenant, lease.conversation, Uuid::now_v7(), at);
        assert_eq!(claim(now() + MINUTE / 2).await.unwrap(), None);
        assert!(claim(now() + MINUTE * 2).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn a_live_lease_is_not_taken_over_by_a_process_whose_clock_is_wrong() {
    on_postgres(&async |store: &Store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let hour = TimeDelta::hours(1);
        // The owner's clock is one hour slow and later right, the others' clock is one hour fast.
        let exchange = opening(&tenant, &agent);
        tenant.accept(&exchange).await.unwrap();
        let conversation = exchange.run.conversation;
        let owner = Uuid::now_v7();
        let claim = |by, at| claimed_by(&tenant, conversation, by, at);
        let claimed = claim(owner, now() - hour).await.unwrap();
        let run = [claimed.unwrap().0.run];
        for at in [now(), now() + hour] {
            assert_eq!(claim(Uuid::now_v7(), at).await.unwrap(), None);
            let work = store
                .platform()
                .conversations_with_work(&CLASSES, at, 10)
                .await;
            assert_eq!(work.unwrap(), []);
            let renewed = store
                .platform()
                .renew_leases(&claimant(owner), &run, at)
                .await;
            assert_eq!(renewed.unwrap().values().collect::<Vec<_>>(), [&false]);
        }
        // A lease renewed by a fast clock lasts no longer than its duration.
        let passed = now() + hour;
        let short = Claimant {
            lease: TimeDelta::zero(),
            ..claimant(owner)
        };
        store
            .platform()
            .renew_leases(&short, &run, passed)
            .await
            .unwrap();
        let slow = claim(Uuid::now_v7(), now() - hour).await.unwrap();
        assert_eq!(slow.unwrap().0.epoch, 2);
    })
    .await;
}

#[tokio::test]
async fn accounts_are_served_in_turn_whatever_their_queue_lengths() {
    on_each_database(async |store| {
        let (flood, guest) = (an_account(store).await, an_account(store).await);
        for (tenant, messages) in [(&flood, 5), (&guest, 2)] {
            let agent = an_agent(store, tenant).await;
            for _ in 0..messages {
                tenant.accept(&opening(tenant, &agent)).await.unwrap();
            }
        }
        let platform = store.platform();
        let due = platform.conversations_with_work(&CLASSES, now(), 4).await;
        let accounts: Vec<_> = due
            .unwrap()
            .into_iter()
            .map(|(account, ..)| account)
            .collect();
        let of = |account| accounts.iter().filter(|one| **one == account).count();
        assert_eq!((of(flood.account), of(guest.account)), (2, 2));
    })
    .await;
}

#[tokio::test]
async fn a_run_is_claimed_only_by_processes_of_its_class() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let mut deep = opening(&tenant, &agent);
        deep.run.latency_class = LatencyClass::Deep;
        tenant.accept(&deep).await.unwrap();
        let conversation = deep.run.conversation;
        let web = Claimant {
            classes: vec![LatencyClass::Interactive],
            ..claimant(Uuid::now_v7())
        };
        let platform = store.platform();
        let work = async |class| {
            let work = platform.conversations_with_work(&[class], now(), 9).await;
            work.unwrap().len()
        };
        assert_eq!(work(LatencyClass::Interactive).await, 0);
        assert_eq!(work(LatencyClass::Deep).await, 1);
        assert_eq!(
            tenant.claim_next(conversation, &web, now()).await.unwrap(),
            None
        );
        let claimed = claimed_by(&tenant, conversation, Uuid::now_v7(), now()).await;
        let (lease, run) = claimed.unwrap().unwrap();
        assert_eq!(run.latency_class, LatencyClass::Deep);
        // a run that its worker has released is still not for the web role
        tenant
            .release_run(&lease, AttemptCount::Counted, now())
            .await
            .unwrap();
        assert_eq!(
            tenant.claim_next(conversation, &web, now()).await.unwrap(),
            None
        );
    })
    .await;
}

#[tokio::test]
async fn a_released_attempt_does_not_count() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let mut lease = a_claimed_run(&tenant, &agent).await;
        assert_eq!((lease.attempt, lease.tries), (1, 1));
        for (count, attempt, tries) in [
            (AttemptCount::NotCounted, 2, 1),
            (AttemptCount::Counted, 3, 2),
        ] {
            tenant.release_run(&lease, count, now()).await.unwrap();
            let next = claimed_by(&tenant, lease.conversation, Uuid::now_v7(), now()).await;
            lease = next.unwrap().unwrap().0;
            assert_eq!((lease.attempt, lease.tries), (attempt, tries));
        }
    })
    .await;
}

#[tokio::test]
async fn a_run_abandoned_by_a_live_owner_expires() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let owner = Uuid::now_v7();
        let (left, kept) = (opening(&tenant, &agent), opening(&tenant, &agent));
        for exchange in [&left, &kept] {
            tenant.accept(exchange).await.unwrap();
            let claim = claimed_by(&tenant, exchange.run.conversation, owner, now() - MINUTE).await;
            assert!(claim.unwrap().is_some());
        }
        let brief = Claimant {
            lease: TimeDelta::zero(),
            ..claimant(owner)
        };
        let platform = store.platform();
        let all = [left.run.id, kept.run.id];
        platform.renew_leases(&brief, &all, now()).await.unwrap();
        let renewed = platform
            .renew_leases(&claimant(owner), &[kept.run.id], now())
            .await;
        assert_eq!(renewed.unwrap(), [(kept.run.id, false)].into());
        let other = Uuid::now_v7();
        let claim =
            async |of: &NewExchange| claimed_by(&tenant, of.run.conversation, other, now()).await;
        assert!(claim(&left).await.unwrap().is_some());
        assert!(claim(&kept).await.unwrap().is_none());
    })
    .await;
}
