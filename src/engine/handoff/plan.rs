//! What is written when the agent of a conversation changes: the handoff with each item carried or dropped, the contexts
//! of both agents, and the audit note.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    domain::{
        AccountId, Agent, AgentId, AgentSwitch, AuditId, AuditNote, CarriedContext, ContextPolicy,
        ContextTransfer, ConversationId, Handoff, HandoffId, HandoffInitiator, HandoffOutcome,
        HandoffSource, KeptState, RunId, carry_context, carry_items,
    },
    engine::EngineParts,
    error::{Error, Result},
};

/// A handoff that was asked for.
pub(in crate::engine) struct HandoffRequest {
    pub(in crate::engine) account: AccountId,
    pub(in crate::engine) conversation: ConversationId,
    /// The run that the handoff belongs to.
    pub(in crate::engine) run: Option<RunId>,
    /// The step that asked for it.
    pub(in crate::engine) step: Option<i32>,
    pub(in crate::engine) from: Option<AgentId>,
    pub(in crate::engine) initiator: HandoffInitiator,
    pub(in crate::engine) policy: ContextPolicy,
    /// The reason; never derived from private items.
    pub(in crate::engine) reason: String,
    /// The agent or key in the audit log.
    pub(in crate::engine) actor: String,
}

/// The context that the sender worked with.
#[derive(Clone, Copy)]
pub(in crate::engine) struct Sender<'a> {
    pub(in crate::engine) context: &'a Value,
    /// The schema of the context; none when the sender was deleted.
    pub(in crate::engine) schema: Option<&'a Value>,
    /// The state of the sender's workflow, if it changed in this run.
    pub(in crate::engine) state: Option<&'a KeptState>,
}

/// An accepted handoff to an agent, with everything that is written with it.
pub(in crate::engine) async fn plan(
    parts: &EngineParts,
    request: HandoffRequest,
    to: &Agent,
    sender: Sender<'_>,
    source: HandoffSource<'_>,
) -> Result<AgentSwitch> {
    let context = carried_context(parts, &request, to, sender).await?;
    let (mut carried, mut dropped) = carry_items(&source);
    carried.extend(context.carried);
    dropped.extend(context.dropped);
    let handoff = Handoff {
        carried,
        dropped,
        ..handoff_of(parts, &request, to)
    };
    Ok(AgentSwitch {
        note: audit_note(parts, &request, &handoff),
        handoff,
        sender_context: sender.context.clone(),
        sender_state: sender.state.cloned(),
        receiver_context: context.context,
    })
}

/// A handoff that is refused: the agent that answers goes on.
pub(in crate::engine) fn rejected(
    parts: &EngineParts,
    request: &HandoffRequest,
    to: &Agent,
    why: &str,
) -> AgentSwitch {
    let handoff = Handoff {
        reason: format!("refused: {why}"),
        outcome: HandoffOutcome::Rejected,
        ended_at: Some(parts.clock.now()),
        ..handoff_of(parts, request, to)
    };
    AgentSwitch {
        note: audit_note(parts, request, &handoff),
        handoff,
        sender_context: Value::Null,
        sender_state: None,
        receiver_context: Value::Null,
    }
}

fn handoff_of(parts: &EngineParts, request: &HandoffRequest, to: &Agent) -> Handoff {
    Handoff {
        id: HandoffId::new(parts.clock.as_ref()),
        account: request.account,
        conversation: request.conversation,
        run: request.run,
        step: request.step,
        from: request.from,
        to: Some(to.id),
        reason: request.reason.clone(),
        initiator: request.initiator,
        policy: request.policy,
        carried: Vec::new(),
        dropped: Vec::new(),
        outcome: HandoffOutcome::Open,
        created_at: parts.clock.now(),
        ended_at: None,
    }
}

async fn carried_context(
    parts: &EngineParts,
    request: &HandoffRequest,
    to: &Agent,
    sender: Sender<'_>,
) -> Result<CarriedContext> {
    let store = parts.store.tenant(request.account);
    let platform = parts.store.platform();
    let (receiver, template) = futures::try_join!(
        store.agent_context(request.conversation, to.id),
        platform.template_spec(to.template)
    )?;
    let template = template.ok_or_else(|| Error::internal("finding an agent's template"))?;
    let schema = &template.context_schema;
    let refused = refused_fields(parts, schema, sender.context).await?;
    Ok(carry_context(&ContextTransfer {
        policy: request.policy,
        sender: sender.context,
        sender_schema: sender.schema,
        receiver: &receiver,
        receiver_schema: schema,
        refused: &refused,
    }))
}

/// Why the receiver's schema refuses values of the sender's context, by the fields' names. Never with the values.
async fn refused_fields(
    parts: &EngineParts,
    schema: &Value,
    context: &Value,
) -> Result<BTreeMap<String, String>> {
    let problems = parts.schemas.check(schema, context, "").await?;
    let refused = problems.into_iter().filter_map(|problem| {
        let field = problem.path.split(['.', '[']).next()?.to_owned();
        Some((
            field,
            "the receiver's context takes other values".to_owned(),
        ))
    });
    Ok(refused.collect())
}

fn audit_note(parts: &EngineParts, request: &HandoffRequest, handoff: &Handoff) -> AuditNote {
    let id = |agent: Option<AgentId>| agent.map(|agent| agent.to_string());
    AuditNote {
        id: AuditId::new(parts.clock.as_ref()),
        at: handoff.created_at,
        actor: request.actor.clone(),
        action: "handOff".to_owned(),
        subject: Some(handoff.id.to_string()),
        agent: handoff.to,
        conversation: Some(request.conversation),
        detail: json!({
            "from": id(handoff.from),
            "to": id(handoff.to),
            "initiator": handoff.initiator,
            "policy": handoff.policy,
            "outcome": handoff.outcome,
            "carried": handoff.carried.len(),
            "dropped": handoff.dropped.len(),
        }),
    }
}
