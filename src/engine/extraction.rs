//! Structured extraction: a model reads a text and answers with a JSON object of a schema.
//!
//! A provider that can be held to a schema is; every answer is checked against it all the same, and a wrong one gets one
//! chance to be repaired. An extraction that fails costs what it would have found out, never the answer.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::models::{NamedModel, WholeAnswer};
use crate::{
    domain::{Usage, excerpt},
    error::{Error, Result},
    port::{ChatPrompt, OutputSchema, PromptMessage},
    schema_checker::SchemaChecker,
};

/// The share of the context window that the text may take.
const TEXT_SHARE: usize = 2;
/// The maximum number of problems that a model is asked to mend.
const MOST_PROBLEMS: usize = 8;

/// What is to be extracted from what.
#[derive(Debug, Clone)]
pub struct ExtractionRequest {
    /// The name of the object, in letters, digits and `_`.
    pub name: &'static str,
    /// The JSON Schema of the object.
    pub schema: Value,
    /// What the model has to do.
    pub instructions: String,
    /// What the model has to read.
    pub text: String,
}

/// What an extraction may take in one model, with its repair.
#[derive(Debug, Clone, Copy)]
pub struct ExtractionBounds {
    /// The maximum duration.
    pub patience: Duration,
    /// The maximum length of an object, in tokens.
    pub output_tokens: usize,
}

impl ExtractionBounds {
    /// The bounds of an object that sums up a text.
    pub(super) const OF_TEXT: Self = Self {
        patience: Duration::from_secs(45),
        output_tokens: 1_500,
    };
}

/// The result of an extraction.
#[derive(Debug, Default)]
pub struct Extracted {
    /// The object; none when no model gave a valid one.
    pub value: Option<Value>,
    /// The model that was asked last.
    pub model: String,
    /// What all calls took.
    pub usage: Usage,
    /// The failure of the model that was asked last; none when it answered.
    pub failure: Option<Error>,
}

/// Extracts an object with the first model that gives a valid one. Models for demonstrations are not asked.
pub(super) async fn extract(
    models: &[NamedModel],
    request: ExtractionRequest,
    bounds: ExtractionBounds,
    schemas: &SchemaChecker,
    stop: &CancellationToken,
) -> Extracted {
    let mut extracted = Extracted::default();
    let output = OutputSchema {
        name: request.name,
        schema: Arc::new(request.schema.clone()),
    };
    let capable = models
        .iter()
        .filter(|model| !model.entry.model.demo_quality());
    for model in capable {
        extracted.model.clone_from(&model.name);
        let prompt = prompt(model, &request, &output, bounds);
        let asked = ask(model, prompt, schemas, &mut extracted.usage);
        let asked = tokio::select! {
            biased;
            () = stop.cancelled() => return extracted,
            asked = tokio::time::timeout(bounds.patience, asked) => asked,
        };
        match asked {
            Ok(Ok(value)) => {
                extracted.value = value;
                extracted.failure = None;
                return extracted;
            }
            Ok(Err(error)) => {
                tracing::warn!(model = %model.name, extraction = request.name, error = error.message(), cause = error.cause(), "an extraction failed");
                extracted.failure = Some(error);
            }
            Err(_) => {
                tracing::warn!(model = %model.name, extraction = request.name, "an extraction took too long");
                extracted.failure = Some(Error::unavailable("the model took too long"));
            }
        }
    }
    extracted
}

/// Asks one model, and once more with the problems of its answer. `None` when the second answer is wrong too.
async fn ask(
    model: &NamedModel,
    mut prompt: ChatPrompt,
    schemas: &SchemaChecker,
    usage: &mut Usage,
) -> Result<Option<Value>> {
    for is_last in [false, true] {
        let answer = WholeAnswer::of(model, prompt.clone()).await?;
        *usage += answer.usage;
        // a provider that was held to the schema by a tool answers with a call of it
        let call = answer.calls.into_iter().next();
        let text = call.map_or(answer.text, |call| call.arguments);
        let problems = match object_in(&text) {
            None => "it is not a JSON object".to_owned(),
            Some(value) => {
                let Some(output) = &prompt.output else {
                    return Ok(Some(value));
                };
                let problems = schemas.check(&output.schema, &value, "").await?;
                if problems.is_empty() {
                    return Ok(Some(value));
                }
                let problems = problems.iter().take(MOST_PROBLEMS);
                let problems =
                    problems.map(|problem| format!("{}: {}", problem.path, problem.message));
                problems.collect::<Vec<_>>().join("; ")
            }
        };
        tracing::debug!(model = %model.name, problems, is_last, "an extraction does not fit its schema");
        prompt.messages.push(PromptMessage::Assistant {
            text: excerpt_of(&text),
            calls: Vec::new(),
            extra: serde_json::Map::new(),
        });
        prompt.messages.push(PromptMessage::User(format!(
            "This answer cannot be used: {problems}. Answer with the corrected JSON object alone."
        )));
    }
    Ok(None)
}

fn prompt(
    model: &NamedModel,
    request: &ExtractionRequest,
    output: &OutputSchema,
    bounds: ExtractionBounds,
) -> ChatPrompt {
    let chat = &model.entry.model;
    let instructions = format!(
        "{}\nAnswer with one JSON object alone, without any other text. Its JSON Schema:\n{}",
        request.instructions, request.schema
    );
    let mut text = request.text.clone();
    // the newest part stands at the end
    while chat.count_tokens(&text) > chat.context_tokens() / TEXT_SHARE && !text.is_empty() {
        let characters = text.chars().count();
        text = text.chars().skip(characters.div_ceil(2)).collect();
    }
    ChatPrompt {
        messages: vec![
            PromptMessage::System(instructions),
            PromptMessage::User(text),
        ],
        tools: Vec::new(),
        may_call: false,
        max_output_tokens: bounds.output_tokens,
        temperature: 0.0,
        output: Some(output.clone()),
        api_key: model.own_key.clone(),
    }
}

/// The JSON object of an answer: the whole answer, or what stands between its first and last brace, as models put fences
/// and words around it.
fn object_in(text: &str) -> Option<Value> {
    let whole = serde_json::from_str::<Value>(text.trim()).ok();
    let between = || {
        let (start, end) = (text.find('{')?, text.rfind('}')?);
        serde_json::from_str::<Value>(text.get(start..=end)?).ok()
    };
    whole
        .filter(Value::is_object)
        .or_else(between)
        .filter(Value::is_object)
}

/// A wrong answer as it goes back to its model; never empty, which providers refuse.
fn excerpt_of(text: &str) -> String {
    let text: String = text.chars().take(4_000).collect();
    if text.trim().is_empty() {
        excerpt("(nothing)")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::object_in;

    #[test]
    fn objects_are_found_among_fences_and_words() {
        assert_eq!(object_in("{\"a\": 1}"), Some(json!({"a": 1})));
        assert_eq!(
            object_in("```json\n{\"a\": {\"b\": 2}}\n```"),
            Some(json!({"a": {"b": 2}}))
        );
        assert_eq!(object_in("Here you are: {} — done."), Some(json!({})));
        assert_eq!(object_in("[1, 2]"), None);
        assert_eq!(object_in("no"), None);
        assert_eq!(object_in("} {"), None);
    }
}
