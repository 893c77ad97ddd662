//! Activities with contacts: notes, calls, emails, meetings and tasks.

use entity::activity;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::{
    domain::{
        AccountId, Activity, ActivityId, ActivityKind, ContactId, DealId, LeadId, Page, PageRequest,
    },
    error::Result,
    store::{TenantStore, ToolEffect, page::Listing, row::same_variants},
};

impl TenantStore {
    /// The activities with a contact, newest first.
    pub async fn activities(
        &self,
        contact: ContactId,
        request: &PageRequest,
    ) -> Result<Page<Activity>> {
        let list = self
            .rows::<activity::Entity>()
            .filter(activity::Column::ContactId.eq(contact.uuid()));
        Listing::newest_first(activity::Column::Id)
            .page(list, request, self.database.primary(), |row| {
                Ok(activity_of(row))
            })
            .await
    }

    /// The activity with this id.
    pub async fn activity(&self, id: ActivityId) -> Result<Option<Activity>> {
        let row = self
            .rows::<activity::Entity>()
            .filter(activity::Column::Id.eq(id.uuid()))
            .one(self.database.primary())
            .await?;
        Ok(row.map(activity_of))
    }

    /// Adds an activity. `CONFLICT` when `effect` was recorded before.
    pub async fn insert_activity(
        &self,
        activity: &Activity,
        effect: Option<&ToolEffect>,
    ) -> Result<()> {
        let transaction = self.begin_once(effect).await?;
        activity::Entity::insert(activity_row(self.account, activity))
            .exec_without_returning(&*transaction)
            .await?;
        transaction.commit().await
    }
}

fn activity_row(account: AccountId, activity: &Activity) -> activity::ActiveModel {
    activity::ActiveModel {
        id: Set(activity.id.uuid()),
        account_id: Set(account.uuid()),
        contact_id: Set(activity.contact.uuid()),
        lead_id: Set(activity.lead.map(LeadId::uuid)),
        deal_id: Set(activity.deal.map(DealId::uuid)),
        kind: Set(activity.kind.into()),
        text: Set(activity.text.clone()),
        happened_at: Set(activity.happened_at),
        created_at: Set(activity.created_at),
    }
}

fn activity_of(row: activity::Model) -> Activity {
    Activity {
        id: ActivityId::from_uuid(row.id),
        contact: ContactId::from_uuid(row.contact_id),
        lead: row.lead_id.map(LeadId::from_uuid),
        deal: row.deal_id.map(DealId::from_uuid),
        kind: row.kind.into(),
        text: row.text,
        happened_at: row.happened_at,
        created_at: row.created_at,
    }
}

same_variants!(activity::ActivityKind, ActivityKind: Note, Call, Email, Meeting, Task);
