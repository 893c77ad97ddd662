//! Price lists and quotes: what things cost, and what was offered to whom.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{ContactId, Currency, Percentage, PriceItemId, PriceListId, Quantity, QuoteId},
    error::{Error, Result},
};

/// What things cost, in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceList {
    /// Its id.
    pub id: PriceListId,
    /// Its name, unique in the account whatever its case.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The currency of its prices.
    pub currency: Currency,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it, or one of its prices, last changed.
    pub updated_at: DateTime<Utc>,
}

/// Something that has a price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceItem {
    /// Its id.
    pub id: PriceItemId,
    /// The list it stands in.
    pub list: PriceListId,
    /// The article's number, unique in the list.
    pub sku: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: Option<String>,
    /// What one of it is, e.g. `hour`.
    pub unit: String,
    /// What one costs, in the smallest unit of the list's currency.
    pub unit_price: i64,
    /// What one costs from some quantity on, the smallest first.
    pub volume_prices: Vec<VolumePrice>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// What one costs from some quantity on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumePrice {
    /// From this quantity on, in thousandths.
    pub from: i64,
    /// What one costs then, in the smallest unit of the list's currency.
    pub unit_price: i64,
}

impl PriceItem {
    /// What one costs when so much is bought.
    pub fn unit_price_at(&self, quantity: Quantity) -> i64 {
        let reached = self.volume_prices.iter().rev();
        reached
            .filter(|price| quantity.0 >= price.from)
            .map(|price| price.unit_price)
            .next()
            .unwrap_or(self.unit_price)
    }
}

/// An offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Its id.
    pub id: QuoteId,
    /// Its number in the account, from 1.
    pub number: i64,
    /// Whom it is for.
    pub customer: String,
    /// The contact whom it is for; none once that contact is deleted.
    pub contact: Option<ContactId>,
    /// How far it is.
    pub status: QuoteStatus,
    /// What it offers, and for how much.
    pub calculation: Calculation,
    /// The last day on which it can be accepted.
    pub valid_until: Option<NaiveDate>,
    /// Anything else.
    pub note: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// How far a quote is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum QuoteStatus {
    /// Nobody outside has seen it.
    Draft,
    /// The customer has it.
    Sent,
    /// The customer wants it.
    Accepted,
    /// The customer does not want it.
    Declined,
    /// It was taken back.
    Cancelled,
}

impl QuoteStatus {
    /// Where it can go from here.
    pub fn next(self) -> &'static [Self] {
        match self {
            Self::Draft => &[Self::Sent, Self::Cancelled],
            Self::Sent => &[Self::Accepted, Self::Declined, Self::Cancelled],
            Self::Accepted | Self::Declined | Self::Cancelled => &[],
        }
    }
}

/// Lines and what they come to, in the smallest unit of one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calculation {
    /// The currency.
    pub currency: Currency,
    /// What is offered.
    pub lines: Vec<QuoteLine>,
    /// The discount on all of it.
    pub discount_rate: Percentage,
    /// The tax on what is left.
    pub tax_rate: Percentage,
    /// All lines.
    pub subtotal: i64,
    /// What the discount on all of it comes to.
    pub discount: i64,
    /// What the tax comes to.
    pub tax: i64,
    /// What is to be paid.
    pub total: i64,
}

/// A line of a quote, as it was when it was made: later prices do not change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuoteLine {
    /// The article's number.
    pub sku: String,
    /// Its name.
    pub name: String,
    /// What one of it is.
    pub unit: String,
    /// How much of it.
    pub quantity: Quantity,
    /// What one costs.
    pub unit_price: i64,
    /// The discount on this line.
    pub discount_rate: Percentage,
    /// What the line comes to.
    pub net: i64,
}

impl QuoteLine {
    /// So much of an item, at the price of that quantity.
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
    /// What lines come to. Each amount is rounded half up once, where it stands.
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

/// Which quotes are asked for; everything that is set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuoteFilter {
    /// A part of the customer's name, whatever its case.
    pub customer: Option<String>,
    /// For this contact.
    pub contact: Option<ContactId>,
    /// In this state.
    pub status: Option<QuoteStatus>,
}
