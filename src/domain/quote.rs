//! Price lists and quotes.

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    domain::{ContactId, Currency, Percentage, PriceItemId, PriceListId, Quantity, QuoteId},
    error::{Error, Result},
};

/// A list of prices in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceList {
    /// The price list's id.
    pub id: PriceListId,
    /// The name, unique in the account, case-insensitive.
    pub name: String,
    /// The purpose of the list.
    pub description: Option<String>,
    /// The currency of its prices.
    pub currency: Currency,
    /// The time of creation.
    pub created_at: DateTime<Utc>,
    /// The time of the last change of the list or one of its prices.
    pub updated_at: DateTime<Utc>,
}

/// An item with its price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceItem {
    /// The item's id.
    pub id: PriceItemId,
    /// The list that contains the item.
    pub list: PriceListId,
    /// The stock keeping unit, unique in the list.
    pub sku: String,
    /// The display name.
    pub name: String,
    /// A description of the product.
    pub description: Option<String>,
    /// The unit of the quantity, e.g. `hour`.
    pub unit: String,
    /// The price of one unit, in the smallest unit of the list's currency.
    pub unit_price: i64,
    /// The volume prices, by ascending quantity.
    pub volume_prices: Vec<VolumePrice>,
    /// The time of creation.
    pub created_at: DateTime<Utc>,
    /// The time of the last change.
    pub updated_at: DateTime<Utc>,
}

/// A unit price that applies from some quantity on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumePrice {
    /// The minimum quantity, in thousandths.
    pub from: i64,
    /// The price of one unit, in the smallest unit of the list's currency.
    pub unit_price: i64,
}

impl PriceItem {
    /// The unit price for this quantity.
    pub fn unit_price_at(&self, quantity: Quantity) -> i64 {
        let reached = self.volume_prices.iter().rev();
        reached
            .filter(|price| quantity.0 >= price.from)
            .map(|price| price.unit_price)
            .next()
            .unwrap_or(self.unit_price)
    }
}

/// An offer to a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// The quote's id.
    pub id: QuoteId,
    /// The number in the account, from 1.
    pub number: i64,
    /// The customer's name.
    pub customer: String,
    /// The customer's contact; none after that contact was deleted.
    pub contact: Option<ContactId>,
    /// The state of the quote.
    pub status: QuoteStatus,
    /// The lines and amounts.
    pub calculation: Calculation,
    /// The last day on which the quote can be accepted.
    pub valid_until: Option<NaiveDate>,
    /// A free note.
    pub note: Option<String>,
    /// The time of creation.
    pub created_at: DateTime<Utc>,
    /// The time of the last change.
    pub updated_at: DateTime<Utc>,
}

/// The state of a quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum QuoteStatus {
    /// The quote was not sent yet.
    Draft,
    /// The quote was sent to the customer.
    Sent,
    /// The customer accepted the quote.
    Accepted,
    /// The customer declined the quote.
    Declined,
    /// The account withdrew the quote.
    Cancelled,
}

impl QuoteStatus {
    /// The states that may follow.
    pub fn next(self) -> &'static [Self] {
        match self {
            Self::Draft => &[Self::Sent, Self::Cancelled],
            Self::Sent => &[Self::Accepted, Self::Declined, Self::Cancelled],
            Self::Accepted | Self::Declined | Self::Cancelled => &[],
        }
    }
}

/// Lines and their totals, in the smallest unit of one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calculation {
    /// The currency of all amounts.
    pub currency: Currency,
    /// The lines of the quote.
    pub lines: Vec<QuoteLine>,
    /// The discount on the subtotal.
    pub discount_rate: Percentage,
    /// The tax on the discounted subtotal.
    pub tax_rate: Percentage,
    /// The sum of the lines.
    pub subtotal: i64,
    /// The amount of the discount.
    pub discount: i64,
    /// The amount of the tax.
    pub tax: i64,
    /// The amount to pay.
    pub total: i64,
}

/// A line of a quote, a copy of the item at that time: later price changes do not affect it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuoteLine {
    /// The item's stock keeping unit.
    pub sku: String,
    /// The item's display name.
    pub name: String,
    /// The unit of the quantity.
    pub unit: String,
    /// The offered quantity.
    pub quantity: Quantity,
    /// The price of one unit.
    pub unit_price: i64,
    /// The discount on this line.
    pub discount_rate: Percentage,
    /// The amount of the line after its discount.
    pub net: i64,
}

impl QuoteLine {
    /// A line for a quantity of an item, at the unit price for that quantity.
    pub fn of(item: &PriceItem, quantity: Quantity, discount_rate: Percentage) -> Result<Self> {
        let unit_price = item.unit_price_at(quantity);
        let gross = quantity.times(unit_price);
        let net = gross.and_then(|gross| gross.checked_sub(discount_rate.of(gross)?));
        Ok(Self {
            sku: item.sku.clone(),
            name: item.name.clone(),
            unit: item.unit.clone(),
            quantity,
            unit_price,
            discount_rate,
            net: net.ok_or_else(too_large)?,
        })
    }
}

impl Calculation {
    /// The totals of the lines. Each amount is rounded half up once.
    pub fn of(
        currency: Currency,
        lines: Vec<QuoteLine>,
        discount_rate: Percentage,
        tax_rate: Percentage,
    ) -> Result<Self> {
        let subtotal = lines
            .iter()
            .try_fold(0_i64, |sum, line| sum.checked_add(line.net));
        let subtotal = subtotal.ok_or_else(too_large)?;
        let discount = discount_rate.of(subtotal).ok_or_else(too_large)?;
        let taxable = subtotal - discount;
        let tax = tax_rate.of(taxable).ok_or_else(too_large)?;
        Ok(Self {
            currency,
            lines,
            discount_rate,
            tax_rate,
            subtotal,
            discount,
            tax,
            total: taxable.checked_add(tax).ok_or_else(too_large)?,
        })
    }
}

fn too_large() -> Error {
    Error::bad_input(
        "lines",
        "come to more than can be calculated with; offer less in one quote",
    )
}

/// A filter of quotes; all conditions that are set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuoteFilter {
    /// A part of the customer's name, case-insensitive.
    pub customer: Option<String>,
    /// Quotes for this contact.
    pub contact: Option<ContactId>,
    /// Quotes in this state.
    pub status: Option<QuoteStatus>,
}
