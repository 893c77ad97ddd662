//! Prices: lists, exact sums, and quotes that do not change.

use serde_json::{Value, json};

use super::{Peer, connected};

/// A price list with a seat with volume prices, and hours.
async fn priced(pricing: &Peer, name: &str, currency: &str) -> Value {
    let list = pricing
        .ok(
            "create_price_list",
            json!({"name": name, "currency": currency}),
        )
        .await;
    let seat = json!({"priceListId": list["id"], "sku": "SEAT", "name": "Seat", "unit": "seat and month", "unitPrice": "19.99",
        "volumePrices": [{"from": "100", "unitPrice": "15.49"}, {"from": "10", "unitPrice": "17.5"}]});
    pricing.ok("set_price", seat).await;
    let hour = json!({"priceListId": list["id"], "sku": "HOUR", "name": "Consulting", "unit": "hour", "unitPrice": "133.33"});
    pricing.ok("set_price", hour).await;
    list["id"].clone()
}

#[tokio::test]
async fn totals_are_exact_to_the_cent() {
    let (_app, pricing) = connected("pricing").await;
    let list = priced(&pricing, "Standard", "EUR").await;
    let sum = pricing
        .ok(
            "calculate_price",
            json!({"priceListId": list, "discountPercent": "2.5", "taxPercent": "19", "lines": [
                {"sku": "SEAT", "quantity": "12", "discountPercent": "3"},
                {"sku": "HOUR", "quantity": "0.75"},
            ]}),
        )
        .await;
    // 12 × 17.50 = 210.00, less 3 % = 203.70; 0.75 × 133.33 = 99.9975 → 100.00
    assert_eq!(sum["lines"][0]["unitPrice"], "17.50");
    assert_eq!(sum["lines"][0]["net"], "203.70");
    assert_eq!(sum["lines"][1]["net"], "100.00");
    assert_eq!(sum["subtotal"], "303.70");
    // 2.5 % = 7.5925 → 7.59; 19 % of 296.11 = 56.2609 → 56.26
    assert_eq!(sum["discount"], "7.59");
    assert_eq!(sum["tax"], "56.26");
    assert_eq!(sum["total"], "352.37");
}

#[tokio::test]
async fn a_quote_keeps_its_prices_and_its_status_moves_forward_only() {
    let (_app, pricing) = connected("pricing").await;
    let list = priced(&pricing, "Standard", "EUR").await;
    let new = json!({"priceListId": list, "customer": "Engines Ltd", "validUntil": "2999-12-31", "taxPercent": "20",
        "lines": [{"sku": "SEAT", "quantity": "100"}]});
    let quote = pricing.ok("create_quote", new.clone()).await;
    assert_eq!(quote["number"], 1);
    assert_eq!(quote["status"], "DRAFT");
    assert_eq!(quote["total"], "1858.80");
    assert_eq!(pricing.ok("create_quote", new).await["number"], 2);
    let dearer = json!({"priceListId": list, "sku": "SEAT", "name": "Seat", "unitPrice": "99"});
    pricing.ok("set_price", dearer).await;
    pricing
        .ok("remove_price", json!({"priceListId": list, "sku": "HOUR"}))
        .await;
    let shown = pricing.ok("get_quote", json!({"quote": "#1"})).await;
    assert_eq!(shown["total"], "1858.80");
    assert_eq!(shown["lines"][0]["unit"], "seat and month");
    let by_id = pricing.ok("get_quote", json!({"quote": quote["id"]})).await;
    assert_eq!(by_id, shown);
    let status = |status: &str| json!({"quote": "1", "status": status});
    let early = pricing
        .failure("change_quote_status", status("ACCEPTED"))
        .await;
    assert!(
        early.starts_with("CONFLICT: the quote is \"DRAFT\""),
        "{early}"
    );
    pricing.ok("change_quote_status", status("SENT")).await;
    let accepted = pricing.ok("change_quote_status", status("ACCEPTED")).await;
    assert_eq!(accepted["status"], "ACCEPTED");
    let found = pricing
        .ok(
            "find_quotes",
            json!({"customer": "engines", "status": "ACCEPTED"}),
        )
        .await;
    assert_eq!(found["quotes"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn amounts_have_the_decimal_places_of_their_currency() {
    let (_app, pricing) = connected("pricing").await;
    let yen = pricing
        .ok(
            "create_price_list",
            json!({"name": "Japan", "currency": "JPY"}),
        )
        .await;
    let item = |price: &str| json!({"priceListId": yen["id"], "sku": "A", "name": "A", "unitPrice": price});
    let wrong = pricing.failure("set_price", item("1.5")).await;
    assert!(
        wrong.contains("unitPrice: \"1.5\" given, expected an amount of JPY"),
        "{wrong}"
    );
    let set = pricing.ok("set_price", item("1500")).await;
    assert_eq!(set["unitPrice"], "1500");
    let taken = pricing
        .failure(
            "create_price_list",
            json!({"name": "JAPAN", "currency": "EUR"}),
        )
        .await;
    assert!(taken.starts_with("CONFLICT: name:"), "{taken}");
}

#[tokio::test]
async fn all_problems_of_a_purchase_are_reported_at_once() {
    let (_app, pricing) = connected("pricing").await;
    let list = priced(&pricing, "Standard", "EUR").await;
    let wrong = pricing
        .failure(
            "calculate_price",
            json!({"priceListId": list, "lines": [
                {"sku": "NONE", "quantity": "1"},
                {"sku": "SEAT", "quantity": "0"},
                {"sku": "SEAT", "quantity": "1", "discountPercent": "101"},
            ]}),
        )
        .await;
    for path in [
        "lines[0].sku",
        "lines[1].quantity",
        "lines[2].discountPercent",
    ] {
        assert!(wrong.contains(path), "{wrong}");
    }
    // An id is checked beside the arguments that two tools share.
    let wrong = pricing
        .failure(
            "create_quote",
            json!({"priceListId": "nonsense", "customer": "Ada", "lines": [{"sku": "SEAT", "quantity": "1"}]}),
        )
        .await;
    assert!(
        wrong.starts_with("BAD_USER_INPUT: priceListId: \"nonsense\" is not an id"),
        "{wrong}"
    );
    let huge = pricing
        .failure(
            "calculate_price",
            json!({"priceListId": list, "lines": [{"sku": "SEAT", "quantity": "1e9"}]}),
        )
        .await;
    assert!(
        huge.starts_with("BAD_USER_INPUT: lines[0].quantity"),
        "{huge}"
    );
}
