//! Deals.

use chrono::{DateTime, Utc};
use entity::deal;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter};

use crate::{
    domain::{
        AccountId, ContactId, Deal, DealFilter, DealId, DealStage, LeadId, Page, PageRequest,
    },
    error::Result,
    store::{TenantStore, ToolEffect, lead::value_of, page::Listing, row::same_variants},
};

impl TenantStore {
    /// Deals, newest first.
    pub async fn deals(&self, filter: &DealFilter, request: &PageRequest) -> Result<Page<Deal>> {
        let DealFilter { contact, stage } = filter;
        let wanted = Condition::all()
            .add_option(contact.map(|contact| deal::Column::ContactId.eq(contact.uuid())))
            .add_option(stage.map(|stage| deal::Column::Stage.eq(deal::DealStage::from(stage))));
        let list = self.rows::<deal::Entity>().filter(wanted);
        Listing::newest_first(deal::Column::Id)
            .page(list, request, self.database.primary(), deal_of)
            .await
    }

    /// The deal with this id.
    pub async fn deal(&self, id: DealId) -> Result<Option<Deal>> {
        self.rows::<deal::Entity>()
            .filter(deal::Column::Id.eq(id.uuid()))
            .one(self.database.primary())
            .await?
            .map(deal_of)
            .transpose()
    }

    /// Adds a deal, and marks the lead that it came from as converted.
    pub async fn insert_deal(&self, deal: &Deal, effect: Option<&ToolEffect>) -> Result<()> {
        let transaction = self.begin_once(effect).await?;
        deal::Entity::insert(deal_row(self.account, deal))
            .exec_without_returning(&*transaction)
            .await?;
        if let Some(lead) = deal.lead {
            self.convert_lead(lead, deal.created_at, &transaction)
                .await?;
        }
        transaction.commit().await
    }

    /// Writes a deal if its `updated_at` is still `expected_updated_at`; returns false when it is not.
    pub async fn update_deal(
        &self,
        deal: &Deal,
        expected_updated_at: DateTime<Utc>,
        effect: Option<&ToolEffect>,
    ) -> Result<bool> {
        let transaction = self.begin_once(effect).await?;
        let changed = self
            .change::<deal::Entity>()
            .filter(deal::Column::Id.eq(deal.id.uuid()))
            .filter(deal::Column::UpdatedAt.eq(expected_updated_at))
            .set(deal_row(self.account, deal))
            .exec(&*transaction)
            .await?;
        if changed.rows_affected == 0 {
            return Ok(false);
        }
        transaction.commit().await?;
        Ok(true)
    }
}

fn deal_row(account: AccountId, deal: &Deal) -> deal::ActiveModel {
    deal::ActiveModel {
        id: Set(deal.id.uuid()),
        account_id: Set(account.uuid()),
        contact_id: Set(deal.contact.uuid()),
        lead_id: Set(deal.lead.map(LeadId::uuid)),
        name: Set(deal.name.clone()),
        stage: Set(deal.stage.into()),
        value: Set(deal.value.map(|(minor, _)| minor)),
        currency: Set(deal.value.map(|(_, currency)| currency.code().to_owned())),
        expected_close: Set(deal.expected_close),
        lost_reason: Set(deal.lost_reason.clone()),
        closed_at: Set(deal.closed_at),
        created_at: Set(deal.created_at),
        updated_at: Set(deal.updated_at),
    }
}

fn deal_of(row: deal::Model) -> Result<Deal> {
    Ok(Deal {
        id: DealId::from_uuid(row.id),
        contact: ContactId::from_uuid(row.contact_id),
        lead: row.lead_id.map(LeadId::from_uuid),
        name: row.name,
        stage: row.stage.into(),
        value: value_of(row.value, row.currency.as_deref())?,
        expected_close: row.expected_close,
        lost_reason: row.lost_reason,
        closed_at: row.closed_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

same_variants!(deal::DealStage, DealStage: Discovery, Proposal, Negotiation, Won, Lost);
