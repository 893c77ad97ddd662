//! Handoffs.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{conversation, handoff, run};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, sea_query::Expr,
};
use uuid::Uuid;

use crate::{
    domain::{
        AccountEventKind, AgentId, AgentSwitch, ConversationId, Handoff, HandoffId,
        RouteCorrection, RunId,
    },
    error::{Error, Result},
    store::{
        TenantStore,
        connection::Transaction,
        conversation_context::KeptContext,
        handoff_row::{handoff_of, handoff_row},
        workflow_state::NewState,
    },
};

impl TenantStore {
    /// The newest `most` handoffs on the selected line of a conversation, oldest first.
    pub async fn handoffs_of(
        &self,
        conversation: ConversationId,
        most: u64,
    ) -> Result<Vec<Handoff>> {
        let selected = || {
            self.rows::<run::Entity>()
                .filter(run::Column::ConversationId.eq(conversation.uuid()))
                .filter(run::Column::Selected.eq(true))
                .select_only()
                .column(run::Column::Id)
                .into_query()
        };
        let at_start = Condition::all()
            .add(handoff::Column::RunId.is_null())
            .add(handoff::Column::AfterRunId.is_null());
        let on_line = Condition::any()
            .add(handoff::Column::RunId.in_subquery(selected()))
            .add(handoff::Column::AfterRunId.in_subquery(selected()))
            .add(at_start);
        let rows = self
            .rows::<handoff::Entity>()
            .filter(handoff::Column::ConversationId.eq(conversation.uuid()))
            .filter(on_line)
            .order_by_desc(handoff::Column::Id)
            .limit(most)
            .all(self.database.primary())
            .await?;
        rows.into_iter().rev().map(handoff_of).collect()
    }

    /// The newest `most` handoffs of each of these conversations, oldest first.
    pub async fn handoffs_of_conversations(
        &self,
        conversations: &[ConversationId],
        most: usize,
    ) -> Result<Vec<Handoff>> {
        let ids = conversations.iter().map(|id| id.uuid());
        // the newest of each conversation first, so that the limit keeps `most` of each
        let place = Expr::cust(
            "ROW_NUMBER() OVER (PARTITION BY handoffs.conversation_id ORDER BY handoffs.id DESC)",
        );
        let limit = most.saturating_mul(conversations.len());
        let rows = self
            .rows::<handoff::Entity>()
            .filter(handoff::Column::ConversationId.is_in(ids))
            .order_by_asc(place)
            .limit(u64::try_from(limit).unwrap_or(u64::MAX))
            .all(self.database.primary())
            .await?;
        let mut counts: HashMap<Uuid, usize> = HashMap::new();
        let is_new = |row: &handoff::Model| {
            let count = counts.entry(row.conversation_id).or_default();
            *count += 1;
            *count <= most
        };
        let mut rows: Vec<handoff::Model> = rows.into_iter().filter(is_new).collect();
        rows.sort_by_key(|row| row.id);
        rows.into_iter().map(handoff_of).collect()
    }

    /// The handoffs with these ids that exist, in no particular order.
    pub async fn handoffs_by_ids(&self, ids: &[HandoffId]) -> Result<Vec<Handoff>> {
        let rows = self
            .rows::<handoff::Entity>()
            .filter(handoff::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .all(self.database.primary())
            .await?;
        rows.into_iter().map(handoff_of).collect()
    }

    /// The handoffs that model calls of a run asked for, oldest first.
    pub async fn handoffs_in(&self, run: RunId) -> Result<Vec<Handoff>> {
        let rows = self
            .rows::<handoff::Entity>()
            .filter(handoff::Column::RunId.eq(run.uuid()))
            .filter(handoff::Column::Step.is_not_null())
            .order_by_asc(handoff::Column::Id)
            .all(self.database.primary())
            .await?;
        rows.into_iter().map(handoff_of).collect()
    }

    /// Writes a handoff between two messages, and an audit entry. Returns false, and writes nothing, when the
    /// conversation has another agent meanwhile. `NOT_FOUND` when the receiver was deleted. `correction` is what the
    /// handoff says about the router's last choice.
    pub async fn hand_off(
        &self,
        switch: &AgentSwitch,
        correction: Option<&RouteCorrection>,
    ) -> Result<bool> {
        let handoff = &switch.handoff;
        let transaction = self.database.begin().await?;
        self.hold_both_agents(handoff, &transaction).await?;
        let of_sender = match handoff.from {
            Some(from) => conversation::Column::AgentId.eq(from.uuid()),
            None => conversation::Column::AgentId.is_null(),
        };
        let changed = self
            .change::<conversation::Entity>()
            .filter(conversation::Column::Id.eq(handoff.conversation.uuid()))
            .filter(of_sender)
            .set(conversation_of_receiver(switch))
            .exec(&*transaction)
            .await?;
        if changed.rows_affected == 0 {
            transaction.roll_back().await?;
            return Ok(false);
        }
        self.insert_switch(switch, &transaction).await?;
        if let Some(correction) = correction {
            self.insert_correction(correction, &transaction).await?;
        }
        self.note(vec![switch.note.clone()], &transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Protects both agents of a handoff from deletion until the transaction ends. Agents are locked before conversations
    /// and runs in every transaction. `NOT_FOUND` when the receiver was deleted, CONFLICT when the sender was.
    pub(super) async fn hold_both_agents(
        &self,
        handoff: &Handoff,
        transaction: &Transaction,
    ) -> Result<()> {
        if let Some(to) = handoff.to
            && !self.hold_agent(to, transaction).await?
        {
            return Err(Error::not_found("agent"));
        }
        if let Some(from) = handoff.from
            && !self.hold_agent(from, transaction).await?
        {
            return Err(Error::conflict(
                "the conversation's agent was deleted meanwhile; repeat the request",
            ));
        }
        Ok(())
    }

    /// Makes the receiver of an accepted handoff the agent of its conversation, with its context. The caller holds the
    /// receiver.
    pub(super) async fn switch_conversation(
        &self,
        switch: &AgentSwitch,
        transaction: &Transaction,
    ) -> Result<()> {
        if switch.handoff.is_accepted() {
            self.change::<conversation::Entity>()
                .filter(conversation::Column::Id.eq(switch.handoff.conversation.uuid()))
                .set(conversation_of_receiver(switch))
                .exec(&**transaction)
                .await?;
        }
        Ok(())
    }

    /// Makes the receiver of an accepted handoff the agent of the run in which it was asked for. The caller holds the
    /// lease.
    pub(super) async fn switch_run(
        &self,
        switch: &AgentSwitch,
        transaction: &Transaction,
    ) -> Result<()> {
        let handoff = &switch.handoff;
        let Some(id) = handoff.run.filter(|_| handoff.is_accepted()) else {
            return Ok(());
        };
        self.change::<run::Entity>()
            .filter(run::Column::Id.eq(id.uuid()))
            .set(run::ActiveModel {
                agent_id: Set(handoff.to.map(AgentId::uuid)),
                ..Default::default()
            })
            .exec(&**transaction)
            .await?;
        Ok(())
    }

    /// Inserts a handoff. An accepted one also keeps the sender's context, and ends the handoffs in the other direction
    /// as returned.
    pub(super) async fn insert_switch(
        &self,
        switch: &AgentSwitch,
        transaction: &Transaction,
    ) -> Result<()> {
        let handoff = &switch.handoff;
        let row = handoff::ActiveModel {
            after_run_id: Set(self.head_run(handoff, transaction).await?),
            ..handoff_row(self.account, handoff)?
        };
        handoff::Entity::insert(row)
            .exec_without_returning(&**transaction)
            .await?;
        let recorded = AccountEventKind::Handoff;
        self.record_events(recorded, handoff.id.uuid(), handoff.created_at, transaction)
            .await?;
        if !handoff.is_accepted() {
            return Ok(());
        }
        let (Some(from), Some(to)) = (handoff.from, handoff.to) else {
            return Ok(());
        };
        let at = handoff.created_at;
        let kept = KeptContext {
            conversation: handoff.conversation,
            agent: from,
            context: &switch.sender_context,
            at,
        };
        self.keep_context(&kept, transaction).await?;
        // only a handoff within a run changes the sender's state
        if let (Some(kept), Some(run)) = (&switch.sender_state, handoff.run) {
            let new = NewState {
                conversation: handoff.conversation,
                agent: from,
                run,
                kept,
                at,
            };
            self.keep_state(&new, transaction).await?;
        }
        self.change::<handoff::Entity>()
            .filter(handoff::Column::ConversationId.eq(handoff.conversation.uuid()))
            .filter(handoff::Column::FromAgentId.eq(to.uuid()))
            .filter(handoff::Column::ToAgentId.eq(from.uuid()))
            .filter(handoff::Column::Outcome.is_in([
                handoff::HandoffOutcome::Open,
                handoff::HandoffOutcome::Resolved,
            ]))
            .set(ended(handoff::HandoffOutcome::Returned, at))
            .exec(&**transaction)
            .await?;
        Ok(())
    }

    /// The last run of the selected line, for a handoff that belongs to no run: it is on the lines through that run.
    async fn head_run(&self, handoff: &Handoff, transaction: &Transaction) -> Result<Option<Uuid>> {
        if handoff.run.is_some() {
            return Ok(None);
        }
        let row = self
            .rows::<conversation::Entity>()
            .filter(conversation::Column::Id.eq(handoff.conversation.uuid()))
            .one(&**transaction)
            .await?;
        Ok(row.and_then(|row| row.head_run_id))
    }

    /// Ends the open handoffs of a conversation to the agent that has answered.
    pub(super) async fn resolve_handoffs(
        &self,
        conversation: ConversationId,
        agent: AgentId,
        at: DateTime<Utc>,
        transaction: &Transaction,
    ) -> Result<()> {
        self.change::<handoff::Entity>()
            .filter(handoff::Column::ConversationId.eq(conversation.uuid()))
            .filter(handoff::Column::ToAgentId.eq(agent.uuid()))
            .filter(handoff::Column::Outcome.eq(handoff::HandoffOutcome::Open))
            .set(ended(handoff::HandoffOutcome::Resolved, at))
            .exec(&**transaction)
            .await?;
        Ok(())
    }
}

fn conversation_of_receiver(switch: &AgentSwitch) -> conversation::ActiveModel {
    conversation::ActiveModel {
        agent_id: Set(switch.handoff.to.map(AgentId::uuid)),
        context: Set(switch.receiver_context.clone()),
        updated_at: Set(switch.handoff.created_at),
        ..Default::default()
    }
}

fn ended(outcome: handoff::HandoffOutcome, at: DateTime<Utc>) -> handoff::ActiveModel {
    handoff::ActiveModel {
        outcome: Set(outcome),
        ended_at: Set(Some(at)),
        ..Default::default()
    }
}
