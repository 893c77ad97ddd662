//! Whether a message is accepted: a person who is being erased sends nothing, and an agent has a maximum of unfinished
//! runs.

use entity::{conversation, end_user, run};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, ExprTrait, QueryFilter, QuerySelect, QueryTrait,
    SelectExt,
    sea_query::{Asterisk, Expr, LockType, Query, SelectStatement},
};

use super::Sender;
use crate::{
    domain::{AgentId, ConversationId, EndUser, EndUserId},
    error::{Error, Result},
    store::{TenantStore, connection::Transaction, end_user::being_erased},
};

/// The maximum number of runs of one agent that transactions have inserted and not committed: all processes together
/// have fewer connections.
const UNSEEN: u64 = 100;

impl TenantStore {
    /// Adds the end user of a new conversation when the account names the person for the first time. `CONFLICT` when the
    /// person is being erased, `UNAUTHENTICATED` when the sender was erased meanwhile.
    pub(super) async fn admit_end_user(
        &self,
        end_user: &EndUser,
        sender: Option<Sender>,
        transaction: &Transaction,
    ) -> Result<()> {
        let account = self.whole();
        account.remember_end_user(end_user, transaction).await?;
        let known = account.check_erasure(&end_user.external_id, transaction);
        let known = known.await?;
        if sender.is_some_and(|sender| Some(sender.end_user) != known) {
            return Err(Error::unauthenticated("the session was revoked"));
        }
        Ok(())
    }

    /// `RATE_LIMITED` when the run that the transaction has inserted is one more than the agent may have unfinished. Other
    /// transactions may have inserted runs that this one cannot see yet, at most one in each connection: near the
    /// limit they follow each other, by a lock on the agent's row, and count again.
    pub(super) async fn check_runs_of(
        &self,
        agent: AgentId,
        most: u64,
        transaction: &Transaction,
    ) -> Result<()> {
        let mut unfinished = self.count_runs_of(agent, most, transaction).await?;
        let is_alone = transaction.get_database_backend() == DbBackend::Sqlite;
        if !is_alone && unfinished.saturating_add(UNSEEN) > most {
            let lock = LockType::NoKeyUpdate;
            self.lock_agent(agent, lock, transaction).await?;
            unfinished = self.count_runs_of(agent, most, transaction).await?;
        }
        if unfinished <= most {
            return Ok(());
        }
        Err(Error::rate_limited(
            format!(
                "{most} messages to this agent wait or are being answered, the most of its pricing tier; wait until some have \
                 been answered, or cancel them"
            ),
            None,
        ))
    }

    /// The number of an agent's queued and running runs, counted to one more than `most`.
    async fn count_runs_of(
        &self,
        agent: AgentId,
        most: u64,
        transaction: &Transaction,
    ) -> Result<u64> {
        let some = self
            .unfinished_up_to(most.saturating_add(1))
            .and_where(run::Column::AgentId.eq(agent.uuid()))
            .take();
        let count = Query::select()
            .expr(Expr::col(Asterisk).count())
            .from_subquery(some, "some")
            .take();
        let row = transaction.query_one(&count).await?;
        let unfinished: i64 = row.map_or(Ok(0), |row| row.try_get_by_index(0))?;
        Ok(u64::try_from(unfinished).unwrap_or_default())
    }

    /// The reason why a conversation takes no message: it does not exist, or its end user is being erased.
    pub(super) async fn why_closed(
        &self,
        id: ConversationId,
        transaction: &Transaction,
    ) -> Result<Error> {
        let exists = self
            .rows::<conversation::Entity>()
            .filter(conversation::Column::Id.eq(id.uuid()))
            .exists(&**transaction)
            .await?;
        Ok(if exists {
            being_erased()
        } else {
            Error::not_found("conversation")
        })
    }

    /// The external ids of the end users who are being erased.
    pub(super) fn erased_people(&self) -> SelectStatement {
        self.whole()
            .rows::<end_user::Entity>()
            .filter(end_user::Column::ErasureId.is_not_null())
            .filter(
                end_user::Column::ExternalId
                    .into_expr()
                    .equals((conversation::Entity, conversation::Column::EndUser)),
            )
            .select_only()
            .column(end_user::Column::ExternalId)
            .into_query()
    }
}

/// The sender of a message, as the column has it.
pub(super) fn sent_by(sender: Option<EndUserId>) -> String {
    sender.map(|id| id.to_string()).unwrap_or_default()
}
