//! Whether a JSON value is a part of another one.

use serde_json::Value;

/// Whether `expected` is a part of `seen`: an object has the fields, a list as many items, each with its part, and
/// every other value is equal; numbers are compared as numbers.
pub(super) fn is_part(expected: &Value, seen: &Value) -> bool {
    match (expected, seen) {
        (Value::Object(expected), Value::Object(seen)) => expected
            .iter()
            .all(|(name, value)| seen.get(name).is_some_and(|seen| is_part(value, seen))),
        (Value::Array(expected), Value::Array(seen)) => {
            let pairs = expected.iter().zip(seen);
            expected.len() == seen.len()
                && pairs.into_iter().all(|(one, other)| is_part(one, other))
        }
        (Value::Number(expected), Value::Number(seen)) => {
            expected == seen || expected.as_f64() == seen.as_f64()
        }
        (expected, seen) => expected == seen,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::is_part;

    #[test]
    fn a_part_has_fewer_fields_and_equal_values() {
        let whole = json!({"a": 1, "b": {"c": [1.0, {"d": null, "e": "x"}]}});
        for part in [
            json!({}),
            json!({"a": 1.0}),
            json!({"b": {"c": [1, {"d": null}]}}),
        ] {
            assert!(is_part(&part, &whole), "{part}");
        }
        for other in [
            json!({"a": "1"}),
            json!({"f": null}),
            json!({"b": {"c": [1]}}),
            json!([]),
            json!({"b": {"c": [1, {"d": "x"}]}}),
        ] {
            assert!(!is_part(&other, &whole), "{other}");
        }
    }
}
