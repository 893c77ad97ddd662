//! Prompts as the embedded model takes them: messages and tools in the format of its chat template.

use inference::{CallFormat, Grammar, PromptCall, PromptTool, Sampling};
use serde_json::Value;

use crate::port::{ChatPrompt, OfferedTool, OutputSchema, PromptMessage, PromptRole};

/// A prompt, and how its answer calls tools.
pub(super) struct Translation {
    pub(super) prompt: inference::ChatPrompt,
    /// The format of the calls in the answer; none when it may have none.
    pub(super) calls: Option<CallFormat>,
}

impl Translation {
    /// Translates a prompt for a model that calls tools in this format. A tool whose schema a grammar cannot express is
    /// left out: nothing would hold its arguments to the schema.
    pub(super) fn of(prompt: ChatPrompt, format: Option<CallFormat>) -> Self {
        let format = format.filter(|_| prompt.output.is_none());
        let tools: Vec<PromptTool> = match format {
            Some(_) if prompt.may_call => prompt.tools.iter().filter_map(tool).collect(),
            _ => Vec::new(),
        };
        let messages = prompt.messages.into_iter();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a temperature is between 0 and 2"
        )]
        let temperature = prompt.temperature as f32;
        let sampling = Sampling {
            temperature,
            top_p: 0.95,
            repetition_penalty: Sampling::DEFAULT_REPETITION_PENALTY,
            seed: rand::random(),
        };
        Self {
            calls: format.filter(|_| !tools.is_empty()),
            prompt: inference::ChatPrompt {
                messages: messages.map(|said| message(said, format)).collect(),
                max_tokens: prompt.max_output_tokens,
                sampling,
                stop: Vec::new(),
                grammar: prompt.output.as_ref().and_then(grammar_of),
                tools: tools.into(),
            },
        }
    }
}

fn tool(offered: &OfferedTool) -> Option<PromptTool> {
    let parameters = serde_json::from_str(offered.text.input_schema.get()).ok()?;
    let description = offered.text.description.clone();
    let tool = PromptTool::new(offered.name.clone(), description, parameters);
    tool.inspect_err(|error| {
        tracing::debug!(tool = offered.name, cause = %error, "a tool is not offered to the embedded model");
    })
    .ok()
}

fn message(said: PromptMessage, format: Option<CallFormat>) -> inference::PromptMessage {
    let role = match said.role() {
        PromptRole::System => inference::Role::System,
        PromptRole::Tool if format.is_some() => inference::Role::Tool,
        // a model without a tool role reads a tool's result as a user message
        PromptRole::User | PromptRole::Tool => inference::Role::User,
        PromptRole::Assistant => inference::Role::Assistant,
    };
    let content = said.text().to_owned();
    let calls = match said {
        PromptMessage::Assistant { calls, .. } if format.is_some() => calls,
        _ => Vec::new(),
    };
    let calls = calls.into_iter().map(|call| PromptCall {
        name: call.name,
        arguments: serde_json::from_str(&call.arguments).unwrap_or(Value::String(call.arguments)),
    });
    inference::PromptMessage {
        role,
        content,
        calls: calls.collect(),
    }
}

/// The grammar of an answer that must be a JSON object; none for a schema that a grammar cannot express, because the
/// messages ask for the object as well.
fn grammar_of(output: &OutputSchema) -> Option<Grammar> {
    Grammar::of_schema(&output.schema)
        .inspect_err(|error| {
            tracing::debug!(schema = output.name, cause = %error, "an answer is not held to its schema");
        })
        .ok()
}
