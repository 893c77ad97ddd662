//! Integers beyond the 32 bits of GraphQL's `Int`.

use async_graphql::{InputValueError, InputValueResult, Number, Scalar, ScalarType, Value};

/// The largest integer that JavaScript's numbers hold exactly, 2^53 - 1.
const LARGEST: i64 = 9_007_199_254_740_991;

/// An integer of at most 2^53 - 1 in size, which JavaScript's numbers hold exactly: counts of tokens, and budgets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BigInt(pub(super) i64);

/// An integer of at most 2^53 - 1 in size, which JavaScript's numbers hold exactly: counts of tokens, and budgets.
#[Scalar]
impl ScalarType for BigInt {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::Number(number) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        whole(number)
            .filter(|whole| (-LARGEST..=LARGEST).contains(whole))
            .map(Self)
            .ok_or_else(|| {
                InputValueError::custom(format!(
                    "{number}, expected an integer between -{LARGEST} and {LARGEST}"
                ))
            })
    }

    fn to_value(&self) -> Value {
        Value::from(self.0)
    }
}

/// The integer that a number is; `3e9` is one too.
fn whole(number: &Number) -> Option<i64> {
    if let Some(whole) = number.as_i64() {
        return Some(whole);
    }
    let float = number.as_f64().filter(|float| float.fract() == 0.0)?;
    // written without exponent, so that the conversion is exact
    format!("{float:.0}").parse().ok()
}

#[cfg(test)]
mod tests {
    use async_graphql::{Number, ScalarType, Value};

    use super::{BigInt, LARGEST};

    fn parse(number: impl Into<Value>) -> Option<i64> {
        BigInt::parse(number.into()).ok().map(|parsed| parsed.0)
    }

    #[test]
    fn integers_that_javascript_holds_exactly_are_taken_and_others_are_not() {
        assert_eq!(parse(3_000_000_000_i64), Some(3_000_000_000));
        assert_eq!(parse(LARGEST), Some(LARGEST));
        assert_eq!(parse(-LARGEST), Some(-LARGEST));
        assert_eq!(parse(LARGEST + 1), None);
        assert_eq!(parse(i64::MIN), None);
        let float = |float: f64| Value::Number(Number::from_f64(float).unwrap());
        assert_eq!(parse(float(3e9)), Some(3_000_000_000));
        assert_eq!(parse(float(0.5)), None);
        assert_eq!(parse(float(1e300)), None);
        assert_eq!(parse("3"), None);
        assert_eq!(BigInt(LARGEST).to_value(), Value::from(LARGEST));
    }
}
