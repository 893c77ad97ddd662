//! Checks that required variables are given.

use async_graphql::{Value, Variables, parser::types::OperationDefinition};

use crate::{domain::excerpt, error::Problem};

use super::Violation;

/// Refuses an operation without a value for a non-null variable.
pub(super) fn check(operation: &OperationDefinition, values: &Variables) -> Result<(), Violation> {
    for definition in &operation.variable_definitions {
        let definition = &definition.node;
        let needed = !definition.var_type.node.nullable && definition.default_value.is_none();
        let name = definition.name.node.as_str();
        let given = match values.get(name) {
            None if needed => "is missing",
            Some(Value::Null) if !definition.var_type.node.nullable => "is null",
            None | Some(_) => continue,
        };
        return Err(Violation::Input(Problem::new(
            format!("variables.{}", excerpt(name)),
            format!(
                "{given}, expected {}",
                excerpt(&definition.var_type.node.to_string())
            ),
        )));
    }
    Ok(())
}
