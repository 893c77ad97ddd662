//! Price lists: list, show, create.

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    domain::{Currency, PriceList, PriceListId},
    error::{Error, Result},
    toolbox::{
        desk::{ListPage, ToolContext, known, listed, moment},
        schema,
        server::{Tool, ToolDoc, ToolSchemas, WriteEffect, read},
    },
};

pub(super) fn tools() -> Vec<Tool> {
    vec![
        Tool::reads(
            ToolDoc {
                name: "list_price_lists",
                title: "List price lists",
                about: "Lists the account's price lists, the newest first.",
            },
            schema::filter([]),
            schema::listing("priceLists", &shape()),
            |desk, arguments| Box::pin(list(desk, arguments)),
        ),
        Tool::writes(
            ToolDoc {
                name: "create_price_list",
                title: "Create a price list",
                about: "Adds an empty price list; set_price fills it. Its name is unique in the account.",
            },
            WriteEffect::Adds,
            ToolSchemas::new(
                schema::object(
                    &["name", "currency"],
                    [
                        ("name", schema::name("Its name, e.g. \"Standard 2027\".")),
                        ("currency", schema::currency()),
                        ("description", schema::text(1000, "What it is for.")),
                    ],
                ),
                shape(),
            ),
            |desk, arguments| Box::pin(create(desk, arguments)),
            |desk, id| Box::pin(show_one(desk, id)),
        ),
    ]
}

fn shape() -> Value {
    schema::answer(&[
        ("id", "string"),
        ("name", "string"),
        ("currency", "string"),
        ("description?", "string"),
        ("createdAt", "string"),
        ("updatedAt", "string"),
    ])
}

fn shown(list: &PriceList) -> Value {
    known(json!({
        "id": list.id.to_string(),
        "name": list.name,
        "currency": list.currency.code(),
        "description": list.description,
        "createdAt": moment(list.created_at),
        "updatedAt": moment(list.updated_at),
    }))
}

/// The price list with this id. `NOT_FOUND` when the account has none.
pub(super) async fn existing(desk: &ToolContext, id: &str) -> Result<PriceList> {
    let id = PriceListId::parse("priceListId", id)?;
    let found = desk.store.price_list(id).await?;
    found.ok_or_else(|| Error::not_found("price list"))
}

async fn list(desk: &ToolContext, arguments: Value) -> Result<Value> {
    let part: ListPage = read(arguments)?;
    let page = desk.store.price_lists(&part.of("priceLists")?).await?;
    Ok(listed("priceLists", &page, |list| list.id, shown))
}

#[derive(Deserialize)]
struct Create {
    name: String,
    currency: String,
    description: Option<String>,
}

async fn create(desk: &ToolContext, arguments: Value) -> Result<Uuid> {
    let new: Create = read(arguments)?;
    let currency = Currency::parse(&new.currency)
        .ok_or_else(|| Error::bad_input("currency", "is not a currency"))?;
    let now = desk.now();
    let list = PriceList {
        id: desk.id(),
        name: new.name.trim().to_owned(),
        description: new.description,
        currency,
        created_at: now,
        updated_at: now,
    };
    let effect = desk.effect_on(list.id);
    if desk.store.insert_price_list(&list, effect.as_ref()).await? {
        return Ok(list.id.uuid());
    }
    Err(Error::conflict(format!(
        "name: another price list is called \"{}\"; use that one or take another name",
        list.name
    )))
}

async fn show_one(desk: &ToolContext, id: Uuid) -> Result<Value> {
    let found = desk.store.price_list(PriceListId::from_uuid(id)).await?;
    let found = found.ok_or_else(|| Error::not_found("price list"))?;
    Ok(shown(&found))
}
