//! A compiled JSON Schema.

use jsonschema::{ValidationError, ValidationOptions, Validator, error::ValidationErrorKind};
use serde_json::Value;

use super::{
    Finding, MOST_PROBLEMS,
    cost::{SchemaCost, count_values, measure},
    draft, join, locate, pattern, property,
    words::{describe, given, unknown},
};
use crate::{
    domain::excerpt,
    error::{Error, Problem, Result},
};

/// The maximum number of steps of one check: about 50 ms, and problems of at most some 50 MB.
const MOST_STEPS: u64 = 250_000;

/// A compiled JSON Schema with its counted cost.
pub struct CompiledSchema {
    schema: Value,
    validator: Validator,
    cost: SchemaCost,
}

impl CompiledSchema {
    /// Compiles a schema that was accepted before; therefore a failure is `INTERNAL`.
    pub fn new(schema: &Value) -> Result<Self> {
        Self::compile(schema).map_err(|reason| {
            Error::internal("compile a JSON Schema").with_source(format!("a schema that {reason}"))
        })
    }

    /// Compiles a schema; the error is the reason, in words that continue "schema that".
    pub(super) fn compile(schema: &Value) -> std::result::Result<Self, String> {
        let cost = bounds(schema)?;
        let compiled = options(schema)
            .with_pattern_options(pattern::options(schema))
            .build(schema);
        let validator =
            compiled.map_err(|error| format!("cannot be used: {}", excerpt(&error.to_string())))?;
        Ok(Self {
            schema: schema.clone(),
            validator,
            cost,
        })
    }

    /// Every problem of `value`, with paths that start with `path`.
    pub fn problems(&self, value: &Value, path: &str) -> Vec<Problem> {
        let findings = self.findings(value, path);
        findings
            .into_iter()
            .map(|finding| finding.problem)
            .collect()
    }

    /// Like [`Self::problems`], for a value that other layers may complete.
    pub(crate) fn findings(&self, value: &Value, path: &str) -> Vec<Finding> {
        let values = u64::try_from(count_values(value)).unwrap_or(u64::MAX);
        let most = MOST_STEPS / self.cost.steps_per_value.max(1);
        if values > most {
            let message = format!(
                "has {values} values, counting 16 bytes of text as one, and its schema takes too long to check over {most}"
            );
            return vec![Finding {
                problem: Problem::new(path, message),
                is_missing: false,
            }];
        }
        let mut findings = Vec::new();
        for error in self.validator.iter_errors(value).take(MOST_PROBLEMS) {
            explain(&self.schema, &error, path, &mut findings);
        }
        findings
    }
}

/// Measures a schema's cost and patterns; the error names the exceeded limit, in words that continue "schema that".
pub(super) fn bounds(schema: &Value) -> std::result::Result<SchemaCost, String> {
    let cost = measure(schema)?;
    let patterns = pattern::count(schema);
    if patterns > pattern::MOST {
        return Err(format!(
            "has {patterns} patterns, at most {}",
            pattern::MOST
        ));
    }
    Ok(cost)
}

/// The options for compiling any schema.
pub(super) fn options(schema: &Value) -> ValidationOptions<'static> {
    jsonschema::options()
        .with_draft(draft(schema))
        .offline()
        .should_validate_formats(true)
        .with_format("regex", pattern::is_expression)
}

fn explain(schema: &Value, error: &ValidationError<'_>, path: &str, findings: &mut Vec<Finding>) {
    let place = locate(path, error.instance_path());
    let rule = parent(schema, error.schema_path().as_str());
    let mut add = |path: String, message: String, is_missing: bool| {
        findings.push(Finding {
            problem: Problem::new(path, message),
            is_missing,
        });
    };
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            for name in unexpected {
                add(join(&place, &excerpt(name)), unknown(name, rule), false);
            }
        }
        ValidationErrorKind::Required { property: missing } => {
            let name = missing.as_str().unwrap_or_default();
            let expected = rule.and_then(|rule| property(rule, name)).map(describe);
            let expected = expected.map_or_else(String::new, |text| format!(", expected {text}"));
            add(
                join(&place, &excerpt(name)),
                format!("is missing{expected}"),
                true,
            );
        }
        ValidationErrorKind::PropertyNames { error } => {
            let name = error.instance().as_str().unwrap_or_default();
            add(
                join(&place, &excerpt(name)),
                "this name is not allowed".to_owned(),
                false,
            );
        }
        ValidationErrorKind::FalseSchema => add(place, "is not allowed here".to_owned(), false),
        ValidationErrorKind::UniqueItems => {
            add(
                place,
                "has an item twice, expected each once".to_owned(),
                false,
            );
        }
        // any other kind means a value that its rule does not allow, and the rule says what it allows
        _ => {
            let expected = rule.map_or_else(|| "another value".to_owned(), describe);
            let given = given(error);
            add(place, format!("{given} given, expected {expected}"), false);
        }
    }
}

/// The schema that contains the keyword at a location.
fn parent<'s>(schema: &'s Value, location: &str) -> Option<&'s Value> {
    schema.pointer(location.rsplit_once('/')?.0)
}
