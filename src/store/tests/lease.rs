//! Leases: one owner at a time, and another one when that owner is gone.

use std::slice::from_ref;

use chrono::TimeDelta;
use futures::future::join_all;
use uuid::Uuid;

use super::fixture::{
    a_claimed_run, an_account, an_agent, now, on_each_database, on_postgres, on_sqlite, opening,
    success,
};
use crate::{domain::RunStatus, store::Store};

const MINUTE: TimeDelta = TimeDelta::minutes(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_many_claimers_wins() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let exchange = opening(&tenant, &agent);
        tenant.accept(&exchange).await.unwrap();
        let conversation = exchange.run.conversation;
        let claims =
            (0..16).map(|_| tenant.claim_next(conversation, Uuid::now_v7(), now(), now() + MINUTE));
        let won: Vec<_> = join_all(claims)
            .await
            .into_iter()
            .filter_map(|claim| claim.unwrap())
            .collect();
        let [(lease, run)] = won.as_slice() else {
            panic!("{} claimers won", won.len());
        };
        assert_eq!((lease.epoch, lease.attempt), (1, 1));
        assert_eq!(run.status, RunStatus::Running);
        assert_eq!(
            tenant.runs_by_ids(&[lease.run]).await.unwrap(),
            from_ref(run)
        );
    })
    .await;
}

#[tokio::test]
async fn a_lapsed_lease_is_taken_over_and_its_owner_fenced() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let exchange = opening(&tenant, &agent);
        tenant.accept(&exchange).await.unwrap();
        let conversation = exchange.run.conversation;
        let begun = now();
        let owner = Uuid::now_v7();
        let claim = || tenant.claim_next(conversation, owner, begun, begun + MINUTE);
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
        assert_eq!(ended.usage, outcome.usage);
        assert_eq!(
            (ended.last_sequence, ended.finished_at),
            (Some(3), Some(outcome.at))
        );
    })
    .await;
}

#[tokio::test]
async fn a_lease_lapses_by_the_callers_clock_on_one_machine() {
    on_sqlite(&async |store: &Store| {
        store.migrate_up().await.unwrap();
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let lease = a_claimed_run(&tenant, &agent).await;
        let claim = |at| tenant.claim_next(lease.conversation, Uuid::now_v7(), at, at + MINUTE);
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
        // the owner's clock is an hour slow, and later right, and the others' an hour fast
        let exchange = opening(&tenant, &agent);
        tenant.accept(&exchange).await.unwrap();
        let conversation = exchange.run.conversation;
        let owner = Uuid::now_v7();
        let claim = |by, at| tenant.claim_next(conversation, by, at, at + MINUTE);
        let claimed = claim(owner, now() - hour).await.unwrap();
        let run = claimed.unwrap().0.run;
        for at in [now(), now() + hour] {
            assert_eq!(claim(Uuid::now_v7(), at).await.unwrap(), None);
            let work = store.platform().conversations_with_work(at, 10).await;
            assert_eq!(work.unwrap(), []);
            let renewed = store
                .platform()
                .renew_leases(owner, &[run], at, at + MINUTE)
                .await;
            assert_eq!(renewed.unwrap(), []);
        }
        // one that was renewed by a fast clock is not held for longer than it says
        let passed = now() + hour;
        let renewed = store
            .platform()
            .renew_leases(owner, &[run], passed, passed)
            .await;
        renewed.unwrap();
        let slow = claim(Uuid::now_v7(), now() - hour).await.unwrap();
        assert_eq!(slow.unwrap().0.epoch, 2);
    })
    .await;
}

#[tokio::test]
async fn a_run_that_its_owner_has_left_lapses_though_the_owner_lives() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let owner = Uuid::now_v7();
        let begun = now();
        let claim = async |conversation| {
            let claimed = tenant.claim_next(conversation, owner, begun, begun).await;
            claimed.unwrap().unwrap().0
        };
        let (left, kept) = (opening(&tenant, &agent), opening(&tenant, &agent));
        for exchange in [&left, &kept] {
            tenant.accept(exchange).await.unwrap();
        }
        let (left, kept) = (
            claim(left.run.conversation).await,
            claim(kept.run.conversation).await,
        );
        let renewed = store
            .platform()
            .renew_leases(owner, &[kept.run], begun, begun + MINUTE)
            .await;
        assert_eq!(renewed.unwrap(), []);
        let work = store.platform().conversations_with_work(begun, 10).await;
        assert_eq!(work.unwrap(), [(tenant.account, left.conversation)]);
    })
    .await;
}
