//! Quotes: create, find, show, move from draft to the customer's decision.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::calculation::{self, Purchase, purchase_properties};
use crate::{
    domain::{ContactId, Quote, QuoteFilter, QuoteId, QuoteStatus},
    error::{Error, Result},
    toolbox::{
        desk::{ListPage, ToolContext, day, known, listed, moment, overtaken},
        schema,
        server::{Tool, ToolDoc, ToolSchemas, WriteEffect, read},
    },
};

const STATUSES: &[&str] = &["DRAFT", "SENT", "ACCEPTED", "DECLINED", "CANCELLED"];

#[expect(clippy::too_many_lines, reason = "a list, read from top to bottom")]
pub(super) fn tools() -> Vec<Tool> {
    vec![
        Tool::reads(
            ToolDoc {
                name: "find_quotes",
                title: "Find quotes",
                about: "Lists quotes, the newest first, that match everything given; all of them when nothing is given.",
            },
            schema::filter([
                (
                    "customer",
                    schema::name("A part of the customer's name, in any case."),
                ),
                (
                    "contactId",
                    schema::id("contact", "Only quotes for this contact."),
                ),
                (
                    "status",
                    schema::one_of(STATUSES, "Only quotes in this state."),
                ),
            ]),
            schema::listing("quotes", &shape()),
            |desk, arguments| Box::pin(find(desk, arguments)),
        ),
        Tool::reads(
            ToolDoc {
                name: "get_quote",
                title: "Show a quote",
                about: "Shows a quote with its lines and totals.",
            },
            schema::object(&["quote"], [("quote", named())]),
            shape(),
            |desk, arguments| Box::pin(get(desk, arguments)),
        ),
        Tool::writes(
            ToolDoc {
                name: "create_quote",
                title: "Create a quote",
                about: "Makes an offer of a purchase, as a draft with a number of its own. Its prices and totals never change after that.",
            },
            WriteEffect::Adds,
            ToolSchemas::new(create_schema(), shape()),
            |desk, arguments| Box::pin(create(desk, arguments)),
            |desk, id| Box::pin(show_one(desk, id)),
        ),
        Tool::writes(
            ToolDoc {
                name: "change_quote_status",
                title: "Move a quote on",
                about: "Moves a quote on: DRAFT to SENT or CANCELLED; SENT to ACCEPTED, DECLINED or CANCELLED. One whose last day is over cannot be accepted.",
            },
            WriteEffect::Sets,
            ToolSchemas::new(
                schema::object(
                    &["quote", "status"],
                    [
                        ("quote", named()),
                        ("status", schema::one_of(STATUSES, "Where it goes.")),
                    ],
                ),
                shape(),
            ),
            |desk, arguments| Box::pin(move_on(desk, arguments)),
            |desk, id| Box::pin(show_one(desk, id)),
        ),
    ]
}

fn named() -> Value {
    schema::name("The quote: its number, e.g. \"17\", or its id.")
}

fn create_schema() -> Value {
    let [list, lines, discount, tax] = purchase_properties();
    schema::object(
        &["priceListId", "customer", "lines"],
        [
            list,
            ("customer", schema::name("Whom it is for.")),
            (
                "contactId",
                schema::id("contact", "The CRM's contact whom it is for."),
            ),
            lines,
            discount,
            tax,
            (
                "validUntil",
                schema::date("The last day on which it can be accepted."),
            ),
            (
                "note",
                schema::text(2000, "Anything else that the customer reads."),
            ),
        ],
    )
}

fn shape() -> Value {
    let of_its_own = [
        ("id", "string"),
        ("number", "integer"),
        ("customer", "string"),
        ("contactId?", "string"),
        ("status", "string"),
        ("validUntil?", "string"),
        ("note?", "string"),
        ("createdAt", "string"),
        ("updatedAt", "string"),
    ];
    let fields: Vec<_> = of_its_own
        .iter()
        .chain(calculation::SHAPE)
        .copied()
        .collect();
    schema::answer(&fields)
}

fn shown(quote: &Quote) -> Value {
    let of_its_own = known(json!({
        "id": quote.id.to_string(),
        "number": quote.number,
        "customer": quote.customer,
        "contactId": quote.contact.map(|contact| contact.to_string()),
        "status": quote.status,
        "validUntil": quote.valid_until,
        "note": quote.note,
        "createdAt": moment(quote.created_at),
        "updatedAt": moment(quote.updated_at),
    }));
    let parts = [of_its_own, calculation::shown(&quote.calculation)];
    let fields = parts.into_iter().filter_map(|part| match part {
        Value::Object(fields) => Some(fields),
        _ => None,
    });
    Value::Object(fields.flatten().collect::<Map<_, _>>())
}

/// The quote with this number or id. `NOT_FOUND` when the account has none.
async fn existing(desk: &ToolContext, named: &str) -> Result<Quote> {
    let found = match named.trim().trim_start_matches('#').parse::<i64>() {
        Ok(number) => desk.store.quote_by_number(number).await?,
        Err(_) => desk.store.quote(QuoteId::parse("quote", named)?).await?,
    };
    found.ok_or_else(|| Error::not_found("quote"))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Find {
    customer: Option<String>,
    contact_id: Option<String>,
    status: Option<QuoteStatus>,
    #[serde(flatten)]
    part: ListPage,
}

async fn find(desk: &ToolContext, arguments: Value) -> Result<Value> {
    let find: Find = read(arguments)?;
    let contact = find.contact_id.as_deref();
    let filter = QuoteFilter {
        customer: find.customer,
        contact: contact
            .map(|id| ContactId::parse("contactId", id))
            .transpose()?,
        status: find.status,
    };
    let page = desk.store.quotes(&filter, &find.part.of("quotes")?).await?;
    Ok(listed("quotes", &page, |quote| quote.id, shown))
}

#[derive(Deserialize)]
struct One {
    quote: String,
}

async fn get(desk: &ToolContext, arguments: Value) -> Result<Value> {
    let One { quote } = read(arguments)?;
    Ok(shown(&existing(desk, &quote).await?))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    customer: String,
    contact_id: Option<String>,
    valid_until: Option<String>,
    note: Option<String>,
    #[serde(flatten)]
    purchase: Purchase,
}

async fn create(desk: &ToolContext, arguments: Value) -> Result<Uuid> {
    let new: Create = read(arguments)?;
    let valid_until = new.valid_until.as_deref();
    let valid_until = valid_until
        .map(|text| day("validUntil", text))
        .transpose()?;
    if valid_until.is_some_and(|last| last < desk.today()) {
        return Err(Error::bad_input("validUntil", "is over already"));
    }
    let contact = match new.contact_id.as_deref() {
        Some(id) => {
            let id = ContactId::parse("contactId", id)?;
            let found = desk.store.contact(id).await?;
            Some(found.ok_or_else(|| Error::not_found("contact"))?.id)
        }
        None => None,
    };
    let (_, calculation) = new.purchase.calculate(desk).await?;
    let now = desk.now();
    let quote = Quote {
        id: desk.id(),
        // the store assigns the next number
        number: 0,
        customer: new.customer.trim().to_owned(),
        contact,
        status: QuoteStatus::Draft,
        calculation,
        valid_until,
        note: new.note,
        created_at: now,
        updated_at: now,
    };
    let effect = desk.effect_on(quote.id);
    desk.store.insert_quote(&quote, effect.as_ref()).await?;
    Ok(quote.id.uuid())
}

#[derive(Deserialize)]
struct MoveOn {
    quote: String,
    status: QuoteStatus,
}

async fn move_on(desk: &ToolContext, arguments: Value) -> Result<Uuid> {
    let MoveOn { quote, status } = read(arguments)?;
    let mut quote = existing(desk, &quote).await?;
    let before = quote.status;
    if status == before {
        return Ok(quote.id.uuid());
    }
    if !before.next().contains(&status) {
        let next = json!(before.next());
        return Err(Error::conflict(format!(
            "the quote is {}, from there it can go to {next} only",
            json!(before)
        )));
    }
    if status == QuoteStatus::Accepted && is_expired(&quote, desk) {
        return Err(Error::conflict(
            "the quote's last day is over; make a new one with create_quote",
        ));
    }
    let seen = quote.updated_at;
    quote.status = status;
    quote.updated_at = desk.now();
    let effect = desk.effect_on(quote.id);
    let store = &desk.store;
    if store
        .update_quote_status(&quote, seen, effect.as_ref())
        .await?
    {
        return Ok(quote.id.uuid());
    }
    Err(overtaken("quote"))
}

fn is_expired(quote: &Quote, desk: &ToolContext) -> bool {
    quote.valid_until.is_some_and(|last| last < desk.today())
}

async fn show_one(desk: &ToolContext, id: Uuid) -> Result<Value> {
    let found = desk.store.quote(QuoteId::from_uuid(id)).await?;
    let found = found.ok_or_else(|| Error::not_found("quote"))?;
    Ok(shown(&found))
}
