//! Tool calls that wait for approval: each decision counts once, and a run continues after the last one.

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::{
    fixture::{
        CLASSES, an_account, claimed_by, entries_of, first, note, now, on_each_database, success,
    },
    journal::{HOUR, a_claimed_step},
};
use crate::{
    domain::{ApprovalFilter, AuditNote, RunStatus, ToolCall, ToolCallStatus, arguments_digest},
    store::{Decision, DecisionOutcome},
};

fn decision(call: &ToolCall, approve: bool, at: DateTime<Utc>) -> Decision {
    Decision {
        call: call.id,
        approve,
        digest: call.digest.clone(),
        by: "key".to_owned(),
        error: (!approve).then(|| "no".to_owned()),
        at,
    }
}

#[tokio::test]
async fn a_run_awaiting_approval_is_unowned_until_the_last_decision() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let waiting = [ToolCallStatus::AwaitingApproval; 2];
        let (_, lease, calls) = a_claimed_step(store, &tenant, &waiting).await;
        assert!(tenant.park(&lease, now()).await.unwrap());
        let due = async || {
            let later = now() + HOUR;
            let due = store
                .platform()
                .conversations_with_work(&CLASSES, later, 9)
                .await
                .unwrap();
            due.len()
        };
        assert_eq!(due().await, 0);
        assert_eq!(
            claimed_by(&tenant, lease.conversation, Uuid::now_v7(), now())
                .await
                .unwrap(),
            None
        );
        assert_eq!(
            tenant
                .count_pending_calls(ApprovalFilter::default(), now())
                .await
                .unwrap(),
            2
        );

        let yes = decision(&calls[0], true, now());
        let (one, two) = tokio::join!(tenant.decide(&yes, note()), tenant.decide(&yes, note()));
        let counted = [one.unwrap(), two.unwrap()];
        let replays = counted
            .iter()
            .filter(|decided| **decided == DecisionOutcome::NotWaiting(ToolCallStatus::Running));
        assert_eq!(replays.count(), 1);
        assert_eq!(due().await, 0);

        let no = decision(&calls[1], false, now());
        assert!(matches!(
            tenant.decide(&no, note()).await.unwrap(),
            DecisionOutcome::Yes(..)
        ));
        assert_eq!(due().await, 1);
        let (next, run) = claimed_by(&tenant, lease.conversation, Uuid::now_v7(), now())
            .await
            .unwrap()
            .unwrap();
        // Waiting does not count as an attempt.
        assert_eq!((next.attempt, next.tries), (2, 1));
        assert_eq!(run.status, RunStatus::Running);
        let now_are = tenant.calls_of_runs(&[lease.run]).await.unwrap();
        assert_eq!(now_are[0].status, ToolCallStatus::Running);
        assert_eq!(now_are[0].resolved_by.as_deref(), Some("key"));
        assert_eq!(
            (now_are[1].status, now_are[1].error.as_deref()),
            (ToolCallStatus::Denied, Some("no"))
        );
    })
    .await;
}

#[tokio::test]
async fn a_late_decision_or_one_for_other_arguments_changes_nothing() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let (_, _, calls) =
            a_claimed_step(store, &tenant, &[ToolCallStatus::AwaitingApproval]).await;
        let other = Decision {
            digest: arguments_digest(&json!({})),
            ..decision(&calls[0], true, now())
        };
        assert_eq!(
            tenant.decide(&other, note()).await.unwrap(),
            DecisionOutcome::OtherArguments
        );
        let late = decision(&calls[0], true, now() + HOUR * 2);
        assert!(matches!(
            tenant.decide(&late, note()).await.unwrap(),
            DecisionOutcome::TooLate(_)
        ));
        assert_eq!(tenant.calls_by_ids(&[calls[0].id]).await.unwrap(), calls);
    })
    .await;
}

#[tokio::test]
async fn a_run_with_a_stop_request_does_not_wait_for_approval() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let (_, lease, _) =
            a_claimed_step(store, &tenant, &[ToolCallStatus::AwaitingApproval]).await;
        tenant.request_cancel(lease.run).await.unwrap();
        assert!(tenant.park(&lease, now()).await.unwrap());
        let next = claimed_by(&tenant, lease.conversation, Uuid::now_v7(), now()).await;
        assert!(next.unwrap().unwrap().1.cancel_requested);
    })
    .await;
}

#[tokio::test]
async fn a_decision_made_before_the_run_is_suspended_keeps_it_running() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let (_, lease, calls) =
            a_claimed_step(store, &tenant, &[ToolCallStatus::AwaitingApproval]).await;
        let yes = decision(&calls[0], true, now());
        assert!(matches!(
            tenant.decide(&yes, note()).await.unwrap(),
            DecisionOutcome::Yes(..)
        ));
        assert!(!tenant.park(&lease, now()).await.unwrap());
        assert!(tenant.begin_call(&lease, &calls[0], now()).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn an_expired_call_is_closed_and_its_run_continues() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let (_, lease, calls) =
            a_claimed_step(store, &tenant, &[ToolCallStatus::AwaitingApproval]).await;
        assert!(tenant.park(&lease, now()).await.unwrap());
        assert!(
            store
                .platform()
                .overdue_calls(now(), 9)
                .await
                .unwrap()
                .is_empty()
        );
        assert_eq!(
            tenant
                .expire_call(calls[0].id, "late", note())
                .await
                .unwrap(),
            None
        );
        let later = now() + HOUR * 2;
        assert_eq!(
            store.platform().overdue_calls(later, 9).await.unwrap(),
            calls
        );
        let at_that_time = AuditNote {
            at: later,
            ..note()
        };
        let place = tenant
            .expire_call(calls[0].id, "late", at_that_time.clone())
            .await
            .unwrap();
        assert_eq!(place.unwrap().conversation, lease.conversation);
        assert_eq!(
            tenant
                .expire_call(calls[0].id, "late", at_that_time)
                .await
                .unwrap(),
            None
        );
        assert!(
            claimed_by(&tenant, lease.conversation, Uuid::now_v7(), later)
                .await
                .unwrap()
                .is_some()
        );
    })
    .await;
}

#[tokio::test]
async fn the_end_of_a_run_closes_its_tool_calls() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let open = [
            ToolCallStatus::AwaitingApproval,
            ToolCallStatus::Running,
            ToolCallStatus::Running,
        ];
        let (agent, lease, calls) = a_claimed_step(store, &tenant, &open).await;
        assert!(tenant.begin_call(&lease, &calls[2], now()).await.unwrap());
        let outcome = crate::store::RunOutcome {
            has_calls: true,
            ..success(&lease, &agent)
        };
        assert!(tenant.finish(&lease, &outcome).await.unwrap());
        let ended = tenant.calls_of_runs(&[lease.run]).await.unwrap();
        let statuses: Vec<_> = ended.iter().map(|call| call.status).collect();
        assert_eq!(
            statuses,
            [
                ToolCallStatus::Expired,
                ToolCallStatus::Expired,
                ToolCallStatus::Unknown
            ]
        );
        assert!(ended[2].error.as_deref().unwrap().starts_with("unknown"));
        assert_eq!(
            tenant
                .count_pending_calls(ApprovalFilter::default(), now())
                .await
                .unwrap(),
            0
        );
    })
    .await;
}

#[tokio::test]
async fn calls_of_another_account_are_not_found() {
    on_each_database(async |store| {
        let (tenant, stranger) = (an_account(store).await, an_account(store).await);
        let (_, lease, calls) =
            a_claimed_step(store, &tenant, &[ToolCallStatus::AwaitingApproval]).await;
        assert!(
            stranger
                .calls_by_ids(&[calls[0].id])
                .await
                .unwrap()
                .is_empty()
        );
        assert!(
            stranger
                .calls_of_runs(&[lease.run])
                .await
                .unwrap()
                .is_empty()
        );
        assert!(stranger.steps_of(lease.run).await.unwrap().is_empty());
        assert!(
            stranger
                .pending_calls(ApprovalFilter::default(), now(), &first(9))
                .await
                .unwrap()
                .items
                .is_empty()
        );
        let yes = decision(&calls[0], true, now());
        assert_eq!(
            stranger.decide(&yes, note()).await.unwrap(),
            DecisionOutcome::NoCall
        );
        let (rows, _) = stranger.audit_rows_after(None, 9).await.unwrap();
        let log = entries_of(&rows);
        assert!(log.iter().all(|entry| entry.account == stranger.account));
        assert!(
            stranger
                .conversations_of_runs(&[lease.run])
                .await
                .unwrap()
                .is_empty()
        );
    })
    .await;
}
