//! Runs: one per message, one owner at a time, ended once.

use std::slice::from_ref;

use futures::future::join_all;
use uuid::Uuid;

use super::fixture::{
    CLASSES, a_claimed_run, an_account, an_agent, claimant, claimed_by, follow_up, id, now,
    on_each_database, opening, success,
};
use crate::{
    domain::{LatencyClass, RunError, RunStatus},
    error::ErrorCode,
    store::{Accepted, NewExchange, RunOutcome},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_concurrent_copies_of_a_message_make_one_run() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let exchanges: Vec<_> = (0..20)
            .map(|_| {
                let mut exchange = opening(&tenant, &agent);
                exchange.run.client_message_id = Some("k1".to_owned());
                exchange
            })
            .collect();
        let accepted = join_all(exchanges.iter().map(|exchange| tenant.accept(exchange))).await;
        let (run, question) = tenant
            .run_by_client_message(None, "k1")
            .await
            .unwrap()
            .unwrap();
        assert_eq!(question.id, run.question);
        let mut fresh = 0;
        for accepted in accepted {
            match accepted.unwrap() {
                Accepted::Fresh => fresh += 1,
                Accepted::Begun(..) => panic!("nobody was to begin it"),
                Accepted::Duplicate(first) => assert_eq!(first, run),
            }
        }
        assert_eq!(fresh, 1);
        let conversations = tenant
            .count_conversations(&crate::domain::ConversationFilter::default())
            .await;
        assert_eq!(conversations.unwrap(), 1);
        assert_eq!(tenant.count_messages(run.conversation).await.unwrap(), 1);
        assert_eq!(
            tenant.run_by_client_message(None, "k2").await.unwrap(),
            None
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_starts_on_acceptance_unless_its_conversation_has_an_unfinished_run() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let owner = claimant(Uuid::now_v7());
        let begun_by_owner = |exchange: NewExchange| NewExchange {
            claimant: Some(owner.clone()),
            ..exchange
        };
        let first = begun_by_owner(opening(&tenant, &agent));
        let Accepted::Begun(lease, run) = tenant.accept(&first).await.unwrap() else {
            panic!("nothing was before it");
        };
        assert_eq!((lease.epoch, lease.attempt, lease.tries), (1, 1, 1));
        assert_eq!(run.status, RunStatus::Running);
        assert_eq!(
            tenant.runs_by_ids(&[lease.run]).await.unwrap(),
            from_ref(&run)
        );
        let conversation = lease.conversation;
        // The run is owned: no other process may claim it, and its lease is measured like any other.
        let other = claimed_by(&tenant, conversation, Uuid::now_v7(), now()).await;
        assert_eq!(other.unwrap(), None);
        let renewed = store
            .platform()
            .renew_leases(&owner, &[lease.run], now())
            .await;
        assert_eq!(renewed.unwrap().get(&lease.run), Some(&false));
        // Several concurrent messages: none starts a run while one is being answered, and one does afterwards.
        let follow_ups = async |number| {
            let more: Vec<_> = (0..number)
                .map(|_| begun_by_owner(follow_up(&tenant, &agent, conversation)))
                .collect();
            join_all(more.iter().map(|exchange| tenant.accept(exchange))).await
        };
        for accepted in follow_ups(3).await {
            assert_eq!(accepted.unwrap(), Accepted::Fresh);
        }
        assert!(
            tenant
                .finish(&lease, &success(&lease, &agent))
                .await
                .unwrap()
        );
        for _ in 0..3 {
            let claimed = claimed_by(&tenant, conversation, owner.owner, now()).await;
            let (lease, _) = claimed.unwrap().unwrap();
            assert!(
                tenant
                    .finish(&lease, &success(&lease, &agent))
                    .await
                    .unwrap()
            );
        }
        let begun = follow_ups(5).await;
        let begun = begun
            .into_iter()
            .filter(|accepted| matches!(accepted, Ok(Accepted::Begun(..))));
        assert_eq!(begun.count(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_idempotency_key_starts_one_run_whichever_process_accepts_it() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let keyed = || {
            let mut exchange = opening(&tenant, &agent);
            exchange.run.client_message_id = Some("k".to_owned());
            exchange.claimant = Some(claimant(Uuid::now_v7()));
            exchange
        };
        let first = keyed();
        assert!(matches!(
            tenant.accept(&first).await.unwrap(),
            Accepted::Begun(..)
        ));
        assert!(matches!(
            tenant.accept(&keyed()).await.unwrap(),
            Accepted::Duplicate(run) if run.id == first.run.id
        ));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_many_claimers_wins() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let exchange = opening(&tenant, &agent);
        tenant.accept(&exchange).await.unwrap();
        let conversation = exchange.run.conversation;
        let claims = (0..16).map(|_| claimed_by(&tenant, conversation, Uuid::now_v7(), now()));
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
async fn messages_of_a_conversation_are_answered_one_after_another() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let lease = a_claimed_run(&tenant, &agent).await;
        let (second, third) = (
            follow_up(&tenant, &agent, lease.conversation),
            follow_up(&tenant, &agent, lease.conversation),
        );
        for exchange in [&third, &second] {
            tenant.accept(exchange).await.unwrap();
        }
        let claim = || claimed_by(&tenant, lease.conversation, Uuid::now_v7(), now());
        assert_eq!(claim().await.unwrap(), None);
        let failure = RunOutcome {
            status: RunStatus::Failed,
            answer: None,
            error: Some(RunError {
                code: ErrorCode::Unavailable,
                message: "no model".to_owned(),
                detail: Some("the provider's words".to_owned()),
            }),
            ..success(&lease, &agent)
        };
        assert!(tenant.finish(&lease, &failure).await.unwrap());
        assert_eq!(
            tenant.runs_by_ids(&[lease.run]).await.unwrap()[0].error,
            failure.error
        );
        let (next, _) = claim().await.unwrap().unwrap();
        assert_eq!(next.run, second.run.id);

        let runs = tenant
            .runs_after(lease.conversation, Some(lease.run), 10)
            .await
            .unwrap();
        assert_eq!(
            runs.iter().map(|run| run.id).collect::<Vec<_>>(),
            [second.run.id, third.run.id]
        );
        assert_eq!(
            tenant
                .runs_after(lease.conversation, None, 1)
                .await
                .unwrap()[0]
                .id,
            lease.run
        );
    })
    .await;
}

#[tokio::test]
async fn cancelling_ends_a_queued_run_and_requests_a_running_one_to_stop() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let owner = Uuid::now_v7();
        let exchange = opening(&tenant, &agent);
        tenant.accept(&exchange).await.unwrap();
        let (lease, _) = claimed_by(&tenant, exchange.run.conversation, owner, now())
            .await
            .unwrap()
            .unwrap();
        let queued = follow_up(&tenant, &agent, lease.conversation).run.id;
        assert_eq!(tenant.request_cancel(queued).await.unwrap(), None);
        let queued = follow_up(&tenant, &agent, lease.conversation);
        tenant.accept(&queued).await.unwrap();

        let platform = store.platform();
        let me = claimant(owner);
        let mine = platform
            .renew_leases(&me, &[lease.run], now())
            .await
            .unwrap();
        assert_eq!(mine, [(lease.run, false)].into());
        let asked = tenant.request_cancel(lease.run).await.unwrap().unwrap();
        assert!(asked.cancel_requested && asked.status == RunStatus::Running);
        let mine = platform
            .renew_leases(&me, &[lease.run], now())
            .await
            .unwrap();
        assert_eq!(mine, [(lease.run, true)].into());
        assert!(!tenant.cancel_queued(lease.run, 1, now()).await.unwrap());

        let at = now();
        assert!(tenant.cancel_queued(queued.run.id, 1, at).await.unwrap());
        let cancelled = tenant.request_cancel(queued.run.id).await.unwrap().unwrap();
        assert_eq!(
            (cancelled.status, cancelled.finished_at),
            (RunStatus::Cancelled, Some(at))
        );
        let stopped = RunOutcome {
            status: RunStatus::Cancelled,
            answer: None,
            ..success(&lease, &agent)
        };
        assert!(tenant.finish(&lease, &stopped).await.unwrap());
        let done = tenant.request_cancel(lease.run).await.unwrap().unwrap();
        assert_eq!(done.status, RunStatus::Cancelled);
    })
    .await;
}

#[tokio::test]
async fn unowned_runs_are_listed_as_work() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let platform = store.platform();
        let (one, other) = (opening(&tenant, &agent), opening(&tenant, &agent));
        tenant.accept(&other).await.unwrap();
        tenant.accept(&one).await.unwrap();
        let (one, other) = (one.run.conversation, other.run.conversation);
        tenant
            .accept(&follow_up(&tenant, &agent, one))
            .await
            .unwrap();
        let unfinished = async |most| tenant.account_for_message(most).await.unwrap().unfinished;
        assert_eq!([unfinished(10).await, unfinished(2).await], [3, 2]);
        let due = async |at| {
            let work = platform
                .conversations_with_work(&CLASSES, at, 10)
                .await
                .unwrap();
            work.into_iter()
                .map(|(_, conversation, _)| conversation)
                .collect::<Vec<_>>()
        };
        assert_eq!(due(now()).await, [one, other]);
        assert_eq!(
            platform
                .conversations_with_work(&CLASSES, now(), 1)
                .await
                .unwrap(),
            [(tenant.account, one, LatencyClass::Interactive)]
        );

        let (owner, begun) = (Uuid::now_v7(), now());
        let claimed = claimed_by(&tenant, one, owner, begun).await.unwrap();
        assert_eq!(due(begun).await, [other]);
        platform.release_leases(owner, begun).await.unwrap();
        assert_eq!(due(begun).await, [one, other]);

        let (lease, _) = claimed_by(&tenant, one, owner, begun)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(lease.epoch, claimed.unwrap().0.epoch + 1);
        tenant
            .finish(&lease, &success(&lease, &agent))
            .await
            .unwrap();
        assert_eq!(unfinished(10).await, 2);
        // The conversation's second message is now the oldest one that waits there.
        assert_eq!(due(begun).await.len(), 2);
        assert!(tenant.runs_by_ids(&[id()]).await.unwrap().is_empty());
    })
    .await;
}
