//! Records of the built-in servers that tool calls added: other records of the account may refer to them.

use entity::{activity, deal, lead, quote};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, QueryFilter, QuerySelect, QueryTrait,
    sea_query::SelectStatement,
};

use crate::{
    domain::ConversationId,
    error::Result,
    store::{TenantStore, connection::Transaction},
};

impl TenantStore {
    /// Takes the references to the records that a conversation's tool calls added out of the records that stay.
    pub(super) async fn unlink_added_records(
        &self,
        id: ConversationId,
        transaction: &Transaction,
    ) -> Result<()> {
        self.change::<deal::Entity>()
            .filter(deal::Column::LeadId.in_subquery(self.leads_that_go(id)))
            .set(deal::ActiveModel {
                lead_id: Set(None),
                ..Default::default()
            })
            .exec(&**transaction)
            .await?;
        self.change::<activity::Entity>()
            .filter(activity::Column::LeadId.in_subquery(self.leads_that_go(id)))
            .set(activity::ActiveModel {
                lead_id: Set(None),
                ..Default::default()
            })
            .exec(&**transaction)
            .await?;
        self.change::<activity::Entity>()
            .filter(activity::Column::DealId.in_subquery(self.deals_that_go(id)))
            .set(activity::ActiveModel {
                deal_id: Set(None),
                ..Default::default()
            })
            .exec(&**transaction)
            .await?;
        self.change::<quote::Entity>()
            .filter(quote::Column::ContactId.in_subquery(self.added_ids(id)))
            .set(quote::ActiveModel {
                contact_id: Set(None),
                ..Default::default()
            })
            .exec(&**transaction)
            .await?;
        Ok(())
    }

    /// The leads that were added, and those of contacts that were added, which go with them.
    fn leads_that_go(&self, id: ConversationId) -> SelectStatement {
        let go = Condition::any()
            .add(lead::Column::Id.in_subquery(self.added_ids(id)))
            .add(lead::Column::ContactId.in_subquery(self.added_ids(id)));
        self.rows::<lead::Entity>()
            .filter(go)
            .select_only()
            .column(lead::Column::Id)
            .into_query()
    }

    /// As [`Self::leads_that_go`], for deals.
    fn deals_that_go(&self, id: ConversationId) -> SelectStatement {
        let go = Condition::any()
            .add(deal::Column::Id.in_subquery(self.added_ids(id)))
            .add(deal::Column::ContactId.in_subquery(self.added_ids(id)));
        self.rows::<deal::Entity>()
            .filter(go)
            .select_only()
            .column(deal::Column::Id)
            .into_query()
    }
}
