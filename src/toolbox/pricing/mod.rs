//! Pricing: price lists with their items, calculations and quotes.

mod calculation;
mod price_item;
mod price_list;
mod quote;

use super::{server::BuiltInServer, tool::Tool};

/// The pricing server.
pub(super) struct Pricing;

impl BuiltInServer for Pricing {
    fn kind(&self) -> &'static str {
        "pricing"
    }

    fn name(&self) -> &'static str {
        "Pricing"
    }

    fn about(&self) -> &'static str {
        "The account's prices. A price list has articles, each with a number (SKU) and a price in the list's currency, \
         perhaps lower from some quantity on. calculate_price says what a purchase comes to; create_quote makes an offer of \
         it. Never calculate yourself: amounts are exact and come from the tools."
    }

    fn tools(&self) -> Vec<Tool> {
        [
            price_list::tools(),
            price_item::tools(),
            calculation::tools(),
            quote::tools(),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
