//! The step journal of a run and the tool calls that wait for approval: each step is stored once, and only by the
//! owner of the run.

use chrono::TimeDelta;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::fixture::{
    a_claimed_run, an_account, an_agent, claimed_by, entries_of, id, note, now, on_each_database,
};
use crate::{
    domain::{
        Agent, AuditKeys, CallExtra, Integrity, Lease, RunStep, ToolApprover, ToolCall,
        ToolCallStatus, arguments_digest,
    },
    error::Kind,
    store::{Store, TenantStore},
};

pub(super) const HOUR: TimeDelta = TimeDelta::hours(1);

fn members(object: &Value) -> Map<String, Value> {
    object.as_object().unwrap().clone()
}

pub(super) fn call(
    lease: &Lease,
    agent: &Agent,
    position: i32,
    status: ToolCallStatus,
) -> ToolCall {
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
        step: 1,
        position,
        reference: format!("call_{position}"),
        extra: CallExtra {
            call: members(&json!({"signature": "SIG=="})),
            function: Map::new(),
        },
        result: None,
        answer: None,
        status,
        error: None,
        duration_ms: None,
        requested_at: now(),
        approver: (status == ToolCallStatus::AwaitingApproval).then_some(ToolApprover::Staff),
        expires_at: (status == ToolCallStatus::AwaitingApproval).then(|| now() + HOUR),
        called_at: None,
        resolved_at: None,
        resolved_by: None,
        finished_at: None,
    }
}

pub(super) fn a_step(calls: Vec<ToolCall>) -> RunStep {
    RunStep {
        stage: None,
        outcome: None,
        number: 1,
        text: "Let me see.".to_owned(),
        reasoning: "look it up".to_owned(),
        extra: members(&json!({"reasoning_content": "look it up"})),
        model: "small".to_owned(),
        input_tokens: 10,
        output_tokens: 5,
        cost_usd: 0.5,
        at: now(),
        calls,
        agent: None,
        private: false,
        handoff: None,
    }
}

/// A run whose step has one call of each of these statuses, with its agent.
pub(super) async fn a_claimed_step(
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
    let step = a_step(calls.clone());
    assert!(
        tenant
            .record_step(&lease, &step, vec![note()], None)
            .await
            .unwrap()
    );
    (agent, lease, calls)
}

#[tokio::test]
async fn a_step_is_read_back_unchanged() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let (_, lease, calls) = a_claimed_step(
            store,
            &tenant,
            &[ToolCallStatus::Running, ToolCallStatus::Denied],
        )
        .await;
        let read = tenant.steps_of(lease.run).await.unwrap();
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
        // A finished call is not sent again.
        assert!(!tenant.begin_call(&lease, &done, now()).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_process_that_lost_its_lease_cannot_write_the_journal() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let waiting = [ToolCallStatus::Running, ToolCallStatus::AwaitingApproval];
        let (agent, lease, calls) = a_claimed_step(store, &tenant, &waiting).await;
        tenant
            .release_run(&lease, crate::store::AttemptCount::Counted, now())
            .await
            .unwrap();
        let taken = claimed_by(&tenant, lease.conversation, Uuid::now_v7(), now()).await;
        let (owner, _) = taken.unwrap().unwrap();
        let (rows, _) = tenant.audit_rows_after(None, 9).await.unwrap();
        let noted = entries_of(&rows);
        let more = RunStep {
            number: 2,
            ..a_step(vec![ToolCall {
                step: 2,
                ..call(&lease, &agent, 0, ToolCallStatus::Running)
            }])
        };
        assert!(
            !tenant
                .record_step(&lease, &more, vec![note()], None)
                .await
                .unwrap()
        );
        assert!(!tenant.begin_call(&lease, &calls[0], now()).await.unwrap());
        assert!(!tenant.finish_call(&lease, &calls[0], note()).await.unwrap());
        assert_eq!(
            *tenant.park(&lease, now()).await.unwrap_err().kind(),
            Kind::Conflict
        );
        assert_eq!(tenant.calls_of_runs(&[lease.run]).await.unwrap(), calls);
        let (rows, _) = tenant.audit_rows_after(None, 9).await.unwrap();
        assert_eq!(entries_of(&rows), noted);
        assert!(tenant.begin_call(&owner, &calls[0], now()).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn concurrent_audit_entries_form_one_chain() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let (_, lease, calls) = a_claimed_step(store, &tenant, &[ToolCallStatus::Running; 6]).await;
        let noted = tenant.audit_rows_after(None, 99).await.unwrap().0.len();
        let finished = calls
            .iter()
            .map(|call| tenant.finish_call(&lease, call, note()));
        for kept in futures::future::join_all(finished).await {
            assert!(kept.unwrap());
        }
        let (rows, _) = tenant.audit_rows_after(None, 99).await.unwrap();
        let entries = entries_of(&rows);
        assert_eq!(entries.len(), noted + 6);
        let mut before = [0; 32];
        for (entry, sequence) in entries.iter().zip(1..) {
            assert_eq!((entry.sequence, entry.previous_hash), (sequence, before));
            let integrity = entry.integrity(&AuditKeys::default());
            assert_eq!(integrity, Integrity::Intact);
            before = entry.hash;
        }
    })
    .await;
}
