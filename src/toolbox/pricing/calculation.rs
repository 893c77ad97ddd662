//! Calculates the total of a purchase: lines of articles with quantities, discounts and tax.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::price_list;
use crate::{
    domain::{Calculation, Percentage, PriceList, Quantity, QuoteLine},
    error::{Error, Problem, Result},
    toolbox::{
        desk::{ToolContext, wrong},
        schema,
        server::{Tool, ToolDoc, read},
    },
};

/// The maximum number of lines in a calculation.
const MOST_LINES: usize = 100;

pub(super) fn tools() -> Vec<Tool> {
    vec![Tool::reads(
        ToolDoc {
            name: "calculate_price",
            title: "Calculate a price",
            about: "Says what a purchase comes to, exactly: every line, the subtotal, discount, tax and total. Keeps nothing.",
        },
        schema::object(&["priceListId", "lines"], purchase_properties()),
        shape(),
        |desk, arguments| {
            Box::pin(async move {
                let purchase: Purchase = read(arguments)?;
                let (_, calculation) = purchase.calculate(desk).await?;
                Ok(shown(&calculation))
            })
        },
    )]
}

/// The arguments of a purchase: lines, discount, tax and price list.
pub(super) fn purchase_properties() -> [(&'static str, Value); 4] {
    let line = schema::object(
        &["sku", "quantity"],
        [
            (
                "sku",
                schema::name("The article's number, as find_prices has it."),
            ),
            ("quantity", schema::decimal("2", "How much of it.")),
            (
                "discountPercent",
                schema::decimal("5", "The discount on this line, in percent."),
            ),
        ],
    );
    let mut lines = schema::list(&line, MOST_LINES, "What is bought.");
    if let Some(fields) = lines.as_object_mut() {
        fields.insert("minItems".to_owned(), 1.into());
    }
    [
        ("priceListId", schema::id("pricelist", "The price list.")),
        ("lines", lines),
        (
            "discountPercent",
            schema::decimal("10", "The discount on everything, in percent."),
        ),
        (
            "taxPercent",
            schema::decimal("19", "The tax on what is left after discounts, in percent."),
        ),
    ]
}

pub(super) fn shape() -> Value {
    schema::answer(SHAPE)
}

/// The fields that every result with a calculation has.
pub(super) const SHAPE: &[(&str, &str)] = &[
    ("currency", "string"),
    ("lines", "array"),
    ("subtotal", "string"),
    ("discountPercent", "string"),
    ("discount", "string"),
    ("taxPercent", "string"),
    ("tax", "string"),
    ("total", "string"),
];

pub(super) fn shown(calculation: &Calculation) -> Value {
    let currency = calculation.currency;
    let lines = calculation.lines.iter().map(|line| {
        json!({
            "sku": line.sku,
            "name": line.name,
            "quantity": line.quantity.show(),
            "unit": line.unit,
            "unitPrice": currency.show(line.unit_price),
            "discountPercent": line.discount_rate.show(),
            "net": currency.show(line.net),
        })
    });
    json!({
        "currency": currency.code(),
        "lines": lines.collect::<Vec<_>>(),
        "subtotal": currency.show(calculation.subtotal),
        "discountPercent": calculation.discount_rate.show(),
        "discount": currency.show(calculation.discount),
        "taxPercent": calculation.tax_rate.show(),
        "tax": currency.show(calculation.tax),
        "total": currency.show(calculation.total),
    })
}

/// The arguments of a purchase.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Purchase {
    price_list_id: String,
    lines: Vec<Line>,
    discount_percent: Option<String>,
    tax_percent: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    sku: String,
    quantity: String,
    discount_percent: Option<String>,
}

impl Purchase {
    /// Calculates the total with the prices of the named list.
    pub(super) async fn calculate(&self, desk: &ToolContext) -> Result<(PriceList, Calculation)> {
        let list = price_list::existing(desk, &self.price_list_id).await?;
        let skus: Vec<&str> = self.lines.iter().map(|line| line.sku.as_str()).collect();
        let items = desk.store.price_items_by_sku(list.id, &skus).await?;
        let items: HashMap<&str, _> = items.iter().map(|item| (item.sku.as_str(), item)).collect();
        let mut lines = Vec::with_capacity(self.lines.len());
        let mut problems = Vec::new();
        for (index, line) in self.lines.iter().enumerate() {
            let path = format!("lines[{index}]");
            let Some(item) = items.get(line.sku.as_str()) else {
                problems.push(Problem::new(
                    format!("{path}.sku"),
                    "is no article of this price list; find_prices lists them",
                ));
                continue;
            };
            let quantity = Quantity::parse(&format!("{path}.quantity"), &line.quantity);
            let discount = rate(&path, line.discount_percent.as_deref());
            match (quantity, discount) {
                (Ok(quantity), Ok(discount)) => {
                    lines.push(QuoteLine::of(item, quantity, discount)?);
                }
                (quantity, discount) => {
                    problems.extend([quantity.err(), discount.err()].into_iter().flatten());
                }
            }
        }
        if !problems.is_empty() {
            return Err(Error::problems(problems));
        }
        let discount = rate("", self.discount_percent.as_deref()).map_err(wrong)?;
        let tax = self.tax_percent.as_deref();
        let tax = tax
            .map(|text| Percentage::parse("taxPercent", text))
            .transpose();
        let tax = tax.map_err(wrong)?.unwrap_or_default();
        let calculation = Calculation::of(list.currency, lines, discount, tax)?;
        Ok((list, calculation))
    }
}

/// The discount of a line, or of the whole purchase; 0 % when none is given.
fn rate(path: &str, text: Option<&str>) -> Result<Percentage, Problem> {
    let path = if path.is_empty() {
        "discountPercent".to_owned()
    } else {
        format!("{path}.discountPercent")
    };
    match text {
        Some(text) => Percentage::parse(&path, text),
        None => Ok(Percentage::default()),
    }
}
