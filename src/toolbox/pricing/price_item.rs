//! Prices: find, set, remove from a list.

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::price_list;
use crate::{
    domain::{
        Currency, Position, PriceItem, PriceItemId, PriceList, PriceListId, Quantity, VolumePrice,
    },
    error::{Error, Result},
    store::TenantStore,
    toolbox::{
        desk::{ListPage, ToolContext, known, wrong},
        schema,
        server::{Tool, ToolDoc, ToolSchemas, WriteEffect, read},
    },
};

/// The maximum number of volume prices of an article.
const MOST_VOLUME_PRICES: usize = 10;

pub(super) fn tools() -> Vec<Tool> {
    vec![
        Tool::reads(
            ToolDoc {
                name: "find_prices",
                title: "Find prices",
                about: "Lists the articles of a price list with their prices, the newest first; with `query`, those that match.",
            },
            find_schema(),
            find_shape(),
            |desk, arguments| Box::pin(find(desk, arguments)),
        ),
        Tool::writes(
            ToolDoc {
                name: "set_price",
                title: "Set a price",
                about: "Sets what an article costs in a price list, whether the list had the article or not. Quotes that were \
                        made before keep their prices.",
            },
            WriteEffect::Sets,
            ToolSchemas::new(set_schema(), shape()),
            |desk, arguments| Box::pin(set(desk, arguments)),
            |desk, id| Box::pin(show_one(desk, id)),
        ),
        Tool::writes(
            ToolDoc {
                name: "remove_price",
                title: "Remove a price",
                about: "Takes an article out of a price list for good. Quotes that were made before keep it.",
            },
            WriteEffect::Removes,
            ToolSchemas::new(
                schema::object(
                    &["priceListId", "sku"],
                    [
                        ("priceListId", schema::id("pricelist", "The price list.")),
                        ("sku", schema::name("The article's number.")),
                    ],
                ),
                schema::answer(&[("removedFrom", "string")]),
            ),
            |desk, arguments| Box::pin(remove(desk, arguments)),
            |_, id| {
                Box::pin(async move {
                    Ok(json!({"removedFrom": PriceListId::from_uuid(id).to_string()}))
                })
            },
        ),
    ]
}

fn find_schema() -> Value {
    let mut schema = schema::filter([
        ("priceListId", schema::id("pricelist", "The price list.")),
        (
            "query",
            schema::name("A part of the number, the name or the description, in any case."),
        ),
    ]);
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("required".to_owned(), json!(["priceListId"]));
    }
    schema
}

fn find_shape() -> Value {
    let mut listing = schema::listing("prices", &shape());
    if let Some(properties) = listing.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("currency".to_owned(), json!({"type": "string"}));
    }
    listing
}

fn set_schema() -> Value {
    let volume_price = schema::object(
        &["from", "unitPrice"],
        [
            ("from", schema::decimal("100", "From this quantity on.")),
            ("unitPrice", schema::amount("What one costs then.")),
        ],
    );
    schema::object(
        &["priceListId", "sku", "name", "unitPrice"],
        [
            ("priceListId", schema::id("pricelist", "The price list.")),
            (
                "sku",
                schema::name("The article's number, e.g. \"PRO-SEAT\"."),
            ),
            ("name", schema::name("Its name.")),
            (
                "unitPrice",
                schema::amount("What one costs, in the list's currency."),
            ),
            (
                "unit",
                schema::name(
                    "What one of it is, e.g. \"seat and month\"; \"piece\" when it is not given.",
                ),
            ),
            ("description", schema::text(1000, "What it is.")),
            (
                "volumePrices",
                schema::list(
                    &volume_price,
                    MOST_VOLUME_PRICES,
                    "What one costs when more is bought; replaces those of before.",
                ),
            ),
        ],
    )
}

fn shape() -> Value {
    schema::answer(&[
        ("sku", "string"),
        ("name", "string"),
        ("unit", "string"),
        ("unitPrice", "string"),
        ("description?", "string"),
        ("volumePrices?", "array"),
    ])
}

fn shown(item: &PriceItem, currency: Currency) -> Value {
    let volume_prices = item.volume_prices.iter().map(|price| {
        json!({
            "from": Quantity(price.from).show(),
            "unitPrice": currency.show(price.unit_price),
        })
    });
    let volume_prices: Vec<Value> = volume_prices.collect();
    known(json!({
        "sku": item.sku,
        "name": item.name,
        "unit": item.unit,
        "unitPrice": currency.show(item.unit_price),
        "description": item.description,
        "volumePrices": (!volume_prices.is_empty()).then_some(volume_prices),
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Find {
    price_list_id: String,
    query: Option<String>,
    #[serde(flatten)]
    part: ListPage,
}

async fn find(desk: &ToolContext, arguments: Value) -> Result<Value> {
    let find: Find = read(arguments)?;
    let list = price_list::existing(desk, &find.price_list_id).await?;
    let part = find.part.of("prices")?;
    let page = desk
        .store
        .price_items(list.id, find.query.as_deref(), &part)
        .await?;
    let prices: Vec<Value> = page
        .items
        .iter()
        .map(|item| shown(item, list.currency))
        .collect();
    let next = page.items.last().filter(|_| page.has_next);
    let next = next.map(|item| Position::of(item.id).encode("prices"));
    Ok(known(json!({
        "currency": list.currency.code(),
        "prices": prices,
        "nextCursor": next,
    })))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Set {
    price_list_id: String,
    sku: String,
    name: String,
    unit_price: String,
    unit: Option<String>,
    description: Option<String>,
    #[serde(default)]
    volume_prices: Vec<Volume>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Volume {
    from: String,
    unit_price: String,
}

async fn set(desk: &ToolContext, arguments: Value) -> Result<Uuid> {
    let new: Set = read(arguments)?;
    let list = price_list::existing(desk, &new.price_list_id).await?;
    let known = item_of(&desk.store, &list, &new.sku).await?;
    let currency = list.currency;
    let unit_price = currency
        .amount("unitPrice", &new.unit_price)
        .map_err(wrong)?;
    let now = desk.now();
    let item = PriceItem {
        id: known.as_ref().map_or_else(|| desk.id(), |item| item.id),
        list: list.id,
        sku: new.sku,
        name: new.name,
        description: new.description,
        unit: new.unit.unwrap_or_else(|| "piece".to_owned()),
        unit_price,
        volume_prices: volume_prices(&new.volume_prices, currency)?,
        created_at: known.map_or(now, |item| item.created_at),
        updated_at: now,
    };
    let effect = desk.effect_on(item.id);
    desk.store.put_price_item(&item, effect.as_ref()).await?;
    // a concurrent call may have added the same article with another id
    let kept = item_of(&desk.store, &list, &item.sku).await?;
    Ok(kept.map_or(item.id, |kept| kept.id).uuid())
}

/// The volume prices by ascending quantity. A quantity that occurs twice is an error.
fn volume_prices(given: &[Volume], currency: Currency) -> Result<Vec<VolumePrice>> {
    let mut prices = Vec::with_capacity(given.len());
    for (index, price) in given.iter().enumerate() {
        let path = format!("volumePrices[{index}]");
        let from = Quantity::parse(&format!("{path}.from"), &price.from).map_err(wrong)?;
        let unit_price = currency
            .amount(&format!("{path}.unitPrice"), &price.unit_price)
            .map_err(wrong)?;
        let from = from.0;
        if prices.iter().any(|known: &VolumePrice| known.from == from) {
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

async fn item_of(store: &TenantStore, list: &PriceList, sku: &str) -> Result<Option<PriceItem>> {
    Ok(store.price_items_by_sku(list.id, &[sku]).await?.pop())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Remove {
    price_list_id: String,
    sku: String,
}

async fn remove(desk: &ToolContext, arguments: Value) -> Result<Uuid> {
    let Remove { price_list_id, sku } = read(arguments)?;
    let list = price_list::existing(desk, &price_list_id).await?;
    let effect = desk.effect_on(list.id);
    if desk
        .store
        .delete_price_item(list.id, &sku, desk.now(), effect.as_ref())
        .await?
    {
        return Ok(list.id.uuid());
    }
    Err(Error::not_found("article in this price list"))
}

async fn show_one(desk: &ToolContext, id: Uuid) -> Result<Value> {
    let missing = || Error::not_found("price");
    let item = desk.store.price_item(PriceItemId::from_uuid(id)).await?;
    let item = item.ok_or_else(missing)?;
    let list = desk.store.price_list(item.list).await?;
    let list = list.ok_or_else(missing)?;
    Ok(shown(&item, list.currency))
}
