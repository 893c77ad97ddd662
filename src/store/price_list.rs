//! Price lists.

use chrono::{DateTime, Utc};
use entity::price_list;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::{
    domain::{AccountId, Page, PageRequest, PriceList, PriceListId},
    error::Result,
    store::{
        TenantStore, ToolEffect, connection::Transaction, error::is_taken, fold::fold,
        lead::currency_of, page::Listing,
    },
};

impl TenantStore {
    /// Price lists, newest first.
    pub async fn price_lists(&self, request: &PageRequest) -> Result<Page<PriceList>> {
        Listing::newest_first(price_list::Column::Id)
            .page(
                self.rows::<price_list::Entity>(),
                request,
                self.database.primary(),
                price_list_of,
            )
            .await
    }

    /// The price list with this id.
    pub async fn price_list(&self, id: PriceListId) -> Result<Option<PriceList>> {
        self.rows::<price_list::Entity>()
            .filter(price_list::Column::Id.eq(id.uuid()))
            .one(self.database.primary())
            .await?
            .map(price_list_of)
            .transpose()
    }

    /// Adds a price list; returns false when another one has its name.
    pub async fn insert_price_list(
        &self,
        list: &PriceList,
        effect: Option<&ToolEffect>,
    ) -> Result<bool> {
        let transaction = self.begin_once(effect).await?;
        let added = price_list::Entity::insert(price_list_row(self.account, list))
            .exec_without_returning(&*transaction)
            .await;
        match added {
            Ok(_) => {}
            Err(cause) if is_taken(&cause) => return Ok(false),
            Err(cause) => return Err(cause.into()),
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// Sets a price list's time of last change, after one of its prices changed.
    pub(super) async fn touch_price_list(
        &self,
        id: PriceListId,
        at: DateTime<Utc>,
        transaction: &Transaction,
    ) -> Result<()> {
        self.change::<price_list::Entity>()
            .filter(price_list::Column::Id.eq(id.uuid()))
            .set(price_list::ActiveModel {
                updated_at: Set(at),
                ..Default::default()
            })
            .exec(&**transaction)
            .await?;
        Ok(())
    }
}

fn price_list_row(account: AccountId, list: &PriceList) -> price_list::ActiveModel {
    price_list::ActiveModel {
        id: Set(list.id.uuid()),
        account_id: Set(account.uuid()),
        name: Set(list.name.clone()),
        folded_name: Set(fold(&list.name)),
        description: Set(list.description.clone()),
        currency: Set(list.currency.code().to_owned()),
        created_at: Set(list.created_at),
        updated_at: Set(list.updated_at),
    }
}

fn price_list_of(row: price_list::Model) -> Result<PriceList> {
    Ok(PriceList {
        id: PriceListId::from_uuid(row.id),
        name: row.name,
        description: row.description,
        currency: currency_of(&row.currency)?,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}
