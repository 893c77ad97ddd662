//! The tool call of a model for demonstrations. Embeddings choose the tool, and the model writes the arguments, held to a
//! grammar of values that the person's message contains: it can invent none.
//! docs/decisions/0047-tools-of-embedded-models.md has the measured thresholds.

mod choices;
mod message_words;
#[cfg(test)]
mod tests;

use std::{fmt::Write, sync::Arc};

use futures::{StreamExt, stream};
use serde_json::Value;

use self::{choices::ArgumentChoices, message_words::MessageWords};
use super::{
    EngineParts,
    models::{NamedModel, WholeAnswer},
    tool_set::Tool,
    turn::Turn,
};
use crate::{
    domain::{CallExtra, FinishReason, ModelCall, ToolDefinition, Usage},
    error::Result,
    port::{ChatPrompt, ModelEvent, ModelStream, OutputSchema, PromptMessage, TokenCounts},
};

/// The maximum number of tools that are compared with a message: each new one costs some milliseconds in the embedding
/// model.
const MOST_TOOLS: usize = 64;
/// The maximum number of characters of a description that a model reads.
const LONGEST_DESCRIPTION: usize = 300;
/// The maximum number of characters that a tool is compared by: more than the embedding models read.
const LONGEST_COMPARED: usize = 1_000;
/// The maximum length of the arguments in tokens.
const MOST_TOKENS: usize = 160;

/// A call of a tool whose arguments are copied from the message.
pub(super) struct CopiedCall {
    call: ModelCall,
    /// What the model took to write the arguments.
    usage: Usage,
}

impl CopiedCall {
    /// The call for the question of a turn; none when no tool is close to it, or when a tool requires an argument that
    /// the question does not have. UNAVAILABLE when one of the models is.
    pub(super) async fn of_question(
        parts: &EngineParts,
        turn: &Turn,
        model: &NamedModel,
    ) -> Result<Option<Self>> {
        for candidate in candidates(parts, turn).await? {
            let Candidate {
                tool,
                definition,
                choices,
                ..
            } = candidate;
            let (arguments, usage) = match only_value(&choices) {
                Some(arguments) => (arguments, Usage::default()),
                None => match written(model, turn, definition, choices).await? {
                    Some(written) => written,
                    None => continue,
                },
            };
            let schema = &definition.input_schema;
            let problems = parts.schemas.check(schema, &arguments, "arguments").await?;
            if problems.is_empty() {
                let call = ModelCall {
                    reference: "copied".to_owned(),
                    name: tool.offered.name.clone(),
                    arguments: arguments.to_string(),
                    extra: CallExtra::default(),
                };
                return Ok(Some(Self { call, usage }));
            }
        }
        Ok(None)
    }

    /// The call as a model's answer.
    pub(super) fn into_stream(self) -> ModelStream {
        let tokens = |count: i64| u64::try_from(count).ok();
        let usage = TokenCounts {
            input: tokens(self.usage.input_tokens),
            output: tokens(self.usage.output_tokens),
            ..TokenCounts::default()
        };
        let events = [
            ModelEvent::Call(self.call),
            ModelEvent::Usage(usage),
            ModelEvent::finished(FinishReason::Stop),
        ];
        stream::iter(events.map(Ok)).boxed()
    }
}

/// A tool that may be called.
struct Candidate<'t> {
    tool: &'t Tool,
    definition: &'t ToolDefinition,
    /// The schema of the arguments that the message gives.
    choices: Value,
    cosine: f32,
}

/// What a message has of the arguments of a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Evidence {
    /// A part of the message.
    Copied,
    /// A value of a list.
    Listed,
    /// Nothing.
    Missing,
}

impl Evidence {
    /// The evidence of the arguments of a tool.
    fn of(tool: &ToolDefinition, choices: &Value) -> Self {
        let is_listed = |name: &String| {
            property_of(tool, name).is_some_and(|property| {
                let is_boolean = property.get("type").is_some_and(|kind| kind == "boolean");
                is_boolean
                    || property.get("enum").is_some()
                    || property.pointer("/items/enum").is_some()
            })
        };
        let names = choices["properties"].as_object().into_iter().flatten();
        let mut names = names.map(|(name, _)| name).peekable();
        if names.peek().is_none() {
            Self::Missing
        } else if names.all(is_listed) {
            Self::Listed
        } else {
            Self::Copied
        }
    }

    /// The minimum cosine of the message with the tool; measured with all-MiniLM-L6-v2.
    fn least_cosine(self) -> f32 {
        match self {
            Self::Copied => 0.3,
            Self::Listed => 0.42,
            Self::Missing => 0.44,
        }
    }
}

/// The tools that the question of a turn may mean, the closest first.
async fn candidates<'t>(parts: &EngineParts, turn: &'t Turn) -> Result<Vec<Candidate<'t>>> {
    let words = MessageWords::new(&turn.question.text);
    if !words.may_ask_for_data() {
        return Ok(Vec::new());
    }
    let arguments = ArgumentChoices {
        schemas: &parts.schemas,
        words: &words,
    };
    let mut candidates: Vec<Candidate<'t>> = Vec::new();
    for tool in turn.tools.tools().take(MOST_TOOLS) {
        let Some(definition) = tool.definition() else {
            continue;
        };
        let may_call = tool.policy.may_guess(Some(definition));
        if !may_call || !words.name_the_tool(&definition.name) {
            continue;
        }
        let Some(choices) = arguments.of_tool(definition).await? else {
            continue;
        };
        let evidence = Evidence::of(definition, &choices);
        let is_required = definition
            .input_schema
            .pointer("/required/0")
            .is_some_and(Value::is_string);
        if evidence != Evidence::Copied && !is_required && !words.name_many(&definition.name) {
            continue;
        }
        // the arguments say nothing about the tool: "Do we have a contact named …?"
        let asked = without_copies(&turn.question.text, &choices);
        let compared = compared_text(tool, definition);
        let quoter = &parts.knowledge.quoter;
        let account = turn.agent.account;
        let cosines = quoter.cosines(account, &asked, &[&compared]).await?;
        let cosine = cosines.first().copied().unwrap_or_default();
        if cosine >= evidence.least_cosine() {
            candidates.push(Candidate {
                tool,
                definition,
                choices,
                cosine,
            });
        }
    }
    candidates.sort_by(|one, other| other.cosine.total_cmp(&one.cosine));
    Ok(candidates)
}

/// The text that a tool is compared by: its name as words, its description and those of its arguments.
fn compared_text(tool: &Tool, definition: &ToolDefinition) -> String {
    let name = definition.name.replace(['_', '-', '.', '/'], " ");
    let mut text = format!("{name}: {}", tool.offered.text.description);
    let properties = definition.input_schema.get("properties");
    let properties = properties.and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        let about = property["description"].as_str().unwrap_or_default();
        // writing to a string cannot fail
        let _ = write!(text, " {name}: {about}");
    }
    text.chars().take(LONGEST_COMPARED).collect()
}

/// The message without the parts that are copied from it.
fn without_copies(message: &str, choices: &Value) -> String {
    let without_all = |values: Vec<&Value>| {
        let mut rest = message.to_owned();
        for value in values {
            rest = without_copies(&rest, value);
        }
        rest
    };
    match choices {
        Value::String(text) => message.replacen(text.as_str(), "", 1),
        Value::Number(number) => message.replacen(&number.to_string(), "", 1),
        Value::Array(values) => without_all(values.iter().collect()),
        Value::Object(fields) => {
            let values = fields.get("enum").into_iter();
            let properties = fields.get("properties").and_then(Value::as_object);
            let properties = properties.into_iter().flatten().map(|(_, schema)| schema);
            without_all(values.chain(properties).collect())
        }
        Value::Null | Value::Bool(_) => message.to_owned(),
    }
}

/// The arguments that the model writes, and what it took; none when it did not come to an end.
async fn written(
    model: &NamedModel,
    turn: &Turn,
    tool: &ToolDefinition,
    choices: Value,
) -> Result<Option<(Value, Usage)>> {
    let system = format!(
        "Write the arguments of the tool {} as JSON. {}\nProperties:\n{}",
        tool.name,
        excerpt_of(&tool.description),
        properties_of(tool, &choices)
    );
    let prompt = ChatPrompt {
        messages: vec![
            PromptMessage::System(system),
            PromptMessage::User(turn.question.text.clone()),
        ],
        tools: Vec::new(),
        may_call: false,
        max_output_tokens: MOST_TOKENS,
        temperature: 0.0,
        output: Some(OutputSchema {
            name: "arguments",
            schema: Arc::new(choices.clone()),
        }),
        api_key: model.own_key.clone(),
    };
    let answer = WholeAnswer::of(model, prompt).await?;
    let arguments = serde_json::from_str(&answer.text).ok();
    // a model without grammars may have written anything
    let arguments = arguments.filter(|arguments| choices::allow(&choices, arguments));
    Ok(arguments.map(|arguments| (arguments, answer.usage)))
}

/// The schema of an argument of a tool.
fn property_of<'t>(tool: &'t ToolDefinition, name: &str) -> Option<&'t Value> {
    tool.input_schema.get("properties")?.get(name)
}

/// A line for each argument that is written, with its description.
fn properties_of(tool: &ToolDefinition, choices: &Value) -> String {
    let names = choices["properties"].as_object().into_iter().flatten();
    let lines = names.map(|(name, _)| {
        let about = property_of(tool, name)
            .and_then(|property| property.get("description"))
            .and_then(Value::as_str);
        format!("- {name}: {}", excerpt_of(about.unwrap_or_default()))
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn excerpt_of(text: &str) -> String {
    text.chars().take(LONGEST_DESCRIPTION).collect()
}

/// The only value that a schema of choices allows; none when there are several.
fn only_value(choices: &Value) -> Option<Value> {
    if let Some(value) = choices.get("const") {
        return Some(value.clone());
    }
    if let Some(values) = choices.get("enum").and_then(Value::as_array) {
        return match values.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        };
    }
    let properties = choices.get("properties")?.as_object()?;
    let values = properties.iter().map(|(name, schema)| {
        let value = only_value(schema)?;
        Some((name.clone(), value))
    });
    values.collect::<Option<_>>().map(Value::Object)
}
