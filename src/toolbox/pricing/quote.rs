//! Quotes: create, find, show, move from draft to the customer's decision.

use chrono::NaiveDate;
use futures::future::OptionFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::calculation::{CalculationView, Purchase};
use crate::{
    domain::{ContactId, PriceListId, Quote, QuoteFilter, QuoteId, QuoteStatus},
    error::{Error, Result},
    toolbox::{
        answer::{ListAnswer, ListEntry, Rfc3339},
        argument::{Date, ListPage, Name, NumberOrId, Text},
        prefixed::Prefixed,
        tool::Tool,
        tool_context::{ToolContext, concurrent_change},
    },
};

pub(super) fn tools() -> Vec<Tool> {
    vec![
        Tool::reads("find_quotes", "Find quotes", find_quotes),
        Tool::reads("get_quote", "Show a quote", get_quote),
        Tool::adds("create_quote", "Create a quote", create_quote, quote_view),
        Tool::sets(
            "change_quote_status",
            "Move a quote on",
            change_quote_status,
            quote_view,
        ),
    ]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct QuoteView {
    id: Prefixed<QuoteId>,
    number: i64,
    customer: String,
    contact_id: Option<Prefixed<ContactId>>,
    status: QuoteStatus,
    valid_until: Option<NaiveDate>,
    note: Option<String>,
    created_at: Rfc3339,
    updated_at: Rfc3339,
    #[serde(flatten)]
    calculation: CalculationView,
}

impl ListEntry for QuoteView {
    const LIST: &'static str = "quotes";
}

impl From<Quote> for QuoteView {
    fn from(quote: Quote) -> Self {
        Self {
            id: Prefixed(quote.id),
            number: quote.number,
            customer: quote.customer,
            contact_id: quote.contact.map(Prefixed),
            status: quote.status,
            valid_until: quote.valid_until,
            note: quote.note,
            created_at: quote.created_at.into(),
            updated_at: quote.updated_at.into(),
            calculation: quote.calculation.into(),
        }
    }
}

/// The quote with this number or id. `NOT_FOUND` when the account has none.
async fn find_quote(context: &ToolContext, named: NumberOrId<QuoteId>) -> Result<Quote> {
    let quote = match named {
        NumberOrId::Number(number) => context.store.quote_by_number(number).await?,
        NumberOrId::Id(id) => context.store.quote(id).await?,
    };
    quote.ok_or_else(|| Error::not_found("quote"))
}

async fn quote_view(context: &ToolContext, id: QuoteId) -> Result<QuoteView> {
    Ok(find_quote(context, NumberOrId::Id(id)).await?.into())
}

/// Lists quotes, the newest first, that match everything given; all of them when nothing is given.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct FindQuotes {
    /// A part of the customer's name, in any case.
    customer: Option<Name>,
    /// Only quotes for this contact.
    contact_id: Option<Prefixed<ContactId>>,
    /// Only quotes in this state.
    status: Option<QuoteStatus>,
    #[serde(flatten)]
    page: ListPage,
}

async fn find_quotes(
    context: &ToolContext,
    arguments: FindQuotes,
) -> Result<ListAnswer<QuoteView>> {
    let filter = QuoteFilter {
        customer: arguments.customer.map(String::from),
        contact: arguments.contact_id.map(|id| id.0),
        status: arguments.status,
    };
    let request = arguments.page.request::<QuoteView>()?;
    let page = context.store.quotes(&filter, &request).await?;
    Ok(ListAnswer::new(page, |quote| quote.id, QuoteView::from))
}

/// Shows a quote with its lines and totals.
#[derive(Deserialize, JsonSchema)]
struct GetQuote {
    quote: NumberOrId<QuoteId>,
}

async fn get_quote(context: &ToolContext, arguments: GetQuote) -> Result<QuoteView> {
    Ok(find_quote(context, arguments.quote).await?.into())
}

/// Makes an offer of a purchase, as a draft with a number of its own. Its prices and totals never change after that.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CreateQuote {
    /// The price list.
    price_list_id: Prefixed<PriceListId>,
    /// Whom it is for.
    customer: Name,
    /// The CRM's contact whom it is for.
    contact_id: Option<Prefixed<ContactId>>,
    #[serde(flatten)]
    purchase: Purchase,
    /// The last day on which it can be accepted.
    valid_until: Option<Date>,
    /// Anything else that the customer reads.
    note: Option<Text<2000>>,
}

async fn create_quote(context: &ToolContext, arguments: CreateQuote) -> Result<QuoteId> {
    let valid_until = arguments.valid_until.map(NaiveDate::from);
    if valid_until.is_some_and(|last| last < context.today()) {
        return Err(Error::bad_input("validUntil", "is over already"));
    }
    let store = &context.store;
    let contact = arguments.contact_id.map(|id| store.contact(id.0));
    let contact = match OptionFuture::from(contact).await.transpose()? {
        Some(contact) => Some(contact.ok_or_else(|| Error::not_found("contact"))?.id),
        None => None,
    };
    let list = arguments.price_list_id.0;
    let calculation = arguments.purchase.calculate(context, list).await?;
    let now = context.now();
    let quote = Quote {
        id: context.id(),
        // the store assigns the next number
        number: 0,
        customer: arguments.customer.trim().to_owned(),
        contact,
        status: QuoteStatus::Draft,
        calculation,
        valid_until,
        note: arguments.note.map(String::from),
        created_at: now,
        updated_at: now,
    };
    let effect = context.effect_on(quote.id);
    store.insert_quote(&quote, effect.as_ref()).await?;
    Ok(quote.id)
}

/// Moves a quote on: DRAFT to SENT or CANCELLED; SENT to ACCEPTED, DECLINED or CANCELLED. One whose last day is over
/// cannot be accepted.
#[derive(Deserialize, JsonSchema)]
struct ChangeQuoteStatus {
    quote: NumberOrId<QuoteId>,
    /// Where it goes.
    status: QuoteStatus,
}

async fn change_quote_status(
    context: &ToolContext,
    arguments: ChangeQuoteStatus,
) -> Result<QuoteId> {
    let status = arguments.status;
    let mut quote = find_quote(context, arguments.quote).await?;
    if status == quote.status {
        return Ok(quote.id);
    }
    let next = quote.status.next();
    if !next.contains(&status) {
        let (from, next) = (json!(quote.status), json!(next));
        return Err(Error::conflict(format!(
            "the quote is {from}, from there it can go to {next} only"
        )));
    }
    let today = context.today();
    let is_expired = quote.valid_until.is_some_and(|last| last < today);
    if status == QuoteStatus::Accepted && is_expired {
        return Err(Error::conflict(
            "the quote's last day is over; make a new one with create_quote",
        ));
    }
    let seen = quote.updated_at;
    quote.status = status;
    quote.updated_at = context.now();
    let effect = context.effect_on(quote.id);
    let store = &context.store;
    if store
        .update_quote_status(&quote, seen, effect.as_ref())
        .await?
    {
        return Ok(quote.id);
    }
    Err(concurrent_change("quote"))
}
