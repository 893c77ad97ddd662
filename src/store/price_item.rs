//! Prices: the items of price lists.

use chrono::{DateTime, Utc};
use entity::price_item;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, sea_query::OnConflict,
};

use crate::{
    domain::{AccountId, Page, PageRequest, PriceItem, PriceItemId, PriceListId, VolumePrice},
    error::Result,
    store::{
        TenantStore, ToolEffect,
        fold::{fold_all, has_part},
        page::Listing,
        row::{from_json, to_json},
    },
};

impl TenantStore {
    /// Items of a price list, newest first.
    pub async fn price_items(
        &self,
        list: PriceListId,
        search: Option<&str>,
        request: &PageRequest,
    ) -> Result<Page<PriceItem>> {
        let wanted = Condition::all()
            .add(price_item::Column::PriceListId.eq(list.uuid()))
            .add_option(search.map(|search| has_part(price_item::Column::Folded, search)));
        let items = self.rows::<price_item::Entity>().filter(wanted);
        Listing::newest_first(price_item::Column::Id)
            .page(items, request, self.database.primary(), price_item_of)
            .await
    }

    /// The item with this id.
    pub async fn price_item(&self, id: PriceItemId) -> Result<Option<PriceItem>> {
        self.rows::<price_item::Entity>()
            .filter(price_item::Column::Id.eq(id.uuid()))
            .one(self.database.primary())
            .await?
            .map(price_item_of)
            .transpose()
    }

    /// The items of a price list with these SKUs, in no particular order.
    pub async fn price_items_by_sku(
        &self,
        list: PriceListId,
        skus: &[&str],
    ) -> Result<Vec<PriceItem>> {
        self.rows::<price_item::Entity>()
            .filter(price_item::Column::PriceListId.eq(list.uuid()))
            .filter(price_item::Column::Sku.is_in(skus.iter().copied()))
            .all(self.database.primary())
            .await?
            .into_iter()
            .map(price_item_of)
            .collect()
    }

    /// Inserts or replaces the price of an article; an existing item keeps its id and its creation date.
    pub async fn put_price_item(
        &self,
        item: &PriceItem,
        effect: Option<&ToolEffect>,
    ) -> Result<()> {
        use price_item::Column;
        let transaction = self.begin_once(effect).await?;
        let or_change = OnConflict::columns([Column::AccountId, Column::PriceListId, Column::Sku])
            .update_columns([
                Column::Name,
                Column::Description,
                Column::Unit,
                Column::UnitPrice,
                Column::VolumePrices,
                Column::Folded,
                Column::UpdatedAt,
            ])
            .to_owned();
        price_item::Entity::insert(price_item_row(self.account, item)?)
            .on_conflict(or_change)
            .exec_without_returning(&*transaction)
            .await?;
        self.touch_price_list(item.list, item.updated_at, &transaction)
            .await?;
        transaction.commit().await
    }

    /// Removes an article from a price list; returns false when the list does not contain it.
    pub async fn delete_price_item(
        &self,
        list: PriceListId,
        sku: &str,
        at: DateTime<Utc>,
        effect: Option<&ToolEffect>,
    ) -> Result<bool> {
        let transaction = self.begin_once(effect).await?;
        let deleted = self
            .delete::<price_item::Entity>()
            .filter(price_item::Column::PriceListId.eq(list.uuid()))
            .filter(price_item::Column::Sku.eq(sku))
            .exec(&*transaction)
            .await?;
        if deleted.rows_affected == 0 {
            return Ok(false);
        }
        self.touch_price_list(list, at, &transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

fn price_item_row(account: AccountId, item: &PriceItem) -> Result<price_item::ActiveModel> {
    let found_by = [
        Some(item.sku.as_str()),
        Some(item.name.as_str()),
        item.description.as_deref(),
    ];
    Ok(price_item::ActiveModel {
        id: Set(item.id.uuid()),
        account_id: Set(account.uuid()),
        price_list_id: Set(item.list.uuid()),
        sku: Set(item.sku.clone()),
        name: Set(item.name.clone()),
        description: Set(item.description.clone()),
        unit: Set(item.unit.clone()),
        unit_price: Set(item.unit_price),
        volume_prices: Set(to_json("price_items.volume_prices", &item.volume_prices)?),
        folded: Set(fold_all(found_by)),
        created_at: Set(item.created_at),
        updated_at: Set(item.updated_at),
    })
}

fn price_item_of(row: price_item::Model) -> Result<PriceItem> {
    let volume_prices: Vec<VolumePrice> =
        from_json("price_items.volume_prices", row.volume_prices)?;
    Ok(PriceItem {
        id: PriceItemId::from_uuid(row.id),
        list: PriceListId::from_uuid(row.price_list_id),
        sku: row.sku,
        name: row.name,
        description: row.description,
        unit: row.unit,
        unit_price: row.unit_price,
        volume_prices,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}
