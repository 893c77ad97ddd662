//! The journal of a run and the calls that people decide about: each step once, and only by who may.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use super::fixture::{
    CLASSES, a_claimed_run, an_account, an_agent, claimed_by, first, id, now, on_each_database,
    success,
};
use crate::{
    domain::{
        Agent, AuditNote, Lease, Round, RunStatus, ToolCall, ToolCallStatus, arguments_digest,
    },
    error::Kind,
    store::{Decided, Decision, Store, TenantStore},
};

const HOUR: TimeDelta = TimeDelta::hours(1);

fn call(lease: &Lease, agent: &Agent, position: i32, status: ToolCallStatus) -> ToolCall {
    let arguments = json!({"name": "Ann", "position": position});
    ToolCall {
        id: id(),
        account: lease.account,
        run: lease.run,
        agent: Some(agent.id),
        server: None,
        tool: "create_lead".to_owned(),
        digest: arguments_digest(&arguments),
        arguments,
        round: 1,
        position,
        reference: format!("call_{position}"),
        result: None,
        answer: None,
        status,
        error: None,
        duration_ms: None,
        requested_at: now(),
        expires_at: (status == ToolCallStatus::AwaitingApproval).then(|| now() + HOUR),
        called_at: None,
        resolved_at: None,
        resolved_by: None,
        finished_at: None,
    }
}

fn round(calls: Vec<ToolCall>) -> Round {
    Round {
        number: 1,
        text: "Let me see.".to_owned(),
        model: "small".to_owned(),
        input_tokens: 10,
        output_tokens: 5,
        cost_usd: 0.5,
        at: now(),
        calls,
    }
}

fn note() -> AuditNote {
    AuditNote {
        id: id(),
        at: now(),
        actor: "key".to_owned(),
        action: "toolCall".to_owned(),
        subject: None,
        agent: None,
        conversation: None,
        detail: json!({"outcome": "succeeded"}),
    }
}

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

/// A run whose round has one call of each of these, with the agent that answers it.
async fn a_round(
    store: &Store,
    tenant: &TenantStore,
    statuses: &[ToolCallStatus],
) -> (Agent, Lease, Vec<ToolCall>) {
    let agent = an_agent(store, tenant).await;
    let lease = a_claimed_run(tenant, &agent).await;
    let calls: Vec<_> = statuses
        .iter()
        .zip(0..)
        .map(|(status, position)| call(&lease, &agent, position, *status))
        .collect();
    let round = round(calls.clone());
    assert!(
        tenant
            .record_round(&lease, &round, vec![note()])
            .await
            .unwrap()
    );
    (agent, lease, calls)
}

#[tokio::test]
async fn a_round_is_read_as_it_was_kept() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let (_, lease, calls) = a_round(
            store,
            &tenant,
            &[ToolCallStatus::Running, ToolCallStatus::Denied],
        )
        .await;
        let read = tenant.rounds_of(lease.run).await.unwrap();
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].text, "Let me see.");
        assert_eq!(read[0].calls, calls);
        let mut done = calls[0].clone();
        assert!(tenant.begin_call(&lease, &done, now()).await.unwrap());
        done.status = ToolCallStatus::Succeeded;
        done.result = Some(json!([1, 2]));
        done.answer = Some("1, 2".to_owned());
        done.duration_ms = Some(7);
        done.finished_at = Some(now());
        assert!(tenant.finish_call(&lease, &done, note()).await.unwrap());
        let read = tenant.calls_by_ids(&[done.id]).await.unwrap().remove(0);
        assert!(read.called_at.is_some());
        assert_eq!(
            ToolCall {
                called_at: None,
                ..read
            },
            done
        );
        // a call that is over goes out no more
        assert!(!tenant.begin_call(&lease, &done, now()).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn whoever_lost_the_run_changes_nothing_of_its_journal() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let waiting = [ToolCallStatus::Running, ToolCallStatus::AwaitingApproval];
        let (agent, lease, calls) = a_round(store, &tenant, &waiting).await;
        tenant
            .let_go(&lease, crate::store::Blame::Run, now())
            .await
            .unwrap();
        let taken = claimed_by(&tenant, lease.conversation, Uuid::now_v7(), now()).await;
        let (owner, _) = taken.unwrap().unwrap();
        let more = Round {
            number: 2,
            ..round(vec![ToolCall {
                round: 2,
                ..call(&lease, &agent, 0, ToolCallStatus::Running)
            }])
        };
        assert!(
            !tenant
                .record_round(&lease, &more, vec![note()])
                .await
                .unwrap()
        );
        assert!(!tenant.begin_call(&lease, &calls[0], now()).await.unwrap());
        assert!(!tenant.finish_call(&lease, &calls[0], note()).await.unwrap());
        assert_eq!(
            *tenant.park(&lease).await.unwrap_err().kind(),
            Kind::Conflict
        );
        assert_eq!(tenant.calls_of_runs(&[lease.run]).await.unwrap(), calls);
        // the account's, the agent's, the round's
        assert_eq!(tenant.audit_entries_after(0, 9).await.unwrap().len(), 3);
        assert!(tenant.begin_call(&owner, &calls[0], now()).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_run_that_waits_for_people_is_nobodys_until_the_last_of_them_has_decided() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let waiting = [ToolCallStatus::AwaitingApproval; 2];
        let (_, lease, calls) = a_round(store, &tenant, &waiting).await;
        assert!(tenant.park(&lease).await.unwrap());
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
        assert_eq!(tenant.count_pending_calls(now()).await.unwrap(), 2);

        let other = Decision {
            digest: arguments_digest(&json!({})),
            ..decision(&calls[0], true, now())
        };
        assert_eq!(
            tenant.decide(&other, note()).await.unwrap(),
            Decided::OtherArguments
        );
        let late = decision(&calls[0], true, now() + HOUR * 2);
        assert!(matches!(
            tenant.decide(&late, note()).await.unwrap(),
            Decided::TooLate(_)
        ));

        let yes = decision(&calls[0], true, now());
        let (one, two) = tokio::join!(tenant.decide(&yes, note()), tenant.decide(&yes, note()));
        let counted = [one.unwrap(), two.unwrap()];
        let replays = counted
            .iter()
            .filter(|decided| **decided == Decided::NotWaiting(ToolCallStatus::Running));
        assert_eq!(replays.count(), 1);
        assert_eq!(due().await, 0);

        let no = decision(&calls[1], false, now());
        assert!(matches!(
            tenant.decide(&no, note()).await.unwrap(),
            Decided::Yes(..)
        ));
        assert_eq!(due().await, 1);
        let (next, run) = claimed_by(&tenant, lease.conversation, Uuid::now_v7(), now())
            .await
            .unwrap()
            .unwrap();
        // waiting costs no attempt
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
async fn what_was_decided_before_the_run_was_laid_aside_keeps_it_going() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let (_, lease, calls) = a_round(store, &tenant, &[ToolCallStatus::AwaitingApproval]).await;
        let yes = decision(&calls[0], true, now());
        assert!(matches!(
            tenant.decide(&yes, note()).await.unwrap(),
            Decided::Yes(..)
        ));
        assert!(!tenant.park(&lease).await.unwrap());
        assert!(tenant.begin_call(&lease, &calls[0], now()).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn what_nobody_decided_in_time_is_over_and_its_run_goes_on() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let (_, lease, calls) = a_round(store, &tenant, &[ToolCallStatus::AwaitingApproval]).await;
        assert!(tenant.park(&lease).await.unwrap());
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
async fn the_end_of_a_run_closes_its_calls() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let open = [
            ToolCallStatus::AwaitingApproval,
            ToolCallStatus::Running,
            ToolCallStatus::Running,
        ];
        let (agent, lease, calls) = a_round(store, &tenant, &open).await;
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
                ToolCallStatus::Failed
            ]
        );
        assert!(ended[2].error.as_deref().unwrap().starts_with("unknown"));
        assert_eq!(tenant.count_pending_calls(now()).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn notes_that_are_made_at_once_stand_in_one_chain() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let (_, lease, calls) = a_round(store, &tenant, &[ToolCallStatus::Running; 6]).await;
        let finished = calls
            .iter()
            .map(|call| tenant.finish_call(&lease, call, note()));
        for kept in futures::future::join_all(finished).await {
            assert!(kept.unwrap());
        }
        let entries = tenant.audit_entries_after(0, 99).await.unwrap();
        // the account's, the agent's, the round's, and one for each call
        assert_eq!(entries.len(), 9);
        let mut before = [0; 32];
        for (entry, sequence) in entries.iter().zip(1..) {
            assert_eq!((entry.sequence, entry.previous_hash), (sequence, before));
            assert!(entry.is_intact());
            before = entry.hash;
        }
    })
    .await;
}

#[tokio::test]
async fn calls_of_another_account_are_not_there() {
    on_each_database(async |store| {
        let (tenant, stranger) = (an_account(store).await, an_account(store).await);
        let (_, lease, calls) = a_round(store, &tenant, &[ToolCallStatus::AwaitingApproval]).await;
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
        assert!(stranger.rounds_of(lease.run).await.unwrap().is_empty());
        assert!(
            stranger
                .pending_calls(now(), &first(9))
                .await
                .unwrap()
                .items
                .is_empty()
        );
        let yes = decision(&calls[0], true, now());
        assert_eq!(
            stranger.decide(&yes, note()).await.unwrap(),
            Decided::NoCall
        );
        // that it was made is all there is
        assert_eq!(stranger.audit_entries_after(0, 9).await.unwrap().len(), 1);
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
