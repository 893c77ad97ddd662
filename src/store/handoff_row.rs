//! Rows of handoffs.

use entity::handoff;
use sea_orm::ActiveValue::{NotSet, Set};

use crate::{
    domain::{
        AccountId, AgentId, ContextPolicy, ConversationId, Handoff, HandoffId, HandoffInitiator,
        HandoffOutcome, RunId,
    },
    error::Result,
    store::row::{from_json, same_variants, to_json},
};

pub(super) fn handoff_row(account: AccountId, handoff: &Handoff) -> Result<handoff::ActiveModel> {
    Ok(handoff::ActiveModel {
        id: Set(handoff.id.uuid()),
        account_id: Set(account.uuid()),
        conversation_id: Set(handoff.conversation.uuid()),
        run_id: Set(handoff.run.map(RunId::uuid)),
        step: Set(handoff.step),
        after_run_id: NotSet,
        from_agent_id: Set(handoff.from.map(AgentId::uuid)),
        to_agent_id: Set(handoff.to.map(AgentId::uuid)),
        reason: Set(handoff.reason.clone()),
        initiator: Set(handoff.initiator.into()),
        policy: Set(handoff.policy.into()),
        carried: Set(to_json("handoffs.carried", &handoff.carried)?),
        dropped: Set(to_json("handoffs.dropped", &handoff.dropped)?),
        outcome: Set(handoff.outcome.into()),
        created_at: Set(handoff.created_at),
        ended_at: Set(handoff.ended_at),
    })
}

pub(super) fn handoff_of(row: handoff::Model) -> Result<Handoff> {
    Ok(Handoff {
        id: HandoffId::from_uuid(row.id),
        account: AccountId::from_uuid(row.account_id),
        conversation: ConversationId::from_uuid(row.conversation_id),
        run: row.run_id.map(RunId::from_uuid),
        step: row.step,
        from: row.from_agent_id.map(AgentId::from_uuid),
        to: row.to_agent_id.map(AgentId::from_uuid),
        reason: row.reason,
        initiator: row.initiator.into(),
        policy: row.policy.into(),
        carried: from_json("handoffs.carried", row.carried)?,
        dropped: from_json("handoffs.dropped", row.dropped)?,
        outcome: row.outcome.into(),
        created_at: row.created_at,
        ended_at: row.ended_at,
    })
}

same_variants!(handoff::HandoffInitiator, HandoffInitiator: Router, Agent, User);
same_variants!(handoff::ContextPolicy, ContextPolicy: Full, Summary, Isolated);
same_variants!(handoff::HandoffOutcome, HandoffOutcome: Open, Resolved, Returned, Rejected);
