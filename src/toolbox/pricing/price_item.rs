//! Prices: find, set, remove from a list.

use std::future::{Ready, ready};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::price_list::find_price_list;
use crate::{
    domain::{Currency, PriceItem, PriceItemId, PriceList, PriceListId, Quantity, VolumePrice},
    error::{Error, Result},
    store::TenantStore,
    toolbox::{
        answer::{ListAnswer, ListEntry},
        argument::{Amount, Decimal, ListPage, Name, Text},
        prefixed::Prefixed,
        tool::Tool,
        tool_context::ToolContext,
    },
};

pub(super) fn tools() -> Vec<Tool> {
    vec![
        Tool::reads("find_prices", "Find prices", find_prices),
        Tool::sets("set_price", "Set a price", set_price, price_view),
        Tool::removes(
            "remove_price",
            "Remove a price",
            remove_price,
            removed_price,
        ),
    ]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PriceView {
    sku: String,
    name: String,
    unit: String,
    unit_price: String,
    description: Option<String>,
    volume_prices: Option<Vec<VolumePriceView>>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct VolumePriceView {
    from: String,
    unit_price: String,
}

impl ListEntry for PriceView {
    const LIST: &'static str = "prices";
}

impl PriceView {
    /// An item of a list with this currency.
    fn new(item: PriceItem, currency: Currency) -> Self {
        let volume_prices = item.volume_prices.iter().map(|price| VolumePriceView {
            from: Quantity(price.from).show(),
            unit_price: currency.show(price.unit_price),
        });
        Self {
            volume_prices: (!item.volume_prices.is_empty()).then(|| volume_prices.collect()),
            sku: item.sku,
            name: item.name,
            unit: item.unit,
            unit_price: currency.show(item.unit_price),
            description: item.description,
        }
    }
}

async fn price_view(context: &ToolContext, id: PriceItemId) -> Result<PriceView> {
    let missing = || Error::not_found("price");
    let item = context.store.price_item(id).await?.ok_or_else(missing)?;
    let list = context.store.price_list(item.list).await?;
    let list = list.ok_or_else(missing)?;
    Ok(PriceView::new(item, list.currency))
}

async fn find_item(store: &TenantStore, list: &PriceList, sku: &str) -> Result<Option<PriceItem>> {
    Ok(store.price_items_by_sku(list.id, &[sku]).await?.pop())
}

/// Lists the articles of a price list with their prices, the newest first; with `query`, those that match.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct FindPrices {
    /// The price list.
    price_list_id: Prefixed<PriceListId>,
    /// A part of the number, the name or the description, in any case.
    query: Option<Name>,
    #[serde(flatten)]
    page: ListPage,
}

#[derive(Serialize, JsonSchema)]
struct PricesAnswer {
    currency: String,
    #[serde(flatten)]
    prices: ListAnswer<PriceView>,
}

async fn find_prices(context: &ToolContext, arguments: FindPrices) -> Result<PricesAnswer> {
    let list = find_price_list(context, arguments.price_list_id.0).await?;
    let request = arguments.page.request::<PriceView>()?;
    let store = &context.store;
    let page = store
        .price_items(list.id, arguments.query.as_deref(), &request)
        .await?;
    let view = |item| PriceView::new(item, list.currency);
    Ok(PricesAnswer {
        currency: list.currency.code().to_owned(),
        prices: ListAnswer::new(page, |item| item.id, view),
    })
}

/// Sets what an article costs in a price list, whether the list had the article or not. Quotes that were made before
/// keep their prices.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SetPrice {
    /// The price list.
    price_list_id: Prefixed<PriceListId>,
    /// The article's number, e.g. "PRO-SEAT".
    sku: Name,
    /// Its name.
    name: Name,
    /// What one costs, in the list's currency.
    unit_price: Amount,
    /// What one of it is, e.g. "seat and month"; "piece" when it is not given.
    unit: Option<Name>,
    /// What it is.
    description: Option<Text<1000>>,
    /// What one costs when more is bought; replaces those of before.
    #[schemars(length(max = 10))]
    volume_prices: Option<Vec<VolumePriceArgument>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct VolumePriceArgument {
    /// From this quantity on. A decimal number as text, e.g. "100".
    from: Decimal,
    /// What one costs then.
    unit_price: Amount,
}

async fn set_price(context: &ToolContext, arguments: SetPrice) -> Result<PriceItemId> {
    let list = find_price_list(context, arguments.price_list_id.0).await?;
    let existing = find_item(&context.store, &list, &arguments.sku).await?;
    let now = context.now();
    let unit = arguments.unit.map(String::from);
    let volume_prices = arguments.volume_prices.unwrap_or_default();
    let item = PriceItem {
        id: existing
            .as_ref()
            .map_or_else(|| context.id(), |item| item.id),
        list: list.id,
        unit_price: list.currency.amount("unitPrice", &arguments.unit_price)?,
        sku: arguments.sku.into(),
        name: arguments.name.into(),
        description: arguments.description.map(String::from),
        unit: unit.unwrap_or_else(|| "piece".to_owned()),
        volume_prices: parse_volume_prices(&volume_prices, list.currency)?,
        created_at: existing.map_or(now, |item| item.created_at),
        updated_at: now,
    };
    let effect = context.effect_on(item.id);
    let store = &context.store;
    store.put_price_item(&item, effect.as_ref()).await?;
    // a concurrent call may have added the same article with another id
    let stored = find_item(store, &list, &item.sku).await?;
    Ok(stored.map_or(item.id, |stored| stored.id))
}

/// The volume prices by ascending quantity. A quantity that occurs twice is an error.
fn parse_volume_prices(
    given: &[VolumePriceArgument],
    currency: Currency,
) -> Result<Vec<VolumePrice>> {
    let mut prices: Vec<VolumePrice> = Vec::with_capacity(given.len());
    for (index, price) in given.iter().enumerate() {
        let path = format!("volumePrices[{index}]");
        let from = Quantity::parse(&format!("{path}.from"), &price.from)?.0;
        let unit_price = currency.amount(&format!("{path}.unitPrice"), &price.unit_price)?;
        if prices.iter().any(|earlier| earlier.from == from) {
            return Err(Error::bad_input(
                format!("{path}.from"),
                "has this quantity a second time, expected each once",
            ));
        }
        prices.push(VolumePrice { from, unit_price });
    }
    prices.sort_by_key(|price| price.from);
    Ok(prices)
}

/// Takes an article out of a price list for good. Quotes that were made before keep it.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RemovePrice {
    /// The price list.
    price_list_id: Prefixed<PriceListId>,
    /// The article's number.
    sku: Name,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RemovedPrice {
    removed_from: Prefixed<PriceListId>,
}

async fn remove_price(context: &ToolContext, arguments: RemovePrice) -> Result<PriceListId> {
    let list = find_price_list(context, arguments.price_list_id.0).await?;
    let effect = context.effect_on(list.id);
    let store = &context.store;
    if store
        .delete_price_item(list.id, &arguments.sku, context.now(), effect.as_ref())
        .await?
    {
        return Ok(list.id);
    }
    Err(Error::not_found("article in this price list"))
}

fn removed_price(_: &ToolContext, list: PriceListId) -> Ready<Result<RemovedPrice>> {
    ready(Ok(RemovedPrice {
        removed_from: Prefixed(list),
    }))
}
