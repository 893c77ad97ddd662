//! The body of a delivery. It has no text of messages: who may read those asks the API by the ids.

use std::collections::HashMap;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    domain::{
        AccountEvent, AccountEventKind, AuditEntry, AuditId, FinishReason, Handoff, HandoffId, Run,
        RunId, Webhook,
    },
    error::{Error, Result},
    store::TenantStore,
};

/// The body of the delivery of these events. The data of an event whose row was erased is null.
pub(super) async fn of(
    tenant: &TenantStore,
    webhook: &Webhook,
    events: &[AccountEvent],
) -> Result<String> {
    let data = data(tenant, events).await?;
    let events: Vec<Value> = events
        .iter()
        .map(|event| {
            json!({
                "id": event.id.to_string(),
                "position": event.position,
                "type": event.kind.name(),
                "at": event.at,
                "data": data.get(&event.subject),
            })
        })
        .collect();
    let body = json!({
        "webhook": webhook.id.to_string(),
        "account": webhook.account.to_string(),
        "events": events,
    });
    serde_json::to_string(&body)
        .map_err(|cause| Error::internal("write a delivery").with_source(cause))
}

/// The data of the events, by their subjects.
async fn data(tenant: &TenantStore, events: &[AccountEvent]) -> Result<HashMap<Uuid, Value>> {
    let of = |kind| {
        let events = events.iter().filter(move |event| event.kind == kind);
        events.map(|event| event.subject)
    };
    let mut data = HashMap::new();
    let runs: Vec<RunId> = of(AccountEventKind::RunEnded)
        .map(RunId::from_uuid)
        .collect();
    if !runs.is_empty() {
        let found = tenant.runs_by_ids(&runs).await?.into_iter();
        data.extend(found.map(|run| (run.id.uuid(), of_run(&run))));
    }
    let handoffs: Vec<HandoffId> = of(AccountEventKind::Handoff)
        .map(HandoffId::from_uuid)
        .collect();
    if !handoffs.is_empty() {
        let found = tenant.handoffs_by_ids(&handoffs).await?.into_iter();
        data.extend(found.map(|handoff| (handoff.id.uuid(), of_handoff(&handoff))));
    }
    let entries: Vec<AuditId> = of(AccountEventKind::AuditEntry)
        .map(AuditId::from_uuid)
        .collect();
    if !entries.is_empty() {
        let found = tenant.audit_entries_by_ids(&entries).await?.into_iter();
        data.extend(found.map(|entry| (entry.note.id.uuid(), of_entry(&entry))));
    }
    Ok(data)
}

fn of_run(run: &Run) -> Value {
    let error = run.error.as_ref();
    let usage = &run.usage;
    json!({
        "id": run.id.to_string(),
        "conversation": run.conversation.to_string(),
        "agent": run.agent.map(|id| id.to_string()),
        "status": run.status.name(),
        "finishReason": run.finish_reason.map(FinishReason::name),
        // the provider's own words are for administrators, in the API
        "error": error.map(|error| json!({"code": error.code.name(), "message": error.message})),
        "usage": {
            "inputTokens": usage.input_tokens,
            "outputTokens": usage.output_tokens,
            "costUsd": usage.cost_usd,
            "attempts": run.attempt,
            "firstTokenMs": usage.first_token_ms,
            "durationMs": usage.duration_ms,
        },
        "createdAt": run.created_at,
        "startedAt": run.started_at,
        "finishedAt": run.finished_at,
    })
}

fn of_handoff(handoff: &Handoff) -> Value {
    json!({
        "id": handoff.id.to_string(),
        "conversation": handoff.conversation.to_string(),
        "run": handoff.run.map(|id| id.to_string()),
        "from": handoff.from.map(|id| id.to_string()),
        "to": handoff.to.map(|id| id.to_string()),
        "reason": handoff.reason,
        "initiator": handoff.initiator,
        "policy": handoff.policy.name(),
        "outcome": handoff.outcome,
        "createdAt": handoff.created_at,
        "endedAt": handoff.ended_at,
    })
}

fn of_entry(entry: &AuditEntry) -> Value {
    let note = &entry.note;
    let hex = |hash: &[u8; 32]| data_encoding::HEXLOWER.encode(hash);
    json!({
        "id": note.id.to_string(),
        "sequence": entry.sequence,
        "at": note.at,
        "actor": note.actor,
        "action": note.action,
        "subject": note.subject,
        "agent": note.agent.map(|id| id.to_string()),
        "conversation": note.conversation.map(|id| id.to_string()),
        "detail": note.detail,
        "hash": hex(&entry.hash),
        "previousHash": hex(&entry.previous_hash),
    })
}
