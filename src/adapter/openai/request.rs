//! The body of a request to `/chat/completions`.
//!
//! Its shape satisfies the strictest readers: `content` is null when a message has calls only, and the arguments of a call
//! are always the text of a JSON object.

use std::{borrow::Cow, collections::BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value, value::RawValue};

use crate::{
    adapter::model_provider::{NO_CONTENT, RequestProfile},
    domain::{ModelCall, SystemRole, TokenField},
    port::{ChatPrompt, OfferedTool, OutputSchema, PromptMessage},
};

/// The request body.
#[derive(Serialize)]
pub(super) struct Request<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parallel_tool_calls: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat<'a>>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<SentCall<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
    /// What the provider wrote beside the text and needs back.
    #[serde(flatten)]
    extra: Map<String, Value>,
}

/// A tool call that the model made earlier in the conversation.
#[derive(Serialize)]
struct SentCall<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    function: SentFunction<'a>,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

#[derive(Serialize)]
struct SentFunction<'a> {
    name: &'a str,
    arguments: &'a str,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

#[derive(Serialize)]
struct Tool<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    function: Function<'a>,
}

#[derive(Serialize)]
struct Function<'a> {
    name: &'a str,
    description: &'a str,
    parameters: &'a RawValue,
}

/// The schema that the answer must follow.
#[derive(Serialize)]
struct ResponseFormat<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    json_schema: SentSchema<'a>,
}

#[derive(Serialize)]
struct SentSchema<'a> {
    name: &'static str,
    strict: bool,
    schema: &'a Value,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

impl<'a> Request<'a> {
    /// The request for a prompt, with what the model takes.
    pub(super) fn new(model: &'a str, prompt: &'a ChatPrompt, profile: &'a RequestProfile) -> Self {
        let has_tools = profile.parameters.tools && !prompt.tools.is_empty();
        let tools: &[OfferedTool] = if has_tools { &prompt.tools } else { &[] };
        let limit =
            |field| (profile.parameters.token_field == field).then_some(prompt.max_output_tokens);
        Self {
            model,
            messages: messages(prompt, profile),
            tools: tools.iter().map(Tool::of).collect(),
            // some providers reject a conversation with tool calls when the tools are missing, so they are sent but
            // disabled
            tool_choice: (has_tools && profile.parameters.tool_choice && !prompt.may_call)
                .then_some("none"),
            parallel_tool_calls: (has_tools && !profile.parameters.parallel_tools).then_some(false),
            max_tokens: limit(TokenField::MaxTokens),
            max_completion_tokens: limit(TokenField::MaxCompletionTokens),
            temperature: profile.parameters.temperature.then_some(prompt.temperature),
            reasoning_effort: profile.parameters.reasoning_effort.as_deref(),
            response_format: prompt
                .output
                .as_ref()
                .filter(|_| profile.parameters.structured_output)
                .map(ResponseFormat::of),
            stream: true,
            stream_options: profile.parameters.stream_options.then_some(StreamOptions {
                include_usage: true,
            }),
        }
    }
}

impl<'a> ResponseFormat<'a> {
    fn of(output: &'a OutputSchema) -> Self {
        Self {
            kind: "json_schema",
            json_schema: SentSchema {
                name: output.name,
                strict: true,
                schema: &output.schema,
            },
        }
    }
}

/// The names of the members of earlier answers that go back to the provider.
pub(super) fn returned_members(prompt: &ChatPrompt) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for message in &prompt.messages {
        if let PromptMessage::Assistant { calls, extra, .. } = message {
            let of_calls = calls
                .iter()
                .flat_map(|call| call.extra.call.keys().chain(call.extra.function.keys()));
            names.extend(extra.keys().chain(of_calls).cloned());
        }
    }
    names
}

fn messages<'a>(prompt: &'a ChatPrompt, profile: &'a RequestProfile) -> Vec<Message<'a>> {
    let mut messages = Vec::with_capacity(prompt.messages.len());
    // the system prompt of a model that takes none, until the first message of the user
    let mut preface: Option<&str> = None;
    for message in &prompt.messages {
        match message {
            PromptMessage::System(text) if profile.parameters.system_role == SystemRole::User => {
                preface = Some(text);
            }
            PromptMessage::User(text) => {
                let text = match preface.take() {
                    Some(preface) => Cow::Owned(format!("{preface}\n\n{text}")),
                    None => Cow::Borrowed(text.as_str()),
                };
                messages.push(Message::plain("user", text));
            }
            PromptMessage::System(text) => messages.push(Message::plain("system", text)),
            PromptMessage::Assistant { text, calls, extra } => {
                if text.is_empty() && (calls.is_empty() || !profile.parameters.tools) {
                    continue;
                }
                let calls: &[ModelCall] = if profile.parameters.tools { calls } else { &[] };
                messages.push(Message {
                    content: (!text.is_empty()).then_some(Cow::Borrowed(text)),
                    tool_calls: calls
                        .iter()
                        .map(|call| SentCall::of(call, profile))
                        .collect(),
                    extra: taken(extra, profile),
                    ..Message::plain("assistant", "")
                });
            }
            PromptMessage::Tool { text, .. } if !profile.parameters.tools => {
                messages.push(Message::plain("user", format!("A tool answered: {text}")));
            }
            PromptMessage::Tool { reference, text } => {
                let text = if text.is_empty() { NO_CONTENT } else { text };
                messages.push(Message {
                    tool_call_id: Some(reference),
                    ..Message::plain("tool", text)
                });
            }
        }
    }
    messages
}

/// The members that the provider takes back.
fn taken(extra: &Map<String, Value>, profile: &RequestProfile) -> Map<String, Value> {
    let is_taken = |name: &&String| !profile.refused_members.contains(*name);
    let names = extra.keys().filter(is_taken);
    names
        .filter_map(|name| Some((name.clone(), extra.get(name)?.clone())))
        .collect()
}

impl<'a> Message<'a> {
    fn plain(role: &'static str, text: impl Into<Cow<'a, str>>) -> Self {
        Self {
            role,
            content: Some(text.into()),
            tool_calls: Vec::new(),
            tool_call_id: None,
            extra: Map::new(),
        }
    }
}

impl<'a> SentCall<'a> {
    fn of(call: &'a ModelCall, profile: &RequestProfile) -> Self {
        let is_object = call.arguments.trim_start().starts_with('{');
        Self {
            id: &call.reference,
            kind: "function",
            function: SentFunction {
                name: &call.name,
                arguments: if is_object { &call.arguments } else { "{}" },
                extra: taken(&call.extra.function, profile),
            },
            extra: taken(&call.extra.call, profile),
        }
    }
}

impl<'a> Tool<'a> {
    fn of(tool: &'a OfferedTool) -> Self {
        Self {
            kind: "function",
            function: Function {
                name: &tool.name,
                description: &tool.text.description,
                parameters: &tool.text.input_schema,
            },
        }
    }
}
