//! Calculates the total of a purchase: lines of articles with quantities, discounts and tax.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::price_list::find_price_list;
use crate::{
    domain::{Calculation, Percentage, PriceListId, Quantity, QuoteLine},
    error::{Error, Problem, Result},
    toolbox::{
        argument::{Decimal, Name},
        prefixed::Prefixed,
        tool::Tool,
        tool_context::ToolContext,
    },
};

pub(super) fn tools() -> Vec<Tool> {
    vec![Tool::reads(
        "calculate_price",
        "Calculate a price",
        calculate_price,
    )]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CalculationView {
    currency: String,
    lines: Vec<LineView>,
    subtotal: String,
    discount_percent: String,
    discount: String,
    tax_percent: String,
    tax: String,
    total: String,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct LineView {
    sku: String,
    name: String,
    quantity: String,
    unit: String,
    unit_price: String,
    discount_percent: String,
    net: String,
}

impl From<Calculation> for CalculationView {
    fn from(calculation: Calculation) -> Self {
        let currency = calculation.currency;
        let lines = calculation.lines.into_iter().map(|line| LineView {
            sku: line.sku,
            name: line.name,
            quantity: line.quantity.show(),
            unit: line.unit,
            unit_price: currency.show(line.unit_price),
            discount_percent: line.discount_rate.show(),
            net: currency.show(line.net),
        });
        Self {
            currency: currency.code().to_owned(),
            lines: lines.collect(),
            subtotal: currency.show(calculation.subtotal),
            discount_percent: calculation.discount_rate.show(),
            discount: currency.show(calculation.discount),
            tax_percent: calculation.tax_rate.show(),
            tax: currency.show(calculation.tax),
            total: currency.show(calculation.total),
        }
    }
}

/// Says what a purchase comes to, exactly: every line, the subtotal, discount, tax and total. Keeps nothing.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CalculatePrice {
    /// The price list.
    price_list_id: Prefixed<PriceListId>,
    #[serde(flatten)]
    purchase: Purchase,
}

// What is bought, without the price list.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Purchase {
    /// What is bought.
    #[schemars(length(min = 1, max = 100))]
    lines: Vec<PurchaseLine>,
    /// The discount on everything, in percent. A decimal number as text, e.g. "10".
    discount_percent: Option<Decimal>,
    /// The tax on what is left after discounts, in percent. A decimal number as text, e.g. "19".
    tax_percent: Option<Decimal>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PurchaseLine {
    /// The article's number, as `find_prices` has it.
    sku: Name,
    /// How much of it. A decimal number as text, e.g. "2".
    quantity: Decimal,
    /// The discount on this line, in percent. A decimal number as text, e.g. "5".
    discount_percent: Option<Decimal>,
}

async fn calculate_price(
    context: &ToolContext,
    arguments: CalculatePrice,
) -> Result<CalculationView> {
    let list = arguments.price_list_id.0;
    Ok(arguments.purchase.calculate(context, list).await?.into())
}

impl Purchase {
    /// Calculates the total with the prices of a list.
    pub(super) async fn calculate(
        &self,
        context: &ToolContext,
        list: PriceListId,
    ) -> Result<Calculation> {
        let list = find_price_list(context, list).await?;
        let skus: Vec<&str> = self.lines.iter().map(|line| &*line.sku).collect();
        let items = context.store.price_items_by_sku(list.id, &skus).await?;
        let items: HashMap<&str, _> = items.iter().map(|item| (item.sku.as_str(), item)).collect();
        let mut lines = Vec::with_capacity(self.lines.len());
        let mut problems = Vec::new();
        for (index, line) in self.lines.iter().enumerate() {
            let path = format!("lines[{index}]");
            let Some(item) = items.get(&*line.sku) else {
                problems.push(Problem::new(
                    format!("{path}.sku"),
                    "is no article of this price list; find_prices lists them",
                ));
                continue;
            };
            let quantity = Quantity::parse(&format!("{path}.quantity"), &line.quantity);
            let discount_path = format!("{path}.discountPercent");
            let discount = percentage(&discount_path, line.discount_percent.as_ref());
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
        let discount = percentage("discountPercent", self.discount_percent.as_ref())?;
        let tax = percentage("taxPercent", self.tax_percent.as_ref())?;
        Calculation::of(list.currency, lines, discount, tax)
    }
}

/// The percentage; 0 % when none is given.
fn percentage(path: &str, text: Option<&Decimal>) -> Result<Percentage, Problem> {
    text.map_or_else(
        || Ok(Percentage::default()),
        |text| Percentage::parse(path, text),
    )
}
