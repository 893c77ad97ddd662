//! The system prompt: a minijinja template over `agent.name`, `configuration` and `context`.
//!
//! A declared setting without a value is `none`, so that a prompt may test it with `if`; a name that no schema declares
//! is an error, so that a typo is noticed when the template is published.

use minijinja::{Environment, UndefinedBehavior, context, syntax::SyntaxConfig, value::Serde};
use serde_json::{Map, Value};

use super::TemplateSpec;
use crate::{
    domain::{
        check_text, excerpt,
        schema::{join, properties},
    },
    error::{Error, Problem, Result},
};

/// The maximum number of steps of one rendering (minijinja fuel); a prompt of a few hundred settings takes some
/// thousand.
const FUEL: u64 = 200_000;

impl TemplateSpec {
    /// Renders the system prompt for an agent of this template; `configuration` is the merged one.
    pub fn system_prompt(
        &self,
        agent: &str,
        configuration: &Value,
        context: &Value,
    ) -> Result<String> {
        render(self, agent, configuration, context).map_err(|error| {
            Error::internal("render the system prompt of a template").with_source(error)
        })
    }

    /// Every problem of the prompt, with paths that start with `path`.
    pub(super) fn prompt_problems(&self, path: &str) -> Vec<Problem> {
        let path = join(path, "prompts.system");
        if let Some(problem) = check_text(&path, &self.prompts.system, 20_000) {
            return vec![problem];
        }
        let environment = environment();
        let names = match environment.template_from_str(&self.prompts.system) {
            Ok(template) => template.undeclared_variables(true),
            Err(error) => return vec![Problem::new(path, sentence(&error))],
        };
        let mut unknown: Vec<&str> = names
            .iter()
            .map(String::as_str)
            .filter(|name| !self.declares(name))
            .collect();
        unknown.sort_unstable();
        if !unknown.is_empty() {
            return unknown
                .into_iter()
                .map(|name| Problem::new(&path, unknown_name(name)))
                .collect();
        }
        let nothing = Value::Object(Map::new());
        let samples = (sample(&self.config_schema), sample(&self.context_schema));
        [(&nothing, &nothing), (&samples.0, &samples.1)]
            .into_iter()
            .find_map(|(configuration, context)| {
                render(self, "Sample", configuration, context).err()
            })
            .map(|error| Problem::new(&path, sentence(&error)))
            .into_iter()
            .collect()
    }

    fn declares(&self, name: &str) -> bool {
        match name.split_once('.') {
            None => matches!(
                name,
                "agent" | "configuration" | "context" | "range" | "dict"
            ),
            Some(("agent", field)) => field == "name",
            Some(("configuration", rest)) => reaches(&self.config_schema, rest),
            Some(("context", rest)) => reaches(&self.context_schema, rest),
            Some(_) => false,
        }
    }
}

fn render(
    spec: &TemplateSpec,
    agent: &str,
    configuration: &Value,
    given: &Value,
) -> Result<String, minijinja::Error> {
    let text = environment().render_str(
        &spec.prompts.system,
        context! {
            agent => context! { name => agent },
            configuration => minijinja::Value::from(Serde(filled(&spec.config_schema, configuration))),
            context => minijinja::Value::from(Serde(filled(&spec.context_schema, given))),
        },
    )?;
    Ok(tidied(&text))
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // a line with nothing but an `if` leaves no empty line; only custom delimiters could fail here
    if let Ok(syntax) = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
    {
        environment.set_syntax(syntax);
    }
    environment.set_fuel(Some(FUEL));
    environment
}

/// Trims each line and merges empty lines: the remains of `if`s cost tokens.
fn tidied(text: &str) -> String {
    let mut lines: Vec<&str> = text.trim().lines().map(str::trim).collect();
    lines.dedup_by(|line, previous| line.is_empty() && previous.is_empty());
    lines.join("\n")
}

/// `value` with `null` for every declared property that is not set.
fn filled(schema: &Value, value: &Value) -> Value {
    if let (Some(schema), Value::Array(items)) = (schema.get("items"), value) {
        return items.iter().map(|item| filled(schema, item)).collect();
    }
    let Some(declared) = properties(schema) else {
        return value.clone();
    };
    let mut fields = value.as_object().cloned().unwrap_or_default();
    for (name, schema) in declared {
        let field = filled(schema, fields.get(name).unwrap_or(&Value::Null));
        fields.insert(name.clone(), field);
    }
    Value::Object(fields)
}

/// A value that roughly matches the schema, to render a prompt with everything set.
fn sample(schema: &Value) -> Value {
    if let Some(first) = schema.get("enum").and_then(|values| values.get(0)) {
        return first.clone();
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("object") => properties(schema)
            .into_iter()
            .flatten()
            .map(|(name, schema)| (name.clone(), sample(schema)))
            .collect::<Map<_, _>>()
            .into(),
        Some("array") => vec![schema.get("items").map_or(Value::Null, sample)].into(),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| 1.into()),
        Some("boolean") => true.into(),
        _ => "sample".into(),
    }
}

/// Whether a schema declares a dotted name; below a value without declared properties any name is allowed.
fn reaches(schema: &Value, name: &str) -> bool {
    let Some(declared) = properties(schema) else {
        return true;
    };
    let (first, rest) = name
        .split_once('.')
        .map_or((name, None), |(first, rest)| (first, Some(rest)));
    declared
        .get(first)
        .is_some_and(|schema| rest.is_none_or(|rest| reaches(schema, rest)))
}

fn unknown_name(name: &str) -> String {
    format!(
        "unknown name {}, expected agent.name, a setting of configSchema as configuration.… or one of contextSchema \
         as context.…",
        excerpt(name)
    )
}

fn sentence(error: &minijinja::Error) -> String {
    let reason = error
        .detail()
        .map_or_else(|| error.kind().to_string(), str::to_owned);
    match error.line() {
        Some(line) => format!("line {line}: {}", excerpt(&reason)),
        None => excerpt(&reason),
    }
}
