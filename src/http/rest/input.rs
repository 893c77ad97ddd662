//! Checks a body against an input type of the GraphQL schema, with every problem at the path of its field.
//!
//! The framework would refuse the same values, but with one error at a time, about a variable of a document that the caller
//! has not sent.

use async_graphql::parser::types::{BaseType, InputValueDefinition, Type};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::{super::params::kind_of, types::ApiTypes};
use crate::{domain::excerpt, error::Problem};

/// The problems of an object that is an input of this type. `given` is a field that comes from the path, and that the object
/// may not have.
pub(super) fn problems(
    object: &Map<String, Value>,
    type_name: &str,
    given: Option<&str>,
) -> Vec<Problem> {
    let mut check = InputCheck {
        types: ApiTypes::get(),
        problems: Vec::new(),
    };
    let fields = check.types.input_fields(type_name).into_iter().flatten();
    let fields: Vec<_> = fields
        .filter(|field| given != Some(field.name.node.as_str()))
        .collect();
    check.object(object, &fields, "");
    check.problems
}

struct InputCheck {
    types: &'static ApiTypes,
    problems: Vec<Problem>,
}

impl InputCheck {
    fn object(
        &mut self,
        object: &Map<String, Value>,
        fields: &[&'static InputValueDefinition],
        path: &str,
    ) {
        for field in fields {
            let name = field.name.node.as_str();
            let ty = &field.ty.node;
            match object.get(name) {
                Some(value) => self.value(value, ty, &join(path, name)),
                None if ty.nullable || field.default_value.is_some() => {}
                None => {
                    let message = format!("is missing, expected {}", self.expected(ty));
                    self.add(&join(path, name), message);
                }
            }
        }
        let is_known = |name: &str| fields.iter().any(|field| field.name.node == name);
        for name in object.keys().filter(|name| !is_known(name)) {
            let names: Vec<&str> = fields
                .iter()
                .map(|field| field.name.node.as_str())
                .collect();
            let message = format!("unknown field, expected one of: {}", names.join(", "));
            self.add(&join(path, &excerpt(name)), message);
        }
    }

    fn value(&mut self, value: &Value, ty: &Type, path: &str) {
        match (&ty.base, value) {
            (_, Value::Null) if ty.nullable => {}
            (BaseType::List(item), Value::Array(values)) => {
                for (index, value) in values.iter().enumerate() {
                    self.value(value, item, &format!("{path}[{index}]"));
                }
            }
            // as in GraphQL, a single value is a list of one
            (BaseType::List(item), value) if !value.is_null() => self.value(value, item, path),
            (BaseType::Named(name), Value::Object(object)) if self.is_object(name) => {
                let fields: Vec<_> = self
                    .types
                    .input_fields(name)
                    .into_iter()
                    .flatten()
                    .collect();
                self.object(object, &fields, path);
            }
            (BaseType::Named(name), value) if self.accepts(name, value) => {}
            (BaseType::Named(_) | BaseType::List(_), value) => {
                let message = format!("is {}, expected {}", kind_of(value), self.expected(ty));
                self.add(path, message);
            }
        }
    }

    fn is_object(&self, name: &str) -> bool {
        self.types.input_fields(name).is_some()
    }

    /// Whether a value is one of a scalar or an enum.
    fn accepts(&self, name: &str, value: &Value) -> bool {
        match name {
            "String" => value.is_string(),
            "DateTime" => value
                .as_str()
                .is_some_and(|text| text.parse::<DateTime<Utc>>().is_ok()),
            "ID" => value.is_string() || value.is_i64(),
            "Int" => value
                .as_i64()
                .is_some_and(|number| i32::try_from(number).is_ok()),
            "Float" => value.is_number(),
            "Boolean" => value.is_boolean(),
            "JSON" => !value.is_null(),
            _ => {
                let values = self.types.enum_values(name).unwrap_or_default();
                value.as_str().is_some_and(|text| values.contains(&text))
            }
        }
    }

    /// The type in words.
    fn expected(&self, ty: &Type) -> String {
        let BaseType::Named(name) = &ty.base else {
            return "a list".to_owned();
        };
        let words = match name.as_str() {
            "String" => "a string",
            "ID" => "an id",
            "Int" => "a whole number",
            "Float" => "a number",
            "Boolean" => "true or false",
            "DateTime" => "a time in RFC 3339",
            "JSON" => "a JSON value",
            name => {
                let values = self.types.enum_values(name).unwrap_or_default();
                return format!("one of: {}", values.join(", "));
            }
        };
        words.to_owned()
    }

    fn add(&mut self, path: &str, message: String) {
        self.problems.push(Problem::new(path, message));
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}
