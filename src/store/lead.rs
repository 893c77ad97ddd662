//! Leads.

use chrono::{DateTime, Utc};
use entity::lead;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter};

use crate::{
    domain::{
        AccountId, ContactId, Currency, Lead, LeadFilter, LeadId, LeadStage, Page, PageRequest,
    },
    error::{Error, Result},
    store::{
        TenantStore, ToolEffect,
        connection::Transaction,
        page::Listing,
        row::{from_json, same_variants, to_json},
    },
};

impl TenantStore {
    /// Leads, newest first.
    pub async fn leads(&self, filter: &LeadFilter, request: &PageRequest) -> Result<Page<Lead>> {
        let LeadFilter {
            contact,
            stage,
            minimum_score,
        } = filter;
        let wanted = Condition::all()
            .add_option(contact.map(|contact| lead::Column::ContactId.eq(contact.uuid())))
            .add_option(stage.map(|stage| lead::Column::Stage.eq(lead::LeadStage::from(stage))))
            .add_option(minimum_score.map(|score| lead::Column::Score.gte(score)));
        let list = self.rows::<lead::Entity>().filter(wanted);
        Listing::newest_first(lead::Column::Id)
            .page(list, request, self.database.primary(), lead_of)
            .await
    }

    /// The lead with this id.
    pub async fn lead(&self, id: LeadId) -> Result<Option<Lead>> {
        self.rows::<lead::Entity>()
            .filter(lead::Column::Id.eq(id.uuid()))
            .one(self.database.primary())
            .await?
            .map(lead_of)
            .transpose()
    }

    /// Adds a lead. `CONFLICT` when `effect` was recorded before.
    pub async fn insert_lead(&self, lead: &Lead, effect: Option<&ToolEffect>) -> Result<()> {
        let transaction = self.begin_once(effect).await?;
        lead::Entity::insert(lead_row(self.account, lead)?)
            .exec_without_returning(&*transaction)
            .await?;
        transaction.commit().await
    }

    /// Writes a lead if its `updated_at` is still `expected_updated_at`; returns false when it is not.
    pub async fn update_lead(
        &self,
        lead: &Lead,
        expected_updated_at: DateTime<Utc>,
        effect: Option<&ToolEffect>,
    ) -> Result<bool> {
        let transaction = self.begin_once(effect).await?;
        let changed = self
            .change::<lead::Entity>()
            .filter(lead::Column::Id.eq(lead.id.uuid()))
            .filter(lead::Column::UpdatedAt.eq(expected_updated_at))
            .set(lead_row(self.account, lead)?)
            .exec(&*transaction)
            .await?;
        if changed.rows_affected == 0 {
            return Ok(false);
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// Marks a lead as converted to a deal.
    pub(super) async fn convert_lead(
        &self,
        id: LeadId,
        at: DateTime<Utc>,
        transaction: &Transaction,
    ) -> Result<()> {
        self.change::<lead::Entity>()
            .filter(lead::Column::Id.eq(id.uuid()))
            .set(lead::ActiveModel {
                stage: Set(lead::LeadStage::Converted),
                updated_at: Set(at),
                ..Default::default()
            })
            .exec(&**transaction)
            .await?;
        Ok(())
    }
}

fn lead_row(account: AccountId, lead: &Lead) -> Result<lead::ActiveModel> {
    Ok(lead::ActiveModel {
        id: Set(lead.id.uuid()),
        account_id: Set(account.uuid()),
        contact_id: Set(lead.contact.uuid()),
        title: Set(lead.title.clone()),
        source: Set(lead.source.clone()),
        stage: Set(lead.stage.into()),
        criteria: Set(to_json("leads.criteria", &lead.criteria)?),
        score: Set(lead.score),
        reason: Set(lead.reason.clone()),
        value: Set(lead.value.map(|(minor, _)| minor)),
        currency: Set(lead.value.map(|(_, currency)| currency.code().to_owned())),
        qualified_at: Set(lead.qualified_at),
        created_at: Set(lead.created_at),
        updated_at: Set(lead.updated_at),
    })
}

fn lead_of(row: lead::Model) -> Result<Lead> {
    Ok(Lead {
        id: LeadId::from_uuid(row.id),
        contact: ContactId::from_uuid(row.contact_id),
        title: row.title,
        source: row.source,
        stage: row.stage.into(),
        criteria: from_json("leads.criteria", row.criteria)?,
        score: row.score,
        reason: row.reason,
        value: value_of(row.value, row.currency.as_deref())?,
        qualified_at: row.qualified_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// An optional amount in minor units with its currency.
pub(super) fn value_of(
    minor: Option<i64>,
    currency: Option<&str>,
) -> Result<Option<(i64, Currency)>> {
    match (minor, currency) {
        (Some(minor), Some(code)) => Ok(Some((minor, currency_of(code)?))),
        _ => Ok(None),
    }
}

pub(super) fn currency_of(code: &str) -> Result<Currency> {
    Currency::parse(code).ok_or_else(|| Error::internal("read a currency, which is not one"))
}

same_variants!(lead::LeadStage, LeadStage: New, Working, Qualified, Disqualified, Converted);
