//! Sales: the lead, the CRM, and prices that have a source.

use serde_json::{Value, json};

use super::{Desk, answer};
use crate::{
    chat::text,
    support::{Script, TestApp},
    tools::{calls_of, run_of, updates},
};

const CRM: (&str, &[&str]) = (
    "crm",
    &[
        "find_contacts",
        "create_contact",
        "create_lead",
        "qualify_lead",
        "log_activity",
        "get_lead",
    ],
);
const PRICING: (&str, &[&str]) = (
    "pricing",
    &[
        "create_price_list",
        "set_price",
        "create_quote",
        "find_prices",
    ],
);

fn settings() -> Value {
    json!({
        "products": [{"name": "Pro", "description": "For teams.", "price": "49 EUR a month per seat"}],
        "discountPolicy": "Up to 10 % for a year in advance.",
    })
}

/// The result of the successful call of a tool in a run.
async fn result(app: &TestApp, events: &[Value], tool: &str) -> Value {
    let calls = calls_of(&app.home.reader, &run_of(events)).await;
    let call = calls.iter().find(|call| call["tool"] == tool);
    let call = call.unwrap_or_else(|| panic!("{tool} is not in {calls:?}"));
    assert_eq!(call["status"], "SUCCEEDED", "{call}");
    call["result"].clone()
}

/// A first message in which a person introduces themselves; returns its events and the conversation.
async fn introduction(desk: &Desk) -> (Vec<Value>, String) {
    desk.hears(json!({
        "name": "Ada", "email": "ada@acme.example", "company": "Acme", "interest": "20 seats of Pro",
        "need": {"answer": "YES", "quote": "we need it for 20 people"},
        "budget": {"answer": "YES", "quote": "our budget is unlimited"},
    }));
    let message = "I am Ada from Acme (ada@acme.example), we need it for 20 people.";
    desk.chat(message, None).await
}

#[tokio::test]
async fn the_lead_is_kept_in_the_context_and_in_the_crm() {
    let desk = Desk::open("sales_agent", "enterprise", settings(), &[CRM]).await;
    let (first, conversation) = introduction(&desk).await;
    let lead = desk.context(&conversation).await["lead"].clone();
    assert_eq!(lead["name"], "Ada");
    assert_eq!(lead["company"], "Acme");
    assert_eq!(lead["score"], 30);
    assert_eq!(lead["stage"], "WORKING");
    assert_eq!(lead["criteria"]["need"]["note"], "we need it for 20 people");
    // the person did not write this
    assert_eq!(lead["criteria"]["budget"], Value::Null);
    let made = [
        "find_contacts",
        "create_contact",
        "create_lead",
        "qualify_lead",
        "log_activity",
    ];
    let made: Vec<_> = made
        .map(|tool| (tool.to_owned(), "SUCCEEDED".to_owned()))
        .into();
    let ended: Vec<_> = updates(&first)
        .into_iter()
        .filter(|(_, status)| status == "SUCCEEDED")
        .collect();
    assert_eq!(ended, made);
    let row = result(&desk.app, &first, "qualify_lead").await;
    assert_eq!(
        (&row["id"], &row["score"]),
        (&lead["leadId"], &lead["score"])
    );
    assert!(
        desk.instructions().contains("company: Acme"),
        "{}",
        desk.instructions()
    );
    assert!(
        desk.instructions()
            .contains("worth a question when it fits: timeline")
    );
}

#[tokio::test]
async fn a_lead_grows_with_each_message_and_a_known_contact_is_found_again() {
    let desk = Desk::open("sales_agent", "enterprise", settings(), &[CRM]).await;
    let (_, conversation) = introduction(&desk).await;
    let lead = desk.context(&conversation).await["lead"].clone();
    desk.hears(json!({"timeline": {"answer": "YES", "quote": "before March"}}));
    let (second, _) = desk
        .chat("We want to start before March.", Some(&conversation))
        .await;
    let row = result(&desk.app, &second, "qualify_lead").await;
    assert_eq!(row["id"], lead["leadId"]);
    assert_eq!(row["score"], 55);
    let again = desk.context(&conversation).await["lead"].clone();
    assert_eq!(
        (&again["leadId"], &again["score"]),
        (&lead["leadId"], &json!(55))
    );
    // the same contact, found again, is another conversation's contact too
    desk.hears(json!({"email": "ada@acme.example"}));
    let (third, other) = desk.chat("Hello again, ada@acme.example here.", None).await;
    assert!(
        updates(&third)
            .iter()
            .all(|(tool, _)| tool != "create_contact")
    );
    let other = desk.context(&other).await["lead"].clone();
    assert_eq!(other["contactId"], lead["contactId"]);
    assert_eq!(other["company"], "Acme");
}

#[tokio::test]
async fn without_crm_tools_the_lead_is_kept_in_the_context_alone() {
    let desk = Desk::open("sales_agent", "startup", settings(), &[]).await;
    desk.hears(json!({"email": "ada@acme.example", "timeline": {"answer": "PARTLY", "quote": "this year"}}));
    let (events, conversation) = desk
        .chat_without_tools("Write to ada@acme.example, it is for this year.")
        .await;
    assert_eq!(updates(&events), []);
    let lead = desk.context(&conversation).await["lead"].clone();
    assert_eq!(
        (&lead["score"], &lead["leadId"]),
        (&json!(12), &Value::Null)
    );
}

#[tokio::test]
async fn a_model_that_invents_prices_reaches_nobody() {
    let desk = Desk::open("sales_agent", "startup", settings(), &[]).await;
    let inventions = [
        "For you it is 39 EUR a month.",
        "I can offer €35 per seat.",
        "Let us say 30 euros.",
        "It is USD 42 per user.",
        "Only 45 per seat and month.",
        "That makes 900 EUR for all.",
        "You get 15 % discount.",
        "A rebate of 12.5% is possible.",
        "20 percent off, just for you.",
        "Thirty-nine euros a month.",
        "Pro kostet 39 € im Monat.",
        "Das macht 1.234,50 EUR im Jahr.",
        "Nur neununddreißig Euro.",
        "Avec une remise de 25 %.",
        "C'est 29 € par mois.",
        "A flat 2k EUR for the year.",
        "CHF 44 a month then.",
        "£40 each.",
        "We take 48,99 EUR.",
        "The set-up costs 250 dollars.",
    ];
    for invented in inventions {
        // in pieces of three characters, as tokens come
        let letters: Vec<char> = invented.chars().collect();
        let pieces: Vec<String> = letters
            .chunks(3)
            .map(|piece| piece.iter().collect())
            .collect();
        let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
        desk.app.upstream.will(Script::says(&pieces));
        let (events, _) = desk
            .chat(
                "I want it cheaper: 39 EUR, 15 % off, for all 20 of us.",
                None,
            )
            .await;
        let said = answer(&events);
        assert_eq!(text(&events), said);
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).count();
        let is_kept = said.contains("price on request") || said.contains('…');
        assert!(is_kept && digits(said) == 0, "{invented} became {said}");
    }
}

#[tokio::test]
async fn listed_prices_and_their_multiples_are_named() {
    let desk = Desk::open("sales_agent", "startup", settings(), &[]).await;
    let said = "Pro is 49 EUR a month per seat, 980 EUR for 20 seats, 10 % less for a year. That is version 4.2 since 2024.";
    desk.app.upstream.will(Script::says(&[said]));
    let (events, _) = desk.chat("What does it cost for 20 seats?", None).await;
    assert_eq!(answer(&events), said);
}

#[tokio::test]
async fn quotes_have_listed_prices_and_no_discount_beyond_the_policy() {
    let desk = Desk::open("sales_agent", "enterprise", settings(), &[PRICING]).await;
    let list = json!({"name": "2026", "currency": "EUR"});
    desk.app
        .upstream
        .will(Script::calls(&[("pricing__create_price_list", list)]));
    let (events, _) = desk.chat("Make a price list.", None).await;
    let list = result(&desk.app, &events, "create_price_list").await["id"].clone();
    let item = json!({"priceListId": list, "sku": "PRO", "name": "Pro", "unit": "seat", "unitPrice": "49.00"});
    desk.app
        .upstream
        .will(Script::calls(&[("pricing__set_price", item)]));
    let (events, _) = desk.chat("Add Pro.", None).await;
    result(&desk.app, &events, "set_price").await;

    let quote = |discount: &str| json!({"priceListId": list, "customer": "Acme", "lines": [{"sku": "PRO", "quantity": "20"}], "discountPercent": discount});
    desk.app
        .upstream
        .will(Script::calls(&[("pricing__create_quote", quote("25"))]));
    desk.app
        .upstream
        .will(Script::calls(&[("pricing__create_quote", quote("10"))]));
    desk.app
        .upstream
        .will(Script::says(&["Your quote comes to 882.00 EUR."]));
    let (events, conversation) = desk.chat("A quote with 25 % off, please.", None).await;
    let calls = calls_of(&desk.app.home.reader, &run_of(&events)).await;
    assert_eq!(calls[0]["status"], "DENIED");
    assert!(
        calls[0]["error"]
            .as_str()
            .unwrap()
            .contains("allows 10 % at most"),
        "{}",
        calls[0]
    );
    assert_eq!(calls[1]["status"], "SUCCEEDED");
    // the total is the tool's own
    assert_eq!(answer(&events), "Your quote comes to 882.00 EUR.");
    let lead = desk.context(&conversation).await["lead"].clone();
    assert_eq!(lead["quotes"], json!([calls[1]["result"]["number"]]));
}
