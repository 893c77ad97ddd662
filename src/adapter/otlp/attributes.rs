//! Attributes of OTLP messages.

use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, any_value::Value};

/// The attributes of a span, in the order in which they are added.
#[derive(Default)]
pub(super) struct Attributes(Vec<KeyValue>);

impl Attributes {
    /// Adds a text.
    pub(super) fn text(&mut self, key: &str, value: impl Into<String>) {
        self.add(key, Value::StringValue(value.into()));
    }

    /// Adds a text, if there is one.
    pub(super) fn known_text(&mut self, key: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.text(key, value.to_string());
        }
    }

    /// Adds a list of one text.
    pub(super) fn one_text(&mut self, key: &str, value: &str) {
        let only = AnyValue {
            value: Some(Value::StringValue(value.to_owned())),
        };
        self.add(key, Value::ArrayValue(ArrayValue { values: vec![only] }));
    }

    /// Adds a count.
    pub(super) fn count(&mut self, key: &str, value: impl TryInto<i64>) {
        let count = value.try_into().unwrap_or(i64::MAX);
        self.add(key, Value::IntValue(count));
    }

    /// Adds a count, if there is one.
    pub(super) fn known_count(&mut self, key: &str, value: Option<impl TryInto<i64>>) {
        if let Some(value) = value {
            self.count(key, value);
        }
    }

    /// Adds a number.
    pub(super) fn number(&mut self, key: &str, value: f64) {
        self.add(key, Value::DoubleValue(value));
    }

    /// Adds true.
    pub(super) fn flag(&mut self, key: &str) {
        self.add(key, Value::BoolValue(true));
    }

    pub(super) fn into_messages(self) -> Vec<KeyValue> {
        self.0
    }

    fn add(&mut self, key: &str, value: Value) {
        self.0.push(KeyValue {
            key: key.to_owned(),
            value: Some(AnyValue { value: Some(value) }),
            key_strindex: 0,
        });
    }
}
