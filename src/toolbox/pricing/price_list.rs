//! Price lists: list, show, create.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    domain::{PriceList, PriceListId},
    error::{Error, Result},
    toolbox::{
        answer::{ListAnswer, ListEntry, Rfc3339},
        argument::{CurrencyCode, ListPage, Name, Text},
        prefixed::Prefixed,
        tool::Tool,
        tool_context::ToolContext,
    },
};

pub(super) fn tools() -> Vec<Tool> {
    vec![
        Tool::reads("list_price_lists", "List price lists", list_price_lists),
        Tool::adds(
            "create_price_list",
            "Create a price list",
            create_price_list,
            price_list_view,
        ),
    ]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PriceListView {
    id: Prefixed<PriceListId>,
    name: String,
    currency: String,
    description: Option<String>,
    created_at: Rfc3339,
    updated_at: Rfc3339,
}

impl ListEntry for PriceListView {
    const LIST: &'static str = "priceLists";
}

impl From<PriceList> for PriceListView {
    fn from(list: PriceList) -> Self {
        Self {
            id: Prefixed(list.id),
            name: list.name,
            currency: list.currency.code().to_owned(),
            description: list.description,
            created_at: list.created_at.into(),
            updated_at: list.updated_at.into(),
        }
    }
}

/// The price list with this id. `NOT_FOUND` when the account has none.
pub(super) async fn find_price_list(context: &ToolContext, id: PriceListId) -> Result<PriceList> {
    let list = context.store.price_list(id).await?;
    list.ok_or_else(|| Error::not_found("price list"))
}

async fn price_list_view(context: &ToolContext, id: PriceListId) -> Result<PriceListView> {
    Ok(find_price_list(context, id).await?.into())
}

/// Lists the account's price lists, the newest first.
#[derive(Deserialize, JsonSchema)]
struct ListPriceLists {
    #[serde(flatten)]
    page: ListPage,
}

async fn list_price_lists(
    context: &ToolContext,
    arguments: ListPriceLists,
) -> Result<ListAnswer<PriceListView>> {
    let request = arguments.page.request::<PriceListView>()?;
    let page = context.store.price_lists(&request).await?;
    Ok(ListAnswer::new(page, |list| list.id, PriceListView::from))
}

/// Adds an empty price list; `set_price` fills it. Its name is unique in the account.
#[derive(Deserialize, JsonSchema)]
struct CreatePriceList {
    /// Its name, e.g. "Standard 2027".
    name: Name,
    currency: CurrencyCode,
    /// What it is for.
    description: Option<Text<1000>>,
}

async fn create_price_list(
    context: &ToolContext,
    arguments: CreatePriceList,
) -> Result<PriceListId> {
    let now = context.now();
    let list = PriceList {
        id: context.id(),
        name: arguments.name.trim().to_owned(),
        description: arguments.description.map(String::from),
        currency: arguments.currency.0,
        created_at: now,
        updated_at: now,
    };
    let effect = context.effect_on(list.id);
    let store = &context.store;
    if store.insert_price_list(&list, effect.as_ref()).await? {
        return Ok(list.id);
    }
    Err(Error::conflict(format!(
        "name: another price list is called \"{}\"; use that one or take another name",
        list.name
    )))
}
