//! Which amounts of money and discounts an answer may name.
//!
//! Only what can be traced to a source is let through: the agent's settings, the passages of the prompt, the results of
//! tools, the agent's own earlier answers. What the person wrote is no source, because a model agrees easily.

use std::collections::BTreeSet;

use serde_json::Value;

use super::amounts::{Amount, AmountKind, amounts_in, numbers};

/// The largest number of units that a listed price is multiplied with.
const MOST_UNITS: i64 = 100_000;
/// The months of a year: a monthly price may be named per year.
const MONTHS: i64 = 12;

/// The amounts that an answer may name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PriceSources {
    prices: BTreeSet<i64>,
    percentages: BTreeSet<i64>,
    /// The greatest discount, in hundredths of a percent.
    most_discount: i64,
    /// The numbers of units that were asked for.
    units: BTreeSet<i64>,
    /// Everything that was read, for amounts in words.
    texts: String,
}

impl PriceSources {
    /// Sources whose greatest discount is `most_discount` percent.
    pub fn with_discount(most_discount: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a percentage has at most three digits before the point"
        )]
        let most_discount = (most_discount * 100.0).round() as i64;
        Self {
            most_discount,
            units: BTreeSet::from([MONTHS]),
            ..Self::default()
        }
    }

    /// Adds a text whose amounts may be named: those with a currency, and all numbers of its tables.
    pub fn add_text(&mut self, text: &str) {
        for line in text.lines() {
            if line.contains('|') || line.contains('\t') {
                self.prices.extend(numbers(line));
            }
        }
        for amount in amounts_in(text, true) {
            match (amount.kind, amount.value) {
                (AmountKind::Money, Some(value)) => self.prices.extend([value]),
                (AmountKind::Discount, Some(value)) => self.percentages.extend([value]),
                (_, None) => {}
            }
        }
        self.texts.push_str(&text.to_lowercase());
        self.texts.push('\n');
    }

    /// Adds a value whose numbers may all be named, such as the result of a tool that knows prices.
    pub fn add_value(&mut self, value: &Value) {
        match value {
            Value::Object(members) => members.values().for_each(|value| self.add_value(value)),
            Value::Array(items) => items.iter().for_each(|value| self.add_value(value)),
            Value::String(text) => self.prices.extend(numbers(text)),
            Value::Number(number) => self.prices.extend(numbers(&number.to_string())),
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// Adds the settings of an agent: every text of them.
    pub fn add_settings(&mut self, settings: &Value) {
        match settings {
            Value::Object(members) => members.values().for_each(|value| self.add_settings(value)),
            Value::Array(items) => items.iter().for_each(|value| self.add_settings(value)),
            Value::String(text) => self.add_text(text),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Adds the numbers of a text of the person: a listed price may be multiplied with them.
    pub fn add_units(&mut self, text: &str) {
        let whole = numbers(text).filter(|number| number % 100 == 0);
        let units = whole.map(|number| number / 100);
        self.units
            .extend(units.filter(|units| (1..=MOST_UNITS).contains(units)));
    }

    /// The greatest discount, in percent.
    pub fn most_discount(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a percentage is far below 2^52")]
        let most = self.most_discount as f64;
        most / 100.0
    }

    /// Whether an answer may name this amount, which stands in `text`.
    pub(super) fn allow(&self, amount: &Amount, text: &str) -> bool {
        match (amount.kind, amount.value) {
            (AmountKind::Money, Some(value)) => self.allow_price(value),
            (AmountKind::Discount, Some(value)) => {
                value <= self.most_discount || self.percentages.contains(&value)
            }
            (_, None) => {
                let words = text.get(amount.span.clone()).unwrap_or_default();
                self.texts.contains(&words.trim().to_lowercase())
            }
        }
    }

    fn allow_price(&self, value: i64) -> bool {
        let is_multiple =
            |units: &i64| value % units == 0 && self.prices.contains(&(value / units)) && value > 0;
        self.prices.contains(&value)
            || self.units.iter().any(is_multiple)
            // a number of units, for a year
            || (value % MONTHS == 0 && self.units.iter().any(|units| {
                let of_year = value / MONTHS;
                of_year % units == 0 && self.prices.contains(&(of_year / units)) && value > 0
            }))
    }
}

/// The greatest discount in percent that a sales agent may give: the setting, else the greatest percentage of its
/// discount policy, else none.
pub fn sales_discount(settings: &Value) -> f64 {
    let setting = settings
        .get("maximumDiscountPercent")
        .and_then(Value::as_f64);
    let policy = || {
        let policy = settings.get("discountPolicy").and_then(Value::as_str)?;
        let mut sources = PriceSources::default();
        sources.add_text(policy);
        sources.most_discount = sources.percentages.last().copied()?;
        Some(sources.most_discount())
    };
    setting.or_else(policy).unwrap_or_default()
}

/// Why a call of a pricing tool exceeds the greatest discount, if it does.
pub fn discount_problem(arguments: &Value, most: f64) -> Option<String> {
    let lines = arguments.get("lines").and_then(Value::as_array);
    let all = lines.into_iter().flatten().chain([arguments]);
    let given = all.filter_map(|part| match part.get("discountPercent")? {
        Value::String(text) => text.trim().parse::<f64>().ok(),
        value => value.as_f64(),
    });
    let greatest = given.fold(0.0, f64::max);
    (greatest > most).then(|| {
        format!(
            "a discount of {greatest} % is beyond the agent's policy, which allows {most} % at most"
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_listed_amounts_and_their_multiples_are_allowed() {
        let mut sources = PriceSources::with_discount(10.0);
        sources.add_settings(&json!({"products": [{"price": "49 EUR a month per seat"}]}));
        sources.add_value(&json!({"lines": [{"net": "1180.00"}]}));
        sources.add_units("We are 20 people");
        let allows = |text: &str| {
            let amounts = amounts_in(text, false);
            assert!(!amounts.is_empty(), "{text}");
            amounts.iter().all(|amount| sources.allow(amount, text))
        };
        assert!(allows("49 EUR"));
        assert!(allows("980 EUR a month"));
        assert!(allows("11,760 EUR a year"));
        assert!(allows("1,180.00 EUR"));
        assert!(allows("a discount of 8 %"));
        assert!(!allows("39 EUR"));
        assert!(!allows("a discount of 12 %"));
        assert!(!allows("thirty-nine euros"));
        assert!(!allows("0 EUR"));
    }
}
