//! Whether the end user of a message may send it: a person who is being erased sends nothing.

use entity::{conversation, end_user};
use sea_orm::{
    ColumnTrait, ExprTrait, QueryFilter, QuerySelect, QueryTrait, SelectExt,
    sea_query::SelectStatement,
};

use super::Sender;
use crate::{
    domain::{ConversationId, EndUser, EndUserId},
    error::{Error, Result},
    store::{TenantStore, connection::Transaction, end_user::being_erased},
};

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
