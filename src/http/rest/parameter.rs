//! The parameters of a query string, as variables of a document.

use async_graphql::parser::types::{BaseType, InputValueDefinition, Type};
use serde_json::{Map, Value};

use super::{
    endpoint::{Endpoint, QueryParameter, RestAnswer},
    types::{ApiTypes, name_of},
};
use crate::{domain::excerpt, error::Problem};

/// The argument or the input field that a parameter stands for.
pub(super) fn definition(
    endpoint: &Endpoint,
    parameter: &QueryParameter,
) -> Option<&'static InputValueDefinition> {
    let types = ApiTypes::get();
    let RestAnswer::Value(_, [field, ..]) = endpoint.answer else {
        return None;
    };
    let mut arguments = types.field("Query", field)?.arguments.iter();
    match parameter {
        QueryParameter::Variable(name) => arguments
            .map(|argument| &argument.node)
            .find(|argument| argument.name.node == *name),
        QueryParameter::Filter(name) => {
            let filter = arguments.find(|argument| argument.node.name.node == "filter")?;
            let mut fields = types.input_fields(name_of(&filter.node.ty.node))?;
            fields.find(|field| field.name.node == *name)
        }
    }
}

/// The variables of the query string. Lists a problem for each parameter that the endpoint does not have, that is given
/// twice although it is no list, or whose text is not of its type.
pub(super) fn variables(
    endpoint: &Endpoint,
    pairs: &[(String, String)],
    problems: &mut Vec<Problem>,
) -> Map<String, Value> {
    for (name, _) in pairs {
        let mut parameters = endpoint.query.iter();
        if !parameters.any(|parameter| parameter.name() == name) {
            problems.push(unknown(endpoint, name));
        }
    }
    let (mut variables, mut filter) = (Map::new(), Map::new());
    for parameter in endpoint.query {
        let name = parameter.name();
        let given = pairs.iter().filter(|(given, _)| given == name);
        let texts: Vec<&str> = given.map(|(_, text)| text.as_str()).collect();
        let Some(definition) = definition(endpoint, parameter).filter(|_| !texts.is_empty()) else {
            continue;
        };
        match value(&texts, &definition.ty.node) {
            Ok(value) => {
                let into = match parameter {
                    QueryParameter::Variable(_) => &mut variables,
                    QueryParameter::Filter(_) => &mut filter,
                };
                into.insert(name.to_owned(), value);
            }
            Err(message) => problems.push(Problem::new(name, message)),
        }
    }
    if !filter.is_empty() {
        variables.insert("filter".to_owned(), Value::Object(filter));
    }
    variables
}

fn unknown(endpoint: &Endpoint, name: &str) -> Problem {
    let names: Vec<&str> = endpoint.query.iter().map(QueryParameter::name).collect();
    let message = if names.is_empty() {
        "unknown parameter, there are none here".to_owned()
    } else {
        format!("unknown parameter, expected one of: {}", names.join(", "))
    };
    Problem::new(excerpt(name), message)
}

fn value(texts: &[&str], ty: &Type) -> Result<Value, String> {
    match (&ty.base, texts) {
        (BaseType::List(item), texts) => {
            let values = texts.iter().map(|text| single(text, name_of(item)));
            values.collect::<Result<Vec<_>, _>>().map(Value::Array)
        }
        (BaseType::Named(name), [text]) => single(text, name),
        (BaseType::Named(_), _) => Err("is given more than once".to_owned()),
    }
}

fn single(text: &str, name: &str) -> Result<Value, String> {
    let not = |expected: &str| format!("\"{}\" given, expected {expected}", excerpt(text));
    match name {
        "Int" => match text.parse::<i32>() {
            Ok(number) => Ok(number.into()),
            Err(_) => Err(not("a whole number")),
        },
        "Boolean" => match text {
            "true" => Ok(true.into()),
            "false" => Ok(false.into()),
            _ => Err(not("true or false")),
        },
        _ => match ApiTypes::get().enum_values(name) {
            Some(values) if !values.contains(&text) => {
                Err(not(&format!("one of: {}", values.join(", "))))
            }
            Some(_) | None => Ok(text.into()),
        },
    }
}
