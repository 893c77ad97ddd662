//! The place of a new run in its conversation: at the end of the selected line, or on a line of its own.

use entity::{conversation, run};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect, QueryTrait, SelectExt,
    sea_query::Expr,
};

use crate::{
    domain::{AgentId, Conversation, ConversationId, RunId},
    error::{Error, Result},
    store::{
        NewExchange, TargetConversation, TenantStore, connection::Transaction,
        conversation::conversation_row, error::refers_to_nothing, run::UNFINISHED,
    },
};

impl TenantStore {
    /// Inserts a conversation with an agent. The foreign key then protects the agent from deletion as
    /// [`TenantStore::hold_agent`] does.
    pub(super) async fn begin_conversation(
        &self,
        conversation: &Conversation,
        transaction: &Transaction,
    ) -> Result<()> {
        let made = conversation::Entity::insert(conversation_row(self.account, conversation))
            .exec_without_returning(&**transaction)
            .await;
        match made {
            Err(cause) if refers_to_nothing(&cause) => Err(Error::not_found("agent")),
            made => Ok(made.map(drop)?),
        }
    }

    /// Makes the run of an exchange the last one of its conversation's selected line, after the run that was the last one
    /// or after the branch's parent. Locks the conversation until the transaction ends.
    pub(super) async fn continue_conversation(
        &self,
        id: ConversationId,
        exchange: &NewExchange,
        transaction: &Transaction,
    ) -> Result<()> {
        if let Some(switch) = &exchange.switch {
            self.hold_both_agents(&switch.handoff, transaction).await?;
        } else if let Some(agent) = exchange.run.agent
            && !self.hold_agent(agent, transaction).await?
        {
            return Err(Error::not_found("agent"));
        }
        let switched = exchange.switch.as_ref();
        let context = switched.map(|switch| &switch.receiver_context);
        let context = context.or(exchange.context.as_ref()).cloned();
        let question = &exchange.question;
        let changed = self
            .change::<conversation::Entity>()
            .filter(conversation::Column::Id.eq(id.uuid()))
            .filter(Expr::exists(self.erased_people()).not())
            .set(conversation::ActiveModel {
                agent_id: Set(exchange.run.agent.map(AgentId::uuid)),
                context: context.map_or(NotSet, Set),
                // a new message brings the conversation back to the list
                archived_at: Set(None),
                last_message_id: Set(Some(question.id.uuid())),
                head_run_id: Set(Some(exchange.run.id.uuid())),
                updated_at: Set(exchange.run.created_at),
                ..Default::default()
            })
            .col_expr(
                conversation::Column::MessageCount,
                Expr::col(conversation::Column::MessageCount).add(1),
            )
            // the right side is the value before the statement: the parent of the new run
            .col_expr(
                conversation::Column::PreviousHeadRunId,
                Expr::col(conversation::Column::HeadRunId),
            )
            .exec(&**transaction)
            .await?;
        if changed.rows_affected == 0 {
            return Err(self.why_closed(id, transaction).await?);
        }
        Ok(())
    }

    /// Whether the run of an exchange may start at once: it has a claimant, and no run of the conversation comes before.
    pub(super) async fn is_next(
        &self,
        id: ConversationId,
        exchange: &NewExchange,
        transaction: &Transaction,
    ) -> Result<bool> {
        Ok(exchange.claimant.is_some() && !self.has_unfinished_run(id, transaction).await?)
    }

    /// Whether a run of a conversation is unfinished. The caller holds the lock on the conversation's row, so none is
    /// added meanwhile.
    pub(super) async fn has_unfinished_run(
        &self,
        id: ConversationId,
        transaction: &Transaction,
    ) -> Result<bool> {
        Ok(self
            .rows::<run::Entity>()
            .filter(run::Column::ConversationId.eq(id.uuid()))
            .filter(run::Column::Status.is_in(UNFINISHED))
            .exists(&**transaction)
            .await?)
    }

    /// The parent of the run of an exchange: that of its branch, or the last run of the selected line.
    pub(super) fn parent_of(&self, exchange: &NewExchange) -> Expr {
        if let Some(branch) = &exchange.branch {
            return Expr::val(branch.parent.map(RunId::uuid));
        }
        match exchange.conversation {
            TargetConversation::New(_) => Expr::null(),
            TargetConversation::Existing(id) => {
                let before = self
                    .rows::<conversation::Entity>()
                    .filter(conversation::Column::Id.eq(id.uuid()))
                    .select_only()
                    .column(conversation::Column::PreviousHeadRunId)
                    .into_query();
                Expr::SubQuery(None, Box::new(before.into()))
            }
        }
    }
}
